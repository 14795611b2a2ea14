"""Wrong answers to chapter 7's exercises."""

from tests.practice.wrong_answers import WrongAnswer

WRONG_ANSWERS: list[WrongAnswer] = []
