"""Verdicts name what failed and why, whatever a learner hands over."""

import asyncio
import sys
import threading
import warnings
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any, NoReturn
from unittest.mock import patch

import httpx
import pytest
from fastapi import FastAPI

from course.classroom import sandbox
from course.classroom.answer_types import a_function, a_value, an_app
from course.classroom.exercise import (
    EXERCISES,
    RESTART,
    Check,
    Verdict,
    check,
    exercise,
    hint,
    judge,
)
from course.classroom.sandbox import LIMITS, Limits, Outcome
from course.classroom.trial import expect, given, refused, remark

HINTS = ("Halves.", "Use `/`.", "Write `n / 2`.")


class OddError(ValueError):
    """What `halve` is to refuse with."""


def halve_is_right(halve: Callable[[int], int]) -> None:
    given("an even number")
    expect(halve(4) == 2, "Half of 4 is 2: people would pay twice.")
    given("an odd number")
    with refused("Half a cent was paid out.", OddError):
        halve(3)


async def halves_are_right_soon(halve: Callable[[int], int]) -> None:
    """Check in an event loop what `halve` does outside of one."""
    await asyncio.sleep(0)
    halve_is_right(halve)


async def app_is_right(client: httpx.AsyncClient) -> None:
    given("a visitor")
    home = await client.get("/")
    expect(home.status_code == 200, "Nobody is at home.")
    given("a visitor of the cellar")
    cellar = await client.get("/cellar")
    expect(cellar.status_code == 401, "The cellar is open to everybody.")


def value_is_right(value: Any) -> None:
    given("a value")
    expect(value["answer"] == 42, "It is another one.")


@pytest.fixture(autouse=True)
def only_ours() -> Iterator[None]:
    """Leave out what the chapters register."""
    with (
        patch.dict(EXERCISES, clear=True),
        patch("course.classroom.registry.load_in_order", lambda: iter(())),
    ):
        for name, wants, ours in (
            ("halve", a_function, halve_is_right),
            ("halve soon", a_function, halves_are_right_soon),
            ("the house", an_app, app_is_right),
            ("the answer", a_value, value_is_right),
        ):
            exercise(name, wants, hints=HINTS)(ours)
        yield


def verdict(name: str, answer: object, limits: Limits = LIMITS) -> Verdict:
    return judge(EXERCISES[name], answer, limits)


def judged_by(ours: Check, answer: object = ...) -> Verdict:
    """Judge by a check of its own; without an answer, nothing is called."""
    wants = a_function if answer is not ... else lambda answer: answer
    exercise("ours", wants, hints=HINTS)(ours)
    return verdict("ours", answer)


def halve(n: int) -> float:
    if n % 2:
        raise OddError(n)
    return n / 2


# What learners are shown


def test_right_answer_passes(capsys: pytest.CaptureFixture[str]) -> None:
    check("halve", halve)
    assert capsys.readouterr() == (
        "Passed: halve\nTried: an even number; an odd number.\n",
        "",
    )


def test_remark_is_shown_to_an_answer_that_passes_only() -> None:
    def ours(answer: Callable[[int], float]) -> None:
        remark("A remark: `>>` is another way.")
        expect(answer(4) == 2, "Half of 4 is 2.")

    passed = judged_by(ours, halve)
    assert passed.details[-1] == "A remark: `>>` is another way."
    refused_answer = verdict("ours", lambda n: n)
    assert not refused_answer.passed
    assert "A remark" not in " ".join(refused_answer.details)


def test_wrong_answer_is_told_what_failed_why_and_what_was_seen(
    capsys: pytest.CaptureFixture[str],
) -> None:
    check("halve", lambda n: n // 2)
    assert capsys.readouterr().out == (
        "Not yet: halve\n"
        "Given: an odd number\n"
        "Half a cent was paid out.\n"
        "Seen: `your_answer(3)` returned `1`\n"
        'Stuck? `hint("halve")`\n'
    )


def test_page_says_what_the_text_says() -> None:
    html = verdict("halve", lambda n: "<b>").card.html
    assert "<strong>Not yet: halve</strong>" in html
    assert "Seen: <code>your_answer(4)</code> returned" in html
    assert "<code>&#x27;&lt;b&gt;&#x27;</code>" in html


def test_first_given_is_counted_apart_from_the_rest() -> None:
    assert verdict("halve", lambda n: n).tried == ("an even number",)
    assert len(verdict("halve", lambda n: n / 2).tried) == 2


def test_async_answer_and_app_pass() -> None:
    assert verdict("halve soon", halve).passed
    assert verdict("the house", house()).passed
    assert verdict("the answer", {"answer": 42}).passed


def test_name_is_needed_once() -> None:
    with pytest.raises(ValueError, match="taken: 'halve'"):
        exercise("halve", a_function, hints=HINTS)


@pytest.mark.parametrize("hints", [(), ("one", "two"), ("1", "2", "3", "4")])
def test_hints_are_three(hints: tuple[str, str, str]) -> None:
    with pytest.raises(ValueError, match="three hints"):
        exercise("another", a_function, hints=hints)


def test_chapters_are_loaded_before_the_exercise_is_looked_up(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def load() -> Iterator[str]:
        exercise("new", a_value, hints=HINTS)(value_is_right)
        yield "course.practice.new"

    monkeypatch.setattr("course.classroom.registry.load_in_order", load)
    check("new", {"answer": 42})
    assert capsys.readouterr().out.startswith("Passed: new\n")


# Hints


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (
            None,
            'Three hints, the first a nudge: `hint("halve", 1)`, then 2, '
            "then 3.\n",
        ),
        (
            1,
            'Hint 1 of 3: halve\nHalves.\nThe next one: `hint("halve", 2)`\n',
        ),
        (
            2,
            'Hint 2 of 3: halve\nUse `/`.\nThe next one: `hint("halve", 3)`\n',
        ),
        (
            3,
            "Hint 3 of 3: halve\nWrite `n / 2`.\n"
            "The solution is folded below the exercise.\n",
        ),
        (4, 'There is no hint 4.\nAsk for `hint("halve", 1)`.\n'),
        (0, 'There is no hint 0.\nAsk for `hint("halve", 1)`.\n'),
        ("2", "There is no hint '2'.\nAsk for `hint(\"halve\", 1)`.\n"),
    ],
)
def test_hint_leads_to_the_next(
    number: int | None, text: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hint("halve", number)
    assert capsys.readouterr().out == text


def test_hints_are_folded_on_a_page(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    shown: list[Any] = []
    monkeypatch.setattr("course.classroom.card.display", shown.append)
    hint("halve")
    [card] = shown
    for title, text in (
        ("Hint 1: a nudge", "Halves."),
        ("Hint 2: closer", "Use <code>/</code>."),
        ("Hint 3: nearly there", "Write <code>n / 2</code>."),
    ):
        assert f"{title}</summary>" in card.html
        assert f">{text}</p></details>" in card.html
    assert card.html.count('name="hint-') == 3


@pytest.mark.parametrize("name", ["halv", halve, {}])
def test_unknown_name_gets_the_three_nearest(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    hint(name)
    hinted = capsys.readouterr().out
    check(name, halve)
    assert hinted == capsys.readouterr().out
    assert "There is no exercise " in hinted
    first, *nearest = hinted.splitlines()
    assert first.endswith("The nearest names are:")
    assert len(nearest) == 3
    assert {line.removeprefix("- ") for line in nearest} < EXERCISES.keys()
    assert "0x" not in hinted


# What is no answer, and what is a wrong one


def empty(n: Any) -> Any:
    """Halve."""


@pytest.mark.parametrize(
    ("name", "stub"),
    [
        ("halve", None),
        ("halve", empty),
        ("halve soon", empty),
        ("the house", None),
        ("the answer", ...),
    ],
)
def test_untouched_stub_is_told_so(name: str, stub: object) -> None:
    assert str(verdict(name, stub).card) == (
        f"Nothing to check yet: {name}\n"
        "Write your answer where the stub is, then run its cell.\n"
        f'Stuck? `hint("{name}")`'
    )


def nothing_returned(n: int) -> None:
    n / 2


def fails(n: int) -> NoReturn:
    raise LookupError(f"no {n}\nat all")


def leaves(n: int) -> NoReturn:
    raise SystemExit("bye")


def refuses_otherwise(n: int) -> float:
    if n % 2:
        raise TypeError("odd")
    return n / 2


async def halve_later(n: int) -> float:
    return n / 2


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("halve", 2, "You handed over `2`, which is of type `int`."),
        ("halve", halve_later, "`halve_later` is an `async def`"),
        ("halve", nothing_returned, "`None`: is a `return` missing?"),
        ("halve", fails, "`fails(4)` raised `LookupError: no 4 at all`."),
        ("halve", leaves, "`leaves(4)` raised `SystemExit: bye`, which stops"),
        ("halve", refuses_otherwise, "A refusal is expected, but as `OddErr"),
        ("halve soon", fails, "`fails(4)` raised `LookupError: no 4 at all`."),
        ("the house", FastAPI, "You handed over the class `FastAPI`."),
        ("the house", FastAPI(), "Nobody is at home. Seen: `GET /` answered"),
        ("the answer", {"answer": 41}, "Given: a value It is another one."),
    ],
)
def test_wrong_answer_gets_a_sentence_of_its_own(
    name: str, answer: object, sentence: str
) -> None:
    judgement = verdict(name, answer)
    text = str(judgement.card)
    assert sentence in " ".join(text.split())
    assert text.startswith(f"Not yet: {name}\n")
    assert not judgement.passed
    assert judgement.crash is None
    assert "Traceback" not in text
    assert text == str(verdict(name, answer).card)


class Incomparable:
    """What `halve` returns, and `==` cannot look at."""

    def __eq__(self, other: object) -> NoReturn:
        raise OddError("not comparable")

    __hash__ = None  # type: ignore[assignment]


def test_crash_of_the_check_is_told_from_a_refusal() -> None:
    judgement = verdict("halve", lambda n: Incomparable())
    assert not judgement.passed
    assert isinstance(judgement.crash, OddError)
    assert judgement.details[1].startswith(
        "What came back cannot be checked: `OddError: not comparable`."
    )
    assert verdict("halve", halve).crash is None


def test_check_without_a_given_tells_the_reason_alone() -> None:
    def ours(_: object) -> None:
        expect(False, "Because.")

    details = judged_by(ours).details
    assert details == ("Because.", 'Stuck? `hint("ours")`')


# Apps


def house() -> FastAPI:
    app = FastAPI()

    @app.get("/")
    def home() -> str:
        print("who is there?")
        return "home"

    @app.get("/cellar", status_code=401)
    async def cellar() -> str:
        return "keep out"

    return app


def test_app_is_told_which_request_failed() -> None:
    app = FastAPI()

    @app.get("/")
    def home() -> None:
        raise LookupError("lost")

    assert verdict("the house", app).details[:3] == (
        "Given: a visitor",
        "`GET /` raised `LookupError: lost`.",
        "Seen: `GET /` answered 500, body Internal Server Error",
    )


# Answers that never return


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


def test_endless_loop_is_told_to_be_one(released: threading.Event) -> None:
    def endless(n: int) -> None:
        while not released.is_set():
            print("still here")

    limits = Limits(computing=0.2, waiting=600)
    details = verdict("halve", endless, limits).details
    end(released)
    assert details[:3] == (
        "Given: an even number",
        "The check was stopped: the call `endless(4)` computed for more than "
        "0.2 seconds. Look for a loop that never ends.",
        RESTART,
    )
    assert details[3].startswith("It printed:\nstill here\n")
    assert "restart the kernel (Kernel > Restart Kernel…)" in RESTART


def test_limits_are_told_which_call_is_running(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    counters: list[Callable[[], int]] = []

    def run(
        work: Callable[[], None], limits: Limits, calls: Callable[[], int]
    ) -> Outcome:
        assert calls() == 0
        counters.append(calls)
        return sandbox.run(work, limits, calls)

    monkeypatch.setattr(
        "course.classroom.exercise.sandbox", SimpleNamespace(run=run)
    )
    assert verdict("halve", halve).passed
    [calls] = counters
    assert calls() == 2


def test_endless_wait_is_told_to_be_one(released: threading.Event) -> None:
    async def wait(_: object) -> None:
        await asyncio.to_thread(released.wait)

    exercise("ours", lambda it: it, hints=HINTS)(wait)
    limits = Limits(computing=600, waiting=0.2)
    assert verdict("ours", 1, limits).details[:2] == (
        "The check was stopped: your answer waited for more than 0.2 "
        "seconds. Look for a wait that never ends.",
        RESTART,
    )


# What answers print and warn of


def test_prints_are_told_below_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def chatty(n: int) -> int:
        print("halving", n)
        return n

    assert verdict("halve", chatty).details[-2:] == (
        "It printed:\nhalving 4",
        'Stuck? `hint("halve")`',
    )
    assert verdict("the house", house()).details[-1] == (
        "It printed:\nwho is there?"
    )
    assert capsys.readouterr() == ("", "")


def test_ten_lines_of_prints_are_told() -> None:
    def lines(n: int) -> int:
        print(*range(100), sep="\n")
        return n

    printed = verdict("halve", lines).details[-2]
    assert printed.splitlines()[1:] == [str(n) for n in range(10)]


def test_warnings_are_told_without_their_file() -> None:
    def careless(n: int) -> float:
        warnings.warn("the key is short", stacklevel=2)
        return halve(n)

    assert verdict("halve", careless).details[-1] == (
        "Python warned: the key is short"
    )


def test_attempt_is_not_told_of_a_coroutine_of_the_one_before() -> None:
    async def lost() -> None:
        """It is never awaited."""

    def forgetful(n: int) -> float:
        held = lost()
        raise LookupError(type(held).__name__)

    assert "never awaited" in str(verdict("halve", forgetful).details)
    assert "never awaited" not in str(verdict("halve", halve).details)
