"""The server: an app over real TCP on this machine, its API docs offline."""

import atexit
import socket
import threading
import time
from typing import Self

import uvicorn
from fastapi import FastAPI
from fastapi.openapi.docs import get_swagger_ui_html
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LOOPBACK = "127.0.0.1"
ASSETS = "/offline-docs/"


def with_offline_docs(app: FastAPI) -> ASGIApp:
    """Put API docs that load nothing from outside in front of an app.

    The app itself stays as it is; all but its docs pages reach it untouched,
    lifespan and WebSockets included. ReDoc is not served: its page loads a
    logo from the network.
    """
    docs_url, openapi_url = app.docs_url, app.openapi_url
    if docs_url is None or openapi_url is None:
        return app

    async def read_docs(request: Request) -> HTMLResponse:
        """Return the Swagger UI page."""
        return get_swagger_ui_html(
            openapi_url=openapi_url,
            title=app.title,
            swagger_js_url=f"{ASSETS}swagger-ui-bundle.js",
            swagger_css_url=f"{ASSETS}swagger-ui.css",
            swagger_favicon_url=f"{ASSETS}favicon.png",
            init_oauth=app.swagger_ui_init_oauth,
            swagger_ui_parameters={
                **(app.swagger_ui_parameters or {}),
                "validatorUrl": None,
            },
        )

    assets = StaticFiles(packages=[("fastapi_offline", "static")])
    pages = Starlette(
        routes=[Route(docs_url, read_docs), Mount(ASSETS, assets)]
    )

    async def offline(scope: Scope, receive: Receive, send: Send) -> None:
        """Answer for the docs pages; forward everything else."""
        path = scope.get("path", "")
        ours = path in (docs_url, app.redoc_url) or path.startswith(ASSETS)
        handler = pages if ours and scope["type"] == "http" else app
        await handler(scope, receive, send)

    return offline


def bind(port: int = 0) -> socket.socket:
    """Take a port of this machine, 0 for any free one, and hold it.

    Raises:
        OSError: the port is taken, or not allowed.
    """
    # create_server would leave its socket open over such a number.
    if port not in range(65536):
        raise OSError(f"there is no port {port}")
    return socket.create_server((LOOPBACK, port))


def url_of(listener: socket.socket) -> str:
    """Write where a listening socket is reached: `http://127.0.0.1:49321`."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


class Server:
    """An app that is served by a thread of this process until stopped.

        with Server(app) as server:
            httpx.get(f"{server.url}/users/me/")

    Raises:
        OSError: the port is taken, or not allowed.
        RuntimeError: the app did not start; its failure is the `__cause__`.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        """Start; what is returned answers requests."""
        self._app = app
        self._failure: BaseException | None = None
        self._listener = bind(port)
        self.url = url_of(self._listener)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._watch_startup,
                interface="asgi3",  # a bound method passes for ASGI 2
                lifespan="on",
                log_config=None,
                log_level="warning",
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()
        atexit.register(self.stop)
        self._wait_until_started()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def __repr__(self) -> str:
        return f"Server at {self.url}"

    def stop(self) -> None:
        """Stop and free the port; a second time nothing happens."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        atexit.unregister(self.stop)

    def _run(self) -> None:
        """Serve until told to stop."""
        with self._listener:
            self._server.run(sockets=[self._listener])

    def _wait_until_started(self) -> None:
        """Return when the app answers, or raise what kept it from it."""
        while self._thread.is_alive() and not self._server.started:
            time.sleep(0.002)
        if self._failure or not self._server.started:
            self.stop()
            raise RuntimeError(
                f"the app did not start: {self._failure!r}"
            ) from self._failure

    async def _watch_startup(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        """Forward to the app, and keep a failed startup for the caller.

        uvicorn would log it to stderr and forget it.
        """
        if scope["type"] != "lifespan":
            return await self._app(scope, receive, send)
        started = False

        async def relay(message: Message) -> None:
            """Forward what the app says, but not that its startup failed."""
            nonlocal started
            if message["type"] == "lifespan.startup.failed":
                self._failure = RuntimeError(message.get("message"))
            else:
                started = True
                await send(message)

        try:
            await self._app(scope, receive, relay)
        except BaseException as failure:
            if started:
                raise
            self._failure = failure


def serve(app: FastAPI, port: int = 0) -> Server:
    """Serve an app and its offline API docs on this machine.

    Raises:
        OSError, RuntimeError: see `Server`.
    """
    return Server(with_offline_docs(app), port)
