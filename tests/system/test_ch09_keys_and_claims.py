"""Chapter 9: keys, tokens of several issuers, identities, and the app.

Keys that come over a network are in `test_ch09_key_source.py`, the change of
keys in `test_ch09_rotation.py`.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from unittest.mock import patch
from uuid import UUID

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa, utils

from snippets import ch01_jwt_anatomy as ch01
from snippets import ch03_dependency_wiring as ch03
from snippets import ch09_keys_and_claims as ch09
from tests.support.accounts import subject_of
from tests.support.chapters import apps
from tests.support.clients import login, open_client, scopes_of
from tests.support.forgeries import (
    FAR_FUTURE,
    Claims,
    base64url,
    encoded_in,
    mac,
    part,
    signed,
    unsigned,
    with_digest,
)
from tests.support.issuers import (
    Network,
    access_claims,
    issuer_with,
    refusal_of,
    trusting,
)
from tests.support.logins import (
    claims_of,
    log_in,
    refresh,
    sign_in,
    status,
)
from tests.support.signers import key_for, signer_with

pytestmark = pytest.mark.anyio
ALGORITHMS = ["ES256", "RS256", "EdDSA"]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
# What a private or a secret key has beside the public members (RFC 7518 §6).
PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
THIRD = "https://third.example"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(ch09.app, raise_app_exceptions=False) as client:
        yield client


def own_claims(**changes: Any) -> Claims:
    """Return what a token of ours for johndoe says."""
    sub = subject_of("ch09", "johndoe")
    jti = str(UUID(int=9))
    return access_claims(sub=sub, jti=jti, client_id="course", **changes)


# Keys, written as JWKs


@pytest.mark.parametrize(
    ("algorithm", "members"),
    [
        ("ES256", {"kty", "crv", "x", "y"}),
        ("RS256", {"kty", "n", "e"}),
        ("EdDSA", {"kty", "crv", "x"}),
    ],
)
def test_jwk_has_the_public_members_and_says_what_it_is_for(
    algorithm: str, members: set[str]
) -> None:
    jwk = ch09.public_jwk(key_for(algorithm, "a"))
    assert jwk.keys() == members | {"kid", "use", "alg"}
    assert (jwk["kid"], jwk["use"], jwk["alg"]) == ("a", "sig", algorithm)


@every_algorithm
def test_new_key_is_of_the_size_that_its_algorithm_asks_for(
    algorithm: str,
) -> None:
    key = ch09.usable_key(ch09.public_jwk(key_for(algorithm)))
    assert key is not None
    assert key.algorithm_name == algorithm
    if isinstance(key.key, rsa.RSAPublicKey):
        assert key.key.key_size == 2048
        assert key.key.public_numbers().e == 65_537


def test_no_two_new_keys_are_the_same() -> None:
    jwks = [ch09.public_jwk(ch09.new_key("a")) for _ in range(3)]
    assert len({jwk["x"] for jwk in jwks}) == 3


def test_key_is_not_printed() -> None:
    assert repr(ch09.ours.keys[0]) == (
        "SigningKey(kid='ours-1', algorithm='ES256')"
    )


def test_every_worker_has_the_same_teaching_key_and_every_name_another() -> (
    None
):
    def x(kid: str) -> str:
        return ch09.public_jwk(ch09.teaching_key(kid))["x"]

    assert x("ours-1") == x("ours-1") == ch09.ours.jwks()["keys"][0]["x"]
    assert x("ours-1") != x("ours-2")
    with patch.object(ch03, "SECRET_KEY", "another secret of 32 bytes, or so"):
        assert x("ours-1") != ch09.ours.jwks()["keys"][0]["x"]


# Which keys of a JWKS may verify

EC, RSA, ED = (ch09.public_jwk(key_for(name)) for name in ALGORITHMS)


def without(jwk: dict[str, Any], name: str) -> dict[str, Any]:
    return {k: v for k, v in jwk.items() if k != name}


def small_rsa() -> dict[str, Any]:
    """Return a key of 1024 bits, which PyJWT would take."""
    private = rsa.generate_private_key(65_537, 1024)
    algorithm = jwt.get_algorithm_by_name("RS256")
    jwk = algorithm.to_jwk(private.public_key(), as_dict=True)
    return {**jwk, "kid": "small", "use": "sig", "alg": "RS256"}


def with_secret_part(name: str) -> dict[str, Any]:
    """Return a JWK of which the private half is published as well."""
    algorithm = jwt.get_algorithm_by_name(name)
    jwk = algorithm.to_jwk(key_for(name).private, as_dict=True)
    return {**without(jwk, "key_ops"), "kid": "a"}


USABLE: dict[str, dict[str, Any]] = {
    **dict(zip(ALGORITHMS, (EC, RSA, ED), strict=True)),
    "without alg, as Entra ID writes it": without(RSA, "alg"),
    "without use": without(EC, "use"),
    "with key_ops": {**EC, "key_ops": ["verify"]},
    "with what nobody knows": {**EC, "colour": "green", "x5c": ["AAAA"]},
}


def changed(
    jwk: dict[str, Any], name: str, *values: Any
) -> dict[str, dict[str, Any]]:
    """Give a member of a JWK each of these values."""
    return {
        f"{jwk['kty']}, {name} {value!r}": {**jwk, name: value}
        for value in values
    }


NO_JWKS: tuple[Any, ...] = (None, 1, "a", [], ["a"], {}, True)
UNUSABLE: dict[str, object] = {
    **{f"{jwk!r}": jwk for jwk in NO_JWKS},
    "a secret": {"kty": "oct", "k": "AAAA", "kid": "a", "alg": "HS256"},
    "a secret that says RS256": {**RSA, "kty": "oct", "k": "AAAA"},
    **{f"private, {name}": with_secret_part(name) for name in ALGORITHMS},
    **changed(EC, "kty", "ec", "", None, 1, [], "RSA", "AKP"),
    **changed(EC, "crv", "P-384", "p-256", "secp256k1", None, 1, ["P-256"]),
    **changed(ED, "crv", "Ed448", "X25519", "P-256"),
    **changed(RSA, "crv", "P-256"),
    **changed(EC, "use", "enc", "SIG", "", None, 1, ["sig"]),
    **changed(
        without(EC, "use"), "key_ops", ["encrypt"], [], ["sign"], None, 1
    ),
    **changed(
        EC,
        "alg",
        *("RS256", "ES384", "HS256", "none", "es256", "", None, 1, ["ES256"]),
    ),
    **changed(RSA, "alg", "PS256", "RS512", "HS256", "RSA-OAEP", "none", []),
    # RFC 9864's name, which PyJWT does not know.
    **changed(ED, "alg", "Ed25519"),
    **changed(EC, "kid", None, 1, True, [], {}),
    "no kid": without(EC, "kid"),
    **{f"no {name}": without(EC, name) for name in ("kty", "crv", "x", "y")},
    **{f"no {name} of RSA": without(RSA, name) for name in ("n", "e")},
    "no x of Ed25519": without(ED, "x"),
    "a point that is not on the curve": {**EC, "y": EC["x"]},
    "the point zero": {**EC, "x": "A" * 43, "y": "A" * 43},
    "half a point": {**EC, "x": EC["x"][:20]},
    "a point in other letters": {**EC, "x": "!" * 43},
    "a number as a point": {**EC, "x": 1},
    "RSA of 1024 bits": small_rsa(),
    "RSA with an even exponent": {**RSA, "e": "Ag"},
    "RSA with an exponent of one": {**RSA, "e": "AQ"},
}


@pytest.mark.parametrize("jwk", USABLE.values(), ids=USABLE)
def test_public_key_for_signatures_is_usable(jwk: dict[str, Any]) -> None:
    key = ch09.usable_key(jwk)
    assert key is not None
    assert key.key_id == jwk["kid"]


@pytest.mark.parametrize("jwk", UNUSABLE.values(), ids=UNUSABLE)
def test_other_key_is_skipped_and_the_keys_beside_it_are_kept(
    jwk: object,
) -> None:
    """RFC 7517 §5. Some of them stop PyJWT's reader of a set."""
    assert ch09.usable_key(jwk) is None
    assert ch09.keys_in({"keys": [EC, jwk, RSA]}).keys() == {"stranger"}
    named = {**RSA, "kid": "other"}
    assert ch09.keys_in({"keys": [jwk, EC, named]}).keys() == {
        *("stranger", "other")
    }


def test_key_with_an_empty_name_is_skipped() -> None:
    assert ch09.keys_in({"keys": [{**EC, "kid": ""}]}) == {}


def test_second_key_of_a_name_counts() -> None:
    """Names are told apart (RFC 7517 §4.5); no token can mean the first."""
    (key,) = ch09.keys_in({"keys": [EC, RSA]}).values()
    assert key.algorithm_name == "RS256"


def test_set_of_ten_thousand_keys_is_read() -> None:
    keys = [{"kty": "oct", "kid": f"{n}"} for n in range(9_999)]
    assert ch09.keys_in({"keys": [*keys, EC]}).keys() == {"stranger"}


@pytest.mark.parametrize("keys", [None, "abc", 1, {}, {"a": EC}])
def test_keys_that_are_no_array_are_refused(keys: object) -> None:
    with pytest.raises(ValueError, match="not a set of keys"):
        ch09.keys_in({"keys": keys})


def test_set_without_keys_is_refused() -> None:
    with pytest.raises(ValueError, match="not a set of keys"):
        ch09.keys_in({})


# An issuer publishes

ISSUERS = {
    "ours": (ch09.app, ch09.ours),
    "partner": (ch09.partner_app, ch09.partner),
}
both_issuers = pytest.mark.parametrize("name", ISSUERS)


@both_issuers
async def test_published_keys_are_public(name: str) -> None:
    app, issuer = ISSUERS[name]
    async with open_client(app) as client:
        answer = await client.get(ch09.JWKS_PATH)
    keys = answer.json()["keys"]
    assert [key["kid"] for key in keys] == [key.kid for key in issuer.keys]
    assert keys
    for key in keys:
        assert not key.keys() & PRIVATE
        assert ch09.usable_key(key)
    assert answer.headers["Cache-Control"] == "max-age=300"


@both_issuers
async def test_metadata_says_whose_they_are_and_where_the_keys_are(
    name: str,
) -> None:
    app, issuer = ISSUERS[name]
    async with open_client(app) as client:
        answer = await client.get(ch09.METADATA_PATH)
    assert answer.headers["Cache-Control"] == "max-age=300"
    assert answer.json() == {
        "issuer": issuer.name,
        "token_endpoint": f"{issuer.name}/token",
        "jwks_uri": f"{issuer.name}/.well-known/jwks.json",
        "response_types_supported": [],
        "grant_types_supported": ["password", "refresh_token"],
    }
    assert issuer.name.startswith("https://")
    assert not issuer.name.endswith("/")


async def test_no_private_number_is_in_any_answer(
    client: httpx.AsyncClient,
) -> None:
    private = ch09.ours.keys[0].private
    assert isinstance(private, ec.EllipticCurvePrivateKey)
    number = private.private_numbers().private_value.to_bytes(32)
    for path in (ch09.METADATA_PATH, ch09.JWKS_PATH, "/openapi.json"):
        text = (await client.get(path)).text
        assert base64url(number) not in text
        assert number.hex() not in text


@every_algorithm
async def test_issuer_signs_with_its_first_key(algorithm: str) -> None:
    issuer = ch09.Issuer(
        THIRD, [key_for(algorithm, "first"), key_for("ES256", "second")]
    )
    token = issuer.sign(access_claims())
    assert jwt.get_unverified_header(token) == {
        "alg": algorithm,
        "kid": "first",
        "typ": "at+jwt",
    }
    assert claims_of(token) == access_claims(iss=THIRD)
    with trusting(issuer):
        assert await ch09.read_access_token(token) == access_claims(iss=THIRD)


# Tokens of any issuer: one flaw each


@pytest.fixture
def third() -> Iterator[ch09.Issuer]:
    """An issuer that we trust, with a key of each kind."""
    issuer = issuer_with(*ALGORITHMS)
    with trusting(issuer):
        yield issuer


async def test_good_token_is_read(third: ch09.Issuer) -> None:
    """Without this, the refusals below would prove nothing."""
    assert await refusal_of(third.sign(access_claims())) == ""


@pytest.mark.parametrize(
    "typ",
    [
        *("at+jwt", "AT+JWT", "At+Jwt", "application/at+jwt"),
        *("application/AT+JWT", "APPLICATION/at+jwt"),
    ],
)
async def test_typ_may_be_spelled_in_these_ways(
    third: ch09.Issuer, typ: str
) -> None:
    assert await refusal_of(third.sign(access_claims(), typ)) == ""


KINDS: tuple[Any, ...] = (
    *("JWT", "jwt", "", "at", "jwt+at", "at+jwt ", " at+jwt", "at+jwt\0"),
    *("id_token+jwt", "logout+jwt", "dpop+jwt", "secevent+jwt", "at+jwts"),
    *("application/application/at+jwt", "text/at+jwt", "application/jwt"),
    *("at+jwt; charset=utf-8", "at+jwt,JWT", "\u0430t+jwt", "at\uff0bjwt"),
    *(None, 1, True, [], ["at+jwt"], {}, {"at+jwt": 1}),
)


@pytest.mark.parametrize("typ", KINDS, ids=ascii)
async def test_token_of_another_kind_is_refused(
    third: ch09.Issuer, typ: Any
) -> None:
    sign = signer_with(third.keys[0])
    token = sign(access_claims(iss=THIRD), sign.header | {"typ": typ})
    assert await refusal_of(token) == (
        "InvalidTokenError: not an access token"
    )


async def test_token_of_no_kind_is_refused(third: ch09.Issuer) -> None:
    sign = signer_with(third.keys[0])
    token = sign(access_claims(iss=THIRD), without(sign.header, "typ"))
    assert "not an access token" in await refusal_of(token)


@pytest.mark.parametrize(
    "issuer",
    [
        *(f"{THIRD}/", THIRD.upper(), "https://Third.example", " " + THIRD),
        *("http://third.example", "https://third.example:443", "third"),
        *("https://third.example#", "https://third.example\0", ""),
        *([THIRD], None, 1, True, {}, {THIRD: 1}),
    ],
    ids=ascii,
)
async def test_issuer_is_compared_letter_by_letter(
    third: ch09.Issuer, issuer: Any
) -> None:
    token = signer_with(third.keys[0])(access_claims(iss=issuer))
    assert "no issuer that we trust" in await refusal_of(token)


async def test_token_without_an_issuer_is_refused(third: ch09.Issuer) -> None:
    token = signer_with(third.keys[0])(access_claims())
    assert "no issuer that we trust" in await refusal_of(token)


@pytest.mark.parametrize("name", [ch09.ours.name, ch09.partner.name])
async def test_key_of_one_issuer_speaks_for_no_other(
    third: ch09.Issuer, name: str
) -> None:
    """RFC 8725 §3.8: the key must be the issuer's."""
    token = third.sign(access_claims(iss=name))
    assert "no key of the issuer" in await refusal_of(token)


async def test_name_of_a_key_is_looked_up_among_its_issuers_keys() -> None:
    """Two issuers may give their keys the same name."""
    rival = ch09.Issuer(THIRD, [key_for("ES256", "ours-1")])
    with trusting(rival):
        assert await refusal_of(rival.sign(access_claims())) == ""
        token = rival.sign(access_claims(iss=ch09.ours.name))
        assert "InvalidSignatureError" in await refusal_of(token)


@pytest.mark.parametrize(
    "audience",
    [
        ch09.AUDIENCE,
        [ch09.AUDIENCE],
        ["https://a.example", ch09.AUDIENCE],
        [ch09.AUDIENCE, ch09.AUDIENCE],
    ],
    ids=ascii,
)
async def test_token_may_be_for_several_audiences(
    third: ch09.Issuer, audience: Any
) -> None:
    assert await refusal_of(third.sign(access_claims(aud=audience))) == ""


AUDIENCES: tuple[Any, ...] = (
    *("https://another.example", ch09.AUDIENCE + "/", ch09.AUDIENCE[:-1]),
    *(ch09.AUDIENCE.upper(), f"{ch09.AUDIENCE}.evil.example", "api", " "),
    *(f"{ch09.AUDIENCE} https://a.example", "*", "", ch09.ours.name),
    *([], [""], ["https://another.example"], [ch09.AUDIENCE[1:]]),
    *([[ch09.AUDIENCE]], [ch09.AUDIENCE, 1], {ch09.AUDIENCE: 1}, {}),
    *(None, 0, 1, True, False),
)


@pytest.mark.parametrize("audience", AUDIENCES, ids=ascii)
async def test_token_for_another_audience_is_refused(
    third: ch09.Issuer, audience: Any
) -> None:
    refusal = await refusal_of(third.sign(access_claims(aud=audience)))
    assert refusal.startswith(
        (
            "InvalidAudienceError",
            'MissingRequiredClaimError: Token is missing the "aud"',
        )
    )


REQUIRED = ("exp", "iat", "sub", "aud", "jti", "client_id")


@pytest.mark.parametrize("name", REQUIRED)
@pytest.mark.parametrize("how", ["missing", "null"])
async def test_required_claim_may_not_be_missing(
    third: ch09.Issuer, name: str, how: str
) -> None:
    claims = access_claims(**{name: None})
    if how == "missing":
        claims = without(claims, name)
    refusal = await refusal_of(third.sign(claims))
    assert refusal == (
        f'MissingRequiredClaimError: Token is missing the "{name}" claim'
    )


@pytest.mark.parametrize("name", ["exp", "sub"])
async def test_expiry_and_subject_are_required_of_every_issuer(
    name: str,
) -> None:
    third = issuer_with("ES256")
    with trusting(third, required=()):
        assert await refusal_of(third.sign(access_claims())) == ""
        token = third.sign(without(access_claims(), name))
        assert "MissingRequiredClaimError" in await refusal_of(token)
        bare = {n: access_claims()[n] for n in ("exp", "sub", "aud")}
        assert await refusal_of(third.sign(bare)) == ""


@pytest.mark.parametrize("name", ["sub", "jti", "client_id"])
@pytest.mark.parametrize(
    "value",
    ["", 0, 1, True, [], ["a"], {}, "\0", "a\0", "\ud800", "a\nb"],
    ids=ascii,
)
async def test_name_is_some_text(
    third: ch09.Issuer, name: str, value: Any
) -> None:
    """Half a surrogate pair would be a 500 in the database."""
    assert await refusal_of(third.sign(access_claims(**{name: value})))


TIMES: dict[str, tuple[Any, ...]] = {
    "exp": (
        *(0, -1, 1_500_000_000, str(FAR_FUTURE), f" {FAR_FUTURE}", "", "a"),
        *(True, [], [FAR_FUTURE], {}, "4_102_444_800", "\u0664" * 10),
    ),
    "iat": (FAR_FUTURE, "1767268800", True, "a", [], {}),
    "nbf": (FAR_FUTURE, "a", [], None),
}


@pytest.mark.parametrize(
    ("name", "value"),
    [(name, value) for name, values in TIMES.items() for value in values],
    ids=ascii,
)
async def test_time_is_a_number_in_order(
    third: ch09.Issuer, name: str, value: Any
) -> None:
    assert await refusal_of(third.sign(access_claims(**{name: value})))


async def test_time_may_have_a_fraction(third: ch09.Issuer) -> None:
    times = {"exp": FAR_FUTURE + 0.5, "iat": 1.5, "nbf": 1.5}
    assert await refusal_of(third.sign(access_claims(**times))) == ""


@pytest.mark.parametrize(
    "kid",
    [
        *("third-9", "THIRD-1", "third-1 ", "third-1\0", "", "partner-1"),
        *("../../dev/null", "/proc/self/environ", "' OR '1'='1", "*", "0"),
        *("https://evil.example/jwks.json", "third-1' --", "\ud800"),
    ],
    ids=ascii,
)
async def test_name_of_no_key_is_refused(third: ch09.Issuer, kid: str) -> None:
    sign = signer_with(third.keys[0])
    token = sign(access_claims(iss=THIRD), sign.header | {"kid": kid})
    assert "no key of the issuer has this kid" in await refusal_of(token)


@pytest.mark.parametrize(
    "kid", [None, 1, 0, True, [], ["third-1"], {}], ids=ascii
)
async def test_name_of_a_key_is_text(third: ch09.Issuer, kid: Any) -> None:
    sign = signer_with(third.keys[0])
    token = sign(access_claims(iss=THIRD), sign.header | {"kid": kid})
    assert "or no kid" in await refusal_of(token)


async def test_token_without_the_name_of_its_key_is_refused(
    third: ch09.Issuer,
) -> None:
    sign = signer_with(third.keys[0])
    token = sign(access_claims(iss=THIRD), without(sign.header, "kid"))
    assert "or no kid" in await refusal_of(token)


# One key, one algorithm

OTHER_NAMES: dict[str, tuple[Any, ...]] = {
    "ES256": (
        *("RS256", "PS256", "ES384", "ES512", "ES256K", "HS256", "EdDSA"),
        *("es256", "ES256 ", "none", "None", "", None, 1, ["ES256"], {}),
    ),
    "RS256": (
        *("PS256", "RS384", "RS512", "HS256", "HS512", "ES256", "none"),
        *("rs256", ["RS256"], None),
    ),
    "EdDSA": ("Ed25519", "Ed448", "ES256", "HS256", "eddsa", "none", None),
}


@pytest.mark.parametrize(
    ("algorithm", "alg"),
    [(key, name) for key, names in OTHER_NAMES.items() for name in names],
    ids=ascii,
)
async def test_key_decides_the_algorithm(algorithm: str, alg: Any) -> None:
    third = issuer_with(algorithm)
    sign = signer_with(third.keys[0])
    claims = access_claims(iss=THIRD)
    with trusting(third):
        assert await refusal_of(sign(claims)) == ""
        token = sign(claims, sign.header | {"alg": alg})
        assert "alg" in (await refusal_of(token)).lower()


@pytest.mark.parametrize("algorithm", ["ES256", "RS256"])
@pytest.mark.parametrize("number", ["384", "512"])
async def test_longer_hash_under_the_same_key_is_refused(
    algorithm: str, number: str
) -> None:
    third = issuer_with(algorithm)
    forge = with_digest(f"sha{number}", number)
    with trusting(third):
        token = forge(signer_with(third.keys[0]), access_claims(iss=THIRD))
        assert "InvalidAlgorithmError" in await refusal_of(token)


@pytest.mark.parametrize("alg", ["none", "None", "NONE", "nOnE"])
async def test_token_without_a_signature_is_refused(
    third: ch09.Issuer, alg: str
) -> None:
    sign = signer_with(third.keys[0])
    token = unsigned(alg)(sign, access_claims(iss=THIRD))
    assert "InvalidAlgorithmError" in await refusal_of(token)


def forms_of(key: ch09.SigningKey) -> dict[str, bytes]:
    """List what a public key may be mistaken for: a secret for HMAC."""
    public = key.private.public_key()
    encoding, formats = serialization.Encoding, serialization.PublicFormat
    spki = formats.SubjectPublicKeyInfo
    pem = public.public_bytes(encoding.PEM, spki)
    forms = {
        "PEM": pem,
        "PEM without a last line break": pem.strip(),
        "PEM's body": b"".join(pem.splitlines()[1:-1]),
        "DER": public.public_bytes(encoding.DER, spki),
        "JWK": json.dumps(ch09.public_jwk(key)).encode(),
        "JWKS": json.dumps({"keys": [ch09.public_jwk(key)]}).encode(),
    }
    if key.algorithm == "EdDSA":
        forms["raw"] = public.public_bytes(encoding.Raw, formats.Raw)
    if key.algorithm == "ES256":
        point = formats.UncompressedPoint
        forms["point"] = public.public_bytes(encoding.X962, point)
    return forms


@every_algorithm
async def test_public_key_is_no_secret_for_hmac(algorithm: str) -> None:
    """RFC 8725 §2.1. PyJWT signs with some of these texts, if it is told."""
    third = issuer_with(algorithm)
    sign = signer_with(third.keys[0])
    with trusting(third):
        for text in forms_of(third.keys[0]).values():
            for alg in ("HS256", algorithm):
                token = sign.sign(
                    access_claims(iss=THIRD),
                    sign.header | {"alg": alg},
                    mac(text),
                )
                refusal = await refusal_of(token)
                assert refusal.startswith(
                    "InvalidAlgorithmError"
                    if alg == "HS256"
                    else "InvalidSignatureError"
                )


# What a token says about its key is not believed

EVIL = "https://evil.example/jwks.json"


@pytest.mark.parametrize("kid", ["third-1", "evil"])
@pytest.mark.parametrize("name", ["jku", "x5u", "jwk", "x5c", "iss", "keys"])
async def test_key_that_a_token_brings_is_not_used_and_not_fetched(
    name: str, kid: str
) -> None:
    """RFC 8725 §3.10. The attacker's server hears nothing."""
    network = Network(issuer_with("ES256"))
    evil = key_for("ES256", "evil")
    brought = {
        "jku": EVIL,
        "x5u": EVIL,
        "iss": "https://evil.example",
        "jwk": ch09.public_jwk(evil),
        "keys": [ch09.public_jwk(evil)],
        "x5c": [forms_of(evil)["PEM's body"].decode()],
    }[name]
    sign = signer_with(evil)
    header = sign.header | {"kid": kid, name: brought}
    token = sign(access_claims(iss=THIRD), header)
    with trusting(network.issuer, find_key=network.source().find):
        refusal = await refusal_of(token)
    assert ("InvalidSignature" in refusal) == (kid == "third-1")
    assert ("no key of the issuer" in refusal) == (kid == "evil")
    assert not [url for url in network.asked if "evil" in url]
    assert len(network.asked) == 2


@pytest.mark.parametrize("name", ["jku", "x5u", "colour"])
async def test_header_that_nobody_asks_is_ignored(
    third: ch09.Issuer, name: str
) -> None:
    """Without this, the refusals above would prove nothing."""
    sign = signer_with(third.keys[0])
    token = sign(access_claims(iss=THIRD), sign.header | {name: EVIL})
    assert await refusal_of(token) == ""


@pytest.mark.parametrize(
    "crit", [["colour"], ["exp"], [], "exp", None, ["b64"]], ids=ascii
)
async def test_extension_that_must_be_understood_is_refused(
    third: ch09.Issuer, crit: Any
) -> None:
    sign = signer_with(third.keys[0])
    header = sign.header | {"crit": crit, "colour": "green"}
    assert await refusal_of(sign(access_claims(iss=THIRD), header))


# Spellings of one token


async def test_two_signatures_of_one_token_are_one_token_to_the_deny_list(
    client: httpx.AsyncClient,
) -> None:
    """To anyone who has r and s, r and n−s is a signature as well."""
    token = (await log_in(client))["access_token"]
    message, _, signature = token.rpartition(".")
    pair = ch01.base64url_decode(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = pair[:32] + (order - int.from_bytes(pair[32:])).to_bytes(32)
    twin = f"{message}.{base64url(other)}"
    assert twin != token
    assert await status(client, twin) == 200
    await client.post("/revoke", data={"token": twin})
    assert await status(client, token) == 401
    assert await status(client, twin) == 401


async def test_signature_of_another_length_or_form_is_refused(
    third: ch09.Issuer,
) -> None:
    token = third.sign(access_claims())
    message, _, signature = token.rpartition(".")
    pair = ch01.base64url_decode(signature)
    r, s = int.from_bytes(pair[:32]), int.from_bytes(pair[32:])
    for other in (
        utils.encode_dss_signature(r, s),  # DER, as OpenSSL writes it
        *(pair[:63], pair + b"\0", b"\0" + pair, pair[32:] + pair[:32]),
        *(b"\0" * 64, b"", b"\xff" * 64, pair[:32] + b"\0" * 32),
    ):
        forged = f"{message}.{base64url(other)}"
        assert "InvalidSignatureError" in await refusal_of(forged)


@pytest.mark.parametrize(
    "pattern",
    [
        *("{h}.{p}.{s}=", "{h}.{p}.{s}==", "{h}.{p}=.{s}", "{h}=.{p}.{s}"),
        *("{h}.{p}", ".{p}.{s}", "{h}..{s}", "{h}.{p}.{s}."),
        *("{h}.{p}.{s}.{s}", "{h}.{p}.{s}.{s}.{s}", "{h} .{p}.{s}", "", "."),
        *("{h}.{p}.{s}\n", " {h}.{p}.{s}", "\ufeff{h}.{p}.{s}", "\ud800"),
        '{{"protected":"{h}","payload":"{p}","signature":"{s}"}}',
    ],
    ids=ascii,
)
async def test_token_is_spelled_in_one_way(
    third: ch09.Issuer, pattern: str
) -> None:
    header, payload, signature = third.sign(access_claims()).split(".")
    token = pattern.format(h=header, p=payload, s=signature)
    assert "DecodeError" in await refusal_of(token)


async def test_token_has_a_greatest_length(third: ch09.Issuer) -> None:
    assert ch01.MAX_TOKEN_LENGTH == 8192
    assert "too long" in await refusal_of(
        third.sign(access_claims(more="a" * 6200))
    )
    token = third.sign(access_claims())
    for limit, refusal in ((len(token), ""), (len(token) - 1, "too long")):
        with patch.object(ch01, "MAX_TOKEN_LENGTH", limit):
            assert refusal in await refusal_of(token)
            assert bool(await refusal_of(token)) == bool(refusal)


@pytest.mark.parametrize(
    "encoding", ["utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-8-sig"]
)
@pytest.mark.parametrize("which", ["header", "claims"])
async def test_other_encodings_than_utf_8_are_refused(
    third: ch09.Issuer, encoding: str, which: str
) -> None:
    """RFC 8725 §3.7. PyJWT reads them."""
    sign = signer_with(third.keys[0])
    claims = access_claims(iss=THIRD)
    header = json.dumps(sign.header).encode(encoding)
    token = (
        sign(claims, header)
        if which == "header"
        else encoded_in(encoding)(sign, claims)
    )
    assert "DecodeError: not JSON" in await refusal_of(token)


@pytest.mark.parametrize("name", ["sub", "iss", "exp", "aud"])
async def test_claim_that_comes_twice_is_refused(
    third: ch09.Issuer, name: str
) -> None:
    """PyJWT believes the second, others the first (RFC 7519 §4)."""
    sign = signer_with(third.keys[0])
    claims = access_claims(iss=THIRD)
    text = json.dumps(claims)[:-1] + f', "{name}": '
    token = sign(f"{text}{json.dumps(claims[name])}}}".encode())
    assert "DecodeError: a name appears twice" in await refusal_of(token)


@pytest.mark.parametrize("name", ["alg", "kid", "typ"])
async def test_header_member_that_comes_twice_is_refused(
    third: ch09.Issuer, name: str
) -> None:
    sign = signer_with(third.keys[0])
    text = json.dumps(sign.header)[:-1] + f', "{name}": '
    header = f"{text}{json.dumps(sign.header[name])}}}".encode()
    token = sign(access_claims(iss=THIRD), header)
    assert "DecodeError: a name appears twice" in await refusal_of(token)


@pytest.mark.parametrize(
    "text",
    [
        *(b"", b"{", b"[]", b'"a"', b"null", b"1", b"\xff", b"[" * 3000),
        *(b'{"a": NaN}', b'{"exp": 1e999}', b"{}{}"),
    ],
    ids=ascii,
)
async def test_part_that_is_no_json_object_is_refused(
    third: ch09.Issuer, text: bytes
) -> None:
    sign = signer_with(third.keys[0])
    assert "DecodeError" in await refusal_of(sign(text))
    assert "DecodeError" in await refusal_of(sign(access_claims(), text))


async def test_changed_part_is_refused(third: ch09.Issuer) -> None:
    sign = signer_with(third.keys[0])
    good, wide = (
        sign(access_claims(iss=THIRD, scope=scope)).split(".")
        for scope in ("me", "me items")
    )
    forged = ".".join([good[0], wide[1], good[2]])
    assert "InvalidSignatureError" in await refusal_of(forged)
    header = part(sign.header | {"colour": "green"})
    forged = ".".join([header, *good[1:]])
    assert "InvalidSignatureError" in await refusal_of(forged)


# Tokens of earlier chapters


async def token_of(stem: str) -> str:
    """Log johndoe in to a chapter's app, with all scopes."""
    app = apps()[stem]
    async with open_client(app) as other:
        form = {**login(), "scope": scopes_of(app)}
        token: str = (await other.post("/token", data=form)).json()[
            "access_token"
        ]
    return token


async def test_token_of_chapter_6_opens_chapter_5() -> None:
    """They share a key, and nothing says for which of them a token is."""
    token = await token_of("ch06_scopes")
    async with open_client(apps()["ch05_check_it"]) as other:
        assert await status(other, token) == 200


@pytest.mark.parametrize("stem", [s for s in apps(first=4) if s < "ch09"])
async def test_token_of_an_earlier_chapter_does_not_open_this_one(
    stem: str, client: httpx.AsyncClient
) -> None:
    assert await status(client, await token_of(stem)) == 401


@pytest.mark.parametrize("stem", [s for s in apps(first=4) if s < "ch09"])
async def test_token_of_this_chapter_opens_no_earlier_one(
    stem: str, client: httpx.AsyncClient
) -> None:
    token = (await log_in(client))["access_token"]
    async with open_client(apps()[stem]) as other:
        assert await status(other, token) in (400, 401)


async def test_claims_of_this_chapter_under_the_old_secret_are_refused(
    client: httpx.AsyncClient,
) -> None:
    claims = own_claims(iss=ch09.ours.name)
    header = {"alg": "HS256", "typ": "at+jwt", "kid": "ours-1"}
    assert await status(client, ch09.ours.sign(claims)) == 200
    assert await status(client, signed(claims, header)) == 401


async def test_refresh_token_of_chapter_8_buys_a_token_of_this_chapter(
    client: httpx.AsyncClient,
) -> None:
    """The new signature logs nobody out."""
    old = sign_in("me")
    answer = await refresh(client, old.refresh_token)
    assert await status(client, old.access_token) == 401
    assert await status(client, answer.json()["access_token"]) == 200
