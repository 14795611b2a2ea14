"""A fork server: JupyterLabs that share the memory of what they import.

Half of a JupyterLab's memory, and most of the time that it takes to start,
are modules. This process imports them once. For each learner it makes a copy
of itself with `fork`, and the copy becomes the learner's JupyterLab; Linux
gives it memory of its own only for what it changes.

The hub runs it as a service, and asks it through a socket that only the hub's
account can open.
"""

import gc
import importlib
import json
import os
import signal
import socket
import sys
import time
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rooms.hub import seat

# What JupyterLab imports until a notebook runs, but for `jupyterlab.labapp`,
# which looks up folders in the home of whoever imports it. What is missing
# here is not wrong; each learner's process imports it for itself.
MODULES = (
    "IPython",
    "anyio._backends._asyncio",
    "babel.numbers",
    "encodings.unicode_escape",
    "ipykernel.kernelspec",
    "jupyter_lsp.virtual_documents_shadow",
    "jupyter_server.kernelspecs.handlers",
    "jupyter_server.nbconvert.handlers",
    "jupyter_server.serverapp",
    "jupyter_server.services.api.handlers",
    "jupyter_server.services.config.handlers",
    "jupyter_server.services.contents.handlers",
    "jupyter_server.services.events.handlers",
    "jupyter_server.services.kernels.handlers",
    "jupyter_server.services.kernelspecs.handlers",
    "jupyter_server.services.nbconvert.handlers",
    "jupyter_server.services.security.handlers",
    "jupyter_server.services.sessions.handlers",
    "jupyter_server.services.shutdown",
    "jupyter_server.view.handlers",
    "jupyter_server_terminals.app",
    "jupyterhub.singleuser.extension",
    "jupyterlab.commands",
    "jupyterlab.extensions",
    "jupyterlab.handlers.announcements",
    "jupyterlab.handlers.build_handler",
    "jupyterlab.handlers.error_handler",
    "jupyterlab.handlers.extension_manager_handler",
    "jupyterlab.handlers.plugin_manager_handler",
    "jupyterlab_server",
    "nbconvert.exporters",
    "notebook_shim.nbserver",
    "tornado.platform.asyncio",
)
# How often the server looks whether the hub is still there, in seconds.
BREATH = 1.0


@dataclass(frozen=True)
class Request:
    """What a learner's process is: `user` is None where all share one."""

    home: str
    user: int | None
    options: list[str]
    environ: dict[str, str]


def ask(path: Path, request: Request, patience: float = 60.0) -> int:
    """Let the fork server at a socket start a learner's process.

    Returns:
        The process ID.

    Raises:
        OSError: there is no fork server, even after `patience` seconds.
    """
    end = time.monotonic() + patience
    while True:
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(str(path))
            except OSError:
                if time.monotonic() >= end:
                    raise
                time.sleep(0.1)
                continue
            with client.makefile("rw", encoding="utf-8") as stream:
                stream.write(json.dumps(asdict(request)) + "\n")
                stream.flush()
                return int(stream.readline())


def listen(path: Path) -> socket.socket:
    """Open the socket; no other account may connect to it."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    mask = os.umask(0o077)
    try:
        listener.bind(str(path))
    finally:
        os.umask(mask)
    listener.listen(100)
    listener.settimeout(BREATH)
    return listener


def serve(listener: socket.socket) -> Request | None:
    """Fork a process for each request, as long as the hub is there.

    Returns:
        In each new process its request; None when the hub has gone.
    """
    hub = os.getppid()
    # The system, not we, forgets processes that have ended.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    while os.getppid() == hub:
        try:
            connection, _ = listener.accept()
        except TimeoutError:
            continue
        with (
            connection,
            connection.makefile("rw", encoding="utf-8") as stream,
        ):
            request = Request(**json.loads(stream.readline()))
            pid = os.fork()
            if pid == 0:
                listener.close()
                return request
            stream.write(f"{pid}\n")
    return None


def become(request: Request) -> None:
    """Turn this process into a learner's, before anything of theirs runs."""
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    os.setsid()
    if request.user is not None:
        os.setgroups([])
        os.setgid(request.user)
        os.setuid(request.user)
    os.umask(0o077)
    os.chdir(request.home)
    os.environ.clear()
    os.environ.update(request.environ)


def main(arguments: Sequence[str]) -> None:
    """Serve at a socket; in each process that it forks, run JupyterLab."""
    # A hub that was started in the background ignores Ctrl+C, and with it
    # the signal that stops a JupyterLab.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for module in MODULES:
        importlib.import_module(module)
    # Collecting garbage would write into memory that the copies share.
    gc.collect()
    gc.freeze()
    request = serve(listen(Path(arguments[0])))
    if request is not None:
        become(request)
        seat.take(request.options)


if __name__ == "__main__":
    main(sys.argv[1:])
