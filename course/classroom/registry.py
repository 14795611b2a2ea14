"""The registry: where `check`, `hint` and `predict` look up their entries.

The aids know no chapter. Each chapter's practice registers its exercises and
predictions when it is imported, and is imported only when an entry is looked
up that is not there yet: chapter by chapter, until one of them has it. So the
first prediction of chapter 1 loads no other chapter's app.
"""

import difflib
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import TypeVar

# The one name that the aids do not import: it is looked up at run time.
PACKAGE = "course.practice"
CLOSEST = 3

Entry = TypeVar("Entry")


def load_in_order() -> Iterator[str]:
    """Import one practice module after the other, and yield its name."""
    package = importlib.import_module(PACKAGE)
    for module in pkgutil.iter_modules(package.__path__):
        yield importlib.import_module(f"{PACKAGE}.{module.name}").__name__


def load_all() -> list[str]:
    """Import every chapter's practice: `["course.practice.ch00", …]`."""
    return list(load_in_order())


def find(entries: Mapping[str, Entry], name: object) -> Entry | None:
    """Find an entry by its name, and load practice modules until it appears.

    Args:
        entries: what the practice modules register into.
        name: what a learner wrote; anything but a known name gives None.
    """
    key = str(name)
    if key not in entries:
        for _ in load_in_order():
            if key in entries:
                break
    return entries.get(key)


def closest(entries: Mapping[str, object], name: object) -> str:
    """List the three registered names nearest to one, a line each."""
    near = difflib.get_close_matches(str(name), entries, CLOSEST, cutoff=0)
    return "\n".join(f"- {known}" for known in near)
