"""Databases for tests: each is a copy of a template with chapter 3's users.

A test that never asks its database costs nothing: the next test gets it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Protocol
from unittest.mock import patch

import sqlalchemy as sa
from sqlalchemy.engine.interfaces import DBAPIConnection

from snippets import ch03_dependency_wiring as ch03
from snippets import ch07_database as ch07
from tests.support.cheap_hashes import cheap_users


class Copies(Protocol):
    """Where databases come from: a template, and copies of it."""

    def create(self) -> str:
        """Copy the template, and return the copy's URL."""

    def drop(self, url: str) -> None:
        """Delete a copy."""


class SQLiteCopies:
    """Copies of a file in a folder: one after the other, in the same place.

    Each is a new file. A connection that a test left open keeps the old one.
    """

    def __init__(self, folder: Path) -> None:
        self.template = folder / "template.db"
        self.path = folder / "users.db"
        fill(f"sqlite:///{self.template}")

    def create(self) -> str:
        shutil.copyfile(self.template, self.path)
        return f"sqlite:///{self.path}"

    def drop(self, url: str) -> None:
        self.path.unlink()
        # What SQLite keeps beside a file, if a process was killed.
        for ending in ("-journal", "-wal", "-shm"):
            Path(f"{self.path}{ending}").unlink(missing_ok=True)


class Lender:
    """Lends an engine to each test, whose database no test has asked.

    An engine knows the statements that it has compiled: where the next
    database has the same URL, it is used again.
    """

    def __init__(self, copies: Copies) -> None:
        self.copies = copies
        self.engine_for = lru_cache(maxsize=1)(self.connect)
        self.url = ""
        self.is_used = False

    @contextmanager
    def lend(self) -> Iterator[sa.Engine]:
        """Bind chapter 7's sessions to an engine for as long as this lasts."""
        self.url = self.url or self.copies.create()
        engine = self.engine_for(self.url)
        with bound(engine):
            yield engine
        if self.is_used:
            self.close()

    def connect(self, url: str) -> sa.Engine:
        """Make an engine, which says when a database is asked."""
        engine = ch07.connect(url)
        sa.event.listen(engine, "connect", self.note_use)
        if engine.dialect.name == "sqlite":
            sa.event.listen(engine, "connect", wait_for_no_disk)
        return engine

    def note_use(self, *_: object) -> None:
        self.is_used = True

    def close(self) -> None:
        """Delete the last database."""
        if self.url:
            self.engine_for(self.url).dispose()
            self.copies.drop(self.url)
        self.url, self.is_used = "", False


def wait_for_no_disk(connection: DBAPIConnection, _: object) -> None:
    """Let SQLite commit into memory: no test's file survives a power cut."""
    connection.execute("PRAGMA synchronous = OFF")


@contextmanager
def bound(engine: sa.Engine) -> Iterator[None]:
    """Let chapter 7's sessions use an engine for as long as this lasts."""
    before = ch07.Session.kw["bind"]
    ch07.Session.configure(bind=engine)
    try:
        yield
    finally:
        ch07.Session.configure(bind=before)


@contextmanager
def small_pool(
    engine: sa.Engine, size: int, timeout: float = 60
) -> Iterator[sa.Engine]:
    """Bind chapter 7 to a pool of few connections to an engine's database.

    A request for one more fails after `timeout` seconds.
    """
    small = sa.create_engine(
        engine.url, pool_size=size, max_overflow=0, pool_timeout=timeout
    )
    with bound(small):
        yield small
    small.dispose()


@contextmanager
def engine_of(url: str) -> Iterator[sa.Engine]:
    """Open chapter 7's engine, and close its connections afterwards."""
    engine = ch07.connect(url)
    try:
        yield engine
    finally:
        engine.dispose()


def fill(url: str) -> None:
    """Create the tables of all chapters, with chapter 3's users in them."""
    cheap = patch.dict(ch03.users, cheap_users(), clear=True)
    with cheap, engine_of(url) as engine, bound(engine):
        ch07.migrate("head")
        ch07.move_users()
