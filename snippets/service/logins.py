"""Logins that last, and their end (chapters 8 and 9)."""

import hashlib
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt
import sqlalchemy as sa
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel
from sqlalchemy import orm

from .models import (
    FamilyRow,
    RefreshTokenRow,
    RevokedRow,
    Session,
    StoredUser,
    UserRow,
)
from .oauth import OAuthError, grant_scopes, split_scopes, write_scopes
from .tokens import (
    AUDIENCE,
    KeysUnavailableError,
    create_access_token,
    ours,
    read_access_token,
    unverified,
)

ACCESS_LIFETIME = timedelta(minutes=5)

IDLE_LIFETIME = timedelta(days=7)  # of a refresh token that nobody uses

LOGIN_LIFETIME = timedelta(days=30)  # then the password is asked for again

CLOCK_SKEW = timedelta(minutes=1)  # at most, between two servers


def hash_token(token: str) -> str:
    """Return the SHA-256 of a token, in 64 hexadecimal digits.

    A fast hash is enough: nobody can guess 256 random bits.
    """
    return hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()


class AccessToken(BaseModel):
    """A successful login; `scope` lists the granted scopes (RFC 6749 §5.1)."""

    access_token: str
    token_type: str
    expires_in: int
    scope: str


class Token(AccessToken):
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
        access_token=create_access_token(
            claims | {"iat": now}, ACCESS_LIFETIME
        ),
        token_type="bearer",
        expires_in=int(ACCESS_LIFETIME.total_seconds()),
        scope=scope,
        refresh_token=refresh_token,
    )


def start_family(user: StoredUser, requested: str) -> Token:
    """Start a family for the requested scopes that the user may have.

    Raises:
        OAuthError: 400 `invalid_scope`, see chapter 7's `grant_scopes`.
    """
    now = datetime.now(UTC)
    family = FamilyRow(
        user_id=user.id,
        scope=grant_scopes(user, requested),
        password_changed_at=user.password_changed_at,
        renewed_at=now,
        expires_at=now + LOGIN_LIFETIME,
    )
    with Session.begin() as session:
        session.add(family)
        session.flush()
        return issue_tokens(session, family, family.scope)


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


def invalid_grant() -> OAuthError:
    """Build the refusal of a refresh token; it does not say why."""
    reason = "the refresh token is not valid"
    return OAuthError(400, "invalid_grant", reason)


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
    row = session.get(UserRow, family.user_id) if family else None
    if family is None or row is None or row.disabled:
        raise invalid_grant()
    if row.password_changed_at != family.password_changed_at:
        raise invalid_grant()
    granted = split_scopes(family.scope)
    wanted = split_scopes(requested) or granted
    if not wanted <= granted:
        raise OAuthError(400, "invalid_scope", "not granted at login")
    user = StoredUser.model_validate(row)
    scope = grant_scopes(user, write_scopes(wanted))
    return issue_tokens(session, family, scope)


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


def owned_by(token: str) -> sa.ColumnElement[bool]:
    """Name the family of a refresh token, used or not, as a condition."""
    same = RefreshTokenRow.token_hash == hash_token(token)
    return FamilyRow.id.in_(sa.select(RefreshTokenRow.family_id).where(same))


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
    end_families(owned_by(token))
    raise invalid_grant()


def jti_of(claims: dict[str, Any]) -> UUID | None:
    """Return a valid token's `jti`, or None: this app has not issued it."""
    try:
        return UUID(claims.get("jti", ""))
    except ValueError:
        return None


CLIENT_ID = "course"  # the password grant registers no clients


def sign_afresh(tokens: Token, client_id: str = CLIENT_ID) -> Token:
    """Put our issuer's signature, header and claims on a login's answer.

    Chapter 8 decides who gets which claims. Its own signature never leaves.
    """
    _, claims = unverified(tokens.access_token)
    more = {"aud": AUDIENCE, "client_id": client_id}
    signed = ours.sign(claims | more)
    return tokens.model_copy(update={"access_token": signed})


def is_denied(claims: dict[str, Any]) -> bool:
    """Return whether an access token of ours is on the deny-list."""
    jti = jti_of(claims)
    listed = sa.select(RevokedRow.id).where(RevokedRow.jti == jti)
    with Session() as session:
        return jti is None or session.scalar(listed.limit(1)) is not None


def deny(claims: dict[str, Any]) -> None:
    """Put an access token of ours on the deny-list, by its `jti`."""
    jti = jti_of(claims)
    if jti is None or claims["iss"] != ours.name:
        return
    expires_at = datetime.fromtimestamp(min(claims["exp"], 32e9), UTC)
    with Session.begin() as session:
        session.add(RevokedRow(jti=jti, expires_at=expires_at))


async def revoke(token: str) -> None:
    """End what a token of ours can do (RFC 7009 §2.1), of either kind."""
    try:
        claims = await read_access_token(token)
    except (jwt.InvalidTokenError, KeysUnavailableError):
        await run_in_threadpool(end_families, owned_by(token))
    else:
        await run_in_threadpool(deny, claims)
