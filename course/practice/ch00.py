"""Chapter 0: a prediction and an exercise, to get to know them by."""

import httpx

from course.classroom.answer_types import a_value
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
    UnmetError,
    UntouchedError,
    expect,
    given,
)

prediction(
    "One character of the token's last part is changed. What happens?",
    wrong(
        "The service still sees johndoe: his name is in another part",
        "The name is unharmed, and anybody can read it. The last part is a "
        "signature over the name, and it no longer fits.",
    ),
    wrong(
        "The service answers 500: it cannot read the token any more",
        "A bad token is an ordinary visitor, not an accident. A service that "
        "broke at each one could be broken by anybody.",
    ),
    right(
        "The service answers 401: log in",
        "The signature no longer fits what it signs. The service does not "
        "say so; it asks for credentials that it can believe.",
    ),
)


@exercise(
    "log in",
    a_value,
    hints=(
        "The form needs two fields. What are their names in the login that "
        "worked, further up?",
        "The fields are `username` and `password`. One of them still says "
        "something that the service does not know.",
        "johndoe's password is `secret`, in small letters.",
    ),
)
async def log_in(form: object) -> None:
    """A form that the app trades for a token."""
    given("the form, read by a person")
    if not isinstance(form, dict):
        raise UnmetError(
            "A form is a dictionary of fields here: braces, and in them names "
            "and values."
        )
    if ... in form.values():
        raise UntouchedError
    expect(
        form.keys() == {"username", "password"},
        "The fields must be `username` and `password`, and no others: OAuth2 "
        "gives them these names, so that every client knows them.",
    )
    given("the form, sent to the service")
    expect(
        form["username"] in {"johndoe", "alice"},
        "The service knows no such user. It says the same as to a wrong "
        "password, so that nobody can try out which users exist.",
    )
    from snippets.ch04_token_endpoint import app  # a later chapter's

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://testserver"
    ) as client:
        response = await client.post("/token", data=form)
    expect(
        response.status_code == 200,
        "The user exists, and this is not the password. Passwords are "
        "compared letter for letter, small and large ones apart.",
    )
