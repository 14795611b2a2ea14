"""A plugin of pytest: the assembled service in the place of chapter 13's app.

`python -m pytest -p tests.support.as_service -k ch13 …` runs what the suites
demand of chapter 13 against `snippets/service/`. Its database, its keys and
its counters are those of the chapters, which the tests know.
"""

import os
from collections.abc import Iterator
from unittest.mock import patch

import pytest
from pydantic import SecretStr

from snippets import ch07_database as ch07
from snippets import ch09_keys_and_claims as ch09
from snippets import ch12_browser_clients as ch12
from snippets import ch13_ship_it as ch13

KEY = SecretStr("a key for tests, which signs no token")
os.environ |= {
    "SECRET_KEYS": KEY.get_secret_value().replace(" ", "-"),
    "ISSUER": ch09.ours.name,
    "AUDIENCE": ch09.AUDIENCE,
    "HOSTS": "testserver course.example 127.0.0.1 localhost",
    "PAGE_ORIGINS": " ".join(ch12.PAGE_ORIGINS),
    "PASSWORD_GRANT": "on",
    "DOCS": "on",
}

from snippets.service import models  # noqa: E402

models.Session = ch07.Session  # before the others import it

from snippets.service import codes, main, passwords, tokens  # noqa: E402

tokens.ours.keys[:] = ch09.ours.keys  # type: ignore[assignment]
partner = ch09.partner.name  # whom the service trusts as well, for its tests
tokens.TRUSTED[partner] = ch09.TRUSTED[partner]  # type: ignore[assignment]
codes.CLIENTS.update(ch12.CLIENTS)  # type: ignore[arg-type]
ch13.app = main.app


@pytest.fixture(autouse=True)
def cheap_service(database: object) -> Iterator[None]:
    """Hash at the least cost in the service as well."""
    with (
        patch.object(passwords, "argon2", ch07.argon2),
        patch.object(passwords, "ARGON2_DUMMY_HASH", ch07.ARGON2_DUMMY_HASH),
    ):
        yield
