"""Slides of a chapter, made of its notebook: `python -m course slides ch04`.

nbconvert writes them for reveal.js. Which cell begins a slide is decided
here, when the slides are made, so that a notebook has nothing about slides in
it. All that the page needs is copied beside it: it opens without a network.
"""

import importlib.util
import re
import shutil
from pathlib import Path
from typing import Any

from course.chapters import Chapter, find
from course.workspace import with_notebook

CARRIER = "sphinx_revealjs"  # the package that brings reveal.js
REVEAL = "reveal.js"
PARTS = ("dist/reveal.css", "dist/reveal.js", "dist/theme/white.css")
NOTES = "plugin/notes"
# How much a slide holds at the size that is read at the back of a room, in
# lines of its own width. A cell that would not fit begins a slide below.
FULL = 15
WIDTH = 62
HEADING = re.compile(r"^##? ", re.MULTILINE)
FOLD = re.compile(r"<details>.*?</details>\s*", re.DOTALL)
# Learners do these in their notebooks, and nobody reads them off a wall.
LEFT_OUT = ("hint(", "check(", "# %% Imports", "import os\nimport sys\n")


def write(root: Path, name: str, folder: Path) -> None:
    """Write `ch04_….slides.html` and its JavaScript into a folder.

    Raises:
        UnknownChapterError: no such notebook.
        ModuleNotFoundError: reveal.js or nbconvert is not installed.
        DamagedNotebookError: the notebook of the course cannot be read.
    """
    chapter = find(name, with_notebook(root))
    source = carried()
    page = render(chapter)
    folder.mkdir(parents=True, exist_ok=True)
    for part in PARTS:
        copy = folder / REVEAL / part
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source / part, copy)
    shutil.copytree(
        source / NOTES, folder / REVEAL / NOTES, dirs_exist_ok=True
    )
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
        DamagedNotebookError: the notebook of the course cannot be read.
    """
    import nbformat

    text = chapter.notebook.read_text(encoding="utf-8")
    book: Any = nbformat.reads(text, as_version=4)
    book.metadata.pop("widgets", None)
    book.metadata["title"] = str(chapter)
    book.cells = list(arrange(book.cells))
    return text
