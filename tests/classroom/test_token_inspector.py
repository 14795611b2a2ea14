"""The token inspector judges as PyJWT does, and says why in words."""

import json
import re
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course.classroom.card import AMBER, GREEN
from course.classroom.token.draft import claims_of
from course.classroom.token.inspector import NOTHING, TokenInspector
from course.classroom.token.layout import lay_out
from course.classroom.token.parse import DEEPEST, read
from course.classroom.token.verdict import judge
from tests.classroom.test_token_layout import HOSTILE, NOT_STRINGS, nested
from tests.support.forgeries import (
    ANOTHER_KEY,
    FORGERIES,
    HEADER,
    SECRET_KEY,
    Forger,
    base64url,
    part,
    signed,
)

repeatable = settings(derandomize=True, database=None, deadline=None)
KEY = "a key for these tests, as long as HS256 wants it"
NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
EXP = int(NOON.timestamp())
CLAIMS = {"sub": "johndoe", "exp": EXP + 1800}
TOKEN = signed(CLAIMS, key=KEY)
CLOCK = "and now it is 2026-01-01 12:00:00+00:00"
VIEW = "application/vnd.jupyter.widget-view+json"
FITS = "Accepted: its signature fits this key."
MISFIT = (
    "Refused: its signature does not fit: another key made it, or what it "
    "signs was changed (InvalidSignatureError)."
)


def verdict(token: str, key: str = KEY, **options: Any) -> str:
    """The verdict on a token, at noon."""
    algorithms = options.get("algorithms", ["HS256"])
    return str(judge(read(token), key, algorithms, NOON))


def with_claims(**changes: Any) -> str:
    claims = {**CLAIMS, **changes}
    return signed({k: v for k, v in claims.items() if v is not ...}, key=KEY)


def inspector(token: Any = TOKEN, key: Any = KEY, **options: Any) -> Any:
    return TokenInspector(token, key, now=NOON, **options)


def said(seen: TokenInspector) -> str:
    """Everything above the token, on one line."""
    return repr(seen).partition("\n\neyJ")[0].replace("\n", " ")


def test_good_token_is_accepted() -> None:
    assert verdict(TOKEN) == (
        f"{FITS} It expires at 2026-01-01 12:30:00+00:00 (exp), {CLOCK}."
    )


def test_token_without_an_end_is_accepted_with_a_word_on_it() -> None:
    assert verdict(with_claims(exp=...)) == (
        f"{FITS} It has no exp: it never expires."
    )


def test_short_key_is_accepted_with_a_word_on_it() -> None:
    assert verdict(signed(CLAIMS, key="short"), "short").endswith(
        "12:00:00+00:00. The HMAC key is 5 bytes long, which is below the "
        "minimum recommended length of 32 bytes for SHA256. See RFC 7518 "
        "Section 3.2."
    )


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        (signed(CLAIMS, key=ANOTHER_KEY), MISFIT),
        (
            with_claims(exp=EXP - 60),
            "it expired at 2026-01-01 11:59:00+00:00 (exp), "
            f"{CLOCK} (ExpiredSignatureError).",
        ),
        (
            with_claims(nbf=EXP + 60),
            "it begins at 2026-01-01 12:01:00+00:00 (nbf), "
            f"{CLOCK} (ImmatureSignatureError).",
        ),
        (
            with_claims(iat=EXP + 60),
            "it was issued at 2026-01-01 12:01:00+00:00 (iat), "
            f"{CLOCK} (ImmatureSignatureError).",
        ),
        (
            with_claims(exp="soon"),
            "its exp is not a number of seconds (DecodeError).",
        ),
        (
            with_claims(iat=None),
            "its iat is not a number of seconds (InvalidIssuedAtError).",
        ),
        (
            with_claims(nbf=float("inf")),
            "its nbf is not a number of seconds (DecodeError).",
        ),
        (
            with_claims(aud="another service"),
            "it is for another service, named in its aud "
            "(InvalidAudienceError).",
        ),
        (
            with_claims(sub=1),
            "its sub is not a string (InvalidSubjectError).",
        ),
        (with_claims(jti=1), "its jti is not a string (InvalidJTIError)."),
        (
            signed(CLAIMS, HEADER | {"alg": "HS512"}, KEY, "sha512"),
            "its algorithm is 'HS512', your list has HS256 "
            "(InvalidAlgorithmError).",
        ),
        (
            signed(CLAIMS, {"typ": "JWT"}, KEY),
            "its algorithm is None, your list has HS256 "
            "(InvalidAlgorithmError).",
        ),
        (
            signed(CLAIMS, HEADER | {"alg": "none"}, KEY),
            'it is not signed, the header says "alg": "none", so nobody '
            "vouches for it (InvalidAlgorithmError).",
        ),
        (
            signed(CLAIMS, HEADER | {"crit": ["x"], "x": 1}, KEY),
            "Unsupported critical extension: x (InvalidTokenError).",
        ),
        (
            signed(CLAIMS, HEADER | {"crit": ["\x1b" * 999]}, KEY),
            "Unsupported critical extension: " + r"\x1b" * 168 + " (Inv",
        ),
        (
            signed(CLAIMS, HEADER | {"kid": 1}, KEY),
            "Key ID header parameter must be a string (InvalidTokenError).",
        ),
        ("", "not a token: it is empty (DecodeError)."),
        (f"{TOKEN}.x", "not a token: it has 4 parts, and a token has three"),
        (
            signed(CLAIMS, b"{", KEY),
            "its header is base64url, but not of JSON",
        ),
        (signed(b"[]", key=KEY), "its payload is JSON, but not an object in"),
        (f"{TOKEN}!", "its signature is not base64url (DecodeError)."),
        ("a.b.\ud800", "its header is not base64url (UnicodeEncodeError)."),
        (signed(b"[]", key=ANOTHER_KEY), MISFIT),
    ],
    ids=lambda value: value[:0],
)
def test_refusal_names_its_reason(token: str, reason: str) -> None:
    start = "Refused: " + reason.removeprefix("Refused: ")
    assert verdict(token).startswith(start)


@pytest.mark.parametrize(
    ("key", "algorithms", "reason"),
    [
        ("", ["HS256"], "HMAC key must not be empty (InvalidKeyError)."),
        ('{"kty": 1}', ["HS256"], "The specified key looks like a JWK and"),
        (KEY, [], "It is required that you pass in a value for the"),
        (
            KEY,
            ["HS384", "X"],
            "its algorithm is 'HS256', your list has HS384, X",
        ),
    ],
)
def test_unfit_key_or_list_is_named(
    key: str, algorithms: list[str], reason: str
) -> None:
    said = verdict(TOKEN, key, algorithms=algorithms)
    assert said.startswith(f"Refused: {reason}")


def test_unknown_algorithm_on_the_list_is_named() -> None:
    token = signed(CLAIMS, {"alg": "HS1"}, KEY)
    assert verdict(token, algorithms=["HS1"]) == (
        "Refused: Algorithm not supported (InvalidAlgorithmError)."
    )


def test_unsigned_token_is_refused_even_from_the_list() -> None:
    token = f"{part({'alg': 'none'})}.{part(CLAIMS)}."
    for key in ("", KEY):
        said = verdict(token, key, algorithms=["none"])
        assert said.startswith("Refused: it is not signed")


@pytest.mark.parametrize(
    ("claim", "on_time"), [("exp", 1), ("nbf", 0), ("iat", 0)]
)
def test_moment_itself_is_on_the_right_side(claim: str, on_time: int) -> None:
    """RFC 7519 §4.1.4, §4.1.5: not on or after `exp`, not before `nbf`."""
    assert verdict(with_claims(**{claim: EXP + on_time})).startswith(FITS)
    wrong_way = -1 if claim == "exp" else 1
    late = with_claims(**{claim: EXP + on_time + wrong_way})
    assert verdict(late).startswith("Refused")


def test_times_are_checked_before_the_other_claims() -> None:
    assert "ExpiredSignatureError" in verdict(with_claims(exp=1, sub=1))


def pyjwt(token: str, key: str) -> str | None:
    """Name the exception that PyJWT raises; None, if it accepts."""
    try:
        jwt.decode(token, key, algorithms=["HS256"])
    except Exception as error:
        return type(error).__name__
    return None


def check_agreement(token: str, key: str) -> None:
    """The verdict is PyJWT's, down to the exception."""
    verdict = judge(read(token), key, ["HS256"], datetime.now(UTC))
    failure = pyjwt(token, key)
    assert verdict.accepted == (failure is None)
    if failure:
        assert verdict.reason.endswith(f" ({failure}).")


NOW = int(datetime.now(UTC).timestamp())


@pytest.mark.parametrize("forger", FORGERIES.values(), ids=FORGERIES.keys())
def test_forgery_is_judged_as_pyjwt_judges_it(forger: Forger) -> None:
    check_agreement(forger({"sub": "a", "exp": NOW + 9_999}), SECRET_KEY)


values = st.sampled_from(
    [
        *(NOW - 99, NOW + 999, str(NOW), "", "x", None, True, 1.5),
        *([], ["x"], {}, float("nan"), float("inf"), 10**30, -1),
    ]
)
names = ["exp", "nbf", "iat", "aud", "sub", "jti", "iss"]


@given(st.dictionaries(st.sampled_from(names), values), st.booleans())
@repeatable
def test_claims_are_judged_as_pyjwt_judges_them(
    claims: dict[str, Any], fits: bool
) -> None:
    check_agreement(signed(claims), SECRET_KEY if fits else ANOTHER_KEY)


def test_inspector_shows_the_token_it_was_given() -> None:
    seen = inspector()
    assert (seen.token.value, seen.key.value) == (TOKEN, KEY)
    assert json.loads(seen.claims.value) == CLAIMS
    assert seen.claims.value.count("\n") == 3
    assert seen.sign_again.value is True
    assert repr(seen) == (
        "Accepted: its signature fits this key. It expires at 2026-01-01 "
        "12:30:00+00:00\n(exp), and now it is 2026-01-01 12:00:00+00:00.\n\n"
        + lay_out(read(TOKEN), KEY).text
    )


def test_every_field_has_a_visible_label() -> None:
    seen = inspector()
    fields = (seen.token, seen.key, seen.claims, seen.sign_again)
    assert [field.description for field in fields] == [
        "Token",
        "Key",
        "Claims",
        "Sign again when the claims or the key change",
    ]


def test_new_token_is_taken_apart() -> None:
    seen = inspector()
    token = signed({"sub": "é"}, key=ANOTHER_KEY)
    seen.token.value = token
    assert json.loads(seen.claims.value) == {"sub": "é"}
    assert "é" in seen.claims.value
    assert said(seen) == MISFIT
    assert seen.token.value == token


@pytest.mark.parametrize("broken", ["", "abc", f"{part(HEADER)}.e30x.x"])
def test_claims_that_cannot_be_read_leave_their_field(broken: str) -> None:
    seen = inspector()
    seen.token.value = broken
    assert seen.claims.value == ""
    seen.key.value = ANOTHER_KEY
    assert seen.token.value == broken


def test_edited_claims_are_signed_again() -> None:
    seen = inspector()
    seen.claims.value = '{"sub": "alice"}'
    assert seen.token.value == signed({"sub": "alice"}, key=KEY)
    assert said(seen) == f"{FITS} It has no exp: it never expires."
    assert seen.claims.value == '{"sub": "alice"}'


def test_another_key_signs_the_same_bytes_again() -> None:
    content = b'{ "sub" : "johndoe" }'
    seen = inspector(signed(content, key=KEY))
    seen.key.value = ANOTHER_KEY
    assert seen.token.value == signed(content, key=ANOTHER_KEY)
    assert said(seen).startswith(FITS)


def test_claims_cannot_be_changed_without_signing() -> None:
    seen = inspector()
    seen.sign_again.value = False
    seen.claims.value = '{"sub": "alice"}'
    header, _, signature = TOKEN.split(".")
    assert seen.token.value == f"{header}.{part({'sub': 'alice'})}.{signature}"
    assert said(seen) == MISFIT


def test_another_key_without_signing_only_checks() -> None:
    seen = inspector()
    seen.sign_again.value = False
    seen.key.value = ANOTHER_KEY
    assert seen.token.value == TOKEN
    assert said(seen) == MISFIT
    seen.key.value = KEY
    assert said(seen).startswith(FITS)


def test_signing_again_starts_when_it_is_ticked() -> None:
    seen = inspector(signed(CLAIMS, key=ANOTHER_KEY))
    seen.sign_again.value = False
    assert said(seen) == MISFIT
    seen.sign_again.value = True
    assert seen.token.value == TOKEN


@pytest.mark.parametrize(
    ("alg", "digest"), [("HS384", "sha384"), ("HS512", "sha512")]
)
def test_header_is_kept(alg: str, digest: str) -> None:
    header = {"alg": alg, "kid": "1"}
    token = signed(CLAIMS, header, KEY, digest)
    seen = inspector(token, algorithms=[alg])
    seen.claims.value = "{}"
    assert seen.token.value == signed({}, header, KEY, digest)
    assert said(seen).startswith(FITS)


def test_token_can_be_written_from_nothing() -> None:
    seen = inspector("")
    assert repr(seen) == f"{NOTHING}\n\nnot a token: it is empty"
    seen.claims.value = json.dumps(CLAIMS)
    assert jwt.decode(seen.token.value, KEY, ["HS256"], {"verify_exp": False})
    assert said(seen).startswith(FITS)


def test_unreadable_header_is_replaced() -> None:
    seen = inspector(signed(CLAIMS, b"{", KEY))
    seen.claims.value = "{}"
    assert jwt.get_unverified_header(seen.token.value) == HEADER


@pytest.mark.parametrize(
    ("claims", "note"),
    [
        ("{", "The claims are not JSON, see line 1, column 2: Expecting"),
        ("", "The claims are not JSON, see line 1, column 1: Expecting"),
        ('{"a":\n1 2}', "The claims are not JSON, see line 2, column 3: Exp"),
        ("[]", "The claims must be an object, in braces."),
        (nested(DEEPEST + 1).decode(), "The claims are nested too deeply."),
        ("[" * 100_000, "The claims are too deep or too long."),
        ("9" * 5_000, "The claims are too deep or too long."),
    ],
    ids=lambda value: value[:12],
)
@pytest.mark.parametrize("sign_again", [True, False])
def test_broken_claims_leave_the_token(
    sign_again: bool, claims: str, note: str
) -> None:
    seen = inspector()
    seen.sign_again.value = sign_again
    seen.claims.value = claims
    assert seen.token.value == TOKEN
    assert said(seen).startswith(note)
    assert f" The token stays as it was.  {FITS}" in said(seen)
    assert seen.claims.value == claims
    seen.claims.value = "{}"
    assert "stays" not in said(seen)


def test_deep_but_bearable_claims_are_signed() -> None:
    seen = inspector()
    seen.claims.value = nested(DEEPEST).decode()
    assert said(seen).startswith(FITS)


def test_note_goes_with_another_token() -> None:
    seen = inspector()
    seen.claims.value = "{"
    seen.token.value = signed({}, key=KEY)
    assert said(seen) == f"{FITS} It has no exp: it never expires."


def test_key_that_cannot_sign_leaves_the_old_signature() -> None:
    seen = inspector()
    seen.key.value = ""
    assert seen.token.value == TOKEN
    assert said(seen) == (
        "It keeps its old signature: the key does not suit HS256: "
        "InvalidKeyError: HMAC key must not be empty.  Refused: HMAC key "
        "must not be empty (InvalidKeyError)."
    )


def test_unsigned_token_stays_unsigned() -> None:
    seen = inspector(f"{part({'alg': 'none'})}.{part(CLAIMS)}.")
    seen.claims.value = "{}"
    assert seen.token.value == f"{part({'alg': 'none'})}.e30."
    assert said(seen).startswith("Refused: it is not signed")


def test_clock_is_read_when_no_moment_is_given() -> None:
    soon = datetime.now(UTC) + timedelta(minutes=5)
    token = signed({"exp": int(soon.timestamp())}, key=KEY)
    assert repr(TokenInspector(token, KEY)).startswith(FITS)
    assert repr(TokenInspector(TOKEN, KEY)).startswith("Refused: it expired")


@pytest.mark.parametrize(
    "changes",
    [{}, {"exp": 1}, {"nbf": EXP + 9}, {"iat": EXP + 9}],
    ids=str,
)
def test_no_line_breaks_a_moment(changes: dict[str, int]) -> None:
    """A mask must know a moment when it sees one."""
    moments = re.findall(
        r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d",
        repr(inspector(with_claims(**changes))).partition("\n\n")[0],
    )
    assert len(moments) == 2


def test_picture_says_the_same_as_the_text() -> None:
    for seen in (inspector(), inspector(key="<script>"), inspector("")):
        bundle = seen._repr_mimebundle_(include=None, exclude=None)
        assert bundle["text/plain"] == repr(seen)
        sentence = escape(said(seen).partition("  ")[0]).split(":")[0]
        assert sentence in bundle["text/html"]
        assert (
            lay_out(read(seen.token.value), seen.key.value).html
            in (bundle["text/html"])
        )


def live(seen: Any) -> str:
    """What stands below the fields in the browser."""
    *_, verdict, parts = seen._box.children
    return str(verdict.value + parts.value)


def test_page_follows_every_edit() -> None:
    seen = inspector()
    pages = [live(seen)]
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
        pages.append(live(seen))
        assert pages[-1] == seen._repr_mimebundle_()["text/html"]
    assert "&quot;alice&quot;" in pages[1]
    assert "The claims are not JSON" in pages[2]
    assert pages[3] == pages[4] == pages[0]
    assert "does not fit" in pages[5]
    assert "not base64url" in pages[6]


def test_picture_is_taken_when_it_is_asked_for() -> None:
    seen = inspector()
    seen._now = NOON + timedelta(hours=1)
    assert "Refused:" in seen._repr_mimebundle_()["text/html"]


def test_verdict_is_announced_and_coloured() -> None:
    html = inspector()._repr_mimebundle_()["text/html"]
    assert html.startswith(
        f'<div role="status" style="border-left: 4px solid {GREEN};'
    )
    assert f"<strong>Accepted:</strong>{FITS.partition(':')[2]}" in html
    html = inspector(key=ANOTHER_KEY)._repr_mimebundle_()["text/html"]
    assert f"solid {AMBER};" in html
    assert "<strong>Refused:</strong> its signature does not fit: an" in html


def test_text_names_no_model_and_no_key() -> None:
    first, second = (inspector()._repr_mimebundle_() for _ in range(2))
    assert first.pop(VIEW) != second.pop(VIEW)
    assert first == second
    assert KEY not in str(first)


@pytest.mark.parametrize("token", HOSTILE + NOT_STRINGS, ids=lambda _: "")
def test_hostile_token_is_inspected(token: Any) -> None:
    check_inspected(inspector(token))


def check_inspected(seen: Any) -> None:
    """Whatever is typed, all fields can be sent, and all edits answered."""
    for edit in ("{}", "", '{"sub": "\\ud800"}', "[", seen.claims.value):
        seen.claims.value = edit
        seen.sign_again.value = not seen.sign_again.value
        bundle = seen._repr_mimebundle_()
        texts = [bundle["text/plain"], bundle["text/html"], seen.token.value]
        json.dumps([*texts, seen.claims.value], ensure_ascii=False).encode()
        assert re.match(r"Accepted|Refused|Nothing|The cl|It keeps", texts[0])


@given(st.text(st.characters()), st.text(st.characters(exclude_categories=[])))
@settings(repeatable, max_examples=20)
def test_anything_can_be_typed(token: str, key: str) -> None:
    seen = inspector(token, key)
    check_inspected(seen)
    seen.token.value = token.encode("utf-8", "replace").decode()
    assert repr(seen)


def test_claims_are_written_as_a_browser_can_take_them() -> None:
    assert claims_of(read(signed({"a": "\ud800é"}))) == (
        '{\n  "a": "\\ud800\\u00e9"\n}'
    )
    assert claims_of(read(signed({"a": "é"}))) == '{\n  "a": "é"\n}'


@pytest.mark.parametrize("key", [None, b"bytes", 7])
def test_key_of_another_kind_is_told_apart(key: Any) -> None:
    assert inspector(key=key).key.value == repr(key)


def test_base64url_of_the_draft_has_no_padding() -> None:
    seen = inspector()
    seen.claims.value = '{"a": 1}'
    assert seen.token.value.split(".")[1] == base64url(b'{"a":1}')
