"""Chapter 12's pages, other origins, its WebSocket, and its migration.

Its other parts have tests of their own: `test_ch12_authorization.py`,
`test_ch12_codes.py`, `test_ch12_sessions.py` and `test_ch12_shop.py`.
"""

import json
import os
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from course.classroom.server import serve
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from snippets import ch12_browser_clients as ch12
from tests.support.accounts import change_row, delete_user
from tests.support.browser_clients import (
    FROM_PAGE,
    SHOP,
    ask,
    browser_at,
    code_grant,
    new_code,
    start_session,
)
from tests.support.clients import bearer, login
from tests.support.databases import bound
from tests.support.logins import count, log_in, sign_in, stored
from tests.support.websockets import HANGS_UP, binary, talk, text

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)
EVENTS = "/users/me/events/"
EVIL = "https://evil.example"
# What CORS lets a page of the shop send, and which answers it may read.
API = [
    ("POST", "/token"),
    ("POST", "/revoke"),
    ("POST", "/users/"),
    ("GET", "/users/me/"),
    ("GET", "/users/me/items/"),
    ("GET", "/status/"),
    ("POST", "/users/me/password"),
    ("DELETE", "/users/me/logins/"),
    ("GET", ch09.METADATA_PATH),
    ("GET", ch09.JWKS_PATH),
]
OURS_ALONE = [
    ("GET", "/authorize"),
    ("POST", "/authorize"),
    ("GET", "/session/"),
    ("POST", "/session/"),
    ("DELETE", "/session/"),
]
OTHER_ORIGINS = [
    EVIL,
    "http://shop.example",
    "https://shop.example:8443",
    "https://SHOP.example",
    "https://shop.example.evil.example",
    "https://evilshop.example",
    "https://shop.example/",
    "null",
    "*",
    "",
]


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(raise_app_exceptions=False) as browser:
        yield browser


async def preflight(
    browser: httpx.AsyncClient,
    method: str,
    path: str,
    origin: str = SHOP,
    headers: str = "authorization",
) -> httpx.Response:
    """Ask whether a script may send a request, as a browser does."""
    return await browser.options(
        path,
        headers={
            "Origin": origin,
            "Access-Control-Request-Method": method,
            "Access-Control-Request-Headers": headers,
        },
    )


def allowed_origin(answer: httpx.Response) -> str | None:
    origin: str | None = answer.headers.get("Access-Control-Allow-Origin")
    return origin


# Other origins


@pytest.mark.parametrize(("method", "path"), API)
async def test_page_of_the_shop_may_call_the_api(
    browser: httpx.AsyncClient, method: str, path: str
) -> None:
    asked = await preflight(browser, method, path)
    assert (asked.status_code, allowed_origin(asked)) == (200, SHOP)
    methods = asked.headers["Access-Control-Allow-Methods"].split(", ")
    assert method in methods
    headers = asked.headers["Access-Control-Allow-Headers"].lower()
    assert "authorization" in headers.split(", ")
    answer = await browser.request(method, path, headers={"Origin": SHOP})
    assert answer.status_code != 404
    assert allowed_origin(answer) == SHOP
    assert "Origin" in answer.headers["Vary"]
    exposed = answer.headers["Access-Control-Expose-Headers"].split(", ")
    assert exposed == ["WWW-Authenticate", "Retry-After"]


@pytest.mark.parametrize(("method", "path"), API)
@pytest.mark.parametrize("origin", OTHER_ORIGINS)
async def test_page_of_another_origin_may_not(
    browser: httpx.AsyncClient, method: str, path: str, origin: str
) -> None:
    asked = await preflight(browser, method, path, origin)
    assert asked.status_code == 400
    headers = {"Origin": origin}
    answer = await browser.request(method, path, headers=headers)
    assert allowed_origin(asked) is allowed_origin(answer) is None


@pytest.mark.parametrize(("method", "path"), OURS_ALONE)
@pytest.mark.parametrize("origin", [SHOP, EVIL, "https://course.example"])
async def test_no_other_origin_may_log_anybody_in(
    browser: httpx.AsyncClient, method: str, path: str, origin: str
) -> None:
    await start_session(browser)
    asked = await preflight(browser, method, path, origin, "x-from-page")
    answer = await browser.request(
        method, path, headers={"Origin": origin, **FROM_PAGE}
    )
    assert asked.is_client_error
    for headers in (asked.headers, answer.headers):
        assert not [
            name for name in headers if name.startswith("access-control")
        ]


@pytest.mark.parametrize("method", ["PUT", "PATCH", "TRACE", "LOCK"])
async def test_method_that_the_api_lacks_is_not_allowed(
    browser: httpx.AsyncClient, method: str
) -> None:
    assert (await preflight(browser, method, "/users/me/")).status_code == 400


@pytest.mark.parametrize("header", ["x-from-page", "cookie", "x-anything"])
async def test_other_header_is_not_allowed(
    browser: httpx.AsyncClient, header: str
) -> None:
    asked = await preflight(browser, "GET", "/users/me/", headers=header)
    assert asked.status_code == 400


def test_methods_of_the_api_are_those_that_cors_allows() -> None:
    """A new method would be refused to pages, and nobody would know why."""
    has = {
        method.upper()
        for path, methods in ch12.app.openapi()["paths"].items()
        if not path.startswith("/session")
        for method in methods
    }
    assert has == {"GET", "POST", "DELETE"}


async def test_cookies_go_along_with_no_request_of_another_origin(
    browser: httpx.AsyncClient,
) -> None:
    for method, path in [*API, *OURS_ALONE]:
        for answer in (
            await preflight(browser, method, path),
            await browser.request(method, path, headers={"Origin": SHOP}),
        ):
            allows = "Access-Control-Allow-Credentials"
            assert allows not in answer.headers


async def test_every_status_of_the_api_can_be_read(
    browser: httpx.AsyncClient,
) -> None:
    """A refusal without CORS headers is a `TypeError` in a script."""
    tokens = await log_in(browser, "me")
    seen = set()
    for method, path, form, token in (
        ("POST", "/token", login(), ""),
        ("POST", "/token", login(password="x"), ""),
        ("GET", "/users/me/", {}, "x"),
        ("GET", "/users/me/items/", {}, tokens["access_token"]),
        ("GET", "/no/such/path", {}, ""),
        ("PUT", "/users/me/", {}, ""),
    ):
        headers = {"Origin": SHOP, **bearer(token)}
        answer = await browser.request(
            method, path, data=form, headers=headers
        )
        assert allowed_origin(answer) == SHOP
        seen.add(answer.status_code)
    assert seen == {200, 400, 401, 403, 404, 405}


def test_without_variables_one_page_may_and_passwords_buy_tokens() -> None:
    assert ch12.PAGE_ORIGINS == [SHOP]
    assert ch12.PASSWORD_GRANT


@pytest.mark.integration
@pytest.mark.parametrize(
    ("origins", "grant"),
    [("https://a.example https://b.example", "off"), ("", "")],
)
def test_environment_names_pages_and_switches_the_password_grant(
    origins: str, grant: str
) -> None:
    program = "from snippets import ch12_browser_clients as c"
    done = subprocess.run(
        [
            *(sys.executable, "-c"),
            f"{program}; print(c.PASSWORD_GRANT, *c.PAGE_ORIGINS)",
        ],
        env=os.environ | {"PAGE_ORIGINS": origins, "PASSWORD_GRANT": grant},
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    assert done.stdout.split() == ["False", *origins.split()]


# Pages


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/login.js", "text/javascript")],
)
async def test_page_and_its_script_are_served(
    browser: httpx.AsyncClient, path: str, kind: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"


def test_text_in_a_page_is_written_as_html_writes_it() -> None:
    texts = {"client": "<b>&\"'$x", "scopes": "", "message": "", "hidden": ""}
    answer = ch12.page("consent.html", 418, **texts)
    assert answer.status_code == 418
    assert b"&lt;b&gt;&amp;&#34;&#39;$x asks" in bytes(answer.body)


# A WebSocket


def access_token(scope: str = "me items", username: str = "johndoe") -> str:
    return ch09.sign_afresh(sign_in(scope, username)).access_token


GREETING: list[dict[str, Any]] = [
    {"type": "websocket.accept", "subprotocol": None, "headers": []},
    {"type": "websocket.send", "text": '{"hello":"johndoe"}'},
    {"type": "websocket.close", "code": 1000, "reason": ""},
]
REFUSAL: list[dict[str, Any]] = [
    GREETING[0],
    {
        "type": "websocket.close",
        "code": 1008,
        "reason": "the first message is a valid token",
    },
]


LATER = [
    GREETING[0],
    {"type": "websocket.close", "code": 1013, "reason": "try again later"},
]


async def test_token_in_the_first_message_is_greeted() -> None:
    heard = await talk(ch12.app, EVENTS, text(access_token()))
    assert heard == GREETING


BAD_FIRST_MESSAGES = {
    "empty": text(""),
    "nonsense": text("nonsense"),
    "header": text("Bearer {}"),
    "JSON": text('{"token": "{}"}'),
    "space behind": text("{} "),
    "binary": binary(b"\x00"),
    "bytes, and no text": {"type": "websocket.receive", "bytes": b"{}"},
    "bytes, and a text that is none": {
        "type": "websocket.receive",
        "bytes": b"{}",
        "text": None,
    },
    "closed": HANGS_UP,
    "half a letter": text("\ud800"),
    "long": text("a" * 100_000),
}


@pytest.mark.parametrize("why", BAD_FIRST_MESSAGES)
async def test_other_first_message_is_refused(why: str) -> None:
    message = dict(BAD_FIRST_MESSAGES[why])
    if isinstance(message.get("text"), str):
        message["text"] = message["text"].replace("{}", access_token())
    heard = await talk(ch12.app, EVENTS, message)
    assert heard == REFUSAL


async def test_second_message_is_too_late() -> None:
    """A token is not guessed at one connection, one after the other."""
    good = text(access_token())
    assert await talk(ch12.app, EVENTS, text("x"), good) == REFUSAL


async def test_client_that_says_nothing_is_left() -> None:
    with patch.object(ch12, "FIRST_MESSAGE", timedelta(0)):
        assert await talk(ch12.app, EVENTS) == REFUSAL


async def test_websocket_needs_the_scope_of_the_record() -> None:
    for scope, expected in (("items", REFUSAL), ("me", GREETING)):
        heard = await talk(ch12.app, EVENTS, text(access_token(scope)))
        assert heard == expected


async def test_websocket_takes_no_token_that_has_ended() -> None:
    token, refresh_token = access_token(), sign_in().refresh_token
    ch08.end_families(ch08.FamilyRow.ended_at.is_(None))
    for ended in (token, refresh_token):
        assert await talk(ch12.app, EVENTS, text(ended)) == REFUSAL
    token = access_token()
    change_row("johndoe", disabled=True)
    assert await talk(ch12.app, EVENTS, text(token)) == REFUSAL


async def test_websocket_whose_keys_or_database_are_away_is_put_off() -> None:
    """Nobody can tell whether the token is good."""
    message = text(access_token())
    away = ch09.KeysUnavailableError("https://partner.example")
    with patch.object(ch09, "read_access_token", side_effect=away):
        assert await talk(ch12.app, EVENTS, message) == LATER
    with bound(sa.create_engine("sqlite:////no/such/folder/users.db")):
        assert await talk(ch12.app, EVENTS, message) == LATER


def test_websocket_is_served_over_tcp() -> None:
    with serve(ch12.app) as server:
        address = server.url.replace("http", "ws") + EVENTS
        with connect(address, proxy=None) as websocket:
            websocket.send(access_token())
            assert json.loads(websocket.recv()) == {"hello": "johndoe"}
        for bad in ("nonsense", b"bytes"):
            with connect(address, proxy=None) as websocket:
                websocket.send(bad)
                with pytest.raises(ConnectionClosedError, match="1008"):
                    websocket.recv()
        with connect(address, proxy=None):
            pass
        assert httpx.get(server.url, trust_env=False).status_code == 200


# Tables


@both_databases
def test_tables_come_and_go_by_migration(database: sa.Engine) -> None:
    def tables() -> set[str]:
        return set(sa.inspect(database).get_table_names())

    own = {"sessions", "authorization_codes"}
    assert own <= tables()
    new_code()
    ch12.start_session(stored())
    ch07.migrate("base")
    assert tables() <= {"alembic_version"}
    ch07.migrate("ch09")
    assert not own & tables()
    ch07.move_users()
    ch07.migrate("ch12")
    assert (count(ch12.CodeRow), count(ch12.SessionRow)) == (0, 0)
    new_code()
    ch12.start_session(stored())


@both_databases
def test_tables_are_what_the_classes_say(database: sa.Engine) -> None:
    """A model that a migration forgot would fail at the first request."""
    ch07.migrate("base")
    ch07.migrate("ch12")
    bases: Any = [
        *(ch07.Base, ch08.LoginTable, ch09.IdentityTable),
        ch12.BrowserTable,
        ch12.CodeTable,
    ]
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        tables: Any = [base.metadata for base in bases]
        differences = compare_metadata(context, tables)
    assert differences == []


@both_databases
@pytest.mark.parametrize("gone", ["users", "families"])
def test_sessions_and_codes_go_with_what_they_are_of(
    database: sa.Engine, gone: str
) -> None:
    ch12.redeem(code_grant(new_code()))
    ch12.start_session(stored())
    if gone == "users":
        delete_user("johndoe")
    else:
        with ch07.Session.begin() as session:
            session.execute(sa.delete(ch08.FamilyRow))
    assert (count(ch12.CodeRow), count(ch12.SessionRow)) == (0, 0)


async def test_server_creates_what_is_missing_as_it_starts(
    database: sa.Engine,
) -> None:
    ch07.migrate("base")
    async with ch12.lifespan(ch12.app), browser_at() as browser:
        assert (await start_session(browser)).status_code == 204
        assert (await ask(browser)).status_code == 200
