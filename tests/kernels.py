"""Running a notebook as JupyterLab's Run All does: every cell queued at once.

nbval sends one cell, waits, and sends the next; a kernel that loses what is
already queued passes it. Here all cells are sent first and each must answer.
The kernel is offline, and tasks that fail unseen are counted.
"""

import ast
import queue
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from jupyter_client import BlockingKernelClient, KernelManager

# A kernel that says nothing for so long has lost the cells it owes: no cell
# of the course takes a quarter of it.
SILENCE = 15.0

# An audit hook sees every connection Python makes and cannot be removed.
# The task factory keeps every task, so that none can fail and be forgotten.
PROLOGUE = """
def _prepare():
    import asyncio, sys

    def stay_here(event, args):
        host = None
        if event in ("socket.connect", "socket.sendto"):
            host = args[1][0] if isinstance(args[1], tuple) else None
        elif event == "socket.getaddrinfo":
            host = args[0]
        if isinstance(host, bytes):
            host = host.decode()
        if host not in (None, "localhost", "::1") and not (
            host.startswith("127.")
        ):
            raise OSError(f"the network is cut: {event} to {host}")

    sys.addaudithook(stay_here)
    tasks = []

    def remember(loop, coroutine, **options):
        task = asyncio.Task(coroutine, loop=loop, **options)
        tasks.append(task)
        return task

    loop = asyncio.get_running_loop()
    loop.set_task_factory(remember)
    sys.modules["_course_tasks"] = tasks

_prepare()
del _prepare
"""
NAMES = """sorted(
    name for name in globals()
    if name[0] != "_" and name not in get_ipython().user_ns_hidden
)"""
LOST_TASKS = """[
    repr(task.exception()) for task in __import__("_course_tasks")
    if task.done() and not task.cancelled()
    and task._log_traceback and task.exception()
]"""


@dataclass
class Answer:
    """What one queued cell came back with; `status` None: never."""

    status: str | None = None
    error: str = ""
    seconds: float = 0.0
    outputs: list[dict[str, Any]] = field(default_factory=list)
    names: list[str] = field(default_factory=list)


@dataclass
class Run:
    """All answers, and the asyncio tasks whose failure nobody saw."""

    answers: list[Answer]
    lost_tasks: list[str]

    @property
    def seconds(self) -> float:
        return sum(answer.seconds for answer in self.answers)

    def complaints(self) -> list[str]:
        """What a reader pressing Run All would have to complain of."""
        found = []
        for number, answer in enumerate(self.answers):
            if answer.status is None:
                found.append(f"code cell {number}: never answered")
            elif answer.status != "ok":
                found.append(
                    f"code cell {number}: {answer.status} {answer.error}"
                )
            found += [
                f"code cell {number}: wrote to stderr: {output['text']}"
                for output in answer.outputs
                if output.get("name") == "stderr"
            ]
        found += [f"a task failed unseen: {task}" for task in self.lost_tasks]
        return found


def run_all(sources: list[str], folder: Path) -> Run:
    """Queue all cells in a fresh, offline kernel and wait for each answer."""
    with kernel(folder) as client:
        answers = queued(client, sources)
        if any(answer.status is None for answer in answers):
            return Run(answers, [])
        lost_tasks = evaluate(client, LOST_TASKS)
    return Run(answers, lost_tasks)


@contextmanager
def kernel(folder: Path) -> Iterator[BlockingKernelClient]:
    """Start a kernel in a folder; kill it at the end."""
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(cwd=str(folder))
    client = manager.blocking_client()
    client.start_channels()
    try:
        client.wait_for_ready(timeout=SILENCE)
        [ready] = queued(client, [PROLOGUE], silent=True)
        assert ready.status == "ok", ready.error
        yield client
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def queued(
    client: BlockingKernelClient,
    sources: list[str],
    *,
    silent: bool = False,
) -> list[Answer]:
    """Send all cells, then read until each has answered or silence falls."""
    sent = [
        client.execute(
            text,
            silent=silent,
            stop_on_error=True,
            user_expressions={"names": NAMES},
        )
        for text in sources
    ]
    answers = {message: Answer() for message in sent}
    idle: set[str] = set()
    started: dict[str, float] = {}
    heard = time.monotonic()
    waiting = set(sent)
    while waiting or set(sent) - idle:
        if time.monotonic() - heard > SILENCE:
            break
        for channel in (client.shell_channel, client.iopub_channel):
            try:
                message = channel.get_msg(timeout=0.01)
            except queue.Empty:
                continue
            heard = time.monotonic()
            parent = message["parent_header"].get("msg_id")
            if parent not in answers:
                continue
            answer, content = answers[parent], message["content"]
            kind = message["msg_type"]
            if kind == "execute_reply":
                waiting.discard(parent)
                answer.status = content["status"]
                names = content.get("user_expressions", {}).get("names", {})
                if names.get("status") == "ok":
                    text = names["data"]["text/plain"]
                    answer.names = ast.literal_eval(text)
                if content["status"] == "error":
                    answer.error = f"{content['ename']}: {content['evalue']}"
            elif kind == "status":
                moment = message["header"]["date"].timestamp()
                if content["execution_state"] == "idle":
                    idle.add(parent)
                    answer.seconds = moment - started.get(parent, moment)
                else:
                    started[parent] = moment
            elif kind in ("stream", "display_data", "execute_result"):
                answer.outputs.append({"output_type": kind, **content})
    return list(answers.values())


def evaluate(client: BlockingKernelClient, expression: str) -> list[str]:
    """Evaluate an expression in the kernel, leaving no trace; a list."""
    message = client.execute(
        "", silent=True, user_expressions={"value": expression}
    )
    while True:
        reply = client.get_shell_msg(timeout=SILENCE)
        if reply["parent_header"].get("msg_id") == message:
            break
    value = reply["content"]["user_expressions"]["value"]
    assert value["status"] == "ok", value
    result: list[str] = ast.literal_eval(value["data"]["text/plain"])
    return result
