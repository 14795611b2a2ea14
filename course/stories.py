"""The stories: what each chapter is about, shown by its code in a terminal.

`python -m course story ch04` calls the function `ch04`.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import wraps
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import cast

import httpx
import jwt
from fastapi import FastAPI

from course.classroom import raises, serve, show
from snippets import ch01_jwt_anatomy as anatomy
from snippets import ch03_dependency_wiring as wiring
from snippets import ch04_token_endpoint as endpoint
from snippets import ch05_check_it as strict
from snippets import ch06_scopes as scopes
from snippets import ch07_database as database
from snippets import ch08_refresh_logout as refresh_logout
from snippets import ch09_keys_and_claims as keys_and_claims
from snippets import ch10_attack_lab as attack_lab
from snippets import ch11_under_load as under_load
from snippets import ch12_browser_clients as browser_clients
from snippets import ch13_ship_it as ship_it
from snippets import ch14_bug_hunt as bug_hunt
from snippets.ch02_password_hashing import hash_password, verify_password

Story = Callable[[], None]
ClientStory = Callable[[httpx.AsyncClient], Awaitable[None]]
JOHNDOE = {
    "grant_type": "password",
    "username": "johndoe",
    "password": "secret",
}


def tell(sentence: str, response: httpx.Response) -> None:
    """Print a sentence, and below it the response with its request."""
    print(f"\n{sentence}\n")
    show(response)


def with_client(app: FastAPI) -> Callable[[ClientStory], Story]:
    """Give a story a client of an app, which it calls without a server."""

    def decorate(story: ClientStory) -> Story:
        async def run() -> None:
            async with httpx.AsyncClient(
                transport=httpx.ASGITransport(app=app),
                base_url="http://testserver",
            ) as client:
                await story(client)

        @wraps(story)
        def told() -> None:
            asyncio.run(run())

        return told

    return decorate


def bearer(token: str) -> dict[str, str]:
    """Return the header that carries a token (RFC 6750 §2.1)."""
    return {"Authorization": f"Bearer {token}"}


def tamper(token: str) -> str:
    """Return the token with its signature reversed."""
    signed, _, signature = token.rpartition(".")
    return f"{signed}.{signature[::-1]}"


def ch01() -> None:
    """Sign a token, read it without the key, forge it, and refuse it."""
    key = b"a teaching key, published: protects nothing"
    print("\nWe sign a token for the user mallory:")
    token = anatomy.encode({"sub": "mallory"}, key)
    print(token)
    print("\nIts middle part, the payload, can be read without the key:")
    header, payload, signature = token.split(".")
    print(anatomy.read_object(anatomy.base64url_decode(payload)))
    print("\nmallory writes another username into the payload:")
    forged = f"{header}.{anatomy.write_object({'sub': 'johndoe'})}.{signature}"
    print(forged)
    print("\nWe verify the forged token: its signature was made for mallory.")
    with raises(anatomy.RefusedTokenError):
        anatomy.decode(forged, key)


def ch02() -> None:
    """Hash one password twice, and verify two passwords."""
    print("\nWe hash the same password twice:")
    hashes = [hash_password("secret") for _ in range(2)]
    print(*hashes, sep="\n")
    print("\nEach hash has its own salt. Are the hashes different?")
    print(hashes[0] != hashes[1])
    print("\nDoes the password fit both hashes?")
    print([verify_password("secret", hashed) for hashed in hashes])
    print("\nDoes another password fit the first hash?")
    print(verify_password("Secret", hashes[0]))


@with_client(wiring.app)
async def ch03(client: httpx.AsyncClient) -> None:
    """Call an endpoint without a token, with a good and a tampered one."""
    me = await client.get("/users/me/")
    tell("A request without a token is refused.", me)
    expiry = datetime.now(UTC) + timedelta(minutes=5)
    claims = {"sub": "johndoe", "exp": expiry}
    token = jwt.encode(claims, wiring.SECRET_KEY, wiring.ALGORITHM)
    me = await client.get("/users/me/", headers=bearer(token))
    tell("A token that PyJWT signed with our key is accepted.", me)
    me = await client.get("/users/me/", headers=bearer(tamper(token)))
    tell("The same token with another signature is refused.", me)


@with_client(endpoint.app)
async def ch04(client: httpx.AsyncClient) -> None:
    """Trade a password for a token, use it, and meet three refusals."""
    tell(
        "A wrong password gets no token.",
        await client.post("/token", data=JOHNDOE | {"password": "guess"}),
    )
    login = await client.post("/token", data=JOHNDOE)
    tell("The right password is traded for a token.", login)
    token = login.json()["access_token"]
    me = await client.get("/users/me/", headers=bearer(token))
    tell("The token says who is calling, so no password is needed.", me)
    items = await client.get("/users/me/items/", headers=bearer(token))
    tell("The same token works at every endpoint that needs a user.", items)
    me = await client.get("/users/me/", headers=bearer(tamper(token)))
    tell("With another signature the token is refused.", me)
    alice = JOHNDOE | {"username": "alice", "password": "secret2"}
    login = await client.post("/token", data=alice)
    token = login.json()["access_token"]
    me = await client.get("/users/me/", headers=bearer(token))
    tell("alice gets a token too, but her account is disabled.", me)


def ch05() -> None:
    """Over TCP: each refusal says what the client should do next."""
    with serve(strict.app) as server:
        print(f"\nChapter 5's app is served at:\n{server.url}")
        # Loopback: a proxy in the environment must not see the password.
        with httpx.Client(base_url=server.url, trust_env=False) as client:
            tell(
                "A wrong password is an invalid_grant: ask the user again.",
                client.post("/token", data=JOHNDOE | {"password": "guess"}),
            )
            login = client.post("/token", data=JOHNDOE)
            tell("The right one gets a token and its lifetime.", login)
            token = login.json()["access_token"]
            me = client.get("/users/me/", headers=bearer(token))
            tell("With the token the client may read the record.", me)
            me = client.get("/users/me/")
            tell("Without a token the challenge has no error: log in.", me)
            me = client.get("/users/me/", headers=bearer(tamper(token)))
            tell("A tampered token is an invalid_token: log in again.", me)
            both = [("Authorization", f"Bearer {token}")] * 2
            me = client.get("/users/me/", headers=both)
            tell("Two tokens are an invalid_request: fix the client.", me)


@with_client(scopes.app)
async def ch06(client: httpx.AsyncClient) -> None:
    """Ask for too much, use a token with little, and learn what it lacks."""
    tell(
        "johndoe asks for a scope that he was never granted.",
        await client.post("/token", data=JOHNDOE | {"scope": "admin"}),
    )
    login = await client.post("/token", data=JOHNDOE | {"scope": "me"})
    tell("He may have the scope `me`, and the response says so.", login)
    headers = bearer(login.json()["access_token"])
    me = await client.get("/users/me/", headers=headers)
    tell("With this token he can read his own record.", me)
    items = await client.get("/users/me/items/", headers=headers)
    tell("For his items the response names the scope it needs.", items)
    login = await client.post("/token", data=JOHNDOE | {"scope": "items me"})
    tell("So he asks for both scopes.", login)
    headers = bearer(login.json()["access_token"])
    items = await client.get("/users/me/items/", headers=headers)
    tell("With the new token he can read his items.", items)


@contextmanager
def new_database(revision: str = "ch07") -> Iterator[None]:
    """Let chapter 7 use a database of its own, which is deleted afterwards."""
    with TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        usual = database.Session.kw["bind"]
        url = f"sqlite:///{Path(folder).as_posix()}/users.db"
        engine = database.connect(url)
        database.Session.configure(bind=engine)
        database.migrate(revision)
        try:
            yield
        finally:
            database.Session.configure(bind=usual)
            engine.dispose()


@contextmanager
def served(app: FastAPI) -> Iterator[httpx.Client]:
    """Serve an app on this machine, and give a client of it."""
    with (
        serve(app) as server,
        # Loopback: a proxy in the environment must not see the password.
        httpx.Client(base_url=server.url, trust_env=False) as client,
    ):
        yield client


MARY = {"username": "mary", "password": "sixteen candles on a cake"}
CHANGE = {
    "old_password": "a guess",
    "new_password": "seventeen candles on a cake",
}


def sign_up_and_change(client: httpx.Client) -> None:
    """Sign up, log in, and change the password with the old one."""
    tell(
        "mary signs up, and becomes a row in the database.",
        client.post("/users/", json=MARY),
    )
    twin = MARY | {"username": "MARY"}
    tell(
        "Another spelling of her username is taken.",
        client.post("/users/", json=twin),
    )
    form = MARY | {"grant_type": "password"}
    login = client.post("/token", data=form)
    tell("She logs in.", login)
    headers = bearer(login.json()["access_token"])
    path = "/users/me/password"
    answer = client.post(path, json=CHANGE, headers=headers)
    tell("A new password needs the old one, even with her token.", answer)
    change = CHANGE | {"old_password": MARY["password"]}
    answer = client.post(path, json=change, headers=headers)
    tell("With the old password the change is stored.", answer)
    login = client.post("/token", data=form)
    tell("From now on the old password is refused.", login)


def ch07() -> None:
    """Sign up twice, log in, and change the password with the old one."""
    with new_database(), served(database.app) as client:
        sign_up_and_change(client)


def steal_and_log_out(client: httpx.Client) -> None:
    """Refresh a login, have its token stolen, and log out."""
    login = client.post("/token", data=JOHNDOE)
    tell("The password buys two tokens, and the first lives briefly.", login)
    stolen = login.json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": stolen}
    renewed = client.post("/token", data=form)
    tell("A thief trades the refresh token for the next two.", renewed)
    again = client.post("/token", data=form)
    tell("johndoe sends it too: it was used, so the login ends.", again)
    headers = bearer(renewed.json()["access_token"])
    me = client.get("/users/me/", headers=headers)
    tell("The thief's new access token has ended with it.", me)
    login = client.post("/token", data=JOHNDOE)
    tell("Only johndoe knows the password.", login)
    headers = bearer(login.json()["access_token"])
    form = {"token": login.json()["refresh_token"]}
    revoked = client.post("/revoke", data=form)
    tell("He logs out.", revoked)
    me = client.get("/users/me/", headers=headers)
    tell("His access token has ended at once.", me)


def ch08() -> None:
    """Refresh a login, have its token stolen, and log out."""
    with new_database("ch08"), served(refresh_logout.app) as client:
        steal_and_log_out(client)


def claims_of_4711() -> dict[str, object]:
    """Return the claims of an access token of the partner's user 4711."""
    now = int(datetime.now(UTC).timestamp())
    return {
        "sub": "4711",
        "aud": keys_and_claims.AUDIENCE,
        "scope": "me",
        "iat": now,
        "exp": now + 300,
        "jti": "1",
        "client_id": "calendar",
    }


def open_with_the_partners_token(client: httpx.Client) -> None:
    """Link a partner's user to johndoe, and refuse other tokens."""
    partner, claims = keys_and_claims.partner, claims_of_4711()

    def me(token: str) -> httpx.Response:
        return client.get("/users/me/", headers=bearer(token))

    tell(
        "Anyone may read our public keys.",
        client.get(keys_and_claims.JWKS_PATH),
    )
    token = partner.sign(claims)
    tell("A partner signs a token, but its user is unknown here.", me(token))
    john = cast(database.StoredUser, database.find_user("johndoe"))
    keys_and_claims.link_identity(john, claims | {"iss": partner.name})
    tell("johndoe links this user to his account.", me(token))
    other = partner.sign(claims | {"aud": "https://reports.example"})
    tell("The partner's token for another API is refused.", me(other))
    id_token = partner.sign(claims, typ="JWT")
    tell("So is a token that only says who has logged in.", me(id_token))
    twin = keys_and_claims.Issuer(keys_and_claims.ours.name, partner.keys)
    tell("And one that the partner signs in our name.", me(twin.sign(claims)))


def ch09() -> None:
    """Accept a partner's token for johndoe, and refuse three others."""
    with new_database("ch09"), served(keys_and_claims.app) as client:
        open_with_the_partners_token(client)


@with_client(attack_lab.flawed_app(algorithm=attack_lab.block_list))
async def attack_a_block_list(client: httpx.AsyncClient) -> None:
    """Forge tokens without a signature, in two spellings of `none`."""
    form = JOHNDOE | {"username": "mallory", "password": "visitor"}
    login = await client.post("/token", data=form)
    tell("mallory logs in to an app that refuses the algorithm none.", login)
    own = login.json()["access_token"]
    for spelling, sentence in (
        ("none", "She forges a token without a signature: it is refused."),
        ("noNe", "In another spelling it is accepted, and she is johndoe."),
    ):
        forged = attack_lab.unsigned(spelling)(own)
        me = await client.get("/users/me/", headers=bearer(forged))
        tell(sentence, me)


@with_client(attack_lab.flawed_app())
async def attack_a_guard(client: httpx.AsyncClient) -> None:
    """Send the same forgery, and a good token, to an app with all guards."""
    own = attack_lab.issue("mallory")
    forged = attack_lab.unsigned("noNe")(own)
    me = await client.get("/users/me/", headers=bearer(forged))
    tell("Another app asks for the algorithm of its key, and refuses it.", me)
    me = await client.get("/users/me/", headers=bearer(own))
    tell("A token that the issuer signed is still accepted.", me)


def ch10() -> None:
    """Forge a token, break into one app, and be stopped by another."""
    attack_a_block_list()
    attack_a_guard()


def guess_and_be_locked_out(client: httpx.Client) -> None:
    """Guess five passwords, and log in during the lock that follows."""
    login = client.post("/token", data=JOHNDOE)
    tell("johndoe logs in.", login)
    guesses = [JOHNDOE | {"password": f"guess {n}"} for n in range(1, 6)]
    for guess in guesses:
        answer = client.post("/token", data=guess)
    tell("An attacker guesses five times, and the fifth is wrong too.", answer)
    answer = client.post("/token", data=guesses[0])
    tell("The sixth is refused before it is hashed.", answer)
    answer = client.post("/token", data=JOHNDOE | {"username": "JOHNDOE"})
    tell("So is the right password, in any spelling of the name.", answer)
    refresh_token = login.json()["refresh_token"]
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    renewed = client.post("/token", data=form)
    tell("The login that johndoe has goes on.", renewed)


def ch11() -> None:
    """Guess five passwords, and log in during the lock that follows."""
    usual = under_load.strategy
    under_load.strategy = under_load.counters("memory://")
    try:
        with new_database("ch09"), served(under_load.app) as client:
            guess_and_be_locked_out(client)
    finally:
        under_load.strategy = usual


def log_in_to_a_session(client: httpx.Client) -> None:
    """Log in to a session, and send what a form of another page sends."""
    form = {"username": "johndoe", "password": "secret"}
    ours = {"X-From-Page": "yes"}
    begun = client.post("/session/", data=form, headers=ours)
    tell("johndoe logs in at our page, and gets a cookie.", begun)
    # A browser sends a Secure cookie to this machine over http as well.
    cookie = begun.headers["set-cookie"].partition(";")[0]
    sent = {"Cookie": cookie}
    tell(
        "The cookie is enough to read.", client.get("/session/", headers=sent)
    )
    forged = client.post("/session/", data=form, headers=sent)
    tell("A form of another page cannot send our header.", forged)
    ended = client.delete("/session/", headers=sent | ours)
    tell("Our page logs him out.", ended)
    after = client.get("/session/", headers=sent)
    tell("The cookie is worth nothing now.", after)
    query = {"client_id": "shop", "redirect_uri": "https://evil.example/"}
    asked = client.get("/authorize", params=query)
    tell("A code is sent to registered addresses alone.", asked)


def ch12() -> None:
    """Log in to a session, and send what a form of another page sends."""
    usual = under_load.strategy
    under_load.strategy = under_load.counters("memory://")
    try:
        with new_database("ch12"), served(browser_clients.app) as client:
            log_in_to_a_session(client)
    finally:
        under_load.strategy = usual


def log_in(username: str) -> dict[str, str]:
    """Begin a login of johndoe or mary; return its header."""
    user = database.find_user(username)
    if user is None:
        user = database.add_user(database.SignUp(**MARY))
    login = refresh_logout.start_family(user, "me items")
    return bearer(keys_and_claims.sign_afresh(login).access_token)


def meet_the_guards(client: httpx.Client) -> None:
    """Store an item, look at it as another user, and leave out a token."""
    john, mary = log_in("johndoe"), log_in("mary")
    diary = client.post("/items/", json={"title": "a diary"}, headers=john)
    tell("johndoe stores an item.", diary)
    path = f"/items/{diary.json()['id']}"
    tell("He reads it.", client.get(path, headers=john))
    other = client.get(path, headers=mary)
    tell("mary has the same scope, and asks for johndoe's item.", other)
    tell("A stranger gets nothing.", client.get(path))
    admin = client.get("/admin/users/", headers=john)
    tell("A scope is no role.", admin)
    host = client.get("/health/live", headers={"Host": "evil.example"})
    tell("The app answers to its own hosts alone.", host)


def ch13() -> None:
    """Look at another user's item, and start an app with an open route."""
    with new_database("ch13"), served(ship_it.app) as client:
        meet_the_guards(client)
    reports = FastAPI()
    reports.get("/reports/")(ship_it.usernames)
    print("\nAn app with a forgotten route does not start.\n")
    with raises(ship_it.OpenRouteError):
        ship_it.refuse_open_routes(reports)


@with_client(bug_hunt.make_app())
async def ch14(client: httpx.AsyncClient) -> None:
    """Log in to a service, and use the wrong one of the two tokens."""
    new = {"username": "bob", "password": "builder", "full_name": "Bob B."}
    await client.post("/users/", json=new)
    login = await client.post("/token", data=new)
    tell("bob logs in to a service that has twelve faults.", login)
    headers = bearer(login.json()["refresh_token"])
    notes = await client.get("/notes/", headers=headers)
    tell("His refresh token is for /token alone. It opens his notes.", notes)
