"""Chapter 11: the queue for hashing, and what is fast beside it.

No clock: threads are blocked by events, and a test goes on when they are.
"""

import asyncio
import threading
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from unittest.mock import Mock, patch

import anyio
import httpx
import pytest
from anyio import to_thread

from snippets import ch07_database as ch07
from snippets import ch09_keys_and_claims as ch09
from snippets import ch11_under_load as ch11
from tests.support.clients import bearer, login, open_client

pytestmark = pytest.mark.anyio
NEW = "a new password, long enough"


@pytest.fixture(autouse=True)
def rate_limits() -> Iterator[None]:
    """Give a test the real limits, and counters of its own."""
    with patch.object(ch11, "strategy", ch11.counters("memory://")):
        yield


class Blocker:
    """A function that many call, and that returns when it is let.

    Attributes:
        running: how many calls have begun, and not ended.
        most: the largest `running` there was.
        calls: the arguments of all calls, in their order.
    """

    def __init__(self) -> None:
        self.running = self.most = 0
        self.calls: list[object] = []
        self.lock = threading.Lock()
        self.gate = threading.Event()

    def __call__(self, *args: object) -> bool:
        with self.lock:
            self.calls.append(args[0])
            self.running += 1
            self.most = max(self.most, self.running)
        self.gate.wait()
        with self.lock:
            self.running -= 1
        return False


@pytest.fixture
def blocker() -> Iterator[Blocker]:
    blocker = Blocker()
    yield blocker
    blocker.gate.set()


async def until(condition: Callable[[], bool]) -> None:
    """Let other tasks and threads run until a condition holds."""
    for _ in range(10_000):
        if condition():
            return
        await asyncio.sleep(0.001)
    raise AssertionError("what the test waits for does not happen")


@contextmanager
def queue_of(threads: int, longest: int) -> Iterator[ch11.HashingQueue]:
    """Give the app a queue."""
    queue = ch11.HashingQueue(threads, longest)
    with patch.object(ch11, "hashing", queue):
        yield queue


# The queue alone


async def test_call_returns_what_the_function_returns() -> None:
    queue = ch11.HashingQueue(threads=1, longest=0)
    assert await queue.run(divmod, 7, 2) == (3, 1)
    assert await queue.run(int, "11", base=2) == 3


@pytest.mark.parametrize("threads", [1, 2, 5])
async def test_functions_run_in_as_many_threads_as_there_are(
    threads: int, blocker: Blocker
) -> None:
    queue = ch11.HashingQueue(threads, longest=100)
    tasks = [asyncio.create_task(queue.run(blocker, n)) for n in range(20)]
    await until(lambda: blocker.running == threads)
    await until(lambda: queue.threads.statistics().tasks_waiting > 0)
    blocker.gate.set()
    await asyncio.gather(*tasks)
    assert (blocker.most, len(blocker.calls)) == (threads, 20)


async def test_who_waits_is_served_in_the_order_of_arrival(
    blocker: Blocker,
) -> None:
    queue = ch11.HashingQueue(threads=1, longest=100)
    tasks = []
    for number in range(20):
        tasks.append(asyncio.create_task(queue.run(blocker, number)))
        await until(lambda: queue.inside == len(tasks))
    blocker.gate.set()
    await asyncio.gather(*tasks)
    assert blocker.calls == list(range(20))


@pytest.mark.parametrize(("threads", "longest"), [(1, 0), (1, 1), (2, 5)])
@pytest.mark.parametrize("more", [-1, 0, 1, 100])
async def test_queue_is_bounded_in_a_burst(
    threads: int, longest: int, more: int, blocker: Blocker
) -> None:
    queue = ch11.HashingQueue(threads, longest)
    places = threads + longest
    tasks = [
        asyncio.create_task(queue.run(blocker, n))
        for n in range(places + more)
    ]
    refused = max(more, 0)
    await until(lambda: sum(task.done() for task in tasks) == refused)
    blocker.gate.set()
    answers = await asyncio.gather(*tasks, return_exceptions=True)
    busy = [isinstance(answer, ch11.BusyError) for answer in answers]
    assert busy == [n >= places for n in range(places + more)]
    assert len(blocker.calls) == places + more - refused
    assert queue.inside == 0


async def test_place_is_given_back() -> None:
    """A function that raises gives its thread and its place back too."""
    queue = ch11.HashingQueue(threads=1, longest=0)
    for _ in range(3):
        with pytest.raises(ZeroDivisionError):
            await queue.run(divmod, 1, 0)
        assert await queue.run(divmod, 1, 1) == (1, 0)


async def test_waiter_that_is_cancelled_gives_its_place_back(
    blocker: Blocker,
) -> None:
    queue = ch11.HashingQueue(threads=1, longest=1)
    first = asyncio.create_task(queue.run(blocker, 1))
    await until(lambda: blocker.running == 1)
    second = asyncio.create_task(queue.run(blocker, 2))
    await until(lambda: queue.threads.statistics().tasks_waiting == 1)
    with pytest.raises(ch11.BusyError):
        await queue.run(blocker, 3)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    fourth = asyncio.create_task(queue.run(blocker, 4))
    await until(lambda: queue.inside == 2)
    blocker.gate.set()
    await asyncio.gather(first, fourth)
    assert blocker.calls == [1, 4]


async def test_cancelled_function_keeps_its_place_until_it_ends(
    blocker: Blocker,
) -> None:
    """A thread cannot be stopped: its core is busy as long as it runs."""
    queue = ch11.HashingQueue(threads=1, longest=0)
    async with anyio.create_task_group() as group:
        group.start_soon(queue.run, blocker, 1)
        await until(lambda: blocker.running == 1)
        group.cancel_scope.cancel()
        with anyio.CancelScope(shield=True):
            await asyncio.sleep(0)
            with pytest.raises(ch11.BusyError):
                await queue.run(blocker, 2)
            blocker.gate.set()
    assert await queue.run(int) == 0


def test_queue_serves_one_event_loop_after_another() -> None:
    queue = ch11.HashingQueue(threads=1, longest=0)
    assert [asyncio.run(queue.run(int)) for _ in range(3)] == [0, 0, 0]


def test_apps_queue_has_a_thread_for_each_core() -> None:
    with queue_of(ch11.CORES, 8 * ch11.CORES) as queue:
        assert queue.threads.total_tokens == ch11.CORES >= 1


# The app


@pytest.fixture
async def client() -> AsyncIterator[httpx.AsyncClient]:
    async with open_client(ch11.app, raise_app_exceptions=False) as client:
        yield client


async def token_in(client: httpx.AsyncClient) -> str:
    form = {**login(), "scope": "items me"}
    token: str = (await client.post("/token", data=form)).json()[
        "access_token"
    ]
    return token


@asynccontextmanager
async def blocked_logins(
    client: httpx.AsyncClient, blocker: Blocker, times: int
) -> AsyncIterator[list[asyncio.Task[httpx.Response]]]:
    """Send logins of as many users; each hash blocks until this ends."""
    with (
        patch.object(ch07, "verify_any", blocker),
        patch.object(ch11, "PER_ADDRESS", []),
    ):
        tasks = [
            asyncio.create_task(client.post("/token", data=login(f"user{n}")))
            for n in range(times)
        ]
        try:
            yield tasks
        finally:
            blocker.gate.set()
            await asyncio.gather(*tasks)


async def test_tokens_are_checked_while_all_hashing_threads_are_blocked(
    client: httpx.AsyncClient, blocker: Blocker
) -> None:
    token = await token_in(client)
    with queue_of(threads=2, longest=100) as queue:
        async with blocked_logins(client, blocker, 60):
            await until(lambda: queue.inside == 60)
            for path in ("/users/me/", "/users/me/items/", "/status/"):
                answer = await client.get(path, headers=bearer(token))
                assert answer.status_code == 200
            assert blocker.running == 2
    assert blocker.most == 2


async def test_without_the_queue_forty_logins_stop_all_other_requests(
    blocker: Blocker,
) -> None:
    """Chapter 9's app: both use the thread pool, which has 40 threads."""
    async with open_client(ch09.app) as client:
        token = await token_in(client)
        async with blocked_logins(client, blocker, 40):
            await until(lambda: blocker.running == 40)
            reading = asyncio.create_task(
                client.get("/users/me/", headers=bearer(token))
            )
            pool = to_thread.current_default_thread_limiter()
            await until(lambda: pool.statistics().tasks_waiting == 1)
            assert not reading.done()
        assert (await reading).status_code == 200


async def test_login_that_finds_the_queue_full_is_a_503(
    client: httpx.AsyncClient, blocker: Blocker
) -> None:
    with queue_of(threads=1, longest=1) as queue:
        async with blocked_logins(client, blocker, 2):
            await until(lambda: queue.inside == 2)
            answer = await client.post("/token", data=login())
            new = {"username": "newcomer", "password": NEW}
            sign_up = await client.post("/users/", json=new)
    assert blocker.calls == ["secret", "secret"]
    for refusal in (answer, sign_up):
        assert refusal.status_code == 503
        assert int(refusal.headers["Retry-After"]) >= 1
        assert refusal.headers["Cache-Control"] == "no-store"
        assert refusal.json() == {
            "error": "temporarily_unavailable",
            "error_description": "busy",
        }


async def test_full_queue_refuses_before_anything_is_counted(
    client: httpx.AsyncClient, blocker: Blocker
) -> None:
    with queue_of(threads=1, longest=0) as queue:
        async with blocked_logins(client, blocker, 1):
            await until(lambda: queue.inside == 1)
            strategy = Mock(wraps=ch11.strategy)
            with patch.object(ch11, "strategy", strategy):
                answer = await client.post("/token", data=login())
            assert answer.status_code == 503
            assert strategy.method_calls == []


def left(username: str) -> int:
    """Count an account's tries that are left in this minute."""
    key = ch11.account_key(username)
    window = ch11.PER_ACCOUNT[0]
    return ch11.strategy.get_window_stats(window, "account", key).remaining


def left_of_address() -> list[int]:
    """Count the tries that are left of an address, and of all."""
    key = ch11.address_key("127.0.0.1")
    windows = [(each, "address", key) for each in ch11.PER_ADDRESS]
    windows += [(each, "all") for each in ch11.FOR_ALL]  # type: ignore[misc]
    return [
        ch11.strategy.get_window_stats(window, *key).remaining
        for window, *key in windows
    ]


async def test_logins_of_a_burst_that_the_queue_refuses_do_not_count(
    client: httpx.AsyncClient, blocker: Blocker
) -> None:
    """All find the queue empty; then they are counted, and it is full."""
    users = [f"user{number}" for number in range(20)]
    with queue_of(1, 2), patch.object(ch07, "verify_any", blocker):
        tasks = [
            asyncio.create_task(client.post("/token", data=login(user)))
            for user in users
        ]
        await until(lambda: sum(task.done() for task in tasks) == 17)
        blocker.gate.set()
        answers = await asyncio.gather(*tasks)
    seen = [answer.status_code for answer in answers]
    assert Counter(seen) == {400: 3, 503: 17}
    assert [left(user) for user in users] == [
        4 if each == 400 else 5 for each in seen
    ]
    assert left_of_address() == [27, 297, 2997]


async def test_sign_ups_of_a_burst_that_the_queue_refuses_do_not_count(
    client: httpx.AsyncClient, blocker: Blocker
) -> None:
    with queue_of(1, 2), patch.object(ch07, "add_user", blocker):
        tasks = [
            asyncio.create_task(
                client.post(
                    "/users/", json={"username": f"u{n}", "password": NEW}
                )
            )
            for n in range(20)
        ]
        await until(lambda: sum(task.done() for task in tasks) == 17)
        blocker.gate.set()
        await asyncio.gather(*tasks)
    assert left_of_address() == [27, 297, 2997]


async def test_locked_account_gets_no_place_in_the_queue(
    client: httpx.AsyncClient, blocker: Blocker
) -> None:
    """Refused guesses keep nobody waiting."""
    for _ in range(5):
        ch11.count_account("johndoe")
    with queue_of(threads=1, longest=1) as queue:
        async with blocked_logins(client, blocker, 1):
            await until(lambda: queue.inside == 1)
            answers = [
                await client.post("/token", data=login()) for _ in range(20)
            ]
            assert {answer.status_code for answer in answers} == {429}
            assert queue.inside == 1
