"""A service for tests: its own database and keys, and a client."""

import os
import secrets
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from tempfile import mkdtemp

import httpx
import pytest

# The settings are read when the service is imported, so these come first.
FOLDER = Path(mkdtemp(prefix="service-"))
os.environ |= {
    "SECRET_KEYS": secrets.token_urlsafe(32),
    "ISSUER": "https://login.example",
    "AUDIENCE": "https://api.example",
    "HOSTS": "testserver",
    "DATABASE_URL": f"sqlite:///{FOLDER / 'users.db'}",
    "LIMITS_URL": "memory://",
    "PASSWORD_GRANT": "on",
    "DOCS": "off",
    "CLIENTS": '{"shop": ["A shop", ["https://shop.example/callback"]]}',
}

from ..database import migrate  # noqa: E402
from ..limits import strategy  # noqa: E402
from ..main import app, lifespan  # noqa: E402

PASSWORD = "a password for tests alone"


@pytest.fixture(scope="session")
def tables() -> None:
    """Create the tables once."""
    migrate()


@pytest.fixture
def anyio_backend() -> str:
    """Run async tests on asyncio, as uvicorn does."""
    return "asyncio"


@pytest.fixture
async def client(tables: None) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of the running app; nobody has logged in before."""
    strategy.storage.reset()
    transport = httpx.ASGITransport(app)
    async with (
        lifespan(app),
        httpx.AsyncClient(
            transport=transport, base_url="https://testserver"
        ) as opened,
    ):
        yield opened


Bearer = dict[str, str]
LogIn = Callable[..., Awaitable[Bearer]]


@pytest.fixture
def log_in(client: httpx.AsyncClient) -> LogIn:
    """Log a new user in, with scopes; return the header of the token."""

    async def new_user(scope: str = "me items") -> Bearer:
        username = f"user-{secrets.token_hex(4)}"
        new = {"username": username, "password": PASSWORD}
        (await client.post("/users/", json=new)).raise_for_status()
        form = {"grant_type": "password", "scope": scope, **new}
        answer = await client.post("/token", data=form)
        token = answer.raise_for_status().json()["access_token"]
        return {"Authorization": f"Bearer {token}"}

    return new_user
