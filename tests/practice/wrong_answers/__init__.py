"""Wrong answers that learners may well give, one module a chapter."""

import importlib
import pkgutil
from dataclasses import dataclass


@dataclass(frozen=True)
class WrongAnswer:
    """What stands in place of the stub, and words its verdict must have.

    `happy_path` says that it gets the first `given` of its check right.
    """

    exercise: str
    says: str
    code: str
    happy_path: bool = False


def wrong_answers() -> list[WrongAnswer]:
    """Collect the list `WRONG_ANSWERS` of every chapter."""
    return [
        answer
        for module in pkgutil.iter_modules(__path__)
        for answer in importlib.import_module(
            f"{__name__}.{module.name}"
        ).WRONG_ANSWERS
    ]
