"""A PostgreSQL server of the tests' own, on a free port of this machine."""

import itertools
import os
import shutil
import socket
import subprocess
import tempfile
import time
from pathlib import Path
from types import TracebackType
from typing import Self

import sqlalchemy as sa

from tests.support.databases import fill

# The server runs until its shell can read no more from the tests: they have
# closed the pipe, or are dead. Then its folder is deleted as well. SIGTERM
# ends a server that has hardly started, SIGINT one that has connections.
UNTIL_TESTS_END = """
"$1/postgres" -D "$2/data" -p "$3" >"$2/log" 2>&1 &
read -r _
kill -TERM $! && kill -INT $!
wait
rm -rf "$2"
"""
SETTINGS = {
    "listen_addresses": "'127.0.0.1'",
    "unix_socket_directories": "''",
    "fsync": "off",
    "full_page_writes": "off",
    "synchronous_commit": "off",
    "max_connections": "60",
}


def find_postgresql() -> Path | None:
    """Return the newest server's folder of programs, or None.

    Debian keeps it out of the path. On Windows none is looked for.
    """
    if os.name != "posix":
        return None
    folders = [
        *Path("/usr/lib/postgresql").glob("*/bin"),
        *Path("/opt/homebrew/opt").glob("postgresql@*/bin"),
    ]
    found = [folder for folder in folders if (folder / "initdb").exists()]
    if found:
        return max(found, key=version_of)
    in_path = shutil.which("initdb")
    return Path(in_path).resolve().parent if in_path else None


def version_of(folder: Path) -> int:
    """Read the version in `/usr/lib/postgresql/15/bin`: 15."""
    return int(folder.parent.name.rpartition("@")[2])


class PostgreSQL:
    """A server with copies of a template database, stopped with the tests.

    The server refuses to run as root, so root runs it as another user.
    """

    def __init__(self, programs: Path) -> None:
        self.numbers = itertools.count(1)
        self.folder = Path(tempfile.mkdtemp(prefix="course-postgresql-"))
        user = "nobody" if os.geteuid() == 0 else None
        if user:
            shutil.chown(self.folder, user)
        initdb = [f"{programs}/initdb", f"--pgdata={self.folder}/data"]
        initdb += ["--username=course", "--auth=trust", "--no-sync"]
        initdb += ["--encoding=UTF8", "--locale=C.UTF-8"]
        subprocess.run(
            initdb,
            user=user,
            cwd=self.folder,
            stdout=subprocess.DEVNULL,
            check=True,
        )
        with (self.folder / "data" / "postgresql.conf").open("a") as file:
            file.writelines(f"{n} = {v}\n" for n, v in SETTINGS.items())
        self.port = free_port()
        self.shell = subprocess.Popen(
            ["sh", "-c", UNTIL_TESTS_END, "sh"]
            + [str(each) for each in (programs, self.folder, self.port)],
            stdin=subprocess.PIPE,
            user=user,
            cwd=self.folder,
            start_new_session=True,  # Ctrl-C reaches the tests alone
        )
        self.admin = sa.create_engine(
            self.url_of("postgres"),
            isolation_level="AUTOCOMMIT",
            poolclass=sa.NullPool,
            connect_args={"connect_timeout": 10},  # the port may be another's
        )
        try:
            self.wait_until_started()
            self.execute("CREATE DATABASE filled")
            fill(self.url_of("filled"))
        except BaseException:
            self.stop()
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.stop()

    def url_of(self, name: str) -> str:
        """Return a database's URL, as `DATABASE_URL` may hold it."""
        return f"postgresql+psycopg://course@127.0.0.1:{self.port}/{name}"

    def wait_until_started(self) -> None:
        """Return when the server answers.

        Raises:
            RuntimeError: it ended; the message is its log.
        """
        while True:
            try:
                return self.execute("SELECT 1")
            except sa.exc.OperationalError as error:
                path = self.folder / "log"  # the server may not be there yet
                log = path.read_text() if path.exists() else ""
                fatal = [line for line in log.splitlines() if "FATAL" in line]
                if any("is starting up" not in line for line in fatal):
                    raise RuntimeError(log) from error
                time.sleep(0.05)

    def execute(self, statement: str) -> None:
        """Run a statement outside of any transaction."""
        with self.admin.connect() as connection:
            connection.execute(sa.text(statement))

    def create(self) -> str:
        """Copy the template, and return the copy's URL."""
        name = f"copy_{next(self.numbers)}"
        self.execute(f"CREATE DATABASE {name} TEMPLATE filled")
        return self.url_of(name)

    def drop(self, url: str) -> None:
        """Delete a copy, whatever is still connected to it."""
        name = sa.make_url(url).database
        self.execute(f"DROP DATABASE {name} WITH (FORCE)")

    def stop(self) -> None:
        """Stop the server; its folder is deleted."""
        self.shell.communicate()


def free_port() -> int:
    """Return a port of this machine that no server listens on."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
        return port
