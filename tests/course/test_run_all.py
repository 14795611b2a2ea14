"""Every notebook as its readers run it: all at once, twice, with no network.

Its time against the same code as plain scripts is measured here too.
"""

import ast
import asyncio
import inspect
import os
import re
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from nbformat import from_dict
from nbval.plugin import coalesce_streams, get_sanitize_patterns

from course.upkeep.notebook import ROOT, Notebook, notebooks, source
from tests.support.offline_run import Answer, run_all
from tests.support.tiers import Report

pytestmark = pytest.mark.slow
every_notebook = pytest.mark.parametrize("notebook", notebooks(), ids=str)

LONGEST_RUN = 10.0
LONGEST_CELL = 3.0


def sources(notebook: Notebook) -> list[str]:
    return list(map(source, notebook.code_cells))


@every_notebook
def test_every_queued_cell_answers_offline(
    notebook: Notebook, report: Report
) -> None:
    begun = time.perf_counter()
    run = run_all(sources(notebook), notebook.path.parent)
    seconds = time.perf_counter() - begun
    assert not run.complaints(), "\n".join(run.complaints())
    slowest = max(answer.seconds for answer in run.answers)
    report.append(
        f"{notebook.stem}: Run All on a cold kernel {seconds:.1f} s, "
        f"slowest cell {slowest:.1f} s"
    )
    assert seconds <= LONGEST_RUN
    assert slowest <= LONGEST_CELL


@every_notebook
def test_every_cell_survives_being_run_twice(notebook: Notebook) -> None:
    twice = [text for text in sources(notebook) for _ in range(2)]
    run = run_all(twice, notebook.path.parent)
    assert not run.complaints(), "\n".join(run.complaints())
    for number in range(0, len(twice), 2):
        first, second = run.answers[number : number + 2]
        assert first.names == second.names, twice[number]
        assert masked(first) == masked(second), twice[number]


def masked(answer: Answer) -> list[dict[str, Any]]:
    """An answer's outputs as nbval compares them."""
    patterns = get_sanitize_patterns(
        (ROOT / "tests" / "masks.cfg").read_text(encoding="utf-8")
    )
    return [mask(dict(output), patterns) for output in joined(answer.outputs)]


def joined(outputs: list[dict[str, Any]]) -> list[Any]:
    """Merge what one stream wrote in pieces."""
    merged: list[Any] = coalesce_streams(list(map(from_dict, outputs)))
    return merged


def mask(value: Any, patterns: list[tuple[str, str]]) -> Any:
    """Replace what a mask covers, in every text at any depth."""
    if isinstance(value, dict):
        return {
            key: mask(item, patterns)
            for key, item in value.items()
            if key
            not in (
                "execution_count",
                "metadata",
                "transient",
                "image/png",
                "application/vnd.jupyter.widget-view+json",
            )
        }
    if isinstance(value, str):
        for regex, replacement in patterns:
            value = re.sub(regex, replacement, value)
    return value


def plain_script(notebook: Path) -> None:
    """Run a notebook's code in this process, cell after cell, no kernel."""
    names: dict[str, Any] = {"__name__": "__main__"}

    async def run() -> None:
        for text in sources(Notebook(notebook)):
            code = compile(
                text,
                str(notebook),
                "exec",
                flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT,
            )
            if code.co_flags & inspect.CO_COROUTINE:
                await eval(code, names)
            else:
                exec(code, names)

    asyncio.run(run())


def test_nbval_against_plain_scripts(report: Report) -> None:
    """Report what notebooks cost over the same code run as scripts."""
    books = [book.path for book in notebooks()]
    begun = time.perf_counter()
    for path in books:
        script = (
            "from pathlib import Path; "
            "from tests.course.test_run_all import plain_script; "
            f"plain_script(Path({str(path)!r}))"
        )
        subprocess.run(
            [sys.executable, "-c", script],
            cwd=path.parent,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            check=True,
            capture_output=True,
        )
    scripts = time.perf_counter() - begun
    begun = time.perf_counter()
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-n0", *map(str, books)],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    nbval = time.perf_counter() - begun
    report.append(
        f"{len(books)} notebooks: nbval {nbval:.1f} s, the same code as "
        f"plain scripts {scripts:.1f} s, ratio {nbval / scripts:.2f}"
    )
