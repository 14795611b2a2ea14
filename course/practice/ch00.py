"""Chapter 0: a first prediction and a first exercise."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import httpx

from course.classroom.answer_types import a_function, a_value
from course.classroom.exercise import exercise
from course.classroom.http_case import HttpCase, send_cases
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
        "The name is unharmed, and anyone can read it. But the last part is "
        "computed from the other two, and it no longer fits them.",
    ),
    wrong(
        "The service answers 500: it cannot read the token any more",
        "A 500 means that the service itself failed. A bad token is nothing "
        "unusual: if each one crashed the service, anyone could crash it.",
    ),
    right(
        "The service answers 401: log in first",
        "The last part no longer fits the other two. The answer does not say "
        "so; it only asks for valid credentials.",
    ),
)


@exercise(
    "log in",
    a_value,
    hints=(
        "Look at the login that worked, further up: which two values are in "
        "its form, and what is in the header of the request after it?",
        "In `form` the password is still `...`. In `headers_for` the value of "
        "`Authorization` is one word, a space, and the token.",
        "johndoe's password is `secret`, in small letters. The header's value "
        'is `f"Bearer {token}"`.',
    ),
)
async def log_in(answer: object) -> None:
    """A form that the app trades for a token, and headers that carry it."""
    if not isinstance(answer, list | tuple) or len(answer) != 2:
        raise UnmetError(
            "Hand over two things, as the stub does: `[form, headers_for]`."
        )
    form, headers_for = answer[0], a_function(answer[1])
    given("the form")
    if not isinstance(form, dict):
        raise UnmetError(
            "`form` must be a dictionary: field names and their values, in "
            "braces."
        )
    if ... in form.values():
        headers = headers_for("not.a.token")
        if not isinstance(headers, dict) or ... in headers.values():
            raise UntouchedError
        raise UnmetError(
            "The headers have a value, but in `form` a value is still `...`."
        )
    from snippets.ch04_token_endpoint import (  # a later chapter's app
        app,
        create_access_token,
    )

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://testserver"
    ) as client:
        await try_form(client, form)
        given("the headers, with the token of this login")
        tokens = [
            create_access_token({"sub": "johndoe"}, timedelta(minutes=minutes))
            for minutes in (30, 5)
        ]
        for token in tokens:
            await try_headers(client, headers_for(token))
        given("a token that is not valid")
        changed = tokens[0][:-10] + tokens[0][-10:].swapcase()
        for bad in ("not.a.token", changed):
            await send_cases(
                client,
                HttpCase(
                    "",
                    "GET /users/me/",
                    401,
                    "The request was accepted, although `token` is not valid. "
                    "Use the parameter `token`, not the token of an old "
                    "login.",
                    headers=headers_for(bad),
                ),
            )
    expect_same_token(headers_for, [*tokens, changed])


def expect_same_token(
    headers_for: Callable[..., Any], tokens: list[str]
) -> None:
    """Go on if the headers carry the very token that they were made for.

    Raises:
        UnmetError: they carry another token.
    """
    given("a token and its headers, side by side")
    for token in tokens:
        headers = httpx.Headers(headers_for(token))
        expect(
            headers.get("Authorization", "").split()[1:] == [token],
            "The headers carry another token than the parameter `token`. The "
            "service takes the request for one by the other token's user.",
        )


async def try_form(client: httpx.AsyncClient, form: dict[str, Any]) -> None:
    """Send the form to the token endpoint.

    Raises:
        UnmetError: the answer is no token for johndoe.
    """
    for name in ("username", "password"):
        expect(
            name in form,
            f"The form has no field `{name}`. OAuth2 fixes the names "
            "`username` and `password`, so that every client knows them.",
        )
    expect(
        form["username"] == "johndoe",
        "The username is not johndoe. For an unknown username the service "
        "gives the same answer as for a wrong password, so that nobody can "
        "find out which users exist.",
    )
    expect(
        all(isinstance(value, str) for value in form.values()),
        "A field of the form has one value, and it is a string. With a list, "
        "the client sends the field several times, and the standard forbids "
        "that (RFC 6749 §3.2).",
    )
    response = await client.post("/token", data=form)
    expect(
        response.status_code == 200,
        f"The service answered {response.status_code}: johndoe exists, but "
        "this is not his password. Small and capital letters differ.",
    )


async def try_headers(client: httpx.AsyncClient, headers: object) -> None:
    """Send a request with the headers of a good token.

    Raises:
        UnmetError: the headers are no headers, or the token is not found.
    """
    if not isinstance(headers, dict):
        raise UnmetError(
            "`headers_for` must return a dictionary: header names and their "
            "values, in braces."
        )
    if ... in headers.values():
        raise UnmetError(
            "The form is right. In `headers_for` a value is still `...`."
        )
    expect(
        all(isinstance(value, str) for value in headers.values()),
        "The value of a header is a string.",
    )
    response = await client.get("/users/me/", headers=headers)
    said = response.json().get("detail")
    expect(
        response.status_code == 200,
        f"The service answered {response.status_code}, {said}. It looks for "
        "the header `Authorization`, whose value is the word `Bearer`, one "
        "space, and the token.",
    )
