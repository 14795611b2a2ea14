"""The token: its three parts laid out, labelled, their times readable."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

from course.classroom.card import Card, wrap
from course.classroom.exchange import LONGEST_BODY, printable, shortened
from course.classroom.token.parse import PARTS, Reading, read
from course.classroom.token.signature import check_signature

WIDTH = 79
ANYTHING = re.compile(r".*", re.DOTALL)
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
# A claim that holds a time: RFC 7519 §4.1, OpenID Connect Core 1.0 §2.
NUMERIC_DATE = re.compile(r'  "(?:exp|iat|nbf|auth_time)": (-?\d[^,]*),?')
# Ink and paper of its own: the same contrast in a light and a dark theme.
INK = {
    "header": "color: #6a0f1c; background-color: #ffdfe0",
    "payload": "color: #0b3470; background-color: #d8e8ff",
    "signature": "color: #1d4a12; background-color: #dcf2d2",
}


def show_token(token: object, key: str | None = None) -> None:
    """Lay out a token's header, payload and signature.

    Times are written in UTC beside their numbers. Given a key, the signature
    is checked; the claims are not judged. Anything can be shown: what is no
    token is told why.
    """
    lay_out(read(token), key).show()


def lay_out(reading: Reading, key: str | None = None) -> Card:
    """Write a token as text, and as HTML that says the same."""
    if "token" in reading.problems:
        start = cut(shorten(".".join(reading.raw)))
        problem = reading.complaint
        return Card(
            f"{start}\n{wrap(problem)}".lstrip(),
            f"<p><code>{escape(start)}</code><br>{escape(problem)}</p>",
        )
    parts = [printable(shorten(part)) for part in reading.raw]
    names = [
        name.ljust(len(part)) for name, part in zip(PARTS, parts, strict=True)
    ]
    contents = {
        "header": reading.problems.get("header") or pretty(reading.header),
        "payload": reading.problems.get("payload") or pretty(reading.payload),
        "signature": check_signature(reading, key),
    }
    paragraphs = [
        "\n".join([".".join(parts), " ".join(names).rstrip()]),
        *(below(name, text) for name, text in contents.items()),
    ]
    return Card("\n\n".join(paragraphs), in_html(parts, names, contents))


def in_html(
    parts: list[str], names: list[str], contents: dict[str, str]
) -> str:
    """Colour the parts, name them, and list what each contains."""
    rows = [
        between.join(map(inked, PARTS, row))
        for between, row in ((".", parts), (" ", names))
    ]
    terms = [
        f"<dt>{inked(name, name)}</dt>"
        f'<dd style="margin: 2px 0 10px">{boxed(text)}</dd>'
        for name, text in contents.items()
    ]
    return (
        f'<pre style="margin: 0 0 10px">{"<br>".join(rows)}</pre>'
        f'<dl style="margin: 0">{"".join(terms)}</dl>'
    )


def inked(name: str, text: str) -> str:
    """Write a text in the colours of a part."""
    return f'<span style="{INK[name]}">{escape(text)}</span>'


def boxed(text: str) -> str:
    """Keep the lines of an object; let a sentence run."""
    return f"<pre>{escape(text)}</pre>" if is_object(text) else escape(text)


def below(name: str, text: str) -> str:
    """Put an object below the name of its part, a sentence beside it."""
    return f"{name}\n{text}" if is_object(text) else wrap(f"{name}: {text}")


def is_object(text: str) -> bool:
    """Tell JSON from a sentence that stands in its place."""
    return text.startswith("{")


def pretty(claims: dict[str, Any]) -> str:
    """Indent JSON, say which moments its times are, cut what is long."""
    text = json.dumps(claims, indent=2, ensure_ascii=False)
    lines = [cut(dated(line)) for line in text.split("\n")]
    if len(lines) > LONGEST_BODY:
        rest = len(lines) - LONGEST_BODY
        lines = [*lines[:LONGEST_BODY], f"… and {rest:,} lines more"]
    return "\n".join(lines)


def dated(line: str) -> str:
    """Write the moment of a NumericDate beside it, in UTC."""
    found = NUMERIC_DATE.fullmatch(line)
    return f"{line}  ← {moment(float(found[1]))}" if found else line


def moment(seconds: float) -> str:
    """Write seconds since 1970 as `2026-01-01 12:00:00+00:00`."""
    try:
        return str(EPOCH + timedelta(seconds=seconds))
    except OverflowError:
        return "beyond the calendar"


def shorten(part: str) -> str:
    """Cut as the wire does: each part of a token to eight characters."""
    return ANYTHING.sub(shortened, part, count=1)


def cut(line: str) -> str:
    """Make one line printable, and cut it to the width of a page."""
    line = printable(line)
    return line if len(line) <= WIDTH else line[: WIDTH - 1] + "…"
