"""Run All, as JupyterLab does it: every cell queued before the first ends."""

import ast
import queue
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client.blocking.client import BlockingKernelClient
from jupyter_client.manager import KernelManager

PATIENCE = 60.0
NAMES = """sorted(
    name for name in globals()
    if name[0] != "_" and name not in get_ipython().user_ns_hidden
)"""


@dataclass
class Answer:
    """What one queued cell came back with.

    Attributes:
        status: "ok", "error", "aborted", or "lost": it never came back.
        error: `Type: message`, where the cell raised.
        seconds: how long it ran.
        outputs: what it printed and displayed, as Jupyter's messages say it.
        names: the names its kernel knew afterwards.
    """

    status: str = "lost"
    error: str = ""
    seconds: float = 0.0
    outputs: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@contextmanager
def fresh_kernel(folder: Path) -> Iterator[BlockingKernelClient]:
    """Start a kernel in a folder, and kill it at the end."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=PATIENCE)
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def run_queued(
    client: BlockingKernelClient,
    cells: Sequence[str],
    silence: float,
    *,
    stop_on_error: bool = True,
) -> list[Answer]:
    """Send all cells at once, then read until each has come back.

    A kernel that says nothing for `silence` seconds has lost the cells it
    still owes. With `stop_on_error` a cell that raises aborts those behind
    it, as in JupyterLab.
    """
    sent = [
        client.execute(
            cell,
            stop_on_error=stop_on_error,
            user_expressions={"names": NAMES},
        )
        for cell in cells
    ]
    answers = {message: Answer() for message in sent}
    owed = {(message, kind) for message in sent for kind in ("reply", "idle")}
    heard = time.monotonic()
    while owed and time.monotonic() - heard <= silence:
        for channel in (client.shell_channel, client.iopub_channel):
            try:
                message = channel.get_msg(timeout=0.01)
            except queue.Empty:
                continue
            heard = time.monotonic()
            parent = message["parent_header"].get("msg_id")
            # What other requests are told is noted on an answer to nobody.
            answer = answers.get(parent, Answer())
            owed.discard((parent, note(message, answer)))
    return list(answers.values())


def note(message: dict[str, Any], answer: Answer) -> str:
    """Write down what a message says; tell whether it ends something."""
    content, moment = message["content"], message["header"]["date"].timestamp()
    match message["msg_type"]:
        case "execute_reply":
            answer.status = content["status"]
            if content["status"] == "error":
                answer.error = f"{content['ename']}: {content['evalue']}"
            elif content["status"] == "ok":
                said = content["user_expressions"]["names"]["data"]
                answer.names = ast.literal_eval(said["text/plain"])
            return "reply"
        case "status" if content["execution_state"] == "busy":
            answer.seconds = -moment
        case "status":
            answer.seconds += moment
            return "idle"
        case "stream" | "display_data" | "execute_result" as kind:
            answer.outputs.append({"output_type": kind, **content})
    return ""
