"""Trials: one run of a check, recorded step by step.

    given("a token signed with another key")
    with refused("The claims came back: anyone can be admin.", ValueError):
        decode(FORGED, KEY)

The words of `given` open the verdict when an expectation after it fails, and
are listed when all are met. The first `given` is the happy path: what a naive
answer gets right.
"""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any

from course.classroom.excerpt import excerpt, excerpt_of_error

# An exception class, or the name of one that the learner's notebook defines:
# its class is another one in each kernel.
Kind = type[BaseException] | str


@dataclass
class Trial:
    """What a check has tried so far, and what the answer did last.

    `call` is the last call as code, `calls` how many there were, and `result`
    what the last one returned. `remarks` are for an answer that passes.
    """

    tried: list[str] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    call: str = ""
    calls: int = 0
    seen: str = ""
    result: object = ...

    def explain(self, why: str) -> list[str]:
        """Write what was given, what is wrong with it, and what was seen."""
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

    def is_a(self, *kinds: Kind) -> bool:
        """Whether the exception is of one of some kinds, by class or name."""
        names = {kind.__name__ for kind in type(self.__cause__).__mro__}
        return any(
            kind in names
            if isinstance(kind, str)
            else isinstance(self.__cause__, kind)
            for kind in kinds
        )


def given(words: str) -> None:
    """Name the input that is tried next: "a token without `exp`"."""
    TRIAL.get().tried.append(words)


def remark(words: str) -> None:
    """Keep a sentence for the verdict on an answer that passes."""
    TRIAL.get().remarks.append(words)


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
def refused(why: str, by: Kind, otherwise: str = "") -> Iterator[None]:
    """Go on if a call of the answer raises the exception that is demanded.

        with refused("The key is too short.", ValueError):
            read_secret_key({"SECRET_KEY": "short"})

    Args:
        why: a sentence, should the call return a value instead.
        by: the exception that it must be, or a parent of it; the name of
            one, if the notebook defines it.
        otherwise: what another exception would lead to.

    Raises:
        UnmetError: nothing was raised, or something else.
    """
    name = by if isinstance(by, str) else by.__name__
    try:
        yield
    except CallError as error:
        if not isinstance(error.__cause__, Exception):
            raise
        if not error.is_a(by):
            remark = f" {otherwise}" if otherwise else ""
            raise UnmetError(
                f"{error} A refusal is expected, but as `{name}`.{remark}"
            ) from error
    else:
        raise UnmetError(instead_of_raising(name) or why)


def instead_of_raising(name: str) -> str:
    """Explain a refusal that was returned; an empty string for a value."""
    trial = TRIAL.get()
    if isinstance(trial.result, BaseException):
        result = "the exception"
    elif trial.result is None:
        result = "`None`"
    else:
        return ""
    record_outcome(f"returned `{excerpt(trial.result)}`")
    return (
        f"It returned {result} instead of raising `{name}`. A caller that "
        "does not look at the result goes on as if all were well: `raise`."
    )


@contextmanager
def may_not_raise(why: str, *kinds: Kind) -> Iterator[None]:
    """Explain an exception of some kinds, should a call of the answer raise.

        with may_not_raise("A visitor would get a 500.", ValueError):
            verify("\\0", hashed)

    An exception of another kind is reported without the explanation, which
    was not written for it.

    Args:
        why: what such an exception would lead to.
        kinds: the exceptions that the explanation is about, each a class or,
            if the notebook defines it, a name.

    Raises:
        UnmetError: the call raised one of them.
        CallError: it raised something else.
    """
    try:
        yield
    except CallError as error:
        if not error.is_a(*kinds):
            raise
        raise UnmetError(f"{error} {why}") from error


@contextmanager
def attempt(call: str) -> Iterator[None]:
    """Run a call of the answer, and report what it raises in words.

    Raises:
        UntouchedError: a bare NotImplementedError, as stubs raise it.
        CallError: it raised anything else.
    """
    trial = TRIAL.get()
    trial.call, trial.seen, trial.result = call, "", ...
    trial.calls += 1
    try:
        yield
    except (SystemExit, KeyboardInterrupt, asyncio.CancelledError) as failure:
        raise CallError(
            f"`{call}` raised `{excerpt_of_error(failure)}`, which stops the "
            "whole program. Raise an ordinary exception, or return."
        ) from failure
    except Exception as failure:
        if isinstance(failure, NotImplementedError) and not failure.args:
            raise UntouchedError from failure
        raise CallError(
            f"`{call}` raised `{excerpt_of_error(failure)}`."
        ) from failure


def record_outcome(outcome: str) -> None:
    """Keep how the last call ended, for the verdict: "returned `2`"."""
    trial = TRIAL.get()
    trial.seen = f"`{trial.call}` {outcome}"


def record_result(result: Any) -> None:  # noqa: ANN401
    """Keep what the last call returned, for the verdict and for `refused`."""
    TRIAL.get().result = result
    record_outcome(f"returned `{excerpt(result)}`")
