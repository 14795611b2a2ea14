"""The answers that a chapter's tests give to its exercises."""

import importlib
from dataclasses import dataclass, field

from course.chapters import Chapter
from tests.practice.right_answers import EquivalentMutant, RightAnswer
from tests.practice.wrong_answers import WrongAnswer

FEWEST_WRONG = 5
FEWEST_RIGHT = 4


@dataclass(frozen=True)
class Answers:
    """Wrong and right answers, and the mutants that are right as well."""

    wrong: list[WrongAnswer] = field(default_factory=list)
    right: list[RightAnswer] = field(default_factory=list)
    equivalent: list[EquivalentMutant] = field(default_factory=list)
    unfinished: bool = False

    def to(self, exercise: str) -> "Answers":
        """Keep the answers to one exercise."""
        return Answers(
            [each for each in self.wrong if each.exercise == exercise],
            [each for each in self.right if each.exercise == exercise],
            [each for each in self.equivalent if each.exercise == exercise],
            self.unfinished,
        )


def answers_of(chapter: Chapter) -> Answers:
    """Import a chapter's answers; empty ones for a chapter that has none."""
    if not chapter.wrong_answers.exists():
        return Answers()
    wrong, right = (
        importlib.import_module(f"tests.practice.{kind}.{chapter.name}")
        for kind in ("wrong_answers", "right_answers")
    )
    return Answers(
        wrong.WRONG_ANSWERS,
        right.RIGHT_ANSWERS,
        right.EQUIVALENT_MUTANTS,
        getattr(right, "UNFINISHED", False),
    )
