"""Excerpts: a value, an error, a token or an HTTP answer as short text."""

import json
import re

import httpx

from course.classroom.failure import one_line
from course.classroom.token.parse import parse

LONGEST_VALUE = 60
LONGEST_ERROR = 200
LONGEST_TOKEN = 200
LONGEST_BODY = 160
ADDRESS = re.compile(r" at 0x[0-9A-Fa-f]+")


def excerpt(value: object) -> str:
    """Write a value as code: short, on one line, the same each time.

    A token is written decoded, and an HTTP response with its status,
    challenge and body: what differs between two of them can be seen.
    """
    if isinstance(value, str) and (token := excerpt_of_token(value)):
        return token
    if isinstance(value, httpx.Response):
        return f"<{excerpt_of_response(value)}>"
    try:
        text = repr(value)
    except Exception:
        text = f"<{type(value).__name__}>"
    return tidy(text)


def excerpt_of_error(failure: BaseException) -> str:
    """Write an exception as `Type: message`; the type alone if it fails."""
    try:
        return tidy(one_line(failure), LONGEST_ERROR)
    except BaseException:
        return type(failure).__name__


def excerpt_of_token(text: str) -> str:
    """Write a token as `<token {"alg": …} . {"sub": …} . SflKxw…>`.

    Returns:
        Header and claims decoded, and the first characters of the signature;
        an empty string for a text that is no token.
    """
    token = parse(text)
    if {"token", "header", "payload"} & token.problems.keys():
        return ""
    header, claims = map(json.dumps, (token.header, token.payload))
    signature = token.raw[2]
    if len(signature) > 6:
        signature = f"{signature[:6]}…"
    parts = (header, claims, signature or "no signature")
    return tidy(f"<token {' . '.join(parts)}>", LONGEST_TOKEN)


def excerpt_of_response(response: httpx.Response) -> str:
    """Write an answer's status, challenge and body on one line.

    For example `401, WWW-Authenticate: Bearer, body {"detail": "…"}`. Of a
    422 only the places and messages of its errors are written.
    """
    return excerpt_of_answer(
        response.status_code,
        response.headers.get("WWW-Authenticate"),
        response.text,
    )


def excerpt_of_answer(status: int, challenge: str | None, body: str) -> str:
    """Write the three parts of an HTTP answer that a check looks at."""
    parts = [str(status)]
    if challenge is not None:
        parts.append(f"WWW-Authenticate: {challenge}")
    if body:
        errors = excerpt_of_422(body) if status == 422 else ""
        parts.append(tidy(errors or f"body {body}", LONGEST_BODY))
    return ", ".join(parts)


def excerpt_of_422(body: str) -> str:
    """Write where FastAPI looked: `["query", "name"]: Field required`.

    Returns:
        An empty string if the body is not FastAPI's list of errors.
    """
    try:
        errors = json.loads(body)["detail"]
        lines = [f"{json.dumps(e['loc'])}: {e['msg']}" for e in errors]
    except (ValueError, LookupError, TypeError):
        return ""
    return "; ".join(lines)


def tidy(text: str, longest: int = LONGEST_VALUE) -> str:
    """Fold lines, drop addresses, cut what is over `longest` characters."""
    text = " ".join(ADDRESS.sub("", text).replace("`", "'").split())
    return text if len(text) <= longest else text[: longest - 1] + "…"
