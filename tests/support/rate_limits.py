"""Chapter 11's rate limits, out of a test's way or as they are."""

from collections.abc import Iterator
from contextlib import contextmanager
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
def no_limits() -> Iterator[None]:
    """Let clients log in as often as they like, and all at once."""
    queue = ch11.HashingQueue(threads=ch11.CORES, longest=1_000_000)
    with (
        patch.multiple(ch11, **NEVER_REACHED),
        patch.object(ch11, "strategy", NEVER_READ),
        patch.object(ch11, "hashing", queue),
    ):
        yield


@contextmanager
def real_limits() -> Iterator[None]:
    """Let chapter 11 count from the beginning, up to its own limits."""
    with (
        patch.multiple(ch11, **REAL),
        patch.object(ch11, "strategy", ch11.counters("memory://")),
    ):
        yield
