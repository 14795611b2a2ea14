"""Chapter 1's reader against 120,000 hostile tokens, most of them signed.

Every token is good but for one fault, so that each rule has to hold alone.
"""

import hmac
import json
from base64 import b64encode
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from random import Random
from string import ascii_lowercase, ascii_uppercase, digits
from typing import Any

import pytest

from snippets.ch01_jwt_anatomy import (
    RefusedTokenError,
    base64url_encode,
    decode,
)
from tests.support.report import Report

pytestmark = pytest.mark.slow

SEED = 7519
HOW_MANY = 120_000
KEY = b"a teaching key, published: protects nothing"
NOW = datetime(2025, 1, 1, 12, tzinfo=UTC)
SECONDS = int(NOW.timestamp())

REASONS = {
    "too long",
    "not three parts",
    "not base64url",
    "not JSON",
    "a name appears twice",
    "not a JSON object",
    "alg is not HS256",
    "an unknown extension",
    "kid is not a string",
    "the signature does not fit",
    "iss is not a string",
    "sub is not a string",
    "jti is not a string",
    "exp is not a number",
    "nbf is not a number",
    "iat is not a number",
    "expired",
    "nbf is in the future",
    "iat is in the future",
    "made for another service",
}

ALPHABET = ascii_uppercase + ascii_lowercase + digits + "-_"
OTHERS = "=.+/ \t\r\n\0!~%,;:\"'{}[]éß€🔑\ud800"
NO_STRINGS: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    1.5,
    [],
    ["johndoe"],
    {},
    {"a": 1},
)
NO_NUMBERS: tuple[Any, ...] = (
    None,
    True,
    False,
    "",
    "1",
    "soon",
    "NaN",
    [],
    [1],
    {},
    {"a": 1},
)
ALGS: tuple[Any, ...] = (
    *("none", "None", "NONE", "nOnE", "", "hs256", "HS256 ", "HS-256"),
    *("HS384", "HS512", "RS256", "ES256", "EdDSA", "dir", "\0HS256"),
    *(None, True, 0, 256, [], ["HS256"], {"HS256": 1}),
)
NO_JSON = (
    *(b"", b" ", b"{", b"}", b"{]", b"{}{}", b"{,}", b"{'a':1}", b'{"a"}'),
    *(b"\xff", b'{"a":"\xff"}', b'{"a":"\n"}', b"\xef\xbb\xbf{}", b"\0"),
    *(b'{"a":NaN}', b'{"a":[Infinity]}', b'{"a":-Infinity}', b'{"a":1e400}'),
    *(b"{}".ljust(9, b","), b'{"a":01}', b'{"a":+1}', b'{"a":.5}', b"nul"),
    *('{"a":1}'.encode(name) for name in ("utf-16", "utf-16-le", "utf-32")),
    *(b"[" * 5000, b'{"a":' * 1000, b'{"a":' + b"9" * 5000 + b"}"),
)
NO_OBJECTS = (b"[]", b"[{}]", b'"johndoe"', b"null", b"true", b"0", b"-1.5")

Json = dict[str, Any]
Fault = Callable[[Random], str]


def good_claims(random: Random) -> Json:
    """Make claims that are in order, and different each time."""
    claims: Json = {"sub": random.choice(["johndoe", "alice", "", "é"])}
    optional = {
        "exp": SECONDS + random.randint(1, 10**9),
        "nbf": SECONDS - random.randint(0, 10**9),
        "iat": SECONDS - random.random() * 1000,
        "iss": "us",
        "jti": str(random.random()),
        "scope": ["read", {"deep": [None, 1.5]}],
    }
    names = random.sample(sorted(optional), random.randint(0, len(optional)))
    return claims | {name: optional[name] for name in names}


def good_header(random: Random) -> Json:
    more: list[Json] = [{}, {"typ": "JWT"}, {"kid": "1"}, {"x": [1]}]
    return {"alg": "HS256", **random.choice(more)}


def signed(
    header: Json | bytes,
    claims: Json | bytes,
    key: bytes = KEY,
    digest: str = "sha256",
) -> str:
    """Sign any header over any payload; bytes go in as they are."""
    parts = [
        part if isinstance(part, bytes) else json.dumps(part).encode()
        for part in (header, claims)
    ]
    message = ".".join(map(base64url_encode, parts))
    mac = hmac.digest(key, message.encode(), digest)
    return f"{message}.{base64url_encode(mac)}"


def good(random: Random) -> str:
    return signed(good_header(random), good_claims(random))


def with_header(random: Random, **header: Any) -> str:
    return signed(good_header(random) | header, good_claims(random))


def with_claims(random: Random, **claims: Any) -> str:
    return signed(good_header(random), good_claims(random) | claims)


def with_claim_among(name: str, values: Sequence[Any]) -> Fault:
    """Give a claim one of these values, each of a wrong type."""
    return lambda random: with_claims(random, **{name: random.choice(values)})


def with_bytes(random: Random, choices: tuple[bytes, ...]) -> str:
    """Sign bytes that are no header, or no claims."""
    data = random.choice(choices)
    if random.random() < 0.5:
        return signed(data, good_claims(random))
    return signed(good_header(random), data)


def with_a_name_twice(random: Random) -> str:
    """Repeat a member of the header or of the claims, anywhere in it."""
    header, claims = good_header(random), good_claims(random)
    members = random.choice([header, claims])
    name = random.choice(list(members))
    lines = [f"{json.dumps(k)}:{json.dumps(v)}" for k, v in members.items()]
    lines.append(f"{json.dumps(name)}:{json.dumps(members[name])}")
    random.shuffle(lines)
    twice = f"{{{','.join(lines)}}}".encode()
    if members is header:
        return signed(twice, claims)
    return signed(header, twice)


def unsecured(random: Random) -> str:
    """Let `alg` say none, over an empty or an old signature."""
    token = with_header(random, alg=random.choice(["none", "None", "NONE"]))
    message, _, signature = token.rpartition(".")
    return f"{message}.{random.choice(['', signature])}"


def with_another_mac(random: Random) -> str:
    """Put 0 to 99 random bytes where the signature stands."""
    message = good(random).rpartition(".")[0]
    mac = random.randbytes(random.randrange(100))
    return f"{message}.{base64url_encode(mac)}"


def with_part_of_the_mac(random: Random) -> str:
    message, _, signature = good(random).rpartition(".")
    whole = random.randrange(0, 40, 4)  # whole groups stay canonical
    return f"{message}.{signature[:whole]}"


def with_mac_of_another(random: Random) -> str:
    one, other = good(random), with_claims(random, other=random.random())
    return f"{one.rpartition('.')[0]}.{other.rpartition('.')[2]}"


def with_parts_of_another(random: Random) -> str:
    """Keep the signature, and put another header or payload before it."""
    header, payload, signature = good(random).split(".")
    if random.random() < 0.5:
        payload = with_claims(random, other=random.random()).split(".")[1]
    else:
        header = with_header(random, other=random.random()).split(".")[0]
    return f"{header}.{payload}.{signature}"


def with_one_character_changed(random: Random) -> str:
    token = good(random)
    place = random.randrange(len(token))
    letters = (ALPHABET if random.random() < 0.5 else OTHERS).replace(
        token[place], ""
    )
    return token[:place] + random.choice(letters) + token[place + 1 :]


def with_one_character_more(random: Random) -> str:
    token = good(random)
    place = random.randrange(len(token) + 1)
    letter = random.choice(ALPHABET + OTHERS)
    return token[:place] + letter + token[place:]


def with_one_character_less(random: Random) -> str:
    token = good(random)
    place = random.randrange(len(token))
    return token[:place] + token[place + 1 :]


def with_spare_bits_set(random: Random) -> str:
    """Spell the signature's last two bits, which are none, another way."""
    token = good(random)
    last = ALPHABET.index(token[-1])
    return token[:-1] + ALPHABET[last + random.randint(1, 3)]


def with_padding(random: Random) -> str:
    parts = good(random).split(".")
    parts[random.randrange(3)] += "=" * random.randint(1, 3)
    return ".".join(parts)


def in_plain_base64(random: Random) -> str:
    """Spell a part with `+` and `/` where base64url has `-` and `_`."""
    data = b"\xfb\xff" + random.randbytes(30)
    plain = b64encode(data).decode()
    header, payload, _ = good(random).split(".")
    return f"{header}.{payload}.{plain}"


def with_other_parts(random: Random) -> str:
    """Leave parts out, repeat them, put them in another order."""
    parts = good(random).split(".")
    while True:
        chosen = random.choices([*parts, ""], k=random.randint(1, 6))
        if chosen != parts:
            return ".".join(chosen)


def of_noise(random: Random) -> str:
    letters = random.choice([ALPHABET, ALPHABET + "...", OTHERS])
    return "".join(random.choices(letters, k=random.randint(0, 200)))


def too_long(random: Random) -> str:
    more = {"more": "a" * random.randint(6500, 9000)}
    if random.random() < 0.5:
        return with_claims(random, **more)
    return with_header(random, **more)


def damaged_twice(random: Random) -> str:
    """Change two places of one token."""
    token = list(good(random))
    for place in random.sample(range(len(token)), 2):
        token[place] = random.choice(
            (ALPHABET + OTHERS).replace(token[place], "")
        )
    return "".join(token)


def later(random: Random) -> float:
    seconds = random.choice([1, 2, 3600, 10**9, 10**30, 1e300])
    return SECONDS + seconds


def earlier(random: Random) -> float:
    return SECONDS - random.choice([0, 0.5, 1, 3600, SECONDS, 10**30, 1e300])


FAULTS: dict[str, Fault] = {
    "another key": lambda r: signed(
        good_header(r), good_claims(r), r.randbytes(32)
    ),
    "another hash": lambda r: signed(
        good_header(r),
        good_claims(r),
        digest=r.choice(["md5", "sha1", "sha384", "sha512", "sha3_256"]),
    ),
    "another hash, named": lambda r: signed(
        {"alg": "HS512"}, good_claims(r), digest="sha512"
    ),
    "another mac": with_another_mac,
    "part of the mac": with_part_of_the_mac,
    "mac of another token": with_mac_of_another,
    "parts of another token": with_parts_of_another,
    "unsecured": unsecured,
    "alg": lambda r: with_header(r, alg=r.choice(ALGS)),
    "no alg": lambda r: signed({"typ": "JWT"}, good_claims(r)),
    "crit": lambda r: with_header(r, crit=r.choice([["x"], [], "x", None])),
    "b64": lambda r: with_header(r, b64=r.choice([False, True, None])),
    "kid": lambda r: with_header(r, kid=r.choice(NO_STRINGS)),
    "no JSON": lambda r: with_bytes(r, NO_JSON),
    "no object": lambda r: with_bytes(r, NO_OBJECTS),
    "a name twice": with_a_name_twice,
    **{
        f"{name} of another type": with_claim_among(name, NO_STRINGS)
        for name in ("iss", "sub", "jti")
    },
    **{
        f"{name} of another type": with_claim_among(name, NO_NUMBERS)
        for name in ("exp", "nbf", "iat")
    },
    "exp over": lambda r: with_claims(r, exp=earlier(r)),
    "nbf to come": lambda r: with_claims(r, nbf=later(r)),
    "iat to come": lambda r: with_claims(r, iat=later(r)),
    "aud": lambda r: with_claims(r, aud=r.choice(["them", ["us"], "", None])),
    "a character changed": with_one_character_changed,
    "a character more": with_one_character_more,
    "a character less": with_one_character_less,
    "two characters changed": damaged_twice,
    "spare bits": with_spare_bits_set,
    "padding": with_padding,
    "plain base64": in_plain_base64,
    "other parts": with_other_parts,
    "noise": of_noise,
    "too long": too_long,
}


def test_without_a_fault_every_token_is_accepted() -> None:
    """Without this, the refusals below would prove nothing."""
    random = Random(SEED)
    for _ in range(5000):
        assert "sub" in decode(good(random), KEY, now=NOW)


def test_no_hostile_token_is_accepted(report: Report) -> None:
    random = Random(SEED)
    reasons: Counter[str] = Counter()
    each = -(-HOW_MANY // len(FAULTS))
    for name, fault in FAULTS.items():
        for _ in range(each):
            token = fault(random)
            try:
                decode(token, KEY, now=NOW)
            except RefusedTokenError as refusal:
                reasons[str(refusal)] += 1
            else:
                pytest.fail(f"accepted, {name}: {token!r}")
    assert reasons.total() >= HOW_MANY
    assert reasons.keys() == REASONS
    counts = [f"{reason} {n:,}" for reason, n in reasons.most_common()]
    report.append(
        f"{reasons.total():,} hostile tokens, none accepted: "
        f"{'; '.join(counts)}"
    )
