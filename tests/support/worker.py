"""Processes that a test starts on its own database: servers, and victims."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import sqlalchemy as sa

from course.chapters import ROOT
from tests.support.postgresql import free_port

# A process that uses chapter 8, and stops for ever after a statement.
STOPS_AFTER = """
import sqlalchemy, sys, threading
from tests.support import logins
from snippets import ch07_database as ch07
from snippets import ch08_refresh_logout as ch08

def stop():
    print("stopped", flush=True)
    threading.Event().wait()

statement, token = sys.argv[1:]
engine = ch07.Session.kw["bind"]
if statement == "COMMIT":
    sqlalchemy.event.listen(engine, "commit", lambda connection: stop())
    ch08.refresh(token, "")
with logins.after(engine, statement, stop):
    ch08.refresh(token, "")
"""


def environment(engine: sa.Engine) -> dict[str, str]:
    """Copy this process's environment, with another database in it."""
    url = engine.url.render_as_string(hide_password=False)
    return {**os.environ, "DATABASE_URL": url}


@contextmanager
def serving(
    app: str, engine: sa.Engine, workers: int = 1, **settings: str
) -> Iterator[str]:
    """Serve an app by uvicorn in a process of its own; give its URL.

    Settings are environment variables: `LIMITS_URL="redis://…"`.

    Raises:
        RuntimeError: uvicorn ended; the message is what it wrote.
    """
    port = free_port()
    command = [sys.executable, "-m", "uvicorn", app, f"--port={port}"]
    command += [f"--workers={workers}", "--log-level=warning"]
    command += ["--timeout-keep-alive=75"]  # uvicorn hangs up after 5 s
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=environment(engine) | settings,
        stderr=subprocess.PIPE,
    ) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            wait_until_served(url, process)
            yield url
        finally:
            process.terminate()


def wait_until_served(url: str, process: subprocess.Popen[bytes]) -> None:
    """Return when a server answers.

    Raises:
        RuntimeError: the process ended.
    """
    while True:
        try:
            httpx.get(f"{url}/openapi.json")
        except httpx.ConnectError:
            if process.poll() is not None:
                assert process.stderr
                written = process.stderr.read().decode()
                raise RuntimeError(written) from None
            time.sleep(0.05)
        else:
            return


def kill_after(statement: str, token: str, engine: sa.Engine) -> None:
    """Refresh in another process, and kill it after one of its statements."""
    with subprocess.Popen(
        [sys.executable, "-c", STOPS_AFTER, statement, token],
        cwd=ROOT,
        env=environment(engine),
        stdout=subprocess.PIPE,
    ) as process:
        assert process.stdout
        stopped = process.stdout.readline()
        process.kill()  # SIGKILL
    assert stopped.strip() == b"stopped"
