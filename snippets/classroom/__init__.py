"""Teaching aids that the notebooks import. No code of the system is in here."""

from snippets.classroom.failure import raises
from snippets.classroom.wire import show

__all__ = ["raises", "show"]
