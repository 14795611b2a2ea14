"""Trials record what was given, called and seen, and explain failures."""

import asyncio
from collections.abc import Iterator

import pytest

from course.classroom.trial import (
    TRIAL,
    CallError,
    Kind,
    Trial,
    UnmetError,
    UntouchedError,
    attempt,
    expect,
    given,
    may_not_raise,
    record_outcome,
    record_result,
    refused,
)


class RefusedTokenError(ValueError):
    """As a notebook defines it: checks know its name alone."""


class ExpiredTokenError(RefusedTokenError):
    """A kind of it."""


@pytest.fixture(autouse=True)
def trial() -> Iterator[Trial]:
    """Begin a trial, as `judge` does."""
    before = TRIAL.set(Trial())
    yield TRIAL.get()
    TRIAL.reset(before)


def call_that_raises(failure: BaseException) -> None:
    with attempt("decode(token)"):
        raise failure


def call_that_returns(result: object) -> object:
    with attempt("decode(token)"):
        record_result(result)
        return result


def test_explanation_has_what_was_given_and_seen(trial: Trial) -> None:
    assert trial.explain("Because.") == ["Because."]
    given("one")
    given("two")
    call_that_returns(3)
    assert trial.tried == ["one", "two"]
    assert trial.explain("Because.") == [
        "Given: two",
        "Because.",
        "Seen: `decode(token)` returned `3`",
    ]


def test_calls_are_counted_and_forget_the_call_before(trial: Trial) -> None:
    call_that_returns(3)
    with pytest.raises(CallError):
        call_that_raises(ValueError())
    assert (trial.calls, trial.seen, trial.result) == (2, "", ...)


@pytest.mark.parametrize("condition", [True, 1, "text", [0]])
def test_expectation_that_holds_says_nothing(condition: object) -> None:
    expect(condition, "why")


@pytest.mark.parametrize("condition", [False, 0, "", None])
def test_expectation_that_fails_says_why(condition: object) -> None:
    with pytest.raises(UnmetError, match=r"^why$"):
        expect(condition, "why")


# Calls


@pytest.mark.parametrize(
    ("failure", "message"),
    [
        (KeyError("sub"), "`decode(token)` raised `KeyError: 'sub'`."),
        (NotImplementedError("alg"), "raised `NotImplementedError: alg`."),
        (SystemExit(1), "raised `SystemExit: 1`, which stops the whole"),
        (KeyboardInterrupt(), "raised `KeyboardInterrupt`, which stops"),
        (asyncio.CancelledError(), "raised `CancelledError`, which stops"),
    ],
)
def test_failure_of_a_call_is_reported_with_the_call(
    failure: BaseException, message: str
) -> None:
    with pytest.raises(CallError) as raised:
        call_that_raises(failure)
    assert message in str(raised.value)
    assert raised.value.__cause__ is failure


def test_bare_not_implemented_is_a_stub() -> None:
    with pytest.raises(UntouchedError):
        call_that_raises(NotImplementedError())


# Refusals


@pytest.mark.parametrize(
    "by", [RefusedTokenError, ValueError, "RefusedTokenError", "ValueError"]
)
def test_demanded_exception_is_a_refusal(by: Kind) -> None:
    with refused("why", by):
        call_that_raises(ExpiredTokenError())


@pytest.mark.parametrize("by", [KeyError, "KeyError", "TokenError"])
def test_another_exception_is_no_refusal(by: Kind) -> None:
    with (
        pytest.raises(UnmetError, match=r"raised `Expired.*as `\w+`. A 500.$"),
        refused("why", by, "A 500."),
    ):
        call_that_raises(ExpiredTokenError())


def test_another_exception_needs_no_remark() -> None:
    with (
        pytest.raises(UnmetError, match=r"expected, but as `KeyError`.$"),
        refused("why", KeyError),
    ):
        call_that_raises(ValueError())


def test_exit_is_no_refusal() -> None:
    with (
        pytest.raises(CallError, match="stops the whole program"),
        refused("why", BaseException),
    ):
        call_that_raises(SystemExit())


@pytest.mark.parametrize("result", [{"sub": "johndoe"}, False, 0])
def test_value_in_place_of_a_refusal_gets_the_reason(result: object) -> None:
    with pytest.raises(UnmetError, match=r"^why$"), refused("why", ValueError):
        call_that_returns(result)


@pytest.mark.parametrize(
    ("result", "words"),
    [
        (None, "It returned `None` instead of raising `ValueError`."),
        (ValueError("no"), "It returned the exception instead of raising"),
    ],
)
def test_refusal_that_was_returned_is_explained(
    result: object, words: str, trial: Trial
) -> None:
    def call() -> None:
        call_that_returns(result)
        record_outcome("returned `None`: is a `return` missing?")

    with pytest.raises(UnmetError) as raised, refused("why", ValueError):
        call()
    assert str(raised.value).startswith(words)
    assert "`raise`" in str(raised.value)
    assert "is a `return` missing" not in trial.seen


def test_refusal_without_a_call_gets_the_reason() -> None:
    with pytest.raises(UnmetError, match=r"^why$"), refused("why", ValueError):
        pass


# Exceptions that may not be


@pytest.mark.parametrize(
    "kinds", [(ValueError,), ("RefusedTokenError",), (KeyError, ValueError)]
)
def test_remark_is_added_to_its_own_kinds(kinds: tuple[Kind, ...]) -> None:
    with (
        pytest.raises(UnmetError, match=r"raised `Refused\w+`. A 500.$"),
        may_not_raise("A 500.", *kinds),
    ):
        call_that_raises(RefusedTokenError())


def test_remark_is_not_added_to_another_kind() -> None:
    with (
        pytest.raises(CallError, match=r"raised `NameError: KEY`.$"),
        may_not_raise("A 500.", ValueError, "RefusedTokenError"),
    ):
        call_that_raises(NameError("KEY"))


def test_call_that_returns_needs_no_remark() -> None:
    with may_not_raise("A 500.", Exception):
        assert call_that_returns(3) == 3
