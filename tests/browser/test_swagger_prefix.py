"""Swagger UI finds `tokenUrl` below a proxy's prefix, as chapter 13 says."""

from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.security import OAuth2PasswordBearer
from playwright.sync_api import Browser, expect

from course.classroom.server import serve
from tests.support.chromium import new_page
from tests.support.swagger_ui import SwaggerUI

pytestmark = pytest.mark.browser


@pytest.fixture
def docs(browser: Browser) -> Iterator[SwaggerUI]:
    page = new_page(browser)
    yield SwaggerUI(page)
    page.close()


def app_of(token_url: str) -> FastAPI:
    """Make an app whose token endpoint is on a router with a prefix."""
    router = APIRouter(prefix="/v1")
    scheme = Depends(OAuth2PasswordBearer(tokenUrl=token_url))

    @router.post("/token")
    async def log_in() -> dict[str, str]:
        return {"access_token": "a token", "token_type": "bearer"}

    @router.get("/me", dependencies=[scheme])
    async def read_me() -> None:
        pass

    app = FastAPI()
    app.include_router(router)
    return app


@pytest.mark.parametrize("root_path", ["", "/api"])
@pytest.mark.parametrize(
    ("token_url", "sent_to"),
    [
        ("v1/token", "{root}/v1/token"),
        ("token", "{root}/token"),
        ("/v1/token", "/v1/token"),
    ],
)
def test_token_url_is_resolved_as_a_link_of_the_page(
    docs: SwaggerUI, token_url: str, sent_to: str, root_path: str
) -> None:
    app = app_of(token_url)
    app.root_path = root_path  # as `--root-path` says it in each request
    with serve(app) as server:
        docs.open(server.url + root_path)
        docs.log_in("johndoe", "secret")
        expect(docs.logout.or_(docs.dialog.locator(".errors"))).to_be_visible()
    [login] = [each for each in docs.sent if each.method == "POST"]
    assert urlsplit(login.url).path == sent_to.format(root=root_path)
