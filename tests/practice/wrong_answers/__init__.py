"""Wrong answers that learners may well give, one module a chapter.

Each defines `WRONG_ANSWERS`, at least five for each exercise.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class WrongAnswer:
    """Code that is written in place of the stub, and how it is refused.

    `says` are words that its verdict must have. `happy_path` tells whether
    the code gets the first `given` of its check right.
    """

    exercise: str
    says: str
    code: str
    happy_path: bool = False
