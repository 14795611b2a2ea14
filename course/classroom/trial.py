"""Trials: one run of a check, told step by step.

    given("a token signed with another key")
    with refused("its claims came back: everybody can be admin now"):
        decode(FORGED, KEY)

The words of `given` open the verdict when an expectation after it fails, and
are listed when all are met. The first `given` is the happy path: what a naive
answer gets right.
"""

import asyncio
import re
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field

from course.classroom.failure import one_line

LONGEST_VALUE = 60
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


@dataclass
class Trial:
    """What a check has tried so far, and what the answer did last."""

    tried: list[str] = field(default_factory=list)
    call: str = ""
    seen: str = ""

    def story(self, why: str) -> list[str]:
        """Tell what was given, what is wrong with it, and what was seen."""
        before = [f"Given: {self.tried[-1]}"] if self.tried else []
        after = [f"Seen: {self.seen}"] if self.seen else []
        return [*before, why, *after]


TRIAL: ContextVar[Trial] = ContextVar("TRIAL")


class UnmetError(Exception):
    """An expectation was not met; the message says which and why."""


class UntouchedError(UnmetError):
    """The stub is as it was: there is nothing to check yet."""


class CallError(UnmetError):
    """A call of the answer raised; the exception is its `__cause__`."""


def given(words: str) -> None:
    """Say what is tried next: "a token signed with another key"."""
    TRIAL.get().tried.append(words)


def expect(condition: object, why: str) -> None:
    """Go on if a condition holds.

    Args:
        condition: what a right answer makes true.
        why: a sentence, should it be false: what is wrong, and why it
            matters.

    Raises:
        UnmetError: it does not hold.
    """
    if not condition:
        raise UnmetError(why)


@contextmanager
def refused(why: str, by: type[Exception] = Exception) -> Iterator[None]:
    """Go on if a call of the answer raises.

    Args:
        why: a sentence, should it return instead.
        by: the exception it must be, or a parent of it.

    Raises:
        UnmetError: nothing was raised, or something else.
    """
    try:
        yield
    except CallError as error:
        if not isinstance(error.__cause__, Exception):
            raise
        if not isinstance(error.__cause__, by):
            raise UnmetError(
                f"{error} A refusal is expected, but as `{by.__name__}`."
            ) from error
    else:
        raise UnmetError(why)


@contextmanager
def attempt(call: str) -> Iterator[None]:
    """Run a call of the answer, and report what it raises in words.

    Raises:
        UntouchedError: a bare NotImplementedError, as stubs raise it.
        CallError: it raised anything else.
    """
    trial = TRIAL.get()
    trial.call, trial.seen = call, ""
    try:
        yield
    except (SystemExit, KeyboardInterrupt, asyncio.CancelledError) as failure:
        raise CallError(
            f"`{call}` raised `{told(failure)}`, which stops the whole "
            "program. Raise an ordinary exception, or return."
        ) from failure
    except Exception as failure:
        if isinstance(failure, NotImplementedError) and not failure.args:
            raise UntouchedError from failure
        raise CallError(f"`{call}` raised `{told(failure)}`.") from failure


def saw(outcome: str) -> None:
    """Remember how the last call ended, for the verdict: "returned `2`"."""
    trial = TRIAL.get()
    trial.seen = f"`{trial.call}` {outcome}"


def shown(value: object) -> str:
    """Write a value as code: short, on one line, the same each time."""
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return tidy(text)


def told(failure: BaseException) -> str:
    """Write an exception as `Type: message`, even one that has no words."""
    try:
        return tidy(one_line(failure), longest=200)
    except BaseException:
        return type(failure).__name__


def tidy(text: str, longest: int = LONGEST_VALUE) -> str:
    """Fold lines, drop addresses, cut what is long."""
    text = " ".join(ADDRESS.sub("", text).replace("`", "'").split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
