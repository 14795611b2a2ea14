"""Wrong answers to chapter 14's exercises."""

from tests.practice.wrong_answers import WrongAnswer

GREET = "write the greeting of chapter 14"
KNOW = "recognise a user of chapter 14"
NAMES = 'names = ["johndoe", "alice"]\n'


def greet(body: str) -> str:
    """Write a `greet` that returns an expression."""
    return f"def greet(username):\n    return {body}"


def is_known(body: str) -> str:
    """Write an `is_known` that returns an expression."""
    return f"{NAMES}\ndef is_known(username):\n    return {body}"


WRONG_ANSWERS = [
    WrongAnswer(
        GREET,
        "The greeting must be `{",
        greet('{"hello": "johndoe"}'),
        happy_path=True,
    ),
    WrongAnswer(GREET, "must be a dictionary", greet("username")),
    WrongAnswer(GREET, "clients read the name", greet('{"name": username}')),
    WrongAnswer(
        GREET, "clients read the name", greet('{"hello": "username"}')
    ),
    WrongAnswer(GREET, "is a `return` missing?", greet("None")),
    WrongAnswer(KNOW, "must be `False`", is_known("True"), happy_path=True),
    WrongAnswer(KNOW, "must be `True`", is_known("False")),
    WrongAnswer(KNOW, "returned `['johndoe', 'alice']`", is_known("names")),
    WrongAnswer(
        KNOW,
        "the username 'ali'",
        is_known('username in "johndoe alice"'),
        happy_path=True,
    ),
    WrongAnswer(
        KNOW,
        "the username 'alice'",
        is_known('username == "johndoe"'),
        happy_path=True,
    ),
]
