"""Which of our modules some code imports, down to the last one.

`from course.classroom import show` reaches `course/classroom/exchange.py`
and what that file imports, and none of the other aids, although Python loads
them all: the package's `__init__.py` only passes the name on. A notebook is
therefore run again when a module changes that it uses, and at no other time.
"""

import ast
import hashlib
import io
import tokenize
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

OURS = ("course", "snippets")


def digest_of_imports(
    codes: Iterable[str], root: Path, also: Iterable[Path] = ()
) -> str:
    """Return a digest of every module that the codes reach: `"8df40553"`.

    Args:
        codes: Python source texts, such as a notebook's code cells.
        root: the course's folder, which holds `course/` and `snippets/`.
        also: files that count although no code imports them, if they exist.
    """
    files = reached(codes, root, also)
    texts = (meaning(path, root) for path in sorted(files))
    return hashlib.sha256("".join(texts).encode("utf-8")).hexdigest()[:8]


def reached(
    codes: Iterable[str], root: Path, also: Iterable[Path] = ()
) -> set[Path]:
    """Find the files of our modules that the codes import, at any depth."""
    found = {path for path in also if path.exists()}
    to_read = [*codes, *(path.read_text(encoding="utf-8") for path in found)]
    while to_read:
        for path in imported_files(to_read.pop(), root):
            if path not in found:
                found.add(path)
                to_read.append(path.read_text(encoding="utf-8"))
    return found


def imported_files(code: str, root: Path) -> Iterator[Path]:
    """Find the files that a code's own import statements lead to.

    Code that is not Python imports nothing; another test refuses it.
    """
    for module, name in our_imports(code):
        yield from resolve(module, name, root)


@cache
def our_imports(code: str) -> tuple[tuple[str, str | None], ...]:
    """List what a code imports from us: `("course.classroom", "show")`."""
    try:
        tree = ast.parse(code)
    except SyntaxError:
        return ()
    return tuple(
        (module, name)
        for module, name in imports(tree)
        if module.partition(".")[0] in OURS
    )


def imports(tree: ast.Module) -> Iterator[tuple[str, str | None]]:
    """List what a module imports: `("course.classroom", "show")`.

    `import httpx` gives `("httpx", None)`. Imports for the type checker
    alone are left out.
    """
    skipped: set[ast.AST] = set()
    for node in ast.walk(tree):
        if node in skipped:
            skipped.update(ast.iter_child_nodes(node))
        elif isinstance(node, ast.If) and (
            ast.unparse(node.test) == "TYPE_CHECKING"
        ):
            skipped.update(node.body)
        elif isinstance(node, ast.ImportFrom) and node.module:
            for alias in node.names:
                star = alias.name == "*"
                yield node.module, None if star else alias.name
        elif isinstance(node, ast.Import):
            for alias in node.names:
                yield alias.name, None


def resolve(module: str, name: str | None, root: Path) -> Iterator[Path]:
    """Find the files behind `from module import name`, or `import module`.

    A name that a package's `__init__.py` imports itself is looked for where
    that import leads. A package that is imported whole counts whole.
    """
    stem = root.joinpath(*module.split("."))
    package = stem / "__init__.py"
    if not package.exists():
        if stem.with_suffix(".py").exists():
            yield stem.with_suffix(".py")
        return
    text = package.read_text(encoding="utf-8")
    if name is None:
        yield package
        return
    submodule = stem / name
    if submodule.is_dir() or submodule.with_suffix(".py").exists():
        yield from resolve(f"{module}.{name}", None, root)
        return
    origin = origins(text).get(name)
    if origin is None:
        yield package
    else:
        yield from resolve(*origin, root)


@cache
def origins(text: str) -> dict[str, tuple[str, str]]:
    """Map each name that a module imports from another to where it is from.

    `from a import b as c` gives `{"c": ("a", "b")}`.
    """
    return {
        alias.asname or alias.name: (node.module, alias.name)
        for node in ast.parse(text).body
        if isinstance(node, ast.ImportFrom) and node.module
        for alias in node.names
    }


def meaning(path: Path, root: Path) -> str:
    """Return what of a module's text can change what it does.

    A chapter's text counts whole: FastAPI publishes docstrings in the API
    docs. Of all other modules, docstrings, comments and blank lines are left
    out.
    """
    text = path.read_text(encoding="utf-8")
    if path.is_relative_to(root / "snippets"):
        return text
    return without_remarks(text)


@cache
def without_remarks(text: str) -> str:
    """Drop docstrings, comments and blank lines from a module's text."""
    lines = text.splitlines()
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column]
    for docstring in docstrings(ast.parse(text)):
        for row in range(docstring.lineno, (docstring.end_lineno or 0) + 1):
            lines[row - 1] = ""
    return "".join(f"{line.rstrip()}\n" for line in lines if line.strip())


def docstrings(tree: ast.Module) -> Iterator[ast.stmt]:
    """Find the docstrings of a module, its classes and its functions."""
    for node in ast.walk(tree):
        if isinstance(
            node,
            ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef,
        ) and ast.get_docstring(node, clean=False):
            yield node.body[0]
