"""The tool that runs notebooks must see what it is there to see."""

from pathlib import Path

import pytest

from tests.support import offline_run as kernels
from tests.support.offline_run import run_all

pytestmark = pytest.mark.slow


def test_good_run_has_no_complaints(tmp_path: Path) -> None:
    run = run_all(["x = 1", "print(x)"], tmp_path)
    assert run.complaints() == []
    assert run.answers[1].names == ["x"]
    assert run.answers[1].outputs[0]["text"] == "1\n"


@pytest.mark.parametrize(
    ("cell", "complaint"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import sys; print(1, file=sys.stderr)", "stderr: 1"),
        (
            "import socket; socket.create_connection(('192.0.2.1', 80))",
            "network is cut",
        ),
        (
            "import socket; s = socket.socket(); s.connect(('192.0.2.1', 1))",
            "network is cut: socket.connect to 192.0.2.1",
        ),
        (
            "import httpx; await httpx.AsyncClient().get('http://a.test')",
            "network is cut: socket.getaddrinfo to a.test",
        ),
        (
            "import asyncio\nasync def fail(): 1 / 0\n"
            "task = asyncio.create_task(fail()); await asyncio.sleep(0)",
            "a task failed unseen: ZeroDivisionError",
        ),
    ],
)
def test_bad_cell_is_seen(cell: str, complaint: str, tmp_path: Path) -> None:
    [found, *_] = run_all([cell, "1"], tmp_path).complaints()
    assert complaint in found


def test_lost_cell_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(kernels, "SILENCE", 4.0)
    patched = "import asyncio, nest_asyncio; nest_asyncio.apply()\n"
    cells = [patched + "asyncio.run(asyncio.sleep(0.1))", "1", "2"]
    complaints = run_all(cells, tmp_path).complaints()
    assert "code cell 1: never answered" in complaints
    assert "code cell 2: never answered" in complaints


def test_talking_to_this_machine_is_allowed(tmp_path: Path) -> None:
    cell = (
        "import socket\n"
        "with socket.create_server(('127.0.0.1', 0)) as server:\n"
        "    socket.create_connection(server.getsockname()).close()"
    )
    assert run_all([cell], tmp_path).complaints() == []
