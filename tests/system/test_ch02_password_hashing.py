"""Chapter 2: passwords are hashed whole, or refused; old hashes upgraded."""

import base64
import hashlib
import unicodedata

import bcrypt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from passlib.exc import PasswordValueError, UnknownHashError

from snippets import ch02_password_hashing as ch02
from snippets.ch02_password_hashing import (
    UnhashablePasswordError,
    ensure_hashable,
    hash_password,
    verify_and_rehash,
    verify_password,
)
from snippets.ch03_dependency_wiring import UserInDB

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


def django_hash(password: str) -> str:
    """Hash as Django does, without passlib; 1,000 rounds, few for a test."""
    checksum = hashlib.pbkdf2_hmac(
        "sha256", password.encode("utf-8", "surrogatepass"), b"pepper", 1000
    )
    return f"pbkdf2_sha256$1000$pepper${base64.b64encode(checksum).decode()}"


def bcrypt_hash(password: str, cost: int) -> str:
    """Hash with bcrypt itself, without passlib."""
    return bcrypt.hashpw(password.encode(), bcrypt.gensalt(cost)).decode()


CONTEXT = ch02.pwd_context


@pytest.fixture(autouse=True)
def _at_cost_12(
    users: dict[str, UserInDB], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Bring back the chapter's own context, which `users` makes cheap."""
    monkeypatch.setattr(ch02, "pwd_context", CONTEXT)


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


@pytest.mark.parametrize("password", ["sec\0ret", "\0"])
def test_unguarded_nul_byte_would_raise(password: str) -> None:
    with pytest.raises(PasswordValueError):
        ch02.pwd_context.verify(password, VECTOR)


def test_hash_of_djangos_verifies() -> None:
    stored = django_hash("secret")
    assert verify_password("secret", stored)
    assert not verify_password("Secret", stored)


@pytest.mark.usefixtures("at_cost_4")
@hashable
def test_hash_of_djangos_is_upgraded_to_bcrypt(password: str) -> None:
    right, upgraded = verify_and_rehash(password, django_hash(password))
    assert right
    assert upgraded is not None
    assert upgraded.startswith("$2b$04$")
    assert bcrypt.checkpw(password.encode(), upgraded.encode())


def test_cheaper_hash_is_upgraded_to_cost_12() -> None:
    right, upgraded = verify_and_rehash("secret", bcrypt_hash("secret", 4))
    assert right
    assert upgraded is not None
    assert upgraded.startswith("$2b$12$")
    assert bcrypt.checkpw(b"secret", upgraded.encode())


@pytest.mark.usefixtures("at_cost_4")
def test_dearer_hash_is_brought_to_the_contexts_cost_too() -> None:
    right, upgraded = verify_and_rehash("secret", bcrypt_hash("secret", 5))
    assert right
    assert upgraded is not None
    assert upgraded.startswith("$2b$04$")


@pytest.mark.usefixtures("at_cost_4")
def test_hash_that_is_up_to_date_stays() -> None:
    stored = hash_password("secret")
    assert verify_and_rehash("secret", stored) == (True, None)


@pytest.mark.usefixtures("at_cost_4")
def test_upgraded_hash_is_up_to_date() -> None:
    _, upgraded = verify_and_rehash("secret", django_hash("secret"))
    assert upgraded is not None
    assert verify_and_rehash("secret", upgraded) == (True, None)


@pytest.mark.parametrize(
    "stored",
    [
        django_hash("secret"),
        bcrypt_hash("secret", 4),
        bcrypt_hash("secret", 5),
    ],
    ids=["django", "outdated bcrypt", "bcrypt"],
)
def test_wrong_password_upgrades_nothing(
    stored: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    at_cost_5 = ch02.pwd_context.using(bcrypt__rounds=5)
    monkeypatch.setattr(ch02, "pwd_context", at_cost_5)
    assert verify_and_rehash("Secret", stored) == (False, None)


@pytest.mark.usefixtures("at_cost_4")
@unhashable
def test_unhashable_password_upgrades_nothing(password: str) -> None:
    """Not even where Django took it whole: it was right there."""
    assert verify_and_rehash(password, VECTOR) == (False, None)
    assert verify_and_rehash(password, django_hash(password)) == (False, None)


@pytest.mark.usefixtures("at_cost_4")
def test_unguarded_upgrade_would_cut_a_password_short() -> None:
    stored = django_hash("a" * 73)
    assert not ch02.pwd_context.verify("a" * 72, stored)
    right, upgraded = ch02.pwd_context.verify_and_update("a" * 73, stored)
    assert right
    assert ch02.pwd_context.verify("a" * 72, upgraded)


@pytest.mark.usefixtures("at_cost_4")
@pytest.mark.parametrize("password", ["secret", "Secret"])
@pytest.mark.parametrize(
    "stored",
    [
        django_hash("secret"),
        bcrypt_hash("secret", 4),
        bcrypt_hash("secret", 5),
    ],
    ids=["django", "bcrypt", "outdated bcrypt"],
)
def test_upgrade_agrees_with_passlibs_own(password: str, stored: str) -> None:
    right, upgraded = ch02.pwd_context.verify_and_update(password, stored)
    ours = verify_and_rehash(password, stored)
    assert (ours[0], ours[1] is None) == (right, upgraded is None)


@pytest.mark.parametrize("stored", ["", "secret", "$9z$12$x", "$argon2id$"])
def test_hash_of_an_unknown_scheme_is_not_upgraded(stored: str) -> None:
    with pytest.raises(UnknownHashError):
        verify_and_rehash("secret", stored)


def test_two_spellings_of_a_letter_are_two_passwords() -> None:
    """The chapter's remark on Unicode normalisation."""
    composed = "p\u00e4ssword"
    decomposed = unicodedata.normalize("NFD", composed)
    stored = bcrypt_hash(composed, 4)
    assert not verify_password(decomposed, stored)
    assert verify_password(unicodedata.normalize("NFC", decomposed), stored)
