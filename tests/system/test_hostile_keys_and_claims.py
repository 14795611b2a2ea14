"""Chapter 10's guards against 10,000 hostile tokens, most of them signed.

Every kind of confusion of keys, algorithms, issuers and kinds of tokens is
made many times, each time with other details. Every token is good but for one
fault, so that each guard has to hold alone.
"""

import json
import time
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

import pytest
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from snippets import ch10_attack_lab as lab
from snippets.ch01_jwt_anatomy import RefusedTokenError
from snippets.ch10_attack_lab import (
    ATTACKS,
    GUARDS,
    KEYS,
    OWN_HEADER,
    Json,
    Jwt,
    compact,
    hmac_with,
    issue,
    part,
    read_token,
    sign_rs256,
    unbase64,
)
from tests.support.report import Report

pytestmark = pytest.mark.slow

SEED = 8725
HOW_MANY = 10_000
Fault = Callable[[Random], str]

PARTNER_SECRET = KEYS["partner"].material
RSA_PUBLIC = lab.RSA_KEY.public_key()
SPKI = PublicFormat.SubjectPublicKeyInfo
# What everybody has, in the forms that may be mistaken for a secret.
PUBLISHED = (
    *(KEYS[kid].material for kid in ("rsa", "body", "raw")),
    lab.PUBLIC_PEM.strip(),
    RSA_PUBLIC.public_bytes(Encoding.DER, SPKI),
    part(KEYS["raw"].material).encode(),
    KEYS["raw"].material.hex().encode(),
    b"",
    b"\0",
)
ALGS: tuple[Any, ...] = (
    *("none", "None", "NONE", "nOnE", "noNe", "", "rs256", "RS384", "PS256"),
    *("HS256", "HS512", "EdDSA", "ES256", "RS256 ", "RS256\0"),
    *(None, True, 0, [], ["RS256"], {}, {"RS256": 1}),
)
KINDS: tuple[Any, ...] = (
    *("JWT", "jwt", "logout+jwt", "rt+jwt", "at+jwt ", "at", "x/at+jwt"),
    *("application/application/at+jwt", "", None, 1, [], ["at+jwt"], {}),
)
KIDS: tuple[Any, ...] = (
    *("", "RSA", "rsa ", "rsa\0", "../static/terms.txt", lab.SQL, "'", "%"),
    *("../../etc/passwd", None, True, 0, 1.5, [], ["rsa"], {}, {"rsa": 1}),
)
NO_NUMBERS: tuple[Any, ...] = (None, True, "", "9999999999", [], [1], {})
BAD_AUDIENCES: tuple[Any, ...] = (
    *([], [""], "", None, 1, {}, ["x"], lab.HERS, lab.LONGER),
    *(lab.OUR_API[:-1], f"{lab.OUR_API}/", lab.OUR_API.upper()),
    *([[lab.OUR_API]], [lab.LONGER, lab.HERS], {lab.OUR_API: 1}),
)
BAD_ISSUERS: tuple[Any, ...] = (
    *("", None, 1, [], [lab.ISSUER], {}, lab.PARTNER, f"{lab.ISSUER}/"),
    *(lab.ISSUER.upper(), lab.ISSUER[:-1], "http://login.example"),
)
SUBJECTS: tuple[Any, ...] = (
    *("", "nobody", "JOHNDOE", "johndoe ", "johndoe\0", "\ud800"),
    *(None, True, 0, [], ["johndoe"], {}),
)


def signed(random: Random, header: Json | None = None, **claims: Any) -> str:
    """Issue a user's token, with details that differ each time."""
    more = {"x": random.choice([1, "é", [None], {"deep": [1.5]}])}
    given = {"auth_time": random.randint(0, 10**9)} | claims
    user = random.choice(["johndoe", "mallory"])
    return issue(user, more | (header or {}), **given)


def claims_of(random: Random) -> Json:
    return Jwt(signed(random)).claims


def under(random: Random, header: Json, sign: Callable[[bytes], bytes]) -> str:
    """Sign good claims under changes of the header, with another key."""
    return compact(OWN_HEADER | header, claims_of(random), sign)


def by_published_key(random: Random) -> str:
    secret = random.choice(PUBLISHED)
    bits = random.choice([256, 512])
    kid = random.choice(["rsa", "body", "raw", "partner"])
    return under(
        random, {"alg": f"HS{bits}", "kid": kid}, hmac_with(secret, bits)
    )


def by_mallorys_key(random: Random) -> str:
    headers: list[Json] = [{"jku": lab.URL}, {"jwk": lab.JWK}]
    header = random.choice([*headers, {"kid": "raw"}, {"kid": "m"}])
    return under(random, {"alg": "EdDSA"} | header, lab.MALLORYS_KEY.sign)


def by_word(random: Random) -> str:
    word = random.choice(lab.WORDS).encode()
    header = {"alg": "HS256", "kid": "prototype"}
    return under(random, header, hmac_with(word))


def by_partner_for_us(random: Random) -> str:
    header = {"alg": "HS256", "kid": "partner"}
    return under(random, header, hmac_with(PARTNER_SECRET))


def of_another_key(random: Random) -> str:
    """Name a key that is not the one that signs."""
    kid = random.choice(["raw", "partner", "prototype"])
    alg = random.choice(["RS256", KEYS[kid].alg])
    return signed(random, {"kid": kid, "alg": alg})


def with_bytes(random: Random, change: Callable[[bytes], bytes]) -> str:
    """Sign other bytes than the claims have in UTF-8."""
    data = json.dumps(claims_of(random)).encode()
    return compact(OWN_HEADER, change(data), sign_rs256)


def in_another_encoding(random: Random) -> str:
    names = ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"]
    name = random.choice(names)
    return with_bytes(random, lambda data: data.decode().encode(name))


def with_a_name_twice(random: Random) -> str:
    name = random.choice(["sub", "iss", "aud", "exp", "jti", "x"])
    value = json.dumps(random.choice(["johndoe", 1, None, []]))
    first = f'{{"{name}":{value},"{name}":{value},'.encode()
    return with_bytes(random, lambda data: first + data[1:])


def no_json(random: Random) -> str:
    data = random.choice([b"", b"{", b"[]", b"null", b"\xff", b"[" * 3000])
    return with_bytes(random, lambda _: data)


def damaged(random: Random) -> str:
    """Change one letter; the last one of a signature has spare bits."""
    token = signed(random)
    place = random.randrange(len(token) - 1)
    letters = "ABCDEFXYZabcxyz0189-_.=+/ {}\"'é\0".replace(token[place], "")
    return token[:place] + random.choice(letters) + token[place + 1 :]


def with_another_signature(random: Random) -> str:
    head, payload, signature = signed(random).split(".")
    data = unbase64(signature)
    at = random.randrange(len(data))
    flipped = data[:at] + bytes([data[at] ^ 1 << random.randrange(8)])
    other = random.choice(
        [
            flipped + data[at + 1 :],
            data[:at],
            random.randbytes(len(data)),
            unbase64(signed(random).split(".")[2]),
        ]
    )
    return f"{head}.{payload}.{part(other)}"


def nested(random: Random) -> str:
    """Wrap a token that is bad in another way, in one that is signed well."""
    inner = random.choice(INSIDE)(random)
    header = {"alg": "HS256", "kid": "partner", "cty": "JWT"}
    return compact(header, inner.encode(), hmac_with(PARTNER_SECRET))


def in_json(random: Random) -> str:
    head, payload, signature = signed(random).split(".")
    members = {"protected": head, "payload": payload, "signature": signature}
    forged = f"{head}.{part(claims_of(random))}.{signature}"
    more: list[Json] = [{}, {forged: ""}, {"header": {"kid": forged}}]
    return json.dumps(random.choice(more) | members)


def encrypted(random: Random) -> str:
    own = signed(random)
    return random.choice(
        [
            lab.zip_bomb(own)
            if random.random() < 0.02
            else lab.encrypt(
                {"alg": "dir", "zip": "DEF"}, PARTNER_SECRET, b"", b""
            ),
            lab.encrypt({"alg": "dir"}, random.randbytes(32), b"x", b""),
            lab.encrypt({"alg": "dir"}, PARTNER_SECRET, b'{"sub":"x"}', b""),
            lab.encrypt(
                {
                    "alg": "PBES2-HS256+A128KW",
                    "p2c": random.randint(300_001, 10**12),
                },
                bytes(32),
                own.encode(),
                bytes(40),
            ),
        ]
    )


def revoked(random: Random) -> str:
    token = signed(random, jti="revoked")
    lab.REVOKED["the first text"] = "revoked"
    return token


def moment(random: Random) -> int:
    return random.choice([1, 60, 10**6, 10**30])


INSIDE: tuple[Fault, ...] = (
    with_another_signature,
    by_published_key,
    by_partner_for_us,
    lambda r: signed(r, {"typ": r.choice(KINDS)}),
    lambda r: signed(r, aud=r.choice(BAD_AUDIENCES)),
    lambda r: signed(r, {"alg": r.choice(ALGS)}),
)
FAULTS: dict[str, Fault] = {
    "a published key as a secret": by_published_key,
    "a key of the attacker's": by_mallorys_key,
    "a word as the key": by_word,
    "the partner for us": by_partner_for_us,
    "another key's name": of_another_key,
    "alg": lambda r: signed(r, {"alg": r.choice(ALGS)}),
    "unsigned": lambda r: under(r, {"alg": r.choice(ALGS[:5])}, lambda _: b""),
    "kid": lambda r: signed(r, {"kid": r.choice(KIDS)}),
    "typ": lambda r: signed(r, {"typ": r.choice(KINDS)}),
    "crit": lambda r: signed(r, {"crit": r.choice([["x"], [], "x", None])}),
    "aud": lambda r: signed(r, aud=r.choice(BAD_AUDIENCES)),
    "iss": lambda r: signed(r, iss=r.choice(BAD_ISSUERS)),
    "sub": lambda r: signed(r, sub=r.choice(SUBJECTS)),
    "exp of no number": lambda r: signed(r, exp=r.choice(NO_NUMBERS)),
    "expired": lambda r: signed(r, exp=int(time.time()) - moment(r)),
    "exp far away": lambda r: signed(
        r, exp=int(time.time()) + lab.DAY + 600 + moment(r)
    ),
    "nbf of no number": lambda r: signed(r, nbf=r.choice(NO_NUMBERS)),
    "nbf to come": lambda r: signed(r, nbf=int(time.time()) + 600 * moment(r)),
    "another encoding": in_another_encoding,
    "a name twice": with_a_name_twice,
    "no JSON": no_json,
    "a letter changed": damaged,
    "another signature": with_another_signature,
    "nested": nested,
    "JSON": in_json,
    "encrypted": encrypted,
    "revoked": revoked,
    "the table's attacks": lambda r: r.choice(
        [a for a in ATTACKS.values() if a.name != "zip bomb"]
    ).exploit(issue("mallory")),
}


def test_without_a_fault_every_token_is_accepted() -> None:
    """Without this, the refusals below would prove nothing."""
    random = Random(SEED)
    for _ in range(500):
        assert read_token(signed(random))


def test_no_hostile_token_is_accepted(report: Report) -> None:
    random = Random(SEED)
    guards: Counter[str] = Counter()
    each = -(-HOW_MANY // len(FAULTS))
    for name, fault in FAULTS.items():
        for _ in range(each):
            token = fault(random)
            try:
                read_token(token)
            except RefusedTokenError as refusal:
                guards[str(refusal)] += 1
            else:
                pytest.fail(f"accepted, {name}: {token!r}")
    assert guards.total() >= HOW_MANY
    assert guards.keys() == GUARDS.keys() | {"malformed"}
    counts = [f"{guard} {n:,}" for guard, n in guards.most_common()]
    report.append(
        f"{guards.total():,} tokens of another key, issuer, kind or form, "
        f"none accepted; stopped by {'; '.join(counts)}"
    )
