"""The chapters, and where each one's files are.

No other module knows how a chapter's files are named.
"""

import importlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import ModuleType
from typing import Self

ROOT = Path(__file__).resolve().parents[1]
STEM = re.compile(r"ch(?P<number>[0-9]{2})_[a-z0-9_]+|extra_[a-z0-9_]+")
NUMBER = re.compile(r"(?:ch)?(?P<number>[0-9]{1,2})", re.IGNORECASE)


class UnknownChapterError(LookupError):
    """No chapter has this name; the message lists those that exist."""


@dataclass(frozen=True)
class Chapter:
    """A chapter, such as `Chapter(4, "ch04_token_endpoint")`.

    A side road, such as `Chapter(None, "extra_event_loop")`, has no number.
    The paths say where a file belongs, whether or not it exists there.
    """

    number: int | None
    stem: str
    root: Path = field(default=ROOT, repr=False)

    @classmethod
    def of(cls, stem: str, root: Path = ROOT) -> Self:
        """Read the number from the stem of a chapter's files.

        Raises:
            ValueError: neither `chNN_topic` nor `extra_topic`.
        """
        match = STEM.fullmatch(stem)
        if match is None:
            raise ValueError(
                f"{stem!r} is no chapter's stem: write chNN_topic, or "
                "extra_topic for a side road."
            )
        number = match["number"]
        return cls(None if number is None else int(number), stem, root)

    def __str__(self) -> str:
        return self.stem

    @property
    def name(self) -> str:
        """The short name, `ch04`; a side road's is its whole stem."""
        return self.stem if self.number is None else f"ch{self.number:02}"

    @property
    def module(self) -> Path:
        """`snippets/ch04_token_endpoint.py`."""
        return self.root / "snippets" / f"{self.stem}.py"

    @property
    def module_name(self) -> str:
        """The name to import, `snippets.ch04_token_endpoint`."""
        return f"snippets.{self.stem}"

    @property
    def notebook(self) -> Path:
        """`notebooks/ch04_token_endpoint.ipynb`."""
        return self.root / "notebooks" / f"{self.stem}.ipynb"

    @property
    def practice(self) -> Path:
        """The predictions and exercises, `course/practice/ch04.py`."""
        return self.root / "course" / "practice" / f"{self.name}.py"

    @property
    def wrong_answers(self) -> Path:
        """`tests/practice/wrong_answers/ch04.py`."""
        return self.root / "tests/practice/wrong_answers" / f"{self.name}.py"

    @property
    def right_answers(self) -> Path:
        """`tests/practice/right_answers/ch04.py`."""
        return self.root / "tests/practice/right_answers" / f"{self.name}.py"

    @property
    def unit_tests(self) -> Path:
        """The module's tests, `tests/system/test_ch04_token_endpoint.py`."""
        return self.root / "tests" / "system" / f"test_{self.stem}.py"

    @property
    def mutants(self) -> Path:
        """The module's mutants, `tests/system/mutants/ch04.py`."""
        return self.root / "tests" / "system" / "mutants" / f"{self.name}.py"

    @property
    def teaching(self) -> Path:
        """The page for teachers, `rooms/teaching/ch04.md`."""
        return self.root / "rooms" / "teaching" / f"{self.name}.md"

    @property
    def story(self) -> Callable[[], None] | None:
        """The function that tells the story, or None where there is none.

        It is the running course's own, whatever `root` is.
        """
        stories = importlib.import_module("course.stories")
        story: Callable[[], None] | None = getattr(stories, self.name, None)
        return story

    def load(self) -> ModuleType:
        """Import the running course's module, whatever `root` is.

        Raises:
            ModuleNotFoundError: the chapter has no module.
        """
        return importlib.import_module(self.module_name)


def chapters(root: Path = ROOT) -> list[Chapter]:
    """List the chapters that have a module or a notebook.

    They come in reading order: by number, then the side roads. A file that
    is named otherwise, such as `Untitled.ipynb`, belongs to no chapter.
    """
    files = [*root.glob("snippets/*.py"), *root.glob("notebooks/*.ipynb")]
    stems = sorted({file.stem for file in files if STEM.fullmatch(file.stem)})
    return [Chapter.of(stem, root) for stem in stems]


def find(name: str, among: Sequence[Chapter] | None = None) -> Chapter:
    """Return the chapter that `4`, `04`, `ch04` or the whole stem names.

    Raises:
        UnknownChapterError: none of them, by default none of the course.
    """
    known = chapters() if among is None else among
    match = NUMBER.fullmatch(name)
    number = int(match["number"]) if match else None
    for chapter in known:
        numbered = number is not None and chapter.number == number
        if numbered or name in (chapter.stem, chapter.name):
            return chapter
    listed = ", ".join(map(str, known)) or "none"
    raise UnknownChapterError(
        f"There is no chapter {name!r} here. There are: {listed}."
    )
