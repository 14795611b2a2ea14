"""Cut this process off every network but loopback.

Python imports a module of this name when it starts; `conftest.py` puts this
folder into `PYTHONPATH`, so that kernels and commands started by tests are
cut off too. An audit hook sees each connection and cannot be removed.
"""

import os
import sys
from pathlib import Path
from typing import Any

# Names a file that is to list the refused hosts, for programs that reach out
# and keep quiet when they fail.
REFUSED = "COURSE_REFUSED_HOSTS"
LOOPBACK = ("127.", "localhost", "::1")


def host_of(event: str, args: tuple[Any, ...]) -> str | None:
    """Return the host an audit event is about: `"example.org"`; else None.

    A Unix socket's address is a path, which names no host.
    """
    match event, args:
        case (
            "socket.connect" | "socket.sendto" | "socket.sendmsg",
            (_, (host, *_)),
        ):
            pass
        case (
            "socket.getaddrinfo"
            | "socket.gethostbyname"
            | "socket.gethostbyaddr",
            (host, *_),
        ):
            pass
        case _:
            return None
    return host.decode() if isinstance(host, bytes) else host


def refuse_other_hosts(event: str, args: tuple[Any, ...]) -> None:
    """Let an event pass unless it reaches for a host beyond loopback.

    Raises:
        OSError: the event names another host.
    """
    host = host_of(event, args)
    if host and not host.startswith(LOOPBACK):
        if REFUSED in os.environ:
            with Path(os.environ[REFUSED]).open("a") as record:
                record.write(f"{host}\n")
        raise OSError(f"the tests' network is cut: {event} to {host}")


sys.addaudithook(refuse_other_hosts)
