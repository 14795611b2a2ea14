"""Chapter 8's practice: one use, one family, one list, one refresh."""

import asyncio
import inspect
import warnings
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, Literal, cast
from urllib.parse import parse_qsl

import httpx
import jwt

from course.classroom.answer_types import a_lookup, callable_of
from course.classroom.excerpt import excerpt
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
    CallError,
    attempt,
    expect,
    given,
    may_not_raise,
    record_outcome,
    refused,
    remark,
)
from snippets import ch03_dependency_wiring

prediction(
    "A thief refreshes first, then johndoe. Who stays logged in?",
    wrong(
        "johndoe: the login is his",
        "The service does not know who sends a token. Both sent the same "
        "one, and the second request finds it used.",
    ),
    right(
        "The thief",
        "He has the next refresh token, and johndoe has one that is used up. "
        "The thief can refresh until the login expires.",
    ),
    wrong(
        "Neither: a token that comes twice ends the login",
        "It should. But `naive_refresh` only returns None, and forgets what "
        "it has seen.",
    ),
)
prediction(
    "The family is ended, then the refusal is raised. Is it ended?",
    right(
        "No",
        "The exception leaves `Session.begin()`, which rolls back all that "
        "the block did.",
    ),
    wrong(
        "Yes: the statement was executed before",
        "It was executed, but not committed. The exception leaves the block, "
        "and the block ends with a rollback.",
    ),
    wrong(
        "Yes: only an exception of the database rolls back",
        "`Session.begin()` rolls back after any exception. It cannot know "
        "that this one is a refusal and no accident.",
    ),
)
prediction(
    "Two tasks of an honest client refresh at once. What happens?",
    wrong(
        "Both get the same new tokens",
        "The service has stored only a hash of the next token. It cannot "
        "send it a second time.",
    ),
    wrong(
        "One succeeds, the other is refused, and the login goes on",
        "The second one brings a used token, and that ends the family: the "
        "new tokens of the first task as well.",
    ),
    right(
        "The login ends",
        "The service sees a used token. It cannot know that both requests "
        "come from one client.",
    ),
)


Tokens = dict[str, dict[str, object]]
STAYS_USED = (
    "The old token must stay in `tokens`, with `used` set to True. "
    "Otherwise nothing tells a token that comes back from an unknown one."
)
STILL_IN = (
    "This token was traded for another one, although its family should have "
    "ended. The thief, or johndoe, has the next one as well."
)
NOT_REFUSED = (
    "This token came back after its use, and was traded again. Two parties "
    "hold it, and one of them stole it."
)
BY_THE_WAY = (
    "A caller waits for `ValueError` only, and would answer 500 to anything "
    "else."
)


def two_logins_and_alice() -> Tokens:
    """Make a table: two logins of johndoe, and one of alice."""
    families = {"laptop-1": 7, "telephone-1": 9, "alice-1": 8}
    return {
        token: {"family": family, "used": False}
        for token, family in families.items()
    }


def rotated(
    rotate: Callable[..., Any],
    tokens: Tokens,
    token: str,
    new: str,
    family: int,
) -> None:
    """Rotate a token, and compare the table with what it must be."""
    before = {name: dict(entry) for name, entry in tokens.items()}
    rotate(tokens, token, new)
    expect(
        tokens.get(new) == {"family": family, "used": False},
        "The new token must be stored, not used, in the family of the old "
        "one. Otherwise the next refresh fails, or ends another login.",
    )
    expect(tokens.get(token) == {"family": family, "used": True}, STAYS_USED)
    others = {
        name: entry
        for name, entry in tokens.items()
        if name not in (token, new)
    }
    del before[token]
    expect(
        others == before,
        "A refresh must not change other tokens: they belong to other "
        "logins, or were used earlier.",
    )


@exercise(
    "a used token ends the login",
    a_lookup,
    hints=(
        "Which line looks at `used`? The stub only writes it.",
        "If the token was used, go through a copy of `tokens`, and delete "
        "each entry whose `family` is that of this token.",
        'After the first `if`: `if entry["used"]:`, then `for other, found '
        'in list(tokens.items()):` with `if found["family"] == '
        'entry["family"]: del tokens[other]`, and after the loop `raise '
        "ValueError`.",
    ),
)
def a_used_token_ends_the_login(rotate: Callable[..., Any]) -> None:
    """A token works once; one that comes back ends its family."""
    given("a refresh token, for the first time")
    tokens = two_logins_and_alice()
    rotated(rotate, tokens, "laptop-1", "laptop-2", 7)
    given("alice's refresh token, for the first time")
    rotated(rotate, tokens, "alice-1", "alice-2", 8)
    given("the new token of the first refresh")
    rotated(rotate, tokens, "laptop-2", "laptop-3", 7)
    for owner, family, other in (
        ("laptop", 7, "alice"),
        ("alice", 8, "laptop"),
    ):
        given(f"the thief refreshes `{owner}-1` first, then its owner does")
        tokens = two_logins_and_alice()
        rotated(rotate, tokens, f"{owner}-1", f"{owner}-2", family)
        ends(rotate, tokens, f"{owner}-1", family)
        given(f"then `{owner}-2`, which the thief has got")
        must_refuse(rotate, tokens, f"{owner}-2", STILL_IN)
        given(f"another login, after the family of `{owner}-1` has ended")
        goes_on(rotate, tokens, f"{other}-1")
        goes_on(rotate, tokens, "telephone-1")
    for which, token in (("first", "laptop-1"), ("second", "laptop-2")):
        given(
            f"the owner refreshes twice, then a thief uses the {which} token"
        )
        tokens = two_logins_and_alice()
        rotated(rotate, tokens, "laptop-1", "laptop-2", 7)
        rotated(rotate, tokens, "laptop-2", "laptop-3", 7)
        ends(rotate, tokens, token, 7)
        given(f"then the owner's newest token, after the {which} one")
        must_refuse(rotate, tokens, "laptop-3", STILL_IN)
    a_long_login(rotate)
    for text in ("made up", "", "laptop", "laptop-1 ", "LAPTOP-1"):
        given(f"the unknown token {text!r}")
        tokens = two_logins_and_alice()
        why = "No such token was issued, and it was traded for one."
        must_refuse(rotate, tokens, text, why)
        expect(
            tokens == two_logins_and_alice(),
            "An unknown token must change nothing. Otherwise anyone can end "
            "logins by sending any text.",
        )


def a_long_login(rotate: Callable[..., Any]) -> None:
    """Present a token from the middle of a family of six.

    The table is as a service finds it when it starts: no earlier call of
    `rotate` has marked these tokens, and their names have nothing in common.
    """
    given("a token from the middle of a long login, used before a restart")
    rows = (
        *(
            ("kQ3x", "100", True),
            ("v0bS", "1007", True),
            ("Z9aL", "1007", True),
        ),
        *(
            ("c2Tf", "7", False),
            ("Hw8m", "1007", True),
            ("pY1u", "1007", True),
        ),
        *(("N6dj", "1007", True), ("e4Ro", "1007", False)),
        *(("xG7i", "10071", False), ("B5nq", "107", False)),
    )
    tokens: Tokens = {
        token: {"family": int(family), "used": used}
        for token, family, used in rows
    }
    ends(rotate, tokens, "Hw8m", 1007)


def must_refuse(
    rotate: Callable[..., Any], tokens: Tokens, token: str, why: str
) -> None:
    """Require a ValueError; `why` is for a token that was traded instead."""
    with refused(why, ValueError, BY_THE_WAY):
        rotate(tokens, token, "next")
        expect("next" not in tokens, why)


def ends(
    rotate: Callable[..., Any], tokens: Tokens, token: str, family: int
) -> None:
    """Present a used token: it is refused, and its family is gone."""
    others = {t: dict(e) for t, e in tokens.items() if e["family"] != family}
    must_refuse(rotate, tokens, token, NOT_REFUSED)
    expect(
        not [e for e in tokens.values() if e["family"] == family],
        "It is refused, and a token of its family is still in `tokens`. "
        "Remove them all: the service cannot know which of them are the "
        "thief's.",
    )
    expect(
        tokens == others,
        "Tokens of other families have changed, or new ones were stored. "
        "Only the family of the token that came back ends.",
    )


def goes_on(rotate: Callable[..., Any], tokens: Tokens, token: str) -> None:
    """Refresh a login that has nothing to do with the theft."""
    with may_not_raise(
        "It has ended too. Only the family of the token that came back may "
        "end: other logins were not stolen.",
        Exception,
    ):
        rotate(tokens, token, f"{token}, next")


EXP = 4_102_444_800  # the first second of the year 2100
MUST_IGNORE = (
    "It must be ignored: a revocation answers 200 also for a text that is "
    "no valid token, and an exception would be a 500."
)


def access_token(
    key: str = "", algorithm: str = "", left_out: str = "", **claims: object
) -> str:
    """Sign an access token of johndoe; by default with our own key."""
    claims = {"sub": "johndoe", "exp": EXP, **claims}
    claims.pop(left_out, None)
    with warnings.catch_warnings():
        # HS512 asks for a longer key than ours.
        warnings.simplefilter("ignore", jwt.InsecureKeyLengthWarning)
        return jwt.encode(
            claims,
            key or ch03_dependency_wiring.SECRET_KEY,
            algorithm or ch03_dependency_wiring.ALGORITHM,
        )


@exercise(
    "a deny-list that forgets",
    a_lookup,
    hints=(
        "The stub lists a text. Where do you find a valid token's `jti` and "
        "`exp`?",
        "`ch03.read_access_token(token)` verifies a token and returns its "
        "claims, or raises `jwt.InvalidTokenError`. Loop over a copy to "
        "delete entries.",
        "First `for jti, exp in list(denied.items()):` with `if exp <= now - "
        "60: del denied[jti]`. Then read the claims in a `try`, and add "
        '`denied[claims["jti"]] = claims["exp"]` if there is a `jti`.',
    ),
)
def a_deny_list_that_forgets(deny: Callable[..., Any]) -> None:
    """Revoked tokens are listed by `jti`, until they have expired."""
    now = EXP - 300
    token = access_token(jti="first")
    lists(deny, "a valid token", {}, token, now, {"first": EXP})
    other = access_token(jti="first, of alice", sub="alice", exp=EXP + 60)
    listed = {"first": now + 10} | {
        f"of user {number}": now + number for number in range(1, 101)
    }
    lists(
        deny,
        "a token of alice, beside a hundred that are listed",
        listed,
        other,
        now,
        listed | {"first, of alice": EXP + 60},
    )
    lists(
        deny,
        "a token with `=` at its end",
        {},
        f"{token}=",
        now,
        {"first": EXP},
        "It is valid, and it is the same token: one token has several texts. "
        "Only the `jti` is the same in each: list that, with the token's own "
        "`exp`.",
    )
    lists(
        deny,
        "a token that is listed already",
        {"first": EXP},
        token,
        now,
        {"first": EXP},
    )
    ignored = {
        "a text that is no token": "made up",
        "an empty text": "",
        "a refresh token": "vYb0nbSPnYxc6aGnqYQ5OrwyDaGH1nWLlzSAxBOCdTs",
        "a token that another key signed": access_token(
            key="another teaching key of 32 bytes, or more", jti="first"
        ),
        "a token that is signed with our key, by HS512": access_token(
            algorithm="HS512", jti="first"
        ),
        "a token that has expired": access_token(jti="first", exp=1),
        "a token without an `exp`": access_token(jti="first", left_out="exp"),
        "a token without a `jti`": access_token(),
    }
    for name, text in ignored.items():
        kept = {"kept": now + 10}
        why = (
            "It was listed. A text that opens nothing need not be on the "
            "list, and anyone could make the list endless."
        )
        lists(deny, name, kept, text, now, kept, why)
    for moment in (now, now - 1000):
        entries = {
            "long ago": moment - 5000,
            "61 s ago": moment - 61,
            "60 s ago": moment - 60,
            "59 s ago": moment - 59,
            "now": moment,
            "in a second": moment + 1,
        }
        kept = {
            name: exp for name, exp in entries.items() if exp > moment - 60
        }
        lists(
            deny,
            "entries that expired 61, 60 and 59 seconds before `now`",
            entries,
            token,
            moment,
            kept | {"first": EXP},
            "The wrong entries are left. Those of 60 seconds and more must "
            "go, or the list grows for ever; the one of 59 must stay, since "
            "a server whose clock is slow still accepts its token.",
        )
    lists(
        deny,
        "a text that is no token, and an entry that expired a minute ago",
        {"60 s ago": now - 60},
        "made up",
        now,
        {},
        "The text is ignored, and so was the old entry. The list must forget "
        "at each call: whether a token is added does not matter.",
    )


def lists(
    deny: Callable[..., Any],
    what: str,
    before: dict[str, int],
    token: str,
    now: int,
    after: dict[str, int],
    why: str = "The list must have the token's `jti`, with its `exp`, and "
    "keep the entries of other tokens.",
) -> None:
    """Revoke a token, and compare the list with what it must be."""
    given(what)
    denied = dict(before)
    with (
        may_not_raise(MUST_IGNORE, jwt.InvalidTokenError, KeyError),
        may_not_raise(
            "A loop must not delete entries of the dict that it reads: loop "
            "over a copy, `list(denied.items())`.",
            RuntimeError,
        ),
    ):
        deny(denied, token, now)
    record_outcome(f"left `{excerpt(denied)}`")
    expect(denied == after, why)


class TooManyRequestsError(Exception):
    """The answer never stops sending requests."""


class Service:
    """A token endpoint and a few paths of a user, for a client to call.

    Attributes:
        log: the requests that came: `["GET /users/me/", "POST /token"]`.
        statuses: fixed answers of paths, such as `{"/secret/": 403}`.
        pauses: how often other tasks may run before a path answers.
        stubborn: whether it refuses the tokens that it has issued.
        broken: whether the connection breaks during a refresh.
        most: the largest number of `GET` that were unanswered at once.
    """

    def __init__(self, user: str = "johndoe", **statuses: int) -> None:
        self.user = user
        self.log: list[str] = []
        self.statuses = {f"/{path}": code for path, code in statuses.items()}
        self.pauses: dict[str, int] = {}
        self.stubborn = False
        self.broken = False
        self.unanswered = self.most = 0
        self.number = 0
        self.good = ""
        self.client = httpx.AsyncClient(
            transport=httpx.MockTransport(self.answer),
            base_url="http://testserver",
        )
        self.tokens: dict[str, Any] = {
            "access_token": f"{user}-access-0",
            "refresh_token": f"{user}-refresh-0",
        }

    async def answer(self, request: httpx.Request) -> httpx.Response:
        """Decide on an answer, and send it some steps of the loop later."""
        path = request.url.path
        self.log.append(f"{request.method} {path}")
        if len(self.log) > LONGEST_LOG:
            raise TooManyRequestsError
        response = self.decide(request)
        self.unanswered += request.method == "GET"
        self.most = max(self.most, self.unanswered)
        for _ in range(self.pauses.get(path, 20)):
            await asyncio.sleep(0)
        self.unanswered -= request.method == "GET"
        if self.broken and path == "/token":
            raise httpx.ReadError("the connection broke")
        return response

    def decide(self, request: httpx.Request) -> httpx.Response:
        """Answer a request as the state of this moment asks."""
        path = request.url.path
        if path in self.statuses:
            body = {"error": "invalid_grant"} if path == "/token" else None
            return httpx.Response(self.statuses[path], json=body)
        if path == "/token":
            return self.refresh(request)
        sent = request.headers.get("Authorization", "")
        if self.stubborn or sent != f"Bearer {self.good}":
            return httpx.Response(401)
        return httpx.Response(200, json={"user": self.user, "path": path})

    def refresh(self, request: httpx.Request) -> httpx.Response:
        """Trade the newest refresh token; a used one ends the login."""
        form = dict(parse_qsl(request.content.decode()))
        wanted = {
            "grant_type": "refresh_token",
            "refresh_token": f"{self.user}-refresh-{self.number}",
        }
        if request.method != "POST" or form != wanted:
            self.number, self.good = -1, ""
            return httpx.Response(400, json={"error": "invalid_grant"})
        self.number += 1
        self.good = f"{self.user}-access-{self.number}"
        return httpx.Response(200, json=self.issued)

    @property
    def issued(self) -> dict[str, Any]:
        """The latest answer of the token endpoint."""
        return {
            "access_token": f"{self.user}-access-{self.number}",
            "refresh_token": f"{self.user}-refresh-{self.number}",
            "token_type": "bearer",
        }

    def counted(self, method: str) -> int:
        """Count the requests of a method."""
        return sum(entry.startswith(f"{method} ") for entry in self.log)


class Lock(asyncio.Lock):
    """A lock that says so when a task would wait for itself."""

    holder: asyncio.Task[Any] | None = None

    async def acquire(self) -> Literal[True]:
        """Wait until no other task holds the lock, and take it.

        Raises:
            RuntimeError: the calling task holds it.
        """
        task = asyncio.current_task()
        if self.locked() and self.holder is task:
            raise RuntimeError("this task holds the lock, and waits for it")
        await super().acquire()
        self.holder = task
        return True


LONGEST_LOG = 60
LOCK_TAKEN = (
    "The lock is still taken. Every later task waits for ever: use `async "
    "with lock`."
)
CRASHED = (
    "A refusal is an answer, not an accident: look at the status before "
    "reading the body."
)
ENDLESS = (
    "It sends requests without end. After one refresh, a 401 is for the "
    "caller: the user has to log in again."
)


def a_fetch(answer: object) -> Callable[..., Awaitable[Any]]:
    """Take an `async def` that returns a response."""
    function = callable_of(answer)

    async def call(service: Service, lock: asyncio.Lock, path: str) -> Any:  # noqa: ANN401
        with (
            may_not_raise(ENDLESS, "TooManyRequestsError"),
            may_not_raise(CRASHED, ValueError, KeyError),
            attempt(f'fetch(client, tokens, lock, "{path}")'),
        ):
            response = function(service.client, service.tokens, lock, path)
            if awaited := inspect.isawaitable(response):
                response = await response
        expect(
            awaited,
            "`fetch` must be an `async def`: while one task waits for an "
            "answer, the others go on.",
        )
        expect(
            isinstance(response, httpx.Response),
            "`fetch` must return the response. Is a `return` missing?",
        )
        sent = f"after {', '.join(service.log)}"
        record_outcome(f"returned {response.status_code} {sent}")
        return response

    return call


async def expect_page(
    service: Service, response: httpx.Response, path: str, why: str
) -> None:
    """Require the page that was asked for, from the right user."""
    expect(response.status_code == 200, why)
    expect(
        response.json() == {"user": service.user, "path": path},
        "That is the answer to another request. Return the response of this "
        "path.",
    )


@exercise(
    "refresh once",
    a_fetch,
    hints=(
        "Two tasks have sent the same access token. How does the second one "
        "find out that the first one has refreshed?",
        "Keep the token that you sent. Take the lock with `async with "
        "lock:`, and refresh only if `tokens` still has that one.",
        'In the lock: `if tokens["access_token"] == sent:`, then the `POST`; '
        "`if renewed.status_code != 200: return answer`; then "
        "`tokens.update(renewed.json())`. Send the request again after it.",
    ),
)
async def refresh_once(fetch: Callable[..., Awaitable[Any]]) -> None:
    """Tasks that share tokens refresh once, and take no for an answer."""
    lock = Lock()
    for user, path in (("johndoe", "/users/me/"), ("alice", "/status/")):
        service = Service(user)
        given(f"{user}'s access token, which has expired")
        page = await fetch(service, lock, path)
        why = "The new access token must be sent, in a second request."
        await expect_page(service, page, path, why)
        once = [f"GET {path}", "POST /token", f"GET {path}"]
        expect(service.log == once, "It takes three requests, no more.")
        keeps(service, service.issued)
        given(f"{user}'s access token, which works")
        page = await fetch(service, lock, path)
        await expect_page(service, page, path, "The token works: send it.")
        expect(
            service.log == [*once, f"GET {path}"],
            "An access token that works needs no refresh. Each one is a "
            "chance to lose the login.",
        )
        given(f"{user}'s second access token, which has expired too")
        service.good = ""
        page = await fetch(service, lock, path)
        why = "Each refresh token works once: send the newest."
        await expect_page(service, page, path, why)
        keeps(service, service.issued)
    await several_at_once(fetch)
    await another_holder(fetch)
    await refusals(fetch)
    await a_broken_connection(fetch)


def keeps(service: Service, tokens: dict[str, Any]) -> None:
    """Require that the client's tokens are these."""
    kept = ("access_token", "refresh_token")
    expect(
        [service.tokens.get(name) for name in kept]
        == [tokens[name] for name in kept],
        "`tokens` must have both tokens of the last successful refresh, so "
        "that other tasks find them.",
    )


async def several_at_once(fetch: Callable[..., Awaitable[Any]]) -> None:
    """Let tasks meet one expired token, at once and one of them late."""
    for number in (2, 5):
        service, lock = Service(), Lock()
        given(f"{number} tasks that get a 401 at the same time")
        paths = [f"/pages/{at}/" for at in range(number)]
        pages = await asyncio.gather(
            *[fetch(service, lock, path) for path in paths]
        )
        expect(
            service.counted("POST") == 1,
            "They refreshed more than once. A second refresh with the same "
            "token looks like a theft, and ends the login.",
        )
        for page, path in zip(pages, paths, strict=True):
            why = "One task refreshed, and another did not use its token."
            await expect_page(service, page, path, why)
        expect(not lock.locked(), LOCK_TAKEN)
    if service.most == 1:
        remark(
            "Your tasks send their requests one after another, because "
            "`fetch` holds the lock while it waits for a page. Hold it only "
            "for the refresh: then the tasks need not wait for each other."
        )
    service, lock = Service(), Lock()
    given("a task whose 401 arrives after another task has refreshed")
    service.pauses["/slow/"] = 300
    await asyncio.gather(
        fetch(service, lock, "/slow/"), fetch(service, lock, "/fast/")
    )
    expect(
        service.counted("POST") == 1,
        "It refreshed again, although the new token was there. Compare the "
        "token that you sent with the one in `tokens`, inside the lock.",
    )


async def another_holder(fetch: Callable[..., Awaitable[Any]]) -> None:
    """Refresh elsewhere, with the lock, while a task gets its 401."""
    service, lock = Service(), Lock()
    given("a 401 while the client's main program refreshes, with the lock")
    async with lock:
        task = asyncio.create_task(
            cast(
                Coroutine[Any, Any, httpx.Response],
                fetch(service, lock, "/users/me/"),
            )
        )
        for _ in range(200):
            await asyncio.sleep(0)
        form = {
            "grant_type": "refresh_token",
            "refresh_token": service.tokens["refresh_token"],
        }
        renewed = await service.client.post("/token", data=form)
        service.tokens.update(renewed.json())
    page = await task
    expect(
        service.counted("POST") == 1,
        "`fetch` refreshed as well, although the `lock` was taken. All who "
        "refresh must hold the lock that they share: another one, or a flag "
        "of your own, is unknown to the rest of the client.",
    )
    why = "The lock is free again, and `tokens` has the new token: send it."
    await expect_page(service, page, "/users/me/", why)


async def a_broken_connection(
    fetch: Callable[..., Awaitable[Any]],
) -> None:
    """Let a refresh get no answer, and the next one get one."""
    service, lock = Service(), Lock()
    service.broken = True
    before = dict(service.tokens)
    given("a connection that breaks during the refresh")
    try:
        page = await fetch(service, lock, "/users/me/")
    except CallError as error:
        if not error.is_a(httpx.TransportError):
            raise
    else:
        expect(
            page.status_code == 401,
            "The caller must see the 401 of the request, or the error.",
        )
    expect(
        service.counted("POST") == 1,
        "It sent the same refresh token again. The service may have seen the "
        "first request and lost only the answer: then the token is used, and "
        "the second request ends the login.",
    )
    expect(not lock.locked(), LOCK_TAKEN)
    expect(
        service.tokens == before,
        "`tokens` has changed, and no new ones came: the service may not "
        "have seen the refresh, and the old tokens may still work.",
    )


async def refusals(fetch: Callable[..., Awaitable[Any]]) -> None:
    """Refuse the refresh, the new token, and the request itself."""
    for status in (400, 401, 500, 503):
        service, lock = Service(token=status), Lock()
        before = dict(service.tokens)
        given(f"a refresh that is answered {status}")
        page = await fetch(service, lock, "/users/me/")
        expect(
            page.status_code == 401,
            "The caller must see the 401 of the request: the user has to "
            "log in again.",
        )
        expect(service.counted("POST") == 1, "One attempt is enough.")
        expect(
            service.tokens == before,
            "`tokens` has changed. A refusal has no tokens: look at the "
            "status before you store the body.",
        )
        expect(not lock.locked(), LOCK_TAKEN)
    service, lock = Service(), Lock()
    service.stubborn = True
    given("a service that refuses the new access token too")
    page = await fetch(service, lock, "/users/me/")
    expect(page.status_code == 401, "The 401 must reach the caller.")
    expect(
        service.counted("POST") == 1,
        "It refreshed a second time. The new token was refused, and another "
        "one will be as well.",
    )
    for status in (400, 402, 403, 404, 503):
        service, lock = Service(page=status), Lock()
        given(f"a request that is answered {status}")
        page = await fetch(service, lock, "/page")
        expect(
            page.status_code == status and service.log == ["GET /page"],
            f"A {status} says nothing against the token: return it, and "
            "do not refresh. Only a 401 asks for another token.",
        )
