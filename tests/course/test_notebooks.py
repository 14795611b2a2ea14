"""What every notebook of the course must be, before anyone runs it."""

import ast
import json
import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import pytest

from course.chapters import ROOT, chapters
from course.upkeep.notebook import (
    Notebook,
    caption,
    code_lines,
    notebooks,
    source,
)
from tests.support.links import broken_links, pictures, vague_links
from tests.support.report import Report

LARGEST = 200_000
SETUP = """\
import os
import sys

sys.path.insert(0, "..")  # the course's modules are one folder up
os.environ.pop("SECRET_KEY", None)  # the course uses its teaching key"""
# The aims are at most 80 cells with the practice, 120 words in a cell of
# prose, and 25 lines of new code before a cell shows something.
MOST_CELLS = 92
LONGEST_PROSE = 120
MARKERS = re.compile(r"NBVAL_|PYTEST_VALIDATE|nbval-|raises-exception")
MACHINE = re.compile(r"/(root|tmp|home|Users|private|var)/|[A-Z]:\\+Users")

every_notebook = pytest.mark.parametrize("notebook", notebooks(), ids=str)


def test_every_chapter_has_a_notebook() -> None:
    assert [book.chapter for book in notebooks()] == chapters()


@every_notebook
def test_cells_are_counted_from_one(notebook: Notebook) -> None:
    counts = [cell["execution_count"] for cell in notebook.code_cells]
    assert counts == list(range(1, len(counts) + 1)), (
        f"{notebook}: execution counts are not 1, 2, 3, …"
    )


@every_notebook
def test_code_is_plain_python(notebook: Notebook) -> None:
    """No magic, no shell line, no help: those fail without failing."""
    for cell in notebook.code_cells:
        text = source(cell)
        ast.parse(text)
        assert "get_ipython" not in text, f"{notebook}: {text}"


@every_notebook
def test_no_cell_is_excused_from_comparison(notebook: Notebook) -> None:
    for cell in notebook.cells:
        words = source(cell) + json.dumps(cell["metadata"])
        assert not MARKERS.search(words), f"{notebook}: {words}"


@every_notebook
def test_no_stored_output_is_an_error(notebook: Notebook) -> None:
    for cell in notebook.code_cells:
        for output in cell["outputs"]:
            assert output["output_type"] != "error"
            assert output.get("name") != "stderr", output["text"]


@every_notebook
def test_first_code_cell_finds_the_snippets(notebook: Notebook) -> None:
    assert source(notebook.code_cells[0]) == SETUP


@every_notebook
def test_cells_have_distinct_ids(notebook: Notebook) -> None:
    ids = [cell["id"] for cell in notebook.cells]
    assert len(set(ids)) == len(ids)


@every_notebook
def test_headings_form_an_outline(notebook: Notebook) -> None:
    """One title, in the first cell; no level skipped on the way down."""
    text = "\n".join(map(prose, notebook.prose_cells))
    levels = [len(m[1]) for m in re.finditer(r"(?m)^(#+) ", text)]
    assert prose(notebook.cells[0]).startswith("# ")
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@every_notebook
def test_navigation_opens_and_closes(notebook: Notebook) -> None:
    navigation = notebook.navigation
    links = [
        number
        for number, cell in enumerate(notebook.cells)
        if source(cell) == navigation
    ]
    assert links == [1, len(notebook.cells) - 1]


@every_notebook
def test_links_lead_somewhere_and_say_where(notebook: Notebook) -> None:
    text = "\n".join(map(prose, notebook.prose_cells))
    assert not broken_links(text, notebook.path)
    assert not vague_links(text)


@every_notebook
def test_pictures_have_alt_text(notebook: Notebook) -> None:
    """Raw images reach no screen reader; HTML with an alt text does."""
    texts = [prose(cell) for cell in notebook.prose_cells]
    for cell in notebook.code_cells:
        for output in cell["outputs"]:
            data = output.get("data", {})
            assert not [kind for kind in data if kind.startswith("image/")]
            texts.append("".join(data.get("text/html", "")))
    for text in texts:
        for alt in pictures(text):
            assert 20 <= len(alt) <= 250, f"{notebook}: alt text {alt!r}"


@every_notebook
def test_titles_of_folds_need_no_markdown(notebook: Notebook) -> None:
    """A page shows the backticks of an HTML element as they are."""
    titles = re.findall("<summary>(.*?)</summary>", str(notebook.prose_cells))
    assert [title for title in titles if re.search("[`*]", title)] == []


@every_notebook
def test_file_is_small_and_ends_in_a_newline(notebook: Notebook) -> None:
    raw = notebook.path.read_bytes()
    assert len(raw) <= LARGEST
    assert raw.endswith(b"\n")
    assert b"\r" not in raw


@every_notebook
def test_no_path_of_a_machine(notebook: Notebook) -> None:
    text = notebook.path.read_text(encoding="utf-8")
    assert not MACHINE.search(text)
    assert str(Path.home()) not in text
    assert str(ROOT) not in text


@every_notebook
def test_lengths_are_bearable(notebook: Notebook, report: Report) -> None:
    """Aims are reported; only what no reader would accept fails."""
    captioned = [c for c in notebook.code_cells if caption(c)]
    demonstrations = [c for c in notebook.code_cells if not caption(c)]
    lines = sorted(map(code_lines, map(source, demonstrations)))
    words = [len(unfolded(cell).split()) for cell in notebook.prose_cells]
    report.append(
        f"{notebook.stem}: {len(notebook.cells)} cells, {lesson(notebook)} "
        f"without practice, {sum(words)} words, "
        f"longest prose {max(words)}; demonstrations: median "
        f"{median(lines):g} lines, 90 % ≤ {lines[len(lines) * 9 // 10]}, "
        f"longest {lines[-1]}; longest captioned "
        f"{max(map(code_lines, map(source, captioned)), default=0)}; "
        f"most code cells in a row {longest_row(notebook)}, most lines "
        f"before an output {longest_silence(notebook)}"
    )
    assert len(notebook.cells) <= MOST_CELLS
    assert lines[-1] < 40
    assert max(words) <= LONGEST_PROSE
    for cell in notebook.code_cells:
        for line in source(cell).splitlines():
            assert len(line) <= 79, line


def prose(cell: dict[str, object]) -> str:
    """A prose cell's text without what stands in its code blocks."""
    return re.sub(r"(?ms)^```.*?^```", "", source(cell))


def longest_row(notebook: Notebook) -> int:
    """Count the most code cells in a row with no prose between them."""
    kinds = "".join(cell["cell_type"][0] for cell in notebook.cells)
    return max(map(len, kinds.split("m")))


def unfolded(cell: dict[str, object]) -> str:
    """A prose cell's text that is seen before anything is clicked."""
    return re.sub(r"(?s)<details>.*?</details>", "", prose(cell))


def longest_silence(notebook: Notebook) -> int:
    """Count the most lines of code in a row before a cell shows something."""
    silences = [0]
    for cell in notebook.code_cells:
        silences[-1] += code_lines(source(cell))
        if cell["outputs"]:
            silences.append(0)
    return max(silences)


def lesson(notebook: Notebook) -> int:
    """Count the cells without those of predictions and exercises.

    An exercise begins with its task and ends with its folded solution.
    """
    count, practising = 0, False
    for cell in notebook.cells:
        text = source(cell)
        practising = practising or "### Exercise " in text
        asks = re.search(r"(?m)^predict\(", text)
        count += not practising and not asks
        if "<summary>Solution" in text:
            practising = False
    return count
