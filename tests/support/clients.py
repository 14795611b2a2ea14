"""HTTP clients of an app in this process, and what they send."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import httpx
from fastapi import FastAPI

Client = AbstractAsyncContextManager[httpx.AsyncClient]
ClientOf = Callable[[FastAPI], Client]


@asynccontextmanager
async def open_client(
    app: FastAPI, *, raise_app_exceptions: bool = True
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of an app, reached at `http://testserver`.

    With `raise_app_exceptions=False` a crash arrives as over a network: as a
    response with status 500.
    """
    transport = httpx.ASGITransport(
        app, raise_app_exceptions=raise_app_exceptions
    )
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver"
    ) as client:
        yield client


def bearer(token: str) -> dict[str, str]:
    """Build the header that carries a bearer token (RFC 6750 §2.1)."""
    return {"Authorization": f"Bearer {token}"}
