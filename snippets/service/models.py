"""The database, its tables, and how users are read (chapters 7 to 13)."""

import unicodedata
from datetime import UTC, datetime
from uuid import UUID, uuid4

import sqlalchemy as sa
from pydantic import BaseModel, ConfigDict
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

from .settings import settings

DATABASE_URL = settings.database_url


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


class LoginTable(DeclarativeBase):
    """The tables of this chapter, in the database of chapter 7."""


class FamilyRow(LoginTable):
    """A row of `families`: one login, and all its refresh tokens."""

    __tablename__ = "families"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(UserRow.id, ondelete="CASCADE"), index=True
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
        sa.ForeignKey(UserRow.id, ondelete="CASCADE"), index=True
    )


class BrowserTable(DeclarativeBase):
    """The table of sessions, in the database of chapter 7."""


class SessionRow(BrowserTable):
    """A row of `sessions`: a browser's cookie stands for a login."""

    __tablename__ = "sessions"

    id_hash: Mapped[str] = mapped_column(primary_key=True)
    family_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(FamilyRow.id, ondelete="CASCADE"), index=True
    )


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
        sa.ForeignKey(UserRow.id, ondelete="CASCADE")
    )
    password_changed_at: Mapped[datetime] = mapped_column(AwareDateTime)
    expires_at: Mapped[datetime] = mapped_column(AwareDateTime)
    uses: Mapped[int] = mapped_column(default=0)
    family_id: Mapped[UUID | None] = mapped_column(
        sa.ForeignKey(FamilyRow.id, ondelete="CASCADE"), index=True
    )


class WorkTable(DeclarativeBase):
    """The tables of this chapter, in the database of chapter 7."""


class ItemRow(WorkTable):
    """A row of `items`: a thing that one user owns."""

    __tablename__ = "items"

    id: Mapped[UUID] = mapped_column(primary_key=True, default=uuid4)
    owner_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(UserRow.id, ondelete="CASCADE"), index=True
    )
    title: Mapped[str]


class RoleRow(WorkTable):
    """A row of `roles`: what a user may do for all of us."""

    __tablename__ = "roles"

    user_id: Mapped[UUID] = mapped_column(
        sa.ForeignKey(UserRow.id, ondelete="CASCADE"), primary_key=True
    )
    role: Mapped[str] = mapped_column(primary_key=True)


class User(BaseModel):
    """The fields of a user that an answer may contain."""

    username: str
    email: str | None = None
    full_name: str | None = None
    disabled: bool | None = None


class UserInDB(User):
    """A stored user: the public fields and the password's hash."""

    hashed_password: str


class StoredUser(UserInDB):
    """A copy of a row, which outlives the session that read it."""

    model_config = ConfigDict(from_attributes=True)

    id: UUID
    scopes: str
    password_changed_at: datetime


def username_key(username: str) -> str:
    """Return what all spellings of a username share: `"josé"` for `"JOSÉ"`.

    Both letter case and the ways to encode a character are evened out
    (RFC 8265 §3.3): "é" can be one character, or "e" and an accent.
    """
    folded = unicodedata.normalize("NFKC", username).casefold()
    return unicodedata.normalize("NFKC", folded)


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
