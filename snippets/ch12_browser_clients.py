"""Chapter 12: log in from a web page.

A page in a browser gets its tokens with an authorization code: the password
is typed at the login page of the authorization server alone, and the page's
own server keeps the tokens. The page holds a cookie that no script can read.
"""

# %% Imports
import asyncio
import base64
import hashlib
import os
import re
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from string import Template
from typing import Annotated, Any, Literal, NamedTuple, TypeAlias
from urllib.parse import urlencode, urlsplit
from uuid import UUID

import httpx
import jwt
import sqlalchemy as sa
from fastapi import (
    Depends,
    FastAPI,
    Form,
    HTTPException,
    Request,
    Response,
    WebSocket,
    WebSocketDisconnect,
)
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import FileResponse, HTMLResponse, RedirectResponse
from fastapi.routing import APIRoute
from fastapi.security import SecurityScopes
from markupsafe import Markup, escape
from pydantic import BaseModel
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.datastructures import ImmutableMultiDict
from starlette.middleware.cors import CORSMiddleware
from starlette.types import ASGIApp, Receive, Scope, Send

from snippets import ch03_dependency_wiring as ch03
from snippets import ch05_check_it as ch05
from snippets import ch06_scopes as ch06
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from snippets import ch11_under_load as ch11
from snippets.ch07_database import AwareDateTime, Session, StoredUser

# %% Pages that run only their own scripts
PAGES = Path(ch07.__file__).parent / "pages"
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


# %% A cookie that only this site's server reads
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


# %% A session in the database, behind a cookie
SESSION_COOKIE = "__Host-session"


class BrowserTable(DeclarativeBase):
    """The table of sessions, in the database of chapter 7."""


class SessionRow(BrowserTable):
    """A row of `sessions`: a browser's cookie stands for a login."""

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(ch08.FamilyRow.id, ondelete="CASCADE"), index=True
    )


def family_of(tokens: ch08.Token) -> UUID:
    """Return the id of the family that a refresh token belongs to."""
    owned = sa.select(ch08.FamilyRow.id).where(ch08.owns(tokens.refresh_token))
    with Session() as session:
        return session.scalars(owned).one()


def start_session(user: StoredUser) -> str:
    """Start a session with a new, random id, and return the id.

    It is a login like any other: `end_families` ends it.
    """
    session_id = secrets.token_urlsafe(32)
    row = SessionRow(id_hash=ch08.hash_token(session_id))
    row.family_id = family_of(ch08.start_family(user, user.scopes))
    with Session.begin() as session:
        session.add(row)
    return session_id


def find_session(session_id: str) -> ch08.FamilyRow | None:
    """Return the login of a session that goes on, or None."""
    row = SessionRow.id_hash == ch08.hash_token(session_id)
    query = (
        sa.select(ch08.FamilyRow)
        .join(SessionRow, SessionRow.family_id == ch08.FamilyRow.id)
        .where(row, ch08.FamilyRow.ended_at.is_(None))
        .where(ch08.FamilyRow.expires_at > datetime.now(UTC))
    )
    with Session() as session:
        return session.scalar(query)


def user_of_session(session_id: str) -> StoredUser | None:
    """Return the active user of a session that goes on, or None."""
    family = find_session(session_id)
    if family is None:
        return None
    user = ch07.user_named_by(family.user_id.urn)
    same = user and user.password_changed_at == family.password_changed_at
    return user if same else None


# %% Requests that a page of ours has sent
def check_from_page(request: Request) -> None:
    """Accept a request with a header that only our own page can send.

    The browser sends a cookie with requests that other pages start as well.
    A form cannot set a header, and a script of another origin has to ask
    first, by a preflight, which this app does not allow (RFC 6750 §5.3).

    Raises:
        OAuthError: 403, the header is missing.
    """
    if "X-From-Page" not in request.headers:
        raise ch05.OAuthError(403, "access_denied", "not from our page")


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
        challenge = ch05.challenge("Session")
        raise ch05.OAuthError(401, "invalid_session", "log in", challenge)
    return user


SessionUser = Annotated[StoredUser, Depends(session_user)]

# %% Pages of other origins
PAGE_ORIGINS = os.environ.get("PAGE_ORIGINS", "https://shop.example").split()


class CORSForAPI(CORSMiddleware):
    """Let pages of other origins call the API, but not log anybody in.

    At the authorization endpoint no script has any business (RFC 9700 §2.6),
    at the session's none of another origin.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Allow what the API has, and the headers that a page needs."""
        super().__init__(
            app,
            allow_origins=PAGE_ORIGINS,
            allow_methods=["GET", "POST", "DELETE"],
            allow_headers=["Authorization"],
            expose_headers=["WWW-Authenticate", "Retry-After"],
        )

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Leave the endpoints of pages without CORS headers."""
        if scope.get("path", "").startswith(("/authorize", "/session")):
            await self.app(scope, receive, send)
        else:
            await super().__call__(scope, receive, send)


# %% A WebSocket that begins with a token
FIRST_MESSAGE = timedelta(seconds=5)


async def websocket_user(websocket: WebSocket) -> StoredUser | None:
    """Return the user of the token in the first message, or None.

    A browser's WebSocket cannot send an Authorization header, and a token in
    the address would end up in logs (RFC 9700 §4.3.2).
    """
    try:
        async with asyncio.timeout(FIRST_MESSAGE.total_seconds()):
            token = await websocket.receive_text() or ""
        return await ch09.get_current_user(SecurityScopes(["me"]), token)
    except (ch05.OAuthError, TimeoutError, WebSocketDisconnect, KeyError):
        return None


# %% The programs that may ask for a code
class Client(NamedTuple):
    """A registered program without a secret (RFC 6749 §2.1, public)."""

    title: str
    redirect_uris: tuple[str, ...]


CLIENTS = {"shop": Client("A shop", ("https://shop.example/callback",))}


class AuthorizationRequest(BaseModel):
    """The parameters of RFC 6749 §4.1.1 and RFC 7636 §4.3."""

    client_id: str = ""
    redirect_uri: str = ""
    response_type: str = ""
    scope: str = ""
    state: str = ""
    code_challenge: str = ""
    code_challenge_method: str = ""


def client_of(asked: AuthorizationRequest) -> Client:
    """Return the client of a request, if the answer may be sent there.

    The address is compared letter by letter (RFC 9700 §2.1). A request with
    another one is never redirected (RFC 6749 §4.1.2.1).

    Raises:
        HTTPException: 400, the client or its address is not registered.
    """
    client = CLIENTS.get(asked.client_id)
    if client is None or asked.redirect_uri not in client.redirect_uris:
        raise HTTPException(400, "unknown client, or unknown redirect_uri")
    return client


# %% Refuse a request, or send the browser back
def fault_of(asked: AuthorizationRequest) -> str | None:
    """Return the error code of RFC 6749 §4.1.2.1 that a request earns.

    A request without a challenge of S256 is refused (RFC 9700 §2.1.1).
    """
    if asked.response_type != "code":
        missing = not asked.response_type
        return "invalid_request" if missing else "unsupported_response_type"
    well_formed = re.fullmatch("[A-Za-z0-9_-]{43}", asked.code_challenge)
    if not well_formed or asked.code_challenge_method != "S256":
        return "invalid_request"
    if not ch06.split_scopes(asked.scope) <= ch06.SCOPES.keys():
        return "invalid_scope"
    return None


def answer(asked: AuthorizationRequest, **result: str) -> RedirectResponse:
    """Send the browser back to the client, with a code or an error.

    With 303 it fetches the address, and does not send the password there, as
    307 would have it do (RFC 9700 §4.12). `iss` says who answers (RFC 9207).
    """
    result |= {"iss": ch09.ours.name}
    if asked.state:
        result["state"] = asked.state
    mark = "&" if urlsplit(asked.redirect_uri).query else "?"
    url = f"{asked.redirect_uri}{mark}{urlencode(result)}"
    return RedirectResponse(url, 303, PAGE_HEADERS)


# %% Give out a code
CODE_LIFE = timedelta(minutes=1)  # RFC 6749 §4.1.2: ten at most


class CodeTable(DeclarativeBase):
    """The table of codes, in the database of chapter 7."""


class CodeRow(CodeTable):
    """A row of `authorization_codes`: what a code was given out for."""

    __tablename__ = "authorization_codes"

    code_hash: Mapped[str] = mapped_column(primary_key=True)
    client_id: Mapped[str]
    redirect_uri: Mapped[str]
    code_challenge: Mapped[str]
    scope: Mapped[str]
    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(ch07.UserRow.id, ondelete="CASCADE")
    )
    password_changed_at: Mapped[datetime] = mapped_column(AwareDateTime)
    expires_at: Mapped[datetime] = mapped_column(AwareDateTime)
    uses: Mapped[int] = mapped_column(default=0)
    family_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey(ch08.FamilyRow.id, ondelete="CASCADE"), index=True
    )


def give_code(user: StoredUser, asked: AuthorizationRequest) -> str:
    """Store a new code of 256 random bits for a user and a request.

    Its row is kept as long as a login lives, because it names the client.

    Raises:
        OAuthError: 400 `invalid_scope`, the user may have none of the scopes.
    """
    code = secrets.token_urlsafe(32)
    kept = {"client_id", "redirect_uri", "code_challenge"}
    row = CodeRow(
        code_hash=ch08.hash_token(code),
        scope=ch07.grant_scopes(user, asked.scope),
        user_id=user.id,
        password_changed_at=user.password_changed_at,
        expires_at=datetime.now(UTC) + CODE_LIFE,
        **asked.model_dump(include=kept),
    )
    with Session.begin() as session:
        session.add(row)
        old = CodeRow.expires_at < datetime.now(UTC) - ch08.LOGIN_LIFETIME
        session.execute(sa.delete(CodeRow).where(old))
    return code


# %% Compare a verifier with its challenge
class CodeGrant(BaseModel):
    """The form fields of RFC 6749 §4.1.3 and RFC 7636 §4.5."""

    grant_type: ch08.NotEmpty
    code: ch08.NotEmpty
    redirect_uri: str = ""
    client_id: str = ""
    code_verifier: str = ""


def challenge_of(verifier: str) -> str:
    """Return the S256 challenge of a verifier (RFC 7636 §4.2)."""
    digest = hashlib.sha256(verifier.encode("utf-8", "replace")).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()


def fits(grant: CodeGrant, row: CodeRow, user: StoredUser) -> bool:
    """Return whether a code was given for this client, page and verifier.

    A new password ends codes as well as logins.
    """
    challenge = challenge_of(grant.code_verifier)
    return (
        secrets.compare_digest(challenge, row.code_challenge)
        and 43 <= len(grant.code_verifier) <= 128
        and grant.client_id == row.client_id
        and grant.redirect_uri == row.redirect_uri
        and row.password_changed_at == user.password_changed_at
        and row.expires_at > datetime.now(UTC)
    )


# %% Trade a code for tokens, once
def use_code(grant: CodeGrant) -> CodeRow | None:
    """Count a use of a code; return its row if this is the first one."""
    used = (
        sa.update(CodeRow)
        .where(CodeRow.code_hash == ch08.hash_token(grant.code))
        .values(uses=CodeRow.uses + 1)
        .returning(CodeRow)
    )
    with Session.begin() as session:
        row = session.scalar(used)
        session.expunge_all()
    if row and row.uses > 1 and row.family_id:  # RFC 6749 §4.1.2
        ch08.end_families(ch08.FamilyRow.id == row.family_id)
    return row if row and row.uses == 1 else None


def redeem(grant: CodeGrant) -> ch08.Token:
    """Trade a code for tokens (RFC 6749 §4.1.3), once.

    A code that is used again, even while this runs, ends what came of it.

    Raises:
        OAuthError: 400 `invalid_grant`.
    """
    refusal = ch05.OAuthError(400, "invalid_grant", "the code is not valid")
    row = use_code(grant)
    user = ch07.user_named_by(row.user_id.urn) if row else None
    if row is None or user is None or not fits(grant, row, user):
        raise refusal
    tokens = ch08.start_family(user, row.scope)
    family_id = family_of(tokens)
    alone = (
        sa.update(CodeRow)
        .where(CodeRow.code_hash == row.code_hash, CodeRow.uses == 1)
        .values(family_id=family_id)
        .returning(CodeRow.uses)
    )
    with Session.begin() as session:
        if session.scalar(alone):
            return tokens
    ch08.end_families(ch08.FamilyRow.id == family_id)
    raise refusal


# %% The login page of the authorization server
FORM_COOKIE = "__Host-form"


def consent_page(
    asked: AuthorizationRequest, message: str = "", status_code: int = 200
) -> HTMLResponse:
    """Ask for username, password and consent.

    The form and a cookie carry one random value. A form that another page
    sends has no such cookie (login CSRF: it would log a visitor in as the
    attacker).
    """
    token = secrets.token_urlsafe(32)
    hidden = Markup('<input type="hidden" name="{}" value="{}">')
    fields = {**asked.model_dump(), "form_token": token}
    inputs = [hidden.format(*item) for item in fields.items()]
    wanted = ch06.split_scopes(asked.scope) or ch06.DEFAULT_SCOPES
    response = page(
        "consent.html",
        status_code,
        client=client_of(asked).title,
        scopes=" ".join(ch06.SCOPES[scope] for scope in sorted(wanted)),
        message=message,
        hidden=Markup("\n").join(inputs),
    )
    set_cookie(response, FORM_COOKIE, token)
    return response


def check_form_token(request: Request, sent: str) -> None:
    """Accept a form that this browser got from us.

    Raises:
        HTTPException: 403, its value is not the cookie's.
    """
    known = request.cookies.get(FORM_COOKIE, "")
    if not known or not secrets.compare_digest(known.encode(), sent.encode()):
        raise HTTPException(403, "this form is not from our login page")


FORM_FIELDS = ("form_token", "decision", "username", "password")
Parameters: TypeAlias = ImmutableMultiDict[str, Any]


def text_in(sent: Parameters, name: str) -> str:
    """Return a parameter as text that UTF-8 can write, or `""`."""
    return str(sent.get(name, "")).encode("utf-8", "replace").decode()


def read_authorization(sent: Parameters) -> AuthorizationRequest:
    """Return the parameters of a request, each sent at most once.

    Raises:
        HTTPException: 400, a parameter comes twice (RFC 6749 §3.1).
    """
    names = AuthorizationRequest.model_fields
    if any(len(sent.getlist(name)) > 1 for name in names):
        raise HTTPException(400, "a parameter is repeated")
    values = {name: text_in(sent, name) for name in names}
    return AuthorizationRequest(**values)


# %% Grants and revocations that we accept (replaces ch08 and ch09)
PASSWORD_GRANT = os.environ.get("PASSWORD_GRANT", "on") == "on"


class RenewalGrant(ch08.RefreshGrant):
    """The form fields of RFC 6749 §6, and the client's name (§3.2.1)."""

    client_id: str = ""


Grant: TypeAlias = ch05.PasswordGrant | RenewalGrant | CodeGrant


async def read_grant(request: Request) -> Grant:
    """Return the grant in a request's form.

    Raises:
        OAuthError: 400 `unsupported_grant_type`, a password, and that grant
            is switched off (RFC 9700 §2.4); or the first rule that the form
            breaks.
    """
    grant_type = (await ch05.read_form(request)).get("grant_type")
    if grant_type == "authorization_code":
        return await ch08.read_fields(request, CodeGrant)
    if grant_type == "refresh_token":
        return await ch08.read_fields(request, RenewalGrant)
    if grant_type == "password" and not PASSWORD_GRANT:
        refusal = "send the user to /authorize"
        raise ch05.OAuthError(400, "unsupported_grant_type", refusal)
    return await ch05.read_password_grant(request)


def client_of_login(refresh_token: str) -> str | None:
    """Return the client that a refresh token was issued to, or None."""
    same, owns = ch08.FamilyRow.id == CodeRow.family_id, ch08.owns
    query = sa.select(CodeRow.client_id).where(same, owns(refresh_token))
    with Session() as session:
        return session.scalar(query)


def tokens_for(grant: CodeGrant | RenewalGrant) -> ch08.Token:
    """Trade a code or a refresh token for tokens that name their client.

    Another client's refresh token is refused, and stays unused: otherwise
    a client that is mistaken would log johndoe out of the shop.

    Raises:
        OAuthError: 400 `invalid_grant`; see also chapter 8's `refresh`.
    """
    if isinstance(grant, CodeGrant):
        return ch09.sign_afresh(redeem(grant), grant.client_id)
    client_id = client_of_login(grant.refresh_token)
    if client_id not in (None, grant.client_id):  # RFC 6749 §10.4
        raise ch08.invalid_grant()
    tokens = ch08.refresh(grant.refresh_token, grant.scope)
    return ch09.sign_afresh(tokens, client_id or ch09.CLIENT_ID)


async def client_of_token(token: str) -> str | None:
    """Return the client that a token of ours was issued to, or None.

    A refresh token leads to its login, an access token names its client.
    """
    try:
        claims = await ch09.read_access_token(token)
    except (jwt.InvalidTokenError, ch09.KeysUnavailableError):
        return await run_in_threadpool(client_of_login, token)
    issued_here = claims["iss"] == ch09.ours.name
    client_id: str | None = claims["client_id"] if issued_here else None
    return None if client_id == ch09.CLIENT_ID else client_id


class ClientRevocation(ch08.Revocation):
    """The form fields of RFC 7009 §2.1, and the client's name."""

    client_id: str = ""


async def read_revocation(request: Request) -> ClientRevocation:
    """Return a form that revokes a token, sent by the token's client.

    Raises:
        OAuthError: 400 `invalid_grant`, the token was issued to another
            client (RFC 7009 §2.1); see also chapter 8's `read_fields`.
    """
    form = await ch08.read_fields(request, ClientRevocation)
    if await client_of_token(form.token) not in (None, form.client_id):
        raise ch05.OAuthError(400, "invalid_grant", "another client's token")
    return form


# %% The visits that a server remembers
@dataclass
class Visit:
    """What the shop's server knows of one browser."""

    state: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    verifier: str = field(default_factory=lambda: secrets.token_urlsafe(48))
    tokens: dict[str, str] = field(default_factory=dict)
    begun: datetime = field(default_factory=lambda: datetime.now(UTC))


@dataclass
class Visits(dict[str, Visit]):
    """Visits by the hash of their cookie, the oldest first.

    A server's memory is bounded: the oldest makes room for a new one.

    Attributes:
        cookie: the name of the browser's cookie.
        samesite: which requests of other sites it comes with.
        life: how long a visit is known.
        most: how many visits are.
    """

    cookie: str
    samesite: SameSite
    life: timedelta
    most: int = 10_000

    def add(self, response: Response, visit: Visit) -> None:
        """Give the browser a new cookie for a visit."""
        if len(self) >= self.most:
            del self[next(iter(self))]
        visit_id = secrets.token_urlsafe(32)
        self[ch08.hash_token(visit_id)] = visit
        set_cookie(response, self.cookie, visit_id, self.samesite)

    def find(self, request: Request) -> Visit | None:
        """Return the visit of the browser that sends a request, or None."""
        visit = self.get(ch08.hash_token(request.cookies.get(self.cookie, "")))
        too_old = datetime.now(UTC) - self.life
        return visit if visit and visit.begun > too_old else None


# %% A web page's own server, which keeps the tokens
@dataclass
class Shop:
    """A client of the authorization code grant, as a backend for frontend.

    Its page never sees a token: it holds a cookie, and this server keeps the
    tokens and calls the API.

    Attributes:
        origin: where the shop is: `"https://shop.example"`.
        site: where the authorization server and the API are.
        transport: what carries the requests to them; None is the network.
        logins: logins that have begun; a link on any page begins one.
        visits: visits whose user has logged in.
    """

    origin: str
    site: str
    transport: httpx.AsyncBaseTransport | None = None

    def __post_init__(self) -> None:
        """Begin without visitors."""
        self.redirect_uri = f"{self.origin}/callback"
        self.logins = Visits("__Host-login", "lax", timedelta(minutes=10))
        self.visits = Visits("__Host-shop", "strict", ch08.ACCESS_LIFETIME)

    async def log_in(self) -> RedirectResponse:
        """Send the browser to the login page (RFC 6749 §4.1.1)."""
        visit = Visit()
        question = {
            "response_type": "code",
            "client_id": "shop",
            "redirect_uri": self.redirect_uri,
            "scope": "me items",
            "state": visit.state,
            "code_challenge": challenge_of(visit.verifier),
            "code_challenge_method": "S256",
        }
        url = f"{self.site}/authorize?{urlencode(question)}"
        response = RedirectResponse(url, 303)
        self.logins.add(response, visit)
        return response

    async def finish(self, request: Request) -> Response:
        """Trade the code in a request for tokens, for this browser alone.

        Raises:
            HTTPException: 400, the answer is none to this browser's question,
                or comes from another server (RFC 9700 §4.7, RFC 9207).
        """
        visit, sent = self.logins.find(request), request.query_params
        if visit is None or visit.tokens or sent.get("state") != visit.state:
            raise HTTPException(400, "not what this browser asked for")
        if sent.get("iss") != ch09.ours.name or "code" not in sent:
            raise HTTPException(400, sent.get("error", "not our server"))
        form = {
            "grant_type": "authorization_code",
            "client_id": "shop",
            "code": sent["code"],
            "redirect_uri": self.redirect_uri,
            "code_verifier": visit.verifier,
        }
        async with self.client() as client:
            answer = await client.post("/token", data=form)
        if answer.status_code != 200:
            raise HTTPException(400, "the code was refused")
        visit.tokens = answer.json()
        response = RedirectResponse("/", 303)
        self.visits.add(response, Visit(tokens=visit.tokens))
        return response

    def client(self) -> httpx.AsyncClient:
        """Open a client of the server."""
        return httpx.AsyncClient(base_url=self.site, transport=self.transport)


# %% The shop's pages, and what they may call
def shop_app(shop: Shop) -> FastAPI:
    """Make the shop's server."""
    app = FastAPI(title="A shop", redirect_slashes=False)

    @app.get("/")
    async def read_page() -> HTMLResponse:
        """Show the shop's page."""
        return page("shop.html")

    @app.get("/shop.js")
    async def read_script() -> FileResponse:
        """Return the page's script."""
        return FileResponse(PAGES / "shop.js", headers=PAGE_HEADERS)

    app.get("/login")(shop.log_in)
    app.get("/callback")(shop.finish)

    @app.get("/api/{path:path}")
    async def read_api(path: str, request: Request) -> Response:
        """Send a page's request on, with the browser's token."""
        visit = shop.visits.find(request)
        if visit is None:
            raise HTTPException(401, "log in", ch05.challenge("Session"))
        bearer = {"Authorization": f"Bearer {visit.tokens['access_token']}"}
        async with shop.client() as client:
            answer = await client.get(f"/{path}", headers=bearer)
        body, status = answer.content, answer.status_code
        return Response(body, status, PAGE_HEADERS, "application/json")

    return app


# %% The app (replaces ch09 and ch11)
@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create what is missing, for the course's sake."""
    await run_in_threadpool(ch07.migrate, "ch12")
    await run_in_threadpool(ch07.move_users)
    yield


app = FastAPI(
    title="Chapter 12: browser clients",
    lifespan=lifespan,
    responses=ch07.RESPONSES,
    redirect_slashes=False,
)
app.exception_handlers.update(ch11.app.exception_handlers)
app.add_middleware(CORSForAPI)


@app.get(ch09.METADATA_PATH, include_in_schema=False)
async def read_own_metadata(response: Response) -> dict[str, Any]:
    """Return our issuer's metadata, before chapter 9's route below would."""
    response.headers["Cache-Control"] = f"max-age={ch09.CACHE_LIFE:.0f}"
    grants = ["authorization_code", "refresh_token"]
    return ch09.ours.metadata() | {  # RFC 8414 §2, RFC 9207 §3
        "authorization_endpoint": f"{ch09.ours.name}/authorize",
        "response_types_supported": ["code"],
        "grant_types_supported": grants + ["password"] * PASSWORD_GRANT,
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": True,
    }


app.include_router(ch09.published(ch09.ours))


@app.get("/", response_class=HTMLResponse, include_in_schema=False)
async def read_login_page() -> HTMLResponse:
    """Show a page that logs in."""
    return page("login.html")


@app.get("/login.js", response_class=FileResponse, include_in_schema=False)
async def read_login_script() -> FileResponse:
    """Return the page's script."""
    return FileResponse(PAGES / "login.js", headers=PAGE_HEADERS)


@app.post("/session/", status_code=204)
async def log_in_to_session(
    username: Annotated[str, Form()],
    password: Annotated[str, Form()],
    request: Request,
    response: Response,
) -> None:
    """Start a session for the right username and password."""
    check_from_page(request)
    user = await ch11.check_password(
        request, username, ch11.authenticate_active_user, username, password
    )
    if user is None:
        refusal = "wrong username or password"
        raise ch05.OAuthError(400, "invalid_grant", refusal)
    session_id = await run_in_threadpool(start_session, user)
    set_cookie(response, SESSION_COOKIE, session_id)


@app.get("/session/")
async def read_session(me: SessionUser) -> ch03.User:
    """Return the public fields of the session's user."""
    return me


@app.delete("/session/", status_code=204)
async def end_session(
    me: SessionUser, request: Request, response: Response
) -> None:
    """End the session, in the database as well."""
    session_id = request.cookies[SESSION_COOKIE]
    family = await run_in_threadpool(find_session, session_id)
    if family:
        ended = ch08.FamilyRow.id == family.id
        await run_in_threadpool(ch08.end_families, ended)
    set_cookie(response, SESSION_COOKIE, "")


@app.get("/authorize", include_in_schema=False)
async def ask_for_consent(request: Request) -> Response:
    """Show the login page of the authorization code grant."""
    asked = read_authorization(request.query_params)
    client_of(asked)
    if error := fault_of(asked):
        return answer(asked, error=error)
    return consent_page(asked)


@app.post("/authorize", include_in_schema=False)
async def authorize(request: Request) -> Response:
    """Send the browser back to the client, with a code or an error."""
    await ch05.read_form(request)
    form = await request.form()
    asked = read_authorization(form)
    sent = {name: text_in(form, name) for name in FORM_FIELDS}
    check_form_token(request, sent["form_token"])
    client_of(asked)
    if fault := fault_of(asked):
        return answer(asked, error=fault)
    if sent["decision"] != "allow":
        return answer(asked, error="access_denied")
    name, password = sent["username"], sent["password"]
    check = ch11.authenticate_active_user
    user = await ch11.check_password(request, name, check, name, password)
    if user is None:
        return consent_page(asked, "Wrong username or password.", 400)
    try:
        code = await run_in_threadpool(give_code, user, asked)
    except ch05.OAuthError as error:
        return answer(asked, error=error.error)
    return answer(asked, code=code)


@app.post(
    "/token",
    openapi_extra=ch08.form_of(ch05.PasswordGrant, RenewalGrant, CodeGrant),
)
async def login_for_access_token(
    grant: Annotated[Grant, Depends(read_grant)],
    request: Request,
    response: Response,
) -> ch08.Token:
    """Trade a code, a refresh token or a password for a pair of tokens."""
    if isinstance(grant, ch05.PasswordGrant):
        return await ch11.login_for_access_token(grant, request, response)
    response.headers.update(ch05.NO_STORE)
    return await run_in_threadpool(tokens_for, grant)


@app.post(
    "/revoke",
    openapi_extra=ch08.form_of(ClientRevocation),
    response_class=Response,
)
async def revoke_token(
    form: Annotated[ClientRevocation, Depends(read_revocation)],
) -> Response:
    """Log a client out; an invalid token gets 200 too (RFC 7009 §2.2)."""
    return await ch11.revoke_token(form)


@app.websocket("/users/me/events/")
async def send_events(websocket: WebSocket) -> None:
    """Greet the user whose token comes first; hang up otherwise."""
    await websocket.accept()
    try:
        user = await websocket_user(websocket)
    except (ch09.KeysUnavailableError, SQLAlchemyError):
        await websocket.close(1013, "try again later")
        return
    if user is None:
        await websocket.close(1008, "the first message is a valid token")
        return
    await websocket.send_json({"hello": user.username})
    await websocket.close()


app.router.routes += [
    route
    for route in ch11.app.router.routes
    if isinstance(route, APIRoute) and route.path not in ("/token", "/revoke")
]
