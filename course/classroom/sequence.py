"""The sequence diagram of exchanges that really happened."""

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import combining, east_asian_width

import httpx

from course.classroom.card import Card
from course.classroom.exchange import TOKEN, printable, shortened
from course.classroom.gist import answered, asked

WIDEST, NARROWEST, LONGEST_NAME, LONGEST_LABEL = 79, 40, 24, 250
LINE = "2px solid"  # of no colour of its own: the text's, in every theme
ROW = "display: flex; align-items: center"


@dataclass(frozen=True)
class Arrow:
    """One message: what stands over its arrow, and which way that goes."""

    title: str
    lines: list[str]
    is_answer: bool


def sequence(
    *responses: httpx.Response, people: tuple[str, str] = ("client", "app")
) -> None:
    """Draw the exchanges that led to some responses, redirects included.

    Of each message it says what matters: a token that was received, a
    challenge, an error. Passwords are dots.

    Args:
        responses: what was answered, in this order.
        people: who asked, and who answered.

    Raises:
        ValueError: there is nothing to draw.
    """
    if not responses:
        raise ValueError("there is no response to draw")
    left, right = (printable(name)[:LONGEST_NAME] for name in people)
    # A lifeline hangs from the middle of each name.
    room = WIDEST - 4 - len(left) // 2 - len(right) // 2
    arrows = [*arrows_of(responses, room)]
    text = "\n".join(in_text(arrows, left, right))
    Card(text, in_html(arrows, left, right)).show()


def arrows_of(
    responses: Sequence[httpx.Response], room: int
) -> Iterator[Arrow]:
    """Make two arrows of each exchange, redirects before their ends."""
    for last in responses:
        for response in (*last.history, last):
            yield arrow_of(asked(response.request), room, is_answer=False)
            yield arrow_of(answered(response), room, is_answer=True)


def arrow_of(said: Iterator[str], room: int, is_answer: bool) -> Arrow:
    """Shorten tokens, make lines printable, and break the long ones."""
    lines = [printable(TOKEN.sub(shortened, line)) for line in said]
    pieces = [piece for line in lines for piece in broken(line, room)]
    return Arrow(lines[0], pieces, is_answer)


def broken(line: str, room: int) -> list[str]:
    """Break a line into three at most that fit into so many columns."""
    is_wide = any(east_asian_width(sign) in "FW" for sign in line)
    return textwrap.wrap(
        line,
        room // 2 if is_wide else room,
        max_lines=3,
        placeholder=" …",
        break_on_hyphens=False,
    )


def columns(text: str) -> int:
    """Count the columns that a text takes in a terminal."""
    return sum(
        0 if combining(sign) else 1 + (east_asian_width(sign) in "FW")
        for sign in text
    )


def in_text(arrows: list[Arrow], left: str, right: str) -> Iterator[str]:
    """Draw in characters: requests at the left, answers at the right."""
    longest = max(columns(line) for arrow in arrows for line in arrow.lines)
    inner = max(longest + 2, NARROWEST)
    margin = " " * (len(left) // 2)
    between = len(margin) + inner + 2 - len(left) - (len(right) + 1) // 2
    yield f"{left}{' ' * between}{right}"
    for arrow in arrows:
        yield f"{margin}│{' ' * inner}│"
        for line in arrow.lines:
            fill = " " * (inner - 2 - columns(line))
            row = f"{fill}{line}" if arrow.is_answer else f"{line}{fill}"
            yield f"{margin}│ {row} │"
        shaft = "─" * (inner - 1)
        yield margin + (f"│←{shaft}│" if arrow.is_answer else f"│{shaft}→│")


def in_html(arrows: list[Arrow], left: str, right: str) -> str:
    """Draw in HTML: a list of arrows between two lifelines.

    Not in SVG: of that, JupyterLab leaves nothing but jumbled words in a
    notebook that was opened and not run, and a screen reader gets no list.
    """
    label = escape(summary(arrows, left, right))
    names = "".join(
        f"<strong>{escape(name)}</strong>" for name in (left, right)
    )
    steps = "".join(map(step, arrows))
    return (
        f'<figure aria-label="{label}" style="margin: 0; max-width: 40em">'
        f'<div style="{ROW}; justify-content: space-between">{names}</div>'
        '<ol style="list-style: none; margin: 0 1.5em; padding: 0; '
        f'border-left: {LINE}; border-right: {LINE}">{steps}</ol></figure>'
    )


def step(arrow: Arrow) -> str:
    """Draw one arrow and what stands over it."""
    words = "<br>".join(map(escape, arrow.lines))
    shaft = f'<span style="flex: 1; border-top: {LINE}"></span>'
    side, shape = "left", f"{shaft}<span>▶</span>"
    if arrow.is_answer:
        side, shape = "right", f"<span>◀</span>{shaft}"
    return (
        f'<li style="padding: 8px 0 0"><div style="padding: 0 12px; '
        f'text-align: {side}; font-family: monospace">{words}</div>'
        f'<div style="{ROW}">{shape}</div></li>'
    )


def summary(arrows: list[Arrow], left: str, right: str) -> str:
    """Say in one sentence what can be seen."""
    exchanges = zip(arrows[::2], arrows[1::2], strict=True)
    said = "; ".join(f"{a.title}, {b.title}" for a, b in exchanges)
    sentence = f"Sequence diagram, {left} and {right}: {said}."
    if len(sentence) > LONGEST_LABEL:
        return f"{sentence[: LONGEST_LABEL - 1]}…"
    return sentence
