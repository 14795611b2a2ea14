"""Chapter 7 with a database that is full, locked, damaged or away.

Whatever happens, the client gets one clear 503, and nothing is half-written.
"""

import gc
import runpy
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch
from uuid import UUID

import alembic
import httpx
import pytest
import sqlalchemy as sa

from snippets import ch07_database as ch07
from tests.support import cheap_hashes
from tests.support.accounts import change_row
from tests.support.chapters import FOLDER
from tests.support.clients import ClientOf, bearer, login
from tests.support.databases import bound
from tests.support.forgeries import FAR_FUTURE, signed
from tests.support.postgresql import free_port

ME = "/users/me/"
PASSWORD = "a newcomer's long password"

postgresql_only = pytest.mark.parametrize(
    "database",
    [pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)


@contextmanager
def connected_to(url: sa.URL | str) -> Iterator[sa.Engine]:
    """Bind chapter 7 to another database for as long as this lasts."""
    address = url if isinstance(url, str) else url.render_as_string(False)
    engine = ch07.connect(address)
    with bound(engine):
        yield engine
    engine.dispose()


def without_waiting(engine: sa.Engine) -> sa.URL:
    """Return an engine's URL, where a lock is an error at once."""
    if engine.dialect.name == "sqlite":
        return engine.url.update_query_dict({"timeout": "0"})
    return engine.url.update_query_dict({"options": "-c lock_timeout=1"})


async def sign_up(client: httpx.AsyncClient, username: str) -> httpx.Response:
    new = {"username": username, "password": PASSWORD}
    return await client.post("/users/", json=new)


def is_unavailable(answer: httpx.Response) -> bool:
    """Whether an answer is the one 503, which says nothing of its cause."""
    return (
        answer.status_code == 503
        and answer.json()
        == {
            "error": "temporarily_unavailable",
            "error_description": "try again later",
        }
        and answer.headers["Retry-After"] == "5"
        and answer.headers["Cache-Control"] == "no-store"
    )


async def answers_of(client: httpx.AsyncClient) -> list[httpx.Response]:
    """Sign up, log in, and send a good token."""
    claims = {"exp": FAR_FUTURE, "scope": "items me"}
    token = signed({**claims, "sub": UUID(int=0).urn})
    return [
        await sign_up(client, "newcomer"),
        await client.post("/token", data=login()),
        await client.get(ME, headers=bearer(token)),
    ]


def number_of_users() -> int:
    with ch07.Session() as session:
        count = sa.select(sa.func.count()).select_from(ch07.UserRow)
        return session.scalars(count).one()


@pytest.mark.anyio
async def test_full_disk_is_a_503_and_nothing_is_half_written(
    database: sa.Engine,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    change_row("johndoe", hashed_password=cheap_hashes.argon2.hash("secret"))
    with connected_to(database.url) as engine:
        # It counts as the number of pages that there are.
        fill_up = "PRAGMA max_page_count=1"
        sa.event.listen(engine, "connect", lambda c, _: c.execute(fill_up))
        stored = 0
        async with client_of(ch07.app) as client:
            while (
                answer := await sign_up(client, f"user{stored}")
            ).status_code == 201:
                stored += 1
            assert is_unavailable(answer)
            # What needs no room goes on.
            login_answer = await client.post("/token", data=login())
            assert login_answer.status_code == 200
        assert number_of_users() == 2 + stored
        assert ch07.find_user(f"user{stored}") is None
    assert "disk is full" in caplog.text
    assert PASSWORD not in caplog.text
    assert "$argon2" not in caplog.text


@pytest.mark.anyio
async def test_locked_file_is_a_503_until_it_is_free(
    database: sa.Engine, client_of: ClientOf
) -> None:
    assert database.url.database
    with (
        connected_to(without_waiting(database)),
        closing(sqlite3.connect(database.url.database)) as other,
    ):
        async with client_of(ch07.app) as client:
            other.execute("BEGIN EXCLUSIVE")
            assert all(map(is_unavailable, await answers_of(client)))
            other.rollback()
            assert number_of_users() == 2
            statuses = [a.status_code for a in await answers_of(client)]
    assert statuses == [201, 200, 401]


@pytest.mark.anyio
@pytest.mark.parametrize("what", ["no folder", "no database", "no server"])
async def test_database_that_is_not_there_is_a_503(
    what: str,
    tmp_path: Path,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    file = tmp_path / "users.db"
    file.write_text("no database " * 500)
    urls = {
        "no folder": f"sqlite:///{tmp_path / 'none' / 'users.db'}",
        "no database": f"sqlite:///{file}",
        "no server": "postgresql+psycopg://course:a-database-password"
        f"@127.0.0.1:{free_port()}/users",
    }
    with connected_to(urls[what]):
        async with client_of(ch07.app) as client:
            assert all(map(is_unavailable, await answers_of(client)))
    assert "a-database-password" not in caplog.text
    assert PASSWORD not in caplog.text


@pytest.mark.anyio
async def test_server_does_not_start_without_its_database(
    tmp_path: Path,
) -> None:
    with (
        connected_to(f"sqlite:///{tmp_path / 'none' / 'users.db'}"),
        pytest.raises(sa.exc.OperationalError),
    ):
        async with ch07.lifespan(ch07.app):
            pass


@pytest.mark.parametrize(
    ("dialect", "statements"), [("sqlite", ["BEGIN"]), ("postgresql", [])]
)
def test_migration_begins_the_transaction_that_sqlite_would_not(
    dialect: str, statements: list[str]
) -> None:
    sent: list[str] = []
    connection = SimpleNamespace(
        dialect=SimpleNamespace(name=dialect), exec_driver_sql=sent.append
    )
    attributes = {"connection": connection}
    ran: list[str] = []
    context: Any = SimpleNamespace(
        config=SimpleNamespace(attributes=attributes),
        configure=lambda connection: ran.append("configure"),
        begin_transaction=lambda: closing(SimpleNamespace(close=lambda: None)),
        run_migrations=lambda: ran.append("run"),
    )
    with patch.object(alembic, "context", context):
        runpy.run_path(str(FOLDER / "migrations" / "env.py"))
    assert sent == statements
    assert ran == ["configure", "run"]


@postgresql_only
@pytest.mark.anyio
async def test_locked_table_is_a_503_until_it_is_free(
    database: sa.Engine, client_of: ClientOf
) -> None:
    with (
        connected_to(without_waiting(database)),
        database.connect() as other,
    ):
        async with client_of(ch07.app) as client:
            other.execute(sa.text("LOCK TABLE users"))
            assert all(map(is_unavailable, await answers_of(client)))
            other.rollback()
            assert number_of_users() == 2
            statuses = [a.status_code for a in await answers_of(client)]
    assert statuses == [201, 200, 401]


@postgresql_only
@pytest.mark.filterwarnings(  # SQLAlchemy drops it, and does not close it
    "ignore:Exception ignored in. <function BaseConnection.__del__"
    ":pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.anyio
async def test_restarted_server_costs_one_503(
    database: sa.Engine, client_of: ClientOf
) -> None:
    """Its connections are dead, and the pool notices at the first use."""
    kill = sa.text(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid != pg_backend_pid()"
    )
    other = sa.create_engine(database.url, poolclass=sa.NullPool)
    async with client_of(ch07.app) as client:
        assert (await sign_up(client, "first")).status_code == 201
        with other.connect() as connection:
            connection.execute(kill)
        assert is_unavailable(await sign_up(client, "second"))
        assert (await sign_up(client, "second")).status_code == 201
    assert number_of_users() == 4
    gc.collect()  # the dead connection, which brings the warning


@postgresql_only
@pytest.mark.anyio
async def test_connection_lost_within_a_transaction_writes_nothing(
    database: sa.Engine, client_of: ClientOf
) -> None:
    """The server ends it between INSERT and COMMIT."""
    kill = sa.text("SELECT pg_terminate_backend(:pid)")
    other = sa.create_engine(database.url, poolclass=sa.NullPool)

    def cut(connection: sa.Connection, cursor: Any, *_: object) -> None:
        if cursor.statusmessage == "INSERT 0 1":
            pid = cursor.connection.info.backend_pid
            with other.connect() as killer:
                killer.execute(kill, {"pid": pid})

    async with client_of(ch07.app) as client:
        sa.event.listen(database, "after_cursor_execute", cut)
        lost = await sign_up(client, "newcomer")
        sa.event.remove(database, "after_cursor_execute", cut)
        assert is_unavailable(lost)
        assert number_of_users() == 2
        assert (await sign_up(client, "newcomer")).status_code == 201
