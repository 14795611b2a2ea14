"""Pages, cookies and the sessions behind them (chapter 12)."""

import secrets
from datetime import UTC, datetime
from pathlib import Path
from string import Template
from typing import Annotated, Literal, TypeAlias
from uuid import UUID

import sqlalchemy as sa
from fastapi import Depends, Request, Response
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse
from markupsafe import Markup, escape

from .logins import Token, hash_token, owned_by, start_family
from .models import FamilyRow, Session, SessionRow, StoredUser, user_named_by
from .oauth import OAuthError, www_authenticate

PAGES = Path(__file__).parent / "pages"

PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


def page(
    name: str, status_code: int = 200, **texts: str | Markup
) -> HTMLResponse:
    """Answer with a page of `pages/`; texts are written as HTML writes them.

    It runs only scripts of its own site, and is shown in no frame of another
    page (RFC 9700 §4.16).
    """
    template = Template((PAGES / name).read_text("utf-8"))
    content = template.substitute({n: escape(t) for n, t in texts.items()})
    return HTMLResponse(content, status_code, PAGE_HEADERS)


SameSite: TypeAlias = Literal["strict", "lax"]


def set_cookie(
    response: Response, name: str, value: str, samesite: SameSite = "strict"
) -> None:
    """Set a cookie until the browser is closed; an empty value deletes it.

    No script reads it (`HttpOnly`), it goes over https alone (`Secure`), and
    with `SameSite=Strict` not with requests that pages of other sites start.
    The name `__Host-…` makes the browser refuse it without `Secure`, or from
    a neighbouring domain.
    """
    age = None if value else 0
    response.set_cookie(
        name, value, age, secure=True, httponly=True, samesite=samesite
    )


SESSION_COOKIE = "__Host-session"


def family_of(tokens: Token) -> UUID:
    """Return the id of the family that a refresh token belongs to."""
    owned = sa.select(FamilyRow.id).where(owned_by(tokens.refresh_token))
    with Session() as session:
        return session.scalars(owned).one()


def start_session(user: StoredUser) -> str:
    """Start a session with a new, random id, and return the id.

    It is a login like any other: `end_families` ends it.
    """
    session_id = secrets.token_urlsafe(32)
    row = SessionRow(id_hash=hash_token(session_id))
    row.family_id = family_of(start_family(user, user.scopes))
    with Session.begin() as session:
        session.add(row)
    return session_id


def find_session(session_id: str) -> FamilyRow | None:
    """Return the login of a session that goes on, or None."""
    row = SessionRow.id_hash == hash_token(session_id)
    query = (
        sa.select(FamilyRow)
        .join(SessionRow, SessionRow.family_id == FamilyRow.id)
        .where(row, FamilyRow.ended_at.is_(None))
        .where(FamilyRow.expires_at > datetime.now(UTC))
    )
    with Session() as session:
        return session.scalar(query)


def user_of_session(session_id: str) -> StoredUser | None:
    """Return the active user of a session that goes on, or None."""
    family = find_session(session_id)
    if family is None:
        return None
    user = user_named_by(family.user_id.urn)
    same = user and user.password_changed_at == family.password_changed_at
    return user if same else None


def check_from_page(request: Request) -> None:
    """Accept a request with a header that only our own page can send.

    The browser sends a cookie with requests that other pages start as well.
    A form cannot set a header, and a script of another origin has to ask
    first, by a preflight, which this app does not allow (RFC 6750 §5.3).

    Raises:
        OAuthError: 403, the header is missing.
    """
    if "X-From-Page" not in request.headers:
        raise OAuthError(403, "access_denied", "not from our page")


async def session_user(request: Request) -> StoredUser:
    """Return the active user of the session in the request's cookie.

    Raises:
        OAuthError: 401, there is no such session; 403, another page may have
            sent this request, which changes something.
    """
    if request.method not in ("GET", "HEAD"):
        check_from_page(request)
    session_id = request.cookies.get(SESSION_COOKIE, "")
    user = await run_in_threadpool(user_of_session, session_id)
    if user is None:
        challenge = www_authenticate("Session")
        raise OAuthError(401, "invalid_session", "log in", challenge)
    return user


SessionUser = Annotated[StoredUser, Depends(session_user)]
