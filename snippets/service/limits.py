"""Rate limits, and a queue for what hashes (chapter 11)."""

import hashlib
import ipaddress
import math
import os
import threading
import time
from collections.abc import Callable
from typing import ParamSpec, TypeVar

import limits
from anyio import CapacityLimiter, to_thread
from fastapi import Request
from fastapi.concurrency import run_in_threadpool
from limits.storage import MemoryStorage, storage_from_string
from limits.strategies import FixedWindowRateLimiter

from .accounts import authenticate_user
from .models import StoredUser, username_key
from .oauth import OAuthError
from .settings import settings

P = ParamSpec("P")

R = TypeVar("R")


class BusyError(OAuthError):
    """The queue is full; the answer is 503 (RFC 9110 §15.6.4)."""

    def __init__(self) -> None:
        """Refuse at once."""
        later = {"Retry-After": "2"}
        super().__init__(503, "temporarily_unavailable", "busy", later)


class HashingQueue:
    """Threads for what costs a core, and a queue of bounded length.

    Attributes:
        threads: how many run at once; more than cores only makes all slower.
        longest: how many wait at most.
        inside: how many run or wait now.
    """

    def __init__(self, threads: int, longest: int) -> None:
        """Make the queue, empty."""
        self.threads = CapacityLimiter(threads)
        self.longest = longest
        self.inside = 0

    def refuse_if_full(self) -> None:
        """Refuse early a request that is going to run something.

        Raises:
            BusyError: the queue is full.
        """
        if self.inside >= self.threads.total_tokens + self.longest:
            raise BusyError

    async def run(
        self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs
    ) -> R:
        """Run a function in one of the threads, in the order of arrival.

        Raises:
            BusyError: the queue is full.
        """
        self.refuse_if_full()
        self.inside += 1  # in one step with the check: no `await` between
        try:
            return await to_thread.run_sync(
                lambda: function(*args, **kwargs), limiter=self.threads
            )
        finally:
            self.inside -= 1


CORES = os.cpu_count() or 1

hashing = HashingQueue(threads=CORES, longest=8 * CORES)

LIMITS_URL = settings.limits_url


class OneAtATime(FixedWindowRateLimiter):
    """Counters in this process, which one thread at a time reads or raises.

    Without the lock, one of two first tries at once may be lost.
    """

    lock = threading.Lock()

    def hit(
        self, item: limits.RateLimitItem, *identifiers: str, cost: int = 1
    ) -> bool:
        """Count, and return whether the limit is kept."""
        with self.lock:
            return super().hit(item, *identifiers, cost=cost)

    def get_window_stats(
        self, item: limits.RateLimitItem, *identifiers: str
    ) -> limits.WindowStats:
        """Return when a counter ends, and how many tries are left."""
        with self.lock:
            return super().get_window_stats(item, *identifiers)


def counters(url: str) -> FixedWindowRateLimiter:
    """Make counters in this process, or in a server that workers share.

    `"memory://"`, or `"redis://127.0.0.1:6379"`. Each counts atomically. A
    server that does not answer within a second is an error.
    """
    if url == "memory://":
        return OneAtATime(MemoryStorage())
    storage = storage_from_string(
        url, wrap_exceptions=True, socket_timeout=1, socket_connect_timeout=1
    )
    return FixedWindowRateLimiter(storage)


strategy = counters(LIMITS_URL)


# The delay grows: a minute, then the rest of an hour, then of a day. A day
# ends as well: a lock without end would let anybody lock anybody out.
PER_ACCOUNT = limits.parse_many("5/minute; 20/hour; 100/day")

PER_ADDRESS = limits.parse_many("30/minute; 300/hour")

FOR_ALL = limits.parse_many("3000/minute")


def account_key(username: str) -> str:
    """Name an account's counter, whether the account exists or not.

    All spellings of a username share it, as they share a row in chapter 7.
    The hash gives names of any length the same size.
    """
    key = username_key(username).encode("utf-8", "replace")
    return hashlib.sha256(key).hexdigest()


class TooManyRequestsError(OAuthError):
    """A rate limit is reached; the answer is 429 (RFC 6585 §4)."""

    def __init__(self, seconds: float) -> None:
        """Say in how many seconds the next try may succeed."""
        headers = {"Retry-After": str(max(1, math.ceil(seconds)))}
        again = "too many logins, try again later"
        super().__init__(429, "temporarily_unavailable", again, headers)


def count(windows: list[limits.RateLimitItem], *key: str) -> None:
    """Count one try; a counter is read and raised in one step.

    What a short window refuses does not count in a longer one.

    Raises:
        TooManyRequestsError: a limit is reached. It says when the last of
            the limits that are reached ends.
    """
    if all(strategy.hit(window, *key) for window in windows):
        return
    stats = [strategy.get_window_stats(window, *key) for window in windows]
    ends = [each.reset_time for each in stats if each.remaining == 0]
    # Redis rounds the time that is left to whole seconds.
    raise TooManyRequestsError(max(ends, default=0) - time.time() + 0.5)


def uncount(windows: list[limits.RateLimitItem], *key: str) -> None:
    """Take one try back."""
    for window in windows:
        strategy.hit(window, *key, cost=-1)


def count_account(username: str) -> None:
    """Count a password that is going to be checked for an account.

    Raises:
        TooManyRequestsError: a limit of this account is reached.
    """
    count(PER_ACCOUNT, "account", account_key(username))


def forget_failures(username: str) -> None:
    """Start an account's counters anew: its password was right.

    The address's counters go on. An attacker with one account of their own
    would reset them otherwise.
    """
    for limit in PER_ACCOUNT:
        strategy.clear(limit, "account", account_key(username))


def host_of(request: Request) -> str:
    """Return the address that a request comes from.

    Behind a proxy this is the proxy's, unless uvicorn is told to trust it:
    `--forwarded-allow-ips`. The header `X-Forwarded-For` is not read here,
    because anybody can send it (RFC 9700 §4.13).
    """
    return request.client.host if request.client else ""


def address_key(host: str) -> str:
    """Name the counter of a client's network address.

    `"203.0.113.7"` counts alone, `"2001:db8::1"` with all of its /64, since
    one customer has all of those addresses.
    """
    try:
        address = ipaddress.ip_address(host)
    except ValueError:  # no address, such as a test client's
        return host
    if address.version == 6 and address.ipv4_mapped:
        address = address.ipv4_mapped
    bits = 64 if address.version == 6 else 32
    return str(ipaddress.ip_network((address, bits), strict=False))


def count_address(host: str) -> None:
    """Count a request that is going to hash a password.

    Raises:
        TooManyRequestsError: a limit of this address, or of all together, is
            reached.
    """
    count(PER_ADDRESS, "address", address_key(host))
    count(FOR_ALL, "all")


def take_back(host: str, username: str | None = None) -> None:
    """Uncount a try that came in a burst, and found the queue full."""
    uncount(PER_ADDRESS, "address", address_key(host))
    uncount(FOR_ALL, "all")
    if username is not None:
        uncount(PER_ACCOUNT, "account", account_key(username))


async def check_password(
    request: Request,
    username: str,
    check: Callable[P, R],
    *args: P.args,
    **kwargs: P.kwargs,
) -> R:
    """Run a check of a user's password, counted and in the queue.

    A check that returns something, not None, resets the account's counters.
    A request that a full queue refuses does not count: a busy Monday must
    not lock out the users who try again.

    Raises:
        OAuthError: 429, too many tries; 503, too many at once; and whatever
            the check raises.
    """
    hashing.refuse_if_full()
    host = host_of(request)
    await run_in_threadpool(count_address, host)
    await run_in_threadpool(count_account, username)
    try:
        result = await hashing.run(check, *args, **kwargs)
    except BusyError:
        await run_in_threadpool(take_back, host, username)
        raise
    if result is not None:
        await run_in_threadpool(forget_failures, username)
    return result


def authenticate_active_user(
    username: str, password: str
) -> StoredUser | None:
    """Return the active user with this username and password, or None.

    A right password of a disabled user resets no counter. An attacker would
    notice, and know that it is right.
    """
    user = authenticate_user(username, password)
    return None if user is None or user.disabled else user
