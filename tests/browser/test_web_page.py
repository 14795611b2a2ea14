"""Chapter 5's JavaScript and its CORS settings, in a page of another origin.

Both are taken from the notebook: what is shown there is what is tried here.
"""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.responses import HTMLResponse
from playwright.sync_api import Browser, Error, Page
from starlette.types import ASGIApp

from course.chapters import find
from course.classroom.server import Server
from course.upkeep.notebook import Notebook, source
from snippets.ch05_check_it import app
from tests.support.chromium import new_page

pytestmark = pytest.mark.browser

NOTEBOOK = Notebook(find("ch05").notebook)
SHOP = "https://shop.example"
API = "https://api.example"

shop_app = FastAPI()


@shop_app.get("/", response_class=HTMLResponse)
def read_page() -> str:
    return "<!doctype html><title>A shop</title>"


def javascript() -> str:
    """Take the notebook's only block of JavaScript."""
    prose = "\n".join(map(source, NOTEBOOK.prose_cells))
    [block] = re.findall(r"(?ms)^```js\n(.*?)^```", prose)
    return str(block)


def with_cors(origin: str) -> ASGIApp:
    """Run the notebook's cell up to its app, for a page of some origin."""
    [cell] = [
        source(cell)
        for cell in NOTEBOOK.code_cells
        if "with_cors = CORSMiddleware" in source(cell)
    ]
    code = cell.partition("\nquestion =")[0].replace(SHOP, origin)
    names: dict[str, Any] = {"app": app}
    exec(code, names)
    made: ASGIApp = names["with_cors"]
    return made


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page of the shop, at an origin of its own."""
    with Server(shop_app) as server:
        page = new_page(browser)
        page.goto(server.url)
        yield page
        page.close()


def origin_of(page: Page) -> str:
    origin: str = page.evaluate("() => location.origin")
    return origin


def run(page: Page, api: str, code: str, password: str = "secret") -> Any:
    """Run some JavaScript of the notebook in a page."""
    body = code.replace(API, api)
    return page.evaluate(
        f"async ([username, password]) => {{ {body} }}", ["johndoe", password]
    )


def test_page_logs_in_and_reads_the_record(page: Page) -> None:
    code = f"{javascript()}\nreturn [me.status, await me.json()];"
    with Server(with_cors(origin_of(page))) as server:
        status, record = run(page, server.url, code)
    assert status == 200
    assert record["username"] == "johndoe"


def test_page_is_told_why_a_password_is_refused(page: Page) -> None:
    with (
        Server(with_cors(origin_of(page))) as server,
        pytest.raises(Error, match="invalid_grant"),
    ):
        run(page, server.url, javascript(), "wrong")


def test_form_made_by_json_stringify_is_refused(page: Page) -> None:
    code = javascript().replace("new URLSearchParams(", "JSON.stringify(")
    assert code != javascript()
    with (
        Server(with_cors(origin_of(page))) as server,
        pytest.raises(Error, match="invalid_request"),
    ):
        run(page, server.url, code)


def test_page_reads_the_challenge(page: Page) -> None:
    code = (
        f'const me = await fetch("{API}/users/me/");'
        'return me.headers.get("WWW-Authenticate");'
    )
    with Server(with_cors(origin_of(page))) as server:
        assert run(page, server.url, code) == 'Bearer realm="course"'


def test_page_of_an_origin_that_is_not_allowed_reads_nothing(
    page: Page,
) -> None:
    for refused in (app, with_cors("https://another.example")):
        with (
            Server(refused) as server,
            pytest.raises(Error, match="Failed to fetch"),
        ):
            run(page, server.url, javascript())


def test_token_is_not_sent_before_the_preflight_is_answered(
    page: Page,
) -> None:
    """The app alone answers 405, and only the question reaches it."""
    seen: list[tuple[str, bool]] = []

    async def watched(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] == "http":
            has_token = b"authorization" in dict(scope["headers"])
            seen.append((scope["method"], has_token))
        await app(scope, receive, send)

    code = (
        f'await fetch("{API}/users/me/",'
        '{ headers: { Authorization: "Bearer x" } });'
    )
    with Server(watched) as server, pytest.raises(Error):
        run(page, server.url, code)
    assert seen == [("OPTIONS", False)]
