"""Print how many logins and refreshes a second chapter 8 answers here.

    python -m tests.support.load

Nothing is asserted. The clients run on the same machine and take their share
of it. A login costs one verification by Argon2 and one by bcrypt, whatever
the database, so the hashes alone are measured as well, before and after: no
server can be faster.
"""

import http.client
import json
import os
import statistics
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlencode

import sqlalchemy as sa

from snippets import ch03_dependency_wiring as ch03
from snippets import ch07_database as ch07
from tests.support.clients import login
from tests.support.databases import bound, engine_of
from tests.support.postgresql import PostgreSQL, find_postgresql
from tests.support.worker import serving

APP = "snippets.ch08_refresh_logout:app"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
CLIENTS = 8
SECONDS = 2
Work = Callable[[], object]


class Client:
    """A client with a connection of its own, which it keeps open."""

    def __init__(self, url: str) -> None:
        self.connection = http.client.HTTPConnection(
            url.removeprefix("http://")
        )
        self.tokens: dict[str, str] = {}

    def close(self) -> None:
        self.connection.close()

    def send(
        self, method: str, path: str, headers: dict[str, str], body: str = ""
    ) -> bytes:
        """Send a request, and return the body of its success.

        Raises:
            RuntimeError: the answer is no success.
        """
        self.connection.request(method, path, body, headers)
        response = self.connection.getresponse()
        answer = response.read()
        if response.status != 200:
            raise RuntimeError(f"{path}: {response.status} {answer!r}")
        return answer

    def log_in(self) -> None:
        form = urlencode({**login(), "scope": "items me"})
        self.tokens = json.loads(self.send("POST", "/token", FORM, form))

    def refresh(self) -> None:
        token = self.tokens["refresh_token"]
        form = {"grant_type": "refresh_token", "refresh_token": token}
        answer = self.send("POST", "/token", FORM, urlencode(form))
        self.tokens = json.loads(answer)

    def read_me(self) -> None:
        token = self.tokens["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        self.send("GET", "/users/me/", headers)


@contextmanager
def clients(url: str, count: int) -> Iterator[list[Client]]:
    """Open clients, and close them."""
    opened = [Client(url) for _ in range(count)]
    try:
        yield opened
    finally:
        for client in opened:
            client.close()


def rate(works: list[Work], seconds: float = SECONDS) -> float:
    """Repeat each work in a thread of its own; return how many a second."""
    end = time.perf_counter() + seconds

    def repeat(work: Work) -> int:
        count = 0
        while time.perf_counter() < end:
            work()
            count += 1
        return count

    begun = time.perf_counter()
    with ThreadPoolExecutor(len(works)) as pool:
        done = sum(pool.map(repeat, works))
    return done / (time.perf_counter() - begun)


def hashes_a_second() -> float:
    """Verify passwords as a login does, on all cores, without a server."""
    stored = ch03.users["johndoe"].hashed_password
    cores = os.cpu_count() or 1
    return rate([lambda: ch07.verify_any("secret", stored)] * cores)


def times_of(work: Work, until: threading.Event) -> list[float]:
    """Repeat a work until an event; return the milliseconds of each."""
    times = []
    while not until.is_set():
        begun = time.perf_counter()
        work()
        times.append(1000 * (time.perf_counter() - begun))
    return times


def measure(name: str, engine: sa.Engine, workers: int) -> str:
    """Serve the app on a database, and measure it."""
    with (
        serving(APP, engine, workers) as url,
        clients(url, CLIENTS) as all_clients,
        clients(url, 1) as (reader,),
    ):
        for client in (*all_clients, reader):
            client.log_in()
        refreshes = rate([client.refresh for client in all_clients])
        reads = rate([client.read_me for client in all_clients])
        over = threading.Event()
        with ThreadPoolExecutor(1) as pool:
            waiting = pool.submit(times_of, reader.read_me, over)
            logins = rate([client.log_in for client in all_clients])
            over.set()
            times = waiting.result()
    median, slowest = statistics.median(times), max(times)
    return (
        f"{name}, {workers} uvicorn worker{'s'[: workers - 1]}: "
        f"{logins:.1f} logins, {refreshes:.0f} refreshes, {reads:.0f} "
        f"/users/me/ a second; one /users/me/ during the logins: "
        f"{median:.0f} ms (median), {slowest:.0f} ms (slowest)"
    )


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """Give an empty database of each kind that this machine has."""
    with tempfile.TemporaryDirectory() as folder:
        found = {"SQLite": f"sqlite:///{Path(folder) / 'load.db'}"}
        programs = find_postgresql()
        if programs is None:
            yield found
            return
        with PostgreSQL(programs) as server:
            # As durable as SQLite's file, unlike in the tests.
            for setting in ("fsync", "synchronous_commit"):
                server.execute(f"ALTER SYSTEM SET {setting} = on")
            server.execute("SELECT pg_reload_conf()")
            server.execute("CREATE DATABASE load")
            yield found | {"PostgreSQL": server.url_of("load")}


def main() -> None:
    """Measure and print, a line for each figure."""
    limit = hashes_a_second()
    with databases() as found:
        for name, url in found.items():
            with engine_of(url) as engine:
                with bound(engine):
                    ch07.migrate("ch08")
                    ch07.move_users()
                for workers in (1, 2):
                    print(measure(name, engine, workers), flush=True)
    limit = max(limit, hashes_a_second())
    print(
        f"the limit of logins, by Argon2 and bcrypt alone: {limit:.1f} a "
        f"second on {os.cpu_count()} cores"
    )


if __name__ == "__main__":
    main()
