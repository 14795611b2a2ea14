"""The checks of the attack bench that need no key, in their order."""

import json
import time
from collections.abc import Iterator
from functools import partial

import httpx
from starlette.types import Receive, Scope, Send

from course.classroom.bench import forgery
from course.classroom.bench.bench import (
    Bench,
    Check,
    NotTriedError,
    Verdict,
    add_check,
    judge,
)
from course.classroom.bench.report import (
    ACCEPTED,
    BROKEN,
    KEPT,
    REFUSED,
)
from course.classroom.bench.target import (
    Json,
    object_in,
    read_json,
    send,
)
from course.classroom.server import Server

DAY = 24 * 60 * 60
NOBODY = "no-such-user-of-the-bench"
WRONG = "not-the-password"
PRIVATE = (
    *("password", "hashed_password", "pwd", "secret", "email", "phone"),
    *("address", "birthdate", "ssn"),
)
GARBAGE: dict[str, str | bytes] = {
    "an empty header": "",
    "Bearer alone": "Bearer",
    "a word": "Bearer x",
    "two dots": "Bearer ..",
    "three words": "Bearer a.b.c",
    "JSON that is no header": "Bearer W10.e30.AA",
    "numbers for objects": "Bearer MQ.MQ.MQ",
    "alg as a list": "Bearer eyJhbGciOltdfQ.e30.AA",
    "alg as an object": "Bearer eyJhbGciOnt9fQ.e30.AA",
    "alg as null": "Bearer eyJhbGciOm51bGx9.e30.AA",
    "bytes that are no UTF-8": b"Bearer \xe9\xff.\xff.\xff",
    "accents": "Bearer é.é.é",
    "a thousand dots": "Bearer " + "." * 1000,
    "many brackets": "Bearer " + forgery.encode(b"[" * 6000) + ".e30.AA",
    "five parts": "Bearer e30.e30.e30.e30.e30",
}
CHECKS: list[Check] = []
check = partial(add_check, CHECKS)


def kept(breach: str) -> Verdict:
    """Decide about a rule; an empty breach says that it is kept."""
    return (BROKEN, breach) if breach else (KEPT, "")


# Requests without the good token


@check(
    "no token at all",
    "RFC 6750 §3.1",
    "The endpoint answers anyone. Let it depend on the current user.",
)
async def without_token(bench: Bench) -> Verdict:
    """Send a request without credentials."""
    return judge({"": await bench.ask()})


@check(
    "garbage instead of a token",
    "RFC 6750 §3.1",
    "A crash fills the log, and a 500 tells a client to try again. Turn every "
    "error of the token's reader into a 401.",
)
async def with_garbage(bench: Bench) -> Verdict:
    """Send headers that hold no token."""
    return judge({name: await bench.ask(h) for name, h in GARBAGE.items()})


@check(
    "the token under another scheme",
    "RFC 6750 §2.1",
    "Accept a token only after the word Bearer.",
)
async def under_another_scheme(bench: Bench) -> Verdict:
    """Send the good token with another word, or none, before it."""
    patterns = ("{}", "Basic {}", "Token {}", "JWT {}", "Bearer: {}")
    headers = [pattern.format(bench.token) for pattern in patterns]
    return judge(
        {
            pattern.partition(" ")[0]: await bench.ask(header)
            for pattern, header in zip(patterns, headers, strict=True)
        }
    )


# Forged tokens


@check(
    "alg none, in ten spellings",
    "RFC 8725 §3.2",
    "Anyone can write such a token. Name the allowed algorithms; a list of "
    "forbidden ones misses a spelling.",
)
async def with_alg_none(bench: Bench) -> Verdict:
    """Say that the token has no signature."""
    return await bench.send_tokens(forgery.unsigned(bench.jwt))


@check(
    "a signature that does not fit",
    "RFC 8725 §3.3",
    "The signature is not verified, so anyone can write any claims. Look for "
    "`verify_signature: False`.",
)
async def with_broken_signature(bench: Bench) -> Verdict:
    """Change the claims, the header or the signature."""
    return await bench.send_tokens(forgery.with_broken_signature(bench.jwt))


@check(
    "a key that people use",
    "RFC 8725 §3.5",
    "The key was found by trying published keys and likely words, without "
    "any request. Take a random one: `secrets.token_hex(32)`.",
)
async def with_likely_key(bench: Bench) -> Verdict:
    """Look for the key in a list of words; keep it for other checks."""
    good = bench.jwt
    if good.alg not in forgery.HASHES:
        raise NotTriedError(f"{good.alg} has no secret to guess")
    key = forgery.guess_key(good)
    if key is None:
        return REFUSED, "not found"
    bench.key = bench.key or key
    forged = forgery.with_hmac(good, key, good.alg)
    return await bench.send_tokens({"": forged})


@check(
    "a published key as an HMAC secret",
    "RFC 8725 §3.1",
    "Everyone has the public key, and so everyone can sign. Take the "
    "algorithm from the key, never from the token.",
)
async def with_public_key(bench: Bench) -> Verdict:
    """Sign by HMAC with the keys that the app publishes."""
    forged = forgery.with_public_keys(bench.jwt, await find_keys(bench))
    if not forged:
        raise NotTriedError("the app publishes no keys")
    return await bench.send_tokens(forged)


async def find_keys(bench: Bench) -> Json:
    """Return the app's JWKS, from where such a document is usually found."""
    well_known = "/.well-known"
    paths = [f"{well_known}/jwks.json", "/jwks.json", "/jwks"]
    for name in ("openid-configuration", "oauth-authorization-server"):
        metadata = await read_json(bench.client, f"{well_known}/{name}")
        uri = httpx.URL(str(metadata.get("jwks_uri", "")))
        paths.append(
            uri.path
        )  # whatever host it names: only this app is asked
    for path in paths:
        jwks = await read_json(bench.client, path)
        if "keys" in jwks:
            return jwks
    return {}


@check(
    "a key in the token (jwk)",
    "RFC 8725 §3.10",
    "The attacker chooses the key. Take keys from your own table only.",
)
async def with_own_key(bench: Bench) -> Verdict:
    """Put a key into the header and sign with it."""
    return await bench.send_tokens(forgery.with_own_key(bench.jwt))


@check(
    "an address of keys (jku, x5u)",
    "RFC 8725 §3.10",
    "The attacker chooses an address that the app then asks (SSRF), and "
    "perhaps the key. Ignore `jku` and `x5u`.",
)
async def with_own_address(bench: Bench) -> Verdict:
    """Name a listener on this machine, and see whether the app asks it."""
    visits = []

    async def listener(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await receive()
            await send({"type": "lifespan.startup.complete"})
            await receive()
            await send({"type": "lifespan.shutdown.complete"})
            return
        visits.append(scope["path"])
        await send({"type": "http.response.start", "status": 404})
        await send({"type": "http.response.body"})

    good = bench.jwt
    try:
        server = Server(listener)
    except (OSError, RuntimeError):  # as in a browser's Python
        raise NotTriedError("there is nothing to listen with") from None
    with server:
        tokens = forgery.with_address(good, f"{server.url}/keys.json")
        verdict, answer = await bench.send_tokens(tokens)
    return (ACCEPTED, "it asked that address") if visits else (verdict, answer)


@check(
    "a kid that is a path or SQL",
    "RFC 8725 §3.10",
    "`kid` is text from outside. Look it up in a dict of your own keys, after "
    "making sure that it is a string.",
)
async def with_tricky_kid(bench: Bench) -> Verdict:
    """Let `kid` lead to a key that is known."""
    return await bench.send_tokens(forgery.with_tricky_kid(bench.jwt))


@check(
    "the JSON serialization",
    "RFC 7519 §3",
    "What is verified and what is read may then differ. Accept only three "
    "parts of base64url with dots between them.",
)
async def in_json(bench: Bench) -> Verdict:
    """Send the good token as JSON, alone and with a forged one inside."""
    return await bench.send_tokens(forgery.in_json(bench.jwt))


@check(
    "the token in another spelling",
    "RFC 7515 §2",
    "One token then has several texts, and a deny-list of texts misses some. "
    "Name revoked tokens by their `jti`.",
)
async def respelled(bench: Bench) -> Verdict:
    """Write the good token in other letters."""
    return await bench.send_tokens(forgery.respelled(bench.jwt))


# The good token in other places


@check(
    "the token in the address",
    "RFC 9700 §4.3.2",
    "Addresses are kept in logs and histories. Take tokens from the header.",
)
async def in_address(bench: Bench) -> Verdict:
    """Send the good token as a parameter of the address."""
    names = ("access_token", "token")
    return judge(
        {
            name: await bench.ask(query=f"?{name}={bench.token}")
            for name in names
        }
    )


@check(
    "two Authorization headers",
    "RFC 6750 §3.1",
    "A proxy may read one and the app the other. Refuse with a 400.",
)
async def in_two_headers(bench: Bench) -> Verdict:
    """Send the good token and another, in both orders."""
    good, bad = f"Bearer {bench.token}", "Bearer x.y.z"
    return judge(
        {
            "the good one first": await bench.ask(good, bad),
            "the good one last": await bench.ask(bad, good),
        }
    )


@check(
    "a refresh or ID token",
    "RFC 8725 §3.12",
    "A token for one use works for another. Write `typ` into each kind, and "
    "demand `at+jwt` of access tokens.",
)
async def of_another_kind(bench: Bench) -> Verdict:
    """Send the other tokens that the login has returned."""
    answer = object_in(bench.login) if bench.login is not None else {}
    names = ("refresh_token", "id_token")
    tokens = {name: str(answer[name]) for name in names if name in answer}
    if not tokens:
        raise NotTriedError("the bench has no other token")
    return await bench.send_tokens(tokens)


# Rules of the answers


@check(
    "`bearer` in small letters works",
    "RFC 9110 §11.1",
    "Some clients write it so. Compare the scheme without regard to case.",
)
async def in_small_letters(bench: Bench) -> Verdict:
    """Send the good token after `bearer`."""
    status = await bench.ask(f"bearer {bench.token}")
    return kept("" if status < 300 else f"{status}")


@check(
    "a 401 has a challenge",
    "RFC 9110 §15.5.2",
    "Clients look for it. Send `WWW-Authenticate: Bearer` with each 401.",
)
async def challenges(bench: Bench) -> Verdict:
    """Look at the challenges of two refusals."""
    bad = {"Authorization": "Bearer x"}
    answers = {
        "no token": await send(bench.client, "GET", bench.path),
        "a bad one": await send(bench.client, "GET", bench.path, headers=bad),
    }
    return kept(", ".join(breaches_of(answers)))


def breaches_of(answers: dict[str, httpx.Response]) -> Iterator[str]:
    """Say which answers are no 401, or have no challenge of Bearer."""
    for name, answer in answers.items():
        challenge = answer.headers.get("WWW-Authenticate", "")
        if answer.status_code != 401:
            yield f"{answer.status_code} for {name}"
        elif not challenge.lower().startswith("bearer"):
            yield f"no challenge for {name}"


@check(
    "the token expires within a day",
    "RFC 6750 §5.3",
    "A stolen token works until its `exp`. Let tokens live for minutes.",
)
async def lifetime(bench: Bench) -> Verdict:
    """Look at the good token's `exp`."""
    exp = bench.jwt.claims.get("exp")
    if not isinstance(exp, int | float):
        return kept("it never expires")
    return kept("" if exp - time.time() <= DAY else "it lives longer")


@check(
    "the token says nothing private",
    "RFC 7519 §12",
    "Anyone who holds a token can read its claims. Leave these out.",
)
async def privacy(bench: Bench) -> Verdict:
    """Look at the names of the good token's claims."""
    return kept(", ".join(n for n in bench.jwt.claims if n in PRIVATE))


# The login


@check(
    "the login's answer is not cached",
    "RFC 6749 §5.1",
    "A cache may keep the token. Send `Cache-Control: no-store`.",
)
async def caching(bench: Bench) -> Verdict:
    """Look at the headers of the login's answer."""
    if bench.login is None:
        raise NotTriedError("there was no login")
    sent = bench.login.headers.get("Cache-Control", "")
    return kept("" if "no-store" in sent else "no `no-store`")


@check(
    "the login is not redirected",
    "RFC 9700 §4.12",
    "A redirect makes the client send its password again, to where the "
    "request's Host header says. Use `redirect_slashes=False`.",
)
async def redirects(bench: Bench) -> Verdict:
    """Log in at the other path."""
    if bench.form is None or bench.places.token_url is None:
        raise NotTriedError("there was no login")
    url = bench.places.token_url
    other = url.rstrip("/") if url.endswith("/") else f"{url}/"
    response = await send(bench.client, "POST", other, data=bench.form)
    status = response.status_code
    return kept(str(status) if 300 <= status < 400 else "")


@check(
    "a password in the address",
    "RFC 6749 §4.3.2",
    "Addresses are kept in logs. Read the login from the body only.",
)
async def password_in_address(bench: Bench) -> Verdict:
    """Send the login's fields as parameters of the address."""
    query = f"?{httpx.QueryParams(bench.form or {})}"
    return logged_in({"": await bench.log_in(b"", query)})


@check(
    "broken logins",
    "RFC 6749 §5.2",
    "A crash may leave the password in a log, and a wrong password must not "
    "log in. Answer each form that you cannot read with a 400.",
)
async def broken_logins(bench: Bench) -> Verdict:
    """Send passwords that are wrong, and forms that are none."""
    return logged_in(
        {
            "a NUL": await bench.log_in(password="\0"),  # noqa: S106
            "an empty one": await bench.log_in(password=""),
            "10,000 letters": await bench.log_in(password="a" * 10_000),
            "no UTF-8": await bench.log_in(b"username=%ff&password=%ff"),
            "half a character": await bench.log_in(
                b"grant_type=password&username=%ed%a0%80&password=x"
            ),
            "no form": await bench.log_in(b"{}"),
            "an empty body": await bench.log_in(b""),
        }
    )


def logged_in(answers: dict[str, httpx.Response]) -> Verdict:
    """Decide about answers to logins that must be refused."""
    return judge({name: r.status_code for name, r in answers.items()})


@check(
    "no refusal repeats the password",
    "CWE-209",
    "A password typed into the wrong field ends in a page or a log. Leave the "
    "input out of error messages; FastAPI's own 422 repeats it.",
)
async def echo(bench: Bench) -> Verdict:
    """Send a password in forms that are refused, and look for it."""
    word = "a-password-to-be-found"
    form = httpx.QueryParams({"grant_type": word, "password": word})
    answers = [
        await bench.log_in(str(form).encode("ascii")),
        await bench.log_in(json.dumps({"password": word}).encode("ascii")),
        await bench.log_in(password=word, grant_type=word),
    ]
    found = any(word in answer.text for answer in answers)
    return kept("it comes back" if found else "")


@check(
    "an unknown user is not told apart",
    "CWE-204",
    "The difference tells which usernames exist. Give one answer to both.",
)
async def enumeration(bench: Bench) -> Verdict:
    """Compare two refusals, to the byte."""
    known = await bench.log_in(password=WRONG)
    unknown = await bench.log_in(username=NOBODY, password=WRONG)
    if known.is_success:
        return ACCEPTED, "a wrong password logs in"
    same = known.status_code == unknown.status_code
    same = same and known.content == unknown.content
    return kept("" if same else "they differ")
