"""Teaching aids that the notebooks import. No code of the system is here.

Each comes from its module at its first use: the front door opens, and can
say what is missing, before anything is installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from snippets.classroom.failure import raises
    from snippets.classroom.plots import show_plot
    from snippets.classroom.runall import fresh_kernel, run_queued
    from snippets.classroom.server import serve
    from snippets.classroom.setup import check_setup
    from snippets.classroom.wire import show

__all__ = [
    "check_setup",
    "fresh_kernel",
    "raises",
    "run_queued",
    "serve",
    "show",
    "show_plot",
]

_HOMES = {
    "check_setup": "setup",
    "fresh_kernel": "runall",
    "run_queued": "runall",
    "serve": "server",
    "raises": "failure",
    "show": "wire",
    "show_plot": "plots",
}


def __getattr__(name: str) -> Any:
    """Find a teaching aid in its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"the classroom has no {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
