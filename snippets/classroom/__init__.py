"""Teaching aids that the notebooks import. No code of the system is here.

Each comes from its module at its first use: the front door opens, and can
say what is missing, before anything is installed.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from snippets.classroom.diagram import sequence
    from snippets.classroom.failure import raises
    from snippets.classroom.inspector import TokenInspector
    from snippets.classroom.plots import show_plot
    from snippets.classroom.practice import check, hint
    from snippets.classroom.predictions import predict
    from snippets.classroom.runall import fresh_kernel, run_queued
    from snippets.classroom.server import serve
    from snippets.classroom.setup import check_setup
    from snippets.classroom.tokens import show_token
    from snippets.classroom.wire import show
    from snippets.classroom.wiring import show_dependencies

__all__ = [
    "TokenInspector",
    "check",
    "check_setup",
    "fresh_kernel",
    "hint",
    "predict",
    "raises",
    "run_queued",
    "sequence",
    "serve",
    "show",
    "show_dependencies",
    "show_plot",
    "show_token",
]

_HOMES = {
    "TokenInspector": "inspector",
    "check": "practice",
    "check_setup": "setup",
    "fresh_kernel": "runall",
    "hint": "practice",
    "predict": "predictions",
    "raises": "failure",
    "run_queued": "runall",
    "sequence": "diagram",
    "serve": "server",
    "show": "wire",
    "show_dependencies": "wiring",
    "show_plot": "plots",
    "show_token": "tokens",
}


def __getattr__(name: str) -> object:
    """Find a teaching aid in its module (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"the classroom has no {name!r}")
    home = import_module(f"{__name__}.{_HOMES[name]}")
    return vars(home)[name]
