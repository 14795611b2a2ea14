"""Chapter 11's app for measuring: it counts, and no limit is ever reached."""

from snippets import ch11_under_load as ch11
from snippets.ch11_under_load import app as app
from tests.support.rate_limits import NEVER_REACHED

for name, windows in NEVER_REACHED.items():
    setattr(ch11, name, windows)
