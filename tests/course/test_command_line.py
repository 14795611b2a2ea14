"""`python -m course`: which command does what, and what a refusal says."""

import ast
import logging
import os
import runpy
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import httpx
import pytest
import uvicorn

from course import __main__ as command
from course import jupyterlab, stories, venv
from course.chapters import ROOT, chapters
from course.classroom.server import bind

Opened = list[tuple[str, list[str]]]
LAZY = ("snippets.", "course.stories", "fastapi", "uvicorn", "nbformat")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course of three empty notebooks."""
    (tmp_path / "notebooks").mkdir()
    for stem in ("ch00_start", "ch04_token_endpoint", "extra_loop"):
        path = tmp_path / "notebooks" / f"{stem}.ipynb"
        path.write_text('{"cells": []}', encoding="utf-8")
    (tmp_path / "README.md").touch()
    return tmp_path


@pytest.fixture(autouse=True)
def opened(monkeypatch: pytest.MonkeyPatch) -> Opened:
    """Collect the notebooks that would have been opened."""
    notebooks: Opened = []

    def note(root: Path, stem: str, options: Sequence[str]) -> int:
        notebooks.append((stem, list(options)))
        return 7

    monkeypatch.setattr(jupyterlab, "start", note)
    return notebooks


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace chapter 4's story by one that leaves a note."""
    notes: list[str] = []
    monkeypatch.setattr(stories, "ch04", lambda: notes.append("told"))
    return notes


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run what is refused with exit code 2; return the line it prints."""
    assert command.main(words) == 2
    output = capsys.readouterr()
    assert not output.out
    [line] = output.err.splitlines()
    return str(line)


# open


@pytest.mark.parametrize(
    ("words", "stem", "options"),
    [
        ([], "ch00_start", []),
        (["open"], "ch00_start", []),
        (["open", "4"], "ch04_token_endpoint", []),
        (["open", "extra_loop"], "extra_loop", []),
        (["--port", "9000"], "ch00_start", ["--port", "9000"]),
        (["open", "--port", "9000"], "ch00_start", ["--port", "9000"]),
        (
            ["open", "4", "--no-browser", "--help"],
            "ch04_token_endpoint",
            ["--no-browser", "--help"],
        ),
    ],
)
def test_open_copies_then_opens_and_hands_options_on(
    root: Path, opened: Opened, words: list[str], stem: str, options: list[str]
) -> None:
    assert command.main(words, root) == 7
    assert opened == [(stem, options)]
    assert (root / "work" / f"{stem}.ipynb").exists()


def test_course_without_notebooks_is_said_to_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], opened: Opened
) -> None:
    assert command.main([], tmp_path) == 2
    assert "There are: none." in capsys.readouterr().err
    assert not opened


# reset, catch-up, venv


def test_reset_keeps_the_learners_version(root: Path) -> None:
    (root / "work").mkdir()
    (root / "work" / "ch04_token_endpoint.ipynb").write_bytes(b"mine")
    assert command.main(["reset", "4"], root) == 0
    kept = root / "work" / "ch04_token_endpoint.mine-1.ipynb"
    assert kept.read_bytes() == b"mine"


def test_catch_up_prints_a_line_for_each_chapter(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command.main(["catch-up"], root) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.partition(":")[0] for line in lines] == [
        path.stem for path in sorted(root.glob("notebooks/*"))
    ]


def test_venv_makes_the_environment_and_returns_its_code(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Path] = []

    def make(root: Path) -> int:
        made.append(root)
        return 3

    monkeypatch.setattr(venv, "make", make)
    assert command.main(["venv"], root) == 3
    assert made == [root]


# story


@pytest.mark.parametrize("name", ["ch04", "4", "04", "ch04_token_endpoint"])
def test_chapter_tells_its_story(told: list[str], name: str) -> None:
    assert command.main(["story", name]) == 0
    assert told == ["told"]


def test_chapter_without_a_story_is_answered_with_those_that_have_one(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(stories, "ch03")
    line = refused(capsys, "story", "ch03")
    assert "ch03_dependency_wiring has no story." in line
    assert "ch02, ch04" in line


# serve


@pytest.fixture
def own_logging() -> Iterator[None]:
    """Undo uvicorn's logging setup, which holds on to a captured stderr."""
    loggers = [
        logging.getLogger(f"uvicorn{name}")
        for name in ("", ".access", ".error")
    ]
    before = [(each.handlers, each.level, each.propagate) for each in loggers]
    yield
    for each, state in zip(loggers, before, strict=True):
        each.handlers, each.level, each.propagate = state


@pytest.mark.usefixtures("own_logging")
def test_serve_runs_the_app_with_offline_docs_until_it_is_stopped(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    servers: list[uvicorn.Server] = []

    class Noted(uvicorn.Server):
        def __init__(self, config: uvicorn.Config) -> None:
            super().__init__(config)
            servers.append(self)

    monkeypatch.setattr(uvicorn, "Server", Noted)
    arguments = ["serve", "--port", "0", "ch04"]
    thread = threading.Thread(
        target=command.main, args=[arguments], daemon=True
    )
    thread.start()
    while thread.is_alive() and not (servers and servers[0].started):
        time.sleep(0.002)
    words = capsys.readouterr().out.split()
    url = next(word for word in words if word.startswith("http")).rstrip(",")
    assert url.startswith("http://127.0.0.1:")
    assert "offline-docs" in httpx.get(f"{url}/docs").text
    assert httpx.get(f"{url}/users/me/").status_code == 401
    servers[0].should_exit = True
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.usefixtures("own_logging")
def test_ctrl_c_ends_serve_quietly_on_port_8000(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    ports: list[int] = []
    held: list[socket.socket] = []

    def bind_any(port: int) -> socket.socket:
        ports.append(port)
        return bind(0)

    def interrupt(_: uvicorn.Server, sockets: list[socket.socket]) -> None:
        held.extend(sockets)
        raise KeyboardInterrupt

    monkeypatch.setattr("course.classroom.server.bind", bind_any)
    monkeypatch.setattr(uvicorn.Server, "run", interrupt)
    assert command.main(["serve", "ch03"]) == 0
    assert capsys.readouterr().err == ""
    assert ports == [8000]
    assert held[0].fileno() == -1


def test_taken_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with bind() as listener:
        port = str(listener.getsockname()[1])
        line = refused(capsys, "serve", "ch04", "--port", port)
    assert f"Port {port} is taken" in line
    assert "--port 0" in line


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_port_that_cannot_be_is_one_line(
    capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert port in refused(capsys, "serve", "ch04", f"--port={port}")


def test_chapter_without_an_app_is_not_served(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refused(capsys, "serve", "ch02")
    assert line == "ch02_password_hashing has no app to serve."


def test_chapter_without_a_module_is_not_offered_to_serve(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refused(capsys, "serve", "ch00")
    assert "There is no chapter 'ch00' here." in line


# What is refused, and what is missing


@pytest.mark.parametrize("words", ["open", "reset", "story", "serve"])
def test_unknown_chapter_is_answered_with_all_chapters(
    capsys: pytest.CaptureFixture[str], words: str
) -> None:
    line = refused(capsys, words, "ch100")
    for chapter in chapters():
        if chapter.module.exists() or words != "serve":
            assert chapter.stem in line


@pytest.mark.parametrize(
    "words",
    [
        ["story"],
        ["serve"],
        ["reset"],
        ["story", "ch03", "ch04"],
        ["catch-up", "--port", "9000"],
        ["reset", "ch04", "--port", "9000"],
        ["ch04"],
        ["open", "ch04", "ch05"],
    ],
)
def test_words_that_no_command_takes_are_refused_with_its_usage(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    opened: Opened,
    words: list[str],
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(words, root)
    assert "usage: python -m course" in capsys.readouterr().err
    assert not opened
    assert not (root / "work").exists()


@pytest.mark.parametrize("words", [["-h"], ["open", "-h"], ["reset", "-h"]])
def test_help_opens_nothing(
    root: Path, opened: Opened, words: list[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        command.main(words, root)
    assert not opened
    assert not (root / "work").exists()


@pytest.mark.parametrize("words", [[], ["reset", "ch04"], ["catch-up"]])
def test_what_cannot_be_written_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (root / "work").touch()
    assert command.main(words, root) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert str(root / "work") in line
    assert "Nothing of yours is lost" in line


def test_damaged_notebook_of_the_course_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "notebooks" / "ch04_token_endpoint.ipynb").write_bytes(b"<<<<")
    assert command.main(["catch-up"], root) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert "git checkout -- notebooks/ch04_token_endpoint.ipynb" in line


@pytest.mark.parametrize(
    ("words", "package"),
    [(["story", "ch02"], "fastapi"), (["serve", "ch04"], "fastapi")],
)
def test_missing_package_is_one_line(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    words: list[str],
    package: str,
) -> None:
    def fail(*_: object) -> None:
        raise ModuleNotFoundError(f"No {package}", name=package)

    for name in ("tell_story", "serve_app"):
        monkeypatch.setattr(command, name, fail)
    assert command.main(words) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert line == venv.explain_missing(package, ROOT)


def test_missing_module_of_our_own_is_a_fault_and_shows_as_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def fail(*_: object) -> None:
        raise ModuleNotFoundError("No snippets.x", name="snippets.x")

    monkeypatch.setattr(command, "tell_story", fail)
    with pytest.raises(ModuleNotFoundError, match=r"snippets\.x"):
        command.main(["story", "ch02"])


def run_without_packages(*words: str) -> subprocess.CompletedProcess[str]:
    """Run the course on this Python without any installed package."""
    return subprocess.run(
        [sys.executable, "-S", "-m", "course", *words],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.parametrize("words", [["story", "ch04"], ["serve", "ch04"]])
def test_python_without_the_packages_says_what_to_do(words: list[str]) -> None:
    done = run_without_packages(*words)
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert f"is not installed for {sys.executable}." in line
    assert "python -m pip install -r requirements.txt" in line or (
        line.endswith("-m course")
    )


def test_open_before_pip_has_run_says_what_to_install(tmp_path: Path) -> None:
    for name in ("course", "notebooks", "README.md"):
        (tmp_path / name).symlink_to(ROOT / name)
    program = (
        "import sys\n"
        "from pathlib import Path\n"
        "from course.__main__ import main\n"
        "sys.exit(main(['open'], Path(sys.argv[1])))"
    )
    done = subprocess.run(
        [sys.executable, "-S", "-c", program, str(tmp_path)],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    [line] = done.stderr.splitlines()
    assert line.startswith("jupyterlab is not installed")
    assert line.endswith("python -m pip install -r requirements.txt")


@pytest.mark.parametrize("words", [["catch-up"], ["--help"]])
def test_what_needs_no_package_imports_none(
    root: Path, words: list[str]
) -> None:
    program = (
        "import atexit, sys\n"
        "from pathlib import Path\n"
        f"atexit.register(lambda: print([name for name in sys.modules "
        f"if name.startswith({LAZY})]))\n"
        "from course.__main__ import main\n"
        f"main({words}, Path(sys.argv[1]))"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program, str(root)],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stdout.splitlines()[-1] == "[]"


# Too old a Python


def test_package_refuses_too_old_a_python(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with monkeypatch.context() as older:
        older.setattr(sys, "version_info", (3, 10, 4, "final", 0))
        with pytest.raises(SystemExit, match=r"3\.11 or newer.* 3\.10\.4 "):
            runpy.run_path(str(ROOT / "course" / "__init__.py"))


def test_too_old_a_python_gets_one_line_and_no_traceback() -> None:
    program = (
        "import runpy, sys\n"
        "sys.version_info = (3, 10, 4, 'final', 0)\n"
        "runpy.run_module('course', run_name='__main__')"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == (
        "The course needs Python 3.11 or newer, and this is Python 3.10.4 "
        f"({sys.executable}).\n"
    )


def test_older_pythons_can_read_what_names_them() -> None:
    """A SyntaxError would come before the message."""
    source = (ROOT / "course" / "__init__.py").read_text(encoding="utf-8")
    ast.parse(source, feature_version=(3, 3))
    assert source.isascii()
    with pytest.raises(SyntaxError):
        ast.parse("match 1:\n case 1: pass", feature_version=(3, 3))


def test_python_m_is_the_command_line(
    monkeypatch: pytest.MonkeyPatch, told: list[str]
) -> None:
    monkeypatch.delitem(sys.modules, "course.__main__")
    monkeypatch.setattr(sys, "argv", ["course", "story", "ch04"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("course", run_name="__main__")
    assert told == ["told"]
