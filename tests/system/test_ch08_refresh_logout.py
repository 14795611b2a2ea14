"""Chapter 8: families of refresh tokens, revocation, logout, the client.

Races, crashes and several processes are in `test_refresh_races.py`.
"""

import asyncio
import base64
import hashlib
import logging
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, nullcontext
from datetime import UTC, datetime, timedelta
from typing import Any, cast
from unittest.mock import patch
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa

from snippets import ch04_token_endpoint as ch04
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets.ch05_check_it import OAuthError
from snippets.ch08_refresh_logout import app
from tests.support.accounts import change_row
from tests.support.clients import bearer, login, open_client
from tests.support.databases import bound, engine_of
from tests.support.forgeries import ANOTHER_KEY, FAR_FUTURE, signed
from tests.support.logins import (
    after,
    claims_of,
    clock,
    count,
    jti,
    log_in,
    now,
    refresh,
    refused,
    sign_in,
    status,
    stored,
)
from tests.system.test_escalation import WISHES

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)

MINUTE = timedelta(minutes=1)
SECOND = timedelta(seconds=1)
TICK = timedelta(microseconds=1)
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
SECRET = "a new password, long enough"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(app, raise_app_exceptions=False) as client:
        yield client


def everything_stored() -> str:
    """Return all rows of chapter 8's tables, as text."""
    tables = (ch08.FamilyRow, ch08.RefreshTokenRow, ch08.RevokedRow)
    with ch07.Session() as session:
        return "\n".join(
            str(tuple(row))
            for table in tables
            for row in session.execute(sa.select(*table.__table__.columns))
        )


# Issue


def test_refresh_token_is_opaque_and_has_256_random_bits() -> None:
    tokens = {sign_in().refresh_token for _ in range(20)}
    assert len(tokens) == 20
    for token in tokens:
        assert len(base64.urlsafe_b64decode(f"{token}=")) == 32
        assert "." not in token


def test_tables_hold_the_hash_of_a_refresh_token_and_neither_token() -> None:
    token = sign_in()
    rows = everything_stored()
    assert hashlib.sha256(token.refresh_token.encode()).hexdigest() in rows
    assert token.refresh_token not in rows
    assert token.access_token.rpartition(".")[2] not in rows


def test_text_that_is_not_utf_8_has_a_hash_as_well() -> None:
    assert len(ch08.hash_token("\ud800")) == 64


async def test_login_answers_with_both_tokens_and_is_not_stored(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/token", data={**login(), "scope": "me"})
    assert answer.json().keys() == {
        *("access_token", "token_type", "expires_in", "scope"),
        "refresh_token",
    }
    assert answer.json()["scope"] == "me"
    assert answer.json()["token_type"] == "bearer"
    assert answer.headers["Cache-Control"] == "no-store"
    again = await refresh(client, answer.json()["refresh_token"])
    assert again.json().keys() == answer.json().keys()
    assert again.headers["Cache-Control"] == "no-store"


def test_access_token_lives_five_minutes_from_its_iat() -> None:
    token = sign_in()
    claims = cast(dict[str, Any], claims_of(token.access_token))
    assert token.expires_in == 300
    assert claims["exp"] - claims["iat"] in (300, 301)
    assert abs(claims["iat"] - now().timestamp()) < 60


def test_every_access_token_has_a_jti_of_its_own() -> None:
    first = sign_in()
    second = ch08.refresh(first.refresh_token, "")
    third = sign_in()
    assert len({jti(token) for token in (first, second, third)}) == 3


# Rotate


async def test_refresh_token_buys_the_next_pair_once(
    client: httpx.AsyncClient,
) -> None:
    first = await log_in(client)
    answer = await refresh(client, first["refresh_token"])
    second = answer.json()
    assert answer.status_code == 200
    assert second["refresh_token"] != first["refresh_token"]
    assert await status(client, second["access_token"]) == 200
    answer = await refresh(client, second["refresh_token"])
    assert answer.status_code == 200


async def test_access_token_outlives_the_refresh_that_follows_it(
    client: httpx.AsyncClient,
) -> None:
    """Requests that are under way must not fail."""
    first = await log_in(client)
    await refresh(client, first["refresh_token"])
    assert await status(client, first["access_token"]) == 200


async def test_unknown_refresh_token_is_refused_and_ends_nothing(
    client: httpx.AsyncClient,
) -> None:
    first = await log_in(client)
    unknown = await refresh(client, "nonsense")
    assert unknown.status_code == 400
    assert unknown.json()["error"] == "invalid_grant"
    assert unknown.headers["Cache-Control"] == "no-store"
    assert (await refresh(client, first["refresh_token"])).is_success


def test_used_refresh_token_is_refused_and_stays_refused() -> None:
    first = sign_in()
    ch08.refresh(first.refresh_token, "")
    assert refused(first.refresh_token) == "invalid_grant"
    assert refused(first.refresh_token) == "invalid_grant"


@pytest.mark.parametrize("thief_is_first", [True, False])
async def test_reuse_ends_the_family_for_thief_and_owner(
    client: httpx.AsyncClient, thief_is_first: bool
) -> None:
    """The server cannot know which of the two is the thief."""
    stolen = await log_in(client)
    winner = (await refresh(client, stolen["refresh_token"])).json()
    if thief_is_first:  # and goes on for a while
        winner = (await refresh(client, winner["refresh_token"])).json()
    assert await status(client, winner["access_token"]) == 200
    loser = await refresh(client, stolen["refresh_token"])
    assert loser.status_code == 400
    assert loser.json()["error"] == "invalid_grant"
    after = await refresh(client, winner["refresh_token"])
    assert after.json()["error"] == "invalid_grant"
    for token in (winner, stolen):
        assert await status(client, token["access_token"]) == 401


@both_databases
def test_end_of_a_family_outlives_the_refusal_that_reports_it(
    database: sa.Engine,
) -> None:
    """A rollback of the refusal's transaction would undo the revocation."""
    first = sign_in()
    second = ch08.refresh(first.refresh_token, "")
    assert refused(first.refresh_token) == "invalid_grant"
    with ch07.Session() as session:
        family = session.scalars(sa.select(ch08.FamilyRow)).one()
        denied = set(session.scalars(sa.select(ch08.RevokedRow.jti)))
    assert family.ended_at is not None
    assert denied == {jti(first), jti(second)}


def test_reuse_ends_one_family_and_no_other() -> None:
    stolen, other, alices = sign_in(), sign_in(), sign_in("me", "alice")
    ch08.refresh(stolen.refresh_token, "")
    assert refused(stolen.refresh_token) == "invalid_grant"
    assert refused(other.refresh_token) == ""
    assert not ch08.is_revoked(other.access_token)
    assert not ch08.is_revoked(alices.access_token)


def test_refusals_of_a_refresh_do_not_say_why() -> None:
    used, disabled = sign_in(), sign_in("me", "alice")
    ch08.refresh(used.refresh_token, "")
    seen = set()
    for token in ("unknown", used.refresh_token, disabled.refresh_token):
        with pytest.raises(OAuthError) as refusal:
            ch08.refresh(token, "")
        seen.add((refusal.value.error, refusal.value.description))
    assert len(seen) == 1


# Narrow


def test_refresh_narrows_one_access_token_and_not_the_login() -> None:
    first = sign_in("items me")
    narrow = ch08.refresh(first.refresh_token, "me")
    assert narrow.scope == "me"
    assert claims_of(narrow.access_token)["scope"] == "me"
    wide = ch08.refresh(narrow.refresh_token, "")
    assert wide.scope == "items me"
    assert claims_of(wide.access_token)["scope"] == "items me"


@pytest.mark.parametrize("wish", ["items", "items me", "admin", "me admin"])
def test_refresh_widens_nothing(wish: str) -> None:
    first = sign_in("me")
    assert refused(first.refresh_token, wish) == "invalid_scope"
    token = ch08.refresh(first.refresh_token, "")
    assert token.scope == "me"


@pytest.mark.parametrize("blank", ["", " ", "   "])
def test_refresh_for_no_scope_is_for_the_scope_of_the_login(
    blank: str,
) -> None:
    """Chapter 6's default, `me`, would widen a login for `items`."""
    first = sign_in("items")
    assert ch08.refresh(first.refresh_token, blank).scope == "items"


@pytest.mark.parametrize("scope", ["me", "items"])
def test_no_wish_widens_a_login(scope: str) -> None:
    token = sign_in(scope)
    for wish in WISHES:
        words = set(wish.split(" ")) - {""}
        if words <= {scope}:
            token = ch08.refresh(token.refresh_token, wish)
            assert token.scope == scope
            assert claims_of(token.access_token)["scope"] == scope
        else:
            error = refused(token.refresh_token, wish)
            assert error == "invalid_scope", wish[:60]


def test_refused_scope_does_not_use_the_token_up() -> None:
    first = sign_in("me")
    for _ in range(3):
        assert refused(first.refresh_token, "items") == "invalid_scope"
    assert ch08.refresh(first.refresh_token, "me").scope == "me"
    assert not ch08.is_revoked(first.access_token)


def test_todays_grants_are_read_again() -> None:
    first = sign_in("items me")
    change_row("johndoe", scopes="me")
    second = ch08.refresh(first.refresh_token, "")
    assert second.scope == "me"
    assert refused(second.refresh_token, "items") == "invalid_scope"
    change_row("johndoe", scopes="items me")
    assert ch08.refresh(second.refresh_token, "").scope == "items me"


def test_user_who_may_have_nothing_today_gets_no_token() -> None:
    first = sign_in("items me")
    change_row("johndoe", scopes="")
    assert refused(first.refresh_token) == "invalid_scope"


# End


def delete_john() -> None:
    with ch07.Session.begin() as session:
        session.execute(
            sa.delete(ch07.UserRow).where(ch07.UserRow.username == "johndoe")
        )


def give_a_new_password() -> None:
    user = stored()
    change = ch07.PasswordChange(old_password="secret", new_password=SECRET)
    ch07.change_password(user, change)


ENDS: dict[str, Callable[[], None]] = {
    "disabled": lambda: change_row("johndoe", disabled=True),
    "deleted": delete_john,
    "a new password": give_a_new_password,
}


@both_databases
@pytest.mark.parametrize("end", ENDS)
def test_refresh_token_ends_with_what_it_was_given_for(
    database: sa.Engine, end: str
) -> None:
    first = sign_in()
    other = sign_in("me", "alice")
    change_row("alice", disabled=False)
    ENDS[end]()
    assert refused(first.refresh_token) == "invalid_grant"
    assert refused(other.refresh_token) == ""


async def test_disabled_user_gets_no_pair_for_a_password(
    client: httpx.AsyncClient,
) -> None:
    change_row("johndoe", disabled=True)
    answer = await client.post("/token", data=login())
    assert answer.json()["error"] == "invalid_grant"
    assert count(ch08.FamilyRow) == 0


def test_deleted_user_takes_families_and_tokens_along() -> None:
    sign_in()
    delete_john()
    assert count(ch08.FamilyRow) == count(ch08.RefreshTokenRow) == 0


@both_databases
@pytest.mark.parametrize(
    ("late", "error"),
    [(-TICK, ""), (0 * TICK, "invalid_grant"), (TICK, "invalid_grant")],
)
def test_unused_refresh_token_expires_after_seven_days(
    database: sa.Engine, late: timedelta, error: str
) -> None:
    begun = now()
    with clock(begun):
        first = sign_in()
    with clock(begun + timedelta(days=7) + late):
        assert refused(first.refresh_token) == error


@both_databases
@pytest.mark.parametrize(
    ("late", "error"),
    [(-TICK, ""), (0 * TICK, "invalid_grant"), (TICK, "invalid_grant")],
)
def test_login_expires_after_thirty_days_however_often_it_is_renewed(
    database: sa.Engine, late: timedelta, error: str
) -> None:
    begun = now()
    with clock(begun):
        token = sign_in()
    for days in (6, 12, 18, 24, 29):
        with clock(begun + timedelta(days=days)):
            token = ch08.refresh(token.refresh_token, "")
    with clock(begun + timedelta(days=30) + late):
        assert refused(token.refresh_token) == error


def test_refresh_notes_when_the_login_was_renewed() -> None:
    begun = now()
    with clock(begun):
        token = sign_in()
    with clock(begun + MINUTE):
        ch08.refresh(token.refresh_token, "")
    with ch07.Session() as session:
        family = session.scalars(sa.select(ch08.FamilyRow)).one()
        used = session.get(
            ch08.RefreshTokenRow, ch08.hash_token(token.refresh_token)
        )
    assert family.renewed_at == begun + MINUTE
    assert family.expires_at == begun + timedelta(days=30)
    assert used is not None
    assert used.used_at == begun + MINUTE


async def test_logout_everywhere_ends_all_logins_of_one_user(
    client: httpx.AsyncClient,
) -> None:
    change_row("alice", disabled=False)
    mine = [await log_in(client) for _ in range(3)]
    alices = await log_in(client, "me", username="alice", password="secret2")
    headers = bearer(mine[0]["access_token"])
    answer = await client.delete("/users/me/logins/", headers=headers)
    assert (answer.status_code, answer.content) == (204, b"")
    for token in mine:
        assert await status(client, token["access_token"]) == 401
        assert refused(token["refresh_token"]) == "invalid_grant"
    assert await status(client, alices["access_token"]) == 200
    assert refused(alices["refresh_token"]) == ""
    assert await status(client, (await log_in(client))["access_token"]) == 200


async def test_logout_everywhere_needs_a_token_with_the_scope_me(
    client: httpx.AsyncClient,
) -> None:
    token = await log_in(client, "items")
    headers = bearer(token["access_token"])
    answer = await client.delete("/users/me/logins/", headers=headers)
    assert answer.status_code == 403
    assert (await client.delete("/users/me/logins/")).status_code == 401
    assert refused(token["refresh_token"]) == ""


async def test_new_password_ends_all_logins(
    client: httpx.AsyncClient,
) -> None:
    here, elsewhere = await log_in(client), await log_in(client)
    change = {"old_password": "secret", "new_password": SECRET}
    headers = bearer(here["access_token"])
    answer = await client.post(
        "/users/me/password", json=change, headers=headers
    )
    assert answer.status_code == 204
    for token in (here, elsewhere):
        assert await status(client, token["access_token"]) == 401
        assert refused(token["refresh_token"]) == "invalid_grant"
    again = await log_in(client, password=SECRET)
    assert await status(client, again["access_token"]) == 200


async def test_wrong_old_password_ends_no_login(
    client: httpx.AsyncClient,
) -> None:
    token = await log_in(client)
    change = {"old_password": "wrong", "new_password": SECRET}
    headers = bearer(token["access_token"])
    answer = await client.post(
        "/users/me/password", json=change, headers=headers
    )
    assert answer.json()["error"] == "invalid_grant"
    assert await status(client, token["access_token"]) == 200
    assert refused(token["refresh_token"]) == ""


# The two kinds of tokens


async def test_neither_token_passes_for_the_other(
    client: httpx.AsyncClient,
) -> None:
    token = await log_in(client)
    assert await status(client, token["refresh_token"]) == 401
    answer = await refresh(client, token["access_token"])
    assert answer.json()["error"] == "invalid_grant"
    assert await status(client, token["access_token"]) == 200


async def test_token_without_a_jti_of_ours_is_refused(
    client: httpx.AsyncClient,
) -> None:
    """A token of chapter 7 lives on for half an hour, and is not listed."""
    user = stored()
    old = ch07.issue_token(user, "me items").access_token
    assert await status(client, old) == 401
    claims = {**claims_of(old), "exp": FAR_FUTURE}
    for odd in ("", "1", "\ud800", "\0", "a" * 5000, "'; --"):
        token = signed({**claims, "jti": odd})
        assert await status(client, token) == 401
        answer = await client.post("/revoke", data={"token": token})
        assert answer.status_code == 200
    odd_types: list[Any] = [1, None, [], {}]
    for wrong in odd_types:
        token = signed({**claims, "jti": wrong})
        assert await status(client, token) == 401
    token = signed({**claims, "jti": str(UUID(int=1))})
    assert await status(client, token) == 200


@pytest.mark.parametrize("exp", [1e300, 10**400, 253_402_300_800, 4e9])
async def test_token_of_any_lifetime_is_revoked(
    client: httpx.AsyncClient, exp: float
) -> None:
    claims = claims_of(sign_in().access_token)
    token = signed({**claims, "exp": exp})
    assert await status(client, token) == 200
    answer = await client.post("/revoke", data={"token": token})
    assert answer.status_code == 200
    assert await status(client, token) == 401


# Revoke


def revocation(token: str, **more: str) -> dict[str, str]:
    return {"token": token, **more}


@pytest.mark.parametrize("hint", ["", "refresh_token", "access_token", "x"])
async def test_revoked_refresh_token_ends_its_login_whatever_the_hint(
    client: httpx.AsyncClient, hint: str
) -> None:
    token = await log_in(client)
    form = revocation(token["refresh_token"], token_type_hint=hint)
    answer = await client.post("/revoke", data=form)
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert await status(client, token["access_token"]) == 401
    answer = await refresh(client, token["refresh_token"])
    assert answer.json()["error"] == "invalid_grant"


async def test_used_refresh_token_ends_its_login_as_well(
    client: httpx.AsyncClient,
) -> None:
    first = await log_in(client)
    second = (await refresh(client, first["refresh_token"])).json()
    form = revocation(first["refresh_token"])
    assert (await client.post("/revoke", data=form)).status_code == 200
    assert await status(client, second["access_token"]) == 401
    assert refused(second["refresh_token"]) == "invalid_grant"


@pytest.mark.parametrize("hint", ["", "refresh_token", "access_token", "x"])
async def test_revoked_access_token_is_refused_and_its_login_goes_on(
    client: httpx.AsyncClient, hint: str
) -> None:
    token, other = await log_in(client), await log_in(client)
    form = revocation(token["access_token"], token_type_hint=hint)
    answer = await client.post("/revoke", data=form)
    assert (answer.status_code, answer.content) == (200, b"")
    assert await status(client, token["access_token"]) == 401
    assert await status(client, other["access_token"]) == 200
    renewed = await refresh(client, token["refresh_token"])
    assert await status(client, renewed.json()["access_token"]) == 200


@pytest.mark.parametrize(
    ("revoked", "sent"),
    [("{}", "{}="), ("{}=", "{}"), ("{}", "{}")],
)
async def test_revocation_is_of_the_token_and_not_of_its_spelling(
    client: httpx.AsyncClient, revoked: str, sent: str
) -> None:
    """PyJWT accepts a padded signature: a list of texts is walked around."""
    token = (await log_in(client))["access_token"]
    assert await status(client, sent.format(token)) == 200
    form = revocation(revoked.format(token))
    assert (await client.post("/revoke", data=form)).status_code == 200
    assert await status(client, sent.format(token)) == 401


async def test_refusal_of_a_revoked_token_is_invalid_token(
    client: httpx.AsyncClient,
) -> None:
    token = (await log_in(client))["access_token"]
    await client.post("/revoke", data=revocation(token))
    answer = await client.get("/users/me/", headers=bearer(token))
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
    items = await client.get("/users/me/items/", headers=bearer(token))
    anyones = await client.get("/status/", headers=bearer(token))
    assert items.status_code == anyones.status_code == 401


UNKNOWN: dict[str, Callable[[str], str]] = {
    "garbage": lambda token: "garbage",
    "bytes": lambda token: "\0\x7f\u20ac",
    "a long text": lambda token: "a" * 100_000,
    "another's": lambda token: signed(claims_of(token), key=ANOTHER_KEY),
    "an expired one": lambda token: signed({**claims_of(token), "exp": 1}),
    "a damaged one": lambda token: f"{token[:-9]}{token[-8:]}",
    "chapter 7's": lambda _: ch07.issue_token(stored(), "me").access_token,
    "a spelling of the hash": lambda token: ch08.hash_token(token),
    "SQL": lambda token: "' OR '1'='1",
}


@pytest.mark.parametrize("which", UNKNOWN)
async def test_unknown_token_is_a_success_and_ends_nothing(
    client: httpx.AsyncClient, which: str
) -> None:
    token = await log_in(client)
    form = revocation(UNKNOWN[which](token["access_token"]))
    answer = await client.post("/revoke", data=form)
    assert (answer.status_code, answer.content) == (200, b"")
    assert await status(client, token["access_token"]) == 200
    assert refused(token["refresh_token"]) == ""


async def test_hash_of_a_refresh_token_is_worth_nothing(
    client: httpx.AsyncClient,
) -> None:
    """It is what a copy of the database gives away."""
    token = await log_in(client)
    stolen = ch08.hash_token(token["refresh_token"])
    assert (await refresh(client, stolen)).json()["error"] == "invalid_grant"
    await client.post("/revoke", data=revocation(stolen))
    assert refused(token["refresh_token"]) == ""


def in_parts(name: str, content: bytes, charset: str) -> dict[str, Any]:
    """Write a form in one part, in an encoding of its own."""
    head = f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
    kind = f"multipart/form-data; boundary=B; charset={charset}"
    body = head.encode() + content + b"\r\n--B--\r\n"
    return {"content": body, "headers": {"Content-Type": kind}}


BROKEN: dict[str, dict[str, Any]] = {
    "no field": {"data": {"x": "y"}},
    "no form": {"json": {"token": "x"}},
    "no body": {},
    "in the address": {"params": {"token": "x"}},
    "an empty token": {"data": {"token": ""}},
    "a repeated token": {"content": b"token=a&token=b", "headers": FORM},
    "a repeated hint": {
        "content": b"token=a&token_type_hint=b&token_type_hint=c",
        "headers": FORM,
    },
    "a file": {"files": {"token": ("token", b"x")}},
    "a surrogate": in_parts("token", b"+2AA-", "utf-7"),
}


@pytest.mark.parametrize("sent", BROKEN.values(), ids=BROKEN)
async def test_broken_revocation_is_invalid_request(
    client: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    answer = await client.post("/revoke", **sent)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request"
    assert answer.headers["Cache-Control"] == "no-store"


CREDENTIALS: dict[str, dict[str, Any]] = {
    "in the form": {"data": {"client_id": "a", "client_secret": "b"}},
    "an assertion": {"data": {"client_assertion": "a"}},
    "in the header": {"auth": ("a", "b")},
}


@pytest.mark.parametrize("sent", CREDENTIALS.values(), ids=CREDENTIALS)
async def test_credentials_of_a_client_are_refused_and_end_nothing(
    client: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    """We know no confidential client (RFC 7009 §2.1)."""
    token = await log_in(client)
    for path, fields in {
        "/revoke": {"token": token["refresh_token"]},
        "/token": {
            "grant_type": "refresh_token",
            "refresh_token": token["refresh_token"],
        },
    }.items():
        data = {**sent.get("data", {}), **fields}
        answer = await client.post(path, **{**sent, "data": data})
        assert answer.status_code == 401
        assert answer.json()["error"] == "invalid_client"
        assert answer.headers["WWW-Authenticate"].startswith("Basic ")
    assert refused(token["refresh_token"]) == ""


async def test_client_without_a_secret_may_say_who_it_is(
    client: httpx.AsyncClient,
) -> None:
    token = await log_in(client)
    answer = await refresh(client, token["refresh_token"], client_id="app")
    assert answer.status_code == 200
    form = revocation(answer.json()["refresh_token"], client_id="app")
    assert (await client.post("/revoke", data=form)).status_code == 200
    assert await status(client, token["access_token"]) == 401


async def test_revocation_is_for_post_alone(
    client: httpx.AsyncClient,
) -> None:
    """A GET would write tokens into the logs of proxies."""
    answer = await client.get("/revoke", params={"token": "x"})
    assert answer.status_code == 405


# The form of a refresh

GRANT = "grant_type=refresh_token"
BROKEN_REFRESHES: dict[str, dict[str, Any]] = {
    "no token": {"data": {"grant_type": "refresh_token"}},
    "an empty token": {
        "data": {"grant_type": "refresh_token", "refresh_token": ""}
    },
    "a repeated token": {
        "content": f"{GRANT}&refresh_token=a&refresh_token=b".encode(),
        "headers": FORM,
    },
    "a repeated scope": {
        "content": f"{GRANT}&refresh_token=a&scope=a&scope=b".encode(),
        "headers": FORM,
    },
    "a repeated grant": {
        "content": f"{GRANT}&{GRANT}&refresh_token=a".encode(),
        "headers": FORM,
    },
    "a file": {
        "data": {"grant_type": "refresh_token"},
        "files": {"refresh_token": ("token", b"x")},
    },
    "in the address": {
        "params": {"refresh_token": "a"},
        "data": {"grant_type": "refresh_token"},
    },
}


@pytest.mark.parametrize(
    "sent", BROKEN_REFRESHES.values(), ids=BROKEN_REFRESHES
)
async def test_broken_refresh_is_invalid_request(
    client: httpx.AsyncClient, sent: dict[str, Any]
) -> None:
    answer = await client.post("/token", **sent)
    assert answer.status_code == 400, answer.text
    assert answer.json()["error"] == "invalid_request"


async def test_other_grants_are_unsupported(
    client: httpx.AsyncClient,
) -> None:
    for grant in ("Refresh_token", "refresh_token ", "client_credentials"):
        form = {"grant_type": grant, "refresh_token": "a"}
        answer = await client.post("/token", data=form)
        assert answer.json()["error"] == "unsupported_grant_type"


def test_docs_describe_both_grants_and_the_revocation() -> None:
    def fields(path: str) -> list[set[str]]:
        body = app.openapi()["paths"][path]["post"]["requestBody"]
        (schema,) = (media["schema"] for media in body["content"].values())
        return [set(each["properties"]) for each in schema["anyOf"]]

    assert fields("/token") == [
        {"grant_type", "username", "password", "scope"},
        {"grant_type", "refresh_token", "scope"},
    ]
    assert fields("/revoke") == [{"token", "token_type_hint"}]


# The deny-list


def test_expired_rows_leave_the_deny_list_when_a_login_ends() -> None:
    begun = now()
    with clock(begun):
        first, second, third = sign_in(), sign_in(), sign_in()
        ch08.revoke(first.refresh_token)
    expired = begun + timedelta(minutes=5)
    with clock(expired + MINUTE - TICK):
        ch08.revoke(second.refresh_token)
        assert count(ch08.RevokedRow) == 2
    with clock(expired + MINUTE):
        ch08.revoke(third.refresh_token)
    assert count(ch08.RevokedRow) == 0


def test_token_that_expired_a_moment_ago_is_listed_for_slow_clocks() -> None:
    begun = now()
    with clock(begun):
        token = sign_in()
    with clock(begun + timedelta(minutes=5) + MINUTE - TICK):
        ch08.revoke(token.refresh_token)
    assert count(ch08.RevokedRow) == 1


def test_row_of_a_revoked_access_token_lives_as_long_as_the_token() -> None:
    token = sign_in()
    ch08.revoke(token.access_token)
    with ch07.Session() as session:
        row = session.scalars(sa.select(ch08.RevokedRow)).one()
    assert row.jti == jti(token)
    assert row.expires_at.timestamp() == claims_of(token.access_token)["exp"]


def test_login_that_ended_is_not_listed_twice() -> None:
    token = sign_in()
    for _ in range(3):
        ch08.revoke(token.refresh_token)
    assert count(ch08.RevokedRow) == 1


def test_all_access_tokens_of_a_login_are_listed() -> None:
    tokens = [sign_in()]
    for _ in range(3):
        tokens.append(ch08.refresh(tokens[-1].refresh_token, ""))
    ch08.revoke(tokens[1].refresh_token)
    assert all(ch08.is_revoked(token.access_token) for token in tokens)


# Migrate


@both_databases
def test_tables_come_and_go_by_migration(database: sa.Engine) -> None:
    def tables() -> set[str]:
        return set(sa.inspect(database).get_table_names())

    new = {"families", "refresh_tokens", "revoked_tokens"}
    assert new <= tables()
    ch07.migrate("base")
    assert not new & tables()
    ch07.migrate("ch07")
    assert not new & tables()
    ch07.migrate("ch08")
    assert new <= tables()
    ch07.move_users()
    assert refused(sign_in().refresh_token) == ""


@both_databases
def test_tables_are_what_the_classes_say(database: sa.Engine) -> None:
    """A model that a migration forgot would fail at the first request."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ch07.migrate("base")
    ch07.migrate("ch08")
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        tables: Any = [ch07.Base.metadata, ch08.LoginTable.metadata]
        differences = compare_metadata(context, tables)
    assert differences == []


async def test_server_creates_what_is_missing_as_it_starts(
    database: sa.Engine,
) -> None:
    ch07.migrate("base")
    async with ch08.lifespan(app):
        assert refused(sign_in().refresh_token) == ""


# The database is away

GUARDED: dict[str, tuple[str, str, dict[str, Any]]] = {
    "the record": ("GET", "/users/me/", {}),
    "the items": ("GET", "/users/me/items/", {}),
    "the status": ("GET", "/status/", {}),
    "a login": ("POST", "/token", {"data": login()}),
    "a refresh": (
        "POST",
        "/token",
        {"data": {"grant_type": "refresh_token", "refresh_token": "a"}},
    ),
    "a revocation": ("POST", "/revoke", {"data": {"token": "a"}}),
    "a logout everywhere": ("DELETE", "/users/me/logins/", {}),
}


def take_away_the_list() -> None:
    with ch07.Session.begin() as session:
        session.execute(sa.text("DROP TABLE revoked_tokens"))


@pytest.mark.parametrize("what", GUARDED)
async def test_no_request_succeeds_without_the_database(
    client: httpx.AsyncClient, what: str
) -> None:
    method, path, sent = GUARDED[what]
    headers = bearer((await log_in(client))["access_token"])
    with (
        engine_of("sqlite:////no/such/folder/users.db") as nowhere,
        bound(nowhere),
    ):
        answer = await client.request(method, path, headers=headers, **sent)
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"
    assert answer.headers["Retry-After"]
    assert "sqlite" not in answer.text.lower()


async def test_no_token_is_good_without_the_deny_list(
    client: httpx.AsyncClient,
) -> None:
    token = await log_in(client)
    take_away_the_list()
    assert await status(client, token["access_token"]) == 503
    form = revocation(token["refresh_token"])
    assert (await client.post("/revoke", data=form)).status_code == 503


async def test_failed_revocation_is_undone_and_can_be_repeated(
    client: httpx.AsyncClient,
    database: sa.Engine,
) -> None:
    token = sign_in()
    form = revocation(token.refresh_token)

    def fail() -> None:
        raise sa.exc.OperationalError("", None, OSError("the disk is full"))

    with after(database, "INSERT INTO revoked_tokens", fail):
        assert (await client.post("/revoke", data=form)).status_code == 503
    assert not ch08.is_revoked(token.access_token)
    assert (await client.post("/revoke", data=form)).status_code == 200
    assert ch08.is_revoked(token.access_token)


# The log


async def test_no_token_and_no_hash_is_logged_or_printed(
    client: httpx.AsyncClient,
    database: sa.Engine,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")  # logs each statement
    first = await log_in(client)
    second = (await refresh(client, first["refresh_token"])).json()
    await status(client, second["access_token"])
    await refresh(client, first["refresh_token"])
    await client.post("/revoke", data=revocation(second["refresh_token"]))
    await client.post("/revoke", data=revocation(second["access_token"]))
    take_away_the_list()
    await client.post("/revoke", data=revocation(second["access_token"]))
    await status(client, second["access_token"])
    written = "".join([caplog.text, *capfd.readouterr()])
    assert "UPDATE refresh_tokens" in written
    for token in (first, second):
        assert token["refresh_token"] not in written
        assert ch08.hash_token(token["refresh_token"]) not in written
        assert token["access_token"].rpartition(".")[2] not in written


# The client that stays logged in


class Line(httpx.AsyncBaseTransport):
    """A network to the app: counts requests, and may lose an answer."""

    def __init__(self) -> None:
        self.inner = httpx.ASGITransport(app)
        self.sent = Counter[str]()
        self.lose: type[httpx.TransportError] | None = None
        self.arrives = True

    async def handle_async_request(
        self, request: httpx.Request
    ) -> httpx.Response:
        path = request.url.path
        self.sent[f"{request.method} {path}"] += 1
        lost = self.lose if path == "/token" else None
        if lost and not self.arrives:
            raise lost("no answer")
        response = await self.inner.handle_async_request(request)
        await response.aread()
        if lost:
            raise lost("no answer")
        return httpx.Response(
            response.status_code,
            headers=response.headers,
            content=response.content,
        )


@asynccontextmanager
async def logged_in(
    **changes: str,
) -> AsyncIterator[tuple[httpx.AsyncClient, ch08.StayLoggedIn, Line]]:
    """Open a client whose access token has expired."""
    tokens = sign_in().model_dump() | {"access_token": "expired"} | changes
    auth, line = ch08.StayLoggedIn("http://testserver/token", tokens), Line()
    async with httpx.AsyncClient(
        auth=auth, transport=line, base_url="http://testserver"
    ) as client:
        yield client, auth, line


async def test_client_with_a_good_token_refreshes_nothing() -> None:
    good = sign_in().access_token
    async with logged_in(access_token=good) as (client, _, line):
        assert (await client.get("/users/me/")).status_code == 200
    assert line.sent == {"GET /users/me/": 1}


async def test_client_refreshes_and_sends_once_more() -> None:
    async with logged_in() as (client, auth, line):
        answer = await client.get("/users/me/")
        assert answer.json()["username"] == "johndoe"
        assert line.sent == {"GET /users/me/": 2, "POST /token": 1}
        assert (await client.get("/users/me/")).status_code == 200
        assert line.sent == {"GET /users/me/": 3, "POST /token": 1}
    assert not ch08.is_revoked(auth.tokens["access_token"])


async def test_client_sends_a_body_once_more() -> None:
    change = {"old_password": "secret", "new_password": SECRET}
    async with logged_in() as (client, _, _):
        answer = await client.post("/users/me/password", json=change)
    assert answer.status_code == 204


async def test_five_requests_at_once_refresh_once() -> None:
    async with logged_in() as (client, auth, line):
        answers = await asyncio.gather(
            *(client.get("/users/me/") for _ in range(5))
        )
        assert [answer.status_code for answer in answers] == [200] * 5
    assert line.sent["POST /token"] == 1
    assert refused(auth.tokens["refresh_token"]) == ""


async def test_five_requests_at_once_end_the_login_without_the_lock() -> None:
    """The client looks like a thief and its victim."""
    async with logged_in() as (client, auth, line):
        auth.lock = cast(asyncio.Lock, nullcontext())
        answers = await asyncio.gather(
            *(client.get("/users/me/") for _ in range(5))
        )
        # Without the lock they refresh as soon as they have their 401.
        assert line.sent["POST /token"] > 1
    assert 401 in {answer.status_code for answer in answers}
    assert refused(auth.tokens["refresh_token"]) == "invalid_grant"


async def test_refused_refresh_leaves_the_401_to_the_caller() -> None:
    async with logged_in(refresh_token="ended") as (client, auth, line):
        answer = await client.get("/users/me/")
        assert answer.status_code == 401
        assert answer.request.url.path == "/users/me/"
        assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]
        assert line.sent["POST /token"] == 1
        assert not auth.lock.locked()


async def test_refresh_that_did_not_arrive_can_be_repeated() -> None:
    async with logged_in() as (client, auth, line):
        line.lose, line.arrives = httpx.ConnectError, False
        with pytest.raises(httpx.ConnectError):
            await client.get("/users/me/")
        assert not auth.lock.locked()
        line.lose = None
        assert (await client.get("/users/me/")).status_code == 200


async def test_lost_answer_of_a_refresh_ends_the_login() -> None:
    """The price of rotation: the token was used, the next one never came."""
    async with logged_in() as (client, auth, line):
        line.lose = httpx.ReadError
        with pytest.raises(httpx.ReadError):
            await client.get("/users/me/")
        assert not auth.lock.locked()
        line.lose = None
        assert (await client.get("/users/me/")).status_code == 401
    with ch07.Session() as session:
        family = session.scalars(sa.select(ch08.FamilyRow)).one()
    assert family.ended_at is not None


async def test_other_refusals_cause_no_refresh() -> None:
    narrow = sign_in("me").access_token
    async with logged_in(access_token=narrow) as (client, _, line):
        assert (await client.get("/users/me/items/")).status_code == 403
        assert (await client.get("/nowhere")).status_code == 404
    assert line.sent["POST /token"] == 0


# One chapter after the other


def test_access_token_of_this_chapter_is_made_by_chapter_4() -> None:
    with patch.object(
        ch04, "create_access_token", return_value="made by chapter 4"
    ) as create:
        token = sign_in("me")
    (claims, lifetime), _ = create.call_args
    assert token.access_token == "made by chapter 4"
    assert lifetime == timedelta(minutes=5)
    assert claims.keys() == {"sub", "scope", "jti", "iat"}
    assert isinstance(claims["iat"], datetime)
    assert claims["iat"].tzinfo is UTC
