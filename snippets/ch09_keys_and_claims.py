"""Chapter 9: accept tokens of another issuer, and change keys.

An access token is signed with a private key. Its issuer publishes the public
one, so that an API can verify tokens, but cannot make any. A token says who
issued it (`iss`), for which API (`aud`), and of which kind it is (`typ`).
"""

# %% Imports
import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeAlias
from uuid import UUID

import httpx
import jwt
import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import APIRouter, Depends, FastAPI, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from snippets import ch01_jwt_anatomy as ch01
from snippets import ch03_dependency_wiring as ch03
from snippets import ch04_token_endpoint as ch04
from snippets import ch05_check_it as ch05
from snippets import ch06_scopes as ch06
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets.ch07_database import Session, StoredUser
from snippets.ch08_refresh_logout import FamilyRow

# %% Make a key pair, and write its public half as a JWK
PrivateKey: TypeAlias = (
    ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey
)


@dataclass(frozen=True)
class SigningKey:
    """A private key, with its name (`kid`) and its only algorithm."""

    kid: str
    algorithm: str
    private: PrivateKey = field(repr=False)


def new_key(kid: str, algorithm: str = "ES256") -> SigningKey:
    """Make a key pair for ES256, RS256 or EdDSA (RFC 7518 §3.3, §3.4)."""
    if algorithm == "ES256":
        private: PrivateKey = ec.generate_private_key(ec.SECP256R1())
    elif algorithm == "RS256":
        private = rsa.generate_private_key(65_537, key_size=2048)
    else:
        private = ed25519.Ed25519PrivateKey.generate()
    return SigningKey(kid, algorithm, private)


def public_jwk(key: SigningKey) -> dict[str, str]:
    """Write the public half of a key as a JWK (RFC 7517 §4).

    `{"kty": "EC", "crv": "P-256", "x": …, "y": …, "kid": …, …}`
    """
    algorithm = jwt.get_algorithm_by_name(key.algorithm)
    jwk = algorithm.to_jwk(key.private.public_key(), as_dict=True)
    jwk.pop("key_ops", None)  # `use` says it already
    return {**jwk, "kid": key.kid, "use": "sig", "alg": key.algorithm}


# %% An issuer signs with its first key, and publishes its keys
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


METADATA_PATH = "/.well-known/oauth-authorization-server"
JWKS_PATH = "/.well-known/jwks.json"


def published(issuer: Issuer) -> APIRouter:
    """Make the routes of an issuer's metadata and keys."""
    router = APIRouter()

    @router.get(METADATA_PATH)
    async def read_metadata(response: Response) -> dict[str, Any]:
        """Return where this issuer's endpoints and keys are."""
        response.headers["Cache-Control"] = f"max-age={CACHE_LIFE:.0f}"
        return issuer.metadata()

    @router.get(JWKS_PATH)
    async def read_jwks(response: Response) -> dict[str, Any]:
        """Return this issuer's public keys."""
        response.headers["Cache-Control"] = f"max-age={CACHE_LIFE:.0f}"
        return issuer.jwks()

    return router


CACHE_LIFE = 300.0  # seconds


# %% Two issuers: this app, and another company
def teaching_key(kid: str) -> SigningKey:
    """Derive a key pair from `SECRET_KEY`, the same in every worker.

    A real service reads its private key from its store of secrets.
    """
    kdf = HKDF(hashes.SHA256(), 32, salt=None, info=kid.encode())
    number = int.from_bytes(kdf.derive(ch03.SECRET_KEY.encode()))
    private = ec.derive_private_key(number, ec.SECP256R1())
    return SigningKey(kid, "ES256", private)


ours = Issuer("https://course.example", [teaching_key("ours-1")])
partner = Issuer("https://partner.example", [new_key("partner-1", "RS256")])
partner_app = FastAPI(title="Another company's issuer")
partner_app.include_router(published(partner))

# %% Which keys of a JWKS may verify
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


# %% Fetch a document of an issuer
MOST_BYTES = 100_000


async def read_json(client: httpx.AsyncClient, url: str) -> dict[str, Any]:
    """Fetch a JSON object over https; redirects are not followed.

    Raises:
        ValueError: the address is not https, or the answer is too long.
        RefusedTokenError: the answer is no JSON object; see chapter 1.
        httpx.HTTPError: the server cannot be reached, or answers an error.
    """
    if not url.startswith("https://"):
        raise ValueError("keys come by https alone")
    body = b""
    plain = {"Accept-Encoding": "identity"}  # what is packed could be huge
    async with client.stream("GET", url, headers=plain) as response:
        response.raise_for_status()
        async for chunk in response.aiter_raw():
            body += chunk
            if len(body) > MOST_BYTES:
                raise ValueError("the document is too long")
    return ch01.read_object(body)


# %% Fetch an issuer's keys, and keep them
FETCH_LIMIT = 2.0  # seconds, for both documents
FETCH_PAUSE = 60.0  # seconds at least between two fetches
KEEP_LIFE = 3600.0  # seconds that keys are used while their issuer is down
key_logger = logging.getLogger(__name__)


class KeysUnavailableError(Exception):
    """An issuer cannot be reached, and its keys are not known."""


class KeySource:
    """The public keys of an issuer, fetched by HTTP and kept.

    Attributes:
        issuer: its name, `iss`.
        metadata_url: where its metadata is.
        transport: what carries the requests; None is the network.
        clock: returns seconds that only go forward.
    """

    def __init__(
        self,
        issuer: str,
        metadata_url: str,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        """Begin without keys: the first token has them fetched."""
        self.issuer = issuer
        self.metadata_url = metadata_url
        self.transport = transport
        self.clock: Callable[[], float] = time.monotonic
        self.keys: dict[str, jwt.PyJWK] = {}
        self.fetched_at = self.tried_at = -math.inf
        self.fetching: asyncio.Task[None]  # there from the first `find` on

    async def find(self, kid: str) -> jwt.PyJWK | None:
        """Return the key of this name, or None: it is not published.

        Raises:
            KeysUnavailableError: no key was fetched, or too long ago.
        """
        now = self.clock()
        outdated = now - self.fetched_at >= CACHE_LIFE
        if outdated or kid not in self.keys:
            if now - self.tried_at >= FETCH_PAUSE:
                self.tried_at = now
                self.fetching = asyncio.create_task(self.fetch())
            # One fetch for all requests that wait; none of them can cancel it.
            await asyncio.shield(self.fetching)
        if self.clock() - self.fetched_at >= KEEP_LIFE:
            raise KeysUnavailableError(self.issuer)
        return self.keys.get(kid)

    async def fetch(self) -> None:
        """Fetch the keys; if that fails, log it and keep the old ones."""
        try:
            async with (
                asyncio.timeout(FETCH_LIMIT),
                httpx.AsyncClient(transport=self.transport) as client,
            ):
                metadata = await read_json(client, self.metadata_url)
                if metadata["issuer"] != self.issuer:  # RFC 8414 §3.3
                    raise ValueError("the metadata is another issuer's")
                jwks = await read_json(client, metadata["jwks_uri"])
            self.keys = keys_in(jwks)
            self.fetched_at = self.clock()
        except Exception:  # of any type: network, time limit, JSON, its shape
            key_logger.warning("no keys from %s", self.issuer, exc_info=True)


# %% Whom this API trusts, and for what
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


AUDIENCE = "https://api.course.example"
partner_keys = KeySource(
    partner.name,
    partner.name + METADATA_PATH,
    httpx.ASGITransport(partner_app),  # in this process, for the course
)
TRUSTED = {
    ours.name: Trust(ours.name, AUDIENCE, find_our_key),
    partner.name: Trust(partner.name, AUDIENCE, partner_keys.find),
}


# %% Read a token before it is trusted
def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return a token's header and claims, as strictly as chapter 1 reads them.

    PyJWT also reads UTF-16 and names that come twice (RFC 8725 §3.7).

    Raises:
        jwt.InvalidTokenError: the token is malformed.
    """
    parts = token.split(".")
    try:
        if len(token) > ch01.MAX_TOKEN_LENGTH or len(parts) != 3:
            raise ch01.RefusedTokenError("too long, or not three parts")
        header, claims, _ = map(ch01.base64url_decode, parts)
        return ch01.read_object(header), ch01.read_object(claims)
    except ch01.RefusedTokenError as error:
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


# %% Verify an access token of any issuer that we trust (replaces ch03)
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


# %% Which user and which scopes a token has here
class IdentityTable(DeclarativeBase):
    """The table of this chapter, in the database of chapter 7."""


class IdentityRow(IdentityTable):
    """A row of `identities`: a subject of another issuer is a user of ours.

    Only both together name a person: another issuer may use the same `sub`
    for somebody else.
    """

    __tablename__ = "identities"

    issuer: Mapped[str] = mapped_column(primary_key=True)
    subject: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(ch07.UserRow.id, ondelete="CASCADE"), index=True
    )


def link_identity(user: StoredUser, claims: dict[str, Any]) -> None:
    """Let tokens of another issuer's subject act for a user.

    Call it with the verified claims of such a token, from a person who has
    just logged in here as well.

    Raises:
        sqlalchemy.exc.IntegrityError: the subject is linked already.
    """
    row = IdentityRow(issuer=claims["iss"], subject=claims["sub"])
    row.user_id = user.id
    with Session.begin() as session:
        session.add(row)


def is_denied(claims: dict[str, Any]) -> bool:
    """Return whether an access token of ours is on the deny-list."""
    jti = ch08.jti_of(claims)
    listed = sa.select(ch08.RevokedRow.id).where(ch08.RevokedRow.jti == jti)
    with Session() as session:
        return jti is None or session.scalar(listed.limit(1)) is not None


def user_of(claims: dict[str, Any]) -> StoredUser | None:
    """Return the active user that verified claims name, or None."""
    issuer, subject = claims["iss"], claims["sub"]
    if issuer == ours.name:
        return None if is_denied(claims) else ch07.user_named_by(subject)
    with Session() as session:
        row = session.get(IdentityRow, (issuer, subject))
    return ch07.user_named_by(row.user_id.urn) if row else None


def scopes_of(claims: dict[str, Any], user: StoredUser) -> frozenset[str]:
    """Return the scopes that a token has here.

    A list and a string of them are both in use. What another issuer grants
    counts as far as the user has it with us.

    Raises:
        jwt.InvalidTokenError: the claim is neither.
    """
    trust = TRUSTED[claims["iss"]]
    granted = claims.get(trust.scope_claim, "")
    if isinstance(granted, list):
        granted = " ".join(map(str, granted))
    scopes = ch06.scopes_in({"scope": granted})
    if trust.issuer == ours.name:
        return scopes
    prefix = trust.scope_prefix
    named = {s.removeprefix(prefix) for s in scopes if s.startswith(prefix)}
    return ch06.split_scopes(user.scopes) & named


# %% From token to active user (replaces ch08)
async def get_current_user(
    required: SecurityScopes,
    token: Annotated[str, Security(ch06.oauth2_scheme)],
) -> StoredUser:
    """Return the active user of a token that has the required scopes.

    Raises:
        OAuthError: 401, the token is invalid or revoked, or its user is gone
            or disabled; 403, the token lacks a scope (RFC 6750 §3.1).
    """
    refusal = ch05.bearer_error(401, "invalid_token", "the token is not valid")
    try:
        claims = await read_access_token(token)
        user = await run_in_threadpool(user_of, claims)
        if user is None:
            raise refusal
        granted = scopes_of(claims, user)
    except jwt.InvalidTokenError as error:
        raise refusal from error
    if not granted >= set(required.scopes):
        scope = ch06.write_scopes(required.scopes)
        lacks = "the token lacks a scope"
        raise ch05.bearer_error(403, "insufficient_scope", lacks, scope=scope)
    return user


CurrentUser = Annotated[StoredUser, Security(get_current_user)]
Me = Annotated[StoredUser, Security(get_current_user, scopes=["me"])]
Owner = Annotated[
    StoredUser, Security(get_current_user, scopes=["me", "items"])
]


# %% Our access tokens, signed with the private key
CLIENT_ID = "course"  # the password grant registers no clients


def sign_afresh(tokens: ch08.Token, client_id: str = CLIENT_ID) -> ch08.Token:
    """Put our issuer's signature, header and claims on a login's answer.

    Chapter 8 decides who gets which claims. Its own signature never leaves.
    """
    _, claims = unverified(tokens.access_token)
    more = {"aud": AUDIENCE, "client_id": client_id}
    signed = ours.sign(claims | more)
    return tokens.model_copy(update={"access_token": signed})


# %% Revoke one of our tokens (replaces ch08)
def deny(claims: dict[str, Any]) -> None:
    """Put an access token of ours on the deny-list, by its `jti`."""
    jti = ch08.jti_of(claims)
    if jti is None or claims["iss"] != ours.name:
        return
    expires_at = datetime.fromtimestamp(min(claims["exp"], 32e9), UTC)
    with Session.begin() as session:
        session.add(ch08.RevokedRow(jti=jti, expires_at=expires_at))


async def revoke(token: str) -> None:
    """End what a token of ours can do (RFC 7009 §2.1), of either kind."""
    try:
        claims = await read_access_token(token)
    except (jwt.InvalidTokenError, KeysUnavailableError):
        await run_in_threadpool(ch08.end_families, ch08.owns(token))
    else:
        await run_in_threadpool(deny, claims)


# %% The app (replaces ch08)
async def no_keys(request: Request, error: Exception) -> JSONResponse:
    """Answer 503: the token may be good, but nobody can tell now."""
    later = {"Retry-After": f"{FETCH_PAUSE:.0f}"}
    refusal = ch05.OAuthError(503, "temporarily_unavailable", "no keys", later)
    return await ch05.refuse(request, refusal)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create what is missing, for the course's sake."""
    await run_in_threadpool(ch07.migrate, "ch09")
    await run_in_threadpool(ch07.move_users)
    yield


app = FastAPI(
    title="Chapter 9: keys and claims",
    lifespan=lifespan,
    responses=ch07.RESPONSES,
    exception_handlers={
        ch05.OAuthError: ch05.refuse,
        RequestValidationError: ch04.refuse_form,
        SQLAlchemyError: ch07.unavailable,
        KeysUnavailableError: no_keys,
    },
    redirect_slashes=False,
)
app.include_router(published(ours))
app.post("/users/", status_code=201)(ch07.sign_up)


Grant: TypeAlias = ch05.PasswordGrant | ch08.RefreshGrant


@app.post(
    "/token", openapi_extra=ch08.form_of(ch05.PasswordGrant, ch08.RefreshGrant)
)
async def login_for_access_token(
    grant: Annotated[Grant, Depends(ch08.read_grant)], response: Response
) -> ch08.Token:
    """Trade a password, or a refresh token, for a pair of tokens."""
    return sign_afresh(await ch08.login_for_access_token(grant, response))


@app.post(
    "/revoke",
    openapi_extra=ch08.form_of(ch08.Revocation),
    response_class=Response,
)
async def revoke_token(
    form: Annotated[ch08.Revocation, Depends(ch08.read_revocation)],
) -> Response:
    """Log out: answer 200 whatever the token was (RFC 7009 §2.2)."""
    await revoke(form.token)
    return Response(headers=ch05.NO_STORE)


@app.delete("/users/me/logins/", status_code=204)
async def log_out_everywhere(me: Me) -> None:
    """End all of the current user's logins with us, this one too."""
    await run_in_threadpool(ch08.end_families, FamilyRow.user_id == me.id)


@app.post("/users/me/password", status_code=204)
async def change_own_password(change: ch07.PasswordChange, me: Me) -> None:
    """Change the current user's password, and end all logins."""
    await run_in_threadpool(ch07.change_password, me, change)
    await run_in_threadpool(ch08.end_families, FamilyRow.user_id == me.id)


@app.get("/status/")
async def read_system_status(current_user: CurrentUser) -> dict[str, str]:
    """Answer any user with a valid token, whatever its scopes."""
    return {"status": "ok"}


@app.get("/users/me/")
async def read_users_me(current_user: Me) -> ch03.User:
    """Return the current user's public fields."""
    return current_user


@app.get("/users/me/items/")
async def read_own_items(owner: Owner) -> list[dict[str, str]]:
    """Return the current user's items."""
    return [{"item_id": "Foo", "owner": owner.username}]
