"""Reading: a token taken apart without believing it, whatever it is."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

PARTS = ("header", "payload", "signature")
DEEPEST = 50


class UnreadableError(ValueError):
    """A part of a token is not what it should be; the message says what."""


@dataclass(frozen=True)
class Reading:
    """A token taken apart as far as it goes.

    A part that cannot be read is empty, and `problems` says why under its
    name; what is wrong with the token as a whole stands under "token".
    """

    raw: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    signature: bytes = b""
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def complaint(self) -> str:
        """The first problem as a clause: `its header is not base64url`."""
        name, problem = next(iter(self.problems.items()))
        if name == "token":
            return f"not a token: {problem}"
        return f"its {name} is {problem}"


def read(token: object) -> Reading:
    """Take a token apart; what is wrong with it becomes a problem."""
    if not isinstance(token, str):
        kind = type(token).__name__
        return Reading(problems={"token": f"it is a {kind}, not a str"})
    raw = tuple(token.split("."))
    if problem := find_slip(token):
        return Reading(raw, problems={"token": problem})
    found: dict[str, Any] = {}
    problems: dict[str, str] = {}
    readers = (read_object, read_object, decode)
    for name, part, reader in zip(PARTS, raw, readers, strict=True):
        try:
            found[name] = reader(part)
        except UnreadableError as error:
            problems[name] = str(error)
    return Reading(raw, **found, problems=problems)


def find_slip(token: str) -> str:
    """Say why a text is no token at all; nothing, if it may be one."""
    count = token.count(".") + 1
    if not token:
        return "it is empty"
    if token != token.strip():
        return "there is a space or a line break around it"
    if token.lower().startswith("bearer "):
        return 'it begins with "Bearer ", a word of the request around it'
    if count != len(PARTS):
        return f"it has {count} part{'s' * (count > 1)}, and a token has three"
    return ""


def decode(part: str) -> bytes:
    """Decode base64url as strictly as PyJWT, which lets padding pass.

    Raises:
        UnreadableError: the part is not base64url (RFC 7515 §2).
    """
    bare = part.removesuffix("=").removesuffix("=")
    padded = bare + "=" * (-len(bare) % 4)
    try:
        content = urlsafe_b64decode(padded)
    except ValueError:
        content = b""
    if part not in (bare, padded) or base64url_encode(content) != bare:
        raise UnreadableError("not base64url")
    return content


def base64url_encode(content: bytes) -> str:
    """Encode as base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def read_object(part: str) -> dict[str, Any]:
    """Decode a header or a payload: base64url of a JSON object.

    Raises:
        UnreadableError: it is something else.
    """
    content = decode(part)
    try:
        found = json.loads(content)
        depth = nesting(found)
    except UnicodeDecodeError as error:
        raise UnreadableError("base64url, but of no text") from error
    except ValueError as error:
        raise UnreadableError("base64url, but not of JSON") from error
    except RecursionError as error:
        raise UnreadableError("JSON nested too deeply") from error
    if not isinstance(found, dict):
        raise UnreadableError("JSON, but not an object in braces")
    if depth > DEEPEST:
        raise UnreadableError("JSON nested too deeply")
    return found


def nesting(value: object) -> int:
    """Count how many lists and objects stand one within another."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list):
        return 1 + max(map(nesting, inner), default=0)
    return 0
