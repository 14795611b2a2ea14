"""The signature: whether a key made it, in words, and how to make one."""

from collections.abc import Callable
from typing import Any, TypeVar

import jwt

from course.classroom.failure import one_line
from course.classroom.token.parse import Reading, base64url_encode

MISFIT = "another key made it, or what it signs was changed"
UNSIGNED = 'the header says "alg": "none", so nobody vouches for it'
Result = TypeVar("Result")


class UnusableError(ValueError):
    """No signature can be made or checked; the message says why."""


def check_signature(reading: Reading, key: str | None) -> str:
    """Say whether a key fits: `"fits this key"`; no key, `"not checked"`."""
    if "signature" in reading.problems:
        return reading.problems["signature"]
    if "header" in reading.problems:
        return "not checked, the header is unreadable"
    if reading.header.get("alg") == "none":
        return f"none, {UNSIGNED}"
    if key is None:
        return "not checked"
    try:
        fitting = fits(reading, key)
    except UnusableError as error:
        return f"not checked, {error}"
    return "fits this key" if fitting else f"does not fit: {MISFIT}"


def fits(reading: Reading, key: str) -> bool:
    """Tell whether a key made the signature, by the header's algorithm.

    Raises:
        UnusableError: the algorithm is unknown, or wants another key.
    """
    signed = bytes_of(".".join(reading.raw[:2]))
    return use(
        reading.header,
        key,
        lambda algorithm, ready: bool(
            algorithm.verify(signed, ready, reading.signature)
        ),
    )


def sign(header: dict[str, Any], signed: str, key: str) -> str:
    """Make the third part of a token from the first two.

    Raises:
        UnusableError: the algorithm is unknown, or wants another key.
    """
    if header.get("alg") == "none":
        return ""
    return use(
        header,
        key,
        lambda algorithm, ready: base64url_encode(
            algorithm.sign(bytes_of(signed), ready)
        ),
    )


def use(
    header: dict[str, Any], key: str, task: Callable[[Any, Any], Result]
) -> Result:
    """Do a task with the algorithm a header names, and a key fit for it.

    Raises:
        UnusableError: see `sign`.
    """
    name = header.get("alg")
    try:
        algorithm = jwt.get_algorithm_by_name(str(name))
    except NotImplementedError as error:
        unknown = f'"alg" is {name!r:.40}, unknown here'
        raise UnusableError(unknown) from error
    try:
        return task(algorithm, algorithm.prepare_key(key))
    except Exception as error:  # each algorithm has its own ways to fail
        reason = one_line(error).rstrip(".")
        raise UnusableError(
            f"the key does not suit {name}: {reason}"
        ) from error


def bytes_of(text: str) -> bytes:
    """Encode any text, also one that is not valid Unicode."""
    return text.encode("utf-8", "surrogatepass")
