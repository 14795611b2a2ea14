"""Chapter 11 in several processes: they share limits and the deny-list."""

from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
import sqlalchemy as sa

from tests.support.clients import bearer, login
from tests.support.redis_server import Redis
from tests.support.worker import serving

pytestmark = pytest.mark.slow
both_databases = pytest.mark.parametrize(
    "database", ["sqlite", "postgresql"], indirect=True
)
APP = "snippets.ch11_under_load:app"


@pytest.fixture
def shared(redis: Redis) -> str:
    """Empty the counters, and return their URL."""
    redis.client.flushall()
    return redis.url


@pytest.fixture
def client() -> Iterator[httpx.Client]:
    """Open a client whose every request is a connection of its own."""
    with httpx.Client(
        headers={"Connection": "close"}, timeout=60, trust_env=False
    ) as client:
        yield client


def guess_at_once(client: httpx.Client, urls: list[str]) -> Counter[int]:
    """Try a wrong password for johndoe at each URL, all at once."""

    def guess(url: str) -> int:
        form = login(password="wrong")
        return client.post(f"{url}/token", data=form).status_code

    with ThreadPoolExecutor(20) as pool:
        return Counter(pool.map(guess, urls))


def test_of_200_guesses_at_two_workers_five_are_hashed(
    database: sa.Engine, shared: str, client: httpx.Client
) -> None:
    with serving(APP, database, workers=2, LIMITS_URL=shared) as url:
        assert guess_at_once(client, [url] * 200) == {400: 5, 429: 195}
        right = client.post(f"{url}/token", data=login())
    assert right.status_code == 429


def test_of_200_guesses_at_two_servers_five_are_hashed(
    database: sa.Engine, shared: str, client: httpx.Client
) -> None:
    with (
        serving(APP, database, LIMITS_URL=shared) as one,
        serving(APP, database, LIMITS_URL=shared) as other,
    ):
        seen = guess_at_once(client, [one, other] * 100)
    assert seen == {400: 5, 429: 195}


def test_counters_in_memory_let_each_server_hash_five(
    database: sa.Engine, client: httpx.Client
) -> None:
    """The attack that shared counters stop."""
    with serving(APP, database) as one, serving(APP, database) as other:
        seen = guess_at_once(client, [one, other] * 100)
    assert seen == {400: 10, 429: 190}


@both_databases
def test_two_workers_share_the_deny_list(
    database: sa.Engine, shared: str, client: httpx.Client
) -> None:
    """Each request is a connection of its own, so either may answer it."""
    with serving(APP, database, workers=2, LIMITS_URL=shared) as url:
        answer = client.post(f"{url}/token", data=login())
        token = answer.json()["access_token"]

        def me() -> int:
            headers = bearer(token)
            return client.get(f"{url}/users/me/", headers=headers).status_code

        before = Counter(me() for _ in range(20))
        client.post(f"{url}/revoke", data={"token": token})
        afterwards = Counter(me() for _ in range(20))
    assert (before, afterwards) == ({200: 20}, {401: 20})
