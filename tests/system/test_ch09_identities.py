"""Chapter 9: whom a token of another issuer acts for, and what it may do."""

from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import httpx
import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError

from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets import ch09_keys_and_claims as ch09
from tests.support.accounts import (
    add_user,
    change_row,
    change_user,
    delete_user,
    subject_of,
)
from tests.support.clients import bearer, login, open_client
from tests.support.databases import bound, engine_of
from tests.support.issuers import (
    THEIR_SUBJECT,
    access_claims,
    issuer_with,
    trusting,
)
from tests.support.logins import (
    claims_of,
    count,
    log_in,
    refresh,
    refused,
    sign_in,
    status,
    stored,
)

pytestmark = pytest.mark.anyio
both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)
THIRD = "https://third.example"
PATHS = ("/status/", "/users/me/", "/users/me/items/")


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(ch09.app, raise_app_exceptions=False) as client:
        yield client


@pytest.fixture
def third() -> Iterator[ch09.Issuer]:
    """An issuer that we trust; its scopes are in `scope`."""
    issuer = issuer_with("ES256")
    with trusting(issuer):
        yield issuer


def link(
    username: str, subject: str = THEIR_SUBJECT, issuer: str = THIRD
) -> None:
    """Let a subject of another issuer act for a user."""
    ch09.link_identity(stored(username), {"iss": issuer, "sub": subject})


async def whoami(client: httpx.AsyncClient, token: str) -> str | int:
    """Return the username that a token acts for, or the refusal's status."""
    answer = await client.get("/users/me/", headers=bearer(token))
    return (
        str(answer.json()["username"])
        if answer.is_success
        else (answer.status_code)
    )


async def statuses(client: httpx.AsyncClient, token: str) -> list[int]:
    """Ask for the status, the record and the items."""
    return [
        (await client.get(path, headers=bearer(token))).status_code
        for path in PATHS
    ]


# Who


@both_databases
async def test_linked_subject_acts_for_the_user(
    client: httpx.AsyncClient, third: ch09.Issuer, database: sa.Engine
) -> None:
    token = third.sign(access_claims())
    assert await whoami(client, token) == 401
    link("johndoe")
    assert await whoami(client, token) == "johndoe"


async def test_refusal_of_an_unlinked_subject_is_invalid_token(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    headers = bearer(third.sign(access_claims()))
    answer = await client.get("/users/me/", headers=headers)
    assert answer.status_code == 401
    assert 'error="invalid_token"' in answer.headers["WWW-Authenticate"]


async def test_same_subject_of_two_issuers_is_two_persons(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    add_user("jane", scopes="me")
    link("johndoe")
    link("jane", issuer=ch09.partner.name)
    claims = access_claims()
    assert await whoami(client, third.sign(claims)) == "johndoe"
    assert await whoami(client, ch09.partner.sign(claims)) == "jane"


async def test_subjects_of_one_issuer_are_told_apart_letter_by_letter(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    link("johndoe", "abc")
    for subject in ("ABC", "abc ", "ab", "%", "abc'--"):
        token = third.sign(access_claims(sub=subject))
        assert await whoami(client, token) == 401


async def test_several_subjects_may_act_for_one_user(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    for subject in ("work", "home"):
        link("johndoe", subject)
        token = third.sign(access_claims(sub=subject))
        assert await whoami(client, token) == "johndoe"


@both_databases
async def test_subject_is_linked_to_one_user(
    client: httpx.AsyncClient, third: ch09.Issuer, database: sa.Engine
) -> None:
    """The second link would take the first person's account over."""
    link("johndoe")
    for username in ("alice", "johndoe"):
        with pytest.raises(IntegrityError):
            link(username)
    token = third.sign(access_claims())
    assert await whoami(client, token) == "johndoe"


@pytest.mark.parametrize("subject", ["johndoe", "user:johndoe", "urn"])
async def test_subject_that_names_a_user_of_ours_is_not_that_user(
    client: httpx.AsyncClient, third: ch09.Issuer, subject: str
) -> None:
    if subject == "urn":
        subject = subject_of("ch09", "johndoe")
    claims = access_claims(sub=subject, jti=str(UUID(int=9)))
    assert await whoami(client, third.sign(claims)) == 401
    if subject.startswith("urn"):  # in a token of ours it is
        assert await whoami(client, ch09.ours.sign(claims)) == "johndoe"


async def test_email_and_username_link_nobody(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    """Only `iss` and `sub` name a person (OpenID Connect Core §5.7)."""
    claims = access_claims(
        email="johndoe@example.com",
        email_verified=True,
        preferred_username="johndoe",
        username="johndoe",
    )
    assert await whoami(client, third.sign(claims)) == 401


@both_databases
@pytest.mark.parametrize("how", ["disabled", "deleted"])
async def test_subject_goes_with_its_user(
    client: httpx.AsyncClient,
    third: ch09.Issuer,
    how: str,
    database: sa.Engine,
) -> None:
    link("johndoe")
    token = third.sign(access_claims())
    assert await whoami(client, token) == "johndoe"
    if how == "disabled":
        change_user("johndoe", disabled=True)
    else:
        delete_user("johndoe")
    assert await whoami(client, token) == 401
    assert count(ch09.IdentityRow) == (1 if how == "disabled" else 0)


async def test_next_user_of_a_username_inherits_no_subject(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    add_user("jane", scopes="me")
    link("jane")
    delete_user("jane")
    add_user("jane", scopes="me")
    token = third.sign(access_claims())
    assert await whoami(client, token) == 401


async def test_link_for_our_own_name_is_worth_nothing(
    client: httpx.AsyncClient,
) -> None:
    """Our own `sub` names a user; no row stands between them."""
    link("alice", subject_of("ch09", "johndoe"), ch09.ours.name)
    link("johndoe", "root", ch09.ours.name)
    token = (await log_in(client))["access_token"]
    assert await whoami(client, token) == "johndoe"
    claims = claims_of(token) | {"sub": "root"}
    assert await whoami(client, ch09.ours.sign(claims)) == 401


async def test_issuer_that_is_trusted_no_longer_opens_nothing(
    client: httpx.AsyncClient,
) -> None:
    third = issuer_with("ES256")
    link("johndoe")
    token = third.sign(access_claims())
    with trusting(third):
        assert await whoami(client, token) == "johndoe"
    assert await whoami(client, token) == 401


async def test_text_that_no_database_stores_is_no_500(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    for subject in ("\ud800", "\0", "a\0b", "x" * 5000):
        token = third.sign(access_claims(sub=subject))
        assert await whoami(client, token) == 401


# What


@pytest.mark.parametrize(
    ("theirs", "users", "expected"),
    [
        ("me items", "me items", [200, 200, 200]),
        ("items  me ", "me items", [200, 200, 200]),
        ("me", "me items", [200, 200, 403]),
        ("me items", "me", [200, 200, 403]),
        ("me items admin", "me", [200, 200, 403]),
        ("", "me items", [200, 403, 403]),
        ("me items", "", [200, 403, 403]),
        ("ME ITEMS", "me items", [200, 403, 403]),
        (["me", "items"], "me items", [200, 200, 200]),
        (["me items"], "me items", [200, 200, 200]),
        ([], "me items", [200, 403, 403]),
        ([None, 1, ["me"]], "me items", [200, 403, 403]),
    ],
)
async def test_scopes_are_those_of_token_and_user(
    client: httpx.AsyncClient,
    third: ch09.Issuer,
    theirs: Any,
    users: str,
    expected: list[int],
) -> None:
    link("johndoe")
    change_row("johndoe", scopes=users)
    token = third.sign(access_claims(scope=theirs))
    assert await statuses(client, token) == expected


async def test_token_without_scopes_has_none(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    link("johndoe")
    claims = access_claims()
    del claims["scope"]
    assert await statuses(client, third.sign(claims)) == [200, 403, 403]


@pytest.mark.parametrize("scope", [1, True, None, {}, {"me": 1}, 1.5])
async def test_scope_of_another_type_is_refused(
    client: httpx.AsyncClient, third: ch09.Issuer, scope: Any
) -> None:
    link("johndoe")
    token = third.sign(access_claims(scope=scope))
    assert await statuses(client, token) == [401, 401, 401]


async def test_scopes_are_read_where_the_issuer_writes_them(
    client: httpx.AsyncClient,
) -> None:
    third = issuer_with("ES256")
    link("johndoe")
    token = third.sign(access_claims(scope="", scp="me items"))
    with trusting(third, scope_claim="scp"):
        assert await statuses(client, token) == [200, 200, 200]
    with trusting(third):
        assert await statuses(client, token) == [200, 403, 403]


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        ("https://a.example/me https://a.example/items", [200, 200, 200]),
        ("https://a.example/me", [200, 200, 403]),
        ("me items", [200, 403, 403]),
        ("https://b.example/me", [200, 403, 403]),
    ],
)
async def test_scope_without_the_prefix_is_another_apis(
    client: httpx.AsyncClient, scope: str, expected: list[int]
) -> None:
    third = issuer_with("ES256")
    link("johndoe")
    token = third.sign(access_claims(scope=scope))
    with trusting(third, scope_prefix="https://a.example/"):
        assert await statuses(client, token) == expected


async def test_scopes_of_our_own_token_are_those_of_the_login(
    client: httpx.AsyncClient,
) -> None:
    """Chapter 8 narrows them, at login and at each refresh."""
    token = (await log_in(client))["access_token"]
    change_row("johndoe", scopes="me")
    assert await statuses(client, token) == [200, 200, 200]


# What a token of another issuer may do to a login


async def test_revocation_of_another_issuers_token_is_a_success_and_none(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    """Only its issuer can revoke it; here it is good until it expires."""
    link("johndoe")
    own = await log_in(client)
    jti = claims_of(own["access_token"])["jti"]
    token = third.sign(access_claims(jti=jti))
    answer = await client.post("/revoke", data={"token": token})
    assert (answer.status_code, answer.content) == (200, b"")
    assert count(ch08.RevokedRow) == 0
    assert await status(client, token) == 200
    assert await status(client, own["access_token"]) == 200


async def test_another_issuers_token_needs_no_jti_of_ours(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    """Theirs may have any form, and one that we have denied."""
    link("johndoe")
    own = (await log_in(client))["access_token"]
    await client.post("/revoke", data={"token": own})
    for jti in ("a", claims_of(own)["jti"]):
        token = third.sign(access_claims(jti=jti))
        assert await status(client, token) == 200


async def test_another_issuers_token_logs_its_user_out_everywhere(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    """It acts for the user; their logins with us end, and it is still good."""
    link("johndoe")
    own, others = await log_in(client), sign_in("me", "alice")
    token = third.sign(access_claims())
    answer = await client.delete("/users/me/logins/", headers=bearer(token))
    assert answer.status_code == 204
    assert await status(client, own["access_token"]) == 401
    assert refused(own["refresh_token"]) == "invalid_grant"
    assert await status(client, token) == 200
    change_user("alice", disabled=False)
    assert refused(others.refresh_token) == ""


@pytest.mark.parametrize(
    ("old_password", "expected"), [("wrong", 400), ("secret", 204)]
)
async def test_another_issuers_token_changes_no_password_without_the_old_one(
    client: httpx.AsyncClient,
    third: ch09.Issuer,
    old_password: str,
    expected: int,
) -> None:
    link("johndoe")
    token = third.sign(access_claims())
    change = {
        "old_password": old_password,
        "new_password": "a new password, long enough",
    }
    answer = await client.post(
        "/users/me/password", json=change, headers=bearer(token)
    )
    assert answer.status_code == expected


async def test_another_issuers_token_is_no_refresh_token(
    client: httpx.AsyncClient, third: ch09.Issuer
) -> None:
    link("johndoe")
    answer = await refresh(client, third.sign(access_claims()))
    assert answer.json()["error"] == "invalid_grant"


# Our own tokens, revoked


async def test_revoked_token_is_refused_and_its_login_goes_on(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in(client)
    await client.post("/revoke", data={"token": tokens["access_token"]})
    assert await status(client, tokens["access_token"]) == 401
    again = await refresh(client, tokens["refresh_token"])
    assert await status(client, again.json()["access_token"]) == 200


async def test_revoked_refresh_token_takes_the_access_token_along(
    client: httpx.AsyncClient,
) -> None:
    tokens = await log_in(client)
    await client.post("/revoke", data={"token": tokens["refresh_token"]})
    assert await status(client, tokens["access_token"]) == 401
    assert refused(tokens["refresh_token"]) == "invalid_grant"


@pytest.mark.parametrize("jti", ["a", "1", "urn:uuid:x"])
async def test_token_of_ours_without_a_jti_of_ours_is_refused(
    client: httpx.AsyncClient, jti: str
) -> None:
    claims = claims_of((await log_in(client))["access_token"])
    token = ch09.ours.sign(claims | {"jti": jti})
    assert await status(client, token) == 401
    answer = await client.post("/revoke", data={"token": token})
    assert answer.status_code == 200
    assert count(ch08.RevokedRow) == 0


async def test_token_of_any_lifetime_is_revoked(
    client: httpx.AsyncClient,
) -> None:
    claims = claims_of((await log_in(client))["access_token"])
    for number, exp in enumerate((1e300, 10**12, 4_102_444_800.5)):
        jti = f"00000000-0000-0000-0000-00000000000{number}"
        token = ch09.ours.sign(claims | {"jti": jti, "exp": exp})
        assert await status(client, token) == 200
        await client.post("/revoke", data={"token": token})
        assert await status(client, token) == 401


async def test_answer_to_a_revocation_is_not_stored(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/revoke", data={"token": "unknown"})
    assert answer.headers["Cache-Control"] == "no-store"


async def test_revocation_while_a_partner_is_down_is_a_success(
    client: httpx.AsyncClient,
) -> None:
    """Whether the token is good, nobody knows; it is not ours to revoke."""

    async def find(kid: str) -> None:
        raise ch09.KeysUnavailableError

    third = issuer_with("ES256")
    with trusting(third, find_key=find):
        form = {"token": third.sign(access_claims())}
        answer = await client.post("/revoke", data=form)
    assert answer.status_code == 200


# The login


async def test_login_and_refresh_give_our_tokens_with_chapter_8s_claims(
    client: httpx.AsyncClient,
) -> None:
    answer = await client.post("/token", data={**login(), "scope": "me"})
    assert answer.headers["Cache-Control"] == "no-store"
    for tokens in (
        answer.json(),
        (await refresh(client, answer.json()["refresh_token"])).json(),
    ):
        assert tokens.keys() == {
            *("access_token", "token_type", "expires_in", "scope"),
            "refresh_token",
        }
        claims = await ch09.read_access_token(tokens["access_token"])
        assert claims["iss"] == "https://course.example"
        assert claims["aud"] == "https://api.course.example"
        assert claims["client_id"] == "course"
        assert claims["sub"] == subject_of("ch09", "johndoe")
        assert claims["scope"] == "me"
        assert claims["exp"] - claims["iat"] in (300, 301)


@both_databases
async def test_new_password_ends_all_logins(
    client: httpx.AsyncClient, database: sa.Engine
) -> None:
    own, others = await log_in(client), sign_in("me", "alice")
    change = {
        "old_password": "secret",
        "new_password": "a new password, long enough",
    }
    headers = bearer(own["access_token"])
    answer = await client.post(
        "/users/me/password", json=change, headers=headers
    )
    assert answer.status_code == 204
    assert await status(client, own["access_token"]) == 401
    assert refused(own["refresh_token"]) == "invalid_grant"
    change_user("alice", disabled=False)
    assert refused(others.refresh_token) == ""


@both_databases
async def test_logout_everywhere_ends_all_logins_of_one_user(
    client: httpx.AsyncClient, database: sa.Engine
) -> None:
    first, second = await log_in(client), await log_in(client)
    headers = bearer(second["access_token"])
    answer = await client.delete("/users/me/logins/", headers=headers)
    assert answer.status_code == 204
    for tokens in (first, second):
        assert await status(client, tokens["access_token"]) == 401
        assert refused(tokens["refresh_token"]) == "invalid_grant"


# The database


@both_databases
def test_table_comes_and_goes_by_migration(database: sa.Engine) -> None:
    def tables() -> set[str]:
        return set(sa.inspect(database).get_table_names())

    assert "identities" in tables()
    link("johndoe")
    ch07.migrate("base")
    assert tables() <= {"alembic_version"}
    ch07.migrate("ch08")
    assert "identities" not in tables()
    assert "families" in tables()
    ch07.move_users()
    ch07.migrate("ch09")
    assert count(ch09.IdentityRow) == 0
    link("johndoe")
    assert count(ch09.IdentityRow) == 1


@both_databases
def test_tables_are_what_the_classes_say(database: sa.Engine) -> None:
    """A model that a migration forgot would fail at the first request."""
    from alembic.autogenerate import compare_metadata
    from alembic.migration import MigrationContext

    ch07.migrate("base")
    ch07.migrate("ch09")
    with database.connect() as connection:
        context = MigrationContext.configure(connection)
        tables: Any = [
            ch07.Base.metadata,
            ch08.LoginTable.metadata,
            ch09.IdentityTable.metadata,
        ]
        differences = compare_metadata(context, tables)
    assert differences == []


@both_databases
def test_subject_and_user_of_a_link_are_looked_up_by_an_index(
    database: sa.Engine,
) -> None:
    inspector = sa.inspect(database)
    key = inspector.get_pk_constraint("identities")["constrained_columns"]
    assert key == ["issuer", "subject"]
    indexes = inspector.get_indexes("identities")
    assert [index["column_names"] for index in indexes] == [["user_id"]]


async def test_server_creates_what_is_missing_as_it_starts(
    database: sa.Engine,
) -> None:
    ch07.migrate("base")
    async with ch09.lifespan(ch09.app):
        link("johndoe")
    assert count(ch09.IdentityRow) == 1


@pytest.mark.parametrize("whose", ["ours", "theirs"])
async def test_no_token_is_good_without_the_database(
    client: httpx.AsyncClient, third: ch09.Issuer, whose: str
) -> None:
    link("johndoe")
    token = third.sign(access_claims())
    if whose == "ours":
        token = (await log_in(client))["access_token"]
    with (
        engine_of("sqlite:////no/such/folder/users.db") as nowhere,
        bound(nowhere),
    ):
        answer = await client.get("/users/me/", headers=bearer(token))
    assert answer.status_code == 503
    assert answer.json()["error"] == "temporarily_unavailable"


async def test_no_token_of_ours_is_good_without_the_deny_list(
    client: httpx.AsyncClient,
) -> None:
    token = (await log_in(client))["access_token"]
    with ch07.Session.begin() as session:
        session.execute(sa.text("DROP TABLE revoked_tokens"))
    assert await status(client, token) == 503
