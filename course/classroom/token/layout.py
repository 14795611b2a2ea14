"""Lay a token out: its three parts, labelled, with readable times."""

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from course.classroom.card import WIDTH, Card, wrap
from course.classroom.exchange import first_lines, printable, shorten
from course.classroom.token.parse import PARTS, ParsedToken, parse
from course.classroom.token.signature import check_signature

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# Claims that hold a NumericDate: RFC 7519 §4.1, OpenID Connect Core 1.0 §2.
DATES = ("exp", "iat", "nbf", "auth_time")
# Text and background colour: the same contrast in a light and a dark theme.
COLOURS = {
    "header": "color: #6a0f1c; background-color: #ffdfe0",
    "payload": "color: #0b3470; background-color: #d8e8ff",
    "signature": "color: #1d4a12; background-color: #dcf2d2",
}


@dataclass(frozen=True)
class Section:
    """What one part of a token contains: lines of JSON, or one sentence."""

    name: str
    sentence: str
    lines: list[str]

    def to_text(self) -> str:
        """Write JSON below the part's name, a sentence beside the name."""
        if self.sentence:
            return wrap(f"{self.name}: {self.sentence}")
        return "\n".join([self.name, *self.lines])

    def to_html(self) -> str:
        """Write a term of a description list, and its description."""
        content = escape(self.sentence or "\n".join(self.lines))
        if not self.sentence:
            content = f"<pre>{content}</pre>"
        return (
            f"<dt>{coloured(self.name, self.name)}</dt>"
            f'<dd style="margin: 2px 0 10px">{content}</dd>'
        )


def show_token(token: object, key: str | None = None) -> None:
    """Display a token's header, payload and signature.

    The times in the payload are also written as dates in UTC. Given a key,
    the signature is checked; the claims are not. What is not a token is
    displayed with the reason why not.
    """
    lay_out(parse(token), key).show()


def lay_out(token: ParsedToken, key: str | None = None) -> Card:
    """Write a token as text, and as HTML that says the same."""
    if "token" in token.problems:
        start = cut(shorten(token.text))
        return Card(
            f"{start}\n{wrap(token.complaint)}".lstrip(),
            f"<p><code>{escape(start)}</code><br>"
            f"{escape(token.complaint)}</p>",
        )
    parts = [printable(shorten(part)) for part in token.raw]
    names = [
        name.ljust(len(part)) for name, part in zip(PARTS, parts, strict=True)
    ]
    sections = [
        object_section("header", token),
        object_section("payload", token),
        Section("signature", check_signature(token, key), []),
    ]
    text = [
        "\n".join([".".join(parts), " ".join(names).rstrip()]),
        *(section.to_text() for section in sections),
    ]
    html = "<br>".join(
        [
            ".".join(map(coloured, PARTS, parts)),
            " ".join(map(coloured, PARTS, names)),
        ]
    )
    terms = "".join(section.to_html() for section in sections)
    return Card(
        "\n\n".join(text),
        f'<pre style="margin: 0 0 10px">{html}</pre>'
        f'<dl style="margin: 0">{terms}</dl>',
    )


def object_section(name: str, token: ParsedToken) -> Section:
    """Make the section of the header or the payload."""
    problem = token.problems.get(name, "")
    content = getattr(token, name)
    return Section(name, problem, [] if problem else json_lines(content))


def json_lines(content: dict[str, Any]) -> list[str]:
    """Indent a JSON object, with the dates of its times; cut what is long."""
    lines = ["{"]
    for number, (name, value) in enumerate(content.items(), 1):
        member = json.dumps({name: value}, indent=2, ensure_ascii=False)
        lines += member.split("\n")[1:-1]  # without the braces
        if number < len(content):
            lines[-1] += ","
        if name in DATES and is_number(value):
            lines[-1] += f"  ← {date_of(value)}"
    lines = [*lines, "}"] if content else ["{}"]
    return first_lines([cut(line) for line in lines])


def is_number(value: object) -> bool:
    """Tell a JSON number from a JSON `true`, which Python calls an int."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def date_of(seconds: float) -> str:
    """Write seconds since 1970 as `2026-01-01 12:00:00+00:00`."""
    try:
        return str(EPOCH + timedelta(seconds=seconds))
    except OverflowError:
        return "beyond the calendar"
    except ValueError:  # JSON of Python may contain NaN
        return "not a number"


def coloured(name: str, text: str) -> str:
    """Write a text as HTML in the colours of a part of a token."""
    return f'<span style="{COLOURS[name]}">{escape(text)}</span>'


def cut(line: str) -> str:
    """Make one line printable, and cut it to the width of a page."""
    line = printable(line)
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
