"""Chapter 12's session: a login behind a cookie that no script can read."""

import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from unittest.mock import patch

import httpx
import pytest
import sqlalchemy as sa

from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch12_browser_clients as ch12
from tests.support.accounts import change_row, delete_user
from tests.support.browser_clients import (
    FROM_PAGE,
    VERIFIER,
    ask,
    browser_at,
    clock,
    log_in_by_code,
    new_code,
    send,
    session_status,
    start_session,
    trade,
)
from tests.support.clients import bearer
from tests.support.logins import count, log_in, now, status, stored
from tests.system.contract import JOHNS_RECORD

pytestmark = pytest.mark.anyio
COOKIE = ch12.SESSION_COOKIE
NEW = "a new password, long enough"


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(raise_app_exceptions=False) as browser:
        yield browser


async def open_session(browser: httpx.AsyncClient) -> str:
    """Log johndoe in to a session, and return its id."""
    answer = await start_session(browser)
    assert answer.status_code == 204, answer.text
    return str(browser.cookies[COOKIE])


async def status_with(cookie: str | bytes) -> int:
    """Ask who is logged in, with a header `Cookie` as it is."""
    value = cookie.encode() if isinstance(cookie, str) else cookie
    headers = {b"Cookie": COOKIE.encode() + b"=" + value}
    async with browser_at(raise_app_exceptions=False) as browser:
        return (await browser.get("/session/", headers=headers)).status_code


# The cookie


async def test_cookie_is_sent_to_this_host_alone_and_to_no_script(
    browser: httpx.AsyncClient,
) -> None:
    answer = await start_session(browser)
    session_id = browser.cookies[COOKIE]
    assert answer.headers.get_list("Set-Cookie") == [
        f"{COOKIE}={session_id}; HttpOnly; Path=/; SameSite=strict; Secure"
    ]
    assert COOKIE.startswith("__Host-")
    assert answer.content == b""


async def test_session_knows_its_user(browser: httpx.AsyncClient) -> None:
    await open_session(browser)
    answer = await browser.get("/session/")
    assert (answer.status_code, answer.json()) == (200, JOHNS_RECORD)


async def test_session_id_has_256_bits_and_is_stored_as_a_hash(
    browser: httpx.AsyncClient,
) -> None:
    session_id = await open_session(browser)
    assert len(session_id) == 43
    with ch07.Session() as session:
        row = session.scalars(sa.select(ch12.SessionRow)).one()
    assert row.id_hash == ch08.hash_token(session_id)
    assert await status_with(row.id_hash) == 401


async def test_id_of_an_attacker_is_never_taken_over(
    browser: httpx.AsyncClient,
) -> None:
    """Session fixation: with an id that is made up, and with a real one."""
    async with browser_at() as attacker:
        await attacker.post(
            "/session/",
            data={"username": "alice", "password": "wrong"},
            headers=FROM_PAGE,
        )
        for planted in ("x" * 43, await open_session(attacker)):
            browser.cookies.clear()
            browser.cookies.set(COOKIE, planted, domain="course.example")
            answer = await start_session(browser)
            given = answer.headers["Set-Cookie"].partition(";")[0]
            assert planted not in given


async def test_every_login_has_an_id_of_its_own(
    browser: httpx.AsyncClient,
) -> None:
    ids = {await open_session(browser) for _ in range(3)}
    assert len(ids) == 3


# Logins that are refused


REFUSED = {
    "wrong password": ("johndoe", "wrong"),
    "unknown user": ("nobody", "secret"),
    "disabled user": ("alice", "secret2"),
    "NUL": ("johndoe\0", "secret\0"),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_refused_login_starts_no_session_and_does_not_say_why(
    browser: httpx.AsyncClient, why: str
) -> None:
    first = await start_session(browser, *REFUSED["wrong password"])
    answer = await start_session(browser, *REFUSED[why])
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert answer.content == first.content
    assert "Set-Cookie" not in answer.headers
    assert count(ch12.SessionRow) == 0


@pytest.mark.parametrize("missing", ["username", "password"])
async def test_login_without_a_field_repeats_none(
    browser: httpx.AsyncClient, missing: str
) -> None:
    form = {"username": "keep-me-out", "password": "keep-me-out"}
    del form[missing]
    answer = await browser.post("/session/", data=form, headers=FROM_PAGE)
    assert answer.is_client_error
    assert "keep-me-out" not in answer.text


async def test_user_without_scopes_gets_no_session(
    browser: httpx.AsyncClient,
) -> None:
    change_row("johndoe", scopes="")
    answer = await start_session(browser)
    assert answer.json()["error"] == "invalid_scope"
    assert count(ch12.SessionRow) == 0


@pytest.mark.parametrize("scopes", ["me", "items"])
async def test_session_needs_no_special_scope(
    browser: httpx.AsyncClient, scopes: str
) -> None:
    change_row("johndoe", scopes=scopes)
    await open_session(browser)
    assert await session_status(browser) == 200


# Requests that other pages start


async def test_login_that_another_page_may_have_sent_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    """A form of any page can send all of it but the header."""
    form = {"username": "johndoe", "password": "secret"}
    with patch.object(ch07, "verify_any", wraps=ch07.verify_any) as hashed:
        answer = await browser.post("/session/", data=form)
    assert answer.status_code == 403
    assert answer.json()["error"] == "access_denied"
    assert "Set-Cookie" not in answer.headers
    assert not hashed.called


async def test_logout_that_another_page_may_have_sent_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    await open_session(browser)
    assert (await browser.delete("/session/")).status_code == 403
    assert await session_status(browser) == 200


async def test_field_in_place_of_the_header_is_not_enough(
    browser: httpx.AsyncClient,
) -> None:
    form = {"username": "johndoe", "password": "secret", **FROM_PAGE}
    for answer in (
        await browser.post("/session/", data=form),
        await browser.post("/session/", data=form, params=FROM_PAGE),
    ):
        assert answer.status_code == 403


@pytest.mark.parametrize("method", ["PUT", "PATCH", "HEAD", "TRACE"])
async def test_other_method_does_nothing(
    browser: httpx.AsyncClient, method: str
) -> None:
    await open_session(browser)
    assert (await browser.request(method, "/session/")).status_code == 405
    assert await session_status(browser) == 200


async def test_form_that_claims_to_be_another_method_is_a_login(
    browser: httpx.AsyncClient,
) -> None:
    await open_session(browser)
    override = {"X-HTTP-Method-Override": "DELETE"}
    answer = await browser.post(
        "/session/", data={"_method": "DELETE"}, headers=override
    )
    assert answer.status_code in (400, 403, 422)
    assert await session_status(browser) == 200


async def test_request_without_a_session_is_told_to_log_in(
    browser: httpx.AsyncClient,
) -> None:
    for answer in (
        await browser.get("/session/"),
        await browser.delete("/session/", headers=FROM_PAGE),
    ):
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Session ")


# The end


async def test_logout_ends_the_session_in_the_database(
    browser: httpx.AsyncClient,
) -> None:
    session_id = await open_session(browser)
    answer = await browser.delete("/session/", headers=FROM_PAGE)
    assert answer.status_code == 204
    [cookie] = answer.headers.get_list("Set-Cookie")
    name_and_value, *attributes = cookie.split("; ")
    assert name_and_value == f'{COOKIE}=""'
    assert {"Max-Age=0", "Path=/", "Secure"} <= set(attributes)
    assert COOKIE not in browser.cookies
    assert await status_with(session_id) == 401


async def test_logout_ends_this_session_alone(
    browser: httpx.AsyncClient,
) -> None:
    async with browser_at() as other:
        await open_session(other)
        tokens = await log_in(browser)
        await open_session(browser)
        await browser.delete("/session/", headers=FROM_PAGE)
        assert await session_status(other) == 200
        assert await status(other, tokens["access_token"]) == 200


Act = Callable[[httpx.AsyncClient], Awaitable[object]]


async def log_out_everywhere(browser: httpx.AsyncClient) -> None:
    tokens = await log_in(browser)
    headers = bearer(tokens["access_token"])
    done = await browser.delete("/users/me/logins/", headers=headers)
    assert done.status_code == 204


async def change_password(browser: httpx.AsyncClient) -> None:
    headers = bearer((await log_in(browser))["access_token"])
    change = {"old_password": "secret", "new_password": NEW}
    done = await browser.post(
        "/users/me/password", json=change, headers=headers
    )
    assert done.status_code == 204


async def set_password(browser: httpx.AsyncClient) -> None:
    """As an administrator does, who ends no login."""
    change_row("johndoe", password_changed_at=now())


async def disable(browser: httpx.AsyncClient) -> None:
    change_row("johndoe", disabled=True)


async def delete(browser: httpx.AsyncClient) -> None:
    delete_user("johndoe")


async def forget(browser: httpx.AsyncClient) -> None:
    with ch07.Session.begin() as session:
        session.execute(sa.delete(ch12.SessionRow))


ENDS: list[Act] = [
    *(log_out_everywhere, change_password, set_password, disable, delete),
    forget,
]


@pytest.mark.parametrize("end", ENDS, ids=lambda end: end.__name__)
async def test_session_ends_with(browser: httpx.AsyncClient, end: Act) -> None:
    await open_session(browser)
    assert await session_status(browser) == 200
    await end(browser)
    assert await session_status(browser) == 401
    refused = await browser.delete("/session/", headers=FROM_PAGE)
    assert refused.status_code == 401


async def test_session_of_another_user_goes_on(
    browser: httpx.AsyncClient,
) -> None:
    change_row("alice", disabled=False)
    await start_session(browser, "alice", "secret2")
    async with browser_at() as john:
        await log_out_everywhere(john)
        await change_password(john)
    assert (await browser.get("/session/")).json()["username"] == "alice"


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (timedelta(microseconds=-1), 200),
        (timedelta(0), 401),
        (timedelta(seconds=1), 401),
    ],
    ids=["before", "at its end", "after"],
)
async def test_session_ends_with_its_login(
    browser: httpx.AsyncClient, moment: timedelta, expected: int
) -> None:
    await open_session(browser)
    with ch07.Session() as session:
        family = session.scalars(sa.select(ch08.FamilyRow)).one()
    assert family.expires_at - family.renewed_at == timedelta(days=30)
    with clock(family.expires_at + moment):
        assert await session_status(browser) == expected


async def test_login_that_ends_during_a_logout_is_no_crash(
    browser: httpx.AsyncClient,
) -> None:
    await open_session(browser)
    find_session, asked = ch12.find_session, list[str]()

    def find(session_id: str) -> ch08.FamilyRow | None:
        asked.append(session_id)
        return find_session(session_id) if len(asked) == 1 else None

    with patch.object(ch12, "find_session", find):
        answer = await browser.delete("/session/", headers=FROM_PAGE)
    assert (answer.status_code, len(asked)) == (204, 2)


# A session is no token, and a token no session


async def test_token_is_no_session(browser: httpx.AsyncClient) -> None:
    tokens = await log_in(browser)
    for token in (tokens["access_token"], tokens["refresh_token"]):
        assert await status_with(token) == 401
        answer = await browser.get("/session/", headers=bearer(token))
        assert answer.status_code == 401


async def test_session_is_no_token(browser: httpx.AsyncClient) -> None:
    session_id = await open_session(browser)
    for path in ("/users/me/", "/users/me/items/", "/status/"):
        assert (await browser.get(path)).status_code == 401
        answer = await browser.get(path, headers=bearer(session_id))
        assert answer.status_code == 401
    for method, path in (
        ("DELETE", "/users/me/logins/"),
        ("POST", "/users/me/password"),
    ):
        answer = await browser.request(method, path, headers=FROM_PAGE)
        assert answer.status_code == 401
    form = {"grant_type": "refresh_token", "refresh_token": session_id}
    answer = await browser.post("/token", data=form)
    assert answer.json()["error"] == "invalid_grant"
    assert await session_status(browser) == 200


async def test_session_gives_no_code_without_a_password(
    browser: httpx.AsyncClient,
) -> None:
    await open_session(browser)
    answer = await send(browser, await ask(browser), password="")
    assert answer.status_code == 400
    assert count(ch12.CodeRow) == 0


@pytest.mark.parametrize(
    "cookie",
    [
        *(b"", b"x", b" ", b"null", b'""', b"\xff", b"\xc3\xa9", b"a" * 9000),
        *(b"' OR 1=1 --", b"x; ", b"=", b"%00"),
    ],
    ids=repr,
)
async def test_cookie_that_is_no_session_is_refused(
    browser: httpx.AsyncClient, cookie: bytes
) -> None:
    await open_session(browser)
    assert await status_with(cookie) == 401


# What is written down


async def test_no_secret_of_a_login_is_logged_or_printed(
    browser: httpx.AsyncClient,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    session_id = await open_session(browser)
    await session_status(browser)
    tokens = await log_in_by_code(browser)
    form_token = browser.cookies[ch12.FORM_COOKIE]
    code = new_code()
    for _ in range(2):
        await trade(browser, code)
    await start_session(browser, password="a-wrong-password")
    written = "".join([caplog.text, *capfd.readouterr()])
    for secret in (
        *(session_id, form_token, code, VERIFIER, "a-wrong-password"),
        *(tokens["refresh_token"], tokens["access_token"].split(".")[2]),
    ):
        assert secret not in written


async def test_login_of_a_session_has_no_token_outside(
    browser: httpx.AsyncClient,
) -> None:
    """Its family has a refresh token, which nobody has ever seen."""
    answer = await start_session(browser)
    assert answer.content == b""
    assert len(answer.headers.get_list("Set-Cookie")) == 1
    assert count(ch08.RefreshTokenRow) == 1
    assert ch12.user_of_session(browser.cookies[COOKIE]) == stored()


async def test_password_that_changes_during_a_login_starts_no_session(
    browser: httpx.AsyncClient,
) -> None:
    """The login is of the password that was typed."""
    start = ch12.start_session

    def change_first(user: ch07.StoredUser) -> str:
        change = ch07.PasswordChange(old_password="secret", new_password=NEW)
        ch07.change_password(user, change)
        return start(user)

    with patch.object(ch12, "start_session", change_first):
        await start_session(browser)
    assert await session_status(browser) == 401
