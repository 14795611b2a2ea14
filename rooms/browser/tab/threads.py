"""Functions that would run in a thread, run where they are called."""

import contextvars
from collections.abc import Callable
from typing import Any, TypeVar

Result = TypeVar("Result")


class RunHere:
    """In place of `threading.Thread`: `start` returns when the work is done.

    The classroom runs the checks of exercises in it. A check that never ends
    is not stopped: a tab has no second thread that could look at the clock.
    """

    def __init__(self, target: Callable[[], object], **_: object) -> None:
        self._target = target

    def start(self) -> None:
        """Run the target, in a context of its own as in a thread."""
        contextvars.copy_context().run(self._target)

    def join(self, timeout: float | None = None) -> None:
        """Return at once: the work is done."""

    def is_alive(self) -> bool:
        """Return False: the work is done."""
        return False


async def run_sync(
    function: Callable[..., Result],
    *arguments: Any,  # noqa: ANN401
    **_: object,
) -> Result:
    """In place of `anyio.to_thread.run_sync`: call the function here.

    FastAPI calls `def` endpoints so. Other requests wait meanwhile.
    """
    return contextvars.copy_context().run(function, *arguments)
