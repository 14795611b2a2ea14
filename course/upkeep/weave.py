"""Bring the notebooks up to date: `python -m course.upkeep weave [ch04 …]`.

Sections of `snippets/chNN_topic.py` are written into the captioned cells of
`notebooks/chNN_topic.ipynb`, after ruff has formatted both. A notebook whose
cells or imported modules changed since it was last woven is then run in a
fresh kernel, each cell a line of progress. A stored output gives way to the
new one only where nbval would find them different or where the cell changed;
otherwise its old bytes stay.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

from course.classroom.kernel import fresh_kernel, run_queued
from course.upkeep.comparison import Comparison, joined
from course.upkeep.notebook import (
    Notebook,
    caption,
    digest,
    is_navigation,
    source,
)

COMMAND = "python -m course.upkeep weave"
# Seconds without a message after which a cell counts as hung.
SILENCE = 60.0
# The metadata key of a cell's or a notebook's digest: of the source that the
# stored outputs came from, or of the modules that were imported.
WOVEN = "woven"
NOTEBOOK_METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    # Without the extension, nbconvert calls an exported script `.txt`.
    "language_info": {"file_extension": ".py", "name": "python"},
}
CELL_METADATA = ("tags",)
# A widget needs its kernel: without one it shows an error message. Its text
# and HTML stay.
LIVE = "application/vnd.jupyter.widget-view+json"
SETTINGS = (
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
)
# What the message protocol says about an output and a file keeps.
KEPT = {
    "stream": ("name", "text"),
    "display_data": ("data", "metadata"),
    "execute_result": ("data", "metadata", "execution_count"),
}


class WeaveError(Exception):
    """A caption without its counterpart, or a cell that does not run."""


def weave(notebook: Notebook) -> bool:
    """Bring one notebook's file up to date; False: it was already.

    Raises:
        WeaveError: a caption is missing, doubled or moved, or a cell failed;
            the message names the file. No output is stored then.
    """
    weave_sections(notebook)
    normalise(notebook)
    changed = notebook.save()
    if not is_stale(notebook):
        return changed
    outputs = list(run(notebook))
    masks = notebook.path.parent.parent / "tests" / "masks.cfg"
    store(notebook, outputs, Comparison(masks))
    return notebook.save() or changed


def format_files(paths: Iterable[Path]) -> None:
    """Let ruff format notebooks and modules; missing ones are left out.

    Raises:
        WeaveError: one is not Python; in ruff's words.
    """
    files = [str(path) for path in paths if path.exists()]
    done = subprocess.run(
        [sys.executable, "-m", "ruff", "format", *files],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    if done.returncode != 0:
        raise WeaveError(done.stdout + done.stderr)


def drift(notebook: Notebook) -> list[str]:
    """List where a notebook and its module have drifted apart.

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


def is_stale(notebook: Notebook) -> bool:
    """Whether a cell, or a module below it, changed since the last run."""
    stored = notebook.book["metadata"].get(WOVEN)
    return stored != notebook.modules_digest or not all(
        map(is_fresh, notebook.code_cells)
    )


def check_captions(notebook: Notebook) -> None:
    """Require one cell for each section, in the module's order.

    Raises:
        WeaveError: which caption is missing, doubled or misplaced, and in
            which file.
    """
    wanted = [part.caption for part in notebook.sections]
    found = [name for cell in notebook.cells if (name := caption(cell))]
    for names, place in ((wanted, notebook.module.name), (found, notebook)):
        for name in names:
            if names.count(name) > 1:
                raise WeaveError(f"{place}: {name!r} is written there twice")
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
            f"{notebook}: its captions are in another order than in "
            f"{notebook.module.name}"
        )


def weave_sections(notebook: Notebook) -> None:
    """Write the module's sections and the links into a notebook's cells."""
    check_captions(notebook)
    texts = {part.caption: part.source for part in notebook.sections}
    for cell in notebook.cells:
        name = caption(cell)
        if name:
            cell["source"] = texts[name]
    fill_navigation(notebook)


def fill_navigation(notebook: Notebook) -> None:
    """Write the links to other notebooks into cells tagged `navigation`."""
    for cell in filter(is_navigation, notebook.cells):
        cell["source"] = notebook.navigation


def normalise(notebook: Notebook) -> None:
    """Keep in a notebook what readers need; number its code cells from 1.

    Timestamps, versions and the editor's state are left out.
    """
    book = notebook.book
    stored = book["metadata"].get(WOVEN, "")
    book["metadata"] = {**NOTEBOOK_METADATA, WOVEN: stored}
    book["nbformat"], book["nbformat_minor"] = 4, 5
    taken: set[str] = set()
    for number, cell in enumerate(notebook.cells):
        is_code = cell["cell_type"] == "code"
        allowed = (*CELL_METADATA, WOVEN) if is_code else CELL_METADATA
        metadata = cell["metadata"].items()
        cell["metadata"] = {key: v for key, v in metadata if key in allowed}
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


@contextmanager
def kernel_environment() -> Iterator[None]:
    """Let kernels start as on a machine that nobody has set up.

    They read no settings of the person who weaves, and no `SECRET_KEY`.
    """
    with TemporaryDirectory() as folder, patch.dict(os.environ):
        for name in SETTINGS:
            os.environ[name] = str(Path(folder) / name.lower())
        os.environ.pop("SECRET_KEY", None)
        yield


def run(notebook: Notebook) -> Iterator[list[dict[str, Any]]]:
    """Run a notebook's code cells one by one; yield each cell's outputs.

    Raises:
        WeaveError: a cell raised or hung, with its number and its error.
    """
    cells = notebook.code_cells
    with kernel_environment(), fresh_kernel(notebook.path.parent) as client:
        for number, cell in enumerate(cells, 1):
            begun = time.perf_counter()
            [result] = run_queued(client, [source(cell)], SILENCE)
            if result.status != "ok":
                raise WeaveError(
                    f"{notebook}, code cell {number}: "
                    f"{result.error or 'never answered'}\n\n{source(cell)}"
                )
            seconds = time.perf_counter() - begun
            first = source(cell).partition("\n")[0]
            print(
                f"{notebook.stem}: cell {number} of {len(cells)}, "
                f"{seconds:.2f} s: {first[:40]}",
                flush=True,
            )
            yield [as_stored(output) for output in joined(result.outputs)]


def as_stored(output: dict[str, Any]) -> dict[str, Any]:
    """Keep of an output what the notebook format knows."""
    kept = ("output_type", *KEPT[output["output_type"]])
    return {key: output[key] for key in kept}


def store(
    notebook: Notebook,
    outputs: Sequence[list[dict[str, Any]]],
    comparison: Comparison,
) -> None:
    """Put new outputs where the cell changed or nbval sees a difference."""
    for cell, new in zip(notebook.code_cells, outputs, strict=True):
        if not is_fresh(cell) or not comparison.same(new, cell["outputs"]):
            cell["outputs"] = new
        cell["metadata"][WOVEN] = digest(source(cell))
    notebook.book["metadata"][WOVEN] = notebook.modules_digest
    normalise(notebook)
