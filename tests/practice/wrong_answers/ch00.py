"""Wrong answers to chapter 0's exercise."""

from tests.practice.wrong_answers import WrongAnswer

LOG_IN = "log in"

WRONG_ANSWERS = [
    WrongAnswer(LOG_IN, "A form is a dictionary", 'form = "johndoe:secret"'),
    WrongAnswer(
        LOG_IN,
        "The fields must be",
        'form = {"user": "johndoe", "password": "secret"}',
    ),
    WrongAnswer(
        LOG_IN,
        "The service knows no such user",
        'form = {"username": "John Doe", "password": "secret"}',
        happy_path=True,
    ),
    WrongAnswer(
        LOG_IN,
        "this is not the password",
        'form = {"username": "johndoe", "password": "Secret"}',
        happy_path=True,
    ),
]
