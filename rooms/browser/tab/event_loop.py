"""An event loop inside the one that runs: the tab's own cannot be blocked."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any, TypeVar

Result = TypeVar("Result")


class Timers:
    """In place of a selector: a tab has no sockets, so only time passes."""

    def select(self, timeout: float | None) -> list[Any]:
        """Wait until the next timer, by looking at the clock.

        `time.sleep` would let the tab's own loop run meanwhile, where the
        browser can suspend Python, and tasks would find the wrong loop.

        Raises:
            RuntimeError: there is no timer, so the wait would never end.
        """
        if timeout is None:
            raise RuntimeError("this waits for something that never happens")
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            pass
        return []


class TimerLoop(asyncio.BaseEventLoop):
    """An event loop whose tasks wait for each other and for timers only."""

    def __init__(self) -> None:
        super().__init__()
        self._selector = Timers()

    def _process_events(self, events: list[Any]) -> None:
        """Do nothing: `Timers` reports no events."""

    def _write_to_self(self) -> None:
        """Do nothing: there is no other thread that could wake this one."""


def run(main: Coroutine[Any, Any, Result], **_: object) -> Result:
    """Run a coroutine to its end, as `asyncio.run` does, in any place.

    The loop that is running meanwhile stands still. Safari cannot wait for
    it in a function that is no coroutine, so nothing may need it.
    """
    outer = asyncio._get_running_loop()
    task = asyncio.current_task() if outer else None
    if outer and task:
        asyncio.tasks._leave_task(outer, task)
    asyncio._set_running_loop(None)
    loop = TimerLoop()
    try:
        return loop.run_until_complete(main)
    finally:
        loop.run_until_complete(cancel_tasks_of(loop))
        loop.close()
        asyncio._set_running_loop(outer)
        if outer and task:
            asyncio.tasks._enter_task(outer, task)


async def cancel_tasks_of(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what the coroutine has left behind, and close its generators."""
    tasks = asyncio.all_tasks(loop) - {asyncio.current_task(loop)}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    await loop.shutdown_asyncgens()
