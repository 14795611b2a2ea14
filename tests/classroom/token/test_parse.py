"""A token is parsed as far as possible, and what is wrong has a name."""

from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.classroom.token.parse import (
    DEEPEST,
    base64url_decode,
    base64url_encode,
    nesting,
    parse,
)
from tests.support.forgeries import HEADER, base64url, part, signed
from tests.support.odd_tokens import CLAIMS, TOKEN, nested

ANSWER = f'{{"access_token":"{TOKEN}","token_type":"bearer"}}'
JSON_ERROR = (
    "not JSON (line 1, column 2: Expecting property name enclosed in double "
    "quotes)"
)


def test_good_token_is_parsed() -> None:
    parsed = parse(TOKEN)
    assert (parsed.header, parsed.payload) == (HEADER, CLAIMS)
    assert base64url(parsed.signature) == parsed.raw[2]
    assert (parsed.text, parsed.problems) == (TOKEN, {})


@pytest.mark.parametrize(
    ("pasted", "problem"),
    [
        ("", "it is empty"),
        ("abc", "it has 1 part, and a token has three"),
        ("abc.def", "it has 2 parts, and a token has three"),
        ("a.b.c.d.e", "it has 5 parts, and a token has three"),
        (f"{TOKEN}\n", "there is a space or a line break around it"),
        (f" {TOKEN}", "there is a space or a line break around it"),
        (f"bearer {TOKEN}", 'it begins with "Bearer "; the token is what f'),
        (f"Bearer {TOKEN}\n", 'it begins with "Bearer "; the token is what f'),
        (
            f"Authorization: Bearer {TOKEN}",
            'it is a whole header; the token is what follows "Bearer "',
        ),
        (f'"{TOKEN}"', "there are quotation marks around it"),
        (f"'{TOKEN}'\n", "there are quotation marks around it"),
        (ANSWER, 'it is the whole answer; the token is its "access_token"'),
        (
            f"  {ANSWER}\n",
            'it is the whole answer; the token is its "access_token"',
        ),
        ('{"sub": "a.b.c"}', "it is JSON"),
        ('["a.b.c"]', "it is JSON"),
        (None, "it is a NoneType, not a str"),
        (TOKEN.encode(), "it is a bytes, not a str"),
        ({"token": TOKEN}, "it is a dict, not a str"),
        (
            {"access_token": TOKEN},
            'it is a dict, not a str; the token is its value of "access_tok',
        ),
        (["access_token"], "it is a list, not a str"),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_was_pasted_is_named(pasted: object, problem: str) -> None:
    parsed = parse(pasted)
    assert parsed.problems.keys() == {"token"}
    assert parsed.problems["token"].startswith(problem)
    assert parsed.complaint == f"not a token: {parsed.problems['token']}"
    assert (parsed.header, parsed.payload) == ({}, {})


@pytest.mark.parametrize(
    ("content", "problem"),
    [
        (b"{", JSON_ERROR),
        (b"", "not JSON (line 1, column 1: Expecting value)"),
        (b"9" * 5_000, "JSON with too long a number"),
        (b"\xff", "not text"),
        (b"[]", "JSON, but not an object in braces"),
        (b'"{}"', "JSON, but not an object in braces"),
        (b"null", "JSON, but not an object in braces"),
        (nested(DEEPEST + 1), "JSON nested too deeply"),
        (nested(100_000), "JSON nested too deeply"),
        (b'{"a":' + b"[" * 100_000, "JSON nested too deeply"),
    ],
    ids=lambda value: str(value[:12]),
)
@pytest.mark.parametrize("name", ["header", "payload"])
def test_part_without_an_object_is_a_problem(
    name: str, content: bytes, problem: str
) -> None:
    parts: dict[str, Any] = {"header": HEADER, "payload": CLAIMS}
    parts[name] = content
    parsed = parse(signed(parts["payload"], parts["header"]))
    assert parsed.problems == {name: problem}
    assert parsed.complaint == f"its {name} is {problem}"
    assert getattr(parsed, name) == {}


def test_fifty_levels_are_not_too_deep() -> None:
    assert parse(signed(nested(DEEPEST))).problems == {}


@pytest.mark.parametrize(
    ("value", "levels"),
    [(1, 0), ("[[]]", 0), ([], 1), ({"a": []}, 2), ([1, [2, {"a": 3}]], 3)],
    ids=str,
)
def test_levels_of_json_are_counted(value: object, levels: int) -> None:
    assert nesting(value) == levels


@pytest.mark.parametrize(
    "spelled",
    ["A", "A===", "AAA==", "AA=", "AB", "A+", "+/", "AA AA", "é", "\ud800"],
    ids=ascii,
)
def test_other_spellings_are_not_base64url(spelled: str) -> None:
    token = f"{part(HEADER)}.{part(CLAIMS)}.{spelled}"
    assert parse(token).problems == {"signature": "not base64url"}
    with pytest.raises((jwt.DecodeError, UnicodeEncodeError)):
        jwt.decode(token, options={"verify_signature": False})


@given(st.binary(max_size=40))
def test_base64url_is_decoded_to_what_was_encoded(content: bytes) -> None:
    encoded = base64url_encode(content)
    assert encoded == base64url(content)
    padded = encoded + "=" * (-len(encoded) % 4)
    assert base64url_decode(encoded) == base64url_decode(padded) == content


@given(st.text("AB-_+/=é", max_size=9))
def test_base64url_is_read_as_pyjwt_reads_it(spelled: str) -> None:
    token = f"{part(HEADER)}.{part(CLAIMS)}.{spelled}"
    try:
        jwt.decode(token, options={"verify_signature": False})
    except jwt.DecodeError:
        assert parse(token).problems.keys() == {"signature"}
    else:
        assert not parse(token).problems
