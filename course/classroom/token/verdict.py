"""The verdict: whether PyJWT accepts a token, and if not, why, in words."""

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import jwt
from jwt.exceptions import InvalidJTIError, InvalidSubjectError

from course.classroom.exchange import printable
from course.classroom.token.layout import cut, moment
from course.classroom.token.parse import Reading
from course.classroom.token.signature import MISFIT, UNSIGNED

TIMES = ("verify_exp", "verify_iat", "verify_nbf")
OTHERS = ("verify_aud", "verify_jti", "verify_sub")
REASONS: dict[type[Exception], str] = {
    jwt.InvalidSignatureError: f"its signature does not fit: {MISFIT}",
    jwt.InvalidAudienceError: "it is for another service, named in its aud",
    InvalidSubjectError: "its sub is not a string",
    InvalidJTIError: "its jti is not a string",
}


@dataclass(frozen=True)
class Verdict:
    """What `jwt.decode` answers, and what that means."""

    accepted: bool
    reason: str

    def __str__(self) -> str:
        return f"{'Accepted' if self.accepted else 'Refused'}: {self.reason}"


def judge(
    reading: Reading, key: str, algorithms: Sequence[str], now: datetime
) -> Verdict:
    """Check a token as `jwt.decode(token, key, algorithms)` does.

    Two things are other: the time is ours to choose, and what PyJWT warns of
    becomes a part of the verdict.
    """
    with warnings.catch_warnings(record=True) as noted:
        warnings.simplefilter("always")
        try:
            claims = decode(reading, key, algorithms, without=TIMES + OTHERS)
            check_times(claims, now)
            decode(reading, key, algorithms, without=TIMES)
        except Exception as error:  # whatever a hostile token provokes
            reason = explain(error, reading, algorithms)
            return Verdict(False, f"{reason} ({type(error).__name__}).")
    fine = f"its signature fits this key. {lifetime(claims, now)}"
    return Verdict(
        True, " ".join([fine, *(str(w.message) for w in noted[:1])])
    )


def decode(
    reading: Reading,
    key: str,
    algorithms: Sequence[str],
    without: Sequence[str],
) -> dict[str, Any]:
    """Let PyJWT decode a token, some of its checks left out."""
    claims: dict[str, Any] = jwt.decode(
        ".".join(reading.raw),
        key,
        algorithms=algorithms,
        options=dict.fromkeys(without, False),  # type: ignore[arg-type]
    )
    return claims


def check_times(claims: dict[str, Any], now: datetime) -> None:
    """Check `iat`, `nbf` and `exp` as PyJWT does (RFC 7519 §4.1).

    Raises:
        jwt.InvalidTokenError: of the kind that PyJWT raises.
    """
    for name, words in (("iat", "it was issued"), ("nbf", "it begins")):
        begins = seconds(claims, name)
        if begins is not None and begins > now.timestamp():
            raise jwt.ImmatureSignatureError(
                f"{words} at {moment(begins)} ({name}), {clock(now)}"
            )
    ends = seconds(claims, "exp")
    if ends is not None and ends <= now.timestamp():
        raise jwt.ExpiredSignatureError(
            f"it expired at {moment(ends)} (exp), {clock(now)}"
        )


def seconds(claims: dict[str, Any], name: str) -> int | None:
    """Read a time as PyJWT does; None, if there is no such claim."""
    if name not in claims:
        return None
    try:
        return int(claims[name])
    except (TypeError, ValueError, OverflowError) as error:
        kind = jwt.InvalidIssuedAtError if name == "iat" else jwt.DecodeError
        raise kind(f"its {name} is not a number of seconds") from error


def lifetime(claims: dict[str, Any], now: datetime) -> str:
    """Say until when an accepted token is valid."""
    ends = seconds(claims, "exp")
    if ends is None:
        return "It has no exp: it never expires."
    return f"It expires at {moment(ends)} (exp), {clock(now)}."


def clock(now: datetime) -> str:
    """Say what time it is, to the second."""
    return f"and now it is {moment(int(now.timestamp()))}"


def explain(
    error: Exception, reading: Reading, algorithms: Sequence[str]
) -> str:
    """Say what PyJWT found in words that need no knowledge of PyJWT."""
    name = reading.header.get("alg")
    if name == "none":
        return f"it is not signed, {UNSIGNED}"
    if isinstance(error, jwt.InvalidAlgorithmError) and name not in algorithms:
        listed = ", ".join(algorithms)
        return f"its algorithm is {cut(repr(name))}, your list has {listed}"
    if reading.problems and type(error) is not jwt.InvalidSignatureError:
        return reading.complaint
    words = printable(f"{error!s:.200}").rstrip(".")
    return REASONS.get(type(error), words)
