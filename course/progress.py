"""Which exercises have passed, and a code word for each finished chapter.

`python -m course progress` reads the learner's own notebooks in `work/`, as
JupyterLab saved them: a verdict that begins with "Passed:" is an output of
its cell. Nothing is sent anywhere, and nothing else is kept. A teacher asks
for the code words, which `rooms/teaching/progress.md` lists.
"""

import hashlib
import json
import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from course.chapters import Chapter
from course.workspace import DamagedNotebookError, with_notebook, write

CHECK = re.compile(r'^check\(\s*"([^"]+)"', re.MULTILINE)
PASSED = re.compile(r"^Passed: (.+)$", re.MULTILINE)
PAGE = "progress.md"
SAVE = (
    "What JupyterLab has saved counts: press Ctrl+S in a notebook, and run "
    "this again. Nothing is sent anywhere."
)
FIRST = (
    *("amber", "brave", "calm", "dusty", "early", "fancy", "gentle", "happy"),
    *("icy", "jolly", "kind", "lucky", "misty", "noble", "polite", "quiet"),
)
SECOND = (
    *("badger", "beaver", "cuckoo", "dolphin", "falcon", "gecko", "hornet"),
    *("ibis", "jackal", "lemur", "marten", "newt", "otter", "puffin"),
    *("raven", "walrus"),
)


@dataclass(frozen=True)
class Progress:
    """What has passed of a chapter: its exercises by name, in order."""

    chapter: Chapter
    posed: tuple[str, ...]
    passed: tuple[str, ...]

    @property
    def word(self) -> str | None:
        """The code word, or None while an exercise has not passed."""
        if set(self.posed) - set(self.passed):
            return None
        return code_word(self.chapter.stem, self.passed)

    def __str__(self) -> str:
        count = f"{len(self.passed)} of {len(self.posed)}"
        code = f"   code word: {self.word}" if self.word else ""
        return f"{self.chapter.name}   {count} exercises passed{code}"


def code_word(stem: str, passed: Collection[str]) -> str:
    """Derive two words from a chapter and its exercises: `calm otter`.

    The words are the same on every machine, and change with the exercises.
    """
    text = "\n".join([stem, *sorted(passed)])
    first, second, *_ = hashlib.sha256(text.encode("utf-8")).digest()
    return f"{FIRST[first % len(FIRST)]} {SECOND[second % len(SECOND)]}"


def progress(root: Path) -> list[Progress]:
    """Read how far the learner has come in each chapter with exercises.

    Raises:
        DamagedNotebookError: a notebook of the course cannot be read.
    """
    found = []
    for chapter in with_notebook(root):
        names = posed(chapter)
        if names:
            own = set(passed(chapter))
            kept = tuple(name for name in names if name in own)
            found.append(Progress(chapter, names, kept))
    return found


def posed(chapter: Chapter) -> tuple[str, ...]:
    """List the exercises that a chapter's notebook poses, by name.

    Raises:
        DamagedNotebookError: the notebook of the course cannot be read.
    """
    cells = read(chapter.notebook)
    if cells is None:
        name = f"notebooks/{chapter.notebook.name}"
        raise DamagedNotebookError(
            f"{name} is damaged. To get it back: git checkout -- {name}"
        )
    return tuple(
        name
        for kind, text, _ in cells
        if kind == "code"
        for name in CHECK.findall(text)
    )


def passed(chapter: Chapter) -> Iterator[str]:
    """Yield what has passed in the learner's copies, older ones included.

    `reset` keeps them as `ch04_….mine-1.ipynb`. A copy that cannot be read
    counts for nothing.
    """
    work = chapter.root / "work"
    copies = [work / chapter.notebook.name, *work.glob(f"{chapter}.mine-*")]
    for copy in copies:
        for _, _, output in read(copy) or []:
            yield from PASSED.findall(output)


def read(notebook: Path) -> list[tuple[str, str, str]] | None:
    """Read a notebook's cells: kind, source, and the outputs' text.

    Returns:
        None for a file that is missing or no notebook.
    """
    try:
        book = json.loads(notebook.read_text(encoding="utf-8"))
        return [
            (
                cell["cell_type"],
                "".join(cell["source"]),
                "\n".join(
                    "".join(output.get("data", {}).get("text/plain", ""))
                    for output in cell.get("outputs", [])
                ),
            )
            for cell in book["cells"]
        ]
    except (
        *(FileNotFoundError, ValueError, TypeError, KeyError),
        *(AttributeError, RecursionError),
    ):
        return None


def show(root: Path) -> None:
    """Print the progress, and write it to `work/progress.md`.

    Raises:
        DamagedNotebookError: a notebook of the course cannot be read.
    """
    found = progress(root)
    for each in found:
        print(each)
    print(f"\n{SAVE}")
    rows = [
        f"| {each.chapter.name} | {len(each.passed)} of {len(each.posed)} "
        f"| {each.word or ''} |"
        for each in found
    ]
    table = ["| chapter | exercises passed | code word |", "|---|---|---|"]
    lines = ["# Your progress", "", *table, *rows, "", SAVE, ""]
    write(root / "work" / PAGE, "\n".join(lines).encode("utf-8"))
