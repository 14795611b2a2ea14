"""Chapter 14's service: twelve faults, their exploits and their repairs."""

from collections.abc import Iterable
from itertools import chain, combinations, pairwise
from typing import Any

import argon2
import bcrypt
import httpx
import jwt
import pytest
from fastapi import FastAPI, HTTPException, Request, Response

from course.chapters import find
from course.classroom.exercise import EXERCISES, judge
from course.practice.ch14 import (
    EXPLOITS,
    HONEST,
    UNLIKE,
    NotServedError,
    Visit,
    cookie_in,
    counted_hashes,
    holds,
    hunt,
    spellings,
)
from snippets import ch13_ship_it as ch13
from snippets import ch14_bug_hunt as ch14
from tests.support.rate_limits import no_limits, real_limits

pytestmark = pytest.mark.anyio

# For each chapter the repair of its fault: lines of the module, and others.
REPAIRS: dict[int, tuple[tuple[str, str], ...]] = {
    1: (
        (
            'claims = jwt.decode(token, options={"verify_signature": False})',
            'claims = jwt.decode(token, KEY, ["HS256"])',
        ),
    ),
    2: (
        (
            "    return password.encode()[:72]\n",
            "    if len(password.encode()) > 72:\n"
            '        raise HTTPException(422, "at most 72 bytes")\n'
            "    return password.encode()\n",
        ),
    ),
    3: (('if name != "password"', 'if name != "password_hash"'),),
    4: (
        (
            "    if account is None:\n        return None\n"
            "    stored = account.password_hash.encode()\n",
            "    known = account.password_hash if account else DUMMY_HASH\n"
            "    stored = known.encode()\n",
        ),
        ("# %% Accounts\n", 'DUMMY_HASH = new_hash("nobody\'s")\n'),
    ),
    6: (("if scope in MEANINGS", "if scope in account.scopes"),),
    7: (
        (
            "if new.username in accounts:",
            "if new.username.lower() in accounts:",
        ),
    ),
    8: (
        (
            '    if claims["jti"] not in refresh_ids:\n',
            '    if refresh_ids.pop(claims["jti"], None) is None:\n',
        ),
    ),
    9: (
        (
            "    if not set(needed.scopes)",
            '    if claims["use"] != "access":\n'
            '        raise refusal("this is no access token")\n'
            "    if not set(needed.scopes)",
        ),
    ),
    10: (
        ("if token in ended:", 'if claims["jti"] in ended:'),
        ("ended.add(token)", 'ended.add(str(claims.get("jti")))'),
    ),
    11: (
        ('return request.headers.get("X-Forwarded-For", peer)', "return peer"),
    ),
    12: (
        (
            r'r"https://.*notes\.example"',
            r'r"https://(beta\.)?notes\.example"',
        ),
    ),
    13: (
        (
            "    if notes.pop(note_id, None) is None:\n        raise",
            "    if notes.pop(own_note(note_id, account).id) is None:\n"
            "        raise",
        ),
    ),
}
MODULE = find("ch14").module.read_text(encoding="utf-8")
PAIRS = [*combinations(REPAIRS, 2)]
NEIGHBOURS = [*pairwise([*REPAIRS, 1])]


def changed_app(changes: Iterable[tuple[str, str]]) -> FastAPI:
    """Run the module with some of its lines replaced, and make its app."""
    text = MODULE
    for old, new in changes:
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    module: dict[str, Any] = {"__name__": "changed"}
    exec(compile(text, "<changed>", "exec"), module)
    app: FastAPI = module["make_app"]()
    return app


def changed(changes: Iterable[tuple[str, str]]) -> Visit:
    """Visit the app of the module with some of its lines replaced."""
    return Visit(changed_app(changes))


def repaired(*chapters: int) -> Visit:
    """Run the module with the repairs of some chapters' faults."""
    return changed(lines for each in chapters for lines in REPAIRS[each])


def test_twelve_faults_have_an_exploit_and_a_repair() -> None:
    assert len(EXPLOITS) == 12
    assert [*EXPLOITS] == [*REPAIRS]


async def test_flawed_service_serves_honest_users_and_stops_nothing() -> None:
    found = await hunt(Visit(ch14.make_app()))
    assert (found.broken, found.closed) == ([], [])
    assert str(found) == (
        "0 of 12 closed. Still open, one of each chapter: "
        "1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12, 13."
    )


async def test_second_hunt_finds_what_the_first_has_found() -> None:
    app = ch14.make_app()
    first, second = await hunt(Visit(app)), await hunt(Visit(app))
    assert str(first) == str(second)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", REPAIRS)
async def test_repair_closes_its_own_fault_alone(chapter: int) -> None:
    found = await hunt(repaired(chapter))
    assert (found.broken, found.closed) == ([], [chapter])


@pytest.mark.parametrize("pair", NEIGHBOURS, ids=str)
async def test_two_repairs_close_both_faults(pair: tuple[int, int]) -> None:
    """Each repair with the next; the slow tier tries it with every other."""
    visit = repaired(*pair)
    for chapter in pair:
        assert not await EXPLOITS[chapter](visit)


@pytest.mark.slow
@pytest.mark.parametrize("pair", PAIRS, ids=str)
async def test_two_repairs_disturb_nothing(pair: tuple[int, int]) -> None:
    found = await hunt(repaired(*pair))
    assert (found.broken, found.closed) == ([], [*pair])


async def test_twelve_repairs_close_everything() -> None:
    found = await hunt(repaired(*REPAIRS))
    assert str(found) == "12 of 12 closed."


def test_check_passes_the_repaired_service_alone() -> None:
    the_hunt = EXERCISES["the bug hunt"]
    assert not judge(the_hunt, ch14.make_app()).passed
    all_repairs = chain(*REPAIRS.values())
    verdict = judge(the_hunt, changed_app(all_repairs))
    assert verdict.passed, verdict.card


# For each promise to honest users, a change that breaks it.
BREAKING: dict[str, tuple[str, str]] = {
    "a user signs up, and logs in, in any letter case": (
        "accounts.get(username.lower())",
        "accounts.get(username)",
    ),
    "passwords of up to 72 bytes are accepted": (
        "password: Annotated[str, Field(max_length=200,",
        "password: Annotated[str, Field(max_length=71,",
    ),
    "a wrong login is answered 401, and the right one then works": (
        'raise refusal("wrong username or password")',
        'raise HTTPException(401, "wrong username or password")',
    ),
    "requests without a good token are answered 401": (
        'return HTTPException(401, reason, {"WWW-Authenticate": "Bearer"})',
        'return HTTPException(400, reason, {"WWW-Authenticate": "Bearer"})',
    ),
    "users write, read and delete their own notes": (
        "if each.owner == me.username",
        "if each.owner",
    ),
    "ada, the administrator, lists the usernames": (
        "if not set(needed.scopes) <=",
        "if False and not set(needed.scopes) <=",
    ),
    "a refresh token is traded for a new pair, again and again": (
        "    refresh_ids[jti] = account.username\n",
        "    refresh_ids.setdefault(jti, account.username)\n"
        "    for old in [*refresh_ids][:-1]:\n"
        "        del refresh_ids[old]\n",
    ),
    "a logout ends the user's logins, and no other's": (
        'if username == claims.get("sub"):',
        "if username:",
    ),
    "an address may try ten logins a minute, but not any number": (
        "MOST, WINDOW = 20, 60.0",
        "MOST, WINDOW = 9, 60.0",
    ),
    "our page logs in, and gets access tokens for its cookie": (
        'response.set_cookie(\n        *("session"',
        'response.set_cookie(\n        *("sitting"',
    ),
}


@pytest.mark.parametrize("promise", HONEST)
async def test_broken_promise_is_seen(promise: str) -> None:
    visit = changed([BREAKING[promise]])
    with pytest.raises(UNLIKE):
        await HONEST[promise](visit)


async def test_two_users_in_other_letters_are_a_fault() -> None:
    exactly = changed(
        [
            ("accounts.get(username.lower())", "accounts.get(username)"),
            ("username = new.username.lower()", "username = new.username"),
        ]
    )
    assert await EXPLOITS[7](exactly)


async def test_service_that_refuses_everything_closes_nothing() -> None:
    found = await hunt(Visit(FastAPI()))
    assert found.closed == []
    assert found.broken == [*HONEST]


async def test_limit_may_not_be_missing() -> None:
    found = await hunt(changed([("MOST, WINDOW = 20", "MOST, WINDOW = 999")]))
    [promise] = found.broken
    assert "logins a minute" in promise
    assert f"No longer true: {promise}." in str(found)


# The course's own service, where some things have other names.


@pytest.mark.parametrize("chapter", EXPLOITS)
async def test_exploit_fails_at_the_courses_own_service(chapter: int) -> None:
    visit = Visit(
        ch13.app,
        notes="/items/",
        text="title",
        scope="me items",
        cookie="__Host-session",
        cookie_is_used_up=False,
    )
    with real_limits() if chapter == 11 else no_limits():
        assert not await EXPLOITS[chapter](visit)


# What the service does beside its faults.


def asked_by(client: tuple[str, int] | None, **headers: str) -> Request:
    """Make a request from an address, or from none."""
    pairs = [(name.encode(), text.encode()) for name, text in headers.items()]
    return Request({"type": "http", "client": client, "headers": pairs})


def test_address_is_that_of_the_client() -> None:
    assert ch14.address_of(asked_by(("192.0.2.1", 80))) == "192.0.2.1"
    assert ch14.address_of(asked_by(None)) == "unknown"


def test_foreign_form_is_refused() -> None:
    with pytest.raises(HTTPException, match="403"):
        ch14.from_our_page(None)


async def test_page_needs_its_header() -> None:
    visit = Visit(ch14.make_app())
    sent = await visit.send("POST", "/session/", data={"username": "ada"})
    assert sent.status_code == 403


async def test_access_token_is_no_refresh_token() -> None:
    visit = Visit(ch14.make_app())
    user = await visit.new_user()
    token = (await visit.pair(user))["access_token"]
    assert (await visit.renew(token)).status_code == 401


async def test_tokens_are_kept_out_of_caches() -> None:
    visit = Visit(ch14.make_app())
    answer = await visit.login(await visit.new_user())
    assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize("missing", ["exp", "sub", "jti", "use", "scope"])
def test_token_without_a_required_claim_is_refused(missing: str) -> None:
    token = ch14.sign_token("access", ch14.accounts["ada"], "notes", "1")
    claims = ch14.claims_in(token)
    del claims[missing]
    with pytest.raises(HTTPException, match="401"):
        ch14.claims_in(jwt.encode(claims, ch14.KEY, "HS256"))


def test_token_ends_after_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ch14.SECONDS, "access", -1)
    token = ch14.sign_token("access", ch14.accounts["ada"], "notes", "1")
    with pytest.raises(HTTPException, match="401"):
        ch14.claims_in(token)


def test_only_its_owner_reads_a_note() -> None:
    ada = ch14.accounts["ada"]
    note = ch14.add_note("buy milk", ada)
    assert ch14.own_note(note.id, ada) == note
    with pytest.raises(HTTPException, match="404"):
        ch14.own_note(note.id, ch14.Account("bob", "Bob", ""))
    with pytest.raises(HTTPException, match="404"):
        ch14.own_note(note.id + 1, ada)


def test_cookie_is_kept_from_scripts_and_from_plain_http() -> None:
    response = Response()
    pair = ch14.make_pair(ch14.accounts["ada"], "notes")
    shown = ch14.keep_in_cookie(response, pair)
    assert shown == {"access_token": pair.access_token}
    cookie = response.headers["Set-Cookie"].lower()
    assert "; httponly" in cookie
    assert "; secure" in cookie
    assert "; samesite=none" in cookie


# The tools of the hunt.


@pytest.mark.parametrize("length", [42, 43, 44])
def test_spellings_decode_alike(length: int) -> None:
    if length == 43:
        assert [*spellings(f"a.b.{'x' * 42}4")] == [
            *(f"a.b.{'x' * 42}{letter}" for letter in "567"),
            *(f"a.b.{'x' * 42}4{fill}" for fill in ("=", "==", "===")),
        ]
    others = [*spellings(f"a.b.{'A' * length}")]
    assert len(others) == {42: 15, 43: 3, 44: 0}[length] + 3


def test_work_of_each_hash_is_counted() -> None:
    with counted_hashes() as work:
        hashed = bcrypt.hashpw(b"secret", bcrypt.gensalt(5))
        assert bcrypt.checkpw(b"secret", hashed)
        hasher = argon2.PasswordHasher(1, 8, 1)
        assert hasher.verify(hasher.hash("secret"), "secret")
    # Some versions check a password by hashing it, which is counted as well.
    assert work in ([32, 32, 1], [32, 32, 32, 1])


def test_what_is_not_served_is_raised() -> None:
    holds(True)
    with pytest.raises(NotServedError):
        holds(False)
    with pytest.raises(NotServedError):
        cookie_in(httpx.Response(200))
