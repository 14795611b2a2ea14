"""Chapter 14: its functions, its app and its story."""

import pytest

from course.chapters import find
from snippets.ch14_bug_hunt import app, greeting
from tests.support.clients import ClientOf

LOGIN = {
    "grant_type": "password",
    "username": "johndoe",
    "password": "secret",
}


@pytest.mark.parametrize("username", ["johndoe", "alice"])
def test_greeting_has_the_username(username: str) -> None:
    assert greeting(username) == {"hello": username}


@pytest.mark.anyio
async def test_user_with_a_token_is_greeted(client_of: ClientOf) -> None:
    async with client_of(app) as client:
        login = await client.post("/token", data=LOGIN)
        headers = {"Authorization": f"Bearer {login.json()['access_token']}"}
        response = await client.get("/hello/", headers=headers)
    assert response.json() == {"hello": "johndoe"}


@pytest.mark.anyio
async def test_request_without_a_token_is_refused(
    client_of: ClientOf,
) -> None:
    async with client_of(app) as client:
        response = await client.get("/hello/")
    assert response.status_code == 401


def test_story_ends_with_a_greeting(
    capsys: pytest.CaptureFixture[str],
) -> None:
    story = find("ch14").story
    assert story is not None
    story()
    assert '"hello": "johndoe"' in capsys.readouterr().out
