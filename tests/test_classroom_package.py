"""The system does not know the classroom, the classroom no chapter."""

import ast
import re
from collections.abc import Iterator
from importlib.util import resolve_name
from pathlib import Path

import pytest

from tests.apps import FOLDER

CHAPTER = re.compile(r"snippets\.ch\d\d")
CLASSROOM = re.compile(r"snippets\.classroom")
CHAPTERS = sorted(FOLDER.glob("ch[0-9][0-9]_*.py"))
AIDS = sorted((FOLDER / "classroom").rglob("*.py"))


def imports(source: str, package: str) -> Iterator[str]:
    """List every module, and name in a module, that source imports."""
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Import(names=names):
                yield from (alias.name for alias in names)
            case ast.ImportFrom(module=module, names=names, level=level):
                base = resolve_name("." * level + (module or ""), package)
                yield from (f"{base}.{alias.name}" for alias in names)


def imports_of(path: Path) -> list[str]:
    package = ".".join(path.relative_to(FOLDER.parent).parts[:-1])
    return list(imports(path.read_text(encoding="utf-8"), package))


def test_modules_are_found() -> None:
    assert FOLDER / "ch04_token_endpoint.py" in CHAPTERS
    assert FOLDER / "classroom" / "wire.py" in AIDS


@pytest.mark.parametrize("path", AIDS, ids=lambda path: path.stem)
def test_aid_imports_no_chapter(path: Path) -> None:
    assert not [n for n in imports_of(path) if CHAPTER.match(n)]


@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_chapter_imports_no_aid(path: Path) -> None:
    assert not [n for n in imports_of(path) if CLASSROOM.match(n)]


@pytest.mark.parametrize(
    "statement",
    [
        "import snippets.ch03_dependency_wiring",
        "import json, snippets.ch03_dependency_wiring as chapter",
        "from snippets import ch03_dependency_wiring",
        "from snippets.ch03_dependency_wiring import app",
        "from .. import ch03_dependency_wiring",
        "from ..ch03_dependency_wiring import app as anything",
        "def later():\n    from snippets.ch03_dependency_wiring import app",
    ],
)
def test_import_of_a_chapter_is_seen(statement: str) -> None:
    seen = imports(statement, "snippets.classroom")
    assert any(CHAPTER.match(name) for name in seen)


@pytest.mark.parametrize(
    "statement",
    [
        "import json",
        "from snippets.classroom.chapters import list_modules",
        "from . import wire",
        "from .chapters import resolve",
    ],
)
def test_other_import_is_no_chapters(statement: str) -> None:
    seen = imports(statement, "snippets.classroom")
    assert not any(CHAPTER.match(name) for name in seen)
