"""Chapter 6's practice: what a token may do, and who decides it."""

import re
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any

import httpx
import jwt
from fastapi import FastAPI, Security

from course.classroom.answer_types import a_function, an_app, callable_of
from course.classroom.exercise import exercise
from course.classroom.http_case import CRASH, body_of
from course.classroom.namespace import lent, namespace_of
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given, may_not_raise
from snippets import (
    ch03_dependency_wiring,
    ch04_token_endpoint,
    ch05_check_it,
    ch06_scopes,
)

STATUS, ME, ITEMS = "/status/", "/users/me/", "/users/me/items/"
BOTH, NOTES = "/both/", "/notes/"
CODE = 'error="insufficient_scope"'
WRONG_REFUSAL = (
    "It is refused, but not by the 403 whose challenge has "
    '`error="insufficient_scope"` and `scope="items"`. Without it a client '
    "cannot know that it needs another scope."
)
NO_HANDLER = (
    "Only a handler turns an `OAuthError` into an answer. Keep "
    "`FastAPI(exception_handlers={OAuthError: refuse})`."
)
MISSING = (
    "A user who is missing in the table may have no scope, not even a "
    "default one: the answer is that 403, and a crash would be a 500."
)

prediction(
    "Which scopes does `collect` see?",
    wrong(
        "`items`: the nearest one counts",
        "Then the scope that the endpoint requires would be lost without a "
        "word. `SecurityScopes` holds all scopes that are required on the "
        "way down.",
    ),
    wrong(
        "`me`: the endpoint decides for all that it depends on",
        "Then an endpoint could use a guarded dependency and remove its "
        "guard. Scopes can be added on the way down, and never removed.",
    ),
    right(
        "`me` and `items`",
        "Each `Security` adds its scopes to those above it.",
    ),
)
prediction(
    "johndoe asks for `admin`. What does he get?",
    right(
        "A token that says `admin`",
        "`naive_login` copies the field into the token and signs it. No line "
        "of it compares the request with what johndoe may have.",
    ),
    wrong(
        "A refusal: `admin` is no scope that the scheme lists",
        "The list on the scheme is for the API docs. FastAPI does not "
        "compare requests with it.",
    ),
    wrong(
        "A token without `admin`: FastAPI leaves out what he may not have",
        "FastAPI does not know what johndoe may have: this app says it "
        "nowhere. FastAPI passes the form on as it was sent.",
    ),
)
prediction(
    "carol may have `me` and asks for `me items`. What does she get?",
    wrong(
        "400 `invalid_scope`: she asks for more than she may have",
        "The standard allows this too. But an app asks for every scope that "
        "it can use, before it knows who logs in. If that were an error, "
        "carol could not use the app at all.",
    ),
    right(
        "A token with `me`, and an answer that says so",
        "The service may grant less than was requested, and must then name "
        "what it granted (RFC 6749 §3.3).",
    ),
    wrong(
        "A token with both: they exist, and her password is right",
        "Her password proves who she is. What she may have is written in the "
        "table, and `items` is not among it.",
    ),
)
prediction(
    "The token says `badminton`, the endpoint needs `admin`. And now?",
    wrong(
        "403: there is no `admin` among its scopes",
        "That is true, but `naive_user` does not compare whole scopes. It "
        "searches the string for `admin`.",
    ),
    wrong(
        "401: `badminton` is no scope of this service",
        "The signature is good, and no line compares the token's scopes with "
        "a list of scopes that exist.",
    ),
    right(
        "200: `admin` is a part of `badminton`",
        'For strings, `in` searches for a part: `"admin" in "badminton"` is '
        "True.",
    ),
)
prediction(
    "It obeys each `401` and logs in again. How often?",
    wrong(
        "Not once: its token is good",
        "The token is good, and the service answers 401 all the same. The "
        "client cannot know what was meant; it obeys the status.",
    ),
    wrong(
        "Once: the second token is accepted",
        "The client asks for the same scope again, so the second token lacks "
        "`admin` as well.",
    ),
    right(
        "For ever",
        "Each login succeeds, each token lacks the scope, and each answer "
        "says: log in.",
    ),
)
prediction(
    "`items` is withdrawn. What can johndoe's old token still read?",
    wrong(
        "Nothing: its scopes no longer match the table",
        "No line compares them. A request is checked with the key; the table "
        "is read only at a login.",
    ),
    wrong(
        "`/users/me/` only, from now on",
        "A new token could do only that. This one was signed earlier, and "
        "its claims cannot change.",
    ),
    right(
        "All that it could read before, until it expires",
        "Its `scope` is a copy of what johndoe was granted at his login.",
    ),
)


def token_of(username: str, scope: object = "") -> dict[str, str]:
    """Write the header of a good token; it has no scope by default."""
    claims: dict[str, Any] = {"sub": ch05_check_it.subject_of(username)}
    claims["scope"] = scope
    token = ch04_token_endpoint.create_access_token(claims)
    return {"Authorization": f"Bearer {token}"}


def signed(
    claims: Mapping[str, object], algorithm: str = "HS256"
) -> dict[str, str]:
    """Write the header of a token signed with our key, right or not.

    A claim that is None is left out.
    """
    kept = {name: value for name, value in claims.items() if value is not None}
    with warnings.catch_warnings():
        # PyJWT finds our key too short for HS512.
        warnings.simplefilter("ignore")
        token = jwt.encode(kept, ch03_dependency_wiring.SECRET_KEY, algorithm)
    return {"Authorization": f"Bearer {token}"}


def token_without_scope() -> dict[str, str]:
    """Write the header of johndoe's token as an older release signed it."""
    subject = ch05_check_it.subject_of("johndoe")
    token = ch04_token_endpoint.create_access_token({"sub": subject})
    return {"Authorization": f"Bearer {token}"}


def refused_tokens() -> dict[str, dict[str, str]]:
    """Write the headers of requests that get a 401, by what they are."""
    claims = {
        "sub": ch05_check_it.subject_of("johndoe"),
        "scope": "items me notes",
        "exp": datetime.now(UTC) + timedelta(minutes=5),
    }
    foreign = jwt.encode(claims, "another teaching key of 32 bytes, or more")
    return {
        "no token": {},
        "a token that another key signed": {
            "Authorization": f"Bearer {foreign}"
        },
        "text that is not a token": {"Authorization": "Bearer made-up"},
        "a token without `exp`": signed({**claims, "exp": None}),
        "a token that has expired": signed({**claims, "exp": 0}),
        "a token that our key signed with HS512": signed(claims, "HS512"),
        "a token whose `exp` is a string": signed(
            {**claims, "exp": "4102444800"}
        ),
        "a token without `sub`": signed({**claims, "sub": None}),
        "a token whose `sub` is `johndoe`, without its kind": signed(
            {**claims, "sub": "johndoe"}
        ),
        "a token whose `sub` is `job:johndoe`": signed(
            {**claims, "sub": "job:johndoe"}
        ),
        "a token whose `scope` is a list": token_of("johndoe", ["items"]),
        "a token whose `scope` is an object": token_of(
            "johndoe", {"items": False}
        ),
        "a token whose `scope` is null": token_of("johndoe", None),
        "a token of alice, whose account is disabled": token_of(
            "alice", "items me notes"
        ),
        "a token of a user who does not exist": token_of(
            "nobody", "items me notes"
        ),
    }


@contextmanager
def people(*namespaces: dict[str, Any]) -> Iterator[None]:
    """Lend bob, an active user, to each table of users for a check."""
    module = vars(ch03_dependency_wiring)
    with lent("users", with_bob, module, *namespaces):
        yield


def with_bob(users: dict[str, Any]) -> dict[str, Any]:
    """Copy a table of users, and add bob, an active one."""
    own = {name: user.model_copy() for name, user in users.items()}
    own["bob"] = own["johndoe"].model_copy(update={"username": "bob"})
    return own


@contextmanager
def granted(namespace: dict[str, Any], **scopes: str) -> Iterator[None]:
    """Lend a table of grants: `granted(vars(notebook), bob="items me")`."""
    table = {name: frozenset(text.split()) for name, text in scopes.items()}
    home = vars(ch06_scopes)
    with lent("grants", lambda _: table, home, namespace) as tables:
        yield
        expect(
            all(each == table for each in tables),
            "The table `grants` has changed. A request only reads it: what a "
            "user may have is changed by those who run the service.",
        )


def required_by(response: httpx.Response) -> str | None:
    """Read the `scope` of an `insufficient_scope` challenge, or None."""
    challenge = response.headers.get("WWW-Authenticate", "")
    if response.status_code != 403 or CODE not in challenge:
        return None
    found = re.search(r'\bscope="([^"]*)"', challenge)
    return found[1] if found else None


async def send(
    client: httpx.AsyncClient,
    method: str,
    path: str,
    headers: Mapping[str, str],
) -> httpx.Response:
    """Send a request; an exception of the app is explained, not answered.

    Raises:
        UnmetError: the app raised.
    """
    with (
        may_not_raise(CRASH, Exception),
        may_not_raise(NO_HANDLER, ch05_check_it.OAuthError),
    ):
        return await client.request(method, path, headers=headers)


async def expect_unauthorized(
    client: httpx.AsyncClient, method: str, path: str, why: str
) -> None:
    """Send every token that is no good, and expect a 401 for each."""
    for name, headers in refused_tokens().items():
        given(name)
        response = await send(client, method, path, headers)
        expect(response.status_code == 401, why)
        challenge = response.headers.get("WWW-Authenticate", "")
        expect(
            challenge.startswith("Bearer"),
            "The 401 has no challenge. Without `WWW-Authenticate: Bearer` a "
            "client cannot know that a token would help.",
        )


@exercise(
    "guard the shredder",
    an_app,
    hints=(
        "`CurrentUser` requires no scope. How does `/users/me/` require one?",
        "`Me` is `Annotated[UserInDB, Security(get_current_user, "
        'scopes=["me"])]`. You need the same with another list.',
        "Annotate `current_user` with `Annotated[UserInDB, "
        'Security(get_current_user, scopes=["items"])]`. The rest stays.',
    ),
)
async def guard_the_shredder(client: httpx.AsyncClient) -> None:
    """`DELETE /users/me/items/` requires `items`, and shreds one's own."""
    with people():
        given("johndoe, with a token that has `items`")
        items = token_of("johndoe", "items")
        shredded = await send(client, "DELETE", ITEMS, items)
        expect(shredded.status_code == 200, why_refused(shredded))
        expect(
            body_of(shredded) == "shredded for johndoe",
            "The answer must stay as it was: `shredded for` and the name of "
            "the user who is calling.",
        )
        given("bob, who is not in the table `grants`, with such a token")
        bobs = await send(client, "DELETE", ITEMS, token_of("bob", "items me"))
        expect(
            bobs.status_code == 200,
            "bob's token has `items`, and he is refused. Only the token "
            "decides here: neither the table `grants` nor a name in the code.",
        )
        expect(
            body_of(bobs) == "shredded for bob",
            "The items of another user were shredded. The token says what it "
            "may do, and `current_user` says whose items they are.",
        )
        await expect_unauthorized(
            client,
            "DELETE",
            ITEMS,
            "The answer must be 401. A scheme only reads the header, and "
            "`Security` compares nothing: `get_current_user` has to verify "
            "the token.",
        )
        given("a good token that has `me` and not `items`")
        narrow = await send(client, "DELETE", ITEMS, token_of("johndoe", "me"))
        expect(
            narrow.status_code != 200,
            "It shreds. Every logged-in user can shred as long as no line "
            "compares the token's scopes with `items`.",
        )
        expect(required_by(narrow) == "items", WRONG_REFUSAL)
        given("a good token without any scope")
        none = await send(client, "DELETE", ITEMS, token_of("johndoe"))
        expect(required_by(none) == "items", WRONG_REFUSAL)
        given("a good token without a claim `scope`, as chapter 4 signs it")
        old = await send(client, "DELETE", ITEMS, token_without_scope())
        expect(
            old.status_code != 200,
            "It shreds. A token that has no claim `scope` has no scope.",
        )
        expect(required_by(old) == "items", WRONG_REFUSAL)
        for scope in (
            *("items-preview", "items:read", "badminton,items", "Items"),
            "me\u00a0items",
        ):
            shown = ascii(scope).strip("'")
            given(f"a token with the scope `{shown}`")
            part = await send(
                client, "DELETE", ITEMS, token_of("johndoe", scope)
            )
            expect(
                part.status_code != 200,
                f"It shreds, although `{shown}` is another scope than "
                "`items`. Compare whole words, as a set: they are cut at "
                "the space, and nowhere else.",
            )
            expect(required_by(part) == "items", WRONG_REFUSAL)


def why_refused(response: httpx.Response) -> str:
    """Explain why a token that has `items` cannot shred."""
    scope = required_by(response) or ""
    if response.status_code in (404, 405):
        return "The call must stay `DELETE /users/me/items/`."
    if "me" in scope.split():
        return (
            "The endpoint also requires `me`, as `Me`, `OwnItems` and a list "
            "of two scopes do. Only `items` is asked for."
        )
    if scope and set(scope.split()) == set("items"):
        return (
            "`scopes` is a list of scopes. A text is taken for a list of its "
            'letters: write `["items"]`.'
        )
    return (
        "johndoe's token has `items`, and it was refused. Does the endpoint "
        "require a scope that no token has?"
    )


@exercise(
    "a scope within a scope",
    a_function,
    hints=(
        "There are two questions, one inside the other: is *each* required "
        "scope covered, and is there *some* granted scope that covers it?",
        "`all(any(… for scope in granted) for wanted in required)`. It "
        "remains to say when `scope` covers `wanted`.",
        "A scope covers itself, and every scope that begins with it and a "
        'colon. With a colon after both, `f"{wanted}:".startswith'
        '(f"{scope}:")` tests both at once.',
    ),
)
def a_scope_within_a_scope(may: Callable[..., Any]) -> None:
    """`may(granted, required)`, where `items` includes `items:read`."""
    for given_words, granted_text, required_text, right_answer, why in WITHIN:
        if given_words:
            given(given_words)
        granted_set = set(granted_text.split())
        required_set = set(required_text.split())
        answer = may(granted_set, required_set)
        expect(
            answer is True or answer is False,
            "`True` or `False` is asked for, and another value was returned.",
        )
        expect(answer is right_answer, why)
        expect(
            granted_set == set(granted_text.split())
            and required_set == set(required_text.split()),
            "The function changed a set that it was given. The caller's "
            "sets must stay as they are.",
        )


# What is given, the granted and the required scopes, the answer, and why.
WITHIN = [
    (
        "`items` where `items:read` is required",
        "items",
        "items:read",
        True,
        "A token for all of it may not read. `items:read` begins with "
        "`items` and a colon.",
    ),
    (
        "`notes` where `notes:write` is required",
        "notes",
        "notes:write",
        True,
        "The rule holds for every scope, not for `items` alone.",
    ),
    (
        "equal sets, and an endpoint that requires nothing",
        "items:read",
        "items:read",
        True,
        "A scope includes itself.",
    ),
    ("", "", "", True, "Where nothing is required, every token may go."),
    ("", "me", "", True, "Where nothing is required, every token may go."),
    (
        "no scope where `me` is required",
        "",
        "me",
        False,
        "A token without scopes got in.",
    ),
    (
        "the narrow scope where the wide one is required",
        "items:read",
        "items",
        False,
        "A token that may only read is allowed everything: the rule runs the "
        "wrong way. A part does not include the whole.",
    ),
    (
        "`items:read` where `items:write` is required",
        "items:read",
        "items:write",
        False,
        "A token that may only read can write. Two parts of `items` do not "
        "include one another.",
    ),
    (
        "`item` where `items:read` is required",
        "item",
        "items:read",
        False,
        "Another scope that begins with the same letters got in. The colon "
        "is what ends a word.",
    ),
    (
        "`read` where `items:read` is required",
        "read",
        "items:read",
        False,
        "A scope from the middle of the other one got in. It has to be the "
        "beginning.",
    ),
    (
        "`notes` where `items:read` is required",
        "notes",
        "items:read",
        False,
        "Another scope got in.",
    ),
    (
        "`items` where `items:read` and `me` are required",
        "items",
        "items:read me",
        False,
        "Half of what is required was enough. Each required scope has to be "
        "covered, not one of them.",
    ),
    (
        "`items` and `items:read` where `items:read` and `me` are required",
        "items items:read",
        "items:read me",
        False,
        "Two scopes cover `items:read`, and none covers `me`. Counting is "
        "not enough: each required scope has to be covered.",
    ),
    (
        "`item.` where `items` is required",
        "item.",
        "items",
        False,
        "A dot is an ordinary character of a scope, and was read as a "
        "pattern. Compare texts.",
    ),
    (
        "`*` where `items` is required",
        "*",
        "items",
        False,
        "A star is an ordinary character of a scope, and was read as a "
        "pattern. Compare texts.",
    ),
    (
        "`Items` where `items:read` is required",
        "Items",
        "items:read",
        False,
        "Small and capital letters differ in scopes (RFC 6749 §3.3), so "
        "`Items` is another scope.",
    ),
    (
        "`items` and `me` where `items:write:all` and `me` are required",
        "items me",
        "items:write:all me",
        True,
        "All of it is covered, and it was refused. There can be more than "
        "one colon.",
    ),
    (
        "`items:write` where `items:write:all` is required",
        "items:write",
        "items:write:all",
        True,
        "`items:write:all` begins with `items:write` and a colon, and it was "
        "refused. There can be more than one colon.",
    ),
    (
        "`items:write` where `items:write:all:now` is required",
        "items:write",
        "items:write:all:now",
        True,
        "A scope includes every scope that begins with it and a colon, "
        "however many parts follow.",
    ),
]


@exercise(
    "taken back means now",
    callable_of,
    hints=(
        "`get_current_user` checks the first limit, what the token was "
        "granted. Which table on this page has the second one?",
        "First let `get_current_user` do its work, and keep the user that it "
        "returns. Then compare `grants.get(user.username, frozenset())` with "
        "the required scopes.",
        "If that is not `>= set(required.scopes)`, raise the same "
        "`bearer_error(403, …)` as `get_current_user` does.",
    ),
)
async def taken_back_means_now(guard: Callable[..., Any]) -> None:
    """A dependency that compares the token's scopes and today's grants."""
    own = namespace_of(guard)
    client = an_app(guarded_by(guard))
    wide = token_of("johndoe", "items me notes")
    bobs = token_of("bob", "items me notes")
    with people(own):
        given("johndoe, whose token and whose grants have every scope")
        with granted(own, johndoe="items me notes"):
            for path in (ITEMS, BOTH, NOTES, STATUS):
                await expect_allowed(
                    client,
                    path,
                    wide,
                    "johndoe",
                    "The token and the table allow it, and he is refused.",
                )
            given("his token that has `me`, and the table has more")
            narrow = token_of("johndoe", "me")
            await expect_narrow(
                client,
                ITEMS,
                narrow,
                "items",
                "It opens the items. The table says what johndoe may have, "
                "not what he gave this token: the badge printer is back.",
            )
            given("his token without a claim `scope`")
            await expect_narrow(
                client,
                ITEMS,
                token_without_scope(),
                "items",
                "It opens the items. A token that has no claim `scope` has "
                "no scope.",
            )
        given("johndoe, after `items` was taken back")
        with granted(own, johndoe="me notes items-preview", bob="items me"):
            await expect_narrow(
                client,
                ITEMS,
                wide,
                "items",
                "His old token still opens the items. No line reads today's "
                "`grants` of this user, scope by scope.",
            )
            await expect_narrow(
                client,
                BOTH,
                wide,
                "items me",
                "The endpoint requires `items` and `me`, and `me` alone was "
                "enough. Every required scope must still be granted.",
            )
            await expect_allowed(
                client,
                ME,
                wide,
                "johndoe",
                "`me` was not taken back, and is refused too. Compare the "
                "required scopes, not all that the token has.",
            )
            given("bob, who still has `items`, and no longer `notes`")
            await expect_allowed(
                client,
                ITEMS,
                bobs,
                "bob",
                "The token and the table allow it, and bob is refused.",
            )
            await expect_narrow(
                client,
                NOTES,
                bobs,
                "notes",
                "His old token still opens the notes. The rule holds for "
                "every user and every scope.",
            )
        given("johndoe, after `me` was taken back and `items` was not")
        with granted(own, johndoe="items notes"):
            await expect_narrow(
                client,
                BOTH,
                wide,
                "items me",
                "The endpoint requires `me` and `items`, and `items` alone "
                "was enough. Every required scope must still be granted.",
            )
        with granted(own, johndoe="items me"):
            given("bob, who is not in the table")
            for path, scope in ((ME, "me"), (ITEMS, "items")):
                with may_not_raise(MISSING, KeyError):
                    await client.get(path, headers=bobs)
                await expect_narrow(client, path, bobs, scope, MISSING)
            await expect_allowed(
                client,
                STATUS,
                bobs,
                "bob",
                "Where no scope is required, bob may go: he has logged in.",
            )
        with granted(own, johndoe="items me", alice="items me"):
            await expect_unauthorized(
                client,
                "GET",
                STATUS,
                "The answer must be 401, as `get_current_user` gives it. Let "
                "it read the token, and compare the grants afterwards.",
            )


async def expect_allowed(
    client: httpx.AsyncClient,
    path: str,
    headers: Mapping[str, str],
    username: str,
    why: str,
) -> None:
    """Expect a 200, and that the endpoint received the user."""
    response = await send(client, "GET", path, headers)
    expect(response.status_code == 200, why)
    expect(
        response.json() == username,
        "The endpoint did not receive the user. Return what "
        "`get_current_user` returned.",
    )


async def expect_narrow(
    client: httpx.AsyncClient,
    path: str,
    headers: Mapping[str, str],
    scope: str,
    why: str,
) -> None:
    """Expect the 403 whose challenge names all scopes of an endpoint."""
    response = await send(client, "GET", path, headers)
    expect(response.status_code != 200, why)
    named = required_by(response)
    expect(
        named is not None and sorted(named.split()) == sorted(scope.split()),
        "It is refused, but not by the 403 whose challenge has "
        f'`error="insufficient_scope"` and `scope="{scope}"`. The user is '
        "known, so a new login would not help.",
    )
    token = headers["Authorization"].removeprefix("Bearer ")
    expect(
        token not in str(response.headers) + response.text,
        "The answer repeats the token, which then ends up in the client's "
        "logs.",
    )


def guarded_by(guard: Callable[..., Any]) -> FastAPI:
    """Build an app whose every endpoint is guarded by an answer."""
    handlers: dict[Any, Any] = {ch05_check_it.OAuthError: ch05_check_it.refuse}
    app = FastAPI(exception_handlers=handlers)
    requirements = {
        STATUS: [],
        ME: ["me"],
        ITEMS: ["items"],
        BOTH: ["me", "items"],
        NOTES: ["notes"],
    }
    for path, scopes in requirements.items():

        @app.get(path)
        async def read(
            user: Annotated[object, Security(guard, scopes=scopes)],
        ) -> str:
            return str(getattr(user, "username", None))

    return app
