"""The checks of the attack bench for which it needs the app's key."""

import time
from collections.abc import Callable, Mapping
from functools import partial

import jwt

from course.classroom.bench.bench import (
    Bench,
    Check,
    NotTriedError,
    Verdict,
    add_check,
    judge,
)
from course.classroom.bench.forgery import Json, assemble, dump
from course.classroom.bench.report import BROKEN, KEPT

ELSEWHERE = "https://elsewhere.example"
FAR = 10**400  # larger than any float
NO_TEXTS: tuple[object, ...] = (None, True, 1, [], ["x"], {}, {"x": 1})
SIGNED_CHECKS: list[Check] = []
check = partial(add_check, SIGNED_CHECKS)


def sign(
    bench: Bench,
    payload: Json | bytes,
    alg: str | None = None,
    header: Json | None = None,
) -> str:
    """Sign claims with the app's key, under the good token's header.

    Raises:
        NotTriedError: the key is not known, or is of no use here.
    """
    if bench.key is None:
        raise NotTriedError("the key is not known")
    name = alg or bench.jwt.alg
    data = payload if isinstance(payload, bytes) else dump(payload)
    try:
        algorithm = jwt.get_algorithm_by_name(name)
        key = bench.key = algorithm.prepare_key(bench.key)  # PEM only once
    except (jwt.PyJWTError, NotImplementedError, TypeError, ValueError):
        raise NotTriedError("the key is not of this algorithm") from None
    head = bench.jwt.header | {"alg": name} | (header or {})
    return assemble(head, data, lambda message: algorithm.sign(message, key))


def with_claims(bench: Bench, **changes: object) -> str:
    """Sign the good token's claims with changes."""
    return sign(bench, bench.jwt.claims | changes)


def without(bench: Bench, name: str) -> str:
    """Sign the good token's claims but one."""
    claims = {k: v for k, v in bench.jwt.claims.items() if k != name}
    return sign(bench, claims)


def check_tokens(
    attack: str,
    rule: str,
    remedy: str,
    tokens: Callable[[Bench], Mapping[str, str]],
) -> None:
    """Add a check that sends tokens, all of which must be refused."""

    async def run(bench: Bench) -> Verdict:
        return await bench.send_tokens(tokens(bench))

    check(attack, rule, remedy)(run)


@check(
    "control: signed again with the key",
    "RFC 7515 §5.1",
    "The key is not the one that signs this app's tokens: the rows below "
    "need it.",
)
async def signed_again(bench: Bench) -> Verdict:
    """Find out whether the key is the app's; forget it if it is not."""
    status = await bench.ask(f"Bearer {with_claims(bench)}")
    bench.key = bench.key if status < 300 else None
    return (KEPT if status < 300 else BROKEN), str(status)


check_tokens(
    "signed, expired or without exp",
    "RFC 9068 §4",
    "A stolen token works for ever. Demand `exp`, a number in the future.",
    lambda b: {
        "expired": with_claims(b, exp=int(time.time()) - 3600),
        "no exp": without(b, "exp"),
        "null": with_claims(b, exp=None),
        "a text": with_claims(b, exp="9999999999"),
        "a list": with_claims(b, exp=[9999999999]),
        "true": with_claims(b, exp=True),
    },
)
check_tokens(
    "signed, not valid yet",
    "RFC 7519 §4.1.5",
    "Refuse a token before its `nbf`.",
    lambda b: {"": with_claims(b, nbf=int(time.time()) + 3600)},
)
check_tokens(
    "signed, a sub that is nobody",
    "RFC 7519 §4.1.2",
    "Demand that `sub` is a string and names a user, before anything looks "
    "it up: a list may crash a dict.",
    lambda b: {
        "no sub": without(b, "sub"),
        "an empty text": with_claims(b, sub=""),
        "nobody": with_claims(b, sub="no-such-user-of-the-bench"),
        "half a character": with_claims(b, sub="\ud800"),
        "a NUL": with_claims(b, sub="\0"),
        **{repr(value): with_claims(b, sub=value) for value in NO_TEXTS},
    },
)
check_tokens(
    "signed, for another audience",
    "RFC 8725 §3.9",
    "A token for another service of your issuer works here. Compare `aud`.",
    lambda b: {
        "another": with_claims(b, aud=ELSEWHERE),
        "a list": with_claims(b, aud=[ELSEWHERE]),
        "a longer name": with_claims(b, aud=longer(b, "aud")),
    },
)
check_tokens(
    "signed, for no audience",
    "RFC 8725 §3.9",
    "Demand `aud`: PyJWT ignores one that is empty unless you pass "
    "`audience`.",
    lambda b: {
        "no aud": without_own(b, "aud"),
        "an empty list": with_claims(b, aud=[]),
        "an empty text": with_claims(b, aud=""),
    },
)
check_tokens(
    "signed, by another issuer",
    "RFC 8725 §3.8",
    "A key vouches for its issuer only. Compare `iss` with the key's.",
    lambda b: {
        "no iss": without_own(b, "iss"),
        "another": with_claims(b, iss=ELSEWHERE),
        "a longer name": with_claims(b, iss=longer(b, "iss")),
    },
)
check_tokens(
    "signed, of another type",
    "RFC 8725 §3.11",
    "An ID token or a refresh token then works as an access token. Demand "
    "the `typ` of your access tokens.",
    lambda b: {
        typ: sign(b, b.jwt.claims, header={"typ": typ})
        for typ in other_types(b)
    },
)
check_tokens(
    "signed, an unknown crit",
    "RFC 7515 §4.1.11",
    "The extension may restrict the token. Refuse what you do not know.",
    lambda b: {
        "": sign(b, b.jwt.claims, header={"crit": ["bench"], "bench": 1})
    },
)
check_tokens(
    "signed, with another hash",
    "RFC 8725 §3.1",
    "A key has one algorithm. Allow no other.",
    lambda b: {name: sign(b, b.jwt.claims, name) for name in other_hashes(b)},
)
check_tokens(
    "signed, in UTF-16",
    "RFC 8725 §3.7",
    "Another reader sees other claims. Decode the payload as UTF-8 before "
    "you read it: `json.loads` guesses.",
    lambda b: {
        name: sign(b, dump(b.jwt.claims).decode().encode(name))
        for name in ("utf-16", "utf-16-le", "utf-32", "utf-8-sig")
    },
)
check_tokens(
    "signed, a claim named twice",
    "RFC 7519 §4",
    "Another reader takes the other one. Refuse duplicates with an "
    "`object_pairs_hook`.",
    lambda b: {"": sign(b, b'{"sub":"x",' + dump(b.jwt.claims)[1:])},
)


@check(
    "signed, huge numbers and depths",
    "RFC 8725 §3.10",
    "Claims are input. Check types and sizes, and turn each error of the "
    "token's reader into a 401.",
)
async def crashing(bench: Bench) -> Verdict:
    """Send claims that some readers fail on; whether they are refused or not.

    Those that are accepted are as good as the good token.
    """
    deep = dump(bench.jwt.claims)[:-1] + b',"x":' + b"[" * 6000
    tokens = {
        "a huge exp": with_claims(bench, exp=FAR),
        "a huge nbf": with_claims(bench, nbf=-FAR),
        "a huge iat": with_claims(bench, iat=-FAR),
        "jti as a list": with_claims(bench, jti=["1"]),
        "scope as a list": with_claims(bench, scope=["1"]),
        "no object": sign(bench, b"[]"),
        "no JSON": sign(bench, b"\xff"),
        "many brackets": sign(bench, deep + b"]" * 6000 + b"}"),
    }
    seen = {n: await bench.ask(f"Bearer {t}") for n, t in tokens.items()}
    crashed = {name: status for name, status in seen.items() if status >= 500}
    return judge(crashed) if crashed else (KEPT, "")


def without_own(bench: Bench, name: str) -> str:
    """Sign the claims but one that the good token has.

    Raises:
        NotTriedError: the app's tokens do not have it.
    """
    if name not in bench.jwt.claims:
        raise NotTriedError(f"the app's tokens have no `{name}`")
    return without(bench, name)


def longer(bench: Bench, name: str) -> object:
    """Write more after a claim of the good token."""
    return f"{bench.jwt.claims.get(name, '')}.{ELSEWHERE}"


def other_types(bench: Bench) -> list[str]:
    """List types that differ from the good token's.

    Raises:
        NotTriedError: it has no type but JWT.
    """
    own = str(bench.jwt.header.get("typ", "JWT"))
    if own.upper() == "JWT":
        raise NotTriedError("the app's tokens have no type of their own")
    return ["JWT", "refresh+jwt", "logout+jwt", f"x-{own}"]


def other_hashes(bench: Bench) -> list[str]:
    """List the algorithms that take the same key.

    Raises:
        NotTriedError: there is none, as for elliptic curves.
    """
    family = bench.jwt.alg[:2]
    names = [f"{family}{bits}" for bits in (256, 384, 512)]
    if family not in ("HS", "RS", "PS"):
        raise NotTriedError(f"the key of {bench.jwt.alg} has no other")
    return [name for name in names if name != bench.jwt.alg]
