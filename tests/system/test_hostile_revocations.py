"""Refreshes and revocations that no honest client sends: never a 500.

The forms are made up as in `test_hostile_requests.py`.
"""

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.chapters import apps
from tests.support.clients import open_client
from tests.support.logins import refused, sign_in
from tests.system.test_hostile_requests import (
    CHARSETS,
    FORM,
    HALF_A_LETTER,
    MARK,
    MORE,
    SEPARATORS,
    TYPES,
    VALUES,
    assert_refused,
    collect_forgotten_files,
    multipart,
    multipart_type,
)

APPS = apps(first=8)
REFRESH = b"grant_type=refresh_token&refresh_token="
NAMES = st.sampled_from(
    [
        *("token", "token_type_hint", "grant_type", "refresh_token", "scope"),
        *("client_id", "token[]", "Token", "", "%", "\u00e9"),
    ]
)
PARTS = st.lists(st.tuples(NAMES, VALUES, MORE), max_size=5)
FIELDS = st.lists(
    st.builds(
        lambda name, sign, value: name.encode() + sign + value,
        NAMES,
        st.sampled_from([b"=", b"=", b"", b"==", b"%3D"]),
        VALUES,
    ),
    max_size=5,
)
__all__ = ["collect_forgotten_files"]  # a fixture

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.usefixtures("collect_forgotten_files"),
    pytest.mark.filterwarnings(
        "ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"
    ),
]
every_app = pytest.mark.parametrize("stem", APPS)
both_paths = pytest.mark.parametrize("path", ["/token", "/revoke"])


async def send(
    stem: str, path: str, body: bytes, content_type: bytes
) -> httpx.Response:
    """Send a body as it is."""
    headers = {b"Content-Type": content_type}
    async with open_client(APPS[stem], raise_app_exceptions=False) as client:
        return await client.post(path, content=body, headers=headers)


def assert_harmless(response: httpx.Response) -> None:
    """Hold an answer to be an empty success, or a refusal without input."""
    if response.status_code == 200:
        assert response.content == b""
    else:
        assert_refused(response)


@every_app
@both_paths
@given(parts=PARTS, charset=CHARSETS, missing=st.integers(0, 40))
@example(parts=[("token", HALF_A_LETTER, "")], charset="utf-7", missing=0)
@example(parts=[("token", MARK, "; filename=a")], charset="", missing=0)
async def test_form_in_parts_is_refused_or_revokes_nothing(
    stem: str,
    path: str,
    parts: list[tuple[str, bytes, str]],
    charset: str,
    missing: int,
) -> None:
    body = multipart(parts)
    cut = body[: len(body) - missing]
    assert_harmless(await send(stem, path, cut, multipart_type(charset)))


@every_app
@both_paths
@given(fields=FIELDS, separator=SEPARATORS, kind=st.just(FORM) | TYPES)
@example(fields=[b"token=" + MARK], separator=b"&", kind=FORM)
@example(fields=[REFRESH + MARK], separator=b"&", kind=FORM)
async def test_form_of_made_up_fields_is_refused_or_revokes_nothing(
    stem: str, path: str, fields: list[bytes], separator: bytes, kind: bytes
) -> None:
    assert_harmless(await send(stem, path, separator.join(fields), kind))


@every_app
@given(
    extras=PARTS,
    charset=CHARSETS,
    place=st.integers(0, 5),
    missing=st.integers(0, 8),
)
@example(extras=[], charset="", place=0, missing=0)
async def test_right_token_in_any_envelope_is_used_whole_or_not_at_all(
    stem: str,
    extras: list[tuple[str, bytes, str]],
    charset: str,
    place: int,
    missing: int,
) -> None:
    """What is refused leaves the token as it was."""
    token = sign_in("me").refresh_token
    grant = [("grant_type", b"refresh_token", "")]
    grant += [("refresh_token", token.encode(), "")]
    body = multipart([*extras[:place], *grant, *extras[place:]])
    cut = body[: len(body) - missing]
    response = await send(stem, "/token", cut, multipart_type(charset))
    if response.status_code == 200:
        assert response.json()["scope"] == "me"
        token = response.json()["refresh_token"]
    else:
        assert_refused(response)
    assert refused(token) == ""


@every_app
@given(
    extras=PARTS,
    charset=CHARSETS,
    place=st.integers(0, 5),
    missing=st.integers(0, 8),
)
@example(extras=[], charset="", place=0, missing=0)
async def test_right_token_in_any_envelope_is_revoked_or_refused(
    stem: str,
    extras: list[tuple[str, bytes, str]],
    charset: str,
    place: int,
    missing: int,
) -> None:
    """A client that reads 200 may believe that the login has ended."""
    token = sign_in("me").refresh_token
    sent = [*extras[:place], ("token", token.encode(), ""), *extras[place:]]
    body = multipart(sent)
    cut = body[: len(body) - missing]
    response = await send(stem, "/revoke", cut, multipart_type(charset))
    assert_harmless(response)
    if charset == "" and response.status_code == 200:
        assert refused(token) == "invalid_grant"


@every_app
@pytest.mark.parametrize("token", [b"a" * 2_000_000, b"=" * 200_000])
async def test_token_beyond_all_bounds_is_harmless(
    stem: str, token: bytes
) -> None:
    for path, field in (("/revoke", b"token="), ("/token", REFRESH)):
        assert_harmless(await send(stem, path, field + token, FORM))
