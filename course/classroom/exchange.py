"""An HTTP exchange, printed as it was sent and answered."""

import json
import re
from io import StringIO

import httpx

SHOWN_HEADERS = (
    "authorization",
    "content-type",
    "www-authenticate",
    "cache-control",
    "pragma",
    "retry-after",
    "location",
    "allow",
    "cookie",
    "set-cookie",
    "x-from-page",
)
LONGEST_BODY = 40  # lines
TOKEN = re.compile(r"\beyJ[\w-]*\.[\w-]*\.[\w-]*")


def show(response: httpx.Response) -> None:
    """Print a request (`>`) and its response (`<`) as HTTP writes them.

    Of the headers only those that a login needs are printed, JSON is
    indented, and each part of a token is cut to its first eight characters.
    If the request was redirected, the earlier exchanges are printed first.
    """
    print("\n\n".join(map(exchange, [*response.history, response])))


def exchange(response: httpx.Response) -> str:
    """Write one request and its response, without the redirects before."""
    request = response.request
    target = request.url.raw_path.decode("ascii")
    sent = [
        f"{request.method} {target} HTTP/1.1",
        *headers(request.headers),
        *body(request),
    ]
    received = [
        f"HTTP/1.1 {response.status_code} {response.reason_phrase}".rstrip(),
        *headers(response.headers),
        *body(response),
    ]
    return "\n".join(
        [prefixed(">", line) for line in sent]
        + [""]
        + [prefixed("<", line) for line in received]
    )


def headers(fields: httpx.Headers) -> list[str]:
    """Write the headers that are shown, always in the same order."""
    return [
        f"{name}: {value}"
        for name in SHOWN_HEADERS
        for value in fields.get_list(name)
    ]


def body(message: httpx.Request | httpx.Response) -> list[str]:
    """Write a blank line and the body; nothing, if the body is empty."""
    try:
        content = message.content
    except (httpx.RequestNotRead, httpx.ResponseNotRead):
        if message.headers.keys() & {"content-length", "transfer-encoding"}:
            return ["", "(a body that was streamed)"]
        return []
    if not content:
        return []
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ["", f"({len(content):,} bytes that are not text)"]
    if "json" in message.headers.get("content-type", ""):
        text = indented(text)
    # str.splitlines would also break at \f and U+2028, and so hide them.
    lines = [line.rstrip("\n") for line in StringIO(text, newline=None)]
    return ["", *first_lines(lines)]


def first_lines(lines: list[str]) -> list[str]:
    """Keep 40 lines, and count the others: `… and 2 lines more`."""
    rest = len(lines) - LONGEST_BODY
    if rest <= 0:
        return lines
    noun = "line" if rest == 1 else "lines"
    return [*lines[:LONGEST_BODY], f"… and {rest:,} {noun} more"]


def indented(text: str) -> str:
    """Indent JSON; return a text that is not JSON as it is."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def prefixed(mark: str, line: str) -> str:
    """Put `>` or `<` before a line, its tokens shortened, made printable."""
    return f"{mark} {printable(shorten_tokens(line))}".rstrip()


def printable(text: str) -> str:
    """Escape the characters that a terminal would obey instead of print."""
    return "".join(
        character if character.isprintable() else repr(character)[1:-1]
        for character in text
    )


def shorten_tokens(text: str) -> str:
    """Shorten the tokens within a text."""
    return TOKEN.sub(lambda found: shorten(found[0]), text)


def shorten(token: str) -> str:
    """Cut each part of a token to its first eight characters."""
    return ".".join(map(shorten_part, token.split(".")))


def shorten_part(part: str) -> str:
    """Cut a secret, or one part of a token, to its first eight characters."""
    return part if len(part) <= 8 else f"{part[:8]}…"
