"""Chapter 7: its functions and its app, on SQLite and on PostgreSQL.

What only one of the two can do, such as filling a small disk, is in
`test_ch07_sqlite` and `test_ch07_postgresql`.
"""

import asyncio
import json
import os
import subprocess
import sys
import threading
import time
import unicodedata
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta, timezone
from typing import Any
from unittest.mock import patch
from uuid import uuid4

import bcrypt
import httpx
import pytest
import sqlalchemy as sa
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from hypothesis import given
from hypothesis import strategies as st
from passlib.hash import bcrypt as bcrypt_of_passlib
from passlib.hash import django_pbkdf2_sha256
from pwdlib.hashers.argon2 import Argon2Hasher
from sqlalchemy.exc import IntegrityError, OperationalError

from course.chapters import ROOT
from snippets import ch03_dependency_wiring as ch03
from snippets import ch04_token_endpoint as ch04
from snippets import ch05_check_it as ch05
from snippets import ch06_scopes as ch06
from snippets import ch07_database as ch07
from tests.support import cheap_hashes
from tests.support.accounts import change_row, delete_user
from tests.support.clients import ClientOf, bearer, login
from tests.support.databases import small_pool
from tests.support.forgeries import FAR_FUTURE, signed

pytestmark = pytest.mark.parametrize(
    "database",
    ["sqlite", pytest.param("postgresql", marks=pytest.mark.slow)],
    indirect=True,
)

ME = "/users/me/"
PASSWORD = "maria's long password"
NEW = {"username": "maria", "password": PASSWORD}
ANOTHER = "another long password"
DAMAGED = cheap_hashes.HASHES["johndoe"][:-5]


async def sign_up(client: httpx.AsyncClient, **changes: Any) -> httpx.Response:
    return await client.post("/users/", json={**NEW, **changes})


async def log_in(
    client: httpx.AsyncClient, username: str, password: str
) -> httpx.Response:
    return await client.post("/token", data=login(username, password))


async def token_of(
    client: httpx.AsyncClient, username: str, password: str
) -> str:
    answer = await log_in(client, username, password)
    assert answer.status_code == 200, answer.text
    token: str = answer.json()["access_token"]
    return token


def user_named(username: str) -> ch07.StoredUser:
    user = ch07.find_user(username)
    assert user is not None
    return user


def add_maria(**changes: Any) -> ch07.StoredUser:
    return ch07.add_user(ch07.SignUp.model_validate({**NEW, **changes}))


def all_usernames() -> list[str]:
    with ch07.Session() as session:
        return sorted(session.scalars(sa.select(ch07.UserRow.username)))


def tables() -> set[str]:
    with ch07.Session() as session:
        return set(sa.inspect(session.connection()).get_table_names())


class Hashers:
    """Watch Argon2 and bcrypt at work: what they do, and on which thread.

    `during` is called at each hash and verification.
    """

    def __init__(self, during: Callable[[], object] = lambda: None) -> None:
        self.during = during
        self.done: list[str] = []
        self.threads: set[int] = set()
        self.bcrypt_hashpw = bcrypt.hashpw

    def note(self, what: str) -> None:
        self.done.append(what)
        self.threads.add(threading.get_ident())
        self.during()

    def verify(self, password: str | bytes, hashed: str | bytes) -> bool:
        self.note("argon2 verify")
        return cheap_hashes.argon2.verify(password, hashed)

    def hash(self, password: str | bytes) -> str:
        self.note("argon2 hash")
        return cheap_hashes.argon2.hash(password)

    def hashpw(self, password: bytes, salt: bytes) -> bytes:
        self.note("bcrypt")
        return self.bcrypt_hashpw(password, salt)

    def __getattr__(self, name: str) -> Any:
        return getattr(cheap_hashes.argon2, name)


@contextmanager
def watched(during: Callable[[], object] = lambda: None) -> Iterator[Hashers]:
    """Watch all hashing for as long as this lasts."""
    bcrypt_of_passlib.set_backend("bcrypt")  # it tries known hashes first
    hashers = Hashers(during)
    with (
        patch.object(ch07, "argon2", hashers),
        patch.object(bcrypt, "hashpw", hashers.hashpw),
    ):
        yield hashers


def once(action: Callable[[], object]) -> Callable[[], None]:
    """Return what does something when it is first called, and then nothing."""
    called: list[bool] = []

    def act() -> None:
        if not called:
            called.append(True)
            action()

    return act


# Usernames


@pytest.mark.parametrize(
    ("spelling", "key"),
    [
        ("johndoe", "johndoe"),
        ("JohnDoe", "johndoe"),
        ("JOSÉ", "josé"),
        ("Jose\u0301", "josé"),
        ("JOSE\u0301", "josé"),
        ("Straße", "strasse"),
        ("ΣΊΣΥΦΟΣ", "σίσυφοσ"),
        ("σίσυφος", "σίσυφοσ"),
        ("\uff4a\uff4f\uff48\uff4e", "john"),
        ("\u212bngstro\u0308m", "ångström"),
        ("\ufb01n", "fin"),
        ("İ", "i\u0307"),
        ("\u0390", "\u0390"),
        ("\u03b9\u0308\u0301", "\u0390"),
    ],
)
def test_spellings_of_a_username_have_one_key(spelling: str, key: str) -> None:
    assert ch07.username_key(spelling) == key


@given(text=st.text())
def test_key_is_its_own_key_in_each_encoding(text: str) -> None:
    key = ch07.username_key(text)
    forms: tuple[Any, ...] = ("NFC", "NFD", "NFKC", "NFKD")
    for form in forms:
        assert ch07.username_key(unicodedata.normalize(form, text)) == key
    assert ch07.username_key(key) == key


@pytest.mark.parametrize(
    "spelling", ["johndoe", "JOHNDOE", "\uff4aohndoe", "JohnDoe"]
)
def test_user_is_found_by_each_spelling(spelling: str) -> None:
    assert user_named(spelling).username == "johndoe"


@pytest.mark.parametrize(
    "strange",
    [
        *("", "nobody", "john", "johndoe ", " johndoe", "johndoe\0", "\0"),
        *("\ud800", "johndoe\n", "john\u200ddoe", "john%", "%", "_______"),
        *("' OR '1'='1", "johndoe'--", "johndoe\\", '"johndoe"', "a" * 10**6),
    ],
)
def test_strange_username_finds_no_user(strange: str) -> None:
    assert ch07.find_user(strange) is None


# Sign-up


@pytest.mark.anyio
async def test_new_user_logs_in_and_reads_the_own_record(
    client_of: ClientOf,
) -> None:
    public = {"username": "maria", "email": "m@example.com", "full_name": None}
    async with client_of(ch07.app) as client:
        answer = await sign_up(client, email="m@example.com")
        headers = bearer(await token_of(client, "maria", PASSWORD))
        record = await client.get(ME, headers=headers)
    assert answer.status_code == 201
    assert answer.json() == record.json() == public | {"disabled": False}


def test_new_user_has_argon2_an_id_and_two_scopes() -> None:
    before = datetime.now(UTC)
    user = add_maria()
    assert user == user_named("maria")
    assert cheap_hashes.argon2.identify(user.hashed_password)
    assert (user.id.version, user.scopes) == (4, "items me")
    assert before <= user.password_changed_at <= datetime.now(UTC)


@pytest.mark.anyio
async def test_sign_up_cannot_set_what_is_not_the_users(
    client_of: ClientOf,
) -> None:
    own = {
        "id": str(uuid4()),
        "scopes": "admin",
        "disabled": True,
        "hashed_password": "x",
        "username_key": "johndoe",
        "password_changed_at": "2001-01-01T00:00:00Z",
    }
    async with client_of(ch07.app) as client:
        assert (await sign_up(client, **own)).status_code == 201
    user = user_named("maria")
    assert str(user.id) != own["id"]
    assert (user.scopes, user.disabled) == ("items me", False)
    assert user.hashed_password != "x"
    assert user.password_changed_at.year > 2001


COMMON = "this password is on a list of common ones"
LENGTH = "a password has 15 to 200 characters"
UNSEEN = "a username has only characters that can be seen"
REFUSED = {
    "password of 14 characters": ("password", "a" * 13 + "b", LENGTH),
    "password of 14 long characters": ("password", "🔑" * 14, LENGTH),
    "password of 201 characters": ("password", "a" * 201, LENGTH),
    "empty password": ("password", "", "at least 1 character"),
    "common password": ("password", "passwordpassword", COMMON),
    "common password in capitals": ("password", "PASSWORDPASSWORD", COMMON),
    "no password": ("password", None, "valid string"),
    "number as a password": ("password", 123456789012345, "valid string"),
    "half a letter in a password": ("password", "a" * 20 + "\ud800", "string"),
    "empty username": ("username", "", "pattern"),
    "username of 33 characters": ("username", "a" * 33, "pattern"),
    "username with a space": ("username", "a b", "pattern"),
    "username with a line's end": ("username", "maria\n", "pattern"),
    "username with a NUL": ("username", "maria\0", "pattern"),
    "username with a slash": ("username", "a/b", "pattern"),
    "username with an @": ("username", "a@b", "pattern"),
    "half a letter in a username": ("username", "maria\ud800", "string"),
    **{
        f"username with U+{ord(letter):04X}": ("username", f"m{letter}", why)
        for letter, why in {
            "\u200d": UNSEEN,
            "\u200b": "pattern",
            "\u202e": "pattern",
            "\u034f": UNSEEN,
            "\u115f": UNSEEN,
            "\u3164": UNSEEN,
            "\ufe0f": UNSEEN,
            "\U000e0100": UNSEEN,
        }.items()
    },
    **{
        f"{what} in {name}": (name, value, why)
        for name in ("email", "full_name")
        for what, value, why in (
            ("a NUL", "a\0b", "pattern"),
            ("a line's end", "a\r\nBcc: b", "pattern"),
            ("half a letter", "a\ud800", "string"),
            ("101 characters", "a" * 101, "100 characters"),
            ("a list", ["a"], "valid string"),
        )
    },
}


@pytest.mark.anyio
@pytest.mark.parametrize("case", REFUSED)
async def test_refused_sign_up_gives_its_reason(
    case: str, client_of: ClientOf
) -> None:
    name, value, why = REFUSED[case]
    body = json.dumps({**NEW, name: value})  # half a letter as \ud800
    async with client_of(ch07.app) as client:
        answer = await client.post(
            "/users/",
            content=body,
            headers={"Content-Type": "application/json"},
        )
    assert answer.status_code == 422
    [problem] = answer.json()["detail"]
    assert problem["loc"] == ["body", name]
    assert why in problem["msg"]
    assert PASSWORD not in answer.text
    assert all_usernames() == ["alice", "johndoe"]


@pytest.mark.parametrize(
    "password",
    [
        *("a" * 14 + "b", "🔑" * 15, " " * 15, "long enough\0with NUL"),
        *("1" * 200, "é" * 64, "' OR 1=1; DROP TABLE users"),
    ],
)
def test_password_of_any_characters_may_be_chosen(password: str) -> None:
    add_maria(password=password)
    user = ch07.authenticate_user("maria", password)
    assert user is not None
    assert user.username == "maria"


@pytest.mark.parametrize(
    "username", ["m", "a" * 32, "маша", "मीरा", "José", "a.b-c_d", "李", "_"]
)
def test_username_of_any_script_may_be_chosen(username: str) -> None:
    user = add_maria(username=username)
    assert user_named(username) == user
    assert user.username == username


def test_username_is_stored_in_one_encoding() -> None:
    assert add_maria(username="Jose\u0301").username == "José"


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("first", "twin"),
    [
        ("maria", "maria"),
        ("maria", "MARIA"),
        ("José", "jose\u0301"),
        ("jose\u0301", "JOSÉ"),
        ("strasse", "Straße"),
        ("maria", "\uff4daria"),
        ("johndo\u00aa", "JohnDoa"),
    ],
)
async def test_twin_of_a_username_is_taken(
    first: str, twin: str, client_of: ClientOf
) -> None:
    async with client_of(ch07.app) as client:
        assert (await sign_up(client, username=first)).status_code == 201
        refused = await sign_up(client, username=twin)
    assert refused.status_code == 409
    assert refused.json() == {"detail": "this username is taken"}
    assert len(all_usernames()) == 3


def test_taken_username_keeps_the_databases_error_as_the_cause() -> None:
    with pytest.raises(ch07.UsernameTakenError) as refusal:
        add_maria(username="JohnDoe")
    assert isinstance(refusal.value.__cause__, IntegrityError)


def test_taken_username_costs_a_hash_as_well() -> None:
    with watched() as hashers, pytest.raises(ch07.UsernameTakenError):
        add_maria(username="johndoe")
    assert hashers.done == ["argon2 hash"]


def test_two_sign_ups_at_once_make_one_user() -> None:
    """Both have hashed their passwords before either is stored."""
    barrier = threading.Barrier(2, timeout=60)

    def try_to_sign_up(spelling: str) -> str:
        try:
            add_maria(username=spelling)
        except ch07.UsernameTakenError:
            return "taken"
        return "stored"

    with watched(barrier.wait), ThreadPoolExecutor(2) as threads:
        outcomes = list(threads.map(try_to_sign_up, ["maria", "MARIA"]))
    assert sorted(outcomes) == ["stored", "taken"]
    assert len(all_usernames()) == 3


@pytest.mark.anyio
async def test_sign_ups_at_once_get_one_201(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        answers = await asyncio.gather(*(sign_up(client) for _ in range(8)))
    statuses = sorted(answer.status_code for answer in answers)
    assert statuses == [201] + [409] * 7
    assert all_usernames() == ["alice", "johndoe", "maria"]


# Times, and foreign keys


@pytest.fixture
def far_from_utc(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Move this process to India, where the system lets it."""
    reset = getattr(time, "tzset", lambda: None)  # Windows has none
    with monkeypatch.context() as moved:
        moved.setenv("TZ", "Asia/Kolkata")
        reset()
        yield
    reset()


@pytest.mark.usefixtures("far_from_utc")
@pytest.mark.parametrize("hours", [-11, 0, 5.5])
def test_time_of_another_zone_comes_back_in_utc(hours: float) -> None:
    zone = timezone(timedelta(hours=hours))
    moment = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=zone)
    change_row("johndoe", password_changed_at=moment)
    stored = user_named("johndoe").password_changed_at
    assert stored == moment
    assert stored.tzinfo == UTC
    with ch07.Session() as session:  # the comparison is in UTC as well
        condition = ch07.UserRow.password_changed_at == moment
        assert session.scalar(sa.select(ch07.UserRow).where(condition))


def test_missing_time_stays_missing() -> None:
    column = ch07.AwareDateTime()
    dialect = sa.create_mock_engine("sqlite://", print).dialect
    assert column.process_bind_param(None, dialect) is None
    assert column.process_result_value(None, dialect) is None


def test_foreign_key_to_a_missing_row_is_refused() -> None:
    tables = sa.MetaData()
    sa.Table("parent", tables, sa.Column("id", sa.Integer, primary_key=True))
    key = sa.Column[int]("id", sa.ForeignKey("parent.id"))
    child = sa.Table("child", tables, key)
    with ch07.Session.begin() as session:
        tables.create_all(session.connection())
    with pytest.raises(IntegrityError), ch07.Session.begin() as session:
        session.execute(sa.insert(child).values(id=1))


# Hashes

BCRYPT = cheap_hashes.HASHES["johndoe"]
# Of "secret". A literal, since every worker must name its tests alike.
ARGON2 = (
    "$argon2id$v=19$m=8,t=1,p=1$4gC8SWOChbyuledjtNPntQ"
    "$/XP+r9XLQl36f1Gd7BHkhQTifUTP+f7koztMFfJRgfA"
)
BOTH = ["argon2 verify", "bcrypt"]


@pytest.mark.parametrize("password", ["secret", "wrong"])
@pytest.mark.parametrize(
    ("username", "stored"),
    [
        ("johndoe", BCRYPT),
        ("johndoe", ARGON2),
        ("johndoe", DAMAGED),
        ("johndoe", ""),
        ("johndoe", "secret"),
        ("johndoe", "$argon2id$damaged"),
        ("johndoe", ARGON2[:-5]),
        ("johndoe", "$argon2id$v=19$m=8,t=1,p=1$x$y"),
        ("johndoe", "$1$2z3aEURQ$yOS526pl.Dcc19M1UnWgO/"),  # of "secret"
        ("nobody", BCRYPT),
        ("nobody\0", BCRYPT),
    ],
)
def test_each_login_verifies_once_by_each_scheme(
    username: str, stored: str, password: str
) -> None:
    change_row("johndoe", hashed_password=stored)
    with watched() as hashers:
        user = ch07.authenticate_user(username, password)
    is_right = username == "johndoe" and stored in (BCRYPT, ARGON2)
    assert (user is not None) == (is_right and password == "secret")
    assert [each for each in hashers.done if each != "argon2 hash"] == BOTH


@pytest.mark.parametrize(
    ("stored", "is_logged"), [(DAMAGED, True), ("x", True), (BCRYPT, False)]
)
def test_damaged_hash_is_logged_and_not_shown(
    stored: str, is_logged: bool, caplog: pytest.LogCaptureFixture
) -> None:
    assert not ch07.verify_any("wrong", stored)
    assert ("a stored hash is damaged" in caplog.text) == is_logged
    assert stored not in caplog.text or not is_logged or stored == "x"


def test_bcrypt_hash_becomes_argon2_at_the_first_login() -> None:
    with watched() as first:
        assert ch07.authenticate_user("johndoe", "secret")
    hashed = user_named("johndoe").hashed_password
    with watched() as second:
        assert ch07.authenticate_user("johndoe", "secret")
    assert first.done == [*BOTH, "argon2 hash"]
    assert second.done == BOTH
    assert cheap_hashes.argon2.identify(hashed)
    assert user_named("johndoe").hashed_password == hashed
    assert ch07.authenticate_user("johndoe", "wrong") is None


def test_hash_of_django_becomes_argon2_as_well() -> None:
    scheme: Any = django_pbkdf2_sha256
    django = scheme.using(rounds=1).hash("secret")
    change_row("johndoe", hashed_password=django)
    assert ch07.authenticate_user("johndoe", "wrong") is None
    assert ch07.authenticate_user("johndoe", "secret")
    hashed = user_named("johndoe").hashed_password
    assert cheap_hashes.argon2.identify(hashed)


def test_argon2_hash_of_a_lower_cost_is_replaced() -> None:
    add_maria()
    cheap = user_named("maria").hashed_password
    dearer = Argon2Hasher(time_cost=2, memory_cost=8, parallelism=1)
    with patch.object(ch07, "argon2", dearer):
        assert ch07.authenticate_user("maria", PASSWORD)
    assert "t=2" in user_named("maria").hashed_password
    assert "t=1" in cheap


@pytest.mark.parametrize("username", ["johndoe", "maria", "nobody"])
def test_password_of_a_dummy_hash_logs_nobody_in(username: str) -> None:
    """Of neither dummy hash, if anyone still knew its password."""
    add_maria()
    known_bcrypt = cheap_hashes.HASHES["alice"]
    known_argon2 = cheap_hashes.argon2.hash("known")
    with (
        patch.object(ch04, "DUMMY_HASH", known_bcrypt),
        patch.object(ch07, "ARGON2_DUMMY_HASH", known_argon2),
    ):
        assert ch07.authenticate_user(username, "secret2") is None
        assert ch07.authenticate_user(username, "known") is None


def test_wrong_password_replaces_no_hash() -> None:
    assert ch07.authenticate_user("johndoe", "wrong") is None
    assert user_named("johndoe").hashed_password == BCRYPT


@pytest.mark.parametrize("length", [72, 73, 74, 200])
def test_whole_of_a_long_password_counts(length: int) -> None:
    password = "a" * (length - 1) + "b"
    add_maria(password=password)
    assert ch07.authenticate_user("maria", password)
    for wrong in (password[:-1], password[:72] + "c", password + "b"):
        if wrong != password:
            assert ch07.authenticate_user("maria", wrong) is None


@pytest.mark.parametrize(("chosen", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_password_in_another_encoding_is_the_same(
    chosen: Any, typed: Any
) -> None:
    password = "pässwörd é pässwörd"
    add_maria(password=unicodedata.normalize(chosen, password))
    again = unicodedata.normalize(typed, password)
    assert ch07.authenticate_user("maria", again)
    assert ch07.authenticate_user("maria", "passwörd é pässwörd") is None


def test_password_keeps_its_letter_case_and_its_width() -> None:
    add_maria()
    for wrong in (PASSWORD.upper(), "\uff4d" + PASSWORD[1:], PASSWORD + " "):
        assert ch07.authenticate_user("maria", wrong) is None


@pytest.mark.parametrize("stored", [BCRYPT, ARGON2])
@pytest.mark.parametrize("password", ["\ud800", "secret\ud800", "\0", "s\0"])
def test_password_that_no_encoding_holds_logs_nobody_in(
    stored: str, password: str
) -> None:
    change_row("johndoe", hashed_password=stored)
    assert ch07.authenticate_user("johndoe", password) is None


@pytest.mark.anyio
async def test_half_a_letter_in_a_form_is_refused(
    client_of: ClientOf,
) -> None:
    parts = {**login(), "password": "+2AA-"}
    body = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n'
        f"{value}\r\n"
        for name, value in parts.items()
    )
    kind = "multipart/form-data; boundary=B; charset=utf-7"
    async with client_of(ch07.app) as client:
        answer = await client.post(
            "/token",
            content=f"{body}--B--\r\n",
            headers={"Content-Type": kind},
        )
    assert answer.json()["error"] == "invalid_request"


# What happens while a password is hashed


def store_new_password() -> None:
    change_row(
        "johndoe",
        hashed_password=cheap_hashes.argon2.hash(ANOTHER),
        password_changed_at=datetime.now(UTC),
    )


@pytest.mark.anyio
@pytest.mark.parametrize("stored", [BCRYPT, ARGON2])
@pytest.mark.parametrize(
    "change",
    [
        store_new_password,
        lambda: change_row("johndoe", disabled=True),
        lambda: delete_user("johndoe"),
    ],
    ids=["password changed", "disabled", "deleted"],
)
async def test_account_changed_during_the_verification_is_refused(
    stored: str, change: Callable[[], None], client_of: ClientOf
) -> None:
    change_row("johndoe", hashed_password=stored)
    async with client_of(ch07.app) as client:
        with watched(once(change)):
            refused = await log_in(client, "johndoe", "secret")
        wrong = await log_in(client, "johndoe", "wrong")
    assert refused.status_code == 400
    assert refused.content == wrong.content


def test_new_password_is_not_overwritten_by_an_old_ones_rehash() -> None:
    with watched(once(store_new_password)):
        assert ch07.authenticate_user("johndoe", "secret") is None
    assert ch07.authenticate_user("johndoe", ANOTHER)
    assert ch07.authenticate_user("johndoe", "secret") is None


def test_hash_that_another_login_replaced_stays() -> None:
    """Two logins rehash at once: both succeed, and one stores its hash."""
    barrier = threading.Barrier(2, timeout=60)
    hash_cheaply = cheap_hashes.argon2.hash
    hashed: list[str] = []

    def hash_together(password: str) -> str:
        hashed.append(hash_cheaply(password))
        barrier.wait()
        return hashed[-1]

    with (
        patch.object(ch07, "hash_password", hash_together),
        ThreadPoolExecutor(2) as threads,
    ):
        logins = [
            threads.submit(ch07.authenticate_user, "johndoe", "secret")
            for _ in range(2)
        ]
    assert all(login.result() for login in logins)
    assert user_named("johndoe").hashed_password in hashed
    assert ch07.authenticate_user("johndoe", "secret")


def test_replaced_hash_needs_the_old_one() -> None:
    old = user_named("johndoe")
    assert ch07.replace_hash(old, hashed_password="first")
    assert not ch07.replace_hash(old, hashed_password="second")
    assert user_named("johndoe").hashed_password == "first"
    assert user_named("alice").hashed_password != "first"


def test_hash_is_replaced_in_one_row() -> None:
    """Two users may have one hash, if it was copied."""
    change_row("alice", hashed_password=BCRYPT)
    assert ch07.replace_hash(user_named("johndoe"), hashed_password="new")
    assert user_named("alice").hashed_password == BCRYPT


async def use_every_hash(client: httpx.AsyncClient) -> None:
    """Sign up, log in with an old hash, and change a password."""
    assert (await sign_up(client)).status_code == 201
    headers = bearer(await token_of(client, "johndoe", "secret"))
    change = {"old_password": "secret", "new_password": ANOTHER}
    answer = await client.post(f"{ME}password", json=change, headers=headers)
    assert answer.status_code == 204, answer.text


@pytest.mark.anyio
async def test_no_connection_is_held_while_a_password_is_hashed(
    database: sa.Engine, client_of: ClientOf
) -> None:
    held: list[int] = []
    pool = database.pool
    assert isinstance(pool, sa.QueuePool)
    async with client_of(ch07.app) as client:
        with watched(lambda: held.append(pool.checkedout())):
            await use_every_hash(client)
    assert len(held) == 7
    assert set(held) == {0}


@pytest.mark.anyio
async def test_no_hash_and_no_statement_runs_in_the_event_loop(
    database: sa.Engine, client_of: ClientOf
) -> None:
    threads: set[int] = set()

    def note(*_: object) -> None:
        threads.add(threading.get_ident())

    sa.event.listen(database, "before_cursor_execute", note)
    async with client_of(ch07.app) as client:
        with watched() as hashers:
            await use_every_hash(client)
    sa.event.remove(database, "before_cursor_execute", note)
    assert threads
    assert hashers.threads
    assert threading.get_ident() not in threads | hashers.threads


@pytest.mark.anyio
@pytest.mark.parametrize("size", [1, 2])
async def test_sixteen_logins_at_once_need_no_sixteen_connections(
    size: int, database: sa.Engine, client_of: ClientOf
) -> None:
    """Each waits inside its hash until all are there."""
    change_row("johndoe", hashed_password=ARGON2)
    barrier = threading.Barrier(16, timeout=60)
    hashers = Hashers()

    def verify(password: bytes, hashed: str) -> bool:
        barrier.wait()
        return cheap_hashes.argon2.verify(password, hashed)

    with (
        small_pool(database, size),
        patch.object(ch07, "argon2", hashers),
        patch.object(hashers, "verify", verify),
    ):
        async with client_of(ch07.app) as client:
            answers = await asyncio.gather(
                *(log_in(client, "johndoe", "secret") for _ in range(16))
            )
    assert {answer.status_code for answer in answers} == {200}


@pytest.mark.anyio
async def test_pool_that_is_empty_is_a_503(
    database: sa.Engine, client_of: ClientOf
) -> None:
    """So would sixteen logins end, if each held its connection."""
    with small_pool(database, 1, timeout=0) as engine:
        async with client_of(ch07.app) as client:
            with engine.connect():
                answer = await log_in(client, "johndoe", "secret")
    assert_unavailable(answer)


# Tokens


@pytest.mark.anyio
async def test_subject_is_the_id(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        token = await token_of(client, "JohnDoe", "secret")
    subject = ch03.read_access_token(token)["sub"]
    assert subject == f"urn:uuid:{user_named('johndoe').id}"
    assert ch07.user_named_by(subject) == user_named("johndoe")


@pytest.mark.anyio
async def test_next_owner_of_a_username_gets_nothing_by_an_old_token(
    client_of: ClientOf,
) -> None:
    async with client_of(ch07.app) as client:
        old = bearer(await token_of(client, "johndoe", "secret"))
        assert (await client.get(ME, headers=old)).status_code == 200
        delete_user("johndoe")
        gone = await client.get(ME, headers=old)
        assert (await sign_up(client, username="johndoe")).status_code == 201
        refused = await client.get(ME, headers=old)
        new = bearer(await token_of(client, "johndoe", PASSWORD))
        assert (await client.get(ME, headers=new)).status_code == 200
    assert (gone.status_code, refused.status_code) == (401, 401)


@pytest.mark.anyio
async def test_renamed_user_keeps_the_token(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        headers = bearer(await token_of(client, "johndoe", "secret"))
        change_row("johndoe", username="jd", username_key="jd")
        answer = await client.get(ME, headers=headers)
    assert answer.json()["username"] == "jd"


@pytest.mark.anyio
@pytest.mark.parametrize(
    "spelling",
    [
        "{id}",
        "{id.hex}",
        "urn:uuid:{id.hex}",
        "urn:uuid:{{{id}}}",
        "{{{id}}}",
        "URN:UUID:{id}",
        "urn:UUID:{id}",
        "uuid:{id}",
        "urn:uuid: {id}",
        "urn:uuid:{id} ",
        "urn:uuid:{id}\0",
        "urn:urn:uuid:{id}",
        "urn:uuid:{upper}",
        "username:johndoe",
        "johndoe",
        "urn:uuid:johndoe",
        "",
    ],
)
async def test_other_spelling_of_a_subject_is_refused(
    spelling: str, client_of: ClientOf
) -> None:
    user_id = user_named("johndoe").id
    subject = spelling.format(id=user_id, upper=str(user_id).upper())
    claims = {"exp": FAR_FUTURE, "scope": "items me"}
    good = signed({**claims, "sub": user_id.urn})
    bad = signed({**claims, "sub": subject})
    async with client_of(ch07.app) as client:
        assert (await client.get(ME, headers=bearer(good))).status_code == 200
        assert (await client.get(ME, headers=bearer(bad))).status_code == 401


@pytest.mark.anyio
async def test_token_of_chapter_6_is_refused(client_of: ClientOf) -> None:
    async with client_of(ch06.app) as client:
        old = await token_of(client, "johndoe", "secret")
        assert (await client.get(ME, headers=bearer(old))).status_code == 200
    async with client_of(ch07.app) as client:
        refused = await client.get(ME, headers=bearer(old))
    assert refused.status_code == 401
    assert 'error="invalid_token"' in refused.headers["WWW-Authenticate"]


@pytest.mark.anyio
async def test_disabled_user_is_refused_before_any_scope(
    client_of: ClientOf,
) -> None:
    claims = {"exp": FAR_FUTURE, "scope": ""}
    subjects = [user_named("alice").id.urn, uuid4().urn]
    async with client_of(ch07.app) as client:
        for subject in subjects:
            token = signed({**claims, "sub": subject})
            answer = await client.get(ME, headers=bearer(token))
            assert answer.status_code == 401


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("scope", "opened"),
    [
        ("", {"/status/"}),
        ("me", {"/status/", ME}),
        ("items", {"/status/"}),
        ("items me", {"/status/", ME, f"{ME}items/"}),
    ],
)
async def test_token_reaches_what_its_scopes_name(
    scope: str, opened: set[str], client_of: ClientOf
) -> None:
    subject = user_named("johndoe").id.urn
    token = signed({"exp": FAR_FUTURE, "scope": scope, "sub": subject})
    paths = ("/status/", ME, f"{ME}items/")
    async with client_of(ch07.app) as client:
        answers = {
            path: await client.get(path, headers=bearer(token))
            for path in paths
        }
        change = await client.post(f"{ME}password", headers=bearer(token))
    assert {p for p, a in answers.items() if a.status_code == 200} == opened
    for path in paths:
        if path not in opened:
            assert answers[path].status_code == 403
            challenge = answers[path].headers["WWW-Authenticate"]
            assert 'error="insufficient_scope"' in challenge
            needed = "me" if path == ME else "items me"
            assert f'scope="{needed}"' in challenge
    assert change.status_code == (422 if ME in opened else 403)


@pytest.mark.parametrize(
    ("has", "requested", "granted"),
    [
        ("items me", "me items", "items me"),
        ("items me", "items", "items"),
        ("items me", "", "me"),
        ("me", "me items", "me"),
        ("items me", "admin", None),
        ("items me", "me admin", None),
        ("admin items me", "admin me", None),
        ("me", "items", None),
        ("items", "", None),
        ("", "me", None),
        ("", "", None),
    ],
)
def test_scopes_are_narrowed_to_the_users_own(
    has: str, requested: str, granted: str | None
) -> None:
    change_row("johndoe", scopes=has)
    user = user_named("johndoe")
    if granted is not None:
        assert ch07.grant_scopes(user, requested) == granted
        return
    with pytest.raises(ch05.OAuthError) as refusal:
        ch07.grant_scopes(user, requested)
    assert (refusal.value.status_code, refusal.value.error) == (
        400,
        "invalid_scope",
    )


def test_issued_token_has_the_granted_scopes_and_names_them() -> None:
    change_row("johndoe", scopes="me")
    token = ch07.issue_token(user_named("johndoe"), "me items")
    claims = ch03.read_access_token(token.access_token)
    assert claims["scope"] == token.scope == "me"
    assert (token.token_type, token.expires_in) == ("bearer", 1800)


@pytest.mark.anyio
async def test_answer_to_a_login_is_not_stored(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        answer = await log_in(client, "johndoe", "secret")
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Pragma"] == "no-cache"


@pytest.mark.anyio
async def test_disabled_user_gets_no_token(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        right = await log_in(client, "alice", "secret2")
        wrong = await log_in(client, "alice", "wrong")
    assert right.status_code == 400
    assert right.content == wrong.content


# Password change


async def change(
    client: httpx.AsyncClient, token: str, old: str, new: Any
) -> httpx.Response:
    body = json.dumps({"old_password": old, "new_password": new})
    return await client.post(
        f"{ME}password",
        content=body,  # half a letter as \ud800
        headers=bearer(token) | {"Content-Type": "application/json"},
    )


@pytest.mark.anyio
async def test_new_password_replaces_the_old_one(client_of: ClientOf) -> None:
    before = user_named("johndoe").password_changed_at
    async with client_of(ch07.app) as client:
        token = await token_of(client, "johndoe", "secret")
        answer = await change(client, token, "secret", ANOTHER)
        old = await log_in(client, "johndoe", "secret")
        new = await log_in(client, "johndoe", ANOTHER)
    assert (answer.status_code, answer.content) == (204, b"")
    assert (old.status_code, new.status_code) == (400, 200)
    assert user_named("johndoe").password_changed_at > before
    assert ch07.authenticate_user("alice", "secret2")


@pytest.mark.anyio
@pytest.mark.parametrize(
    ("old", "new", "status", "words"),
    [
        ("wrong", ANOTHER, 400, "invalid_grant"),
        ("", ANOTHER, 400, "invalid_grant"),
        ("secret\0", ANOTHER, 400, "invalid_grant"),
        ("\ud800", ANOTHER, 400, "invalid_grant"),
        ("secret", "a" * 20 + "\ud800", 422, "valid string"),
        ("secret", "too short", 422, LENGTH),
        ("secret", "passwordpassword", 422, COMMON),
        ("secret", None, 422, "valid string"),
    ],
)
async def test_refused_change_leaves_the_password(
    old: str, new: Any, status: int, words: str, client_of: ClientOf
) -> None:
    async with client_of(ch07.app) as client:
        token = await token_of(client, "johndoe", "secret")
        before = user_named("johndoe")
        answer = await change(client, token, old, new)
    assert answer.status_code == status
    assert words in answer.text
    assert ANOTHER not in answer.text
    assert user_named("johndoe") == before


def test_change_that_comes_second_is_refused() -> None:
    """Two changes are sent at once, and both know the old password."""
    user = user_named("johndoe")
    body = {"old_password": "secret", "new_password": PASSWORD}
    with watched(once(store_new_password)), pytest.raises(ch05.OAuthError):
        ch07.change_password(user, ch07.PasswordChange(**body))
    assert ch07.authenticate_user("johndoe", ANOTHER)


@pytest.mark.anyio
async def test_change_without_a_token_is_refused(client_of: ClientOf) -> None:
    async with client_of(ch07.app) as client:
        answer = await change(client, "nonsense", "secret", ANOTHER)
    assert answer.status_code == 401
    assert ch07.authenticate_user("johndoe", "secret")


# A database that fails


def assert_unavailable(answer: httpx.Response) -> None:
    assert answer.status_code == 503
    assert answer.json() == {
        "error": "temporarily_unavailable",
        "error_description": "try again later",
    }
    assert answer.headers["Retry-After"] == "5"
    assert answer.headers["Cache-Control"] == "no-store"


async def ask_everything(client: httpx.AsyncClient) -> list[httpx.Response]:
    """Send a good request to each endpoint that needs the database."""
    claims = {"exp": FAR_FUTURE, "scope": "items me", "sub": uuid4().urn}
    token = signed(claims)
    paths = ("/status/", ME, f"{ME}items/")
    return [
        await sign_up(client),
        await log_in(client, "johndoe", "secret"),
        await change(client, token, "secret", ANOTHER),
        *[await client.get(path, headers=bearer(token)) for path in paths],
    ]


@pytest.mark.anyio
async def test_missing_table_is_a_503_everywhere(
    client_of: ClientOf, caplog: pytest.LogCaptureFixture
) -> None:
    ch07.migrate("base")
    async with client_of(ch07.app) as client:
        answers = await ask_everything(client)
    assert len(answers) == 6
    for answer in answers:
        assert_unavailable(answer)
    assert caplog.text.count("the database failed") == 6
    for secret in (PASSWORD, ANOTHER, "$argon2", "$2b$"):
        assert secret not in caplog.text


@pytest.mark.anyio
async def test_failure_at_the_last_moment_leaves_nothing_behind(
    database: sa.Engine,
    client_of: ClientOf,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> None:
        raise OperationalError("COMMIT", None, Exception("the disk is full"))

    async with client_of(ch07.app) as client:
        token = await token_of(client, "johndoe", "secret")
        before = user_named("johndoe")
        sa.event.listen(database, "commit", fail)
        try:
            assert_unavailable(await sign_up(client))
            assert_unavailable(await change(client, token, "secret", ANOTHER))
        finally:
            sa.event.remove(database, "commit", fail)
    assert all_usernames() == ["alice", "johndoe"]
    assert user_named("johndoe") == before
    assert "$argon2" not in caplog.text


KILLED = """
import sqlalchemy as sa
from snippets import ch07_database as ch07

def wait_to_be_killed(connection, cursor, statement, *_):
    if statement.split()[0] == {word!r}:
        print("now", flush=True)
        input()

sa.event.listen(ch07.Session.kw["bind"], "after_cursor_execute",
                wait_to_be_killed)
ch07.{call}
"""


def kill_in(url: sa.URL, call: str, word: str) -> None:
    """Run a function of chapter 7, and kill it after its first statement."""
    program = KILLED.format(call=call, word=word)
    address = url.render_as_string(hide_password=False)
    environment = {"DATABASE_URL": address}
    with subprocess.Popen(
        [sys.executable, "-c", program],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, **environment},
        cwd=ROOT,
        encoding="utf-8",
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "now\n"
        process.kill()
    assert process.returncode != 0


@pytest.mark.slow
def test_server_killed_while_it_moves_the_users_has_moved_none(
    database: sa.Engine,
) -> None:
    ch07.migrate("base")
    ch07.migrate()
    kill_in(database.url, "move_users()", "INSERT")
    assert all_usernames() == []
    ch07.move_users()
    assert len(all_usernames()) == 2


@pytest.mark.slow
def test_server_killed_while_it_migrates_has_created_no_table(
    database: sa.Engine,
) -> None:
    ch07.migrate("base")
    kill_in(database.url, "migrate()", "CREATE")
    assert tables() <= {"alembic_version"}
    ch07.migrate()
    assert "users" in tables()


# Migrations, and the start of a server


def test_migrations_lead_forwards_back_and_forwards_again() -> None:
    ch07.migrate("base")
    assert tables() == {"alembic_version"}
    ch07.migrate()
    ch07.migrate()
    assert tables() == {"alembic_version", "users"}
    assert all_usernames() == []


def test_migrations_create_what_the_models_say() -> None:
    ch07.migrate("base")
    ch07.migrate("ch07")  # without the tables of later chapters
    with ch07.Session() as session:
        context = MigrationContext.configure(session.connection())
        assert compare_metadata(context, ch07.Base.metadata) == []


def test_username_is_unique_in_the_database_itself() -> None:
    with pytest.raises(IntegrityError):
        change_row("alice", username_key="johndoe")


@pytest.mark.anyio
async def test_server_that_starts_prepares_its_database() -> None:
    ch07.migrate("base")
    for _ in range(2):
        async with ch07.lifespan(ch07.app):
            assert all_usernames() == ["alice", "johndoe"]
        # The second start changes nothing of this.
        change_row("johndoe", full_name="changed")
    john, alice = user_named("johndoe"), user_named("alice")
    assert john.full_name == "changed"
    assert (john.scopes, john.disabled) == ("items me", False)
    assert (alice.scopes, alice.disabled) == ("me", True)
    assert ch07.authenticate_user("johndoe", "secret")
