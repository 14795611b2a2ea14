"""The learner's own copies of the notebooks, in `work/`.

JupyterLab saves answers and outputs into the file that is open. Learners
therefore work on copies: the course's own notebooks stay as they came, and
the next `git pull` finds nothing in its way. A copy has no outputs, because
they would give away the answers to its predictions, and its links stay in
`work/`.
"""

import hashlib
import json
import os
import re
from pathlib import Path
from typing import Any

from course.chapters import Chapter, chapters, find

RELOAD = "If it is open in JupyterLab: File > Reload Notebook from Disk."
CONTENTS = "contents.md"
README_LINK = re.compile(r"\]\(\.\./README\.md(?:#[^)\s]*)?\)")
INTRODUCTION = """\
# Contents

These are your own copies: change, break and run anything. To get a chapter
back as it came, run `python -m course reset ch04` in a terminal. Your version
is kept beside it.
"""


class DamagedNotebookError(Exception):
    """A notebook of the course cannot be read; the message says which."""


def with_notebook(root: Path) -> list[Chapter]:
    """List the chapters that have a notebook."""
    return [each for each in chapters(root) if each.notebook.exists()]


def fill(root: Path) -> None:
    """Copy the notebooks that are missing, and print which.

    Raises:
        DamagedNotebookError: a notebook of the course cannot be read.
    """
    missing = [
        chapter
        for chapter in with_notebook(root)
        if not os.path.lexists(copy_of(chapter))
    ]
    for chapter in missing:
        copy(chapter)
    write_pages(root)
    if missing:
        listed = ", ".join(map(str, missing))
        print(f"Copied into work/, yours to edit: {listed}.")


def reset(root: Path, name: str) -> None:
    """Copy a chapter's notebook again; rename the learner's, do not lose it.

    Raises:
        UnknownChapterError: no such notebook.
        DamagedNotebookError: the notebook of the course cannot be read.
    """
    chapter = find(name, with_notebook(root))
    fresh = without_outputs(chapter)
    path = copy_of(chapter)
    if os.path.lexists(path):
        kept = unused_name(path)
        path.rename(kept)
        print(f"Your version is kept as work/{kept.name}.")
    write_copy(chapter, fresh)
    write_pages(root)
    print(f"work/{path.name} is as the course ships it. {RELOAD}")


def unused_name(path: Path) -> Path:
    """Return the first free of `ch04_….mine-1.ipynb`, `….mine-2.ipynb`, …"""
    number = 1
    while os.path.lexists(
        kept := path.with_name(f"{path.stem}.mine-{number}{path.suffix}")
    ):
        number += 1
    return kept


def catch_up(root: Path) -> None:
    """Renew the copies that were never edited, and print a line for each.

    Raises:
        DamagedNotebookError: a notebook of the course cannot be read.
    """
    for chapter in with_notebook(root):
        print(f"{chapter}: {renew(chapter)}")
    write_pages(root)


def renew(chapter: Chapter) -> str:
    """Bring one copy up to date unless it was edited.

    The manifest has a digest of the cells as they were copied. Running a
    notebook does not change its cells' sources, so a copy whose digest
    differs was edited by the learner.

    Returns:
        What was done: "up to date.", "renewed; you had not edited it. …".
    """
    if not os.path.lexists(copy_of(chapter)):
        copy(chapter)
        return "new, copied into work/."
    copied = read_manifest(chapter.root).get(chapter.stem)
    fresh = without_outputs(chapter)
    course = digest(fresh)
    learner = digest(copy_of(chapter).read_bytes())
    if course == learner:
        remember(chapter.root, chapter.stem, course)
        return "up to date."
    # A damaged copy has no digest, and a damaged manifest may have none for
    # it: None == None does not mean that the copy was never edited.
    if learner is not None and learner == copied:
        write_copy(chapter, fresh)
        return f"renewed; you had not edited it. {RELOAD}"
    if learner is not None and course == copied:
        return "edited by you, and the course has nothing new for it."
    return (
        "edited by you, so it stays. For the course's new version (yours is "
        f"kept beside it): python -m course reset {chapter}"
    )


def copy_of(chapter: Chapter) -> Path:
    """Return the path of the learner's copy of a chapter's notebook."""
    return chapter.root / "work" / chapter.notebook.name


def copy(chapter: Chapter) -> None:
    """Copy a notebook without its outputs, and remember its cells.

    Raises:
        DamagedNotebookError: the notebook of the course cannot be read.
    """
    write_copy(chapter, without_outputs(chapter))


def write_copy(chapter: Chapter, content: bytes) -> None:
    """Write the learner's copy, and remember its cells in the manifest."""
    write(copy_of(chapter), content)
    remember(chapter.root, chapter.stem, digest(content))


def without_outputs(chapter: Chapter) -> bytes:
    """Return a chapter's notebook as a learner gets it.

    Outputs and execution counts are removed, and links to the README, whose
    table leads to the course's own notebooks, lead to the contents page.

    Raises:
        DamagedNotebookError: the file is no notebook.
    """
    try:
        notebook = json.loads(chapter.notebook.read_text(encoding="utf-8"))
        for cell in notebook["cells"]:
            source = "".join(cell["source"])
            if cell["cell_type"] == "code":
                cell |= {"execution_count": None, "outputs": []}
            else:
                source = README_LINK.sub(f"]({CONTENTS})", source)
            cell["source"] = source.splitlines(keepends=True)
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise DamagedNotebookError(
            f"notebooks/{chapter.notebook.name} is damaged. To get it back: "
            f"git checkout -- notebooks/{chapter.notebook.name}"
        ) from error
    text = json.dumps(notebook, ensure_ascii=False, indent=1)
    return f"{text}\n".encode()


def digest(notebook: bytes) -> str | None:
    """Digest the cells' kinds and sources, which running does not change.

    Returns:
        64 hexadecimal digits, or None for bytes that are no notebook.
    """
    try:
        cells = [
            (cell["cell_type"], "".join(cell["source"]))
            for cell in json.loads(notebook.decode("utf-8"))["cells"]
        ]
        return hashlib.sha256(json.dumps(cells).encode("utf-8")).hexdigest()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def write_pages(root: Path) -> None:
    """Write the contents page, and copy `notebooks/*.md`, into `work/`.

    A page that the learner has edited stays as it is.
    """
    pages = {page.name: page.read_bytes() for page in pages_of(root)}
    pages[CONTENTS] = contents(root).encode("utf-8")
    for name, content in pages.items():
        path = root / "work" / name
        digests = read_manifest(root)
        if path.exists() and digests.get(name) != page_digest(path):
            continue
        write(path, content)
        remember(root, name, page_digest(path))


def pages_of(root: Path) -> list[Path]:
    """List the Markdown pages beside the notebooks, such as a glossary."""
    return sorted(root.glob("notebooks/*.md"))


def page_digest(path: Path) -> str:
    """Digest a page: 64 hexadecimal digits."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def contents(root: Path) -> str:
    """Make the contents page from the README's table of chapters."""
    readme = (root / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| \[.*\]\(notebooks/.*\|$", readme)
    table = ["| chapter | after it you can |", "|---|---|", *rows]
    links = "\n".join(table).replace("](notebooks/", "](")
    return f"{INTRODUCTION}\n{links}\n"


def read_manifest(root: Path) -> dict[str, Any]:
    """Read the digests as copied: `{"ch04_token_endpoint": "9f86d0…"}`."""
    path = root / "work" / ".copied.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def remember(root: Path, name: str, copied: str | None) -> None:
    """Write the digest of a copy into the manifest."""
    manifest = read_manifest(root) | {name: copied}
    text = json.dumps(manifest, indent=1, sort_keys=True)
    write(root / "work" / ".copied.json", text.encode("utf-8"))


def write(path: Path, content: bytes) -> None:
    """Write a file whole or not at all."""
    path.parent.mkdir(exist_ok=True)
    draft = path.with_name(f"{path.name}.part")
    try:
        draft.write_bytes(content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
