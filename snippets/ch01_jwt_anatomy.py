"""Chapter 1: a JSON Web Token, taken apart and put together by hand.

Only HS256, and only for learning: from chapter 3 on, PyJWT does this work.
"""

# %% Imports
import hmac
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any


# %% Sign
def base64url_encode(data: bytes) -> str:
    """Encode bytes without `=` (RFC 7515 §2): `b"{}"` becomes `"e30"`."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def sign(signing_input: str, key: bytes) -> bytes:
    """Return the 32 bytes of HMAC-SHA256 over `"<header>.<payload>"`.

    Raises:
        ValueError: the key has fewer than 32 bytes (RFC 7518 §3.2).
    """
    if len(key) < 32:
        raise ValueError(f"HS256 needs 32 bytes of key, not {len(key)}")
    return hmac.digest(key, signing_input.encode("ascii"), "sha256")


# %% Write a JSON object
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def numeric_date(moment: datetime) -> int:
    """Convert a moment to seconds since 1970 (RFC 7519 §2): `1735689600`."""
    return (moment - EPOCH) // timedelta(seconds=1)


def write_object(members: dict[str, Any]) -> str:
    """Write an object as JSON, then base64url: `{}` becomes `"e30"`."""
    text = json.dumps(
        members,
        separators=(",", ":"),  # no spaces, as PyJWT writes JSON
        allow_nan=False,
        default=numeric_date,  # json.dumps calls it for a datetime
    )
    return base64url_encode(text.encode("ascii"))


# %% Encode a token
HEADER = {"alg": "HS256", "typ": "JWT"}


def encode(claims: dict[str, Any], key: bytes) -> str:
    """Sign claims: `{"sub": "johndoe"}` becomes `"eyJhbGciOi…"`.

    Raises:
        TypeError: a claim is neither JSON nor a moment with a time zone.
        ValueError: a number is NaN or infinite, or the key is too short.
    """
    signing_input = f"{write_object(HEADER)}.{write_object(claims)}"
    signature = sign(signing_input, key)
    return f"{signing_input}.{base64url_encode(signature)}"


# %% Check the header
class RefusedTokenError(Exception):
    """A token is not accepted. PyJWT raises `jwt.InvalidTokenError`."""


def check_header(header: dict[str, Any]) -> None:
    """Accept a header that says HS256 and changes nothing else."""
    if header.get("alg") != "HS256":  # RFC 8725 §3.1
        raise RefusedTokenError("alg is not HS256")
    # Extensions change what is signed: RFC 7515 §4.1.11, RFC 7797.
    if "crit" in header or "b64" in header:
        raise RefusedTokenError("an unknown extension")
    # A name of the key, which we do not need: RFC 7515 §4.1.4.
    if not isinstance(header.get("kid", ""), str):
        raise RefusedTokenError("kid is not a string")


# %% Decode base64url
def base64url_decode(text: str) -> bytes:
    """Decode `"e30"` to `b"{}"`; refuse any other spelling of it."""
    try:
        data = urlsafe_b64decode(text + "==")  # Python ignores a surplus =
    except ValueError as error:
        raise RefusedTokenError("not base64url") from error
    if base64url_encode(data) != text:  # RFC 4648 §3.5
        raise RefusedTokenError("not base64url")
    return data


# %% Read a JSON object
def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of an object's pairs; refuse a name that comes twice."""
    members = dict(pairs)
    if len(members) < len(pairs):  # RFC 7519 §4
        raise RefusedTokenError("a name appears twice")
    return members


def read_object(data: bytes) -> dict[str, Any]:
    """Read `b'{"sub":"johndoe"}'` as a dict; refuse any other JSON."""
    try:
        text = data.decode("utf-8")
        # json.loads calls the hook with the pairs of each object.
        members = json.loads(text, object_pairs_hook=without_duplicates)
        json.dumps(members, allow_nan=False)  # NaN is not JSON
    except (ValueError, RecursionError) as error:
        raise RefusedTokenError("not JSON") from error
    if not isinstance(members, dict):  # RFC 7519 §7.2
        raise RefusedTokenError("not a JSON object")
    return members


# %% Verify the signature
MAX_TOKEN_LENGTH = 8192


def verify_signature(token: str, key: bytes) -> dict[str, Any]:
    """Return the claims of a token that was signed with the key.

    Raises:
        RefusedTokenError: the token is malformed, or not signed by HS256.
        ValueError: the key has fewer than 32 bytes.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise RefusedTokenError("too long")
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    check_header(read_object(header))
    signing_input = token.rpartition(".")[0]
    if not hmac.compare_digest(sign(signing_input, key), signature):
        raise RefusedTokenError("the signature does not fit")
    return read_object(payload)


# %% Check the times
def check_times(
    claims: dict[str, Any], now: datetime, leeway: timedelta = timedelta(0)
) -> None:
    """Accept `exp`, `nbf` and `iat` that are in order at `now`."""
    for name in ("exp", "nbf", "iat"):
        if type(claims.get(name, 0)) not in (int, float):  # True is an int
            raise RefusedTokenError(f"{name} is not a number")
    earliest = numeric_date(now - leeway)
    latest = numeric_date(now + leeway)
    if "exp" in claims and math.floor(claims["exp"]) <= earliest:
        raise RefusedTokenError("expired")  # RFC 7519 §4.1.4
    for name in ("nbf", "iat"):
        if name in claims and math.floor(claims[name]) > latest:
            raise RefusedTokenError(f"{name} is in the future")


# %% Decode a token
def check_names(claims: dict[str, Any]) -> None:
    """Accept names that are strings, and no `aud`: we have no name."""
    for name in ("iss", "sub", "jti"):
        if not isinstance(claims.get(name, ""), str):
            raise RefusedTokenError(f"{name} is not a string")
    if "aud" in claims:  # RFC 7519 §4.1.3
        raise RefusedTokenError("made for another service")


def decode(
    token: str,
    key: bytes,
    *,
    now: datetime | None = None,
    leeway: timedelta = timedelta(0),
) -> dict[str, Any]:
    """Return the claims of a token that we signed and that is valid now.

    Raises:
        RefusedTokenError: the token is not valid; the message says why.
        ValueError: the key has fewer than 32 bytes.
    """
    claims = verify_signature(token, key)
    check_times(claims, now or datetime.now(UTC), leeway)
    check_names(claims)
    return claims
