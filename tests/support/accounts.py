"""Change users in every place where a chapter keeps them.

Chapters 3 to 6 keep them in a dict, with their scopes in another one; from
chapter 7 on they are rows of a table.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import sqlalchemy as sa

from snippets import ch02_password_hashing as ch02
from snippets import ch03_dependency_wiring as ch03
from snippets import ch05_check_it as ch05
from snippets import ch07_database as ch07


def subject_of(stem: str, username: str) -> str:
    """Return the `sub` of a user's tokens in a chapter's app."""
    if stem[:4] >= "ch07":
        user = ch07.find_user(username)
        assert user is not None
        return user.id.urn
    return ch05.subject_of(username) if stem[:4] >= "ch05" else username


def change_user(username: str, /, **changes: Any) -> None:
    """Change a user's record, such as `disabled=True`, in dict and table."""
    old = ch03.users[username]
    ch03.users[username] = old.model_copy(update=changes)
    change_row(username, **changes)


def change_row(username: str, /, **changes: Any) -> None:
    """Change a row of the table of users."""
    key = ch07.username_key(username)
    condition = ch07.UserRow.username_key == key
    with ch07.Session.begin() as session:
        session.execute(sa.update(ch07.UserRow).where(condition), changes)


def add_user(username: str, scopes: str) -> None:
    """Add a copy of johndoe to dict and table; the scopes to the table."""
    user = ch03.users["johndoe"].model_copy(update={"username": username})
    ch03.users[username] = user
    row = ch07.UserRow(**user.model_dump(), scopes=scopes)
    row.username_key = ch07.username_key(username)
    with ch07.Session.begin() as session:
        session.add(row)


def delete_user(username: str) -> None:
    """Delete a user from dict and table."""
    ch03.users.pop(username, None)
    key = ch07.username_key(username)
    condition = ch07.UserRow.username_key == key
    with ch07.Session.begin() as session:
        session.execute(sa.delete(ch07.UserRow).where(condition))


@contextmanager
def changed_user(username: str, /, **changes: Any) -> Iterator[None]:
    """Change a user's record, in dict and table, for as long as this lasts."""
    old = ch07.find_user(username)
    assert old is not None
    with patch.dict(ch03.users):
        change_user(username, **changes)
        yield
    change_row(username, **{name: getattr(old, name) for name in changes})


@contextmanager
def known_password(username: str, password: str) -> Iterator[None]:
    """Give a user a password for as long as this lasts.

    Its hash is bcrypt's in the dict, and chapter 7's own in the table.
    """
    hashed = ch02.pwd_context.using(bcrypt__rounds=4).hash(password)
    with changed_user(username, hashed_password=hashed):
        change_row(username, hashed_password=ch07.hash_password(password))
        yield
