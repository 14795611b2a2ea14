"""Print how chapter 11 stands a storm of logins, beside what it aims at.

    python -m tests.support.storm

Nothing is asserted. Clients, server and hashes share this machine's cores, so
the clients take a little of what is measured. A hundred of them log in again
and again. When they are refused they wait as long as `Retry-After` says, and
a random time more. Meanwhile another client reads `/users/me/` fifty times a
second, and a read that begins late because the one before was slow counts
from the moment when it was due.

While SQLite stores a login, its default journal lets nobody read. Its
write-ahead log does, as PostgreSQL does, so most rows use that.
"""

import os
import random
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from snippets import ch07_database as ch07
from tests.support.clients import login
from tests.support.databases import bound, engine_of
from tests.support.load import FORM, clients, hashes_a_second, rate
from tests.support.redis_server import Redis, find_redis
from tests.support.worker import serving

WITHOUT_QUEUE = "snippets.ch09_keys_and_claims:app"
WITHOUT_LIMITS = "tests.support.unlimited:app"
WITH_LIMITS = "snippets.ch11_under_load:app"
STORM = 100
TIMES = 150
READ_EVERY = 0.02  # seconds
SECONDS = 3.0


def milliseconds(work: Callable[[], object], times: int) -> list[float]:
    """Repeat a work; return how long each time took."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        work()
        taken.append(1000 * (time.perf_counter() - begun))
    return taken


def milliseconds_since_due(
    work: Callable[[], object], seconds: float
) -> list[float]:
    """Do a work at fixed moments; return how long after each it was done.

    What the seconds are too few for counts as done when they are over.
    """
    begun, taken = time.perf_counter(), []
    for number in range(int(seconds / READ_EVERY)):
        due = begun + number * READ_EVERY
        time.sleep(max(0, due - time.perf_counter()))
        if time.perf_counter() < begun + seconds:
            work()
        taken.append(1000 * (time.perf_counter() - due))
    return taken


def p99(times: list[float]) -> float:
    """Return the time that one of a hundred exceeds."""
    return statistics.quantiles(times, n=100, method="inclusive")[98]


def log_in_patiently(url: str, over: threading.Event) -> None:
    """Log in until an event; wait after a refusal, as a good client does."""
    form = urlencode(login())
    with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        while not over.is_set():
            connection.request("POST", "/token", form, FORM)
            response = connection.getresponse()
            response.read()
            said = float(response.headers.get("Retry-After", "0"))
            over.wait(said * random.uniform(1, 3))


def time_refusals(url: str, over: threading.Event) -> list[float]:
    """Log in until an event; return the milliseconds of each 503."""
    form, refused = urlencode(login()), []
    with closing(HTTPConnection(url.removeprefix("http://"))) as connection:
        while not over.wait(0.02):
            begun = time.perf_counter()
            connection.request("POST", "/token", form, FORM)
            response = connection.getresponse()
            response.read()
            if response.status == 503:
                refused.append(1000 * (time.perf_counter() - begun))
    return refused


@contextmanager
def storm(url: str) -> Iterator[list[float]]:
    """Let many clients log in; gather how long refusals take meanwhile."""
    over = threading.Event()
    refused: list[float] = []
    with ThreadPoolExecutor(STORM + 1) as pool:
        for _ in range(STORM):
            pool.submit(log_in_patiently, url, over)
        time.sleep(1)  # until the queue is full
        timing = pool.submit(time_refusals, url, over)
        try:
            yield refused
        finally:
            over.set()
    refused += timing.result()


def keep_journal(engine: sa.Engine, mode: str) -> None:
    """Choose SQLite's journal: `"DELETE"` is its default, or `"WAL"`."""
    with engine.connect() as connection:
        connection.exec_driver_sql(f"PRAGMA journal_mode={mode}")


def measure_reads(
    app: str, engine: sa.Engine, workers: int = 1
) -> tuple[float, float, list[float]]:
    """Return the p99 of /users/me/, idle and in a storm, and refusals."""
    with (
        serving(app, engine, workers) as url,
        clients(url, 1) as (reader,),
    ):
        reader.log_in()
        milliseconds(reader.read_me, 20)  # until all is imported
        idle = p99(milliseconds_since_due(reader.read_me, SECONDS))
        with storm(url) as refused:
            during = milliseconds_since_due(reader.read_me, 2 * SECONDS)
        return idle, p99(during), refused


def measure_logins(engine: sa.Engine, workers: int, **settings: str) -> float:
    """Return how many logins a second succeed, none of them refused."""
    with (
        serving(WITHOUT_LIMITS, engine, workers, **settings) as url,
        clients(url, 4 * (os.cpu_count() or 1)) as opened,
    ):
        for client in opened:
            client.log_in()
        return rate([client.log_in for client in opened], SECONDS)


def measure_refusals(engine: sa.Engine, **settings: str) -> list[float]:
    """Return the milliseconds of logins that get 429."""
    with (
        serving(WITH_LIMITS, engine, 1, **settings) as url,
        clients(url, 1) as (client,),
    ):

        def guess() -> int:
            form = urlencode(login(password="wrong"))
            client.connection.request("POST", "/token", form, FORM)
            response = client.connection.getresponse()
            response.read()
            return response.status

        while guess() != 429:
            pass
        return milliseconds(guess, TIMES)


def row(what: str, aim: str, measured: str) -> None:
    print(f"  {what:<52} {aim:>9}  {measured}", flush=True)


def main() -> None:
    """Measure and print, a line for each figure."""
    cores = os.cpu_count()
    print(f"chapter 11 on {cores} cores, {STORM} clients in a storm:")
    with tempfile.TemporaryDirectory() as folder, ExitStack() as stack:
        database = f"sqlite:///{Path(folder) / 'storm.db'}"
        engine = stack.enter_context(engine_of(database))
        with bound(engine):
            ch07.migrate("ch09")
            ch07.move_users()
        program = find_redis()
        redis = stack.enter_context(Redis(program)) if program else None
        settings = {"LIMITS_URL": redis.url} if redis else {}
        where: dict[str, dict[str, str]] = {"counters in memory": {}}
        if redis:
            where["counters in Redis"] = settings
        most = hashes_a_second()
        logins = measure_logins(engine, 1)
        most = max(most, hashes_a_second())
        row(
            "logins a second, of the hashes' limit",
            "≥ 90 %",
            f"{logins:.1f} of {most:.1f}: {100 * logins / most:.0f} %",
        )
        if redis:
            logins = measure_logins(engine, 2, **settings)
            row(
                "the same, two workers, counters in Redis",
                "",
                f"{logins:.1f}: {100 * logins / most:.0f} %",
            )
        for name, app, workers, journal in (
            ("without the queue (chapter 9)", WITHOUT_QUEUE, 1, "WAL"),
            ("with the queue", WITHOUT_LIMITS, 1, "WAL"),
            ("with the queue, two workers", WITHOUT_LIMITS, 2, "WAL"),
            ("with the queue, default journal", WITHOUT_LIMITS, 1, "DELETE"),
        ):
            keep_journal(engine, journal)
            idle, during, busy = measure_reads(app, engine, workers)
            row(
                f"p99 of /users/me/ {name}",
                "≤ 3 × idle" if app == WITHOUT_LIMITS else "",
                f"{idle:.1f} ms idle, {during:.1f} ms in the storm: "
                f"{during / idle:.1f} ×",
            )
            if busy and workers == 1:
                row(
                    "a 503 in this storm, median",
                    "< 5 ms",
                    f"{statistics.median(busy):.1f} ms of {len(busy)}",
                )
        for name, url in where.items():
            times = measure_refusals(engine, **url)
            row(
                f"a 429, median, {name}",
                "< 5 ms",
                f"{statistics.median(times):.1f} ms, p99 {p99(times):.1f} ms",
            )


if __name__ == "__main__":
    main()
