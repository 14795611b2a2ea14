"""Right answers in other styles, and mutants that are right too.

One module a chapter, with three names:

- `RIGHT_ANSWERS`, at least four for each exercise: another control flow, a
  lambda or `functools.partial`, a class with `__call__`, names imported from
  the chapter's module, other exceptions that are as right.
- `EQUIVALENT_MUTANTS`, those mutants of the solution that do what it does.
- `UNFINISHED`, only while a chapter's answers are being written: its counts
  and its mutants are not demanded yet. At the end no module has it.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class RightAnswer:
    """Code that is written in place of the stub, and what style it has."""

    exercise: str
    style: str
    code: str


@dataclass(frozen=True)
class EquivalentMutant:
    """A mutant, by its name, that passes because it is right as well.

    The names are printed by `python -m tests.practice.survivors ch04`.
    """

    exercise: str
    mutant: str
    reason: str
