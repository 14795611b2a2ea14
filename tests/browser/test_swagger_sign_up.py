"""Chapters 7 and later in Swagger UI: sign up, log in, read the own record."""

from collections.abc import Iterator
from urllib.parse import parse_qs

import pytest
from fastapi import FastAPI
from playwright.sync_api import Browser, expect

from course.classroom.server import serve
from tests.support.chapters import apps
from tests.support.chromium import new_page
from tests.support.logins import refused
from tests.support.swagger_ui import SwaggerUI

pytestmark = pytest.mark.browser
NEW = {"username": "maria", "password": "a long password of maria's"}


@pytest.fixture(params=apps(first=7).values(), ids=list(apps(first=7)))
def docs(
    request: pytest.FixtureRequest, browser: Browser
) -> Iterator[SwaggerUI]:
    """Each app's API docs, freshly opened."""
    app: FastAPI = request.param
    with serve(app) as server:
        page = new_page(browser)
        docs = SwaggerUI(page)
        docs.open(server.url)
        yield docs
        page.close()


def test_new_user_signs_up_and_logs_in(docs: SwaggerUI) -> None:
    signed_up = docs.call("/users/", "post", NEW)
    assert signed_up["status"] == 201
    again = docs.call("/users/", "post", NEW)
    assert again == {
        "status": 409,
        "body": {"detail": "this username is taken"},
    }
    docs.log_in(**NEW, scopes=["me"])
    expect(docs.logout).to_be_visible()
    docs.close_dialog()
    record = docs.call("/users/me/")
    assert record["status"] == 200
    assert record["body"] == signed_up["body"]


def test_short_password_is_refused_with_its_reason(docs: SwaggerUI) -> None:
    answer = docs.call("/users/", "post", {**NEW, "password": "short"})
    assert answer["status"] == 422
    assert "15 to 200 characters" in str(answer["body"])


@pytest.mark.parametrize(
    "docs", apps(first=8).values(), ids=list(apps(first=8)), indirect=True
)
def test_logout_button_leaves_the_login_alive(docs: SwaggerUI) -> None:
    """Swagger UI forgets both tokens; it sends no revocation."""
    docs.log_in("johndoe", "secret", scopes=["me"])
    expect(docs.logout).to_be_visible()
    docs.close_dialog()
    docs.log_out()
    docs.close_dialog()
    assert docs.call("/users/me/")["status"] == 401
    (login,) = docs.requests_to("/token")
    assert parse_qs(login.post_data or "")["scope"] == ["me"]
    response = login.response()
    assert response is not None
    assert refused(response.json()["refresh_token"]) == ""
    assert docs.requests_to("/revoke") == []
