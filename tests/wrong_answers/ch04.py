"""Wrong answers to chapter 4's exercises."""

from tests.wrong_answers import WrongAnswer

WRONG_ANSWERS: list[WrongAnswer] = []
