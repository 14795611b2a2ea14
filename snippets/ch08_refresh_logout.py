"""Chapter 8: stay logged in, and log out.

An access token lives for minutes. A refresh token buys the next one, works
once, and is stored as a hash. All refresh tokens of one login are a family;
to log out is to end the family. A used refresh token that comes back ends it
as well, because two parties hold it.
"""

# %% Imports
import asyncio
import hashlib
import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, TypeVar
from uuid import UUID, uuid4

import httpx
import jwt
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.security import SecurityScopes
from pydantic import BaseModel, Field, ValidationError
from sqlalchemy import orm
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from snippets import ch03_dependency_wiring as ch03
from snippets import ch04_token_endpoint as ch04
from snippets import ch05_check_it as ch05
from snippets import ch06_scopes as ch06
from snippets import ch07_database as ch07
from snippets.ch07_database import AwareDateTime, Session, StoredUser

# %% Lifetimes, and three tables
ACCESS_LIFETIME = timedelta(minutes=5)
IDLE_LIFETIME = timedelta(days=7)  # of a refresh token that nobody uses
LOGIN_LIFETIME = timedelta(days=30)  # then the password is asked for again
CLOCK_SKEW = timedelta(minutes=1)  # at most, between two servers


class LoginTable(DeclarativeBase):
    """The tables of this chapter, in the database of chapter 7."""


class FamilyRow(LoginTable):
    """A row of `families`: one login, and all its refresh tokens."""

    __tablename__ = "families"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(ch07.UserRow.id, ondelete="CASCADE"), index=True
    )
    scope: Mapped[str]
    password_changed_at: Mapped[datetime] = mapped_column(AwareDateTime)
    renewed_at: Mapped[datetime] = mapped_column(AwareDateTime)
    expires_at: Mapped[datetime] = mapped_column(AwareDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(AwareDateTime)


class RefreshTokenRow(LoginTable):
    """A row of `refresh_tokens`, with the access token issued beside it."""

    __tablename__ = "refresh_tokens"

    token_hash: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey("families.id", ondelete="CASCADE"), index=True
    )
    expires_at: Mapped[datetime] = mapped_column(AwareDateTime)
    used_at: Mapped[datetime | None] = mapped_column(AwareDateTime)
    access_jti: Mapped[UUID]
    access_expires_at: Mapped[datetime] = mapped_column(AwareDateTime)


class RevokedRow(LoginTable):
    """A row of `revoked_tokens`: an access token, named by its `jti`."""

    __tablename__ = "revoked_tokens"

    id: Mapped[int] = mapped_column(primary_key=True)
    jti: Mapped[UUID] = mapped_column(index=True)
    expires_at: Mapped[datetime] = mapped_column(AwareDateTime)


# %% Store a hash instead of the token
def hash_token(token: str) -> str:
    """Return the SHA-256 of a token, in 64 hexadecimal digits.

    A fast hash is enough: nobody can guess 256 random bits.
    """
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


# %% Issue both tokens (replaces ch06)
class Token(ch06.Token):
    """A successful login or refresh (RFC 6749 §5.1)."""

    refresh_token: str


def issue_tokens(session: orm.Session, family: FamilyRow, scope: str) -> Token:
    """Issue an access token for a scope, and the family's next refresh token.

    The refresh token is 256 random bits: RFC 6749 §10.10 asks for 160.
    """
    now = datetime.now(UTC)
    jti, refresh_token = uuid4(), secrets.token_urlsafe(32)
    session.add(
        RefreshTokenRow(
            token_hash=hash_token(refresh_token),
            family_id=family.id,
            expires_at=now + IDLE_LIFETIME,
            access_jti=jti,
            access_expires_at=now + ACCESS_LIFETIME,
        )
    )
    claims = {"sub": family.user_id.urn, "scope": scope, "jti": str(jti)}
    return Token(
        access_token=ch04.create_access_token(
            claims | {"iat": now}, ACCESS_LIFETIME
        ),
        token_type="bearer",
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        scope=scope,
        refresh_token=refresh_token,
    )


# %% A login starts a family
def start_family(user: StoredUser, requested: str) -> Token:
    """Start a family for the requested scopes that the user may have.

    Raises:
        OAuthError: 400 `invalid_scope`, see chapter 7's `grant_scopes`.
    """
    now = datetime.now(UTC)
    family = FamilyRow(
        user_id=user.id,
        scope=ch07.grant_scopes(user, requested),
        password_changed_at=user.password_changed_at,
        renewed_at=now,
        expires_at=now + LOGIN_LIFETIME,
    )
    with Session.begin() as session:
        session.add(family)
        session.flush()
        return issue_tokens(session, family, family.scope)


# %% Use a refresh token once
def use_refresh_token(session: orm.Session, token: str) -> UUID | None:
    """Mark a refresh token as used and return its family's id, or None.

    One statement both checks and marks. Of several requests with one token
    the database lets one through.
    """
    now = datetime.now(UTC)
    return session.scalar(
        sa.update(RefreshTokenRow)
        .where(RefreshTokenRow.token_hash == hash_token(token))
        .where(RefreshTokenRow.used_at.is_(None))
        .where(RefreshTokenRow.expires_at > now)
        .values(used_at=now)
        .returning(RefreshTokenRow.family_id)
    )


# %% Renew a login that may go on
def invalid_grant() -> ch05.OAuthError:
    """Build the refusal of a refresh token; it does not say why."""
    reason = "the refresh token is not valid"
    return ch05.OAuthError(400, "invalid_grant", reason)


def renew(session: orm.Session, family_id: UUID, requested: str) -> Token:
    """Issue a family's next tokens, for all of its scopes or some of them.

    The update locks the family's row: a logout at the same time waits, and
    then ends the new tokens as well.

    Raises:
        OAuthError: 400 `invalid_grant`, the family has ended or expired, or
            its user is gone, disabled, or has a new password; 400
            `invalid_scope`, a scope is not the family's (RFC 6749 §6), or
            the user may have none of them today.
    """
    now = datetime.now(UTC)
    family = session.scalar(
        sa.update(FamilyRow)
        .where(FamilyRow.id == family_id, FamilyRow.ended_at.is_(None))
        .where(FamilyRow.expires_at > now)
        .values(renewed_at=now)
        .returning(FamilyRow)
    )
    row = session.get(ch07.UserRow, family.user_id) if family else None
    if family is None or row is None or row.disabled:
        raise invalid_grant()
    if row.password_changed_at != family.password_changed_at:
        raise invalid_grant()
    granted = ch06.split_scopes(family.scope)
    wanted = ch06.split_scopes(requested) or granted
    if not wanted <= granted:
        raise ch05.OAuthError(400, "invalid_scope", "not granted at login")
    user = StoredUser.model_validate(row)
    scope = ch07.grant_scopes(user, ch06.write_scopes(wanted))
    return issue_tokens(session, family, scope)


# %% End families, and deny their access tokens
def end_families(*condition: sa.ColumnElement[bool]) -> None:
    """End all families that a condition names, with their access tokens."""
    now = datetime.now(UTC)
    ended = (
        sa.update(FamilyRow)
        .where(*condition, FamilyRow.ended_at.is_(None))
        .values(ended_at=now)
        .returning(FamilyRow.id)
    )
    with Session.begin() as session:
        ids = session.scalars(ended).all()
        alive = sa.select(
            RefreshTokenRow.access_jti, RefreshTokenRow.access_expires_at
        ).where(
            RefreshTokenRow.family_id.in_(ids),
            RefreshTokenRow.access_expires_at > now - CLOCK_SKEW,
        )
        denied = sa.insert(RevokedRow)
        session.execute(denied.from_select(["jti", "expires_at"], alive))
        old = RevokedRow.expires_at <= now - CLOCK_SKEW
        session.execute(sa.delete(RevokedRow).where(old))


def owns(token: str) -> sa.ColumnElement[bool]:
    """Name the family of a refresh token, used or not, as a condition."""
    same = RefreshTokenRow.token_hash == hash_token(token)
    return FamilyRow.id.in_(sa.select(RefreshTokenRow.family_id).where(same))


# %% Trade a refresh token for new tokens
def refresh(token: str, requested: str) -> Token:
    """Trade a refresh token for the next pair of tokens (RFC 6749 §6).

    A token that comes back after its use may be held by a thief, or its
    successor may: its family ends (RFC 9700 §4.14.2). That is committed
    before the refusal is raised, which would undo it otherwise.

    Raises:
        OAuthError: 400, see `renew`.
    """
    with Session.begin() as session:
        family_id = use_refresh_token(session, token)
        if family_id is not None:
            return renew(session, family_id, requested)
    end_families(owns(token))
    raise invalid_grant()


# %% Revoke a token of either kind
def jti_of(claims: dict[str, Any]) -> UUID | None:
    """Return a valid token's `jti`, or None: this app has not issued it."""
    try:
        return UUID(claims.get("jti", ""))
    except ValueError:
        return None


def revoke(token: str) -> None:
    """End what a token can do (RFC 7009 §2.1).

    A refresh token ends its family. An access token is put on the deny-list
    by its `jti`, since one token can be written in more than one way. What is
    no token of ours is ignored (§2.2).
    """
    try:
        claims = ch03.read_access_token(token)
    except jwt.InvalidTokenError:
        end_families(owns(token))
        return
    jti = jti_of(claims)
    if jti is None:  # every request refuses it already
        return
    # Python's calendar ends before some numbers do; this is the year 2984.
    expires_at = datetime.fromtimestamp(min(claims["exp"], 32e9), UTC)
    with Session.begin() as session:
        session.add(RevokedRow(jti=jti, expires_at=expires_at))


def is_revoked(token: str) -> bool:
    """Return whether a valid access token is on the deny-list.

    A token without such a `jti`, from before this chapter, counts as revoked.

    Raises:
        jwt.InvalidTokenError: the token is not valid.
    """
    jti = jti_of(ch03.read_access_token(token))
    listed = sa.select(RevokedRow.id).where(RevokedRow.jti == jti).limit(1)
    with Session() as session:
        return jti is None or session.scalar(listed) is not None


# %% From token to active user (replaces ch07)
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
        revoked = await run_in_threadpool(is_revoked, token)
    except jwt.InvalidTokenError as error:
        raise refusal from error
    if revoked:
        raise refusal
    return await ch07.get_current_user(required, token)


CurrentUser = Annotated[StoredUser, Security(get_current_user)]
Me = Annotated[StoredUser, Security(get_current_user, scopes=["me"])]
Owner = Annotated[
    StoredUser, Security(get_current_user, scopes=["me", "items"])
]


# %% The forms of a refresh and of a revocation
NotEmpty = Annotated[str, Field(min_length=1)]


class RefreshGrant(BaseModel):
    """The form fields of RFC 6749 §6."""

    grant_type: NotEmpty
    refresh_token: NotEmpty
    scope: str = ""


class Revocation(BaseModel):
    """The form fields of RFC 7009 §2.1."""

    token: NotEmpty
    token_type_hint: str = ""


Fields = TypeVar("Fields", bound=BaseModel)


async def read_fields(request: Request, model: type[Fields]) -> Fields:
    """Return the fields of a form, each sent at most once.

    Raises:
        OAuthError: 400 `invalid_request`, the body is not such a form; 401
            `invalid_client`, it carries credentials of a client.
    """
    fields = await ch05.read_form(request)
    if ch05.authenticates_client(request, fields):
        basic = ch05.challenge("Basic")
        raise ch05.OAuthError(401, "invalid_client", "unknown", basic)
    form = await request.form()
    if any(len(form.getlist(name)) > 1 for name in model.model_fields):
        raise ch05.OAuthError(400, "invalid_request", "a field is repeated")
    try:
        return model.model_validate(fields)
    except ValidationError as error:
        wrong = f"the form has no {error.errors()[0]['loc'][0]}"
        raise ch05.OAuthError(400, "invalid_request", wrong) from error


async def read_grant(request: Request) -> ch05.PasswordGrant | RefreshGrant:
    """Return the grant in a request's form, a password or a refresh token.

    Raises:
        OAuthError: the first rule of RFC 6749 that the form breaks.
    """
    grant_type = (await ch05.read_form(request)).get("grant_type")
    if grant_type == "refresh_token":
        return await read_fields(request, RefreshGrant)
    return await ch05.read_password_grant(request)


async def read_revocation(request: Request) -> Revocation:
    """Return the revocation in a request's form.

    Raises:
        OAuthError: see `read_fields`.
    """
    return await read_fields(request, Revocation)


def form_of(*models: type[BaseModel]) -> dict[str, Any]:
    """Describe a form for the API docs: the fields of one of the models."""
    schemas = [model.model_json_schema() for model in models]
    content = {ch05.FORM_TYPE: {"schema": {"anyOf": schemas}}}
    return {"requestBody": {"content": content}}


# %% A client that stays logged in
class StayLoggedIn(httpx.Auth):
    """Send the access token; on a 401, refresh it and send once more.

    A lock lets one of several tasks refresh. The others wait and use its new
    token: a second refresh with the old one would end the login.

    Attributes:
        tokens: the latest answer of the token endpoint.
        token_url: its address.
    """

    def __init__(self, token_url: str, tokens: dict[str, Any]) -> None:
        """Begin with the answer to a login."""
        self.token_url = token_url
        self.tokens = tokens
        self.lock = asyncio.Lock()

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Send a request, and perhaps a refresh and the request again."""
        sent = self.tokens
        response = yield self.signed(request)
        if response.status_code != 401:
            return
        async with self.lock:
            if self.tokens is sent:
                token = sent["refresh_token"]
                form = {"grant_type": "refresh_token", "refresh_token": token}
                answer = yield httpx.Request("POST", self.token_url, data=form)
                if answer.status_code == 200:
                    self.tokens = json.loads(await answer.aread())
            self.signed(request)
        yield request  # a 401 again means: log in again

    def signed(self, request: httpx.Request) -> httpx.Request:
        """Put the latest access token into a request."""
        token = self.tokens["access_token"]
        request.headers["Authorization"] = f"Bearer {token}"
        return request


# %% The app (replaces ch07)
@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create what is missing, for the course's sake."""
    await run_in_threadpool(ch07.migrate, "ch08")
    await run_in_threadpool(ch07.move_users)
    yield


app = FastAPI(
    title="Chapter 8: refresh and logout",
    lifespan=lifespan,
    responses=ch07.RESPONSES,
    exception_handlers={
        ch05.OAuthError: ch05.refuse,
        RequestValidationError: ch04.refuse_form,
        SQLAlchemyError: ch07.unavailable,
    },
    redirect_slashes=False,
)
app.post("/users/", status_code=201)(ch07.sign_up)


@app.post("/token", openapi_extra=form_of(ch05.PasswordGrant, RefreshGrant))
async def login_for_access_token(
    grant: Annotated[ch05.PasswordGrant | RefreshGrant, Depends(read_grant)],
    response: Response,
) -> Token:
    """Trade a password, or a refresh token, for a pair of tokens."""
    response.headers.update(ch05.NO_STORE)
    if isinstance(grant, RefreshGrant):
        token, scope = grant.refresh_token, grant.scope
        return await run_in_threadpool(refresh, token, scope)
    user = await run_in_threadpool(
        ch07.authenticate_user, grant.username, grant.password
    )
    if user is None or user.disabled:
        refusal = "wrong username or password"
        raise ch05.OAuthError(400, "invalid_grant", refusal)
    return await run_in_threadpool(start_family, user, grant.scope)


@app.post(
    "/revoke", openapi_extra=form_of(Revocation), response_class=Response
)
async def revoke_token(
    form: Annotated[Revocation, Depends(read_revocation)],
) -> Response:
    """Log out: answer 200 whatever the token was (RFC 7009 §2.2)."""
    await run_in_threadpool(revoke, form.token)
    return Response(headers=ch05.NO_STORE)


@app.delete("/users/me/logins/", status_code=204)
async def log_out_everywhere(me: Me) -> None:
    """End all of the current user's logins, this one too."""
    await run_in_threadpool(end_families, FamilyRow.user_id == me.id)


@app.post("/users/me/password", status_code=204)
async def change_own_password(change: ch07.PasswordChange, me: Me) -> None:
    """Change the current user's password, and end all logins."""
    await run_in_threadpool(ch07.change_password, me, change)
    await run_in_threadpool(end_families, FamilyRow.user_id == me.id)


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
