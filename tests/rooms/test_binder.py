"""Binder, and every image built by repo2docker, from this repository."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT
from tests.support.hub import INSTALL, find_program

LEARNERS_COMMAND = "import os; print(os.getcwd()); print(*os.environ.items())"


@pytest.mark.room
def test_repo2docker_takes_our_python_and_our_pins(tmp_path: Path) -> None:
    """It writes the Dockerfile without Docker and without a network."""
    program = find_program("repo2docker")
    if program is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(INSTALL)
    source = tmp_path / "course"
    names = subprocess.run(
        ["git", "ls-files", "*.txt", "*.toml", "start", "course/*"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    for name in names:
        (source / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, source / name)
    done = subprocess.run(
        [program, "--no-build", "--debug", source],
        cwd=tmp_path,
        env={**os.environ, "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=True,
    )
    dockerfile = done.stdout + done.stderr
    wanted = (ROOT / "runtime.txt").read_text(encoding="utf-8").strip()
    assert f"conda environment for {wanted.replace('-', '=')}" in dockerfile
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    # constraints.txt is there when pip reads the line that names it.
    installed = dockerfile.index("pip install --no-cache-dir -r")
    assert copied < installed
    assert re.search(r'R2D_ENTRYPOINT="\S*/start"', dockerfile)


def test_runtime_is_a_python_that_the_tests_know() -> None:
    wanted = (ROOT / "runtime.txt").read_text(encoding="utf-8").strip()
    version = wanted.removeprefix("python-")
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    [tested] = re.findall(r"for version in (.*); do", script)
    assert version in tested.split()


@pytest.mark.skipif(os.name == "nt", reason="the image is Linux")
def test_start_makes_the_copies_and_hands_over(tmp_path: Path) -> None:
    for name in ("course", "notebooks", "snippets"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "README.md", tmp_path)
    programs = tmp_path / "bin"
    programs.mkdir()
    (programs / "python").symlink_to(sys.executable)
    done = subprocess.run(
        [ROOT / "start", "python", "-c", LEARNERS_COMMAND],
        cwd=ROOT,
        env={
            **os.environ,
            "REPO_DIR": str(tmp_path),
            "PATH": f"{programs}{os.pathsep}{os.environ['PATH']}",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    assert (tmp_path / "work" / "ch00_start.ipynb").exists()
    assert f"\n{tmp_path}\n" in done.stdout
    assert f"('JUPYTER_CONFIG_PATH', '{tmp_path}/course/jupyter')" in (
        done.stdout
    )
