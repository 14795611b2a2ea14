"""Each requirement of the standards, sent to every app from chapter 4 on.

The quick tier tries it at the newest app, at the first that meets it, and at
every seventh of the others (`tests/support/shares.py`).
"""

import re
import time
from collections import Counter
from collections.abc import Iterator

import httpx
import pytest

from tests.support.chapters import apps
from tests.support.clients import ClientOf
from tests.support.report import Report
from tests.support.shares import PIECES, share_of
from tests.system.conformance import (
    REQUIREMENTS,
    SPEAKABLE,
    Requirement,
    body_of,
    challenge_of,
)

APPS = apps(first=4)
ANSWERS: dict[tuple[str, str], httpx.Response] = {}
NEWEST = [*APPS][-1]


def tried_at(stem: str) -> list[Requirement]:
    """Return the requirements whose requests are sent to a chapter's app."""
    share = {*map(str, share_of(stem, REQUIREMENTS))}
    return [
        each
        for each in REQUIREMENTS
        if stem == NEWEST or each.since == stem[:4] or str(each) in share
    ]


TRIED = {stem: tried_at(stem) for stem in APPS}
CASES = [
    pytest.param(stem, requirement, id=f"{stem[:4]}: {requirement}")
    for stem, requirements in TRIED.items()
    for requirement in requirements
]


async def answer_to(
    requirement: Requirement, stem: str, client_of: ClientOf
) -> httpx.Response:
    """Send a requirement's request, and note when; to each app once."""
    key = stem, str(requirement)
    if key not in ANSWERS:
        async with client_of(APPS[stem]) as client:
            sent_at = int(time.time())
            response = await requirement.send(client)
        response.extensions["sent_at"] = sent_at
        ANSWERS[key] = response
    return ANSWERS[key]


@pytest.mark.anyio
@pytest.mark.parametrize(("stem", "requirement"), CASES)
async def test_chapter_meets_what_it_says_it_meets_and_nothing_else(
    stem: str, requirement: Requirement, client_of: ClientOf
) -> None:
    """What is met earlier than claimed is as wrong as what is not met."""
    response = await answer_to(requirement, stem, client_of)
    claimed = requirement.since is not None and stem[:4] >= requirement.since
    seen = f"{response.status_code} {response.headers} {response.text}"
    assert requirement.met(response) == claimed, seen


@pytest.mark.anyio
@pytest.mark.parametrize("stem", APPS)
async def test_errors_are_written_with_the_signs_that_they_may_have(
    stem: str, client_of: ClientOf
) -> None:
    """RFC 6749 §5.2, RFC 6750 §3: ASCII, without quotes and backslashes."""
    found = [
        f"{requirement}: {what}"
        for requirement in TRIED[stem]
        for what in ill_written(await answer_to(requirement, stem, client_of))
    ]
    assert not found, "\n".join(found)


def ill_written(response: httpx.Response) -> Iterator[str]:
    """Name what an error response says in other signs, twice, or in two ways.

    `error_description` is both in the body and in `WWW-Authenticate`.
    """
    _, attributes = challenge_of(response)
    body = body_of(response)
    for words in (body, attributes):
        for name in ("error", "error_description", "scope"):
            if not SPEAKABLE.fullmatch(words.get(name) or ""):
                yield f"{name} {words[name]!a}"
    challenge = response.headers.get("WWW-Authenticate", "")
    for name in ("realm", "error", "error_description", "scope"):
        if len(re.findall(rf"\b{name}=", challenge)) > 1:
            yield f"{name} twice in {challenge!a}"
    for name in ("error", "error_description"):
        if name in attributes and attributes[name] != body.get(name):
            yield f"{name} in {challenge!a} is not that of the body {body}"


ILL_WRITTEN = {
    "a quote": httpx.Response(400, json={"error": 'a "quote"'}),
    "a backslash": httpx.Response(400, json={"error_description": "a\\b"}),
    "a letter that is not ASCII": httpx.Response(400, json={"scope": "é"}),
    "a tab in the header": httpx.Response(
        401,
        json={"error": "a\tb"},
        headers={"WWW-Authenticate": 'Bearer error="a\tb"'},
    ),
    "twice": httpx.Response(
        401, headers={"WWW-Authenticate": 'Bearer realm="a", realm="b"'}
    ),
    "in two ways": httpx.Response(
        401,
        json={"error": "one"},
        headers={"WWW-Authenticate": 'Bearer error="other"'},
    ),
    "in the header alone": httpx.Response(
        401, headers={"WWW-Authenticate": 'Bearer error="one"'}
    ),
}


@pytest.mark.parametrize("response", ILL_WRITTEN.values(), ids=ILL_WRITTEN)
def test_ill_written_error_is_found(response: httpx.Response) -> None:
    assert [*ill_written(response)]


@pytest.mark.anyio
@pytest.mark.parametrize("stem", APPS)
async def test_no_answer_to_the_requests_is_a_500(
    stem: str, client_of: ClientOf
) -> None:
    for requirement in TRIED[stem]:
        assert (
            await answer_to(requirement, stem, client_of)
        ).status_code < 500


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
def test_no_requirement_is_met_by_a_useless_answer(
    useless: httpx.Response,
) -> None:
    """Without this, a row might be met by anything."""
    met = [str(each) for each in REQUIREMENTS if each.met(useless)]
    assert not met, met


def test_requirements_are_told_apart_and_say_their_section() -> None:
    names = Counter(map(str, REQUIREMENTS))
    assert [name for name, times in names.items() if times > 1] == []
    for requirement in REQUIREMENTS:
        assert re.match(
            r"RFC \d{4} (§\d|Appendix )|NIST SP 800-63B$", requirement.section
        )


def test_requirement_is_tried_at_its_first_app_and_at_the_newest() -> None:
    for requirement in REQUIREMENTS:
        tried = {stem[:4] for stem in APPS if requirement in TRIED[stem]}
        assert {requirement.since, NEWEST[:4]} - {None} <= tried
        assert len(tried) >= len(APPS) // PIECES


def test_every_chapter_meets_something_new() -> None:
    since = {requirement.since for requirement in REQUIREMENTS}
    assert since - {None} == {stem[:4] for stem in APPS}


@pytest.mark.slow
@pytest.mark.anyio
async def test_table_says_how_far_each_chapter_is(
    client_of: ClientOf, report: Report
) -> None:
    met = dict.fromkeys(APPS, 0)
    for stem in APPS:
        for requirement in REQUIREMENTS:
            met[stem] += requirement.met(
                await answer_to(requirement, stem, client_of)
            )
    assert list(met.values()) == sorted(met.values())
    seen = ", ".join(f"{stem[:4]} {count}" for stem, count in met.items())
    report.append(f"of {len(REQUIREMENTS)} requirements are met: {seen}")
