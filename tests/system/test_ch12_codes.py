"""Chapter 12's codes: what they were given out for, and that they work once.

Then the password grant is switched off, and tokens from codes do the same.
"""

from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any
from unittest.mock import patch

import httpx
import pytest
import sqlalchemy as sa
from authlib.oauth2.rfc8414 import AuthorizationServerMetadata

from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from snippets import ch12_browser_clients as ch12
from snippets.ch05_check_it import OAuthError
from tests.support.accounts import change_row, delete_user
from tests.support.browser_clients import (
    REDIRECT_URI,
    VERIFIER,
    browser_at,
    clock,
    code_form,
    code_grant,
    log_in_by_code,
    new_code,
    question,
    trade,
)
from tests.support.clients import bearer, login
from tests.support.issuers import access_claims, issuer_with, trusting
from tests.support.logins import (
    claims_of,
    count,
    log_in,
    refused,
    status,
    stored,
)

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)
NEW = "a new password, long enough"
ANOTHER = "https://other.example/callback"


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(raise_app_exceptions=False) as client:
        yield client


def error_of(grant: ch12.CodeGrant) -> str:
    """Trade a code, and return the error, or `""`."""
    try:
        ch12.redeem(grant)
    except OAuthError as refusal:
        return refusal.error
    return ""


def is_dead(tokens: ch08.Token) -> bool:
    """Whether neither of two tokens does anything any more."""
    return refused(
        tokens.refresh_token
    ) == "invalid_grant" and ch08.is_revoked(tokens.access_token)


def only_code() -> ch12.CodeRow:
    with ch07.Session() as session:
        return session.scalars(sa.select(ch12.CodeRow)).one()


# A code and its verifier


def test_challenge_is_that_of_the_standards_example() -> None:
    """RFC 7636, Appendix B."""
    assert (
        ch12.challenge_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")
        == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    )


def test_code_has_256_random_bits() -> None:
    codes = {new_code() for _ in range(20)}
    assert len(codes) == 20
    assert {len(code) for code in codes} == {43}


@both_databases
def test_table_holds_the_hash_of_a_code_alone(database: sa.Engine) -> None:
    code = new_code()
    row = only_code()
    assert row.code_hash == ch08.hash_token(code)
    values = [str(getattr(row, column.key)) for column in row.__table__.c]
    assert not any(code in value or VERIFIER in value for value in values)


@both_databases
def test_code_buys_tokens_for_its_user_and_scopes(
    database: sa.Engine,
) -> None:
    tokens = ch12.redeem(code_grant(new_code(scope="me")))
    claims = claims_of(tokens.access_token)
    assert claims["sub"] == stored().id.urn
    assert claims["scope"] == tokens.scope == "me"
    assert refused(tokens.refresh_token) == ""


async def test_tokens_from_a_code_are_stored_by_no_cache(
    client: httpx.AsyncClient,
) -> None:
    answer = await trade(client, new_code())
    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json().keys() == {
        *("access_token", "token_type", "expires_in", "scope"),
        "refresh_token",
    }
    assert await status(client, answer.json()["access_token"]) == 200


# Verifiers, clients and addresses that are not those of the code.
WRONG: dict[str, dict[str, str | None]] = {
    "no verifier": {"code_verifier": None},
    "empty verifier": {"code_verifier": ""},
    "another verifier": {"code_verifier": "b" * 43},
    "capitals": {"code_verifier": VERIFIER.upper()},
    "one sign less": {"code_verifier": VERIFIER[:-1]},
    "one sign more": {"code_verifier": f"{VERIFIER}x"},
    "space behind": {"code_verifier": f"{VERIFIER} "},
    "line break behind": {"code_verifier": f"{VERIFIER}\n"},
    "NUL behind": {"code_verifier": f"{VERIFIER}\0"},
    "é": {"code_verifier": "é" * 43},
    "the challenge": {"code_verifier": question()["code_challenge"]},
    "no client": {"client_id": None},
    "empty client": {"client_id": ""},
    "another client": {"client_id": "course"},
    "client in capitals": {"client_id": "SHOP"},
    "no address": {"redirect_uri": None},
    "empty address": {"redirect_uri": ""},
    "slash behind": {"redirect_uri": f"{REDIRECT_URI}/"},
    "query behind": {"redirect_uri": f"{REDIRECT_URI}?"},
    "another address": {"redirect_uri": "https://evil.example/callback"},
}


@pytest.mark.parametrize("why", WRONG)
async def test_code_buys_nothing_for(
    client: httpx.AsyncClient, why: str
) -> None:
    code = new_code()
    answer = await trade(client, code, **WRONG[why])
    assert answer.status_code == 400
    assert answer.json()["error"] == "invalid_grant"
    assert answer.headers["Cache-Control"] == "no-store"
    assert count(ch08.FamilyRow) == 0
    # A thief has one guess.
    assert (await trade(client, code)).json()["error"] == "invalid_grant"


async def test_code_without_verifier_is_refused_as_one_without_challenge(
    client: httpx.AsyncClient,
) -> None:
    """Downgrade: RFC 9700 §4.8.2. Such a row cannot come about."""
    code = new_code()
    with ch07.Session.begin() as session:
        session.execute(sa.update(ch12.CodeRow).values(code_challenge=""))
    for verifier in (None, "", VERIFIER):
        answer = await trade(client, code, code_verifier=verifier)
        assert answer.json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    ("length", "error"),
    [(42, "invalid_grant"), (43, ""), (128, ""), (129, "invalid_grant")],
)
def test_verifier_has_43_to_128_signs(length: int, error: str) -> None:
    verifier = "v" * length
    code = new_code(code_challenge=ch12.challenge_of(verifier))
    assert error_of(code_grant(code, code_verifier=verifier)) == error


@pytest.mark.parametrize("sign", ["~", ".", "-", "_"])
def test_verifier_may_have_every_unreserved_sign(sign: str) -> None:
    verifier = sign * 43
    code = new_code(code_challenge=ch12.challenge_of(verifier))
    assert error_of(code_grant(code, code_verifier=verifier)) == ""


@pytest.mark.parametrize(
    ("moment", "error"),
    [
        (timedelta(microseconds=-1), ""),
        (timedelta(0), "invalid_grant"),
        (timedelta(seconds=1), "invalid_grant"),
    ],
    ids=["before", "at its end", "after"],
)
def test_code_lives_for_one_minute(moment: timedelta, error: str) -> None:
    start = datetime.now(UTC)
    with clock(start):
        code = new_code()
    with clock(start + timedelta(minutes=1) + moment):
        assert error_of(code_grant(code)) == error


@pytest.mark.parametrize(
    "code", ["x", " ", "\0", "é", "a" * 10_000, "' OR 1=1 --"]
)
async def test_code_that_was_never_given_out_is_refused(
    client: httpx.AsyncClient, code: str
) -> None:
    new_code()
    answer = await trade(client, code)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "invalid_grant",
    )


async def test_hash_from_the_table_is_no_code(
    client: httpx.AsyncClient,
) -> None:
    new_code()
    answer = await trade(client, only_code().code_hash)
    assert answer.json()["error"] == "invalid_grant"


# What the token endpoint says of forms

FORM = {"Content-Type": "application/x-www-form-urlencoded"}
BROKEN: dict[str, tuple[str, dict[str, str | None]]] = {
    "no code": ("invalid_request", {"code": None}),
    "empty code": ("invalid_request", {"code": ""}),
    "client_secret": ("invalid_client", {"client_secret": "x"}),
    "assertion": ("invalid_client", {"client_assertion": "x"}),
    "no grant_type": ("invalid_request", {"grant_type": None}),
    "other grant_type": ("unsupported_grant_type", {"grant_type": "code"}),
    "capitals": (
        "unsupported_grant_type",
        {"grant_type": "Authorization_Code"},
    ),
}


@pytest.mark.parametrize("why", BROKEN)
async def test_broken_form_uses_no_code(
    client: httpx.AsyncClient, why: str
) -> None:
    error, changes = BROKEN[why]
    code = new_code()
    answer = await client.post(
        "/token", data=code_form(**({"code": code} | changes))
    )
    assert answer.json()["error"] == error
    assert answer.status_code == (401 if error == "invalid_client" else 400)
    assert only_code().uses == 0


@pytest.mark.parametrize("name", code_form("x"))
async def test_field_that_comes_twice_uses_no_code(
    client: httpx.AsyncClient, name: str
) -> None:
    form = code_form(new_code())
    twice = httpx.QueryParams([*form.items(), (name, form[name])])
    answer = await client.post("/token", content=str(twice), headers=FORM)
    assert answer.json()["error"] == "invalid_request"
    assert only_code().uses == 0


async def test_code_in_the_address_or_in_json_is_not_read(
    client: httpx.AsyncClient,
) -> None:
    form = code_form(new_code())
    for answer in (
        await client.post("/token", params=form),
        await client.post("/token", json=form),
    ):
        assert answer.json()["error"] == "invalid_request"
    assert only_code().uses == 0


# Once


@both_databases
def test_second_use_is_refused_and_ends_the_first(
    database: sa.Engine,
) -> None:
    code = new_code()
    tokens = ch12.redeem(code_grant(code))
    assert not ch08.is_revoked(tokens.access_token)
    assert error_of(code_grant(code)) == "invalid_grant"
    assert is_dead(tokens)
    assert error_of(code_grant(code)) == "invalid_grant"


@pytest.mark.parametrize("why", WRONG)
def test_second_use_ends_the_first_whoever_it_is(why: str) -> None:
    """A thief has the code, and not the verifier."""
    code = new_code()
    tokens = ch12.redeem(code_grant(code))
    stolen = {name: value or "" for name, value in WRONG[why].items()}
    assert error_of(code_grant(code, **stolen)) == "invalid_grant"
    assert is_dead(tokens)


def test_second_use_ends_what_a_refresh_made_of_the_first() -> None:
    code = new_code()
    tokens = ch12.redeem(code_grant(code))
    renewed = ch08.refresh(tokens.refresh_token, "")
    assert error_of(code_grant(code)) == "invalid_grant"
    assert is_dead(renewed)


def test_second_use_ends_no_other_login() -> None:
    others = [
        ch12.redeem(code_grant(new_code())),
        ch08.start_family(stored(), "me"),
    ]
    code = new_code()
    ch12.redeem(code_grant(code))
    error_of(code_grant(code))
    assert not any(ch08.is_revoked(other.access_token) for other in others)
    assert [refused(other.refresh_token) for other in others] == ["", ""]


@both_databases
@pytest.mark.parametrize("times", [2, 20])
def test_code_used_at_once_leaves_no_live_token(
    database: sa.Engine, times: int
) -> None:
    code, barrier = new_code(), Barrier(times)

    def run(_: int) -> ch08.Token | None:
        barrier.wait()
        try:
            return ch12.redeem(code_grant(code))
        except OAuthError:
            return None

    with ThreadPoolExecutor(times) as pool:
        answers = [one for one in pool.map(run, range(times)) if one]
    assert len(answers) <= 1
    assert all(map(is_dead, answers))
    alive = sa.select(ch08.FamilyRow).where(ch08.FamilyRow.ended_at.is_(None))
    with ch07.Session() as session:
        assert session.scalars(alive).all() == []


@both_databases
@pytest.mark.parametrize("when", ["before", "after"])
def test_code_used_again_in_the_middle_of_its_first_use(
    database: sa.Engine, when: str
) -> None:
    """Between two transactions of the first: nobody gets live tokens."""
    code, others = new_code(), list[str]()
    started: list[ch08.Token] = []
    start_family = ch08.start_family

    def start(*args: Any) -> ch08.Token:
        if when == "before":
            others.append(error_of(code_grant(code)))
        started.append(start_family(*args))
        if when == "after":
            others.append(error_of(code_grant(code)))
        return started[0]

    with patch.object(ch08, "start_family", start):
        assert error_of(code_grant(code)) == "invalid_grant"
    assert others == ["invalid_grant"]
    assert len(started) == 1
    assert is_dead(started[0])


# The user between consent and tokens


def change_password() -> None:
    change = ch07.PasswordChange(old_password="secret", new_password=NEW)
    ch07.change_password(stored(), change)


BETWEEN: dict[str, Callable[[], None]] = {
    "disabled": lambda: change_row("johndoe", disabled=True),
    "deleted": lambda: delete_user("johndoe"),
    "new password": change_password,
}


@both_databases
@pytest.mark.parametrize("why", BETWEEN)
def test_code_of_a_user_who_was_changed_buys_nothing(
    database: sa.Engine, why: str
) -> None:
    code = new_code()
    BETWEEN[why]()
    assert error_of(code_grant(code)) == "invalid_grant"
    assert count(ch08.FamilyRow) == 0


def test_scopes_that_a_user_has_lost_are_not_granted() -> None:
    codes = [new_code() for _ in range(2)]
    change_row("johndoe", scopes="items")
    assert ch12.redeem(code_grant(codes[0])).scope == "items"
    change_row("johndoe", scopes="")
    assert error_of(code_grant(codes[1])) == "invalid_scope"


@pytest.mark.parametrize(
    ("asked", "granted"),
    [("me", "me"), ("items me", "items me"), ("", "me"), ("items", "items")],
)
def test_code_is_for_the_scopes_that_were_allowed(
    asked: str, granted: str
) -> None:
    tokens = ch12.redeem(code_grant(new_code(scope=asked)))
    assert tokens.scope == granted


def test_codes_are_forgotten_when_their_logins_have_ended() -> None:
    """Until then a row says whose client the login is."""
    start = datetime.now(UTC)
    used, unused = new_code(), new_code()
    ch12.redeem(code_grant(used))
    with clock(start + ch08.LOGIN_LIFETIME):
        new_code()
    assert count(ch12.CodeRow) == 3
    with clock(start + ch08.LOGIN_LIFETIME + timedelta(minutes=2)):
        new_code()
    assert count(ch12.CodeRow) == 2
    assert error_of(code_grant(unused)) == "invalid_grant"


# Which client a login is for


async def renew(
    client: httpx.AsyncClient, token: str, client_id: str | None
) -> httpx.Response:
    """Refresh a login, as a client of some name."""
    form = {"grant_type": "refresh_token", "refresh_token": token}
    if client_id is not None:
        form["client_id"] = client_id
    return await client.post("/token", data=form)


async def test_access_token_names_its_client_after_each_refresh(
    client: httpx.AsyncClient,
) -> None:
    """RFC 9068 §2.2."""
    tokens = await log_in_by_code(client)
    for _ in range(3):
        claims = await ch09.read_access_token(tokens["access_token"])
        assert claims["client_id"] == "shop"
        answer = await renew(client, tokens["refresh_token"], "shop")
        assert answer.headers["Cache-Control"] == "no-store"
        tokens = answer.json()


async def test_login_by_password_is_no_clients_in_particular(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in(client, "me")
    for client_id in (None, "", "shop", "course"):
        claims = await ch09.read_access_token(tokens["access_token"])
        assert claims["client_id"] == ch09.CLIENT_ID
        answer = await renew(client, tokens["refresh_token"], client_id)
        tokens = answer.json()


@pytest.mark.parametrize(
    "client_id", [None, "", "course", "other", "SHOP", "shop ", "shop\0"]
)
async def test_refresh_token_of_another_client_is_refused_and_lives_on(
    client: httpx.AsyncClient, client_id: str | None
) -> None:
    """RFC 6749 §10.4; the honest client notices nothing."""
    tokens = await log_in_by_code(client)
    others = await renew(client, tokens["refresh_token"], client_id)
    assert (others.status_code, others.json()["error"]) == (
        400,
        "invalid_grant",
    )
    assert others.headers["Cache-Control"] == "no-store"
    assert await status(client, tokens["access_token"]) == 200
    honest = await renew(client, tokens["refresh_token"], "shop")
    assert honest.status_code == 200


async def test_used_token_from_another_client_ends_nothing(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in_by_code(client)
    used = tokens["refresh_token"]
    tokens = (await renew(client, used, "shop")).json()
    await renew(client, used, "other")
    assert await status(client, tokens["access_token"]) == 200
    await renew(client, used, "shop")
    assert await status(client, tokens["access_token"]) == 401


@pytest.fixture
def _another(monkeypatch: pytest.MonkeyPatch) -> None:
    """Register a second client, `other`."""
    page = ch12.Client("Another", (ANOTHER,))
    monkeypatch.setitem(ch12.CLIENTS, "other", page)


two_clients = pytest.mark.usefixtures("_another")


async def log_in_at_another(client: httpx.AsyncClient) -> dict[str, Any]:
    """Return the tokens of a login at the second client."""
    asked = {"client_id": "other", "redirect_uri": ANOTHER}
    tokens: dict[str, Any] = (
        await trade(client, new_code(**asked), **asked)
    ).json()
    return tokens


@two_clients
async def test_refresh_of_one_client_finds_its_own_login(
    client: httpx.AsyncClient,
) -> None:
    """Two clients, one user: the rows are not mixed up."""
    theirs = await log_in_at_another(client)
    tokens = await log_in_by_code(client)
    for each, good, bad in (
        (theirs, "other", "shop"),
        (tokens, "shop", "other"),
    ):
        token = each["refresh_token"]
        assert (await renew(client, token, bad)).status_code == 400
        assert (await renew(client, token, good)).status_code == 200


async def test_client_that_names_itself_twice_uses_no_refresh_token(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in_by_code(client)
    token = tokens["refresh_token"]
    body = f"grant_type=refresh_token&refresh_token={token}"
    body += "&client_id=shop&client_id=shop"
    answer = await client.post("/token", content=body, headers=FORM)
    assert answer.json()["error"] == "invalid_request"
    assert (await renew(client, token, "shop")).status_code == 200


# Which client may revoke a token


both_kinds = pytest.mark.parametrize("kind", ["access_token", "refresh_token"])


async def revoke(
    client: httpx.AsyncClient, token: str, client_id: str | None = None
) -> httpx.Response:
    """Revoke a token, as a client of some name; None names none."""
    form = {"token": token}
    if client_id is not None:
        form["client_id"] = client_id
    return await client.post("/revoke", data=form)


@both_kinds
async def test_client_revokes_its_own_token(
    client: httpx.AsyncClient, kind: str
) -> None:
    tokens = await log_in_by_code(client)
    answer = await revoke(client, tokens[kind], "shop")
    assert (answer.status_code, answer.content) == (200, b"")
    assert answer.headers["Cache-Control"] == "no-store"
    assert await status(client, tokens["access_token"]) == 401
    again = await renew(client, tokens["refresh_token"], "shop")
    assert again.is_success == (kind == "access_token")


@both_kinds
@pytest.mark.parametrize(
    "client_id", [None, "", "course", "nobody", "SHOP", "shop ", "shop\0"]
)
async def test_token_of_another_client_is_not_revoked(
    client: httpx.AsyncClient, kind: str, client_id: str | None
) -> None:
    """RFC 7009 §2.1: else any client would log the shop's users out."""
    tokens = await log_in_by_code(client)
    answer = await revoke(client, tokens[kind], client_id)
    assert (answer.status_code, answer.json()["error"]) == (
        400,
        "invalid_grant",
    )
    assert answer.headers["Cache-Control"] == "no-store"
    assert await status(client, tokens["access_token"]) == 200
    honest = await renew(client, tokens["refresh_token"], "shop")
    assert honest.status_code == 200


@two_clients
@both_kinds
async def test_client_revokes_no_token_of_another_that_is_registered(
    client: httpx.AsyncClient, kind: str
) -> None:
    """Two clients, one user: each ends its own login, and no other."""
    theirs = await log_in_at_another(client)
    tokens = await log_in_by_code(client)
    for each, good, bad in (
        (theirs, "other", "shop"),
        (tokens, "shop", "other"),
    ):
        assert (await revoke(client, each[kind], bad)).status_code == 400
        assert await status(client, each["access_token"]) == 200
        assert (await revoke(client, each[kind], good)).status_code == 200
        assert await status(client, each["access_token"]) == 401


async def test_token_stays_its_clients_after_each_refresh(
    client: httpx.AsyncClient,
) -> None:
    """A used refresh token would end the login as well."""
    used = await log_in_by_code(client)
    tokens = (await renew(client, used["refresh_token"], "shop")).json()
    for token in (used["refresh_token"], tokens["access_token"]):
        assert (await revoke(client, token, "nobody")).status_code == 400
    assert await status(client, tokens["access_token"]) == 200
    await revoke(client, used["refresh_token"], "shop")
    assert await status(client, tokens["access_token"]) == 401


@both_kinds
@pytest.mark.parametrize("client_id", [None, "", "course", "shop", "nobody"])
async def test_token_of_a_login_by_password_is_revoked_for_any_client(
    client: httpx.AsyncClient, kind: str, client_id: str | None
) -> None:
    """It was issued to no client, so there is none to ask for."""
    tokens = await log_in(client)
    answer = await revoke(client, tokens[kind], client_id)
    assert answer.status_code == 200
    assert await status(client, tokens["access_token"]) == 401


@pytest.mark.parametrize("client_id", [None, "shop", "nobody"])
async def test_revocation_of_an_invalid_token_is_a_success_for_any_client(
    client: httpx.AsyncClient, client_id: str | None
) -> None:
    """RFC 7009 §2.2; a forger learns nothing about the shop's tokens."""
    tokens = await log_in_by_code(client)
    header, claims, _ = tokens["access_token"].split(".")
    expired = ch09.ours.sign(
        claims_of(tokens["access_token"]) | {"exp": 1_000_000_000}
    )
    for token in ("unknown", f"{header}.{claims}.AAAA", expired):
        answer = await revoke(client, token, client_id)
        assert (answer.status_code, answer.content) == (200, b"")
    assert await status(client, tokens["access_token"]) == 200


@pytest.mark.parametrize("client_id", [None, "shop", "an app of theirs"])
async def test_revocation_of_another_issuers_token_is_a_success_and_none(
    client: httpx.AsyncClient, client_id: str | None
) -> None:
    """Its clients are not ours, whatever their names are."""
    third = issuer_with("ES256")
    token = third.sign(access_claims(client_id="an app of theirs"))
    with trusting(third):
        answer = await revoke(client, token, client_id)
    assert (answer.status_code, answer.content) == (200, b"")
    assert count(ch08.RevokedRow) == 0


async def test_client_that_names_itself_twice_revokes_nothing(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in_by_code(client)
    body = f"token={tokens['access_token']}&client_id=shop&client_id=shop"
    answer = await client.post("/revoke", content=body, headers=FORM)
    assert answer.json()["error"] == "invalid_request"
    assert await status(client, tokens["access_token"]) == 200


# Without the password grant


@pytest.fixture
def _no_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ch12, "PASSWORD_GRANT", False)


without_passwords = pytest.mark.usefixtures("_no_passwords")


@pytest.mark.parametrize("passwords", [True, False])
async def test_metadata_says_which_requests_are_taken(
    client: httpx.AsyncClient,
    passwords: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """RFC 8414 §2, RFC 9207 §3; no client has a secret."""
    monkeypatch.setattr(ch12, "PASSWORD_GRANT", passwords)
    answer = await client.get(ch09.METADATA_PATH)
    grants = ["authorization_code", "refresh_token"]
    assert answer.headers["Cache-Control"] == "max-age=300"
    assert answer.json() == {
        **ch09.ours.metadata(),
        "authorization_endpoint": "https://course.example/authorize",
        "response_types_supported": ["code"],
        "grant_types_supported": [*grants, *["password"] * passwords],
        "code_challenge_methods_supported": ["S256"],
        "token_endpoint_auth_methods_supported": ["none"],
        "authorization_response_iss_parameter_supported": True,
    }


async def test_authlib_finds_no_fault_with_the_metadata(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.get(ch09.METADATA_PATH)
    AuthorizationServerMetadata(answer.json()).validate()


@without_passwords
@pytest.mark.parametrize(
    "form",
    [
        login(),
        login(password="wrong"),
        login("nobody"),
        {"grant_type": "password"},
        {**login(), "scope": "me"},
    ],
)
async def test_password_is_an_unsupported_grant(
    client: httpx.AsyncClient, form: dict[str, str]
) -> None:
    with patch.object(ch07, "verify_any", wraps=ch07.verify_any) as hashed:
        answer = await client.post("/token", data=form)
    assert answer.status_code == 400
    assert answer.json()["error"] == "unsupported_grant_type"
    assert not hashed.called


async def test_password_grant_is_on_at_first(
    client: httpx.AsyncClient,
) -> None:
    assert (await client.post("/token", data=login())).status_code == 200


@without_passwords
async def test_code_and_refresh_go_on_without_passwords(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in_by_code(client)
    assert await status(client, tokens["access_token"]) == 200
    renewed = await renew(client, tokens["refresh_token"], "shop")
    assert renewed.status_code == 200
    assert await status(client, renewed.json()["access_token"]) == 200
    again = await renew(client, tokens["refresh_token"], "shop")
    assert again.json()["error"] == "invalid_grant"


PATHS = ["/status/", "/users/me/", "/users/me/items/"]


@pytest.mark.parametrize(
    ("scope", "statuses"),
    [
        ("me", [200, 200, 403]),
        ("items", [200, 403, 403]),
        ("me items", [200, 200, 200]),
    ],
)
async def test_token_from_a_code_opens_what_one_from_a_password_opens(
    client: httpx.AsyncClient,
    scope: str,
    statuses: list[int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Chapters 3 and 6: the tree of dependencies has not changed."""
    passwords = await log_in(client, scope)
    monkeypatch.setattr(ch12, "PASSWORD_GRANT", False)
    codes = await log_in_by_code(client, scope)
    answers = [
        [
            await client.get(path, headers=bearer(tokens["access_token"]))
            for path in PATHS
        ]
        for tokens in (passwords, codes)
    ]
    for one, other in zip(*answers, strict=True):
        assert one.content == other.content
        challenge = "WWW-Authenticate"
        assert one.headers.get(challenge) == other.headers.get(challenge)
        assert one.status_code == other.status_code
    assert [one.status_code for one in answers[1]] == statuses


@without_passwords
async def test_token_from_a_code_ends_as_others_do(
    client: httpx.AsyncClient,
) -> None:
    for end in ("revoke", "everywhere", "password", "disabled"):
        tokens = await log_in_by_code(client)
        access, headers = (
            tokens["access_token"],
            bearer(tokens["access_token"]),
        )
        if end == "revoke":
            await revoke(client, tokens["refresh_token"], "shop")
        if end == "everywhere":
            await client.delete("/users/me/logins/", headers=headers)
        if end == "password":
            change = {"old_password": "secret", "new_password": "secret" * 3}
            done = await client.post(
                "/users/me/password", json=change, headers=headers
            )
            assert done.status_code == 204
            change_row("johndoe", hashed_password=ch07.hash_password("secret"))
        if end == "disabled":
            change_row("johndoe", disabled=True)
        assert await status(client, access) == 401, end
        again = await renew(client, tokens["refresh_token"], "shop")
        assert again.json()["error"] == "invalid_grant", end


async def test_token_from_a_code_is_of_our_issuer_for_our_api(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in_by_code(client)
    claims = await ch09.read_access_token(tokens["access_token"])
    assert (claims["iss"], claims["aud"]) == (ch09.ours.name, ch09.AUDIENCE)
    assert claims["sub"] == stored().id.urn
