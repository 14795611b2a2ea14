"""Cells queued at once: each answers, fails, is aborted, or is lost."""

from pathlib import Path

from course.classroom.kernel import Answer, fresh_kernel, run_queued


def run(
    folder: Path,
    *cells: str,
    silence: float = 15.0,
    stop_on_error: bool = True,
) -> list[Answer]:
    with fresh_kernel(folder) as client:
        return run_queued(client, cells, silence, stop_on_error=stop_on_error)


def test_cells_answer_in_order_with_outputs_and_names(tmp_path: Path) -> None:
    first, second, third = run(
        tmp_path,
        "import time; time.sleep(0.2); x = 1",
        "print('two')",
        "x + 2",
    )
    assert {first.status, second.status, third.status} == {"ok"}
    assert first.seconds >= 0.2
    assert first.names == ["time", "x"]
    assert second.outputs[0]["text"] == "two\n"
    assert third.outputs[0]["data"] == {"text/plain": "3"}


def test_a_failure_aborts_what_is_queued_behind_it(tmp_path: Path) -> None:
    failed, aborted = run(tmp_path, "1 / 0", "2")
    assert failed.error == "ZeroDivisionError: division by zero"
    assert (failed.status, aborted.status) == ("error", "aborted")


def test_what_is_behind_a_failure_can_go_on(tmp_path: Path) -> None:
    failed, after = run(tmp_path, "1 / 0", "2", stop_on_error=False)
    assert (failed.status, after.status) == ("error", "ok")


def test_a_cell_that_never_comes_back_is_lost(tmp_path: Path) -> None:
    patched = (
        "import asyncio, nest_asyncio; nest_asyncio.apply()\n"
        "asyncio.run(asyncio.sleep(0.1))"
    )
    answers = run(tmp_path, patched, "1", "2", silence=1.5)
    assert [answer.status for answer in answers] == ["ok", "lost", "lost"]
