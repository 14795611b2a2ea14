"""Excerpts are short, on one line, and show what differs."""

import json

import httpx
import pytest

from course.classroom.excerpt import (
    excerpt,
    excerpt_of_answer,
    excerpt_of_error,
    excerpt_of_response,
    excerpt_of_token,
)
from course.classroom.token.parse import base64url_encode


def part(value: object) -> str:
    return base64url_encode(json.dumps(value).encode())


def token(header: object, claims: object, signature: str) -> str:
    return f"{part(header)}.{part(claims)}.{signature}"


class Nameless:
    """A thing that will not say what it is."""

    def __repr__(self) -> str:
        raise ValueError


class Mute(Exception):  # noqa: N818
    """An exception whose words are an exception."""

    def __str__(self) -> str:
        raise SystemExit


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2, "2"),
        ("two\nlines", r"'two\nlines'"),
        ("`code`", "''code''"),
        ({"a": [1, 2]}, "{'a': [1, 2]}"),
        (object(), "<object object>"),
        (Nameless(), "<Nameless>"),
        ("x" * 100, "'" + "x" * 58 + "…"),
        ("a.b.c", "'a.b.c'"),
        (
            httpx.Response(401, headers={"WWW-Authenticate": "Bearer"}),
            "<401, WWW-Authenticate: Bearer>",
        ),
    ],
)
def test_value_is_written_as_code(value: object, text: str) -> None:
    assert excerpt(value) == text


def test_tokens_that_begin_alike_are_told_apart() -> None:
    header = {"alg": "HS256"}
    alice = token(header, {"sub": "alice"}, "c2lnbmF0dXJl")
    assert excerpt(alice) == (
        '<token {"alg": "HS256"} . {"sub": "alice"} . c2lnbm…>'
    )
    assert excerpt(alice) != excerpt(token(header, {"sub": "bob"}, "c2ln"))


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (token({"alg": ["HS256"]}, {}, "c2ln"), '{"alg": ["HS256"]} . {} . c'),
        (token({"alg": "none"}, {}, ""), '{"alg": "none"} . {} . no signatu'),
        (token({}, {}, "!!!!"), "{} . {} . !!!!"),
    ],
)
def test_token_is_decoded_as_far_as_it_goes(text: str, written: str) -> None:
    assert written in excerpt_of_token(text)


@pytest.mark.parametrize(
    "text", ["", "nonsense", "a.b.c", f"{part({})}.b.c", f"a.{part({})}.c"]
)
def test_text_that_is_no_token_gives_nothing(text: str) -> None:
    assert excerpt_of_token(text) == ""


def test_long_token_is_cut() -> None:
    assert len(excerpt(token({}, {"sub": "x" * 500}, ""))) == 200


@pytest.mark.parametrize(
    ("failure", "text"),
    [
        (LookupError("no\nkey"), "LookupError: no key"),
        (ValueError(), "ValueError"),
        (Mute(), "Mute"),
    ],
)
def test_error_is_written_on_one_line(failure: Exception, text: str) -> None:
    assert excerpt_of_error(failure) == text


def test_response_is_written_with_its_challenge_and_body() -> None:
    response = httpx.Response(
        401,
        headers={"WWW-Authenticate": "Bearer"},
        json={"detail": "Not authenticated"},
    )
    assert excerpt_of_response(response) == (
        '401, WWW-Authenticate: Bearer, body {"detail":"Not authenticated"}'
    )


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (
            '{"detail": [{"loc": ["query", "me"], "msg": "Field required"}]}',
            '422, ["query", "me"]: Field required',
        ),
        ('{"detail": "no"}', '422, body {"detail": "no"}'),
        ("no json", "422, body no json"),
        ("[]", "422, body []"),
        ("{}", "422, body {}"),
        ('{"detail": [{}]}', '422, body {"detail": [{}]}'),
        ("", "422"),
    ],
)
def test_422_is_written_by_the_places_of_its_errors(
    body: str, text: str
) -> None:
    assert excerpt_of_answer(422, None, body) == text


def test_body_is_cut() -> None:
    assert len(excerpt_of_answer(200, None, "x" * 500)) == len("200, ") + 160
