"""The service beside the tutorial, and a checklist whose tests exist."""

import ast
import re
from functools import cache

import pytest

from course import shipped
from course.chapters import ROOT
from course.classroom.card import Card
from course.shipped import CHANGES, CHECKLIST, Promise
from course.tutorial import Change
from course.upkeep.notebook import Notebook, caption

every_change = pytest.mark.parametrize(
    "change", CHANGES, ids=lambda change: change.topic
)
every_promise = pytest.mark.parametrize(
    "promise", CHECKLIST, ids=lambda promise: promise.test
)


@cache
def names_in(file: str) -> set[str]:
    """List the test functions that a module of the tests defines."""
    tree = ast.parse((ROOT / "tests" / file).read_text(encoding="utf-8"))
    return {
        node.name
        for node in tree.body
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@every_promise
def test_line_of_the_checklist_names_a_test_that_exists(
    promise: Promise,
) -> None:
    assert promise.test in names_in(promise.file)


@every_promise
def test_line_of_the_checklist_is_a_sentence(promise: Promise) -> None:
    assert promise.words[0].isupper()
    assert promise.words.endswith(".")
    assert promise.words.count(".") == 1


def test_checklist_has_no_line_twice() -> None:
    assert len({promise.words for promise in CHECKLIST}) == len(CHECKLIST)
    assert len({promise.test for promise in CHECKLIST}) == len(CHECKLIST)


@every_change
def test_our_lines_are_in_the_cell_that_is_named(change: Change) -> None:
    book = Notebook(change.chapter.notebook)
    captions = [caption(cell) for cell in book.code_cells]
    assert captions.count(change.caption) == 1
    [section] = [s for s in book.sections if s.caption == change.caption]
    for line in change.ours.splitlines():
        assert line in section.source


@every_change
def test_fragment_is_short_and_its_reason_a_sentence(change: Change) -> None:
    assert len(change.tutorial.splitlines()) == 1
    assert len(change.tutorial) <= 65
    assert re.sub(r"\s+", " ", change.ours) != change.tutorial
    assert change.why[0].isupper()
    assert change.why.endswith(".")


def test_what_is_shown_has_every_line(monkeypatch: pytest.MonkeyPatch) -> None:
    cards: list[Card] = []
    monkeypatch.setattr(Card, "show", lambda card: cards.append(card))
    shipped.compare_with_service()
    shipped.show_checklist()
    comparison, checklist = cards
    for change in CHANGES:
        assert change.topic in comparison.text
        assert change.topic in comparison.html
        assert f'href="{change.chapter.notebook.name}"' in comparison.html
    for promise in CHECKLIST:
        assert f"[ ] {promise.words}" in checklist.text
        assert promise.test in checklist.text
        assert promise.test in checklist.html
        assert promise.file in checklist.html
    assert checklist.html.count("<tr>") == len(CHECKLIST) + 1
