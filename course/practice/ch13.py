"""Chapter 13: its prediction and its exercises."""

from collections.abc import Callable

from course.classroom.answer_types import a_function
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given

prediction(
    "What does `/hello/` of chapter 13 answer without a token?",
    wrong(
        "It greets nobody: the name is empty",
        "The endpoint does not run at all: its dependency refuses the "
        "request before.",
    ),
    wrong(
        "404: there is no such path",
        "The path exists. Whether a request may use it is another question.",
    ),
    right(
        "401: log in",
        "The endpoint needs a current user, and without a token there is "
        "none.",
    ),
)


@exercise(
    "write the greeting of chapter 13",
    a_function,
    hints=(
        "What does `greeting` return, further up?",
        "Return a dictionary with one key, `hello`.",
        'The body of the function is `return {"hello": username}`.',
    ),
)
def write_greeting(greet: Callable[[str], object]) -> None:
    """A function that turns a username into the body of a greeting."""
    for username in ("johndoe", "alice"):
        given(f"the username {username}")
        body = greet(username)
        expect(
            isinstance(body, dict),
            "The greeting must be a dictionary: FastAPI sends it as a JSON "
            "object.",
        )
        expect(
            body == {"hello": username},
            f'The greeting must be `{{"hello": "{username}"}}`: clients read '
            "the name there.",
        )


@exercise(
    "recognise a user of chapter 13",
    a_function,
    hints=(
        "Which operator says whether a list contains a value?",
        "Compare whole usernames, not parts of them.",
        "The body of the function is `return username in names`.",
    ),
)
def recognise_user(is_known: Callable[[str], object]) -> None:
    """A function that says whether a username is known."""
    for username, known in (
        ("johndoe", True),
        ("mallory", False),
        ("alice", True),
        ("ali", False),
        ("", False),
    ):
        given(f"the username {username!r}")
        expect(
            is_known(username) is known,
            f"The answer must be `{known}`: johndoe and alice are known, "
            "and no other username is.",
        )
