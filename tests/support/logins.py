"""Logins of chapter 8: what a test does with their tokens."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from unittest.mock import patch
from uuid import UUID

import httpx
import jwt
import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase

from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets.ch05_check_it import OAuthError
from tests.support.clients import bearer, login

EVERYTHING = "items me"


def stored(username: str = "johndoe") -> ch07.StoredUser:
    """Return a user who is in the database."""
    user = ch07.find_user(username)
    assert user
    return user


def sign_in(scope: str = EVERYTHING, username: str = "johndoe") -> ch08.Token:
    """Log a user in, without a password and without HTTP."""
    return ch08.start_family(stored(username), scope)


def refused(token: str, scope: str = "") -> str:
    """Return the error of a refresh, such as `"invalid_grant"`, or `""`."""
    try:
        ch08.refresh(token, scope)
    except OAuthError as refusal:
        return refusal.error if refusal.status_code == 400 else "not a 400"
    return ""


def claims_of(access_token: str) -> dict[str, object]:
    """Return a token's claims; its signature is not verified."""
    claims: dict[str, object] = jwt.decode(
        access_token, options={"verify_signature": False}
    )
    return claims


def jti(token: ch08.Token) -> UUID:
    """Return the identifier of an answer's access token."""
    return UUID(str(claims_of(token.access_token)["jti"]))


def count(table: type[DeclarativeBase]) -> int:
    """Count a table's rows."""
    with ch07.Session() as session:
        rows = session.scalar(sa.select(sa.func.count()).select_from(table))
    assert rows is not None
    return rows


@contextmanager
def clock(moment: datetime) -> Iterator[None]:
    """Let chapter 8 believe that it is another time."""
    with patch.object(ch08, "datetime", wraps=datetime) as patched:
        patched.now.side_effect = moment.astimezone
        yield


@contextmanager
def after(
    engine: sa.Engine, statement: str, act: Callable[[], object]
) -> Iterator[None]:
    """Call a function once, after the first statement that begins so.

    It is called in the middle of a transaction, by the thread of the
    statement: `"UPDATE families"`.
    """
    pending = [act]

    def listen(*event: object) -> None:
        if str(event[2]).startswith(statement) and pending:
            pending.pop()()

    sa.event.listen(engine, "after_cursor_execute", listen)
    try:
        yield
    finally:
        sa.event.remove(engine, "after_cursor_execute", listen)
    assert not pending, f"no statement began with {statement!r}"


def now() -> datetime:
    """Return the time, in UTC."""
    return datetime.now(UTC)


async def log_in(
    client: httpx.AsyncClient, scope: str = EVERYTHING, **more: str
) -> dict[str, str]:
    """Log johndoe in over HTTP, and return both tokens."""
    form = {**login(**more), "scope": scope}
    response = await client.post("/token", data=form)
    assert response.status_code == 200, response.text
    tokens: dict[str, str] = response.json()
    return tokens


async def refresh(
    client: httpx.AsyncClient, token: str, **more: str
) -> httpx.Response:
    """Trade a refresh token over HTTP."""
    form = {"grant_type": "refresh_token", "refresh_token": token, **more}
    return await client.post("/token", data=form)


async def status(client: httpx.AsyncClient, access_token: str) -> int:
    """Ask for the own record, and return the answer's status."""
    headers = bearer(access_token)
    return (await client.get("/users/me/", headers=headers)).status_code
