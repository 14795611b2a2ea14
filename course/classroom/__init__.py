"""Teaching aids that the notebooks import. They know no chapter."""

from course.classroom.attack import attack
from course.classroom.dependencies import show_dependencies
from course.classroom.exchange import show
from course.classroom.exercise import check, hint
from course.classroom.failure import raises
from course.classroom.figure import show_plot
from course.classroom.kernel import fresh_kernel, run_queued
from course.classroom.prediction import predict
from course.classroom.sequence import sequence
from course.classroom.server import serve
from course.classroom.setup_check import check_setup
from course.classroom.token.inspector import TokenInspector
from course.classroom.token.layout import show_token

__all__ = [
    "TokenInspector",
    "attack",
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
