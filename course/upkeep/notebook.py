"""Reading the notebooks, and the modules whose sections they show."""

import ast
import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import nbformat

from course.chapters import ROOT, Chapter, chapters
from course.upkeep.imports import digest_of_imports

CAPTION = re.compile(r"# %% (?P<title>.+)")


@dataclass(frozen=True)
class Section:
    """One captioned part of a chapter's module."""

    caption: str
    source: str

    @property
    def replaces(self) -> list[str]:
        """The chapters whose names it says it replaces: `["ch03"]`."""
        claim = re.search(r"\(replaces ([^)]*)\)$", self.caption)
        return re.split(r", | and ", claim[1]) if claim else []

    @cached_property
    def defines(self) -> set[str]:
        """The names it gives a meaning to, imported ones left out."""
        return set(defined_names(ast.parse(self.source).body))


def defined_names(body: list[ast.stmt]) -> Iterator[str]:
    """List the names that functions, classes and assignments bind.

    A name comes once for each time it is bound.
    """
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                yield node.name
            case ast.Assign(targets=targets):
                for target in targets:
                    yield from stored_names(target)
            case ast.AnnAssign(target=target, value=ast.expr()):
                yield from stored_names(target)


def stored_names(target: ast.expr) -> Iterator[str]:
    """List the names that a target binds: `a, (b, *c)` binds three."""
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def preamble_and_sections(text: str) -> tuple[str, list[Section]]:
    """Split a module at its captions: the text before the first, and each."""
    preamble: list[str] = []
    parts: list[list[str]] = []
    for line in text.splitlines():
        if CAPTION.fullmatch(line):
            parts.append([line])
        else:
            (parts[-1] if parts else preamble).append(line)
    return "\n".join(preamble), [
        Section(part[0], "\n".join(part).rstrip()) for part in parts
    ]


@dataclass
class Notebook:
    """A notebook file, read by nbformat: every source and text is a string."""

    path: Path

    def __str__(self) -> str:
        return self.path.name

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def chapter(self) -> Chapter:
        """The chapter whose notebook this is."""
        return Chapter.of(self.stem, self.path.parent.parent)

    @property
    def module(self) -> Path:
        """Where this chapter's module belongs, if it has one."""
        return self.chapter.module

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of its module; none, where it has no module."""
        if not self.module.exists():
            return []
        text = self.module.read_text(encoding="utf-8")
        return preamble_and_sections(text)[1]

    @cached_property
    def book(self) -> dict[str, Any]:
        """The file's content as nbformat's nested dictionaries."""
        text = self.path.read_text(encoding="utf-8")
        book: dict[str, Any] = nbformat.reads(text, as_version=4)
        return book

    def save(self) -> bool:
        """Write the file in Jupyter's own layout; False: nothing changed."""
        text = nbformat.writes(nbformat.from_dict(self.book)) + "\n"
        if text == self.path.read_text(encoding="utf-8"):
            return False
        self.path.write_text(text, encoding="utf-8", newline="\n")
        return True

    @property
    def cells(self) -> list[dict[str, Any]]:
        cells: list[dict[str, Any]] = self.book["cells"]
        return cells

    @property
    def code_cells(self) -> list[dict[str, Any]]:
        return [cell for cell in self.cells if cell["cell_type"] == "code"]

    @property
    def prose_cells(self) -> list[dict[str, Any]]:
        return [cell for cell in self.cells if cell["cell_type"] != "code"]

    @property
    def title(self) -> str:
        """The text of its first heading."""
        return source(self.cells[0]).partition("\n")[0].removeprefix("# ")

    @property
    def navigation(self) -> str:
        """The line of links to the chapter before, the contents, the next."""
        books = notebooks(self.chapter.root)
        at = [book.path for book in books].index(self.path)
        links = ["[Contents](../README.md#the-chapters)"]
        if at > 0:
            before = books[at - 1]
            links.insert(0, f"[← {before.title}]({before.path.name})")
        if at + 1 < len(books):
            after = books[at + 1]
            links.append(f"[{after.title} →]({after.path.name})")
        return " · ".join(links)

    @property
    def modules_digest(self) -> str:
        """The digest of the modules that its cells and its practice import."""
        return digest_of_imports(
            map(source, self.code_cells),
            self.chapter.root,
            [self.chapter.practice],
        )


def source(cell: dict[str, Any]) -> str:
    """A cell's text."""
    return str(cell["source"])


def caption(cell: dict[str, Any]) -> str | None:
    """The caption a code cell opens with, if it has one."""
    first = source(cell).partition("\n")[0]
    if cell["cell_type"] == "code" and CAPTION.fullmatch(first):
        return first
    return None


def code_lines(text: str) -> int:
    """Count the lines of some code: blank ones and docstrings left out."""
    lines = {
        number
        for number, line in enumerate(text.splitlines(), 1)
        if line.strip()
    }
    for node in ast.walk(ast.parse(text)):
        if isinstance(
            node,
            ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
        ) and ast.get_docstring(node):
            said = node.body[0]
            lines -= set(range(said.lineno, (said.end_lineno or 0) + 1))
    return len(lines)


def is_navigation(cell: dict[str, Any]) -> bool:
    """Whether a cell is one that the weave fills with links."""
    return "navigation" in cell["metadata"].get("tags", [])


def digest(text: str) -> str:
    """Eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def notebooks(root: Path = ROOT) -> list[Notebook]:
    """List all notebooks of the course, in reading order."""
    paths = (chapter.notebook for chapter in chapters(root))
    return [Notebook(path) for path in paths if path.exists()]
