"""A Redis or Valkey server of the tests' own, on a free port."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import redis

from tests.support.postgresql import free_port

# The server runs until its shell can read no more from the tests: they have
# closed the pipe, or are dead. Then its folder is deleted as well.
UNTIL_TESTS_END = """
"$1" --bind 127.0.0.1 --port "$3" --save "" --appendonly no \
    --dir "$2" --pidfile "$2/pid" --daemonize no >"$2/log" 2>&1 &
read -r _
kill -KILL $!
wait
rm -rf "$2"
"""


def find_redis() -> Path | None:
    """Return the server's program, Redis or Valkey, or None."""
    if os.name != "posix":
        return None
    found = shutil.which("redis-server") or shutil.which("valkey-server")
    return Path(found) if found else None


def log_of(folder: Path) -> str:
    """Read what the server wrote; it may not have begun."""
    log = folder / "log"
    return log.read_text() if log.exists() else ""


class Redis:
    """A server that keeps nothing on disk; it can be stopped and started."""

    def __init__(self, program: Path) -> None:
        self.program = program
        self.port = free_port()
        self.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    @property
    def url(self) -> str:
        """Return the server's URL, as `LIMITS_URL` may hold it."""
        return f"redis://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Start the server, empty, and return when it answers.

        Raises:
            RuntimeError: it ended; the message is its log.
        """
        folder = Path(tempfile.mkdtemp(prefix="course-redis-"))
        self.shell = subprocess.Popen(
            ["sh", "-c", UNTIL_TESTS_END, "sh"]
            + [str(each) for each in (self.program, folder, self.port)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches the tests alone
        )
        self.client = redis.Redis(port=self.port)
        while True:
            try:
                self.client.ping()
            except redis.ConnectionError:
                log = log_of(folder)
                if "Failed" in log or "FATAL" in log:
                    self.stop()
                    raise RuntimeError(log) from None
                time.sleep(0.02)
            else:
                break
        self.pid: int = self.client.info()["process_id"]

    def stop(self) -> None:
        """Kill the server; its folder is deleted."""
        self.client.close()
        self.shell.communicate()

    def freeze(self) -> None:
        """Let the server accept connections, and answer none."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """Let the server go on."""
        os.kill(self.pid, signal.SIGCONT)
