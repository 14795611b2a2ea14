"""The stories come out as they are told."""

import asyncio
import inspect
import re

import pytest

from course import stories
from snippets import ch02_password_hashing as hashing

STATUS = re.compile(r"^< HTTP/1.1 (\d+) ", re.MULTILINE)
DETAIL = re.compile(r'"detail": "(.*)"')


@pytest.fixture(autouse=True)
def cheap_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let chapter 2 hash at cost 4: 1 ms and not 0.2 s."""
    cheap = hashing.pwd_context.copy(bcrypt__rounds=4)
    monkeypatch.setattr(hashing, "pwd_context", cheap)


def test_ch01_a_forged_name_is_readable_and_refused(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asyncio.run(stories.ch01())
    told = capsys.readouterr().out
    good, forged = re.findall(r"^eyJ\S+$", told, re.MULTILINE)
    assert good.split(".")[0::2] == forged.split(".")[0::2]
    assert good.split(".")[1] != forged.split(".")[1]
    assert "\n{'sub': 'mallory'}\n" in told
    assert told.endswith("RefusedTokenError: the signature does not fit\n")


def test_ch02_two_hashes_differ_and_both_verify(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asyncio.run(stories.ch02())
    told = capsys.readouterr().out
    first, second = re.findall(r"^\$2b\$\S{56}$", told, re.MULTILINE)
    assert first != second
    answers = re.findall(r":\n(True|False|\[.*\])$", told, re.MULTILINE)
    assert answers == ["True", "[True, True]", "False"]


def test_ch03_no_token_a_good_one_and_a_tampered_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asyncio.run(stories.ch03())
    told = capsys.readouterr().out
    assert STATUS.findall(told) == ["401", "200", "401"]
    assert DETAIL.findall(told) == [
        "Not authenticated",
        "Could not validate credentials",
    ]


def test_ch04_from_a_wrong_password_to_a_disabled_account(
    capsys: pytest.CaptureFixture[str],
) -> None:
    asyncio.run(stories.ch04())
    told = capsys.readouterr().out
    assert STATUS.findall(told) == ["401", "200", "200", "200", "401", "400"]
    assert DETAIL.findall(told) == [
        "Incorrect username or password",
        "Could not validate credentials",
        "Inactive user",
    ]
    assert '"item_id": "Foo"' in told


@pytest.mark.parametrize("story", [stories.ch03, stories.ch04])
def test_a_sentence_stands_before_every_exchange(
    story: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert inspect.iscoroutinefunction(story)
    asyncio.run(story())
    told = capsys.readouterr().out
    exchanges = len(STATUS.findall(told))
    assert len(re.findall(r"^[^<>\n]+\.\n\n> ", told, re.M)) == exchanges


def test_a_tampered_token_differs_in_its_signature_alone() -> None:
    assert stories.tamper("head.claims.signature") == ("head.claims.erutangis")
