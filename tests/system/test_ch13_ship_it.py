"""Chapter 13's settings, keys, closed routes, headers, limits and health.

Its logs have tests of their own, `test_ch13_logs.py`, and its items and roles
too: `test_ch13_items_and_roles.py`.
"""

import hashlib
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any
from unittest.mock import patch

import httpx
import jwt
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from fastapi import APIRouter, Depends, FastAPI, Security, WebSocket
from fastapi.routing import iter_route_contexts
from joserfc.jwk import ECKey
from limits.errors import StorageError
from pydantic import SecretStr, ValidationError
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from snippets import ch03_dependency_wiring as ch03
from snippets import ch06_scopes as ch06
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from snippets import ch11_under_load as ch11
from snippets import ch12_browser_clients as ch12
from snippets import ch13_ship_it as ch13
from tests.support.accounts import delete_user
from tests.support.browser_clients import (
    FROM_PAGE,
    SHOP,
    SITE,
    browser_at,
    log_in_by_code,
    session_status,
    start_session,
)
from tests.support.clients import bearer, login
from tests.support.databases import bound
from tests.support.logins import (
    claims_of,
    count,
    log_in,
    refresh,
    status,
)
from tests.support.rate_limits import real_limits
from tests.support.websockets import talk, text
from tests.support.work import filled, give_role, own_item

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)
OLD_KEY = "an old teaching key, published: protects nothing"
NEW_KEY = "a new teaching key, published: protects nothing"
OLD_WORDS, NEW_WORDS = OLD_KEY.replace(" ", "-"), NEW_KEY.replace(" ", "-")
GOOD: dict[str, Any] = {
    "secret_keys": f"{NEW_WORDS} {OLD_WORDS}",
    "issuer": "https://course.example",
    "audience": "https://api.course.example",
    "hosts": "course.example api.course.example",
}
TUTORIALS_KEY = (  # FastAPI's documentation prints it
    "09d25e094faa6ca2556c818166b7a9563b93f7099f6f0f4caa6cf63b88e8d3e7"
)


@pytest.fixture(autouse=True)
def no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let settings come from the test alone."""
    for name in ch13.Settings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(
        SITE, ch13.app, raise_app_exceptions=False
    ) as client:
        yield client


def settings(**changes: Any) -> ch13.Settings:
    """Fill in good settings; None leaves one out."""
    values = {**GOOD, **changes}
    given = {n: value for n, value in values.items() if value is not None}
    return ch13.Settings(**given)


def fault(**changes: Any) -> str:
    """Return the message of settings that are refused."""
    with pytest.raises(ValidationError) as refusal:
        settings(**changes)
    return str(refusal.value)


# Settings


def test_good_settings_are_read_as_they_are_meant() -> None:
    read = settings()
    keys = [key.get_secret_value() for key in read.secret_keys]
    assert keys == [NEW_WORDS, OLD_WORDS]
    assert read.hosts == ["course.example", "api.course.example"]
    assert (read.issuer, read.audience) == (GOOD["issuer"], GOOD["audience"])


def test_what_is_not_set_is_what_is_safe() -> None:
    read = settings()
    assert read.docs is False
    assert read.password_grant is False
    assert read.page_origins == []
    assert read.clients == {}
    assert read.limits_url == "memory://"


@pytest.mark.parametrize("name", GOOD)
def test_service_does_not_start_without(name: str) -> None:
    assert "Field required" in fault(**{name: None})


@pytest.mark.parametrize("name", ["secret_keys", "hosts"])
@pytest.mark.parametrize("empty", ["", "  "])
def test_empty_list_is_none(name: str, empty: str) -> None:
    assert "at least 1 item" in fault(**{name: empty})


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("k" * 31, "at least 32 bytes"),
        (f"{'k' * 32} short", "at least 32 bytes"),
        (TUTORIALS_KEY, "published"),
        (f"{'k' * 32} {TUTORIALS_KEY}", "published"),
    ],
    ids=["short", "second short", "published", "second published"],
)
def test_weak_key_is_refused_and_not_repeated(key: str, reason: str) -> None:
    message = fault(secret_keys=key)
    assert reason in message
    for word in key.split():
        assert word not in message


def test_teaching_key_is_refused() -> None:
    message = fault(secret_keys=[ch03.TEACHING_KEY])
    assert "published" in message
    assert ch03.TEACHING_KEY not in message


@pytest.mark.parametrize("key", ["k" * 32, "é" * 16, "k" * 500])
def test_key_of_32_bytes_is_accepted(key: str) -> None:
    [read] = settings(secret_keys=key).secret_keys
    assert read.get_secret_value() == key


@pytest.mark.parametrize("digest", sorted(ch13.PUBLISHED))
def test_published_keys_are_listed_by_their_hash(digest: str) -> None:
    known = (TUTORIALS_KEY, ch03.TEACHING_KEY)
    assert digest in {hashlib.sha256(k.encode()).hexdigest() for k in known}


@pytest.mark.parametrize(
    "issuer", ["http://course.example", "course.example", "", "x https://"]
)
def test_issuer_is_an_https_address(issuer: str) -> None:
    assert "issuer" in fault(issuer=issuer)


@pytest.mark.parametrize("host", ["*", "*.", "https://course.example", "a/b"])
def test_host_is_a_name_and_not_all_names(host: str) -> None:
    assert "hosts" in fault(hosts=host)


def test_hosts_may_be_all_names_below_one() -> None:
    assert settings(hosts="*.course.example").hosts == ["*.course.example"]


async def test_app_with_an_open_route_does_not_start() -> None:
    reports = FastAPI(lifespan=ch13.lifespan)
    reports.get("/reports/")(lambda: "what we earned")
    with pytest.raises(ch13.OpenRouteError, match="/reports/"):
        async with ch13.lifespan(reports):
            pass


def test_settings_come_from_the_environment(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clients = {"a": {"title": "A", "redirect_uris": [SHOP]}}
    given = {
        **GOOD,
        "docs": "true",
        "page_origins": f"{SHOP} {SITE}",
        "password_grant": "on",
        "clients": json.dumps(clients),
    }
    for name, value in given.items():
        monkeypatch.setenv(name.upper(), value)
    read = ch13.Settings()  # type: ignore[call-arg]
    assert [key.get_secret_value() for key in read.secret_keys] == [
        NEW_WORDS,
        OLD_WORDS,
    ]
    assert read.page_origins == [SHOP, SITE]
    assert (read.docs, read.password_grant) == (True, True)
    assert read.clients == {"a": ch12.Client("A", (SHOP,))}


def test_settings_come_from_files_of_secrets(tmp_path: Path) -> None:
    """A file of Docker's ends with a line break; it is no part of a key."""
    for name, value in GOOD.items():
        (tmp_path / name).write_text(f"{value}\n", encoding="utf-8")
    values: dict[str, Any] = {"_secrets_dir": tmp_path}
    read = ch13.Settings(**values)
    assert read.secret_keys == settings().secret_keys
    assert read.hosts == settings().hosts


def test_weak_key_in_a_file_or_the_environment_is_not_repeated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in GOOD.keys() - {"secret_keys"}:
        monkeypatch.setenv(name.upper(), GOOD[name])
    (tmp_path / "secret_keys").write_text("hunter2", encoding="utf-8")
    values: dict[str, Any] = {"_secrets_dir": tmp_path}
    with pytest.raises(ValidationError) as of_file:
        ch13.Settings(**values)
    monkeypatch.setenv("SECRET_KEYS", "hunter3")
    with pytest.raises(ValidationError) as of_environment:
        ch13.Settings(**values)
    for refusal in (of_file, of_environment):
        assert "at least 32 bytes" in str(refusal.value)
        assert "hunter" not in f"{refusal.value!r}"


def test_settings_show_no_key_and_do_not_change() -> None:
    read = settings()
    shown = f"{read} {read!r} {read.model_dump()} {read.model_dump_json()}"
    assert NEW_WORDS not in shown
    assert OLD_WORDS not in shown
    with pytest.raises(ValidationError, match="frozen"):
        read.docs = True


# Keys


def test_key_is_the_same_in_every_worker_and_another_for_each_secret() -> None:
    first, again = (ch13.signing_key(SecretStr(OLD_KEY)) for _ in range(2))
    other = ch13.signing_key(SecretStr(NEW_KEY))
    assert first.kid == again.kid
    assert ch09.public_jwk(first) == ch09.public_jwk(again)
    assert first.kid != other.kid
    assert ch09.public_jwk(first)["x"] != ch09.public_jwk(other)["x"]
    assert first.algorithm == "ES256"


@pytest.mark.parametrize("secret", [OLD_KEY, NEW_KEY, "k" * 32])
def test_kid_is_the_thumbprint_of_rfc_7638(secret: str) -> None:
    """Another library computes it as well."""
    key = ch13.signing_key(SecretStr(secret))
    jwk: Any = ch09.public_jwk(key)
    assert key.kid == ECKey.import_key(jwk).thumbprint()


def test_key_of_a_secret_is_not_one_of_chapter_9s() -> None:
    """The same secret, for another purpose, gives another key."""
    with patch.object(ch03, "SECRET_KEY", OLD_KEY):
        teaching = ch09.public_jwk(ch09.teaching_key("ours-1"))
    own = ch09.public_jwk(ch13.signing_key(SecretStr(OLD_KEY)))
    assert teaching["x"] != own["x"]


def deployed(*secrets: str) -> Any:
    """Let the service run with these secrets, the first of which signs."""
    keys = settings(secret_keys=list(secrets)).secret_keys
    return patch.object(ch09.ours, "keys", list(map(ch13.signing_key, keys)))


async def test_keys_change_in_three_deployments(
    client: httpx.AsyncClient,
) -> None:
    """Nobody is logged out until the old key goes."""
    kids = {
        secret: ch13.signing_key(SecretStr(secret)).kid
        for secret in (OLD_KEY, NEW_KEY)
    }

    async def published() -> list[str]:
        jwks = (await client.get(ch09.JWKS_PATH)).json()
        return [key["kid"] for key in jwks["keys"]]

    def signed_with(token: str) -> str:
        return str(jwt.get_unverified_header(token)["kid"])

    with deployed(OLD_KEY):
        old = await log_in(client)
    with deployed(OLD_KEY, NEW_KEY):  # APIs elsewhere learn the new one
        assert await published() == [kids[OLD_KEY], kids[NEW_KEY]]
        between = await log_in(client)
        assert signed_with(between["access_token"]) == kids[OLD_KEY]
    with deployed(NEW_KEY, OLD_KEY):
        new = await log_in(client)
        assert signed_with(new["access_token"]) == kids[NEW_KEY]
        for tokens in (old, between, new):
            assert await status(client, tokens["access_token"]) == 200
    with deployed(NEW_KEY):
        assert await published() == [kids[NEW_KEY]]
        assert await status(client, old["access_token"]) == 401
        assert await status(client, new["access_token"]) == 200
        # A login outlives its key: the refresh token is no JWT.
        later = (await refresh(client, old["refresh_token"])).json()
        assert signed_with(later["access_token"]) == kids[NEW_KEY]
        assert await status(client, later["access_token"]) == 200


# Routes that are closed


async def open_to_all() -> None:
    """Stand for a route that says nothing."""


async def guarded(user: ch09.Me) -> None:
    """Stand for a route that needs a user."""


async def with_token_only(
    token: Annotated[str, Security(ch06.oauth2_scheme)],
) -> None:
    """Stand for a route that reads a token, and verifies nothing."""


async def through(user: Annotated[None, Depends(guarded)]) -> None:
    """Stand for a route whose dependency needs a user."""


async def talk_to_all(websocket: WebSocket) -> None:
    """Stand for a WebSocket that says nothing."""


def app_with(route: Any) -> FastAPI:
    """Make an app of one route, at `/x`."""
    app = FastAPI()
    route(app)
    return app


def router_with(endpoint: Any, **options: Any) -> APIRouter:
    router = APIRouter(**options)
    router.get("/x")(endpoint)
    return router


def router_in(inner: APIRouter) -> APIRouter:
    router = APIRouter()
    router.include_router(inner)
    return router


CLOSED: dict[str, Any] = {
    "needs a user": lambda app: app.get("/x")(guarded),
    "needs one two steps away": lambda app: app.get("/x")(through),
    "needs one on its router": lambda app: app.include_router(
        router_with(open_to_all, dependencies=[Depends(ch09.get_current_user)])
    ),
    "needs one where it is included": lambda app: app.include_router(
        router_with(open_to_all),
        dependencies=[Security(ch09.get_current_user, scopes=["me"])],
    ),
    "needs a session": lambda app: app.get(
        "/x", dependencies=[Depends(ch12.session_user)]
    )(open_to_all),
    "says that it is open": lambda app: app.get(
        "/x", dependencies=[Depends(ch13.anyone)]
    )(open_to_all),
    "is a WebSocket that says so": lambda app: app.websocket(
        "/x", dependencies=[Depends(ch13.anyone)]
    )(talk_to_all),
    "is not there": lambda app: None,
}
OPEN: dict[str, Any] = {
    "says nothing": lambda app: app.get("/x")(open_to_all),
    "is left out of the document": lambda app: app.get(
        "/x", include_in_schema=False
    )(open_to_all),
    "reads a token and verifies none": lambda app: app.get("/x")(
        with_token_only
    ),
    "is a WebSocket": lambda app: app.websocket("/x")(talk_to_all),
    "is on a router": lambda app: app.include_router(router_with(open_to_all)),
    "is on a router in a router": lambda app: app.include_router(
        router_in(router_with(open_to_all))
    ),
    "is an app of its own": lambda app: app.mount("/x", FastAPI()),
    "is Starlette's": lambda app: app.router.routes.append(
        Route("/x", lambda _: PlainTextResponse(""))
    ),
}


@pytest.mark.parametrize("route", CLOSED.values(), ids=CLOSED)
def test_app_starts_whose_route(route: Any) -> None:
    ch13.refuse_open_routes(app_with(route))


@pytest.mark.parametrize("route", OPEN.values(), ids=OPEN)
def test_app_does_not_start_whose_route(route: Any) -> None:
    with pytest.raises(ch13.OpenRouteError, match=r"who may call.*: /x$|/x"):
        ch13.refuse_open_routes(app_with(route))


def test_all_open_routes_are_named_and_no_others() -> None:
    app = FastAPI()
    app.get("/a")(open_to_all)
    app.get("/b")(guarded)
    app.include_router(router_with(open_to_all, prefix="/c"))
    with pytest.raises(ch13.OpenRouteError) as refusal:
        ch13.protect(app, ["testserver"])
    assert str(refusal.value) == "who may call these? /a, /c/x"


def test_route_of_ones_own_at_the_path_of_a_document_has_to_say_it() -> None:
    app = FastAPI(docs_url=None)
    app.get("/docs")(open_to_all)
    with pytest.raises(ch13.OpenRouteError, match="/docs"):
        ch13.refuse_open_routes(app)


# Who may call what is written here once more, so that a change is seen.
PUBLIC = {
    *("/health/live", "/health/ready", "/users/", "/token", "/revoke"),
    *(ch09.METADATA_PATH, ch09.JWKS_PATH, "/", "/login.js", "/authorize"),
    *("/session/", "/users/me/events/"),
}


def test_routes_that_are_open_are_these_and_no_others() -> None:
    open_paths = {
        str(route.path)
        for route in iter_route_contexts(ch13.app.routes)
        if (dependant := getattr(route, "dependant", None))
        and ch13.anyone in ch13.calls_in(dependant)
    }
    assert open_paths == PUBLIC


async def test_every_other_route_asks_for_a_token(
    client: httpx.AsyncClient,
) -> None:
    seen = 0
    for route in iter_route_contexts(ch13.app.routes):
        path = str(route.path)
        if path in PUBLIC | ch13.DOCUMENTS:
            continue
        for method in route.methods or ():
            answer = await client.request(method, filled(path))
            assert answer.status_code == 401, path
            assert answer.headers["WWW-Authenticate"].startswith("Bearer")
            seen += 1
    assert seen == 10


# Hosts, and headers on every answer


@pytest.mark.parametrize(
    ("host", "answered"),
    [
        ("course.example", 200),
        ("COURSE.example", 200),
        ("course.example:8443", 200),
        ("evil.example", 400),
        ("course.example.evil.example", 400),
        ("evilcourse.example", 400),
        ("api.course.example", 400),
        ("evil.example:443", 400),
        ("evil.example@course.example", 400),
        ("", 400),
    ],
)
async def test_service_answers_to_its_own_names_alone(
    client: httpx.AsyncClient, host: str, answered: int
) -> None:
    answer = await client.get("/health/live", headers={"Host": host})
    assert answer.status_code == answered
    if answered == 400:
        assert "evil" not in f"{answer.text}{answer.headers}"


async def test_forwarded_host_is_not_believed(
    client: httpx.AsyncClient,
) -> None:
    """It could come from anyone; a proxy sets `Host`."""
    answer = await client.get(
        "/health/live",
        headers={"Host": "evil.example", "X-Forwarded-Host": "course.example"},
    )
    assert answer.status_code == 400


ANSWERS = {
    "200": ("GET", "/health/live", {}),
    "400, the host": ("GET", "/", {"Host": "evil.example"}),
    "401": ("GET", "/users/me/", {}),
    "404": ("GET", "/nowhere", {}),
    "405": ("PUT", "/token", {}),
    "422": ("POST", "/users/", {}),
    "a page": ("GET", "/", {}),
    "a preflight": (
        "OPTIONS",
        "/users/me/",
        {"Origin": SHOP, "Access-Control-Request-Method": "GET"},
    ),
}


@pytest.mark.parametrize("sent", ANSWERS.values(), ids=ANSWERS)
async def test_answer_has_the_headers(
    client: httpx.AsyncClient, sent: tuple[str, str, dict[str, str]]
) -> None:
    method, path, headers = sent
    answer = await client.request(method, path, headers=headers)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Strict-Transport-Security"]
    assert policy == "max-age=31536000"


async def test_answer_of_a_database_that_is_away_has_the_headers(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in(client)
    with bound(sa.create_engine("sqlite:////no/such/folder/users.db")):
        answer = await client.get(
            "/users/me/", headers=bearer(tokens["access_token"])
        )
    assert answer.status_code == 503
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_plain_http_hears_nothing_of_https() -> None:
    """RFC 6797 §7.2; a proxy tells the server which it was."""
    async with browser_at("http://course.example", ch13.app) as client:
        answer = await client.get("/health/live")
    assert "Strict-Transport-Security" not in answer.headers
    assert answer.headers["X-Content-Type-Options"] == "nosniff"


async def test_pages_keep_the_headers_of_chapter_12(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get("/")
    for name, value in ch12.PAGE_HEADERS.items():
        assert answer.headers[name] == value


async def test_page_of_the_shop_may_call_the_api_and_log_nobody_in(
    client: httpx.AsyncClient,
) -> None:
    allowed = {}
    for path in ("/users/me/", "/items/", "/authorize", "/session/"):
        answer = await client.get(path, headers={"Origin": SHOP})
        allowed[path] = answer.headers.get("Access-Control-Allow-Origin")
    assert list(allowed.values()) == [SHOP, SHOP, None, None]


# Bodies


async def send(
    client: httpx.AsyncClient, path: str, content: Any, kind: str
) -> httpx.Response:
    headers = {"Content-Type": kind, **FROM_PAGE}
    return await client.post(path, content=content, headers=headers)


FORM = "application/x-www-form-urlencoded"
TAKE_BODIES = [
    ("/token", FORM),
    ("/revoke", FORM),
    ("/authorize", FORM),
    ("/session/", FORM),
    ("/users/", "application/json"),
    ("/users/me/password", "application/json"),
    ("/items/", "application/json"),
]


@pytest.mark.parametrize(("path", "kind"), TAKE_BODIES)
async def test_body_is_at_most_so_long(
    client: httpx.AsyncClient, path: str, kind: str
) -> None:
    statuses = {
        size: (await send(client, path, b"x" * size, kind)).status_code
        for size in (ch13.MOST_BODY_BYTES, ch13.MOST_BODY_BYTES + 1)
    }
    assert statuses[ch13.MOST_BODY_BYTES + 1] == 413
    assert statuses[ch13.MOST_BODY_BYTES] in (400, 401, 403, 422)


@pytest.mark.parametrize(("path", "kind"), TAKE_BODIES)
async def test_body_of_unknown_length_is_not_read_to_its_end(
    client: httpx.AsyncClient, path: str, kind: str
) -> None:
    read = 0

    async def chunks() -> AsyncIterator[bytes]:
        nonlocal read
        for _ in range(1000):
            read += 1000
            yield b"x" * 1000

    answer = await send(client, path, chunks(), kind)
    # Of a form, chapter 5 says that it is damaged.
    assert answer.status_code in ((413,) if "json" in kind else (400, 413))
    assert read <= ch13.MOST_BODY_BYTES + 2000


async def test_length_that_is_a_lie_is_no_way_around(
    client: httpx.AsyncClient,
) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(100):
            yield b"x" * 1000

    answer = await client.post(
        "/users/",
        content=chunks(),
        headers={"Content-Type": "application/json", "Content-Length": "10"},
    )
    assert answer.is_client_error


# Health


async def test_healthy_service_is_alive_and_ready(
    client: httpx.AsyncClient,
) -> None:
    for path in ("/health/live", "/health/ready"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (200, {"status": "ok"})


async def test_service_without_its_database_is_alive_and_not_ready(
    client: httpx.AsyncClient,
) -> None:
    """A restart would not help: liveness asks no database."""
    with bound(sa.create_engine("sqlite:////no/such/folder/users.db")):
        live = await client.get("/health/live")
        ready = await client.get("/health/ready")
    assert (live.status_code, ready.status_code) == (200, 503)
    assert "no/such/folder" not in ready.text
    assert (await client.get("/health/ready")).status_code == 200


async def test_service_without_its_counters_is_not_ready(
    client: httpx.AsyncClient,
) -> None:
    away = StorageError(OSError("redis://user:hunter2@127.0.0.1"))
    stats = patch.object(ch11.strategy, "get_window_stats", side_effect=away)
    with stats:
        ready = await client.get("/health/ready")
    assert ready.status_code == 503
    assert "hunter2" not in ready.text


async def test_readiness_counts_no_login(client: httpx.AsyncClient) -> None:
    with real_limits():
        before = ch11.strategy.get_window_stats(ch11.FOR_ALL[0], "all")
        for _ in range(5):
            await client.get("/health/ready")
        after = ch11.strategy.get_window_stats(ch11.FOR_ALL[0], "all")
    assert before.remaining == after.remaining


# The app keeps what earlier chapters gave it


async def test_user_signs_up_once_and_logs_in(
    client: httpx.AsyncClient,
) -> None:
    new = {"username": "newcomer", "password": "a password, long enough"}
    first = await client.post("/users/", json=new)
    again = await client.post("/users/", json=new)
    assert (first.status_code, again.status_code) == (201, 409)
    assert "password" not in first.text
    tokens = await log_in(client, "me", **new)
    assert await status(client, tokens["access_token"]) == 200


async def test_sign_up_that_finds_the_queue_full_does_not_count(
    client: httpx.AsyncClient,
) -> None:
    new = {"username": "newcomer", "password": "a password, long enough"}
    full = ch11.HashingQueue(threads=1, longest=0)
    full.inside = 1
    with real_limits(), patch.object(ch11, "hashing", full):
        before = ch11.strategy.get_window_stats(ch11.FOR_ALL[0], "all")
        answer = await client.post("/users/", json=new)
        after = ch11.strategy.get_window_stats(ch11.FOR_ALL[0], "all")
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert before.remaining == after.remaining
    assert ch07.find_user("newcomer") is None


async def test_sign_ups_count_by_address(client: httpx.AsyncClient) -> None:
    with real_limits():
        answers = [await client.post("/users/", json={}) for _ in range(31)]
        assert {answer.status_code for answer in answers} == {422}
        new = {"username": "johndoe", "password": "a password, long enough"}
        taken = [await client.post("/users/", json=new) for _ in range(31)]
    assert [answer.status_code for answer in taken] == [409] * 30 + [429]


async def test_guesses_are_counted(client: httpx.AsyncClient) -> None:
    with real_limits():
        for _ in range(5):
            form = login(password="wrong")
            answer = await client.post("/token", data=form)
            assert answer.json()["error"] == "invalid_grant"
        answer = await client.post("/token", data=login())
    assert answer.status_code == 429


async def test_disabled_user_gets_no_token(client: httpx.AsyncClient) -> None:
    answers = [
        await client.post("/token", data=login("alice", password))
        for password in ("secret2", "wrong")
    ]
    assert answers[0].status_code == 400
    assert answers[0].content == answers[1].content


async def test_password_buys_no_token_where_that_is_switched_off(
    client: httpx.AsyncClient,
) -> None:
    with patch.object(ch12, "PASSWORD_GRANT", False):
        answer = await client.post("/token", data=login())
        assert answer.json()["error"] == "unsupported_grant_type"
        tokens = await log_in_by_code(client)
    assert await status(client, tokens["access_token"]) == 200


async def test_code_buys_tokens_that_are_refreshed_and_revoked(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in_by_code(client)
    another = await refresh(client, tokens["refresh_token"])
    assert another.json()["error"] == "invalid_grant"
    answer = await refresh(client, tokens["refresh_token"], client_id="shop")
    assert answer.headers["Cache-Control"] == "no-store"
    newer = answer.json()
    assert await status(client, newer["access_token"]) == 200
    token = {"token": newer["refresh_token"], "client_id": "shop"}
    assert (await client.post("/revoke", data=token)).status_code == 200
    ended = await refresh(client, newer["refresh_token"], client_id="shop")
    assert ended.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("kind", ["access_token", "refresh_token"])
async def test_token_of_another_client_is_not_revoked(
    client: httpx.AsyncClient, kind: str
) -> None:
    tokens = await log_in_by_code(client)
    for name in ({}, {"client_id": "nobody"}):
        form = {"token": tokens[kind], **name}
        answer = await client.post("/revoke", data=form)
        assert answer.json()["error"] == "invalid_grant"
    assert await status(client, tokens["access_token"]) == 200
    form = {"token": tokens[kind], "client_id": "shop"}
    assert (await client.post("/revoke", data=form)).status_code == 200
    assert await status(client, tokens["access_token"]) == 401


async def test_revoked_access_token_is_refused(
    client: httpx.AsyncClient,
) -> None:
    token = (await log_in(client))["access_token"]
    answer = await client.post("/revoke", data={"token": token})
    assert answer.headers["Cache-Control"] == "no-store"
    assert await status(client, token) == 401


async def test_tokens_are_signed_by_the_issuer_and_for_the_api(
    client: httpx.AsyncClient,
) -> None:
    for tokens in (await log_in(client), await log_in_by_code(client)):
        claims = claims_of(tokens["access_token"])
        assert claims["iss"] == ch09.ours.name
        assert claims["aud"] == ch09.AUDIENCE


async def test_new_password_ends_all_logins(
    client: httpx.AsyncClient,
) -> None:
    tokens, other = await log_in(client), await log_in(client)
    change = {
        "old_password": "secret",
        "new_password": "a password, long enough",
    }
    answer = await client.post(
        "/users/me/password",
        json=change,
        headers=bearer(tokens["access_token"]),
    )
    assert answer.status_code == 204
    for each in (tokens, other):
        ended = await refresh(client, each["refresh_token"])
        assert ended.json()["error"] == "invalid_grant"


async def test_guess_of_the_old_password_counts_and_ends_nothing(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in(client)
    change = {
        "old_password": "wrong",
        "new_password": "a password, long enough",
    }
    with real_limits():
        answers = [
            await client.post(
                "/users/me/password",
                json=change,
                headers=bearer(tokens["access_token"]),
            )
            for _ in range(6)
        ]
    assert answers[-1].status_code == 429
    assert all(answer.is_client_error for answer in answers)
    assert (await refresh(client, tokens["refresh_token"])).status_code == 200


async def test_user_logs_out_everywhere_and_nobody_else(
    client: httpx.AsyncClient,
) -> None:
    new = {"username": "newcomer", "password": "a password, long enough"}
    await client.post("/users/", json=new)
    theirs = await log_in(client, "me", **new)
    tokens = await log_in(client)
    headers = bearer(tokens["access_token"])
    answer = await client.delete("/users/me/logins/", headers=headers)
    assert answer.status_code == 204
    ended = await refresh(client, tokens["refresh_token"])
    assert ended.json()["error"] == "invalid_grant"
    assert (await refresh(client, theirs["refresh_token"])).status_code == 200


async def test_reads_of_chapter_7_go_on(client: httpx.AsyncClient) -> None:
    headers = bearer((await log_in(client))["access_token"])
    status_page = await client.get("/status/", headers=headers)
    record = await client.get("/users/me/", headers=headers)
    items = await client.get("/users/me/items/", headers=headers)
    assert status_page.json() == {"status": "ok"}
    assert record.json()["username"] == "johndoe"
    assert items.json() == [{"item_id": "Foo", "owner": "johndoe"}]


async def test_session_of_chapter_12_goes_on(
    client: httpx.AsyncClient,
) -> None:
    assert await session_status(client) == 401
    assert (await start_session(client)).status_code == 204
    assert await session_status(client) == 200
    forged = await client.delete("/session/")  # as another page would
    assert forged.status_code == 403
    ended = await client.delete("/session/", headers=FROM_PAGE)
    assert ended.status_code == 204
    assert await session_status(client) == 401


async def test_websocket_of_chapter_12_goes_on(
    client: httpx.AsyncClient,
) -> None:
    token = (await log_in(client))["access_token"]
    greeted = await talk(ch13.app, "/users/me/events/", text(token))
    refused = await talk(ch13.app, "/users/me/events/", text("nonsense"))
    assert {"type": "websocket.send", "text": '{"hello":"johndoe"}'} in greeted
    assert refused[-1]["code"] == 1008


async def test_websocket_to_another_host_is_refused() -> None:
    heard = await talk(
        ch13.app, "/users/me/events/", text("x"), host="evil.example"
    )
    assert heard[0]["type"] == "websocket.http.response.start"
    assert heard[0]["status"] == 400
    assert "websocket.accept" not in {message["type"] for message in heard}


# Tests of a guarded API


async def test_token_of_a_tests_own_keeps_the_scope_checks(
    client: httpx.AsyncClient,
) -> None:
    """What reads the header is replaced, and nothing that verifies."""
    token = (await log_in(client, "me"))["access_token"]
    replaced = {ch06.oauth2_scheme: lambda: token}
    with patch.dict(ch13.app.dependency_overrides, replaced):
        assert (await client.get("/users/me/")).status_code == 200
        assert (await client.get("/items/")).status_code == 403


@pytest.mark.parametrize(
    ("seconds", "answered"), [(-1, 200), (0, 401), (1, 401)]
)
async def test_time_moves_without_sleeping(
    client: httpx.AsyncClient, seconds: int, answered: int
) -> None:
    token = (await log_in(client))["access_token"]
    exp = int(str(claims_of(token)["exp"]))
    with patch("jwt.api_jwt.datetime") as clock:
        clock.now.return_value.timestamp.return_value = exp + seconds
        assert await status(client, token) == answered


# Tables


@both_databases
def test_tables_come_and_go_by_migration(database: sa.Engine) -> None:
    def tables() -> set[str]:
        return set(sa.inspect(database).get_table_names())

    own = {"items", "roles"}
    assert own <= tables()
    own_item()
    give_role()
    ch07.migrate("base")
    assert tables() <= {"alembic_version"}
    ch07.migrate("ch12")
    assert not own & tables()
    ch07.move_users()
    ch07.migrate("ch13")
    assert (count(ch13.ItemRow), count(ch13.RoleRow)) == (0, 0)
    own_item()
    give_role()


@both_databases
def test_tables_are_what_the_classes_say(database: sa.Engine) -> None:
    """A model that a migration forgot would fail at the first request."""
    ch07.migrate("base")
    ch07.migrate("ch13")
    bases: Any = [
        *(ch07.Base, ch08.LoginTable, ch09.IdentityTable),
        *(ch12.BrowserTable, ch12.CodeTable, ch13.WorkTable),
    ]
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        tables: Any = [base.metadata for base in bases]
        differences = compare_metadata(context, tables)
    assert differences == []


@both_databases
def test_items_and_roles_go_with_their_user(database: sa.Engine) -> None:
    own_item()
    give_role()
    delete_user("johndoe")
    assert (count(ch13.ItemRow), count(ch13.RoleRow)) == (0, 0)


async def test_server_creates_what_is_missing_as_it_starts(
    database: sa.Engine, client: httpx.AsyncClient
) -> None:
    ch07.migrate("base")
    async with ch13.lifespan(ch13.app):
        headers = bearer((await log_in(client))["access_token"])
        assert (await client.get("/items/", headers=headers)).json() == []
