"""What the quick tier tries here or there, and `-m` and `--all` everywhere.

Chapters build on each other: their apps share most of what reads a token or a
form, and the paths of an app share the dependency that reads its tokens. So
the quick tier divides long lists of cases among apps or paths.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

from hypothesis import settings

from tests.support.chapters import apps

PIECES = 7
T = TypeVar("T")


def share_of(stem: str, cases: Iterable[T]) -> list[T]:
    """Return the cases that are tried at a chapter's app.

    In the quick tier this is every seventh case. Seven apps that follow each
    other, such as those of chapters 4 to 10, try all of them.
    """
    every = [*cases]
    if not is_quick():
        return every
    return every[[*apps()].index(stem) % PIECES :: PIECES]


def apps_in_turn(number: int, stems: Iterable[str]) -> list[str]:
    """Return the apps where a test, or a list's case, is tried.

    In the quick tier these are every seventh app, from another one on for the
    next number, and the newest. What hypothesis makes up for a test is the
    same at each app.
    """
    every = [*stems]
    if not is_quick():
        return every
    turn = every[number % PIECES :: PIECES]
    return turn if every[-1] in turn else [*turn, every[-1]]


def one_in_turn(number: int, places: Sequence[T]) -> Sequence[T]:
    """Return the places, such as paths, where a list's case is tried.

    In the quick tier this is one of them: the next one for the next number.
    """
    if not is_quick():
        return places
    return [places[number % len(places)]]


def is_quick() -> bool:
    """Whether this is the quick tier, as hypothesis has been told."""
    return settings.get_current_profile_name() == "quick"
