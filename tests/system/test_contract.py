"""Chapter 4's app answers as the tutorial's clients expect."""

from collections import Counter

import httpx
import pytest

from snippets.ch04_token_endpoint import app
from tests.support.clients import ClientOf
from tests.system.contract import ROWS, Row, broken_terms, play

ANSWER = Row("an answer", "GET", "/", 200, {"a": 1}, headers={"Allow": "GET"})


@pytest.mark.anyio
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
async def test_app_keeps_the_contract(row: Row, client_of: ClientOf) -> None:
    async with client_of(app) as client:
        response = await play(row, client)
    assert broken_terms(row, response) == []


def test_every_row_has_a_name_of_its_own() -> None:
    names = Counter(row.name for row in ROWS)
    assert [name for name, times in names.items() if times > 1] == []


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
