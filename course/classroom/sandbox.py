"""The sandbox: a learner's code, run where it can hang, exit and print.

A check runs in a thread of its own while the cell waits for it. What ends a
check that hangs does not depend on how busy the machine is:

- *Computing* is measured in CPU seconds of this process, per call of the
  answer, so neither other processes nor a slow hash in an earlier call count.
- *Waiting* is measured by the clock, since a call that sleeps uses no CPU.
  Its limit is several times longer: an honest call that needs a tenth of a
  second would have to be slowed down some hundred times to reach it.

A call that computes for too long is stopped by an exception raised within
it. A call that waits cannot be stopped so, since Python raises nothing in a
thread that waits inside C code; its thread is left behind, and the outcome
says so.
"""

import contextlib
import ctypes
import gc
import sys
import threading
import time
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from IPython import get_ipython

LONGEST_PRINT = 500
POLL = 0.05
PAUSE = 0.5
PATIENCE = 5
# Where a thread's innermost frame is while it waits, or begins or ends.
WAITING_IN = {"selectors.py", "threading.py", "queue.py", "windows_events.py"}


@dataclass(frozen=True)
class Limits:
    """How long one call of an answer may take, in seconds."""

    computing: float = 5.0
    waiting: float = 30.0


LIMITS = Limits()


class StoppedError(SystemExit):
    """Raised within a call that is over its limit.

    It is a SystemExit because Python ends a thread on it without a traceback.
    """


@dataclass(frozen=True)
class Outcome:
    """How a run ended.

    Attributes:
        failure: what it raised, or None.
        printed: the first 500 characters of its stdout and stderr.
        warned: the messages of the warnings that it caused.
        exceeded: "computed" or "waited", if its last call was over that
            limit, and the limit in seconds.
        left_behind: whether it could not be stopped and is still running.
    """

    failure: BaseException | None
    printed: str
    warned: tuple[str, ...] = ()
    exceeded: tuple[str, float] | None = None
    left_behind: bool = False


class Record:
    """A stream that keeps the first few hundred characters written to it."""

    encoding = "utf-8"

    def __init__(self) -> None:
        self.text = ""

    def write(self, text: str) -> int:
        """Keep what there is room for."""
        self.text += text[: LONGEST_PRINT - len(self.text)]
        return len(text)

    def flush(self) -> None:
        """Do nothing: all text is kept at once."""


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
        try:
            work()
        except StoppedError:
            pass
        except BaseException as failure:  # it is reported, all of it
            failures.append(failure)
            release(failure)

    others = set(threading.enumerate())
    thread = threading.Thread(target=target, name="answer", daemon=True)
    with exit_that_raises(), kept(record) as caught:
        thread.start()
        try:
            exceeded = wait_for(thread, limits, calls)
        except KeyboardInterrupt:  # JupyterLab's interrupt button
            stop(thread, others)
            raise
        if exceeded and exceeded[0] == "computed":
            stop(thread, others)
    left_behind = thread.is_alive()
    warned = dict.fromkeys(str(warning.message) for warning in caught)
    failure = failures[0] if failures else None
    return Outcome(failure, record.text, tuple(warned), exceeded, left_behind)


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


def stop(thread: threading.Thread, others: Iterable[object]) -> None:
    """Raise StoppedError in a thread that computes, or in those it started.

    It is raised again, a few times, in code that catches it.
    """
    for _ in range(PATIENCE):
        for each in set(threading.enumerate()) - set(others):
            if computes(each):
                ctypes.pythonapi.PyThreadState_SetAsyncExc(
                    ctypes.c_ulong(each.ident or 0),
                    ctypes.py_object(StoppedError),
                )
        thread.join(PAUSE)
        if not thread.is_alive():
            break


def computes(thread: threading.Thread) -> bool:
    """Whether a thread runs Python code, and neither waits nor ends.

    An exception that is raised in a waiting thread would stay pending there,
    and slow down, or under a tracer block, all other threads.
    """
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return False
    return Path(frame.f_code.co_filename).name not in WAITING_IN


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
def kept(record: Record) -> Iterator[list[warnings.WarningMessage]]:
    """Keep what is printed and warned of, as long as a run lasts."""
    with (
        warnings.catch_warnings(record=True) as caught,
        contextlib.redirect_stdout(record),
        contextlib.redirect_stderr(record),
    ):
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
