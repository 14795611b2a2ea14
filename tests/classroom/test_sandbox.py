"""Code in the sandbox may hang, exit, print and warn; nothing comes out."""

import asyncio
import sys
import threading
import time
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


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event that ends what never ends, so that no thread is left."""
    event = threading.Event()
    streams = sys.stdout, sys.stderr
    yield event
    end(event)
    sys.stdout, sys.stderr = streams


def end(released: threading.Event) -> None:
    """Let the answers that are left behind end, and wait for them."""
    released.set()
    for thread in threading.enumerate():
        if thread.name == "answer":
            thread.join()


def test_endless_loop_is_left_behind_unseen(
    capsys: pytest.CaptureFixture[str], released: threading.Event
) -> None:
    printed_later = threading.Event()

    def loop() -> None:
        while not released.is_set():
            print("still here")
            if outcomes:
                printed_later.set()

    outcomes: list[Outcome] = []
    outcomes.append(run(loop, COMPUTING))
    [outcome] = outcomes
    assert outcome.exceeded == ("computed", 0.2)
    assert outcome.failure is None
    assert outcome.left_behind
    assert outcome.printed.startswith("still here\n")
    [thread] = left()
    assert thread.daemon
    assert printed_later.wait(60)
    end(released)
    print("the next cell")
    assert capsys.readouterr() == ("the next cell\n", "")


def test_loop_in_a_worker_thread_is_computing_too(
    released: threading.Event,
) -> None:
    def loop() -> None:
        while not released.is_set():
            pass

    outcome = run(lambda: asyncio.run(asyncio.to_thread(loop)), COMPUTING)
    assert outcome.exceeded == ("computed", 0.2)


def test_endless_wait_is_left_behind(released: threading.Event) -> None:
    def wait() -> None:
        released.wait()

    outcome = run(wait, WAITING)
    assert outcome.exceeded == ("waited", 0.2)
    assert outcome.left_behind


def test_next_run_is_not_blamed_for_the_one_left_behind(
    released: threading.Event,
) -> None:
    def loop() -> None:
        while not released.is_set():
            pass

    def pause() -> None:
        end_at = time.process_time() + 5 * COMPUTING.computing
        while time.process_time() < end_at and not released.is_set():
            time.sleep(0.01)

    assert run(loop, COMPUTING).left_behind
    assert run(pause, COMPUTING).exceeded is None


def test_interrupt_comes_out(released: threading.Event) -> None:
    def wait() -> None:
        released.wait()

    def interrupt() -> NoReturn:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(wait, calls=interrupt)


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


# Prints and warnings


def test_prints_are_kept_and_cut(capsys: pytest.CaptureFixture[str]) -> None:
    def talk() -> None:
        print("out", flush=True)
        print("err", file=sys.stderr)
        assert sys.stdout.encoding
        print("word " * 1000)

    printed = run(talk).printed
    assert printed.startswith("out\nerr\nword word ")
    assert len(printed) == 500
    assert capsys.readouterr() == ("", "")


def test_streams_and_warnings_are_as_they_were() -> None:
    before = sys.stdout, sys.stderr, warnings.filters[:], warnings.showwarning
    run(lambda: print("hello"))
    run(sys.exit)
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


def test_what_others_print_meanwhile_is_theirs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def talk() -> None:
        other = threading.Thread(target=print, args=("from outside",))
        other.start()
        other.join()
        asyncio.run(asyncio.to_thread(print, "from a worker"))

    assert run(talk).printed == "from a worker\n"
    assert capsys.readouterr().out == "from outside\n"
