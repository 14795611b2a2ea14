"""Hostile surroundings, each tried for real: survived, or one clear sentence.

What one function does about them is tested with that function: a terminal
without UTF-8 in `test_terminal.py`, proxies in `test_jupyterlab.py`.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from course import __main__ as command
from course import jupyterlab
from tests.support.jupyterlab import copy_course, post, running_lab

WITHOUT_PRIVILEGE = (
    "setpriv",
    "--bounding-set=-dac_override,-dac_read_search",
    "--inh-caps=-dac_override,-dac_read_search",
)
CANNOT_WRITE = "Could not read or write: "


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Copy the course into a folder that cannot be written."""
    root = tmp_path_factory.mktemp("room") / "course with spaces, and é"
    root.mkdir()
    copy_course(root)
    for path in [root, *root.rglob("*")]:
        path.chmod(0o555 if path.is_dir() else 0o444)
    return root


def run(root: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run the course in a folder, bound by permissions even if we are root."""
    bound: tuple[str, ...] = ()
    if jupyterlab.is_root():
        if shutil.which(WITHOUT_PRIVILEGE[0]) is None:
            pytest.skip("root may write everywhere: install util-linux")
        bound = WITHOUT_PRIVILEGE
    return subprocess.run(
        [*bound, sys.executable, "-m", "course", *words],
        cwd=root,
        env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.skipif(
    os.name == "nt", reason="on Windows chmod makes no folder read-only"
)
@pytest.mark.parametrize(
    "words",
    ["open --no-browser", "catch-up", "reset ch04", "progress", "venv"],
)
def test_read_only_folder_gets_one_sentence(
    read_only: Path, words: str
) -> None:
    done = run(read_only, *words.split())
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith(CANNOT_WRITE)
    assert f"{read_only} is read-only. Copy it to where you may" in line


def test_folder_that_nobody_can_write_is_named(tmp_path: Path) -> None:
    missing = tmp_path / "missing"
    said = command.explain(OSError("Read-only file system"), missing)
    assert said.startswith(f"{CANNOT_WRITE}Read-only file system.")
    assert f"{missing} is read-only. Copy it to where you may" in said


@pytest.mark.skipif(
    os.name == "nt", reason="on Windows chmod makes no folder read-only"
)
def test_read_only_folder_is_found_beforehand(read_only: Path) -> None:
    done = run(read_only, "check-room")
    assert done.returncode == 1
    text = " ".join(done.stdout.split())
    assert "is read-only: copy the course into a folder of yours." in text
    assert "Not yet: folder" in text


@pytest.mark.slow
def test_all_at_once_is_survived(tmp_path: Path) -> None:
    """No home, a proxy, a foreign kernel, a terminal without UTF-8."""
    foreign = tmp_path / "foreign" / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = '{"argv": ["/elsewhere/python"], "display_name": "A"}'
    (foreign / "kernel.json").write_text(spec, encoding="utf-8")
    root = tmp_path / "course with spaces, and é"
    root.mkdir()
    hostile = {
        **dict.fromkeys(jupyterlab.FOLDERS, ""),
        "JUPYTERLAB_SETTINGS_DIR": "",
        "JUPYTERLAB_WORKSPACES_DIR": "",
        "HOME": str(tmp_path / "no such home"),
        "USERPROFILE": str(tmp_path / "no such home"),
        "JUPYTER_PATH": str(tmp_path / "foreign"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "HTTP_PROXY": "http://127.0.0.1:9",
        "all_proxy": "socks5://127.0.0.1:9",
        "LC_ALL": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    with running_lab(root, **hostile) as (url, lab):
        post(f"{url}/api/kernels")  # fails where the foreign one is taken
        commands = [
            " ".join(child.cmdline())
            for child in psutil.Process(lab.pid).children(recursive=True)
        ]
    assert any("ipykernel_launcher" in command for command in commands)
    assert (jupyterlab.own_home(root) / "runtime").is_dir()
    log = (root / "lab.log").read_text(encoding="utf-8", errors="replace")
    assert "Your home folder cannot be written" in log
    # A kernel that is stopped while it starts says so with a traceback.
    assert "Traceback" not in log.partition("Shutting down")[0]
