"""Chapter 14's practice: a hunt for twelve faults, counted and never named.

An exploit is a function that breaks in, and returns whether it could. It
speaks to the service as any client does, so that it holds against every way
to repair a fault; the hashes of a login are counted besides.
"""

import asyncio
import re
import secrets
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any
from unittest.mock import patch

import argon2
import bcrypt
import httpx
import jwt
from starlette.types import ASGIApp, Receive, Scope, Send

from course.classroom.answer_types import a_value, an_app
from course.classroom.exercise import exercise
from course.classroom.prediction import prediction, right, wrong
from course.classroom.trial import attempt, expect, given, remark

prediction(
    "The bench tries some forty attacks. How many of the twelve faults can "
    "it see?",
    wrong(
        "All twelve",
        "It sends requests to one path and to the login. It never writes a "
        "note, logs out, or calls from another page.",
    ),
    right(
        "A few",
        "It changes tokens and logins in every way that it knows. What is "
        "wrong with notes, logouts and accounts, it never sees.",
    ),
    wrong(
        "None: it has no access to the code",
        "It needs no code. A token that should be refused and is accepted "
        "shows a fault to everybody.",
    ),
)
prediction(
    "bob logs out with his token. A thief sends a copy of it with `=` at the "
    "end. What does the service answer?",
    wrong(
        "401: the signature does not fit",
        "In base64, `=` only fills a text up to four characters. The decoded "
        "signature is the same, so it fits.",
    ),
    wrong(
        "401: the token has ended",
        "The service remembers the text of the token that has ended. The "
        "copy is another text.",
    ),
    right(
        "200, and bob's profile",
        "The signature fits with or without `=`, and the text of the copy is "
        "not among those that have ended.",
    ),
)

Json = dict[str, Any]
EVIL = (
    "https://evil-notes.example",
    "https://evilnotes.example",
    "https://notes.example.evil.example",
    "https://evil.example/notes.example",
    "https://notesXexample",
    "https://evil.example",
    "http://notes.example",
    "null",
)
FROM_PAGE = {"X-From-Page": "yes"}
FORWARDING = ("X-Forwarded-For", "X-Real-IP", "True-Client-IP", "Forwarded")


class NotServedError(Exception):
    """An honest request is not answered as it should be."""


def served(response: httpx.Response, status: int = 200) -> httpx.Response:
    """Return a response that has the right status.

    Raises:
        NotServedError: it has another.
    """
    if response.status_code != status:
        raise NotServedError(str(response))
    return response


def holds(condition: object) -> None:
    """Go on if an honest user gets what is right.

    Raises:
        NotServedError: the condition does not hold.
    """
    if not condition:
        raise NotServedError


@dataclass(frozen=True)
class User:
    """A user whom the hunt has registered, and the address of the client."""

    name: str
    password: str
    host: str


# Of clients' addresses, over all visits: a limit remembers those of the last.
HOSTS = count(1)


@dataclass
class Visit:
    """A visit to a service, by users of its own.

    The attributes name what differs between this service and others.
    """

    app: ASGIApp
    notes: str = "/notes/"
    text: str = "text"
    scope: str = "notes"
    cookie: str = "session"
    cookie_is_used_up: bool = True
    origins: tuple[str, ...] = (
        "https://notes.example",
        "https://beta.notes.example",
    )

    def new_host(self) -> str:
        """Return an address that no client has had (RFC 3849)."""
        return f"2001:db8::{next(HOSTS):x}"

    async def send(
        self,
        method: str,
        path: str,
        *,
        token: str = "",
        host: str = "2001:db8::",
        headers: dict[str, str] | None = None,
        **content: Any,  # noqa: ANN401
    ) -> httpx.Response:
        """Send a request from an address, with a token if there is one."""
        sent = dict(headers or {})
        if token:
            sent["Authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(self.app, client=(host, 50_000))
        url = f"https://testserver{path}"
        request = httpx.Request(method, url, headers=sent, **content)
        # As in a server, each request is a task of its own.
        answering = transport.handle_async_request(request)
        response = await asyncio.create_task(answering)
        await response.aread()
        return response

    async def sign_up(self, name: str, password: str) -> httpx.Response:
        """Register a user."""
        body = {"username": name, "password": password, "full_name": "Mia M."}
        return await self.send(
            "POST", "/users/", json=body, host=self.new_host()
        )

    async def new_user(self, password: str = "") -> User:
        """Register a user of a new name, who must be accepted."""
        name = f"mia{secrets.token_hex(6)}"
        password = password or secrets.token_hex(8)
        served(await self.sign_up(name, password), 201)
        return User(name, password, self.new_host())

    async def login(
        self, user: User, path: str = "/token", **other: str
    ) -> httpx.Response:
        """Log in; `other` replaces fields of the form, or adds some."""
        form = {"grant_type": "password", "username": user.name}
        form |= {"password": user.password} | other
        return await self.send(
            *("POST", path), data=form, headers=FROM_PAGE, host=user.host
        )

    async def pair(self, user: User, **other: str) -> Json:
        """Log in, which must succeed, and return the tokens."""
        tokens: Json = served(await self.login(user, **other)).json()
        return tokens

    async def renew(self, token: str, **other: str) -> httpx.Response:
        """Trade a refresh token for a new pair."""
        form = {"grant_type": "refresh_token", "refresh_token": token}
        return await self.send("POST", "/token", data=form | other)

    async def revoke(self, token: str) -> httpx.Response:
        """Log out."""
        return await self.send("POST", "/revoke", data={"token": token})

    async def me(self, token: str) -> httpx.Response:
        """Ask whose an access token is."""
        return await self.send("GET", "/users/me/", token=token)

    async def admin(self, token: str) -> httpx.Response:
        """Ask for all usernames, as an administrator does."""
        return await self.send("GET", "/admin/users/", token=token)

    async def add_note(self, token: str) -> str:
        """Write a note, and return its path."""
        body = {self.text: "buy milk"}
        sent = await self.send("POST", self.notes, token=token, json=body)
        return f"{self.notes}{served(sent, 201).json()['id']}"

    async def begin_session(self, user: User) -> str:
        """Log in at the page, and return the cookie."""
        return cookie_in(await self.login(user, "/session/"))

    async def session(
        self, cookie: str, headers: dict[str, str] | None = None
    ) -> httpx.Response:
        """Ask for an access token, as the page does with its cookie."""
        sent = (
            {"Cookie": f"{self.cookie}={cookie}"} | FROM_PAGE | (headers or {})
        )
        return await self.send("GET", "/session/", headers=sent)


def cookie_in(response: httpx.Response) -> str:
    """Return the session's cookie that a response sets.

    Raises:
        NotServedError: it sets none.
    """
    found = re.search(
        r"session=([^;]+)", response.headers.get("set-cookie", "")
    )
    if found is None:
        raise NotServedError("no cookie")
    return found[1]


Exploit = Callable[[Visit], Awaitable[bool]]
EXPLOITS: dict[int, Exploit] = {}  # by the chapter that the fault is from


def exploit(chapter: int) -> Callable[[Exploit], Exploit]:
    """Register an exploit of a fault that a chapter is about."""

    def register(function: Exploit) -> Exploit:
        EXPLOITS[chapter] = function
        return function

    return register


def claims_of(token: str) -> Json:
    """Read a token without its key; of what is no JWT, return no claims."""
    try:
        claims: Json = jwt.decode(token, options={"verify_signature": False})
    except jwt.DecodeError:
        return {}
    return claims


@exploit(1)
async def forge_a_logout(visit: Visit) -> bool:
    """Log another user out with a token that mallory has written."""
    victim = await visit.new_user()
    tokens = await visit.pair(victim)
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    for token in (access, refresh):
        claims = claims_of(token) | {"sub": victim.name, "jti": "forged"}
        unsigned = jwt.encode(claims, "", "none")
        for forged in (
            jwt.encode(claims, secrets.token_bytes(32), "HS256"),
            jwt.encode({"sub": victim.name}, secrets.token_bytes(32), "HS256"),
            unsigned,
            unsigned + "A" * 43,
        ):
            await visit.revoke(forged)
    gone = (await visit.me(access)).status_code != 200
    return gone or (await visit.renew(refresh)).status_code != 200


def other_ends(password: str) -> Iterator[str]:
    """Change what a long password has after its first 72 bytes."""
    yield f"{password}x"
    yield f"{password[:-1]}{chr(ord(password[-1]) + 1)}"
    yield password.encode()[:72].decode()


@exploit(2)
async def log_in_with_half_a_password(visit: Visit) -> bool:
    """Log in with a password that differs only after 72 bytes."""
    await visit.pair(await visit.new_user())
    for letter, size in (
        ("a", 72),
        ("a", 73),
        ("a", 90),
        ("ä", 36),
        ("ä", 45),
    ):
        password = letter * size
        name = f"mia{secrets.token_hex(6)}"
        if (await visit.sign_up(name, password)).status_code != 201:
            continue
        user = User(name, password, visit.new_host())
        others = [*other_ends(password)][: 1 if size in (72, 36) else 3]
        for other in others:
            answer = await visit.login(user, password=other)
            if answer.status_code == 200:
                return True
    return False


HASH = re.compile(r"\$2[abxy]?\$|\$argon2|\$scrypt|\$pbkdf2")


@exploit(3)
async def read_a_hash(visit: Visit) -> bool:
    """Find a hash, or the password itself, in what the service answers."""
    name, password = f"mia{secrets.token_hex(6)}", secrets.token_hex(8)
    begun = served(await visit.sign_up(name, password), 201)
    user = User(name, password, visit.new_host())
    tokens = await visit.pair(user)
    answers = [begun, await visit.me(tokens["access_token"])]
    return any(HASH.search(a.text) or password in a.text for a in answers)


@contextmanager
def counted_hashes() -> Iterator[list[int]]:
    """Count the work of each password hash: two to the power of its cost."""
    work: list[int] = []
    check, new = bcrypt.checkpw, bcrypt.hashpw
    verify = argon2.PasswordHasher.verify

    def counted_check(password: bytes, stored: bytes) -> bool:
        work.append(2 ** int(stored[4:6]))
        return check(password, stored)

    def counted_new(password: bytes, salt: bytes) -> bytes:
        work.append(2 ** int(salt[4:6]))
        return new(password, salt)

    def counted_verify(*args: Any) -> Any:  # noqa: ANN401
        work.append(1)
        return verify(*args)

    with (
        patch.object(bcrypt, "checkpw", counted_check),
        patch.object(bcrypt, "hashpw", counted_new),
        patch.object(argon2.PasswordHasher, "verify", counted_verify),
    ):
        yield work


@exploit(4)
async def find_usernames(visit: Visit) -> bool:
    """Tell a registered username from an unknown one by a failed login."""
    user = await visit.new_user()
    seen = set()
    for name in (user.name, f"no{secrets.token_hex(6)}", "nobody"):
        with counted_hashes() as work:
            guess = User(name, "a wrong password", visit.new_host())
            answer = await visit.login(guess)
        challenge = answer.headers.get("WWW-Authenticate")
        seen.add((answer.status_code, answer.text, challenge, sum(work)))
    return len(seen) > 1 or seen.pop()[3] == 0


@exploit(6)
async def become_an_administrator(visit: Visit) -> bool:
    """Ask for a scope that the account does not have, and use it."""
    user = await visit.new_user()
    for scope in ("admin", f"{visit.scope} admin", f"admin {visit.scope}"):
        answer = await visit.login(user, scope=scope)
        if answer.status_code != 200:
            continue
        tokens = answer.json()
        renewed = await visit.renew(tokens["refresh_token"], scope=scope)
        pairs = [tokens, renewed.json()] if renewed.is_success else [tokens]
        for pair in pairs:
            listed = await visit.admin(pair["access_token"])
            if listed.status_code == 200:
                return True
    return False


@exploit(7)
async def take_an_account_over(visit: Visit) -> bool:
    """Register a username that another user has, in other letters."""
    victim = await visit.new_user()
    own = secrets.token_hex(8)
    for change in (str.upper, str.capitalize, str.swapcase, str.title):
        answer = await visit.sign_up(change(victim.name), own)
        theirs = await visit.login(victim)
        ours = await visit.login(victim, password=own)
        if ours.status_code == 200 or theirs.status_code != 200:
            return True
        if answer.status_code == 201:
            return True  # two users whom nobody can tell apart
    return False


@exploit(8)
async def use_a_refresh_token_again(visit: Visit) -> bool:
    """Use a refresh token a second time, as a thief of it does."""
    user = await visit.new_user()
    first = (await visit.pair(user))["refresh_token"]
    second = served(await visit.renew(first)).json()["refresh_token"]
    served(await visit.renew(second))
    for used in (second, first, first):
        if (await visit.renew(used)).status_code == 200:
            return True
    cookie = await visit.begin_session(user)
    served(await visit.session(cookie))
    again = await visit.session(cookie)
    return visit.cookie_is_used_up and again.status_code == 200


@exploit(9)
async def mix_tokens_up(visit: Visit) -> bool:
    """Use a refresh token as an access token, and the other way round."""
    user = await visit.new_user()
    tokens = await visit.pair(user)
    access, refresh = tokens["access_token"], tokens["refresh_token"]
    answers = [
        await visit.me(refresh),
        await visit.send("GET", visit.notes, token=refresh),
        await visit.renew(access),
        await visit.session(access),
    ]
    return any(answer.is_success for answer in answers)


ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def spellings(token: str) -> Iterator[str]:
    """Write a token in the other ways that decode to the same bytes.

    The last character of a signature carries fewer than six bits, and `=`
    only fills up.
    """
    head, last = token[:-1], token[-1]
    unused = len(token.rpartition(".")[2]) * 6 % 8  # bits beyond a byte
    first = ALPHABET.index(last) >> unused << unused
    for letter in ALPHABET[first : first + 2**unused]:
        if letter != last:
            yield head + letter
    yield from (f"{token}=", f"{token}==", f"{token}===")


@exploit(10)
async def come_back_after_a_logout(visit: Visit) -> bool:
    """Use a token after its logout, in another spelling."""
    user = await visit.new_user()
    token = (await visit.pair(user))["access_token"]
    served(await visit.revoke(token))
    for spelling in spellings(token):
        if (await visit.me(spelling)).status_code == 200:
            return True
    return False


GUESSES = 24  # more than the service allows


@exploit(11)
async def guess_from_many_addresses(visit: Visit) -> bool:
    """Guess passwords, and claim another address in each request."""
    for path in ("/token", "/session/"):
        user = await visit.new_user()
        # Of a network that the learner has hardly tried in this minute.
        network = f"10.{secrets.randbelow(256)}.{secrets.randbelow(256)}"
        for number in range(GUESSES):
            claimed = f"{network}.{number + 1}"
            headers = dict.fromkeys(FORWARDING, claimed) | FROM_PAGE
            headers["Forwarded"] = f"for={claimed}"
            form = {"grant_type": "password", "username": user.name}
            form["password"] = f"guess {number}"
            answer = await visit.send(
                *("POST", path), data=form, headers=headers, host=user.host
            )
            if answer.status_code == 429:
                break
        else:
            return True
    return False


def can_read(response: httpx.Response, origin: str) -> bool:
    """Return whether a browser lets a page of an origin read a response."""
    headers = response.headers
    return (
        response.is_success
        and headers.get("Access-Control-Allow-Origin") == origin
        and headers.get("Access-Control-Allow-Credentials") == "true"
    )


async def page_reads(visit: Visit, cookie: str, origin: str) -> bool:
    """Fetch the session from a page as a browser does, preflight first."""
    asked = {
        "Origin": origin,
        "Access-Control-Request-Method": "GET",
        "Access-Control-Request-Headers": "x-from-page",
    }
    preflight = await visit.send("OPTIONS", "/session/", headers=asked)
    if not can_read(preflight, origin):
        return False
    answer = await visit.session(cookie, {"Origin": origin})
    return can_read(answer, origin)


@exploit(12)
async def read_from_a_foreign_page(visit: Visit) -> bool:
    """Fetch an access token from a page of another origin."""
    user = await visit.new_user()
    for origin in EVIL:
        cookie = await visit.begin_session(user)
        if await page_reads(visit, cookie, origin):
            return True
    return False


@exploit(13)
async def touch_another_users_notes(visit: Visit) -> bool:
    """Read and delete a note of another user's, and find out which exist."""
    victim, mallory = await visit.new_user(), await visit.new_user()
    scope = visit.scope
    theirs = (await visit.pair(victim, scope=scope))["access_token"]
    ours = (await visit.pair(mallory, scope=scope))["access_token"]
    path = await visit.add_note(theirs)
    gone = await visit.add_note(ours)
    served(await visit.send("DELETE", gone, token=ours), 204)
    for method in ("GET", "DELETE"):
        there = await visit.send(method, path, token=ours)
        missing = await visit.send(method, gone, token=ours)
        if there.is_success or there.status_code != missing.status_code:
            return True
    kept = await visit.send("GET", path, token=theirs)
    return kept.status_code != 200


Honest = Callable[[Visit], Awaitable[None]]
HONEST: dict[str, Honest] = {}


def honest(what: str) -> Callable[[Honest], Honest]:
    """Register a check of what honest users do."""

    def register(function: Honest) -> Honest:
        HONEST[what] = function
        return function

    return register


@honest("a user signs up, and logs in, in any letter case")
async def sign_up_and_log_in(visit: Visit) -> None:
    """A username is the same in small and in capital letters."""
    name, password = f"Mia{secrets.token_hex(6)}", secrets.token_hex(8)
    begun = served(await visit.sign_up(name, password), 201).json()
    holds(begun["username"] == name.lower())
    for spelling in (name, name.lower(), name.upper()):
        user = User(spelling, password, visit.new_host())
        token = (await visit.pair(user))["access_token"]
        mine = served(await visit.me(token)).json()
        holds(mine["username"] == name.lower())
        holds(mine["full_name"] == "Mia M.")
    served(await visit.sign_up(name.lower(), password), 409)


@honest("passwords of up to 72 bytes are accepted")
async def long_passwords(visit: Visit) -> None:
    """One letter, an umlaut, and the longest that bcrypt takes."""
    for password in ("x", "Ü", "a" * 71, "a" * 72, "ä" * 36):
        user = await visit.new_user(password)
        await visit.pair(user)
        served(await visit.login(user, password=f"y{password[1:]}"), 401)


@honest("a wrong login is answered 401, and the right one then works")
async def wrong_logins(visit: Visit) -> None:
    """A few typing errors do no harm."""
    user = await visit.new_user()
    for password in ("", "wrong", user.password.upper() + "x"):
        answer = served(await visit.login(user, password=password), 401)
        holds("WWW-Authenticate" in answer.headers)
    unknown = User(f"no{secrets.token_hex(6)}", "secret", user.host)
    served(await visit.login(unknown), 401)
    await visit.pair(user)


@honest("requests without a good token are answered 401")
async def no_token(visit: Visit) -> None:
    """No token and a broken one are refused, with a challenge."""
    for token in ("", "broken", "a.b.c"):
        answer = served(await visit.me(token), 401)
        holds("WWW-Authenticate" in answer.headers)


@honest("users write, read and delete their own notes")
async def own_notes(visit: Visit) -> None:
    """Two users have notes, and each sees their own."""
    tokens = []
    for user in (await visit.new_user(), await visit.new_user()):
        tokens.append((await visit.pair(user))["access_token"])
    paths = [await visit.add_note(token) for token in tokens * 2]
    for number, token in enumerate(tokens):
        listed = served(await visit.send("GET", visit.notes, token=token))
        own = {f"{visit.notes}{note['id']}" for note in listed.json()}
        holds(own == {*paths[number::2]})
        for path in paths[number::2]:
            note = served(await visit.send("GET", path, token=token)).json()
            holds(note[visit.text] == "buy milk")
            served(await visit.send("DELETE", path, token=token), 204)
            served(await visit.send("GET", path, token=token), 404)
            served(await visit.send("DELETE", path, token=token), 404)


ADA = {"name": "ada", "password": "engine"}


@honest("ada, the administrator, lists the usernames")
async def administer(visit: Visit) -> None:
    """Ada gets the scope that she asks for; without it she is refused."""
    ada = User(**ADA, host=visit.new_host())
    user = await visit.new_user()
    for scope in ("admin", "notes admin", ""):
        tokens = await visit.pair(ada, scope=scope)
        holds(
            {*tokens["scope"].split()} == {*(scope or "notes admin").split()}
        )
        listed = served(await visit.admin(tokens["access_token"]))
        holds({"ada", user.name} <= {*listed.json()})
        renewed = served(await visit.renew(tokens["refresh_token"])).json()
        served(await visit.admin(renewed["access_token"]))
    for other, scope in ((ada, "notes"), (user, "notes"), (user, "")):
        tokens = await visit.pair(other, scope=scope)
        holds(tokens["scope"] == "notes")
        served(await visit.admin(tokens["access_token"]), 403)


@honest("a refresh token is traded for a new pair, again and again")
async def stay_logged_in(visit: Visit) -> None:
    """Two logins of a user go on beside each other."""
    user = await visit.new_user()
    logins = [await visit.pair(user), await visit.pair(user)]
    for _ in range(3):
        for number, tokens in enumerate(logins):
            answer = served(await visit.renew(tokens["refresh_token"]))
            logins[number] = answer.json()
            mine = served(await visit.me(logins[number]["access_token"]))
            holds(mine.json()["username"] == user.name)


@honest("a logout ends the user's logins, and no other's")
async def end_logins(visit: Visit) -> None:
    """Either token logs out; what is no token is answered 200 as well."""
    other = await visit.new_user()
    kept = await visit.pair(other)
    for name in ("access_token", "refresh_token"):
        user = await visit.new_user()
        tokens, second = await visit.pair(user), await visit.pair(user)
        served(await visit.revoke(tokens[name]))
        served(await visit.renew(tokens["refresh_token"]), 401)
        served(await visit.renew(second["refresh_token"]), 401)
        if name == "access_token":
            served(await visit.me(tokens[name]), 401)
        served(await visit.me((await visit.pair(user))["access_token"]))
    for junk in ("junk", "a.b.c", "eyJhbGciOiJIUzI1NiJ9.e30.AAAA"):
        served(await visit.revoke(junk))
    served(await visit.me(kept["access_token"]))
    served(await visit.renew(kept["refresh_token"]))


@honest("an address may try ten logins a minute, but not any number")
async def limited_logins(visit: Visit) -> None:
    """Users at other addresses log in meanwhile."""
    user, neighbour = await visit.new_user(), await visit.new_user()
    statuses = [
        (await visit.login(user, password=f"guess {n}")).status_code
        for n in range(GUESSES)
    ]
    holds(statuses[:10] == [401] * 10)
    holds(statuses[-1] == 429)
    await visit.pair(neighbour)


@honest("our page logs in, and gets access tokens for its cookie")
async def use_the_page(visit: Visit) -> None:
    """Both origins of ours may read, and a cookie works once."""
    user = await visit.new_user()
    for origin in visit.origins:
        cookie = await visit.begin_session(user)
        holds(await page_reads(visit, cookie, origin))
    cookie = await visit.begin_session(user)
    for _ in range(3):
        answer = served(await visit.session(cookie))
        cookie = cookie_in(answer)
        mine = served(await visit.me(answer.json()["access_token"])).json()
        holds(mine["username"] == user.name)
    served(await visit.session("broken"), 401)


@dataclass(frozen=True)
class Hunt:
    """What came of a hunt.

    Attributes:
        closed: the chapters whose exploits no longer succeed.
        still_open: the chapters of those that do, or that cannot be tried
            because honest use is broken.
        broken: what honest users can no longer do.
    """

    closed: list[int]
    still_open: list[int]
    broken: list[str]

    def __str__(self) -> str:
        """Count what is closed; of what is open, say only the chapters."""
        lines = [f"{len(self.closed)} of {len(EXPLOITS)} closed."]
        if self.still_open:
            chapters = ", ".join(map(str, self.still_open))
            lines.append(f"Still open, one of each chapter: {chapters}.")
        if self.broken:
            lines.append(f"No longer true: {'; '.join(self.broken)}.")
        return " ".join(lines)


# What a response that lacks something raises, when it is read.
UNLIKE = (NotServedError, KeyError, TypeError, ValueError)


async def hunt(visit: Visit) -> Hunt:
    """Try what honest users do, and then all exploits."""
    broken: list[str] = []
    for what, check in HONEST.items():
        try:
            await check(visit)
        except UNLIKE:
            broken.append(what)
    closed: list[int] = []
    still_open: list[int] = []
    for chapter, each in EXPLOITS.items():
        try:
            succeeds = await each(visit)
        except UNLIKE:
            succeeds = True
        (still_open if succeeds else closed).append(chapter)
    return Hunt(closed, still_open, broken)


def a_service(answer: object) -> ASGIApp:
    """Take a FastAPI app, and report what it raises with the request."""
    an_app(answer)  # refuses anything else
    app: ASGIApp = a_value(answer)

    async def watched(scope: Scope, receive: Receive, send: Send) -> None:
        with attempt(f"{scope['method']} {scope['path']}"):
            await app(scope, receive, send)

    return watched


@exercise(
    "the bug hunt",
    a_service,
    hints=(
        "Take one chapter that the verdict names, and read its key points. "
        "Then look for the function of this service that is about the same "
        "thing, and ask of each line: who may choose this value?",
        "Five questions find most of them. Whose is the note? What may this "
        "account have? Which of the two tokens is this? Has this token been "
        "used? Which text is compared with which?",
        "Write the attack first, as a request to `app`, and see it succeed. "
        "Then define the function anew in the cell of the check, with all of "
        "its lines, and end the cell with `repaired = make_app()`.",
    ),
)
async def the_bug_hunt(app: ASGIApp) -> None:
    """Count the faults that are closed, and what honest users have lost."""
    found = await hunt(Visit(app))
    given("what honest users do")
    expect(not found.broken, str(found))
    given("twelve attacks")
    expect(not found.still_open, str(found))
    remark(f"{found} Honest users are served as before.")
