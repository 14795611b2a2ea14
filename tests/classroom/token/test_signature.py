"""A signature is checked with the header's algorithm and one key."""

from collections.abc import Callable
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519

from course.classroom.token.parse import parse
from course.classroom.token.signature import MISFIT, check_signature
from tests.support.forgeries import ANOTHER_KEY, part, signed
from tests.support.odd_tokens import CLAIMS, KEY, TOKEN


def check(token: str, key: str | None = KEY) -> str:
    return check_signature(parse(token), key)


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (None, "not checked"),
        (KEY, "fits this key"),
        ("k", f"does not fit: {MISFIT}"),
        (
            "",
            "not checked: with \"alg\": 'HS256', InvalidKeyError: HMAC key "
            "must not be empty",
        ),
    ],
)
def test_key_decides(key: str | None, sentence: str) -> None:
    assert check(TOKEN, key) == sentence


@pytest.mark.parametrize("key", ["\ud800", '{"kty": "oct"}', "\x1b[31m"])
def test_odd_key_is_no_failure(key: str) -> None:
    sentence = check(TOKEN, key)
    assert sentence.startswith(("not checked: with", "does not fit: "))
    assert sentence.isprintable()


@pytest.mark.parametrize("size", [256, 384, 512])
def test_header_names_the_algorithm(size: int) -> None:
    header, digest = {"alg": f"HS{size}"}, f"sha{size}"
    token = signed(CLAIMS, header, KEY, digest)
    assert check(token) == "fits this key"
    assert check(token, ANOTHER_KEY) == f"does not fit: {MISFIT}"


def to_pem(key: Any) -> str:
    public = key.public_key().public_bytes(
        serialization.Encoding.PEM,
        serialization.PublicFormat.SubjectPublicKeyInfo,
    )
    return str(public.decode())


@pytest.mark.parametrize(
    ("alg", "new_key"),
    [
        ("EdDSA", ed25519.Ed25519PrivateKey.generate),
        ("ES256", lambda: ec.generate_private_key(ec.SECP256R1())),
    ],
)
def test_public_key_checks(alg: str, new_key: Callable[[], Any]) -> None:
    key = new_key()
    token = jwt.encode(CLAIMS, key, alg)
    assert check(token, to_pem(key)) == "fits this key"
    assert check(token, to_pem(new_key())) == f"does not fit: {MISFIT}"
    assert check(token, KEY).startswith(f"not checked: with \"alg\": '{alg}'")


@pytest.mark.parametrize("key", [None, KEY])
def test_unsigned_token_is_named(key: str | None) -> None:
    token = f"{part({'alg': 'none'})}.{part(CLAIMS)}."
    assert check(token, key) == (
        'none: with "alg": "none", anyone could have written the token'
    )


@pytest.mark.parametrize("alg", ["HS1", "NONE", None, ["HS256"], {}, 7])
def test_unknown_algorithm_is_named(alg: Any) -> None:
    assert check(signed(CLAIMS, {"alg": alg})) == (
        f'not checked: with "alg": {alg!r}, NotImplementedError: '
        "Algorithm not supported"
    )


def test_long_name_of_an_algorithm_is_cut() -> None:
    assert len(check(signed(CLAIMS, {"alg": "x" * 10_000}))) < 120


def test_unreadable_parts_leave_the_signature_unchecked() -> None:
    assert check(TOKEN.rpartition(".")[0] + ".!") == "not base64url"
    assert check(signed(CLAIMS, b"{", KEY)) == (
        "not checked, because the header is unreadable"
    )


@pytest.mark.parametrize("payload", [part(b"{"), "é", "\ud800"], ids=ascii)
def test_signature_over_unreadable_claims_is_checked(payload: str) -> None:
    header, _, signature = TOKEN.split(".")
    token = f"{header}.{payload}.{signature}"
    assert check(token) == f"does not fit: {MISFIT}"
    assert check(signed(b"{", key=KEY)) == "fits this key"
