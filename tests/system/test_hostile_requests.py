"""Requests that no honest client sends: never a 500, never a way in.

`test_security.py` holds known forgeries against every app. Here hypothesis
makes up the rest, the same in every run: headers, forms in any envelope, and
claims that are signed well and mean nothing.
"""

import gc
import json
import time
from collections.abc import Iterator
from encodings.aliases import aliases
from typing import Any
from urllib.parse import quote_from_bytes

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.accounts import change_row, subject_of
from tests.support.chapters import apps
from tests.support.cheap_hashes import HASHES
from tests.support.clients import good_claims, open_client
from tests.support.forgeries import part
from tests.support.logins import claims_of
from tests.support.signers import signer_of

APPS = apps(first=4)
FORM = b"application/x-www-form-urlencoded"
# It stands in hostile forms where a password may, and in no answer.
MARK = b"do-not-repeat-me"
HALF_A_LETTER = b"+2AA-"  # in UTF-7; no answer can be written with it
NAMES = ["username", "password", "grant_type", "scope", "client_id", "client_"]

# Starlette forgets a file whose upload breaks off; it is closed when Python
# collects it, which must happen in here, where nobody minds the warning.
pytestmark = [
    pytest.mark.slow,
    pytest.mark.filterwarnings(
        "ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"
    ),
]

every_app = pytest.mark.parametrize("stem", APPS)


@pytest.fixture
def collect_forgotten_files() -> Iterator[None]:
    yield
    gc.collect()


async def log_in(
    stem: str, body: bytes, content_type: bytes
) -> httpx.Response:
    """Send a body to the token endpoint as it is."""
    headers = {b"Content-Type": content_type}
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        return await client.post("/token", content=body, headers=headers)


async def knock(stem: str, *authorizations: bytes) -> httpx.Response:
    """Ask for the own record with any number of Authorization headers."""
    headers = [(b"Authorization", value) for value in authorizations]
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        return await client.get("/users/me/", headers=headers)


def assert_refused(response: httpx.Response) -> None:
    """Hold a refusal to be one, to say how to log in, to repeat nothing."""
    assert 400 <= response.status_code < 500, response.text
    if response.status_code == 401:
        assert response.headers["WWW-Authenticate"]
    assert MARK.decode() not in response.text


def multipart(
    parts: list[tuple[str, bytes, str]], boundary: bytes = b"B"
) -> bytes:
    """Write parts, each a name, its bytes and what else its header says."""
    body = b""
    for name, data, more in parts:
        disposition = f'form-data; name="{name}"{more}'
        body += b"--" + boundary + b"\r\nContent-Disposition: "
        body += disposition.encode() + b"\r\n\r\n" + data + b"\r\n"
    return body + b"--" + boundary + b"--\r\n"


def multipart_type(charset: str = "", boundary: str = "B") -> bytes:
    """Write the Content-Type of a form in parts."""
    claim = f"; charset={charset}" if charset else ""
    return f"multipart/form-data; boundary={boundary}{claim}".encode()


def names(*chosen: str) -> st.SearchStrategy[str]:
    return st.sampled_from(NAMES) | st.sampled_from(["", *chosen])


VALUES = st.binary(max_size=60) | st.sampled_from(
    [
        *(b"johndoe", b"password", b"\0", b"\xff\xfe", b"\\ud800", b"a" * 100),
        *(MARK, HALF_A_LETTER, MARK + HALF_A_LETTER),
    ]
)
# Every encoding Python knows, text or not, and some that nobody knows.
CHARSETS = st.sampled_from(
    [
        *("", "undefined", "idna", "no-such", "é", "a" * 500, "utf-8''x"),
        *sorted(set(aliases.values())),
    ]
)
MORE = st.sampled_from(
    [
        *("", "", "", '; filename="a.txt"', '; filename=""'),
        *("; filename*=x''y", "; name=other", ";", "; =", '; "'),
        "\r\nContent-Type: image/png",
    ]
)
PARTS = st.lists(st.tuples(names("é", '"'), VALUES, MORE), max_size=6)
FIELDS = st.lists(
    st.builds(
        lambda name, sign, value: name.encode() + sign + value,
        names("username[]", "%"),
        st.sampled_from([b"=", b"=", b"=", b"", b"==", b"%3D"]),
        VALUES.map(quote_from_bytes).map(str.encode) | VALUES,
    ),
    max_size=6,
)
SEPARATORS = st.sampled_from([b"&", b"&", b"&&", b";", b"\r\n"])
TYPES = st.sampled_from(
    [
        *(b"", b"\xff", b"text/plain", b"application/json"),
        *(b"multipart/form-data", b"multipart/form-data; boundary="),
        *(b"multipart/form-data; boundary*=utf-7''B", b"multipart/mixed"),
        *(FORM + b"; charset=utf-7", FORM + b", " + FORM, FORM + b";;=;"),
        FORM.upper(),
    ]
)


@pytest.mark.usefixtures("collect_forgotten_files")
@pytest.mark.anyio
@every_app
@given(parts=PARTS, charset=CHARSETS, missing=st.integers(0, 40))
@example(  # FastAPI's own refusal repeats it, and is a UnicodeEncodeError
    parts=[("grant_type", HALF_A_LETTER, "")], charset="utf-7", missing=0
)
@example(parts=[("username", MARK, "; filename=a")], charset="", missing=0)
async def test_no_form_in_parts_logs_in(
    stem: str, parts: list[tuple[str, bytes, str]], charset: str, missing: int
) -> None:
    body = multipart(parts)
    cut = body[: len(body) - missing]
    assert_refused(await log_in(stem, cut, multipart_type(charset)))


@pytest.mark.anyio
@every_app
@given(fields=FIELDS, separator=SEPARATORS)
@example(fields=[b"grant_type=" + MARK], separator=b"&")
async def test_no_form_of_made_up_fields_logs_in(
    stem: str, fields: list[bytes], separator: bytes
) -> None:
    assert_refused(await log_in(stem, separator.join(fields), FORM))


@pytest.mark.anyio
@every_app
@given(content_type=TYPES | st.binary(max_size=60), body=st.binary() | VALUES)
async def test_no_body_of_another_type_logs_in(
    stem: str, content_type: bytes, body: bytes
) -> None:
    assert_refused(await log_in(stem, body, content_type))


NEARLY_RIGHT = (
    *(b"", b"Secret", b"secret ", b" secret", b"secre", b"secrets", b"null"),
    *(b"secret\0", b"secret\n", b"secret" * 20, b"s\xc3\xa9cret", b"secret2"),
    *(b"$2b$12$", b"' or 1=1", b"\xef\xbb\xbfsecret", b"\xff"),
)


def plain_form(password: bytes, user: str = "johndoe") -> bytes:
    form = f"grant_type=password&username={user}&password="
    return (form + quote_from_bytes(password)).encode()


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize("password", NEARLY_RIGHT)
async def test_no_password_that_is_nearly_right_logs_in(
    stem: str, password: bytes
) -> None:
    assert_refused(await log_in(stem, plain_form(password), FORM))


@pytest.mark.anyio
@every_app
@given(password=st.binary(), user=st.sampled_from(["johndoe", ""]))
async def test_no_made_up_password_logs_in(
    stem: str, password: bytes, user: str
) -> None:
    assert_refused(await log_in(stem, plain_form(password, user), FORM))


GRANT = ("grant_type", b"password", "")
LOGIN = [("username", b"johndoe", ""), ("password", b"secret", "")]


@pytest.mark.usefixtures("collect_forgotten_files")
@pytest.mark.anyio
@every_app
@given(
    extras=PARTS,
    charset=CHARSETS,
    place=st.integers(0, 6),
    missing=st.integers(0, 8),
)
@example(extras=[], charset="", place=0, missing=0)
async def test_right_password_in_any_envelope_speaks_for_its_user_or_nobody(
    stem: str,
    extras: list[tuple[str, bytes, str]],
    charset: str,
    place: int,
    missing: int,
) -> None:
    parts = [*extras[:place], GRANT, *LOGIN, *extras[place:]]
    body = multipart(parts)
    body = body[: len(body) - missing]
    response = await log_in(stem, body, multipart_type(charset))
    if response.status_code == 200:
        token = response.json()["access_token"]
        assert claims_of(token)["sub"] == subject_of(stem, "johndoe")
        answer = await knock(stem, b"Bearer " + token.encode())
        assert answer.json()["username"] == "johndoe"
    else:
        assert_refused(response)


IN_UTF_16 = [(name, b.decode().encode("utf-16"), "") for name, b, _ in LOGIN]


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (plain_form(b"secret"), FORM),
        (multipart([GRANT, *LOGIN]), multipart_type()),
    ],
    ids=["fields", "parts"],
)
async def test_same_password_in_its_plain_envelope_logs_in(
    stem: str, body: bytes, content_type: bytes
) -> None:
    """Without this, the refusals above would prove nothing."""
    response = await log_in(stem, body, content_type)
    assert response.status_code == 200


MB = 1_000_000
BEYOND_ALL_BOUNDS = {
    "a field of 2 MB": (b"username=" + b"a" * 2 * MB, FORM),
    "a field's name of 2 MB": (b"a" * 2 * MB + b"=1", FORM),
    "a password of 1 MB": (
        b"grant_type=password&username=johndoe&password=" + b"a" * MB,
        FORM,
    ),
    "a username of 1 MB": (
        b"grant_type=password&password=secret&username=" + b"a" * MB,
        FORM,
    ),
    "5,000 fields": (b"&".join([b"username=johndoe"] * 5_000), FORM),
    "5,000 parts": (multipart(LOGIN * 2_500), multipart_type()),
    "2,000 files": (
        multipart([("username", b"johndoe", "; filename=a")] * 2_000),
        multipart_type(),
    ),
    "a file of 3 MB": (
        multipart([("password", b"a" * 3 * MB, "; filename=a")]),
        multipart_type(),
    ),
    "a part of 2 MB": (
        multipart([("password", b"a" * 2 * MB, "")]),
        multipart_type(),
    ),
    "a boundary of 100 kB": (b"", multipart_type(boundary="B" * 100_000)),
    "100 kB of boundaries": (b"--B\r\n" * 20_000, multipart_type()),
    "no boundary": (multipart(LOGIN), b"multipart/form-data"),
    "a part without a name": (
        b"--B\r\nContent-Disposition: form-data\r\n\r\nx\r\n--B--\r\n",
        multipart_type(),
    ),
    "a part without headers": (
        b"--B\r\n\r\nx\r\n--B--\r\n",
        multipart_type(),
    ),
    "UTF-16 that says it is UTF-8": (
        multipart([GRANT, *IN_UTF_16]),
        multipart_type("utf-8"),
    ),
}


@pytest.mark.anyio
@every_app
@pytest.mark.parametrize("what", BEYOND_ALL_BOUNDS)
async def test_form_beyond_all_bounds_is_refused(stem: str, what: str) -> None:
    assert_refused(await log_in(stem, *BEYOND_ALL_BOUNDS[what]))


@pytest.mark.anyio
@every_app
@given(size=st.integers(0, 120), multi=st.booleans())
async def test_client_that_hangs_up_crashes_nothing(
    stem: str, size: int, *, multi: bool
) -> None:
    """It promises more of the body, and is gone."""
    body = multipart([GRANT, *LOGIN]) if multi else plain_form(b"secret")
    content_type = multipart_type() if multi else FORM
    scope = {
        "type": "http",
        "asgi": {"version": "3.0"},
        "http_version": "1.1",
        "method": "POST",
        "scheme": "http",
        "path": "/token",
        "raw_path": b"/token",
        "root_path": "",
        "query_string": b"",
        "headers": [(b"content-type", content_type)],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }
    said: list[dict[str, Any]] = [
        {"type": "http.request", "body": body[:size], "more_body": True},
        {"type": "http.disconnect"},
    ]
    answered: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return said.pop(0) if len(said) > 1 else said[0]

    async def send(message: Any) -> None:
        answered.append(message)

    await APPS[stem](scope, receive, send)
    assert 400 <= answered[0]["status"] < 500


@pytest.mark.anyio
@every_app
@given(
    authorizations=st.lists(
        st.binary(max_size=80)
        | st.binary(max_size=80).map(lambda rest: b"Bearer " + rest),
        max_size=4,
    )
)
async def test_no_made_up_headers_open_the_door(
    stem: str, authorizations: list[bytes]
) -> None:
    response = await knock(stem, *authorizations)
    assert_refused(response)
    # From chapter 5 on, two of them are no credentials but a broken request.
    assert response.status_code == 401 or len(authorizations) > 1


JSON_NOISE = st.sampled_from(
    [
        *(b"", b"{", b"[" * 50_000, b"null", b"1", b'""', b"NaN", b"\xff\xfe"),
        *(b'{"username":"a","password":"\\ud800"}', b"{}" * 1_000),
        *(b'{"username":' + b"9" * 5_000 + b"}", b'{"password":"' + MARK),
        *(b'{"username": "\\u0000", "password": "%s"}' % MARK, MARK),
    ]
)
STRINGS = st.text() | st.sampled_from(
    ["johndoe", "\ud800", "\0", "secret", "a" * 2_000, "a long new password"]
)
FIELDS_OF_JSON = st.dictionaries(
    st.sampled_from(
        [
            *("username", "password", "email", "full_name", "id", "scopes"),
            *("old_password", "new_password", "hashed_password", "disabled"),
        ]
    ),
    STRINGS | st.none() | st.integers() | st.lists(STRINGS, max_size=2),
)


@pytest.mark.anyio
@pytest.mark.parametrize("stem", apps(first=7))
@given(
    body=JSON_NOISE
    | st.binary(max_size=60)
    | FIELDS_OF_JSON.map(json.dumps).map(str.encode)
)
@example(
    body=b'{"old_password": "\\ud800", "new_password": "a long enough 1"}'
)
async def test_no_made_up_json_is_a_500(stem: str, body: bytes) -> None:
    """Of a password in it nothing comes back."""
    app = APPS[stem]
    change_row("johndoe", hashed_password=HASHES["johndoe"])
    token = signer_of(stem)(await good_claims(app))
    headers = {
        "Authorization": f"Bearer {token}",
        "Content-Type": "application/json",
    }
    async with open_client(app, raise_app_exceptions=False) as client:
        for path in ("/users/", "/users/me/password"):
            answer = await client.post(path, content=body, headers=headers)
            assert answer.status_code < 500, answer.text
            assert MARK.decode() not in answer.text
            assert "hashed_password" not in answer.text


NOISE = st.sampled_from(
    [
        *(b'"', b"{", b"}", b"[", b",", b":", b" ", b"\\", b"\0", b"\xff"),
        *(b"\\u0000", b"\\ud800", b"\xef\xbb\xbf", b"1e999", b"9" * 5_000),
        *(b"-1", b"NaN", b"null", b"true", b'"exp":0', b'"sub":null'),
        b"alice",
    ]
) | st.binary(max_size=6)


@pytest.mark.anyio
@every_app
@given(place=st.integers(0, 200), width=st.integers(0, 12), noise=NOISE)
async def test_signed_claims_with_noise_in_them_mean_what_they_say_or_nothing(
    stem: str, place: int, width: int, noise: bytes
) -> None:
    """Python's own JSON reader judges what the app should have read."""
    claims = await good_claims(APPS[stem])
    text = json.dumps(claims, separators=(",", ":")).encode()
    place %= len(text) + 1
    noisy = text[:place] + noise + text[place + width :]
    token = signer_of(stem)(noisy)
    response = await knock(stem, b"Bearer " + token.encode())
    assert response.status_code in (200, 400, 401, 403)
    if response.status_code == 200:
        read = json.loads(noisy)
        assert read["sub"] == claims["sub"]
        assert read["exp"] > time.time()


@pytest.mark.anyio
@every_app
@given(noise=st.binary(max_size=200), tail=st.binary(max_size=200))
async def test_no_bytes_in_place_of_a_token_are_one(
    stem: str, noise: bytes, tail: bytes
) -> None:
    token = f"{part(noise)}.{part(tail)}.{part(noise)}"
    response = await knock(stem, b"Bearer " + token.encode())
    assert response.status_code == 401
