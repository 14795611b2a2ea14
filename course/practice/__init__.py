"""Each chapter's practice, `chNN.py`: its predictions and its exercises.

A check is a story: `given` says what is tried, `expect` and `refused` say
what must come of it and, in a sentence for the learner, why. The first
`given` is the happy path; the hostile ones follow. An app under test is the
learner's own, but what it reads is shared: work on a copy of the users, as
`ch03.py` does. Chapters are found by name, when a check runs.
"""

import importlib
import pkgutil


def load() -> None:
    """Import every chapter's practice, which registers what it holds."""
    for module in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{module.name}")
