"""Right answers to chapter 7's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

RIGHT_ANSWERS: list[RightAnswer] = []
EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
