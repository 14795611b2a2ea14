"""Run All as JupyterLab does it: every cell is sent before the first ends."""

import ast
import os
import queue
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import zmq
from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

START_TIMEOUT = 60.0  # seconds
# An expression for the kernel: the names that its cells have defined.
NAMES = """sorted(
    name for name in globals()
    if name[0] != "_" and name not in get_ipython().user_ns_hidden
)"""


@dataclass
class CellResult:
    """What the kernel answered to one queued cell.

    Attributes:
        status: "ok", "error", "aborted" (a cell before it failed), or "lost"
            (the kernel never answered).
        error: `Type: message` of the exception, if the cell raised one.
        started: when the kernel began with the cell, in seconds since 1970;
            None if the kernel never did.
        seconds: how long the cell ran; 0.0 if the cell did not end.
        outputs: what the cell printed and displayed, as nbformat writes it.
        names: the names that the kernel knew after the cell.
    """

    status: str = "lost"
    error: str = ""
    started: float | None = None
    seconds: float = 0.0
    outputs: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@contextmanager
def fresh_kernel(folder: Path) -> Iterator[BlockingKernelClient]:
    """Start a kernel in a folder, yield its client, and kill it at the end.

    The kernel starts as JupyterLab would start it, also from a test: it does
    not inherit pytest's variables, which change what ipykernel prints. The
    connection is encrypted wherever pyzmq can, because ipykernel otherwise
    prints a warning into the first cell.
    """
    manager = KernelManager(
        kernel_name="python3",
        transport_encryption="auto" if zmq.has("curve") else "disabled",
    )
    manager.start_kernel(cwd=str(folder), env=environment())
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=START_TIMEOUT)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def environment() -> dict[str, str]:
    """Return this process's environment without pytest's variables."""
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("PYTEST_")
    }


def run_queued(
    client: BlockingKernelClient,
    cells: Sequence[str],
    silence: float,
    *,
    stop_on_error: bool = True,
) -> list[CellResult]:
    """Queue all cells, then read until the kernel answered each.

    The kernel waits for an input until the last cell is sent: however slow
    the machine is, none runs before all are queued, as after Run All.

    If the kernel sends no message for `silence` seconds, the cells that it
    has not answered are lost. With `stop_on_error`, as in JupyterLab, a cell
    that raises aborts the cells behind it.
    """
    client.execute("input()", silent=True, allow_stdin=True)
    client.get_stdin_msg(timeout=START_TIMEOUT)
    requests = [
        client.execute(
            cell,
            stop_on_error=stop_on_error,
            user_expressions={"names": NAMES},
        )
        for cell in cells
    ]
    client.input("")
    results = {request: CellResult() for request in requests}
    expected = {(r, kind) for r in requests for kind in ("reply", "idle")}
    last_message = time.monotonic()
    while expected and time.monotonic() - last_message <= silence:
        for channel in (client.shell_channel, client.iopub_channel):
            try:
                message = channel.get_msg(timeout=0.01)
            except queue.Empty:
                continue
            last_message = time.monotonic()
            request = message["parent_header"].get("msg_id")
            if request in results:
                part = record(message, results[request])
                expected.discard((request, part))
    return list(results.values())


def record(message: dict[str, Any], result: CellResult) -> str:
    """Record a kernel message in the result of its cell.

    Returns "reply" or "idle" if the message completes that half of a
    request, and "" for any other message.
    """
    content, moment = message["content"], message["header"]["date"].timestamp()
    match message["msg_type"]:
        case "execute_reply":
            result.status = content["status"]
            if content["status"] == "error":
                result.error = f"{content['ename']}: {content['evalue']}"
            elif content["status"] == "ok":
                names = content["user_expressions"]["names"]["data"]
                result.names = ast.literal_eval(names["text/plain"])
            return "reply"
        case "status" if content["execution_state"] == "busy":
            result.started = moment
        case "status":
            if result.started is not None:
                result.seconds = moment - result.started
            return "idle"
        case "stream" | "display_data" | "execute_result" as kind:
            result.outputs.append({"output_type": kind, **content})
    return ""
