"""Parse a token into header, payload and signature, without trusting it."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from typing import Any

PARTS = ("header", "payload", "signature")
DEEPEST = 50  # levels of JSON


class UnreadableError(ValueError):
    """A part of a token cannot be read; the message, `not JSON`, says why."""


@dataclass(frozen=True)
class ParsedToken:
    """A token, parsed as far as possible.

    Attributes:
        raw: the token, split at its dots.
        header: the JSON object of the first part; empty if unreadable.
        payload: the JSON object of the second part; empty if unreadable.
        signature: the bytes of the third part; empty if unreadable.
        problems: what is wrong, by the name of the part. What is wrong with
            the token as a whole has the name "token".
    """

    raw: tuple[str, ...] = ()
    header: dict[str, Any] = field(default_factory=dict)
    payload: dict[str, Any] = field(default_factory=dict)
    signature: bytes = b""
    problems: dict[str, str] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """The token as it was given."""
        return ".".join(self.raw)

    @property
    def complaint(self) -> str:
        """The first problem as a clause: `its header is not base64url`."""
        name, problem = next(iter(self.problems.items()))
        if name == "token":
            return f"not a token: {problem}"
        return f"its {name} is {problem}"


def parse(token: object) -> ParsedToken:
    """Parse anything as a token; what is wrong becomes a problem."""
    if not isinstance(token, str):
        kind = type(token).__name__
        problem = f"it is a {kind}, not a str"
        if isinstance(token, dict) and "access_token" in token:
            problem += '; the token is its value of "access_token"'
        return ParsedToken(problems={"token": problem})
    raw = tuple(token.split("."))
    if problem := find_slip(token):
        return ParsedToken(raw, problems={"token": problem})
    parsed: dict[str, Any] = {}
    problems: dict[str, str] = {}
    parsers = (parse_part, parse_part, base64url_decode)
    for name, part, parser in zip(PARTS, raw, parsers, strict=True):
        try:
            parsed[name] = parser(part)
        except UnreadableError as error:
            problems[name] = str(error)
    return ParsedToken(raw, **parsed, problems=problems)


def find_slip(token: str) -> str:
    """Say what was pasted instead of a token; "" if this may be a token."""
    bare = token.strip()
    count = token.count(".") + 1
    if not token:
        return "it is empty"
    if bare.startswith("{") and '"access_token"' in bare:
        return 'it is the whole answer; the token is its "access_token"'
    if bare.startswith(("{", "[")):
        return "it is JSON"
    if bare.lower().startswith("authorization:"):
        return 'it is a whole header; the token is what follows "Bearer "'
    if bare.lower().startswith("bearer "):
        return 'it begins with "Bearer "; the token is what follows'
    if bare[:1] + bare[-1:] in ('""', "''"):
        return "there are quotation marks around it"
    if token != bare:
        return "there is a space or a line break around it"
    if count != len(PARTS):
        return f"it has {count} part{'s' * (count > 1)}, and a token has three"
    return ""


def base64url_decode(part: str) -> bytes:
    """Decode base64url as strictly as PyJWT, which accepts padding.

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
    """Encode bytes as base64url without padding (RFC 7515 §2)."""
    return urlsafe_b64encode(content).rstrip(b"=").decode("ascii")


def parse_part(part: str) -> dict[str, Any]:
    """Decode a header or a payload: base64url of a JSON object.

    Raises:
        UnreadableError: the part is something else.
    """
    return parse_object(base64url_decode(part))


def parse_object(text: bytes | str) -> dict[str, Any]:
    """Parse the text of a JSON object.

    Raises:
        UnreadableError: the text is something else, or nested more than 50
            levels deep.
    """
    try:
        value = json.loads(text)
        depth = nesting(value)
    except UnicodeDecodeError as error:
        raise UnreadableError("not text") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnreadableError(f"not JSON ({place}: {error.msg})") from error
    except ValueError as error:  # json reads at most 4,300 digits
        raise UnreadableError("JSON with too long a number") from error
    except RecursionError as error:
        raise UnreadableError("JSON nested too deeply") from error
    if not isinstance(value, dict):
        raise UnreadableError("JSON, but not an object in braces")
    if depth > DEEPEST:
        raise UnreadableError("JSON nested too deeply")
    return value


def nesting(value: object) -> int:
    """Count the levels of a JSON value: 0 for `1`, 2 for `{"a": []}`."""
    inner = list(value.values()) if isinstance(value, dict) else value
    if isinstance(inner, list):
        return 1 + max(map(nesting, inner), default=0)
    return 0
