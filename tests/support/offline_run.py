"""Running a notebook as JupyterLab's Run All does, offline, every cell heard.

nbval sends one cell, waits, and sends the next; a kernel that loses what is
already queued passes it. Here all cells are sent first and each must answer.
Tasks that fail unseen are counted.
"""

import ast
from dataclasses import dataclass
from pathlib import Path

from course.classroom.kernel import CellResult, fresh_kernel, run_queued

# Seconds without any message after which the cells still owed count as lost:
# many times what a cell of the course takes, so that it fits a busy machine.
SILENCE = 40.0

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
LOST_TASKS = """print([
    repr(task.exception()) for task in __import__("_course_tasks")
    if task.done() and not task.cancelled()
    and task._log_traceback and task.exception()
])"""


@dataclass
class Run:
    """All answers, and the asyncio tasks whose failure nobody saw."""

    answers: list[CellResult]
    lost_tasks: list[str]

    @property
    def seconds(self) -> float:
        """How long the kernel worked, from the first cell to the last."""
        started = [cell.started for cell in self.answers if cell.started]
        last = self.answers[-1]
        return (last.started or 0.0) + last.seconds - min(started)

    @property
    def slowest(self) -> float:
        """How many seconds the slowest cell took."""
        return max(cell.seconds for cell in self.answers)

    def complaints(self) -> list[str]:
        """What a reader pressing Run All would have to complain of."""
        found = []
        for number, answer in enumerate(self.answers):
            cell = f"code cell {number}"
            if answer.status == "lost":
                found.append(f"{cell}: never answered")
            elif answer.status != "ok":
                found.append(f"{cell}: {answer.status} {answer.error}")
            found += [
                f"{cell}: wrote to stderr: {output['text']}"
                for output in answer.outputs
                if output.get("name") == "stderr"
            ]
        return found + [f"a task failed unseen: {t}" for t in self.lost_tasks]


def run_all(cells: list[str], folder: Path) -> Run:
    """Queue all cells in a fresh, offline kernel and wait for each answer."""
    with fresh_kernel(folder) as client:
        [ready] = run_queued(client, [PROLOGUE], SILENCE)
        assert ready.status == "ok", ready.error
        answers = run_queued(client, cells, SILENCE)
        if any(answer.status == "lost" for answer in answers):
            return Run(answers, [])
        [asked] = run_queued(client, [LOST_TASKS], SILENCE)
    printed = asked.outputs[0]["text"] if asked.outputs else "[]"
    return Run(answers, ast.literal_eval(printed))
