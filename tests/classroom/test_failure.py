"""`raises` shows the failure that was promised, and fails without it."""

import asyncio

import pytest

from course.classroom.failure import one_line, raises


def test_promised_failure_is_one_line(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with raises(ZeroDivisionError):
        1 / 0  # noqa: B018
    assert capsys.readouterr() == ("ZeroDivisionError: division by zero\n", "")


def test_parent_of_the_failure_may_be_promised(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with raises(LookupError, containing="nobody"):
        raise KeyError("nobody")
    assert capsys.readouterr().out == "KeyError: 'nobody'\n"


def test_lesson_goes_on_after_the_failure() -> None:
    steps = ["before"]
    with raises(ValueError):
        steps.append("inside")
        raise ValueError
    steps.append("after")
    assert steps == ["before", "inside", "after"]


def test_no_failure_is_a_failure(capsys: pytest.CaptureFixture[str]) -> None:
    with (
        pytest.raises(
            AssertionError, match="expected ValueError, but nothing failed"
        ),
        raises(ValueError),
    ):
        pass
    assert capsys.readouterr().out == ""


def test_another_failure_is_a_failure_with_its_cause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    other = TypeError("not this\none")
    with pytest.raises(AssertionError) as caught, raises(ValueError):
        raise other
    assert caught.value.__cause__ is other
    assert str(caught.value) == (
        "expected ValueError, but another failure came: "
        "TypeError: not this one"
    )
    assert capsys.readouterr().out == ""


def test_child_is_promised_and_its_parent_comes() -> None:
    with pytest.raises(AssertionError), raises(KeyError):
        raise LookupError


def test_missing_words_are_a_failure_with_its_cause(
    capsys: pytest.CaptureFixture[str],
) -> None:
    wordless = ValueError("longer than 72 bytes")
    with (
        pytest.raises(AssertionError, match="expected the words 'NUL'") as c,
        raises(ValueError, containing="NUL"),
    ):
        raise wordless
    assert c.value.__cause__ is wordless
    assert "ValueError: longer than 72 bytes" in str(c.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    "signal", [KeyboardInterrupt, SystemExit, asyncio.CancelledError]
)
def test_signal_to_stop_passes_through(signal: type[BaseException]) -> None:
    with pytest.raises(signal), raises(Exception):
        raise signal


def test_broken_promise_of_an_assertion_error_is_still_one() -> None:
    with (
        pytest.raises(AssertionError, match="nothing failed"),
        raises(AssertionError),
    ):
        pass


@pytest.mark.anyio
async def test_failure_of_an_awaited_call_is_shown(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with raises(TimeoutError):
        await asyncio.wait_for(asyncio.Event().wait(), timeout=0)
    assert capsys.readouterr().out == "TimeoutError\n"


@pytest.mark.parametrize(
    ("failure", "line"),
    [
        (
            ValueError("one\ntwo\r\n  three\tfour"),
            "ValueError: one two three four",
        ),
        (ValueError(), "ValueError"),
        (ValueError(""), "ValueError"),
        (ValueError(" \n "), "ValueError"),
        (ValueError("a", 1), "ValueError: ('a', 1)"),
        (StopIteration("done"), "StopIteration: done"),
    ],
)
def test_message_is_folded_into_one_line(
    failure: Exception, line: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert one_line(failure) == line
    with raises(type(failure)):
        raise failure
    assert capsys.readouterr().out == f"{line}\n"
