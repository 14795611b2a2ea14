"""Attempts at more than the table grants: in requests, and in tokens.

Each attempt is made against every app from chapter 6 on (in the quick tier,
the lists are divided among them), by a user who may have `me` and nothing
else. Whatever is sent, no door opens but those of `me`,
no scope is said or signed but `me`, and nothing is a 500.
"""

import json
from collections.abc import Callable, Iterable, Iterator
from typing import Any
from unittest.mock import patch
from urllib.parse import quote_plus, urlencode
from uuid import UUID

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snippets import ch13_ship_it as ch13
from snippets.ch06_scopes import grants
from tests.support.accounts import add_user, subject_of
from tests.support.chapters import apps
from tests.support.clients import bearer, login, open_client
from tests.support.forgeries import (
    FAR_FUTURE,
    Claims,
    Signer,
    part,
    unsigned,
    with_another_key,
    with_digest,
)
from tests.support.logins import claims_of
from tests.support.shares import PIECES, apps_in_turn, share_of
from tests.support.signers import signer_of
from tests.support.strategies import CONSTANTS, json_of

APPS = apps(first=6)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
DOORS = {
    "/status/": frozenset(),
    "/users/me/": frozenset({"me"}),
    "/users/me/items/": frozenset({"me", "items"}),
}
MAY = frozenset({"me"})

every_app = pytest.mark.parametrize("stem", APPS)


def at_some_apps(name: str, cases: Iterable[str]) -> pytest.MarkDecorator:
    """Run a test with each of the cases, at the apps whose turn it is."""
    turns = [
        (stem, case)
        for number, case in enumerate(cases)
        for stem in apps_in_turn(number, APPS)
    ]
    return pytest.mark.parametrize(("stem", name), turns)


# What looks like a space, or ends a line, or is not to be seen.
GAPS = (
    *("\t", "\n", "\r", "\r\n", "\v", "\f", "\0", "\x1c", "\x1f", "\x85"),
    *("\u00a0", "\u1680", "\u2003", "\u2028", "\u2029", "\u202f", "\u3000"),
    *("\u200b", "\u200d", "\u2060", "\ufeff", "\u180e", "\u00ad", "\ud800"),
    *(",", ";", "+", "%20", "&", "/", "|", ":", ".", '"', "\\", "\\u0020"),
)
# Spellings of `items` that people, or careless code, take for it.
LOOK_ALIKES = (
    *("ITEMS", "Items", "itemS", "\u0130tems", "\u0131tems"),
    *(
        "\u0456tems",
        "i\u0442ems",
        "it\u0435ms",
        "\uff49\uff54\uff45\uff4d\uff53",
    ),
    *(
        "\U0001d422tems",
        "item\u017f",
        "items\u0301",
        "\u2170tems",
        "item\u0455",
    ),
    *("items\0", "\0items", "items\u200b", "\u202eitems", "items\u200d"),
    *("smeti", "item", "itemss", "items:read", "items*", "item?", "it*", "*"),
    *(
        "badminton",
        "readmin",
        "admin",
        "root",
        "openid",
        "all",
        "any",
        "scope",
    ),
    *("-items", "+items", "!items", "~items", "items/", "/items", "#items"),
)
NESTED = (
    *('["items"]', "['items']", '{"items": true}', "[items]", "(items)"),
    *('"items"', "'items'", "null", "None", "true", "undefined", "NaN", "0"),
    *("items me\0", "' or '1'='1", "${items}", "{{items}}", "%69tems"),
)
BEYOND_BOUNDS = (
    " ".join(f"items{number}" for number in range(10_000)),
    " ".join(["items "] * 10_000) + "x",
    "i" * 1_000_000,
    " " * 100_000 + "x",
)
# Well written, and the table says which part of it may be had.
WELL_WRITTEN = (
    *("", " ", "   ", "me", " me", "me ", "me  items", " items me ", "items"),
    *("me me me", "items items", "items me items me", "items" + " " * 50),
    " ".join(["me", "items"] * 5_000),
)
# Each once.
WISHES = dict.fromkeys(
    (
        *(f"me{gap}items" for gap in GAPS),
        *(f"items{gap}" for gap in GAPS),
        *LOOK_ALIKES,
        *(f"me {name}" for name in LOOK_ALIKES),
        *NESTED,
        *BEYOND_BOUNDS,
        *WELL_WRITTEN,
    )
)


@pytest.fixture(autouse=True)
def people() -> Iterator[None]:
    """Let bob have `me`, and carl nothing."""
    add_user("bob", scopes="me")
    add_user("carl", scopes="")
    with patch.dict(grants, bob=MAY):
        yield


def body_of(scope: str, username: str = "bob") -> bytes:
    """Write the form by hand; half a letter goes in as three bytes."""
    sent = quote_plus(scope.encode("utf-8", "surrogatepass"))
    return f"{urlencode(login(username))}&scope={sent}".encode()


async def doors(client: httpx.AsyncClient, token: str) -> dict[str, int]:
    """Knock at every door."""
    headers = bearer(token)
    return {
        door: (await client.get(door, headers=headers)).status_code
        for door in DOORS
    }


async def gained(
    client: httpx.AsyncClient, answer: httpx.Response, may: frozenset[str]
) -> list[str]:
    """Say what an answer of the token endpoint gave beyond what it may.

    Chapter 13's app refuses a form that is too long, whatever is in it.
    """
    if answer.status_code == 413:
        assert answer.request.url.path == "/token"
        assert len(answer.request.content) > ch13.MOST_BODY_BYTES
        return []
    if answer.status_code == 400:
        assert answer.json()["error"] in ("invalid_scope", "invalid_request")
        return []
    assert answer.status_code == 200, answer.text
    said, token = answer.json()["scope"], answer.json()["access_token"]
    signed_scope = str(claims_of(token)["scope"])
    opened = await doors(client, token)
    return [
        *(set(said.split()) - may),
        *(set(signed_scope.split()) - may),
        *([] if said == signed_scope else ["said is not signed"]),
        *(
            door
            for door, needs in DOORS.items()
            if opened[door] != (200 if needs <= may else 403)
        ),
    ]


# Wishes


def test_there_are_many_wishes() -> None:
    assert len(WISHES) > 150


def test_apps_that_follow_each_other_try_all_wishes() -> None:
    stems = [*APPS]
    for start in range(len(stems) - PIECES + 1):
        few = stems[start : start + PIECES]
        assert {w for stem in few for w in share_of(stem, WISHES)} == {*WISHES}


@pytest.mark.anyio
@every_app
async def test_no_wish_gains_more_than_the_table(stem: str) -> None:
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for wish in share_of(stem, WISHES):
            answer = await client.post(
                "/token", content=body_of(wish), headers=FORM
            )
            found = await gained(client, answer, MAY)
            assert not found, f"{wish[:60]!a}: {found}"


@pytest.mark.anyio
@every_app
async def test_wishes_are_granted_where_the_table_says_so(stem: str) -> None:
    """Without this, the refusals above would prove nothing."""
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for wish in WELL_WRITTEN:
            body = body_of(wish, "johndoe")
            answer = await client.post("/token", content=body, headers=FORM)
            granted = set(answer.json()["scope"].split())
            assert granted == (set(wish.split()) or {"me"}), wish[:60]


@pytest.mark.anyio
@every_app
async def test_who_is_not_in_the_table_gains_nothing(stem: str) -> None:
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for wish in WELL_WRITTEN:
            body = body_of(wish, "carl")
            answer = await client.post("/token", content=body, headers=FORM)
            assert answer.status_code == 400
            assert answer.json()["error"] == "invalid_scope"


ELSEWHERE: dict[str, dict[str, Any]] = {
    "twice": {"content": body_of("me") + b"&scope=items"},
    "twice, the wide one first": {"content": body_of("items") + b"&scope=me"},
    "twice, once empty": {"content": body_of("items me") + b"&scope="},
    "under another name": {"content": body_of("me") + b"&scopes=items"},
    "with brackets": {"content": body_of("me") + b"&scope[]=items"},
    "in capitals": {"content": body_of("me") + b"&SCOPE=items"},
    "as grants": {"content": body_of("me") + b"&grants=items&role=admin"},
    "after a semicolon": {"content": body_of("me") + b";scope=items"},
    "in the address": {
        "content": body_of("me"),
        "params": {"scope": "items me", "scopes": "items"},
    },
    "in headers": {
        "content": body_of("me"),
        "headers": FORM | {"Scope": "items", "X-OAuth-Scopes": "items"},
    },
    "in the username": {"data": {**login("bob items"), "scope": "me"}},
    "in parts": {
        "files": [
            (name, (None, value))
            for name, value in {**login("bob"), "scope": "me\nitems"}.items()
        ]
    },
    "as a file": {
        "data": login("bob"),
        "files": {"scope": ("scope", b"items me")},
    },
    "as JSON": {"json": {**login("bob"), "scope": ["items", "me"]}},
}


@pytest.mark.anyio
@at_some_apps("what", ELSEWHERE)
async def test_scope_elsewhere_gains_nothing(stem: str, what: str) -> None:
    sent = ELSEWHERE[what]
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        headers = FORM if "content" in sent else {}
        answer = await client.post("/token", **{"headers": headers} | sent)
        if answer.json().get("error") != "invalid_grant":
            assert await gained(client, answer, MAY) == []


LETTERS = st.sampled_from(["me", "items", " ", "  ", "ITEMS", *GAPS])


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps_in_turn(1, APPS))
@given(wish=st.lists(LETTERS, max_size=8).map("".join) | st.text())
@example(wish="me items")
async def test_no_made_up_wish_gains_more_than_the_table(
    stem: str, wish: str
) -> None:
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        answer = await client.post(
            "/token", content=body_of(wish), headers=FORM
        )
        assert await gained(client, answer, MAY) == []


# Tokens


# What the tokens of a chapter must say, beside whose they are.
SAID: dict[str, Claims] = {
    "ch06": {},
    "ch08": {"jti": str(UUID(int=1))},
    "ch09": {
        "jti": str(UUID(int=1)),
        "iss": "https://course.example",
        "aud": "https://api.course.example",
        "client_id": "course",
        "iat": 1_767_268_800,
    },
}


def claims_with(stem: str, **changes: Any) -> Claims:
    """Claim to be bob, as a token of the chapter's app would."""
    said = SAID[max(name for name in SAID if name <= stem[:4])]
    sub = subject_of(stem, "bob")
    return {"sub": sub, "exp": FAR_FUTURE, **said, **changes}


def signed_with(stem: str, **changes: Any) -> str:
    """Sign such claims, as the chapter's app would."""
    return signer_of(stem)(claims_with(stem, **changes))


def words_of(stem: str, scope: Any) -> set[str] | None:
    """Read a claim's scopes; None: no token has such a claim.

    From chapter 9 on a list of them is one too, as other issuers write it.
    Infinity is not JSON, and a token with it in a list is refused.
    """
    if isinstance(scope, list) and stem[:4] >= "ch09":
        try:
            json.dumps(scope, allow_nan=False)
        except ValueError:
            return None
        scope = " ".join(map(str, scope))
    return set(scope.split(" ")) if isinstance(scope, str) else None


# Signed well, and no string in which `me` and `items` are words.
ODD_CLAIMS: tuple[Any, ...] = (
    *(None, True, False, 0, 1, 1.5, 10**400, float("inf")),
    *([], [["items", "me"]], ["items"], "items,me", {}),
    *({"items": True, "me": True}, {"scope": "items me"}, [None], [0]),
    *(wish for wish in WISHES if not {"me", "items"} <= {*wish.split(" ")}),
)


@pytest.mark.anyio
@every_app
async def test_odd_scope_in_a_signed_token_opens_no_items(stem: str) -> None:
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for scope in share_of(stem, ODD_CLAIMS):
            opened = await doors(client, signed_with(stem, scope=scope))
            name = repr(scope)[:60]
            assert opened["/users/me/items/"] in (401, 403), name
            if words_of(stem, scope) is None:
                assert set(opened.values()) == {401}, name
            assert max(opened.values()) < 500, name


@pytest.mark.anyio
@every_app
async def test_both_words_in_a_signed_token_open_the_items(stem: str) -> None:
    """Without this, the refusals above would prove nothing."""
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for scope in ("me items", "items me", " items  me x "):
            opened = await doors(client, signed_with(stem, scope=scope))
            assert set(opened.values()) == {200}


@pytest.mark.anyio
@every_app
async def test_list_of_both_words_opens_the_items_from_chapter_9_on(
    stem: str,
) -> None:
    token = signed_with(stem, scope=["items", "me"])
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        opened = await doors(client, token)
    assert set(opened.values()) == {200 if stem >= "ch09" else 401}


@pytest.mark.anyio
@at_some_apps(
    "name", ["scopes", "scp", "Scope", "scope ", "permissions", "roles"]
)
async def test_scope_under_another_name_opens_nothing(
    stem: str, name: str
) -> None:
    token = signed_with(stem, **{"scope": "me", name: "items me"})
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        opened = await doors(client, token)
    assert list(opened.values()) == [200, 200, 403]


Edit = Callable[[Signer, Claims, Claims], str]
EDITED: dict[str, Edit] = {
    "its signature kept": lambda sign, narrow, wide: ".".join(
        [*sign(wide).split(".")[:2], sign(narrow).split(".")[2]]
    ),
    "signed with another key": lambda sign, _, wide: with_another_key(
        sign, wide
    ),
    "not signed": lambda sign, _, wide: unsigned("none")(sign, wide),
    "signed with SHA-512": lambda sign, _, wide: with_digest("sha512", "512")(
        sign, wide
    ),
    "its scope in the header": lambda sign, narrow, _: (
        f"{part(sign.header | {'scope': 'items me'})}."
        f"{sign(narrow).partition('.')[2]}"
    ),
}


@pytest.mark.anyio
@at_some_apps("edit", EDITED)
async def test_edited_token_opens_no_door_at_all(stem: str, edit: str) -> None:
    narrow, wide = (
        claims_with(stem, scope="me"),
        claims_with(stem, scope="items me"),
    )
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        good = signer_of(stem)(narrow)
        assert (await doors(client, good))["/users/me/"] == 200
        opened = await doors(
            client, EDITED[edit](signer_of(stem), narrow, wide)
        )
    assert set(opened.values()) == {401}


JSON = json_of(CONSTANTS | st.floats() | st.text() | LETTERS)


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps_in_turn(2, APPS))
@given(scope=JSON | st.lists(LETTERS, max_size=8).map("".join))
@example(scope="items me")
async def test_made_up_scope_opens_what_its_words_name(
    stem: str, scope: Any
) -> None:
    """A second reading of the claim says which doors those are."""
    token = signed_with(stem, scope=scope)
    read = json.loads(json.dumps(scope))
    has = words_of(stem, read)
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        for door, status in (await doors(client, token)).items():
            if has is None:
                assert status == 401
            else:
                assert status == (200 if has >= DOORS[door] else 403)
