"""The tests' own environment: no network, and no visitor's variables."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from course.classroom.kernel import fresh_kernel, run_queued
from tests.support.offline.sitecustomize import host_of
from tests.support.tiers import ALL_BRIEFLY, UP_TO_INTEGRATION

ROOT = Path(__file__).parents[1]
PROXY = "socks5://proxy.example:1080"
# Where a key, a proxy or a variable of pytest's would show.
SENSITIVE = (
    "tests/system/test_ch03_dependency_wiring.py",
    "tests/system/test_ch04_token_endpoint.py",
    "tests/system/test_ch07_failures.py",
    "tests/system/test_other_peoples_clients.py",
    "tests/classroom/test_server.py",
    "notebooks/ch03_dependency_wiring.ipynb",
    "notebooks/ch05_check_it.ipynb",
)
# Servers, kernels, time limits, threads and ratios of times.
TIMED = (
    "tests/classroom/test_exercise.py",
    "tests/classroom/test_kernel.py",
    "tests/classroom/test_server.py",
    "tests/practice/test_practice_ch02.py",
    "tests/system/test_hostile_requests.py",
)
PYTEST = (sys.executable, "-m", "pytest", "-q", "-n0")
REACH_OUT = """
import socket
socket.create_connection(("192.0.2.1", 9), timeout=1)
"""


@pytest.mark.parametrize("host", ["192.0.2.1", "example.org", "10.0.0.1"])
def test_connection_beyond_loopback_is_refused(host: str) -> None:
    with pytest.raises(OSError, match=f"network is cut: .* {host}"):
        socket.create_connection((host, 9), timeout=1)


def test_connection_over_loopback_is_made() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection(server.getsockname(), timeout=5) as client,
    ):
        assert client.getpeername() == server.getsockname()


def test_process_of_a_test_is_cut_off() -> None:
    done = subprocess.run(
        [sys.executable, "-c", REACH_OUT],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert "network is cut: socket.getaddrinfo to 192.0.2.1" in done.stderr


@pytest.mark.integration
def test_kernel_of_a_test_is_cut_off_and_runs_as_in_jupyterlab(
    tmp_path: Path,
) -> None:
    """ipykernel captures no output where it finds PYTEST_CURRENT_TEST."""
    look = "import os; print([n for n in os.environ if 'PYTEST' in n])"
    with fresh_kernel(tmp_path) as client:
        seen, cut = run_queued(client, [look, REACH_OUT], silence=30)
    assert [output.get("text") for output in seen.outputs] == ["[]\n"]
    assert cut.error.startswith("OSError: the tests' network is cut")


@pytest.mark.parametrize(
    ("event", "args", "host"),
    [
        ("socket.connect", (None, ("example.org", 80)), "example.org"),
        ("socket.connect", (None, ("::1", 80, 0, 0)), "::1"),
        ("socket.connect", (None, "/run/a.sock"), None),
        ("socket.sendto", (None, ("10.0.0.1", 53)), "10.0.0.1"),
        ("socket.sendmsg", (None, None), None),
        ("socket.getaddrinfo", (b"example.org", 80, 0, 0, 0), "example.org"),
        ("socket.getaddrinfo", (None, 80, 0, 0, 0), None),
        ("socket.gethostbyname", ("example.org",), "example.org"),
        ("open", ("example.org", "r", 0), None),
    ],
)
def test_audit_event_names_its_host(
    event: str, args: tuple[object, ...], host: str | None
) -> None:
    assert host_of(event, args) == host


def test_environment_holds_no_visitors_variables() -> None:
    assert "SECRET_KEY" not in os.environ
    assert os.environ["DATABASE_URL"].startswith("sqlite:///")
    assert "course-" in os.environ["DATABASE_URL"]
    # `NO_PROXY` alone is set by the classroom, for loopback.
    proxies = {n.upper() for n in os.environ if n.upper().endswith("_PROXY")}
    assert proxies <= {"NO_PROXY"}
    assert [n for n in os.environ if n.startswith("PYTEST")] == []


START_AND_DIE = """
import os, signal
from tests.support.postgresql import PostgreSQL, find_postgresql
server = PostgreSQL(find_postgresql())
print(server.folder, server.port, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.slow
@pytest.mark.usefixtures("postgresql")
def test_server_of_killed_tests_ends_and_leaves_nothing_behind() -> None:
    done = subprocess.run(
        [sys.executable, "-c", START_AND_DIE],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    folder, port = done.stdout.split()
    while Path(folder).exists():
        time.sleep(0.05)
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection(("127.0.0.1", int(port)), timeout=5)


@pytest.mark.slow
@pytest.mark.usefixtures("busy_cores")
def test_tests_depend_on_no_speed() -> None:
    """What waits, times out or compares times passes on busy cores too."""
    done = subprocess.run(
        [*PYTEST, *ALL_BRIEFLY, *TIMED],
        cwd=ROOT,
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("key", ["", "short", "a good key of one's own" * 2])
def test_visitors_variables_change_no_result(key: str) -> None:
    visitors = {
        **dict.fromkeys(("HTTP_PROXY", "https_proxy", "ALL_PROXY"), PROXY),
        "SECRET_KEY": key,
        "DATABASE_URL": "postgresql+psycopg://192.0.2.1/visitors",
        "PGUSER": "visitor",
        "PYTHONWARNINGS": "error",
        "PYTEST_THEME": "ansi_dark",
    }
    done = subprocess.run(
        [*PYTEST, *UP_TO_INTEGRATION, *SENSITIVE],
        cwd=ROOT,
        env={**os.environ, **visitors},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
