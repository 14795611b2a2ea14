"""Chapter 4's practice: who may learn what, and who may come in."""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
import jwt

from course.classroom.answer_types import a_function, a_lookup, a_value
from course.classroom.excerpt import excerpt, excerpt_of_error
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import (
    CallError,
    UnmetError,
    expect,
    given,
    may_not_raise,
)
from snippets import (
    ch02_password_hashing,
    ch03_dependency_wiring,
    ch04_token_endpoint,
)

PASSWORDS = {"johndoe": "secret", "alice": "secret2"}
KEY_OF_THEIR_OWN = hashlib.sha256(b"a teaching key of their own").hexdigest()

prediction(
    "The same login arrives as JSON. What is the answer?",
    wrong(
        "200: FastAPI reads JSON everywhere",
        "What FastAPI reads is decided by what the endpoint declares, not by "
        "what a client sends. This endpoint declares a form.",
    ),
    wrong(
        "401: these credentials are not accepted",
        "That would mean that somebody has looked at the password. Nobody "
        "has: what cannot be read is not wrong yet.",
    ),
    right(
        "422: two fields are missing",
        "Both stand in the JSON. The endpoint looks for them in a form.",
    ),
)
prediction(
    "Which refusal takes longest?",
    wrong(
        "Nobody: all four get the same answer",
        "They get the same words. When an answer comes is a part of it too.",
    ),
    right(
        "alice and johndoe, who have an account",
        "Only for them is there a hash to verify, and bcrypt takes its time.",
    ),
    wrong(
        "admin and root: all users are searched before they are refused",
        "A dict finds a name, or misses it, without looking at the others. "
        "Even a long list would be nothing beside one bcrypt hash.",
    ),
)
prediction(
    "An attacker has read our key and knows no password. What now?",
    right(
        "Be any user, at every door",
        "Whoever can sign can write what they like, and a signature that "
        "fits is all that the door asks for.",
    ),
    wrong(
        "Read the tokens that they find, and no more",
        "For that they need no key: claims are only encoded. The key is for "
        "writing them.",
    ),
    wrong(
        "Nothing: the service knows which tokens it has issued",
        "It keeps no list of them. A token is not looked up: its signature "
        "is computed anew and compared.",
    ),
)
prediction(
    "Four people log in at the `async def`. How long is the silence?",
    wrong(
        "Hardly any: `async` lets other requests run meanwhile",
        "`async def` alone gives way to nobody. Only an `await` does, and "
        "bcrypt has none.",
    ),
    wrong(
        "As long as one login takes: then the heartbeat has its turn",
        "The loop does serve in turn, and all four stood in the queue before "
        "the next heartbeat did.",
    ),
    right(
        "As long as all four logins take, one after the other",
        "One thread computes all four hashes, and answers nobody meanwhile.",
    ),
)
prediction(
    "johndoe has a new password. What does his old token open?",
    wrong(
        "Nothing: a new password ends what the old one began",
        "Nothing in a token comes from the password, and nobody asks for one "
        "at the door.",
    ),
    right(
        "All that it opened before, until it expires",
        "Its signature fits and its time is not over. Nothing else is asked.",
    ),
    wrong(
        "Nothing, once he logs in again and has a new one",
        "A user may have any number of tokens. A new one takes nothing from "
        "the old: both are signed, and both are good.",
    ),
)


def two_tokens(answer: object) -> tuple[str, str]:
    """Take a pair of tokens."""
    pair = a_value(answer)
    if not isinstance(pair, tuple) or len(pair) != 2:
        raise UnmetError(
            "That is not a pair. Hand over both tokens: `(fresh, late)`."
        )
    for token in pair:
        if not isinstance(token, str):
            raise UnmetError(
                f"`{excerpt(token)}` is no text. A token is the text that "
                "`create_access_token` returns."
            )
    fresh, late = pair
    return fresh, late


@exercise(
    "late, and nothing else",
    two_tokens,
    hints=(
        "List what the door asks of a token: a signature, two claims, a time "
        "to come, a user who is known. What does each of these two lack?",
        "A function of this chapter makes tokens that lack nothing. It lets "
        "you say how long they are good, and a `timedelta` may be negative.",
        'Both are `create_access_token({"sub": "johndoe"})`. The second is '
        "given `timedelta(minutes=-1)` as well.",
    ),
)
async def late_and_nothing_else(tokens: tuple[str, str]) -> None:
    """`fresh` opens; `late` would, were it not for its `exp`."""
    fresh, late = tokens
    given("`fresh`, at `/users/me/`")
    expect(
        await status_at_the_door(fresh) == 200,
        f"It is refused: {why_refused(fresh)} Where nothing opens, a "
        "refusal tells nothing: it may be a door that refuses everybody.",
    )
    given("`late`, at the same door")
    expect(
        await status_at_the_door(late) != 200,
        "It opens. `exp` is the moment from which on it must not.",
    )
    given("`late`, at a door that has forgotten to look at `exp`")
    try:
        claims = claims_of(late, verify_exp=False)
    except jwt.InvalidTokenError as error:
        raise UnmetError(
            f"It is refused as well: `{excerpt_of_error(error)}`. So a test "
            "with it passes although nobody looks at `exp`."
        ) from error
    user = ch03_dependency_wiring.users.get(claims["sub"])
    if user is None:
        raise UnmetError(
            "It is refused as well: there is no user "
            f"{excerpt(claims['sub'])}. So a test with it passes although "
            "nobody looks at `exp`."
        )
    expect(
        not user.disabled,
        "It is refused as well: the account is disabled. So a test with it "
        "passes although nobody looks at `exp`.",
    )
    given("the reason why `late` is refused")
    reason = why_refused(late)
    expect(
        "ExpiredSignatureError" in reason,
        f"It is another one: {reason} To be late, it needs an `exp` that is "
        "a number, and past.",
    )


async def status_at_the_door(token: str) -> int:
    """Ask the chapter's app for `/users/me/`."""
    header = b"Bearer " + token.encode("utf-8", "replace")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=ch04_token_endpoint.app),
        base_url="http://testserver",
    ) as client:
        visit = await client.get(
            "/users/me/", headers={b"Authorization": header}
        )
    return visit.status_code


def claims_of(token: str, *, verify_exp: bool = True) -> dict[str, Any]:
    """Verify a token as the door does, or without a look at its `exp`."""
    claims: dict[str, Any] = jwt.decode(
        token,
        ch03_dependency_wiring.SECRET_KEY,
        algorithms=[ch03_dependency_wiring.ALGORITHM],
        options={"require": ["exp", "sub"], "verify_exp": verify_exp},
    )
    return claims


def why_refused(token: str) -> str:
    """Say what the door finds first, as PyJWT puts it."""
    try:
        claims_of(token)
    except jwt.InvalidTokenError as error:
        return f"`{excerpt_of_error(error)}`."
    return "its user is not known here, or may not come in."


@exercise(
    "refuse to start",
    a_function,
    hints=(
        "Three things must stop the start: no key, a short one, the "
        "published one. Which of them does the stub notice?",
        '`environ.get("SECRET_KEY", "")` makes of a missing key a very short '
        "one. What 32 counts are bytes, and `len` of a text counts letters.",
        "If `len(key.encode()) < 32` or `key == TEACHING_KEY`, raise a "
        "`ValueError` whose words are fixed. Else return the key.",
    ),
)
def refuse_to_start(read: Callable[..., Any]) -> None:
    """`read_secret_key(environ)` returns a key, or stops the service."""
    published = ch03_dependency_wiring.TEACHING_KEY
    given("a key of 32 random bytes, in hexadecimal")
    began, key = begins(read, KEY_OF_THEIR_OWN)
    expect(
        began and key == KEY_OF_THEIR_OWN,
        "The service does not start with the key that it was given, and that "
        "is as good a key as any.",
    )
    given("no key: somebody has forgotten the variable")
    began, key = begins(read, None)
    expect(
        not began or key != published,
        "The service starts with the published key, and nobody is told. "
        "Whoever has read these pages can be every user.",
    )
    expect(
        not began or key is None,
        "The service starts with a key that nobody chose. A random one is "
        "another after each restart, which logs everybody out; and of two "
        "processes each refuses the other's tokens.",
    )
    expect(
        not began,
        "Nothing stops the start. The first login will fail instead, "
        "when everybody is waiting.",
    )
    given("an empty key: the variable is set, to nothing")
    expect(
        not begins(read, "")[0],
        "The service starts. A line `SECRET_KEY=` in a settings file sets "
        "the variable, and anybody can sign with nothing.",
    )
    given("a key of 31 bytes")
    expect(
        not begins(read, "k3y-" * 7 + "k3y")[0],
        "The service starts. HS256 asks for a key no shorter than its hash, "
        "32 bytes (RFC 7518 §3.2); who finds a token can guess at a short "
        "one at home.",
    )
    given("16 letters `é`, which are 32 bytes")
    expect(
        begins(read, "é" * 16)[0],
        "It is refused, and is long enough: RFC 7518 §3.2 counts bits, and "
        "`len` of a text counts letters.",
    )
    given("the teaching key, set on purpose")
    expect(
        not begins(read, published)[0],
        "The service starts. It is long enough, and everybody has it: "
        "settings are copied from pages like this one.",
    )


def begins(read: Callable[..., Any], key: str | None) -> tuple[bool, Any]:
    """Start a service with a key: whether it starts, and with which key.

    Raises:
        UnmetError: it is stopped by another error than a `ValueError`, or
            by one that tells the key.
    """
    try:
        return True, read({} if key is None else {"SECRET_KEY": key})
    except CallError as error:
        if not isinstance(error.__cause__, ValueError):
            raise UnmetError(
                f"{error} A refusal is expected, but as `ValueError`."
            ) from error
        expect(
            not key or key not in str(error.__cause__),
            f"{error} The error tells the key. Errors go into logs, and logs "
            "to people who may not sign.",
        )
        return False, None


@exercise(
    "two names, one time",
    a_lookup,
    hints=(
        "Two questions: which user is meant, and is this the password. Only "
        "the second may take time, and it must always be asked, once.",
        "Make a username of what was typed, without a look at the password. "
        "Of what is nobody's address you need not make anything.",
        "Build `{user.email: user.username for user in users.values()}` and "
        "`get(login, login)` from it. Then call `authenticate_user`, once.",
    ),
)
def two_names_one_time(find: Callable[..., Any]) -> None:
    """A login by name or address, at one verification each."""
    with counted_verifications() as verified:

        def ask(login: str, password: str) -> str | None:
            verified.clear()
            with may_not_raise(
                "At a login nobody catches it, so the service answers 500: "
                "another answer than others get.",
                Exception,
            ):
                user = find(login, password)
            if user is None:
                return None
            return str(getattr(user, "username", excerpt(user)))

        given("johndoe, by name and by address, with his password")
        for login in ("johndoe", "johndoe@example.com"):
            expect(
                ask(login, "secret") == "johndoe",
                f"By `{login}` he does not get in. His password is right, "
                "and the task lets him use either.",
            )
        given("his name and his address with other passwords")
        for login in ("johndoe", "johndoe@example.com"):
            for password in ("guess", "secret2", ""):
                expect(
                    ask(login, password) is None,
                    f"`{login}` opens with a password that is not his. "
                    "Whoever is found first is not let in yet.",
                )
        given("names and addresses of nobody")
        for login in ("nobody", "nobody@example.com", "", "@"):
            expect(
                ask(login, "secret") is None,
                "Somebody gets in who does not exist.",
            )
        given("a stopwatch, at a name that is known")
        ask("johndoe", "guess")
        by_name = len(verified)
        expect(
            by_name == 1,
            f"Verifications: {by_name}, and not one. Each costs us a slow "
            "hash, and none at all means that nobody asked for the password.",
        )
        given("a stopwatch, at a known address and a wrong password")
        ask("johndoe@example.com", "guess")
        expect(
            len(verified) == 1,
            f"Verifications: {len(verified)}; for a name it was one. The "
            "time tells a stranger that this address is known here.",
        )
        given("a stopwatch, at an address of nobody")
        ask("nobody@example.com", "guess")
        expect(
            len(verified) == 1,
            f"Verifications: {len(verified)}; for a known address it was "
            "one. The time tells strangers which addresses have an account: "
            "each new way to look somebody up can open the gap again.",
        )
        given("a stopwatch, at a name of nobody")
        ask("nobody", "guess")
        expect(
            len(verified) == 1,
            f"Verifications: {len(verified)}; for a known name it was one. "
            "The gap that this chapter closed is open again.",
        )


@contextmanager
def counted_verifications() -> Iterator[list[str]]:
    """List the hashes that bcrypt is asked about; it computes none of them.

    Which password is behind which hash is known here, so the check is quick
    and needs no clock.
    """
    users = ch03_dependency_wiring.users
    behind = {
        users[name].hashed_password: password
        for name, password in PASSWORDS.items()
    }
    verified: list[str] = []

    def verify(secret: str, hashed: str, *_: object, **__: object) -> bool:
        verified.append(hashed)
        return behind.get(hashed) == secret

    context = ch02_password_hashing.pwd_context
    with (
        patch.object(context, "verify", verify),
        patch.object(context, "needs_update", return_value=False),
    ):
        yield verified
