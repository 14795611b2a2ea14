"""The sandbox: a learner's code, run where it can hang, exit and print.

A check runs in a thread of its own while the cell waits for it. What ends a
check that hangs does not depend on how busy the machine is:

- *Computing* is measured in CPU seconds of this process, per call of the
  answer, so neither other processes nor a slow hash in an earlier call count.
- *Waiting* is measured by the clock, since a call that sleeps uses no CPU.
  Its limit is several times longer: an honest call that needs a tenth of a
  second would have to be slowed down some hundred times to reach it.

A thread cannot be ended from outside. One over its limit is left behind, its
prints unseen, and the outcome says so. While it runs, only waiting is limited,
since the CPU time of the process is no longer that of the call.
"""

import contextlib
import gc
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any, NoReturn, TextIO

from IPython import get_ipython

LONGEST_PRINT = 500
POLL = 0.05
NAME = "answer"


@dataclass(frozen=True)
class Limits:
    """How long one call of an answer may take, in seconds."""

    computing: float = 5.0
    waiting: float = 30.0


LIMITS = Limits()


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        failure: what it raised, or None.
        printed: the first 500 characters of its stdout and stderr.
        warned: the messages of the warnings that it caused.
        exceeded: "computed" or "waited", if its last call was over that
            limit, and the limit in seconds.
        left_behind: whether it is still running.
    """

    failure: BaseException | None
    printed: str
    warned: tuple[str, ...] = ()
    exceeded: tuple[str, float] | None = None
    left_behind: bool = False


class Record:
    """The first few hundred characters that a run prints."""

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        self.text += text[: LONGEST_PRINT - len(self.text)]
        return len(text)


# Tasks and worker threads inherit it: what they print is kept as well.
RECORD: ContextVar[Record | None] = ContextVar("RECORD", default=None)


class Fork:
    """Wrap stdout or stderr; divert what a run writes into its Record."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def write(self, text: str) -> int:
        """Write into the record of the run this is called from, if any."""
        return (RECORD.get() or self._stream).write(text)

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401
        return getattr(self._stream, name)


FORKS: list[Fork] = []
LEFT_BEHIND: list[threading.Thread] = []


def run(
    work: Callable[[], None],
    limits: Limits = LIMITS,
    calls: Callable[[], int] = lambda: 0,
) -> Outcome:
    """Run some work in a thread of its own, and wait for it within limits.

    Nothing that the work raises comes out, `SystemExit` and
    `KeyboardInterrupt` included.

    Args:
        work: what to run.
        limits: how long a call may compute, and how long it may wait.
        calls: counts the calls so far; with each one the clocks start anew.
    """
    record = Record()
    failures: list[BaseException] = []

    def target() -> None:
        RECORD.set(record)
        try:
            work()
        except BaseException as failure:  # it is reported, all of it
            failures.append(failure)
            release(failure)

    if any(thread.is_alive() for thread in LEFT_BEHIND):
        limits = Limits(float("inf"), limits.waiting)
    thread = threading.Thread(target=target, name=NAME, daemon=True)
    with exit_that_raises(), forked_streams(thread), kept_warnings() as caught:
        thread.start()
        exceeded = wait_for(thread, limits, calls)
    warned = dict.fromkeys(str(warning.message) for warning in caught)
    return Outcome(
        failures[0] if failures else None,
        record.text,
        tuple(warned),
        exceeded,
        left_behind=thread.is_alive(),
    )


def wait_for(
    thread: threading.Thread, limits: Limits, calls: Callable[[], int]
) -> tuple[str, float] | None:
    """Wait until a thread ends or one of its calls is over a limit.

    Returns:
        The limit that was exceeded, in words and in seconds, or None.
    """
    call = -1
    computing = waiting = 0.0
    while True:
        if call != calls():
            call = calls()
            computing, waiting = time.process_time(), time.monotonic()
        thread.join(POLL)
        if not thread.is_alive():
            return None
        if time.process_time() - computing > limits.computing:
            over = "computed", limits.computing
        elif time.monotonic() - waiting > limits.waiting:
            over = "waited", limits.waiting
        else:
            continue
        if call == calls():
            return over


def release(failure: BaseException) -> None:
    """Let go of all that the frames of an exception hold.

    A coroutine in them that was never awaited would otherwise complain later,
    during the next attempt.
    """
    found: BaseException | None = failure
    while found is not None:
        traceback.clear_frames(found.__traceback__)
        found = found.__cause__ or found.__context__
    gc.collect(1)


@contextlib.contextmanager
def forked_streams(thread: threading.Thread) -> Iterator[None]:
    """Keep what a thread prints off stdout and stderr, as long as it runs.

    A thread that is left behind may go on printing: it stays unseen. Its
    streams are then kept for good, since CPython's `print` only borrows the
    stream: with `sys.stdout` replaced meanwhile, it would write to freed
    memory.
    """
    streams = sys.stdout, sys.stderr
    forks = Fork(streams[0]), Fork(streams[1])
    sys.stdout, sys.stderr = forks
    try:
        yield
    finally:
        if thread.is_alive():
            LEFT_BEHIND.append(thread)
        else:
            sys.stdout, sys.stderr = streams
        if any(each.is_alive() for each in LEFT_BEHIND):
            FORKS.extend(forks)


@contextlib.contextmanager
def kept_warnings() -> Iterator[list[warnings.WarningMessage]]:
    """Keep the warnings of a run that people, not developers, should read."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("default")
        for quiet in (DeprecationWarning, ImportWarning, ResourceWarning):
            warnings.simplefilter("ignore", quiet)
        yield caught


@contextlib.contextmanager
def exit_that_raises() -> Iterator[None]:
    """Let `exit()` raise in a notebook too: there it would end the kernel."""
    shell = get_ipython()
    if shell is None:
        yield
        return
    shell.ask_exit = raise_system_exit
    try:
        yield
    finally:
        del shell.ask_exit


def raise_system_exit() -> NoReturn:
    """Raise SystemExit, in place of IPython's `ask_exit`."""
    sys.exit()
