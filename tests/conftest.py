"""What a test may ask for: users, a client, a browser, a report."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING
from unittest.mock import patch

import pytest

from snippets import (
    ch02_password_hashing,
    ch03_dependency_wiring,
    ch04_token_endpoint,
)
from tests.support.clients import ClientOf, open_client
from tests.support.report import Report, print_measured

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A process that keeps one core busy until the one that started it ends.
SPIN = "import os\nparent = os.getppid()\nwhile os.getppid() == parent: pass"
# The hashes of the chapters at cost 4 instead of 12: 1 ms and not 0.2 s.
CHEAP_HASHES = {
    "johndoe": "$2b$04$fbprJ/MA5/ic5TeH3PgokOufD/IDx4Z.ks0Am3IOMd5cqUulX3IfS",
    "alice": "$2b$04$YpYWL62dhxTrvF1A8mHTgOxhxb3Lm4DSaB.X9mHi2ZrzhdtgwXKwW",
}
CHEAP_DUMMY_HASH = (
    "$2b$04$nump7EaCFgWMxP6GSdjv7eyfm1ur3kIAkC.ddOfUkE6XcnMthkoB2"
)


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, the loop of JupyterLab and uvicorn."""
    return "asyncio"


@pytest.fixture(autouse=True)
def users() -> Iterator[dict[str, ch03_dependency_wiring.UserInDB]]:
    """Give a test its own copy of the users; hashes old and new at cost 4."""
    own = {
        name: user.model_copy(update={"hashed_password": CHEAP_HASHES[name]})
        for name, user in ch03_dependency_wiring.users.items()
    }
    cheap = ch02_password_hashing.pwd_context.copy(bcrypt__rounds=4)
    with (
        patch.object(ch02_password_hashing, "pwd_context", cheap),
        patch.dict(ch03_dependency_wiring.users, own, clear=True),
        patch.object(ch04_token_endpoint, "DUMMY_HASH", CHEAP_DUMMY_HASH),
    ):
        yield ch03_dependency_wiring.users


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
