"""Chapter 1: what we sign PyJWT accepts, and what we accept it accepts."""

import hmac
import json
import math
from base64 import b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta, timezone
from itertools import product
from typing import Any
from unittest.mock import Mock, patch

import jwt
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from snippets import ch01_jwt_anatomy as ch01
from snippets.ch01_jwt_anatomy import (
    MAX_TOKEN_LENGTH,
    RefusedTokenError,
    base64url_decode,
    base64url_encode,
    decode,
    encode,
    numeric_date,
    read_object,
    sign,
    write_object,
)
from tests.support.forgeries import FAR_FUTURE
from tests.support.strategies import strict_json_values

KEY = b"a teaching key, published: protects nothing"
NOW = datetime(2025, 1, 1, 12, tzinfo=UTC)
SECONDS = 1735732800  # NOW, counted by `date -d 2025-01-01T12:00Z +%s`
SECOND = timedelta(seconds=1)

# FastAPI's tutorial prints this token, an old sample of the site jwt.io.
TUTORIAL = (
    "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9."
    "eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIy"
    "fQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c"
)
# RFC 7515 Appendix A.1.1: key and token, as printed there.
RFC_KEY = (
    "AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuT"
    "wjAzZr1Z9CAow"
)
RFC_TOKEN = (
    "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNv"
    "bS9pc19yb290Ijp0cnVlfQ."
    "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
)
RFC_EXPIRY = datetime(2011, 3, 22, 18, 43, tzinfo=UTC)


def signed(payload: bytes, header: bytes = b'{"alg":"HS256"}') -> str:
    """Put the right signature under any two parts."""
    message = f"{base64url_encode(header)}.{base64url_encode(payload)}"
    mac = hmac.digest(KEY, message.encode(), "sha256")
    return f"{message}.{base64url_encode(mac)}"


def with_claims(**claims: Any) -> str:
    return signed(json.dumps(claims).encode())


def with_header(**header: Any) -> str:
    return signed(b"{}", json.dumps({"alg": "HS256"} | header).encode())


def refused(
    token: str, reason: str, key: bytes = KEY, **times: timedelta | datetime
) -> None:
    """Hold a refusal against its reason, word for word."""
    with pytest.raises(RefusedTokenError) as refusal:
        decode(token, key, **{"now": NOW, **times})  # type: ignore[arg-type]
    assert str(refusal.value) == reason


def pyjwt_accepts(token: str) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(token, KEY, algorithms=["HS256"])
    return claims


@pytest.mark.parametrize(
    ("data", "text"),
    [
        # RFC 4648 §10, with its padding left out.
        (b"", ""),
        (b"f", "Zg"),
        (b"fo", "Zm8"),
        (b"foo", "Zm9v"),
        (b"foob", "Zm9vYg"),
        (b"fooba", "Zm9vYmE"),
        (b"foobar", "Zm9vYmFy"),
        # RFC 7515 Appendix C.
        (bytes([3, 236, 255, 224, 193]), "A-z_4ME"),
    ],
)
def test_base64url_vectors_of_rfc_4648_and_rfc_7515(
    data: bytes, text: str
) -> None:
    assert base64url_encode(data) == text
    assert base64url_decode(text) == data


@given(data=st.binary(max_size=100))
def test_base64url_comes_back(data: bytes) -> None:
    text = base64url_encode(data)
    assert base64url_decode(text) == data
    assert not set(text) & set("+/=")
    by_hand = b64encode(data).decode().translate(str.maketrans("+/", "-_"))
    assert text == by_hand.rstrip("=")


@pytest.mark.parametrize(
    "text",
    [
        *("Zg==", "Zm8=", "Zm9v=", "Zm9v==", "=", "Zg=", "=Zg", "Z=g"),
        *("Zm9v\n", " Zm9v", "Zm 9v", "Zm9v!", "Zm+v", "Zm/v", "Zm9v\0"),
        *("Z", "Zm9vY", "Zm9vé", "\ud800", "Ｚm9v"),
    ],
    ids=ascii,
)
def test_base64url_has_no_padding_and_no_other_character(text: str) -> None:
    """RFC 7515 §2."""
    with pytest.raises(RefusedTokenError, match="not base64url"):
        base64url_decode(text)


@pytest.mark.parametrize("text", ["Zh", "Zv", "Zm9vYh", "Zm9", "Zm-"])
def test_base64url_has_one_spelling(text: str) -> None:
    """RFC 4648 §3.5: the spare bits are zero."""
    with pytest.raises(RefusedTokenError, match="not base64url"):
        base64url_decode(text)


@given(text=st.text(st.sampled_from("AQgwZ_-+/= \n"), max_size=9))
def test_base64url_accepts_only_what_it_writes(text: str) -> None:
    try:
        data = base64url_decode(text)
    except RefusedTokenError:
        return
    assert base64url_encode(data) == text


def test_rfc_7515_appendix_a_1_is_reproduced() -> None:
    header = b'{"typ":"JWT",\r\n "alg":"HS256"}'
    payload = (
        b'{"iss":"joe",\r\n "exp":1300819380,\r\n '
        b'"http://example.com/is_root":true}'
    )
    message = f"{base64url_encode(header)}.{base64url_encode(payload)}"
    mac = sign(message, base64url_decode(RFC_KEY))
    assert f"{message}.{base64url_encode(mac)}" == RFC_TOKEN


def test_rfc_7515_appendix_a_1_is_accepted_until_it_expires() -> None:
    key = base64url_decode(RFC_KEY)
    assert decode(RFC_TOKEN, key, now=RFC_EXPIRY - SECOND) == {
        "iss": "joe",
        "exp": 1300819380,
        "http://example.com/is_root": True,
    }
    refused(RFC_TOKEN, "expired", key, now=RFC_EXPIRY)


def test_sample_token_is_signed_with_jwt_ios_key_of_19_bytes() -> None:
    message, _, signature = TUTORIAL.rpartition(".")
    key = b"your-256-bit-secret"
    mac = hmac.digest(key, message.encode(), "sha256")
    assert base64url_encode(mac) == signature
    with pytest.raises(ValueError, match="32 bytes of key, not 19"):
        decode(TUTORIAL, key)


@pytest.mark.parametrize("size", [0, 1, 19, 31])
def test_key_shorter_than_the_hash_signs_and_reads_nothing(size: int) -> None:
    """RFC 7518 §3.2."""
    message = f"32 bytes of key, not {size}"
    with pytest.raises(ValueError, match=message):
        sign("e30.e30", b"k" * size)
    with pytest.raises(ValueError, match=message):
        encode({}, b"k" * size)
    with pytest.raises(ValueError, match=message):
        decode(encode({}, KEY), b"k" * size)


def test_key_of_32_bytes_is_enough() -> None:
    assert decode(encode({}, b"k" * 32), b"k" * 32) == {}


def test_short_key_is_no_refused_token() -> None:
    """The service is at fault then, and must not answer 401."""
    assert not issubclass(RefusedTokenError, ValueError)
    assert not issubclass(ValueError, RefusedTokenError)


ZONES = st.integers(-23 * 60, 23 * 60).map(
    lambda minutes: timezone(timedelta(minutes=minutes))
)
MOMENTS = st.datetimes(
    datetime(2, 1, 1),  # noqa: DTZ001 - hypothesis adds the zones
    datetime(9998, 12, 31),  # noqa: DTZ001
    timezones=ZONES,
)
REGISTERED = {"iss", "sub", "aud", "exp", "nbf", "iat", "jti"}
OWN_CLAIMS = st.dictionaries(
    st.text(max_size=8).filter(lambda name: name not in REGISTERED),
    strict_json_values,
    max_size=4,
)
KEYS = st.binary(min_size=32, max_size=80)
NAMES = st.sampled_from(["exp", "nbf", "iat"])
TIMED_CLAIMS = st.builds(
    lambda *parts: {name: value for part in parts for name, value in part},
    st.dictionaries(NAMES, MOMENTS).map(dict.items),
    OWN_CLAIMS.map(dict.items),
    st.dictionaries(NAMES, MOMENTS | st.integers()).map(dict.items),
)


@given(claims=TIMED_CLAIMS, key=KEYS)
@example(claims={"exp": datetime(9000, 1, 1, 0, 0, 0, 999999, UTC)}, key=KEY)
@example(claims={"exp": datetime(1969, 12, 31, 23, 59, 59, 1, UTC)}, key=KEY)
@example(claims={"name": "Zoë \U0001f511", "a/b": "</script>"}, key=KEY)
def test_token_has_pyjwts_bytes(claims: dict[str, Any], key: bytes) -> None:
    assert encode(claims, key) == jwt.encode(claims, key, algorithm="HS256")


def test_header_is_pyjwts() -> None:
    header, _, _ = encode({}, KEY).split(".")
    assert base64url_decode(header) == b'{"alg":"HS256","typ":"JWT"}'


def test_claims_of_the_caller_stay_as_they_were() -> None:
    claims = {"sub": "johndoe", "exp": NOW}
    encode(claims, KEY)
    assert claims == {"sub": "johndoe", "exp": NOW}


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
def test_moment_becomes_seconds_since_1970_in_every_zone(name: str) -> None:
    """RFC 7519 §2, NumericDate."""
    for hours in (-12, -5, 0, 9, 14):
        moment = NOW.astimezone(timezone(timedelta(hours=hours)))
        assert numeric_date(moment) == SECONDS
        _, payload, _ = encode({name: moment}, KEY).split(".")
        assert base64url_decode(payload) == b'{"%s":%d}' % (
            name.encode(),
            SECONDS,
        )


def test_naive_moment_is_a_type_error_everywhere() -> None:
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(TypeError, match="offset-naive"):
        encode({"exp": naive}, KEY)
    with pytest.raises(TypeError, match="offset-naive"):
        decode(encode({}, KEY), KEY, now=naive)


@pytest.mark.parametrize("number", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("nest", [lambda x: x, lambda x: [{"deep": x}]])
def test_number_that_json_has_not_is_not_written(
    number: float, nest: Callable[[Any], Any]
) -> None:
    """RFC 8259 §6."""
    with pytest.raises(ValueError, match="JSON compliant"):
        encode({"level": nest(number)}, KEY)


def test_claim_that_is_no_json_is_a_type_error() -> None:
    with pytest.raises(TypeError):
        encode({"friends": {"alice"}}, KEY)


VALID_CLAIMS = st.fixed_dictionaries(
    {},
    optional={
        "sub": st.text(max_size=10),
        "iss": st.text(max_size=10),
        "jti": st.text(max_size=10),
        "iat": st.integers(0, SECONDS) | st.floats(0, SECONDS),
        "nbf": st.integers(0, SECONDS) | st.floats(0, SECONDS),
        "exp": st.integers(FAR_FUTURE, 10**20)
        | st.floats(FAR_FUTURE, 1e300)
        | MOMENTS.filter(lambda moment: moment.year > 2100),
    },
)


@given(valid=VALID_CLAIMS, own=OWN_CLAIMS, key=KEYS)
def test_what_we_sign_comes_back_and_pyjwt_accepts_it(
    valid: dict[str, Any], own: dict[str, Any], key: bytes
) -> None:
    token = encode(own | valid, key)
    claims = decode(token, key)
    assert claims == jwt.decode(token, key, algorithms=["HS256"])
    assert token == encode(claims, key)


@given(
    valid=VALID_CLAIMS,
    own=OWN_CLAIMS,
    headers=st.fixed_dictionaries(
        {}, optional={"kid": st.text(max_size=5), "x": strict_json_values}
    ),
)
def test_what_pyjwt_signs_we_accept(
    valid: dict[str, Any], own: dict[str, Any], headers: dict[str, Any]
) -> None:
    token = jwt.encode(own | valid, KEY, algorithm="HS256", headers=headers)
    assert decode(token, KEY) == pyjwt_accepts(token)


RULES = [*sorted(REGISTERED), "crit", "b64", "kid", "alg", "typ", "x"]
NUMBERS = st.sampled_from(
    [0, SECONDS, FAR_FUTURE, -1, 0.5, 1e300, 10**30, FAR_FUTURE + 0.5]
)


@given(
    header=st.dictionaries(
        st.sampled_from(RULES), strict_json_values, max_size=2
    ),
    claims=st.dictionaries(
        st.sampled_from(RULES),
        strict_json_values | NUMBERS | st.just("a"),
        max_size=4,
    ),
    tail=st.sampled_from(["", "=", "==", "\n", "."]),
)
@example(header={"b64": False}, claims={}, tail="")
@example(header={"b64": True, "crit": ["b64"]}, claims={}, tail="")
@example(header={"kid": 1}, claims={}, tail="")
def test_what_we_accept_pyjwt_accepts_too(
    header: dict[str, Any], claims: dict[str, Any], tail: str
) -> None:
    token = signed(
        json.dumps(claims).encode(),
        json.dumps({"alg": "HS256"} | header).encode(),
    )
    try:
        accepted = decode(token + tail, KEY)
    except RefusedTokenError:
        return
    assert pyjwt_accepts(token + tail) == accepted == claims


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize("leeway", [0, 0.25, 0.5, 1, 2.75])
def test_fractions_of_a_second_count_as_pyjwt_counts_them(
    name: str, leeway: float
) -> None:
    verdicts = set()
    clock = Mock()
    for moment, claim in product(range(4), range(-16, 17)):
        now = clock.now.return_value = NOW + moment * SECOND / 4
        token = with_claims(**{name: SECONDS + claim / 4})
        ours = accepts(decode, token, KEY, now=now, leeway=leeway * SECOND)
        with patch("jwt.api_jwt.datetime", clock):
            theirs = accepts(jwt.decode, token, KEY, ["HS256"], leeway=leeway)
        assert ours == theirs, (now, claim, leeway)
        verdicts.add(ours)
    assert verdicts == {True, False}


def accepts(reader: Callable[..., Any], *token: Any, **times: Any) -> bool:
    try:
        reader(*token, **times)
    except (RefusedTokenError, jwt.InvalidTokenError):
        return False
    return True


@pytest.mark.parametrize(
    "token",
    ["", ".", "a", "a.b", "....", "a.b.c.d", encode({}, KEY) + "."],
    ids=ascii,
)
def test_token_has_three_parts(token: str) -> None:
    """RFC 7515 §7.1."""
    refused(token, "not three parts")


@pytest.mark.parametrize("part", [0, 1, 2])
@pytest.mark.parametrize("change", ["{}=", "{}!", " {}", "é{}", "\ud800"])
def test_every_part_is_base64url(part: int, change: str) -> None:
    """RFC 7515 §5.2, steps 2, 6 and 7."""
    parts = encode({"sub": "johndoe"}, KEY).split(".")
    parts[part] = change.format(parts[part])
    refused(".".join(parts), "not base64url")


@pytest.mark.parametrize(
    "data",
    [
        *(b"", b" ", b"{", b"{'sub':1}", b'{"sub":}', b"sub", b"{}{}"),
        *(b"\xff", b'{"sub":"\xff"}', b"\xef\xbb\xbf{}", b'{"sub":"\n"}'),
        *('{"sub":"a"}'.encode(each) for each in ("utf-16", "utf-32-le")),
        *(b'{"x":NaN}', b'{"x":Infinity}', b'{"x":-Infinity}', b"NaN"),
        *(b'{"x":1e999}', b'{"x":[-1e999]}', b'{"x":' + b"1" * 5000 + b"}"),
    ],
    ids=lambda data: ascii(data[:12]),
)
def test_header_and_payload_are_json_in_utf_8(data: bytes) -> None:
    """RFC 7519 §7.2, steps 3 and 10; RFC 8259 §6, §8.1."""
    refused(signed(data), "not JSON")
    refused(signed(b"{}", data), "not JSON")


@pytest.mark.parametrize("data", [b"[]", b'"a"', b"1", b"null", b"true"])
def test_header_and_payload_are_objects(data: bytes) -> None:
    """RFC 7515 §4, RFC 7519 §4."""
    refused(signed(data), "not a JSON object")
    refused(signed(b"{}", data), "not a JSON object")


def test_name_stands_once_in_the_header() -> None:
    """RFC 7515 §4."""
    twice = b'{"alg":"none","alg":"HS256"}'
    refused(signed(b"{}", twice), "a name appears twice")


@pytest.mark.parametrize(
    "claims",
    [
        b'{"sub":"alice","sub":"johndoe"}',
        b'{"sub":"alice","su\\u0062":"johndoe"}',
        b'{"x":[{"y":1,"y":1}]}',
    ],
)
def test_name_stands_once_in_the_claims(claims: bytes) -> None:
    """RFC 7519 §4."""
    refused(signed(claims), "a name appears twice")


@pytest.mark.parametrize("bracket", [b"[", b'{"a":'])
def test_brackets_without_end_are_refused(bracket: bytes) -> None:
    bomb = bracket * (6000 // len(bracket))
    refused(signed(bomb), "not JSON")
    refused(signed(b"{}", bomb), "not JSON")


def test_depth_that_json_cannot_follow_is_refused() -> None:
    """How deep that is differs between versions of Python."""
    for name in ("loads", "dumps"):
        with (
            patch.object(json, name, side_effect=RecursionError),
            pytest.raises(RefusedTokenError, match="not JSON"),
        ):
            read_object(b"{}")


def test_token_has_at_most_8192_characters() -> None:
    longest = encode({"x": "a" * 6075}, KEY)
    assert len(longest) == MAX_TOKEN_LENGTH == 8192
    assert decode(longest, KEY)
    refused(encode({"x": "a" * 6076}, KEY), "too long")


def test_megabytes_are_refused_before_anything_reads_them() -> None:
    with patch.object(ch01, "base64url_decode", Mock()) as reader:
        refused("a" * 10_000_000, "too long")
    assert not reader.mock_calls


@pytest.mark.parametrize(
    "alg",
    [
        *("none", "None", "", "hs256", "HS256 ", "HS384", "HS512", "RS256"),
        *(None, True, 0, ["HS256"], {"HS256": 1}),
    ],
    ids=repr,
)
def test_algorithm_is_ours_to_choose(alg: Any) -> None:
    """RFC 8725 §3.1."""
    refused(with_header(alg=alg), "alg is not HS256")


def test_header_names_an_algorithm() -> None:
    """RFC 7515 §4.1.1."""
    refused(signed(b"{}", b"{}"), "alg is not HS256")


@pytest.mark.parametrize("signature", ["", "AAAA"])
def test_unsecured_token_is_refused(signature: str) -> None:
    """RFC 7519 §6, RFC 8725 §3.2."""
    unsecured = f"{write_object({'alg': 'none'})}.e30.{signature}"
    refused(unsecured, "alg is not HS256")


def test_algorithm_is_checked_before_the_signature() -> None:
    with patch.object(ch01, "sign", Mock()) as signing:
        refused(with_header(alg="none"), "alg is not HS256")
    assert not signing.mock_calls


@pytest.mark.parametrize(
    "header",
    [{"crit": ["exp"], "exp": 1}, {"crit": []}, {"b64": False}, {"b64": True}],
    ids=repr,
)
def test_extension_that_must_be_understood_is_refused(
    header: dict[str, Any],
) -> None:
    """RFC 7515 §4.1.11; RFC 7797 §7."""
    refused(with_header(**header), "an unknown extension")


@pytest.mark.parametrize("kid", [None, 1, [], {"a": 1}])
def test_name_of_the_key_is_a_string(kid: Any) -> None:
    """RFC 7515 §4.1.4."""
    refused(with_header(kid=kid), "kid is not a string")


def test_other_header_parameters_are_ignored() -> None:
    """RFC 7515 §4."""
    assert decode(with_header(kid="1", typ="at+jwt", x=[1]), KEY) == {}


@pytest.fixture
def comparisons() -> Iterator[Mock]:
    """Watch the comparison that takes the same time in any case."""
    with patch.object(
        hmac, "compare_digest", wraps=hmac.compare_digest
    ) as spy:
        yield spy


def test_signatures_are_compared_in_constant_time(comparisons: Mock) -> None:
    """RFC 7518 §3.2. Both whole, and by nothing else."""
    token = encode({"sub": "johndoe"}, KEY)
    message = token.rpartition(".")[0]
    decode(token, KEY)
    mac = hmac.digest(KEY, message.encode(), "sha256")
    comparisons.assert_called_once_with(mac, mac)

    wrong = base64url_encode(bytes(32))
    refused(f"{message}.{wrong}", "the signature does not fit")
    comparisons.assert_called_with(mac, bytes(32))
    assert comparisons.call_count == 2


@pytest.mark.parametrize("verdict", [True, False])
def test_comparison_alone_decides(verdict: bool) -> None:
    """No `==` beside it, whose time would tell more."""
    forged = encode({}, b"another key, of 32 bytes or more")
    for token in (forged, encode({}, KEY)):
        with patch.object(hmac, "compare_digest", Mock(return_value=verdict)):
            if verdict:
                assert decode(token, KEY) == {}
            else:
                refused(token, "the signature does not fit")


def test_payload_is_not_read_before_its_signature_holds() -> None:
    for payload in (b"\xff", b"[]", b'{"exp":0}', b'{"a":1,"a":1}'):
        message, _, _ = signed(payload).rpartition(".")
        forged = f"{message}.{base64url_encode(bytes(32))}"
        refused(forged, "the signature does not fit")


@given(place=st.integers(0, 10_000), letter=st.sampled_from("AZaz09-_.=+é\n"))
def test_no_character_of_a_token_can_be_another(
    place: int, letter: str
) -> None:
    token = encode({"sub": "johndoe", "exp": FAR_FUTURE}, KEY)
    place %= len(token)
    changed = token[:place] + letter + token[place + 1 :]
    assume(changed != token)
    with pytest.raises(RefusedTokenError):
        decode(changed, KEY)


@pytest.mark.parametrize("size", [0, 1, 16, 31, 33, 64])
def test_signature_is_neither_shortened_nor_lengthened(size: int) -> None:
    message, _, signature = encode({}, KEY).rpartition(".")
    mac = (base64url_decode(signature) * 2)[:size]
    cut = f"{message}.{base64url_encode(mac)}"
    refused(cut, "the signature does not fit")


def test_another_key_reads_nothing() -> None:
    for key in (KEY + b" ", KEY[:-1], KEY.upper()):
        refused(encode({}, key), "the signature does not fit")


def test_signature_covers_the_header() -> None:
    message, _, signature = encode({}, KEY).rpartition(".")
    header = write_object({"typ": "JWT", "alg": "HS256"})
    changed = f"{header}.{message.partition('.')[2]}.{signature}"
    refused(changed, "the signature does not fit")


@pytest.mark.parametrize("name", ["iss", "sub", "jti"])
@pytest.mark.parametrize("value", [None, 1, 1.5, True, [], ["a"], {"a": 1}])
def test_names_are_strings(name: str, value: Any) -> None:
    """RFC 7519 §4.1.1, §4.1.2, §4.1.7."""
    refused(with_claims(**{name: value}), f"{name} is not a string")
    assert decode(with_claims(**{name: "a"}), KEY) == {name: "a"}


@pytest.mark.parametrize("name", ["exp", "nbf", "iat"])
@pytest.mark.parametrize(
    "value", [None, "", "1", str(FAR_FUTURE), True, False, [], [1], {"a": 1}]
)
def test_times_are_numbers(name: str, value: Any) -> None:
    """RFC 7519 §4.1.4 to §4.1.6; to Python a bool is a number."""
    refused(with_claims(**{name: value}), f"{name} is not a number")


def test_expired_on_or_after_exp() -> None:
    """RFC 7519 §4.1.4."""
    token = with_claims(exp=SECONDS)
    assert decode(token, KEY, now=NOW - timedelta(microseconds=1))
    refused(token, "expired", now=NOW)
    refused(token, "expired", now=NOW + SECOND)


@pytest.mark.parametrize("value", [0, -1, -1.5, -(10**300), -1e300, SECONDS])
def test_time_that_is_over_expires(value: float) -> None:
    refused(with_claims(exp=value), "expired")


@pytest.mark.parametrize(
    "value", [10**300, 1e300, FAR_FUTURE, FAR_FUTURE + 0.5]
)
def test_times_of_any_size_are_compared(value: float) -> None:
    assert decode(with_claims(exp=value), KEY) == {"exp": value}
    refused(with_claims(nbf=value), "nbf is in the future")
    refused(with_claims(iat=value), "iat is in the future")


@pytest.mark.parametrize("name", ["nbf", "iat"])
def test_token_is_refused_before_nbf_and_iat(name: str) -> None:
    """RFC 7519 §4.1.5; of `iat` it does not ask that, and PyJWT does it."""
    token = with_claims(**{name: SECONDS})
    refused(
        token, f"{name} is in the future", now=NOW - timedelta(microseconds=1)
    )
    assert decode(token, KEY, now=NOW)


def test_leeway_moves_both_ends() -> None:
    """RFC 7519 §4.1.4, §4.1.5."""
    leeway = timedelta(seconds=5)
    ending, starting = with_claims(exp=SECONDS), with_claims(nbf=SECONDS)
    assert decode(ending, KEY, now=NOW + 4 * SECOND, leeway=leeway)
    refused(ending, "expired", now=NOW + 5 * SECOND, leeway=leeway)
    assert decode(starting, KEY, now=NOW - 5 * SECOND, leeway=leeway)
    refused(
        starting,
        "nbf is in the future",
        now=NOW - 6 * SECOND,
        leeway=leeway,
    )


def test_now_is_the_clocks_unless_given() -> None:
    now = datetime.now(UTC)
    minute = timedelta(minutes=1)
    assert decode(encode({"exp": now + minute, "iat": now}, KEY), KEY)
    with pytest.raises(RefusedTokenError, match="expired"):
        decode(encode({"exp": now - minute}, KEY), KEY)
    with pytest.raises(RefusedTokenError, match="iat is in the future"):
        decode(encode({"iat": now + minute}, KEY), KEY)


def test_now_means_the_same_in_every_zone() -> None:
    token = encode({"exp": NOW, "nbf": NOW - 9 * SECOND}, KEY)
    for hours in (-12, 0, 9, 14):
        zone = timezone(timedelta(hours=hours))
        before = (NOW - SECOND).astimezone(zone)
        assert decode(token, KEY, now=before)
        refused(token, "expired", now=NOW.astimezone(zone))


@pytest.mark.parametrize("value", ["a bank", ["a bank"], [], "", None, 1])
def test_token_for_an_audience_is_not_for_us(value: Any) -> None:
    """RFC 7519 §4.1.3: we have no name in which we could be meant."""
    refused(with_claims(aud=value), "made for another service")


def test_claims_without_meaning_to_us_are_ignored() -> None:
    """RFC 7519 §4."""
    claims = {"scope": "read", "x": [None, {"y": 1.5}]}
    assert decode(with_claims(**claims), KEY) == claims


def test_no_claim_is_needed() -> None:
    """RFC 7519 §4.1: the use of each is optional."""
    assert decode(encode({}, KEY), KEY) == {}


def test_naive_clock_lives_long_in_tokyo_and_ended_before_in_new_york() -> (
    None
):
    lives = {}
    for city, hours in (("Tokyo", 9), ("New York", -5)):
        zone = timezone(timedelta(hours=hours))
        wall = NOW.astimezone(zone).replace(tzinfo=None)
        token = jwt.encode({"exp": wall + timedelta(minutes=30)}, KEY)
        payload = read_object(base64url_decode(token.split(".")[1]))
        lives[city] = (payload["exp"] - SECONDS) / 60
    assert lives == {"Tokyo": 570, "New York": -270}


@pytest.mark.parametrize(
    "token",
    [
        *(encode({}, KEY) + "=", signed(b'{"x":NaN}')),
        signed(b'{"x":1,"x":1}'),
        *(with_claims(exp=str(FAR_FUTURE)), with_claims(nbf="0")),
        *(with_claims(iat="0"), with_claims(iat=True)),
        *(with_claims(aud=""), with_claims(aud=[])),
        *(with_claims(aud=0), with_claims(aud=None)),
        signed('{"sub":"johndoe"}'.encode("utf-16")),
    ],
)
def test_pyjwt_is_more_lenient_in_these(token: str) -> None:
    """If this fails, the chapter's text has to change."""
    pyjwt_accepts(token)
    with pytest.raises(RefusedTokenError):
        decode(token, KEY)


def test_pyjwt_accepts_any_type_of_token_as_we_do() -> None:
    for typ in ("at+jwt", "cat", 1):
        token = with_header(typ=typ)
        assert pyjwt_accepts(token) == decode(token, KEY) == {}
