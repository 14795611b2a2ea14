"""`sequence` draws the exchanges that happened, and nothing that did not."""

import json
import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from unittest.mock import patch

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course.classroom.card import WIDTH, Card
from course.classroom.sequence import columns, sequence, tell_apart
from snippets.ch04_token_endpoint import app
from tests.support.clients import ClientOf, login
from tests.support.forgeries import FAR_FUTURE, signed

Printed = pytest.CaptureFixture[str]
TOKEN = signed({"sub": "johndoe", "exp": FAR_FUTURE})
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def html(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the HTML of what is drawn, besides its text."""
    drawn: list[str] = []

    def show(card: Card) -> None:
        drawn.append(card.html)
        print(card)

    monkeypatch.setattr(Card, "show", show)
    return drawn


def in_json(body: object) -> dict[str, Any]:
    content = json.dumps(body)
    return {"content": content, "headers": {"Content-Type": "a/b+json"}}


def exchange(
    method: str = "GET",
    url: str = "http://testserver/",
    status: int = 200,
    answer: dict[str, Any] | None = None,
    **question: Any,
) -> httpx.Response:
    request = httpx.Request(method, url, **question)
    return httpx.Response(status, request=request, **(answer or {}))


def drawn(printed: Printed, *responses: httpx.Response) -> str:
    sequence(*responses)
    return printed.readouterr().out.removesuffix("\n")


def said(printed: Printed, response: httpx.Response) -> list[str]:
    """List what stands over the two arrows, a blank line between them."""
    lines = drawn(printed, response).splitlines()[2:]
    words = [line[3:].strip("│ ") for line in lines]
    return ["" if "──" in word else word for word in words if word][:-1]


@pytest.mark.anyio
async def test_login_is_drawn(client_of: ClientOf, capsys: Printed) -> None:
    async with client_of(app) as client:
        wrong = await client.post("/token", data=login(password="wrong"))
        right = await client.post("/token", data=login())
        token = right.json()["access_token"]
        me = await client.get(
            "/users/me/", headers={"Authorization": f"Bearer {token}"}
        )
    assert (
        drawn(capsys, wrong, right, me)
        == """\
client                                                     app
   │                                                        │
   │ POST /token                                            │
   │ grant_type=password, username=johndoe, password=•••••• │
   │───────────────────────────────────────────────────────→│
   │                                                        │
   │                                       401 Unauthorized │
   │                                      challenge: Bearer │
   │                 detail: Incorrect username or password │
   │←───────────────────────────────────────────────────────│
   │                                                        │
   │ POST /token                                            │
   │ grant_type=password, username=johndoe, password=•••••• │
   │───────────────────────────────────────────────────────→│
   │                                                        │
   │                                                 200 OK │
   │                              token received: eyJhbGci… │
   │←───────────────────────────────────────────────────────│
   │                                                        │
   │ GET /users/me/                                         │
   │ Authorization: Bearer eyJhbGci…                        │
   │───────────────────────────────────────────────────────→│
   │                                                        │
   │                                                 200 OK │
   │             JSON: username, email, full_name, disabled │
   │←───────────────────────────────────────────────────────│"""
    )


def test_redirect_is_drawn_before_its_target(capsys: Printed) -> None:
    found = exchange(status=302, answer={"headers": {"Location": "/next"}})
    target = exchange(url="http://testserver/next")
    target.history = [found]
    assert said(capsys, target) == [
        *("GET /", "", "302 Found", "to: /next", ""),
        *("GET /next", "", "200 OK"),
    ]


def test_html_says_the_same_in_the_same_order(
    html: list[str], capsys: Printed
) -> None:
    form = {"username": "<b>&", "password": "secret"}
    text = drawn(capsys, exchange("POST", data=form), exchange(status=404))
    words = unescape(re.sub(r"<[^>]*>", " ", html[0])).split()
    for head, arrow in (("▶", "─→│"), ("◀", "│←─")):
        assert words.count(head) == text.count(arrow) == 2
    letters = [w for w in words if w not in "▶◀"]
    assert letters == [w for w in re.sub("[│─→←]", " ", text).split() if w]
    assert "&lt;b&gt;&amp;" in html[0]
    assert len(re.findall("<li ", html[0])) == 4


def test_html_arrows_point_from_who_speaks(html: list[str]) -> None:
    sequence(exchange("POST", status=401))
    question, answer = re.findall("<li .*?</li>", html[0])
    assert "text-align: left" in question
    assert question.endswith("</span><span>▶</span></div></li>")
    assert "text-align: right" in answer
    assert "<span>◀</span><span " in answer


def test_html_has_a_name_a_screen_reader_can_say(html: list[str]) -> None:
    sequence(exchange("POST", status=401), people=("browser", "service"))
    assert (
        'aria-label="Sequence diagram, browser and service: '
        'POST /, 401 Unauthorized."'
    ) in html[0]


@pytest.mark.parametrize("count", [1, 9, 12, 50])
def test_name_is_of_a_bearable_length(count: int, html: list[str]) -> None:
    responses = [exchange(url=f"http://h/{'a' * n}") for n in range(count)]
    sequence(*responses)
    label = re.findall('aria-label="([^"]*)"', html[0])[0]
    assert 20 <= len(label) <= 250
    assert label.endswith("." if count < 12 else "…")


@pytest.mark.parametrize("over", [0, 1])
def test_name_of_just_the_right_length_is_not_cut(
    over: int, html: list[str]
) -> None:
    rest = len("Sequence diagram, client and app: GET /, 200 OK.")
    sequence(exchange(url=f"http://h/{'a' * (250 - rest + over)}"))
    label = re.findall('aria-label="([^"]*)"', html[0])[0]
    assert len(label) == 250
    assert label.endswith("…" if over else "200 OK.")


def test_html_needs_no_script_no_style_sheet_and_no_svg(
    html: list[str],
) -> None:
    """JupyterLab takes all these out of what was not run yet."""
    sequence(exchange())
    tags = set(re.findall(r"<(\w+)", html[0]))
    assert tags == {"figure", "div", "strong", "ol", "li", "span"}
    assert not re.search(r"url\(|src=|href=|\bid=|color", html[0])


@pytest.mark.parametrize("count", [1, 3])
def test_each_exchange_is_drawn_once(count: int, capsys: Printed) -> None:
    text = drawn(capsys, *[exchange()] * count)
    assert text.count("GET /") == text.count("200 OK") == count


def test_nothing_cannot_be_drawn() -> None:
    with pytest.raises(ValueError, match="no response to draw"):
        sequence()


def test_people_have_names(capsys: Printed) -> None:
    sequence(exchange(), people=("me", "the authorization server!"))
    first, second, *_ = capsys.readouterr().out.splitlines()
    left, right = (m.start() for m in re.finditer("│", second))
    assert first[:left].strip() == "m"
    assert first.index("the authorization server") + 11 == right
    assert first.endswith("server")


@pytest.mark.parametrize(
    "people", [("a", "b"), ("client", "app"), ("x" * 40, "y" * 40)], ids=str
)
def test_drawing_has_straight_edges(
    people: tuple[str, str], capsys: Printed
) -> None:
    sequence(exchange(url=f"http://h/{'a' * 200}"), people=people)
    first, *lines = capsys.readouterr().out.splitlines()
    assert len({columns(line) for line in lines}) == 1
    assert len(first) == WIDTH
    left, right = (m.start() for m in re.finditer("│", lines[0]))
    assert all(line[left] == line[right] == "│" for line in lines)
    names = [(m.start(), m.end()) for m in re.finditer(r"\S+", first)]
    for (start, end), lifeline in zip(names, (left, right), strict=True):
        assert start <= lifeline < end


@pytest.mark.parametrize(
    ("credentials", "shown"),
    [
        (f"Bearer {TOKEN}", "Bearer eyJhbGci…"),
        ("Bearer 12345678", "Bearer 12345678"),
        ("Bearer 123456789", "Bearer 12345678…"),
        ("Basic am9obmRvZTpzZWNyZXQ=", "Basic am9obmRv…"),
        ("Bearer", "Bearer"),
        ("Bearer a b", "Bearer a b"),
    ],
)
def test_credentials_are_cut(
    credentials: str, shown: str, capsys: Printed
) -> None:
    response = exchange(headers={"Authorization": credentials})
    assert said(capsys, response)[1] == f"Authorization: {shown}"


@pytest.mark.parametrize(
    "name", ["password", "client_secret", "refresh_token", "code_verifier"]
)
def test_secret_of_a_form_is_dots(name: str, capsys: Printed) -> None:
    for secret in ("s", "secret" * 9):
        response = exchange("POST", data={name: secret, "scope": "me items"})
        assert said(capsys, response)[1] == f"{name}=••••••, scope=me items"
    assert said(capsys, exchange("POST", data={name: ""}))[1] == f"{name}="


def test_refresh_tokens_are_told_apart_by_numbers(capsys: Printed) -> None:
    def trade(old: str, new: str) -> httpx.Response:
        tokens = {"access_token": TOKEN, "refresh_token": new}
        return exchange(
            "POST", answer=in_json(tokens), data={"refresh_token": old}
        )

    text = drawn(
        capsys,
        trade("first", "second"),
        trade("second", "third"),
        trade("first", "second"),
        exchange(headers={"Authorization": "Bearer second"}),
    )
    assert re.findall(r"refresh_token=•••••• \(no\. (\d)\)", text) == [*"121"]
    assert re.findall(r"refresh token: •••••• \(no\. (\d)\)", text) == [*"232"]
    assert "Bearer •••••• (no. 2)" in text
    assert not re.findall("first|second|third", text)


def test_token_in_a_form_or_an_address_is_shortened(capsys: Printed) -> None:
    url = f"http://h/?t={TOKEN}"
    response = exchange("POST", url, data={"token": TOKEN})
    short = "eyJhbGci….eyJzdWIi…."
    asked = said(capsys, response)
    assert asked[0].startswith(f"POST /?t={short}")
    assert asked[1].startswith(f"token={short}")
    assert TOKEN.rpartition(".")[2] not in "".join(asked)


@pytest.mark.parametrize(
    "question",
    [
        {"json": {"username": "johndoe"}},
        {"content": b"a=b"},
        {"content": b"", "headers": {"Content-Type": FORM}},
        {"files": {"file": b"1"}},
    ],
    ids=str,
)
def test_body_that_is_no_form_is_not_drawn(
    question: dict[str, Any], capsys: Printed
) -> None:
    assert said(capsys, exchange("POST", **question)) == [
        "POST /",
        "",
        "200 OK",
    ]


@pytest.mark.parametrize(
    ("answer", "news"),
    [
        ({"access_token": TOKEN}, "token received: eyJhbGci…"),
        ({"access_token": "abc", "error": "x"}, "token received: abc"),
        ({"error": "invalid_grant"}, "error: invalid_grant"),
        ({"error": "x", "detail": "y"}, "error: x"),
        ({"detail": "Inactive user"}, "detail: Inactive user"),
        ({"detail": [{"msg": "Field required"}, 1]}, "detail: Field required"),
        ({"detail": [1]}, "JSON: detail"),
        ({"detail": {"a": 1}}, "JSON: detail"),
        ({"access_token": 1}, "JSON: access_token"),
        ({"a": 1, "b": 2}, "JSON: a, b"),
        ([{"item_id": "Foo"}], "JSON: a list of 1"),
        ([], "JSON: a list of 0"),
        ("text", "JSON"),
        (7, "JSON"),
    ],
    ids=str,
)
def test_what_matters_in_an_answer_is_drawn(
    answer: object, news: str, capsys: Printed
) -> None:
    response = exchange(answer=in_json(answer))
    assert said(capsys, response) == ["GET /", "", "200 OK", news]


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b'{"detail": "x"}', "text/plain"),
        (b'{"detail": ', "application/json"),
        (b"", "application/json"),
        (b"[" * 100_000, "application/json"),
        (b"\xff", "application/json"),
    ],
    ids=lambda value: str(value[:9]),
)
def test_what_is_no_json_is_not_drawn(
    content: bytes, kind: str, capsys: Printed
) -> None:
    answer = {"content": content, "headers": {"Content-Type": kind}}
    assert said(capsys, exchange(answer=answer))[2:] == ["200 OK"]


def test_challenges_and_ways_on_are_drawn(capsys: Printed) -> None:
    fields = [
        ("WWW-Authenticate", 'Bearer error="invalid_token"'),
        ("WWW-Authenticate", "Basic"),
        ("Location", "/new"),
    ]
    response = exchange(status=299, answer={"headers": fields})
    assert said(capsys, response)[2:] == [
        "299",
        "to: /new",
        'challenge: Bearer error="invalid_token"',
        "challenge: Basic",
    ]


def numbers() -> Iterator[bytes]:
    yield from (b"1", b"2")


def test_streamed_bodies_are_not_drawn(capsys: Printed) -> None:
    kinds = {"Content-Type": FORM}, {"Content-Type": "application/json"}
    answer = {"stream": httpx.ByteStream(b"{}"), "headers": kinds[1]}
    response = exchange(
        "POST", answer=answer, content=numbers(), headers=kinds[0]
    )
    assert said(capsys, response) == ["POST /", "", "200 OK"]


def test_long_words_take_three_lines_at_most(capsys: Printed) -> None:
    answer = {"json": {"detail": "too long a word " * 99}}
    lines = said(capsys, exchange(answer=answer))[3:]
    assert len(lines) == 3
    assert lines[0].startswith("detail: too long a word")
    assert lines[2].endswith(" …")


def test_hyphen_breaks_no_word(capsys: Printed) -> None:
    answer = {"json": {"detail": "a" * 56 + " well-known"}}
    assert said(capsys, exchange(answer=answer))[-1] == "well-known"


def test_what_a_terminal_would_obey_is_escaped(capsys: Printed) -> None:
    answer = in_json({"detail": "\x1b[31m\u202e\ud800"})
    assert said(capsys, exchange(answer=answer))[-1] == (
        r"detail: \x1b[31m\u202e\ud800"
    )


@given(st.text(max_size=200), st.text(st.characters(), max_size=200))
def test_drawing_fits_a_page(value: str, detail: str) -> None:
    form = {"username": value}
    answer = in_json({"detail": detail})
    with patch.object(Card, "show", autospec=True) as show:
        sequence(exchange("POST", data=form, answer=answer))
    lines = repr(show.call_args.args[0]).split("\n")
    assert all(map(str.isprintable, lines))
    assert max(map(columns, lines)) <= WIDTH
    assert len({columns(line) for line in lines[1:]}) == 1


@pytest.mark.parametrize(
    ("text", "width"), [("abc", 3), ("日本", 4), ("e\u0301", 1), ("", 0)]
)
def test_columns_are_counted_as_a_terminal_does(text: str, width: int) -> None:
    assert columns(text) == width


def test_wide_letters_keep_the_edges_straight(capsys: Printed) -> None:
    response = exchange(answer={"json": {"detail": "日本語 " * 9}})
    lines = drawn(capsys, response).splitlines()
    assert "日本語" in lines[7]
    assert len({columns(line) for line in lines[1:]}) == 1


def test_two_tokens_are_drawn_alike(html: list[str], capsys: Printed) -> None:
    """What differs from run to run is masked, in the HTML too."""
    masks = (Path(__file__).parents[1] / "masks.cfg").read_text(
        encoding="utf-8"
    )
    seen = set()
    for jti in "ab":
        token = signed({"sub": "johndoe", "jti": jti})
        url = f"http://h/?token={token}"
        response = exchange(url=url, answer={"json": {"access_token": token}})
        text = drawn(capsys, response) + html.pop()
        for pattern in re.findall(r"^regex: (.*)$", masks, re.MULTILINE):
            text = re.sub(pattern, "MASKED", text)
        seen.add(text)
    assert len(seen) == 1


HEAD, PAYLOAD, SIGNATURE = TOKEN.split(".")
OTHER = signed({"sub": "alice", "exp": FAR_FUTURE})


@pytest.mark.parametrize(
    ("other", "remark"),
    [
        (f"{HEAD}.{PAYLOAD}.{SIGNATURE[::-1]}", "another signature"),
        (f"{HEAD}.{PAYLOAD}.", "another signature"),
        (f"{HEAD}.{PAYLOAD[::-1]}.{SIGNATURE}", "another payload"),
        (f"{HEAD[:-1]}Q.{PAYLOAD}.{SIGNATURE}", "another header"),
        (f"{HEAD}a.{PAYLOAD}.", "another header and signature"),
        (f"{HEAD}a.{PAYLOAD}a.{SIGNATURE}", "another header and payload"),
    ],
)
def test_changed_token_is_told_from_the_good_one(
    other: str, remark: str
) -> None:
    assert tell_apart([TOKEN, other, TOKEN]) == {
        TOKEN: "eyJhbGci…",
        other: f"eyJhbGci… ({remark})",
    }


@pytest.mark.parametrize(
    ("secrets", "drawn"),
    [
        ([], []),
        ([TOKEN, TOKEN], ["eyJhbGci…"]),
        ([TOKEN, OTHER], ["eyJhbGci… (token 1)", "eyJhbGci… (token 2)"]),
        (
            [TOKEN, OTHER, OTHER[:-1]],
            [
                "eyJhbGci… (token 1)",
                "eyJhbGci… (token 2)",
                "eyJhbGci… (another signature)",
            ],
        ),
        (["12345678", "123456789"], ["12345678", "12345678…"]),
        (["123456789", "923456789"], ["12345678…", "92345678…"]),
        (
            ["123456789", "12345678x"],
            ["12345678… (secret 1)", "12345678… (secret 2)"],
        ),
        (
            ["12345678.x", "12345678.y"],
            ["12345678… (secret 1)", "12345678… (secret 2)"],
        ),
    ],
    ids=len,
)
def test_secrets_that_begin_alike_are_told_apart(
    secrets: list[str], drawn: list[str]
) -> None:
    assert [*tell_apart(secrets).values()] == drawn


def test_credentials_are_told_apart_over_the_whole_diagram(
    capsys: Printed,
) -> None:
    """Redirects included, and in the order of the exchanges."""
    changed = f"{HEAD}.{PAYLOAD}.{SIGNATURE[::-1]}"
    login = exchange("POST", answer={"json": {"access_token": TOKEN}})
    first, second = (
        exchange(headers={"Authorization": f"Bearer {token}"})
        for token in (TOKEN, changed)
    )
    second.history = [first]
    text = drawn(capsys, login, second)
    assert re.findall(r"eyJ[^│]*[^│ ]", text) == [
        "eyJhbGci…",
        "eyJhbGci…",
        "eyJhbGci… (another signature)",
    ]


def test_long_random_values_are_dots_that_tell_equal_ones(
    capsys: Printed,
) -> None:
    state, code, session = "s" * 43, "c" * 43, "d" * 64
    first = exchange(
        url=f"https://shop.example/callback?code={code}&state={state}",
        headers={"Cookie": f"id={session}; short={'e' * 42}"},
        status=303,
        answer={"headers": {"Location": f"/?x={state}"}},
    )
    assert said(capsys, first) == [
        "GET /callback?code=•••••• (no. 1)&state=•••••• (no. 2)",
        "Cookie: id=•••••• (no. 3); short=eeeeeeee…",
        "",
        "303 See Other",
        "to: /?x=•••••• (no. 2)",
    ]


def test_long_address_is_a_path_and_its_fields(capsys: Printed) -> None:
    target = "https%3A%2F%2Fshop.example%2Fcallback"
    long = f"/authorize?state={'s' * 43}&redirect_uri={target}&x={'y' * 20}"
    response = exchange(
        url=f"https://course.example{long}",
        status=303,
        answer={"headers": {"Location": f"https://shop.example{long}"}},
    )
    fields = "state=••••••, redirect_uri=https://shop.example/callback,"
    assert said(capsys, response) == [
        "GET /authorize?…",
        fields,
        f"x={'y' * 20}",
        "",
        "303 See Other",
        "to: https://shop.example/authorize?…",
        fields,
        f"x={'y' * 20}",
    ]


def test_requests_to_several_hosts_are_drawn_with_the_host(
    capsys: Printed,
) -> None:
    shop = exchange(url="https://shop.example/login")
    course = exchange(url="https://course.example/")
    text = drawn(capsys, shop, course)
    assert "GET shop.example/login" in text
    assert "GET course.example/" in text
    assert "GET /login" in drawn(capsys, shop)


def test_form_has_long_random_values_as_dots(capsys: Printed) -> None:
    form = {"code": "c" * 43, "code_verifier": "v" * 43, "short": "c" * 42}
    response = exchange(method="POST", data=form)
    line = f"code=••••••, code_verifier=••••••, short={'c' * 42}"
    words = " ".join(said(capsys, response)[1:3])
    assert words.replace(" ", "") == line.replace(" ", "")


def test_cookies_are_drawn_with_their_values_cut(capsys: Printed) -> None:
    fields = [
        ("Set-Cookie", f"session={TOKEN}; HttpOnly; Path=/a-long-path"),
        ("Set-Cookie", "theme=dark"),
    ]
    response = exchange(
        headers={"Cookie": "theme=dark; id=123456789; odd"},
        answer={"headers": fields},
    )
    assert said(capsys, response) == [
        "GET /",
        "Cookie: theme=dark; id=12345678…; odd",
        "",
        "200 OK",
        "Set-Cookie: session=eyJhbGci…; HttpOnly; Path=/a-long-path",
        "Set-Cookie: theme=dark",
    ]
