"""FastAPI's "Check it": the API docs in a real browser, with no network.

The browser's own record says what was sent. With `COURSE_PICTURES=1` in the
environment the picture that chapter 5 shows is taken anew.
"""

import os
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Page, Request, expect

from course.chapters import ROOT
from course.classroom.server import serve
from tests.support.chapters import apps
from tests.support.chromium import new_page
from tests.support.swagger_ui import SwaggerUI

pytestmark = pytest.mark.browser
APPS = {stem: app for stem, app in apps(first=4).items() if stem < "ch06"}
PICTURE = ROOT / "notebooks" / "images" / "ch05_swagger_ui.png"
LARGEST = 120_000
CHAPTER = "ch05_check_it"
ME = "/users/me/"


@pytest.fixture
def docs(browser: Browser) -> Iterator[SwaggerUI]:
    page = new_page(browser, viewport={"width": 1000, "height": 900})
    yield SwaggerUI(page)
    page.close()


@pytest.mark.parametrize("stem", APPS)
def test_docs_log_in_call_log_out_and_are_refused(
    stem: str, docs: SwaggerUI
) -> None:
    with serve(APPS[stem]) as server:
        docs.open(server.url)
        docs.log_in("johndoe", "secret")
        expect(docs.logout).to_be_visible()
        docs.close_dialog()
        answer = docs.call(ME)
        assert answer["status"] == 200
        assert answer["body"] == {
            "username": "johndoe",
            "email": "johndoe@example.com",
            "full_name": "John Doe",
            "disabled": False,
        }
        photograph(docs.page, stem)

        docs.log_out()
        docs.close_dialog()
        answer = docs.call(ME)
        assert answer["status"] == 401
        assert answer["body"] == {"detail": "Not authenticated"}

        docs.log_in("johndoe", "wrong")
        refusal = docs.dialog.locator(".errors")
        expect(refusal).to_be_visible()
        told = refusal.inner_text()
        docs.close_dialog()
        assert docs.call(ME)["status"] == 401
    assert ("invalid_grant" in told) == (stem >= "ch05")
    assert docs.complaints == []
    assert_password_went_out_once(docs)
    assert_only_the_token_followed(docs)
    hosts = {urlsplit(one.url).hostname for one in docs.sent}
    assert hosts - {None} == {"127.0.0.1"}


def assert_password_went_out_once(docs: SwaggerUI) -> None:
    """The developer tools' view: who was told the password, and where."""
    told = [one for one in docs.sent if "secret" in wire(one)]
    assert [urlsplit(one.url).path for one in told] == ["/token"]
    form = parse_qs(told[0].post_data or "")
    assert form["grant_type"] == ["password"]
    assert form["username"] == ["johndoe"]
    assert form["password"] == ["secret"]
    # As a client without an id and with an empty secret: base64 of ":".
    assert told[0].headers["authorization"] == "Basic Og=="


def assert_only_the_token_followed(docs: SwaggerUI) -> None:
    """One call had the login's token; after the logout none had any."""
    login = docs.requests_to("/token")[0].response()
    assert login is not None
    token = login.json()["access_token"]
    sent = [one.headers.get("authorization") for one in docs.requests_to(ME)]
    assert sent == [f"Bearer {token}", None, None]
    assert len(docs.requests_to("/token")) == 2


def wire(request: Request) -> str:
    return f"{request.url} {request.all_headers()} {request.post_data}"


@pytest.mark.parametrize("stem", APPS)
def test_docs_forget_the_token_when_they_are_loaded_anew(
    stem: str, docs: SwaggerUI
) -> None:
    with serve(APPS[stem]) as server:
        docs.open(server.url)
        docs.log_in("johndoe", "secret")
        expect(docs.logout).to_be_visible()
        kept = docs.page.evaluate(
            "() => [localStorage.length, sessionStorage.length,"
            " document.cookie]"
        )
        assert kept == [0, 0, ""]
        docs.page.reload()
        expect(docs.page.locator(".opblock").first).to_be_visible()
        assert docs.call(ME)["status"] == 401


def photograph(page: Page, stem: str) -> None:
    """Take the picture that chapter 5 shows, if that is asked for."""
    if os.environ.get("COURSE_PICTURES") != "1" or stem != CHAPTER:
        return
    PICTURE.parent.mkdir(exist_ok=True)
    page.mouse.move(0, 0)
    top = page.locator(".opblock.is-open").bounding_box()
    end = page.locator(".live-responses-table").bounding_box()
    assert top is not None
    assert end is not None
    height = end["y"] + end["height"] - top["y"]
    page.screenshot(
        path=PICTURE,
        full_page=True,
        clip={**top, "height": height},
        animations="disabled",
    )


def test_picture_in_chapter_5_is_small() -> None:
    assert PICTURE.stat().st_size <= LARGEST
