"""Every app from chapter 4 on answers as the contract says."""

import re
from collections import Counter

import httpx
import pytest

from tests.support.chapters import ClientOf, apps, chapters
from tests.system.contract import (
    REFUSED_LOGINS,
    ROWS,
    SINCE,
    SUPERSEDED,
    Row,
    Superseded,
    broken_terms,
    play,
    rows_of,
)

APPS = apps(first=4)
CASES = [
    pytest.param(stem, row, id=f"{stem[:4]}: {row.name}")
    for stem in APPS
    for row in rows_of(stem)
]
ANSWER = Row("an answer", "GET", "/", 200, {"a": 1}, headers={"Allow": "GET"})


@pytest.mark.anyio
@pytest.mark.parametrize(("stem", "row"), CASES)
async def test_app_keeps_the_contract(
    stem: str, row: Row, client_of: ClientOf
) -> None:
    async with client_of(APPS[stem]) as client:
        response = await play(row, client)
    assert broken_terms(row, response) == []


@pytest.mark.anyio
@pytest.mark.parametrize("stem", APPS)
async def test_refused_logins_are_alike_to_the_byte(
    stem: str, client_of: ClientOf
) -> None:
    async with client_of(APPS[stem]) as client:
        answers = {
            why: await client.post("/token", data=form)
            for why, form in REFUSED_LOGINS.items()
        }
    seen = {
        (answer.status_code, answer.content, tuple(answer.headers.raw))
        for answer in answers.values()
    }
    assert len(seen) == 1
    assert all(answer.is_client_error for answer in answers.values())


def test_contract_starts_with_chapter_4() -> None:
    assert next(iter(APPS)) == SINCE
    assert rows_of(SINCE) == ROWS


def test_every_row_has_a_name_of_its_own() -> None:
    names = Counter(row.name for row in ROWS)
    assert [name for name, times in names.items() if times > 1] == []


def test_every_401_of_the_contract_demands_the_challenge() -> None:
    refusals = [row for row in ROWS if row.status == 401]
    assert refusals
    assert all(
        row.headers.get("WWW-Authenticate") == "Bearer" for row in refusals
    )


def test_superseded_rows_and_chapters_exist() -> None:
    names = {row.name for row in ROWS}
    assert {entry.row for entry in SUPERSEDED} <= names
    assert {entry.chapter for entry in SUPERSEDED} <= chapters().keys()


def test_row_is_superseded_once_by_a_later_chapter_with_a_reason() -> None:
    assert len({entry.row for entry in SUPERSEDED}) == len(SUPERSEDED)
    for entry in SUPERSEDED:
        assert entry.chapter > SINCE
        assert entry.old_answer != entry.new_answer
        assert re.match(r"RFC \d+ §\d", entry.section)


def test_row_holds_until_the_chapter_that_supersedes_it() -> None:
    entry = Superseded("ch06_x", "an answer", "200", "204", "RFC 9110 §15")
    assert rows_of("ch05_x", [ANSWER], [entry]) == [ANSWER]
    assert rows_of("ch06_x", [ANSWER], [entry]) == []
    assert rows_of("ch07_x", [ANSWER], [entry]) == []


def test_answer_as_agreed_breaks_no_term() -> None:
    kept = httpx.Response(200, json={"a": 1}, headers={"Allow": "GET"})
    assert broken_terms(ANSWER, kept) == []


@pytest.mark.parametrize(
    ("term", "response"),
    [
        ("status", httpx.Response(201, json={"a": 1}, headers=ANSWER.headers)),
        ("body", httpx.Response(200, json={"a": 2}, headers=ANSWER.headers)),
        ("header", httpx.Response(200, json={"a": 1})),
    ],
)
def test_broken_term_is_named(term: str, response: httpx.Response) -> None:
    (broken,) = broken_terms(ANSWER, response)
    assert broken.startswith(term)
