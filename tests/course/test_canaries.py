"""Spoil a copy of the course in each way that is easy to miss.

Every canary must turn the suite red, by the guards that watch for it and by
no others, and the suite must say what is wrong. Since no other guard fails,
the suite would be green if that guard were gone.
"""

import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from course.upkeep.notebook import Notebook, caption, digest, source
from tests.support.copies import SAMPLE, copy_with_sample, start_tests

pytestmark = pytest.mark.slow

NBVAL = f"notebooks/{SAMPLE}.ipynb"
COUNTS = "tests/course/test_notebooks.py::test_cells_are_counted_from_one"
PLAIN = "tests/course/test_notebooks.py::test_code_is_plain_python"
AGREE = "tests/course/test_weave.py::test_notebook_and_module_agree"
QUEUED = "tests/course/test_run_all.py::test_every_queued_cell_answers_offline"
ERRORS = "tests/course/test_notebooks.py::test_no_stored_output_is_an_error"
GUARDS = (COUNTS, PLAIN, ERRORS, AGREE, QUEUED, NBVAL)

Cell = dict[str, Any]


def edit(cell: Cell, text: str) -> None:
    """Change a cell's source as the weave would have: digest and all."""
    cell["source"] = text
    cell["metadata"]["woven"] = digest(text)


def insert(book: Notebook, text: str) -> None:
    """Add a code cell as the second one, later ones counted on."""
    cell = {
        "cell_type": "code",
        "execution_count": 0,
        "id": "canary",
        "metadata": {},
        "outputs": [],
    }
    edit(cell, text)
    book.cells.insert(book.cells.index(book.code_cells[0]) + 1, cell)
    for count, other in enumerate(book.code_cells, 1):
        other["execution_count"] = count
        for output in other["outputs"]:
            if "execution_count" in output:
                output["execution_count"] = count


def first(book: Notebook, wanted: Callable[[Cell], bool]) -> Cell:
    return next(cell for cell in book.code_cells if wanted(cell))


def prints(cell: Cell) -> bool:
    return any(out["output_type"] == "stream" for out in cell["outputs"])


def wrong_output(book: Notebook) -> None:
    output = first(book, prints)["outputs"][0]
    output["text"] = "something that was never printed\n"


def missing_count(book: Notebook) -> None:
    cell = first(book, prints)
    cell["execution_count"], cell["outputs"] = None, []


def all_outputs_cleared(book: Notebook) -> None:
    for cell in book.code_cells:
        cell["execution_count"], cell["outputs"] = None, []


def outputs_cleared_counts_kept(book: Notebook) -> None:
    for cell in book.code_cells:
        cell["outputs"] = []


def failure_that_no_longer_fails(book: Notebook) -> None:
    cell = first(book, lambda cell: "with raises(" in source(cell))
    edit(cell, re.sub(r"\n    .*", "\n    pass", source(cell), count=1))


def lost_task(book: Notebook) -> None:
    insert(
        book,
        "import asyncio\nasync def lost(): raise ValueError('lost')\n"
        "task = asyncio.create_task(lost())\nawait asyncio.sleep(0)",
    )


def failing_shell_line(book: Notebook) -> None:
    insert(book, "!false")


def failing_magic(book: Notebook) -> None:
    insert(book, "%cd -q .")


def edited_captioned_cell(book: Notebook) -> None:
    cell = first(book, lambda cell: caption(cell) is not None)
    edit(cell, source(cell) + "\n# an edit in the wrong place")


def lost_queue(book: Notebook) -> None:
    insert(
        book,
        "import asyncio, nest_asyncio\nnest_asyncio.apply()\n"
        "asyncio.run(asyncio.sleep(0.1))",
    )


def edited_snippet(book: Notebook) -> None:
    text = book.module.read_text(encoding="utf-8")
    book.module.write_text(f"{text}# an edit unwoven\n", encoding="utf-8")


@dataclass(frozen=True)
class Canary:
    """A way to spoil a notebook, the guards that see it, and their words."""

    spoil: Callable[[Notebook], None]
    guards: tuple[str, ...]
    says: str

    def __str__(self) -> str:
        return self.spoil.__name__


CANARIES = [
    Canary(wrong_output, (NBVAL,), "something that was never printed"),
    Canary(missing_count, (COUNTS,), "execution counts are not 1, 2, 3"),
    Canary(all_outputs_cleared, (COUNTS,), "execution counts are not"),
    Canary(outputs_cleared_counts_kept, (NBVAL,), "Unexpected output"),
    Canary(
        failure_that_no_longer_fails,
        (NBVAL, QUEUED),
        "but nothing failed",
    ),
    Canary(lost_task, (QUEUED,), "a task failed unseen: ValueError('lost')"),
    Canary(failing_shell_line, (PLAIN,), "SyntaxError"),
    Canary(failing_magic, (PLAIN,), "SyntaxError"),
    Canary(edited_captioned_cell, (AGREE,), "differs from its section"),
    Canary(edited_snippet, (AGREE,), "differs from its section"),
    Canary(lost_queue, (QUEUED,), "never answered"),
]


@pytest.fixture(scope="module")
def unspoilt(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course with a chapter that is small and just woven."""
    return copy_with_sample(tmp_path_factory.mktemp("course") / "unspoilt")


def spoil(copy: Path, canary: Canary) -> None:
    book = Notebook(copy / NBVAL)
    canary.spoil(book)
    book.save()


def run_guards(copy: Path) -> tuple[int, str]:
    """Run all guards on the one notebook; return exit status and output."""
    names = [
        guard if guard == NBVAL else f"{guard}[{SAMPLE}.ipynb]"
        for guard in GUARDS
    ]
    running = start_tests(copy, "-n0", "--all", *names)
    output, _ = running.communicate()
    return running.returncode, output


def failed_guards(output: str) -> set[str]:
    """Read from pytest's summary which guards failed."""
    lines = re.findall(r"(?m)^FAILED (\S+)", output)
    return {guard for guard in GUARDS for line in lines if guard in line}


def test_unspoilt_copy_is_green(unspoilt: Path) -> None:
    status, output = run_guards(unspoilt)
    assert status == 0, output


@pytest.mark.parametrize("canary", CANARIES, ids=str)
def test_canary_turns_the_suite_red_by_its_guard_alone(
    canary: Canary, unspoilt: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(unspoilt, copy)
    spoil(copy, canary)
    status, output = run_guards(copy)
    assert status == 1, output
    assert failed_guards(output) == set(canary.guards), output
    assert canary.says in output
