"""Chapter 7: keep the users in a database.

Users sign up, log in and change their passwords. They are rows of a table, in
a file of SQLite by default, in PostgreSQL by one setting, `DATABASE_URL`. The
subject of a token is the user's id, which no other user ever gets.
"""

# %% Imports
import logging
import os
import re
import unicodedata
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Annotated, Any
from uuid import UUID, uuid4

import alembic.command
import alembic.config
import jwt
import sqlalchemy as sa
from fastapi import FastAPI, HTTPException, Request, Response, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from fastapi.security import SecurityScopes
from pwdlib.hashers.argon2 import Argon2Hasher
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from snippets import ch03_dependency_wiring as ch03
from snippets import ch04_token_endpoint as ch04
from snippets import ch05_check_it as ch05
from snippets import ch06_scopes as ch06
from snippets.ch02_password_hashing import verify_password

# %% One setting chooses the database
DATABASE_URL = os.environ.get("DATABASE_URL", "sqlite:///users.db")


def connect(url: str) -> sa.Engine:
    """Make an engine, a pool of connections, for `"sqlite:///users.db"`."""
    # An error message must not repeat the hashes that a statement writes.
    engine = sa.create_engine(url, hide_parameters=True)
    if engine.dialect.name == "sqlite":  # it ignores foreign keys otherwise
        sa.event.listen(
            engine,
            "connect",
            lambda connection, _: connection.execute("PRAGMA foreign_keys=ON"),
        )
    return engine


Session = sessionmaker(connect(DATABASE_URL))


# %% The table of users, with times in UTC
class AwareDateTime(sa.TypeDecorator[datetime]):
    """A column of times in UTC, for SQLite as well, which stores no zone."""

    impl = sa.DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(
        self, value: datetime | None, dialect: sa.Dialect
    ) -> datetime | None:
        """Return an aware time in UTC, to be stored."""
        return value and value.astimezone(UTC)

    def process_result_value(
        self, value: datetime | None, dialect: sa.Dialect
    ) -> datetime | None:
        """Return a stored time as an aware one in UTC."""
        if value is None or value.tzinfo:
            return value and value.astimezone(UTC)
        return value.replace(tzinfo=UTC)


class Base(DeclarativeBase):
    """The tables of the course."""


class UserRow(Base):
    """A row of the table `users`."""

    __tablename__ = "users"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    username: Mapped[str]
    username_key: Mapped[str] = mapped_column(unique=True)
    email: Mapped[str | None]
    full_name: Mapped[str | None]
    disabled: Mapped[bool] = mapped_column(default=False)
    scopes: Mapped[str]
    hashed_password: Mapped[str]
    password_changed_at: Mapped[datetime] = mapped_column(
        AwareDateTime, default=lambda: datetime.now(UTC)
    )


# %% Create the tables by migrations
def migrate(revision: str = "ch07") -> None:
    """Bring the tables to a revision: `"ch07"`, or `"base"`, without tables.

    A step back loses what its tables held.
    """
    config = alembic.config.Config()
    config.set_main_option("script_location", "snippets:migrations")
    with Session.begin() as session:
        config.attributes["connection"] = session.connection()
        back = revision == "base"
        move = alembic.command.downgrade if back else alembic.command.upgrade
        move(config, revision)


# %% One key for all spellings of a username
def username_key(username: str) -> str:
    """Return what all spellings of a username share: `"josé"` for `"JOSÉ"`.

    Both letter case and the ways to encode a character are evened out
    (RFC 8265 §3.3): "é" can be one character, or "e" and an accent.
    """
    folded = unicodedata.normalize("NFKC", username).casefold()
    return unicodedata.normalize("NFKC", folded)


# %% Read users, and move those of chapter 3 into the table
class StoredUser(ch03.UserInDB):
    """A copy of a row, which outlives the session that read it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    scopes: str
    password_changed_at: datetime


def read_user(condition: sa.ColumnElement[bool]) -> StoredUser | None:
    """Return the only user that a condition names, or None.

    The connection is back in the pool when this function returns.
    """
    with Session() as session:
        row = session.scalar(sa.select(UserRow).where(condition))
        return StoredUser.model_validate(row) if row else None


def find_user(username: str) -> StoredUser | None:
    """Return the user whose username this is, in any spelling, or None."""
    if not username.isprintable():  # PostgreSQL stores no NUL character
        return None
    return read_user(UserRow.username_key == username_key(username))


def move_users() -> None:
    """Copy chapter 3's users, with scopes and hashes, who are missing."""
    missing = [u for u in ch03.users.values() if not find_user(u.username)]
    with Session.begin() as session:
        for user in missing:
            scopes = ch06.write_scopes(ch06.grants[user.username])
            row = UserRow(**user.model_dump(), scopes=scopes)
            row.username_key = username_key(user.username)
            session.add(row)


# %% Hash with Argon2, and verify old hashes too (replaces ch02 and ch04)
def normalised(text: str) -> str:
    """Return a text whose characters are encoded in one way (NFC)."""
    return unicodedata.normalize("NFC", text)


# The least that OWASP recommends: 19 MiB of memory, read and written twice.
argon2 = Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password of any length: `"$argon2id$v=19$m=19456,t=2,p=1$…"`.

    It is normalised first (RFC 8265 §4.2), since keyboards differ in how they
    encode a character such as "é".
    """
    return argon2.hash(normalised(password))


# Its password was thrown away.
ARGON2_DUMMY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$woJujswkzD2Z8Bnwm6ii/w"
    "$hbfpkgJ9TCHq7K7ZXeWPvrZmahTjyTxAlhb8c+Kympo"
)
logger = logging.getLogger(__name__)


def verify_any(password: str, hashed_password: str) -> bool:
    """Return whether a password matches a hash of Argon2, bcrypt or Django.

    Each call verifies once by Argon2 and once by an older scheme, whatever
    the hash, so that the time does not tell how old it is. A damaged hash, or
    one of another scheme, matches no password. It is logged, unless it still
    looks like one of Argon2.
    """
    new = argon2.identify(hashed_password)
    # JSON may bring half a letter, which UTF-8 does not encode otherwise.
    normal = normalised(password).encode("utf-8", "surrogatepass")
    new_hash = hashed_password if new else ARGON2_DUMMY_HASH
    by_argon2 = argon2.verify(normal, new_hash)
    try:
        old_hash = ch04.DUMMY_HASH if new else hashed_password
        by_bcrypt = verify_password(password, old_hash)
    except ValueError:
        logger.error("a stored hash is damaged")
        verify_password(password, ch04.DUMMY_HASH)
        return False
    return by_argon2 if new else by_bcrypt


# %% Check a password, and replace an old hash (replaces ch04)
def replace_hash(user: StoredUser, **values: str | datetime) -> bool:
    """Store a new hash, and more values; return whether they were stored.

    They are not if the hash has changed since `user` was read.
    """
    statement = (
        sa.update(UserRow)
        .where(UserRow.id == user.id)
        .where(UserRow.hashed_password == user.hashed_password)
        .values(**values)
        .returning(UserRow.id)
    )
    with Session.begin() as session:
        return session.scalar(statement) is not None


def authenticate_user(username: str, password: str) -> StoredUser | None:
    """Return the user with this username and password, or None.

    No connection is held while the password is hashed. The row is read again
    afterwards: the account may have been changed, or deleted, meanwhile.
    """
    user = find_user(username)
    stored = user.hashed_password if user else ARGON2_DUMMY_HASH
    if not verify_any(password, stored) or user is None:
        return None
    if not argon2.identify(stored) or argon2.check_needs_rehash(stored):
        replace_hash(user, hashed_password=hash_password(password))
    latest = read_user(UserRow.id == user.id)
    if latest and latest.password_changed_at == user.password_changed_at:
        return latest
    return None


# %% What a new user may choose
# The beginning of a list that has many thousands of lines.
COMMON_PASSWORDS = {
    *("passwordpassword", "password1234567", "123456789012345"),
    *("qwertyuiopasdfgh", "iloveyouiloveyou", "correcthorsebatterystaple"),
}


def allowed_password(password: str) -> str:
    """Return a password that a user may choose (NIST SP 800-63B-4 §3.1.1.2).

    Raises:
        ValueError: it is too short, too long, or common. The message is for
            the user.
    """
    if not 15 <= len(password) <= 200:
        raise ValueError("a password has 15 to 200 characters")
    if password.casefold() in COMMON_PASSWORDS:
        raise ValueError("this password is on a list of common ones")
    return password


# Letters and marks that nobody sees: usernames could differ in them alone.
UNSEEN = re.compile(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0"
    "\U000e0100-\U000e01ef]"
)


def allowed_username(username: str) -> str:
    """Return a username that a user may choose, normalised.

    Raises:
        ValueError: it has a character that nobody sees.
    """
    if UNSEEN.search(username) or not username.isprintable():
        raise ValueError("a username has only characters that can be seen")
    return normalised(username)


Text = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]
Username = Annotated[
    str, Field(pattern=r"^[\w.-]{1,32}$"), AfterValidator(allowed_username)
]
# A length in Pydantic also refuses half a letter, which UTF-8 cannot encode.
Password = Annotated[
    str, Field(min_length=1), AfterValidator(allowed_password)
]


class SignUp(BaseModel):
    """What a new user sends to `POST /users/`, as JSON."""

    username: Username
    password: Password
    email: Text | None = None
    full_name: Text | None = None


# %% Sign a user up, and change a password
class UsernameTakenError(ValueError):
    """Another user has this username, in some spelling."""


def add_user(new: SignUp) -> StoredUser:
    """Store a new user, who may have the scopes `me` and `items`.

    The database decides whether the username is free. A look-up before would
    find it free for two sign-ups at once.

    Raises:
        UsernameTakenError: the username is not free.
    """
    row = UserRow(
        **new.model_dump(exclude={"password"}),
        username_key=username_key(new.username),
        scopes="items me",
        hashed_password=hash_password(new.password),
    )
    try:
        with Session.begin() as session:
            session.add(row)
            session.flush()
            return StoredUser.model_validate(row)
    except IntegrityError as error:
        raise UsernameTakenError(new.username) from error


class PasswordChange(BaseModel):
    """What a user sends to change a password."""

    old_password: str
    new_password: Password


def change_password(user: StoredUser, change: PasswordChange) -> None:
    """Store the hash of a new password.

    Raises:
        OAuthError: 400 `invalid_grant`, the old password is wrong, or has
            been changed meanwhile.
    """
    if verify_any(change.old_password, user.hashed_password):
        new_hash = hash_password(change.new_password)
        moment = datetime.now(UTC)
        if replace_hash(
            user, hashed_password=new_hash, password_changed_at=moment
        ):
            return
    raise ch05.OAuthError(400, "invalid_grant", "wrong old password")


# %% A token for an id, and back (replaces ch05 and ch06)
def grant_scopes(user: StoredUser, requested: str) -> str:
    """Narrow requested scopes, such as `"me items"`, to the user's own.

    Raises:
        OAuthError: 400 `invalid_scope`, a scope is unknown, or none of the
            scopes may be granted (RFC 6749 §5.2).
    """
    wanted = ch06.split_scopes(requested) or ch06.DEFAULT_SCOPES
    granted = wanted & ch06.split_scopes(user.scopes)
    if not granted or not wanted <= ch06.SCOPES.keys():
        raise ch05.OAuthError(400, "invalid_scope", "no scope may be granted")
    return ch06.write_scopes(granted)


def issue_token(user: StoredUser, requested: str) -> ch06.Token:
    """Sign a token for a user, named by the id: `"urn:uuid:0b3f6a52-…"`.

    Raises:
        OAuthError: 400 `invalid_scope`, see `grant_scopes`.
    """
    scope = grant_scopes(user, requested)
    return ch06.Token(
        access_token=ch04.create_access_token(
            {"sub": user.id.urn, "scope": scope}
        ),
        token_type="bearer",
        expires_in=int(ch04.ACCESS_TOKEN_LIFETIME.total_seconds()),
        scope=scope,
    )


def user_named_by(subject: str) -> StoredUser | None:
    """Return the active user whose id a `sub` is, or None."""
    try:
        user_id = UUID(subject)
    except ValueError:
        return None
    user = read_user(UserRow.id == user_id)
    if user is None or user.disabled or user.id.urn != subject:
        return None
    return user


# %% From token to active user (replaces ch06)
async def get_current_user(
    required: SecurityScopes,
    token: Annotated[str, Security(ch06.oauth2_scheme)],
) -> StoredUser:
    """Return the active user of a token that has the required scopes.

    Raises:
        OAuthError: 401, the token is invalid, or its user is gone or
            disabled; 403, the token lacks a scope (RFC 6750 §3.1).
    """
    refusal = ch05.bearer_error(401, "invalid_token", "the token is not valid")
    try:
        claims = ch03.read_access_token(token)
        granted = ch06.scopes_in(claims)
    except jwt.InvalidTokenError as error:
        raise refusal from error
    user = await run_in_threadpool(user_named_by, claims["sub"])
    if user is None:
        raise refusal
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


# %% When the database is away, and when the server starts
async def unavailable(request: Request, error: Exception) -> JSONResponse:
    """Log an error of the database, and answer 503 without its text."""
    logger.error("the database failed", exc_info=error)
    refusal = ch05.OAuthError(
        503, "temporarily_unavailable", "try again later", {"Retry-After": "5"}
    )
    return await ch05.refuse(request, refusal)


@asynccontextmanager
async def lifespan(app: FastAPI) -> AsyncIterator[None]:
    """Create the tables, and the course's users: their passwords are known.

    Your own app moves no users, and migrates once, before its workers start.
    """
    await run_in_threadpool(migrate)
    await run_in_threadpool(move_users)
    yield


# %% The app (replaces ch06)
RESPONSES = ch05.REFUSALS | {
    422: {"model": dict[str, list[Any]], "description": "Fields, and why"},
    503: {"model": ch05.ErrorBody, "description": "No database"},
}

app = FastAPI(
    title="Chapter 7: the database",
    lifespan=lifespan,
    responses=RESPONSES,
    exception_handlers={
        ch05.OAuthError: ch05.refuse,
        RequestValidationError: ch04.refuse_form,
        SQLAlchemyError: unavailable,
    },
    redirect_slashes=False,
)


@app.post("/users/", status_code=201)
async def sign_up(new: SignUp) -> ch03.User:
    """Store a new user, and return the public fields."""
    try:
        return await run_in_threadpool(add_user, new)
    except UsernameTakenError as error:
        raise HTTPException(409, "this username is taken") from error


@app.post("/token", openapi_extra=ch05.LOGIN_FORM)
async def login_for_access_token(
    grant: ch05.Login, response: Response
) -> ch06.Token:
    """Trade a username and a password for an access token."""
    user = await run_in_threadpool(
        authenticate_user, grant.username, grant.password
    )
    if user is None or user.disabled:
        refusal = "wrong username or password"
        raise ch05.OAuthError(400, "invalid_grant", refusal)
    response.headers.update(ch05.NO_STORE)
    return issue_token(user, grant.scope)


@app.post("/users/me/password", status_code=204)
async def change_own_password(change: PasswordChange, me: Me) -> None:
    """Change the current user's password."""
    await run_in_threadpool(change_password, me, change)


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
