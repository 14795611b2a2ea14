"""What the quick tier tries at one app of three, and the other tiers at all.

Chapters build on each other: their apps share most of what reads a token or a
form. So the quick tier tries a long list of cases piece by piece, while `-m`
and `--all` try each case at each app.
"""

from collections.abc import Iterable
from typing import TypeVar

from hypothesis import settings

from tests.support.chapters import apps

PIECES = 3
T = TypeVar("T")


def share_of(stem: str, cases: Iterable[T]) -> list[T]:
    """Return the cases that are tried at a chapter's app.

    In the quick tier this is every third case. Three apps that follow each
    other, such as those of chapters 6 to 8, try all of them.
    """
    every = [*cases]
    if settings.get_current_profile_name() != "quick":
        return every
    return every[[*apps()].index(stem) % PIECES :: PIECES]
