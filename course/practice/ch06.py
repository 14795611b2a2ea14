"""Chapter 6's practice: what a token may do, and who decides it."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import httpx
from fastapi import FastAPI, Security

from course.classroom.answer_types import a_function, an_app, callable_of
from course.classroom.exercise import exercise
from course.classroom.namespace import lent, namespace_of
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given, may_not_raise
from snippets import (
    ch03_dependency_wiring,
    ch04_token_endpoint,
    ch05_check_it,
    ch06_scopes,
)

ITEMS = "/users/me/items/"

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
    "The token's scope is `badminton`, the endpoint needs `admin`. And now?",
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


def token_of(username: str, scope: str) -> dict[str, str]:
    """Write the header of a good token."""
    claims = {"sub": ch05_check_it.subject_of(username)}
    claims |= {"scope": scope} if scope else {}
    token = ch04_token_endpoint.create_access_token(claims)
    return {"Authorization": f"Bearer {token}"}


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


def is_narrow(response: httpx.Response, scope: str) -> bool:
    """Whether an answer is the 403 whose challenge names a scope."""
    challenge = response.headers.get("WWW-Authenticate", "")
    return (
        response.status_code == 403
        and 'error="insufficient_scope"' in challenge
        and f'scope="{scope}"' in challenge
    )


@exercise(
    "guard the shredder",
    an_app,
    hints=(
        "`CurrentUser` names no scope. How does `/users/me/` name its own?",
        "`Me` is `Annotated[UserInDB, Security(get_current_user, "
        'scopes=["me"])]`. You need the same with another list.',
        "Annotate `current_user` with `Annotated[UserInDB, "
        'Security(get_current_user, scopes=["items"])]`. The rest stays.',
    ),
)
async def guard_the_shredder(client: httpx.AsyncClient) -> None:
    """`DELETE /users/me/items/` needs `items`, and shreds one's own."""
    with people():
        given("johndoe, with a token that has `items`")
        shredded = await client.delete(
            ITEMS, headers=token_of("johndoe", "items")
        )
        expect(
            shredded.status_code == 200 and "johndoe" in shredded.text,
            "He may shred, and cannot. `scopes` is a list of scopes, each a "
            "string of its own; who needs one that no token can have has "
            "closed the door for everybody.",
        )
        given("a token that somebody made up, and none")
        for headers in ({"Authorization": "Bearer made-up"}, {}):
            strange = await client.delete(ITEMS, headers=headers)
            expect(
                strange.status_code == 401,
                "It is not a 401. A scheme reads the header and verifies "
                "nothing: `get_current_user` has to stand behind it.",
            )
        given("a good token that has `me` and not `items`")
        narrow = await client.delete(ITEMS, headers=token_of("johndoe", "me"))
        expect(
            narrow.status_code != 200,
            "It shreds. To be logged in is enough here: nothing says that "
            "`items` is needed.",
        )
        expect(
            is_narrow(narrow, "items"),
            "It is refused, but not by the 403 whose challenge says "
            '`error="insufficient_scope"` and `scope="items"`. Without it a '
            "client cannot know that a wider token would do.",
        )
        given("a token with the scope `items-preview`")
        preview = token_of("johndoe", "items-preview")
        expect(
            is_narrow(await client.delete(ITEMS, headers=preview), "items"),
            "It shreds, because `items` is a part of `items-preview`. Scopes "
            "are whole words: compare them as a set.",
        )
        given("bob, with a token that has `me` and `items`")
        bobs = await client.delete(ITEMS, headers=token_of("bob", "items me"))
        expect(
            bobs.status_code == 200 and "bob" in bobs.text,
            "bob may shred his own, and something else came back. Knowing "
            "what a token may do is half of it; whose it is, the other half.",
        )


@exercise(
    "a scope within a scope",
    a_function,
    hints=(
        "Two questions, one inside the other: is *each* needed scope covered, "
        "and is there *some* granted scope that covers it?",
        "`all(any(… for scope in granted) for wish in needed)`. What is left "
        "is to say when one scope covers one wish.",
        "A scope covers a wish that is equal to it, or begins with it and a "
        'colon. Put a colon after both, and `f"{wish}:".startswith'
        '(f"{scope}:")` says both at once.',
    ),
)
def a_scope_within_a_scope(may: Callable[..., Any]) -> None:
    """`may(granted, needed)`, where `items` includes `items:read`."""
    given("`items` where `items:read` is needed")
    expect(
        may({"items"}, {"items:read"}),
        "A token for all of it may not read. `items` begins `items:read`, "
        "and a colon follows.",
    )
    given("equal sets, and an endpoint that needs nothing")
    expect(may({"items:read"}, {"items:read"}), "A scope includes itself.")
    expect(may(set(), set()), "Where nothing is needed, anybody may.")
    given("the narrow scope where the wide one is needed")
    expect(
        not may({"items:read"}, {"items"}),
        "Who may read is let do everything: the rule runs the wrong way. "
        "A part does not include the whole.",
    )
    given("`item` where `items:read` is needed")
    expect(
        not may({"item"}, {"items:read"}),
        "Another scope that begins with the same letters got in. The colon "
        "is what ends a word.",
    )
    given("`read` where `items:read` is needed")
    expect(
        not may({"read"}, {"items:read"}),
        "A scope that stands somewhere in the other one got in. It has to "
        "stand at the beginning.",
    )
    given("`items` where `items:read` and `me` are needed")
    expect(
        not may({"items"}, {"items:read", "me"}),
        "Half of what is needed was enough. Each needed scope has to be "
        "covered, not one of them.",
    )
    given("`items` and `me` where `items:write:all` and `me` are needed")
    expect(
        may({"items", "me"}, {"items:write:all", "me"}),
        "All of it is covered, and it was refused.",
    )


@exercise(
    "taken back means now",
    callable_of,
    hints=(
        "`get_current_user` checks the one limit, what the token was given. "
        "Which function of this page reads the other one?",
        "First let `get_current_user` do its work, and keep the user that it "
        "returns. Then compare `grants.get(user.username, frozenset())` with "
        "what is needed.",
        "If that is not `>= set(required.scopes)`, raise the same "
        "`bearer_error(403, …)` as `get_current_user` does.",
    ),
)
async def taken_back_means_now(guard: Callable[..., Any]) -> None:
    """A dependency that minds the token's scopes and today's grants."""
    client = an_app(guarded_by(guard))
    both = token_of("johndoe", "items me")
    only_me = token_of("johndoe", "me")
    bobs = token_of("bob", "items me")
    with people(namespace_of(guard)):
        given("johndoe, whose token and whose grants have `me` and `items`")
        with granted(guard, "me", "items"):
            expect(
                await status_of(client, ITEMS, both) == 200,
                "He may, by his token and by the table, and is refused.",
            )
            given("his token that has `me`, and the table has `items` too")
            expect(
                is_narrow(await client.get(ITEMS, headers=only_me), "items"),
                "It opens the items. The table says what johndoe may have, "
                "not what he gave this token: the badge printer is back.",
            )
        given("the same johndoe, after `items` was taken back")
        with granted(guard, "me"):
            old = await client.get(ITEMS, headers=both)
            expect(
                old.status_code != 200,
                "His old token still opens the items. Only the token was "
                "asked.",
            )
            expect(
                is_narrow(old, "items"),
                "It is refused, but not by the 403 whose challenge says "
                '`error="insufficient_scope"` and `scope="items"`. He is '
                "known: a new login would not help.",
            )
            expect(
                await status_of(client, "/users/me/", both) == 200,
                "`me` was not taken back, and is refused too. Compare what "
                "is needed, not all that the token has.",
            )
            given("bob, who does not stand in the table")
            with may_not_raise(
                "Whoever is missing in the table may have nothing: that is a "
                "403, and a crash is a 500 for the world.",
                Exception,
            ):
                missing = await client.get(ITEMS, headers=bobs)
            expect(
                is_narrow(missing, "items"),
                "Whoever is missing in the table may have nothing, and he "
                "gets another answer than that 403.",
            )
            expect(
                await status_of(client, "/status/", bobs) == 200,
                "Where no scope is needed, he may go: he has logged in.",
            )
        given("no token at all")
        expect(
            await status_of(client, "/status/", {}) == 401,
            "That is a 401: nobody has said who is asking.",
        )


@contextmanager
def granted(guard: Callable[..., Any], *scopes: str) -> Iterator[None]:
    """Grant johndoe some scopes, and nobody else any, for a few requests."""
    grants = {"johndoe": frozenset(scopes)}
    module, own = vars(ch06_scopes), namespace_of(guard)
    with lent("grants", lambda _: grants, module, own):
        yield


def guarded_by(guard: Callable[..., Any]) -> FastAPI:
    """Build an app whose every endpoint is guarded by an answer."""
    handlers: dict[Any, Any] = {ch05_check_it.OAuthError: ch05_check_it.refuse}
    app = FastAPI(exception_handlers=handlers)
    needs = {"/status/": [], "/users/me/": ["me"], ITEMS: ["items"]}
    for path, scopes in needs.items():

        @app.get(path)
        async def read(
            user: Annotated[object, Security(guard, scopes=scopes)],
        ) -> str:
            return str(getattr(user, "username", None))

    return app


async def status_of(
    client: httpx.AsyncClient, path: str, headers: dict[str, str]
) -> int:
    """Ask for a path, and return the status alone."""
    response = await client.get(path, headers=headers)
    return response.status_code
