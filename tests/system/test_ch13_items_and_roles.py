"""Chapter 13: an item is for its owner, and a role is what its user has today.

Attempts at another user's items, by every method, and at what a role or a
scope alone does not open.
"""

import json
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote
from uuid import UUID, uuid4

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from snippets import ch13_ship_it as ch13
from tests.support.accounts import add_user, change_row, delete_user
from tests.support.browser_clients import SITE, browser_at
from tests.support.clients import bearer
from tests.support.logins import claims_of, count, log_in, stored
from tests.support.strategies import json_values
from tests.support.work import ITEM_ID, give_role, own_item, take_role

pytestmark = pytest.mark.anyio
ITEMS = "/items/"
ITEM = f"/items/{ITEM_ID}"
ADMIN = "/admin/users/"
JSON = {"Content-Type": "application/json"}
both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(
        SITE, ch13.app, raise_app_exceptions=False
    ) as client:
        yield client


@pytest.fixture(autouse=True)
def bob() -> None:
    """Let there be a second user with both scopes."""
    add_user("bob", scopes="items me")


async def headers_of(
    client: httpx.AsyncClient,
    username: str = "johndoe",
    scope: str = "items me",
) -> dict[str, str]:
    tokens = await log_in(client, scope, username=username)
    return bearer(tokens["access_token"])


# An owner's own


@both_databases
async def test_owner_adds_reads_and_deletes_an_item(
    database: Any, client: httpx.AsyncClient
) -> None:
    headers = await headers_of(client)
    added = await client.post(ITEMS, json={"title": "a"}, headers=headers)
    assert added.status_code == 201
    item = added.json()
    assert item == {"title": "a", "id": str(UUID(item["id"]))}
    path = f"{ITEMS}{item['id']}"
    assert (await client.get(path, headers=headers)).json() == item
    assert (await client.get(ITEMS, headers=headers)).json() == [item]
    gone = await client.delete(path, headers=headers)
    assert (gone.status_code, gone.content) == (204, b"")
    assert (await client.get(path, headers=headers)).status_code == 404
    assert (await client.delete(path, headers=headers)).status_code == 404
    assert (await client.get(ITEMS, headers=headers)).json() == []


@both_databases
async def test_items_come_in_the_order_of_their_titles(
    database: Any, client: httpx.AsyncClient
) -> None:
    headers = await headers_of(client)
    for title in ("b", "c", "a", "b"):
        await client.post(ITEMS, json={"title": title}, headers=headers)
    items = (await client.get(ITEMS, headers=headers)).json()
    assert [item["title"] for item in items] == ["a", "b", "b", "c"]
    ids = [UUID(item["id"]) for item in items if item["title"] == "b"]
    assert ids == sorted(ids)


@pytest.mark.parametrize(
    ("title", "answered"),
    [
        ("x", 201),
        ("x" * 100, 201),
        ("", 422),
        ("x" * 101, 422),
        ("a\0b", 422),
        ("a\nb", 422),
        (None, 422),
        (["x"], 422),
    ],
)
async def test_title_has_1_to_100_characters(
    client: httpx.AsyncClient, title: object, answered: int
) -> None:
    headers = await headers_of(client)
    answer = await client.post(ITEMS, json={"title": title}, headers=headers)
    assert answer.status_code == answered
    assert count(ch13.ItemRow) == (1 if answered == 201 else 0)


async def test_owner_comes_from_the_token_and_the_id_from_the_service(
    client: httpx.AsyncClient,
) -> None:
    headers = await headers_of(client)
    sent = {
        "title": "a",
        "id": str(ITEM_ID),
        "owner_id": str(stored("bob").id),
        "owner": "bob",
    }
    added = await client.post(ITEMS, json=sent, headers=headers)
    assert added.json().keys() == {"id", "title"}
    assert added.json()["id"] != str(ITEM_ID)
    theirs = await headers_of(client, "bob")
    assert (await client.get(ITEMS, headers=theirs)).json() == []


# Another user's


METHODS = ["GET", "DELETE", "PUT", "PATCH", "POST", "HEAD", "OPTIONS"]


@pytest.mark.parametrize("method", METHODS)
async def test_another_users_item_is_one_that_does_not_exist(
    client: httpx.AsyncClient, method: str
) -> None:
    """The answers are alike to the byte: nobody learns which items exist."""
    own_item("johndoe")
    headers = await headers_of(client, "bob")
    answers = [
        await client.request(
            method, f"{ITEMS}{each}", headers=headers, json={"title": "b"}
        )
        for each in (ITEM_ID, uuid4())
    ]
    assert {answer.status_code for answer in answers} == {
        404 if method in ("GET", "DELETE") else 405
    }
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers
    assert count(ch13.ItemRow) == 1
    mine = await headers_of(client)
    assert (await client.get(ITEM, headers=mine)).json()["title"] == "a lamp"


@pytest.mark.parametrize("method", ["GET", "DELETE"])
async def test_owner_may_what_others_may_not(
    client: httpx.AsyncClient, method: str
) -> None:
    """Without this, the refusals above would prove nothing."""
    own_item("johndoe")
    answer = await client.request(
        method, ITEM, headers=await headers_of(client)
    )
    assert answer.is_success


async def test_each_user_lists_their_own(client: httpx.AsyncClient) -> None:
    own_item("johndoe", "johns")
    own_item("bob", "bobs", uuid4())
    for username, title in (("johndoe", "johns"), ("bob", "bobs")):
        headers = await headers_of(client, username)
        items = (await client.get(ITEMS, headers=headers)).json()
        assert [item["title"] for item in items] == [title]


@pytest.mark.parametrize(
    "spelling",
    [
        "{id}",
        "{upper}",
        "{hex}",
        "{{{id}}}",
        "urn:uuid:{id}",
        "{id}%20",
        "{id}/",
        "{id}%00",
        "{id};x",
        "{id}?owner=johndoe",
        "../items/{id}",
        "%2e%2e/items/{id}",
        "{id}%2F..%2F{id}",
    ],
)
async def test_spelling_of_an_id_is_no_way_to_anothers_item(
    client: httpx.AsyncClient, spelling: str
) -> None:
    own_item("johndoe")
    path = spelling.format(
        id=ITEM_ID, upper=str(ITEM_ID).upper(), hex=ITEM_ID.hex
    )
    headers = await headers_of(client, "bob")
    for method in ("GET", "DELETE"):
        answer = await client.request(
            method, f"{ITEMS}{path}", headers=headers
        )
        assert answer.status_code in (404, 422)
    assert count(ch13.ItemRow) == 1


def test_delete_asks_once_more_whose_the_item_is() -> None:
    """Between the look and the deletion, an item might change hands."""
    item = own_item("johndoe")
    assert not ch13.delete_item(item, stored("bob"))
    assert count(ch13.ItemRow) == 1
    assert ch13.delete_item(item, stored())
    assert not ch13.delete_item(item, stored())


# Scopes and roles: neither is the other


@pytest.mark.parametrize("scope", ["me", "items"])
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", ITEMS), ("POST", ITEMS), ("GET", ITEM), ("DELETE", ITEM)],
)
async def test_token_needs_both_scopes_for_items(
    client: httpx.AsyncClient, method: str, path: str, scope: str
) -> None:
    own_item()
    headers = await headers_of(client, scope=scope)
    body = {"title": "a"} if method == "POST" else None
    answer = await client.request(method, path, headers=headers, json=body)
    assert answer.status_code == 403
    assert answer.json()["error"] == "insufficient_scope"
    assert count(ch13.ItemRow) == 1


WITHOUT_ROLE = {
    "nothing": [],
    "another role": [("johndoe", "editor")],
    "a role in capitals": [("johndoe", "Administrator")],
    "a role with a space": [("johndoe", "administrator ")],
    "part of a role": [("johndoe", "admin")],
    "another user's role": [("bob", "administrator")],
}


@pytest.mark.parametrize("roles", WITHOUT_ROLE.values(), ids=WITHOUT_ROLE)
async def test_all_scopes_without_the_role_list_no_users(
    client: httpx.AsyncClient, roles: list[tuple[str, str]]
) -> None:
    for username, role in roles:
        give_role(username, role)
    answer = await client.get(ADMIN, headers=await headers_of(client))
    assert answer.status_code == 403
    assert answer.json()["error"] == "access_denied"
    assert "bob" not in answer.text


async def test_role_without_the_scope_lists_no_users(
    client: httpx.AsyncClient,
) -> None:
    give_role()
    answer = await client.get(
        ADMIN, headers=await headers_of(client, scope="items")
    )
    assert answer.status_code == 403
    assert answer.json()["error"] == "insufficient_scope"


@both_databases
async def test_administrator_lists_the_users(
    database: Any, client: httpx.AsyncClient
) -> None:
    give_role()
    give_role(role="editor")
    answer = await client.get(
        ADMIN, headers=await headers_of(client, scope="me")
    )
    assert (answer.status_code, answer.json()) == (
        200,
        ["alice", "bob", "johndoe"],
    )


async def test_role_is_read_each_time(client: httpx.AsyncClient) -> None:
    """A token lives for minutes; a role that was taken is gone at once."""
    headers = await headers_of(client)
    seen = []
    for change in (None, give_role, take_role, give_role):
        if change:
            change()
        answer = await client.get(ADMIN, headers=headers)
        seen.append(answer.status_code)
    assert seen == [403, 200, 403, 200]


async def test_role_is_in_no_token(client: httpx.AsyncClient) -> None:
    """Nobody can bring a role along, and none outlives its row."""
    give_role()
    tokens = await log_in(client)
    assert "administrator" not in str(claims_of(tokens["access_token"]))


async def test_disabled_administrator_is_none(
    client: httpx.AsyncClient,
) -> None:
    give_role()
    headers = await headers_of(client)
    change_row("johndoe", disabled=True)
    assert (await client.get(ADMIN, headers=headers)).status_code == 401


async def test_administrator_may_not_read_others_items(
    client: httpx.AsyncClient,
) -> None:
    own_item("johndoe")
    give_role("bob")
    headers = await headers_of(client, "bob")
    for method in ("GET", "DELETE"):
        answer = await client.request(method, ITEM, headers=headers)
        assert answer.status_code == 404


async def test_role_does_not_pass_to_who_takes_the_name(
    client: httpx.AsyncClient,
) -> None:
    """A role is of an id, which nobody gets again."""
    give_role("bob")
    own_item("bob")
    delete_user("bob")
    new = {"username": "bob", "password": "a password, long enough"}
    assert (await client.post("/users/", json=new)).status_code == 201
    change_row("bob", scopes="items me")
    tokens = await log_in(client, **new)
    headers = bearer(tokens["access_token"])
    assert (await client.get(ADMIN, headers=headers)).status_code == 403
    assert (await client.get(ITEMS, headers=headers)).json() == []


def test_has_role_is_of_one_user_and_one_role() -> None:
    give_role("bob")
    assert ch13.has_role(stored("bob"), "administrator")
    assert not ch13.has_role(stored("bob"), "editor")
    assert not ch13.has_role(stored(), "administrator")
    assert not ch13.has_role(stored("bob"), "")


# Hostile requests


@given(body=json_values)
@example(body={"title": "\ud800"})
@example(body={"title": "x", "id": None})
async def test_made_up_item_is_stored_as_sent_or_refused(body: Any) -> None:
    async with browser_at(
        SITE, ch13.app, raise_app_exceptions=False
    ) as client:
        answer = await client.post(
            ITEMS,
            content=json.dumps(body),
            headers={**await headers_of(client), **JSON},
        )
        if answer.status_code == 201:
            assert answer.json()["title"] == body["title"]
        else:
            assert answer.status_code == 422


@given(title=st.text(st.characters(), min_size=1, max_size=101))
async def test_title_comes_back_as_it_was_sent_or_is_refused(
    title: str,
) -> None:
    async with browser_at(
        SITE, ch13.app, raise_app_exceptions=False
    ) as client:
        answer = await client.post(
            ITEMS,
            content=json.dumps({"title": title}),
            headers={**await headers_of(client), **JSON},
        )
        if answer.status_code == 201:
            assert answer.json()["title"] == title
        else:
            assert answer.status_code == 422
            refused = [
                c for c in title if c < " " or "\ud800" <= c <= "\udfff"
            ]
            assert refused or len(title) > 100


@given(body=st.binary(max_size=200))
@example(body=b"")
@example(body=b"[" * 10_000)
@example(body=b'{"title": "a", "title": "b"}')
async def test_bytes_that_are_no_item_are_no_500(body: bytes) -> None:
    async with browser_at(
        SITE, ch13.app, raise_app_exceptions=False
    ) as client:
        answer = await client.post(
            ITEMS,
            content=body,
            headers={**await headers_of(client), **JSON},
        )
        assert answer.status_code in (201, 400, 422)


@given(name=st.text(max_size=40) | st.uuids().map(str))
@example(name="x" * 10_000)
@example(name=str(UUID(int=0)))
@example(name="me")
async def test_made_up_id_is_no_item_and_no_500(name: str) -> None:
    async with browser_at(
        SITE, ch13.app, raise_app_exceptions=False
    ) as client:
        headers = await headers_of(client)
        path = f"{ITEMS}{quote(name, safe='')}"
        for method in ("GET", "DELETE"):
            answer = await client.request(method, path, headers=headers)
            allowed = (200, 405) if name in ("", ".", "..") else (404, 422)
            assert answer.status_code in (*allowed, 404)


def test_many_items_of_two_users_are_told_apart() -> None:
    for number in range(20):
        owner = "bob" if number % 2 else "johndoe"
        own_item(owner, f"{number:02}", UUID(int=number))
    mine = ch13.items_of(stored())
    assert [item.title for item in mine] == [
        f"{n:02}" for n in range(0, 20, 2)
    ]
    assert ch13.usernames() == ["alice", "bob", "johndoe"]


def test_item_of_nobody_is_not_stored() -> None:
    """The database refuses a row without an owner."""
    stranger = stored("bob")
    delete_user("bob")
    with pytest.raises(IntegrityError):
        ch13.add_item(stranger, ch13.NewItem(title="a"))
    assert count(ch13.ItemRow) == 0
