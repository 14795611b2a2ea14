"""The attack bench: a good token, an app to try it on, and the checks."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from course.classroom.bench.forgery import Good
from course.classroom.bench.report import ACCEPTED, CRASHED, REFUSED, Row
from course.classroom.bench.target import Places, send

Verdict = tuple[str, str]  # the verdict, and what the app answered
Seen = Mapping[str, int]  # what was sent, and the status of its answer


class NotTriedError(Exception):
    """A check has nothing to work with; the message says what it lacks."""


@dataclass
class Bench:
    """What the checks need to know.

    Attributes:
        client: a client of the app.
        places: where the app takes passwords and tokens.
        path: the guarded path to which all tokens are sent.
        token: a token that the app accepts.
        good: the same, taken apart, or None if it is no JWT.
        form: the form of the login, or None if the token was given.
        login: the answer to the login, or None.
        key: the key that signs the app's tokens, as the learner gave it or as
            PyJWT has prepared it, or None if it is not known.
    """

    client: httpx.AsyncClient
    places: Places
    path: str
    token: str
    good: Good | None
    form: dict[str, str] | None
    login: httpx.Response | None
    key: Any

    @property
    def jwt(self) -> Good:
        """The good token, taken apart.

        Raises:
            NotTriedError: it is no JWT.
        """
        if self.good is None:
            raise NotTriedError("the token is no JWT")
        return self.good

    async def ask(self, *authorizations: str | bytes, query: str = "") -> int:
        """Send a GET with these Authorization headers; return the status."""
        headers = [
            (
                b"Authorization",
                each if isinstance(each, bytes) else each.encode(),
            )
            for each in authorizations
        ]
        url = f"{self.path}{query}"
        response = await send(self.client, "GET", url, headers=headers)
        return response.status_code

    async def send_tokens(self, tokens: Mapping[str, str]) -> Verdict:
        """Send tokens that must all be refused."""
        return judge(
            {
                name: await self.ask(f"Bearer {token}")
                for name, token in tokens.items()
            }
        )

    async def log_in(
        self, content: bytes | None = None, query: str = "", **changes: str
    ) -> httpx.Response:
        """Send the login's form with changes, or some other content.

        Raises:
            NotTriedError: the bench got its token in another way, or the app
                limits logins.
        """
        if self.form is None or self.places.token_url is None:
            raise NotTriedError("there was no login")
        url = f"{self.places.token_url}{query}"
        if content is None:
            content = str(httpx.QueryParams(self.form | changes)).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        response = await send(
            self.client, "POST", url, content=content, headers=kind
        )
        judge({"": response.status_code})
        return response


def judge(seen: Seen) -> Verdict:
    """Decide about answers to what must be refused, and say them in words.

    Raises:
        NotTriedError: the app limits requests, so it decides about nothing.
    """
    if 429 in seen.values():
        raise NotTriedError("429, the app limits requests")
    accepted = [name for name, status in seen.items() if status < 300]
    crashed = [name for name, status in seen.items() if status >= 500]
    if accepted:
        return ACCEPTED, answer_of(seen, accepted)
    if crashed:
        return CRASHED, answer_of(seen, crashed)
    return REFUSED, " and ".join(sorted({str(s) for s in seen.values()}))


def answer_of(seen: Seen, names: list[str]) -> str:
    """Say which requests got their status: `200 for nOnE`."""
    status = str(seen[names[0]])
    if len(seen) == 1:
        return status
    if len(seen) == len(names):
        return f"{status} for all {len(seen)}"
    listed = ", ".join(names[:3])
    return f"{status} for {listed}{', …' if len(names) > 3 else ''}"


@dataclass(frozen=True)
class Check:
    """One row of the report, to be tried.

    Attributes:
        attack: what is sent, or which rule is looked at.
        rule: where it is written.
        remedy: why a fault matters, and what to do.
        run: try it.
    """

    attack: str
    rule: str
    remedy: str
    run: Callable[[Bench], Awaitable[Verdict]]

    def row(self, verdict: str, answer: str) -> Row:
        """Make a row of the report."""
        return Row(verdict, self.attack, answer, self.remedy, self.rule)


Run = Callable[[Bench], Awaitable[Verdict]]


def add_check(
    checks: list[Check], attack: str, rule: str, remedy: str
) -> Callable[[Run], Run]:
    """Make a decorator that adds a function to a list, as a check."""

    def add(run: Run) -> Run:
        checks.append(Check(attack, rule, remedy, run))
        return run

    return add
