"""Chapter 11's rate limits, out of a test's way or as they are."""

import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any
from unittest.mock import patch

import limits

from snippets import ch11_under_load as ch11

NAMES = ("PER_ACCOUNT", "PER_ADDRESS", "FOR_ALL")
REAL: dict[str, Any] = {name: getattr(ch11, name) for name in NAMES}
NEVER = limits.parse_many("1000000000/minute")
NEVER_REACHED: dict[str, Any] = dict.fromkeys(NAMES, NEVER)
# One for all tests that reach no limit: each set of counters has a thread.
NEVER_READ = ch11.counters("memory://")


@contextmanager
def counting_anew(windows: dict[str, Any], **more: Any) -> Iterator[None]:
    """Set the limits, and count from zero; in the service as well, if any."""
    service = sys.modules.get("snippets.service.limits")
    with ExitStack() as stack:
        for module in filter(None, (ch11, service)):
            fresh = more or {"strategy": ch11.counters("memory://")}
            stack.enter_context(patch.multiple(module, **windows, **fresh))
        yield


@contextmanager
def no_limits() -> Iterator[None]:
    """Let clients log in as often as they like, and all at once."""
    queue = ch11.HashingQueue(threads=ch11.CORES, longest=1_000_000)
    with counting_anew(NEVER_REACHED, hashing=queue, strategy=NEVER_READ):
        yield


@contextmanager
def real_limits() -> Iterator[None]:
    """Let chapter 11 count from the beginning, up to its own limits."""
    with counting_anew(REAL):
        yield
