"""A good token, and everything else that an aid may be asked to display."""

from typing import Any

from tests.support.forgeries import HEADER, part, signed

ALGS: tuple[Any, ...] = (None, [], {}, 1, "", "x" * 99)
KEY = "a key for these tests, as long as HS256 wants it"
CLAIMS: dict[str, Any] = {"sub": "johndoe", "exp": 1_767_268_800}
TOKEN = signed(CLAIMS, key=KEY)


def nested(depth: int) -> bytes:
    """Write JSON of so many objects, one within another."""
    return b'{"a":' * depth + b"1" + b"}" * depth


HOSTILE = (
    *("", ".", "..", "...", "\0", "\ud800.\udfff.\ud800", "😀.😀.😀"),
    *("é.\x1b[31m.\u202e", "<b>.&amp;.'\"", "=.==.===", "." * 100_000),
    f"{part(HEADER)}.\ud800.AAAA",
    *("a" * 100_000, ".".join(["A" * 100_000] * 3), TOKEN + ".x"),
    f"{part(HEADER)}.{part(nested(900))}.",
    f"{part(b'[' * 100_000)}.{part(b'9' * 5_000)}.",
    f"{part(b'NaN')}.{part(b'1e999')}.{part(b'x')}",
    f"{part(HEADER)}.{part({'exp': 1e308, 'iat': -1e308, 'nbf': 10**400})}.",
    signed(b'{"exp": NaN, "iat": Infinity}'),
    *(signed(CLAIMS, {"alg": alg}) for alg in ALGS),
    signed(CLAIMS, {"alg": "\x1b" * 99}, KEY),
    signed(CLAIMS, HEADER | {"crit": ["\x1b" * 999]}, KEY),
    signed(CLAIMS, HEADER | {"b64": False, "crit": ["b64"]}, KEY),
)
NOT_STRINGS = (None, 1, b"a.b.c", ["a", "b", "c"], {"access_token": TOKEN})
