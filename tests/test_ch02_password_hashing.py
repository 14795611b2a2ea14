"""Chapter 2: passwords are hashed whole, or refused."""

import bcrypt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from passlib.exc import UnknownHashError

from snippets import ch02_password_hashing as ch02
from snippets.ch02_password_hashing import (
    UnhashablePasswordError,
    ensure_hashable,
    hash_password,
    verify_password,
)

UNHASHABLE = {
    "73 bytes": "a" * 73,
    "74 bytes in 37 characters": "é" * 37,
    "5,000 characters": "a" * 5000,
    "a NUL byte": "sec\0ret",
    "nothing but a NUL byte": "\0",
    "a lone surrogate": "sec\ud800ret",
}
HASHABLE = {
    "72 bytes": "a" * 72,
    "72 bytes in 36 characters": "é" * 36,
    "72 bytes in 18 characters": "🔑" * 18,
    "no character": "",
    "spaces around": "  secret  ",
}
# crypt_blowfish's own test vector for the password "U*U".
VECTOR = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"

unhashable = pytest.mark.parametrize(
    "password", UNHASHABLE.values(), ids=UNHASHABLE
)
hashable = pytest.mark.parametrize("password", HASHABLE.values(), ids=HASHABLE)


@pytest.fixture
def at_cost_4(monkeypatch: pytest.MonkeyPatch) -> None:
    cheap = ch02.pwd_context.using(bcrypt__rounds=4)
    monkeypatch.setattr(ch02, "pwd_context", cheap)


def test_hash_is_bcrypt_at_cost_12() -> None:
    assert hash_password("secret").startswith("$2b$12$")


@pytest.mark.usefixtures("at_cost_4")
def test_two_hashes_of_one_password_differ_and_both_verify() -> None:
    first, second = hash_password("secret"), hash_password("secret")
    assert first != second
    assert verify_password("secret", first)
    assert verify_password("secret", second)


@pytest.mark.usefixtures("at_cost_4")
@pytest.mark.parametrize(
    "wrong", ["", "Secret", "secret ", " secret", "secre", "secret\0"]
)
def test_wrong_password_is_refused(wrong: str) -> None:
    assert not verify_password(wrong, hash_password("secret"))


def test_known_hash_verifies() -> None:
    assert bcrypt.checkpw(b"U*U", VECTOR.encode())
    assert verify_password("U*U", VECTOR)
    assert not verify_password("U*V", VECTOR)


@unhashable
def test_unhashable_password_is_not_hashed(password: str) -> None:
    with pytest.raises(UnhashablePasswordError):
        ensure_hashable(password)
    with pytest.raises(UnhashablePasswordError):
        hash_password(password)


def test_unhashable_is_a_value_error() -> None:
    assert issubclass(UnhashablePasswordError, ValueError)


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("é" * 37, "longer than 72 bytes"),
        ("sec\0ret", "NUL byte"),
        ("\ud800", "not valid Unicode"),
    ],
)
def test_refusal_names_its_reason(password: str, reason: str) -> None:
    with pytest.raises(UnhashablePasswordError, match=reason):
        hash_password(password)


@unhashable
def test_unhashable_password_verifies_as_nobodys(password: str) -> None:
    assert verify_password(password, VECTOR) is False


@pytest.mark.usefixtures("at_cost_4")
def test_unguarded_bcrypt_would_cut_a_password_short() -> None:
    hashed = hash_password("a" * 72)
    assert ch02.pwd_context.verify("a" * 73, hashed)
    assert not verify_password("a" * 73, hashed)


@pytest.mark.usefixtures("at_cost_4")
@hashable
def test_every_byte_of_a_hashable_password_counts(password: str) -> None:
    hashed = hash_password(password)
    assert bcrypt.checkpw(password.encode(), hashed.encode())
    assert verify_password(password, hashed)
    assert not verify_password(password[:-1] + "x", hashed)


@pytest.mark.usefixtures("at_cost_4")
@settings(derandomize=True, database=None, deadline=None)
@given(password=st.text(st.characters(), max_size=80))
def test_password_is_hashed_whole_or_refused(password: str) -> None:
    try:
        hashed = hash_password(password)
    except UnhashablePasswordError:
        assert not verify_password(password, VECTOR)
    else:
        assert bcrypt.checkpw(password.encode(), hashed.encode())
        assert verify_password(password, hashed)


@pytest.mark.parametrize("stored", ["", "secret", "$9z$12$x", "$argon2id$"])
def test_hash_of_an_unknown_scheme_is_an_error(stored: str) -> None:
    with pytest.raises(UnknownHashError):
        verify_password("secret", stored)
