"""Print what each signature algorithm costs on this machine.

    python -m tests.support.signature_times

A line for each: tokens signed and verified a second, by PyJWT, best of
several rounds, and the bytes of a token, of its signature and of the JWK.
Nothing is asserted.
"""

import json
import time
from collections.abc import Callable
from typing import Any

import jwt

from snippets import ch03_dependency_wiring as ch03
from snippets import ch09_keys_and_claims as ch09
from tests.support.issuers import access_claims

ROUNDS = 5
REPEATS = 100


def per_second(call: Callable[[], object]) -> float:
    """Call a function again and again; return the best round's rate."""

    def seconds() -> float:
        begun = time.perf_counter()
        for _ in range(REPEATS):
            call()
        return time.perf_counter() - begun

    return REPEATS / min(seconds() for _ in range(ROUNDS))


def measure(algorithm: str) -> str:
    """Return the line of an algorithm, such as `"ES256"`."""
    private: Any = ch03.SECRET_KEY
    public: Any = ch03.SECRET_KEY
    published = "none: it is secret"
    if algorithm != "HS256":
        key = ch09.new_key("a", algorithm)
        private, jwk = key.private, ch09.public_jwk(key)
        public = jwt.PyJWK(jwk)
        published = f"{len(json.dumps(jwk, separators=(',', ':')))} bytes"
    claims = access_claims(iss=ch09.ours.name)
    headers = {"typ": "at+jwt", "kid": "a"}

    def sign() -> str:
        return jwt.encode(claims, private, algorithm, headers)

    token = sign()

    def verify() -> Any:
        audience = ch09.AUDIENCE
        return jwt.decode(token, public, [algorithm], audience=audience)

    signature = len(token.rpartition(".")[2])
    return (
        f"{algorithm}: signs {per_second(sign):,.0f} and verifies "
        f"{per_second(verify):,.0f} tokens a second; a token has "
        f"{len(token)} bytes, {signature} of them its signature; "
        f"JWK: {published}"
    )


def main() -> None:
    """Measure and print, a line for each algorithm."""
    for algorithm in ("HS256", "RS256", "ES256", "EdDSA"):
        print(measure(algorithm))


if __name__ == "__main__":
    main()
