"""Browsers and clients of chapter 12's app, in this process."""

from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from html.parser import HTMLParser
from typing import Any
from unittest.mock import patch
from urllib.parse import parse_qs, urlsplit

import httpx

from snippets import ch12_browser_clients as ch12
from tests.support.logins import stored

SITE = "https://course.example"
SHOP = "https://shop.example"
REDIRECT_URI = f"{SHOP}/callback"
VERIFIER = "a-verifier-of-the-least-length-that-is-allowed"[:43]
FROM_PAGE = {"X-From-Page": "yes"}
Parameters = dict[str, str]


@asynccontextmanager
async def browser_at(
    origin: str = SITE,
    app: Any = ch12.app,
    *,
    raise_app_exceptions: bool = True,
) -> AsyncIterator[httpx.AsyncClient]:
    """Open a client that keeps cookies, and follows no redirect."""
    transport = httpx.ASGITransport(
        app, raise_app_exceptions=raise_app_exceptions
    )
    async with httpx.AsyncClient(
        transport=transport, base_url=origin
    ) as client:
        yield client


def without_nones(fields: Mapping[str, str | None]) -> Parameters:
    """Leave out what is None."""
    return {name: value for name, value in fields.items() if value is not None}


def question(**changes: str | None) -> Parameters:
    """Fill in a request for a code; None leaves a parameter out."""
    return without_nones(
        {
            "response_type": "code",
            "client_id": "shop",
            "redirect_uri": REDIRECT_URI,
            "scope": "me items",
            "state": "a state",
            "code_challenge": ch12.challenge_of(VERIFIER),
            "code_challenge_method": "S256",
            **changes,
        }
    )


class Inputs(HTMLParser):
    """Collects the fields of a page's form that are filled in already."""

    def __init__(self) -> None:
        super().__init__()
        self.fields: Parameters = {}

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        attributes = dict(attrs)
        if tag == "input" and attributes.get("type") == "hidden":
            name = attributes["name"] or ""
            self.fields[name] = attributes["value"] or ""


def fields_of(page: httpx.Response) -> Parameters:
    """Return the hidden fields of a page's form, as a browser reads them."""
    inputs = Inputs()
    inputs.feed(page.text)
    return inputs.fields


@contextmanager
def clock(moment: datetime) -> Iterator[None]:
    """Let chapter 12 believe that it is another time."""
    with patch.object(ch12, "datetime", wraps=datetime) as patched:
        patched.now.side_effect = moment.astimezone
        yield


async def ask(
    browser: httpx.AsyncClient, **changes: str | None
) -> httpx.Response:
    """Open the login page of a request for a code."""
    return await browser.get("/authorize", params=question(**changes))


async def send(
    browser: httpx.AsyncClient,
    page: httpx.Response,
    username: str | None = "johndoe",
    password: str | None = "secret",
    **changes: str | None,
) -> httpx.Response:
    """Fill in the form of a login page, and press Allow."""
    typed = {"username": username, "password": password, "decision": "allow"}
    form = {**fields_of(page), **typed, **changes}
    return await browser.post("/authorize", data=without_nones(form))


async def consent(
    browser: httpx.AsyncClient, **changes: str | None
) -> httpx.Response:
    """Open the login page, and allow what it asks for, as johndoe."""
    return await send(browser, await ask(browser, **changes))


def result_of(answer: httpx.Response) -> Parameters:
    """Return the parameters that an answer sends back to the client."""
    assert answer.status_code == 303, answer.text
    query = urlsplit(answer.headers["Location"]).query
    read = parse_qs(query, keep_blank_values=True, strict_parsing=True)
    assert all(len(values) == 1 for values in read.values())
    return {name: values[0] for name, values in read.items()}


def new_code(username: str = "johndoe", **changes: str) -> str:
    """Give out a code, without a password and without HTTP."""
    asked = ch12.AuthorizationRequest(**question(**changes))
    return ch12.give_code(stored(username), asked)


def code_form(code: str | None, **changes: str | None) -> Parameters:
    """Fill in the form that trades a code; None leaves a field out."""
    return without_nones(
        {
            "grant_type": "authorization_code",
            "client_id": "shop",
            "redirect_uri": REDIRECT_URI,
            "code": code,
            "code_verifier": VERIFIER,
            **changes,
        }
    )


def code_grant(code: str, **changes: str) -> ch12.CodeGrant:
    """Fill in the grant of a code, as the endpoint has read it."""
    return ch12.CodeGrant(**code_form(code, **changes))


async def trade(
    client: httpx.AsyncClient, code: str, **changes: str | None
) -> httpx.Response:
    """Trade a code for tokens, over HTTP."""
    return await client.post("/token", data=code_form(code, **changes))


async def log_in_by_code(
    browser: httpx.AsyncClient, scope: str = "me items"
) -> Parameters:
    """Go the whole way: login page, consent, code, tokens."""
    code = result_of(await consent(browser, scope=scope))["code"]
    answer = await trade(browser, code)
    assert answer.status_code == 200, answer.text
    tokens: Parameters = answer.json()
    return tokens


async def start_session(
    browser: httpx.AsyncClient,
    username: str = "johndoe",
    password: str = "secret",
) -> httpx.Response:
    """Log in to a session, as our page does."""
    form = {"username": username, "password": password}
    return await browser.post("/session/", data=form, headers=FROM_PAGE)


async def session_status(browser: httpx.AsyncClient) -> int:
    """Ask who is logged in, and return the answer's status."""
    return (await browser.get("/session/")).status_code
