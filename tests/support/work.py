"""Chapter 13's items and roles: what a test puts into their tables."""

import re
from uuid import UUID

import sqlalchemy as sa

from snippets import ch07_database as ch07
from snippets import ch13_ship_it as ch13
from tests.support.logins import stored

ADMINISTRATOR = "administrator"
ITEM_ID = UUID("0f8fad5b-d9cb-469f-a165-70867728950e")


def own_item(
    username: str = "johndoe", title: str = "a lamp", item_id: UUID = ITEM_ID
) -> ch13.Item:
    """Store an item of a user's, with an id that a test knows."""
    row = ch13.ItemRow(id=item_id, owner_id=stored(username).id, title=title)
    with ch07.Session.begin() as session:
        session.add(row)
    return ch13.Item(id=item_id, title=title)


def give_role(username: str = "johndoe", role: str = ADMINISTRATOR) -> None:
    """Give a user a role."""
    row = ch13.RoleRow(user_id=stored(username).id, role=role)
    with ch07.Session.begin() as session:
        session.add(row)


def take_role(username: str = "johndoe", role: str = ADMINISTRATOR) -> None:
    """Take a role from a user."""
    mine = ch13.RoleRow.user_id == stored(username).id
    with ch07.Session.begin() as session:
        gone = sa.delete(ch13.RoleRow).where(mine, ch13.RoleRow.role == role)
        session.execute(gone)


def filled(path: str, value: str = str(ITEM_ID)) -> str:
    """Put a value in the place of each parameter of a path."""
    return re.sub(r"{[^}]*}", value, path)
