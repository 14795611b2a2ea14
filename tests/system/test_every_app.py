"""What every chapter's app from chapter 4 on keeps, whatever it adds.

A behaviour that one chapter's tests pin is pinned here for the later apps.
The refusal of forged tokens and broken forms is in `test_security`.
"""

import logging
import subprocess
import sys
import threading
import time
from datetime import timedelta
from itertools import pairwise
from typing import Annotated, Any
from unittest.mock import patch

import bcrypt
import jwt
import pytest
from fastapi import FastAPI, Form
from passlib.hash import hex_md5, md5_crypt, plaintext

from snippets import ch04_token_endpoint as ch04
from snippets.ch02_password_hashing import pwd_context
from snippets.ch03_dependency_wiring import UserInDB
from tests.support.accounts import change_user, subject_of
from tests.support.chapters import apps, chapters, fresh
from tests.support.clients import (
    ClientOf,
    bearer,
    good_claims,
    login,
    open_client,
    scopes_of,
)
from tests.support.shares import PIECES, apps_in_turn
from tests.support.signers import signer_of
from tests.system.contract import JOHNS_RECORD, REFUSED_LOGINS

APPS = apps(first=4)
ME = "/users/me/"
ITEMS = "/users/me/items/"
# The claims of an access token, from the chapter on that changes them.
CLAIMS = {
    "ch04": {"sub", "exp"},
    "ch06": {"sub", "exp", "scope"},
    "ch08": {"sub", "exp", "scope", "jti", "iat"},
    "ch09": {
        *("sub", "exp", "scope", "jti", "iat"),
        *("iss", "aud", "client_id"),
    },
}
# The members of its header.
HEADERS = {"ch04": {"alg", "typ"}, "ch09": {"alg", "typ", "kid"}}

# Refusals that end with a chapter: it reads usernames in any letter case.
UNTIL = {"username in capitals": "ch07"}

every_app = pytest.mark.parametrize("stem", APPS)


def test_every_app_has_its_turn() -> None:
    for number in range(PIECES):
        turns = [apps_in_turn(number + each, APPS) for each in range(PIECES)]
        assert set().union(*turns) == {*APPS}
        assert all([*APPS][-1] in turn for turn in turns)


def since(table: dict[str, set[str]], stem: str) -> set[str]:
    """Return what a chapter's token carries, as a table says."""
    return table[max(name for name in table if name <= stem[:4])]


async def token_of(stem: str) -> str:
    """Log johndoe in with all scopes, and return the access token."""
    async with open_client(APPS[stem]) as client:
        form = {**login(), "scope": scopes_of(APPS[stem])}
        response = await client.post("/token", data=form)
    token: str = response.json()["access_token"]
    return token


async def status_of(stem: str, authorization: str) -> int:
    """Ask for the own record with an Authorization header as it is."""
    async with open_client(APPS[stem]) as client:
        headers = {"Authorization": authorization}
        return (await client.get(ME, headers=headers)).status_code


def operations(stem: str) -> set[tuple[str, str]]:
    """List an app's operations: `{("post", "/token"), …}`."""
    return {
        (method, path)
        for path, methods in APPS[stem].openapi()["paths"].items()
        for method in methods
    }


@pytest.mark.parametrize(("earlier", "later"), list(pairwise(APPS)))
def test_later_app_keeps_every_operation(earlier: str, later: str) -> None:
    assert operations(earlier) - operations(later) == set()


@pytest.mark.anyio
@every_app
async def test_own_record_is_the_public_one(
    stem: str, client_of: ClientOf
) -> None:
    async with client_of(APPS[stem]) as client:
        headers = bearer(await token_of(stem))
        response = await client.get(ME, headers=headers)
    assert (response.status_code, response.json()) == (200, JOHNS_RECORD)


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize("username", ["johndoe", "alice"])
async def test_caller_reads_their_own_record_and_items(
    stem: str,
    username: str,
    client_of: ClientOf,
) -> None:
    change_user(username, disabled=False)
    claims = await good_claims(APPS[stem])
    claims["sub"] = subject_of(stem, username)
    async with client_of(APPS[stem]) as client:
        headers = bearer(signer_of(stem)(claims))
        record = (await client.get(ME, headers=headers)).json()
        items = (await client.get(ITEMS, headers=headers)).json()
    assert record["username"] == username
    assert {item["owner"] for item in items} == {username}


@pytest.mark.anyio
@every_app
async def test_access_token_carries_exactly_these_claims(stem: str) -> None:
    token = await token_of(stem)
    claims = jwt.decode(token, options={"verify_signature": False})
    assert claims.keys() == since(CLAIMS, stem)
    header = jwt.get_unverified_header(token)
    assert header.keys() == since(HEADERS, stem)


@pytest.mark.anyio
@every_app
async def test_access_token_says_nothing_about_the_person(
    stem: str, users: dict[str, UserInDB]
) -> None:
    said = str(
        jwt.decode(await token_of(stem), options={"verify_signature": False})
    )
    john = users["johndoe"]
    for private in (john.email, john.full_name, john.hashed_password):
        assert private
        assert private not in said


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize(
    ("seconds", "status"), [(60, 200), (0, 401), (-1, 401)]
)
async def test_token_is_refused_from_the_second_of_its_expiry_on(
    stem: str, seconds: int, status: int
) -> None:
    claims = await good_claims(APPS[stem])
    claims["exp"] = int(time.time()) + seconds
    token = signer_of(stem)(claims)
    assert await status_of(stem, f"Bearer {token}") == status


@pytest.mark.anyio
@every_app
async def test_token_of_negative_lifetime_is_born_expired(stem: str) -> None:
    create_access_token = getattr(
        chapters()[stem], "create_access_token", ch04.create_access_token
    )
    claims = await good_claims(APPS[stem])
    for life, status in (
        (timedelta(seconds=-1), 401),
        (timedelta(minutes=1), 200),
    ):
        token = create_access_token(claims, life)
        exp = jwt.decode(token, options={"verify_signature": False})["exp"]
        signed = signer_of(stem)(claims | {"exp": exp})
        assert await status_of(stem, f"Bearer {signed}") == status


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize(
    ("pattern", "status"),
    [
        ("Bearer {}", 200),
        # FastAPI strips spaces around a token (RFC 9110 §11.4: 1*SP).
        ("Bearer   {}", 200),
        ("Bearer {} ", 200),
        (" Bearer {}", 401),
        ("Bearer\t{}", 401),
        ("Bearer {} x", 401),
    ],
)
async def test_white_space_around_a_bearer_token(
    stem: str, pattern: str, status: int
) -> None:
    token = await token_of(stem)
    assert await status_of(stem, pattern.format(token)) == status


@pytest.mark.anyio
@every_app
async def test_refused_logins_are_alike_to_the_byte(
    stem: str, client_of: ClientOf
) -> None:
    async with client_of(APPS[stem]) as client:
        answers = {
            why: await client.post("/token", data=form)
            for why, form in REFUSED_LOGINS.items()
            if stem[:4] < UNTIL.get(why, "never")
        }
    seen = {
        (answer.status_code, answer.content, tuple(answer.headers.raw))
        for answer in answers.values()
    }
    assert len(seen) == 1
    assert all(answer.is_client_error for answer in answers.values())


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize("stored", ["secret", "damaged"])
async def test_no_password_or_token_is_logged_or_printed(
    stem: str,
    stored: str,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
    capfd: pytest.CaptureFixture[str],
) -> None:
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.DEBUG, "sqlalchemy")
    password = "to-be-kept-out-of-the-log"
    hashed = pwd_context.using(bcrypt__rounds=4).hash(password)
    change_user(
        "johndoe", hashed_password=hashed if stored == "secret" else "!"
    )
    async with client_of(APPS[stem]) as client:
        for username in ("johndoe", "nobody"):
            form = login(username, password)
            answer = (await client.post("/token", data=form)).json()
            made_up = signer_of(stem)({"sub": "johndoe"})
            token = answer.get("access_token", made_up)
            await client.get(ME, headers=bearer(token))
            written = "".join([caplog.text, *capfd.readouterr()])
            assert password not in written
            assert token.rpartition(".")[2] not in written


@pytest.mark.anyio
@every_app
async def test_login_at_a_path_with_a_slash_is_not_redirected(
    stem: str, client_of: ClientOf
) -> None:
    """A 307 would send the password to any host (RFC 9700 §4.12)."""
    async with client_of(APPS[stem]) as client:
        answer = await client.post(
            "/token/", data=login(), headers={"Host": "evil.example"}
        )
    # From chapter 13 on an unknown host is refused before a path is read.
    assert answer.status_code == (400 if stem >= "ch13" else 404)
    assert "evil.example" not in f"{answer.headers}{answer.text}"


@pytest.mark.anyio
@every_app
async def test_malformed_field_of_a_new_endpoint_is_not_repeated(
    stem: str, client_of: ClientOf
) -> None:
    """A password typed into the wrong field would come back."""

    async def set_pin(pin: Annotated[int, Form()]) -> int:
        return pin

    app: FastAPI = fresh(stem).app
    app.post("/pin")(set_pin)
    async with client_of(app) as client:
        good = await client.post("/pin", data={"pin": "1234"})
        bad = await client.post("/pin", data={"pin": "hunter2"})
    assert (good.status_code, bad.status_code) == (200, 422)
    assert "hunter2" not in bad.text


@pytest.mark.anyio
@every_app
async def test_login_runs_in_the_thread_pool(
    stem: str, client_of: ClientOf
) -> None:
    """A hash in the event loop would keep all other requests waiting."""
    hash_password = bcrypt.hashpw
    threads: list[int] = []

    def spy(password: bytes, salt: bytes) -> bytes:
        threads.append(threading.get_ident())
        return hash_password(password, salt)

    async with client_of(APPS[stem]) as client:
        with patch.object(bcrypt, "hashpw", spy):
            await client.post("/token", data=login())
    assert threads
    assert threading.get_ident() not in threads


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize("scheme", [plaintext, hex_md5, md5_crypt])
async def test_hash_of_a_weak_scheme_logs_nobody_in(
    stem: str,
    scheme: Any,
    client_of: ClientOf,
) -> None:
    change_user("johndoe", hashed_password=scheme.hash("secret"))
    async with client_of(APPS[stem]) as client:
        answer = await client.post("/token", data=login())
        unknown = await client.post("/token", data=login("nobody"))
    assert answer.is_client_error
    assert answer.content == unknown.content


REFUSED_STARTS = """
import importlib, os
for key in ("", "short", " " * 8, "a key of only thirty-one bytes."):
    os.environ["SECRET_KEY"] = key
    for stem in {stems}:
        try:
            importlib.import_module("snippets." + stem)
        except ValueError as error:
            assert str(error).startswith("SECRET_KEY"), error
        else:
            raise AssertionError(f"{{stem}} started on {{key!r}}")
"""


def test_no_app_starts_on_a_weak_secret_key() -> None:
    program = REFUSED_STARTS.format(stems=list(apps()))
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
