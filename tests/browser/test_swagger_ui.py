"""FastAPI's "Check it": the API docs in a real browser, with no network.

The browser's own record says what was sent. With `COURSE_PICTURES=1` in the
environment the picture that chapter 5 shows is taken anew.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Browser, Locator, Page, Request, expect

from course.classroom.server import serve
from course.upkeep.notebook import ROOT
from tests.support.chapters import apps

pytestmark = pytest.mark.browser
APPS = {stem: app for stem, app in apps(first=4).items() if stem < "ch06"}
PICTURE = ROOT / "notebooks" / "images" / "ch05_swagger_ui.png"
LARGEST = 120_000
CHAPTER = "ch05_check_it"
ME = "/users/me/"


@dataclass
class Docs:
    """The docs page, and every request that the browser sent for it."""

    page: Page
    sent: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Open the page, and wait until it has drawn the operations."""
        self.page.on("request", lambda sent: self.sent.append(sent))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.goto(f"{url}/docs")
        expect(self.page.locator(".opblock").first).to_be_visible()

    def log_in(self, username: str, password: str) -> None:
        """Press Authorize, fill in the form and send it."""
        self.page.locator(".scheme-container .btn.authorize").click()
        self.dialog.locator("#oauth_username").fill(username)
        self.dialog.locator("#oauth_password").fill(password)
        self.submit.click()

    def log_out(self) -> None:
        """Press Logout, which is found by its text: its name is another."""
        self.page.locator(".scheme-container .btn.authorize").click()
        self.dialog.locator("button", has_text="Logout").click()
        expect(self.submit).to_be_visible()

    def close_dialog(self) -> None:
        self.dialog.locator(".auth-btn-wrapper .btn-done").click()
        expect(self.dialog).to_be_hidden()

    def call(self, path: str) -> dict[str, object]:
        """Try an operation out, and read its answer on the page."""
        block = self.page.locator(".opblock-get").filter(
            has=self.page.locator(f'[data-path="{path}"]')
        )
        if "is-open" not in (block.get_attribute("class") or ""):
            block.locator(".opblock-summary-control").click()
        if block.locator(".execute").count() == 0:
            block.locator(".try-out__btn").click()
        with self.page.expect_response(f"**{path}"):
            block.locator(".execute").click()
        live = block.locator(".live-responses-table .response").first
        status = live.locator(".response-col_status")
        body = live.locator(".highlight-code code").first
        return {
            "status": int(status.inner_text().split()[0]),
            "body": json.loads(body.inner_text()),
        }

    @property
    def dialog(self) -> Locator:
        return self.page.locator(".dialog-ux .modal-ux")

    @property
    def submit(self) -> Locator:
        return self.dialog.locator(".auth-btn-wrapper button.authorize")

    def requests_to(self, path: str) -> list[Request]:
        return [one for one in self.sent if urlsplit(one.url).path == path]


@pytest.fixture
def docs(browser: Browser) -> Iterator[Docs]:
    page = browser.new_page(viewport={"width": 1000, "height": 900})
    yield Docs(page)
    page.close()


@pytest.mark.parametrize("stem", APPS)
def test_docs_log_in_call_log_out_and_are_refused(
    stem: str, docs: Docs
) -> None:
    with serve(APPS[stem]) as server:
        docs.open(server.url)
        docs.log_in("johndoe", "secret")
        expect(
            docs.dialog.locator("button", has_text="Logout")
        ).to_be_visible()
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


def assert_password_went_out_once(docs: Docs) -> None:
    """The developer tools' view: who was told the password, and where."""
    told = [one for one in docs.sent if "secret" in wire(one)]
    assert [urlsplit(one.url).path for one in told] == ["/token"]
    form = parse_qs(told[0].post_data or "")
    assert form["grant_type"] == ["password"]
    assert form["username"] == ["johndoe"]
    assert form["password"] == ["secret"]
    # As a client without an id and with an empty secret: base64 of ":".
    assert told[0].headers["authorization"] == "Basic Og=="


def assert_only_the_token_followed(docs: Docs) -> None:
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
    stem: str, docs: Docs
) -> None:
    with serve(APPS[stem]) as server:
        docs.open(server.url)
        docs.log_in("johndoe", "secret")
        expect(
            docs.dialog.locator("button", has_text="Logout")
        ).to_be_visible()
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
