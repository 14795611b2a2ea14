"""Serve an app over TCP on this machine, with API docs that work offline."""

import atexit
import os
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
    """Put Swagger UI, loaded from this machine, in front of an app.

    The app is not changed; all requests but those for its docs pages reach
    it as they are, lifespan and WebSockets included. A prefix that a proxy
    removes, `root_path`, is written before the page's addresses, as FastAPI
    does. ReDoc gets a 404: its page loads a logo from the network.
    """
    docs_url, openapi_url = app.docs_url, app.openapi_url
    if docs_url is None or openapi_url is None:
        return app
    redirect_url = app.swagger_ui_oauth2_redirect_url

    async def read_docs(request: Request) -> HTMLResponse:
        """Return the Swagger UI page."""
        root = request.scope["docs_prefix"]
        return get_swagger_ui_html(
            openapi_url=f"{root}{openapi_url}",
            title=app.title,
            swagger_js_url=f"{root}{ASSETS}swagger-ui-bundle.js",
            swagger_css_url=f"{root}{ASSETS}swagger-ui.css",
            swagger_favicon_url=f"{root}{ASSETS}favicon.png",
            oauth2_redirect_url=redirect_url and f"{root}{redirect_url}",
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
        """Answer requests for the docs pages; forward all others."""
        root = (app.root_path or scope.get("root_path", "")).rstrip("/")
        # A server that knows the prefix leaves it in the path.
        path = scope.get("path", "").removeprefix(root)
        is_docs = path in (docs_url, app.redoc_url) or path.startswith(ASSETS)
        if scope["type"] == "http" and is_docs:
            bare = {"path": path, "root_path": "", "docs_prefix": root}
            await pages({**scope, **bare}, receive, send)
        else:
            await app(scope, receive, send)

    return offline


def bind(port: int = 0) -> socket.socket:
    """Listen on a port of this machine; 0 stands for any free port.

    The socket names its protocol, as asyncio requires to switch Nagle's
    algorithm off. Otherwise each answer waits for an acknowledgement, 40 ms.

    Raises:
        OSError: the port is taken, or not allowed.
    """
    # For such a number, create_server fails and leaves its socket open.
    if port not in range(65536):
        raise OSError(f"there is no port {port}")
    listener = socket.create_server((LOOPBACK, port))
    kind = listener.family, listener.type, socket.IPPROTO_TCP
    return socket.socket(*kind, fileno=listener.detach())


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket: `http://127.0.0.1:49321`."""
    host, port = listener.getsockname()
    return f"http://{host}:{port}"


def bypass_proxies() -> None:
    """Let no HTTP client of this process use a proxy, from now on.

    httpx and requests read `HTTP_PROXY`, `ALL_PROXY` and the system's
    settings. They would send what is meant for this machine, passwords
    included, to the proxy of the learner's office. `*` switches that off;
    "127.0.0.1" would not, for a proxy that httpx cannot speak to.
    """
    os.environ["no_proxy"] = os.environ["NO_PROXY"] = "*"


class Server:
    """An app that a thread of this process serves until it is stopped.

        with Server(app) as server:
            httpx.get(f"{server.url}/users/me/")

    The constructor has side effects: it listens on a port, starts a daemon
    thread, registers `stop` to run when Python ends, and switches proxies off
    for the whole process. It returns when the app answers requests.

    Raises:
        OSError: the port is taken, or not allowed.
        RuntimeError: the app did not start; its failure is the `__cause__`.
    """

    def __init__(self, app: ASGIApp, port: int = 0) -> None:
        self._app = app
        self._failure: BaseException | None = None
        bypass_proxies()
        self._listener = bind(port)
        self.url = url_of(self._listener)
        self._server = uvicorn.Server(
            uvicorn.Config(
                self._watch_startup,
                interface="asgi3",  # uvicorn would take a method for ASGI 2
                lifespan="on",
                log_config=None,
                log_level="warning",
                timeout_graceful_shutdown=1,
            )
        )
        self._thread = threading.Thread(
            target=self._run, name=repr(self), daemon=True
        )
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
        """Stop serving and free the port. May be called twice."""
        self._server.should_exit = True
        self._thread.join(timeout=10)
        atexit.unregister(self.stop)

    def _run(self) -> None:
        """Serve until `should_exit` is set; runs in the thread."""
        with self._listener:
            self._server.run(sockets=[self._listener])

    def _wait_until_started(self) -> None:
        """Return when the app has started.

        Raises:
            RuntimeError: the app did not start.
        """
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
        """Call the app, and keep the exception of a failed startup.

        uvicorn would only log the exception to stderr.
        """
        if scope["type"] != "lifespan":
            return await self._app(scope, receive, send)
        started = False

        async def relay(message: Message) -> None:
            """Forward the app's messages, but not that its startup failed."""
            nonlocal started
            if message["type"] == "lifespan.startup.failed":
                self._failure = RuntimeError(message.get("message"))
            else:
                started = True
                await send(message)

        try:
            await self._app(scope, receive, relay)
        except BaseException as failure:  # SystemExit, too, is for the caller
            if started:
                raise
            self._failure = failure


def serve(app: FastAPI, port: int = 0) -> Server:
    """Serve an app, and its API docs without network, on this machine.

    Raises:
        OSError, RuntimeError: see `Server`.
    """
    return Server(with_offline_docs(app), port)
