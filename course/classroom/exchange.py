"""The wire: an HTTP exchange, printed as it was sent and answered."""

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
)
LONGEST_BODY = 40
TOKEN = re.compile(r"\beyJ[\w-]*\.[\w-]*\.[\w-]*")


def show(response: httpx.Response) -> None:
    """Print a request (`>`) and its response (`<`) as HTTP writes them.

    Only the headers that matter here are shown, JSON is indented, and each
    part of a token is cut to its first eight characters. After redirects
    every exchange is shown, the first one first.
    """
    print("\n\n".join(map(exchange, [*response.history, response])))


def exchange(response: httpx.Response) -> str:
    """Write one exchange as text, without the redirects before it."""
    request = response.request
    target = request.url.raw_path.decode("ascii")
    asked = [
        f"{request.method} {target} HTTP/1.1",
        *headers(request.headers),
        *body(request),
    ]
    answered = [
        f"HTTP/1.1 {response.status_code} {response.reason_phrase}".rstrip(),
        *headers(response.headers),
        *body(response),
    ]
    return "\n".join(
        [marked(">", line) for line in asked]
        + [""]
        + [marked("<", line) for line in answered]
    )


def headers(sent: httpx.Headers) -> list[str]:
    """Write the headers that matter, in an order that never changes."""
    return [
        f"{name}: {value}"
        for name in SHOWN_HEADERS
        for value in sent.get_list(name)
    ]


def body(message: httpx.Request | httpx.Response) -> list[str]:
    """Write a body below a blank line; no body, no line."""
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
    # str.splitlines would also break at, and so hide, other signs: \f, U+2028.
    lines = [line.rstrip("\n") for line in StringIO(text, newline=None)]
    if len(lines) > LONGEST_BODY:
        rest = len(lines) - LONGEST_BODY
        lines = [*lines[:LONGEST_BODY], f"… and {rest:,} lines more"]
    return ["", *lines]


def indented(text: str) -> str:
    """Indent JSON; leave what only says it is JSON as it came."""
    try:
        return json.dumps(json.loads(text), indent=2, ensure_ascii=False)
    except (ValueError, RecursionError):
        return text


def marked(mark: str, line: str) -> str:
    """Put `>` or `<` before a line, its tokens shortened, made printable."""
    return f"{mark} {printable(TOKEN.sub(shortened, line))}".rstrip()


def printable(text: str) -> str:
    """Escape what a terminal would obey instead of print."""
    return "".join(
        sign if sign.isprintable() else repr(sign)[1:-1] for sign in text
    )


def shortened(token: re.Match[str]) -> str:
    """Cut each part of a token to its first eight characters."""
    return ".".join(
        part if len(part) <= 8 else part[:8] + "…"
        for part in token.group().split(".")
    )
