"""Cards: short messages, as plain text and as HTML that says the same."""

import html
import re
import textwrap
from dataclasses import dataclass

from IPython.display import display

# Mid-tones: at least 3:1 against white and against JupyterLab's dark page.
# Text takes the theme's own colour.
GREEN, AMBER, GREY = "#1f8f45", "#b26a00", "#808080"
CODE = re.compile(r"`([^`]+)`")


@dataclass(frozen=True, repr=False)
class Card:
    """Text for a terminal, a screen reader and nbval; HTML for a page.

    JupyterLab keeps few tags and styles in a notebook that was opened and not
    run yet: no SVG, no style sheet, no CSS variables, no ARIA.
    """

    text: str
    html: str

    def __repr__(self) -> str:
        return self.text

    def _repr_html_(self) -> str:
        return self.html

    def show(self) -> None:
        """Display it where the code runs: a notebook or a terminal."""
        display(self)  # type: ignore[no-untyped-call]


def plain(*paragraphs: str, colour: str = GREY) -> Card:
    """Lay out paragraphs, the first one as their headline."""
    head, *rest = map(marked_up, paragraphs)
    body = "".join(
        f'<p style="margin: 6px 0">{text}</p>'
        for text in (f"<strong>{head}</strong>", *rest)
    )
    style = (
        f"border-left: 4px solid {colour}; padding-left: 12px; "
        "overflow-wrap: anywhere"
    )
    return Card(
        "\n".join(map(wrapped, paragraphs)),
        f'<div style="{style}">{body}</div>',
    )


def wrapped(text: str, indent: str = "") -> str:
    """Break long lines, later ones indented; keep the breaks it has."""
    return "\n".join(
        textwrap.fill(
            line,
            79,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        for line in text.split("\n")
    )


def marked_up(text: str) -> str:
    """Escape for HTML; `code` between backticks becomes code."""
    code = CODE.sub(r"<code>\1</code>", html.escape(text))
    return code.replace("\n", "<br>")


def fold(summary: str, content: str, group: str) -> str:
    """Write HTML that opens on demand, one at a time within its group.

    Native `<details>`: it works from the keyboard, without a kernel, and on
    pages that trust no script.
    """
    return (
        f'<details name="{group}" style="margin: 6px 0">'
        f'<summary style="cursor: pointer">{marked_up(summary)}</summary>'
        f'<p style="margin: 4px 0 8px 18px">{marked_up(content)}</p></details>'
    )
