"""joserfc, which others wrote, reads our tokens, and we read its.

Then PyJWT's own client reads our JWKS over TCP. What either library takes
that we refuse is pinned as a fact, so that a new version shows.
"""

import hashlib
import warnings
from collections.abc import Iterator
from typing import Any

import jwt
import pytest
from joserfc import jwk, jws
from joserfc import jwt as jose
from joserfc.errors import (
    BadSignatureError,
    DecodeError,
    JoseError,
    UnsupportedAlgorithmError,
)
from joserfc.jwk import KeySet, OctKey

from course.classroom.server import serve
from snippets import ch01_jwt_anatomy as ch01
from snippets import ch03_dependency_wiring as ch03
from snippets import ch09_keys_and_claims as ch09
from tests.support.forgeries import HS256, encoded_in, signed
from tests.support.issuers import (
    access_claims,
    issuer_with,
    refusal_of,
    trusting,
)
from tests.support.signers import key_for, signer_with

pytestmark = [
    pytest.mark.anyio,
    # joserfc warns of EdDSA, which RFC 9864 has given two other names.
    pytest.mark.filterwarnings("ignore:EdDSA:joserfc.errors.SecurityWarning"),
]
ALGORITHMS = ["ES256", "RS256", "EdDSA"]
every_algorithm = pytest.mark.parametrize("algorithm", ALGORITHMS)
THIRD = "https://third.example"


def their_key(algorithm: str) -> Any:
    """Make a key pair with joserfc; its name is its thumbprint (RFC 7638)."""
    kind, detail = {
        "ES256": ("EC", "P-256"),
        "RS256": ("RSA", 2048),
        "EdDSA": ("OKP", "Ed25519"),
        "Ed25519": ("OKP", "Ed25519"),
    }[algorithm]
    parameters: Any = {"alg": algorithm, "use": "sig"}
    generate: Any = jwk.generate_key
    return generate(kind, detail, parameters, auto_kid=True)


# They read ours


@every_algorithm
async def test_they_verify_our_token_with_our_published_keys(
    algorithm: str,
) -> None:
    issuer = issuer_with(*ALGORITHMS)
    issuer.keys.sort(key=lambda key: key.algorithm != algorithm)
    keys = KeySet.import_key_set(issuer.jwks())  # type: ignore[arg-type]
    token = issuer.sign(access_claims())
    read = jose.decode(token, keys, algorithms=[algorithm])
    assert read.claims == access_claims(iss=THIRD)
    assert read.header == {
        "alg": algorithm,
        "kid": issuer.keys[0].kid,
        "typ": "at+jwt",
    }
    registry = jose.JWTClaimsRegistry(
        iss={"essential": True, "value": THIRD},
        aud={"essential": True, "value": ch09.AUDIENCE},
        exp={"essential": True},
    )
    registry.validate(read.claims)


@every_algorithm
async def test_they_refuse_our_token_once_it_is_changed(
    algorithm: str,
) -> None:
    issuer = issuer_with(algorithm)
    keys = KeySet.import_key_set(issuer.jwks())  # type: ignore[arg-type]
    message = issuer.sign(access_claims()).rpartition(".")[0]
    other = issuer.sign(access_claims(sub="a")).rpartition(".")[2]
    with pytest.raises(BadSignatureError):
        jose.decode(f"{message}.{other}", keys, algorithms=[algorithm])


async def test_they_read_the_keys_of_our_app() -> None:
    keys = KeySet.import_key_set(ch09.ours.jwks())  # type: ignore[arg-type]
    token = ch09.ours.sign(access_claims())
    assert jose.decode(token, keys).claims["sub"] == access_claims()["sub"]


def test_they_verify_a_token_of_chapter_1() -> None:
    key = OctKey.import_key(ch03.SECRET_KEY)
    token = ch01.encode({"sub": "johndoe"}, ch03.SECRET_KEY.encode())
    assert jose.decode(token, key).claims == {"sub": "johndoe"}
    strange = OctKey.import_key("another key of 32 bytes, or some more")
    with pytest.raises(BadSignatureError):
        jose.decode(token, strange)


# We read theirs


@every_algorithm
async def test_we_verify_their_token_with_their_published_keys(
    algorithm: str,
) -> None:
    key = their_key(algorithm)
    published = KeySet([key]).as_dict()
    header = {"alg": algorithm, "kid": key.kid, "typ": "at+jwt"}
    claims = access_claims(iss=THIRD)
    token = jose.encode(header, claims, key, algorithms=[algorithm])

    async def find(kid: str) -> jwt.PyJWK | None:
        return ch09.keys_in(published).get(kid)  # type: ignore[arg-type]

    with trusting(issuer_with(), find_key=find):
        assert await ch09.read_access_token(token) == claims
        message, _, signature = token.rpartition(".")
        first = "B" if signature[0] == "A" else "A"
        forged = f"{message}.{first}{signature[1:]}"
        assert "InvalidSignatureError" in await refusal_of(forged)


def test_chapter_1_reads_their_token() -> None:
    key = OctKey.import_key(ch03.SECRET_KEY)
    token = jose.encode({"alg": "HS256"}, {"sub": "johndoe"}, key)
    assert ch01.decode(token, ch03.SECRET_KEY.encode()) == {"sub": "johndoe"}
    assert ch03.read_access_token(
        jose.encode({"alg": "HS256"}, {"sub": "a", "exp": 4e9}, key)
    )


def test_they_give_a_key_the_same_thumbprint() -> None:
    """RFC 7638 §3.1, by hand: the required members, in order."""
    public = ch09.public_jwk(key_for("ES256"))
    key = jwk.import_key(public)  # type: ignore[arg-type]
    text = '{{"crv":"P-256","kty":"EC","x":"{x}","y":"{y}"}}'.format(**public)
    digest = hashlib.sha256(text.encode()).digest()
    assert key.thumbprint() == ch01.base64url_encode(digest)


# RFC 9864: Ed25519, a name that PyJWT 2.15 does not know


async def test_their_new_name_for_ed25519_is_refused_by_pyjwt() -> None:
    key = their_key("Ed25519")
    header = {"alg": "Ed25519", "kid": key.kid, "typ": "at+jwt"}
    claims = access_claims(iss=THIRD)
    token = jose.encode(header, claims, key, algorithms=["Ed25519"])
    assert jose.decode(token, key, algorithms=["Ed25519"]).claims == claims
    public = key.as_dict(private=False)
    with pytest.raises(jwt.PyJWKError, match="Unable to find an algorithm"):
        jwt.PyJWK(public)
    assert ch09.usable_key(public) is None
    nameless = {k: v for k, v in public.items() if k != "alg"}
    found = ch09.usable_key(nameless)
    assert found is not None

    async def find(kid: str) -> jwt.PyJWK | None:
        return found

    with trusting(issuer_with(), find_key=find):
        assert "InvalidAlgorithmError" in await refusal_of(token)


def test_our_eddsa_has_to_be_named_to_them() -> None:
    """By default they take what RFC 9864 recommends."""
    issuer = issuer_with("EdDSA")
    keys = KeySet.import_key_set(issuer.jwks())  # type: ignore[arg-type]
    with pytest.raises(UnsupportedAlgorithmError):
        jose.decode(issuer.sign(access_claims()), keys)


# What they refuse, and what they take, that we refuse


def good_token() -> tuple[str, KeySet]:
    issuer = issuer_with("ES256")
    keys = KeySet.import_key_set(issuer.jwks())  # type: ignore[arg-type]
    return issuer.sign(access_claims()), keys


@pytest.mark.parametrize("padding", ["=", "=="])
def test_they_refuse_padding_too(padding: str) -> None:
    token, keys = good_token()
    with pytest.raises((DecodeError, BadSignatureError)):
        jose.decode(token + padding, keys)


def test_pyjwt_takes_padding() -> None:
    """ch01's reader makes up for it, before PyJWT sees the token."""
    token, _ = good_token()
    key = jwt.PyJWK(ch09.public_jwk(key_for("ES256", "third-1")))
    for spelled in (token, token + "=="):
        assert jwt.decode(spelled, key, audience=ch09.AUDIENCE)
    secret = signed({"sub": "a"})
    assert jwt.decode(secret + "=", ch03.SECRET_KEY, ["HS256"])


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32", "utf-8-sig"])
async def test_both_libraries_take_other_encodings(encoding: str) -> None:
    token = encoded_in(encoding)(HS256, {"sub": "a"})
    key = OctKey.import_key(ch03.SECRET_KEY)
    assert jwt.decode(token, ch03.SECRET_KEY, ["HS256"]) == {"sub": "a"}
    assert jose.decode(token, key).claims == {"sub": "a"}


async def test_both_libraries_believe_the_second_of_two_names() -> None:
    token = signed(b'{"sub": "a", "sub": "b"}')
    key = OctKey.import_key(ch03.SECRET_KEY)
    assert jwt.decode(token, ch03.SECRET_KEY, ["HS256"]) == {"sub": "b"}
    assert jose.decode(token, key).claims == {"sub": "b"}


def test_they_take_the_second_signature_of_ecdsa_too() -> None:
    token, keys = good_token()
    message, _, signature = token.rpartition(".")
    pair = ch01.base64url_decode(signature)
    order = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
    other = pair[:32] + (order - int.from_bytes(pair[32:])).to_bytes(32)
    assert jose.decode(f"{message}.{ch01.base64url_encode(other)}", keys)


def test_they_refuse_a_header_that_they_do_not_know() -> None:
    sign = signer_with(key_for("ES256", "third-1"))
    token = sign(access_claims(), sign.header | {"colour": "green"})
    with pytest.raises(JoseError):
        jose.decode(token, good_token()[1])


def test_their_public_form_of_a_secret_shows_it() -> None:
    """A JWKS must not hold one; ours cannot: it has no such type."""
    key = OctKey.generate_key(256, {"kid": "a"})
    assert "k" in KeySet([key]).as_dict()["keys"][0]


def test_json_serialisation_is_read_by_them_and_not_by_us() -> None:
    """RFC 7515 §7.2; a JWT has the compact form alone (RFC 7519 §1)."""
    key = OctKey.import_key(ch03.SECRET_KEY)
    text = jws.serialize_json({"protected": {"alg": "HS256"}}, b"{}", key)
    assert jws.deserialize_json(text, key).payload == b"{}"
    with pytest.raises(jwt.DecodeError):
        ch09.unverified(str(text))


# PyJWT's facts that our reader makes up for


PYJWT_TAKES: dict[str, dict[str, Any]] = {
    "a secret": {"kty": "oct", "k": "AAAA", "kid": "a"},
    "a key that encrypts": {
        **ch09.public_jwk(key_for("ES256")),
        "use": "enc",
    },
    "a key for other operations": {
        **ch09.public_jwk(key_for("ES256")),
        "key_ops": ["encrypt"],
    },
}


@pytest.mark.parametrize("jwk_", PYJWT_TAKES.values(), ids=PYJWT_TAKES)
def test_pyjwt_takes_keys_that_we_skip(jwk_: dict[str, Any]) -> None:
    assert jwt.PyJWK(jwk_)
    assert ch09.usable_key(jwk_) is None


@pytest.mark.parametrize(
    "poison",
    [
        {"kty": "oct"},
        {**ch09.public_jwk(key_for("ES256")), "alg": "none"},
        {**ch09.public_jwk(key_for("ES256")), "alg": ["ES256"]},
    ],
    ids=["no k", "none", "an array"],
)
def test_one_bad_key_loses_pyjwt_the_whole_set(poison: Any) -> None:
    """With an error that is none of its own: an app would answer 500."""
    good = ch09.public_jwk(key_for("ES256"))
    with pytest.raises((TypeError, KeyError, NotImplementedError)):
        jwt.PyJWKSet.from_dict({"keys": [poison, good]})
    assert ch09.keys_in({"keys": [poison, good]}).keys() == {"stranger"}


PYJWT_BELIEVES: dict[str, dict[str, Any]] = {
    "a typ of any kind": {"headers": {"typ": "logout+jwt"}},
    "an expiry in words": {"claims": {"exp": "4102444800"}},
    "a subject without letters": {"claims": {"sub": ""}},
    "a client that is a number": {"claims": {"client_id": 5}},
}


@pytest.mark.parametrize("flaw", PYJWT_BELIEVES.values(), ids=PYJWT_BELIEVES)
async def test_pyjwt_believes_what_we_refuse(flaw: dict[str, Any]) -> None:
    issuer = issuer_with("ES256")
    sign = signer_with(issuer.keys[0])
    claims = access_claims(iss=THIRD, **flaw.get("claims", {}))
    token = sign(claims, sign.header | flaw.get("headers", {}))
    key = ch09.keys_in(issuer.jwks())["third-1"]
    required = ["exp", "iat", "sub", "jti", "client_id"]
    assert jwt.decode(
        token,
        key,
        algorithms=["ES256"],
        audience=ch09.AUDIENCE,
        issuer=THIRD,
        options={"require": required},
    )
    with trusting(issuer):
        assert await refusal_of(token)


def test_pyjwt_takes_a_key_of_512_bits_with_a_warning() -> None:
    jwk_ = rsa_of_512_bits()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert jwt.PyJWK(jwk_)
    assert ch09.usable_key(jwk_) is None


def rsa_of_512_bits() -> dict[str, Any]:
    """Return a JWK of 512 bits; no library makes so short a key any more."""
    return {
        "kty": "RSA",
        "kid": "a",
        "e": "AQAB",
        "n": ch01.base64url_encode(b"\xc1" + b"\x55" * 62 + b"\x57"),
    }


# PyJWT's own client reads our JWKS


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    server = serve(ch09.app)
    yield server.url
    server.stop()


def test_client_of_pyjwt_finds_our_key(url: str) -> None:
    token = ch09.ours.sign(access_claims())
    client = jwt.PyJWKClient(url + ch09.JWKS_PATH)
    key = client.get_signing_key_from_jwt(token)
    claims = jwt.decode(
        token, key, algorithms=["ES256"], audience=ch09.AUDIENCE
    )
    assert claims["iss"] == ch09.ours.name


def test_client_of_pyjwt_has_no_key_of_another_name(url: str) -> None:
    """Its errors are no InvalidTokenError: an app would answer 500."""
    token = ch09.Issuer(THIRD, [key_for("ES256", "third-1")]).sign({})
    client = jwt.PyJWKClient(url + ch09.JWKS_PATH)
    with pytest.raises(jwt.PyJWKClientError) as refusal:
        client.get_signing_key_from_jwt(token)
    assert not isinstance(refusal.value, jwt.InvalidTokenError)
