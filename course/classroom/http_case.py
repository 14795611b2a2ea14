"""HTTP cases: requests to a learner's app, and the answers they must get.

await send_cases(
    client,
    HttpCase("a visitor without a token", "GET /letters", 401, "…"),
    HttpCase("johndoe", "GET /letters", 200, "…", headers=johns),
)
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from course.classroom.trial import UnmetError, expect, given, may_not_raise

CRASH = "A client would get a 500."


@dataclass(frozen=True)
class HttpCase:
    """One request, the answer it must get, and why.

    Attributes:
        given: the words of the verdict, such as "bob, at his own diary"; an
            empty text continues the case above.
        request: method and path, `GET /diary/bob`.
        status: the status it must get.
        why: a sentence, should the status be another one.
        headers: of the request, such as its `Authorization`.
        body: the whole JSON body it must get; `...` accepts any.
        challenge: words that its `WWW-Authenticate` must have, one after
            another: `("Bearer", 'error="invalid_token"')`.
        instead: sentences that fit better than `why` for a status: `{404:
            "404 says that there is no such diary."}`.
    """

    given: str
    request: str
    status: int
    why: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = ...
    challenge: tuple[str, ...] = ()
    instead: Mapping[int, str] = field(default_factory=dict)


async def send_cases(client: httpx.AsyncClient, *cases: HttpCase) -> None:
    """Send the request of each case, and compare the answers.

    Raises:
        UnmetError: an answer has another status, body or challenge, or the
            app raised.
    """
    for case in cases:
        await send_case(client, case)


async def send_case(
    client: httpx.AsyncClient, case: HttpCase
) -> httpx.Response:
    """Send the request of one case, compare the answer and return it.

    Raises:
        UnmetError: the answer has another status, body or challenge, or the
            app raised.
    """
    if case.given:
        given(case.given)
    method, path = case.request.split(" ", 1)
    with may_not_raise(CRASH, Exception):
        response = await client.request(method, path, headers=case.headers)
    status = response.status_code
    if status != case.status:
        raise UnmetError(case.instead.get(status, case.why))
    challenge = response.headers.get("WWW-Authenticate", "")
    expect(all(words in challenge for words in case.challenge), case.why)
    expect(case.body is ... or body_of(response) == case.body, case.why)
    return response


def body_of(response: httpx.Response) -> object:
    """Read a JSON body; a body that is not JSON is returned as text."""
    try:
        body: object = response.json()
    except ValueError:
        return response.text
    return body
