"""What a learner hands over is tried, or refused in a sentence of its own."""

import functools
import sys
from collections.abc import Callable, Iterator
from typing import Any, NoReturn

import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from course.classroom.answer_types import (
    a_function,
    a_lookup,
    a_value,
    an_app,
    callable_of,
)
from course.classroom.namespace import namespace_of
from course.classroom.trial import (
    TRIAL,
    CallError,
    Trial,
    UnmetError,
    UntouchedError,
)


@pytest.fixture(autouse=True)
def trial() -> Iterator[Trial]:
    """Begin a trial, as `judge` does."""
    before = TRIAL.set(Trial())
    yield TRIAL.get()
    TRIAL.reset(before)


def halve(n: int) -> float:
    return n / 2


def two(a: int, b: int) -> int:
    return a + b


def nothing(n: int) -> None:
    n / 2


async def halve_later(n: int) -> float:
    return n / 2


class Halver:
    """An instance that can be called."""

    def __call__(self, n: int) -> float:
        return n / 2

    def halve(self, n: int) -> float:
        return n / 2


# Values


@pytest.mark.parametrize("answer", [0, "", {}, halve])
def test_value_is_taken_as_it_is(answer: object) -> None:
    assert a_value(answer) is answer


@pytest.mark.parametrize("answer", [None, ...])
def test_missing_value_is_a_stub(answer: object) -> None:
    with pytest.raises(UntouchedError):
        a_value(answer)


@pytest.mark.parametrize("wants", [a_value, a_function, an_app, callable_of])
def test_coroutine_is_no_answer(wants: Callable[[object], object]) -> None:
    with pytest.raises(UnmetError, match="call that was made and never await"):
        wants(halve_later(2))


# Functions


@pytest.mark.parametrize(
    "answer",
    [
        halve,
        lambda n: n / 2,
        functools.partial(halve),
        Halver(),
        Halver().halve,
    ],
)
@pytest.mark.parametrize("wants", [a_function, a_lookup])
def test_whatever_can_be_called_is_tried(
    wants: Callable[[object], Callable[..., Any]],
    answer: object,
    trial: Trial,
) -> None:
    assert wants(answer)(4) == 2
    assert trial.result == 2
    assert trial.calls == 1
    assert trial.seen.endswith("(4)` returned `2.0`")


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (FastAPI, "You handed over the class `FastAPI`. Hand over the funct"),
        (2, "You handed over `2`, which is of type `int`."),
        ("half", "its name, without parentheses."),
        (halve_later, "`halve_later` is an `async def`: calling it makes a"),
    ],
)
def test_what_cannot_be_called_is_refused(
    answer: object, sentence: str
) -> None:
    with pytest.raises(UnmetError) as raised:
        a_function(answer)
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "args", "sentence"),
    [
        (two, (4,), "`two(4)` does not fit `two(a, b)`: missing a required"),
        (halve, (), "Keep the parameters that the stub has."),
        (lambda n: halve_later(n), (4,), "`your_answer` returned a coroutine"),
        (lambda n: n.x, (4,), "`your_answer(4)` raised `AttributeError: 'i"),
        (max, (4,), "`max(4)` raised `TypeError: 'int' object is not iter"),
        (lambda n: sys.exit(n), (4,), "which stops the whole program."),
    ],
)
def test_call_that_fails_is_told_in_words(
    answer: object, args: tuple[int, ...], sentence: str
) -> None:
    with pytest.raises(UnmetError) as raised:
        a_function(answer)(*args)
    assert sentence in str(raised.value)


def test_call_is_written_with_its_keywords(trial: Trial) -> None:
    a_function(two)(1, b=2)
    assert trial.seen == "`two(1, b=2)` returned `3`"


def test_missing_return_is_asked_for_where_a_value_is_demanded(
    trial: Trial,
) -> None:
    assert a_function(nothing)(4) is None
    assert trial.seen == (
        "`nothing(4)` returned `None`: is a `return` missing?"
    )
    assert a_lookup(nothing)(4) is None
    assert trial.seen == "`nothing(4)` returned `None`"


def test_watched_function_keeps_the_namespace_of_the_answer() -> None:
    assert namespace_of(a_function(halve)) is globals()


# Stubs


def documented(n: int) -> None:
    """Halve."""


def passing(n: int) -> None:
    pass


def dotted(n: int) -> None: ...


def unimplemented(n: int) -> NoReturn:
    raise NotImplementedError


def half_done(n: int) -> object:
    half = (...,)
    return half[0]


def decorated_stub(wrapped: Callable[[int], None]) -> Callable[[int], None]:
    @functools.wraps(wrapped)
    def wrapper(n: int) -> None:
        wrapped(n)

    return wrapper


class Class:
    """A stub may be indented."""

    def method(self, n: int) -> None:
        """Halve."""


@pytest.mark.parametrize(
    "stub",
    [
        documented,
        passing,
        dotted,
        unimplemented,
        half_done,
        decorated_stub(documented),
        Class().method,
    ],
)
@pytest.mark.parametrize("wants", [a_function, a_lookup])
def test_stub_that_is_as_it_was_is_told_so(
    wants: Callable[[object], Callable[..., Any]],
    stub: Callable[[int], object],
) -> None:
    with pytest.raises(UntouchedError):
        wants(stub)(4)


def local_only(n: int) -> None:
    half = n  # noqa: F841


def returns_none(n: int) -> None:
    return None


@pytest.mark.parametrize(
    "answer",
    [
        nothing,
        local_only,
        returns_none,
        print,
        functools.partial(nothing),
        lambda n: None,
        eval("lambda n: None"),
    ],
)
def test_answer_that_returns_none_is_no_stub(
    answer: Callable[[int], object],
) -> None:
    assert a_function(answer)(4) is None


# Apps


@pytest.mark.anyio
async def test_app_is_tried_as_a_client_would(trial: Trial) -> None:
    app = FastAPI()

    @app.get("/")
    async def home() -> StreamingResponse:
        return StreamingResponse(
            iter(["come", "in"]), 401, {"WWW-Authenticate": "Bearer"}
        )

    async with an_app(app) as client:
        response = await client.get("/")
    assert (response.status_code, response.text) == (401, "comein")
    assert trial.seen == (
        "`GET /` answered 401, WWW-Authenticate: Bearer, body comein"
    )


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("failure", "sentence"),
    [
        (LookupError("lost"), "`GET /` raised `LookupError: lost`."),
        (SystemExit(), "which stops the whole program"),
        (KeyboardInterrupt(), "which stops the whole program"),
    ],
)
async def test_failure_of_an_app_is_told_with_its_request(
    failure: BaseException, sentence: str
) -> None:
    app = FastAPI()

    @app.get("/")
    async def home() -> None:
        raise failure

    async with an_app(app) as client:
        with pytest.raises(CallError) as raised:
            await client.get("/")
    assert sentence in str(raised.value)


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (halve, "You handed over the function `halve`. Hand over the FastAPI"),
        (FastAPI, "You handed over the class `FastAPI`."),
        (len, "You handed over the function `len`."),
        ("app", "You handed over `'app'`, which is of type `str`."),
    ],
)
def test_what_is_no_app_is_refused(answer: object, sentence: str) -> None:
    with pytest.raises(UnmetError) as raised:
        an_app(answer)
    assert sentence in str(raised.value)
