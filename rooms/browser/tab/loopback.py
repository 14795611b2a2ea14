"""A server and its clients inside one tab, which has no sockets."""

import io
import itertools
from typing import Any, Self

import httpx
import requests
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from starlette.types import ASGIApp

from rooms.browser.tab import event_loop

HOST = "127.0.0.1"
REFUSED = "All connection attempts failed"
PORTS = itertools.count(49152)  # where a system's own choice begins
APPS: dict[tuple[str, int | None], ASGIApp] = {}


class Server:
    """An app that clients in this tab reach at `url` until it is stopped.

    In place of `course.classroom.server.Server`. It sends no lifespan
    events: the apps that notebooks serve in a tab have none.

    Raises:
        OSError: the port is taken.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._at = (HOST, port or next(PORTS))
        if self._at in APPS:
            raise OSError(f"the port {port} is taken")
        APPS[self._at] = app
        self.url = f"http://{HOST}:{self._at[1]}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Server at {self.url}"

    def stop(self) -> None:
        """Stop serving and free the port. May be called twice."""
        APPS.pop(self._at, None)


async def answer(_: object, request: httpx.Request) -> httpx.Response:
    """In place of httpx's way over TCP: hand the request to the app.

    Raises:
        httpx.ConnectError: no app is served at that address.
    """
    app = APPS.get((request.url.host, request.url.port))
    if app is None:
        raise httpx.ConnectError(REFUSED, request=request)
    transport = httpx.ASGITransport(app=app)
    return await transport.handle_async_request(request)


def answer_at_once(_: object, request: httpx.Request) -> httpx.Response:
    """In place of httpx's way over TCP for `httpx.Client` and `httpx.get`.

    Raises:
        httpx.ConnectError: no app is served at that address.
    """

    async def read() -> httpx.Response:
        response = await answer(None, request)
        content = await response.aread()
        return httpx.Response(
            response.status_code, headers=response.headers, content=content
        )

    return event_loop.run(read())


def send(
    _: object, request: requests.PreparedRequest, **__: object
) -> requests.Response:
    """In place of the way over TCP of requests, and of clients built on it.

    Raises:
        requests.ConnectionError: no app is served at that address.
    """
    url = str(request.url)
    body: Any = request.body or b""
    headers = {"Accept-Encoding": "identity"}
    headers |= {name: str(value) for name, value in request.headers.items()}
    asked = httpx.Request(
        str(request.method), url, headers=headers, content=body
    )
    try:
        answered = answer_at_once(None, asked)
    except httpx.ConnectError as error:
        raise requests.ConnectionError(REFUSED, request=request) from error
    response = requests.Response()
    response.status_code = answered.status_code
    response.reason = answered.reason_phrase
    response.url, response.request = url, request
    response.headers = CaseInsensitiveDict(answered.headers.items())
    response.encoding = get_encoding_from_headers(response.headers)
    response.raw = io.BytesIO(answered.content)
    return response
