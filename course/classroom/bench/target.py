"""What the attack bench attacks: an app in this process or on this machine.

Nothing here ever calls another machine.
"""

from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import httpx
from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

LOOPBACK = ("127.0.0.1", "localhost", "::1")
IN_PROCESS = "http://testserver"
BEARER_TYPES = ("oauth2", "openIdConnect")
Json = dict[str, Any]


def ensure_loopback(url: str) -> None:
    """Return if a URL names this machine.

    Raises:
        ValueError: it names another one, or none.
    """
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or parts.hostname not in LOOPBACK:
        raise ValueError(
            f"{url!r} is not on this machine. The bench attacks an app that "
            "you pass to it, or one at http://127.0.0.1 or "
            "http://localhost, and nothing else: attack only what is yours."
        )


@asynccontextmanager
async def open_client(app: FastAPI | str) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client of an app, or of a URL on this machine.

    The app is started and stopped as a server would do it (its lifespan runs);
    its crashes arrive as responses with status 500. Redirects are not
    followed, and no proxy is used.

    Raises:
        ValueError: the URL names another machine.
    """
    async with AsyncExitStack() as stack:
        if isinstance(app, str):
            ensure_loopback(app)
            client = httpx.AsyncClient(
                base_url=app, trust_env=False, timeout=30
            )
        else:
            context = app.router.lifespan_context(app)
            state = await stack.enter_async_context(context) or {}

            async def started(
                scope: Scope, receive: Receive, send: Send
            ) -> None:
                """Pass the state of the app's lifespan on, as servers do."""
                await app({**scope, "state": dict(state)}, receive, send)

            client = httpx.AsyncClient(
                transport=httpx.ASGITransport(
                    started, raise_app_exceptions=False
                ),
                base_url=IN_PROCESS,
            )
        yield await stack.enter_async_context(client)


async def read_openapi(app: FastAPI | str, client: httpx.AsyncClient) -> Json:
    """Return the app's OpenAPI document, or an empty one.

    Raises:
        httpx.TransportError: nothing answers at the URL.
    """
    if not isinstance(app, str):
        return app.openapi()
    return object_in(await client.get("/openapi.json"))


async def send(
    client: httpx.AsyncClient, method: str, url: str, **more: object
) -> httpx.Response:
    """Send a request; a connection that breaks is a crash, status 500.

    No cookie is sent: a session that a login has started would open what the
    token does not.
    """
    client.cookies.clear()
    try:
        return await client.request(method, url, **more)  # type: ignore[arg-type]
    except httpx.TransportError:
        return httpx.Response(500)


async def read_json(client: httpx.AsyncClient, path: str) -> Json:
    """Return the JSON object at a path, or an empty one."""
    response = await send(client, "GET", path)
    return object_in(response) if response.is_success else {}


def object_in(response: httpx.Response) -> Json:
    """Return the JSON object in a response, or an empty one."""
    try:
        body = response.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


@dataclass(frozen=True)
class Places:
    """Where an app takes passwords and tokens, by its OpenAPI document.

    Attributes:
        title: the app's name.
        paths: the guarded GET paths that need no parameter.
        token_url: the path of the login, or None.
        scopes: all scopes that a login can ask for.
    """

    title: str
    paths: list[str] = field(default_factory=list)
    token_url: str | None = None
    scopes: str = ""


def find_places(document: Json) -> Places:
    """Find the bearer schemes in an OpenAPI document, and what they guard."""
    schemes = {
        name: scheme
        for name, scheme in document.get("components", {})
        .get("securitySchemes", {})
        .items()
        if is_bearer(scheme)
    }
    flows = [
        flow
        for scheme in schemes.values()
        for kind, flow in scheme.get("flows", {}).items()
        if kind == "password"
    ]
    paths = [
        path
        for path, operations in document.get("paths", {}).items()
        if "{" not in path and is_guarded(operations.get("get", {}), schemes)
    ]
    url = flows[0].get("tokenUrl", "") if flows else None
    return Places(
        title=document.get("info", {}).get("title", "an app"),
        paths=paths,
        token_url=None if url is None else urlsplit(urljoin("/", url)).path,
        scopes=" ".join(sorted(flows[0].get("scopes", {}))) if flows else "",
    )


def is_bearer(scheme: Json) -> bool:
    """Whether a security scheme sends a bearer token."""
    is_http = scheme.get("type") == "http"
    named = str(scheme.get("scheme")).lower() == "bearer"
    return scheme.get("type") in BEARER_TYPES or (is_http and named)


def is_guarded(operation: Json, schemes: Mapping[str, Json]) -> bool:
    """Whether an operation asks for one of some security schemes.

    A parameter that the bench would have to fill in rules it out.
    """
    needed = {
        name for choice in operation.get("security", ()) for name in choice
    }
    fills = [p for p in operation.get("parameters", ()) if p.get("required")]
    return bool(needed & schemes.keys()) and not fills
