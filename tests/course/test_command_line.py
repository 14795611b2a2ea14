"""`python -m course.command_line` tells stories and serves apps."""

import logging
import runpy
import socket
import sys
import threading
import time
from collections.abc import Iterator

import httpx
import pytest
import uvicorn

from course import command_line as command
from course import stories
from course.classroom.server import bind


@pytest.fixture(autouse=True)
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


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Replace chapter 4's story by one that leaves a note."""
    notes: list[str] = []

    async def story() -> None:
        notes.append("told")

    monkeypatch.setattr(stories, "ch04", story)
    return notes


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    """Run what is refused with exit code 2; return the one line it says."""
    assert command.main(words) == 2
    output = capsys.readouterr()
    assert not output.out
    [line] = output.err.splitlines()
    return line


def listed_stories(helped: str) -> list[str]:
    """Read which stories the help lists."""
    [line] = [
        line for line in helped.splitlines() if line.startswith("stories: ")
    ]
    return line.removeprefix("stories: ").split(", ")


@pytest.mark.parametrize("name", ["ch04", "4", "04", "ch04_token_endpoint"])
def test_a_chapter_tells_its_story(told: list[str], name: str) -> None:
    assert command.main([name]) == 0
    assert len(told) == 1


def test_alone_it_lists_the_stories_and_the_chapters(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert command.main([]) == 0
    helped = capsys.readouterr().out
    for name in ("ch02", "ch03", "ch04"):
        assert name in listed_stories(helped)
    for stem in map(str, command.with_module()):
        assert stem in helped


@pytest.mark.parametrize("words", [["ch99"], ["serve", "ch99"]])
def test_an_unknown_chapter_is_answered_with_all_chapters(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    assert ", ".join(map(str, command.with_module())) in refused(
        capsys, *words
    )


def test_a_chapter_without_a_story_is_not_offered(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delattr(stories, "ch03")
    assert "has no story" in refused(capsys, "ch03")
    command.main([])
    offered = listed_stories(capsys.readouterr().out)
    assert "ch03" not in offered
    assert "ch04" in offered


@pytest.mark.parametrize(
    "words", [["serve"], ["ch03", "ch04"], ["serve", "ch04", "ch03"]]
)
def test_one_chapter_at_a_time(
    capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        command.main(words)
    assert "name one chapter" in capsys.readouterr().err


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
    thread.join(5)
    assert not thread.is_alive()


def test_ctrl_c_ends_serve_quietly(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[socket.socket] = []

    def interrupt(_: uvicorn.Server, sockets: list[socket.socket]) -> None:
        held.extend(sockets)
        raise KeyboardInterrupt

    monkeypatch.setattr(uvicorn.Server, "run", interrupt)
    assert command.main(["serve", "ch03", "--port", "0"]) == 0
    assert capsys.readouterr().err == ""
    assert held[0].fileno() == -1


def test_the_port_is_8000_unless_told_otherwise() -> None:
    assert command.build_parser().parse_args([]).port == 8000


def test_a_taken_port_is_one_line(capsys: pytest.CaptureFixture[str]) -> None:
    with bind() as listener:
        port = str(listener.getsockname()[1])
        line = refused(capsys, "serve", "ch04", "--port", port)
    assert f"Port {port} is taken" in line
    assert "--port 0" in line


@pytest.mark.parametrize("port", ["-1", "65536"])
def test_a_port_that_cannot_be_is_one_line(
    capsys: pytest.CaptureFixture[str], port: str
) -> None:
    assert port in refused(capsys, "serve", "ch04", f"--port={port}")


def test_a_chapter_without_an_app_is_not_served(
    capsys: pytest.CaptureFixture[str],
) -> None:
    line = refused(capsys, "serve", "ch02")
    assert line == "ch02_password_hashing has no app to serve."


def test_python_m_is_the_same(
    told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "course.command_line")
    monkeypatch.setattr(sys, "argv", ["course.command_line", "ch04"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("course.command_line", run_name="__main__")
    assert told == ["told"]
