"""Each chapter's story shows what its sentences say."""

import re
from collections.abc import Callable

import pytest

from course import stories
from course.chapters import chapters
from snippets import ch02_password_hashing as hashing
from snippets import ch07_database as database
from snippets import ch11_under_load as under_load
from tests.support.rate_limits import real_limits

pytestmark = pytest.mark.integration

STATUS = re.compile(r"^< HTTP/1.1 (\d+) ", re.MULTILINE)
DETAIL = re.compile(r'"detail": "(.*)"')
SENTENCE = re.compile(r"^[^<>\n]+\.\n\n> ", re.MULTILINE)
Read = Callable[[Callable[[], None]], str]


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chapter 2 hash at cost 4: 1 ms and not 0.2 s."""
    cheap = hashing.pwd_context.copy(bcrypt__rounds=4)
    monkeypatch.setattr(hashing, "pwd_context", cheap)


@pytest.fixture
def read(capsys: pytest.CaptureFixture[str]) -> Read:
    """Tell a story; return what it printed."""

    def tell(story: Callable[[], None]) -> str:
        story()
        output = capsys.readouterr()
        assert output.err == ""
        return str(output.out)

    return tell


def test_every_chapter_with_a_module_has_a_story() -> None:
    without = [c.stem for c in chapters() if c.module.exists() and not c.story]
    assert without == []


def test_ch01_forged_name_is_readable_and_refused(read: Read) -> None:
    told = read(stories.ch01)
    good, forged = re.findall(r"^eyJ\S+$", told, re.MULTILINE)
    assert good.split(".")[0::2] == forged.split(".")[0::2]
    assert good.split(".")[1] != forged.split(".")[1]
    assert "\n{'sub': 'mallory'}\n" in told
    assert told.endswith("RefusedTokenError: the signature does not fit\n")


def test_ch02_two_hashes_differ_and_both_verify(read: Read) -> None:
    told = read(stories.ch02)
    first, second = re.findall(r"^\$2b\$\S{56}$", told, re.MULTILINE)
    assert first != second
    answers = re.findall(r"\?\n(True|False|\[.*\])$", told, re.MULTILINE)
    assert answers == ["True", "[True, True]", "False"]


def test_ch03_no_token_a_good_one_and_a_tampered_one(read: Read) -> None:
    told = read(stories.ch03)
    assert STATUS.findall(told) == ["401", "200", "401"]
    assert DETAIL.findall(told) == [
        "Not authenticated",
        "Could not validate credentials",
    ]


def test_ch04_from_a_wrong_password_to_a_disabled_account(read: Read) -> None:
    told = read(stories.ch04)
    assert STATUS.findall(told) == ["401", "200", "200", "200", "401", "400"]
    assert DETAIL.findall(told) == [
        "Incorrect username or password",
        "Could not validate credentials",
        "Inactive user",
    ]
    assert '"item_id": "Foo"' in told


def test_ch05_runs_over_tcp_and_shows_each_refusal(read: Read) -> None:
    told = read(stories.ch05)
    assert STATUS.findall(told) == ["400", "200", "200", "401", "401", "400"]
    assert re.findall(r'"error": "(\w+)"', told) == [
        "invalid_grant",
        "invalid_token",
        "invalid_request",
    ]
    assert re.search(r"^http://127\.0\.0\.1:\d+$", told, re.MULTILINE)


def test_ch05_sends_no_password_to_a_proxy(
    read: Read, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:9")
    assert "invalid_grant" in read(stories.ch05)


def test_ch06_goes_from_admin_to_the_items(read: Read) -> None:
    told = read(stories.ch06)
    assert STATUS.findall(told) == ["400", "200", "200", "403", "200", "200"]
    assert re.findall(r'"scope": "(.*)"', told) == ["me", "items me"]
    assert 'error="insufficient_scope"' in told
    assert '"item_id": "Foo"' in told


def test_ch07_goes_from_the_sign_up_to_a_new_password(read: Read) -> None:
    usual = database.Session.kw["bind"]
    told = read(stories.ch07)
    assert STATUS.findall(told) == ["201", "409", "200", "400", "204", "400"]
    assert DETAIL.findall(told) == ["this username is taken"]
    assert "wrong old password" in told
    assert database.Session.kw["bind"] is usual


def test_ch08_ends_the_thiefs_login_and_then_johndoes(read: Read) -> None:
    told = read(stories.ch08)
    statuses = ["200", "200", "400", "401", "200", "200", "401"]
    assert STATUS.findall(told) == statuses
    tokens = re.findall(r'"refresh_token": "(.*)"', told)
    assert len({*tokens}) == 3
    assert told.count('error="invalid_token"') == 2
    assert told.count('"error": "invalid_grant"') == 1


def test_ch09_opens_for_the_linked_user_alone(read: Read) -> None:
    told = read(stories.ch09)
    codes = ["200", "401", "200", "401", "401", "401"]
    assert STATUS.findall(told) == codes
    assert told.count('"username": "johndoe"') == 1
    assert '"alg": "ES256"' in told


def test_ch10_one_spelling_of_none_opens_one_of_two_apps(read: Read) -> None:
    told = read(stories.ch10)
    assert STATUS.findall(told) == ["200", "401", "200", "401", "200"]
    users = re.findall(r'"username": "(.*)"', told)
    assert users == ["johndoe", "mallory"]
    assert told.count('": "stopped by algorithm"') == 2


def test_ch11_lock_refuses_the_right_password_too(read: Read) -> None:
    with real_limits():
        told = read(stories.ch11)
    assert STATUS.findall(told) == ["200", "400", "429", "429", "200"]
    assert told.count("< retry-after: ") == 2
    assert "username=JOHNDOE&password=secret" in told


def test_ch12_cookie_reads_and_changes_nothing_alone(read: Read) -> None:
    usual = under_load.strategy
    told = read(stories.ch12)
    statuses = ["204", "200", "403", "204", "401", "400"]
    assert STATUS.findall(told) == statuses
    [begun, ended] = re.findall("^< set-cookie: (.*)$", told, re.MULTILINE)
    assert begun.startswith("__Host-session=")
    assert ended.startswith('__Host-session="";')
    sent = re.findall("^> cookie: (.*)$", told, re.MULTILINE)
    assert {*sent} == {begun.partition(";")[0]}
    assert told.count("> x-from-page: yes") == 2
    assert "redirect_uri=https%3A%2F%2Fevil.example" in told
    assert "< location:" not in told
    assert under_load.strategy is usual


def test_ch13_other_users_and_strangers_get_nothing(read: Read) -> None:
    told = read(stories.ch13)
    statuses = ["201", "200", "404", "401", "403", "400"]
    assert STATUS.findall(told) == statuses
    assert told.count('"title": "a diary"') == 3
    assert told.rstrip().endswith("who may call these? /reports/")


def test_ch14_refresh_token_opens_the_notes(read: Read) -> None:
    told = read(stories.ch14)
    assert STATUS.findall(told) == ["200", "200"]
    assert told.endswith("< []\n")


@pytest.mark.parametrize(
    "story",
    [
        stories.ch03,
        stories.ch04,
        stories.ch05,
        stories.ch06,
        stories.ch07,
        stories.ch08,
        stories.ch09,
        stories.ch10,
        stories.ch11,
        stories.ch12,
        stories.ch13,
        stories.ch14,
    ],
)
def test_sentence_is_above_every_exchange(
    read: Read, story: Callable[[], None]
) -> None:
    told = read(story)
    assert len(SENTENCE.findall(told)) == len(STATUS.findall(told)) > 0


def test_tampered_token_differs_in_its_signature_alone() -> None:
    assert stories.tamper("head.claims.signature") == "head.claims.erutangis"
