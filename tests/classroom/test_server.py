"""Apps are served over real TCP, with API docs that need no network."""

import asyncio
import copy
import gc
import re
import socket
import subprocess
import sys
import threading
import urllib.error
import urllib.request
import weakref
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any

import httpx
import pytest
import requests
import uvicorn
from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from course.chapters import ROOT
from course.classroom import server as server_module
from course.classroom.server import (
    Server,
    bind,
    serve,
    with_offline_docs,
)
from snippets.ch03_dependency_wiring import app as ch03
from snippets.ch04_token_endpoint import app as ch04

pytestmark = pytest.mark.integration

Client = Callable[[ASGIApp], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="module")
def served() -> Iterator[Server]:
    """Serve chapter 4."""
    with serve(ch04) as server:
        yield server


def address(server: Server) -> tuple[str, int]:
    url = httpx.URL(server.url)
    assert url.port is not None
    return url.host, url.port


def failing(
    failure: BaseException, when: str = "startup"
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    """Make a lifespan that fails when the app starts, or when it stops."""

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        if when == "startup":
            raise failure
        yield
        raise failure

    return lifespan


class Recorder(FastAPI):
    """An app that notes what it is asked, and answers nothing."""

    def __init__(self) -> None:
        super().__init__()
        self.scopes: list[Scope] = []

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        self.scopes.append(scope)


@pytest.mark.anyio
async def test_docs_load_nothing_from_outside(client_of: Client) -> None:
    async with client_of(with_offline_docs(ch04)) as client:
        page = await client.get("/docs")
        assert page.status_code == 200
        loaded = re.findall(
            r"""(?:src|href|url)\s*[=:]\s*["'](.*?)["']""", page.text
        )
        assert len(loaded) == 4
        for url in loaded:
            assert url.startswith("/")
            assert not url.startswith("//")
            assert (await client.get(url)).status_code == 200
    assert "//" not in re.sub(r"<!-- .*? -->", "", page.text)
    assert '"validatorUrl": null' in page.text


@pytest.mark.anyio
async def test_authorize_finds_the_token_endpoint(client_of: Client) -> None:
    async with client_of(with_offline_docs(ch04)) as client:
        schema = (await client.get("/openapi.json")).json()
        scheme = schema["components"]["securitySchemes"]
        flow = scheme["OAuth2PasswordBearer"]["flows"]["password"]
        token_url = httpx.URL("http://testserver/").join(flow["tokenUrl"])
        assert "servers" not in schema
        form = {"username": "johndoe", "password": "secret"}
        assert (await client.post(token_url, data=form)).status_code == 200


@pytest.mark.anyio
async def test_redoc_is_gone_because_it_loads_a_logo(
    client_of: Client,
) -> None:
    async with client_of(with_offline_docs(ch04)) as client:
        assert (await client.get("/redoc")).status_code == 404
        answer = await client.get("/offline-docs/no-such-file")
        assert answer.status_code == 404


@pytest.mark.anyio
async def test_app_itself_is_unchanged(client_of: Client) -> None:
    routes, schema = list(ch04.routes), copy.deepcopy(ch04.openapi())
    async with client_of(with_offline_docs(ch04)) as client:
        await client.get("/docs")
    assert ch04.routes == routes
    assert ch04.openapi() == schema
    async with client_of(ch04) as client:
        assert "cdn.jsdelivr.net" in (await client.get("/docs")).text
        assert (await client.get("/redoc")).status_code == 200


@pytest.mark.anyio
async def test_docs_keep_the_settings_of_the_app(
    client_of: Client,
) -> None:
    app = FastAPI(
        title="A title",
        docs_url="/api",
        openapi_url="/schema",
        swagger_ui_parameters={"docExpansion": "none"},
        swagger_ui_init_oauth={"clientId": "a-client"},
    )
    async with client_of(with_offline_docs(app)) as client:
        page = (await client.get("/api")).text
        assert (await client.get("/docs")).status_code == 404
    for setting in ("A title", "'/schema'", '"none"', '"a-client"'):
        assert setting in page


@pytest.mark.parametrize("setting", ["docs_url", "openapi_url"])
def test_app_without_docs_gets_none(setting: str) -> None:
    settings: dict[str, Any] = {setting: None}
    app = FastAPI(**settings)
    assert with_offline_docs(app) is app


def test_everything_but_the_docs_reaches_the_app_unchanged() -> None:
    app = Recorder()
    scopes: list[Scope] = [
        {"type": "lifespan"},
        {"type": "websocket", "path": "/docs"},
        {"type": "http", "path": "/docs/more"},
        {"type": "http", "path": "/offline-docs"},
    ]

    async def forward() -> None:
        for scope in scopes:
            await with_offline_docs(app)(scope, nothing, nothing)

    asyncio.run(forward())
    assert [id(scope) for scope in app.scopes] == list(map(id, scopes))


@pytest.mark.parametrize("in_path", [True, False])
@pytest.mark.parametrize("setting", ["server", "app"])
@pytest.mark.anyio
async def test_docs_behind_a_prefix_load_from_the_prefix(
    setting: str, in_path: bool
) -> None:
    """Some proxies remove the prefix from the path, some servers keep it."""
    app = FastAPI()
    app.root_path = "/api" if setting == "app" else ""
    transport = httpx.ASGITransport(
        app=with_offline_docs(app),
        root_path="/api" if setting == "server" else "",
    )
    sent = "/api" if in_path else ""
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver"
    ) as client:
        page = await client.get(f"{sent}/docs")
        loaded = re.findall(
            r"""(?:src|href|url)\s*[=:]\s*["'](.*?)["']""", page.text
        )
        assert len(loaded) == 4
        for url in loaded:
            assert url.startswith("/api/")
            path = sent + url.removeprefix("/api")
            assert (await client.get(path)).status_code == 200
    assert "'/api/docs/oauth2-redirect'" in page.text


async def nothing(*_: object) -> Any:
    """Stand in for `receive` and `send`, which are not used."""


def test_served_app_answers_at_its_url_at_once(served: Server) -> None:
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", served.url)
    assert repr(served) == f"Server at {served.url}"
    assert httpx.get(f"{served.url}/users/me/").status_code == 401
    assert "offline-docs" in httpx.get(f"{served.url}/docs").text


@pytest.mark.parametrize("proxy", ["http://127.0.0.1:9", "socks5://x:9"])
def test_no_proxy_gets_what_is_sent_to_a_server(
    proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.setenv(name, "localhost")
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, proxy)
    with serve(ch04) as server:
        url = f"{server.url}/users/me/"
        assert httpx.get(url).status_code == 401
        assert requests.get(url, timeout=5).status_code == 401
        with pytest.raises(urllib.error.HTTPError, match="401"):
            urllib.request.urlopen(url, timeout=5)


def test_only_this_machine_can_ask(served: Server) -> None:
    assert address(served)[0] == "127.0.0.1"
    with bind() as listener:
        assert listener.getsockname()[0] == "127.0.0.1"


def test_answer_waits_for_no_acknowledgement() -> None:
    """asyncio switches Nagle's algorithm off where it sees TCP named."""
    with bind() as listener, socket.create_connection(listener.getsockname()):
        connection, _ = listener.accept()
        with connection:
            assert connection.proto == socket.IPPROTO_TCP


def test_two_are_served_side_by_side(served: Server) -> None:
    with serve(ch03) as other:
        assert other.url != served.url
        assert httpx.post(f"{other.url}/token").status_code == 404
        assert httpx.post(f"{served.url}/token").status_code == 422


def test_stopped_server_frees_its_port_and_its_thread() -> None:
    with serve(ch04) as server:
        httpx.get(f"{server.url}/docs")
    server.stop()
    with pytest.raises(httpx.ConnectError):
        httpx.get(server.url)
    with serve(ch04, address(server)[1]) as again:
        assert again.url == server.url
    assert has_ended(server)
    assert has_ended(again)


def test_stopped_server_is_forgotten() -> None:
    server = serve(ch04)
    server.stop()
    forgotten = weakref.ref(server)
    del server
    gc.collect()
    assert forgotten() is None


def has_ended(server: Server) -> bool:
    """Whether the server's thread is gone: `stop` waits, but not for ever."""
    return repr(server) not in [t.name for t in threading.enumerate()]


def test_running_server_has_not_ended(served: Server) -> None:
    """Without this, `has_ended` would prove nothing."""
    assert not has_ended(served)


def test_open_connections_do_not_hold_up_a_stop() -> None:
    with httpx.Client() as client, serve(ch04) as server:
        client.get(f"{server.url}/openapi.json")
        with (
            socket.create_connection(address(server)),
            socket.create_connection(address(server)) as halfway,
        ):
            halfway.sendall(b"GET / HT")
            server.stop()
            assert has_ended(server)


def test_request_that_never_ends_does_not_hold_up_a_stop() -> None:
    app = FastAPI()
    asked = threading.Event()

    @app.get("/")
    async def wait() -> None:
        asked.set()
        await asyncio.sleep(60)

    server = serve(app)
    with socket.create_connection(address(server)) as client:
        client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        assert asked.wait(5)
        server.stop()
        assert has_ended(server)


def test_serving_writes_nothing_to_stderr(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    with serve(ch04) as server:
        httpx.get(f"{server.url}/users/me/")
    assert capfd.readouterr() == ("", "")
    assert not caplog.records


def test_failure_inside_the_app_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    app = FastAPI()

    @app.get("/")
    async def fail() -> None:
        raise LookupError("a bug")

    with serve(app) as server:
        assert httpx.get(server.url).status_code == 500
    assert "a bug" in caplog.text


@pytest.mark.parametrize("failure", [KeyError("no data"), SystemExit("no")])
def test_failed_startup_is_raised_in_the_caller_and_not_logged(
    failure: BaseException,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    listeners = []

    def recorded_bind(port: int) -> socket.socket:
        listeners.append(bind(port))
        return listeners[-1]

    monkeypatch.setattr(server_module, "bind", recorded_bind)
    with pytest.raises(RuntimeError, match="no") as raised:
        serve(FastAPI(lifespan=failing(failure)))
    assert raised.value.__cause__ is failure
    assert capfd.readouterr() == ("", "")
    assert not caplog.records
    assert [listener.fileno() for listener in listeners] == [-1]


def test_startup_may_fail_without_an_exception() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = "no database"
        await send({"type": "lifespan.startup.failed", "message": message})

    with pytest.raises(RuntimeError, match="no database"):
        Server(app)


def test_server_that_ends_before_it_starts_is_an_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(uvicorn.Server, "run", lambda *_, **__: None)
    with pytest.raises(RuntimeError, match="did not start"):
        serve(ch04)


def test_failed_shutdown_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    lifespan = failing(KeyError("no way out"), "shutdown")
    serve(FastAPI(lifespan=lifespan)).stop()
    assert "no way out" in caplog.text


def test_lifespan_that_breaks_later_is_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "lifespan.startup.complete"})
        for _ in ("startup", "shutdown"):
            await receive()
        raise LookupError("broke")

    Server(app).stop()
    assert "broke" in caplog.text


@pytest.mark.parametrize("port", [-1, 65536])
def test_impossible_port_is_an_error_in_the_caller(port: int) -> None:
    with pytest.raises(OSError, match=f"there is no port {port}"):
        serve(ch03, port)


def test_taken_port_is_an_error_in_the_caller(served: Server) -> None:
    with pytest.raises(OSError, match=r"127\.0\.0\.1"):
        serve(ch03, address(served)[1])


def test_what_is_left_running_is_stopped_as_python_ends() -> None:
    program = """if True:
        from contextlib import asynccontextmanager
        from fastapi import FastAPI
        from course.classroom.server import serve

        @asynccontextmanager
        async def lifespan(app):
            yield
            print("stopped")

        serve(FastAPI(lifespan=lifespan))
        serve(FastAPI(lifespan=lifespan)).stop()
        print("end")
    """
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
        timeout=60,
    )
    assert ran.stdout.split() == ["stopped", "end", "stopped"]
    assert not ran.stderr
