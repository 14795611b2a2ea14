"""The maintainers' commands: `python -m course.upkeep weave ch04`."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from course.chapters import ROOT, UnknownChapterError, chapters, find
from course.upkeep import service, teaching
from course.upkeep.assemble import AssembleError
from course.upkeep.constraints import ConstraintsError, compile_constraints
from course.upkeep.notebook import Notebook
from course.upkeep.scaffold import ScaffoldError, new_chapter
from course.upkeep.weave import WeaveError, check_captions, format_files, weave

ERRORS = (
    *(AssembleError, ConstraintsError, ScaffoldError),
    teaching.TeachingError,
    *(UnknownChapterError, WeaveError),
)


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run a command on the course in `root`; return the exit status."""
    options = parser().parse_args(arguments)
    try:
        options.command(options, root)
    except ERRORS as error:
        print(error)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Build the command line: one subcommand for each task."""
    top = argparse.ArgumentParser(
        prog="python -m course.upkeep",
        description="Keep the course in order.",
    )
    commands = top.add_subparsers(required=True, metavar="command")
    sub = commands.add_parser(
        "weave",
        help="write the modules' sections into the notebooks, run what "
        "changed, and store its outputs",
    )
    sub.add_argument(
        "chapters", nargs="*", metavar="chapter", help="default: all"
    )
    sub.set_defaults(command=weave_chapters)
    sub = commands.add_parser(
        "new-chapter",
        help="write all that a chapter consists of, as a working sample",
    )
    sub.add_argument("number", type=int, help="such as 7")
    sub.add_argument("topic", help="such as database, or refresh_logout")
    sub.set_defaults(command=add_chapter)
    sub = commands.add_parser(
        "service", help="write snippets/service/ from the chapters' modules"
    )
    sub.set_defaults(command=write_service)
    sub = commands.add_parser(
        "teaching", help="write the generated parts of rooms/teaching/"
    )
    sub.add_argument(
        "--runs", action="store_true", help="measure every notebook first"
    )
    sub.add_argument(
        "--verdicts",
        action="store_true",
        help="judge every wrong answer first",
    )
    sub.set_defaults(command=write_teaching)
    sub = commands.add_parser(
        "constraints", help="compile constraints.txt (needs uv and a network)"
    )
    sub.add_argument(
        "--upgrade",
        action="store_true",
        help="move every pin to the newest version that fits",
    )
    sub.set_defaults(
        command=lambda options, root: compile_constraints(
            root, upgrade=options.upgrade
        )
    )
    return top


def weave_chapters(options: argparse.Namespace, root: Path) -> None:
    """Weave the named chapters, or all, and print what happened to each."""
    known = [each for each in chapters(root) if each.notebook.exists()]
    chosen = [find(name, known) for name in options.chapters] or known
    books = [Notebook(chapter.notebook) for chapter in chosen]
    for book in books:
        check_captions(book)
    format_files(path for book in books for path in (book.path, book.module))
    for chapter in chosen:
        changed = weave(Notebook(chapter.notebook))
        word = "woven" if changed else "up to date"
        print(f"{chapter}: {word}", flush=True)


def write_service(options: argparse.Namespace, root: Path) -> None:
    """Write the service, and print which files changed."""
    for path in service.write(root):
        print(service.SERVICE / path)


def write_teaching(options: argparse.Namespace, root: Path) -> None:
    """Write the teacher's pages, and print those that changed."""
    if options.runs:
        teaching.measure(root)
    if options.verdicts:
        teaching.renew_verdicts(root)
    for path in teaching.write_pages(root):
        print(path.relative_to(root).as_posix())


def add_chapter(options: argparse.Namespace, root: Path) -> None:
    """Write a new chapter, and print the files that it changed."""
    for path in new_chapter(options.number, options.topic, root):
        print(path.relative_to(root).as_posix())


if __name__ == "__main__":
    raise SystemExit(main())
