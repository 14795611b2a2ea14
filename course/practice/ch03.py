"""Chapter 3's practice: who gets in, and what gets out."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import httpx
import jwt
from pydantic import create_model

from course.classroom.answer_types import an_app
from course.classroom.exercise import exercise
from course.classroom.http_case import HttpCase, send_cases
from course.classroom.namespace import lent, namespaces_of
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import expect, given
from snippets import ch03_dependency_wiring

FAR_FUTURE = 4_102_444_800
MADE_UP = "a key that a stranger made up, and long enough for it"

prediction(
    "What runs in each of the two requests?",
    right(
        "`read_badge`, `find_guest`, `log_visit`, `read_guest_diary`",
        "What is needed runs first, and once in a request, however many "
        "functions need it.",
    ),
    wrong(
        "The same, with `read_badge` a second time before `log_visit`",
        "Within a request both get the result of one call. "
        "`Depends(read_badge, use_cache=False)` would ask again.",
    ),
    wrong(
        "The same in the first, and no `read_badge` in the second",
        "Its result is kept for one request and no longer. Kept for the life "
        "of the app, it would take the second caller for the first.",
    ),
)
prediction(
    "What does `/fastapi` answer to `Bearer nonsense`?",
    wrong(
        "401: `nonsense` is no signed token",
        "To find that out, something has to look into the token, with a key. "
        "This one looks at the header.",
    ),
    wrong(
        "422: the token has the wrong form",
        "FastAPI checks what it hands over against its type. The type of "
        "`token` is `str`, and `nonsense` is one.",
    ),
    right(
        "200, and the word `nonsense`",
        "To read the header is all it does; what stands there is for you to "
        "judge.",
    ),
)
prediction(
    "What does an outsider get who sends `nonsense`?",
    wrong(
        "401: the token is bad, and FastAPI can tell",
        "FastAPI knows nothing of PyJWT's exceptions. Only an "
        "`HTTPException` becomes the answer that it names.",
    ),
    right(
        "500: nobody catches what `jwt.decode` raises",
        "A bad token is an ordinary event, and here it is a crash.",
    ),
    wrong(
        "200, and the diary of nobody",
        "That would need claims, and there are none: `jwt.decode` raises. It "
        "never returns something empty instead.",
    ),
)
prediction(
    "It returns a `UserInDB` and promises a `User`. What is sent?",
    right(
        "The four fields of `User`",
        "FastAPI reads from the object what the promise names.",
    ),
    wrong(
        "All five: a `UserInDB` is a `User` as well",
        "It is, and for Python the promise is kept. FastAPI does more than "
        "compare: it sends the fields that the promise names.",
    ),
    wrong(
        "A 500: the types do not match",
        "They do: a subclass keeps its parent's promise. FastAPI answers 500 "
        "when a promised field is missing, not when there is one too many.",
    ),
)
prediction(
    "alice stands in for `get_current_user`. What is the answer?",
    wrong(
        "200 and alice: the override has the last word",
        "It replaces one function and what hangs from it. What stands above "
        "is called as before.",
    ),
    right(
        "400: her account is disabled",
        "`get_current_active_user` was not replaced. It gets alice, looks at "
        "her account, and refuses.",
    ),
    wrong(
        "401: there is no token",
        "Nobody asks for one: what read the header hung from the function "
        "that was replaced.",
    ),
)


class LearnersApp(NamedTuple):
    """A client of a learner's app, and the namespaces that the app reads.

    The last namespace is the one that its endpoints were defined in: chapter
    3's notebook, whose cells are the chapter. The first is the module's.
    """

    client: httpx.AsyncClient
    namespaces: list[dict[str, Any]]

    @contextmanager
    def people(self) -> Iterator[dict[str, Any]]:
        """Lend the app its own users and bob, in every table it may read."""
        with lent("users", with_bob, *self.namespaces) as tables:
            yield tables[-1]

    def token_of(self, username: str, key: str = "") -> dict[str, str]:
        """Write the header of a token: with a key of its own, a forged one."""
        key = key or self.namespaces[0]["SECRET_KEY"]
        claims = {"sub": username, "exp": FAR_FUTURE}
        return bearer(jwt.encode(claims, key, "HS256"))

    async def get(self, path: str, headers: dict[str, str]) -> tuple[int, str]:
        """Request a path; return the status and the body."""
        response = await self.client.get(path, headers=headers)
        return response.status_code, response.text


def with_bob(users: dict[str, Any]) -> dict[str, Any]:
    """Copy a table of users, and add bob, an active one."""
    own = {name: user.model_copy() for name, user in users.items()}
    bob = {"username": "bob", "email": "bob@example.com"}
    own["bob"] = own["johndoe"].model_copy(update=bob)
    return own


def a_learners_app(answer: object) -> LearnersApp:
    """Take a FastAPI app, and find the namespaces that it reads."""
    client = an_app(answer)
    app: Any = answer  # `an_app` refuses anything else
    module = vars(ch03_dependency_wiring)
    own = [names for names in namespaces_of(app) if names is not module]
    return LearnersApp(client, [module, *own])


def bearer(token: str) -> dict[str, str]:
    """Write the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


@exercise(
    "guard the letters",
    a_learners_app,
    hints=(
        "`read_letters` has to know who is calling. What a function has to "
        "know, it takes as a parameter.",
        "`read_diary`, above, takes `current_user: CurrentUser`. Only the "
        "function that has the parameter is guarded.",
        "Give `read_letters` the parameter `current_user: CurrentUser`, and "
        'return `f"Letters to {current_user.username}"`.',
    ),
)
async def guard_the_letters(app: LearnersApp) -> None:
    """`GET /letters` is for active users, each their own."""
    with app.people():
        given("johndoe, with a good token")
        status, text = await app.get("/letters", app.token_of("johndoe"))
        expect(
            status == 200 and "Letters to johndoe" in text,
            "He may read his letters, and does not get them. A 422 would "
            "mean that FastAPI looks for a parameter in the request: "
            "something like `UserInDB` without `Depends`.",
        )
        given("a visitor without a token")
        visit = await app.client.get("/letters")
        expect(
            visit.status_code != 200,
            "They read letters. Nothing in the endpoint asks who is calling.",
        )
        expect(
            visit.status_code == 401 and "WWW-Authenticate" in visit.headers,
            "They are turned away, but not by a 401 with `WWW-Authenticate`. "
            "Without it a client cannot know that a token would help.",
        )
        given("a stranger whose token is `nonsense`")
        status, _ = await app.get("/letters", bearer("nonsense"))
        expect(
            status == 401,
            "It is not a 401. `oauth2_scheme` reads the header and verifies "
            "nothing: any word after `Bearer` will do.",
        )
        given("johndoe's name, signed with a key that somebody made up")
        forged = app.token_of("johndoe", MADE_UP)
        status, _ = await app.get("/letters", forged)
        expect(
            status == 401,
            "It is not a 401. A name that nobody verified is a name that "
            "anybody can write.",
        )
        given("alice, whose account is disabled")
        status, _ = await app.get("/letters", app.token_of("alice"))
        expect(
            status == 400,
            "It is not a 400. Her token is as valid as any: who somebody is "
            "and whether they may come in are two questions.",
        )
        given("bob, an active user")
        status, text = await app.get("/letters", app.token_of("bob"))
        expect(
            status == 200 and "Letters to bob" in text,
            "He should get his own letters. To know who is calling is of no "
            "use until the answer depends on it.",
        )
        given("a visitor who asks for the address")
        status, text = await app.get("/address", {})
        expect(
            status == 200 and "1 Token Street" in text,
            "The address is closed now. A guard on the whole app guards what "
            "should be open too, and people find a way round such guards.",
        )


@exercise(
    "stop the leak",
    a_learners_app,
    hints=(
        "FastAPI sends what a function returns, unless the function promises "
        "something else. What does `read_team` promise?",
        "`/users/me/` returns a `UserInDB` as well, and no hash leaves. "
        "Compare its signature with yours.",
        "Say after `->` what the answer is: not what the store holds, but a "
        "list of what others may see of a user. FastAPI drops the rest.",
    ),
)
async def stop_the_leak(app: LearnersApp) -> None:
    """`GET /team/` answers with public fields, whatever the store holds."""
    with app.people() as users:
        store = list(users.values())
        hashes = {user.hashed_password for user in store}
        given("a visitor who wants to know who is on the team")
        team = await read_team(app)
        expect(
            {user.get("username") for user in team} == users.keys()
            and all(user.get("email") for user in team),
            "The page does not show who is on the team, with username and "
            "email. A leak is not mended by answering with less than people "
            "need: they would go round it.",
        )
        given("a visitor who looks for hashes")
        expect(
            not any("hashed_password" in user for user in team),
            "`hashed_password` is a field of the answer. Whoever has the hash "
            "can guess the password at home, as fast as their machine can.",
        )
        expect(
            not any(hashed in str(team) for hashed in hashes),
            "The field has another name now, and the hash is still in it.",
        )
        given("a user who logs in afterwards")
        expect(
            all(vars(user).get("hashed_password") in hashes for user in store),
            "The hash is gone from the store as well, so nobody can log in "
            "any more. Change what leaves, not what is kept.",
        )
        given("a secret that somebody adds to the store next year")
        john = users["johndoe"]
        tomorrow = create_model(
            "Tomorrow", __base__=type(john), recovery_code=(str, ...)
        )
        users["carol"] = tomorrow(
            **john.model_dump(), recovery_code="4711-teach"
        )
        expect(
            "4711-teach" not in str(await read_team(app)),
            "It leaves with the answer. A list of what must not leave is out "
            "of date the day somebody adds a field. List what may.",
        )


async def read_team(app: LearnersApp) -> list[dict[str, Any]]:
    """Read the page as its visitors do."""
    response = await app.client.get("/team/")
    expect(
        response.status_code == 200,
        "Visitors get no page. It is meant for everybody, and a leak is not "
        "mended by closing the service.",
    )
    team = response.json()
    expect(
        isinstance(team, list) and all(isinstance(u, dict) for u in team),
        "The page answers with something else than a list of users, each "
        "with its fields. Whoever reads it by program now fails.",
    )
    users: list[dict[str, Any]] = team
    return users


@exercise(
    "let only the owner pass",
    a_learners_app,
    hints=(
        "Two things must be known: whose diary it is, and who is calling. "
        "The stub knows the first.",
        "Take both as parameters, `username: str` and `current_user: "
        "CurrentUser`, and compare. A dependency says no by raising.",
        "If `username != current_user.username`, then "
        "`raise HTTPException(status.HTTP_403_FORBIDDEN)`.",
    ),
)
async def let_only_the_owner_pass(app: LearnersApp) -> None:
    """`GET /diary/{username}` is for the user of that name."""
    with app.people():
        johns = app.token_of("johndoe")
        bobs = app.token_of("bob")
        await send_cases(
            app.client,
            HttpCase(
                "johndoe, at his own diary",
                "GET /diary/johndoe",
                200,
                "It is his own, and he does not get it.",
                headers=johns,
                body="Diary of johndoe",
                instead={
                    422: "FastAPI looks for a parameter in the request. A "
                    "type alone, such as `UserInDB`, does not say where the "
                    "user comes from; and a name that the path does not have "
                    "is read from the query."
                },
            ),
            HttpCase(
                "a visitor without a token, at johndoe's",
                "GET /diary/johndoe",
                401,
                "It is not a 401. A name in the path is a wish that anybody "
                "can send; who is calling, only a token tells.",
            ),
            HttpCase(
                "johndoe, at bob's",
                "GET /diary/bob",
                403,
                "He is refused, but not by a 403.",
                headers=johns,
                instead={
                    200: "He reads it. Whatever a dependency in this list "
                    "returns, `False` included, nobody looks at it: it says "
                    "no by raising.",
                    401: "He is refused, but not by a 403. A 401 says log in, "
                    "and he has: his client would log in again, and again be "
                    "sent away.",
                },
            ),
            HttpCase(
                "bob, at his own diary and at johndoe's",
                "GET /diary/bob",
                200,
                "His own is closed to him. Compare two names, whoever they "
                "belong to.",
                headers=bobs,
                body="Diary of bob",
            ),
            HttpCase(
                "",
                "GET /diary/johndoe",
                403,
                "He gets something else than 403 at johndoe's.",
                headers=bobs,
            ),
            HttpCase(
                "johndoe, at the diary of nobody",
                "GET /diary/nobody",
                403,
                "It is not the 403 that he got at bob's. By the difference "
                "callers find out which usernames exist.",
                headers=johns,
            ),
        )
        given("johndoe, at the diaries of `john`, `JOHNDOE` and `johndoe2`")
        nearly_his = [
            HttpCase(
                "",
                f"GET /diary/{name}",
                403,
                "A name that is nearly his opens. Somebody will choose such "
                "a name on purpose: names are equal or not.",
                headers=johns,
            )
            for name in ("john", "JOHNDOE", "johndoe2")
        ]
        await send_cases(
            app.client,
            *nearly_his,
            HttpCase(
                "alice, at her own diary, with her account disabled",
                "GET /diary/alice",
                400,
                "It is not a 400. She is who she says, and may not come in: "
                "`get_current_user` asks only the first of the two "
                "questions.",
                headers=app.token_of("alice"),
            ),
        )
