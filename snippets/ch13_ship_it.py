"""Chapter 13: take it to work.

Settings that refuse to start with a weak key, routes that are closed unless
they say otherwise, roles and owners beside scopes, logs without credentials:
what a login needs before other people use it.
"""

# %% Imports
import hashlib
import json
import logging
import re
from base64 import urlsafe_b64encode
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Annotated, TypeAlias
from uuid import UUID, uuid4

import sqlalchemy as sa
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from fastapi import (
    APIRouter,
    Depends,
    FastAPI,
    HTTPException,
    Request,
    Response,
)
from fastapi.concurrency import run_in_threadpool
from fastapi.dependencies.models import Dependant
from fastapi.routing import (
    APIRoute,
    APIWebSocketRoute,
    RouteContext,
    iter_route_contexts,
)
from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
)
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column
from starlette.datastructures import MutableHeaders
from starlette.middleware.trustedhost import TrustedHostMiddleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from snippets import ch03_dependency_wiring as ch03
from snippets import ch05_check_it as ch05
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from snippets import ch11_under_load as ch11
from snippets import ch12_browser_clients as ch12
from snippets.ch07_database import Session, StoredUser
from snippets.ch09_keys_and_claims import CurrentUser, Me, Owner

# %% Keys that a service must not start with
# The SHA-256 of keys that everybody can read: the one in FastAPI's tutorial,
# and this course's teaching key.
PUBLISHED = {
    "570dad43de1af4c925f92c16a68a50936da42b7dd6fdeb24850507a1199aac89",
    hashlib.sha256(ch03.TEACHING_KEY.encode()).hexdigest(),
}


def good_key(key: SecretStr) -> SecretStr:
    """Return a secret that may sign tokens.

    Raises:
        ValueError: it is empty, shorter than 32 bytes, or published.
    """
    secret = key.get_secret_value().encode()
    if len(secret) < 32:
        raise ValueError("a key has at least 32 bytes")
    if hashlib.sha256(secret).hexdigest() in PUBLISHED:
        raise ValueError("this key is published: anybody can sign with it")
    return key


# %% Settings, read when the service starts
def split(value: object) -> object:
    """Split a text at its white space: `"a.example b.example"`."""
    return value.split() if isinstance(value, str) else value


Words: TypeAlias = Annotated[list[str], NoDecode, BeforeValidator(split)]
Host: TypeAlias = Annotated[str, Field(pattern=r"^(\*\.)?[\w.-]+$")]
GoodKey: TypeAlias = Annotated[SecretStr, AfterValidator(good_key)]
SECRETS = Path("/run/secrets")  # where Docker puts files with secrets


class Settings(BaseSettings):
    """What differs between your laptop and the service that people use.

    Each is an environment variable, `SECRET_KEYS=…`, or a file of that name
    among Docker's secrets.

    Attributes:
        secret_keys: the first signs, all of them verify.
        issuer: `iss` of the tokens, the service's own https address.
        audience: `aud` of the tokens, the API's address.
        hosts: the host names that the service answers to, never `*`.
        clients: the programs of chapter 12, as JSON.
        docs: whether `/docs` and `/openapi.json` are there.
    """

    model_config = SettingsConfigDict(
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
        extra="ignore",
        frozen=True,
        hide_input_in_errors=True,  # it would be a secret
    )

    secret_keys: Annotated[
        list[GoodKey], NoDecode, BeforeValidator(split), Field(min_length=1)
    ]
    issuer: Annotated[str, Field(pattern="^https://")]
    audience: str
    hosts: Annotated[
        list[Host], NoDecode, BeforeValidator(split), Field(min_length=1)
    ]
    database_url: str = "sqlite:///users.db"
    limits_url: str = "memory://"
    page_origins: Words = []
    password_grant: bool = False
    clients: dict[str, ch12.Client] = {}
    docs: bool = False


# %% A signing key out of a secret
def signing_key(secret: SecretStr) -> ch09.SigningKey:
    """Derive a key pair from a secret, the same in every worker.

    Its `kid` is its thumbprint (RFC 7638), so that each secret has a name of
    its own, and a secret that comes back has its old one.
    """
    kdf = HKDF(hashes.SHA256(), 32, salt=None, info=b"access tokens")
    number = int.from_bytes(kdf.derive(secret.get_secret_value().encode()))
    private = ec.derive_private_key(number, ec.SECP256R1())
    jwk = ch09.public_jwk(ch09.SigningKey("", "ES256", private))
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    text = json.dumps(members, separators=(",", ":"), sort_keys=True)
    digest = hashlib.sha256(text.encode()).digest()
    kid = urlsafe_b64encode(digest).rstrip(b"=").decode()
    return ch09.SigningKey(kid, "ES256", private)


# %% Logs without credentials
# What comes before a credential, and the credential itself. No repetition is
# without a bound where it could be tried again at each letter of a long path.
CREDENTIAL = re.compile(
    r"""( (?: bearer | basic ) [ ]+
        | \b (?: code | code_verifier | state | input_value | __Host-\w+
            | \w{0,20} (?: password | token | secret ) \w{0,20} )
          (?: ["']:[ ]? | = )
        )
        (?: (["']) .*? \2 | ["']? [^\s&"']+ )
      | (?<! [\w-] ) eyJ [\w-]* \. [\w-]* \. [\w-]*""",
    re.IGNORECASE | re.VERBOSE,
)


def redact(value: object) -> object:
    """Return a text without tokens and passwords; a number as it is.

    `"GET /callback?code=4fX…&state=9kQ…"` becomes
    `"GET /callback?code=…&state=…"`. Other values, such as an address of
    httpx, become texts.
    """
    if isinstance(value, int | float | None):
        return value
    return CREDENTIAL.sub(
        lambda found: f"{found[1] or ''}{found[2] or ''}…{found[2] or ''}",
        str(value),
    )


def message_of(record: logging.LogRecord) -> str:
    """Return a record's text; drop arguments that do not fit into it."""
    try:
        return record.getMessage()
    except (KeyError, TypeError, ValueError):
        record.args = ()
        return str(record.msg)


class NoCredentials(logging.Filter):
    """Take credentials out of what is logged; give it to each handler."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Redact a record's arguments, its message and its traceback."""
        if isinstance(record.args, Mapping):
            named = record.args.items()
            record.args = {name: redact(value) for name, value in named}
        elif record.args:  # uvicorn's own formatter needs five of them
            record.args = tuple(map(redact, record.args))
        message = message_of(record)
        if redact(message) != message:
            record.msg, record.args = redact(message), ()
        if record.exc_info:
            lines = logging.Formatter().formatException(record.exc_info)
            record.exc_text = str(redact(lines))
        return True

    @classmethod
    def install(cls) -> None:
        """Give one to each handler of the program and of uvicorn."""
        for name in ("", "uvicorn", "uvicorn.access"):
            for handler in logging.getLogger(name).handlers:
                handler.addFilter(cls())


# %% Closed, unless a route says that it is open
async def anyone() -> None:
    """Declare that a route is open to anybody: `Depends(anyone)`."""


CALLER_GUARDS = frozenset({ch09.get_current_user, ch12.session_user, anyone})


class OpenRouteError(Exception):
    """Routes do not say who may call them."""


def calls_in(dependant: Dependant) -> Iterator[object]:
    """List all functions that run before a route's own."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls_in(each)


def says_who(route: RouteContext) -> bool:
    """Return whether a route needs a user, or says that it needs none.

    Nothing is known of a mounted app. FastAPI's own documents are routes of
    Starlette; the setting `docs` decides on them.
    """
    dependant = getattr(route, "dependant", None)
    if isinstance(dependant, Dependant):
        return not CALLER_GUARDS.isdisjoint(calls_in(dependant))
    return route.path in DOCUMENTS


DOCUMENTS = {"/openapi.json", "/docs", "/docs/oauth2-redirect", "/redoc"}


def refuse_open_routes(app: FastAPI) -> None:
    """Start only if every route says who may call it.

    Raises:
        OpenRouteError: some do not; the message names their paths.
    """
    routes = iter_route_contexts(app.routes)
    paths = [str(route.path) for route in routes if not says_who(route)]
    if paths:
        raise OpenRouteError(f"who may call these? {', '.join(paths)}")


# %% Items that belong to somebody, and roles
class WorkTable(DeclarativeBase):
    """The tables of this chapter, in the database of chapter 7."""


class ItemRow(WorkTable):
    """A row of `items`: a thing that one user owns."""

    __tablename__ = "items"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(ch07.UserRow.id, ondelete="CASCADE"), index=True
    )
    title: Mapped[str]


class RoleRow(WorkTable):
    """A row of `roles`: what a user may do for all of us."""

    __tablename__ = "roles"

    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(ch07.UserRow.id, ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(primary_key=True)


class NewItem(BaseModel):
    """What a user sends to `POST /items/`, as JSON."""

    title: Annotated[ch07.Text, Field(min_length=1)]


class Item(NewItem):
    """An item, as its owner sees it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID


def add_item(owner: StoredUser, new: NewItem) -> Item:
    """Store an item for its owner."""
    with Session.begin() as session:
        row = ItemRow(owner_id=owner.id, title=new.title)
        session.add(row)
        session.flush()
        return Item.model_validate(row)


def items_of(owner: StoredUser) -> list[Item]:
    """Return a user's items, in the order of their titles."""
    mine = sa.select(ItemRow).where(ItemRow.owner_id == owner.id)
    with Session() as session:
        rows = session.scalars(mine.order_by(ItemRow.title, ItemRow.id))
        return [Item.model_validate(row) for row in rows]


def delete_item(item: Item, owner: StoredUser) -> bool:
    """Delete a user's own item; return whether it was still there."""
    gone = (
        sa.delete(ItemRow)
        .where(ItemRow.id == item.id, ItemRow.owner_id == owner.id)
        .returning(ItemRow.id)
    )
    with Session.begin() as session:
        return session.scalar(gone) is not None


def has_role(user: StoredUser, role: str) -> bool:
    """Return whether a user has a role today."""
    with Session() as session:
        return session.get(RoleRow, (user.id, role)) is not None


# %% Who owns this, and who may do that
def find_item(item_id: UUID, owner: StoredUser) -> Item | None:
    """Return a user's own item, or None."""
    mine = ItemRow.id == item_id, ItemRow.owner_id == owner.id
    with Session() as session:
        row = session.scalar(sa.select(ItemRow).where(*mine))
        return Item.model_validate(row) if row else None


async def own_item(item_id: UUID, owner: Owner) -> Item:
    """Return the item in the path, if the current user owns it.

    Raises:
        HTTPException: 404, there is none, or it is another user's. A 403
            would tell which items exist.
    """
    item = await run_in_threadpool(find_item, item_id, owner)
    if item is None:
        raise HTTPException(404, "there is no such item of yours")
    return item


async def administrator(me: Me) -> StoredUser:
    """Return the current user, if that is an administrator.

    The token's scope says what its program may do. The role says what the
    user may do, and is read from the database each time.

    Raises:
        OAuthError: 403, the user has no such role.
    """
    if not await run_in_threadpool(has_role, me, "administrator"):
        raise ch05.OAuthError(403, "access_denied", "for administrators")
    return me


OwnItem = Annotated[Item, Depends(own_item)]
Administrator = Annotated[StoredUser, Depends(administrator)]


def usernames() -> list[str]:
    """Return the names of all users, in order."""
    with Session() as session:
        names = sa.select(ch07.UserRow.username)
        return list(session.scalars(names.order_by(ch07.UserRow.username)))


# %% Hosts, and headers on every answer
class SafeHeaders:
    """Add headers to every answer, those of refusals included.

    The browser comes back by https alone (RFC 6797 §6.1), and does not guess
    what an answer is. Two answers come from outside of all middleware: the
    500 of a crash, and the 413 of a body that says how long it is.
    """

    def __init__(self, app: ASGIApp) -> None:
        """Stand around an app."""
        self.app = app

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Pass everything on, and add the headers to the answer."""

        async def send_more(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers["X-Content-Type-Options"] = "nosniff"
                if scope["scheme"] == "https":  # RFC 6797 §7.2
                    headers["Strict-Transport-Security"] = "max-age=31536000"
            await send(message)

        await self.app(scope, receive, send_more)


MOST_BODY_BYTES = 64_000  # of a request's body


def protect(app: FastAPI, hosts: list[str]) -> None:
    """Finish an app: look at its routes, and stand guards around it.

    Raises:
        OpenRouteError: a route does not say who may call it.
    """
    refuse_open_routes(app)
    app.add_middleware(ch12.CORSForAPI)
    app.add_middleware(TrustedHostMiddleware, allowed_hosts=hosts)
    app.add_middleware(SafeHeaders)


# %% Is it alive, and is it ready?
def check_stores() -> None:
    """Ask the database and the counters for a sign of life.

    Raises:
        SQLAlchemyError: the database does not answer.
        StorageError: the counters do not.
    """
    with Session() as session:
        session.execute(sa.select(1))
    ch11.strategy.get_window_stats(ch11.FOR_ALL[0], "all")


# %% The app (replaces ch11 and ch12)
@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Look at the routes once more, and create what the course needs."""
    refuse_open_routes(app)
    await run_in_threadpool(ch07.migrate, "ch13")
    await run_in_threadpool(ch07.move_users)
    yield


app = FastAPI(
    title="Chapter 13: ship it",
    lifespan=lifespan,
    responses=ch07.RESPONSES,
    redirect_slashes=False,
    max_body_size=MOST_BODY_BYTES,
)
app.exception_handlers.update(ch12.app.exception_handlers)
public = APIRouter(dependencies=[Depends(anyone)])
guarded = APIRouter()


@public.get("/health/live")
async def read_life() -> dict[str, str]:
    """Answer: the process runs. If nothing comes, restart it."""
    return {"status": "ok"}


@public.get("/health/ready")
async def read_readiness() -> dict[str, str]:
    """Answer: requests may come. A 503 says that they should not."""
    await run_in_threadpool(check_stores)
    return {"status": "ok"}


@public.post("/users/", status_code=201)
async def sign_up(new: ch07.SignUp, request: Request) -> ch03.User:
    """Store a new user, and return the public fields."""
    host = ch11.host_of(request)
    await run_in_threadpool(ch11.count_address, host)
    try:
        return await ch11.hashing.run(ch07.add_user, new)
    except ch11.BusyError:
        await run_in_threadpool(ch11.take_back, host)
        raise
    except ch07.UsernameTakenError as error:
        raise HTTPException(409, "this username is taken") from error


async def check_login(
    grant: ch05.PasswordGrant, request: Request
) -> StoredUser:
    """Return the active user of a password grant, checked within the limits.

    Raises:
        OAuthError: 400 `invalid_grant`; or see chapter 11's `check_password`.
    """
    name, password = grant.username, grant.password
    user = await ch11.check_password(
        request, name, ch11.authenticate_active_user, name, password
    )
    if user is None:
        refusal = "wrong username or password"
        raise ch05.OAuthError(400, "invalid_grant", refusal)
    return user


@public.post(
    "/token",
    openapi_extra=ch08.form_of(
        ch05.PasswordGrant, ch12.RenewalGrant, ch12.CodeGrant
    ),
)
async def login_for_access_token(
    grant: Annotated[ch12.Grant, Depends(ch12.read_grant)],
    request: Request,
    response: Response,
) -> ch08.Token:
    """Trade a code, a refresh token or a password for a pair of tokens."""
    response.headers.update(ch05.NO_STORE)
    if not isinstance(grant, ch05.PasswordGrant):
        return await run_in_threadpool(ch12.tokens_for, grant)
    user = await check_login(grant, request)
    tokens = await run_in_threadpool(ch08.start_family, user, grant.scope)
    return ch09.sign_afresh(tokens)


@public.post(
    "/revoke",
    openapi_extra=ch08.form_of(ch12.ClientRevocation),
    response_class=Response,
)
async def revoke_token(
    form: Annotated[ch12.ClientRevocation, Depends(ch12.read_revocation)],
) -> Response:
    """Log a client out; an invalid token gets 200 too (RFC 7009 §2.2)."""
    await ch09.revoke(form.token)
    return Response(headers=ch05.NO_STORE)


@guarded.delete("/users/me/logins/", status_code=204)
async def log_out_everywhere(me: Me) -> None:
    """End all of the current user's logins with us, this one too."""
    await run_in_threadpool(ch08.end_families, ch08.FamilyRow.user_id == me.id)


@guarded.post("/users/me/password", status_code=204)
async def change_own_password(
    change: ch07.PasswordChange, me: Me, request: Request
) -> None:
    """Change the current user's password, and end all logins."""
    await ch11.check_password(
        request, me.username, ch07.change_password, me, change
    )
    await run_in_threadpool(ch11.forget_failures, me.username)
    await run_in_threadpool(ch08.end_families, ch08.FamilyRow.user_id == me.id)


@guarded.get("/status/")
async def read_system_status(current_user: CurrentUser) -> dict[str, str]:
    """Answer any user with a valid token, whatever its scopes."""
    return {"status": "ok"}


@guarded.get("/users/me/")
async def read_users_me(current_user: Me) -> ch03.User:
    """Return the current user's public fields."""
    return current_user


@guarded.get("/users/me/items/")
async def read_own_items(owner: Owner) -> list[dict[str, str]]:
    """Return the current user's items."""
    return [{"item_id": "Foo", "owner": owner.username}]


@guarded.post("/items/", status_code=201)
async def create_item(new: NewItem, owner: Owner) -> Item:
    """Store an item of the current user's."""
    return await run_in_threadpool(add_item, owner, new)


@guarded.get("/items/")
async def read_items(owner: Owner) -> list[Item]:
    """Return the current user's stored items."""
    return await run_in_threadpool(items_of, owner)


@guarded.get("/items/{item_id}")
async def read_item(item: OwnItem) -> Item:
    """Return one of the current user's items."""
    return item


@guarded.delete("/items/{item_id}", status_code=204)
async def remove_item(item: OwnItem, owner: Owner) -> None:
    """Delete one of the current user's items."""
    await run_in_threadpool(delete_item, item, owner)


@guarded.get("/admin/users/")
async def read_usernames(admin: Administrator) -> list[str]:
    """Return all usernames to an administrator."""
    return await run_in_threadpool(usernames)


PAGE_PATHS = {
    *("/", "/login.js", "/authorize", "/session/", "/users/me/events/"),
    ch09.METADATA_PATH,
}
pages = APIRouter(
    routes=[
        route
        for route in ch12.app.routes
        if isinstance(route, APIRoute | APIWebSocketRoute)
        and route.path in PAGE_PATHS
    ]
)
public.include_router(pages)
public.include_router(ch09.published(ch09.ours))
app.include_router(public)
app.include_router(guarded)
protect(app, ["testserver", "course.example", "127.0.0.1", "localhost"])
