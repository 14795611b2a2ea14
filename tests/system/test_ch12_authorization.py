"""Chapter 12's login page: who may ask for a code, and where it is sent."""

from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any
from unittest.mock import patch
from urllib.parse import urlencode

import httpx
import pytest
import sqlalchemy as sa

from snippets import ch06_scopes as ch06
from snippets import ch07_database as ch07
from snippets import ch11_under_load as ch11
from snippets import ch12_browser_clients as ch12
from tests.support.accounts import change_row
from tests.support.browser_clients import (
    REDIRECT_URI,
    SHOP,
    SITE,
    ask,
    browser_at,
    consent,
    fields_of,
    question,
    result_of,
    send,
    start_session,
)
from tests.support.clients import login
from tests.support.logins import count
from tests.support.rate_limits import real_limits

pytestmark = pytest.mark.anyio
SCRIPT = '"><script>alert(1)</script>'
# What shops may not be told to send a code to: near misses, and far ones.
OTHER_ADDRESSES = {
    "suffix": f"{REDIRECT_URI}x",
    "slash behind": f"{REDIRECT_URI}/",
    "path behind": f"{REDIRECT_URI}/evil",
    "way up": f"{REDIRECT_URI}/../evil",
    "prefix": f"{SHOP}/",
    "origin": SHOP,
    "at sign": "https://shop.example@evil.example/callback",
    "user": "https://user@shop.example/callback",
    "host behind": "https://shop.example.evil.example/callback",
    "host before": "https://evil.shop.example/callback",
    "backslash": "https://evil.example\\@shop.example/callback",
    "port": "https://shop.example:443/callback",
    "http": "http://shop.example/callback",
    "no scheme": "//shop.example/callback",
    "host in capitals": "https://SHOP.example/callback",
    "path in capitals": f"{SHOP}/Callback",
    "query": f"{REDIRECT_URI}?next=/",
    "empty query": f"{REDIRECT_URI}?",
    "fragment": f"{REDIRECT_URI}#x",
    "percent": f"{SHOP}/%63allback",
    "space behind": f"{REDIRECT_URI} ",
    "space before": f" {REDIRECT_URI}",
    "line break": f"{REDIRECT_URI}\r\nLocation: https://evil.example",
    "NUL": f"{REDIRECT_URI}\0",
    "wildcard": "*",
    "script": "javascript:alert(1)",
    "another site": "https://evil.example/callback",
    "loopback": "http://127.0.0.1/callback",
    "empty": "",
    "missing": None,
}
STRANGERS = {
    "unknown": "nobody",
    "capitals": "SHOP",
    "space behind": "shop ",
    "NUL": "shop\0",
    "wildcard": "*",
    "empty": "",
    "missing": None,
}
CHALLENGE = question()["code_challenge"]
# Requests whose fault the client is told, and the error of each.
FAULTS: dict[str, tuple[str, dict[str, str | None]]] = {
    "no response_type": ("invalid_request", {"response_type": None}),
    "empty response_type": ("invalid_request", {"response_type": ""}),
    **{
        f"response_type {kind}": (
            "unsupported_response_type",
            {"response_type": kind},
        )
        for kind in ("token", "CODE", "code token", "id_token", "code ")
    },
    "no challenge": ("invalid_request", {"code_challenge": None}),
    "empty challenge": ("invalid_request", {"code_challenge": ""}),
    "42 signs": ("invalid_request", {"code_challenge": CHALLENGE[:-1]}),
    "44 signs": ("invalid_request", {"code_challenge": f"{CHALLENGE}x"}),
    "padding": ("invalid_request", {"code_challenge": f"{CHALLENGE[:-1]}="}),
    "line break": ("invalid_request", {"code_challenge": f"{CHALLENGE}\n"}),
    "é": ("invalid_request", {"code_challenge": "é" * 43}),
    "NUL": ("invalid_request", {"code_challenge": "\0" * 43}),
    "plain": ("invalid_request", {"code_challenge_method": "plain"}),
    "s256": ("invalid_request", {"code_challenge_method": "s256"}),
    "no method, so plain": (
        "invalid_request",
        {"code_challenge_method": None},
    ),
    "no PKCE": (
        "invalid_request",
        {"code_challenge": None, "code_challenge_method": None},
    ),
    "unknown scope": ("invalid_scope", {"scope": "admin"}),
    "one scope too many": ("invalid_scope", {"scope": "me admin"}),
    "scope in capitals": ("invalid_scope", {"scope": "ME"}),
    "scope with a tab": ("invalid_scope", {"scope": "me\titems"}),
}


@pytest.fixture
async def browser() -> AsyncIterator[httpx.AsyncClient]:
    async with browser_at(raise_app_exceptions=False) as browser:
        yield browser


async def post_anew(
    browser: httpx.AsyncClient, **changes: str | None
) -> httpx.Response:
    """Send a form that was changed after the page was shown."""
    return await send(browser, await ask(browser), **changes)


def assert_not_redirected(answer: httpx.Response) -> None:
    assert answer.status_code == 400, answer.text
    assert "Location" not in answer.headers
    assert count(ch12.CodeRow) == 0


# Where an answer may be sent


@pytest.mark.parametrize("why", OTHER_ADDRESSES)
async def test_other_address_is_never_redirected_to(
    browser: httpx.AsyncClient, why: str
) -> None:
    address = OTHER_ADDRESSES[why]
    assert_not_redirected(await ask(browser, redirect_uri=address))
    assert_not_redirected(await post_anew(browser, redirect_uri=address))


@pytest.mark.parametrize("why", STRANGERS)
async def test_request_of_an_unknown_client_is_never_redirected(
    browser: httpx.AsyncClient, why: str
) -> None:
    assert_not_redirected(await ask(browser, client_id=STRANGERS[why]))
    assert_not_redirected(await post_anew(browser, client_id=STRANGERS[why]))


async def test_address_of_another_client_is_not_redirected_to(
    browser: httpx.AsyncClient,
) -> None:
    other = ch12.Client("Another", ("https://other.example/cb",))
    with patch.dict(ch12.CLIENTS, other=other):
        assert_not_redirected(await ask(browser, client_id="other"))
        page = await ask(
            browser, client_id="other", redirect_uri=other.redirect_uris[0]
        )
    assert page.status_code == 200


@pytest.mark.parametrize("name", question())
@pytest.mark.parametrize("again", ["the same", "another", ""])
async def test_parameter_that_comes_twice_is_refused(
    browser: httpx.AsyncClient, name: str, again: str
) -> None:
    """RFC 6749 §3.1; which of two addresses is meant?"""
    value = question()[name] if again == "the same" else again
    twice: Any = [*question().items(), (name, value)]
    assert_not_redirected(await browser.get("/authorize", params=twice))
    page = await ask(browser)
    body = urlencode([*fields_of(page).items(), (name, value)])
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = await browser.post("/authorize", content=body, headers=form)
    assert_not_redirected(answer)


# What is wrong with a request is said to the client


@pytest.mark.parametrize("why", FAULTS)
@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_client_is_told_what_is_wrong(
    browser: httpx.AsyncClient, why: str, method: str
) -> None:
    error, changes = FAULTS[why]
    sends = ask if method == "GET" else post_anew
    answer = await sends(browser, **changes)
    assert result_of(answer) == {
        "error": error,
        "iss": SITE,
        "state": "a state",
    }
    assert answer.headers["Location"].startswith(f"{REDIRECT_URI}?")
    assert count(ch12.CodeRow) == 0


async def test_good_request_sees_the_page_and_then_gets_a_code(
    browser: httpx.AsyncClient,
) -> None:
    page = await ask(browser)
    assert page.status_code == 200
    assert "A shop asks for your permission" in page.text
    answer = await send(browser, page)
    result = result_of(answer)
    assert result.keys() == {"code", "iss", "state"}
    assert (result["iss"], result["state"]) == (SITE, "a state")
    assert answer.headers["Location"].startswith(f"{REDIRECT_URI}?")


@pytest.mark.parametrize(
    ("scope", "shown"),
    [
        ("me", ["me"]),
        ("items", ["items"]),
        ("items me", ["items", "me"]),
        ("", sorted(ch06.DEFAULT_SCOPES)),
        (None, sorted(ch06.DEFAULT_SCOPES)),
    ],
)
async def test_page_says_which_scopes_are_asked_for(
    browser: httpx.AsyncClient, scope: str | None, shown: list[str]
) -> None:
    page = await ask(browser, scope=scope)
    for name, description in ch06.SCOPES.items():
        assert (description in page.text) == (name in shown)


async def test_registered_address_may_have_a_query(
    browser: httpx.AsyncClient,
) -> None:
    address = "https://other.example/cb?tenant=7"
    other = ch12.Client("Another", (address,))
    with patch.dict(ch12.CLIENTS, other=other):
        answer = await consent(
            browser, client_id="other", redirect_uri=address
        )
    assert answer.headers["Location"].startswith(f"{address}&code=")
    assert result_of(answer)["tenant"] == "7"


@pytest.mark.parametrize(
    "state",
    [
        *("x", "a b", "a+b", "&code=evil", "#x", "?", "%41", "é", "😀", "\0"),
        *(
            "x\r\nSet-Cookie: a=b",
            SCRIPT,
            "'",
            "<b>",
            "&lt;",
            "$client",
            "{0}",
        ),
    ],
)
async def test_state_comes_back_as_it_was_sent(
    browser: httpx.AsyncClient, state: str
) -> None:
    page = await ask(browser, state=state)
    if state.isprintable():
        assert fields_of(page)["state"] == state
    for answer in (
        await ask(browser, state=state, response_type="token"),
        await send(browser, page, state=state),
    ):
        assert result_of(answer)["state"] == state
        assert "Set-Cookie" not in answer.headers


async def test_answer_has_no_state_if_none_was_sent(
    browser: httpx.AsyncClient,
) -> None:
    assert result_of(await consent(browser, state=None)).keys() == {
        "code",
        "iss",
    }


# What the page lets through


@pytest.mark.parametrize("name", question())
async def test_no_parameter_writes_html_into_a_page(
    browser: httpx.AsyncClient, name: str
) -> None:
    for answer in (
        await ask(browser, **{name: SCRIPT}),
        await post_anew(browser, **{name: SCRIPT}),
        await send(browser, await ask(browser), "x", "x", **{name: SCRIPT}),
    ):
        is_page = answer.headers.get("Content-Type", "").startswith(
            "text/html"
        )
        assert not is_page or "<script" not in answer.text
    page = await ask(browser, state=SCRIPT)
    assert fields_of(page)["state"] == SCRIPT
    assert "<script" not in page.text


@pytest.mark.parametrize("name", ["username", "password", "decision"])
async def test_typed_text_is_not_repeated(
    browser: httpx.AsyncClient, name: str
) -> None:
    typed = {"username": "x", "password": "x", "decision": "allow"}
    answer = await post_anew(browser, **{**typed, name: "do-not-repeat-me"})
    assert "do-not-repeat-me" not in f"{answer.headers}{answer.text}"


@pytest.mark.parametrize(
    "send_answer",
    [
        ask,
        consent,
        lambda browser: ask(browser, response_type="token"),
        lambda browser: post_anew(browser, password="wrong"),
        lambda browser: post_anew(browser, decision="deny"),
        lambda browser: browser.get("/"),
        lambda browser: browser.get("/login.js"),
    ],
    ids=["page", "code", "error", "wrong", "denied", "/", "login.js"],
)
async def test_page_is_stored_framed_and_referred_to_nowhere(
    browser: httpx.AsyncClient, send_answer: object
) -> None:
    assert callable(send_answer)
    answer = await send_answer(browser)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    policy = answer.headers["Content-Security-Policy"].split("; ")
    assert policy == ["default-src 'self'", "frame-ancestors 'none'"]


@pytest.mark.parametrize("name", ["consent.html", "login.html", "shop.html"])
def test_page_has_no_script_or_style_of_its_own(name: str) -> None:
    """The policy above would not run them."""
    text = (ch12.PAGES / name).read_text("utf-8")
    for forbidden in ("<style", "style=", "onclick", "javascript:"):
        assert forbidden not in text
    assert text.count("<script") == text.count('<script src="/')


# A form of another page


FORM_TOKENS: dict[str, str | None] = {
    "missing": None,
    "empty": "",
    "wrong": "x",
    "é": "é",
}


@pytest.mark.parametrize("why", FORM_TOKENS)
async def test_form_without_the_browsers_token_is_refused(
    browser: httpx.AsyncClient, why: str
) -> None:
    answer = await post_anew(browser, form_token=FORM_TOKENS[why])
    assert answer.status_code == 403
    assert "Location" not in answer.headers
    assert count(ch12.CodeRow) == 0


async def test_form_token_of_another_browser_is_refused(
    browser: httpx.AsyncClient,
) -> None:
    """Login CSRF: a visitor would be logged in as the attacker."""
    async with browser_at() as attacker:
        page = await ask(attacker)
        assert (await send(browser, page)).status_code == 403
        await ask(browser)
        assert (await send(browser, page)).status_code == 403
        assert (await send(attacker, page)).status_code == 303


@pytest.mark.parametrize("cookie", ["", "a"])
async def test_empty_cookie_is_no_form_token(
    browser: httpx.AsyncClient, cookie: str
) -> None:
    page = await ask(browser)
    browser.cookies.clear()
    header = {"Cookie": f"{ch12.FORM_COOKIE}={cookie}"}
    form = {**fields_of(page), **login(), "form_token": ""}
    answer = await browser.post(
        "/authorize", data={**form, "decision": "allow"}, headers=header
    )
    assert answer.status_code == 403


async def test_form_token_is_random_and_new_on_every_page(
    browser: httpx.AsyncClient,
) -> None:
    tokens = [fields_of(await ask(browser))["form_token"] for _ in range(3)]
    assert len(set(tokens)) == 3
    assert {len(token) for token in tokens} == {43}


async def test_cookie_of_the_form_is_strict_and_of_this_host(
    browser: httpx.AsyncClient,
) -> None:
    page = await ask(browser)
    token = fields_of(page)["form_token"]
    assert page.headers.get_list("Set-Cookie") == [
        f"__Host-form={token}; HttpOnly; Path=/; SameSite=strict; Secure"
    ]


async def test_form_with_half_a_letter_is_no_crash(
    browser: httpx.AsyncClient,
) -> None:
    """A form in UTF-7 may hold what no answer can be written with."""
    page = await ask(browser)
    for name in ("form_token", "state", "username", "code_challenge"):
        fields = {**fields_of(page), **login(), "decision": "allow"}
        body = "".join(
            f'--B\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n'
            f"{'+2AA-' if key == name else value}\r\n"
            for key, value in fields.items()
        )
        headers = {
            "Content-Type": "multipart/form-data; boundary=B; charset=utf-7"
        }
        answer = await browser.post(
            "/authorize", content=f"{body}--B--\r\n", headers=headers
        )
        assert answer.status_code < 500, (name, answer.text)


@pytest.mark.parametrize(
    "body", [b"", b"{}", b"--x", b"%", b"a=1"], ids=["", "{}", "--x", "%", "a"]
)
@pytest.mark.parametrize(
    "kind",
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x; charset=no-such",
        "multipart/form-data",
        "application/json",
        "text/plain",
    ],
)
async def test_body_that_is_not_our_form_is_refused(
    browser: httpx.AsyncClient, body: bytes, kind: str
) -> None:
    await ask(browser)
    answer = await browser.post(
        "/authorize", content=body, headers={"Content-Type": kind}
    )
    assert answer.status_code in (400, 403)


# Who is at the keyboard


@pytest.mark.parametrize("decision", ["deny", "", None, "Allow", "allow "])
async def test_user_who_does_not_allow_it_gives_no_code(
    browser: httpx.AsyncClient, decision: str | None
) -> None:
    with patch.object(ch07, "verify_any", wraps=ch07.verify_any) as hashed:
        answer = await post_anew(browser, decision=decision)
    assert result_of(answer) == {
        "error": "access_denied",
        "iss": SITE,
        "state": "a state",
    }
    assert count(ch12.CodeRow) == 0
    assert not hashed.called


REFUSED = {
    "wrong password": ("johndoe", "wrong"),
    "unknown user": ("nobody", "secret"),
    "disabled user": ("alice", "secret2"),
    "nothing typed": ("", ""),
    "NUL": ("johndoe\0", "secret\0"),
    "long password": ("johndoe", "a" * 5000),
}


@pytest.mark.parametrize("why", REFUSED)
async def test_refused_user_sees_the_same_page_again(
    browser: httpx.AsyncClient, why: str
) -> None:
    first = await ask(browser)
    answers = [
        await send(browser, first, *REFUSED["wrong password"]),
        await send(browser, await ask(browser), *REFUSED[why]),
    ]
    for answer in answers:
        assert answer.status_code == 400
        assert "Wrong username or password." in answer.text
        token = fields_of(answer)["form_token"]
        assert token != fields_of(first)["form_token"]
    texts = {
        answer.text.replace(fields_of(answer)["form_token"], "")
        for answer in answers
    }
    assert len(texts) == 1
    assert count(ch12.CodeRow) == 0
    assert "code" in result_of(await send(browser, answers[-1]))


async def test_user_without_any_of_the_scopes_gives_no_code(
    browser: httpx.AsyncClient,
) -> None:
    change_row("johndoe", scopes="me")
    answer = await consent(browser, scope="items")
    assert result_of(answer)["error"] == "invalid_scope"
    assert count(ch12.CodeRow) == 0


async def test_passwords_at_both_endpoints_count_together(
    browser: httpx.AsyncClient,
) -> None:
    with real_limits():
        for _ in range(5):
            answer = await post_anew(browser, password="wrong")
            assert answer.status_code == 400
        for answer in (
            await post_anew(browser),
            await start_session(browser),
            await browser.post("/token", data=login()),
        ):
            assert answer.status_code == 429
            assert int(answer.headers["Retry-After"]) > 0
    assert count(ch12.CodeRow) == 0


@pytest.mark.parametrize("endpoint", ["/authorize", "/session/"])
async def test_right_password_of_a_disabled_user_resets_no_counter(
    browser: httpx.AsyncClient, endpoint: str
) -> None:
    """An attacker would notice, and know that it is right."""
    statuses = []
    with real_limits():
        for _ in range(6):
            if endpoint == "/session/":
                answer = await start_session(browser, "alice", "secret2")
            else:
                page = await ask(browser)
                answer = await send(browser, page, "alice", "secret2")
            statuses.append(answer.status_code)
    assert statuses == [*[400] * 5, 429]


async def test_pages_and_denials_are_not_counted(
    browser: httpx.AsyncClient,
) -> None:
    with real_limits():
        for _ in range(7):
            await post_anew(browser, decision="deny")
        assert "code" in result_of(await consent(browser))


async def test_full_queue_is_a_503(browser: httpx.AsyncClient) -> None:
    page = await ask(browser)
    full = ch11.HashingQueue(threads=1, longest=0)
    full.inside = 1
    with patch.object(ch11, "hashing", full):
        answers = [await send(browser, page), await start_session(browser)]
    assert [answer.status_code for answer in answers] == [503, 503]


async def test_database_that_is_down_is_a_503(
    browser: httpx.AsyncClient,
) -> None:
    page = await ask(browser)
    down = sa.create_engine("sqlite:////no/such/folder/users.db")
    with ExitStack() as stack:
        before = ch07.Session.kw["bind"]
        stack.callback(ch07.Session.configure, bind=before)
        ch07.Session.configure(bind=down)
        answers = [
            await send(browser, page),
            await start_session(browser),
            await browser.get("/session/"),
        ]
    assert [answer.status_code for answer in answers] == [503] * 3
