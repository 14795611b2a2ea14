"""Chapter 13's logs: no credential is written, and everything else is."""

import io
import json
import logging
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from uvicorn.logging import AccessFormatter

from snippets import ch13_ship_it as ch13
from tests.support.browser_clients import browser_at
from tests.support.clients import bearer, login
from tests.support.logins import log_in, sign_in

pytestmark = pytest.mark.anyio
SECRET = "hunter2-do-not-write"
ACCESS = "%(client_addr)s - %(request_line)s %(status_code)s"


@contextmanager
def written(
    logger: logging.Logger, formatter: logging.Formatter | None = None
) -> Iterator[io.StringIO]:
    """Collect what a logger writes through a handler with the filter."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(formatter)
    handler.addFilter(ch13.NoCredentials())
    logger.addHandler(handler)
    level = logger.level
    logger.setLevel(logging.DEBUG)
    try:
        yield stream
    finally:
        logger.setLevel(level)
        logger.removeHandler(handler)


@pytest.fixture
def logger() -> logging.Logger:
    own = logging.getLogger("tests.of.logs")
    own.propagate = False
    return own


def access_line(path: str) -> str:
    """Write the line of uvicorn's access log for a request."""
    record = logging.LogRecord(
        "uvicorn.access",
        logging.INFO,
        __file__,
        1,
        '%s - "%s %s HTTP/%s" %d',
        ("203.0.113.7:50000", "GET", path, "1.1", 200),
        None,
    )
    assert ch13.NoCredentials().filter(record)
    return AccessFormatter(ACCESS, use_colors=False).format(record)


# Texts with a secret in them, and what is written.
TEXTS = {
    f"Authorization: Bearer {SECRET}": "Authorization: Bearer …",
    f"authorization: bearer  {SECRET}": "authorization: bearer  …",
    f"Authorization: Basic {SECRET}": "Authorization: Basic …",
    f"code={SECRET}&state={SECRET}&a=b": "code=…&state=…&a=b",
    f"?access_token={SECRET}": "?access_token=…",
    f"refresh_token={SECRET} and": "refresh_token=… and",
    f"id_token={SECRET}": "id_token=…",
    f"token={SECRET}": "token=…",
    f"client_secret={SECRET}": "client_secret=…",
    f"code_verifier={SECRET}": "code_verifier=…",
    f"password={SECRET}": "password=…",
    f"PASSWORD={SECRET}": "PASSWORD=…",
    f"new_password={SECRET}": "new_password=…",
    f"hashed_password='{SECRET}'": "hashed_password='…'",
    f"SECRET_KEYS={SECRET}": "SECRET_KEYS=…",
    f"Cookie: __Host-session={SECRET}; a=b": "Cookie: __Host-session=… a=b",
    f'{{"password": "{SECRET}", "a": 1}}': '{"password": "…", "a": 1}',
    f'{{"password":"{SECRET}"}}': '{"password":"…"}',
    f"{{'old_password': '{SECRET}'}}": "{'old_password': '…'}",
    f"password='{SECRET} of many words'": "password='…'",
    f'password="{SECRET} of many words"': 'password="…"',
    f"password='{SECRET}": "password=…",
    f"input_value='{SECRET}', type=str": "input_value='…', type=str",
}
# Texts that stay as they are.
PLAIN = [
    "GET /users/me/ HTTP/1.1",
    "the token is not valid",
    "Bearer",
    "no password",
    "POST /token HTTP/1.1",
    "/users/?page=2&size=50",
    "decoded=yes",
    "",
]


@pytest.mark.parametrize(("text", "left"), TEXTS.items(), ids=TEXTS.values())
def test_secret_is_taken_out_and_nothing_else(text: str, left: str) -> None:
    assert ch13.redact(text) == left
    assert ch13.redact(left) == left


@pytest.mark.parametrize("text", PLAIN)
def test_text_without_a_secret_stays(text: str) -> None:
    assert ch13.redact(text) == text


@pytest.mark.parametrize("value", [0, 200, 1.5, True, None])
def test_number_stays_a_number(value: object) -> None:
    """`%d` could not write a text."""
    assert ch13.redact(value) is value


@pytest.mark.parametrize(
    "pattern", ["{}", "({})", "got {}!", "Location: {}", "a={}&b=c", "'{}'"]
)
def test_jwt_is_taken_out_wherever_it_is(pattern: str) -> None:
    token = sign_in().access_token
    left = str(ch13.redact(pattern.format(token)))
    assert left == pattern.format("…")


LETTERS = st.text(
    st.characters(min_codepoint=33, max_codepoint=126, exclude_characters="&"),
    min_size=1,
)


@given(secret=LETTERS, before=st.text(max_size=20))
@example(secret="'", before="")
@example(secret='"a', before="code=")
def test_made_up_secret_in_a_query_is_taken_out(
    secret: str, before: str
) -> None:
    quoted = httpx.QueryParams({"code": f"{SECRET}{secret}", "b": "c"})
    left = str(ch13.redact(f"{before}?{quoted}"))
    assert SECRET not in left
    assert left.endswith("&b=c")


# Each on a line of its own: a quote that is not closed would hide the next.
LOGGED = st.lists(st.sampled_from(list(TEXTS))).map("\n".join)


@given(text=st.text() | LOGGED)
def test_second_time_changes_nothing(text: str) -> None:
    once = ch13.redact(text)
    assert ch13.redact(once) == once


@given(text=LOGGED)
def test_no_secret_is_left_in_a_longer_line(text: str) -> None:
    assert SECRET not in str(ch13.redact(text))


# uvicorn's access log


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (f"/callback?code={SECRET}&a=b", "/callback?code=…&a=b"),
        (f"/users/me/?access_token={SECRET}", "/users/me/?access_token=…"),
        (f"/authorize?scope=me&state={SECRET}", "/authorize?scope=me&state=…"),
        ("/users/me/", "/users/me/"),
    ],
)
def test_access_log_has_the_path_without_the_secret(
    path: str, line: str
) -> None:
    assert access_line(path) == (
        f"203.0.113.7:50000 - GET {line} HTTP/1.1 200 OK"
    )


# What programs log


WAYS: dict[str, tuple[Any, ...]] = {
    "a whole message": (f"token={SECRET}",),
    "a name in the message, a value among the arguments": (
        *("token=%s", SECRET),
    ),
    "a scheme in the message": ("Authorization: Bearer %s", SECRET),
    "a name among the arguments": ("%s=%s", "code", SECRET),
    "two arguments, one plain": ("%s of %d", f"code={SECRET}", 7),
    "named arguments": ("%(a)s", {"a": f"password={SECRET}"}),
    "a name and a named argument": ("token=%(a)s", {"a": SECRET}),
    "an object": ("%s", httpx.URL(f"https://a.example/?code={SECRET}")),
    "an exception": ("%s", ValueError(f"password={SECRET}")),
    "bytes": ("%s", f"password={SECRET}".encode()),
    "a dict": ("%s and %s", {"password": SECRET}, 1),
    "JSON": ("%s", json.dumps({"refresh_token": SECRET})),
    "a list": ("%r", [f"Bearer {SECRET}"]),
    "a message that is an object": (httpx.URL(f"/?code={SECRET}"),),
    "too few arguments": ("%s %s", f"code={SECRET}"),
    "too many arguments": ("token", f"code={SECRET}", 1),
    "too few arguments, and a bare one": ("token %s %s", SECRET),
    "an argument of another type": ("%d", f"code={SECRET}"),
    "a name that is missing": ("%(b)s", {"a": f"code={SECRET}"}),
}


@pytest.mark.parametrize("sent", WAYS.values(), ids=WAYS)
def test_record_is_written_without_the_secret(
    sent: tuple[Any, ...], capfd: pytest.CaptureFixture[str]
) -> None:
    """logging reports a wrong call on stderr, with its arguments."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.addFilter(ch13.NoCredentials())
    handler.handle(
        logging.LogRecord(
            "a", logging.INFO, "a.py", 1, sent[0], sent[1:], None
        )
    )
    assert stream.getvalue().strip()
    assert SECRET not in "".join([stream.getvalue(), *capfd.readouterr()])


@pytest.mark.parametrize(
    "sent",
    [
        ("%s", f"code={SECRET}"),
        ("%(a)s", {"a": f"code={SECRET}"}),
        ("nothing of it", {"a": f"code={SECRET}"}),
    ],
    ids=["by place", "by name", "not written"],
)
def test_record_keeps_no_secret_among_its_arguments(
    sent: tuple[Any, ...],
) -> None:
    """A formatter of JSON may write them by themselves."""
    record = logging.LogRecord(
        "a", logging.INFO, "a.py", 1, sent[0], sent[1:], None
    )
    assert ch13.NoCredentials().filter(record)
    assert SECRET not in repr(vars(record))
    assert "code=…" in repr(record.args)


def test_message_that_fits_is_written_as_it_was(
    logger: logging.Logger,
) -> None:
    with written(logger) as stream:
        logger.info("%s: %05.1f %d%% %s", "share", 1.25, 50, None)
        logger.info("%(user)s logged in", {"user": "johndoe"})
        logger.info("100% sure")
    assert stream.getvalue().splitlines() == [
        "share: 001.2 50% None",
        "johndoe logged in",
        "100% sure",
    ]


def test_traceback_is_written_without_the_secret(
    logger: logging.Logger,
) -> None:
    def fail() -> None:
        try:
            raise KeyError(f"code={SECRET}")
        except KeyError as error:
            raise ValueError(f"password='{SECRET}'") from error

    with written(logger) as stream:
        try:
            fail()
        except ValueError:
            logger.exception("it failed")
            original = traceback.format_exc()
    assert SECRET in original
    assert SECRET not in stream.getvalue()
    assert "it failed" in stream.getvalue()
    assert "ValueError: password='…'" in stream.getvalue()
    assert "KeyError: 'code=…" in stream.getvalue()


def test_every_record_is_kept(logger: logging.Logger) -> None:
    with written(logger) as stream:
        for level in (logging.DEBUG, logging.ERROR):
            logger.log(level, f"token={SECRET}")
    assert stream.getvalue() == "token=…\ntoken=…\n"


def test_filter_is_installed_on_every_handler() -> None:
    handlers = {
        name: logging.NullHandler()
        for name in ("", "uvicorn.access", "uvicorn")
    }
    for name, handler in handlers.items():
        logging.getLogger(name).addHandler(handler)
    before = {
        handler: list(handler.filters)
        for name in handlers
        for handler in logging.getLogger(name).handlers
    }
    try:
        ch13.NoCredentials.install()
        for handler in handlers.values():
            assert [type(each) for each in handler.filters] == [
                ch13.NoCredentials
            ]
    finally:
        for touched, filters in before.items():
            touched.filters = filters
        for name, handler in handlers.items():
            logging.getLogger(name).removeHandler(handler)


async def test_login_logs_no_credential() -> None:
    """Not even httpx, which logs addresses, and the root's own handlers."""
    with written(logging.getLogger()) as stream:
        async with browser_at("https://course.example", ch13.app) as client:
            tokens = await log_in(client)
            await client.get(
                "/users/me/",
                params={"access_token": tokens["access_token"]},
                headers=bearer(tokens["access_token"]),
            )
            form = login(password=SECRET)
            await client.post("/token", data=form, params=form)
    log = stream.getvalue()
    assert "/users/me/?access_token=…" in log
    for secret in (tokens["access_token"], tokens["refresh_token"], SECRET):
        assert secret not in log
