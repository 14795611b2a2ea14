"""What the standards require of a login and of its tokens, a row each.

A row is written from its standard, never from an app: it sends a request to
any app and decides whether the standard allows the answer. `since` names the
first chapter that meets the requirement, such as `"ch05"`; None: no chapter
yet.
"""

import re
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import parse_qsl, urlencode

import httpx
import jwt
from sqlalchemy.exc import IntegrityError

from snippets import ch09_keys_and_claims as ch09
from tests.support.accounts import (
    changed_user,
    delete_user,
    known_password,
)
from tests.support.clients import bearer
from tests.support.forgeries import (
    FAR_FUTURE,
    Claims,
    Forger,
    encoded_in,
    unsigned,
    with_claims,
    with_digest,
    with_header,
    without_claim,
    without_header,
)
from tests.support.issuers import access_claims
from tests.support.logins import stored
from tests.support.rate_limits import real_limits
from tests.support.signers import signer_like

Send = Callable[[httpx.AsyncClient], Awaitable[httpx.Response]]
Met = Callable[[httpx.Response], bool]

ME = "/users/me/"
ITEMS = "/users/me/items/"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
# What `error` and `error_description` may be written with.
SPEAKABLE = re.compile(r"[\x20-\x21\x23-\x5B\x5D-\x7E]*")


@dataclass(frozen=True)
class Requirement:
    """What a standard requires, how it is tried, and which answer meets it."""

    section: str
    requires: str
    since: str | None
    send: Send
    met: Met

    def __str__(self) -> str:
        return f"{self.section}: {self.requires}"


# Requests to the token endpoint


def form(**changes: str | None) -> dict[str, str]:
    """Fill in a login that asks for all it can; None leaves a field out."""
    fields = {
        "grant_type": "password",
        "username": "johndoe",
        "password": "secret",
        "scope": "me items",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def login(**changes: str | None) -> Send:
    return lambda client: client.post("/token", data=form(**changes))


def login_with_header(authorization: str) -> Send:
    """Log in with an Authorization header beside the form."""
    headers = {"Authorization": authorization}
    return lambda client: client.post("/token", data=form(), headers=headers)


def login_as(client_id: str, secret: str) -> Send:
    """Log in with a client's credentials in the header (RFC 6749 §2.3.1)."""
    pair = b64encode(f"{client_id}:{secret}".encode()).decode()
    return login_with_header(f"Basic {pair}")


def login_with(more: str) -> Send:
    """Put more at the end of a form, as it is."""
    content = f"{urlencode(form())}&{more}"
    return lambda client: client.post("/token", content=content, headers=FORM)


def login_in_address(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.post("/token", params=form())


def login_at_slash(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    """Log in at a path that is the token endpoint's but for a slash."""
    return client.post("/token/", data=form())


def login_over_https(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.post("https://testserver/token", data=form())


def login_at_another_host(
    client: httpx.AsyncClient,
) -> Awaitable[httpx.Response]:
    return client.post("http://evil.example/token", data=form())


def login_by_get(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.get("/token", params=form())


def login_knowing(known: str, sent: str) -> Send:
    """Log in with one password as johndoe, whose own is another."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        with known_password("johndoe", known):
            return await login(password=sent)(client)

    return send


def sign_up(**changes: str) -> Send:
    """Sign an unknown user up, who is deleted afterwards."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        new = {"username": "newcomer", "password": "a new one's password"}
        new |= changes
        response = await client.post("/users/", json=new)
        delete_user(new["username"])
        return response

    return send


def sign_up_twice(one: str, other: str) -> Send:
    """Sign two users up, and return the second answer."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        password = "a password of both"
        for username in (one, other):
            new = {"username": username, "password": password}
            response = await client.post("/users/", json=new)
        delete_user(one)
        return response

    return send


def guess_often(username: str = "johndoe", last: str = "wrong") -> Send:
    """Guess passwords one after the other, and return the last answer."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        with real_limits():
            for number in range(20):
                await login(username=username, password=f"{number}")(client)
            return await login(username=username, password=last)(client)

    return send


async def guess_from_many_addresses(
    client: httpx.AsyncClient,
) -> httpx.Response:
    """Guess often; each guess says that it comes from another address."""
    with real_limits():
        for number in range(20):
            headers = {"X-Forwarded-For": f"203.0.113.{number}"}
            fields = form(password=f"{number}")
            response = await client.post(
                "/token", data=fields, headers=headers
            )
    return response


# Requests to a protected resource


async def token_of(client: httpx.AsyncClient, scope: str = "me items") -> str:
    token: str = (await login(scope=scope)(client)).json()["access_token"]
    return token


def get_with(*authorizations: str) -> Send:
    """Ask with these headers; `{token}` stands for a good token."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        token = await token_of(client)
        sent = [
            ("Authorization", value.replace("{token}", token))
            for value in authorizations
        ]
        return await client.get(ME, headers=sent)

    return send


def get_forged(forge: Forger) -> Send:
    """Ask with a token that the app's own issuer might sign, but for a flaw.

    The flaw is in the claims of one of the app's tokens, good until 2100, or
    in the header.
    """

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        token = await token_of(client)
        claims = jwt.decode(token, options={"verify_signature": False})
        forged = forge(signer_like(token), {**claims, "exp": FAR_FUTURE})
        return await client.get(ME, headers=bearer(forged))

    return send


def get_path(path: str) -> Send:
    return lambda client: client.get(path)


async def get_with_rs256(client: httpx.AsyncClient) -> httpx.Response:
    """Use a token that another issuer has signed with RS256, for johndoe."""
    sub = "johndoe at the partner"
    claims = {**access_claims(sub=sub), "iss": ch09.partner.name}
    with suppress(IntegrityError):  # the link is there already
        ch09.link_identity(stored("johndoe"), claims)
    token = ch09.partner.sign(claims)
    return await client.get(ME, headers=bearer(token))


def head(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.head(ME)


async def get_in_two_ways(client: httpx.AsyncClient) -> httpx.Response:
    token = await token_of(client)
    params = {"access_token": token}
    return await client.get(ME, params=params, headers=bearer(token))


async def get_disabled(client: httpx.AsyncClient) -> httpx.Response:
    """Use a token whose user's account was closed since."""
    token = await token_of(client)
    with changed_user("johndoe", disabled=True):
        return await client.get(ME, headers=bearer(token))


async def get_after_another_signed_up(
    client: httpx.AsyncClient,
) -> httpx.Response:
    """Use a token of a deleted user, whose username another one took."""
    new = {"username": "jane", "password": "the password of both"}
    await client.post("/users/", json=new)
    answer = await login(username="jane", password=new["password"])(client)
    token = body_of(answer).get("access_token", await token_of(client))
    delete_user("jane")
    await client.post("/users/", json=new)
    response = await client.get(ME, headers=bearer(token))
    delete_user("jane")
    return response


async def change_password(client: httpx.AsyncClient) -> httpx.Response:
    """Give a wrong old password beside a new one."""
    headers = bearer(await token_of(client))
    body = {"old_password": "wrong", "new_password": "a new one, and long"}
    return await client.post(f"{ME}password", json=body, headers=headers)


async def get_with_less(client: httpx.AsyncClient) -> httpx.Response:
    """Ask for the items with a token that was granted for `me` alone."""
    token = await token_of(client, scope="me")
    return await client.get(ITEMS, headers=bearer(token))


# Requests for a code, and with one


VERIFIER = "v" * 43
REDIRECT_URI = "https://shop.example/callback"


def code_request(**changes: str | None) -> dict[str, str]:
    """Fill in a request for a code; None leaves a parameter out."""
    digest = sha256(VERIFIER.encode()).digest()
    fields = {
        "response_type": "code",
        "client_id": "shop",
        "redirect_uri": REDIRECT_URI,
        "scope": "me items",
        "state": "a state",
        "code_challenge": urlsafe_b64encode(digest).decode().rstrip("="),
        "code_challenge_method": "S256",
        **changes,
    }
    return {name: value for name, value in fields.items() if value is not None}


def ask_for_code(**changes: str | None) -> Send:
    """Open the login page of a request for a code."""
    return lambda client: client.get(
        "/authorize", params=code_request(**changes)
    )


def ask_for_code_with(more: str) -> Send:
    """Put more at the end of a request for a code, as it is."""
    return lambda client: client.get(
        f"/authorize?{urlencode(code_request())}&{more}"
    )


def ask_for_code_from(origin: str) -> Send:
    """Open the login page by a script of another origin."""
    return lambda client: client.get(
        "/authorize", params=code_request(), headers={"Origin": origin}
    )


def allow(decision: str = "allow", **changes: str) -> Send:
    """Fill in the login page, and send it with its cookie."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        page = await ask_for_code()(client)
        cookie = page.headers.get("Set-Cookie", "").partition(";")[0]
        hidden = re.findall(r'name="(\w+)" value="([^"]*)"', page.text)
        typed = {"username": "johndoe", "password": "secret"}
        return await client.post(
            "/authorize",
            data={**dict(hidden), **typed, "decision": decision, **changes},
            headers={"Cookie": cookie} if cookie else {},
        )

    return send


def result_of(response: httpx.Response) -> dict[str, str]:
    """Return what an answer sends back to the shop; nothing if elsewhere."""
    location = response.headers.get("Location", "")
    if not location.startswith(f"{REDIRECT_URI}?"):
        return {}
    return dict(parse_qsl(location.partition("?")[2]))


def use_code(times: int = 1, **changes: str | None) -> Send:
    """Trade a code for tokens; the changes are those of the last time."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        grant = {
            "grant_type": "authorization_code",
            "client_id": "shop",
            "redirect_uri": REDIRECT_URI,
            "code": result_of(await allow()(client)).get("code", "none"),
            "code_verifier": VERIFIER,
        }
        for _ in range(times - 1):
            first = await client.post("/token", data=grant)
            if not first.is_success:
                return first
        changed = {
            name: value
            for name, value in {**grant, **changes}.items()
            if value is not None
        }
        return await client.post("/token", data=changed)

    return send


def refresh_login_by_code(client_id: str) -> Send:
    """Trade a code, and refresh its tokens as a client of some name."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        bought = await use_code()(client)
        if not bought.is_success:
            return bought
        token = body_of(bought)["refresh_token"]
        return await trade(client, token, client_id=client_id)

    return send


def revoke_login_by_code(kind: str, client_id: str) -> Send:
    """Trade a code, and revoke one of its tokens as a client of some name."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        bought = await use_code()(client)
        if not bought.is_success:
            return bought
        token = body_of(bought)[kind]
        return await revoke(token=token, client_id=client_id)(client)

    return send


async def get_after_a_second_use(client: httpx.AsyncClient) -> httpx.Response:
    """Use an access token whose code came back."""
    seen: list[httpx.Response] = []

    async def note(response: httpx.Response) -> None:
        seen.append(response)

    client.event_hooks["response"].append(note)
    second = await use_code(times=2)(client)
    client.event_hooks["response"].remove(note)
    first = seen[-2]
    await first.aread()
    token = body_of(first).get("access_token")
    if token is None:
        return second
    return await client.get(ME, headers=bearer(token))


def metadata(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.get("/.well-known/oauth-authorization-server")


# Requests with a refresh token


async def pair_of(client: httpx.AsyncClient, scope: str) -> dict[str, str]:
    """Log in, and return both tokens; `"none"` where none is issued."""
    answer = body_of(await login(scope=scope)(client))
    return {"refresh_token": "none", **answer}


async def trade(
    client: httpx.AsyncClient, token: str, **changes: str
) -> httpx.Response:
    """Send a refresh token to the token endpoint (RFC 6749 §6)."""
    grant = {"grant_type": "refresh_token", "refresh_token": token}
    return await client.post("/token", data=grant | changes)


def refresh(granted: str, times: int = 1, **changes: str) -> Send:
    """Refresh with the tokens of a login for scopes, one after the other.

    The changes are those of the last request.
    """

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        token = (await pair_of(client, granted))["refresh_token"]
        for _ in range(times - 1):
            answer = body_of(await trade(client, token, scope="me"))
            token = answer.get("refresh_token", "none")
        return await trade(client, token, **changes)

    return send


async def refresh_twice(client: httpx.AsyncClient) -> httpx.Response:
    """Refresh twice with one token."""
    pair = await pair_of(client, "me")
    first = await trade(client, pair["refresh_token"])
    second = await trade(client, pair["refresh_token"])
    return second if first.is_success else first


async def refresh_after_a_reuse(client: httpx.AsyncClient) -> httpx.Response:
    """Refresh with a token whose predecessor was used twice."""
    pair = await pair_of(client, "me")
    first = body_of(await trade(client, pair["refresh_token"]))
    await trade(client, pair["refresh_token"])
    return await trade(client, first.get("refresh_token", "none"))


async def get_with_refresh_token(client: httpx.AsyncClient) -> httpx.Response:
    """Use a refresh token in place of an access token."""
    answer = await login()(client)
    token = body_of(answer).get("refresh_token")
    if token is None:
        return answer
    return await client.get(ME, headers=bearer(token))


def revoke(**form: str) -> Send:
    return lambda client: client.post("/revoke", data=form)


def refresh_revoked(**changes: str) -> Send:
    """Refresh with a token that was revoked before."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        token = (await pair_of(client, "me"))["refresh_token"]
        await revoke(token=token, **changes)(client)
        return await trade(client, token)

    return send


def get_revoked(kind: str, spelling: str = "{}", **changes: str) -> Send:
    """Use an access token whose login, or which itself, was revoked."""

    async def send(client: httpx.AsyncClient) -> httpx.Response:
        pair = await pair_of(client, "me")
        await revoke(token=pair[kind], **changes)(client)
        token = spelling.format(pair["access_token"])
        return await client.get(ME, headers=bearer(token))

    return send


def revoke_by_get(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    return client.get("/revoke", params={"token": "a"})


def revoke_twice_named(client: httpx.AsyncClient) -> Awaitable[httpx.Response]:
    """Name two tokens in one revocation."""
    content = "token=a&token=b"
    return client.post("/revoke", content=content, headers=FORM)


# Answers


def body_of(response: httpx.Response) -> dict[str, Any]:
    """Return a JSON object, or an empty one for anything else."""
    kind = response.headers.get("Content-Type", "")
    is_json = kind == "application/json" and response.content
    body = response.json() if is_json else {}
    return body if isinstance(body, dict) else {}


def refuses(error: str, status: int = 400) -> Met:
    """Recognise an error response of RFC 6749 §5.2."""
    return lambda response: (
        response.status_code == status
        and body_of(response).get("error") == error
    )


def challenge_of(response: httpx.Response) -> tuple[str, dict[str, str]]:
    """Split the one challenge: `("Bearer", {"realm": "course"})`."""
    fields = response.headers.get_list("WWW-Authenticate")
    scheme, _, rest = (fields[0] if len(fields) == 1 else "").partition(" ")
    return scheme, dict(re.findall(r'(\w+)="([^"]*)"(?:, |$)', rest))


def challenges(error: str | None, status: int = 401) -> Met:
    """Recognise a refusal of RFC 6750 §3.1; None: one with no error code."""

    def is_met(response: httpx.Response) -> bool:
        scheme, attributes = challenge_of(response)
        return (
            response.status_code == status
            and scheme == "Bearer"
            and attributes.get("error") == error
        )

    return is_met


def has_attribute(response: httpx.Response) -> bool:
    return response.status_code == 401 and bool(challenge_of(response)[1])


def needs_scope(response: httpx.Response) -> bool:
    scope = challenge_of(response)[1].get("scope", "")
    return (
        challenges("insufficient_scope", 403)(response)
        and "items" in scope.split()
    )


def is_let_in(response: httpx.Response) -> bool:
    return response.status_code == 200


def is_kept_out(response: httpx.Response) -> bool:
    return response.status_code == 401


def is_refused(response: httpx.Response) -> bool:
    return response.is_client_error and "access_token" not in response.text


def is_only_for_post(response: httpx.Response) -> bool:
    return response.status_code == 405 and response.headers["Allow"] == "POST"


def is_login(response: httpx.Response) -> bool:
    match body_of(response):
        case {"access_token": str(), "token_type": str(kind)}:
            return is_let_in(response) and kind.lower() == "bearer"
    return False


def is_signed_up(response: httpx.Response) -> bool:
    return response.status_code == 201 and "password" not in response.text


def is_conflict(response: httpx.Response) -> bool:
    return response.status_code == 409


def gives_reason(words: str) -> Met:
    """Recognise a refused sign-up that says why (RFC 9110 §15.5.21)."""
    return lambda response: (
        response.status_code == 422 and words in response.text
    )


def lifetime(response: httpx.Response) -> timedelta | None:
    """Say how long a login's token is good for, as the token has it."""
    if not is_login(response):
        return None
    claims = jwt.decode(
        response.json()["access_token"], options={"verify_signature": False}
    )
    issued = claims.get("iat") or response.extensions["sent_at"]
    return timedelta(seconds=claims["exp"] - issued)


def has_identifier(response: httpx.Response) -> bool:
    """Recognise a login whose token has a `jti` (RFC 7519 §4.1.7)."""
    token = body_of(response).get("access_token", "")
    return is_login(response) and "jti" in jwt.decode(
        token, options={"verify_signature": False}
    )


def unverified(response: httpx.Response) -> tuple[Claims, Claims]:
    """Return header and claims of a login's token, or nothing twice."""
    if not is_login(response):
        return {}, {}
    token = body_of(response)["access_token"]
    return jwt.get_unverified_header(token), jwt.decode(
        token, options={"verify_signature": False}
    )


def is_typed(response: httpx.Response) -> bool:
    """Recognise `at+jwt`, with or without `application/` before it."""
    kind = str(unverified(response)[0].get("typ", "")).lower()
    return kind.removeprefix("application/") == "at+jwt"


def has_claims_of_rfc_9068(response: httpx.Response) -> bool:
    claims = unverified(response)[1]
    return claims.keys() >= {
        *("iss", "exp", "aud", "sub", "client_id", "iat", "jti"),
    }


def is_signed_with_a_public_key(response: httpx.Response) -> bool:
    alg = str(unverified(response)[0].get("alg", "HS256"))
    return alg[:2] in ("RS", "PS", "ES", "Ed")


def is_metadata(response: httpx.Response) -> bool:
    """Recognise the required members, and addresses of https."""
    body = body_of(response)
    return (
        is_let_in(response)
        and isinstance(body.get("response_types_supported"), list)
        and all(
            str(body.get(name)).startswith("https://")
            for name in ("issuer", "token_endpoint", "jwks_uri")
        )
        and not {"?", "#"} & set(str(body["issuer"]))
    )


def keys_in(response: httpx.Response) -> list[Any]:
    """Return the keys of a JWKS, or none."""
    keys = body_of(response).get("keys")
    return keys if is_let_in(response) and isinstance(keys, list) else []


def has_keys(response: httpx.Response) -> bool:
    return keys_in(response) != []


def are_public(response: httpx.Response) -> bool:
    private = {"d", "p", "q", "dp", "dq", "qi", "oth", "k"}
    keys = keys_in(response)
    return keys != [] and not any(key.keys() & private for key in keys)


def are_told_apart(response: httpx.Response) -> bool:
    """Recognise keys of a type, each with a name of its own."""
    keys = keys_in(response)
    names = {key.get("kid") for key in keys} - {None}
    return (
        keys != []
        and len(names) == len(keys)
        and all(isinstance(key.get("kty"), str) for key in keys)
    )


def are_for_signatures(response: httpx.Response) -> bool:
    keys = keys_in(response)
    return keys != [] and all(
        key.get("use") == "sig" and key.get("alg") for key in keys
    )


def says_how_long(response: httpx.Response) -> bool:
    seconds = body_of(response).get("expires_in")
    left = lifetime(response)
    return (
        isinstance(seconds, int)
        and left is not None
        and abs(left - timedelta(seconds=seconds)) < timedelta(seconds=10)
    )


def lives_an_hour(response: httpx.Response) -> bool:
    left = lifetime(response)
    return left is not None and left <= timedelta(hours=1)


def is_not_stored(response: httpx.Response) -> bool:
    headers = response.headers
    return (
        is_login(response)
        and headers.get("Cache-Control") == "no-store"
        and headers.get("Pragma") == "no-cache"
    )


def says_scope(response: httpx.Response) -> bool:
    scope = body_of(response).get("scope")
    return is_login(response) and isinstance(scope, str)


def is_for(*scopes: str) -> Met:
    """Recognise a login or a refresh for exactly these scopes."""
    return lambda response: (
        is_login(response)
        and set(str(body_of(response).get("scope")).split()) == set(scopes)
    )


def has_long_refresh_token(response: httpx.Response) -> bool:
    """Recognise 160 bits, in 6 bits a character (RFC 6749 §10.10)."""
    token = body_of(response).get("refresh_token", "")
    return is_login(response) and len(set(token)) > 9 and len(token) * 6 > 159


def narrows_or_refuses(response: httpx.Response) -> bool:
    """Recognise a grant that leaves a scope out and says so, or a refusal."""
    granted = str(body_of(response).get("scope", "admin")).split()
    return refuses("invalid_scope")(response) or (
        is_login(response) and "admin" not in granted
    )


def is_slowed_down(response: httpx.Response) -> bool:
    return response.status_code == 429


def says_when_to_retry(response: httpx.Response) -> bool:
    """Recognise a time to wait, in seconds, that is not over yet."""
    after = response.headers.get("Retry-After", "")
    return is_slowed_down(response) and bool(
        re.fullmatch("[1-9][0-9]*", after)
    )


def is_slowed_down_and_not_stored(response: httpx.Response) -> bool:
    return (
        is_slowed_down(response)
        and response.headers.get("Cache-Control") == "no-store"
    )


def refuses_client(response: httpx.Response) -> bool:
    """Recognise `invalid_client`: 401, or 400 for a secret in the form.

    401 is required only where the client used the header (RFC 6749 §5.2).
    """
    return any(
        refuses("invalid_client", status)(response) for status in (400, 401)
    )


def asks_for_basic(response: httpx.Response) -> bool:
    """Recognise the challenge for the scheme that the client has tried."""
    return (
        refuses("invalid_client", 401)(response)
        and challenge_of(response)[0] == "Basic"
    )


def shows_login_page(response: httpx.Response) -> bool:
    return (
        response.status_code == 200
        and "<form" in response.text
        and 'type="password"' in response.text
    )


def asks_for_https(response: httpx.Response) -> bool:
    """Recognise one policy (§7.1) with a `max-age` above zero (§6.1.1)."""
    policies = response.headers.get_list("Strict-Transport-Security")
    return (
        is_login(response)
        and len(policies) == 1
        and bool(re.match(r"max-age=[1-9]\d*(;|$)", policies[0]))
    )


def is_silent_about_https(response: httpx.Response) -> bool:
    return (
        is_login(response)
        and "Strict-Transport-Security" not in response.headers
    )


def refuses_host(response: httpx.Response) -> bool:
    """Recognise a refusal: 421, or 400 as RFC 9112 §3.2 has it."""
    return response.status_code in (400, 421)


def is_in_no_frame(response: httpx.Response) -> bool:
    policy = response.headers.get("Content-Security-Policy", "")
    return shows_login_page(response) and "frame-ancestors 'none'" in policy


def is_read_by_no_other_origin(response: httpx.Response) -> bool:
    return (
        shows_login_page(response)
        and "Access-Control-Allow-Origin" not in response.headers
    )


def is_not_redirected(response: httpx.Response) -> bool:
    return response.status_code == 400 and "Location" not in response.headers


def gives_code(response: httpx.Response) -> bool:
    return {"code", "state"} <= result_of(response).keys()


def gives_code_by_303(response: httpx.Response) -> bool:
    return gives_code(response) and response.status_code == 303


def names_issuer(response: httpx.Response) -> bool:
    issuer = result_of(response).get("iss", "")
    return gives_code(response) and issuer.startswith("https://")


def sends_back(error: str) -> Met:
    """Recognise an error that the shop is told, with its state."""

    def met(response: httpx.Response) -> bool:
        result = result_of(response)
        return (result.get("error"), result.get("state")) == (
            error,
            "a state",
        )

    return met


def publishes(name: str) -> Met:
    """Recognise metadata that has a member, and not an empty one."""
    return lambda response: bool(
        response.is_success and body_of(response).get(name)
    )


REQUIREMENTS = [
    # The request for a token
    Requirement(
        "RFC 6749 §3.2",
        "a token is asked for with POST",
        "ch04",
        login_by_get,
        is_only_for_post,
    ),
    Requirement(
        "RFC 6749 §4.3.2",
        "username and password are sent in the body, not in the address",
        "ch04",
        login_in_address,
        is_refused,
    ),
    Requirement(
        "RFC 6749 §3.2",
        "a parameter that nobody knows is ignored",
        "ch04",
        login(colour="green"),
        is_login,
    ),
    Requirement(
        "RFC 6749 §3.2",
        "a parameter without a value counts as none, an optional one",
        "ch04",
        login(client_secret=""),
        is_login,
    ),
    Requirement(
        "RFC 6749 §3.2",
        "a parameter without a value counts as none, a required one",
        "ch05",
        login(username=""),
        refuses("invalid_request"),
    ),
    Requirement(
        "RFC 6749 §3.2",
        "no parameter is sent more than once",
        "ch05",
        login_with("username=johndoe"),
        refuses("invalid_request"),
    ),
    *(
        Requirement(
            "RFC 6749 §4.3.2",
            f"{name} is required",
            "ch05",
            login(**{name: None}),
            refuses("invalid_request"),
        )
        for name in ("grant_type", "username", "password")
    ),
    Requirement(
        "RFC 8707 §2",
        "a login may name more than one resource",
        "ch04",
        login_with("resource=https://a.example&resource=https://b.example"),
        is_login,
    ),
    Requirement(
        "RFC 9700 §4.12",
        "a login is not redirected with 307, which repeats the password",
        "ch04",
        login_at_slash,
        is_refused,
    ),
    Requirement(
        "RFC 6749 §3.2.1",
        "a client without a secret may say who it is",
        "ch04",
        login(client_id="a teaching client"),
        is_login,
    ),
    *(
        Requirement(section, requires, "ch11", send, met)
        for section, requires, send, met in (
            (
                "RFC 6749 §4.3.2",
                "guessing passwords by force is protected against",
                guess_often(),
                is_slowed_down,
            ),
            (
                "NIST SP 800-63B",
                "guessing is slowed down for unknown usernames alike",
                guess_often(username="nobody"),
                is_slowed_down,
            ),
            (
                "NIST SP 800-63B",
                "a right password is no way out of a lock",
                guess_often(last="secret"),
                is_slowed_down,
            ),
            (
                "RFC 6585 §4",
                "no cache keeps the refusal of too many requests",
                guess_often(),
                is_slowed_down_and_not_stored,
            ),
            (
                "RFC 9110 §10.2.3",
                "Retry-After is a whole number of seconds",
                guess_often(),
                says_when_to_retry,
            ),
            (
                "RFC 9700 §4.13",
                "a client's own X-Forwarded-For changes nothing",
                guess_from_many_addresses,
                is_slowed_down,
            ),
        )
    ),
    Requirement(
        "RFC 9700 §2.4",
        "the password grant is not used",
        None,
        login(),
        refuses("unsupported_grant_type"),
    ),
    # The refusal of a token
    Requirement(
        "RFC 6749 §5.2",
        "another grant type is unsupported_grant_type",
        "ch05",
        login(grant_type="client_credentials", username=None, password=None),
        refuses("unsupported_grant_type"),
    ),
    *(
        Requirement(
            "RFC 6749 §5.2",
            f"{what} is invalid_grant",
            "ch05",
            login(username=username, password=password),
            refuses("invalid_grant"),
        )
        for what, username, password in (
            ("a wrong password", "johndoe", "wrong"),
            ("an unknown user", "nobody", "secret"),
            ("a disabled user", "alice", "secret2"),
        )
    ),
    Requirement(
        "RFC 6749 §5.2",
        "a client with a wrong secret in the form is invalid_client",
        "ch05",
        login(client_id="a teaching client", client_secret="a secret"),
        refuses_client,
    ),
    Requirement(
        "RFC 7521 §4.2",
        "a client with a wrong assertion is invalid_client",
        "ch05",
        login(client_assertion="an assertion"),
        refuses_client,
    ),
    Requirement(
        "RFC 6749 §4.3.2",
        "a client that authenticates with another scheme is not ignored",
        "ch05",
        login_with_header('Digest username="a", response="b"'),
        refuses_client,
    ),
    Requirement(
        "RFC 6749 §5.2",
        "a client with a wrong secret in the header gets a Basic challenge",
        "ch05",
        login_as("a teaching client", "a secret"),
        asks_for_basic,
    ),
    Requirement(
        "RFC 6749 §5.2",
        "a scope beyond what may be granted is invalid_scope, or left out",
        "ch06",
        login(scope="admin"),
        narrows_or_refuses,
    ),
    # The token
    Requirement(
        "RFC 6749 §5.1",
        "access_token and token_type are required",
        "ch04",
        login(),
        is_login,
    ),
    Requirement(
        "RFC 6749 §5.1",
        "expires_in is recommended, and true",
        "ch05",
        login(),
        says_how_long,
    ),
    Requirement(
        "RFC 6749 §5.1",
        "nobody stores an answer with a token in it",
        "ch05",
        login(),
        is_not_stored,
    ),
    Requirement(
        "RFC 6749 §3.3",
        "a grant other than what was asked for says its scope",
        "ch06",
        login(scope=""),
        says_scope,
    ),
    Requirement(
        "RFC 6750 §5.3",
        "a bearer token lives for an hour or less",
        "ch04",
        login(),
        lives_an_hour,
    ),
    # The request with a token
    Requirement(
        "RFC 6750 §3.1",
        "without credentials a 401 challenges, and gives no error code",
        "ch04",
        get_with(),
        challenges(None),
    ),
    Requirement(
        "RFC 6750 §3.1",
        "to another scheme a 401 challenges, and gives no error code",
        "ch04",
        get_with("Basic am9obmRvZTpzZWNyZXQ="),
        challenges(None),
    ),
    Requirement(
        "RFC 6750 §3",
        "a challenge has one attribute or more",
        "ch05",
        get_with(),
        has_attribute,
    ),
    Requirement(
        "RFC 9110 §11.1",
        "a scheme's name may be written in small letters",
        "ch04",
        get_with("bearer {token}"),
        is_let_in,
    ),
    *(
        Requirement(
            "RFC 6750 §3.1", f"{what} is invalid_token", "ch05", send, met
        )
        for what, send, met in (
            (
                "a malformed token",
                get_with("Bearer x"),
                challenges("invalid_token"),
            ),
            (
                "an expired token",
                get_forged(with_claims(exp=1_500_000_000)),
                challenges("invalid_token"),
            ),
            (
                "a token that is no longer good for its user",
                get_disabled,
                challenges("invalid_token"),
            ),
        )
    ),
    Requirement(
        "RFC 6750 §3.1",
        "a token that is sent in two ways is invalid_request",
        "ch05",
        get_in_two_ways,
        challenges("invalid_request", 400),
    ),
    Requirement(
        "RFC 6750 §3.1",
        "a token that is sent twice is invalid_request",
        "ch05",
        get_with("Bearer {token}", "Bearer {token}"),
        challenges("invalid_request", 400),
    ),
    Requirement(
        "RFC 6750 §3.1",
        "a token that reaches too short is insufficient_scope",
        "ch06",
        get_with_less,
        needs_scope,
    ),
    Requirement(
        "RFC 9110 §9.1",
        "HEAD is answered where GET is",
        None,
        head,
        is_kept_out,
    ),
    # The token as a JWT
    Requirement(
        "RFC 7519 §4.1.4",
        "an expired token is refused",
        "ch04",
        get_forged(with_claims(exp=1_500_000_000)),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.4",
        "an expiry is a number",
        "ch04",
        get_forged(with_claims(exp=str(FAR_FUTURE))),
        is_kept_out,
    ),
    Requirement(
        "RFC 9068 §2.2",
        "a token has an identifier of its own",
        "ch08",
        login(),
        has_identifier,
    ),
    Requirement(
        "RFC 9068 §2.2",
        "a token has an expiry",
        "ch04",
        get_forged(without_claim("exp")),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.5",
        "a token is refused before its time",
        "ch04",
        get_forged(with_claims(nbf=FAR_FUTURE)),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.3",
        "a token for another audience is refused",
        "ch04",
        get_forged(with_claims(aud="another service")),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.3",
        "a token for no audience at all is refused",
        "ch09",
        get_forged(with_claims(aud=[])),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.7",
        "claims in another encoding than UTF-8 are refused",
        "ch09",
        get_forged(encoded_in("utf-16")),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.2",
        "a subject is a string",
        "ch04",
        get_forged(with_claims(sub=1)),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.2",
        "a subject is unique: what shares a user's name is not the user",
        "ch05",
        get_forged(with_claims(sub="johndoe")),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.1",
        "another algorithm is refused, signed with the right key",
        "ch04",
        get_forged(with_digest("sha512", "512")),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.2",
        "a token without a signature is refused",
        "ch04",
        get_forged(unsigned("none")),
        is_kept_out,
    ),
    Requirement(
        "RFC 7515 §4.1.11",
        "an extension that must be understood, and is not, is refused",
        "ch04",
        get_forged(with_header(crit=["colour"], colour="green")),
        is_kept_out,
    ),
    Requirement(
        "RFC 7515 §2",
        "base64url has no padding",
        "ch09",
        get_with("Bearer {token}="),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.8",
        "a token of another issuer is refused",
        "ch09",
        get_forged(with_claims(iss="https://another.example")),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.11",
        "a token of another kind is refused",
        "ch09",
        get_forged(with_header(typ="logout+jwt")),
        is_kept_out,
    ),
    # The access token by its profile
    Requirement(
        "RFC 9068 §2.1",
        "an access token is signed with a public key's private half",
        "ch09",
        login(),
        is_signed_with_a_public_key,
    ),
    Requirement(
        "RFC 9068 §2.1",
        "a token that is signed with RS256 is supported",
        "ch09",
        get_with_rs256,
        is_let_in,
    ),
    Requirement(
        "RFC 9068 §2.1",
        "an access token says in its header that it is one",
        "ch09",
        login(),
        is_typed,
    ),
    Requirement(
        "RFC 9068 §2.2",
        "an access token has seven claims",
        "ch09",
        login(),
        has_claims_of_rfc_9068,
    ),
    *(
        Requirement(
            "RFC 9068 §2.2",
            f"a token without {name} is refused",
            since,
            get_forged(without_claim(name)),
            challenges("invalid_token"),
        )
        for name, since in {
            "sub": "ch05",
            "jti": "ch08",
            **dict.fromkeys(("iss", "aud", "iat", "client_id"), "ch09"),
        }.items()
    ),
    Requirement(
        "RFC 9068 §4",
        "a token that says JWT is refused",
        "ch09",
        get_forged(with_header(typ="JWT")),
        challenges("invalid_token"),
    ),
    Requirement(
        "RFC 9068 §4",
        "a token that does not say what it is is refused",
        "ch09",
        get_forged(without_header("typ")),
        challenges("invalid_token"),
    ),
    *(
        Requirement(
            "RFC 9068 §4",
            f"{typ} is an access token as well",
            "ch04",
            get_forged(with_header(typ=typ)),
            is_let_in,
        )
        for typ in ("AT+JWT", "application/at+jwt")
    ),
    Requirement(
        "RFC 7519 §4.1.1",
        "an issuer is compared with regard to case",
        "ch09",
        get_forged(with_claims(iss="https://COURSE.example")),
        is_kept_out,
    ),
    Requirement(
        "RFC 8414 §4",
        "an issuer is compared character by character",
        "ch09",
        get_forged(with_claims(iss="https://course.example/")),
        is_kept_out,
    ),
    Requirement(
        "RFC 7519 §4.1.3",
        "a token may be for several audiences",
        "ch09",
        get_forged(
            with_claims(
                aud=["https://a.example", "https://api.course.example"]
            )
        ),
        is_let_in,
    ),
    Requirement(
        "RFC 8725 §3.8",
        "a key that is not the issuer's is refused",
        "ch09",
        get_forged(with_claims(iss="https://partner.example")),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.9",
        "a token that does not say for whom it is is refused",
        "ch09",
        get_forged(without_claim("aud")),
        is_kept_out,
    ),
    Requirement(
        "RFC 8725 §3.12",
        "a token for a client, which an ID token is, opens no API",
        "ch04",
        get_forged(with_claims(aud="course")),
        is_kept_out,
    ),
    # The issuer's documents
    Requirement(
        "RFC 8414 §2",
        "an issuer's metadata has its name and https addresses",
        "ch09",
        get_path("/.well-known/oauth-authorization-server"),
        is_metadata,
    ),
    *(
        Requirement(
            section,
            requires,
            "ch09",
            get_path("/.well-known/jwks.json"),
            met,
        )
        for section, requires, met in (
            ("RFC 7517 §5", "a JWKS is an object with an array", has_keys),
            ("RFC 7517 §4.5", "keys have names, each its own", are_told_apart),
            (
                "RFC 7517 §4.2",
                "keys say what they are for",
                are_for_signatures,
            ),
            ("RFC 7517 §9.2", "no private or secret key is shown", are_public),
        )
    ),
    # The password
    Requirement(
        "NIST SP 800-63B",
        "a password of 64 ASCII characters is accepted",
        "ch04",
        login_knowing("a" * 64, "a" * 64),
        is_login,
    ),
    Requirement(
        "NIST SP 800-63B",
        "a password of 64 code points of any script is accepted",
        "ch07",
        login_knowing("é" * 64, "é" * 64),
        is_login,
    ),
    Requirement(
        "NIST SP 800-63B",
        "a password is normalised before it is verified",
        "ch07",
        login_knowing("p\u00e4ssword", "pa\u0308ssword"),
        is_login,
    ),
    Requirement(
        "RFC 6749 Appendix B",
        "a password is percent-encoded UTF-8",
        "ch04",
        login_knowing("pässwörd €", "pässwörd €"),
        is_login,
    ),
    Requirement(
        "NIST SP 800-63B",
        "the whole password is verified, and no shorter one passes for it",
        "ch04",
        login_knowing("a" * 72, "a" * 72 + "b"),
        is_refused,
    ),
    # The sign-up
    Requirement(
        "NIST SP 800-63B",
        "a password of 15 letters may be chosen: no rule of composition",
        "ch07",
        sign_up(password="a" * 14 + "b"),
        is_signed_up,
    ),
    Requirement(
        "NIST SP 800-63B",
        "a password of 64 code points of any script may be chosen",
        "ch07",
        sign_up(password="é" * 64),
        is_signed_up,
    ),
    Requirement(
        "NIST SP 800-63B",
        "a password of fewer than 15 characters is refused, with the reason",
        "ch07",
        sign_up(password="a" * 13 + "b"),
        gives_reason("15 to 200 characters"),
    ),
    Requirement(
        "NIST SP 800-63B",
        "a common password is refused, with the reason",
        "ch07",
        sign_up(password="correcthorsebatterystaple"),
        gives_reason("list of common ones"),
    ),
    *(
        Requirement(
            "RFC 8265 §3.3",
            f"two usernames that differ in {what} are one",
            "ch07",
            sign_up_twice(one, other),
            is_conflict,
        )
        for what, one, other in (
            ("letter case", "jose", "JOSE"),
            ("encoding", "jos\u00e9", "jose\u0301"),
            ("width", "jose", "\uff4a\uff4f\uff53\uff45"),
        )
    ),
    Requirement(
        "RFC 7519 §4.1.2",
        "a subject is unique: a username's next owner is somebody else",
        "ch07",
        get_after_another_signed_up,
        is_kept_out,
    ),
    Requirement(
        "RFC 6749 §5.2",
        "a wrong old password is invalid_grant",
        "ch07",
        change_password,
        refuses("invalid_grant"),
    ),
    # The refresh token
    Requirement(
        "RFC 6749 §10.10",
        "a refresh token cannot be guessed",
        "ch08",
        login(),
        has_long_refresh_token,
    ),
    *(
        Requirement("RFC 6749 §6", requires, "ch08", send, met)
        for requires, send, met in (
            (
                "a refresh without a scope is for the scope of the login",
                refresh("me items"),
                is_for("me", "items"),
            ),
            (
                "a refresh with an empty scope is one without a scope",
                refresh("items", scope=""),
                is_for("items"),
            ),
            (
                "a refresh may be for less than the login",
                refresh("me items", scope="me"),
                is_for("me"),
            ),
            (
                "the next refresh token has the scope of the one before",
                refresh("me items", times=3),
                is_for("me", "items"),
            ),
            (
                "a refresh is not for more than the login",
                refresh("me", scope="me items"),
                refuses("invalid_scope"),
            ),
            (
                "a refresh token is required",
                refresh("me", refresh_token=""),
                refuses("invalid_request"),
            ),
        )
    ),
    Requirement(
        "RFC 6749 §5.2",
        "an unknown refresh token is invalid_grant",
        "ch08",
        refresh("me", refresh_token="unknown"),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 6749 §5.1",
        "nobody stores an answer to a refresh",
        "ch08",
        refresh("me"),
        is_not_stored,
    ),
    Requirement(
        "RFC 6749 §10.4",
        "a client with a wrong secret gets nothing for a refresh token",
        "ch08",
        refresh("me", client_id="a", client_secret="a secret"),
        refuses("invalid_client", 401),
    ),
    Requirement(
        "RFC 9700 §4.14.2",
        "a refresh token is good for one use",
        "ch08",
        refresh_twice,
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 9700 §4.14.2",
        "a used refresh token revokes the one that followed it",
        "ch08",
        refresh_after_a_reuse,
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 8725 §3.12",
        "a refresh token is no access token",
        "ch08",
        get_with_refresh_token,
        challenges("invalid_token"),
    ),
    # The revocation
    Requirement(
        "RFC 7009 §2",
        "a token is revoked with POST",
        "ch08",
        revoke_by_get,
        is_only_for_post,
    ),
    *(
        Requirement("RFC 7009 §2.1", requires, "ch08", send, met)
        for requires, send, met in (
            (
                "a token is required",
                revoke(token_type_hint="access_token"),
                refuses("invalid_request"),
            ),
            (
                "a client with a wrong secret is refused",
                revoke(token="a", client_id="a", client_secret="a secret"),
                refuses("invalid_client", 401),
            ),
            (
                "a revoked refresh token is refused",
                refresh_revoked(),
                refuses("invalid_grant"),
            ),
            (
                "a wrong hint does not save a token",
                refresh_revoked(token_type_hint="access_token"),
                refuses("invalid_grant"),
            ),
            (
                "the access token of a revoked refresh token is refused",
                get_revoked("refresh_token"),
                challenges("invalid_token"),
            ),
            (
                "a revoked access token is refused",
                get_revoked("access_token"),
                challenges("invalid_token"),
            ),
            (
                "a revoked access token is refused in any spelling",
                get_revoked("access_token", "{}="),
                challenges("invalid_token"),
            ),
            (
                "an unknown hint is ignored",
                get_revoked("access_token", token_type_hint="colour"),
                challenges("invalid_token"),
            ),
        )
    ),
    Requirement(
        "RFC 7009 §2.2",
        "the revocation of an unknown token is a success",
        "ch08",
        revoke(token="unknown"),
        is_let_in,
    ),
    Requirement(
        "RFC 6749 §3.2",
        "a revocation names one token",
        "ch08",
        revoke_twice_named,
        refuses("invalid_request"),
    ),
    # A request for a code, and what it buys
    Requirement(
        "RFC 6749 §3.1",
        "the authorization endpoint takes GET",
        "ch12",
        ask_for_code(),
        shows_login_page,
    ),
    Requirement(
        "RFC 6749 §3.1",
        "a parameter of a request for a code comes once",
        "ch12",
        ask_for_code_with("state=b"),
        is_not_redirected,
    ),
    Requirement(
        "RFC 6749 §3.1.1",
        "another response_type is refused to the client",
        "ch12",
        ask_for_code(response_type="token"),
        sends_back("unsupported_response_type"),
    ),
    Requirement(
        "RFC 6749 §4.1.2",
        "a code is sent to the client with its state",
        "ch12",
        allow(),
        gives_code,
    ),
    Requirement(
        "RFC 6749 §4.1.2",
        "a code works once",
        "ch12",
        use_code(times=2),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 6749 §4.1.2",
        "a second use of a code ends the tokens of the first",
        "ch12",
        get_after_a_second_use,
        challenges("invalid_token", 401),
    ),
    Requirement(
        "RFC 6749 §4.1.2.1",
        "an unknown redirect_uri is not redirected to",
        "ch12",
        ask_for_code(redirect_uri=f"{REDIRECT_URI}x"),
        is_not_redirected,
    ),
    Requirement(
        "RFC 6749 §4.1.2.1",
        "a request of an unknown client is not redirected",
        "ch12",
        ask_for_code(client_id="nobody"),
        is_not_redirected,
    ),
    Requirement(
        "RFC 6749 §4.1.2.1",
        "a missing response_type is an invalid request",
        "ch12",
        ask_for_code(response_type=None),
        sends_back("invalid_request"),
    ),
    Requirement(
        "RFC 6749 §4.1.2.1",
        "an unknown scope is refused to the client",
        "ch12",
        ask_for_code(scope="admin"),
        sends_back("invalid_scope"),
    ),
    Requirement(
        "RFC 6749 §4.1.2.1",
        "a user may deny the request",
        "ch12",
        allow("deny"),
        sends_back("access_denied"),
    ),
    Requirement(
        "RFC 6749 §4.1.3",
        "a code is for its client",
        "ch12",
        use_code(client_id="course"),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 6749 §4.1.3",
        "a code is for its redirect_uri",
        "ch12",
        use_code(redirect_uri="https://evil.example/"),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 6749 §4.1.4",
        "a code buys an access token",
        "ch12",
        use_code(),
        is_login,
    ),
    Requirement(
        "RFC 6749 §6",
        "a client refreshes the tokens of its code",
        "ch12",
        refresh_login_by_code("shop"),
        is_login,
    ),
    Requirement(
        "RFC 6749 §10.4",
        "a refresh token is for its client",
        "ch12",
        refresh_login_by_code("course"),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 7009 §2.1",
        "a client revokes its own token",
        "ch12",
        revoke_login_by_code("refresh_token", "shop"),
        is_let_in,
    ),
    *(
        Requirement(
            "RFC 7009 §2.1",
            f"a client revokes no {kind} of another client",
            "ch12",
            revoke_login_by_code(kind.replace(" ", "_"), "course"),
            refuses("invalid_grant"),
        )
        for kind in ("access token", "refresh token")
    ),
    Requirement(
        "RFC 7636 §4.4.1",
        "a request without a challenge is refused",
        "ch12",
        ask_for_code(code_challenge=None),
        sends_back("invalid_request"),
    ),
    Requirement(
        "RFC 7636 §4.4.1",
        "a transformation that is not supported is refused",
        "ch12",
        ask_for_code(code_challenge_method="x"),
        sends_back("invalid_request"),
    ),
    Requirement(
        "RFC 7636 §4.6",
        "another verifier is refused",
        "ch12",
        use_code(code_verifier="w" * 43),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 7636 §4.6",
        "a missing verifier is refused",
        "ch12",
        use_code(code_verifier=None),
        refuses("invalid_grant"),
    ),
    Requirement(
        "RFC 9700 §2.1.1",
        "a challenge that is the verifier itself is refused",
        "ch12",
        ask_for_code(code_challenge=VERIFIER, code_challenge_method="plain"),
        sends_back("invalid_request"),
    ),
    Requirement(
        "RFC 9700 §2.4",
        "a password buys no token",
        None,
        login(),
        refuses("unsupported_grant_type"),
    ),
    Requirement(
        "RFC 9700 §2.6",
        "no script of another origin reads the login page",
        "ch12",
        ask_for_code_from("https://shop.example"),
        is_read_by_no_other_origin,
    ),
    Requirement(
        "RFC 9700 §4.12",
        "the browser is sent back with 303",
        "ch12",
        allow(),
        gives_code_by_303,
    ),
    Requirement(
        "RFC 9700 §4.16",
        "the login page is shown in no frame",
        "ch12",
        ask_for_code(),
        is_in_no_frame,
    ),
    Requirement(
        "RFC 9207 §2",
        "an answer with a code names its issuer",
        "ch12",
        allow(),
        names_issuer,
    ),
    Requirement(
        "RFC 9207 §3",
        "metadata say that answers name their issuer",
        "ch12",
        metadata,
        publishes("authorization_response_iss_parameter_supported"),
    ),
    Requirement(
        "RFC 8414 §2",
        "metadata name the authorization endpoint",
        "ch12",
        metadata,
        publishes("authorization_endpoint"),
    ),
    Requirement(
        "RFC 8414 §2",
        "metadata name the methods of PKCE",
        "ch12",
        metadata,
        publishes("code_challenge_methods_supported"),
    ),
    Requirement(
        "RFC 8414 §2",
        "metadata name the ways in which clients authenticate",
        "ch12",
        metadata,
        publishes("token_endpoint_auth_methods_supported"),
    ),
    # Hosts, and the way to them
    Requirement(
        "RFC 6797 §7.1",
        "an answer over https tells the browser to come back by https",
        "ch13",
        login_over_https,
        asks_for_https,
    ),
    Requirement(
        "RFC 6797 §7.2",
        "an answer over http does not speak of that",
        "ch04",
        login(),
        is_silent_about_https,
    ),
    Requirement(
        "RFC 9110 §7.4",
        "a request for another host is refused",
        "ch13",
        login_at_another_host,
        refuses_host,
    ),
]
