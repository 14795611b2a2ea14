"""The sandbox: a learner's code, run where it can hang, exit and print."""

import contextlib
import sys
import threading
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from IPython import get_ipython

LONGEST_PRINT = 500


class Record:
    """What a run printed; the first few hundred characters of it."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        self.text += text[: LONGEST_PRINT - len(self.text)]
        return len(text)


# Tasks and worker threads inherit it: what they print is kept as well.
RECORD: ContextVar[Record | None] = ContextVar("RECORD", default=None)


class Fork:
    """A stream that keeps a run's words apart from everybody else's."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write into the record of the run this is called from, if any."""
        return (RECORD.get() or self._stream).write(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)


@dataclass(frozen=True)
class Outcome:
    """How a run ended: with a failure, without, or not in time."""

    ended: bool
    failure: BaseException | None
    printed: str


def run(work: Callable[[], None], seconds: float) -> Outcome:
    """Run some work in a thread of its own and wait for it, not for ever.

    Nothing it raises comes out, `SystemExit` and `KeyboardInterrupt`
    included. Work that does not end in time goes on in the background, and
    what it prints is still kept.
    """
    record = Record()
    failures: list[BaseException] = []

    def target() -> None:
        RECORD.set(record)
        try:
            work()
        except BaseException as failure:  # it is reported, all of it
            failures.append(failure)

    thread = threading.Thread(target=target, name="answer", daemon=True)
    with forked_streams(until_ended=thread), exit_that_raises():
        thread.start()
        thread.join(seconds)
    ended = not thread.is_alive()
    return Outcome(ended, failures[0] if failures else None, record.text)


@contextlib.contextmanager
def forked_streams(until_ended: threading.Thread) -> Iterator[None]:
    """Keep a thread's words off stdout and stderr, as long as it lives."""
    streams = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = Fork(streams[0]), Fork(streams[1])
    try:
        yield
    finally:
        if not until_ended.is_alive():
            sys.stdout, sys.stderr = streams


@contextlib.contextmanager
def exit_that_raises() -> Iterator[None]:
    """Let `exit()` raise in a notebook too: there it would end the kernel."""
    shell = get_ipython()
    if shell is None:
        yield
        return
    shell.ask_exit = leave
    try:
        yield
    finally:
        del shell.ask_exit


def leave() -> NoReturn:
    """Do what `exit()` does outside of notebooks."""
    raise SystemExit
