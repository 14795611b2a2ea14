"""`show_token` lays a token out, and says what is wrong with what is none."""

import json
import re
from html import unescape
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.classroom.token.layout import INK, WIDTH, lay_out, show_token
from course.classroom.token.parse import (
    DEEPEST,
    PARTS,
    base64url_encode,
    decode,
    read,
)
from course.classroom.token.signature import UnusableError, sign
from tests.support.forgeries import (
    ANOTHER_KEY,
    HEADER,
    base64url,
    part,
    signed,
)

Printed = pytest.CaptureFixture[str]
repeatable = settings(derandomize=True, database=None, deadline=None)
KEY = "a key for these tests, as long as HS256 wants it"
CLAIMS = {"sub": "johndoe", "exp": 1_767_268_800}
TOKEN = signed(CLAIMS, key=KEY)


def nested(depth: int) -> bytes:
    return b'{"a":' * depth + b"1" + b"}" * depth


HOSTILE = (
    *("", ".", "..", "...", "\0", "\ud800.\udfff.\ud800", "😀.😀.😀"),
    *("é.\x1b[31m.\u202e", "<b>.&amp;.'\"", "=.==.===", "." * 100_000),
    f"{part(HEADER)}.\ud800.AAAA",
    *("a" * 100_000, ".".join(["A" * 100_000] * 3), TOKEN + ".x"),
    f"{part(HEADER)}.{part(nested(900))}.",
    f"{part(b'[' * 100_000)}.{part(b'9' * 5_000)}.",
    f"{part(b'NaN')}.{part(b'1e999')}.{part(b'x')}",
    f"{part(HEADER)}.{part({'exp': 1e308, 'iat': -1e308, 'nbf': 10**400})}.",
    signed(b'{"exp": NaN, "iat": Infinity}'),
    *(signed(CLAIMS, {"alg": alg}) for alg in (None, [], {}, 1, "", "x" * 99)),
)
NOT_STRINGS = (None, 1, b"a.b.c", ["a", "b", "c"], {"access_token": TOKEN})


def shown(token: object, printed: Printed, key: str | None = None) -> str:
    show_token(token, key)
    return printed.readouterr().out.removesuffix("\n")


def text(token: object, key: str | None = None) -> str:
    return lay_out(read(token), key).text


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
    card = lay_out(read(TOKEN), KEY)
    pieces = re.sub(r"</span>\.<span[^>]*>", ".", card.html)
    assert (
        words_of(pieces)
        == card.text.replace("signature:", "signature").split()
    )


def test_each_part_has_its_label_and_its_colours() -> None:
    html = lay_out(read(TOKEN), None).html
    for name, raw in zip(PARTS, TOKEN.split("."), strict=True):
        label = f'<span style="{INK[name]}">{name}'
        assert f'<span style="{INK[name]}">{raw[:8]}…</span>' in html
        assert html.count(label) == 2


def test_lines_of_claims_are_kept_and_sentences_run() -> None:
    html = lay_out(read(signed(b"[]", {"alg": "none"}))).html
    assert "<pre>{\n  &quot;alg&quot;: &quot;none&quot;\n}</pre></dd>" in html
    assert '">JSON, but not an object in braces</dd>' in html


@pytest.mark.parametrize("name", PARTS)
def test_colours_contrast(name: str) -> None:
    """WCAG 2.2, 1.4.3: at least 4.5 to 1, whatever page is behind."""
    ink, paper = map(luminance, re.findall(r"#(\w{6})", INK[name]))
    assert (paper + 0.05) / (ink + 0.05) >= 4.5


def luminance(colour: str) -> float:
    """The relative luminance of a colour, as WCAG 2.2 defines it."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (0, 2, 4))
    red, green, blue = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4
        for c in channels
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        (None, "not checked"),
        (KEY, "fits this key"),
        (
            "k",
            "does not fit: another key made it, or what it signs was changed",
        ),
        ("", "not checked, the key does not suit HS256: InvalidKeyError"),
        ("\ud800", "not checked, the key does not suit HS256: Unicode"),
        ('{"kty": "oct"}', "not checked, the key does not suit HS256"),
    ],
)
def test_signature_is_judged_by_the_key(
    key: str | None, sentence: str
) -> None:
    said = text(TOKEN, key).partition("\n\nsignature: ")[2]
    assert said.replace("\n", " ").startswith(sentence)
    assert len(said) == len(sentence) or "suit" in sentence


@pytest.mark.parametrize("size", [256, 384, 512])
def test_header_names_the_algorithm(size: int) -> None:
    header, digest = {"alg": f"HS{size}"}, f"sha{size}"
    token = signed(CLAIMS, header, KEY, digest)
    assert text(token, KEY).endswith("signature: fits this key")
    assert "does not fit" in text(token, ANOTHER_KEY)


@pytest.mark.parametrize("key", [None, KEY])
def test_unsigned_token_is_named(key: str | None) -> None:
    token = f"{part({'alg': 'none'})}.{part(CLAIMS)}."
    last = text(token, key).splitlines()[-1]
    assert last == (
        'signature: none, the header says "alg": "none", '
        "so nobody vouches for it"
    )


@pytest.mark.parametrize("alg", ["HS1", "NONE", None, ["HS256"], {}, 7])
def test_unknown_algorithm_is_named(alg: Any) -> None:
    token = signed(CLAIMS, {"alg": alg})
    last = text(token, KEY).splitlines()[-1]
    assert last == f'signature: not checked, "alg" is {alg!r}, unknown here'


def test_long_name_of_an_algorithm_is_cut() -> None:
    token = signed(CLAIMS, {"alg": "x" * 10_000})
    assert len(text(token, KEY).splitlines()[-1]) < 100


def test_signature_is_checked_even_over_broken_claims() -> None:
    token = signed(b"{", key=KEY)
    assert "payload: base64url, but not of JSON" in text(token, KEY)
    assert text(token, KEY).endswith("signature: fits this key")


@pytest.mark.parametrize(
    ("value", "moment"),
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
    name: str, more: dict[str, int], value: float, moment: str
) -> None:
    lines = text(signed({name: value, **more})).splitlines()
    comma = "," if more else ""
    number = json.dumps(value)
    assert f'  "{name}": {number}{comma}  ← {moment}' in lines


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
def test_what_is_no_time_gets_no_moment(claims: dict[str, Any]) -> None:
    assert "←" not in text(signed(claims))


@pytest.mark.parametrize(
    ("token", "said"),
    [
        ("", "it is empty"),
        ("abc", "it has 1 part, and a token has three"),
        ("abc.def", "it has 2 parts, and a token has three"),
        ("a.b.c.d.e", "it has 5 parts, and a token has three"),
        (f"{TOKEN}\n", "there is a space or a line break around it"),
        (f" {TOKEN}", "there is a space or a line break around it"),
        (
            f"bearer {TOKEN}",
            'it begins with "Bearer ", a word of the request around it',
        ),
        (None, "it is a NoneType, not a str"),
        (TOKEN.encode(), "it is a bytes, not a str"),
        ({"access_token": TOKEN}, "it is a dict, not a str"),
    ],
    ids=str,
)
def test_what_is_no_token_is_told_so(token: object, said: str) -> None:
    card = lay_out(read(token), KEY)
    *_, last = card.text.splitlines()
    assert last == f"not a token: {said}"
    assert words_of(card.html) == card.text.split()


def test_start_of_what_is_no_token_is_shown() -> None:
    assert text("abcdefghi.<x>").splitlines()[0] == "abcdefgh….<x>"
    assert "abcdefgh….&lt;x&gt;" in lay_out(read("abcdefghi.<x>")).html


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"{", "base64url, but not of JSON"),
        (b"", "base64url, but not of JSON"),
        (b"9" * 5_000, "base64url, but not of JSON"),
        (b"\xff", "base64url, but of no text"),
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
def test_part_that_holds_no_claims_is_told_so(
    name: str, content: bytes, said: str
) -> None:
    parts = {"header": HEADER, "payload": CLAIMS, name: content}
    reading = read(signed(parts["payload"], parts["header"]))
    assert reading.problems == {name: said}
    assert reading.complaint == f"its {name} is {said}"
    assert f"\n\n{name}: {said}" in lay_out(reading).text


def test_deep_but_bearable_json_is_shown() -> None:
    reading = read(signed(nested(DEEPEST)))
    assert reading.problems == {}


def test_unreadable_header_leaves_the_signature_unchecked() -> None:
    token = signed(CLAIMS, b"{", KEY)
    assert text(token, KEY).endswith(
        "signature: not checked, the header is unreadable"
    )


def test_unreadable_signature_is_told_so() -> None:
    token = TOKEN.rpartition(".")[0] + ".!"
    assert text(token, KEY).endswith("signature: not base64url")


@pytest.mark.parametrize(
    "spelled",
    ["A", "A===", "AAA==", "AA=", "AB", "A+", "+/", "AA AA", "é", "\ud800"],
    ids=ascii,
)
def test_other_spellings_are_no_base64url(spelled: str) -> None:
    token = f"{part(HEADER)}.{part(CLAIMS)}.{spelled}"
    assert read(token).problems == {"signature": "not base64url"}
    with pytest.raises((jwt.DecodeError, UnicodeEncodeError)):
        jwt.decode(token, options={"verify_signature": False})


@given(st.binary(max_size=40))
@repeatable
def test_base64url_goes_round(content: bytes) -> None:
    assert base64url_encode(content) == base64url(content)
    assert decode(base64url_encode(content)) == content
    padded = base64url_encode(content) + "=" * (
        -len(base64url_encode(content)) % 4
    )
    assert decode(padded) == content


@given(st.text("AB-_+/=.é", max_size=9))
@repeatable
def test_base64url_is_read_as_pyjwt_reads_it(spelled: str) -> None:
    token = f"{part(HEADER)}.{part(CLAIMS)}.{spelled.replace('.', '')}"
    try:
        jwt.decode(token, options={"verify_signature": False})
    except jwt.DecodeError:
        assert read(token).problems.keys() == {"signature"}
    else:
        assert not read(token).problems


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
@repeatable
def test_any_text_is_shown_in_lines_that_can_be_printed(
    token: str, key: str
) -> None:
    check_shown(token, key)


@pytest.mark.parametrize("token", HOSTILE + NOT_STRINGS, ids=lambda _: "")
@pytest.mark.parametrize("key", [None, "", "\ud800", KEY])
def test_hostile_token_is_shown(token: object, key: str | None) -> None:
    check_shown(token, key)


def check_shown(token: object, key: str | None) -> None:
    card = lay_out(read(token), key)
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
    reading = read(
        signed({"a": "é" * 500, **dict.fromkeys(map(str, range(99)))})
    )
    lines = lay_out(reading).text.splitlines()
    assert f'  "a": "{"é" * (WIDTH - 9)}…' in lines
    assert "… and 62 lines more" in lines
    assert max(map(len, lines)) == WIDTH


def test_forty_lines_are_not_cut() -> None:
    reading = read(signed(dict.fromkeys(map(str, range(38)))))
    assert "more" not in lay_out(reading).text
    reading = read(signed(dict.fromkeys(map(str, range(39)))))
    assert "… and 1 lines more" in lay_out(reading).text


def test_markup_in_a_token_stays_text() -> None:
    token = signed({"sub": "<script>&"}, {"alg": "<img>"})
    html = lay_out(read(token), KEY).html
    assert "&lt;script&gt;&amp;" in html
    assert "&lt;img&gt;" in html
    assert "<script" not in html
    assert "<img" not in html


def test_signing_needs_an_algorithm_and_its_key() -> None:
    header, payload, signature = TOKEN.split(".")
    assert sign(HEADER, f"{header}.{payload}", KEY) == signature
    assert sign({"alg": "none"}, "a.b", KEY) == ""
    with pytest.raises(UnusableError, match="unknown here"):
        sign({}, "a.b", KEY)
    with pytest.raises(UnusableError, match="does not suit HS256"):
        sign(HEADER, "a.b", "")
