"""Chapter 9's practice: whose token, which key, and when to change it."""

import hashlib
from collections.abc import Callable
from typing import Any

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given, may_not_raise
from snippets.ch01_jwt_anatomy import base64url_encode
from snippets.ch09_keys_and_claims import ours, public_jwk

prediction(
    "The attacker has only a public key. What can he do with it?",
    wrong(
        "Verify tokens, like everyone else",
        "That is all that the key itself can do. But `naive_read` also uses "
        "its text for something else, if the header says so.",
    ),
    right(
        "Sign a token that `naive_read` accepts",
        "He signs with HS256 and takes the text of the public key as the "
        "secret. `naive_read` verifies with the same text.",
    ),
    wrong(
        "Compute the private key, and sign with it",
        "Nobody can compute the private half of an RSA key of 2048 bits. He "
        "does not need it.",
    ),
)
prediction(
    "The partner's `sub` equals johndoe's id. Whose account opens?",
    wrong(
        "johndoe's: an id names one user",
        "It names one user of ours. The partner writes into `sub` what it "
        "likes, so it could open every account.",
    ),
    right(
        "None",
        "The partner's subjects are looked up in a table of their own, beside "
        "the issuer, and this one is not there.",
    ),
    wrong(
        "A new account with this id",
        "The chapter creates no account for a partner's user. Some services "
        "do, with a new id of their own.",
    ),
)
prediction(
    "The partner replaces its key in one step. Who is refused?",
    wrong(
        "Nobody: an unknown `kid` has us fetch the new key",
        "We fetched the keys just before, and fetch again a minute later at "
        "the earliest. Until then, the new tokens are refused.",
    ),
    wrong(
        "Only users with old tokens: their key is gone",
        "They are refused later, when we have fetched the keys. At first we "
        "still have the old key, and it is the new one that we lack.",
    ),
    right(
        "First users with new tokens, then those with old ones",
        "First we lack the new key, and after the next fetch the old one.",
    ),
)


PARTNER = ("https://partner.example", "https://api.course.example")
STAFF = ("https://login.bank.example/realms/staff", "orders")
TYPES: dict[str, tuple[object, bool]] = {
    "`typ` in upper case": ("AT+JWT", True),
    "`typ` with `application/`": ("application/at+jwt", True),
    "`typ` with `Application/`": ("Application/AT+JWT", True),
    "an ID token": ("JWT", False),
    "a logout token": ("logout+jwt", False),
    "a `typ` that ends in `at+jwt`": ("x-at+jwt", False),
    "a `typ` that begins with `at+jwt`": ("at+jwt-draft", False),
    "a `typ` of another family": ("text/at+jwt", False),
    "a `typ` with `application/` twice": (
        "application/application/at+jwt",
        False,
    ),
    "a `typ` that is a part of `at+jwt`": ("jwt", False),
    "an empty `typ`": ("", False),
    "a `typ` that is a number": (7, False),
    "a header without `typ`": (None, False),
}
KINDS = (
    "`typ` may have capitals, and `application/` before it. No other text is "
    "an access token's: the issuer signs ID tokens with the same key."
)
ISSUERS = (
    "`iss` must be the issuer's name, letter by letter. Anyone may register "
    "a name that begins or looks like it."
)
AUDIENCES = (
    "`aud` is the API's whole name, or a list that has it as an element. A "
    "token for another API must not open this one."
)
NO_CRASH = (
    "The attacker decides what is missing. An exception is a 500: return "
    "`False`."
)


def other_issuers(issuer: str) -> dict[str, object]:
    """List values of `iss` that are not this issuer's name."""
    return {
        "an `iss` with a slash at its end": f"{issuer}/",
        "an `iss` that begins like the issuer": f"{issuer}.evil.example",
        "an `iss` that is the issuer's beginning": issuer[:-1],
        "an `iss` in capitals": issuer.upper(),
        "an `iss` of another issuer": "https://other.example",
        "an empty `iss`": "",
        "an `iss` that is a list": [issuer],
        "claims without `iss`": None,
    }


def audiences(api: str) -> dict[str, tuple[object, bool]]:
    """List values of `aud`, and whether each is for this API."""
    return {
        "a list with this API alone": ([api], True),
        "a list with this API last": (["https://else.example", api], True),
        "a list with this API first": ([api, "https://else.example"], True),
        "an `aud` that begins like the API": (f"{api}.evil.example", False),
        "an `aud` that is the API's beginning": (api[:-1], False),
        "an `aud` in capitals": (api.upper(), False),
        "another API": ("https://else.example", False),
        "a list with a longer name": ([f"{api}.evil.example"], False),
        "a list of two other APIs": (["https://else.example", "b"], False),
        "an empty list": ([], False),
        "an empty `aud`": ("", False),
        "an `aud` that is an object": ({api: True}, False),
        "an `aud` that is a number": (7, False),
        "claims without `aud`": (None, False),
    }


def without_none(**members: object) -> dict[str, object]:
    """Make an object; a member that is None is missing from it."""
    return {name: m for name, m in members.items() if m is not None}


@exercise(
    "is this token for us?",
    a_function,
    hints=(
        "The stub asks whether a text begins with another, or contains it. "
        "Which texts pass although they are longer?",
        "Compare `iss` with `==`. Make a list of an `aud` that is a string, "
        "then ask whether the list contains the API. Read claims with `get`.",
        'For `typ`: `str(header.get("typ")).lower()`, then '
        '`.removeprefix("application/")`, then `== "at+jwt"`. For `aud`: `if '
        "isinstance(audience, str): audience = [audience]`, and at the end "
        "`isinstance(audience, list) and api in audience`.",
    ),
)
def is_this_token_for_us(is_for_us: Callable[..., object]) -> None:
    """The right kind, exactly this issuer, and this API in `aud`."""

    def answers(
        what: str,
        expected: bool,
        why: str,
        names: tuple[str, str],
        typ: object = "at+jwt",
        **changed: object,
    ) -> None:
        """Try a token that is right, but for some members."""
        issuer, api = names
        header = without_none(typ=typ, alg="ES256", kid="key-1")
        right_ones = {"iss": issuer, "sub": "4711", "aud": api}
        claims = without_none(**right_ones | changed)
        given(what)
        with may_not_raise(NO_CRASH, Exception):
            result = is_for_us(header, claims, issuer, api)
        expect(result is expected, f"The answer must be `{expected}`. {why}")

    ordinary = "It is an access token of this issuer, for this API."
    answers("an access token for this API", True, ordinary, PARTNER)
    answers("another issuer's, for its API", True, ordinary, STAFF)
    for names in (PARTNER, STAFF):
        for what, (aud, expected) in audiences(names[1]).items():
            answers(what, expected, AUDIENCES, names, aud=aud)
        for what, iss in other_issuers(names[0]).items():
            answers(what, False, ISSUERS, names, iss=iss)
        for what, (typ, expected) in TYPES.items():
            answers(what, expected, KINDS, names, typ=typ)
    swapped = "an `iss` that is the API, an `aud` that is the issuer"
    for issuer, api in (PARTNER, STAFF):
        why = f"{ISSUERS} {AUDIENCES}"
        names = (issuer, api)
        answers(swapped, False, why, names, iss=api, aud=issuer)


def teaching_bytes(name: str, length: int) -> str:
    """Derive bytes for a public key, always the same, in base64url."""
    data = hashlib.shake_256(name.encode()).digest(length)
    return base64url_encode(bytes([data[0] | 128]) + data[1:-1] + b"\x01")


RSA_JWK = {
    "kid": "rsa-1",
    "kty": "RSA",
    "use": "sig",
    "alg": "RS256",
    "e": "AQAB",
    "n": teaching_bytes("rsa-1", 256),
}
EC_JWK = public_jwk(ours.keys[0]) | {"kid": "ec-1"}
ED_JWK = {
    "kid": "ed-1",
    "kty": "OKP",
    "crv": "Ed25519",
    "use": "sig",
    "alg": "EdDSA",
    "x": teaching_bytes("ed-1", 32),
}
OCT_JWK = {"kid": "oct-1", "kty": "oct", "k": teaching_bytes("oct-1", 32)}
NAMED = (
    "This key has the header's `kid`, and the algorithm that the header "
    "names. Without it, a good token is refused."
)
BY_NAME = (
    "No published key has this name, so no key may verify. A key of another "
    "name, or one from the header, is not the issuer's choice."
)
OTHER_NAME = (
    "It chose a key of another name. The `kid` says which key signed: compare "
    "it with the JWK's."
)
ONE_ALGORITHM = (
    "A key has one algorithm, by its kind. If the header names another one, "
    "an attacker may be choosing it: return `None`."
)
PURPOSE = (
    "Its `use` or `alg` says that it is for something else, so it may not "
    "verify a signature."
)
NO_JWK_CRASH = (
    "Members may be missing from a header and from a JWK. An exception is a "
    "500: read them with `get`."
)


def less(jwk: dict[str, str], *names: str) -> dict[str, str]:
    """Copy a JWK without some members."""
    return {name: jwk[name] for name in jwk if name not in names}


@exercise(
    "choose the key",
    a_lookup,
    hints=(
        "The stub looks at `kid` alone. What else does a JWK say of itself?",
        '`ALGORITHMS.get((jwk.get("kty"), jwk.get("crv", "")))` is the '
        "key's algorithm, or None. Compare it with the header's `alg`.",
        "Return the JWK only if all hold: an algorithm was found; the "
        "header's `alg` is this algorithm; the header has a `kid`, and the "
        'JWK the same; `jwk.get("use", "sig") == "sig"`; and '
        '`jwk.get("alg", algorithm) == algorithm`.',
    ),
)
def choose_the_key(choose_key: Callable[..., object]) -> None:
    """By `kid`, for signatures, and by the only algorithm of its kind."""

    def chooses(
        what: str,
        header: dict[str, Any],
        keys: list[dict[str, str]],
        expected: dict[str, str] | None,
        why: str,
    ) -> None:
        """Offer keys to a header, and compare the choice."""
        given(what)
        wanted = None if expected is None else dict(expected)
        with may_not_raise(NO_JWK_CRASH, Exception):
            chosen = choose_key(header, {"keys": keys})
        if isinstance(chosen, dict):
            expect(chosen.get("kid") == header.get("kid"), OTHER_NAME)
        expect(chosen == wanted, why)

    published: list[dict[str, str]] = [RSA_JWK, EC_JWK, ED_JWK]
    kinds = {"RS256": RSA_JWK, "ES256": EC_JWK, "EdDSA": ED_JWK}
    for algorithm, jwk in kinds.items():
        header = {"alg": algorithm, "kid": jwk["kid"], "typ": "at+jwt"}
        what = f"an {algorithm} token"
        chooses(what, header, published, jwk, NAMED)
    for algorithm, jwk in kinds.items():
        header = {"alg": algorithm, "kid": jwk["kid"]}
        for name in ("use", "alg"):
            bare = less(jwk, name)
            what = f"an {algorithm} key without `{name}`"
            chooses(what, header, [OCT_JWK, bare], bare, NAMED)
        for other in ("HS256", "none", "PS256", *kinds, algorithm.lower()):
            if other != algorithm:
                what = f"a token that says {other}, and the {algorithm} key"
                odd = header | {"alg": other}
                chooses(what, odd, published, None, ONE_ALGORITHM)
        what = f"a header without `alg`, and the {algorithm} key"
        odd = {"kid": jwk["kid"]}
        chooses(what, odd, published, None, ONE_ALGORITHM)
        keys = [jwk | {"use": "enc"}]
        chooses(f"{algorithm}, `use: enc`", header, keys, None, PURPOSE)
        keys = [jwk | {"alg": "HS256"}]
        what = f"the {algorithm} key, published for HS256"
        chooses(what, header, keys, None, PURPOSE)
        odd = header | {"alg": "HS256"}
        what = f"a token that says HS256, and an {algorithm} key as well"
        chooses(what, odd, keys, None, ONE_ALGORITHM)
        keys = [jwk | {"use": "enc"}, jwk]
        what = f"two {algorithm} keys of one `kid`, the first to encrypt"
        chooses(what, header, keys, jwk, f"The second may verify. {NAMED}")
    other_names(chooses)
    other_kinds(chooses)


def other_names(chooses: Callable[..., None]) -> None:
    """Let the `kid` be unknown, missing, or in the header's own key."""
    published = [RSA_JWK, EC_JWK, ED_JWK]
    header = {"alg": "RS256", "kid": "rsa-1"}
    for kid in ("rsa-2", "RSA-1", "rsa-1 ", "rsa", "", 1, None):
        odd = header | {"kid": kid}
        chooses(f"the `kid` {kid!r}", odd, published, None, BY_NAME)
    nameless = less(RSA_JWK, "kid")
    bare = {"alg": "RS256"}
    what = "a header without `kid`, and a key without one"
    chooses(what, bare, [nameless], None, f"Nothing names a key. {BY_NAME}")
    chooses("a header without `kid`", bare, published, None, BY_NAME)
    what = "a key without `kid` before the right one"
    chooses(what, header, [nameless, RSA_JWK], RSA_JWK, NAMED)
    attackers = RSA_JWK | {"kid": "own", "n": teaching_bytes("own", 256)}
    own = {"jwk": attackers, "jku": "https://evil.example/jwks.json"}
    what = "a header that brings its own key"
    chooses(what, header | own | {"kid": "own"}, published, None, BY_NAME)
    what = "a header that brings another key of this `kid`"
    own["jwk"] = attackers | {"kid": "rsa-1"}
    chooses(what, header | own, published, RSA_JWK, NAMED)
    chooses("an empty set", header, [], None, BY_NAME)


def other_kinds(chooses: Callable[..., None]) -> None:
    """Publish keys whose kind is not in the table."""
    unknown = "Its kind is not in `ALGORITHMS`, so it may not verify."
    secret = OCT_JWK | {"alg": "HS256", "use": "sig"}
    for algorithm, jwk in (
        ("HS256", OCT_JWK),
        ("HS256", secret),
        ("ES384", EC_JWK | {"crv": "P-384", "alg": "ES384"}),
        ("ES256", less(EC_JWK, "alg") | {"crv": "secp256k1"}),
        ("ES256", less(EC_JWK, "crv")),
        ("EdDSA", less(ED_JWK, "alg") | {"crv": "X25519"}),
        ("RS256", less(RSA_JWK, "kty")),
    ):
        header = {"alg": algorithm, "kid": jwk["kid"]}
        kind = " ".join(jwk.get(name, "–") for name in ("kty", "crv"))
        what = f"an {algorithm} token, and a key of the kind {kind}"
        chooses(what, header, [jwk], None, unknown)
    what = "a header without `alg`, and a shared secret"
    chooses(what, {"kid": "oct-1"}, [OCT_JWK], None, unknown)
    what = "a header with `alg: null`, and a shared secret"
    chooses(what, {"kid": "oct-1", "alg": None}, [OCT_JWK], None, unknown)


TOO_EARLY = (
    "Some apps fetched the JWKS just before second 0, and do not know the "
    "new key until second `cache`: they would refuse its tokens."
)
TOO_LATE = (
    "From second `cache` on, all apps know the new key: sign with it, since "
    "each old token delays the end of the old key."
)
STILL_NEEDED = (
    "The last token of the old key was signed just before second `cache`, "
    "and is good for `life` seconds. It would be refused."
)
OUTLIVED = (
    "From second `cache + life` on, all tokens of the old key have expired. "
    "Only a thief can still use it: withdraw it."
)
NOT_YET = "Before second 0 there is only the old key."
ANNOUNCED = (
    "From second 0 on, the new key is published, so that caches learn it."
)


@exercise(
    "plan a rotation",
    a_function,
    hints=(
        "Which app is the last to learn the new key? When does the last token "
        "of the old key expire?",
        "The new key signs from second `cache` on. The last old token is "
        "signed just before.",
        '`signing` is `"new"` if `second >= cache`. The old key is '
        "published while `second < cache + life`, the new one from `second "
        ">= 0` on.",
    ),
)
def plan_a_rotation(keys_at: Callable[..., object]) -> None:
    """Publish, wait for the caches, sign, wait for the tokens, withdraw."""
    for cache, life in ((300, 600), (60, 3600), (3600, 300), (300, 300)):
        end = cache + life
        moments = [
            *(-5000, -1, 0, 1, cache - 1, cache, cache + 1),
            *(end - 1, end, end + 1, end + 5000),
        ]
        for second in sorted({*moments, life, cache - 0.5, end - 0.5}):
            given(f"second {second}, with `cache` {cache} and `life` {life}")
            result = keys_at(second, cache, life)
            expect(
                isinstance(result, tuple) and len(result) == 2,
                "Return two things: the name of the signing key, and the set "
                "of published names.",
            )
            judge_moment(result, second, cache, end)


def judge_moment(result: Any, second: float, cache: int, end: int) -> None:  # noqa: ANN401
    """Compare one answer with what the moment allows."""
    signing, published = result
    expect(
        isinstance(published, set | frozenset | list | tuple)
        and set(published) <= {"old", "new"}
        and signing in ("old", "new"),
        'The keys are named `"old"` and `"new"`.',
    )
    if second < cache:
        expect(signing == "old", NOT_YET if second < 0 else TOO_EARLY)
    else:
        expect(signing == "new", TOO_LATE)
    if second < 0:
        expect("new" not in published, NOT_YET)
    else:
        expect("new" in published, ANNOUNCED)
    if second < end:
        expect("old" in published, STILL_NEEDED)
    else:
        expect("old" not in published, OUTLIVED)
