"""The draft: a token made anew from edited claims, signed or not."""

import json
from typing import Any

from course.classroom.token.parse import (
    DEEPEST,
    Reading,
    base64url_encode,
    nesting,
    read,
)
from course.classroom.token.signature import sign

HEADER = {"alg": "HS256", "typ": "JWT"}


class ClaimsError(ValueError):
    """The edited claims cannot go into a token; the message says why."""


def make_anew(reading: Reading, claims: str, key: str | None) -> str:
    """Write the token that a reading becomes with these claims.

    What did not change keeps its bytes. With a key the token is signed, with
    None it keeps the signature it had.

    Raises:
        ClaimsError: the claims are not a JSON object.
        UnusableError: this key cannot sign for this header.
    """
    if reading.problems.keys() & {"token", "header"}:
        reading = read(f"{part_of(HEADER)}..")
    header, payload, signature = reading.raw
    if claims != claims_of(reading):
        payload = part_of(parse(claims))
    signed = f"{header}.{payload}"
    if key is not None:
        signature = sign(reading.header, signed, key)
    return f"{signed}.{signature}"


def claims_of(reading: Reading) -> str:
    """Write the claims for editing; nothing, if they cannot be read."""
    if reading.problems.keys() & {"token", "payload"}:
        return ""
    text = json.dumps(reading.payload, indent=2, ensure_ascii=False)
    if sendable(text) != text:
        text = json.dumps(reading.payload, indent=2)
    return text


def parse(claims: str) -> dict[str, Any]:
    """Read edited claims.

    Raises:
        ClaimsError: they are not a JSON object.
    """
    try:
        found = json.loads(claims)
        depth = nesting(found)
    except json.JSONDecodeError as error:
        raise ClaimsError(
            f"The claims are not JSON, see line {error.lineno}, column "
            f"{error.colno}: {error.msg}."
        ) from error
    except (RecursionError, ValueError) as error:
        raise ClaimsError("The claims are too deep or too long.") from error
    if depth > DEEPEST:
        raise ClaimsError("The claims are nested too deeply.")
    if not isinstance(found, dict):
        raise ClaimsError("The claims must be an object, in braces.")
    return found


def part_of(content: dict[str, Any]) -> str:
    """Write a header or a payload as a part of a token, as PyJWT does."""
    text = json.dumps(content, separators=(",", ":"))
    return base64url_encode(text.encode("ascii"))


def sendable(text: object) -> str:
    """Write what JSON in UTF-8 can carry to a browser."""
    text = text if isinstance(text, str) else repr(text)
    return text.encode("utf-8", "backslashreplace").decode("utf-8")
