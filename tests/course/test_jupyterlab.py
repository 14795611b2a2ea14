"""JupyterLab is started on `work/`, offline, and ends when it is told to."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import psutil
import pytest

from course import jupyterlab
from tests.support.jupyterlab import PATIENCE, post, running_lab

Launched = list[tuple[list[str], Path, Mapping[str, str]]]


@pytest.fixture
def launched(monkeypatch: pytest.MonkeyPatch) -> Launched:
    """Collect what would have been run, by a user who is not root."""
    commands: Launched = []

    def note(
        command: Sequence[str], folder: Path, environ: Mapping[str, str]
    ) -> int:
        commands.append((list(command), folder, environ))
        return 7

    monkeypatch.setattr(jupyterlab, "launch", note)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    return commands


def test_notebook_is_opened_with_the_course_as_root(
    tmp_path: Path,
    launched: Launched,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert jupyterlab.start(tmp_path, "ch04_é", []) == 7
    [(command, folder, _)] = launched
    assert command[:3] == [sys.executable, "-m", "jupyterlab"]
    assert f"--ServerApp.root_dir={tmp_path}" in command
    assert "--LabApp.default_url=/lab/tree/work/ch04_%C3%A9.ipynb" in command
    assert folder == tmp_path
    assert capsys.readouterr().out == (
        "Opening work/ch04_é.ipynb. Ctrl+C here stops it.\n"
    )


def test_learners_options_replace_our_own(
    tmp_path: Path, launched: Launched
) -> None:
    options = ["--no-browser", "--LabApp.extension_manager=pypi"]
    jupyterlab.start(tmp_path, "ch00_start", options)
    [(command, _, _)] = launched
    assert command[-2:] == options
    names = [word.partition("=")[0] for word in command]
    assert names.count("--LabApp.extension_manager") == 1
    assert names.count("--ServerApp.root_dir") == 1


def test_root_is_allowed_and_told(
    tmp_path: Path,
    launched: Launched,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    for options in (["--no-browser"], ["--allow-root"]):
        jupyterlab.start(tmp_path, "ch00_start", options)
    assert "You are root" in capsys.readouterr().out
    counts = [command.count("--allow-root") for command, _, _ in launched]
    assert counts == [1, 1]


def test_windows_has_no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    assert not jupyterlab.is_root()


def test_missing_jupyterlab_is_named(
    tmp_path: Path, launched: Launched, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModuleNotFoundError) as missing:
        jupyterlab.start(tmp_path, "ch00_start", [])
    assert missing.value.name == "jupyterlab"
    assert not launched


# The environment


@pytest.mark.parametrize("name", ["SECRET_KEY", "Secret_Key"])
def test_visitors_key_is_not_passed_on(name: str) -> None:
    assert name not in jupyterlab.environment({name: "from elsewhere"})


def test_other_variables_are_passed_on() -> None:
    visitor = {"PATH": "/bin", "HTTPS_PROXY": "http://proxy:3128"}
    assert jupyterlab.environment(visitor).items() >= visitor.items()


@pytest.mark.parametrize(
    ("visitor", "hosts"),
    [
        ({}, "127.0.0.1,localhost"),
        (
            {"no_proxy": "intern.example", "NO_PROXY": "intern.example"},
            "intern.example,127.0.0.1,localhost",
        ),
    ],
)
def test_requests_to_this_machine_use_no_proxy(
    visitor: dict[str, str], hosts: str
) -> None:
    kept = jupyterlab.environment(visitor)
    assert (kept["no_proxy"], kept["NO_PROXY"]) == (hosts, hosts)


@pytest.mark.parametrize("spelling", [str.lower, str.upper])
@pytest.mark.parametrize("name", ["all_proxy", "http_proxy"])
def test_socks_proxies_are_left_out(name: str, spelling: type[str]) -> None:
    visitor = {spelling(name): "socks5://proxy:1080"}
    assert visitor.keys().isdisjoint(jupyterlab.environment(visitor))


@pytest.mark.integration
def test_httpx_in_a_kernel_asks_no_proxy_for_this_machine() -> None:
    """httpx itself reads the environment that a kernel inherits."""
    proxies = {
        "HTTP_PROXY": "http://proxy:3128",
        "all_proxy": "socks5://proxy:1080",
        "no_proxy": "intern.example",
    }
    program = (
        "import httpx\n"
        "for url in ('http://127.0.0.1:8000', 'http://elsewhere'):\n"
        "    transport = httpx.Client()._transport_for_url(httpx.URL(url))\n"
        "    print(type(transport._pool).__name__)"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        env=jupyterlab.environment({**os.environ, **proxies}),
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stdout.split() == ["ConnectionPool", "HTTPProxy"]


def test_visitors_configuration_comes_before_the_courses() -> None:
    kept = jupyterlab.environment({"JUPYTER_CONFIG_PATH": "/etc/mine"})
    mine, ours = kept["JUPYTER_CONFIG_PATH"].split(os.pathsep)
    assert mine == "/etc/mine"
    assert (Path(ours) / "labconfig").is_dir()
    alone = jupyterlab.environment({})["JUPYTER_CONFIG_PATH"]
    assert alone == ours


# The process


class ReplacedError(Exception):
    """Stands for the moment from which our process is another program."""


def test_on_posix_jupyterlab_takes_the_place_of_our_process(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def replace(path: str, words: list[str], environ: dict[str, str]) -> None:
        assert Path.cwd() == tmp_path
        raise ReplacedError(path, words, environ)

    monkeypatch.chdir(tmp_path.parent)
    monkeypatch.setattr(os, "name", "posix")
    monkeypatch.setattr(os, "execve", replace, raising=False)
    command, environ = ["python", "-m", "jupyterlab"], {"A": "1"}
    with pytest.raises(ReplacedError) as replaced:
        jupyterlab.launch(command, tmp_path, environ)
    assert replaced.value.args == ("python", command, environ)


def test_on_windows_ctrl_c_waits_for_jupyterlab_to_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    interruptions = [KeyboardInterrupt(), KeyboardInterrupt()]
    started: list[object] = []

    class Interrupted:
        def __init__(self, *words: object, **options: object) -> None:
            started.append((words, options))

        def wait(self) -> int:
            if interruptions:
                raise interruptions.pop()
            return 5

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    with monkeypatch.context() as windows:
        windows.setattr(os, "name", "nt")
        assert jupyterlab.launch(["jupyterlab"], tmp_path, {"A": "1"}) == 5
    assert not interruptions
    assert started == [
        ((["jupyterlab"],), {"cwd": tmp_path, "env": {"A": "1"}})
    ]


@pytest.fixture
def interruptible() -> Iterator[None]:
    """Let programs started here hear Ctrl+C, in whatever way we were started.

    What a shell starts with `&` ignores SIGINT, and so do its own programs.
    """
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.slow
@pytest.mark.skipif(
    os.name == "nt", reason="Windows ends a process without telling it"
)
@pytest.mark.usefixtures("interruptible")
@pytest.mark.parametrize("signum", [signal.SIGTERM, signal.SIGINT])
def test_signal_ends_jupyterlab_and_its_kernels(
    tmp_path: Path, signum: signal.Signals
) -> None:
    with running_lab(tmp_path) as (url, lab):
        post(f"{url}/api/kernels")
        process = psutil.Process(lab.pid)
        kernels = process.children(recursive=True)
        assert any("ipykernel" in " ".join(k.cmdline()) for k in kernels)
        lab.send_signal(signum)
        _, alive = psutil.wait_procs([process, *kernels], timeout=PATIENCE)
        for orphan in alive:
            orphan.kill()
        assert alive == []


# Hostile surroundings


def test_home_that_cannot_be_written_is_replaced(
    tmp_path: Path,
    launched: Launched,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(jupyterlab, "home", lambda: tmp_path / "missing")
    monkeypatch.delenv("JUPYTER_RUNTIME_DIR")
    monkeypatch.setenv("IPYTHONDIR", "/mine")
    jupyterlab.start(tmp_path, "ch00_start", [])
    [(_, _, environ)] = launched
    own = jupyterlab.own_home(tmp_path)
    assert f"cannot be written: {own} is used." in capsys.readouterr().out
    assert environ["JUPYTER_RUNTIME_DIR"] == str(own / "runtime")
    assert environ["IPYTHONDIR"] == "/mine"


def test_home_may_be_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> Path:
        raise RuntimeError("Could not determine home directory.")

    monkeypatch.setattr(Path, "home", fail)
    assert jupyterlab.home() is None
    assert not jupyterlab.is_usable(None)


@pytest.mark.integration
@pytest.mark.parametrize("variable", ["JUPYTER_PATH", "JUPYTER_DATA_DIR"])
def test_kernel_of_another_environment_is_not_taken(
    tmp_path: Path, variable: str
) -> None:
    """Jupyter itself looks up `python3` with the variables we pass on."""
    foreign = tmp_path / "kernels" / "python3"
    foreign.mkdir(parents=True)
    spec = '{"argv": ["/elsewhere/python"], "display_name": "A"}'
    (foreign / "kernel.json").write_text(spec, encoding="utf-8")
    program = (
        "from jupyter_client.kernelspec import KernelSpecManager\n"
        "print(KernelSpecManager().get_kernel_spec('python3').argv[0])"
    )

    def kernel(environ: Mapping[str, str]) -> str:
        ran = subprocess.run(
            [sys.executable, "-c", program],
            env=environ,
            capture_output=True,
            check=True,
            text=True,
        )
        return ran.stdout.strip()

    visitor = {
        **os.environ,
        variable: str(tmp_path),
        "JUPYTER_PREFER_ENV_PATH": "0",
    }
    assert kernel(visitor) == "/elsewhere/python"
    assert kernel(jupyterlab.environment(visitor)) != "/elsewhere/python"
