"""Chapter 12's shop: a page's own server, which keeps the tokens."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from fastapi import Request

from snippets import ch08_refresh_logout as ch08
from snippets import ch12_browser_clients as ch12
from tests.support.accounts import change_row
from tests.support.browser_clients import (
    REDIRECT_URI,
    SHOP,
    SITE,
    Parameters,
    browser_at,
    clock,
    result_of,
    send,
)
from tests.support.logins import count, stored
from tests.system.contract import JOHNS_ITEMS, JOHNS_RECORD

pytestmark = pytest.mark.anyio
LOGIN, COOKIE = "__Host-login", "__Host-shop"


class Wire(httpx.AsyncBaseTransport):
    """Carries the shop's requests to chapter 12's app, and notes them."""

    def __init__(self) -> None:
        self.app = httpx.ASGITransport(ch12.app)
        self.sent: list[httpx.Request] = []
        self.answers: list[str] = []

    async def handle_async_request(
        self, request: httpx.Request
    ) -> httpx.Response:
        self.sent.append(request)
        answer = await self.app.handle_async_request(request)
        self.answers.append((await answer.aread()).decode())
        return answer


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def shop(wire: Wire) -> ch12.Shop:
    return ch12.Shop(SHOP, SITE, wire)


@pytest.fixture
async def browser(shop: ch12.Shop) -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the shop."""
    async with browser_at(SHOP, ch12.shop_app(shop)) as browser:
        yield browser


@pytest.fixture
async def attacker(shop: ch12.Shop) -> AsyncIterator[httpx.AsyncClient]:
    """Another browser at the same shop."""
    async with browser_at(SHOP, ch12.shop_app(shop)) as browser:
        yield browser


@pytest.fixture
async def site() -> AsyncIterator[httpx.AsyncClient]:
    """A browser at the authorization server."""
    async with browser_at() as site:
        yield site


async def asked_by(browser: httpx.AsyncClient) -> Parameters:
    """Begin a login at the shop, and return the request for a code."""
    answer = await browser.get("/login")
    assert answer.headers["Location"].startswith(f"{SITE}/authorize?")
    return result_of(answer)


async def answer_to(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> Parameters:
    """Log in as far as the answer that the browser takes to the shop."""
    page = await site.get("/authorize", params=await asked_by(browser))
    return result_of(await send(site, page))


async def take_back(
    browser: httpx.AsyncClient, result: Parameters
) -> httpx.Response:
    return await browser.get("/callback", params=result)


@contextmanager
def clock_of_the_shop(moment: datetime) -> Iterator[None]:
    """Let visits, and nothing else, believe that it is another time."""
    find = ch12.Visits.find

    def find_then(visits: ch12.Visits, request: Request) -> Any:
        with clock(moment):
            return find(visits, request)

    with patch.object(ch12.Visits, "find", find_then):
        yield


async def log_in(browser: httpx.AsyncClient, site: httpx.AsyncClient) -> None:
    answer = await take_back(browser, await answer_to(browser, site))
    assert (answer.status_code, answer.headers["Location"]) == (303, "/")


async def me(browser: httpx.AsyncClient) -> int:
    return (await browser.get("/api/users/me/")).status_code


# The way of an honest user


async def test_login_asks_for_a_code_with_a_challenge(
    browser: httpx.AsyncClient, shop: ch12.Shop
) -> None:
    answer = await browser.get("/login")
    asked = result_of(answer)
    [visit] = shop.logins.values()
    assert asked == {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": REDIRECT_URI,
        "scope": "me items",
        "state": visit.state,
        "code_challenge": ch12.challenge_of(visit.verifier),
        "code_challenge_method": "S256",
    }
    assert visit.verifier not in f"{answer.headers}{answer.text}"


async def test_state_and_verifier_are_random_and_new_each_time(
    browser: httpx.AsyncClient, shop: ch12.Shop
) -> None:
    for _ in range(3):
        await browser.get("/login")
    visits = shop.logins.values()
    assert {len(visit.state) for visit in visits} == {43}
    assert {len(visit.verifier) for visit in visits} == {64}
    assert len({visit.state for visit in visits}) == 3
    assert len({visit.verifier for visit in visits}) == 3


async def test_cookie_comes_along_with_the_redirect_of_another_site(
    browser: httpx.AsyncClient,
) -> None:
    answer = await browser.get("/login")
    visit = browser.cookies[LOGIN]
    assert answer.headers.get_list("Set-Cookie") == [
        f"{LOGIN}={visit}; HttpOnly; Path=/; SameSite=lax; Secure"
    ]


async def test_cookie_of_a_login_comes_with_the_shops_own_requests_alone(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> None:
    answer = await take_back(browser, await answer_to(browser, site))
    visit = browser.cookies[COOKIE]
    assert answer.headers.get_list("Set-Cookie") == [
        f"{COOKIE}={visit}; HttpOnly; Path=/; SameSite=strict; Secure"
    ]


async def test_user_logs_in_and_the_page_reads_the_api(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> None:
    await log_in(browser, site)
    record = await browser.get("/api/users/me/")
    assert (record.status_code, record.json()) == (200, JOHNS_RECORD)
    items = await browser.get("/api/users/me/items/")
    assert items.json() == JOHNS_ITEMS
    assert record.headers["Cache-Control"] == "no-store"
    assert record.headers["Content-Type"] == "application/json"


async def test_no_token_code_or_verifier_reaches_the_page(
    browser: httpx.AsyncClient,
    site: httpx.AsyncClient,
    shop: ch12.Shop,
) -> None:
    begun = await browser.get("/login")
    [visit] = shop.logins.values()
    page = await site.get("/authorize", params=result_of(begun))
    result = result_of(await send(site, page))
    answers = [
        begun,
        await take_back(browser, result),
        await take_back(browser, result),
        *[
            await browser.get(path)
            for path in ("/", "/shop.js", "/api/users/me/", "/api/no/")
        ],
    ]
    [logged_in] = shop.visits.values()
    secrets = [
        *(logged_in.tokens["access_token"], result["code"], visit.verifier),
        logged_in.tokens["refresh_token"],
    ]
    for answer in answers:
        said = f"{answer.headers}{answer.text}"
        assert [secret for secret in secrets if secret in said] == []


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/shop.js", "text/javascript")],
)
async def test_page_is_stored_and_framed_nowhere(
    browser: httpx.AsyncClient, path: str, kind: str
) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 200
    assert answer.headers["Content-Type"] == f"{kind}; charset=utf-8"
    for name, value in ch12.PAGE_HEADERS.items():
        assert answer.headers[name] == value


async def test_visit_is_known_by_the_hash_of_its_cookie(
    browser: httpx.AsyncClient, site: httpx.AsyncClient, shop: ch12.Shop
) -> None:
    await log_in(browser, site)
    cookie = browser.cookies[COOKIE]
    assert list(shop.visits) == [ch08.hash_token(cookie)]


# Answers that are none to this browser's question


WRONG: dict[str, dict[str, str | None]] = {
    "no state": {"state": None},
    "empty state": {"state": ""},
    "another state": {"state": "x"},
    "no issuer": {"iss": None},
    "empty issuer": {"iss": ""},
    "another issuer": {"iss": "https://partner.example"},
    "slash behind the issuer": {"iss": f"{SITE}/"},
    "no code": {"code": None},
    "empty code": {"code": ""},
    "another code": {"code": "x"},
    "error": {"code": None, "error": "access_denied"},
    "nothing": {"code": None, "state": None, "iss": None},
}


@pytest.mark.parametrize("why", WRONG)
async def test_answer_is_refused_with(
    browser: httpx.AsyncClient, site: httpx.AsyncClient, why: str
) -> None:
    result = await answer_to(browser, site)
    changed = {
        name: value
        for name, value in {**result, **WRONG[why]}.items()
        if value is not None
    }
    answer = await take_back(browser, changed)
    assert answer.status_code == 400
    assert "Set-Cookie" not in answer.headers
    assert await me(browser) == 401
    assert count(ch08.FamilyRow) == 0
    # The true answer, if it comes after all, still counts.
    assert (await take_back(browser, result)).status_code == 303


async def test_answer_from_another_issuer_sends_no_code_anywhere(
    browser: httpx.AsyncClient, site: httpx.AsyncClient, wire: Wire
) -> None:
    """Mix-up: RFC 9207; the code would go to the wrong server."""
    result = await answer_to(browser, site)
    await take_back(browser, {**result, "iss": "https://evil.example"})
    await take_back(browser, {**result, "state": "x"})
    assert wire.sent == []


async def test_page_hears_that_the_user_has_denied_it(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> None:
    page = await site.get("/authorize", params=await asked_by(browser))
    result = result_of(await send(site, page, decision="deny"))
    answer = await take_back(browser, result)
    assert answer.status_code == 400
    assert answer.json() == {"detail": "access_denied"}


async def test_answer_counts_in_the_browser_that_asked_alone(
    browser: httpx.AsyncClient,
    attacker: httpx.AsyncClient,
    site: httpx.AsyncClient,
) -> None:
    """Login CSRF: the visitor would shop in the attacker's account."""
    attackers = await answer_to(attacker, site)
    assert (await take_back(browser, attackers)).status_code == 400
    await browser.get("/login")
    assert (await take_back(browser, attackers)).status_code == 400
    assert await me(browser) == 401
    assert (await take_back(attacker, attackers)).status_code == 303


async def test_stolen_code_is_of_no_use_in_the_attackers_own_login(
    browser: httpx.AsyncClient,
    attacker: httpx.AsyncClient,
    site: httpx.AsyncClient,
) -> None:
    """Code injection (RFC 9700 §4.5): the verifier is another one."""
    stolen = (await answer_to(browser, site))["code"]
    own = await answer_to(attacker, site)
    answer = await take_back(attacker, {**own, "code": stolen})
    assert answer.status_code == 400
    assert answer.json() == {"detail": "the code was refused"}
    assert await me(attacker) == 401
    assert count(ch08.FamilyRow) == 0


async def test_answer_counts_once(
    browser: httpx.AsyncClient, site: httpx.AsyncClient, wire: Wire
) -> None:
    result = await answer_to(browser, site)
    await take_back(browser, result)
    assert (await take_back(browser, result)).status_code == 400
    assert [request.url.path for request in wire.sent] == ["/token"]
    assert await me(browser) == 200


async def test_cookie_that_an_attacker_planted_is_not_logged_in(
    browser: httpx.AsyncClient,
    attacker: httpx.AsyncClient,
    site: httpx.AsyncClient,
) -> None:
    """Session fixation: the login gives the browser another cookie."""
    result = await answer_to(attacker, site)
    planted = attacker.cookies[LOGIN]
    browser.cookies.set(LOGIN, planted, domain="shop.example", path="/")
    attacker.cookies.set(COOKIE, planted, domain="shop.example", path="/")
    answer = await take_back(browser, result)
    assert planted not in answer.headers["Set-Cookie"]
    assert await me(attacker) == 401


# What the server remembers


async def test_link_of_another_page_to_the_login_logs_nobody_out(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> None:
    await log_in(browser, site)
    cookie = browser.cookies[COOKIE]
    await browser.get("/login")
    assert browser.cookies[COOKIE] == cookie
    assert await me(browser) == 200


@pytest.mark.parametrize(
    ("late", "status"),
    [(timedelta(seconds=-1), 303), (timedelta(0), 400)],
)
async def test_login_that_was_begun_is_forgotten_after_ten_minutes(
    browser: httpx.AsyncClient,
    site: httpx.AsyncClient,
    shop: ch12.Shop,
    late: timedelta,
    status: int,
) -> None:
    result = await answer_to(browser, site)
    [visit] = shop.logins.values()
    visit.begun = datetime.now(UTC)
    assert shop.logins.life == timedelta(minutes=10)
    shop.logins.life = timedelta(seconds=30)
    with clock_of_the_shop(visit.begun + timedelta(seconds=30) + late):
        answer = await take_back(browser, result)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("late", "status"),
    [(timedelta(seconds=-1), 200), (timedelta(0), 401)],
)
async def test_user_is_forgotten_when_the_token_has_expired(
    browser: httpx.AsyncClient,
    site: httpx.AsyncClient,
    shop: ch12.Shop,
    wire: Wire,
    late: timedelta,
    status: int,
) -> None:
    await log_in(browser, site)
    [visit] = shop.visits.values()
    asked = len(wire.sent)
    with clock_of_the_shop(visit.begun + ch08.ACCESS_LIFETIME + late):
        answer = await browser.get("/api/status/")
    assert answer.status_code == status
    assert len(wire.sent) - asked == (status == 200)


async def test_oldest_login_makes_room_for_the_next(
    browser: httpx.AsyncClient,
    attacker: httpx.AsyncClient,
    site: httpx.AsyncClient,
    shop: ch12.Shop,
) -> None:
    assert (shop.logins.most, shop.visits.most) == (10_000, 10_000)
    shop.logins.most = 2
    result = await answer_to(browser, site)
    for _ in range(3):
        await attacker.get("/login")
        assert len(shop.logins) == 2
    assert (await take_back(browser, result)).status_code == 400


async def test_logins_that_are_only_begun_push_no_user_out(
    browser: httpx.AsyncClient,
    attacker: httpx.AsyncClient,
    site: httpx.AsyncClient,
    shop: ch12.Shop,
) -> None:
    shop.logins.most = shop.visits.most = 2
    await log_in(browser, site)
    for _ in range(3):
        await attacker.get("/login")
    assert await me(browser) == 200


# What a page may call


@pytest.mark.parametrize(
    "path", ["/api/users/me/", "/api/", "/api/no/such/path"]
)
async def test_page_without_a_login_calls_nothing(
    browser: httpx.AsyncClient, wire: Wire, path: str
) -> None:
    for cookie in (None, "x"):
        headers = {"Cookie": f"{COOKIE}={cookie}"} if cookie else {}
        answer = await browser.get(path, headers=headers)
        assert answer.status_code == 401
        assert answer.headers["WWW-Authenticate"].startswith("Session ")
    await browser.get("/login")  # a visit, not yet a login
    assert (await browser.get(path)).status_code == 401
    assert wire.sent == []


async def test_status_of_the_api_is_passed_on(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> None:
    await log_in(browser, site)
    assert (await browser.get("/api/no/such/path")).status_code == 404
    assert (await browser.get("/api/token")).status_code == 405
    assert await me(browser) == 200
    ch08.end_families(ch08.FamilyRow.user_id == stored().id)
    assert await me(browser) == 401


async def test_scope_that_was_not_granted_is_a_403(
    browser: httpx.AsyncClient, site: httpx.AsyncClient
) -> None:
    change_row("johndoe", scopes="me")
    await log_in(browser, site)
    assert await me(browser) == 200
    items = await browser.get("/api/users/me/items/")
    assert items.status_code == 403


@pytest.mark.parametrize(
    "path",
    [
        *("/apihttps://evil.example/", "/api/https://evil.example/"),
        *("/api//evil.example/", "/api///evil.example/"),
        *("/api@evil.example/", "/api/@evil.example/"),
        *("/api/\\evil.example/", "/api/%2F%2Fevil.example/"),
        *("/api/%68ttps:%2F%2Fevil.example/", "/api:80/"),
        "/api.evil.example/",
        *("/api/?x=https://evil.example", "/api/%0d%0aHost:%20evil.example"),
        *("/api/%23https://evil.example", "/api/../../evil"),
    ],
)
async def test_token_is_sent_to_no_other_host(
    browser: httpx.AsyncClient,
    site: httpx.AsyncClient,
    wire: Wire,
    path: str,
) -> None:
    """A link to such a path would be enough: the cookie comes along."""
    await log_in(browser, site)
    wire.sent.clear()
    await browser.get(httpx.URL(SHOP).copy_with(raw_path=path.encode()))
    for request in wire.sent:
        assert request.url.host == request.headers["Host"] == "course.example"
        assert request.url.scheme == "https"


@pytest.mark.parametrize("method", ["POST", "DELETE", "PUT", "PATCH"])
async def test_page_changes_nothing_by_the_shop(
    browser: httpx.AsyncClient,
    site: httpx.AsyncClient,
    wire: Wire,
    method: str,
) -> None:
    """The shop is a page to read: no form or script needs more."""
    await log_in(browser, site)
    wire.sent.clear()
    for path in ("/api/users/me/logins/", "/api/users/me/password"):
        assert (await browser.request(method, path)).status_code == 405
    assert wire.sent == []


async def test_code_that_another_has_used_ends_the_login_at_the_shop(
    browser: httpx.AsyncClient, site: httpx.AsyncClient, wire: Wire
) -> None:
    await log_in(browser, site)
    [request] = wire.sent
    stolen = parse_qs(request.content.decode())["code"][0]
    thief = {"grant_type": "authorization_code", "code": stolen}
    assert (await site.post("/token", data=thief)).status_code == 400
    assert await me(browser) == 401


async def test_tokens_are_asked_for_where_the_shop_was_told(
    browser: httpx.AsyncClient, site: httpx.AsyncClient, wire: Wire
) -> None:
    await log_in(browser, site)
    [request] = wire.sent
    assert (request.method, str(request.url)) == ("POST", f"{SITE}/token")
    assert not urlsplit(str(request.url)).query
