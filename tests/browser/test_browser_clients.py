"""Chapter 12's pages in Chromium, and pages of other origins against them.

Chromium keeps `Secure` and `__Host-` cookies of this machine without TLS.
`127.0.0.1` and `localhost` are two sites; two ports of one of them are two
origins of one site, and `SameSite` does not part those.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any
from unittest.mock import patch
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from fastapi import FastAPI
from fastapi.responses import HTMLResponse, RedirectResponse
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Error,
    Page,
    Request,
    Response,
    expect,
)
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from course.classroom.server import Server
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from snippets import ch12_browser_clients as ch12
from tests.support.accounts import change_row
from tests.support.chromium import new_context

pytestmark = pytest.mark.browser
NOBODY = "Nobody is logged in."
JOHN = "Logged in: johndoe"
ALICE = "Logged in: alice"
# The answer to a script's request, or its failure.
READ = """async ([url, options]) => {
    const response = await fetch(url, options);
    return [response.status, await response.text(),
            response.headers.get("WWW-Authenticate")];
}"""
SUBMIT = """([url, fields]) => {
    const form = document.createElement("form");
    [form.method, form.action] = ["post", url];
    for (const [name, value] of Object.entries(fields)) {
        const input = document.createElement("input");
        [input.name, input.value] = [name, value];
        form.append(input);
    }
    document.body.append(form);
    HTMLFormElement.prototype.submit.call(form);
}"""


@dataclass
class Site:
    """A server on this machine, and the bodies of what it was sent."""

    app: ASGIApp
    received: list[tuple[str, str, bytes]] = field(default_factory=list)

    async def __call__(
        self, scope: Scope, receive: Receive, send: Send
    ) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        message = await receive()
        while message.get("more_body"):
            more = await receive()
            message = {**more, "body": message["body"] + more["body"]}
        seen = (scope["method"], scope["path"], message["body"])
        self.received.append(seen)
        waiting = [message]

        async def listen() -> Message:
            return waiting.pop() if waiting else await receive()

        await self.app(scope, listen, send)


def blank() -> FastAPI:
    """Make an app with one page, whose scripts are typed by the tests."""
    app = FastAPI()

    @app.get("/", response_class=HTMLResponse)
    def read_page() -> str:
        return "<!doctype html><title>A page</title><body></body>"

    return app


def at_localhost(url: str) -> str:
    """Name the same server as another site."""
    return url.replace("127.0.0.1", "localhost")


@dataclass
class World:
    """Chapter 12's app, its shop on another site, and two more servers."""

    context: BrowserContext
    course: str
    shop: str
    friend: str  # a page whose origin the app allows by CORS
    evil: str  # a page that it does not know
    at_shop: Site
    requests: list[Request]

    def page(self, url: str) -> Page:
        """Open an address in a new tab."""
        page = self.context.new_page()
        page.goto(url)
        return page

    def who(self) -> str:
        """Open our own page, and return who is logged in there."""
        page = self.page(self.course)
        status, body, _ = run(page, "/session/")
        page.close()
        if status == 401:
            return NOBODY
        return f"Logged in: {json.loads(body)['username']}"


@pytest.fixture
def world(browser: Browser) -> Iterator[World]:
    """Serve everything, and open a browser without cookies.

    No request may leave this machine.
    """
    with ExitStack() as stack:
        friend = stack.enter_context(Server(blank())).url
        evil = stack.enter_context(Server(blank())).url
        origins = patch.object(ch12, "PAGE_ORIGINS", [friend])
        stack.enter_context(origins)
        ch12.app.middleware_stack = None  # made anew, for these origins
        stack.callback(setattr, ch12.app, "middleware_stack", None)
        course = stack.enter_context(Server(ch12.app)).url
        at_shop = Site(FastAPI())
        shop = at_localhost(stack.enter_context(Server(at_shop)).url)
        at_shop.app = ch12.shop_app(ch12.Shop(shop, course))
        client = ch12.Client("A shop", (f"{shop}/callback",))
        stack.enter_context(patch.dict(ch12.CLIENTS, shop=client))
        context = new_context(browser)
        stack.callback(context.close)
        requests: list[Request] = []
        context.on("request", lambda one: requests.append(one))
        yield World(context, course, shop, friend, evil, at_shop, requests)
        hosts = {urlsplit(request.url).hostname for request in requests}
        assert hosts <= {"127.0.0.1", "localhost"}


def log_in(
    page: Page,
    button: str,
    username: str = "johndoe",
    password: str = "secret",
) -> None:
    """Type username and password, and press a button."""
    page.get_by_label("Username").fill(username)
    page.get_by_label("Password").fill(password)
    page.get_by_role("button", name=button).click()


def is_answer_to(method: str, path: str) -> Callable[[Response], bool]:
    """Recognise the answer to a request."""
    return lambda answer: (
        answer.request.method == method and urlsplit(answer.url).path == path
    )


def who(page: Page) -> Any:
    return expect(page.locator("#who"))


def run(page: Page, url: str, **options: Any) -> Any:
    """Let a script of a page send a request, and return what it reads."""
    return page.evaluate(READ, [url, options])


# Our own page


def test_token_in_memory_is_lost_when_the_page_is_loaded_again(
    world: World,
) -> None:
    page = world.page(world.course)
    who(page).to_have_text(NOBODY)
    log_in(page, "Keep a token in memory")
    who(page).to_have_text(JOHN)
    page.reload()
    who(page).to_have_text(NOBODY)
    assert page.evaluate("() => token") == ""
    assert world.who() == NOBODY


def test_session_outlives_the_page(world: World) -> None:
    page = world.page(world.course)
    log_in(page, "Start a session")
    who(page).to_have_text(JOHN)
    page.reload()
    who(page).to_have_text(JOHN)
    assert world.who() == JOHN


@pytest.mark.parametrize(
    "button", ["Keep a token in memory", "Start a session"]
)
def test_wrong_password_logs_nobody_in(world: World, button: str) -> None:
    page = world.page(world.course)
    path = "/session/" if "session" in button else "/users/me/"
    with page.expect_response(is_answer_to("GET", path)):
        log_in(page, button, password="wrong")
    who(page).to_have_text(NOBODY)
    assert world.context.cookies() == []


def test_injected_script_reads_a_token_in_memory_and_not_the_cookie(
    world: World,
) -> None:
    """XSS: what any script in the page can do, this one does.

    It steals the token. The session it can only use, while the page is open.
    """
    page = world.page(world.course)
    log_in(page, "Keep a token in memory")
    who(page).to_have_text(JOHN)
    assert page.evaluate("() => token").count(".") == 2
    with page.expect_response(is_answer_to("GET", "/session/")):
        log_in(page, "Start a session")
    page.reload()
    who(page).to_have_text(JOHN)
    assert page.evaluate("() => document.cookie") == ""
    assert page.evaluate("() => ({...localStorage})") == {}
    status, record, _ = run(page, "/session/")
    assert (status, "johndoe" in record) == (200, True)
    [cookie] = world.context.cookies()
    assert cookie["name"] == "__Host-session"
    assert cookie["httpOnly"]
    assert cookie["secure"]
    assert cookie["sameSite"] == "Strict"
    assert cookie["expires"] == -1


@pytest.mark.parametrize("is_on", [True, False], ids=["policy", "no policy"])
def test_policy_stops_a_script_that_is_written_into_the_page(
    world: World, is_on: bool
) -> None:
    headers = dict(ch12.PAGE_HEADERS)
    if not is_on:
        del headers["Content-Security-Policy"]
    with patch.object(ch12, "PAGE_HEADERS", headers):
        page = world.page(world.course)
    page.evaluate(
        """() => {
            const script = document.createElement("script");
            script.textContent = "window.injected = true";
            document.body.append(script);
        }"""
    )
    assert page.evaluate("() => window.injected === true") is not is_on


# Pages of other origins, against the session


NEIGHBOURS: dict[str, Callable[[str], str]] = {
    "another port": str,
    "another site": at_localhost,
}
neighbours = pytest.mark.parametrize("whose", NEIGHBOURS)


def enable_alice() -> dict[str, str]:
    """Return the attacker's own username and password."""
    change_row("alice", disabled=False)
    return {"username": "alice", "password": "secret2"}


@neighbours
@pytest.mark.parametrize(
    ("is_on", "victim"), [(True, NOBODY), (False, ALICE)], ids=["on", "off"]
)
def test_form_of_another_page_logs_nobody_in_because_of_the_header(
    world: World, whose: str, is_on: bool, victim: str
) -> None:
    """Login CSRF. Without the header's check the attack succeeds.

    `SameSite=Strict` does not help: it says when a cookie is sent.
    """
    page = world.page(NEIGHBOURS[whose](world.evil))
    with ExitStack() as stack:
        if not is_on:
            no_check = patch.object(ch12, "check_from_page")
            stack.enter_context(no_check)
        with page.expect_response(is_answer_to("POST", "/session/")):
            page.evaluate(SUBMIT, [f"{world.course}/session/", enable_alice()])
    assert world.who() == victim


@pytest.mark.parametrize(
    ("is_on", "victim"), [(True, JOHN), (False, ALICE)], ids=["on", "off"]
)
def test_script_of_another_port_changes_no_session_because_of_the_header(
    world: World, is_on: bool, victim: str
) -> None:
    """The other port is of the same site: the browser stores its cookie."""
    mine = world.page(world.course)
    log_in(mine, "Start a session")
    who(mine).to_have_text(JOHN)
    page = world.page(world.evil)
    body = "&".join(f"{k}={v}" for k, v in enable_alice().items())
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    with ExitStack() as stack:
        if not is_on:
            stack.enter_context(patch.object(ch12, "check_from_page"))
        page.evaluate(
            "([url, options]) => fetch(url, options).catch(() => null)",
            [
                f"{world.course}/session/",
                {
                    "method": "POST",
                    "mode": "no-cors",
                    "credentials": "include",
                    "headers": form,
                    "body": body,
                },
            ],
        )
    assert world.who() == victim


@neighbours
@pytest.mark.parametrize("credentials", ["omit", "include"])
@pytest.mark.parametrize(
    ("method", "headers"),
    [
        ("GET", {}),
        ("POST", {}),
        ("POST", {"X-From-Page": "yes"}),
        ("DELETE", {}),
        ("DELETE", {"X-From-Page": "yes"}),
    ],
)
def test_script_of_another_origin_neither_reads_nor_ends_a_session(
    world: World,
    whose: str,
    credentials: str,
    method: str,
    headers: dict[str, str],
) -> None:
    mine = world.page(world.course)
    log_in(mine, "Start a session")
    who(mine).to_have_text(JOHN)
    for origin in (world.evil, world.friend):
        page = world.page(NEIGHBOURS[whose](origin))
        with pytest.raises(Error, match="Failed to fetch"):
            run(
                page,
                f"{world.course}/session/",
                method=method,
                headers=headers,
                credentials=credentials,
            )
    assert world.who() == JOHN


@neighbours
@pytest.mark.parametrize("path", ["/", "/authorize?"])
@pytest.mark.parametrize("is_on", [True, False], ids=["on", "off"])
def test_page_is_shown_in_no_frame_of_another(
    world: World, whose: str, path: str, is_on: bool
) -> None:
    """Clickjacking: RFC 9700 §4.16."""
    if path != "/":
        page = world.page(world.shop)
        with page.expect_response("**/authorize?*") as asked:
            page.get_by_role("link", name="Log in").click()
        path = asked.value.url.removeprefix(world.course)
    headers = dict(ch12.PAGE_HEADERS)
    if not is_on:
        del headers["Content-Security-Policy"]
    page = world.page(NEIGHBOURS[whose](world.evil))
    with patch.object(ch12, "PAGE_HEADERS", headers):
        page.evaluate(
            """url => new Promise(done => {
                const frame = document.createElement("iframe");
                frame.onload = done;
                frame.src = url;
                document.body.append(frame);
            })""",
            world.course + path,
        )
    frame = page.frames[1]
    frame.wait_for_url(lambda url: url != "")
    assert frame.url.startswith("chrome-error:") is is_on
    assert frame.locator("form").count() == (0 if is_on else 1)


# The shop


def open_login_page(world: World) -> Page:
    page = world.page(world.shop)
    who(page).to_have_text(NOBODY)
    page.get_by_role("link", name="Log in").click()
    expect(page.get_by_role("heading")).to_have_text("Log in")
    assert page.url.startswith(f"{world.course}/authorize?")
    return page


def test_user_logs_in_to_the_shop_by_clicks(world: World) -> None:
    """No script, storage, address or answer there ever has a token."""
    said: list[str] = []
    world.context.on(
        "response",
        lambda response: said.append(f"{response.url} {response.headers}"),
    )
    page = open_login_page(world)
    expect(page.get_by_text("A shop asks for your permission")).to_be_visible()
    log_in(page, "Allow", password="wrong")
    expect(page.get_by_role("alert")).to_have_text(
        "Wrong username or password."
    )
    log_in(page, "Allow")
    who(page).to_have_text(JOHN)
    assert page.url == f"{world.shop}/"
    page.reload()
    who(page).to_have_text(JOHN)
    assert page.evaluate("() => document.cookie") == ""
    assert page.evaluate("() => ({...localStorage, ...sessionStorage})") == {}
    status, record, _ = run(page, "/api/users/me/")
    assert (status, "johndoe" in record) == (200, True)
    assert said
    assert [one for one in said if "eyJ" in one] == []
    # A login at the shop is none at the server that the user typed it to.
    assert world.who() == NOBODY


def test_user_may_deny_it(world: World) -> None:
    page = open_login_page(world)
    page.get_by_role("button", name="Deny").click()
    expect(page.get_by_text("access_denied")).to_be_visible()
    page.goto(world.shop)
    who(page).to_have_text(NOBODY)


def test_logout_everywhere_ends_the_login_at_the_shop(world: World) -> None:
    page = open_login_page(world)
    log_in(page, "Allow")
    who(page).to_have_text(JOHN)
    ch08.end_families(ch08.FamilyRow.ended_at.is_(None))
    page.reload()
    who(page).to_have_text(NOBODY)


@pytest.mark.parametrize("status", [303, 307])
def test_password_is_sent_to_the_shop_by_a_307_alone(
    world: World, status: int
) -> None:
    """RFC 9700 §4.12: a 307 is followed with the same method and body."""

    def redirect(url: str, _: int, headers: Any = None) -> RedirectResponse:
        return RedirectResponse(url, status, headers)

    page = open_login_page(world)
    with (
        patch.object(ch12, "RedirectResponse", redirect),
        page.expect_response("**/callback?*"),
    ):
        log_in(page, "Allow")
    [(method, body)] = [
        (method, body)
        for method, path, body in world.at_shop.received
        if path == "/callback"
    ]
    assert (method, b"secret" in body) == (
        ("GET", False) if status == 303 else ("POST", True)
    )


@pytest.mark.parametrize("samesite", ["lax", "strict"])
def test_cookie_of_a_begun_login_must_come_along_with_a_redirect(
    world: World, samesite: Any
) -> None:
    """With `Strict` the shop does not know the browser that comes back."""
    set_cookie = ch12.set_cookie

    def set_other(response: Any, name: str, value: str, *_: str) -> None:
        begun = name == "__Host-login"
        set_cookie(response, name, value, samesite if begun else "strict")

    with patch.object(ch12, "set_cookie", set_other):
        page = open_login_page(world)
        with page.expect_response("**/callback?*"):
            log_in(page, "Allow")
        page.wait_for_load_state()
    page.goto(world.shop)
    who(page).to_have_text(JOHN if samesite == "lax" else NOBODY)


def test_address_with_the_code_is_passed_on_as_no_referrer(
    world: World,
) -> None:
    page = open_login_page(world)
    log_in(page, "Allow")
    who(page).to_have_text(JOHN)
    referrers = {
        request.headers.get("referer", "") for request in world.requests
    }
    assert not [one for one in referrers if "code=" in one or "state=" in one]


@neighbours
def test_form_of_another_page_gives_no_code(world: World, whose: str) -> None:
    """Login CSRF at the login page: the attacker has a form token of theirs.

    The visitor has one too, and the attacker does not know it.
    """
    page = open_login_page(world)
    asked = {
        name: page.locator(f'[name="{name}"]').input_value()
        for name in ch12.AuthorizationRequest.model_fields
    }
    forged = {**asked, **enable_alice(), "decision": "allow"}
    for token in ("", "a form token of the attacker's"):
        attack = world.page(NEIGHBOURS[whose](world.evil))
        with attack.expect_navigation():
            attack.evaluate(
                SUBMIT,
                [
                    f"{world.course}/authorize",
                    {**forged, "form_token": token},
                ],
            )
        assert attack.url == f"{world.course}/authorize"
        expect(attack.get_by_text("not from our login page")).to_be_visible()
    log_in(page, "Allow")
    who(page).to_have_text(JOHN)


# What a script of another origin reads


def test_allowed_page_reads_every_answer_of_the_api(world: World) -> None:
    page = world.page(world.friend)
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    body = "grant_type=password&username=johndoe&password="
    token_url = f"{world.course}/token"

    def log_in_with(password: str) -> Any:
        return run(
            page,
            token_url,
            method="POST",
            headers=form,
            body=body + password,
        )

    status, refusal, _ = log_in_with("wrong")
    assert (status, "invalid_grant" in refusal) == (400, True)
    status, tokens, _ = log_in_with("secret")
    assert status == 200
    token = tokens.partition('"access_token":"')[2].partition('"')[0]
    me = f"{world.course}/users/me/"
    status, record, _ = run(
        page, me, headers={"Authorization": f"Bearer {token}"}
    )
    assert (status, "johndoe" in record) == (200, True)
    bad = {"Authorization": "Bearer x"}
    status, _, challenge = run(page, me, headers=bad)
    assert (status, 'error="invalid_token"' in challenge) == (401, True)
    status, _, _ = run(
        page,
        f"{me}logins/",
        method="DELETE",
        headers={"Authorization": f"Bearer {token}"},
    )
    assert status == 204


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_page_that_is_not_allowed_reads_nothing(
    world: World, method: str
) -> None:
    for url in (world.evil, at_localhost(world.friend)):
        page = world.page(url)
        for headers in ({}, {"Authorization": "Bearer x"}):
            with pytest.raises(Error, match="Failed to fetch"):
                run(
                    page,
                    f"{world.course}/users/me/",
                    method=method,
                    headers=headers,
                )


def test_allowed_page_does_not_read_the_login_page(world: World) -> None:
    page = world.page(world.friend)
    for path in ("/authorize", "/session/"):
        with pytest.raises(Error, match="Failed to fetch"):
            run(page, world.course + path)
    assert run(page, f"{world.course}/login.js")[0] == 200


def test_page_opens_a_websocket_with_its_token(world: World) -> None:
    """The policy of our page allows it, and a cookie alone opens none."""
    page = world.page(world.course)
    log_in(page, "Start a session")
    who(page).to_have_text(JOHN)
    user = ch07.find_user("johndoe")
    assert user
    tokens = ch08.start_family(user, "me")
    talk = """([url, token]) => new Promise(done => {
        const socket = new WebSocket(url);
        socket.onopen = () => socket.send(token);
        socket.onmessage = event => done(event.data);
        socket.onclose = event => done(event.code);
    })"""
    url = world.course.replace("http", "ws") + "/users/me/events/"
    good = ch09.sign_afresh(tokens).access_token
    assert page.evaluate(talk, [url, good]) == '{"hello":"johndoe"}'
    assert page.evaluate(talk, [url, ""]) == 1008
    assert world.page(world.evil).evaluate(talk, [url, ""]) == 1008


# Who sees it


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_wrong_with_the_pages(
    world: World, scheme: Any
) -> None:
    page = world.page(world.course)
    page.emulate_media(color_scheme=scheme)
    assert violations(page) == []
    log_in(page, "Start a session")
    who(page).to_have_text(JOHN)
    assert violations(page) == []
    page = open_login_page(world)
    page.emulate_media(color_scheme=scheme)
    assert violations(page) == []
    log_in(page, "Allow", password="wrong")
    expect(page.get_by_role("alert")).to_be_visible()
    assert violations(page) == []
    log_in(page, "Allow")
    who(page).to_have_text(JOHN)
    assert violations(page) == []


def test_what_axe_would_find_is_found(world: World) -> None:
    page = world.page(world.course)
    page.evaluate("() => document.body.append(new Image())")
    assert any("image-alt" in found for found in violations(page))


def violations(page: Page) -> list[str]:
    """What axe-core finds wrong with a page."""
    return [
        f"{found['id']}: {node['html']}"
        for found in Axe().run(page).response["violations"]
        for node in found["nodes"]
    ]
