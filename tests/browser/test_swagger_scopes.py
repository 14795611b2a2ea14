"""Chapter 6 in Swagger UI: a box a scope, and tokens that open what is ticked.

The page is the one that `python -m snippets serve ch06` shows.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect

from course.classroom.server import serve
from snippets.ch06_scopes import SCOPES, app

pytestmark = pytest.mark.browser
DOORS = ("/status/", "/users/me/", "/users/me/items/")


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Chapter 6's API docs, freshly opened."""
    with serve(app) as server:
        page = browser.new_page()
        page.set_default_timeout(10_000)
        page.goto(f"{server.url}/docs")
        yield page
        page.close()


def log_in(page: Page, *scopes: str) -> None:
    """Fill in the Authorize dialog as johndoe, and tick some boxes."""
    page.locator(".btn.authorize").first.click()
    dialog = page.locator(".modal-ux")
    dialog.locator("#oauth_username").fill("johndoe")
    dialog.locator("#oauth_password").fill("secret")
    for scope in scopes:
        dialog.locator(f'label:has(.name:text-is("{scope}"))').click()
    dialog.locator("button.authorize").click()
    expect(dialog.get_by_text("Logout", exact=True)).to_be_visible()
    dialog.locator("button.btn-done").click()


def statuses(page: Page) -> list[int]:
    """Press Execute at every door; return the answers' statuses."""
    return [try_out(page, door) for door in DOORS]


def try_out(page: Page, door: str) -> int:
    operation = page.locator(
        ".opblock-get",
        has=page.locator(f'.opblock-summary-path[data-path="{door}"]'),
    )
    operation.locator(".opblock-summary-control").click()
    operation.get_by_role("button", name="Try it out").click()
    with page.expect_response(f"**{door}") as answer:
        operation.get_by_role("button", name="Execute").click()
    shown = operation.locator(".live-responses-table .response-col_status")
    expect(shown.last).to_contain_text(str(answer.value.status))
    return answer.value.status


def test_dialog_offers_a_box_for_each_scope(page: Page) -> None:
    page.locator(".btn.authorize").first.click()
    boxes = page.locator(".modal-ux .scopes label")
    expect(boxes).to_have_count(len(SCOPES))
    words = [" ".join(text.split()) for text in boxes.all_inner_texts()]
    assert words == [f"{name} {what}" for name, what in SCOPES.items()]


@pytest.mark.parametrize(
    ("ticked", "answers"),
    [
        (["me"], [200, 200, 403]),
        (["items"], [200, 403, 403]),
        (["me", "items"], [200, 200, 200]),
        ([], [200, 200, 403]),
    ],
    ids=["me", "items", "both", "nothing ticked: the default"],
)
def test_token_opens_what_was_ticked(
    page: Page, ticked: list[str], answers: list[int]
) -> None:
    log_in(page, *ticked)
    assert statuses(page) == answers


def test_without_a_login_every_door_asks_for_one(page: Page) -> None:
    expect(page.locator(".opblock")).to_have_count(len(DOORS) + 1)
    assert statuses(page) == [401, 401, 401]
