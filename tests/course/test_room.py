"""`python -m course check-room`: one screen, and what to do about each NO."""

import shutil
import socket
import subprocess
import sys
import urllib.request
import webbrowser
from collections import namedtuple
from pathlib import Path

import pytest

from course import __main__ as command
from course import jupyterlab, room, venv
from course.chapters import ROOT

Usage = namedtuple("Usage", "free")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course that needs one package, which is installed."""
    pin = f"pytest=={pytest.__version__}  # a reason\n-c constraints.txt\n"
    (tmp_path / "requirements.txt").write_text(pin, encoding="utf-8")
    return tmp_path


@pytest.fixture(autouse=True)
def good_room(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let this machine have free ports, a browser and no proxy."""

    class Browser:
        name = "firefox"

    monkeypatch.setattr(webbrowser, "get", Browser)
    monkeypatch.setattr(urllib.request, "getproxies", dict)
    monkeypatch.setattr(room, "PORTS", {0: "It is never taken."})
    monkeypatch.setattr(jupyterlab, "home", lambda: tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(room.NEEDED))


def test_good_machine_passes_on_one_screen(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["check-room"], root) == 0
    printed = capsys.readouterr().out
    assert "NO" not in printed
    assert printed.endswith("This machine can hold the course.\n") or (
        "terminal" in printed.rpartition("note")[2]
    )
    lines = printed.splitlines()
    assert len(lines) <= 24
    assert all(len(line) <= 79 for line in lines)


def test_refusal_names_what_is_wrong(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: Usage(5e6))
    monkeypatch.setattr(venv, "can_be_made", lambda: False)
    assert room.check(root) == 1
    printed = capsys.readouterr().out
    assert "Not yet: Python, disk. Mend that" in printed
    assert "python3-venv" in printed


def test_notes_do_not_refuse(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(jupyterlab, "home", lambda: None)
    assert room.check(root) == 0
    printed = capsys.readouterr().out
    assert "Read the notes" in printed
    assert "no home folder cannot be written" in printed


def test_quiet_machine_has_no_notes(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fine = [room.Finding("ok", "Python", "3.14")]
    monkeypatch.setattr(room, "examine", lambda root: fine)
    assert room.check(ROOT) == 0
    assert "notes" not in capsys.readouterr().out


def test_read_only_folder_is_refused(root: Path) -> None:
    finding = room.check_folder(root / "missing")
    assert finding.mark == "NO"
    assert "copy the course" in finding.text


@pytest.mark.parametrize(("installed", "mark"), [(True, "ok"), (False, "NO")])
def test_less_space_is_needed_once_installed(
    root: Path, monkeypatch: pytest.MonkeyPatch, installed: bool, mark: str
) -> None:
    if installed:
        python = venv.interpreter(root)
        python.parent.mkdir(parents=True)
        python.touch()
    free = Usage(room.NEEDED_ONCE_INSTALLED)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: free)
    assert room.check_disk(root).mark == mark


@pytest.mark.parametrize(
    ("pins", "text"),
    [
        ("pytest==0.1\n", "pytest is "),
        ("no-such==1\n", "no-such is missing. Run"),
        ("no-such[a]==1\nnone==2 # why\n", "no-such is missing and 1 more."),
    ],
)
def test_wrong_packages_are_counted(root: Path, pins: str, text: str) -> None:
    (root / "requirements.txt").write_text(pins, encoding="utf-8")
    finding = room.check_packages(root)
    assert finding.mark == "note"
    assert finding.text.startswith(text)


def test_environment_that_does_not_run_is_refused(root: Path) -> None:
    python = venv.interpreter(root)
    python.parent.mkdir(parents=True)
    python.touch()
    finding = room.check_packages(root)
    assert finding.mark == "NO"
    assert "python3 -m course venv" in finding.text


def test_firewall_inside_the_machine_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def refuse(*_: object) -> None:
        raise OSError("blocked")

    monkeypatch.setattr(socket, "create_connection", refuse)
    finding = room.check_loopback()
    assert finding.mark == "NO"
    assert "(blocked): let the firewall allow" in finding.text


def test_taken_port_is_a_note(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setattr(room, "PORTS", {port: "Choose another."})
        finding = room.check_port(port)
    assert finding.mark == "note"
    assert finding.text == f"{port} is taken. Choose another."


@pytest.mark.parametrize(
    ("proxies", "says"),
    [
        ({"http": "http://me:pw@proxy:3128"}, "proxy: pip uses it"),
        ({"all": "socks5://inside:1080"}, "install PySocks first"),
        ({"https": "proxy:3128"}, "a proxy: pip uses it"),
    ],
)
def test_proxy_is_a_note_without_its_password(
    proxies: dict[str, str], says: str
) -> None:
    finding = room.check_proxy(proxies)
    assert finding.mark == "note"
    assert says in finding.text
    assert "pw" not in finding.text


def test_exceptions_to_proxies_are_no_proxy() -> None:
    assert room.check_proxy({"no": "localhost"}).mark == "ok"


@pytest.mark.parametrize("name", ["w3m", None])
def test_browser_without_windows_is_a_note(
    monkeypatch: pytest.MonkeyPatch, name: str | None
) -> None:
    class Browser:
        pass

    Browser.name = name  # type: ignore[attr-defined]

    def get() -> object:
        if name is None:
            raise webbrowser.Error("none")
        return Browser

    monkeypatch.setattr(webbrowser, "get", get)
    finding = room.check_browser()
    assert finding.mark == "note"
    assert "open the address that JupyterLab prints" in finding.text


def test_browser_without_a_name_is_known_by_its_class(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(webbrowser, "get", object)
    assert room.check_browser().text == "object"


@pytest.mark.parametrize("encoding", ["utf-8", "UTF8"])
def test_terminal_with_utf_8_is_fine(encoding: str) -> None:
    assert room.check_terminal(encoding).mark == "ok"


@pytest.mark.parametrize("encoding", ["ascii", None])
def test_terminal_without_utf_8_is_a_note(encoding: str | None) -> None:
    assert room.check_terminal(encoding).mark == "note"


def test_it_runs_before_anything_is_installed() -> None:
    done = subprocess.run(
        [sys.executable, "-S", "-m", "course", "check-room"],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "packages" in done.stdout
    assert not done.stderr
