"""Cells queued at once: each answers, fails, is aborted, or is lost."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.blocking.client import BlockingKernelClient

from course.classroom.kernel import (
    CellResult,
    fresh_kernel,
    record,
    run_queued,
)

pytestmark = pytest.mark.integration


def run(
    folder: Path,
    *cells: str,
    silence: float = 15.0,
) -> list[CellResult]:
    with fresh_kernel(folder) as client:
        return run_queued(client, cells, silence)


def test_cells_answer_in_order_with_outputs_and_names(tmp_path: Path) -> None:
    first, second, third = run(
        tmp_path,
        "import time; time.sleep(0.2); x = 1",
        "print('two')",
        "x + 2",
    )
    assert {first.status, second.status, third.status} == {"ok"}
    assert first.started
    assert first.seconds >= 0.2
    assert first.names == ["time", "x"]
    assert second.outputs[0]["text"] == "two\n"
    assert third.outputs[0]["data"] == {"text/plain": "3"}


@pytest.fixture(scope="module")
def client(
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[BlockingKernelClient]:
    """A kernel for cells that leave nothing behind."""
    with fresh_kernel(tmp_path_factory.mktemp("kernel")) as client:
        yield client


def test_failure_aborts_what_is_queued_behind_it(
    client: BlockingKernelClient,
) -> None:
    failed, aborted = run_queued(client, ("1 / 0", "2"), 15.0)
    assert failed.error == "ZeroDivisionError: division by zero"
    assert (failed.status, aborted.status) == ("error", "aborted")


def test_cells_behind_a_failure_can_go_on(
    client: BlockingKernelClient,
) -> None:
    failed, after = run_queued(
        client, ("1 / 0", "2"), 15.0, stop_on_error=False
    )
    assert (failed.status, after.status) == ("error", "ok")


def test_cell_that_the_kernel_forgets_is_lost(tmp_path: Path) -> None:
    patched = (
        "import asyncio, nest_asyncio; nest_asyncio.apply()\n"
        "asyncio.run(asyncio.sleep(0.1))"
    )
    results = run(tmp_path, patched, "1", "2", silence=1.5)
    assert [result.status for result in results] == ["ok", "lost", "lost"]


def test_cell_that_never_ends_has_a_start_and_no_duration(
    tmp_path: Path,
) -> None:
    [result] = run(tmp_path, "import time; time.sleep(60)", silence=1.5)
    assert result.status == "lost"
    assert result.started is not None
    assert result.seconds == 0.0


def status(state: str, moment: int) -> dict[str, Any]:
    date = datetime.fromtimestamp(moment, UTC)
    content = {"execution_state": state}
    return {
        "msg_type": "status",
        "header": {"date": date},
        "content": content,
    }


@pytest.mark.parametrize(
    ("busy", "seconds"), [([], 0.0), ([status("busy", 100)], 7.0)]
)
def test_duration_is_counted_from_the_start(
    busy: list[dict[str, Any]], seconds: float
) -> None:
    result = CellResult()
    for message in busy:
        assert record(message, result) == ""
    assert record(status("idle", 107), result) == "idle"
    assert result.seconds == seconds


def test_kernel_starts_as_outside_of_a_test(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    """ipykernel prints less where pytest's variables are set."""
    monkeypatch.setenv("PYTEST_CURRENT_TEST", "this one")
    monkeypatch.setenv("OF_THE_LEARNER", "kept")
    [result] = run(
        tmp_path,
        "import os\n"
        "print('PYTEST_CURRENT_TEST' in os.environ, end=' ')\n"
        "print(os.environ['OF_THE_LEARNER'])",
    )
    assert [output["text"] for output in result.outputs] == ["False kept\n"]
    assert capfd.readouterr() == ("", "")
