"""What a test may ask for: users, a client, a browser, a report."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from snippets import (
    ch02_password_hashing,
    ch03_dependency_wiring,
    ch04_token_endpoint,
)
from tests.support import cheap_hashes
from tests.support.clients import ClientOf, open_client
from tests.support.report import Report, print_measured

if TYPE_CHECKING:
    import sqlalchemy as sa
    from playwright.sync_api import Browser

    from tests.support.databases import Lender
    from tests.support.redis_server import Redis

# A process that keeps one core busy until the one that started it ends.
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop of JupyterLab and uvicorn."""
    return "asyncio"


@pytest.fixture(autouse=True)
def users() -> Iterator[dict[str, ch03_dependency_wiring.UserInDB]]:
    """Give a test its own copy of the users; hashes old and new at cost 4."""
    cheap = ch02_password_hashing.pwd_context.copy(bcrypt__rounds=4)
    dummy = cheap_hashes.DUMMY_HASH
    own = cheap_hashes.cheap_users()
    with (
        patch.object(ch02_password_hashing, "pwd_context", cheap),
        patch.dict(ch03_dependency_wiring.users, own, clear=True),
        patch.object(ch04_token_endpoint, "DUMMY_HASH", dummy),
    ):
        yield ch03_dependency_wiring.users


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator["Lender"]:
    """Databases in files of SQLite, with chapter 3's users in them."""
    from tests.support.databases import Lender, SQLiteCopies

    with closing(Lender(SQLiteCopies(tmp_path_factory.mktemp("db")))) as files:
        yield files


@pytest.fixture(scope="session")
def postgresql() -> Iterator["Lender"]:
    """Databases of a PostgreSQL server; CI fails where there is none."""
    from tests.support.databases import Lender
    from tests.support.postgresql import PostgreSQL, find_postgresql

    programs = find_postgresql()
    if programs is None:
        reason = "install PostgreSQL, such as: apt install postgresql"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with PostgreSQL(programs) as server, closing(Lender(server)) as databases:
        yield databases


@pytest.fixture(scope="session")
def redis() -> Iterator["Redis"]:
    """A Redis server of the tests' own; CI fails where there is none."""
    from tests.support.redis_server import Redis, find_redis

    program = find_redis()
    if program is None:
        reason = "install Redis or Valkey, such as: apt install redis-server"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with Redis(program) as server:
        yield server


@pytest.fixture(autouse=True)
def database(
    request: pytest.FixtureRequest,
    users: dict[str, ch03_dependency_wiring.UserInDB],
) -> Iterator["sa.Engine | None"]:
    """Give a test its own database, if chapter 7 has been imported.

    It has chapter 3's users. `parametrize` with `indirect=True` chooses where
    it is: `"sqlite"` or `"postgresql"`. New hashes have the least cost.
    """
    ch07 = sys.modules.get("snippets.ch07_database")
    if ch07 is None:
        yield None
        return
    lender: Lender = request.getfixturevalue(
        getattr(request, "param", "sqlite")
    )
    dummy = cheap_hashes.ARGON2_DUMMY_HASH
    with (
        patch.object(ch07, "argon2", cheap_hashes.argon2),
        patch.object(ch07, "ARGON2_DUMMY_HASH", dummy),
        lender.lend() as engine,
    ):
        yield engine


@pytest.fixture(autouse=True)
def rate_limits() -> Iterator[None]:
    """Let a test log in as often as it likes, if chapter 11 was imported.

    Its own tests have a fixture of the same name, with its real limits.
    """
    if "snippets.ch11_under_load" not in sys.modules:
        yield
        return
    from tests.support.rate_limits import no_limits

    with no_limits():
        yield


@pytest.fixture
def client_of() -> ClientOf:
    """Open a client of an app: `async with client_of(app) as client:`."""
    return open_client


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> None:
    print_measured(terminalreporter)


@pytest.fixture
def busy_cores() -> Iterator[None]:
    """Keep all cores busy with other processes."""
    with ExitStack() as stack:
        for _ in range(os.cpu_count() or 1):
            spinning = stack.enter_context(
                subprocess.Popen([sys.executable, "-c", SPIN])
            )
            stack.callback(spinning.kill)
        yield


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Where a test writes down what it measured."""
    return Report(request.node.user_properties)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; where it is missing, CI fails and a person is told."""
    # Imported here: the quick tier need not wait for it.
    from playwright.sync_api import sync_playwright

    from tests.support.chromium import find_chromium, launch

    if find_chromium() is None:
        reason = "install Chromium or Chrome, such as: apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
