"""Chapter 9's reader against 20,000 hostile tokens of three issuers.

Every token is good but for one fault: in a claim, in its kind, in its key.
Most are signed with the issuer's own key. None is accepted, and each rule is
the reason for some refusals.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import jwt
import pytest

from snippets import ch03_dependency_wiring as ch03
from snippets import ch09_keys_and_claims as ch09
from tests.support.forgeries import (
    FAR_FUTURE,
    Claims,
    Signer,
    base64url,
    mac,
    part,
)
from tests.support.issuers import (
    access_claims,
    issuer_with,
    keys_of,
    trusting,
)
from tests.support.report import Report
from tests.support.signers import key_for, signer_with
from tests.system.test_ch09_keys_and_claims import forms_of
from tests.system.test_hostile_tokens import ALPHABET, NO_JSON, NO_OBJECTS

pytestmark = [pytest.mark.slow, pytest.mark.anyio]

SEED = 9068
HOW_MANY = 20_000
REASONS = {
    "DecodeError: too long, or not three parts",
    "DecodeError: not base64url",
    "DecodeError: not JSON",
    "DecodeError: not a JSON object",
    "DecodeError: a name appears twice",
    "InvalidTokenError: no issuer that we trust, or no kid",
    "InvalidTokenError: not an access token",
    "InvalidTokenError: no key of the issuer has this kid",
    "InvalidAlgorithmError",
    "InvalidSignatureError",
    "InvalidTokenError: extension",
    "InvalidAudienceError",
    "InvalidIssuedAtError",
    "ImmatureSignatureError",
    "ExpiredSignatureError",
    "InvalidSubjectError",
    "InvalidJTIError",
    "MissingRequiredClaimError",
    "DecodeError: a time",
    "InvalidTokenError: a type",
}
ISSUERS = [
    ch09.ours,
    ch09.partner,
    issuer_with("EdDSA"),
    issuer_with("RS256", name="https://fourth.example"),
    issuer_with("ES256", name="https://fifth.example"),
]
Fault = Callable[[Random], str]


@contextmanager
def all_trusted() -> Iterator[None]:
    """Trust the issuers, without a network between us."""
    first, second, third, fourth, fifth = ISSUERS
    partners = keys_of(ch09.partner)
    with (
        trusting(first),
        trusting(second, find_key=partners),
        trusting(third),
        trusting(fourth),
        trusting(fifth),
    ):
        yield


def good_claims(random: Random, issuer: ch09.Issuer) -> Claims:
    """Make claims that are in order, and different each time."""
    claims = access_claims(iss=issuer.name)
    claims["sub"] = random.choice(["a", "user-17", "é", "auth0|1", "x" * 255])
    claims["exp"] = FAR_FUTURE + random.random() * 1e9
    claims["iat"] = random.randint(0, 1_700_000_000)
    claims["aud"] = random.choice(
        [ch09.AUDIENCE, [ch09.AUDIENCE], ["https://a.example", ch09.AUDIENCE]]
    )
    claims["scope"] = random.choice(["", "me", "me items", ["me"]])
    if random.random() < 0.5:
        claims["nbf"] = random.randint(0, 1_700_000_000)
    if random.random() < 0.5:
        claims["more"] = [{"deep": [None, 1.5, random.random()]}]
    return claims


def good_parts(random: Random) -> tuple[Signer, Claims, Claims]:
    """Return an issuer's signer, a header and claims that are in order."""
    issuer = random.choice(ISSUERS)
    sign = signer_with(issuer.keys[0])
    kind = random.choice(["at+jwt", "AT+JWT", "application/at+jwt"])
    return sign, sign.header | {"typ": kind}, good_claims(random, issuer)


def good(random: Random) -> str:
    sign, header, claims = good_parts(random)
    return sign(claims, header)


def with_claim(name: str, *values: Any) -> Fault:
    """Give a claim one of these values; none takes it away."""

    def fault(random: Random) -> str:
        sign, header, claims = good_parts(random)
        if values:
            claims[name] = random.choice(values)
        else:
            del claims[name]
        return sign(claims, header)

    return fault


def with_header(name: str, *values: Any) -> Fault:
    """Give a header member one of these values; none takes it away."""

    def fault(random: Random) -> str:
        sign, header, claims = good_parts(random)
        if values:
            header[name] = random.choice(values)
        else:
            del header[name]
        return sign(claims, header)

    return fault


def of_another_issuer(random: Random) -> str:
    """Sign one issuer's claims with another's key, under either's kid."""
    one, other = random.sample(ISSUERS, 2)
    sign = signer_with(other.keys[0])
    kid = random.choice([one, other]).keys[0].kid
    return sign(good_claims(random, one), sign.header | {"kid": kid})


def with_another_key(random: Random) -> str:
    sign, header, claims = good_parts(random)
    return sign.sign(claims, header, sign.strange)


def with_another_hash(random: Random) -> str:
    """Sign with a longer hash, under its own name or the good one's."""
    number = random.choice(["384", "512"])
    issuer = random.choice(
        [i for i in ISSUERS if i.keys[0].algorithm != "EdDSA"]
    )
    sign = signer_with(issuer.keys[0])
    header = dict(sign.header)
    if random.random() < 0.5:
        header["alg"] = sign.family + number
    claims = good_claims(random, issuer)
    return sign.sign(claims, header, sign.signature, f"sha{number}")


def with_a_public_key_as_secret(random: Random) -> str:
    """Sign with HMAC and what is public, under any name of an algorithm."""
    issuer = random.choice(ISSUERS)
    sign = signer_with(issuer.keys[0])
    secret = random.choice(
        [*forms_of(issuer.keys[0]).values(), ch03.SECRET_KEY.encode(), b""]
    )
    alg = random.choice(["HS256", "hs256", sign.header["alg"]])
    header = sign.header | {"alg": alg}
    return sign.sign(good_claims(random, issuer), header, mac(secret))


def unsecured(random: Random) -> str:
    """Let `alg` say none, over an empty or an old signature."""
    sign, header, claims = good_parts(random)
    signature = sign(claims, header).rpartition(".")[2]
    alg = random.choice(["none", "None", "NONE", "nOnE"])
    message = f"{part(header | {'alg': alg})}.{part(claims)}"
    return f"{message}.{random.choice(['', signature])}"


def with_a_key_of_its_own(random: Random) -> str:
    """Bring the key along, or say where it is (RFC 8725 §3.10)."""
    issuer = random.choice(ISSUERS)
    evil = key_for(issuer.keys[0].algorithm, "evil")
    sign = signer_with(evil)
    address = "https://evil.example/jwks.json"
    brought: Claims = random.choice(
        [
            {"jku": address},
            {"x5u": address},
            {"jwk": ch09.public_jwk(evil)},
            {"x5c": [forms_of(evil)["PEM's body"].decode()]},
        ]
    )
    kid = random.choice(["evil", issuer.keys[0].kid])
    header = sign.header | brought | {"kid": kid}
    return sign(good_claims(random, issuer), header)


def with_another_signature(random: Random) -> str:
    """Put random bytes, part of the signature, or another's in its place."""
    message, _, signature = good(random).rpartition(".")
    other = random.choice(
        [
            base64url(random.randbytes(random.randrange(300))),
            signature[: random.randrange(0, 80, 4)],
            good(random).rpartition(".")[2],
            base64url(b"\0" * 64),
        ]
    )
    return f"{message}.{other}"


def with_parts_of_another(random: Random) -> str:
    """Keep the signature, and put another payload before it."""
    header, _, signature = good(random).split(".")
    return f"{header}.{good(random).split('.')[1]}.{signature}"


def with_bytes(random: Random) -> str:
    """Sign bytes that are no header, or no claims."""
    sign, header, claims = good_parts(random)
    data = random.choice([*NO_JSON, *NO_OBJECTS])
    if random.random() < 0.5:
        return sign(claims, data)
    return sign(data, header)


def in_another_encoding(random: Random) -> str:
    sign, header, claims = good_parts(random)
    name = random.choice(["utf-16", "utf-16-be", "utf-32", "utf-8-sig"])
    if random.random() < 0.5:
        return sign(claims, json.dumps(header).encode(name))
    return sign(json.dumps(claims).encode(name), header)


def with_a_name_twice(random: Random) -> str:
    sign, header, claims = good_parts(random)
    members = random.choice([header, claims])
    name = random.choice(list(members))
    lines = [f"{json.dumps(k)}:{json.dumps(v)}" for k, v in members.items()]
    lines.append(f"{json.dumps(name)}:{json.dumps(members[name])}")
    random.shuffle(lines)
    twice = f"{{{','.join(lines)}}}".encode()
    return sign(claims, twice) if members is header else sign(twice, header)


def with_another_spelling(random: Random) -> str:
    """Pad a part, set its spare bits, add a letter, or leave parts out."""
    token = good(random)
    parts = token.split(".")
    which = random.randrange(4)
    if which == 0:
        parts[random.randrange(3)] += "=" * random.randint(1, 3)
        return ".".join(parts)
    if which == 1:
        place = random.randrange(len(token) + 1)
        letter = random.choice("=+/ \t\n\0~é\ud800")
        return token[:place] + letter + token[place:]
    if which == 2:
        return ".".join(random.sample(parts, random.choice([0, 1, 2])))
    return ".".join([*parts, *random.choices(parts, k=random.randint(1, 3))])


def with_a_letter_changed(random: Random) -> str:
    token = good(random)
    places = [place for place, sign in enumerate(token) if sign != "."]
    place = random.choice(places)
    other = random.choice(ALPHABET.replace(token[place], ""))
    return token[:place] + other + token[place + 1 :]


def too_long(random: Random) -> str:
    sign, header, claims = good_parts(random)
    claims["more"] = "a" * random.randint(6500, 9000)
    return sign(claims, header)


NO_TEXT: tuple[Any, ...] = (None, True, 0, 1, -1.5, [], ["a"], {}, {"a": 1})
NO_TIME: tuple[Any, ...] = (
    *(True, False, "1", "", " 1", "soon", [], [1], {}, {"a": 1}),
    *("4102444800", "\u0664\u0661"),
)
FAULTS: dict[str, Fault] = {
    "another issuer's key": of_another_issuer,
    "another key": with_another_key,
    "another hash": with_another_hash,
    "a public key as a secret": with_a_public_key_as_secret,
    "unsecured": unsecured,
    "a key of its own": with_a_key_of_its_own,
    "another signature": with_another_signature,
    "parts of another token": with_parts_of_another,
    "no JSON object": with_bytes,
    "another encoding": in_another_encoding,
    "a name twice": with_a_name_twice,
    "another spelling": with_another_spelling,
    "a letter changed": with_a_letter_changed,
    "too long": too_long,
    "alg": with_header(
        "alg",
        *("PS256", "RS384", "ES384", "ES256K", "Ed25519", "HS256", "rs256"),
        *("es256", "eddsa", "", "dir", "RSA-OAEP", *NO_TEXT),
    ),
    "no alg": with_header("alg"),
    "typ": with_header(
        "typ",
        *("JWT", "jwt", "logout+jwt", "dpop+jwt", "at", "at+jwt ", ""),
        *("text/at+jwt", "application/application/at+jwt", *NO_TEXT),
    ),
    "no typ": with_header("typ"),
    "kid": with_header(
        "kid",
        *("", "unknown", "../../dev/null", "' OR '1'='1", "OURS-1", "\ud800"),
        *NO_TEXT,
    ),
    "no kid": with_header("kid"),
    "crit": with_header("crit", ["x"], [], "x", None, ["exp"], {}),
    "iss": with_claim(
        "iss",
        *("https://evil.example", "https://course.example/", ""),
        *("HTTPS://COURSE.EXAMPLE", *NO_TEXT),
    ),
    "no iss": with_claim("iss"),
    "aud": with_claim(
        "aud",
        *("https://a.example", f"{ch09.AUDIENCE}/", ch09.AUDIENCE[:-1], ""),
        *([""], [[ch09.AUDIENCE]], [ch09.AUDIENCE, 1], ch09.AUDIENCE.upper()),
        *NO_TEXT,
    ),
    "no aud": with_claim("aud"),
    "exp over": with_claim("exp", 0, -1, 1.5, 1_500_000_000, -1e300),
    "exp of another type": with_claim("exp", *NO_TIME, None),
    "iat to come": with_claim("iat", FAR_FUTURE, 1e300),
    "iat of another type": with_claim("iat", *NO_TIME, None),
    "nbf to come": with_claim("nbf", FAR_FUTURE, 1e300),
    "nbf of another type": with_claim("nbf", [], {}, "soon", None),
    **{
        f"{name} of another type": with_claim(
            name, *NO_TEXT, "", "\0", "\ud800"
        )
        for name in ("sub", "jti", "client_id")
    },
    **{
        f"no {name}": with_claim(name)
        for name in ("exp", "iat", "sub", "jti", "client_id")
    },
}


def reason_of(error: jwt.InvalidTokenError) -> str:
    """Name the rule that was broken, without what broke it."""
    kind, text = type(error).__name__, str(error)
    if re.search(r"is not (text|a number)$", text):
        return f"{kind}: a type"
    if kind == "DecodeError" and "integer" in text:
        return f"{kind}: a time"
    if "crit" in text.lower() or "extension" in text.lower():
        return f"{kind}: extension"
    own = kind in ("DecodeError", "InvalidTokenError")
    return f"{kind}: {text}" if own else kind


async def test_without_a_fault_every_token_is_accepted() -> None:
    """Without this, the refusals below would prove nothing."""
    random = Random(SEED)
    with all_trusted():
        for _ in range(1000):
            claims = await ch09.read_access_token(good(random))
            assert claims["iss"] in ch09.TRUSTED


async def test_no_hostile_token_is_accepted(report: Report) -> None:
    random = Random(SEED)
    reasons: Counter[str] = Counter()
    each = -(-HOW_MANY // len(FAULTS))
    with all_trusted():
        for name, fault in FAULTS.items():
            for _ in range(each):
                token = fault(random)
                try:
                    await ch09.read_access_token(token)
                except jwt.InvalidTokenError as refusal:
                    reasons[reason_of(refusal)] += 1
                else:
                    pytest.fail(f"accepted, {name}: {token!r}")
    assert reasons.total() >= HOW_MANY
    assert reasons.keys() == REASONS
    counts = [f"{reason} {n:,}" for reason, n in reasons.most_common()]
    report.append(
        f"{reasons.total():,} hostile access tokens, none accepted: "
        f"{'; '.join(counts)}"
    )
