"""`show` prints an HTTP exchange as it went, in one form, safely."""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any

import httpx
import pytest

from course.classroom.exchange import LONGEST_BODY, show
from snippets.ch04_token_endpoint import app
from tests.support.clients import ClientOf, login
from tests.support.forgeries import FAR_FUTURE, signed

Printed = pytest.CaptureFixture[str]
TOKEN = signed({"sub": "johndoe", "exp": FAR_FUTURE})


def answer(status: int = 200, **parts: Any) -> httpx.Response:
    request = httpx.Request("GET", "http://testserver/")
    return httpx.Response(status, request=request, **parts)


def text(content: str, kind: str = "text/plain") -> httpx.Response:
    return answer(content=content, headers={"Content-Type": kind})


def shown(response: httpx.Response, printed: Printed) -> list[str]:
    show(response)
    return printed.readouterr().out.splitlines()


def answered(response: httpx.Response, printed: Printed) -> list[str]:
    """Return the lines of the answer alone, below its content type."""
    lines = shown(response, printed)
    assert lines[:4] == [
        "> GET / HTTP/1.1",
        "",
        f"< HTTP/1.1 {response.status_code} {response.reason_phrase}",
        f"< content-type: {response.headers['content-type']}",
    ]
    return lines[4:]


@pytest.mark.anyio
async def test_refused_login_is_shown_as_it_went(
    client_of: ClientOf, capsys: Printed
) -> None:
    async with client_of(app) as client:
        response = await client.post(
            "/token", data=login(password="wrong"), params={"a": "b c"}
        )
    show(response)
    assert (
        capsys.readouterr().out
        == """\
> POST /token?a=b+c HTTP/1.1
> content-type: application/x-www-form-urlencoded
>
> grant_type=password&username=johndoe&password=wrong

< HTTP/1.1 401 Unauthorized
< content-type: application/json
< www-authenticate: Bearer
<
< {
<   "detail": "Incorrect username or password"
< }
"""
    )


@pytest.mark.anyio
async def test_token_is_shortened_wherever_it_stands(
    client_of: ClientOf, capsys: Printed
) -> None:
    async with client_of(app) as client:
        login_response = await client.post("/token", data=login())
        token = login_response.json()["access_token"]
        response = await client.get(
            f"/users/me/?token={token}",
            headers={
                "Authorization": f"Bearer {token}",
                "Cookie": f"token={token}",
            },
        )
    header, payload, signature = (part[:8] + "…" for part in token.split("."))
    short = f"{header}.{payload}.{signature}"
    assert f'<   "access_token": "{short}",' in shown(login_response, capsys)
    lines = shown(response, capsys)
    assert lines[:3] == [
        f"> GET /users/me/?token={short} HTTP/1.1",
        f"> authorization: Bearer {short}",
        f"> cookie: token={short}",
    ]
    assert token not in "\n".join(lines)


@pytest.mark.parametrize(
    ("spelled", "short"),
    [
        (TOKEN + ".x", "eyJhbGci….eyJzdWIi….{s}….x"),
        (TOKEN.rpartition(".")[0] + ".", "eyJhbGci….eyJzdWIi…."),
        ("eyJh.eyJz.abcdefgh", "eyJh.eyJz.abcdefgh"),
        ("eyJh.eyJz.abcdefghi", "eyJh.eyJz.abcdefgh…"),
        ("heyJude.na.nananananana", "heyJude.na.nananananana"),
    ],
)
def test_part_of_a_token_has_eight_letters_at_most(
    spelled: str, short: str, capsys: Printed
) -> None:
    signature = TOKEN.rpartition(".")[2][:8]
    assert answered(text(f"[{spelled}]"), capsys) == [
        "<",
        f"< [{short.format(s=signature)}]",
    ]


def test_headers_come_in_one_order_and_repeated_ones_each(
    capsys: Printed,
) -> None:
    fields = [
        ("Set-Cookie", "b=2"),
        ("X-Noise", "not shown"),
        ("Cache-Control", "no-store, private"),
        ("Set-Cookie", "a=1"),
        ("WWW-Authenticate", "Bearer"),
    ]
    assert shown(answer(401, headers=fields), capsys)[2:] == [
        "< HTTP/1.1 401 Unauthorized",
        "< www-authenticate: Bearer",
        "< cache-control: no-store, private",
        "< set-cookie: b=2",
        "< set-cookie: a=1",
    ]


def test_redirects_are_shown_first(capsys: Printed) -> None:
    def respond(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/old":
            return httpx.Response(307, headers={"Location": "/new"})
        return httpx.Response(204)

    transport = httpx.MockTransport(respond)
    with httpx.Client(transport=transport, follow_redirects=True) as client:
        response = client.get("http://testserver/old")
    assert shown(response, capsys) == [
        "> GET /old HTTP/1.1",
        "",
        "< HTTP/1.1 307 Temporary Redirect",
        "< location: /new",
        "",
        "> GET /new HTTP/1.1",
        "",
        "< HTTP/1.1 204 No Content",
    ]


def test_status_without_a_phrase_ends_its_line(capsys: Printed) -> None:
    assert shown(answer(299), capsys)[-1] == "< HTTP/1.1 299"


@pytest.mark.parametrize("content", ["", b"", None])
def test_empty_body_takes_no_line(
    content: str | bytes | None, capsys: Printed
) -> None:
    assert shown(answer(content=content), capsys) == [
        "> GET / HTTP/1.1",
        "",
        "< HTTP/1.1 200 OK",
    ]


def test_binary_body_is_counted(capsys: Printed) -> None:
    picture = answer(
        content=b"\x89PNG\xff" * 300, headers={"Content-Type": "image/png"}
    )
    assert answered(picture, capsys) == [
        "<",
        "< (1,500 bytes that are not text)",
    ]


@pytest.mark.parametrize(
    "kind", ["application/json", "application/problem+json; charset=utf-8"]
)
def test_json_is_indented_with_its_letters(kind: str, capsys: Printed) -> None:
    assert answered(text('{"a": [1, "é"], "b": {}}', kind), capsys) == [
        "<",
        "< {",
        '<   "a": [',
        "<     1,",
        '<     "é"',
        "<   ],",
        '<   "b": {}',
        "< }",
    ]


@pytest.mark.parametrize(
    "broken", ['{"a": ', "", "[" * 2000, "9" * 5000, "nonsense"]
)
def test_what_only_says_it_is_json_stays_as_it_came(
    broken: str, capsys: Printed
) -> None:
    expected = ["<", f"< {broken}".rstrip()] if broken else []
    assert answered(text(broken, "application/json"), capsys) == expected


def test_json_that_does_not_say_so_stays_as_it_came(capsys: Printed) -> None:
    assert answered(text('{"a":1}'), capsys) == ["<", '< {"a":1}']


@pytest.mark.parametrize(
    ("lines", "last"),
    [
        (LONGEST_BODY, f"< line {LONGEST_BODY - 1}"),
        (LONGEST_BODY + 1, "< … and 1 line more"),
        (10_000, "< … and 9,960 lines more"),
    ],
)
def test_long_body_is_cut(lines: int, last: str, capsys: Printed) -> None:
    body = "\n".join(f"line {number}" for number in range(lines))
    seen = answered(text(body), capsys)
    assert seen[1] == "< line 0"
    assert seen[-1] == last
    assert len(seen) <= 1 + LONGEST_BODY + 1


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_lines_end_as_on_any_system(end: str, capsys: Printed) -> None:
    assert answered(text(end.join(["a", "b", ""])), capsys) == [
        "<",
        "< a",
        "< b",
    ]


@pytest.mark.parametrize(
    ("sent", "seen"),
    [
        ("\x1b[31mred\x1b[0m", r"\x1b[31mred\x1b[0m"),
        ("\x1b]0;title\x07", r"\x1b]0;title\x07"),
        ("a\x00b\x08c\x7fd\x9be", r"a\x00b\x08c\x7fd\x9be"),
        ("left\u202eright", r"left\u202eright"),
        ("a\tb", r"a\tb"),
        ("a\x0bb\x0cc\x1cd\x85e\u2028f", r"a\x0bb\x0cc\x1cd\x85e\u2028f"),
        ("é 日本 🔑 'quoted' \\n", "é 日本 🔑 'quoted' \\n"),
    ],
    ids=ascii,
)
@pytest.mark.parametrize("kind", ["text/plain", "application/json"])
def test_control_characters_are_escaped(
    kind: str, sent: str, seen: str, capsys: Printed
) -> None:
    assert answered(text(sent, kind), capsys) == ["<", f"< {seen}"]


def test_control_characters_in_json_are_escaped(capsys: Printed) -> None:
    body = json.dumps({"a": "\x1b[31m\ud800\u2028"})
    assert answered(text(body, "application/json"), capsys) == [
        "<",
        "< {",
        r'<   "a": "\u001b[31m\ud800\u2028"',
        "< }",
    ]


def test_control_characters_in_headers_are_escaped(capsys: Printed) -> None:
    fields = [(b"Set-Cookie", b"a=\x1b[31m\xff")]
    line = shown(answer(headers=fields), capsys)[-1]
    assert line == r"< set-cookie: a=\x1b[31mÿ"


def numbers() -> Iterator[bytes]:
    yield from (b"1", b"2")


async def later_numbers() -> AsyncIterator[bytes]:
    for number in numbers():
        yield number


STREAMED = "(a body that was streamed)"


def test_streamed_request_is_named(capsys: Printed) -> None:
    transport = httpx.MockTransport(lambda request: httpx.Response(200))
    with httpx.Client(transport=transport) as client:
        request = client.build_request(
            "POST", "http://testserver/", content=later_numbers()
        )
    response = httpx.Response(200, request=request)
    assert shown(response, capsys) == [
        "> POST / HTTP/1.1",
        ">",
        f"> {STREAMED}",
        "",
        "< HTTP/1.1 200 OK",
    ]


@pytest.mark.parametrize(
    ("headers", "below"),
    [
        ({"Transfer-Encoding": "chunked"}, ["<", f"< {STREAMED}"]),
        ({"Content-Length": "2"}, ["<", f"< {STREAMED}"]),
        ({}, []),
    ],
)
def test_unread_answer_is_named(
    headers: dict[str, str], below: list[str], capsys: Printed
) -> None:
    response = answer(stream=httpx.ByteStream(b"12"), headers=headers)
    assert shown(response, capsys)[3:] == below
