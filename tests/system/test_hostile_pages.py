"""Requests that no honest browser sends to chapter 12's pages.

Never a 500, never a redirect to an address that is not registered, never a
word of a request that a browser would take for a part of our page. The
parameters are made up as in `test_hostile_requests.py`.
"""

from html.parser import HTMLParser
from urllib.parse import parse_qs, quote_from_bytes, urlsplit

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from snippets import ch12_browser_clients as ch12
from tests.support.browser_clients import (
    FROM_PAGE,
    REDIRECT_URI,
    browser_at,
    question,
)
from tests.system.test_hostile_requests import (
    CHARSETS,
    FORM,
    HALF_A_LETTER,
    MARK,
    MORE,
    TYPES,
    collect_forgotten_files,
    multipart,
    multipart_type,
)

__all__ = ["collect_forgotten_files"]  # a fixture
Pairs = list[tuple[str, bytes]]

pytestmark = [
    pytest.mark.slow,
    pytest.mark.anyio,
    pytest.mark.usefixtures("collect_forgotten_files"),
    pytest.mark.filterwarnings(
        "ignore:Unclosed file <tempfile.SpooledTemporaryFile:ResourceWarning"
    ),
]
TOKEN = "a-form-token"
LOGIN = {
    "form_token": TOKEN,
    "decision": "allow",
    "username": "johndoe",
    "password": "secret",
}
GOOD = {**question(), **LOGIN}
TAG = b"<b>do-not-repeat-me</b>"
EVIL = "https://evil.example"
VALUES = st.binary(max_size=40) | st.sampled_from(
    [
        *(b"", b"\0", b"\xff\xfe", b"\xed\xa0\x80", b"a" * 5_000, MARK, TAG),
        *(b'"><script src="' + EVIL.encode() + b'">', b"' onload='x", b"$x"),
        *(b"{0}", b"%(x)s", b"&quot;&lt;b&gt;", b"]]>", b"<!--", b"$message"),
        *(b"\r\nLocation: " + EVIL.encode(), EVIL.encode(), b"//evil"),
        *(f"{REDIRECT_URI}{end}".encode() for end in ("#", "?x", "@evil")),
        *(b"javascript:alert(1)", b"admin", b"items me items", b"plain"),
        *(value.encode() for value in GOOD.values()),
    ]
)
NAMES = st.sampled_from(
    [*GOOD, *GOOD, "iss", "code", "error", "nonce", "prompt", "", "\u00e9"]
)
CHANGES = st.dictionaries(NAMES, VALUES | st.none(), max_size=3)
EXTRAS = st.lists(st.tuples(NAMES, VALUES), max_size=2)
COOKIES = st.sampled_from(
    [
        f"{ch12.FORM_COOKIE}={TOKEN}".encode(),
        f"{ch12.FORM_COOKIE}=other; {ch12.FORM_COOKIE}={TOKEN}".encode(),
        f"{ch12.FORM_COOKIE}=".encode(),
        f"{ch12.SESSION_COOKIE}={TOKEN}".encode(),
    ]
)


class Outline(HTMLParser):
    """Collects what a browser runs or loads of a page: its tags."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, tuple[str, ...]]] = []

    def handle_starttag(
        self, tag: str, attrs: list[tuple[str, str | None]]
    ) -> None:
        self.tags.append((tag, tuple(name for name, _ in attrs)))


def outline_of(text: str) -> list[tuple[str, tuple[str, ...]]]:
    """Return a page's tags, each with the names of its attributes."""
    outline = Outline()
    outline.feed(text)
    outline.close()
    return outline.tags


ASKED = ch12.AuthorizationRequest(**question())
LOGIN_PAGE = outline_of(bytes(ch12.consent_page(ASKED).body).decode())


def changed(changes: dict[str, bytes | None], extras: Pairs) -> Pairs:
    """Change an honest request; None leaves a parameter out."""
    values = {name: value.encode() for name, value in GOOD.items()} | changes
    pairs = [(name, value) for name, value in values.items() if value]
    return [*pairs, *extras]


def encoded(pairs: Pairs) -> bytes:
    """Write parameters as an address or a form holds them."""
    quoted = (
        f"{quote_from_bytes(name.encode())}={quote_from_bytes(value)}"
        for name, value in pairs
    )
    return "&".join(quoted).encode()


def assert_harmless(answer: httpx.Response) -> None:
    """Hold an answer to lead to our client alone, and to run no script."""
    assert answer.status_code < 500, answer.text
    assert TAG.decode() not in answer.text
    kind = answer.headers.get("Content-Type", "")
    if answer.status_code == 303:
        address, _, query = answer.headers["Location"].partition("?")
        assert address == REDIRECT_URI
        sent = parse_qs(query, keep_blank_values=True, strict_parsing=True)
        assert sent.keys() <= {"code", "error", "state", "iss"}
        assert sent["iss"] == ["https://course.example"]
        assert ("code" in sent) != ("error" in sent)
        assert all(len(values) == 1 for values in sent.values())
        assert not urlsplit(answer.headers["Location"]).fragment
        return
    assert "Location" not in answer.headers
    if kind.startswith("text/html"):
        assert outline_of(answer.text) == LOGIN_PAGE
        assert answer.headers["Content-Security-Policy"]
    else:
        assert kind == "application/json"
        assert answer.status_code >= 400
        assert MARK.decode() not in answer.text


async def post(
    path: str, body: bytes, content_type: bytes, **headers: str | bytes
) -> httpx.Response:
    """Send a body as it is."""
    sent = [(b"Content-Type", content_type)]
    for name, value in headers.items():
        text = value if isinstance(value, bytes) else value.encode()
        sent.append((name.replace("_", "-").encode(), text))
    async with browser_at(raise_app_exceptions=False) as browser:
        return await browser.post(path, content=body, headers=sent)


@given(changes=CHANGES, extras=EXTRAS)
@example(changes={}, extras=[])
@example(changes={"state": TAG}, extras=[])
@example(changes={"state": b"&code=x&iss=y", "scope": b"admin"}, extras=[])
@example(changes={"redirect_uri": EVIL.encode(), "scope": b"admin"}, extras=[])
async def test_made_up_question_leads_nowhere_else(
    changes: dict[str, bytes | None], extras: Pairs
) -> None:
    query = encoded(changed(changes, extras)).decode()
    async with browser_at(raise_app_exceptions=False) as browser:
        assert_harmless(await browser.get(f"/authorize?{query}"))


@given(query=st.binary(max_size=60).map(quote_from_bytes) | st.text("&=%;+?#"))
async def test_made_up_query_leads_nowhere_else(query: str) -> None:
    async with browser_at(raise_app_exceptions=False) as browser:
        answer = await browser.get(f"/authorize?{query}")
    assert answer.status_code == 400
    assert_harmless(answer)


@given(changes=CHANGES, extras=EXTRAS, cookie=COOKIES)
@example(changes={}, extras=[], cookie=b"__Host-form=a-form-token")
@example(
    changes={"state": TAG, "password": b"wrong"},
    extras=[],
    cookie=b"__Host-form=a-form-token",
)
@example(
    changes={"redirect_uri": EVIL.encode()},
    extras=[],
    cookie=b"__Host-form=a-form-token",
)
async def test_made_up_consent_leads_nowhere_else(
    changes: dict[str, bytes | None], extras: Pairs, cookie: bytes
) -> None:
    body = encoded(changed(changes, extras))
    answer = await post("/authorize", body, FORM, Cookie=cookie)
    assert_harmless(answer)


@given(
    changes=CHANGES,
    extras=st.lists(st.tuples(NAMES, VALUES, MORE), max_size=2),
    charset=CHARSETS,
    missing=st.integers(0, 8),
)
@example(  # no answer can be written with it
    changes={"state": HALF_A_LETTER, "password": b"wrong"},
    extras=[],
    charset="utf-7",
    missing=0,
)
async def test_consent_in_parts_leads_nowhere_else(
    changes: dict[str, bytes | None],
    extras: list[tuple[str, bytes, str]],
    charset: str,
    missing: int,
) -> None:
    parts = [(name, value, "") for name, value in changed(changes, [])]
    body = multipart([*parts, *extras])
    body = body[: len(body) - missing]
    kind = multipart_type(charset)
    cookie = f"{ch12.FORM_COOKIE}={TOKEN}"
    assert_harmless(await post("/authorize", body, kind, Cookie=cookie))


@given(kind=TYPES | st.binary(max_size=40), body=st.binary(max_size=80))
@example(kind=b"text/plain", body=encoded([("form_token", b"a-form-token")]))
async def test_consent_of_another_type_is_refused(
    kind: bytes, body: bytes
) -> None:
    cookie = f"{ch12.FORM_COOKIE}={TOKEN}"
    answer = await post("/authorize", body, kind, Cookie=cookie)
    assert 400 <= answer.status_code < 500
    assert_harmless(answer)


def assert_no_session(answer: httpx.Response) -> None:
    """Hold an answer to start no session, and to repeat no password."""
    assert 400 <= answer.status_code < 500, answer.text
    assert "Set-Cookie" not in answer.headers
    assert answer.headers["Content-Type"] == "application/json"
    assert MARK.decode() not in answer.text


NOT_JOHN = st.lists(
    st.tuples(st.sampled_from(["username", "password", "x"]), VALUES),
    max_size=4,
).filter(lambda pairs: ("password", b"secret") not in pairs)


@given(pairs=NOT_JOHN)
@example(pairs=[("username", b"johndoe"), ("password", MARK)])
async def test_made_up_login_starts_no_session(pairs: Pairs) -> None:
    body = encoded(pairs)
    assert_no_session(await post("/session/", body, FORM, **FROM_PAGE))


@given(kind=TYPES | st.binary(max_size=40), body=st.binary(max_size=80))
@example(kind=b"application/json", body=b'{"username": "\\ud800"}')
async def test_made_up_body_starts_no_session(
    kind: bytes, body: bytes
) -> None:
    assert_no_session(await post("/session/", body, kind, **FROM_PAGE))


@pytest.mark.parametrize(
    "name", ["X-From-Pages", "X_From_Page", "From-Page", "Origin", "Cookie"]
)
async def test_right_password_without_our_header_starts_no_session(
    name: str,
) -> None:
    body = b"username=johndoe&password=secret"
    headers = {"Content-Type": FORM.decode(), name: "X-From-Page: yes"}
    async with browser_at(raise_app_exceptions=False) as browser:
        assert_no_session(
            await browser.post("/session/", content=body, headers=headers)
        )


async def test_right_password_with_our_header_starts_a_session() -> None:
    """Without this, the refusals above would prove nothing."""
    body = b"username=johndoe&password=secret"
    answer = await post("/session/", body, FORM, **FROM_PAGE)
    assert answer.status_code == 204


@given(
    cookie=st.binary(max_size=60)
    | st.binary(max_size=60).map(lambda value: b"__Host-session=" + value),
    method=st.sampled_from(["GET", "HEAD", "POST", "PUT", "DELETE", "get"]),
)
async def test_made_up_cookie_is_no_session(
    cookie: bytes, method: str
) -> None:
    headers = [(b"Cookie", cookie), (b"X-From-Page", b"yes")]
    async with browser_at(raise_app_exceptions=False) as browser:
        answer = await browser.request(method, "/session/", headers=headers)
    assert_no_session(answer)
