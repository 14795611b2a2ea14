"""`show_plot` gives a picture to those who see it, a sentence to everybody."""

import base64
import logging
import re
import subprocess
import sys
from html import unescape
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from course.chapters import ROOT
from course.classroom.card import Card
from course.classroom.figure import show_plot

if TYPE_CHECKING:
    from matplotlib.figure import Figure

ALT = 'Bars: a "login" takes <200 ms & everything else less.'


@pytest.fixture(scope="module")
def figure() -> "Figure":
    # Imported here: tests of other modules need not wait for it.
    from matplotlib.figure import Figure

    figure = Figure(figsize=(2, 1))
    figure.subplots().bar(["a", "b"], [1, 2])
    return figure


def html_of(figure: "Figure", alt: str = ALT) -> str:
    with patch.object(Card, "show", autospec=True) as show:
        show_plot(figure, alt)
    html: str = show.call_args.args[0].html
    return html


def test_terminal_gets_the_sentence(
    figure: "Figure", capsys: pytest.CaptureFixture[str]
) -> None:
    show_plot(figure, ALT)
    assert capsys.readouterr() == (f"{ALT}\n", "")


def test_picture_carries_the_sentence(figure: "Figure") -> None:
    html = html_of(figure)
    found = re.search(
        r'<img class="plot" alt="([^"<>]*)" src="[^"<>]*">$', html
    )
    assert found
    assert unescape(found[1]) == ALT


def test_dark_page_gets_a_dark_picture(figure: "Figure") -> None:
    style = html_of(figure).partition("<img")[0]
    assert style.startswith('<style>[data-jp-theme-light="false"] img.plot ')


def test_picture_needs_no_network(figure: "Figure") -> None:
    data = html_of(figure).partition("data:image/png;base64,")[2]
    picture = base64.b64decode(data.removesuffix('">'), validate=True)
    assert picture.startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.endswith(b"IEND\xaeB`\x82")
    width = int.from_bytes(picture[16:20], "big")
    assert 150 <= width <= 230  # two inches, of 96 pixels each


def test_picture_is_hidden_by_its_mask(figure: "Figure") -> None:
    masks = (ROOT / "tests/masks.cfg").read_text(encoding="utf-8")
    pattern = re.search("^regex: (data:image/.*)$", masks, re.MULTILINE)
    assert pattern
    left = re.sub(pattern[1], "PLOT", html_of(figure))
    assert left.endswith('src="PLOT">')


@pytest.mark.parametrize("length", [20, 250])
def test_sentence_of_a_fitting_length_is_taken(
    length: int, figure: "Figure"
) -> None:
    assert f'alt="{"x" * length}"' in html_of(figure, "x" * length)


@pytest.mark.parametrize(
    "alt", ["", "a plot", "x" * 19, "x" * 251, " " * 40, "x\n" + " " * 40]
)
def test_sentence_must_say_something(alt: str, figure: "Figure") -> None:
    with pytest.raises(ValueError, match="in 20 to 250 characters"):
        show_plot(figure, alt)


def test_line_breaks_of_the_source_are_folded(figure: "Figure") -> None:
    html = html_of(figure, "One bar is short,\n    and the other long. ")
    assert 'alt="One bar is short, and the other long."' in html


def test_building_of_a_font_cache_is_not_announced() -> None:
    assert not logging.getLogger("matplotlib.font_manager").isEnabledFor(
        logging.WARNING
    )


@pytest.mark.integration
def test_matplotlib_is_loaded_only_by_who_plots() -> None:
    code = "import sys, course.classroom.figure as p; " + (
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=True)
