"""Spoil a copy of the course in each way that is easy to miss.

Every canary must turn the suite red, and say what is wrong. Without the guard
that watches for it the same suite stays green: that is the proof that these
tests would fail if the guard were gone.
"""

import json
import os
import re
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import PIPE, STDOUT, Popen
from typing import Any

import pytest

from course.upkeep.notebook import ROOT, Notebook, caption, digest, source

pytestmark = pytest.mark.slow

STEM = "ch03_dependency_wiring"
NBVAL = f"notebooks/{STEM}.ipynb"
COUNTS = "tests/test_notebooks.py::test_cells_are_counted_from_one"
PLAIN = "tests/test_notebooks.py::test_code_is_plain_python"
AGREE = "tests/test_weave.py::test_notebook_and_module_agree"
QUEUED = "tests/test_run_all.py::test_every_queued_cell_answers_offline"
ERRORS = "tests/test_notebooks.py::test_no_stored_output_is_an_error"
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
    output["text"] = ["something that was never printed\n"]


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


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """A copy of the course as it stands, one notebook to be spoilt."""
    for name in ("notebooks", "snippets", "course", "tests"):
        shutil.copytree(
            ROOT / name,
            tmp_path / name,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
    for name in ("conftest.py", "pyproject.toml", "README.md"):
        shutil.copy(ROOT / name, tmp_path)
    return tmp_path


def spoil(copy: Path, canary: Canary) -> None:
    book = Notebook(copy / NBVAL)
    canary.spoil(book)
    book.path.write_text(
        json.dumps(book.book, ensure_ascii=False), encoding="utf-8"
    )


def start_guards(copy: Path, guards: tuple[str, ...]) -> Popen[str]:
    """Run some of the guards, on the one notebook, as the suite does."""
    names = [
        guard if guard == NBVAL else f"{guard}[{STEM}.ipynb]"
        for guard in guards
    ]
    return Popen(
        [sys.executable, "-m", "pytest", "-q", "-n0", "--all", *names],
        cwd=copy,
        env={**os.environ, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=PIPE,
        stderr=STDOUT,
        text=True,
        encoding="utf-8",
    )


def test_an_unspoilt_copy_is_green(copy: Path) -> None:
    guards = start_guards(copy, GUARDS)
    output, _ = guards.communicate()
    assert guards.returncode == 0, output


@pytest.mark.parametrize("canary", CANARIES, ids=str)
def test_a_canary_turns_the_suite_red_by_its_guard_alone(
    canary: Canary, copy: Path
) -> None:
    spoil(copy, canary)
    others = tuple(guard for guard in GUARDS if guard not in canary.guards)
    guarded, unguarded = start_guards(copy, GUARDS), start_guards(copy, others)
    red, _ = guarded.communicate()
    green, _ = unguarded.communicate()
    assert guarded.returncode == 1, red
    assert canary.says in red
    assert unguarded.returncode == 0, green
