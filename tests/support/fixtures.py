"""What a test may ask for: a client, and users whose hashes are cheap."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from unittest.mock import patch

import httpx
import pytest
from fastapi import FastAPI

from snippets import ch03_dependency_wiring, ch04_token_endpoint

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
    """Give a test its own copy of the users, their hashes at cost 4."""
    own = {
        name: user.model_copy(update={"hashed_password": CHEAP_HASHES[name]})
        for name, user in ch03_dependency_wiring.users.items()
    }
    with (
        patch.dict(ch03_dependency_wiring.users, own, clear=True),
        patch.object(ch04_token_endpoint, "DUMMY_HASH", CHEAP_DUMMY_HASH),
    ):
        yield ch03_dependency_wiring.users


Client = AbstractAsyncContextManager[httpx.AsyncClient]


@pytest.fixture
def client_of() -> Callable[[FastAPI], Client]:
    """Open a client of an app: `async with client_of(app) as client:`."""

    @asynccontextmanager
    async def open_client(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
        async with httpx.AsyncClient(
            transport=httpx.ASGITransport(app=app),
            base_url="http://testserver",
        ) as client:
            yield client

    return open_client
