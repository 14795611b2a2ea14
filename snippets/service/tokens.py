"""Access tokens: our keys, our signature, and its check (chapter 9)."""

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, TypeAlias

import jwt
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

from .settings import settings

MAX_TOKEN_LENGTH = 8192


class RefusedTokenError(Exception):
    """A token is not accepted. PyJWT raises `jwt.InvalidTokenError`."""


def base64url_encode(data: bytes) -> str:
    """Encode bytes without `=` (RFC 7515 §2): `b"{}"` becomes `"e30"`."""
    return urlsafe_b64encode(data).rstrip(b"=").decode("ascii")


def base64url_decode(text: str) -> bytes:
    """Decode `"e30"` to `b"{}"`; refuse any other spelling of it."""
    try:
        data = urlsafe_b64decode(text + "==")  # Python ignores a surplus =
    except ValueError as error:
        raise RefusedTokenError("not base64url") from error
    if base64url_encode(data) != text:  # RFC 4648 §3.5
        raise RefusedTokenError("not base64url")
    return data


def without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Make a dict of an object's pairs; refuse a name that comes twice."""
    members = dict(pairs)
    if len(members) < len(pairs):  # RFC 7519 §4
        raise RefusedTokenError("a name appears twice")
    return members


def read_object(data: bytes) -> dict[str, Any]:
    """Read `b'{"sub":"johndoe"}'` as a dict; refuse any other JSON."""
    try:
        text = data.decode("utf-8")
        # json.loads calls the hook with the pairs of each object.
        members = json.loads(text, object_pairs_hook=without_duplicates)
        json.dumps(members, allow_nan=False)  # NaN is not JSON
    except (ValueError, RecursionError) as error:
        raise RefusedTokenError("not JSON") from error
    if not isinstance(members, dict):  # RFC 7519 §7.2
        raise RefusedTokenError("not a JSON object")
    return members


PrivateKey: TypeAlias = (
    ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
)


@dataclass(frozen=True)
class SigningKey:
    """A private key, with its name (`kid`) and its only algorithm."""

    kid: str
    algorithm: str
    private: PrivateKey = field(repr=False)


def public_jwk(key: SigningKey) -> dict[str, str]:
    """Write the public half of a key as a JWK (RFC 7517 §4).

    `{"kty": "EC", "crv": "P-256", "x": …, "y": …, "kid": …, …}`
    """
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    jwk = algorithm.to_jwk(key.private.public_key(), as_dict=True)
    jwk.pop("key_ops", None)  # `use` says it already
    return {**jwk, "kid": key.kid, "use": "sig", "alg": key.algorithm}


def signing_key(secret: SecretStr) -> SigningKey:
    """Derive a key pair from a secret, the same in every worker.

    Its `kid` is its thumbprint (RFC 7638), so that each secret has a name of
    its own, and a secret that comes back has its old one.
    """
    kdf = HKDF(hashes.SHA256(), 32, salt=None, info=b"access tokens")
    number = int.from_bytes(kdf.derive(secret.get_secret_value().encode()))
    private = ec.derive_private_key(number, ec.SECP256R1())
    jwk = public_jwk(SigningKey("", "ES256", private))
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    kid = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return SigningKey(kid, "ES256", private)


METADATA_PATH = "/.well-known/oauth-authorization-server"

JWKS_PATH = "/.well-known/jwks.json"


CACHE_LIFE = 300.0  # seconds


@dataclass
class Issuer:
    """An issuer of tokens: its name, `iss`, and its keys, of which one signs.

    The name is an https address (RFC 8414 §2): `"https://course.example"`.
    """

    name: str
    keys: list[SigningKey]

    def sign(self, claims: dict[str, Any], typ: str = "at+jwt") -> str:
        """Sign claims with the first key, which the header names."""
        key = self.keys[0]
        headers = {"typ": typ, "kid": key.kid}
        named = {"iss": self.name, **claims}
        return jwt.encode(named, key.private, key.algorithm, headers)

    def jwks(self) -> dict[str, Any]:
        """Return the set of public keys (RFC 7517 §5): `{"keys": […]}`."""
        return {"keys": [public_jwk(key) for key in self.keys]}

    def metadata(self) -> dict[str, Any]:
        """Return what clients and APIs ask an issuer for (RFC 8414 §2)."""
        return {
            "issuer": self.name,
            "token_endpoint": f"{self.name}/token",
            "jwks_uri": f"{self.name}{JWKS_PATH}",
            "response_types_supported": [],
            "grant_types_supported": ["password", "refresh_token"],
        }


ours = Issuer(
    settings.issuer, [signing_key(key) for key in settings.secret_keys]
)


ALGORITHMS = {  # one for each kind of key (RFC 8725 §3.1)
    ("RSA", ""): "RS256",
    ("EC", "P-256"): "ES256",
    ("OKP", "Ed25519"): "EdDSA",
}

PRIVATE = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}  # RFC 7518 §6


def usable_key(jwk: object) -> jwt.PyJWK | None:
    """Return the public key in a JWK if it may verify signatures, or None.

    It may not if it is of another kind, has no name, or is meant for another
    use or algorithm; nor if a secret part of it is published.
    """
    if not isinstance(jwk, dict) or not isinstance(jwk.get("kid"), str):
        return None
    kind = (str(jwk.get("kty")), str(jwk.get("crv", "")))
    algorithm = ALGORITHMS.get(kind)
    purpose = (jwk.get("use", "sig"), jwk.get("alg", algorithm))
    verifies = "verify" in str(jwk.get("key_ops", "verify"))  # RFC 7517 §4.3
    if algorithm is None or PRIVATE & jwk.keys():
        return None
    if purpose != ("sig", algorithm) or not verifies:
        return None
    try:
        key = jwt.PyJWK(jwk, algorithm)
    except jwt.PyJWTError:  # such as a point that is not on its curve
        return None
    weak = isinstance(key.key, rsa.RSAPublicKey) and key.key.key_size < 2048
    return None if weak else key


def keys_in(jwks: dict[str, Any]) -> dict[str, jwt.PyJWK]:
    """Return the usable keys of a JWKS by `kid`; skip others (RFC 7517 §5).

    Raises:
        ValueError: `keys` is not an array.
    """
    if not isinstance(jwks.get("keys"), list):
        raise ValueError("not a set of keys")
    usable = [usable_key(jwk) for jwk in jwks["keys"]]
    return {key.key_id: key for key in usable if key and key.key_id}


FindKey: TypeAlias = Callable[[str], Awaitable[jwt.PyJWK | None]]


@dataclass(frozen=True)
class Trust:
    """What this API demands of the access tokens of one issuer.

    The defaults are those of RFC 9068. `marks` are claims with a fixed value,
    for issuers whose access tokens have no such `typ` or no `aud`. `exp` and
    `sub` are required of every issuer. `scope_prefix` is what an issuer puts
    before the names of our scopes.
    """

    issuer: str
    audience: str | None
    find_key: FindKey = field(repr=False)
    typ: str | None = "at+jwt"
    scope_claim: str = "scope"
    scope_prefix: str = ""
    required: tuple[str, ...] = ("iat", "jti", "client_id")
    marks: dict[str, str] = field(default_factory=dict)


async def find_our_key(kid: str) -> jwt.PyJWK | None:
    """Return our own public key of this name, or None."""
    return keys_in(ours.jwks()).get(kid)


class KeysUnavailableError(Exception):
    """An issuer cannot be reached, and its keys are not known."""


AUDIENCE = settings.audience

TRUSTED = {ours.name: Trust(ours.name, AUDIENCE, find_our_key)}


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and claims, as strictly as chapter 1 reads them.

    PyJWT also reads UTF-16 and names that come twice (RFC 8725 §3.7).

    Raises:
        jwt.InvalidTokenError: the token is malformed.
    """
    parts = token.split(".")
    try:
        if len(token) > MAX_TOKEN_LENGTH or len(parts) != 3:
            raise RefusedTokenError("too long, or not three parts")
        header, claims, _ = map(base64url_decode, parts)
        return read_object(header), read_object(claims)
    except RefusedTokenError as error:
        raise jwt.DecodeError(str(error)) from error


def check_kind(
    header: dict[str, Any], claims: dict[str, Any], trust: Trust
) -> None:
    """Accept a token of the kind that this issuer's access tokens are.

    `typ` is compared without regard to case, with or without `application/`
    (RFC 7515 §4.1.9, RFC 9068 §4). PyJWT does not look at it.

    Raises:
        jwt.InvalidTokenError: it is of another kind.
    """
    kind = str(header.get("typ", "")).lower().removeprefix("application/")
    marked = all(claims.get(name) == trust.marks[name] for name in trust.marks)
    if not marked or trust.typ not in (kind, None):
        raise jwt.InvalidTokenError("not an access token")


def check_types(claims: dict[str, Any]) -> None:
    """Accept times that are numbers, and names that are some text.

    PyJWT also takes an `exp` of `"99"`, and a `sub` of `""`. A database takes
    no text with NUL or half a surrogate pair in it.

    Raises:
        jwt.InvalidTokenError: a claim has another type, or no text.
    """
    for name in ("exp", "iat"):
        if type(claims.get(name, 0)) not in (int, float):
            raise jwt.InvalidTokenError(f"{name} is not a number")
    for name in ("sub", "jti", "client_id"):
        text = claims.get(name, "-")
        if not isinstance(text, str) or not text or not text.isprintable():
            raise jwt.InvalidTokenError(f"{name} is not text")


async def read_access_token(token: str) -> dict[str, Any]:
    """Return the claims of a valid access token (RFC 9068 §4).

    The claims are read twice: to find the issuer and its key, and again, by
    PyJWT, to be believed. The key comes from the issuer's own table, never
    from the token, and its kind decides the algorithm (RFC 8725 §3.1, §3.10).

    Raises:
        jwt.InvalidTokenError: the token is not a valid one for this API.
        KeysUnavailableError: its issuer's keys cannot be fetched.
    """
    header, claims = unverified(token)
    issuer, kid = claims.get("iss"), header.get("kid")
    trust = TRUSTED.get(issuer) if isinstance(issuer, str) else None
    if trust is None or not isinstance(kid, str):
        raise jwt.InvalidTokenError("no issuer that we trust, or no kid")
    check_kind(header, claims, trust)
    key = await trust.find_key(kid)
    if key is None:
        raise jwt.InvalidTokenError("no key of the issuer has this kid")
    verified: dict[str, Any] = jwt.decode(
        token,
        key,
        algorithms=[key.algorithm_name],
        issuer=trust.issuer,
        audience=trust.audience,
        options={"require": ["exp", "sub", *trust.required]},
    )
    check_types(verified)
    return verified


# It signs what never leaves: see `sign_afresh`.
SECRET_KEY = settings.secret_keys[0].get_secret_value()

ALGORITHM = "HS256"


ACCESS_TOKEN_LIFETIME = timedelta(minutes=30)


def create_access_token(
    data: dict[str, Any], expires_delta: timedelta = ACCESS_TOKEN_LIFETIME
) -> str:
    """Sign claims together with an expiry time: `"eyJhbGci…"`.

    Args:
        data: the claims, such as `{"sub": "johndoe"}`; an `exp` among them
            is overwritten (RFC 7519 §4.1.4).
        expires_delta: the token's lifetime, counted from now.

    Raises:
        TypeError: a claim cannot be written as JSON.
    """
    claims = {**data, "exp": datetime.now(UTC) + expires_delta}
    return jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)
