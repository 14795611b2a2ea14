"""The token inspector: take a token apart, change it, have it judged."""

import re
from collections.abc import Sequence
from datetime import UTC, datetime
from html import escape
from typing import Any

import ipywidgets as widgets  # type: ignore[import-untyped]

from course.classroom.card import AMBER, GREEN, wrap
from course.classroom.token.draft import (
    ClaimsError,
    claims_of,
    make_anew,
    sendable,
)
from course.classroom.token.layout import lay_out
from course.classroom.token.parse import read
from course.classroom.token.signature import UnusableError
from course.classroom.token.verdict import Verdict, judge

LAYOUT = {"width": "100%", "max_width": "44em"}
SPACING = "padding-left: 12px; margin-bottom: 8px"
MOMENT, GLUE = re.compile(r"(\d-\d\d) (\d\d:)"), "\N{NO-BREAK SPACE}"
NOTHING = "Nothing to judge yet: paste a token, or write claims."


class TokenInspector:
    """A widget that decodes a token as you type, and judges it.

    Change the claims or the key, and it signs again, as whoever has the key
    can. Untick "Sign again", and the old signature stays, as it must for
    anybody else. The fields are `token`, `key`, `claims` and `sign_again`,
    each with a `value`; `print` says in words what can be seen.

    Args:
        token: what to start with; anything can be inspected.
        key: what to check with, and to sign with.
        algorithms: what a header may name, as in `jwt.decode`.
        now: when to judge, aware; without it, whenever something changes.
    """

    def __init__(
        self,
        token: str = "",
        key: str = "",
        algorithms: Sequence[str] = ("HS256",),
        now: datetime | None = None,
    ) -> None:
        self._algorithms, self._now = tuple(algorithms), now
        self._reading, self._note, self._is_filling = read(token), "", False
        self.token = area("Token", sendable(token), rows=4)
        self.key = widgets.Text(
            sendable(key), description="Key", layout=LAYOUT
        )
        self.claims = area("Claims", claims_of(self._reading), rows=7)
        self.sign_again = widgets.Checkbox(
            True,
            description="Sign again when the claims or the key change",
            indent=False,
            layout=LAYOUT,
        )
        fields = (self.token, self.key, self.claims, self.sign_again)
        self._verdict, self._parts = widgets.HTML(), widgets.HTML()
        self._box = widgets.VBox([*fields, self._verdict, self._parts])
        self.token.observe(self._take_apart, "value")
        for field in fields[1:]:
            field.observe(self._put_together, "value")
        self._show()

    def __repr__(self) -> str:
        """Say in words what can be seen; the key stays unsaid."""
        parts = lay_out(self._reading, self.key.value).text
        return "\n\n".join([*map(folded, self._sentences()), parts])

    def _repr_mimebundle_(self, **_: object) -> dict[str, Any]:
        """Be a widget, and where no kernel runs, a picture of it."""
        self._show()
        return {
            **self._box._repr_mimebundle_(),
            "text/plain": repr(self),
            "text/html": self._verdict.value + self._parts.value,
        }

    def _take_apart(self, _: object) -> None:
        """Answer another token: show its claims."""
        if not self._is_filling:
            self._reading, self._note = read(self.token.value), ""
            self._fill(self.claims, claims_of(self._reading))
            self._show()

    def _put_together(self, _: object) -> None:
        """Answer other claims or another key: make the token anew."""
        if not self._is_filling:
            self._note = ""
            if self.claims.value or not self._reading.problems:
                self._make_anew()
            self._show()

    def _make_anew(self) -> None:
        """Replace the token; where that fails, note why."""
        parts = self._reading, self.claims.value
        key = self.key.value if self.sign_again.value else None
        try:
            token = make_anew(*parts, key)
        except UnusableError as error:
            token = make_anew(*parts, None)
            self._note = f"It keeps its old signature: {error}."
        except ClaimsError as error:
            self._note = f"{error} The token stays as it was."
            return
        self._fill(self.token, token)
        self._reading = read(token)

    def _fill(self, field: widgets.Widget, value: str) -> None:
        """Fill in a field, and do not take that for an edit."""
        self._is_filling = True
        try:
            field.value = value
        finally:
            self._is_filling = False

    def _show(self) -> None:
        """Bring what stands below the fields up to date."""
        colour = GREEN if self._judge().accepted else AMBER
        style = f"border-left: 4px solid {colour}; {SPACING}"
        said = "<br>".join(map(emphasised, self._sentences()))
        self._verdict.value = (
            f'<div role="status" style="{style}">{said}</div>'
        )
        self._parts.value = lay_out(self._reading, self.key.value).html

    def _judge(self) -> Verdict:
        """Check the token with the key that stands in its field."""
        now = self._now or datetime.now(UTC)
        return judge(self._reading, self.key.value, self._algorithms, now)

    def _sentences(self) -> list[str]:
        """Say what became of the last edit, if need be, and the verdict."""
        if self._reading.raw == ("",):
            return [NOTHING]
        return [*filter(None, [self._note]), str(self._judge())]


def folded(sentence: str) -> str:
    """Break a sentence into lines, but no moment in it into two."""
    glued = MOMENT.sub(f"\\1{GLUE}\\2", sentence)
    return wrap(glued).replace(GLUE, " ")


def emphasised(sentence: str) -> str:
    """Write a sentence in HTML, in bold as far as its colon."""
    head, colon, rest = sentence.partition(":")
    return f"<strong>{escape(head)}{colon}</strong>{escape(rest)}"


def area(name: str, text: str, rows: int) -> widgets.Textarea:
    """Make a field of several lines under a name."""
    return widgets.Textarea(text, description=name, rows=rows, layout=LAYOUT)
