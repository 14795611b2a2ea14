"""Code in the sandbox may hang, exit, print and warn; nothing comes out."""

import asyncio
import contextlib
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import NoReturn

import pytest

from course.classroom import sandbox
from course.classroom.sandbox import Limits, Outcome, run, wait_for

# Only one of the two clocks can run out: the other one has ten minutes.
COMPUTING = Limits(computing=0.2, waiting=600)
WAITING = Limits(computing=600, waiting=0.2)


def left() -> list[threading.Thread]:
    """List the answers that are still running."""
    return [each for each in threading.enumerate() if each.name == "answer"]


def endless_loop() -> None:
    while True:
        print("still here")


def test_work_that_ends_has_no_failure() -> None:
    assert run(lambda: None) == Outcome(None, "")


@pytest.mark.parametrize(
    "failure", [ValueError("no"), SystemExit(1), KeyboardInterrupt()]
)
def test_failure_is_kept_whatever_it_is(failure: BaseException) -> None:
    def fail() -> NoReturn:
        raise failure

    assert run(fail).failure is failure


# Work that does not end


def test_endless_loop_is_stopped_by_its_computing_time(
    capsys: pytest.CaptureFixture[str],
) -> None:
    outcome = run(endless_loop, COMPUTING)
    assert outcome.exceeded == ("computed", 0.2)
    assert outcome.failure is None
    assert not outcome.left_behind
    assert outcome.printed.startswith("still here\n")
    assert not left()
    assert capsys.readouterr() == ("", "")


def test_loop_that_catches_everything_is_stopped() -> None:
    resisted = 0

    def resist() -> None:
        nonlocal resisted
        while resisted < 3:
            try:
                endless_loop()
            except BaseException:
                resisted += 1

    assert run(resist, COMPUTING).left_behind is False
    assert resisted == 3


def test_loop_in_a_worker_thread_is_stopped() -> None:
    def work() -> None:
        asyncio.run(asyncio.to_thread(endless_loop))

    outcome = run(work, COMPUTING)
    assert outcome.exceeded == ("computed", 0.2)
    assert not outcome.left_behind
    assert not left()


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event to wait for, set at the end so that no thread is left."""
    event = threading.Event()
    yield event
    event.set()
    for thread in left():
        thread.join()


def test_endless_wait_is_left_behind_as_a_daemon(
    released: threading.Event,
) -> None:
    def work() -> None:
        released.wait()

    outcome = run(work, WAITING)
    assert outcome.exceeded == ("waited", 0.2)
    assert outcome.left_behind
    [thread] = left()
    assert thread.daemon


def test_loop_that_cannot_be_stopped_is_left_behind(
    released: threading.Event, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "PATIENCE", 1)

    def resist() -> None:
        while not released.is_set():
            with contextlib.suppress(BaseException):
                endless_loop_until(released)

    assert run(resist, COMPUTING).left_behind


def endless_loop_until(event: threading.Event) -> None:
    while not event.is_set():
        pass


def test_interrupt_stops_the_work_and_goes_on() -> None:
    def interrupt() -> NoReturn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(endless_loop, calls=interrupt)
    assert not left()


class SlowThread:
    """A thread that ends when it was waited for a number of times."""

    def __init__(self, ends_after: int) -> None:
        self.joins_left = ends_after

    def join(self, _: float) -> None:
        self.joins_left -= 1

    def is_alive(self) -> bool:
        return self.joins_left > 0


def waited(
    monkeypatch: pytest.MonkeyPatch,
    computing: float,
    waiting: float,
    calls: Callable[[], int],
) -> tuple[str, float] | None:
    """Wait for 100 rounds; in each, both clocks go on by some seconds."""
    seconds = [0.0, 0.0]

    def tick(clock: int, step: float) -> float:
        seconds[clock] += step
        return seconds[clock]

    clocks = SimpleNamespace(
        process_time=lambda: tick(0, computing),
        monotonic=lambda: tick(1, waiting),
    )
    monkeypatch.setattr(sandbox, "time", clocks)
    thread: threading.Thread = SlowThread(100)  # type: ignore[assignment]
    return wait_for(thread, Limits(computing=5, waiting=30), calls)


@pytest.mark.parametrize(
    ("computing", "waiting", "exceeded"),
    [
        (0.001, 0.001, None),
        (0.04, 0.2, None),
        (0.06, 0.2, ("computed", 5)),
        (0.001, 0.31, ("waited", 30)),
    ],
)
def test_limits_are_of_computing_and_of_waiting(
    computing: float,
    waiting: float,
    exceeded: tuple[str, float] | None,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    one_call = lambda: 1  # noqa: E731
    assert waited(monkeypatch, computing, waiting, one_call) == exceeded


def test_each_call_has_the_time_for_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Four seconds a round, and a new call in each: 400 seconds in all."""
    count = iter(range(10_000))
    each_another = lambda: next(count)  # noqa: E731
    assert waited(monkeypatch, 4, 4, each_another) is None


def test_call_that_ended_just_in_time_is_not_over_its_limit(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Each round is over the limit, but the next call begins in it."""
    counts = (count for n in range(1000) for count in (n, n, n + 1))
    calls = lambda: next(counts)  # noqa: E731
    assert waited(monkeypatch, 1, 31, calls) is None


def test_thread_that_does_not_run_computes_nothing(
    released: threading.Event,
) -> None:
    new = threading.Thread(target=released.wait, daemon=True)
    assert not sandbox.computes(new)
    new.start()
    assert not sandbox.computes(new)
    assert sandbox.computes(threading.current_thread())


# Prints and warnings


def test_prints_are_kept_and_cut(capsys: pytest.CaptureFixture[str]) -> None:
    def talk() -> None:
        print("out", flush=True)
        print("err", file=sys.stderr)
        assert sys.stdout.encoding == "utf-8"
        print("word " * 1000)

    printed = run(talk).printed
    assert printed.startswith("out\nerr\nword word ")
    assert len(printed) == 500
    assert capsys.readouterr() == ("", "")


def test_streams_and_warnings_are_as_they_were() -> None:
    before = sys.stdout, sys.stderr, warnings.filters[:], warnings.showwarning
    run(lambda: print("hello"))
    run(endless_loop, COMPUTING)
    after = sys.stdout, sys.stderr, warnings.filters[:], warnings.showwarning
    assert after == before


def test_warnings_are_told_once_and_those_for_developers_not_at_all() -> None:
    def warn() -> None:
        for _ in range(2):
            warnings.warn("the key is short", UserWarning, stacklevel=1)
            warnings.warn("old style", DeprecationWarning, stacklevel=1)
            warnings.warn("not closed", ResourceWarning, stacklevel=1)

    assert run(warn).warned == ("the key is short",)


def test_lost_coroutine_is_told_of_in_its_own_run() -> None:
    async def lost() -> None:
        """It is never awaited."""

    def work() -> None:
        held = lost()
        try:
            raise ValueError
        except ValueError as error:
            raise LookupError(f"{held is None}") from error

    outcome = run(work)
    assert isinstance(outcome.failure, LookupError)
    [warned] = outcome.warned
    assert warned.endswith("lost' was never awaited")
    assert run(lambda: None).warned == ()


# Exits


class Shell:
    """As much of a notebook's shell as `exit()` needs."""

    def __init__(self) -> None:
        self.left = False

    def ask_exit(self) -> None:
        self.left = True


def test_exit_in_a_notebook_leaves_the_kernel_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shell = Shell()
    monkeypatch.setattr(sandbox, "get_ipython", lambda: shell)
    outcome = run(lambda: shell.ask_exit())
    assert isinstance(outcome.failure, SystemExit)
    assert not shell.left
    shell.ask_exit()
    assert shell.left
