"""The notebooks of the site: those of `work/`, with cells that are shown."""

import contextlib
import io
import json
import shutil
from pathlib import Path
from typing import Any

from course import workspace
from rooms.browser.shown import CELLS, LINES, to_read

Cell = dict[str, Any]
INTRODUCTION = """\
# Contents

These are your own copies: change, break and run anything. This browser keeps
what you save. To get a chapter back as it came, right-click it in the file
browser on the left and choose Delete, then open it again.
"""


def write_content(root: Path, folder: Path) -> None:
    """Write what the tab's drive holds: `work/` and `snippets/`.

    Args:
        root: the course.
        folder: a folder that does not exist yet.
    """
    (folder / "notebooks").mkdir(parents=True)
    wholes = to_read(root)
    for chapter in workspace.with_notebook(root):
        book = json.loads(chapter.notebook.read_text(encoding="utf-8"))
        show_cells(book, chapter.stem, wholes.get(chapter.stem))
        text = json.dumps(book, ensure_ascii=False, indent=1)
        path = folder / "notebooks" / chapter.notebook.name
        path.write_text(text, encoding="utf-8")
    for page in workspace.pages_of(root):
        shutil.copy(page, folder / "notebooks")
    shutil.copytree(root / "notebooks" / "images", folder / "work" / "images")
    shutil.copytree(
        root / "snippets",
        folder / "snippets",
        ignore=shutil.ignore_patterns("__pycache__", ".*"),
    )
    shutil.copy(root / "README.md", folder)
    with contextlib.redirect_stdout(io.StringIO()):
        workspace.fill(folder)
    page = folder / "work" / workspace.CONTENTS
    text = page.read_text(encoding="utf-8")
    page.write_text(
        text.replace(workspace.INTRODUCTION, INTRODUCTION), encoding="utf-8"
    )
    shutil.rmtree(folder / "notebooks")
    (folder / "work" / ".copied.json").unlink()
    (folder / "README.md").unlink()


def show_cells(book: dict[str, Any], stem: str, whole: str | None) -> None:
    """Turn the code cells that a tab cannot run into Markdown.

    Args:
        book: a notebook, which is changed.
        stem: its name, such as `ch04_token_endpoint`.
        whole: why no cell of it can run; None if its cells can.
    """
    cells: list[Cell] = book["cells"]
    listed = CELLS.get(stem, {})
    for place, cell in enumerate(cells):
        if cell["cell_type"] != "code":
            continue
        if cell["id"] in LINES.get(stem, {}):
            lines, comment = LINES[stem][cell["id"]]
            cell["source"] = "".join(cell["source"]).replace(lines, comment)
        if whole:
            cells[place] = shown(cell, "")
        elif cell["id"] in listed:
            cells[place] = shown(
                cell,
                f"*A browser tab cannot run this cell: it "
                f"{listed[cell['id']]}. Its output is from the author's "
                "machine.*\n\n",
            )
    if whole:
        notice = (
            f"**You can read this chapter in a browser tab, but not run it:** "
            f"it {whole}. The outputs are from the author's machine. The "
            "README says how to run the chapter on yours."
        )
        cells.insert(
            1,
            {
                "cell_type": "markdown",
                "id": "shown",
                "metadata": {},
                "source": notice,
            },
        )


def shown(cell: Cell, reason: str) -> Cell:
    """Write a code cell and its stored outputs as a Markdown cell."""
    code = "".join(cell["source"])
    outputs = "\n\n".join(map(text_of, cell["outputs"]))
    return {
        "cell_type": "markdown",
        "id": cell["id"],
        "metadata": {},
        "source": f"{reason}```python\n{code}\n```\n\n{outputs}".rstrip(),
    }


def text_of(output: dict[str, Any]) -> str:
    """Write an output as Markdown: its HTML, or its text in a fence."""
    data = output.get("data", {})
    if "text/html" in data:
        return "".join(data["text/html"])
    text = "".join(output.get("text", data.get("text/plain", "")))
    return f"```text\n{text.rstrip()}\n```"
