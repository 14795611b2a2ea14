"""A chapter's story in the terminal, or its app."""

import argparse
import asyncio
import contextlib
import importlib
import sys
from collections.abc import Callable, Coroutine, Sequence
from typing import Any

import uvicorn

from course import stories
from course.chapters import (
    Chapter,
    UnknownChapterError,
    chapters,
    find,
)
from course.classroom.server import bind, url_of, with_offline_docs


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell a story or serve an app, and return the exit code."""
    parser = build_parser()
    parsed = parser.parse_intermixed_args(arguments)
    if not parsed.words:
        parser.print_help()
        return 0
    *before, name = parsed.words
    if name == "serve" or before not in ([], ["serve"]):
        parser.error("name one chapter, as in: ch04, or: serve ch04")
    try:
        stem = find(name, with_module()).stem
    except UnknownChapterError as error:
        return refuse(str(error))
    return serve(stem, parsed.port) if before else tell(stem)


def build_parser() -> argparse.ArgumentParser:
    """Describe the two commands, and list what they can be given."""
    known = list(map(str, with_module()))
    told = ", ".join(stem[:4] for stem in known if find_story(stem))
    parser = argparse.ArgumentParser(
        prog="python -m course.command_line",
        usage="%(prog)s ch04\n       %(prog)s serve ch04 [--port 8000]",
        description="Tell a chapter's short story, or run its app here.",
        epilog=f"stories: {told}\nchapters: " + "\n          ".join(known),
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("words", nargs="*", help=argparse.SUPPRESS)
    parser.add_argument(
        "--port", type=int, default=8000, help="0 picks a free one"
    )
    return parser


def with_module() -> list[Chapter]:
    """List the chapters that have a module."""
    return [each for each in chapters() if each.module.exists()]


def find_story(stem: str) -> Callable[[], Coroutine[Any, Any, None]] | None:
    """Return the chapter's story, or None while it has none."""
    story: Callable[[], Coroutine[Any, Any, None]] | None
    story = getattr(stories, stem[:4], None)
    return story


def tell(stem: str) -> int:
    """Tell a chapter's story."""
    story = find_story(stem)
    if story is None:
        return refuse(f"{stem} has no story. Which do: python -m course")
    asyncio.run(story())
    return 0


def serve(stem: str, port: int) -> int:
    """Run a chapter's app until Ctrl+C."""
    app = getattr(importlib.import_module(f"snippets.{stem}"), "app", None)
    if app is None:
        return refuse(f"{stem} has no app to serve.")
    try:
        listener = bind(port)
    except OSError:
        return refuse(
            f"Port {port} is taken, or not allowed. Choose another, or "
            "--port 0 for any that is free."
        )
    url = url_of(listener)
    print(f"{stem} runs at {url}, its API docs at {url}/docs", flush=True)
    print("Ctrl+C stops it.", flush=True)
    config = uvicorn.Config(
        with_offline_docs(app), lifespan="on", timeout_graceful_shutdown=1
    )
    with listener, contextlib.suppress(KeyboardInterrupt):
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def refuse(reason: str) -> int:
    """Say in one line why not, and return the exit code for that."""
    print(reason, file=sys.stderr)
    return 2


if __name__ == "__main__":
    raise SystemExit(main())
