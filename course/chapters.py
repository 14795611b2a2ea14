"""Chapters: found by file name and named by hand, without importing one."""

import re
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
NUMBER = re.compile(r"(?:ch)?([0-9]{1,2})", re.IGNORECASE)


class UnknownChapterError(LookupError):
    """No chapter goes by this name; the message lists those that exist."""


def list_modules(root: Path = ROOT) -> list[str]:
    """List the chapters that are code: `["ch02_password_hashing", …]`."""
    return sorted(path.stem for path in root.glob("snippets/ch??_*.py"))


def list_notebooks(root: Path = ROOT) -> list[str]:
    """List the notebooks of the course: `["ch00_start", …]`."""
    found = (path.stem for path in root.glob("notebooks/*.ipynb"))
    return sorted(found, key=str.casefold)


def resolve(name: str, stems: Sequence[str]) -> str:
    """Find the stem that `ch04`, `4`, `04` or the whole stem means.

    Raises:
        UnknownChapterError: none of the stems.
    """
    if name in stems:
        return name
    if number := NUMBER.fullmatch(name):
        prefix = f"ch{int(number[1]):02}_"
        for stem in stems:
            if stem.startswith(prefix):
                return stem
    listed = ", ".join(stems) or "none"
    raise UnknownChapterError(
        f"There is no chapter {name!r} here. There are: {listed}."
    )
