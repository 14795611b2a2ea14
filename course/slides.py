"""Slides of a chapter, made of its notebook: `python -m course slides ch04`.

nbconvert writes them for reveal.js. Which cell begins a slide is decided
here, when the slides are made, so that a notebook has nothing about slides in
it. All that the page needs is copied beside it: it opens without a network.
"""

import importlib.util
import itertools
import math
import re
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from course.chapters import Chapter, find
from course.workspace import with_notebook

Cell: TypeAlias = dict[str, Any]  # of nbformat 4, and an output in it
CARRIER = "sphinx_revealjs"  # the package that brings reveal.js
REVEAL = "reveal.js"
PARTS = ("dist/reveal.css", "dist/reveal.js", "dist/theme/white.css")
FOLDERS = ("dist/theme/fonts/source-sans-pro", "plugin/notes")
TEMPLATES = Path(__file__).with_name("jupyter") / "slides"
# In pixels of a slide, 1280 wide and 720 high: what fits, the height of a line
# of each kind and the space around a cell, as in the template's style.
FULL, SLACK = 660, 60
PROSE, CODE, GAP = 35, 27, 30
WIDTH = 88  # characters of prose in a line
PICTURE = 400
HEADING = re.compile(r"^(?:#|##) (.+)$|^### (?=Exercise )", re.MULTILINE)
FOLDED = "<details>"
# Blank lines divide paragraphs, except in folds and in blocks of code.
PARAGRAPH = re.compile(r"(<details>.*?</details>|```.*?```)|\n\n", re.DOTALL)
LOCAL = re.compile(r"\[([^\]]+)\]\((?!https?://)[^)]*\)")
# From here on learners work by themselves, in their notebooks.
PRACTICE = "Practice"
PRACTICE_NOTE = "## Practice\n\nNow it is your turn, in your own notebook."
# Cells that prepare the page, and those of the exercises.
NOT_SHOWN = re.compile(r"^(?:# %% Imports|import os\nimport sys\n|hint\()")


def write(root: Path, name: str, folder: Path) -> None:
    """Write `ch04_….slides.html` and its JavaScript into a folder.

    Raises:
        UnknownChapterError: no such notebook.
        ModuleNotFoundError: reveal.js or nbconvert is not installed.
    """
    chapter = find(name, with_notebook(root))
    source = carried()
    page = render(chapter)
    for part in PARTS:
        copy = folder / REVEAL / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / part, copy)
    for part in FOLDERS:
        copy = folder / REVEAL / part
        shutil.copytree(source / part, copy, dirs_exist_ok=True)
    path = folder / f"{chapter}.slides.html"
    path.write_text(page, encoding="utf-8", newline="\n")
    print(f"{path}: open it in a browser. F is full screen, S the notes.")


def carried() -> Path:
    """Return the folder of reveal.js in the package that brings it.

    Raises:
        ModuleNotFoundError: the package is not installed.
    """
    spec = importlib.util.find_spec(CARRIER)
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("No reveal.js", name=CARRIER)
    return Path(spec.origin).parent / "_static" / "revealjs"


def render(chapter: Chapter) -> str:
    """Convert a chapter's notebook into a page of slides.

    Raises:
        ModuleNotFoundError: nbconvert is not installed.
    """
    import nbformat
    from nbconvert import SlidesExporter

    text = chapter.notebook.read_text(encoding="utf-8")
    book = nbformat.reads(text, as_version=4)
    book["metadata"] = {"title": str(chapter)}
    book["cells"] = [
        {**cell, "id": f"slide-{number}"}
        for number, cell in enumerate(arranged(book["cells"]))
    ]
    exporter = SlidesExporter(  # type: ignore[no-untyped-call]
        extra_template_basedirs=[str(TEMPLATES)],
        template_name="course",
        reveal_theme="white",
        reveal_url_prefix=REVEAL,
        embed_images=True,
    )
    page, _ = exporter.from_notebook_node(
        nbformat.from_dict(book),
        {"metadata": {"path": str(chapter.notebook.parent)}},
    )
    return str(page)


def arranged(cells: Sequence[Cell]) -> Iterator[Cell]:
    """Give the cells that are shown their slide types.

    A heading begins a slide, and what no longer fits begins one below it. The
    exercises become one slide, and what is folded becomes the notes of the
    person who speaks.
    """
    used, practising = 0, False
    for piece in itertools.chain.from_iterable(map(shown, cells)):
        heading = heading_of(piece)
        if heading == PRACTICE:
            if practising:
                continue
            piece["source"] = PRACTICE_NOTE
        elif practising and not heading:
            continue
        if heading:
            practising = heading == PRACTICE
        height = height_of(piece)
        if heading:
            kind, used = "slide", height
        elif piece["source"].startswith(FOLDED):
            kind = "notes"
        elif used + height > FULL + (SLACK if height < SLACK * 2 else 0):
            kind, used = "subslide", height
        else:
            kind, used = "-", used + height
        yield {**piece, "metadata": {"slideshow": {"slide_type": kind}}}


def heading_of(cell: Cell) -> str | None:
    """Return the heading of the first or second level that a cell has.

    An exercise counts as practice, also in a chapter that has no such heading.
    """
    found = HEADING.search(cell["source"])
    if found is None or cell["cell_type"] == "code":
        return None
    return found[1] or PRACTICE


def shown(cell: Cell) -> Iterator[Cell]:
    """Divide a cell at its paragraphs and folds; leave out what is not shown.

    Yields:
        Cells: code with its outputs, a paragraph, or a fold.
    """
    if cell["metadata"].get("tags") or NOT_SHOWN.match(cell["source"]):
        return
    if cell["cell_type"] == "code":
        yield {**cell}
        return
    for text in PARAGRAPH.split(LOCAL.sub(r"\1", cell["source"])):
        if text and text.strip():
            yield {**cell, "source": text}


def height_of(cell: Cell) -> int:
    """Estimate how many pixels of a slide a cell takes, outputs included."""
    if cell["cell_type"] != "code":
        lines = cell["source"].splitlines()
        rows = sum(math.ceil(len(each) / WIDTH) for each in lines)
        return GAP + PROSE * rows
    outputs = sum(map(height_of_output, cell["outputs"]))
    return GAP + CODE * len(cell["source"].splitlines()) + outputs


def height_of_output(output: Cell) -> int:
    """Estimate the height of a picture or of a text, in pixels."""
    data = output.get("data", {})
    if "image/png" in data or "image/svg+xml" in data:
        return PICTURE
    text = "".join(output.get("text", data.get("text/plain", "")))
    return GAP + CODE * len(text.splitlines())
