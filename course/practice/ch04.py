"""Chapter 4's practice: tokens that expire, keys, and equal work."""

import base64
import hashlib
import logging
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch

import httpx
import jwt
from passlib.exc import UnknownHashError

from course.classroom.answer_types import a_function, a_lookup, a_value
from course.classroom.excerpt import excerpt, excerpt_of_error
from course.classroom.exercise import exercise
from course.classroom.namespace import Table, lent, namespace_of
from course.classroom.prediction import prediction, right, wrong
from course.classroom.sandbox import RECORD, Record
from course.classroom.trial import (
    CallError,
    UnmetError,
    expect,
    given,
    may_not_raise,
    refused,
)
from snippets import (
    ch02_password_hashing,
    ch03_dependency_wiring,
    ch04_token_endpoint,
)

KEY_OF_THEIR_OWN = hashlib.sha256(b"a teaching key of their own").hexdigest()
# A valid hash by its form; the stand-in for bcrypt knows its password.
FORM_OF_A_HASH = "$2b$12$" + "teachinghash" * 4
HASHES = ("md5", "sha1", "sha256", "sha512")
PASSWORDS = {
    "johndoe": "secret",
    "alice": "secret2",
    "bob": "correct horse",
    "dave": "battery staple",
}

prediction(
    "The same login arrives as JSON. What is the answer?",
    wrong(
        "200: FastAPI reads JSON everywhere",
        "The endpoint decides what FastAPI reads, not the client. This "
        "endpoint declares a form.",
    ),
    wrong(
        "401: these credentials are not accepted",
        "A 401 would mean that the service has compared the password. It has "
        "not even found one.",
    ),
    right(
        "422: two fields are missing",
        "Both are in the JSON, but the endpoint looks for them in a form.",
    ),
)
prediction(
    "Which refusal takes longest?",
    wrong(
        "None: all four get the same answer",
        "They get the same words. But the time until they come can be "
        "measured, too.",
    ),
    right(
        "Those of alice and johndoe, who have an account",
        "Only they have a hash to verify, and bcrypt takes its time.",
    ),
    wrong(
        "Those of admin and root: all users are searched first",
        "A dict finds a name, or misses it, without looking at the others. "
        "Even a long list would take no time compared with one bcrypt hash.",
    ),
)
prediction(
    "An attacker has read our key and knows no password. What now?",
    right(
        "The attacker can be any user, at every endpoint",
        "With the key anyone can sign any claims, and the service checks "
        "nothing but the signature and the claims.",
    ),
    wrong(
        "The attacker can read stolen tokens, and no more",
        "Reading needs no key: claims are only encoded. The key is for "
        "writing them.",
    ),
    wrong(
        "Nothing: the service knows which tokens it has issued",
        "It keeps no list of them. It does not look a token up; it computes "
        "the signature again and compares.",
    ),
)
prediction(
    "Four people log in at the `async def`. How long is the silence?",
    wrong(
        "Hardly any: `async` lets other requests run meanwhile",
        "An `async def` lets others run only at an `await`, and the call of "
        "bcrypt has none.",
    ),
    wrong(
        "As long as one login takes: then the heartbeat has its turn",
        "The loop does take turns, but all four logins were in the queue "
        "before the next heartbeat was.",
    ),
    right(
        "As long as all four logins take, one after the other",
        "One thread computes all four hashes, and answers no request "
        "meanwhile.",
    ),
)
prediction(
    "johndoe has a new password. What does his old token open?",
    wrong(
        "Nothing: a new password ends what the old one began",
        "Nothing in a token comes from the password, and no endpoint asks "
        "for a password again.",
    ),
    right(
        "All that it opened before, until it expires",
        "Its signature is valid and it has not expired. The service checks "
        "nothing else.",
    ),
    wrong(
        "Nothing, once he logs in again and has a new one",
        "A user may have any number of tokens. A new token takes nothing "
        "from an old one: both have valid signatures.",
    ),
)


def two_tokens(answer: object) -> tuple[str, str]:
    """Take a pair of tokens."""
    pair = a_value(answer)
    if not isinstance(pair, tuple | list) or len(pair) != 2:
        raise UnmetError(
            "That is not a pair. Hand over both tokens: `(fresh, late)`."
        )
    for token in pair:
        if not isinstance(token, str):
            raise UnmetError(
                f"`{excerpt(token)}` is not a string. A token is the string "
                "that `create_access_token` returns."
            )
    fresh, late = pair
    return fresh, late


@exercise(
    "late, and nothing else",
    two_tokens,
    hints=(
        "List what the app checks in a token: the signature, two claims, the "
        "time, and the user. Which of these checks does each token fail?",
        "A function of this chapter makes tokens that pass every check. Its "
        "second argument is the lifetime, and a `timedelta` may be negative.",
        'Both are `create_access_token({"sub": "johndoe"})`. The second one '
        "also gets `timedelta(minutes=-1)`.",
    ),
)
async def late_and_nothing_else(tokens: tuple[str, str]) -> None:
    """`fresh` is accepted; so would `late` be, were it not for its `exp`."""
    fresh, late = tokens
    given(f"`fresh`, at `/users/me/`: {excerpt(fresh)}")
    expect(
        await status_of_me(fresh) == 200,
        f"It is refused: {why_refused(fresh)} Without a token that is "
        "accepted, a refusal proves nothing: the app may refuse every token.",
    )
    given(f"`late`, at `/users/me/`: {excerpt(late)}")
    expect(
        await status_of_me(late) != 200,
        "It is accepted, because its `exp` is in the future. If you wrote "
        "`exp` into the claims: `create_access_token` overwrites it, and "
        "takes the lifetime as its second argument.",
    )
    given("`late`, at an app that has forgotten to check `exp`")
    so_what = "So a test with it passes although no code checks `exp`."
    try:
        claims = claims_of(late, verify_exp=False)
    except jwt.InvalidTokenError as error:
        raise UnmetError(
            f"It is refused there, too: `{excerpt_of_error(error)}`. {so_what}"
        ) from error
    user = ch03_dependency_wiring.users.get(claims["sub"])
    if user is None:
        raise UnmetError(
            "It is refused there, too: there is no user "
            f"{excerpt(claims['sub'])}. {so_what}"
        )
    expect(
        not user.disabled,
        f"It is refused there, too: the account is disabled. {so_what}",
    )
    given("the reason why `late` is refused")
    reason = why_refused(late)
    expect(
        "ExpiredSignatureError" in reason,
        f"It is a different one: {reason} An expired token has an `exp` that "
        "is a number, and in the past.",
    )
    exp = claims["exp"]
    expect(
        isinstance(exp, int | float) and not isinstance(exp, bool),
        f"PyJWT says that it has expired, but its `exp` is {excerpt(exp)} and "
        "must be a number (RFC 7519 §4.1.4). Another library refuses the "
        "token for that, even if it never looks at the time.",
    )


async def status_of_me(token: str) -> int:
    """Request `/users/me/` of the chapter's app; return the status."""
    header = b"Bearer " + token.encode("utf-8", "replace")
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=ch04_token_endpoint.app),
        base_url="http://testserver",
    ) as client:
        response = await client.get(
            "/users/me/", headers={b"Authorization": header}
        )
    return response.status_code


def claims_of(token: str, *, verify_exp: bool = True) -> dict[str, Any]:
    """Verify a token as the app does, or without checking its `exp`."""
    claims: dict[str, Any] = jwt.decode(
        token,
        ch03_dependency_wiring.SECRET_KEY,
        algorithms=[ch03_dependency_wiring.ALGORITHM],
        options={"require": ["exp", "sub"], "verify_exp": verify_exp},
    )
    return claims


def why_refused(token: str) -> str:
    """Write PyJWT's first error for a token, or that its user is refused."""
    try:
        claims_of(token)
    except jwt.InvalidTokenError as error:
        return f"`{excerpt_of_error(error)}`."
    return "its user is unknown or disabled, or its `exp` is not a number."


@exercise(
    "refuse to start",
    a_function,
    hints=(
        "Three things must stop the start: no key, a short key, the "
        "published key. Which of them does the stub refuse?",
        '`environ.get("SECRET_KEY", "")` turns a missing key into a very '
        "short one. The 32 counts bytes; `len` of a string counts characters.",
        "If `len(key.encode()) < 32` or `key == TEACHING_KEY`, raise a "
        "`ValueError` with a fixed message. Otherwise return the key.",
    ),
)
def refuse_to_start(read: Callable[..., Any]) -> None:
    """`read_secret_key(environ)` returns a safe key, or raises ValueError."""
    accept_good_keys(read)
    published = ch03_dependency_wiring.TEACHING_KEY
    given("no key: the variable is not set")
    with refused("", ValueError):
        key = read({"PATH": "/bin"})
        if key == published:
            raise UnmetError(
                "The service starts with the published key, and no error "
                "says so. Anyone who has read these pages can be every user."
            )
        if key is not None and not isinstance(key, BaseException):
            raise UnmetError(
                "The service starts with a key that no person chose. A "
                "random key changes with each restart, which logs everyone "
                "out, and two processes refuse each other's tokens."
            )
    given("an empty key: the variable is set to nothing")
    with refused(
        "The service starts. A line `SECRET_KEY=` in a settings file sets "
        "the variable to an empty string, and anyone can sign with that.",
        ValueError,
    ):
        read({"SECRET_KEY": ""})
    short = "k7m2q9z4" * 3 + "w5v3j6h"
    given("a key of 31 bytes")
    with refused(
        "The service starts. HS256 needs a key that is at least as long as "
        "its hash, 32 bytes (RFC 7518 §3.2). An attacker who has one token "
        "can find a short key by guessing.",
        ValueError,
    ):
        try:
            with keeps_to_itself(short, part=2):
                read({"SECRET_KEY": short})
        except CallError as error:
            expect(
                not tells(text_of(error.__cause__), short, part=2),
                f"{error} The error contains the key, or a part of it, plain, "
                "encoded or hashed. Errors are written to logs, and many "
                "people read logs.",
            )
            raise
    given("the teaching key, set on purpose")
    with refused(
        "The service starts. The key is long enough, but everyone has it: "
        "people copy settings from pages like this one.",
        ValueError,
    ):
        read({"SECRET_KEY": published})


def accept_good_keys(read: Callable[..., Any]) -> None:
    """Try keys that must be returned unchanged.

    Raises:
        UnmetError: one is refused, or comes back changed.
    """
    for words, key, why in (
        (
            "a key of 64 hexadecimal characters",
            KEY_OF_THEIR_OWN,
            "The service does not start with the key that it was given, and "
            "that is a good key. Read it from `environ`.",
        ),
        (
            "64 characters that are not hexadecimal",
            "Zk9v-" * 12 + "q7Rt",
            "It is refused. The key is used as text, so it need not be "
            "hexadecimal.",
        ),
        (
            "a key of 33 bytes",
            "Zk9v-q7Rt_B" * 3,
            "It is refused, and is long enough. `token_hex(32)` has 64 "
            "characters, but 32 bytes are enough.",
        ),
        (
            "a key of exactly 32 bytes",
            "Zk9v-q7R" * 4,
            "It is refused, and exactly 32 bytes are enough: only fewer are "
            "too few.",
        ),
        (
            "16 times the letter `é`, which are 32 bytes",
            "é" * 16,
            "It is refused, and is long enough: the limit counts bytes, and "
            "`len` of a string counts characters.",
        ),
        (
            "a key of 41 bytes that begins with a space and ends with a line "
            "break",
            " " + "Zk9v-q7Rt_" * 3 + "Zk9v-q7R \n",
            "It is refused, and is as good as any: spaces and line breaks "
            "are characters.",
        ),
        (
            "a key of 88 characters",
            "Zk9v-q7R" * 11,
            "It is refused, and no key is too long.",
        ),
        (
            "a key with spaces and the word teaching",
            "a key that is not for teaching: Zk9v-q7Rt_B",
            "It is refused, and is a good key: long enough, and another text "
            "than `TEACHING_KEY`.",
        ),
    ):
        given(words)
        environ = {"SECRET_KEY": key}
        before = dict(os.environ)
        with patch.dict(os.environ):
            with may_not_raise(why, ValueError), keeps_to_itself(key, part=6):
                result = read(environ)
            after = dict(os.environ)
        expect(
            result == key,
            "It is not the key that was set. Another program that reads the "
            "same variable would sign with another key.",
        )
        expect(
            environ == {"SECRET_KEY": key},
            "The function changed `environ`. Other code reads the "
            "environment, too: only read it.",
        )
        expect(
            after == before,
            "The function changed `os.environ`. Other code reads the "
            "environment, too, and passes it on to every program that it "
            "starts: only read what you are given.",
        )


@contextmanager
def keeps_to_itself(key: str, part: int) -> Iterator[None]:
    """Listen to what a call prints and logs while it reads a key.

    Raises:
        UnmetError: it has a part of the key, of so many characters.
    """
    heard, outer = Record(), RECORD.get() or Record()
    handler, root = logging.StreamHandler(heard), logging.getLogger()
    level, token = root.level, RECORD.set(heard)
    root.addHandler(handler)
    root.setLevel(logging.NOTSET)
    try:
        yield
    finally:
        root.setLevel(level)
        root.removeHandler(handler)
        RECORD.reset(token)
        outer.write(heard.text)
        expect(
            not tells(heard.text, key, part),
            "The function printed or logged the key, or a part of it. What a "
            "service prints is kept, and many people read it.",
        )


def text_of(error: BaseException | None) -> str:
    """Write all that an error, and those behind it, say."""
    texts = []
    while error is not None:
        notes = getattr(error, "__notes__", [])
        texts.append(f"{error} {error!r} {notes}")
        error = error.__cause__ or error.__context__
    return " ".join(texts)


def tells(text: str, key: str, part: int) -> bool:
    """Whether a text has a part of a key: plain, encoded, or hashed.

    Args:
        text: what is said, such as `short key: k7m2…`.
        key: the secret.
        part: how many of its characters are a part, in either direction.
    """
    octets = key.encode()
    encoded = [
        octets.hex(),
        base64.b64encode(octets).decode(),
        base64.urlsafe_b64encode(octets).decode(),
        str(list(octets))[1:-1],
        *(hashlib.new(name, octets).hexdigest() for name in HASHES),
    ]
    letters = "".join(re.findall(r"\w", text))  # of a list of characters
    return (
        has_part(text, key, part)
        or has_part(text, key[::-1], part)
        or has_part(letters, "".join(re.findall(r"\w", key)), part + 2)
        or any(has_part(text, each, 8) for each in encoded)
    )


def has_part(text: str, whole: str, size: int) -> bool:
    """Whether some characters in a row of a whole are also in a text."""
    starts = range(len(whole) - size + 1)
    return any(whole[at : at + size] in text for at in starts)


@exercise(
    "two names, one time",
    a_lookup,
    hints=(
        "There are two questions: which user is meant, and is this the "
        "user's password? Only the second takes time, and it must be asked "
        "once in every call.",
        "First turn the address into a username, without looking at the "
        "password. If the address is unknown, leave it as it is.",
        "Build `{user.email: user.username for user in users.values()}`, and "
        "call `get(login, login)` on it. Then call `authenticate_user` once.",
    ),
)
def two_names_one_time(find: Callable[..., Any]) -> None:
    """A login by username or address, at one verification for each call."""
    with (
        lent(
            "users",
            five_users,
            vars(ch03_dependency_wiring),
            vars(ch04_token_endpoint),
            namespace_of(find),
        ) as [users, *_],
        counted_verifications(users) as verified,
    ):
        login = Login(find, users, verified)
        login.lets_owners_in()
        login.keeps_others_out()
        login.works_once_for_everyone()


def five_users(users: Table) -> Table:
    """Copy johndoe and alice, and add three: an address written otherwise,
    no address, and a damaged hash.
    """
    john = users["johndoe"]
    own = {
        name: john.model_copy(
            update={
                "username": name,
                "email": email,
                "disabled": name == "alice",
                "hashed_password": hashed,
            }
        )
        for name, email, hashed in (
            ("johndoe", "johndoe@example.com", ""),
            ("alice", "alice@example.com", ""),
            ("bob", "robert@example.org", ""),
            ("dave", None, ""),
            ("erin", "erin@example.com", "!"),
        )
    }
    for name in PASSWORDS:
        own[name].hashed_password = FORM_OF_A_HASH + f"{name:.<5}"[:5]
    return own


class Login:
    """The learner's login, with the table that it reads."""

    def __init__(
        self, find: Callable[..., Any], users: Table, verified: list[str]
    ) -> None:
        """Keep the function, its users, and the list of verifications."""
        self.find = find
        self.users = users
        self.verified = verified
        self.before = {name: vars(user).copy() for name, user in users.items()}

    def ask(self, login: str, password: str) -> Any:  # noqa: ANN401
        """Call the learner's function; it must leave the table alone."""
        self.verified.clear()
        with may_not_raise(
            "A login that raises is answered by a 500, which is another "
            "answer than other names get.",
            Exception,
        ):
            user = self.find(login, password)
        expect(
            {name: vars(each) for name, each in self.users.items()}
            == self.before,
            "The call changed the table of users. A login by address should "
            "only read it.",
        )
        return user

    def lets_owners_in(self) -> None:
        """Each user logs in by username and by address."""
        given("johndoe, by username and by address, with his password")
        for login in ("johndoe", "johndoe@example.com"):
            self.expect_user(login, "johndoe")
        given("bob, whose address is robert@example.org, and dave without any")
        for login, name in (
            ("bob", "bob"),
            ("robert@example.org", "bob"),
            ("dave", "dave"),
        ):
            self.expect_user(login, name)

        given("alice, whose account is disabled, with her password")
        for login in ("alice", "alice@example.com"):
            self.expect_user(login, "alice")

    def expect_user(self, login: str, name: str) -> None:
        """Require that a login with the right password returns its user."""
        user = self.ask(login, PASSWORDS[name])
        expect(
            user is not None,
            f"With `{login}` and the right password there is no login. The "
            "task allows both names, for every user in the table.",
        )
        expect(
            user == self.users[name],
            f"The user {name} should be returned, as `authenticate_user` "
            "does: the endpoint reads the username from it.",
        )

    def keeps_others_out(self) -> None:
        """Wrong passwords and unknown names get None."""
        given("known usernames and addresses, with wrong passwords")
        for login in (
            *("johndoe", "johndoe@example.com", "robert@example.org"),
            *("alice", "dave"),
        ):
            for password in ("guess", "", "a" * 73):
                expect(
                    self.ask(login, password) is None,
                    f"`{login}` is let in with a wrong password. Finding a "
                    "user is not enough: the password must match.",
                )
        expect(
            self.ask("robert@example.org", "secret") is None
            and self.ask("johndoe@example.com", "secret2") is None,
            "An address is let in with another user's password.",
        )
        given("names and addresses that nobody has")
        for login in (
            *("nobody", "nobody@example.com", "", "@", "None"),
            *("john", "example.com", "johndoe@example.org", "bob@example.org"),
            *("robert", "bob@example.com", "dave@example.com"),
            *(" johndoe", "johndoe\n", "JohnDoe", "johndoe@example.com "),
        ):
            for password in PASSWORDS.values():
                expect(
                    self.ask(login, password) is None,
                    f"`{login}` is let in, and no user has this name or "
                    "address. A name must be equal, not similar.",
                )

    def works_once_for_everyone(self) -> None:
        """Each call verifies one password."""
        gap = "The gap that this chapter closed is open again."
        for words, login, why in (
            ("a username that exists", "johndoe", ""),
            (
                "an address that exists",
                "johndoe@example.com",
                "The time tells an attacker that this address exists.",
            ),
            (
                "an address that does not exist",
                "nobody@example.com",
                f"The time tells an attacker which addresses exist. {gap}",
            ),
            (
                "a username that does not exist",
                "nobody",
                f"The time tells an attacker which usernames exist. {gap}",
            ),
            (
                "a user whose account is disabled",
                "alice",
                "The time tells an attacker that alice exists.",
            ),
            (
                "the address of a disabled account",
                "alice@example.com",
                "The time tells an attacker that this address exists.",
            ),
            (
                "a user who has no address",
                "dave",
                "The time tells an attacker that dave exists.",
            ),
            (
                "a user whose stored hash is damaged",
                "erin@example.com",
                f"The time tells an attacker that erin exists. {gap}",
            ),
        ):
            given(f"a stopwatch, at {words}, with a wrong password")
            expect(self.ask(login, "guess") is None, "The login succeeds.")
            count = len(self.verified)
            expect(
                count == 1,
                f"Verifications: {count} instead of 1. "
                + (why or "Each call should verify exactly one password."),
            )
        for login, name in (
            *(("johndoe", "johndoe"), ("johndoe@example.com", "johndoe")),
            *(("robert@example.org", "bob"), ("dave", "dave")),
            *(("alice", "alice"), ("alice@example.com", "alice")),
        ):
            given(f"a stopwatch, at `{login}` with the right password")
            self.ask(login, PASSWORDS[name])
            expect(
                len(self.verified) == 1,
                f"Verifications: {len(self.verified)} instead of 1 for the "
                "right password.",
            )


@contextmanager
def counted_verifications(users: Table) -> Iterator[list[str]]:
    """List the hashes that are verified; bcrypt computes none of them.

    The passwords behind the hashes are known here, so that the check is
    quick and needs no clock. As the real `verify` does, the stand-in raises
    for a text that is no hash.
    """
    behind = {
        users[name].hashed_password: password
        for name, password in PASSWORDS.items()
    }
    verified: list[str] = []
    context = ch02_password_hashing.pwd_context

    def verify(secret: str, hashed: str, *_: object, **__: object) -> bool:
        if context.identify(hashed) is None:
            raise UnknownHashError
        verified.append(hashed)
        return behind.get(hashed) == secret

    before = logging.root.manager.disable
    logging.disable(logging.ERROR)  # what a login says of a damaged hash
    try:
        with (
            patch.object(context, "verify", verify),
            patch.object(context, "needs_update", return_value=False),
        ):
            yield verified
    finally:
        logging.disable(before)
