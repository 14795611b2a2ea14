"""Chapter 3's practice: who gets in, and what gets out."""

import inspect
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any, NamedTuple, get_origin

import httpx
import jwt
from fastapi import FastAPI
from fastapi.routing import iter_route_contexts
from pydantic import create_model

from course.classroom.answer_types import an_app
from course.classroom.exercise import exercise
from course.classroom.http_case import HttpCase, send_cases
from course.classroom.namespace import lent, namespaces_of
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import UnmetError, expect, given, may_not_raise
from snippets import ch03_dependency_wiring

FAR_FUTURE = 4_102_444_800  # 2100
# An address that claims to come from johndoe, by whatever name it is read.
JOHNS_NAMES = "&".join(
    f"{name}=johndoe"
    for name in ("username", "user", "name", "owner", "to", "sub")
)
MADE_UP = "a key that a stranger made up, and long enough for it"

prediction(
    "What runs in each of the two requests?",
    right(
        "`read_badge`, `find_guest`, `log_visit`, `read_guest_diary`",
        "A dependency runs before the function that needs it, and once in a "
        "request, however many functions need it.",
    ),
    wrong(
        "The same, with `read_badge` a second time before `log_visit`",
        "Within a request both dependencies get the result of one call. "
        "`Depends(read_badge, use_cache=False)` would call it again.",
    ),
    wrong(
        "The same in the first, and no `read_badge` in the second",
        "Its result is kept for one request only. If it were kept longer, the "
        "second caller would be taken for the first.",
    ),
)
prediction(
    "What does `/fastapi` answer to `Bearer nonsense`?",
    wrong(
        "401: `nonsense` is no signed token",
        "To find that out, a function would have to verify the token with a "
        "key. `oauth2_scheme` has no key. It only reads the header.",
    ),
    wrong(
        "422: the token has the wrong form",
        "FastAPI checks a parameter against its type. The type of `token` is "
        "`str`, and `nonsense` is a string.",
    ),
    right(
        "200, and the word `nonsense`",
        "It only reads the header. Whether the token is good is for your code "
        "to decide.",
    ),
)
prediction(
    "alice stands in for `get_current_user`. What is the answer?",
    wrong(
        "200 and alice: the override has the last word",
        "The override replaces one function and everything below it in the "
        "tree. The functions above it are called as before.",
    ),
    right(
        "400: her account is disabled",
        "`get_current_active_user` was not replaced. It gets alice, looks at "
        "her account, and refuses.",
    ),
    wrong(
        "401: there is no token",
        "The function that reads the header was below the replaced one, so no "
        "function asks for a token.",
    ),
)


class LearnersApp(NamedTuple):
    """A client of a learner's app, and the namespaces that the app reads.

    The last namespace is the one that its endpoints were defined in: chapter
    3's notebook, whose cells are the chapter. The first is the module's.
    """

    client: httpx.AsyncClient
    namespaces: list[dict[str, Any]]
    app: FastAPI

    @contextmanager
    def people(self) -> Iterator[dict[str, Any]]:
        """Lend the app its own users and bob, in every table it may read."""
        with lent("users", with_bob, *self.namespaces) as tables:
            yield tables[-1]

    def signed(self, **claims: object) -> dict[str, str]:
        """Sign claims with the chapter's key; return the header."""
        return self.signed_by("HS256", claims)

    def signed_by(
        self, algorithm: str, claims: dict[str, Any]
    ) -> dict[str, str]:
        """Sign claims with the chapter's key by some algorithm, or `none`."""
        key: Any = self.namespaces[0]["SECRET_KEY"]
        if algorithm == "none":
            key = None
        with warnings.catch_warnings():
            # PyJWT finds our key too short for HS512.
            warnings.simplefilter("ignore")
            token = jwt.encode(claims, key, algorithm)
        return bearer(token)

    def token_of(self, username: str) -> dict[str, str]:
        """Return the header of a good token for a username."""
        return self.signed(sub=username, exp=FAR_FUTURE)

    def bad_tokens(self, path: str) -> Iterator[HttpCase]:
        """Yield the chapter's eight bad tokens and more, each to get a 401."""
        claims = {"sub": "johndoe", "exp": FAR_FUTURE}
        a_minute_ago = int(time.time()) - 60
        forged = jwt.encode({"sub": "johndoe", "exp": FAR_FUTURE}, MADE_UP)
        headers = {
            "the token `nonsense`": bearer("nonsense"),
            "johndoe's name, signed with a key that a stranger made up": (
                bearer(forged)
            ),
            "johndoe's name under `none`, without a signature": (
                self.signed_by("none", claims)
            ),
            "johndoe's name, signed with our key, but with HS512": (
                self.signed_by("HS512", claims)
            ),
            "a token that expired in 1970": self.signed(sub="johndoe", exp=0),
            "a token that expired a minute ago": self.signed(
                sub="johndoe", exp=a_minute_ago
            ),
            "a token that is not valid before 2100": self.signed(
                **claims, nbf=FAR_FUTURE - 1
            ),
            "a token that ends 'soon'": self.signed(sub="johndoe", exp="soon"),
            "a token that never ends": self.signed(sub="johndoe"),
            "a token without a subject": self.signed(exp=FAR_FUTURE),
            "a token whose subject is a dict": self.signed(
                sub={"username": "johndoe"}, exp=FAR_FUTURE
            ),
            "a token for an unknown user": self.token_of("nobody"),
            "a token for `mallory`, who is unknown as well": (
                self.token_of("mallory")
            ),
            "a token for `JOHNDOE`": self.token_of("JOHNDOE"),
            "a token for `johndoe` and a space": self.token_of("johndoe "),
        }
        good = self.token_of("johndoe")["Authorization"]
        headers["johndoe's good token, with `Basic` before it"] = {
            "Authorization": good.replace("Bearer", "Basic")
        }
        for name, sent in headers.items():
            yield HttpCase(
                name,
                f"GET {path}",
                401,
                "A bad token gets a 401, whatever is wrong with it.",
                headers=sent,
                challenge=("Bearer",),
                instead={
                    200: "It is accepted. `oauth2_scheme` only reads the "
                    "header; `get_current_user` checks the signature, the "
                    "claims and the user.",
                },
            )


def with_bob(users: dict[str, Any]) -> dict[str, Any]:
    """Copy a table of users; add bob, active, and dora, disabled.

    bob's account has `disabled=None`, which is what a user gets by default.
    """
    own = {name: user.model_copy() for name, user in users.items()}
    for name, disabled in (("bob", None), ("dora", True)):
        own[name] = own["johndoe"].model_copy(
            update={
                "username": name,
                "email": f"{name}@example.com",
                "full_name": name.title(),
                "disabled": disabled,
            }
        )
    return own


def with_bob_disabled(users: dict[str, Any]) -> dict[str, Any]:
    """Copy a table of users; disable bob's account in the copy."""
    disabled = users["bob"].model_copy(update={"disabled": True})
    return {**users, "bob": disabled}


def without_bob(users: dict[str, Any]) -> dict[str, Any]:
    """Copy a table of users; leave bob out of the copy."""
    return {name: user for name, user in users.items() if name != "bob"}


def a_learners_app(answer: object) -> LearnersApp:
    """Take a FastAPI app, and find the namespaces that it reads."""
    client = an_app(answer)
    app: Any = answer  # `an_app` refuses anything else
    refuse_annotated_defaults(app)
    module = vars(ch03_dependency_wiring)
    own = [names for names in namespaces_of(app) if names is not module]
    return LearnersApp(client, [module, *own], app)


def refuse_annotated_defaults(app: FastAPI) -> None:
    """Explain `user=CurrentUser` where `user: CurrentUser` was meant.

    Raises:
        UnmetError: a parameter of an endpoint has an annotation as default.
    """
    routes = iter_route_contexts(app.routes)
    endpoints = [getattr(route, "endpoint", None) for route in routes]
    for endpoint in filter(callable, endpoints):
        for name, parameter in inspect.signature(endpoint).parameters.items():
            if get_origin(parameter.default) is Annotated:
                raise UnmetError(
                    f"`{name}=…` gives the parameter a default value. An "
                    f"annotation comes after a colon: `{name}: CurrentUser`."
                )


def bearer(token: str) -> dict[str, str]:
    """Write the header that shows a token."""
    return {"Authorization": f"Bearer {token}"}


@exercise(
    "guard the letters",
    a_learners_app,
    hints=(
        "`read_letters` must know who is calling. A function gets what it "
        "must know as a parameter.",
        "`read_diary`, above, has `current_user: CurrentUser`. Only a "
        "function with such a parameter is guarded.",
        "Give `read_letters` the parameter `current_user: CurrentUser`, and "
        'return `f"Letters to {current_user.username}"`.',
    ),
)
async def guard_the_letters(app: LearnersApp) -> None:
    """`GET /letters` is for active users, and each user gets their own."""
    with app.people():
        await send_cases(
            app.client,
            HttpCase(
                "johndoe, with a good token",
                "GET /letters",
                200,
                'He should get exactly "Letters to johndoe".',
                headers=app.token_of("johndoe"),
                body="Letters to johndoe",
                instead={
                    404: "There is no `GET /letters` any more.",
                    307: "A 307 is a redirect to another path. The path is "
                    "`/letters`, without a slash at its end.",
                    401: "His token is good, and it is refused.",
                    422: "FastAPI looks for a parameter in the request. A "
                    "type alone, such as `UserInDB`, does not say where the "
                    "user comes from.",
                },
            ),
            HttpCase(
                "a visitor without a token",
                "GET /letters",
                401,
                "They are refused, but not by a 401 with `WWW-Authenticate`. "
                "Without it a client cannot know that a token would help.",
                challenge=("Bearer",),
                instead={
                    200: "They read letters. Nothing in the endpoint asks who "
                    "is calling."
                },
            ),
            *app.bad_tokens("/letters"),
            HttpCase(
                "alice, whose account is disabled",
                "GET /letters",
                400,
                "It is not a 400. Her token is as valid as any: who a user is "
                "and whether that user may use the service are two questions.",
                headers=app.token_of("alice"),
            ),
            HttpCase(
                "dora, whose account is disabled as well",
                "GET /letters",
                400,
                "It is not a 400. Read `disabled` of the user who is calling; "
                "a name that is written into the code is one user's.",
                headers=app.token_of("dora"),
            ),
            HttpCase(
                "bob, an active user",
                "GET /letters",
                200,
                "He should get his own letters. The endpoint knows who is "
                "calling, but its answer does not depend on it.",
                headers=app.token_of("bob"),
                body="Letters to bob",
            ),
            HttpCase(
                "bob, with another name in the address",
                f"GET /letters?{JOHNS_NAMES}",
                200,
                "He should get his own letters still. Anyone can write any "
                "name into an address; only the token tells who is calling.",
                headers=app.token_of("bob"),
                body="Letters to bob",
            ),
            HttpCase(
                "a visitor who asks for the address",
                "GET /address",
                200,
                "The address has changed.",
                body="1 Token Street",
                instead={
                    401: "The address is closed now. A guard on the whole app "
                    "also guards what should be open.",
                    404: "`GET /address` is gone: keep that endpoint.",
                },
            ),
        )
        await refuse_bob_from_now_on(app, "/letters")


async def refuse_bob_from_now_on(app: LearnersApp, path: str) -> None:
    """Require that bob's account counts as it is now, not as it was.

    Raises:
        UnmetError: his token still opens the path after his account was
            disabled, or after it was deleted.
    """
    token = app.token_of("bob")
    with lent("users", with_bob_disabled, *app.namespaces):
        await send_cases(
            app.client,
            HttpCase(
                "bob, whose account has just been disabled",
                f"GET {path}",
                400,
                "It is not a 400. The app has kept what it knew about bob at "
                "an earlier request: look each caller up in `users` at every "
                "request.",
                headers=token,
            ),
        )
    with lent("users", without_bob, *app.namespaces):
        await send_cases(
            app.client,
            HttpCase(
                "bob, whose account has just been deleted",
                f"GET {path}",
                401,
                "It is not a 401 with `WWW-Authenticate`. The app has kept "
                "what it knew about bob at an earlier request; now he is an "
                "unknown user.",
                headers=token,
                challenge=("Bearer",),
            ),
        )


@exercise(
    "stop the leak",
    a_learners_app,
    hints=(
        "FastAPI sends what a function returns, unless the function has a "
        "return type. What is the return type of `read_team`?",
        "`/users/me/` returns a `UserInDB` as well, and its hash is not sent. "
        "Compare its signature with yours.",
        "Write the type of the answer after `->`: a list of `User`. FastAPI "
        "drops all other fields.",
    ),
)
async def stop_the_leak(app: LearnersApp) -> None:
    """`GET /team/` answers with public fields, whatever is stored."""
    with app.people() as users:
        before = {name: user.model_copy() for name, user in users.items()}
        hashes = {user.hashed_password for user in users.values()}
        given("a visitor who wants to know who is on the team")
        team = await read_team(app)
        public = set(ch03_dependency_wiring.User.model_fields)
        expect(
            {user.get("username") for user in team} == before.keys()
            and all(user.keys() >= public for user in team),
            "The page does not show every user with all four fields of "
            "`User`. A leak is not mended by showing less than people need.",
        )
        expect(
            len(team) == len(before),
            "The page shows a user more than once.",
        )
        given("a visitor who looks for hashes")
        expect(
            not any("hashed_password" in user for user in team),
            "`hashed_password` is a field of the answer. Anyone who has the "
            "hash can guess the password at home, without any limit.",
        )
        expect(
            not any(hashed in str(team) for hashed in hashes),
            "The field has another name now, and the hash is still in it.",
        )
        expect(
            all(user.keys() == public for user in team),
            "The answer has a field that `User` does not have. Whatever is "
            "made from a secret tells something about it.",
        )
        shown = {user["username"]: user for user in team}
        given("a visitor who wants to know how to reach the team")
        expect(
            shown
            == {
                name: user.model_dump(include=public)
                for name, user in before.items()
            },
            "The fields of `User` have other values than those that are "
            "stored. A leak is not mended by showing less than people need.",
        )
        given("a user who logs in afterwards")
        expect(
            {name: vars(user) for name, user in users.items()}
            == {name: vars(user) for name, user in before.items()},
            "The stored users have changed, so people cannot log in any more. "
            "Change what is sent, not what is stored.",
        )
        given("a secret field that a colleague adds next year")
        john = users["johndoe"]
        for field in ("recovery_code", "pin", "birthday"):
            added: Any = {field: (str, ...)}
            tomorrow = create_model("Tomorrow", __base__=type(john), **added)
            stored = {**john.model_dump(), field: "4711-teach"}
            users["carol"] = tomorrow(**stored)
            expect(
                "4711-teach" not in str(await read_team(app)),
                f"It is sent as well; it is named `{field}` here. A list of "
                "fields to leave out is out of date as soon as a field is "
                "added. List the fields to send.",
            )


async def read_team(app: LearnersApp) -> list[dict[str, Any]]:
    """Request the page as its visitors do.

    Raises:
        UnmetError: the answer is no list of users.
    """
    with may_not_raise(
        "`-> User` promises one user, and the function returns a list. "
        "Promise a list of users.",
        "ResponseValidationError",
    ):
        response = await app.client.get("/team/")
    expect(
        response.status_code == 200,
        "Visitors get no page. It is meant for everyone, and a leak is not "
        "mended by closing the service.",
    )
    team = response.json()
    expect(
        isinstance(team, list) and all(isinstance(u, dict) for u in team),
        "The page answers with something else than a list of users, each "
        "with its fields. Programs that read the page now fail.",
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
        "CurrentUser`, and compare. A dependency refuses by raising.",
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
                'He should get exactly "Diary of johndoe".',
                headers=johns,
                body="Diary of johndoe",
                instead={
                    401: "His token is good, and he is refused. "
                    "`get_current_user` wants the token, not a name. Let "
                    "FastAPI call it, by a parameter `CurrentUser`.",
                    422: "FastAPI looks for a parameter in the request. A "
                    "type alone, such as `UserInDB`, does not say where the "
                    "user comes from. A name that the path does not have is "
                    "read from the query; the path calls it `username`.",
                },
            ),
            HttpCase(
                "a visitor without a token, at johndoe's",
                "GET /diary/johndoe",
                401,
                "It is not a 401. Anyone can write any name into a path; only "
                "a token tells who is calling.",
                challenge=("Bearer",),
            ),
            *app.bad_tokens("/diary/johndoe"),
        )
        await johndoe_at_bobs(app)
        await send_cases(
            app.client,
            HttpCase(
                "johndoe, at bob's, with more in the address",
                f"GET /diary/bob?{JOHNS_NAMES}",
                403,
                "An address can have anything after the `?`, and anyone can "
                "write it there. Only the token tells who is calling.",
                headers=johns,
            ),
        )
        await send_cases(
            app.client,
            HttpCase(
                "bob, at his own diary and at johndoe's",
                "GET /diary/bob",
                200,
                "His own diary is closed to him. Compare two names, instead "
                "of writing one name into the code.",
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
                "johndoe, at the diary of an unknown user",
                "GET /diary/nobody",
                403,
                "It is not the 403 that he got at bob's. The difference tells "
                "callers which usernames exist.",
                headers=johns,
            ),
            HttpCase(
                "bob, at the diary of an unknown user",
                "GET /diary/nobody",
                403,
                "It is not the 403 that he got at johndoe's.",
                headers=bobs,
            ),
        )
        given("johndoe, at diaries whose owners have nearly his name")
        nearly_his = [
            HttpCase(
                "",
                f"GET /diary/{name}",
                403,
                "A diary is open to a user whose name is nearly its owner's. "
                "A stranger could sign up with such a name: names are equal "
                "or not.",
                headers=johns,
            )
            for name in (
                *("john", "JOHNDOE", "johndoe2", "johndoe3", "ejohndo"),
                *("johndoe%20", "John%20Doe", "johndoe@example.com"),
            )
        ]
        await send_cases(
            app.client,
            *nearly_his,
            HttpCase(
                "alice, at her own diary, with her account disabled",
                "GET /diary/alice",
                400,
                "It is not a 400. Her token is valid and her account is "
                "disabled: `get_current_user` answers only the first "
                "question, who she is.",
                headers=app.token_of("alice"),
            ),
            HttpCase(
                "dora, at her own diary, with her account disabled as well",
                "GET /diary/dora",
                400,
                "It is not a 400. Read `disabled` of the user who is calling; "
                "a name that is written into the code is one user's.",
                headers=app.token_of("dora"),
            ),
        )
        await refuse_bob_from_now_on(app, "/diary/bob")


async def johndoe_at_bobs(app: LearnersApp) -> None:
    """Require the 403 that johndoe gets at bob's diary.

    Raises:
        UnmetError: he gets another answer; the message goes by its body.
    """
    given("johndoe, at bob's")
    with may_not_raise(
        "For the client that is a 500. Raise `HTTPException`.",
        "AssertionError",
    ):
        answer = await app.client.get(
            "/diary/bob", headers=app.token_of("johndoe")
        )
    if answer.status_code == 200 and "johndoe" in answer.text:
        raise UnmetError(
            "He gets his own diary at bob's address. The path says whose "
            "diary is asked for: compare it with the caller's name."
        )
    reasons = {
        200: "He reads it. FastAPI ignores what a dependency in this list "
        "returns, `False` included: a dependency refuses by raising.",
        401: "He is refused, but not by a 403. A 401 means log in, and he "
        "has: his client would log in again and be refused again.",
        404: "He is refused, but not by a 403. A 404 means that there is no "
        "such diary.",
    }
    expect(
        answer.status_code == 403,
        reasons.get(answer.status_code, "He is refused, but not by a 403."),
    )
