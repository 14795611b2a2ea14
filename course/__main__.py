"""The command line of the course: `python -m course`, alone or with a command.

It runs on the standard library until a command needs more, so that it can say
what is missing before anything is installed.
"""

import argparse
import contextlib
import itertools
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from course import (
    jupyterlab,
    progress,
    room,
    slides,
    terminal,
    venv,
    workspace,
)
from course.chapters import ROOT, UnknownChapterError, chapters, find

if TYPE_CHECKING:
    from fastapi import FastAPI

PROGRAM = "python -m course"
HELP = ("-h", "--help")
Run: TypeAlias = Callable[[Path, argparse.Namespace], int | None]


class RefusedCommandError(Exception):
    """A command cannot do what was asked; the message is one line."""


def main(arguments: Sequence[str] | None = None, root: Path = ROOT) -> int:
    """Run one command, by default `open`, and return its exit code."""
    terminal.spare_characters()
    given = list(sys.argv[1:] if arguments is None else arguments)
    if not given or is_option(given[0]):
        given.insert(0, "open")
    words, options = split(given)
    parsed = build_parser().parse_args(words)
    parsed.options = options
    try:
        run: Run = parsed.run
        return run(root, parsed) or 0
    except ModuleNotFoundError as error:
        if (error.name or "").startswith(("course", "snippets")):
            raise
        return refuse(venv.explain_missing(str(error.name), root), 1)
    except (
        RefusedCommandError,
        UnknownChapterError,
        workspace.DamagedNotebookError,
    ) as error:
        return refuse(str(error), 2)
    except OSError as error:
        return refuse(explain(error, root), 1)


def is_option(word: str) -> bool:
    """Tell an option from a command or a chapter; `-h` asks for our help."""
    return word.startswith("-") and word not in HELP


def split(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """Split the words of `open` from JupyterLab's: its options come last.

    `["open", "4", "--port", "9000"]` gives `["open", "4"]` and the rest; all
    words of another command are our own.
    """
    if words[0] != "open":
        return list(words), []
    ours = list(itertools.takewhile(lambda word: not is_option(word), words))
    return ours, list(words[len(ours) :])


def build_parser() -> argparse.ArgumentParser:
    """Describe the commands; each says what runs it."""
    parser = argparse.ArgumentParser(
        prog=PROGRAM,
        description="Open the course. Your own notebooks are in work/.",
    )
    commands = parser.add_subparsers(metavar="command", required=True)

    def add(
        name: str, text: str, run: Run, epilog: str | None = None
    ) -> argparse.ArgumentParser:
        sub = commands.add_parser(
            name, help=text, description=text, epilog=epilog
        )
        sub.set_defaults(run=run)
        return sub

    def port(sub: argparse.ArgumentParser, default: int) -> None:
        text = "default: %(default)s; 0 picks a free one"
        sub.add_argument("--port", type=int, default=default, help=text)

    such_as = "such as ch04"
    add(
        "open",
        "Copy what is missing into work/ and open JupyterLab (the default).",
        lambda root, given: open_course(root, given.chapter, given.options),
        epilog="Options after that go to JupyterLab: --no-browser --port 9000",
    ).add_argument("chapter", nargs="?", help="such as ch04 (default: first)")
    add(
        "reset",
        "Give a chapter back as it came; your version is kept.",
        lambda root, given: workspace.reset(root, given.chapter),
    ).add_argument("chapter", help=such_as)
    add(
        "catch-up",
        "After an update: renew the chapters you have not edited.",
        lambda root, given: workspace.catch_up(root),
    )
    add(
        "story",
        "Print a chapter's short story.",
        lambda root, given: tell_story(root, given.chapter),
    ).add_argument("chapter", help=such_as)
    sub = add(
        "serve",
        "Run a chapter's app and its API docs, offline.",
        lambda root, given: serve_app(root, given.chapter, given.port),
    )
    sub.add_argument(
        "chapter", help="such as ch04; `service` for all of it together"
    )
    port(sub, 8000)
    add(
        "progress",
        "Say which exercises have passed, with code words.",
        lambda root, given: progress.show(root),
    )
    add(
        "check-room",
        "Say whether this machine can hold the course.",
        lambda root, given: room.check(root),
    )
    sub = add(
        "slides",
        "Make slides of a chapter, which need no network.",
        lambda root, given: slides.write(root, given.chapter, given.folder),
    )
    sub.add_argument("chapter", help=such_as)
    sub.add_argument("folder", type=Path, help="where to, such as work/slides")
    add(
        "build-site",
        "Build the course as a site for browser tabs.",
        lambda root, given: build_site(root, given.folder),
    ).add_argument("folder", type=Path, help="made, or made anew")
    sub = add(
        "serve-site",
        "Serve that site, here or in a room.",
        lambda root, given: serve_site(
            given.folder, given.address, given.port
        ),
    )
    sub.add_argument("folder", type=Path, help="which build-site has made")
    sub.add_argument(
        "--address",
        default="127.0.0.1",
        help="default: %(default)s, this machine only; 0.0.0.0 is the room",
    )
    port(sub, 8080)
    add(
        "venv",
        "Make the folder .venv, or make it anew if it cannot be used.",
        lambda root, given: venv.make(root),
    )
    return parser


def refuse(reason: str, code: int) -> int:
    """Print to stderr why a command ends, and return its exit code."""
    print(reason, file=sys.stderr)
    return code


def explain(error: OSError, root: Path) -> str:
    """Say in one line what could not be read or written, and what to do."""
    remedy = "put that right and run the command again."
    if not jupyterlab.is_usable(root):
        remedy = (
            f"{root} is read-only. Copy it to where you may write, such as "
            "your home folder, and run the command there."
        )
    return (
        f"Could not read or write: {error}. Nothing of yours is lost: {remedy}"
    )


def open_course(root: Path, name: str | None, options: Sequence[str]) -> int:
    """Fill `work/`, run JupyterLab there, and return its exit code.

    Raises:
        UnknownChapterError: no such notebook.
        ModuleNotFoundError: JupyterLab is not installed.
    """
    known = workspace.with_notebook(root)
    first = known[0].name if known else "ch00"
    chapter = find(first if name is None else name, known)
    workspace.fill(root)
    return jupyterlab.start(root, chapter.stem, options)


def tell_story(root: Path, name: str) -> None:
    """Print the story of a chapter.

    Raises:
        UnknownChapterError: no such chapter.
        RefusedCommandError: the chapter has no story.
    """
    chapter = find(name, chapters(root))
    if chapter.story is None:
        told = ", ".join(each.name for each in chapters(root) if each.story)
        raise RefusedCommandError(
            f"{chapter} has no story. These chapters have one: {told}."
        )
    chapter.story()


def serve_app(root: Path, name: str, port: int) -> None:
    """Run the app of a chapter on a port of this machine until Ctrl+C.

    Raises:
        UnknownChapterError: no chapter with a module has this name.
        RefusedCommandError: the chapter has no app, or the port is taken.
    """
    import uvicorn

    from course.classroom.server import bind, url_of, with_offline_docs

    app: FastAPI | None
    if name == "service":
        from course.try_service import load

        app = load(root)
    else:
        known = [each for each in chapters(root) if each.module.exists()]
        chapter = find(name, known)
        name, app = str(chapter), getattr(chapter.load(), "app", None)
    if app is None:
        raise RefusedCommandError(f"{name} has no app to serve.")
    try:
        listener = bind(port)
    except OSError as error:
        raise RefusedCommandError(
            f"Port {port} is taken, or not allowed. Choose another, or "
            "--port 0 for any that is free."
        ) from error
    url = url_of(listener)
    print(f"{name} runs at {url}, its API docs at {url}/docs", flush=True)
    print("Ctrl+C stops it.", flush=True)
    config = uvicorn.Config(
        with_offline_docs(app), lifespan="on", timeout_graceful_shutdown=1
    )
    with listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])


def build_site(root: Path, folder: Path) -> None:
    """Build the browser edition into a folder.

    Raises:
        RefusedCommandError: the folder holds something else, or a tool or a
            package that the build needs is missing.
    """
    from rooms.browser.build import BuildError, build
    from rooms.browser.wheels import NoWheelError

    try:
        build(root, folder)
    except (BuildError, NoWheelError) as error:
        raise RefusedCommandError(str(error)) from error


def serve_site(folder: Path, address: str, port: int) -> None:
    """Serve the browser edition at an address until Ctrl+C.

    Raises:
        RefusedCommandError: there is no site, or the port is taken.
    """
    from rooms.browser.serve import make_server, url_of

    if not (folder / "jupyter-lite.json").exists():
        raise RefusedCommandError(
            f"There is no site in {folder}: {PROGRAM} build-site {folder}"
        )
    try:
        server = make_server(folder, address, port)
    except OSError as error:
        raise RefusedCommandError(
            f"{address}:{port} is taken, or not allowed. Choose another port, "
            "or --port 0 for any that is free."
        ) from error
    print(f"The course is at {url_of(server)}", flush=True)
    print("Ctrl+C stops it.", flush=True)
    with server, contextlib.suppress(KeyboardInterrupt):
        server.serve_forever()


if __name__ == "__main__":
    raise SystemExit(main())
