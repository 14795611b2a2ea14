"""The front door: the learner's own copies in `work/`, and JupyterLab.

JupyterLab saves answers and outputs into the file that is open. Learners
therefore work on copies: the course's own notebooks stay as they came, and
the next `git pull` finds nothing in its way.
"""

import argparse
import hashlib
import importlib.util
import itertools
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from course.chapters import (
    ROOT,
    Chapter,
    UnknownChapterError,
    chapters,
    find,
)

PROGRAM = "python -m course"
NO_JUPYTERLAB = (
    "JupyterLab is not installed here. Install what the course needs: "
    "python -m pip install -r requirements.txt"
)
RELOAD = "If it is open in JupyterLab: File > Reload Notebook from Disk."


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run one command of the front door and return the exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    words = list(itertools.takewhile(is_ours, given))
    options = given[len(words) :]
    parser = build_parser()
    parsed = parser.parse_args(words or ["open"])
    if options and parsed.command != "open":
        parser.error(f"{parsed.command} takes no options: {options[0]}")
    try:
        if parsed.command == "open":
            return open_lab(root, parsed.chapter, options)
        if parsed.command == "reset":
            reset(root, parsed.chapter)
        else:
            catch_up(root)
        return 0
    except UnknownChapterError as error:
        print(error, file=sys.stderr)
        return 2
    except OSError as error:
        print(
            f"Could not read or write: {error}. Nothing of yours is lost: "
            "put that right and run the command again.",
            file=sys.stderr,
        )
        return 1


def is_ours(word: str) -> bool:
    """Tell our own words from the options that are for JupyterLab."""
    return not word.startswith("-") or word in ("-h", "--help")


def build_parser() -> argparse.ArgumentParser:
    """Describe the three commands."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Open the course. Your own notebooks are in work/.",
    )
    commands = parser.add_subparsers(dest="command")
    lab = commands.add_parser(
        "open",
        help="copy what is missing into work/ and open JupyterLab (default)",
        epilog="Options after that go to JupyterLab: --no-browser --port 9000",
    )
    lab.add_argument(
        "chapter", nargs="?", help="such as ch04 (default: first)"
    )
    again = commands.add_parser(
        "reset", help="give a chapter back as it came; your version is kept"
    )
    again.add_argument("chapter", help="such as ch04")
    commands.add_parser(
        "catch-up", help="after an update: renew what you have not edited"
    )
    return parser


def open_lab(root: Path, name: str | None, options: Sequence[str]) -> int:
    """Copy what is missing, open JupyterLab, return its exit code.

    Raises:
        UnknownChapterError: no such notebook.
    """
    known = in_reading_order(root)
    stems = [chapter.stem for chapter in known]
    first = stems[0] if stems else "ch00_start"
    stem = find(first if name is None else name, known).stem
    missing = [each for each in stems if not os.path.lexists(mine(root, each))]
    for each in missing:
        copy(root, each)
    if missing:
        print(f"Copied into work/, yours to edit: {', '.join(missing)}.")
    if importlib.util.find_spec("jupyterlab") is None:
        print(NO_JUPYTERLAB, file=sys.stderr)
        return 1
    if is_root() and "--allow-root" not in options:
        print("You are root: JupyterLab is started with --allow-root.")
        options = ["--allow-root", *options]
    print(f"Opening work/{stem}.ipynb. Ctrl+C here stops it.", flush=True)
    # Given the file alone, JupyterLab takes work/ for its root, and the
    # address it prints for --no-browser leads to no notebook.
    lab = [
        *(sys.executable, "-m", "jupyterlab"),
        f"--ServerApp.root_dir={root}",
        f"--LabApp.default_url=/lab/tree/work/{quote(stem)}.ipynb",
        *options,
    ]
    return launch(lab, root)


def is_root() -> bool:
    """Tell whether this is POSIX's root; Windows has none."""
    return bool(getattr(os, "geteuid", lambda: 1)() == 0)


def launch(command: Sequence[str], folder: Path) -> int:
    """Run a command to its end and return its exit code.

    Ctrl+C reaches the command too. JupyterLab answers it with a question,
    then stops its kernels; leaving earlier would orphan them.
    """
    # No shell: a list of words, our own and the learner's.
    process = subprocess.Popen(command, cwd=folder)  # noqa: S603
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


def reset(root: Path, name: str) -> None:
    """Give a chapter back as the course ships it, keeping the learner's.

    Raises:
        UnknownChapterError: no such notebook.
    """
    stem = find(name, in_reading_order(root)).stem
    path = mine(root, stem)
    if os.path.lexists(path):
        number = 1
        while os.path.lexists(
            kept := path.with_name(f"{stem}.mine-{number}.ipynb")
        ):
            number += 1
        path.rename(kept)
        print(f"Your version is kept as work/{kept.name}.")
    copy(root, stem)
    print(f"work/{path.name} is as the course ships it. {RELOAD}")


def catch_up(root: Path) -> None:
    """Renew the copies that were never edited, and say so for each."""
    for stem in map(str, in_reading_order(root)):
        print(f"{stem}: {renew(root, stem)}")


def renew(root: Path, stem: str) -> str:
    """Bring one copy up to date unless it was edited; tell what was done.

    The manifest knows the cells as they were copied. Running a notebook
    leaves them alike, so what differs from it was edited by the learner.
    """
    if not os.path.lexists(mine(root, stem)):
        copy(root, stem)
        return "new, copied into work/."
    copied = read_manifest(root).get(stem)
    course = digest(shipped(root, stem).read_bytes())
    learner = digest(mine(root, stem).read_bytes())
    if course == learner:
        remember(root, stem, course)
        return "up to date."
    # A damaged copy has no digest, and a damaged manifest may know none:
    # two times None is not "never edited".
    if learner is not None and learner == copied:
        copy(root, stem)
        return f"renewed; you had not edited it. {RELOAD}"
    if learner is not None and course == copied:
        return "edited by you, and the course has nothing new for it."
    return (
        "edited by you, so it stays. For the course's new version (yours is "
        f"kept beside it): {PROGRAM} reset {stem}"
    )


def in_reading_order(root: Path) -> list[Chapter]:
    """List the chapters that have a notebook."""
    return [each for each in chapters(root) if each.notebook.exists()]


def shipped(root: Path, stem: str) -> Path:
    """Name the course's own notebook."""
    return root / "notebooks" / f"{stem}.ipynb"


def mine(root: Path, stem: str) -> Path:
    """Name the learner's copy of a notebook."""
    return root / "work" / f"{stem}.ipynb"


def copy(root: Path, stem: str) -> None:
    """Copy a notebook byte for byte, and remember its cells."""
    content = shipped(root, stem).read_bytes()
    write(mine(root, stem), content)
    remember(root, stem, digest(content))


def digest(notebook: bytes) -> str | None:
    """Digest the cells' sources, not what running changes.

    Returns:
        None for bytes that are no notebook.
    """
    try:
        cells = [
            (cell["cell_type"], "".join(cell["source"]))
            for cell in json.loads(notebook.decode("utf-8"))["cells"]
        ]
        return hashlib.sha256(json.dumps(cells).encode("utf-8")).hexdigest()
    except (ValueError, TypeError, KeyError, RecursionError):
        return None


def read_manifest(root: Path) -> dict[str, Any]:
    """Read what was copied: `{"ch04_token_endpoint": "9f86d0…"}`."""
    path = root / "work" / ".copied.json"
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError, RecursionError):
        return {}
    return manifest if isinstance(manifest, dict) else {}


def remember(root: Path, stem: str, cells: str | None) -> None:
    """Write into the manifest which cells a copy has from the course."""
    manifest = read_manifest(root) | {stem: cells}
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
