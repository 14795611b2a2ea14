"""What a chapter consists of, and which of its parts are missing."""

import ast
import re
from collections.abc import Callable
from pathlib import Path

from course.chapters import Chapter
from course.upkeep.notebook import Notebook, caption, defined_names, source

Has = Callable[[Chapter], bool]


def bound_names(file: Path) -> set[str]:
    """List the names that a Python file defines; none if it is missing."""
    if not file.exists():
        return set()
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return set(defined_names(tree.body))


def mentions(file: str, pattern: str) -> Has:
    """Make a check: does a file of the course match a pattern?

    `{name}` and `{stem}` in the pattern are the chapter's.
    """

    def has(chapter: Chapter) -> bool:
        text = (chapter.root / file).read_text(encoding="utf-8")
        wanted = pattern.format(name=chapter.name, stem=chapter.stem)
        return bool(re.search(wanted, text))

    return has


def has_captions(chapter: Chapter) -> bool:
    """Whether the notebook shows each section of the module."""
    if not (chapter.notebook.exists() and chapter.module.exists()):
        return False
    notebook = Notebook(chapter.notebook)
    shown = [caption(cell) for cell in notebook.cells if caption(cell)]
    return shown == [part.caption for part in notebook.sections] != []


def notebook_calls(*aids: str) -> Has:
    """Make a check: has the notebook a statement with a call of an aid?"""

    def has(chapter: Chapter) -> bool:
        if not chapter.notebook.exists():
            return False
        cells = Notebook(chapter.notebook).code_cells
        text = "\n".join(map(source, cells))
        return all(re.search(rf"(?m)^{aid}\(", text) for aid in aids)

    return has


def has_rows(chapter: Chapter) -> bool:
    """Whether the contract or a requirement begins with this chapter."""
    conforms = mentions("tests/system/conformance.py", '"{name}"')
    agrees = mentions("tests/system/test_contract.py", "snippets.{stem} ")
    return conforms(chapter) or agrees(chapter)


# Each part's name, as complaints say it, and how to find it.
PARTS: dict[str, Has] = {
    "module": lambda chapter: chapter.module.exists(),
    "notebook": lambda chapter: chapter.notebook.exists(),
    "captions": has_captions,
    "app": lambda chapter: "app" in bound_names(chapter.module),
    "practice": lambda chapter: chapter.practice.exists(),
    "prediction": notebook_calls("predict"),
    "exercise": notebook_calls("check", "hint"),
    "wrong answers": lambda chapter: chapter.wrong_answers.exists(),
    "right answers": lambda chapter: chapter.right_answers.exists(),
    "unit tests": lambda chapter: chapter.unit_tests.exists(),
    "mutants": lambda chapter: chapter.mutants.exists(),
    "story": lambda chapter: (
        chapter.name in bound_names(chapter.root / "course" / "stories.py")
    ),
    "contract or conformance rows": has_rows,
    "page for teachers": lambda chapter: chapter.teaching.exists(),
    "README row": mentions("README.md", r"\(notebooks/{stem}\.ipynb\) \|"),
}
NO_CODE = dict.fromkeys(
    (
        *("module", "captions", "app", "unit tests", "mutants", "story"),
        "contract or conformance rows",
    ),
    "it shows the finished app of chapter 4",
)
NO_APP = {
    "app": "it teaches functions, which later chapters call",
    "contract or conformance rows": "it has no app to send requests to",
}
# The parts that a chapter lacks by design, each with the reason.
BY_DESIGN: dict[str, dict[str, str]] = {
    "ch00": NO_CODE,
    "ch01": NO_APP,
    "ch02": NO_APP,
    "ch03": {
        "contract or conformance rows": "its app has no login yet; the "
        "contract and the requirements begin with chapter 4"
    },
    "ch10": {
        "app": "its apps have flaws: a function makes them, and no later "
        "chapter builds on one",
        "contract or conformance rows": "it adds nothing to the app that it "
        "attacks",
    },
    "ch14": {
        "app": "its app has faults on purpose: a function makes it, and no "
        "suite demands of it what it demands of the course's own apps",
        "contract or conformance rows": "it adds nothing to the course's own "
        "app",
    },
}
# What a side road consists of; the rest is as its subject needs it.
SIDE_ROAD = ("notebook", "README row")


def missing_parts(chapter: Chapter) -> list[str]:
    """List the parts that a chapter lacks, whether by design or not."""
    parts = SIDE_ROAD if chapter.number is None else PARTS
    return [part for part in parts if not PARTS[part](chapter)]
