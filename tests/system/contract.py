"""The HTTP contract of chapter 4: the answers of the tutorial's own app.

Later chapters change many of them. What every later app keeps is tested in
`test_every_app`; what the standards ask of it, in `conformance`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.clients import Form, login
from tests.support.forgeries import ANOTHER_KEY, FAR_FUTURE, signed

Json = Any


@dataclass(frozen=True)
class Row:
    """One request and the answer to it.

    `user` logs in first, and the request carries the token. The answer's
    body is `body` to the letter, or something of which `body` is true. Its
    headers are `headers`, beside others.
    """

    name: str
    method: str
    path: str
    status: int
    body: Json | Callable[[Json], bool]
    form: Form | None = None
    user: Form | None = None
    authorization: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


def without(name: str) -> Form:
    return {k: v for k, v in login().items() if k != name}


def is_token(body: Json) -> bool:
    match body:
        case {"access_token": str(token), "token_type": "bearer"}:
            return len(body) == 2 and token.count(".") == 2
    return False


def misses(*names: str) -> Callable[[Json], bool]:
    """Recognise FastAPI's answer to a form without these fields."""

    def is_said(body: Json) -> bool:
        missing = {
            error["loc"][-1]
            for error in body["detail"]
            if error["type"] == "missing"
        }
        return missing == set(names)

    return is_said


def refuses_grant(body: Json) -> bool:
    return [error["loc"] for error in body["detail"]] == [
        ["body", "grant_type"]
    ]


def declares_password_flow(document: Json) -> bool:
    schemes = document["components"]["securitySchemes"].values()
    return any(
        scheme["type"] == "oauth2"
        and scheme["flows"].get("password", {}).get("tokenUrl") == "token"
        for scheme in schemes
    )


ALICE = login("alice", "secret2")
JOHN = login()
ME = "/users/me/"
ITEMS = "/users/me/items/"
CHALLENGE = {"WWW-Authenticate": "Bearer"}
JSON = {"Content-Type": "application/json"}
INACTIVE = {"detail": "Inactive user"}
BAD_LOGIN = {"detail": "Incorrect username or password"}
NO_TOKEN = {"detail": "Not authenticated"}
BAD_TOKEN = {"detail": "Could not validate credentials"}
JOHNS_RECORD = {
    "username": "johndoe",
    "email": "johndoe@example.com",
    "full_name": "John Doe",
    "disabled": False,
}
JOHNS_ITEMS = [{"item_id": "Foo", "owner": "johndoe"}]
NO_TOKENS = {
    "no token": None,
    "another scheme": "Basic am9obmRvZTpzZWNyZXQ=",
    "a token without its scheme": "nonsense",
}
BAD_TOKENS = {
    "a token that is none": "nonsense",
    "an empty token": "",
    "a token of another key": signed(
        {"sub": "johndoe", "exp": FAR_FUTURE}, key=ANOTHER_KEY
    ),
    "an expired token": signed({"sub": "johndoe", "exp": 1_500_000_000}),
    "a token that never expires": signed({"sub": "johndoe"}),
    "a token without a subject": signed({"exp": FAR_FUTURE}),
    "a token of an unknown user": signed({"sub": "nobody", "exp": FAR_FUTURE}),
    "a subject that is a number": signed({"sub": 1, "exp": FAR_FUTURE}),
}
# Logins that must not tell why they are refused.
REFUSED_LOGINS = {
    "wrong password": login(password="wrong"),
    "unknown user": login("nobody"),
    "unknown user, wrong password": login("nobody", "wrong"),
    "disabled user, wrong password": login("alice", "wrong"),
    "username in capitals": login("JOHNDOE"),
    "password with a NUL byte": login(password="secret\0"),
    "unknown user, password with a NUL byte": login("nobody", "secret\0"),
    "password of 73 bytes": login(password="a" * 73),
    "password of 74 bytes in 37 characters": login(password="é" * 37),
    "unknown user, password of 73 bytes": login("nobody", "a" * 73),
    "password of 5,000 characters": login(password="a" * 5000),
    "unknown user, password of 5,000 characters": login("nobody", "a" * 5000),
}


def at_token(name: str, form: Form | None, status: int, body: Json) -> Row:
    headers = JSON | CHALLENGE if status == 401 else JSON
    return Row(name, "POST", "/token", status, body, form, headers=headers)


def at(path: str, name: str, status: int, body: Json, **sent: Any) -> Row:
    headers = JSON | CHALLENGE if status == 401 else JSON
    name = f"{name} at {path}"
    return Row(name, "GET", path, status, body, headers=headers, **sent)


LOGINS = [
    at_token("login gives a bearer token", JOHN, 200, is_token),
    at_token("login without grant_type", without("grant_type"), 200, is_token),
    at_token("login of a disabled user", ALICE, 200, is_token),
    *(
        at_token(f"login refused: {why}", form, 401, BAD_LOGIN)
        for why, form in REFUSED_LOGINS.items()
    ),
    at_token(
        "login with another grant",
        {**JOHN, "grant_type": "client_credentials"},
        422,
        refuses_grant,
    ),
    *(
        at_token(f"login without {name}", without(name), 422, misses(name))
        for name in ("username", "password")
    ),
    at_token(
        "login without a form", None, 422, misses("username", "password")
    ),
    Row(
        "the token endpoint answers POST only",
        "GET",
        "/token",
        405,
        {"detail": "Method Not Allowed"},
        headers={"Allow": "POST"},
    ),
]
READS = [
    at(ME, "the own record", 200, JOHNS_RECORD, user=JOHN),
    at(ITEMS, "the own items", 200, JOHNS_ITEMS, user=JOHN),
    at(
        "/openapi.json",
        "the password flow is declared",
        200,
        declares_password_flow,
    ),
]
REFUSALS = [
    row
    for path in (ME, ITEMS)
    for row in (
        at(path, "disabled user", 400, INACTIVE, user=ALICE),
        *(
            at(path, what, 401, NO_TOKEN, authorization=authorization)
            for what, authorization in NO_TOKENS.items()
        ),
        *(
            at(path, what, 401, BAD_TOKEN, authorization=f"Bearer {token}")
            for what, token in BAD_TOKENS.items()
        ),
    )
]
ROWS = [*LOGINS, *READS, *REFUSALS]


async def play(row: Row, client: httpx.AsyncClient) -> httpx.Response:
    """Send a row's request, its user logged in."""
    authorization = row.authorization
    if row.user is not None:
        response = await client.post("/token", data=row.user)
        authorization = f"Bearer {response.json()['access_token']}"
    return await client.request(
        row.method,
        row.path,
        data=row.form,
        headers={"Authorization": authorization} if authorization else {},
    )


def broken_terms(row: Row, response: httpx.Response) -> list[str]:
    """Name what in an answer is not as its row says."""
    body = response.json()
    held = row.body(body) if callable(row.body) else row.body == body
    return [
        *(
            [f"status {response.status_code}, not {row.status}"]
            if response.status_code != row.status
            else []
        ),
        *([] if held else [f"body {response.text}"]),
        *(
            f"header {name}: {response.headers.get_list(name)}, not {value!r}"
            for name, value in row.headers.items()
            if response.headers.get_list(name) != [value]
        ),
    ]
