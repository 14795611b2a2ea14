"""Every standard term is introduced, in italics, before it is used."""

from pathlib import Path

import pytest

from course.chapters import ROOT, find
from course.upkeep.notebook import Notebook, notebooks
from tests.support.glossary import Term, faults, read_glossary

TERMS = read_glossary(ROOT / "notebooks" / "glossary.md")
CHAPTERS = [book for book in notebooks() if book.chapter.number is not None]


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_term_is_introduced_before_it_is_used(term: Term) -> None:
    found = faults(term, CHAPTERS)
    assert not found, "\n".join(found)


def test_glossary_is_in_alphabetical_order() -> None:
    names = [term.term for term in TERMS]
    assert names == sorted(set(names), key=str.casefold)
    assert len(names) >= 27


def test_every_row_of_the_table_is_a_term() -> None:
    """A row with a mistake in it would be left out in silence."""
    text = (ROOT / "notebooks" / "glossary.md").read_text(encoding="utf-8")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(TERMS) == len(rows) - 2


@pytest.mark.parametrize("term", TERMS, ids=str)
def test_term_belongs_to_a_chapter_and_has_a_meaning(term: Term) -> None:
    assert find(term.chapter).number is not None
    assert len(term.meaning.split()) >= 5
    assert term.meaning.endswith(".")


RATE_LIMIT = Term("rate limit", "ch02", "how many requests are allowed.")


def book(path: Path, *cells: str) -> Notebook:
    """A notebook of prose cells."""
    made = Notebook(path)
    made.book = {
        "cells": [
            {"cell_type": "markdown", "metadata": {}, "source": cell}
            for cell in cells
        ]
    }
    return made


def faults_of(first: tuple[str, ...], second: tuple[str, ...]) -> list[str]:
    """Look for the faults of a course of two chapters, ch01 and ch02."""
    books = [
        book(Path("notebooks/ch01_first.ipynb"), *first),
        book(Path("notebooks/ch02_second.ipynb"), *second),
    ]
    return faults(RATE_LIMIT, books)


INTRODUCTION = "So the endpoint needs a *rate limit*: a bound on requests."


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Nothing.",), (INTRODUCTION, "Rate limits are useful.")),
        (("Nothing.",), ("So it needs *rate\nlimits*.",)),
        (("Nothing.",), ("So it needs a *rate limit*. Rate limits help.",)),
        (("`rate limit`",), (INTRODUCTION,)),
        (("```\nrate limit\n```",), (INTRODUCTION,)),
        (("<details>\nA rate limit.\n</details>",), (INTRODUCTION,)),
        (("[A page](rate-limit.html)",), (INTRODUCTION,)),
        (("The pirate limit, a rate limitation.",), (INTRODUCTION,)),
    ],
)
def test_term_in_italics_first_has_no_fault(
    first: tuple[str, ...], second: tuple[str, ...]
) -> None:
    assert faults_of(first, second) == []


@pytest.mark.parametrize(
    ("first", "second", "fault"),
    [
        (("Nothing.",), ("A rate limit.",), "is nowhere in italics"),
        (("Nothing.",), ("A **rate limit**.",), "is nowhere in italics"),
        (("Rate limits!",), (INTRODUCTION,), "ch01_first.ipynb, cell 0: uses"),
        (("A rate-limit.",), (INTRODUCTION,), "cell 0: uses 'rate limit'"),
        (("a",), ("A rate limit.", INTRODUCTION), "ch02_second.ipynb, cell 0"),
        (("a",), (INTRODUCTION, "A *rate limit*."), "in italics again"),
        ((INTRODUCTION,), ("a",), "the glossary says ch02"),
    ],
)
def test_fault_is_named_with_its_place(
    first: tuple[str, ...], second: tuple[str, ...], fault: str
) -> None:
    [found] = faults_of(first, second)
    assert fault in found


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("dependency", "Two dependencies."),
        ("role", "Roles."),
        ("CSRF", "csrf"),
        ("hash function", "hash\nfunctions"),
        ("preflight", "Preflights, and nothing else."),
    ],
)
def test_plurals_and_line_breaks_are_uses(term: str, text: str) -> None:
    assert Term(term, "ch00", "").is_used_in(text)
