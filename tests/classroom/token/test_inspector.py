"""The token inspector says whether PyJWT accepts a token, and why."""

import json
import re
import time
from html import escape
from typing import Any
from unittest.mock import patch

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.classroom.card import AMBER, GREEN
from course.classroom.token.inspector import (
    NOTHING,
    TokenInspector,
    claims_text,
    explain,
)
from course.classroom.token.layout import lay_out
from course.classroom.token.parse import DEEPEST, parse
from course.classroom.token.signature import MISFIT
from snippets.ch03_dependency_wiring import SECRET_KEY
from tests.support.forgeries import (
    ANOTHER_KEY,
    FAR_FUTURE,
    FORGERIES,
    HEADER,
    HS256,
    Forger,
    part,
    signed,
)
from tests.support.odd_tokens import HOSTILE, KEY, NOT_STRINGS, nested

CLAIMS = {"sub": "johndoe", "exp": FAR_FUTURE}
TOKEN = signed(CLAIMS, key=KEY)
PAST = 1_767_268_800
VIEW = "application/vnd.jupyter.widget-view+json"
FITS = "Accepted: the signature fits this key."
LASTING = f"{FITS}\nThe token expires at 2100-01-01 00:00:00+00:00 (exp)."
ENDLESS = f"{FITS}\nThe token has no exp, so it never expires."
REFUSED = (
    f"Refused: the signature does not fit: {MISFIT} (InvalidSignatureError)."
)


def decision(token: str, key: str = KEY) -> str:
    return explain(parse(token), key)[1]


def with_claims(**changes: Any) -> str:
    return signed({**CLAIMS, **changes}, key=KEY)


def sentences(seen: TokenInspector) -> str:
    """Return everything above the token, on one line."""
    return flat(repr(seen).partition("\n\neyJ")[0])


def flat(text: str) -> str:
    return text.replace("\n", " ")


def test_good_token_is_accepted() -> None:
    assert decision(TOKEN) == LASTING


def test_token_without_an_end_is_accepted_with_a_remark() -> None:
    assert decision(signed({"sub": "johndoe"}, key=KEY)) == ENDLESS


def test_short_key_is_accepted_with_a_remark() -> None:
    assert decision(signed(CLAIMS, key="short"), "short") == (
        f"{LASTING}\nThe HMAC key is 5 bytes long, which is below the minimum "
        "recommended length of 32 bytes for SHA256. See RFC 7518 Section 3.2."
    )


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (
            signed(CLAIMS, key=ANOTHER_KEY),
            f"the signature does not fit: {MISFIT} (InvalidSignatureError).",
        ),
        (
            with_claims(exp=PAST),
            "the token expired at 2026-01-01 12:00:00+00:00 (exp) "
            "(ExpiredSignatureError).",
        ),
        (
            with_claims(exp=f"{PAST}"),
            "the token expired at 2026-01-01 12:00:00+00:00 (exp) "
            "(ExpiredSignatureError).",
        ),
        (
            with_claims(nbf=FAR_FUTURE, iat=1),
            "the token is valid from 2100-01-01 00:00:00+00:00 (nbf) "
            "(ImmatureSignatureError).",
        ),
        (
            with_claims(iat=FAR_FUTURE, nbf=1),
            "the token is valid from 2100-01-01 00:00:00+00:00 (iat) "
            "(ImmatureSignatureError).",
        ),
        (
            with_claims(exp="soon"),
            "Expiration Time claim (exp) must be an integer (DecodeError).",
        ),
        (
            with_claims(aud="another service"),
            "the token is for another service, which its aud names "
            "(InvalidAudienceError).",
        ),
        (
            with_claims(sub=1),
            "Subject must be a string (InvalidSubjectError).",
        ),
        (
            signed(CLAIMS, HEADER | {"alg": "HS512"}, KEY, "sha512"),
            "the header says \"alg\": 'HS512'; only HS256 is allowed "
            "(InvalidAlgorithmError).",
        ),
        (
            signed(CLAIMS, {"typ": "JWT"}, KEY),
            'the header says "alg": None; only HS256 is allowed (Inv',
        ),
        (
            f"{part({'alg': 'none'})}.{part(CLAIMS)}.",
            "the header says \"alg\": 'none'; only HS256 is allowed (Inv",
        ),
        (
            signed(CLAIMS, HEADER | {"crit": ["x"], "x": 1}, KEY),
            "Unsupported critical extension: x (InvalidTokenError).",
        ),
        (
            signed(CLAIMS, HEADER | {"crit": ["\x1b" * 999]}, KEY),
            "Unsupported critical extension: " + r"\x1b" * 168 + " (Inv",
        ),
        ("", "not a token: it is empty (DecodeError)."),
        (f"{TOKEN}.x", "not a token: it has 4 parts, and a token has three"),
        (signed(CLAIMS, b"{", KEY), "its header is not JSON (line 1, "),
        (signed(b"[]", key=KEY), "its payload is JSON, but not an object in"),
        (f"{TOKEN}!", "its signature is not base64url (DecodeError)."),
        ("a.b.\ud800", "its header is not base64url (UnicodeEncodeError)."),
    ],
    ids=lambda value: value[:0],
)
def test_refusal_names_its_reason(token: str, reason: str) -> None:
    assert decision(token).startswith(f"Refused: {reason}")


@pytest.mark.parametrize(
    ("key", "reason"),
    [
        ("", "HMAC key must not be empty (InvalidKeyError)."),
        ('{"kty": 1}', "The specified key looks like a JWK and"),
    ],
)
def test_unfit_key_is_named(key: str, reason: str) -> None:
    assert decision(TOKEN, key).startswith(f"Refused: {reason}")


def test_other_exception_is_passed_on() -> None:
    with patch.object(jwt, "decode", side_effect=ArithmeticError("new")):
        assert decision(TOKEN) == "Refused: new (ArithmeticError)."


def pyjwt(token: str, key: str) -> str | None:
    """Name the exception that PyJWT raises; None if it accepts."""
    try:
        jwt.decode(token, key, algorithms=["HS256"])
    except Exception as error:
        return type(error).__name__
    return None


def check_agreement(token: str, key: str) -> None:
    """The decision is PyJWT's, and names its exception."""
    is_accepted, sentence = explain(parse(token), key)
    failure = pyjwt(token, key)
    assert is_accepted == (failure is None)
    assert sentence.startswith("Refused: " if failure else FITS)
    assert sentence.endswith(f" ({failure})." if failure else ".")


NOW = int(time.time())


@pytest.mark.parametrize("forger", FORGERIES.values(), ids=FORGERIES.keys())
def test_forgery_is_decided_as_pyjwt_decides(forger: Forger) -> None:
    check_agreement(
        forger(HS256, {"sub": "a", "exp": NOW + 9_999}), SECRET_KEY
    )


values: st.SearchStrategy[Any] = st.sampled_from(
    [
        *(NOW - 9_999, NOW + 9_999, str(NOW - 9_999), "", "x", None, True),
        *(1.5, [], ["x"], {}, float("nan"), float("inf"), 10**30, -1),
    ]
)
names = ["exp", "nbf", "iat", "aud", "sub", "jti", "iss"]


@given(st.dictionaries(st.sampled_from(names), values), st.booleans())
def test_claims_are_decided_as_pyjwt_decides(
    claims: dict[str, Any], fits: bool
) -> None:
    check_agreement(signed(claims), SECRET_KEY if fits else ANOTHER_KEY)


def test_inspector_shows_the_token_it_was_given() -> None:
    seen = TokenInspector(TOKEN, KEY)
    assert (seen.token.value, seen.key.value) == (TOKEN, KEY)
    assert json.loads(seen.claims.value) == CLAIMS
    assert seen.claims.value.count("\n") == 3
    assert seen.sign_again.value is True
    assert repr(seen) == (f"{LASTING}\n\n{lay_out(parse(TOKEN), KEY).text}")


def test_every_field_has_a_visible_label() -> None:
    seen = TokenInspector(TOKEN, KEY)
    fields = (seen.token, seen.key, seen.claims, seen.sign_again)
    assert [field.description for field in fields] == [
        "Token",
        "Key",
        "Claims",
        "Sign again when the claims or the key change",
    ]


def test_new_token_is_taken_apart() -> None:
    seen = TokenInspector(TOKEN, KEY)
    token = signed({"sub": "é"}, key=ANOTHER_KEY)
    seen.token.value = token
    assert json.loads(seen.claims.value) == {"sub": "é"}
    assert "é" in seen.claims.value
    assert sentences(seen) == flat(REFUSED)
    assert seen.token.value == token


@pytest.mark.parametrize("broken", ["", "abc", f"{part(HEADER)}.e30x.x"])
def test_claims_that_cannot_be_read_leave_their_field(broken: str) -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.token.value = broken
    assert seen.claims.value == ""
    seen.key.value = ANOTHER_KEY
    assert seen.token.value == broken


def test_edited_claims_are_signed_again() -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.claims.value = '{"sub": "alice"}'
    assert seen.token.value == signed({"sub": "alice"}, key=KEY)
    assert sentences(seen) == flat(ENDLESS)
    assert seen.claims.value == '{"sub": "alice"}'


def test_another_key_signs_again() -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.key.value = ANOTHER_KEY
    assert seen.token.value == signed(CLAIMS, key=ANOTHER_KEY)
    assert sentences(seen) == flat(LASTING)


def test_claims_cannot_be_changed_without_signing() -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.sign_again.value = False
    seen.claims.value = '{"sub": "alice"}'
    header, _, signature = TOKEN.split(".")
    assert seen.token.value == f"{header}.{part({'sub': 'alice'})}.{signature}"
    assert sentences(seen) == flat(REFUSED)


def test_another_key_without_signing_only_checks() -> None:
    token = signed(b'{ "sub" : "johndoe" }', key=KEY)
    seen = TokenInspector(token, KEY)
    seen.sign_again.value = False
    seen.key.value = ANOTHER_KEY
    assert seen.token.value == token
    assert sentences(seen) == flat(REFUSED)
    seen.key.value = KEY
    assert sentences(seen) == flat(ENDLESS)


def test_signing_again_starts_when_it_is_ticked() -> None:
    seen = TokenInspector(signed(CLAIMS, key=ANOTHER_KEY), KEY)
    seen.sign_again.value = False
    assert sentences(seen) == flat(REFUSED)
    seen.sign_again.value = True
    assert seen.token.value == TOKEN


@pytest.mark.parametrize(
    ("alg", "digest"), [("HS384", "sha384"), ("HS512", "sha512")]
)
def test_header_is_kept(alg: str, digest: str) -> None:
    header = {"alg": alg, "kid": "1", "typ": "JWT"}
    seen = TokenInspector(signed(CLAIMS, header, KEY, digest), KEY)
    seen.claims.value = "{}"
    assert seen.token.value == signed({}, header, KEY, digest)
    assert f'the header says "alg": {alg!r}; only HS256' in sentences(seen)
    assert repr(seen).endswith("signature: fits this key")


def test_token_can_be_written_from_nothing() -> None:
    seen = TokenInspector("", KEY)
    assert repr(seen) == f"{NOTHING}\n\nnot a token: it is empty"
    seen.claims.value = json.dumps(CLAIMS)
    assert jwt.decode(seen.token.value, KEY, ["HS256"]) == CLAIMS
    assert sentences(seen) == flat(LASTING)


@pytest.mark.parametrize("token", ["", "abc", signed(CLAIMS, b"{", KEY)])
def test_token_without_a_header_gets_one(token: str) -> None:
    seen = TokenInspector(token, KEY)
    seen.claims.value = "{}"
    assert jwt.get_unverified_header(seen.token.value) == HEADER
    assert sentences(seen) == flat(ENDLESS)


def test_empty_claims_replace_unreadable_ones() -> None:
    seen = TokenInspector(signed(b"[]", key=KEY), KEY)
    seen.claims.value = "{}"
    assert seen.token.value == signed({}, key=KEY)


@pytest.mark.parametrize(
    ("claims", "note"),
    [
        ("{", "The claims are not JSON (line 1, column 2: Expecting prop"),
        ("", "The claims are not JSON (line 1, column 1: Expecting value)."),
        ('{"a":\n1 2}', "The claims are not JSON (line 2, column 3: Expec"),
        ("[]", "The claims are JSON, but not an object in braces."),
        (nested(DEEPEST + 1).decode(), "The claims are JSON nested too deep"),
        ("[" * 100_000, "The claims are JSON nested too deeply."),
        ("9" * 5_000, "The claims are JSON with too long a number."),
    ],
    ids=lambda value: value[:12],
)
@pytest.mark.parametrize("sign_again", [True, False])
def test_broken_claims_leave_the_token(
    sign_again: bool, claims: str, note: str
) -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.sign_again.value = sign_again
    seen.claims.value = claims
    assert seen.token.value == TOKEN
    assert sentences(seen).startswith(note)
    assert f" The token is unchanged.  {FITS}" in sentences(seen)
    assert seen.claims.value == claims
    seen.claims.value = "{}"
    assert "unchanged" not in sentences(seen)


def test_deep_but_bearable_claims_are_signed() -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.claims.value = nested(DEEPEST).decode()
    assert sentences(seen) == flat(ENDLESS)


def test_note_goes_with_another_token() -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.claims.value = "{"
    seen.token.value = signed({}, key=KEY)
    assert sentences(seen) == flat(ENDLESS)


@pytest.mark.parametrize(
    ("header", "key", "reason"),
    [
        (HEADER, "", "InvalidKeyError: HMAC key must not be empty."),
        ({"alg": "HS1"}, KEY, "NotImplementedError: Algorithm not supported."),
        ({"alg": "none"}, KEY, "InvalidKeyError: When alg = "),
        ({"alg": "RS256"}, KEY, "InvalidKeyError: Could not parse"),
    ],
)
def test_key_that_cannot_sign_leaves_the_old_signature(
    header: dict[str, str], key: str, reason: str
) -> None:
    seen = TokenInspector(signed(CLAIMS, header, KEY), KEY)
    seen.key.value, seen.claims.value = key, "{}"
    old_signature = signed(CLAIMS, header, KEY).rpartition(".")[2]
    assert seen.token.value == f"{part(header)}.e30.{old_signature}"
    assert sentences(seen).startswith(
        f"The token keeps its old signature. {reason}"
    )
    assert "  Refused: " in sentences(seen)


def test_signing_with_a_short_key_warns_nobody_else(
    recwarn: pytest.WarningsRecorder,
) -> None:
    seen = TokenInspector(TOKEN, KEY)
    seen.key.value = "short"
    assert "The HMAC key is 5 bytes long" in sentences(seen)
    assert not recwarn.list


@pytest.mark.parametrize(
    "changes",
    [{}, {"exp": PAST}, {"nbf": FAR_FUTURE}, {"iat": FAR_FUTURE}],
    ids=str,
)
def test_no_line_breaks_a_date(changes: dict[str, int]) -> None:
    """The mask of nbval knows a date by its form."""
    text = repr(TokenInspector(with_claims(**changes), KEY))
    [date] = re.findall(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", text.partition("\n\n")[0]
    )
    assert date in text


def test_picture_says_the_same_as_the_text() -> None:
    for token, key in ((TOKEN, KEY), (TOKEN, "<script>"), ("", KEY)):
        seen = TokenInspector(token, key)
        bundle = seen._repr_mimebundle_(include=None, exclude=None)
        assert bundle["text/plain"] == repr(seen)
        start = escape(sentences(seen).partition("  ")[0]).split(":")[0]
        assert start in bundle["text/html"]
        parts = lay_out(parse(token), key).html
        assert parts in bundle["text/html"]


def page(seen: TokenInspector) -> str:
    """Return what is below the fields in the browser."""
    return str(seen.decision.value + seen.parts.value)


def test_page_follows_every_edit() -> None:
    seen = TokenInspector(TOKEN, KEY)
    pages = [page(seen)]
    assert "Accepted:" in pages[0]
    for field, value in (
        (seen.claims, '{"sub": "alice"}'),
        (seen.claims, "{"),
        (seen.token, TOKEN),
        (seen.sign_again, False),
        (seen.key, ANOTHER_KEY),
        (seen.token, "a.b.c"),
        (seen.key, ""),
    ):
        field.value = value
        pages.append(page(seen))
        assert pages[-1] == seen._repr_mimebundle_()["text/html"]
    assert "&quot;alice&quot;" in pages[1]
    assert "The claims are not JSON" in pages[2]
    assert pages[3] == pages[4] == pages[0]
    assert "does not fit" in pages[5]
    assert "not base64url" in pages[6]


def test_token_that_has_expired_since_is_refused_when_displayed() -> None:
    seen = TokenInspector(TOKEN, KEY)
    assert "Accepted:" in page(seen)
    expired = jwt.ExpiredSignatureError("Signature has expired")
    with patch.object(jwt, "decode", side_effect=expired):
        assert "Refused: the token expired at" in repr(seen)
        html = seen._repr_mimebundle_()["text/html"]
    assert "<strong>Refused:</strong> the token expired at 2100" in html


def test_decision_is_announced_and_coloured() -> None:
    html = TokenInspector(TOKEN, KEY)._repr_mimebundle_()["text/html"]
    assert html.startswith(
        f'<div role="status" style="border-left: 4px solid {GREEN};'
    )
    assert f"<strong>Accepted:</strong>{FITS.partition(':')[2]}" in html
    html = TokenInspector(TOKEN, ANOTHER_KEY)._repr_mimebundle_()["text/html"]
    assert f"solid {AMBER};" in html
    assert "<strong>Refused:</strong> the signature does not fit: the" in html


def test_text_names_no_model_and_no_key() -> None:
    first, second = (
        TokenInspector(TOKEN, KEY)._repr_mimebundle_() for _ in range(2)
    )
    assert first.pop(VIEW) != second.pop(VIEW)
    assert first == second
    assert KEY not in str(first)


@pytest.mark.parametrize("token", HOSTILE + NOT_STRINGS, ids=lambda _: "")
def test_hostile_token_is_inspected(token: Any) -> None:
    check_inspected(TokenInspector(token, KEY))


def check_inspected(seen: TokenInspector) -> None:
    """Whatever is typed, all fields can be sent, and all edits answered."""
    for edit in ("{}", "", '{"sub": "\\ud800"}', "[", seen.claims.value):
        seen.claims.value = edit
        seen.sign_again.value = not seen.sign_again.value
        bundle = seen._repr_mimebundle_()
        texts = [bundle["text/plain"], bundle["text/html"], seen.token.value]
        json.dumps([*texts, seen.claims.value], ensure_ascii=False).encode()
        assert all(line.isprintable() for line in texts[0].split("\n"))
        assert re.match(r"Accepted|Refused|Nothing|The cl|The tok", texts[0])


@given(st.text(st.characters()), st.text(st.characters(exclude_categories=[])))
def test_anything_can_be_typed(token: str, key: str) -> None:
    seen = TokenInspector(token, key)
    check_inspected(seen)
    seen.token.value = token.encode("utf-8", "replace").decode()
    assert repr(seen)


def test_claims_are_written_as_a_browser_can_take_them() -> None:
    text = claims_text(parse(signed({"a": "\ud800é"})))
    assert text == '{\n  "a": "\\ud800é"\n}'
    assert json.loads(text) == {"a": "\ud800é"}


@pytest.mark.parametrize("key", [None, b"bytes", 7])
def test_key_of_another_type_is_written_out(key: Any) -> None:
    assert TokenInspector(TOKEN, key).key.value == repr(key)
