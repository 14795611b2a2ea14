"""Check a token's signature with the algorithm that its header names."""

import jwt

from course.classroom.exchange import printable
from course.classroom.failure import one_line
from course.classroom.token.parse import ParsedToken

MISFIT = (
    "the token was signed with another key, or changed after it was signed"
)


def check_signature(token: ParsedToken, key: str | None) -> str:
    """Say whether a key fits: `"fits this key"`; no key, `"not checked"`.

    A service must not let the token choose the algorithm (RFC 8725 §3.1).
    Here the answer is only displayed.
    """
    if "signature" in token.problems:
        return token.problems["signature"]
    if "header" in token.problems:
        return "not checked, because the header is unreadable"
    alg = token.header.get("alg")
    if alg == "none":
        return 'none: with "alg": "none", anyone could have written the token'
    if key is None:
        return "not checked"
    signing_input = ".".join(token.raw[:2]).encode("utf-8", "replace")
    try:
        algorithm = jwt.get_algorithm_by_name(str(alg))
        prepared = algorithm.prepare_key(key)
        fits = algorithm.verify(signing_input, prepared, token.signature)
    except Exception as error:  # each algorithm refuses a key in its own way
        reason = printable(one_line(error)).rstrip(".")
        return f'not checked: with "alg": {alg!r:.40}, {reason}'
    return "fits this key" if fits else f"does not fit: {MISFIT}"
