"""Teaching aids that the notebooks import. No code of the system is in here."""

from snippets.classroom.failure import raises
from snippets.classroom.plots import show_plot
from snippets.classroom.wire import show

__all__ = ["raises", "show", "show_plot"]
