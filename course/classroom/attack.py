"""Attack a login of your own: `await attack(app, username=…, password=…)`.

The bench calls the app in this process, or at an address of this machine, and
nothing else.
"""

from collections.abc import Iterator

import httpx
from fastapi import FastAPI

from course.classroom.bench.bench import Bench, NotTriedError
from course.classroom.bench.checks import CHECKS
from course.classroom.bench.forgery import take_apart
from course.classroom.bench.report import BROKEN, KEPT, NOT_TRIED, Report, Row
from course.classroom.bench.signed_checks import SIGNED_CHECKS
from course.classroom.bench.target import (
    Places,
    find_places,
    object_in,
    open_client,
    read_openapi,
    send,
)

CONTROL = "control: the good token is accepted"
CONTROL_AFTER = "control: the good token is still accepted"


async def attack(
    app: FastAPI | str,
    *,
    username: str = "",
    password: str = "",
    token: str | None = None,
    key: object = None,
    path: str | None = None,
    token_url: str | None = None,
) -> Report:
    """Try some forty attacks on an app with bearer tokens, and report.

    The bench logs in, or takes a token of yours. It changes this token in
    every way that it knows, sends each result to a guarded path, and wrong
    logins to the token endpoint. It sends GETs and logins only.

    Args:
        app: a FastAPI app, which is called in this process, or the URL of one
            on this machine, such as `"http://127.0.0.1:8000"`.
        username: of a user of the app.
        password: the user's password.
        token: an access token, instead of a username and a password.
        key: the key that signs the app's tokens, with which more is tried: a
            secret, or a private key as PEM or as an object of `cryptography`.
        path: a guarded path; by default the first that OpenAPI names.
        token_url: the path of the login; by default OpenAPI's `tokenUrl`.

    Raises:
        ValueError: the URL names another machine.
    """
    async with open_client(app) as client:
        try:
            places = find_places(await read_openapi(app, client))
        except httpx.TransportError:
            reason = "nothing answers at that address"
            return Report(str(app), tuple(not_tried(reason)))
        paths = [path] if path else places.paths
        places = Places(
            places.title, paths, token_url or places.token_url, places.scopes
        )
        where = f"at {app}" if isinstance(app, str) else "in this process"
        target = f"{places.title}, {where}"
        try:
            bench = await prepare(client, places, username, password, token)
        except NotTriedError as error:
            return Report(target, tuple(not_tried(str(error))))
        bench.key = key
        target = f"{target}, GET {bench.path}"
        return Report(target, tuple(await rows_of(bench)))


async def prepare(
    client: httpx.AsyncClient,
    places: Places,
    username: str,
    password: str,
    token: str | None,
) -> Bench:
    """Log in if there is no token, and find a path that accepts the token.

    Raises:
        NotTriedError: the bench cannot begin; the message says why.
    """
    if not places.paths:
        raise NotTriedError("OpenAPI names no guarded GET path: pass `path`")
    form, login = None, None
    if token is None:
        form = {"grant_type": "password", "scope": places.scopes}
        form |= {"username": username, "password": password}
        login = await log_in(client, places.token_url, form)
        token = str(object_in(login).get("access_token"))
    good = take_apart(token)
    benches = [
        Bench(client, places, path, token, good, form, login, None)
        for path in places.paths
    ]
    statuses = {b.path: await b.ask(f"Bearer {token}") for b in benches}
    accepting = [b for b in benches if statuses[b.path] < 300]
    if not accepting:
        seen = ", ".join(f"{s} at {path}" for path, s in statuses.items())
        raise NotTriedError(f"the good token is refused: {seen}")
    for bench in accepting:
        if await bench.ask() >= 300:
            return bench
    return accepting[0]


async def log_in(
    client: httpx.AsyncClient, url: str | None, form: dict[str, str]
) -> httpx.Response:
    """Return the answer to a login; without the scopes, if those are refused.

    Raises:
        NotTriedError: there is no token endpoint, or it refuses the login.
    """
    if url is None:
        raise NotTriedError(
            "OpenAPI names no `tokenUrl`: pass `token_url`, or a `token`"
        )
    login = await send(client, "POST", url, data=form)
    if not login.is_success and form.pop("scope"):
        login = await send(client, "POST", url, data=form)
    if "access_token" not in object_in(login):
        raise NotTriedError(f"the login is answered {login.status_code}")
    return login


async def rows_of(bench: Bench) -> list[Row]:
    """Try everything, and return the rows of the report.

    The good token is sent first and last: an app that refuses everything
    stops no attack.
    """
    status = await bench.ask(f"Bearer {bench.token}")
    rows = [Row(KEPT, CONTROL, str(status), "", "")]
    closed = await bench.ask() >= 300
    for check in CHECKS + SIGNED_CHECKS:
        try:
            if not closed and check is not CHECKS[0]:
                raise NotTriedError("the path needs no token")
            rows.append(check.row(*await check.run(bench)))
        except NotTriedError as reason:
            rows.append(check.row(NOT_TRIED, str(reason)))
    status = await bench.ask(f"Bearer {bench.token}")
    remedy = "Refusals above may have another reason, such as a rate limit."
    verdict = KEPT if status < 300 else BROKEN
    rows.append(
        Row(verdict, CONTROL_AFTER, str(status), remedy, "RFC 6750 §2.1")
    )
    return rows


def not_tried(reason: str) -> Iterator[Row]:
    """Yield a row for each check that was not tried, the control first."""
    yield Row(NOT_TRIED, CONTROL, reason, "", "")
    for check in CHECKS + SIGNED_CHECKS:
        yield check.row(NOT_TRIED, reason)
