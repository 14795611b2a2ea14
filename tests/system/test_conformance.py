"""Each requirement of the standards, sent to every app from chapter 4 on."""

import re
import time
from collections import Counter

import httpx
import pytest

from tests.support.chapters import apps
from tests.support.clients import ClientOf
from tests.support.report import Report
from tests.system.conformance import (
    REQUIREMENTS,
    SPEAKABLE,
    Requirement,
    challenge_of,
    said,
)

APPS = apps(first=4)
CASES = [
    pytest.param(stem, asked, id=f"{stem[:4]}: {asked}")
    for stem in APPS
    for asked in REQUIREMENTS
]


async def answer_to(
    asked: Requirement, stem: str, client_of: ClientOf
) -> httpx.Response:
    """Send a requirement's request, and note when."""
    async with client_of(APPS[stem]) as client:
        asked_at = int(time.time())
        response = await asked.send(client)
    response.extensions["asked_at"] = asked_at
    return response


@pytest.mark.anyio
@pytest.mark.parametrize(("stem", "asked"), CASES)
async def test_chapter_meets_what_it_says_it_meets_and_nothing_else(
    stem: str, asked: Requirement, client_of: ClientOf
) -> None:
    """What is met earlier than claimed is as wrong as what is not met."""
    response = await answer_to(asked, stem, client_of)
    claimed = asked.since is not None and stem[:4] >= asked.since
    told = f"{response.status_code} {response.headers} {response.text}"
    assert asked.met(response) == claimed, told


@pytest.mark.anyio
@pytest.mark.parametrize(("stem", "asked"), CASES)
async def test_errors_are_written_with_the_signs_that_they_may_have(
    stem: str, asked: Requirement, client_of: ClientOf
) -> None:
    """RFC 6749 §5.2, RFC 6750 §3: ASCII, without quotes and backslashes."""
    response = await answer_to(asked, stem, client_of)
    _, attributes = challenge_of(response)
    for words in (said(response), attributes):
        for name in ("error", "error_description", "scope"):
            assert SPEAKABLE.fullmatch(words.get(name) or ""), words
    challenge = response.headers.get("WWW-Authenticate", "")
    for name in ("realm", "error", "error_description", "scope"):
        assert len(re.findall(rf"\b{name}=", challenge)) <= 1
    body = said(response)
    for name in ("error", "error_description"):
        if name in attributes:
            assert attributes[name] == body[name]


@pytest.mark.anyio
@pytest.mark.parametrize("stem", APPS)
async def test_no_answer_to_the_requests_is_a_500(
    stem: str, client_of: ClientOf
) -> None:
    for asked in REQUIREMENTS:
        assert (await answer_to(asked, stem, client_of)).status_code < 500


@pytest.mark.parametrize("asked", REQUIREMENTS, ids=str)
@pytest.mark.parametrize(
    "useless",
    [
        httpx.Response(302),
        httpx.Response(204),
        httpx.Response(500, json={}),
        httpx.Response(500, json=["error"]),
    ],
    ids=lambda response: f"{response.status_code}",
)
def test_requirement_is_not_met_by_a_useless_answer(
    asked: Requirement, useless: httpx.Response
) -> None:
    """Without this, a row might be met by anything."""
    assert not asked.met(useless)


def test_requirements_are_told_apart_and_say_their_section() -> None:
    names = Counter(map(str, REQUIREMENTS))
    assert [name for name, times in names.items() if times > 1] == []
    for asked in REQUIREMENTS:
        assert re.match(r"RFC \d{4} §\d|NIST SP 800-63B$", asked.section)


def test_every_chapter_meets_something_new() -> None:
    since = Counter(asked.since for asked in REQUIREMENTS)
    assert {"ch04", "ch05", "ch06"} <= since.keys()
    assert since[None]


@pytest.mark.anyio
async def test_table_says_how_far_each_chapter_is(
    client_of: ClientOf, report: Report
) -> None:
    met = dict.fromkeys(APPS, 0)
    for stem in APPS:
        for asked in REQUIREMENTS:
            met[stem] += asked.met(await answer_to(asked, stem, client_of))
    assert list(met.values()) == sorted(met.values())
    told = ", ".join(f"{stem[:4]} {count}" for stem, count in met.items())
    report.append(f"of {len(REQUIREMENTS)} requirements are met: {told}")
