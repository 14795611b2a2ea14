"""Verdicts name what failed and why, whatever a learner hands over."""

import asyncio
import functools
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any, NoReturn
from unittest.mock import patch

import httpx
import pytest
from fastapi import FastAPI
from fastapi.responses import StreamingResponse

from course.classroom.answer_types import (
    a_function,
    a_value,
    an_app,
)
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
from course.classroom.sandbox import LIMITS, Limits
from course.classroom.trial import (
    expect,
    given,
    refused,
    remark,
)

HINTS = ("Halves.", "Use `/`.", "Write `n / 2`.")
AT_ONCE = Limits(computing=0.2, waiting=0.2)
RESTART_SAID = "restart the kernel (Kernel > Restart Kernel…)"


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


async def halve_later(n: int) -> float:
    return halve(n)


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
    assert card.html.count('<details name="hint-') == 3


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


# What is not touched yet


def empty(n: Any) -> Any:
    """Halve."""


def passing(n: Any) -> Any:
    pass


def unimplemented(n: int) -> NoReturn:
    raise NotImplementedError


def half_done(n: Any) -> Any:
    half = (...,)
    return half[0]


@pytest.mark.parametrize(
    ("name", "stub"),
    [
        ("halve", None),
        ("halve", ...),
        ("halve", empty),
        ("halve", passing),
        ("halve", unimplemented),
        ("halve", half_done),
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


# What cannot be tried


def nothing_returned(n: int) -> None:
    n / 2


def local_only(n: Any) -> Any:
    half = n  # noqa: F841


def two(a: int, b: int) -> int:
    return a + b


def unawaited(n: int) -> object:
    return halve_later(n)


def leaves(n: int) -> NoReturn:
    sys.exit("bye")


def interrupts(n: int) -> NoReturn:
    raise KeyboardInterrupt


def fails(n: int) -> NoReturn:
    raise LookupError(f"no {n}\nat all")


def says_not_implemented(n: int) -> NoReturn:
    raise NotImplementedError("Algorithm not supported")


class Mute(Exception):  # noqa: N818
    """An exception whose words are an exception."""

    def __str__(self) -> str:
        raise SystemExit


def mute(n: int) -> NoReturn:
    raise Mute


class Nameless:
    """A thing that can be called, and will not say what it is."""

    def __call__(self, n: int) -> "Nameless":
        return self

    def __repr__(self) -> str:
        raise ValueError

    def __eq__(self, other: object) -> NoReturn:
        raise OddError("not comparable")

    __hash__ = None  # type: ignore[assignment]


STOPS = "which stops the whole program. Raise an ordinary exception, or return"


@pytest.mark.parametrize(
    ("name", "answer", "sentence"),
    [
        ("halve", FastAPI, "You handed over the class `FastAPI`. Hand over "),
        ("halve", 2, "You handed over `2`, which is of type `int`."),
        ("halve", "half", "its name, without parentheses."),
        ("halve", halve_later, "`halve_later` is an `async def`"),
        ("halve", unawaited, "`unawaited` returned a coroutine"),
        ("halve", two, "`two(4)` does not fit `two(a, b)`: missing a requ"),
        ("halve", nothing_returned, "`None`: is a `return` missing?"),
        ("halve", local_only, "`None`: is a `return` missing?"),
        ("halve", print, "`print(4)` returned `None`"),
        ("halve", functools.partial(two, 1), "`your_answer(4)` returned `5`"),
        ("halve", fails, "`fails(4)` raised `LookupError: no 4 at all`."),
        ("halve", leaves, f"`leaves(4)` raised `SystemExit: bye`, {STOPS}."),
        ("halve", interrupts, f"raised `KeyboardInterrupt`, {STOPS}."),
        ("halve", mute, "`mute(4)` raised `Mute`."),
        ("halve", says_not_implemented, "Error: Algorithm not supported`."),
        (
            "halve",
            Nameless(),
            "What came back cannot be checked: `OddError: not comparable`. "
            "Seen: `your_answer(4)` returned `<Nameless>`",
        ),
        ("halve", max, "`max(4)` raised `TypeError: 'int' object is not"),
        ("the house", halve, "You handed over the function `halve`. Hand ov"),
        ("the house", FastAPI, "You handed over the class `FastAPI`. Hand "),
        ("the answer", {}, "What came back cannot be checked: `KeyError: 'a"),
        ("the answer", {"answer": 41}, "It is another one."),
    ],
)
def test_unfit_answer_gets_a_sentence_of_its_own(
    name: str, answer: object, sentence: str
) -> None:
    judgement = verdict(name, answer)
    text = str(judgement.card)
    assert sentence in " ".join(text.split())
    assert text.startswith(f"Not yet: {name}\n")
    assert not judgement.passed
    assert "Traceback" not in text
    assert "0x" not in text
    assert text == str(verdict(name, answer).card)


@pytest.mark.parametrize("name", ["halve", "the house", "the answer"])
def test_coroutine_is_no_answer(name: str) -> None:
    said = str(verdict(name, halve_later(2)).card)
    assert "a call that was made and never awaited" in " ".join(said.split())


def test_refusal_of_another_kind_is_told_from_the_right_one() -> None:
    def refuse(n: int) -> int:
        if n % 2:
            raise TypeError("odd")
        return n // 2

    assert "\n".join(verdict("halve", refuse).details).startswith(
        "Given: an odd number\n`refuse(3)` raised `TypeError: odd`. "
        "A refusal is expected, but as `OddError`."
    )


def test_leaving_is_no_refusal() -> None:
    def leave(n: int) -> int:
        if n % 2:
            raise SystemExit
        return n // 2

    assert STOPS in str(verdict("halve", leave).details)


def test_long_and_lasting_values_are_shortened() -> None:
    def stretch(n: object) -> str:
        return "`long`\n" * 100

    def ours(stretch: Callable[..., str]) -> None:
        expect(not stretch(object(), n=1), "why")

    seen = judged_by(ours, lambda a, n: stretch(a)).details[1]
    call, _, value = seen.partition(" returned ")
    assert call == "Seen: `your_answer(<object object>, n=1)`"
    assert "'long'\\n'long'\\n" in value
    assert value.endswith("…`")
    assert (len(value), value.count("`")) == (62, 2)


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


def test_app_is_told_what_it_answered() -> None:
    app = FastAPI()

    @app.get("/{path:path}")
    async def open_door() -> StreamingResponse:
        return StreamingResponse(iter(["come", "in"]))

    assert verdict("the house", app).details[:3] == (
        "Given: a visitor of the cellar",
        "The cellar is open to everybody.",
        "Seen: `GET /cellar` answered 200, body comein",
    )


@pytest.mark.parametrize("leave", [SystemExit, KeyboardInterrupt])
def test_app_that_leaves_is_told_so(leave: type[BaseException]) -> None:
    app, later = FastAPI(), FastAPI()

    @app.get("/")
    def home() -> None:
        raise leave

    @later.get("/")
    async def home_later() -> None:
        raise leave

    for one in (app, later):
        said = " ".join(str(verdict("the house", one).card).split())
        assert f"`GET /` raised `{leave.__name__}`, {STOPS}." in said


# Answers that never return


@pytest.fixture
def released() -> Iterator[threading.Event]:
    """An event to wait for; whoever does is let go in the end."""
    event = threading.Event()
    streams = sys.stdout, sys.stderr
    yield event
    event.set()
    for thread in threading.enumerate():
        if thread.name == "answer":
            thread.join()
    sys.stdout, sys.stderr = streams


def test_endless_answer_ends_at_the_deadline(
    released: threading.Event,
) -> None:
    def endless(n: int) -> bool:
        return released.wait()

    assert verdict("halve", endless, AT_ONCE).details[:3] == (
        "Given: an even number",
        "The check was stopped: the call `endless(4)` waited for more than "
        "0.2 seconds. Look for a wait that never ends.",
        RESTART,
    )
    assert RESTART_SAID in RESTART
    # One that is no daemon would keep Python from ending.
    [left] = [t for t in threading.enumerate() if t.name == "answer"]
    assert left.daemon


def test_endless_check_ends_at_the_deadline(
    released: threading.Event,
) -> None:
    def wait(_: object) -> None:
        released.wait()

    exercise("ours", lambda it: it, hints=HINTS)(wait)
    details = verdict("ours", 1, AT_ONCE).details
    assert details[:2] == (
        "The check was stopped: your answer waited for more than 0.2 "
        "seconds. Look for a wait that never ends.",
        RESTART,
    )


def test_endless_loop_is_stopped_and_prints_no_more(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def endless(n: int) -> None:
        while True:
            print("still here")

    limits = Limits(computing=0.2, waiting=600)
    details = verdict("halve", endless, limits).details
    assert details[:2] == (
        "Given: an even number",
        "The check was stopped: the call `endless(4)` computed for more than "
        "0.2 seconds. Look for a loop that never ends.",
    )
    assert details[2].startswith("It printed:\nstill here\n")
    print("the next cell")
    assert capsys.readouterr().out == "the next cell\n"
    assert not [t for t in threading.enumerate() if t.name == "answer"]


# What answers print


def test_prints_are_told_below_the_reason(
    capsys: pytest.CaptureFixture[str],
) -> None:
    def chatty(n: int) -> int:
        print("halving", n)
        print("loudly", file=sys.stderr)
        return n

    assert verdict("halve", chatty).details[-2:] == (
        "It printed:\nhalving 4\nloudly",
        'Stuck? `hint("halve")`',
    )
    assert capsys.readouterr() == ("", "")


def test_prints_of_tasks_and_worker_threads_are_told() -> None:
    def chatty(n: int) -> int:
        asyncio.run(asyncio.to_thread(print, "from afar"))
        return n

    printed = verdict("halve", chatty).details[-2]
    assert printed == "It printed:\nfrom afar"
    assert verdict("the house", house()).details[-1] == (
        "It printed:\nwho is there?"
    )


def test_endless_words_are_cut() -> None:
    def chatty(n: int) -> int:
        for _ in range(100):
            print("word " * 100)
        return n

    def lines(n: int) -> int:
        print(*range(100), sep="\n")
        return n

    printed = verdict("halve", chatty).details[-2]
    assert printed.startswith("It printed:\nword word ")
    assert 450 < len(printed) <= 520
    printed = verdict("halve", lines).details[-2]
    assert printed.splitlines()[1:] == [str(n) for n in range(10)]


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
    monkeypatch.setattr("course.classroom.sandbox.get_ipython", lambda: shell)
    said = str(verdict("halve", lambda n: shell.ask_exit()).card)
    assert "`your_answer(4)` raised `SystemExit`" in said
    assert not shell.left
    shell.ask_exit()
    assert shell.left


def test_streams_are_as_they_were() -> None:
    before = sys.stdout, sys.stderr
    verdict("halve", halve)
    verdict("halve", leaves)
    assert (sys.stdout, sys.stderr) == before
