"""`pytest --weave`: bring the notebooks up to date with their modules.

Sections of `snippets/chNN_topic.py` are written into the captioned cells of
`notebooks/chNN_topic.ipynb`. Every notebook whose cells or modules changed
since it was last woven is then run by nbval, each cell a line of progress. A
stored output gives way to the new one only where nbval finds them different
or where the cell changed; else its old bytes stay.
"""

import json
import re
from collections.abc import Generator
from typing import Any

import pytest
from nbval.plugin import IPyNbCell, NbCellError

from course.upkeep.notebook import (
    ROOT,
    Notebook,
    caption,
    digest,
    is_navigation,
    notebooks,
    source,
)

COMMAND = "python -m pytest --weave"
# Its own digest of a cell, or of the modules below a notebook, goes by this.
WOVEN = "woven"
NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
CELL_METADATA = ("tags",)
# A widget lives in its kernel: without one it is an error message. Its text
# and HTML stay.
LIVE = "application/vnd.jupyter.widget-view+json"


class WeaveError(pytest.UsageError):
    """A caption has no counterpart, or stands in another order."""


def drift(notebook: Notebook) -> list[str]:
    """Say where a notebook and its module have drifted apart, if they have.

    Each entry names the file and the cell; an empty list is good news.
    """
    try:
        check_captions(notebook)
    except WeaveError as error:
        return [str(error)]
    texts = {part.caption: part.source for part in notebook.sections}
    found = []
    for number, cell in enumerate(notebook.cells):
        name = caption(cell)
        place = f"{notebook}, cell {number}"
        if name and source(cell) != texts[name]:
            found.append(f"{place}: differs from its section {name!r}")
        elif is_navigation(cell) and source(cell) != notebook.navigation:
            found.append(f"{place}: its links are not up to date")
        elif cell["cell_type"] == "code" and not is_fresh(cell):
            found.append(f"{place}: edited since its output was computed")
    if notebook.book["metadata"].get(WOVEN) != notebook.modules_digest:
        found.append(f"{notebook}: a module changed since it was run")
    return found


def is_fresh(cell: dict[str, Any]) -> bool:
    """Whether a code cell's stored output came from its present source."""
    return bool(cell["metadata"].get(WOVEN) == digest(source(cell)))


def check_captions(notebook: Notebook) -> None:
    """Require one cell for each section, in the module's order.

    Raises:
        WeaveError: what is missing, doubled or misplaced, and in which file.
    """
    wanted = [part.caption for part in notebook.sections]
    found = [name for cell in notebook.cells if (name := caption(cell))]
    for names, place in ((wanted, notebook.module.name), (found, notebook)):
        for name in names:
            if names.count(name) > 1:
                raise WeaveError(f"{place}: {name!r} stands there twice")
    for name in found:
        if name not in wanted:
            raise WeaveError(
                f"{notebook}: no section {name!r} in {notebook.module.name}"
            )
    for name in wanted:
        if name not in found:
            raise WeaveError(
                f"{notebook}: no cell begins with {name!r}, a section of "
                f"{notebook.module.name}; add a code cell with that one line"
            )
    if wanted != found:
        raise WeaveError(
            f"{notebook}: its captions stand in another order than in "
            f"{notebook.module.name}"
        )


def weave_sections(notebook: Notebook) -> None:
    """Write the module's sections into the cells that carry their caption.

    Cells tagged `navigation` get their links in the same way.
    """
    check_captions(notebook)
    texts = {part.caption: part.source for part in notebook.sections}
    for cell in notebook.cells:
        name = caption(cell)
        if name:
            cell["source"] = texts[name]
        elif is_navigation(cell):
            cell["source"] = notebook.navigation


def normalise(notebook: Notebook) -> None:
    """Keep what readers need: no timestamps, versions, or editor's state."""
    book = notebook.book
    kept = {WOVEN: book["metadata"].get(WOVEN, "")}
    book["metadata"] = {**NOTEBOOK_METADATA, **kept}
    book["nbformat"], book["nbformat_minor"] = 4, 5
    taken: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        allowed = CELL_METADATA
        if cell["cell_type"] == "code":
            allowed = (*allowed, WOVEN)
        cell["metadata"] = {
            key: value
            for key, value in cell["metadata"].items()
            if key in allowed
        }
        cell["id"] = cell_id(cell, number, taken)
        taken.add(cell["id"])
    for count, cell in enumerate(notebook.code_cells, 1):
        cell["execution_count"] = count
        for output in cell["outputs"]:
            output.get("data", {}).pop(LIVE, None)
            if "execution_count" in output:
                output["execution_count"] = count


def cell_id(cell: dict[str, Any], number: int, taken: set[str]) -> str:
    """Keep a short id; make a long or missing one short, the same each time.

    A captioned cell's id is its caption: `the-app-replaces-ch03`.
    """
    name = caption(cell)
    if name:
        return re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64]
    given = str(cell.get("id", ""))
    if re.fullmatch(r"[0-9a-f]{8}", given) and given not in taken:
        return given
    return digest(f"{given} {number} {source(cell)}")


def write(notebook: Notebook) -> bool:
    """Save a notebook if its text changed, in Jupyter's own layout."""
    for cell in notebook.cells:
        cell["source"] = source(cell).splitlines(keepends=True)
        for output in cell.get("outputs", []):
            split_lines(output)
    text = (
        json.dumps(notebook.book, ensure_ascii=False, indent=1, sort_keys=True)
        + "\n"
    )
    if text == notebook.path.read_text(encoding="utf-8"):
        return False
    notebook.path.write_text(text, encoding="utf-8", newline="\n")
    return True


def split_lines(output: dict[str, Any]) -> None:
    """Store an output's texts as lists of lines, as Jupyter does."""
    if isinstance(output.get("text"), str):
        output["text"] = output["text"].splitlines(keepends=True)
    data = output.get("data", {})
    for kind, value in data.items():
        if isinstance(value, str) and not kind.startswith("image/p"):
            data[kind] = value.splitlines(keepends=True)


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("course").addoption(
        "--weave",
        action="store_true",
        help="write the snippets' sections into the notebooks, run afresh "
        "what changed, store its outputs, and exit",
    )


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Weave, and leave the notebooks that must run as what to collect."""
    if not config.option.weave:
        return None
    named = [arg for arg in config.args if arg.endswith(".ipynb")]
    stale = []
    for notebook in notebooks():
        if named and not any(arg.endswith(str(notebook)) for arg in named):
            continue
        weave_sections(notebook)
        normalise(notebook)
        write(notebook)
        fresh = all(map(is_fresh, notebook.code_cells))
        digests = notebook.book["metadata"][WOVEN], notebook.modules_digest
        if not fresh or digests[0] != digests[1]:
            stale.append(str(notebook.path))
    if not stale:
        print("Every notebook is up to date: nothing to weave.")
        return 0
    config.args[:] = stale
    config.option.numprocesses = config.option.dist = None
    config.option.verbose = max(config.option.verbose, 1)
    return None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """While weaving, a different output is news and not a failure."""
    weaving = item.config.option.weave and isinstance(item, IPyNbCell)
    try:
        yield
    except NbCellError:
        if not weaving or failed(item):
            raise
        item.cell["metadata"].pop(WOVEN, None)


def failed(item: IPyNbCell) -> bool:
    """Whether a cell that nbval complains of raised, hung or never ran."""
    return (
        item.parent.timed_out
        or item.test_outputs is None
        or any(output.output_type == "error" for output in item.test_outputs)
    )


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Store what the woven notebooks printed, if all their cells ran."""
    if not session.config.option.weave or session.testsfailed:
        return
    for path in {item.path for item in session.items}:
        notebook = Notebook(path)
        items = [item for item in session.items if item.path == path]
        for cell, item in zip(notebook.code_cells, items, strict=True):
            if not is_fresh(item.cell) or not is_fresh(cell):
                cell["outputs"] = [dict(out) for out in item.test_outputs]
            cell["metadata"][WOVEN] = digest(source(cell))
        notebook.book["metadata"][WOVEN] = notebook.modules_digest
        normalise(notebook)
        changed = write(notebook)
        word = "woven" if changed else "unchanged"
        print(f"\n{path.relative_to(ROOT).as_posix()}: {word}", end="")
