"""Reading the notebooks, and the modules whose sections they show."""

import ast
import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
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
    """List the names that functions, classes and assignments bind."""
    for node in body:
        match node:
            case (
                ast.FunctionDef(name=name)
                | ast.AsyncFunctionDef(name=name)
                | ast.ClassDef(name=name)
            ):
                yield name
            case ast.Assign(targets=targets):
                for target in targets:
                    if isinstance(target, ast.Name):
                        yield target.id
            case ast.AnnAssign(target=ast.Name(id=name)):
                yield name


def preamble_and_sections(text: str) -> tuple[str, list[Section]]:
    """Split a module at its captions: what stands before the first, and all."""
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
    """A notebook file, as plain JSON."""

    path: Path

    def __str__(self) -> str:
        return self.path.name

    @property
    def stem(self) -> str:
        return self.path.stem

    @property
    def module(self) -> Path:
        """Where the module of this chapter stands, if it has one."""
        return self.path.parent.parent / "snippets" / f"{self.stem}.py"

    @cached_property
    def sections(self) -> list[Section]:
        """The sections of its module; none, where it has no module."""
        if not self.module.exists():
            return []
        text = self.module.read_text(encoding="utf-8")
        return preamble_and_sections(text)[1]

    @cached_property
    def book(self) -> dict[str, Any]:
        book: dict[str, Any] = json.loads(
            self.path.read_text(encoding="utf-8")
        )
        return book

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
    def modules_digest(self) -> str:
        """A digest of every module of `snippets/` that its cells can reach."""
        root = self.path.parent.parent
        seen: dict[Path, str] = {}
        to_read = ["\n".join(map(source, self.code_cells))]
        while to_read:
            for path in imported_modules(to_read.pop(), root):
                if path not in seen:
                    seen[path] = path.read_text(encoding="utf-8")
                    to_read.append(seen[path])
        return digest("".join(text for _, text in sorted(seen.items())))


def imported_modules(code: str, root: Path) -> Iterator[Path]:
    """Find the files of `snippets/` that some code names in its imports."""
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
            names += [f"{node.module}.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            stem = root.joinpath(*name.split("."))
            for path in (stem.with_suffix(".py"), stem / "__init__.py"):
                if name.startswith("snippets") and path.exists():
                    yield path


def source(cell: dict[str, Any]) -> str:
    """A cell's text, however the file splits it into lines."""
    text = cell["source"]
    return text if isinstance(text, str) else "".join(text)


def caption(cell: dict[str, Any]) -> str | None:
    """The caption a code cell opens with, if it has one."""
    first = source(cell).partition("\n")[0]
    if cell["cell_type"] == "code" and CAPTION.fullmatch(first):
        return first
    return None


def digest(text: str) -> str:
    """Eight hexadecimal digits that stand for a text."""
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]


def notebooks(root: Path = ROOT) -> list[Notebook]:
    """All notebooks of the course, in reading order."""
    return [Notebook(path) for path in sorted(root.glob("notebooks/*.ipynb"))]
