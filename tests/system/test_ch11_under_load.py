"""Chapter 11: rate limits, on counters in memory and in Redis, and its app.

The queue for hashing is in `test_hashing_queue.py`.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from threading import Barrier
from types import SimpleNamespace
from typing import Any
from unicodedata import normalize
from unittest.mock import Mock, patch

import httpx
import limits
import pytest
from fastapi import Request
from limits.storage import MemoryStorage
from limits.storage import memory as limits_memory
from limits.strategies import FixedWindowRateLimiter
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from course.chapters import find
from snippets import ch07_database as ch07
from snippets import ch11_under_load as ch11
from snippets.ch11_under_load import app
from tests.support.accounts import add_user, change_row
from tests.support.clients import bearer, login
from tests.support.logins import refresh, status
from tests.support.postgresql import free_port
from tests.support.redis_server import Redis

pytestmark = pytest.mark.anyio
both_storages = pytest.mark.parametrize(
    "rate_limits",
    ["memory", pytest.param("redis", marks=pytest.mark.slow)],
    indirect=True,
)
on_redis = pytest.mark.parametrize(
    "rate_limits",
    [pytest.param("redis", marks=pytest.mark.slow)],
    indirect=True,
)
NEW = "a new password, long enough"
# How long one thread waits for another that may wait for it.
PATIENCE = 0.1
MINUTE, HOUR, DAY = 60, 3600, 86_400
OFFICE = "198.51.100.7"


class Time:
    """What the counters believe the time is.

    In memory they read a clock that stands still. In Redis every counter's
    life is shortened instead.
    """

    def __init__(self, server: Redis | None) -> None:
        self.now = 1_000_000.0
        self.server = server

    def time(self) -> float:
        return self.now

    def forward(self, seconds: float) -> None:
        self.now += seconds
        if self.server is None:
            return
        for key in self.server.client.scan_iter():
            left = self.server.client.pttl(key) - int(1000 * seconds)
            self.server.client.pexpire(key, max(left, 0))


@pytest.fixture(autouse=True)
def rate_limits(request: pytest.FixtureRequest) -> Iterator[Time]:
    """Give a test the real limits, and counters and a queue of its own."""
    server: Redis | None = None
    url = "memory://"
    if getattr(request, "param", "memory") == "redis":
        server = request.getfixturevalue("redis")
        assert server is not None
        server.client.flushall()
        url = server.url
    strategy = ch11.counters(url)
    time = Time(server)
    queue = ch11.HashingQueue(threads=2, longest=1000)
    with (
        patch.object(ch11, "strategy", strategy),
        patch.object(ch11, "hashing", queue),
    ):
        if server:
            yield time
            storage: Any = strategy.storage
            storage.storage.close()
            return
        with (
            patch.object(limits_memory, "time", time),
            patch.object(ch11, "time", time),
        ):
            yield time


@pytest.fixture
def hashed() -> Iterator[Mock]:
    """Count the passwords that are hashed."""
    with patch.object(ch07, "verify_any", wraps=ch07.verify_any) as spy:
        yield spy


@asynccontextmanager
async def client_at(
    host: str, served: Any = app
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client whose requests come from a network address."""
    transport = httpx.ASGITransport(
        served, raise_app_exceptions=False, client=(host, 50_000)
    )
    async with httpx.AsyncClient(
        transport=transport, base_url="http://testserver"
    ) as client:
        yield client


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with client_at(OFFICE) as client:
        yield client


async def try_in(
    client: httpx.AsyncClient,
    username: str = "johndoe",
    password: str = "wrong",
) -> httpx.Response:
    """Try a password, over HTTP."""
    return await client.post("/token", data=login(username, password))


async def statuses(
    client: httpx.AsyncClient, times: int, *who: str
) -> list[int]:
    """Try a password several times, one after the other."""
    return [(await try_in(client, *who)).status_code for _ in range(times)]


def is_counted(username: str = "johndoe") -> bool:
    """Count a try for an account; return whether it is within the limits."""
    try:
        ch11.count_account(username)
    except ch11.TooManyRequestsError:
        return False
    return True


def wait_for(username: str = "johndoe") -> int:
    """Return the seconds that a locked account's refusal says."""
    with pytest.raises(ch11.TooManyRequestsError) as refusal:
        ch11.count_account(username)
    assert refusal.value.headers
    return int(refusal.value.headers["Retry-After"])


# An account


@both_storages
async def test_sixth_try_in_a_minute_is_refused_unhashed(
    client: httpx.AsyncClient, hashed: Mock
) -> None:
    assert await statuses(client, 7) == [400] * 5 + [429] * 2
    assert hashed.call_count == 5


@both_storages
async def test_right_password_is_refused_during_a_lock_and_taken_after_it(
    client: httpx.AsyncClient, hashed: Mock, rate_limits: Time
) -> None:
    await statuses(client, 5)
    answer = await try_in(client, password="secret")
    wrong = await try_in(client)
    assert answer.status_code == 429
    assert answer.content == wrong.content
    assert hashed.call_count == 5
    rate_limits.forward(MINUTE)
    assert (await try_in(client, password="secret")).status_code == 200


@pytest.mark.parametrize(
    ("tries", "window"), [(5, MINUTE), (20, HOUR), (100, DAY)]
)
def test_lock_of_an_account_grows_and_ends(
    tries: int, window: int, rate_limits: Time
) -> None:
    """All tries of a window are used up as fast as the shorter ones let."""
    begun, used = rate_limits.now, 0
    while used < tries:
        while is_counted():
            used += 1
        if used < tries:
            rate_limits.forward(wait_for())
    assert used == tries
    rate_limits.forward(begun + window - rate_limits.now - 0.001)
    assert not is_counted()
    rate_limits.forward(0.001)
    assert is_counted()


@pytest.mark.slow
def test_who_guesses_all_day_has_a_hundred_tries(rate_limits: Time) -> None:
    counted = Counter[int]()
    for day in range(2):
        for _ in range(DAY // 20):
            counted[day] += sum(is_counted() for _ in range(3))
            rate_limits.forward(20)
    assert counted == {0: 100, 1: 100}


def test_refused_try_does_not_count_in_a_longer_window(
    rate_limits: Time,
) -> None:
    assert [is_counted() for _ in range(50)] == [True] * 5 + [False] * 45
    rate_limits.forward(MINUTE)
    assert is_counted()


@pytest.mark.parametrize("tries", [5, 20, 100])
def test_refusal_says_when_the_longest_lock_ends(
    tries: int, rate_limits: Time
) -> None:
    used = 0
    while used < tries:
        if is_counted():
            used += 1
        else:
            rate_limits.forward(wait_for())
    seconds = wait_for()
    rate_limits.forward(seconds - 2)
    assert not is_counted()
    rate_limits.forward(2)
    assert is_counted()


def test_last_moment_of_a_lock_says_a_second(rate_limits: Time) -> None:
    for _ in range(5):
        ch11.count_account("johndoe")
    rate_limits.forward(MINUTE - 0.001)
    assert wait_for() == 1


def test_counter_that_ends_while_it_is_asked_says_a_second(
    rate_limits: Time,
) -> None:
    def hit(*_: object) -> bool:
        rate_limits.forward(DAY)
        return False

    with patch.object(ch11.strategy, "hit", hit):
        assert wait_for() == 1


@on_redis
def test_refusal_on_redis_never_says_too_little(redis: Redis) -> None:
    """TTL rounds 50.4 s down to 50."""
    for _ in range(5):
        ch11.count_account("johndoe")
    for key in redis.client.scan_iter():
        redis.client.pexpire(key, 50_400)
    seconds = wait_for()
    (minute,) = redis.client.scan_iter("*/5/1/minute")
    assert seconds >= redis.client.pttl(minute) / 1000


@both_storages
async def test_refusal_is_429_with_a_time_and_an_oauth_error(
    client: httpx.AsyncClient,
) -> None:
    """RFC 6585 §4, RFC 9110 §10.2.3."""
    await statuses(client, 5)
    answer = await try_in(client)
    assert answer.status_code == 429
    assert 1 <= int(answer.headers["Retry-After"]) <= 61
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.json() == {
        "error": "temporarily_unavailable",
        "error_description": "too many logins, try again later",
    }


async def test_names_of_nobody_and_of_users_are_refused_alike(
    client: httpx.AsyncClient, hashed: Mock
) -> None:
    change_row("alice", disabled=True)
    seen = {}
    for name in ("johndoe", "alice", "nobody"):
        answers = [await try_in(client, name) for _ in range(7)]
        seen[name] = [
            (each.status_code, each.content, each.headers.raw)
            for each in answers
        ]
    assert seen["johndoe"] == seen["nobody"] == seen["alice"]
    assert [each[0] for each in seen["nobody"]] == [400] * 5 + [429] * 2
    assert hashed.call_count == 15


TWINS = {
    "letter case": ("jose", "JOSE"),
    "NFD": ("josé", normalize("NFD", "josé")),
    "NFKC": ("jose", "ｊｏｓｅ"),
    "all": ("josé", normalize("NFD", "ＪＯＳÉ")),
    "long s": ("jose", "joſe"),
}


@pytest.mark.parametrize(("one", "other"), TWINS.values(), ids=TWINS)
@both_storages
async def test_spellings_of_a_name_share_their_tries(
    client: httpx.AsyncClient, one: str, other: str
) -> None:
    assert one != other
    add_user(one, "me")
    assert await statuses(client, 3, one) == [400] * 3
    assert await statuses(client, 3, other) == [400] * 2 + [429]
    assert (await try_in(client, one)).status_code == 429


@pytest.mark.parametrize(
    ("one", "other"),
    [("jose", "josé"), ("jose", "jose "), ("a", "b"), ("", " ")],
)
def test_different_names_have_tries_of_their_own(one: str, other: str) -> None:
    assert ch11.account_key(one) != ch11.account_key(other)
    assert [is_counted(one) for _ in range(6)] == [True] * 5 + [False]
    assert is_counted(other)


@pytest.mark.parametrize("name", ["", "\0", "\ud800", "a" * 100_000])
@both_storages
def test_any_text_is_counted_under_a_name_of_one_size(
    name: str, rate_limits: Time
) -> None:
    assert len(ch11.account_key(name)) == 64
    assert [is_counted(name) for _ in range(6)] == [True] * 5 + [False]


STRANGE = {
    "long password": ("johndoe", "a" * 5000),
    "NUL in a password": ("johndoe", "secret\0"),
    "long name": ("a" * 5000, "secret"),
    "NUL in a name": ("john\0doe", "secret"),
}


@pytest.mark.parametrize(
    ("username", "password"), STRANGE.values(), ids=STRANGE
)
async def test_strange_names_and_passwords_count_too(
    client: httpx.AsyncClient, username: str, password: str
) -> None:
    assert await statuses(client, 6, username, password) == [400] * 5 + [429]


async def test_broken_form_counts_nothing(client: httpx.AsyncClient) -> None:
    for _ in range(40):
        answer = await client.post("/token", data={"username": "johndoe"})
        assert answer.status_code == 400
    assert await statuses(client, 5) == [400] * 5


# A right password


@both_storages
async def test_right_password_gives_an_account_its_tries_back(
    client: httpx.AsyncClient,
) -> None:
    for _ in range(3):
        assert await statuses(client, 4) == [400] * 4
        assert await statuses(client, 1, "johndoe", "secret") == [200]
    assert await statuses(client, 6) == [400] * 5 + [429]


@both_storages
async def test_right_password_gives_an_address_nothing_back(
    hashed: Mock,
) -> None:
    """An attacker logs in as themselves between the guesses."""
    add_user("attacker", "me")
    async with client_at("203.0.113.7") as client:
        seen = []
        for number in range(20):
            seen += await statuses(client, 1, f"victim {number}")
            seen += await statuses(client, 1, "attacker", "secret")
    assert seen == [400, 200] * 15 + [429] * 10
    assert hashed.call_count == 30


async def test_right_password_of_a_disabled_user_resets_nothing(
    client: httpx.AsyncClient,
) -> None:
    """A reset would tell that the password is right."""
    change_row("johndoe", disabled=True)
    assert await statuses(client, 4) == [400] * 4
    assert await statuses(client, 3, "johndoe", "secret") == [400, 429, 429]


async def test_right_password_for_no_scope_of_the_user_resets_the_tries(
    client: httpx.AsyncClient,
) -> None:
    await statuses(client, 4)
    form = {**login(), "scope": "unknown"}
    answer = await client.post("/token", data=form)
    assert answer.json()["error"] == "invalid_scope"
    assert await statuses(client, 5) == [400] * 5


# At once


@both_storages
async def test_of_200_guesses_at_once_five_are_hashed(hashed: Mock) -> None:
    with patch.object(ch11, "PER_ADDRESS", []):
        async with client_at("203.0.113.7") as client:
            answers = await asyncio.gather(
                *(try_in(client, password=f"{n}") for n in range(200))
            )
    seen = Counter(answer.status_code for answer in answers)
    assert seen == {400: 5, 429: 195}
    assert hashed.call_count == 5


@both_storages
def test_of_200_threads_five_count(rate_limits: Time) -> None:
    barrier = Barrier(50)

    def run(_: int) -> bool:
        barrier.wait()
        return is_counted()

    with ThreadPoolExecutor(50) as pool:
        assert sum(pool.map(run, range(200))) == 5


def test_counter_that_is_read_and_then_raised_lets_all_through(
    rate_limits: Time,
) -> None:
    """The attack that counting in one step stops."""
    barrier = Barrier(20)

    class ReadsThenWrites(FixedWindowRateLimiter):
        def hit(
            self, item: limits.RateLimitItem, *identifiers: str, cost: int = 1
        ) -> bool:
            free = self.test(item, *identifiers)
            barrier.wait()
            super().hit(item, *identifiers, cost=cost)
            return free

    def run(_: int) -> bool:
        return is_counted()

    with (
        patch.object(ch11, "strategy", ReadsThenWrites(MemoryStorage())),
        patch.object(ch11, "PER_ACCOUNT", ch11.PER_ACCOUNT[:1]),
        ThreadPoolExecutor(20) as pool,
    ):
        assert sum(pool.map(run, range(20))) == 20


def test_counters_are_read_and_raised_in_one_step() -> None:
    strategy = Mock(wraps=ch11.strategy)
    with patch.object(ch11, "strategy", strategy):
        ch11.count_account("johndoe")
        ch11.count_address(OFFICE)
    assert [name for name, _, _ in strategy.method_calls] == ["hit"] * 6


@pytest.mark.parametrize(
    ("make", "counted"),
    [
        (lambda: FixedWindowRateLimiter(MemoryStorage()), 1),
        (lambda: ch11.counters("memory://"), 2),
    ],
    ids=["limits' own", "ours"],
)
def test_two_first_tries_at_once_both_count(make: Any, counted: int) -> None:
    """The second comes between the first one's count and its expiry."""
    strategy = make()
    window = limits.parse("5/minute")
    first = threading.get_ident()
    calls: list[int] = []
    with ThreadPoolExecutor(1) as pool:

        def now() -> float:
            if threading.get_ident() == first:
                calls.append(1)
                if len(calls) == 2:
                    second = pool.submit(strategy.hit, window, "a")
                    threading.Event().wait(PATIENCE)
                    calls.append(second.done())
            return 1_000_000.0

        with patch.object(limits_memory, "time", SimpleNamespace(time=now)):
            strategy.hit(window, "a")
            pool.shutdown()
            left = strategy.get_window_stats(window, "a").remaining
    assert 5 - left == counted


# An address


@both_storages
async def test_one_password_at_a_thousand_names_is_hashed_thirty_times(
    hashed: Mock,
) -> None:
    async with client_at("203.0.113.7") as client:
        for n in range(1000):
            answer = await try_in(client, f"user{n}", "123456")
            assert answer.status_code == (400 if n < 30 else 429), n
    assert hashed.call_count == 30


@pytest.mark.parametrize(("tries", "window"), [(30, MINUTE), (300, HOUR)])
def test_lock_of_an_address_grows_and_ends(
    tries: int, window: int, rate_limits: Time
) -> None:
    begun, used = rate_limits.now, 0
    while used < tries:
        try:
            ch11.count_address(OFFICE)
            used += 1
        except ch11.TooManyRequestsError:
            rate_limits.forward(1)
    rate_limits.forward(begun + window - rate_limits.now - 0.001)
    with pytest.raises(ch11.TooManyRequestsError):
        ch11.count_address(OFFICE)
    rate_limits.forward(0.001)
    ch11.count_address(OFFICE)


@both_storages
def test_all_addresses_together_have_three_thousand_tries_a_minute(
    rate_limits: Time,
) -> None:
    addresses = [f"10.0.{n // 250}.{n % 250}" for n in range(3001)]
    for address in addresses[:-1]:
        ch11.count_address(address)
    with pytest.raises(ch11.TooManyRequestsError):
        ch11.count_address(addresses[-1])
    rate_limits.forward(MINUTE)
    ch11.count_address(addresses[-1])


def test_refused_address_takes_no_try_from_the_others() -> None:
    for _ in range(5000):
        try:
            ch11.count_address("203.0.113.7")
        except ch11.TooManyRequestsError:
            continue
    ch11.count_address(OFFICE)


@pytest.mark.slow
async def test_locked_stranger_is_let_in_when_the_lock_ends(
    client: httpx.AsyncClient, rate_limits: Time
) -> None:
    """A day of guesses from many addresses locks johndoe out; then it ends."""
    begun = rate_limits.now
    for number in range(1000):
        async with client_at(f"10.0.0.{number % 200}") as attacker:
            answer = await try_in(attacker)
        if answer.status_code == 429:
            seconds = int(answer.headers["Retry-After"])
            if seconds > HOUR:
                break
            rate_limits.forward(seconds)
    assert await statuses(client, 1, "johndoe", "secret") == [429]
    rate_limits.forward(seconds)
    assert await statuses(client, 1, "johndoe", "secret") == [200]
    assert rate_limits.now - begun <= DAY + 2


ADDRESSES = {
    "203.0.113.7": "203.0.113.7/32",
    "203.0.113.8": "203.0.113.8/32",
    "2001:db8::1": "2001:db8::/64",
    "2001:DB8:0:0:ffff::1": "2001:db8::/64",
    "2001:db8:0:1::1": "2001:db8:0:1::/64",
    "::ffff:203.0.113.7": "203.0.113.7/32",
    "::ffff:cb00:7107": "203.0.113.7/32",
    "::1": "::/64",
    "fe80::1%eth0": "fe80::/64",
    "testclient": "testclient",
    "": "",
    "203.0.113.7, 1": "203.0.113.7, 1",
    "1.2.3": "1.2.3",
}


@pytest.mark.parametrize(("host", "key"), ADDRESSES.items())
def test_addresses_of_one_customer_share_a_counter(
    host: str, key: str
) -> None:
    assert ch11.address_key(host) == key


async def test_forwarded_address_that_a_client_makes_up_changes_nothing(
    hashed: Mock,
) -> None:
    seen = []
    async with client_at("203.0.113.7") as client:
        for number in range(40):
            headers = dict.fromkeys(
                ("X-Forwarded-For", "X-Real-IP", "CF-Connecting-IP"),
                f"10.0.0.{number}",
            )
            headers["Forwarded"] = f"for=10.0.0.{number}"
            form = login(f"user{number}")
            answer = await client.post("/token", data=form, headers=headers)
            seen.append(answer.status_code)
    assert seen == [400] * 30 + [429] * 10
    assert hashed.call_count == 30


def test_request_without_an_address_has_a_counter_too() -> None:
    request = Request({"type": "http", "client": None, "headers": []})
    assert ch11.host_of(request) == ""
    ch11.count_address(ch11.host_of(request))


PROXY = "10.0.0.1"
FORWARDED = {
    "trusted": (PROXY, ["203.0.113.7"], "203.0.113.7"),
    "trusted, with a port": (PROXY, ["203.0.113.7:80"], "203.0.113.7"),
    "untrusted": ("192.0.2.1", ["203.0.113.7"], "192.0.2.1"),
    "spoofed before a trusted one": (
        *(PROXY, ["1.2.3.4, 203.0.113.7"], "203.0.113.7"),
    ),
    "spoofed in a header of its own": (
        *(PROXY, ["1.2.3.4", "203.0.113.7"], "203.0.113.7"),
    ),
    "chain of two trusted ones": (
        *(PROXY, ["1.2.3.4, 203.0.113.7, 10.0.0.2"], "203.0.113.7"),
    ),
    "network of trusted ones": (
        *(PROXY, ["203.0.113.7, 172.16.0.9"], "203.0.113.7"),
    ),
    "IPv6": (PROXY, ["2001:db8::1"], "2001:db8::1"),
    "IPv6 with a port": (PROXY, ["[2001:db8::1]:80"], "2001:db8::1"),
    "IPv6 proxy": ("fd00::1", ["203.0.113.7"], "203.0.113.7"),
    "garbage": (PROXY, ["203.0.113.7, garbage"], "garbage"),
    "empty": (PROXY, [""], PROXY),
    "no header": (PROXY, [], PROXY),
}


@pytest.mark.parametrize(
    ("peer", "sent", "host"), FORWARDED.values(), ids=FORWARDED
)
async def test_forwarded_address_is_believed_of_a_trusted_proxy_alone(
    peer: str, sent: list[str], host: str
) -> None:
    """`uvicorn --forwarded-allow-ips` (RFC 9700 §4.13)."""
    trusted = f"{PROXY}, 10.0.0.2, 172.16.0.0/12, fd00::1"
    with patch.object(ch11, "count_address", wraps=ch11.count_address) as spy:
        served = ProxyHeadersMiddleware(app, trusted)  # type: ignore[arg-type]
        async with client_at(peer, served) as client:
            await client.post(
                "/token",
                data=login(),
                headers=[("X-Forwarded-For", each) for each in sent],
            )
    spy.assert_called_once_with(host)


# Memory


def test_counters_that_ended_leave_the_memory(rate_limits: Time) -> None:
    strategy = ch11.counters("memory://")
    storage: Any = strategy.storage
    with patch.object(ch11, "strategy", strategy):
        for number in range(500):
            ch11.count_account(f"user{number}")
        assert len(storage.storage) == 1500
        rate_limits.forward(DAY + 1)
        ch11.count_account("johndoe")
        storage.timer.join()  # it removes what has ended
    assert len(storage.storage) == len(storage.expirations) == 3


@on_redis
def test_every_counter_in_redis_ends(redis: Redis) -> None:
    ch11.count_account("johndoe")
    ch11.count_address(OFFICE)
    ch11.take_back(OFFICE, "alice")
    lives = [redis.client.ttl(key) for key in redis.client.scan_iter()]
    assert len(lives) == 9
    assert all(0 < life <= DAY for life in lives)


# The other endpoints


@both_storages
async def test_sign_ups_of_an_address_are_counted_before_they_are_hashed(
    client: httpx.AsyncClient,
) -> None:
    hashing = patch.object(ch07, "hash_password", wraps=ch07.hash_password)
    with hashing as spy:
        seen = [
            (
                await client.post(
                    "/users/", json={"username": f"u{n}", "password": NEW}
                )
            ).status_code
            for n in range(32)
        ]
    assert seen == [201] * 30 + [429] * 2
    assert spy.call_count == 30


async def test_taken_username_is_a_409(client: httpx.AsyncClient) -> None:
    new = {"username": "JohnDoe", "password": NEW}
    answer = await client.post("/users/", json=new)
    assert answer.status_code == 409


async def change_password(
    client: httpx.AsyncClient, token: str, old: str
) -> int:
    body = {"old_password": old, "new_password": NEW}
    answer = await client.post(
        "/users/me/password", json=body, headers=bearer(token)
    )
    return answer.status_code


async def token_in(client: httpx.AsyncClient) -> dict[str, str]:
    form = {**login(), "scope": "me items"}
    answer = await client.post("/token", data=form)
    tokens: dict[str, str] = answer.json()
    return tokens


async def test_old_passwords_are_counted_as_those_of_a_login(
    client: httpx.AsyncClient, hashed: Mock
) -> None:
    """A thief of a token guesses the password here."""
    token = (await token_in(client))["access_token"]
    hashed.reset_mock()
    await statuses(client, 2, "JOHNDOE")
    seen = [await change_password(client, token, "wrong") for _ in range(4)]
    assert seen == [400, 400, 400, 429]
    assert await change_password(client, token, "secret") == 429
    assert hashed.call_count == 5


async def test_new_password_gives_the_tries_back_and_ends_all_logins(
    client: httpx.AsyncClient,
) -> None:
    tokens = await token_in(client)
    token = tokens["access_token"]
    await statuses(client, 4)
    assert await change_password(client, token, "secret") == 204
    assert await statuses(client, 5) == [400] * 5
    assert await status(client, token) == 401
    answer = await refresh(client, tokens["refresh_token"])
    assert answer.status_code == 400


async def test_refreshes_are_not_limited(client: httpx.AsyncClient) -> None:
    """A refresh token has 256 random bits, and costs no hash to check."""
    token = (await token_in(client))["refresh_token"]
    for _ in range(40):
        answer = await refresh(client, token)
        assert answer.status_code == 200
        token = answer.json()["refresh_token"]
    await statuses(client, 6)
    assert (await refresh(client, token)).status_code == 200


async def test_tokens_work_while_their_user_is_locked(
    client: httpx.AsyncClient,
) -> None:
    tokens = await token_in(client)
    await statuses(client, 40)
    headers = bearer(tokens["access_token"])
    for path in ("/status/", "/users/me/", "/users/me/items/"):
        answer = await client.get(path, headers=headers)
        assert answer.status_code == 200
    logout = await client.delete("/users/me/logins/", headers=headers)
    assert logout.status_code == 204
    assert await status(client, tokens["access_token"]) == 401


async def test_revoked_token_is_refused(client: httpx.AsyncClient) -> None:
    token = (await token_in(client))["access_token"]
    answer = await client.post("/revoke", data={"token": token})
    assert answer.status_code == 200
    assert await status(client, token) == 401


# No stopwatch on the lock


async def work_of(
    client: httpx.AsyncClient, username: str, password: str
) -> list[Any]:
    """List what a login asks of the counters, and of chapter 7."""
    strategy = Mock(wraps=ch11.strategy)
    seen = Mock(wraps=ch07)
    with (
        patch.object(ch11, "strategy", strategy),
        patch.object(ch07, "find_user", seen.find_user),
        patch.object(ch07, "verify_any", seen.verify_any),
    ):
        await try_in(client, username, password)
    steps = [*strategy.method_calls, *seen.method_calls]
    key = ch11.account_key(username)
    return [
        (name, *("…" if each == key else str(each) for each in args))
        for name, args, _ in steps
    ]


async def test_locked_accounts_do_the_same_work_for_any_name_and_password(
    client: httpx.AsyncClient,
) -> None:
    await statuses(client, 6)
    await statuses(client, 6, "nobody")
    await statuses(client, 6, "alice")
    works = [
        await work_of(client, name, password)
        for name in ("johndoe", "nobody", "alice")
        for password in ("wrong", "secret", "secret2", "a" * 1000)
    ]
    assert all(work == works[0] for work in works)
    assert {name for name, *_ in works[0]} == {"hit", "get_window_stats"}


# Without counters


@asynccontextmanager
async def without_counters() -> AsyncIterator[None]:
    """Let no server listen where the counters should be."""
    away = ch11.counters(f"redis://127.0.0.1:{free_port()}")
    with patch.object(ch11, "strategy", away):
        yield


async def test_nobody_logs_in_without_counters_and_tokens_work_on(
    client: httpx.AsyncClient, hashed: Mock
) -> None:
    tokens = await token_in(client)
    hashed.reset_mock()
    async with without_counters():
        refused = [
            await try_in(client, password="secret"),
            await try_in(client, "nobody"),
            await client.post(
                "/users/", json={"username": "new", "password": NEW}
            ),
            await client.post(
                "/users/me/password",
                json={"old_password": "secret", "new_password": NEW},
                headers=bearer(tokens["access_token"]),
            ),
        ]
        assert await status(client, tokens["access_token"]) == 200
        answer = await refresh(client, tokens["refresh_token"])
        assert answer.status_code == 200
    for answer in refused:
        assert answer.status_code == 503
        assert answer.headers["Retry-After"] == "5"
        assert answer.json()["error"] == "temporarily_unavailable"
        assert "127.0.0.1" not in answer.text
    assert hashed.call_count == 0
    assert await statuses(client, 1, "johndoe", "secret") == [200]


@on_redis
async def test_killed_redis_is_a_503_until_it_is_back(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    assert await statuses(client, 1, "johndoe", "secret") == [200]
    redis.stop()
    try:
        assert await statuses(client, 3, "johndoe", "secret") == [503] * 3
    finally:
        redis.start()
    assert await statuses(client, 3, "johndoe", "secret") == [200] * 3


@on_redis
async def test_redis_that_hangs_is_a_503(
    redis: Redis, client: httpx.AsyncClient
) -> None:
    """Without a time limit each login would keep a thread for 5 seconds."""
    storage: Any = ch11.strategy.storage
    options = storage.storage.get_connection_kwargs()
    assert options["socket_timeout"] == options["socket_connect_timeout"] == 1
    redis.freeze()
    try:
        assert await statuses(client, 1, "johndoe", "secret") == [503]
    finally:
        redis.thaw()
    assert await statuses(client, 1, "johndoe", "secret") == [200]


def test_story_ends() -> None:
    story = find("ch11").story
    assert story is not None
    story()
