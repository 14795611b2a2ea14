"""Chapter 7: its functions and its app, on SQLite and on PostgreSQL."""

import pytest
import sqlalchemy as sa

from snippets import ch07_database as ch07
from tests.support.clients import ClientOf, bearer, login

pytestmark = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)


def test_template_has_the_users_of_chapter_3() -> None:
    with ch07.Session() as session:
        names = session.scalars(sa.select(ch07.UserRow.username)).all()
    assert sorted(names) == ["alice", "johndoe"]


@pytest.mark.anyio
async def test_user_logs_in(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        answer = await client.post("/token", data=login())
        headers = bearer(answer.json()["access_token"])
        me = await client.get("/users/me/", headers=headers)
    assert me.json()["username"] == "johndoe"
