"""`show_token` lays a token out, and says why anything else is none."""

import json
import re
from html import unescape
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.classroom.card import WIDTH
from course.classroom.token.layout import COLOURS, lay_out, show_token
from course.classroom.token.parse import PARTS, parse
from tests.support.contrast import contrast
from tests.support.forgeries import base64url, signed
from tests.support.odd_tokens import (
    CLAIMS,
    HOSTILE,
    KEY,
    NOT_STRINGS,
    TOKEN,
)

Printed = pytest.CaptureFixture[str]


def shown(token: object, printed: Printed, key: str | None = None) -> str:
    show_token(token, key)
    return printed.readouterr().out.removesuffix("\n")


def text(token: object, key: str | None = None) -> str:
    return lay_out(parse(token), key).text


def words_of(html: str) -> list[str]:
    """List the words of HTML, in order, tags left out."""
    return unescape(re.sub(r"<[^>]*>", " ", html)).split()


def test_token_is_laid_out(capsys: Printed) -> None:
    token = signed({**CLAIMS, "aud": ["é", "b"]}, key=KEY)
    signature = token.rpartition(".")[2][:8]
    assert shown(token, capsys) == (
        f"""\
eyJhbGci….eyJzdWIi….{signature}…
header    payload   signature

header
{{
  "alg": "HS256",
  "typ": "JWT"
}}

payload
{{
  "sub": "johndoe",
  "exp": 1767268800,  ← 2026-01-01 12:00:00+00:00
  "aud": [
    "é",
    "b"
  ]
}}

signature: not checked"""
    )


def test_html_says_the_same_as_the_text() -> None:
    card = lay_out(parse(TOKEN), KEY)
    pieces = re.sub(r"</span>\.<span[^>]*>", ".", card.html)
    assert (
        words_of(pieces)
        == card.text.replace("signature:", "signature").split()
    )


def test_each_part_has_its_label_and_its_colours() -> None:
    html = lay_out(parse(TOKEN), None).html
    for name, raw in zip(PARTS, TOKEN.split("."), strict=True):
        label = f'<span style="{COLOURS[name]}">{name}'
        assert f'<span style="{COLOURS[name]}">{raw[:8]}…</span>' in html
        assert html.count(label) == 2


def test_lines_of_claims_are_kept_and_sentences_run() -> None:
    html = lay_out(parse(signed(b"[]", {"alg": "none"}))).html
    assert "<pre>{\n  &quot;alg&quot;: &quot;none&quot;\n}</pre></dd>" in html
    assert '">JSON, but not an object in braces</dd>' in html


@pytest.mark.parametrize("name", PARTS)
def test_colours_contrast(name: str) -> None:
    """WCAG 2.2 SC 1.4.3: at least 4.5:1, in either theme."""
    ink, paper = re.findall(r"#\w{6}", COLOURS[name])
    assert contrast(ink, paper) >= 4.5


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (None, "signature: not checked"),
        (KEY, "signature: fits this key"),
        ("k", "signature: does not fit: the token was signed with another"),
    ],
)
def test_signature_is_checked_with_the_key(
    key: str | None, sentence: str
) -> None:
    lines = text(TOKEN, key).splitlines()
    assert [line for line in lines if line.startswith(sentence)]


@pytest.mark.parametrize(
    ("value", "date"),
    [
        (0, "1970-01-01 00:00:00+00:00"),
        (-1, "1969-12-31 23:59:59+00:00"),
        (1_767_268_800, "2026-01-01 12:00:00+00:00"),
        (1_767_268_800.5, "2026-01-01 12:00:00.500000+00:00"),
        (1e9, "2001-09-09 01:46:40+00:00"),
        (253_402_300_799, "9999-12-31 23:59:59+00:00"),
        (253_402_300_800, "beyond the calendar"),
        (10**25, "beyond the calendar"),
        (-(10**12), "beyond the calendar"),
    ],
)
@pytest.mark.parametrize("name", ["exp", "iat", "nbf", "auth_time"])
@pytest.mark.parametrize("more", [{}, {"z": 1}], ids=["last", "comma"])
def test_time_is_readable_beside_its_number(
    name: str, more: dict[str, int], value: float, date: str
) -> None:
    lines = text(signed({name: value, **more})).splitlines()
    comma = "," if more else ""
    number = json.dumps(value)
    assert f'  "{name}": {number}{comma}  ← {date}' in lines


@pytest.mark.parametrize(
    "claims",
    [
        {"exp": "1767268800"},
        {"exp": True},
        {"exp": None},
        {"exp": [1]},
        {"sub": 1_767_268_800},
        {"inner": {"exp": 1_767_268_800}},
        {"sub": '\n  "exp": 1767268800'},
    ],
    ids=str,
)
def test_what_is_no_time_gets_no_date(claims: dict[str, Any]) -> None:
    assert "←" not in text(signed(claims))


def test_nan_is_no_date() -> None:
    lines = text(signed(b'{"exp": NaN, "iat": Infinity}')).splitlines()
    assert '  "exp": NaN,  ← not a number' in lines
    assert '  "iat": Infinity  ← beyond the calendar' in lines


def test_comma_in_a_claim_does_not_hide_its_date() -> None:
    lines = text(signed({"a": [1, 2], "exp": 0, "b": {}})).splitlines()
    start = lines.index("payload")
    assert lines[start + 1 : start + 9] == [
        "{",
        '  "a": [',
        "    1,",
        "    2",
        "  ],",
        '  "exp": 0,  ← 1970-01-01 00:00:00+00:00',
        '  "b": {}',
        "}",
    ]


def test_empty_object_takes_one_line() -> None:
    assert "\n\npayload\n{}\n\n" in text(signed({}))


@pytest.mark.parametrize(
    ("token", "problem"),
    [
        ("", "it is empty"),
        ("abc.def", "it has 2 parts, and a token has three"),
        (f'"{TOKEN}"', "there are quotation marks around it"),
        (None, "it is a NoneType, not a str"),
    ],
    ids=str,
)
def test_what_is_no_token_is_shown_with_the_reason(
    token: object, problem: str
) -> None:
    card = lay_out(parse(token), KEY)
    *_, last = card.text.splitlines()
    assert last == f"not a token: {problem}"
    assert words_of(card.html) == card.text.split()


def test_start_of_what_is_no_token_is_shown() -> None:
    assert text("abcdefghi.<x>").splitlines()[0] == "abcdefgh….<x>"
    assert "abcdefgh….&lt;x&gt;" in lay_out(parse("abcdefghi.<x>")).html


@pytest.mark.parametrize("name", ["header", "payload"])
def test_problem_takes_the_place_of_an_object(name: str) -> None:
    parts: dict[str, Any] = {"header": {"alg": "HS256"}, "payload": CLAIMS}
    parts[name] = b"[]"
    card = lay_out(parse(signed(parts["payload"], parts["header"])))
    assert f"\n\n{name}: JSON, but not an object in braces" in card.text
    assert '">JSON, but not an object in braces</dd>' in card.html


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(st.characters(), max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)
contents = json_values.map(json.dumps).map(str.encode) | st.binary(max_size=9)
tokens = st.builds(
    lambda *parts: ".".join(map(base64url, parts)),
    contents,
    contents,
    st.binary(max_size=9),
)


@given(st.text(st.characters(), max_size=30) | tokens, st.text(max_size=9))
def test_any_text_is_shown_in_lines_that_can_be_printed(
    token: str, key: str
) -> None:
    check_shown(token, key)


@pytest.mark.parametrize("token", HOSTILE + NOT_STRINGS, ids=lambda _: "")
@pytest.mark.parametrize("key", [None, "", "\ud800", KEY])
def test_hostile_token_is_shown(token: object, key: str | None) -> None:
    check_shown(token, key)


def check_shown(token: object, key: str | None) -> None:
    card = lay_out(parse(token), key)
    assert repr(card) == card.text
    card.text.encode("utf-8")
    card.html.encode("utf-8")
    lines = card.text.split("\n")
    assert all(line.isprintable() for line in lines)
    assert len(lines) < 100
    assert all(len(line) <= WIDTH for line in lines)
    tags = set(re.findall(r"<([^ >]*)", card.html))
    assert tags <= {
        *("p", "/p", "code", "/code", "br", "pre", "/pre", "span", "/span"),
        *("dl", "/dl", "dt", "/dt", "dd", "/dd"),
    }


def test_long_claims_are_cut() -> None:
    parsed = parse(
        signed({"a": "é" * 500, **dict.fromkeys(map(str, range(99)))})
    )
    lines = lay_out(parsed).text.splitlines()
    assert f'  "a": "{"é" * (WIDTH - 9)}…' in lines
    assert "… and 62 lines more" in lines
    assert max(map(len, lines)) == WIDTH


def test_forty_lines_are_not_cut() -> None:
    parsed = parse(signed(dict.fromkeys(map(str, range(38)))))
    assert "more" not in lay_out(parsed).text
    parsed = parse(signed(dict.fromkeys(map(str, range(39)))))
    assert "… and 1 line more" in lay_out(parsed).text


def test_markup_in_a_token_stays_text() -> None:
    token = signed({"sub": "<script>&"}, {"alg": "<img>"})
    html = lay_out(parse(token), KEY).html
    assert "&lt;script&gt;&amp;" in html
    assert "&lt;img&gt;" in html
    assert "<script" not in html
    assert "<img" not in html
