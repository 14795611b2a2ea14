"""Chapter 1: a JSON Web Token, taken apart and put together by hand.

HS256 alone, and to be understood: from chapter 3 on PyJWT does this work.
"""

# %% Imports
import hmac
import json
import math
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime, timedelta
from typing import Any

# %% Settings
HEADER = {"alg": "HS256", "typ": "JWT"}
MAX_TOKEN_LENGTH = 8192


# %% Base64url, and how we refuse
class RefusedTokenError(Exception):
    """Raised by all that reads tokens; PyJWT's is `jwt.InvalidTokenError`."""


def base64url_encode(data: bytes) -> str:
    """Write bytes for a URL, without `=` (RFC 7515 §2): `"e30"`."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Read what `base64url_encode` writes, and no other spelling of it."""
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError as error:
        raise RefusedTokenError("not base64url") from error
    if base64url_encode(data) != text:  # RFC 4648 §3.5
        raise RefusedTokenError("not base64url")
    return data


# %% Sign
def sign(signing_input: str, key: bytes) -> bytes:
    """Return the 32 bytes of HMAC-SHA256 over `"<header>.<payload>"`."""
    if len(key) < 32:  # RFC 7518 §3.2
        raise ValueError(f"HS256 needs 32 bytes of key, not {len(key)}")
    return hmac.digest(key, signing_input.encode("ascii"), "sha256")


# %% Write a token
def numeric_date(moment: datetime) -> int:
    """Count whole seconds since 1970 (RFC 7519 §2): `1735689600`."""
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1)


def write_object(members: dict[str, Any]) -> str:
    """Write compact JSON as base64url: `{}` becomes `"e30"`."""
    text = json.dumps(
        members, separators=(",", ":"), allow_nan=False, default=numeric_date
    )
    return base64url_encode(text.encode("ascii"))


def encode(claims: dict[str, Any], key: bytes) -> str:
    """Sign claims: `{"sub": "johndoe"}` becomes `"eyJhbGciOi…"`.

    Raises:
        TypeError: a claim is neither JSON nor a moment with a time zone.
        ValueError: a number is NaN or infinite, or the key is too short.
    """
    signing_input = f"{write_object(HEADER)}.{write_object(claims)}"
    return f"{signing_input}.{base64url_encode(sign(signing_input, key))}"


# %% Read JSON
def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Refuse an object that has a name twice (RFC 7519 §4)."""
    if len(dict(pairs)) < len(pairs):
        raise RefusedTokenError("a name stands twice")
    return dict(pairs)


def read_object(data: bytes) -> dict[str, Any]:
    """Read `b'{"sub":"johndoe"}'`, or refuse it (RFC 7519 §7.2)."""
    try:
        members = json.loads(data.decode("utf-8"), object_pairs_hook=unique)
        json.dumps(members, allow_nan=False)  # NaN is no JSON
    except (ValueError, RecursionError) as error:
        raise RefusedTokenError("not JSON") from error
    if not isinstance(members, dict):
        raise RefusedTokenError("not a JSON object")
    return members


# %% Check the header
def check_header(header: dict[str, Any]) -> None:
    """Let HS256 pass, and nothing that would change what it means."""
    if header.get("alg") != "HS256":  # RFC 8725 §3.1
        raise RefusedTokenError("alg is not HS256")
    if "crit" in header or "b64" in header:  # RFC 7515 §4.1.11, RFC 7797
        raise RefusedTokenError("an extension that we do not know")
    if not isinstance(header.get("kid", ""), str):  # RFC 7515 §4.1.4
        raise RefusedTokenError("kid is not a string")


# %% Check the claims
def check_claims(
    claims: dict[str, Any], now: datetime, leeway: timedelta
) -> None:
    """Let claims pass that hold now, give or take the leeway."""
    early, late = numeric_date(now - leeway), numeric_date(now + leeway)
    for name in ("iss", "sub", "jti"):
        if not isinstance(claims.get(name, ""), str):
            raise RefusedTokenError(f"{name} is not a string")
    for name in ("exp", "nbf", "iat"):
        if type(claims.get(name, 0)) not in (int, float):  # a bool is an int
            raise RefusedTokenError(f"{name} is not a number")
    if "exp" in claims and math.floor(claims["exp"]) <= early:
        raise RefusedTokenError("expired")  # RFC 7519 §4.1.4
    for name in ("nbf", "iat"):
        if math.floor(claims.get(name, late)) > late:
            raise RefusedTokenError(f"{name} is still to come")
    if "aud" in claims:  # RFC 7519 §4.1.3
        raise RefusedTokenError("meant for an audience, not for us")


# %% Read a token
def decode(
    token: str,
    key: bytes,
    *,
    now: datetime | None = None,
    leeway: timedelta = timedelta(0),
) -> dict[str, Any]:
    """Return the claims of a token that we signed and that is valid now.

    Raises:
        RefusedTokenError: the token is bad, in whatever way.
        ValueError: the key is too short.
    """
    if len(token) > MAX_TOKEN_LENGTH:
        raise RefusedTokenError("too long")
    if token.count(".") != 2:
        raise RefusedTokenError("not three parts")
    header, payload, signature = map(base64url_decode, token.split("."))
    check_header(read_object(header))
    expected = sign(token.rpartition(".")[0], key)
    if not hmac.compare_digest(expected, signature):
        raise RefusedTokenError("the signature does not fit")
    claims = read_object(payload)
    check_claims(claims, now or datetime.now(UTC), leeway)
    return claims
