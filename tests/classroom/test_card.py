"""A card says the same as text and as HTML, in lines that fit a page."""

import re
from html import unescape

import pytest

from course.classroom.card import (
    AMBER,
    GREEN,
    GREY,
    WIDTH,
    Card,
    details,
    paragraphs,
    to_html,
    wrap,
)
from tests.support.contrast import contrast


@pytest.mark.parametrize("background", ["#ffffff", "#111111"])
@pytest.mark.parametrize("colour", [GREEN, AMBER, GREY])
def test_bar_stands_out_in_either_theme(colour: str, background: str) -> None:
    """WCAG 2.2 SC 1.4.11: 3:1. Text has the colour of the theme."""
    assert contrast(colour, background) >= 3


def test_card_is_its_text_in_a_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    card = Card("some text", "<p>some text</p>")
    card.show()
    assert capsys.readouterr() == ("some text\n", "")
    assert card._repr_html_() == "<p>some text</p>"


def test_card_keeps_line_breaks_and_marks_code() -> None:
    card = paragraphs("`one`", "two\nthree & `four`", colour=AMBER)
    assert card.text == "`one`\ntwo\nthree & `four`"
    inner = "two<br>three &amp; <code>four</code>"
    assert "<strong><code>one</code></strong>" in card.html
    assert f'<p style="margin: 6px 0">{inner}</p>' in card.html
    assert f"border-left: 4px solid {AMBER};" in card.html


def test_html_says_the_same_as_the_text() -> None:
    card = paragraphs("<b>bold</b>", "\"quotes\" & 'more'")
    words = unescape(re.sub(r"<[^>]*>", " ", card.html)).split()
    assert words == card.text.split()


def test_details_are_closed_and_escaped() -> None:
    assert details("<a>", "`b`", "hint-1") == (
        '<details class="mathjax_ignore" name="hint-1" style="margin: 6px 0">'
        '<summary style="cursor: pointer">&lt;a&gt;</summary>'
        '<p style="margin: 4px 0 8px 18px"><code>b</code></p></details>'
    )


def test_single_backtick_marks_nothing() -> None:
    assert to_html("a ` b") == "a ` b"


def test_lines_are_79_characters_at_most() -> None:
    fits = "1234567 " * 9 + "1234567"
    assert (len(fits), wrap(fits)) == (WIDTH, fits)
    assert wrap(f"{fits}8").count("\n") == 1


def test_continued_lines_are_indented() -> None:
    first, second = wrap("word " * 20, indent="     ").split("\n")
    assert first.startswith("word")
    assert second.startswith("     word")


def test_long_words_are_not_broken() -> None:
    assert wrap("eyJ-" * 30) == "eyJ-" * 30
