"""Teaching aids that the notebooks import. They know no chapter.

An aid's module is loaded when the aid is first asked for: a notebook that
draws no tree of dependencies does not wait for FastAPI.
"""

from importlib import import_module
from typing import TYPE_CHECKING

# At once: a module of the same name would otherwise hide the function.
from course.classroom.sequence import sequence

if TYPE_CHECKING:
    from course.classroom.dependencies import show_dependencies
    from course.classroom.exchange import show
    from course.classroom.exercise import check, hint
    from course.classroom.failure import raises
    from course.classroom.figure import show_plot
    from course.classroom.kernel import fresh_kernel, run_queued
    from course.classroom.prediction import predict
    from course.classroom.server import serve
    from course.classroom.setup_check import check_setup
    from course.classroom.token.inspector import TokenInspector
    from course.classroom.token.layout import show_token

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

MODULES = {
    "TokenInspector": "token.inspector",
    "check": "exercise",
    "check_setup": "setup_check",
    "fresh_kernel": "kernel",
    "hint": "exercise",
    "predict": "prediction",
    "raises": "failure",
    "run_queued": "kernel",
    "serve": "server",
    "show": "exchange",
    "show_dependencies": "dependencies",
    "show_plot": "figure",
    "show_token": "token.layout",
}


def __getattr__(name: str) -> object:
    """Load an aid such as `show` from its module, `exchange`.

    Raises:
        AttributeError: there is no aid of this name.
    """
    if name not in MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f"{__name__}.{MODULES[name]}")
    aid = globals()[name] = getattr(module, name)
    return aid
