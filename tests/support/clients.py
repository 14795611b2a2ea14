"""HTTP clients of an app in this process, and what they send."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import jwt
from fastapi import FastAPI

from tests.support.forgeries import FAR_FUTURE

Form = dict[str, str]
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


def login(username: str = "johndoe", password: str = "secret") -> Form:
    """Fill in the form of a password grant (RFC 6749 §4.3.2)."""
    return {
        "grant_type": "password",
        "username": username,
        "password": password,
    }


def scopes_of(app: FastAPI) -> str:
    """List the scopes in an app's OpenAPI document: `"items me"`."""
    components = app.openapi().get("components", {})
    return " ".join(
        sorted(
            scope
            for scheme in components.get("securitySchemes", {}).values()
            for flow in scheme.get("flows", {}).values()
            for scope in flow.get("scopes", {})
        )
    )


def issues_tokens(app: FastAPI) -> bool:
    """Whether an app has a token endpoint; chapter 3's has none."""
    return "/token" in app.openapi()["paths"]


async def good_claims(app: FastAPI) -> dict[str, Any]:
    """Return the claims of johndoe's token with all scopes, good until 2100.

    An app without a token endpoint accepts `{"sub": "johndoe"}`.
    """
    if not issues_tokens(app):
        return {"sub": "johndoe", "exp": FAR_FUTURE}
    async with open_client(app) as client:
        form = {**login(), "scope": scopes_of(app)}
        response = await client.post("/token", data=form)
    token = response.json()["access_token"]
    claims = jwt.decode(token, options={"verify_signature": False})
    return {**claims, "exp": FAR_FUTURE}
