"""Sign-up, the check of a password, and its change (chapter 7)."""

import re
from datetime import UTC, datetime
from typing import Annotated

import sqlalchemy as sa
from pydantic import AfterValidator, BaseModel, Field
from sqlalchemy.exc import IntegrityError

from .models import (
    Session,
    StoredUser,
    UserRow,
    find_user,
    read_user,
    username_key,
)
from .oauth import OAuthError
from .passwords import (
    ARGON2_DUMMY_HASH,
    allowed_password,
    argon2,
    hash_password,
    normalised,
    verify_any,
)


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
    raise OAuthError(400, "invalid_grant", "wrong old password")
