"""Chapter 8 when things happen at once, or break off in the middle."""

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait
from contextlib import suppress
from threading import Barrier, BrokenBarrierError

import httpx
import pytest
import sqlalchemy as sa

from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08
from snippets.ch05_check_it import OAuthError
from tests.support.accounts import change_row
from tests.support.clients import bearer, login
from tests.support.logins import (
    after,
    count,
    refused,
    sign_in,
    stored,
)
from tests.support.worker import kill_after, serving

both_databases = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)
# The statements of a refresh, in their order.
STATEMENTS = [
    "UPDATE refresh_tokens",
    "UPDATE families",
    "SELECT users",
    "INSERT INTO refresh_tokens",
]
# How long one thread waits for another that may wait for it.
PATIENCE = 0.1


def try_to_refresh(token: str) -> ch08.Token | None:
    with suppress(OAuthError):
        return ch08.refresh(token, "")
    return None


# At once


@both_databases
def test_of_twenty_refreshes_with_one_token_one_succeeds(
    database: sa.Engine,
) -> None:
    token = sign_in().refresh_token
    barrier = Barrier(20)

    def run(_: int) -> ch08.Token | None:
        barrier.wait()
        return try_to_refresh(token)

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(run, range(20)))
    (winner,) = [answer for answer in answers if answer]
    # The nineteen others were a reuse.
    assert refused(winner.refresh_token) == "invalid_grant"
    assert ch08.is_revoked(winner.access_token)


@both_databases
def test_of_two_refreshes_that_interleave_one_succeeds(
    database: sa.Engine,
) -> None:
    """Each is held after its first statement, until the other got as far.

    A SELECT before the UPDATE would let both through.
    """
    token = sign_in().refresh_token
    barrier, threads = Barrier(2), threading.local()

    def hold(*event: object) -> None:
        if not hasattr(threads, "held"):
            threads.held = True
            with suppress(BrokenBarrierError):
                barrier.wait(10 * PATIENCE)

    with ThreadPoolExecutor(2) as pool:
        sa.event.listen(database, "after_cursor_execute", hold)
        answers = list(pool.map(try_to_refresh, [token] * 2))
        sa.event.remove(database, "after_cursor_execute", hold)
    assert sum(answer is not None for answer in answers) == 1


LOGOUTS: dict[str, Callable[[ch08.Token], None]] = {
    "this login": lambda token: ch08.revoke(token.refresh_token),
    "everywhere": lambda _: ch08.end_families(
        ch08.FamilyRow.user_id == stored().id
    ),
}


@both_databases
@pytest.mark.parametrize("logout", LOGOUTS)
@pytest.mark.parametrize("statement", STATEMENTS)
def test_logout_in_the_middle_of_a_refresh_leaves_no_live_token(
    database: sa.Engine, statement: str, logout: str
) -> None:
    first = sign_in()
    futures: list[Future[None]] = []
    with ThreadPoolExecutor(1) as pool:

        def log_out() -> None:
            futures.append(pool.submit(LOGOUTS[logout], first))
            wait(futures, PATIENCE)  # it may wait for this refresh

        with after(database, statement, log_out):
            second = try_to_refresh(first.refresh_token)
        futures[0].result()
    for token in (first, second):
        if token is not None:
            assert ch08.is_revoked(token.access_token)
            assert refused(token.refresh_token) == "invalid_grant"


@both_databases
@pytest.mark.parametrize("statement", STATEMENTS)
def test_new_password_in_the_middle_of_a_refresh_leaves_no_live_token(
    database: sa.Engine, statement: str
) -> None:
    first, user = sign_in(), stored()
    change = ch07.PasswordChange(
        old_password="secret", new_password="a new password, long enough"
    )
    futures: list[Future[None]] = []

    def change_password() -> None:
        ch07.change_password(user, change)
        ch08.end_families(ch08.FamilyRow.user_id == user.id)

    with ThreadPoolExecutor(1) as pool:

        def begin() -> None:
            futures.append(pool.submit(change_password))
            wait(futures, PATIENCE)

        with after(database, statement, begin):
            second = try_to_refresh(first.refresh_token)
        futures[0].result()
    for token in (first, second):
        if token is not None:
            assert ch08.is_revoked(token.access_token)
            assert refused(token.refresh_token) == "invalid_grant"


@both_databases
def test_two_logouts_at_once_are_two_successes(database: sa.Engine) -> None:
    token = sign_in()
    barrier = Barrier(8)

    def run(_: int) -> None:
        barrier.wait()
        ch08.revoke(token.refresh_token)
        ch08.revoke(token.access_token)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(run, range(8)))
    assert ch08.is_revoked(token.access_token)


@both_databases
def test_refreshes_of_many_logins_at_once_all_succeed(
    database: sa.Engine,
) -> None:
    tokens = [sign_in().refresh_token for _ in range(20)]
    with ThreadPoolExecutor(20) as pool:
        assert all(pool.map(try_to_refresh, tokens))


# Broken off


class BreakOffError(Exception):
    """What happens between two statements."""


def break_off(*_: object) -> None:
    raise BreakOffError


def assert_old_token_works(token: ch08.Token, rows: int) -> None:
    """Hold a refresh that broke off to have changed nothing."""
    assert count(ch08.RefreshTokenRow) == rows
    assert count(ch08.RevokedRow) == 0
    assert refused(token.refresh_token) == ""


@both_databases
@pytest.mark.parametrize("statement", STATEMENTS)
def test_refresh_that_fails_after_a_statement_changes_nothing(
    database: sa.Engine, statement: str
) -> None:
    token = sign_in()
    with (
        after(database, statement, break_off),
        pytest.raises(BreakOffError),
    ):
        ch08.refresh(token.refresh_token, "")
    assert_old_token_works(token, rows=1)


@both_databases
def test_refresh_whose_commit_fails_changes_nothing(
    database: sa.Engine,
) -> None:
    token = sign_in()
    sa.event.listen(database, "commit", break_off)
    with pytest.raises(BreakOffError):
        ch08.refresh(token.refresh_token, "")
    sa.event.remove(database, "commit", break_off)
    assert_old_token_works(token, rows=1)


@both_databases
@pytest.mark.parametrize(
    "statement",
    ["UPDATE families", "INSERT INTO revoked_tokens", "DELETE FROM revoked"],
)
def test_logout_that_fails_after_a_statement_changes_nothing(
    database: sa.Engine, statement: str
) -> None:
    token = sign_in()
    with (
        after(database, statement, break_off),
        pytest.raises(BreakOffError),
    ):
        ch08.revoke(token.refresh_token)
    assert not ch08.is_revoked(token.access_token)
    assert_old_token_works(token, rows=1)


@pytest.mark.slow
@both_databases
@pytest.mark.parametrize("statement", [*STATEMENTS, "COMMIT"])
def test_refresh_in_a_killed_process_changes_nothing(
    database: sa.Engine, statement: str
) -> None:
    token = sign_in()
    kill_after(statement, token.refresh_token, database)
    assert_old_token_works(token, rows=1)


# Several processes over one database

APP = "snippets.ch08_refresh_logout:app"


def me(url: str, token: str) -> int:
    return httpx.get(f"{url}/users/me/", headers=bearer(token)).status_code


def log_in(url: str) -> dict[str, str]:
    form = {**login(), "scope": "items me"}
    tokens: dict[str, str] = httpx.post(f"{url}/token", data=form).json()
    return tokens


def refresh(url: str, token: str) -> httpx.Response:
    form = {"grant_type": "refresh_token", "refresh_token": token}
    return httpx.post(f"{url}/token", data=form)


@pytest.mark.slow
@both_databases
def test_servers_share_families_and_the_deny_list(
    database: sa.Engine,
) -> None:
    with serving(APP, database) as one, serving(APP, database) as other:
        first = log_in(one)
        assert me(other, first["access_token"]) == 200
        second = refresh(other, first["refresh_token"]).json()
        httpx.post(f"{one}/revoke", data={"token": second["access_token"]})
        assert me(other, second["access_token"]) == 401
        assert me(other, first["access_token"]) == 200
        assert refresh(one, first["refresh_token"]).status_code == 400
        assert me(other, first["access_token"]) == 401
        assert refresh(other, second["refresh_token"]).status_code == 400
    with serving(APP, database) as restarted:
        assert me(restarted, second["access_token"]) == 401
        assert me(restarted, first["access_token"]) == 401
        assert me(restarted, log_in(restarted)["access_token"]) == 200


@pytest.mark.slow
@both_databases
def test_workers_of_one_server_share_the_deny_list(
    database: sa.Engine,
) -> None:
    """Each request is a connection of its own, so either may accept it."""
    with serving(APP, database, workers=2) as url:
        token = log_in(url)["access_token"]
        before = Counter(me(url, token) for _ in range(20))
        httpx.post(f"{url}/revoke", data={"token": token})
        afterwards = Counter(me(url, token) for _ in range(20))
    assert (before, afterwards) == ({200: 20}, {401: 20})


@pytest.mark.slow
@both_databases
def test_twenty_requests_at_two_servers_refresh_once(
    database: sa.Engine,
) -> None:
    change_row("johndoe", scopes="items me")
    with serving(APP, database) as one, serving(APP, database) as other:
        token = log_in(one)["refresh_token"]
        barrier = Barrier(20)

        def run(url: str) -> int:
            barrier.wait()
            return refresh(url, token).status_code

        with ThreadPoolExecutor(20) as pool:
            statuses = Counter(pool.map(run, [one, other] * 10))
    assert statuses == {200: 1, 400: 19}
