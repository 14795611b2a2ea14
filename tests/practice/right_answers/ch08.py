"""Right answers to chapter 8's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

UNFINISHED = True

RIGHT_ANSWERS: list[RightAnswer] = []

EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
