"""A prediction asks, hides its answers, and opens them one at a time."""

from collections.abc import Iterator
from html.parser import HTMLParser
from unittest.mock import patch

import pytest

from course.classroom.prediction import (
    PREDICTIONS,
    Option,
    ask,
    predict,
    prediction,
    right,
    wrong,
)

QUESTION = "What is <b>1 + 1</b>?"
OPTIONS = (
    wrong("1 & only", "That is `1 * 1`."),
    right("2", "So it is."),
    wrong('<script>alert("3")</script>', "It is no script."),
)


@pytest.fixture(autouse=True)
def asked() -> Iterator[None]:
    """Register one question, and forget it afterwards."""
    with patch.dict(PREDICTIONS, clear=True):
        prediction(QUESTION, *OPTIONS)
        yield


class Page(HTMLParser):
    """The tags and texts of some HTML; unbalanced HTML is an error."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(html)
        self.close()
        assert not self.open

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]


def test_question_is_shown_with_lettered_options_and_no_answer(
    capsys: pytest.CaptureFixture[str],
) -> None:
    predict(QUESTION)
    assert capsys.readouterr().out == (
        "Predict: What is <b>1 + 1</b>?\n"
        "  a. 1 & only\n"
        "  b. 2\n"
        '  c. <script>alert("3")</script>\n'
        'To read an answer, add its letter: `predict("…", "b")`\n'
    )


@pytest.mark.parametrize(
    ("choice", "answer"),
    [
        ("a", "a. 1 & only\nNo. That is `1 * 1`.\n"),
        ("b", "b. 2\nYes. So it is.\n"),
        ("c", 'c. <script>alert("3")</script>\nNo. It is no script.\n'),
        ("B", "b. 2\nYes. So it is.\n"),
        (" c ", 'c. <script>alert("3")</script>\nNo. It is no script.\n'),
        ("d", 'There is no option `\'d\'`.\nChoose "a", "b" or "c".\n'),
        (2, 'There is no option `2`.\nChoose "a", "b" or "c".\n'),
    ],
)
def test_chosen_option_is_answered_as_text(
    choice: str, answer: str, capsys: pytest.CaptureFixture[str]
) -> None:
    predict(QUESTION, choice)
    assert capsys.readouterr().out == answer


def test_page_says_what_the_text_says_and_folds_the_answers() -> None:
    page = Page(ask(QUESTION)._repr_html_())
    assert page.texts == [
        f"Predict: {QUESTION}",
        "a. 1 & only",
        "No. That is ",
        "1 * 1",
        ".",
        "b. 2",
        "Yes. So it is.",
        'c. <script>alert("3")</script>',
        "No. It is no script.",
    ]
    assert len(page.all("details")) == len(page.all("summary")) == 3
    assert not any("open" in details for details in page.all("details"))


def test_options_are_one_group_with_a_name() -> None:
    page = Page(ask(QUESTION).html)
    assert [tag for tag, _ in page.tags][:2] == ["fieldset", "legend"]
    [group] = {details["name"] for details in page.all("details")}
    prediction("Another?", *OPTIONS)
    [other] = {d["name"] for d in Page(ask("Another?").html).all("details")}
    assert group != other


def test_hostile_text_stays_text() -> None:
    tags = {tag for tag, _ in Page(ask(QUESTION).html).tags}
    assert tags == {"fieldset", "legend", "details", "summary", "p", "code"}


def test_every_showing_is_the_same() -> None:
    assert ask(QUESTION) == ask(QUESTION)


def test_unknown_question_gets_the_three_nearest() -> None:
    prediction("What is 1 * 1?", *OPTIONS)
    prediction("What is 2 * 2?", *OPTIONS)
    prediction("Who asks?", *OPTIONS)
    assert ask("What is 1 + 1?").text.splitlines() == [
        "There is no question `'What is 1 + 1?'`. The nearest are:",
        "- What is 1 * 1?",
        f"- {QUESTION}",
        "- What is 2 * 2?",
    ]


def test_chapters_are_loaded_before_the_question_is_looked_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def load() -> Iterator[str]:
        prediction("Just loaded?", *OPTIONS)
        yield "course.practice.new"

    monkeypatch.setattr("course.classroom.registry.load_in_order", load)
    assert ask("Just loaded?").text.startswith("Predict: Just loaded?")


@pytest.mark.parametrize("choice", [None, "a"])
def test_anything_may_be_asked(choice: str | None) -> None:
    assert ask({"no": "question"}, choice).text.startswith(  # type: ignore
        "There is no question `{'no': 'question'}`."
    )


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (OPTIONS[:2], "three different options"),
        ((*OPTIONS, wrong("4", "")), "three different options"),
        ((*OPTIONS[:2], OPTIONS[0]), "three different options"),
        ((), "three different options"),
        ((*OPTIONS[:2], right("two", "")), "one right option"),
        ((OPTIONS[0], OPTIONS[2], wrong("4", "")), "one right option"),
    ],
)
def test_unfit_options_are_refused(
    options: tuple[Option, ...], complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        prediction("Fit?", *options)
    assert "Fit?" not in PREDICTIONS


def test_question_is_registered_once() -> None:
    with pytest.raises(ValueError, match="registered already"):
        prediction(QUESTION, *OPTIONS)


def test_long_options_hang_under_their_letter() -> None:
    prediction("Long?", wrong("word " * 30, ""), *OPTIONS[1:])
    lines = ask("Long?").text.splitlines()
    assert all(len(line) <= 79 for line in lines)
    assert lines[1].startswith("  a. word word")
    assert lines[2].startswith("     word word")
