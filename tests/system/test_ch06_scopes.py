"""Chapter 6: nobody gets more than the table grants, nor less than it says."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import httpx
import jwt
import pytest
from fastapi import FastAPI
from fastapi.security import SecurityScopes
from oauthlib.oauth2 import LegacyApplicationClient

from snippets.ch03_dependency_wiring import (
    UserInDB,
    read_access_token,
    users,
)
from snippets.ch04_token_endpoint import create_access_token
from snippets.ch05_check_it import OAuthError, subject_of
from snippets.ch06_scopes import (
    DEFAULT_SCOPES,
    SCOPES,
    CurrentUser,
    Me,
    OwnItems,
    app,
    get_current_user,
    get_own_items,
    grant_scopes,
    grants,
    issue_token,
    scopes_in,
    split_scopes,
    write_scopes,
)
from tests.support.clients import ClientOf, login

STATUS, ME, ITEMS = "/status/", "/users/me/", "/users/me/items/"


@pytest.fixture(autouse=True)
def bob() -> Iterator[UserInDB]:
    """Let bob be active, and have `me` and nothing else."""
    user = users["johndoe"].model_copy(update={"username": "bob"})
    users["bob"] = user  # a copy of the test's own
    with patch.dict(grants, bob=frozenset({"me"})):
        yield user


def token_with(scope: object, username: str = "johndoe") -> str:
    return create_access_token({"sub": subject_of(username), "scope": scope})


def bearer(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


# Granting


@pytest.mark.parametrize(
    ("username", "requested", "granted"),
    [
        ("johndoe", "me items", {"me", "items"}),
        ("johndoe", "items me", {"me", "items"}),
        ("johndoe", "items", {"items"}),
        ("johndoe", "me me me", {"me"}),
        ("johndoe", " me  items ", {"me", "items"}),
        ("johndoe", "", {"me"}),
        ("johndoe", "  ", {"me"}),
        ("bob", "me items", {"me"}),
        ("bob", "", {"me"}),
    ],
)
def test_what_is_asked_and_may_be_had_is_granted(
    username: str, requested: str, granted: set[str]
) -> None:
    assert grant_scopes(username, requested) == granted


@pytest.mark.parametrize(
    ("username", "requested"),
    [
        ("johndoe", "admin"),
        ("johndoe", "me admin"),
        ("johndoe", "Me"),
        ("johndoe", "me,items"),
        ("bob", "items"),
        ("nobody", "me"),
        ("nobody", ""),
    ],
)
def test_unknown_scope_and_an_empty_grant_are_invalid_scope(
    username: str, requested: str
) -> None:
    with pytest.raises(OAuthError) as refusal:
        grant_scopes(username, requested)
    assert refusal.value.status_code == 400
    assert refusal.value.error == "invalid_scope"


def test_grants_and_defaults_name_scopes_that_exist() -> None:
    assert SCOPES.keys() >= DEFAULT_SCOPES
    assert all(granted <= SCOPES.keys() for granted in grants.values())
    assert grants.keys() <= users.keys()


def test_scopes_are_split_at_spaces_and_nowhere_else() -> None:
    assert split_scopes(" b a  b ") == {"a", "b"}
    assert split_scopes("a\tb\nc\u00a0d\u2028e") == {"a\tb\nc\u00a0d\u2028e"}
    assert split_scopes("") == set()


def test_what_is_written_is_read_again() -> None:
    assert write_scopes(["me", "items"]) == "items me"
    assert split_scopes(write_scopes(SCOPES)) == SCOPES.keys()


# Reading a token


def test_token_without_a_scope_has_none() -> None:
    assert scopes_in({}) == set()
    assert scopes_in({"scope": ""}) == set()
    assert scopes_in({"scope": "items me"}) == {"me", "items"}


@pytest.mark.parametrize("scope", [None, 7, True, ["me"], {"me": 1}, 1.5])
def test_scope_that_is_no_string_is_an_invalid_token(scope: object) -> None:
    with pytest.raises(jwt.InvalidTokenError, match="not a string"):
        scopes_in({"scope": scope})


@pytest.mark.anyio
async def test_refused_token_keeps_its_reason_as_the_cause() -> None:
    for token, reason in (
        (token_with(7), jwt.InvalidTokenError),
        ("nonsense", jwt.DecodeError),
    ):
        with pytest.raises(OAuthError) as refusal:
            await get_current_user(SecurityScopes(), token)
        assert refusal.value.status_code == 401
        assert isinstance(refusal.value.__cause__, reason)


@pytest.mark.anyio
async def test_needs_are_compared_in_any_order() -> None:
    for needed in (["me", "items"], ["items", "me"], ["me", "me"], []):
        user = await get_current_user(
            SecurityScopes(needed), token_with("items me")
        )
        assert user is users["johndoe"]


@pytest.mark.anyio
async def test_who_is_gone_or_disabled_gets_401_before_any_403() -> None:
    for username in ("nobody", "alice"):
        token = token_with("", username)
        with pytest.raises(OAuthError) as refusal:
            await get_current_user(SecurityScopes(["items"]), token)
        assert refusal.value.status_code == 401


@pytest.mark.anyio
async def test_items_belong_to_the_one_who_asks(bob: UserInDB) -> None:
    assert await get_own_items(bob) == [{"item_id": "Foo", "owner": "bob"}]


# The app


async def log_in(
    client: httpx.AsyncClient, scope: str | None, username: str = "johndoe"
) -> httpx.Response:
    form = {**login(username), **({} if scope is None else {"scope": scope})}
    return await client.post("/token", data=form)


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scope", "said", "opened"),
    [
        ("me", "me", {STATUS, ME}),
        ("items", "items", {STATUS}),
        ("me items", "items me", {STATUS, ME, ITEMS}),
        ("items me", "items me", {STATUS, ME, ITEMS}),
        ("", "me", {STATUS, ME}),
        (None, "me", {STATUS, ME}),
    ],
)
async def test_token_opens_what_its_scopes_name(
    scope: str | None, said: str, opened: set[str], client_of: ClientOf
) -> None:
    async with client_of(app) as client:
        answer = await log_in(client, scope)
        token = answer.json()["access_token"]
        assert answer.json()["scope"] == said
        assert read_access_token(token)["scope"] == said
        for path in (STATUS, ME, ITEMS):
            seen = await client.get(path, headers=bearer(token))
            assert seen.status_code == (200 if path in opened else 403)


@pytest.mark.anyio
async def test_token_is_a_bearer_token_and_is_not_stored(
    client_of: ClientOf,
) -> None:
    async with client_of(app) as client:
        answer = await log_in(client, "me")
    body = answer.json()
    assert body.keys() == {"access_token", "token_type", "expires_in", "scope"}
    assert (body["token_type"], body["expires_in"]) == ("bearer", 1800)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


@pytest.mark.anyio
async def test_disabled_user_gets_no_token_whatever_is_granted(
    client_of: ClientOf,
) -> None:
    form = {**login("alice", "secret2"), "scope": "me"}
    async with client_of(app) as client:
        answer = await client.post("/token", data=form)
    assert grants["alice"] == {"me"}
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"


@pytest.mark.anyio
async def test_narrowed_grant_is_told(client_of: ClientOf) -> None:
    async with client_of(app) as client:
        answer = await log_in(client, "me items", "bob")
    assert answer.status_code == 200
    assert answer.json()["scope"] == "me"


@pytest.mark.anyio
async def test_refused_scope_is_told_to_its_user_only(
    client_of: ClientOf,
) -> None:
    """A stranger learns nobody's grants: the password comes first."""
    async with client_of(app) as client:
        own = await log_in(client, "items", "bob")
        form = {**login("bob", "wrong"), "scope": "items"}
        strange = await client.post("/token", data=form)
    assert own.json()["error"] == "invalid_scope"
    assert strange.json()["error"] == "invalid_grant"
    for answer in (own, strange):
        assert answer.status_code == 400
        assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("path", "needs"), [(ME, 'scope="me"'), (ITEMS, 'scope="items me"')]
)
async def test_narrow_token_is_told_what_would_do(
    path: str, needs: str, client_of: ClientOf
) -> None:
    async with client_of(app) as client:
        refused = await client.get(path, headers=bearer(token_with("")))
    assert refused.status_code == 403
    assert refused.json()["error"] == "insufficient_scope"
    assert refused.headers["WWW-Authenticate"] == (
        'Bearer realm="course", error="insufficient_scope", '
        f'error_description="the token lacks a scope", {needs}'
    )


@pytest.mark.anyio
async def test_token_of_chapter_5_opens_what_needs_no_scope(
    client_of: ClientOf,
) -> None:
    token = create_access_token({"sub": subject_of("johndoe")})
    async with client_of(app) as client:
        status = await client.get(STATUS, headers=bearer(token))
        me = await client.get(ME, headers=bearer(token))
        nobody = await client.get(STATUS)
    assert status.json() == {"status": "ok"}
    assert (me.status_code, nobody.status_code) == (403, 401)


@pytest.mark.anyio
async def test_grant_taken_back_lives_on_in_old_tokens(
    client_of: ClientOf,
) -> None:
    """The chapter says so, and its third exercise mends it."""
    async with client_of(app) as client:
        old = (await log_in(client, "me items")).json()["access_token"]
        with patch.dict(grants, johndoe=frozenset({"me"})):
            items = await client.get(ITEMS, headers=bearer(old))
            new = await log_in(client, "me items")
    assert items.status_code == 200
    assert new.json()["scope"] == "me"


@pytest.mark.anyio
async def test_strangers_client_notices_a_narrowed_grant(
    client_of: ClientOf,
) -> None:
    """oauthlib compares what it asked for with what it hears, as sets."""
    stranger = LegacyApplicationClient("course", scope=["me", "items"])
    async with client_of(app) as client:
        whole = await log_in(client, "me items")
        narrowed = await log_in(client, "me items", "bob")
    token = stranger.parse_request_body_response(whole.text)
    assert set(token["scope"]) == {"me", "items"}
    with pytest.raises(Warning, match="Scope has changed") as noticed:
        stranger.parse_request_body_response(narrowed.text)
    assert vars(noticed.value)["new_scope"] == ["me"]


@pytest.mark.anyio
async def test_current_user_is_found_once_for_each_list_of_scopes(
    client_of: ClientOf,
) -> None:
    """The chapter says so to those who count queries."""
    found: list[list[str]] = []

    async def spy(required: SecurityScopes) -> UserInDB:
        found.append(sorted(required.scopes))
        return users["johndoe"]

    greedy = FastAPI()

    @greedy.get("/")
    async def read(
        anyone: CurrentUser, me: Me, again: Me, items: OwnItems
    ) -> None:
        """Depend on the user in every way."""

    greedy.dependency_overrides[get_current_user] = spy
    async with client_of(greedy) as client:
        assert (await client.get("/")).status_code == 200
    assert sorted(found) == [[], ["items", "me"], ["me"]]


def test_issued_token_has_the_granted_scopes_and_says_so() -> None:
    token = issue_token(users["bob"], "me items")
    claims = read_access_token(token.access_token)
    assert (claims["sub"], claims["scope"]) == ("username:bob", "me")
    assert (token.token_type, token.expires_in) == ("bearer", 1800)
    assert token.scope == "me"


def test_openapi_says_which_scopes_there_are_and_who_needs_them() -> None:
    document: dict[str, Any] = app.openapi()
    [scheme] = document["components"]["securitySchemes"].values()
    assert scheme["flows"]["password"] == {
        "scopes": SCOPES,
        "tokenUrl": "token",
    }
    needs: dict[str, Any] = {
        path: [set(*entry.values()) for entry in operation["security"]]
        for path, operations in document["paths"].items()
        for operation in operations.values()
        if "security" in operation
    }
    assert needs == {STATUS: [set()], ME: [{"me"}], ITEMS: [{"me", "items"}]}
