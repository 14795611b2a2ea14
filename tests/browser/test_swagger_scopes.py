"""Chapter 6 in Swagger UI: a box for each scope, and what its token opens.

The page is the one that `python -m course serve ch06` shows.
"""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, expect

from course.classroom.server import serve
from snippets.ch06_scopes import SCOPES, app
from tests.support.chromium import new_page
from tests.support.swagger_ui import SwaggerUI

pytestmark = pytest.mark.browser
PATHS = ("/status/", "/users/me/", "/users/me/items/")


@pytest.fixture
def docs(browser: Browser) -> Iterator[SwaggerUI]:
    """Chapter 6's API docs, freshly opened."""
    with serve(app) as server:
        page = new_page(browser)
        docs = SwaggerUI(page)
        docs.open(server.url)
        yield docs
        page.close()


def statuses(docs: SwaggerUI) -> list[object]:
    """Call every path; return the statuses that the page shows."""
    return [docs.call(path)["status"] for path in PATHS]


def test_dialog_offers_a_box_for_each_scope(docs: SwaggerUI) -> None:
    docs.open_dialog()
    boxes = docs.dialog.locator(".scopes label")
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
    docs: SwaggerUI, ticked: list[str], answers: list[int]
) -> None:
    docs.log_in("johndoe", "secret", scopes=ticked)
    expect(docs.logout).to_be_visible()
    docs.close_dialog()
    assert statuses(docs) == answers


def test_without_a_login_every_path_asks_for_one(docs: SwaggerUI) -> None:
    expect(docs.operations).to_have_count(len(PATHS) + 1)
    assert statuses(docs) == [401, 401, 401]
