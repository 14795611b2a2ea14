"""Swagger UI, the page of an app's API docs, in a browser."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from playwright.sync_api import Locator, Page, Request, expect


@dataclass
class SwaggerUI:
    """The page, and every request that the browser sent for it.

    docs = SwaggerUI(page)
    docs.open("http://127.0.0.1:49321")
    docs.log_in("johndoe", "secret", scopes=["me"])
    docs.call("/users/me/")  # {"status": 200, "body": {…}}
    """

    page: Page
    sent: list[Request] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)

    def open(self, url: str) -> None:
        """Open the docs below `url` and wait for the list of operations."""
        self.page.on("request", lambda one: self.sent.append(one))
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.goto(f"{url}/docs")
        expect(self.operations.first).to_be_visible()

    @property
    def operations(self) -> Locator:
        return self.page.locator(".opblock")

    @property
    def dialog(self) -> Locator:
        return self.page.locator(".dialog-ux .modal-ux")

    @property
    def submit(self) -> Locator:
        return self.dialog.locator(".auth-btn-wrapper button.authorize")

    @property
    def logout(self) -> Locator:
        """The Logout button, which only its text tells from Authorize."""
        return self.dialog.locator("button", has_text="Logout")

    def open_dialog(self) -> None:
        """Press Authorize at the top of the page."""
        self.page.locator(".scheme-container .btn.authorize").click()

    def log_in(
        self, username: str, password: str, scopes: Sequence[str] = ()
    ) -> None:
        """Fill in the Authorize dialog, tick the scopes and send it."""
        self.open_dialog()
        self.dialog.locator("#oauth_username").fill(username)
        self.dialog.locator("#oauth_password").fill(password)
        for scope in scopes:
            box = f'label:has(.name:text-is("{scope}"))'
            self.dialog.locator(box).click()
        self.submit.click()

    def log_out(self) -> None:
        """Press Logout in the Authorize dialog, and leave it open."""
        self.open_dialog()
        self.logout.click()
        expect(self.submit).to_be_visible()

    def close_dialog(self) -> None:
        self.dialog.locator(".auth-btn-wrapper .btn-done").click()
        expect(self.dialog).to_be_hidden()

    def call(
        self, path: str, method: str = "get", body: object = None
    ) -> dict[str, object]:
        """Try out an operation, and read its response on the page.

        `body` is typed into the text area as JSON.
        """
        block = self.page.locator(f".opblock-{method}").filter(
            has=self.page.locator(f'[data-path="{path}"]')
        )
        if "is-open" not in (block.get_attribute("class") or ""):
            block.locator(".opblock-summary-control").click()
        if block.locator(".execute").count() == 0:
            block.locator(".try-out__btn").click()
        if body is not None:
            block.locator("textarea.body-param__text").fill(json.dumps(body))
        with self.page.expect_response(f"**{path}") as answer:
            block.locator(".execute").click()
        live = block.locator(".live-responses-table .response").first
        status = live.locator(".response-col_status")
        expect(status).to_contain_text(str(answer.value.status))
        body = live.locator(".highlight-code code").first
        return {
            "status": int(status.inner_text().split()[0]),
            "body": json.loads(body.inner_text()),
        }

    def requests_to(self, path: str) -> list[Request]:
        return [one for one in self.sent if urlsplit(one.url).path == path]
