"""Chapter 13's practice: other users' notes, open routes, and tests."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, FastAPI, Security, WebSocket
from starlette.exceptions import HTTPException

from course.classroom.answer_types import a_function, a_lookup
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
    CallError,
    expect,
    given,
    may_not_raise,
    record_outcome,
    refused,
)

prediction(
    "A service uses the tutorial's key. What stops a forged token?",
    wrong(
        "The signature: the attacker is not on our server",
        "A signature shows who knows the key. Everybody who has read the "
        "tutorial does.",
    ),
    wrong(
        "Chapter 3: it refuses bad keys",
        "Chapter 3 counts bytes, and this key has 64. Its length says "
        "nothing about who knows it.",
    ),
    right(
        "Nothing",
        "The key is in the tutorial, so the attacker signs as well as the "
        "service does.",
    ),
)
prediction(
    "The old key is gone from `SECRET_KEYS`. Who notices?",
    wrong(
        "Nobody: the new key verifies all tokens",
        "A key verifies what it has signed itself, and nothing else.",
    ),
    wrong(
        "All users: they have to log in again",
        "Refresh tokens are rows in the database, and no key signs them. "
        "They go on.",
    ),
    right(
        "Clients whose access token the old key has signed",
        "Their next request gets a 401. They refresh, and the new key signs.",
    ),
)
prediction(
    "Which of these does uvicorn's access log contain?",
    wrong(
        "The password of a login form",
        "A form is in the body of a request, and the access log has none.",
    ),
    wrong(
        "The token in the header `Authorization`",
        "The access log has no headers. Other logs may, such as one that a "
        "program writes after an error.",
    ),
    right(
        "The code in the address of a callback",
        "The log has the whole address, and what is behind the question mark "
        "belongs to it.",
    ),
)
prediction(
    "mallory may use `items`. What does she get for johndoe's item?",
    wrong(
        "403: the item is not hers",
        "For that, somebody must compare the owner. A scope says what a "
        "program may do, not whose item it is.",
    ),
    wrong(
        "404: she cannot see it",
        "The look-up uses the id alone, and finds the item.",
    ),
    right(
        "johndoe's item",
        "Her token is valid and has the scope. Nothing compares the owner.",
    ),
)
prediction(
    "The fake returns johndoe. Which test notices the missing scope?",
    wrong(
        "The test of `/mistake/`",
        "The fake takes the place of the function that compares scopes.",
    ),
    wrong(
        "A test with too few scopes in its token",
        "The fake reads no token, so a token changes nothing.",
    ),
    right(
        "None",
        "With the fake, no scope is compared at any route.",
    ),
)

Note = dict[str, Any]
Notes = dict[str, Note]

OWNER = "The owner may do anything with a note."
READER = "A reader of this note may `GET` it."
STRANGER = (
    "This user is neither owner nor reader, and could now use the note: a "
    "valid login is not enough."
)
NO_NOTE = "There is no such note."
ONLY_READER = "A reader may read the note, but not change or delete it."
TELLS = (
    "The answer must be the same as for a note that does not exist. "
    "Otherwise a stranger learns which notes there are."
)
SEES_IT = (
    "A reader knows that the note exists, so the answer is 403: log in as "
    "its owner. A 404 would send them searching."
)


@exercise(
    "own notes only",
    a_function,
    hints=(
        "Three kinds of users ask: the owner, a reader, and anybody else. "
        "Which of them may know that the note exists?",
        "Find the note, or raise the 404. Return it to its owner. Raise the "
        "same 404 for a user who is no reader, and only then look at the "
        "method.",
        '`note = notes.get(note_id)`; then `if username == note["owner"]: '
        'return note`, `if username not in note["readers"]: raise '
        "HTTPException(404, …)`, and for any method but `GET` a 403.",
    ),
)
def own_notes_only(find_note: Callable[..., Any]) -> None:
    """Notes are found by owner and readers; strangers learn nothing."""
    notes: Notes = {
        "n1": {"owner": "johndoe", "readers": ["alice", "carol"]},
        "n2": {"owner": "alice", "readers": []},
        "n3": {"owner": "carol", "readers": ["johndoe", "carol"]},
    }

    def finds(method: str, note_id: str, username: str, why: str) -> None:
        before = {name: dict(note) for name, note in notes.items()}
        with may_not_raise(f"{why} A refusal is wrong here.", HTTPException):
            note = find_note(notes, method, note_id, username)
        expect(note == before[note_id], f"{why} Return the note itself.")
        expect(notes == before, "The notes are to be found, not changed.")

    def refuses(
        status: int, method: str, note_id: str, username: str, why: str
    ) -> HTTPException:
        found: list[HTTPException] = []
        with refused(why, HTTPException, "A client would get a 500."):
            try:
                find_note(notes, method, note_id, username)
            except CallError as error:
                if isinstance(error.__cause__, HTTPException):
                    found.append(error.__cause__)
                    record_outcome(f"answered {error.__cause__.status_code}")
                raise
        [refusal] = found
        other = TELLS if status == 404 else SEES_IT
        if note_id not in notes:
            other = f"{NO_NOTE} The answer is 404."
        expect(refusal.status_code == status, other)
        return refusal

    given("johndoe, at a note of his own")
    finds("GET", "n1", "johndoe", OWNER)
    given("a note that does not exist")
    nothing = refuses(404, "GET", "n9", "johndoe", NO_NOTE)
    strangers = [("n1", "bob"), ("n2", "johndoe"), ("n2", "carol")]
    strangers += [("n1", "johndoe2"), ("n1", "john"), ("n1", "ali")]
    strangers += [("n3", "alice"), ("n1", "")]
    for method in ("GET", "PUT", "DELETE", "PATCH", "POST"):
        for note_id, owner in (("n1", "johndoe"), ("n2", "alice")):
            given(f"{owner} with {method}, at an own note")
            finds(method, note_id, owner, OWNER)
        given(f"carol with {method}, who is a reader of her own note, too")
        finds(method, "n3", "carol", OWNER)
        for note_id, username in strangers:
            given(f"{username or 'an empty name'} with {method}, a stranger")
            refusal = refuses(404, method, note_id, username, STRANGER)
            same = (refusal.detail, refusal.headers)
            expect(same == (nothing.detail, nothing.headers), TELLS)
        for note_id in ("n9", ""):
            given(f"a {method} of the note {note_id!r}, which does not exist")
            refuses(404, method, note_id, "alice", NO_NOTE)
        for note_id, reader in (("n1", "alice"), ("n1", "carol")):
            given(f"{reader} with {method}, a reader")
            if method == "GET":
                finds(method, note_id, reader, READER)
            else:
                refuses(403, method, note_id, reader, ONLY_READER)
    given("johndoe, a reader of carol's note")
    finds("GET", "n3", "johndoe", READER)
    refuses(403, "DELETE", "n3", "johndoe", ONLY_READER)


async def log_in() -> None:
    """Stand in for a guard."""


async def everybody() -> None:
    """Stand in for `anyone`."""


async def own_thing(user: Annotated[None, Depends(log_in)]) -> None:
    """Find something of the user's; it is no guard, but needs one."""


async def rare_thing(thing: Annotated[None, Depends(own_thing)]) -> None:
    """Need something that needs a guard."""


async def settings() -> None:
    """Be a dependency that guards nothing."""


def namesake() -> Callable[..., Any]:
    """Make a function that is no guard, and has a guard's name."""

    async def log_in() -> None:
        """Do nothing."""

    return log_in


async def answer() -> None:
    """Be what a route calls."""


async def talk(websocket: WebSocket) -> None:
    """Be what a route for WebSockets calls."""


HIDDEN = (
    "This route runs no guard, so a stranger may call it. It must be in the "
    "list."
)
GUARDED = "This route runs a guard, and must not be in the list."
NESTED = (
    "The guard runs before the route, though another dependency asks for it. "
    "Look into the dependencies of dependencies."
)
BY_IDENTITY = (
    "A function with the same name is another function, and guards nothing."
)
MOUNTED = (
    "Nothing is known of what a mounted app lets in, so its path must be in "
    "the list."
)
OWN_GUARDS = "Only the functions in `guards` count, and they differ by app."
IN_ORDER = "The list has the paths of open routes, in the order of the app."


def new_app(*dependencies: Any) -> FastAPI:  # noqa: ANN401
    """Make an app without documents, with dependencies for all routes."""
    return FastAPI(openapi_url=None, dependencies=list(dependencies))


class Guards(frozenset[Callable[..., Any]]):
    """Functions that guard a route, written in the same order each time."""

    def __repr__(self) -> str:
        """Write the functions by their names: `{everybody, log_in}`."""
        return f"{{{', '.join(sorted(each.__name__ for each in self))}}}"


@exercise(
    "closed by default",
    a_function,
    hints=(
        "Which functions of this chapter's section look at the dependencies "
        "of a route, and which lists the routes?",
        "Go through `iter_route_contexts(app.routes)`. A route that has a "
        "`dependant` runs `calls_in(dependant)`. Is one of them a guard?",
        "`dependant = getattr(route, 'dependant', None)`; the route is open "
        "if that is None, or if `guards.isdisjoint(calls_in(dependant))`.",
    ),
)
def closed_by_default(open_routes: Callable[..., Any]) -> None:
    """Routes that run no guard are listed by their paths."""
    guards = Guards({log_in, everybody})

    def lists(app: FastAPI, *paths: str, why: str) -> None:
        with may_not_raise(
            "A route may have no `dependant`: the service would not start.",
            AttributeError,
        ):
            found = open_routes(app, guards)
        expect(isinstance(found, list), "Return a list of paths.")
        expect(found == list(paths), why)

    given("an app whose only route has a guard")
    app = new_app()
    app.get("/items/", dependencies=[Depends(log_in)])(answer)
    lists(app, why=GUARDED)
    given("a second route, without one")
    app.get("/reports/")(answer)
    lists(app, "/reports/", why=HIDDEN)
    given("a third route, with a dependency that guards nothing")
    app.post("/reports/today", dependencies=[Depends(settings)])(answer)
    lists(app, "/reports/", "/reports/today", why=HIDDEN)
    given("a route that says that it is open")
    app.get("/health", dependencies=[Depends(everybody)])(answer)
    lists(app, "/reports/", "/reports/today", why=GUARDED)
    given("a guard behind one that is none, and with scopes")
    app = new_app()
    both = [Depends(settings), Security(log_in, scopes=["items"])]
    app.get("/items/", dependencies=both)(answer)
    lists(app, why=GUARDED)
    first = "a dependency"
    for name, needed in (
        (first, own_thing),
        (f"{first} of {first}", rare_thing),
    ):
        given(f"a guard that {name} asks for")
        app = new_app()
        app.get("/items/", dependencies=[Depends(needed)])(answer)
        lists(app, why=NESTED)
    given("a function with the name of a guard")
    app = new_app()
    app.get("/items/", dependencies=[Depends(namesake())])(answer)
    lists(app, "/items/", why=BY_IDENTITY)
    groups(lists)
    given("another set of guards")
    guards = Guards({settings})
    app = new_app()
    app.get("/items/", dependencies=[Depends(log_in)])(answer)
    app.get("/other/", dependencies=[Depends(settings)])(answer)
    lists(app, "/items/", why=OWN_GUARDS)


def groups(lists: Callable[..., None]) -> None:
    """Try routers, a guard of a whole app, WebSockets and mounted apps."""
    given("a router with a prefix and a guard, and one without a guard")
    app = new_app()
    guarded = APIRouter(prefix="/v1", dependencies=[Depends(log_in)])
    guarded.get("/items/")(answer)
    careless = APIRouter(prefix="/v2")
    careless.get("/items/")(answer)
    app.include_router(guarded)
    app.include_router(careless)
    lists(app, "/v2/items/", why=IN_ORDER)
    given("an app with a guard for all routes")
    app = new_app(Depends(log_in))
    app.get("/items/")(answer)
    app.delete("/items/")(answer)
    lists(app, why=GUARDED)
    given("two routes for WebSockets, one with a guard")
    app = new_app()
    app.websocket("/open")(talk)
    app.websocket("/closed", dependencies=[Depends(log_in)])(talk)
    lists(app, "/open", why=HIDDEN)
    given("a mounted app")
    app = new_app()
    app.get("/items/", dependencies=[Depends(log_in)])(answer)
    app.mount("/files", new_app(Depends(log_in)))
    app.get("/last")(answer)
    lists(app, "/files", "/last", why=MOUNTED)
    given("an app without routes")
    lists(new_app(), why=IN_ORDER)


class Send:
    """An app as a test sees it: it takes a token and an item's name.

    Attributes:
        answer: returns the status, for scopes and the item's name.
    """

    def __init__(self, answer: Callable[[str | None, str], int]) -> None:
        self.answer = answer

    def __call__(self, token: str | None, item: str) -> int:
        """Return the status of a request; a token is a text of scopes."""
        if not isinstance(token, str | None):
            raise TypeError("a token is None, or its scopes in one text")
        return self.answer(token, item)

    def __repr__(self) -> str:
        return "send"


def good_app(token: str | None, item: str) -> int:
    """Answer as this chapter's app does."""
    if token is None:
        return 401
    if "items" not in token.split():
        return 403
    return 200 if item == "john" else 404


Status = Callable[[str | None, str], int]
BAD_APPS: list[tuple[str, Status, str]] = [
    (
        "an app that asks for no token",
        lambda token, item: good_app(
            "items" if token is None else token, item
        ),
        "Send a request without a token as well: strangers read the items.",
    ),
    (
        "an app that takes any token, whatever its scopes",
        lambda token, item: good_app(None if token is None else "items", item),
        "Send a token that lacks the scope `items`, and expect a 403.",
    ),
    (
        "an app that wants some scope, and not `items`",
        lambda token, item: good_app("items" if token else token, item),
        "A token may have scopes, and lack `items`. Send one with `me`.",
    ),
    (
        "an app that finds anybody's item",
        lambda token, item: good_app(token, item.replace("alice", "john")),
        "Ask for alice's item: johndoe must not read it.",
    ),
    (
        "an app that finds no item at all",
        lambda token, item: good_app(token, "alice"),
        "Also test that the user reads his own item. An app that refuses "
        "everything is no good app.",
    ),
    (
        "an app that says 403 at another user's item",
        lambda token, item: (
            403 if good_app(token, item) == 404 else good_app(token, item)
        ),
        "A 403 tells that the item exists. Expect a 404.",
    ),
    (
        "an app that says 401 to a token without the scope",
        lambda token, item: (
            401 if good_app(token, item) == 403 else good_app(token, item)
        ),
        "A 401 asks the client to log in again, which does not help. Expect "
        "a 403.",
    ),
    (
        "an app that says 403 to a request without a token",
        lambda token, item: (
            403 if good_app(token, item) == 401 else good_app(token, item)
        ),
        "Without a token the answer is 401: log in. Compare the status.",
    ),
    (
        "an app that crashes without a token",
        lambda token, item: 500 if token is None else good_app(token, item),
        "A crash is no refusal. Compare the status with 401.",
    ),
    (
        "an app that lets strangers read johndoe's item alone",
        lambda token, item: (
            200 if (token, item) == (None, "john") else good_app(token, item)
        ),
        "Ask without a token for an item that exists and is johndoe's.",
    ),
    (
        "an app that looks at scopes only for other users' items",
        lambda token, item: (
            200
            if token is not None and item == "john"
            else good_app(token, item)
        ),
        "Ask with too few scopes for johndoe's own item.",
    ),
    (
        "an app that answers 201",
        lambda token, item: (
            201 if good_app(token, item) == 200 else good_app(token, item)
        ),
        "Nothing is created by reading. Compare the status with 200.",
    ),
]


@exercise(
    "a test that can fail",
    a_lookup,
    hints=(
        "What can be wrong with a request? Each way needs a call of its own, "
        "which expects its own status.",
        "There are four calls: one that is good, one without a token, one "
        "with another scope, and one for alice's item.",
        '`assert send(None, "john") == 401`, `assert send("me", "john") == '
        '403`, `assert send("items", "alice") == 404`.',
    ),
)
def a_test_that_can_fail(test_item: Callable[..., Any]) -> None:
    """A test passes on a good app, and fails on each bad one."""
    given("a good app")
    good = Send(good_app)
    with may_not_raise(
        "This app is good, and your test refuses it.", AssertionError
    ):
        result = test_item(good)
    expect(
        result is None,
        "A test returns nothing. pytest ignores what it returns, so a test "
        "that returns False passes.",
    )
    for name, app, why in BAD_APPS:
        given(name)
        expect(not passes(test_item, app), f"The test passed. {why}")


def passes(test_item: Callable[..., Any], app: Status) -> bool:
    """Return whether a test accepts an app."""
    try:
        test_item(Send(app))
    except CallError as error:
        if not error.is_a(AssertionError):
            raise
        return False
    return True
