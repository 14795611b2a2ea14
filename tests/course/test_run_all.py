"""Every notebook as people run it: all cells queued, twice, offline, busy."""

import pytest

from course.chapters import ROOT
from course.upkeep.comparison import Comparison
from course.upkeep.notebook import Notebook, notebooks, source
from tests.support.offline_run import Run, run_all
from tests.support.report import Report

pytestmark = pytest.mark.slow
every_notebook = pytest.mark.parametrize("notebook", notebooks(), ids=str)

COMPARISON = Comparison(ROOT / "tests" / "masks.cfg")
# Seconds beyond which the report points a run or a cell out. No test fails
# by them: they depend on the machine.
LONG_RUN = 10.0
LONG_CELL = 3.0


def sources(notebook: Notebook) -> list[str]:
    return list(map(source, notebook.code_cells))


def figures(run: Run) -> str:
    """Word how long a run and its slowest cell took, in seconds."""
    long = run.seconds > LONG_RUN or run.slowest > LONG_CELL
    mark = " (long)" if long else ""
    return (
        f"Run All {run.seconds:.1f} s, slowest cell {run.slowest:.1f} s{mark}"
    )


@every_notebook
def test_every_queued_cell_answers_offline(
    notebook: Notebook, report: Report
) -> None:
    run = run_all(sources(notebook), notebook.path.parent)
    assert not run.complaints(), "\n".join(run.complaints())
    report.append(f"{notebook.stem}: {figures(run)}")


@every_notebook
def test_every_cell_survives_being_run_twice(notebook: Notebook) -> None:
    twice = [text for text in sources(notebook) for _ in range(2)]
    run = run_all(twice, notebook.path.parent)
    assert not run.complaints(), "\n".join(run.complaints())
    for number in range(0, len(twice), 2):
        first, second = run.answers[number : number + 2]
        assert first.names == second.names, twice[number]
        assert COMPARISON.same(second.outputs, first.outputs), twice[number]


@every_notebook
@pytest.mark.usefixtures("busy_cores")
def test_notebook_runs_on_a_busy_machine(
    notebook: Notebook, report: Report
) -> None:
    """What a cell asserts about times holds there too."""
    run = run_all(sources(notebook), notebook.path.parent)
    assert not run.complaints(), "\n".join(run.complaints())
    report.append(f"{notebook.stem}: on busy cores {figures(run)}")
