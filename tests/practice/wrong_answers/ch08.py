"""Wrong answers to chapter 8's exercises."""

from tests.practice.wrong_answers import WrongAnswer

WRONG_ANSWERS: list[WrongAnswer] = []
