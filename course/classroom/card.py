"""Cards: a message as plain text, and as HTML that says the same."""

import html
import re
import textwrap
from dataclasses import dataclass

from IPython.display import display

WIDTH = 79
# The contrast of each is at least 3:1, against white and against JupyterLab's
# dark page. Text keeps the theme's own colour.
GREEN, AMBER, GREY = "#1f8f45", "#b26a00", "#808080"
# JupyterLab would typeset what is between two dollar signs, as in a bcrypt
# hash, as a formula. This class keeps it from doing so.
NO_MATH = "mathjax_ignore"
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, repr=False)
class Card:
    """Text for a terminal, a screen reader and nbval; HTML for a web page.

    JupyterLab removes much from the HTML of a notebook that was opened and
    not run yet: SVG, style sheets, CSS variables and ARIA. Do without them.
    """

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html

    def show(self) -> None:
        """Display the card in the running notebook or terminal."""
        display(self)  # type: ignore[no-untyped-call]


def paragraphs(*texts: str, colour: str = GREY) -> Card:
    """Make a card of some texts: the first becomes its bold headline.

    Code is written between backticks. The colour is that of the bar at the
    left of the HTML.
    """
    head, *rest = map(to_html, texts)
    body = "".join(
        f'<p style="margin: 6px 0">{text}</p>'
        for text in (f"<strong>{head}</strong>", *rest)
    )
    style = (
        f"border-left: 4px solid {colour}; padding-left: 12px; "
        "overflow-wrap: anywhere"
    )
    return Card(
        "\n".join(map(wrap, texts)),
        f'<div class="{NO_MATH}" style="{style}">{body}</div>',
    )


def wrap(text: str, indent: str = "") -> str:
    """Break the lines of a text that are longer than 79 columns.

    The text keeps its own line breaks. The indent goes before each line that
    continues a broken one.
    """
    return "\n".join(
        textwrap.fill(
            line,
            WIDTH,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def to_html(text: str) -> str:
    """Escape a text for HTML; write what is between backticks as code."""
    code = CODE.sub(r"<code>\1</code>", html.escape(text))
    return code.replace("\n", "<br>")


def details(summary: str, content: str, group: str) -> str:
    """Write an HTML `<details>`: a summary that opens its content.

    Of the elements with the same group, at most one is open. The element
    works from the keyboard, without a kernel, and in a notebook that the
    browser does not trust.
    """
    return (
        f'<details class="{NO_MATH}" name="{group}" style="margin: 6px 0">'
        f'<summary style="cursor: pointer">{to_html(summary)}</summary>'
        f'<p style="margin: 4px 0 8px 18px">{to_html(content)}</p></details>'
    )
