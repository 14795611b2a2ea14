"""Draw HTTP exchanges that happened as a sequence diagram."""

import json
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from html import escape
from unicodedata import combining, east_asian_width
from urllib.parse import parse_qsl

import httpx

from course.classroom.card import NO_MATH, WIDTH, Card
from course.classroom.exchange import (
    TOKEN,
    printable,
    shorten_part,
    shorten_tokens,
)
from course.classroom.token.parse import PARTS

NARROWEST, LONGEST_NAME, LONGEST_LABEL = 40, 24, 250
LONGEST_ADDRESS = 80  # a longer one is drawn as a path and its fields
FORM = "application/x-www-form-urlencoded"
SECRET_FIELDS = {"password", "client_secret", "refresh_token", "code_verifier"}
DOTS = "••••••"
RANDOM = re.compile(r"(?<![^=])[\w-]{43,}(?![^&])")  # 256 bits, base64url
LINE = "2px solid"  # no colour: the line takes the text's, in every theme
ROW = "display: flex; align-items: center"

Abbreviate = Callable[[str], str]


class Opaque(str):
    """A long random text, such as a refresh token, a state or a code.

    It is drawn as dots, and with a number if there are more.
    """

    __slots__ = ()


@dataclass(frozen=True)
class Arrow:
    """A message: its first line, all its lines, and its direction."""

    title: str
    lines: list[str]
    is_answer: bool


def sequence(
    *responses: httpx.Response, people: tuple[str, str] = ("client", "app")
) -> None:
    """Draw requests and their responses, redirects included.

    Above each arrow are the few lines that matter: method and path,
    credentials, form fields; status, redirect, challenge, token or error.
    Passwords are dots, and a credential is cut to its first eight characters.
    Of two that begin alike, the drawing says where they differ. Long random
    values are dots and a number: equal numbers are equal values. Requests to
    several hosts are drawn with the host.

    Args:
        responses: the responses, in the order in which they came.
        people: the names of the sender and the receiver of the requests.

    Raises:
        ValueError: there is no response.
    """
    if not responses:
        raise ValueError("there is no response to draw")
    left, right = (printable(name)[:LONGEST_NAME] for name in people)
    # A lifeline hangs from the middle of each name.
    room = WIDTH - 4 - len(left) // 2 - len(right) // 2
    arrows = [*arrows_of(responses, room)]
    text = "\n".join(in_text(arrows, left, right))
    Card(text, in_html(arrows, left, right)).show()


def arrows_of(
    responses: Sequence[httpx.Response], room: int
) -> Iterator[Arrow]:
    """Make two arrows of each exchange, a redirect before its target."""
    exchanges = [
        response for last in responses for response in (*last.history, last)
    ]
    several = len({each.request.url.host for each in exchanges}) > 1
    secrets: list[str] = []

    def collect(secret: str) -> str:
        secrets.append(secret)
        return secret

    for response in exchanges:
        list(request_lines(response.request, collect, with_host=several))
        list(response_lines(response, collect))
    drawn = tell_apart(secrets)
    for response in exchanges:
        lines = request_lines(
            response.request, drawn.__getitem__, with_host=several
        )
        yield arrow_of(lines, room, is_answer=False)
        lines = response_lines(response, drawn.__getitem__)
        yield arrow_of(lines, room, is_answer=True)


def request_lines(
    request: httpx.Request, abbreviate: Abbreviate, *, with_host: bool = False
) -> Iterator[str]:
    """Yield method and path, credentials, cookies, and a form's fields.

    `POST /token`, then `username=johndoe, password=••••••`.
    """
    host = request.url.host if with_host else ""
    path = request.url.raw_path.decode("ascii")
    yield from address(f"{request.method} {host}{path}", abbreviate)
    for credentials in request.headers.get_list("authorization"):
        scheme, _, secret = credentials.partition(" ")
        yield f"Authorization: {scheme} {abbreviate(secret)}"
    for cookies in request.headers.get_list("cookie"):
        pairs = (cookie(pair, abbreviate) for pair in cookies.split("; "))
        yield f"Cookie: {'; '.join(pairs)}"
    content = content_of(request).decode("latin-1")
    if content and request.headers.get("content-type", "").startswith(FORM):
        yield form_fields(content, abbreviate)


def address(url: str, abbreviate: Abbreviate) -> Iterator[str]:
    """Write an address, its long random values as dots: `/?state=••••••`.

    Of a long address the fields are a line of their own.
    """
    path, _, query = url.partition("?")
    if query and len(shorten_tokens(RANDOM.sub(DOTS, url))) > LONGEST_ADDRESS:
        yield f"{path}?…"
        yield form_fields(query, abbreviate)
    else:
        yield RANDOM.sub(lambda found: abbreviate(Opaque(found[0])), url)


def form_fields(content: str, abbreviate: Abbreviate) -> str:
    """Write the fields of a form, or of an address."""
    fields = parse_qsl(content, keep_blank_values=True)
    return ", ".join(
        form_field(name, value, abbreviate) for name, value in fields
    )


def form_field(name: str, value: str, abbreviate: Abbreviate) -> str:
    """Write a form's field, secrets as dots: `password=••••••`."""
    if value and name == "refresh_token":
        return f"{name}={abbreviate(Opaque(value))}"
    if name not in SECRET_FIELDS and RANDOM.fullmatch(value):
        return f"{name}={abbreviate(Opaque(value))}"
    return f"{name}={DOTS if name in SECRET_FIELDS and value else value}"


def response_lines(
    response: httpx.Response, abbreviate: Abbreviate
) -> Iterator[str]:
    """Yield status, redirect, challenge, cookies, and the body's news.

    `401 Unauthorized`, `challenge: Bearer`, `detail: Not authenticated`.
    """
    yield f"{response.status_code} {response.reason_phrase}"
    for location in response.headers.get_list("location"):
        yield from address(f"to: {location}", abbreviate)
    for challenge in response.headers.get_list("www-authenticate"):
        yield f"challenge: {challenge}"
    for field in response.headers.get_list("set-cookie"):
        pair, separator, attributes = field.partition(";")
        yield f"Set-Cookie: {cookie(pair, abbreviate)}{separator}{attributes}"
    if "json" in response.headers.get("content-type", ""):
        try:
            body = json.loads(content_of(response))
        except (ValueError, RecursionError):
            return
        yield news(body, abbreviate)
        match body:
            case {"access_token": str(), "refresh_token": str(token)}:
                yield f"refresh token: {abbreviate(Opaque(token))}"


def cookie(pair: str, abbreviate: Abbreviate) -> str:
    """Abbreviate the value of a cookie: `session=eyJhbGci…`."""
    name, equals, value = pair.partition("=")
    if RANDOM.fullmatch(value):
        value = Opaque(value)
    return f"{name}{equals}{abbreviate(value)}"


def news(body: object, abbreviate: Abbreviate) -> str:
    """Pick what to show of a JSON body.

    `access_token`, `error` or `detail`, otherwise the names of its fields.
    """
    match body:
        case {"access_token": str(token)}:
            return f"token received: {abbreviate(token)}"
        case {"error": str(error)}:
            return f"error: {error}"
        case {"detail": str(detail)} | {"detail": [{"msg": str(detail)}, *_]}:
            return f"detail: {detail}"
        case dict():
            return f"JSON: {', '.join(body)}"
        case list():
            return f"JSON: a list of {len(body)}"
    return "JSON"


def content_of(message: httpx.Request | httpx.Response) -> bytes:
    """Return a body, or nothing if it was streamed and not read."""
    try:
        return message.content
    except (httpx.RequestNotRead, httpx.ResponseNotRead):
        return b""


def tell_apart(secrets: Sequence[str]) -> dict[str, str]:
    """Map each secret to what is drawn of it: its first eight characters.

    Where two secrets begin alike, a remark tells them apart. It never shows
    more of them, so that it is the same in every run: `eyJhbGci… (another
    signature)`, `eyJhbGci… (token 2)`. A refresh token is dots and a number.
    """
    distinct = dict.fromkeys(secrets)
    opaque = dict.fromkeys(
        each for each in secrets if isinstance(each, Opaque)
    )
    several = len(opaque) > 1
    drawn: dict[str, str] = {
        secret: f"{DOTS} (no. {number})" if several else DOTS
        for number, secret in enumerate(opaque, 1)
    }
    alike: dict[str, list[str]] = {}
    for secret in [each for each in distinct if each not in drawn]:
        alike.setdefault(shorten_part(secret), []).append(secret)
    for start, group in alike.items():
        copies = {
            secret: difference
            for number, secret in enumerate(group)
            if (difference := find_difference(secret, group[:number]))
        }
        originals = [secret for secret in group if secret not in copies]
        for number, secret in enumerate(originals, 1):
            noun = "token" if TOKEN.fullmatch(secret) else "secret"
            remark = f" ({noun} {number})" if len(originals) > 1 else ""
            drawn[secret] = f"{start}{remark}"
        for secret, difference in copies.items():
            drawn[secret] = f"{start} (another {difference})"
    return drawn


def find_difference(token: str, earlier: list[str]) -> str:
    """Name the parts in which a token differs from its model.

    The model is the earlier token that has the same payload or the same
    signature; without one, the answer is "". Two tokens that were issued
    apart differ in both.
    """
    for model in earlier:
        pairs = [*zip(token.split("."), model.split("."), strict=False)]
        names = [
            name
            for name, (part, other) in zip(PARTS, pairs, strict=False)
            if part != other
        ]
        if len(pairs) == len(PARTS) and names[-2:] != ["payload", "signature"]:
            return " and ".join(names)
    return ""


def arrow_of(lines: Iterable[str], room: int, is_answer: bool) -> Arrow:
    """Shorten tokens, make lines printable, and break those that are long."""
    lines = [printable(shorten_tokens(line)) for line in lines]
    pieces = [piece for line in lines for piece in broken(line, room)]
    return Arrow(lines[0], pieces, is_answer)


def broken(line: str, room: int) -> list[str]:
    """Break a line into at most three, each at most `room` columns wide."""
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
    """Draw in characters: requests at the left, responses at the right."""
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

    Not in SVG: JupyterLab removes it from a notebook that was opened and not
    run, and a screen reader finds no list in it.
    """
    label = escape(summary(arrows, left, right))
    names = "".join(
        f"<strong>{escape(name)}</strong>" for name in (left, right)
    )
    steps = "".join(map(step, arrows))
    return (
        f'<figure class="{NO_MATH}" aria-label="{label}" '
        'style="margin: 0; max-width: 40em">'
        f'<div style="{ROW}; justify-content: space-between">{names}</div>'
        '<ol style="list-style: none; margin: 0 1.5em; padding: 0; '
        f'border-left: {LINE}; border-right: {LINE}">{steps}</ol></figure>'
    )


def step(arrow: Arrow) -> str:
    """Draw one arrow in HTML, with its lines above it."""
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
    """Summarise a diagram in one sentence of at most 250 characters."""
    exchanges = zip(arrows[::2], arrows[1::2], strict=True)
    titles = "; ".join(f"{a.title}, {b.title}" for a, b in exchanges)
    sentence = f"Sequence diagram, {left} and {right}: {titles}."
    if len(sentence) > LONGEST_LABEL:
        return f"{sentence[: LONGEST_LABEL - 1]}…"
    return sentence
