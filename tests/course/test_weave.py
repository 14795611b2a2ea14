"""The code shown is the code tested: notebooks and modules agree."""

import ast
import re
from pathlib import Path

import pytest

from course.chapters import ROOT
from course.upkeep.notebook import (
    Notebook,
    Section,
    code_lines,
    defined_names,
    notebooks,
    preamble_and_sections,
)
from course.upkeep.weave import COMMAND, drift

CHAPTERS = sorted(ROOT.glob("snippets/ch??_*.py"))


def sections(path: Path) -> list[Section]:
    return preamble_and_sections(path.read_text(encoding="utf-8"))[1]


every_chapter = pytest.mark.parametrize(
    "module", CHAPTERS, ids=lambda path: path.name
)


@pytest.mark.parametrize("notebook", notebooks(), ids=str)
def test_notebook_and_module_agree(notebook: Notebook) -> None:
    found = drift(notebook)
    assert not found, "\n".join(
        [*found, f"Bring them together with: {COMMAND}"]
    )


@every_chapter
def test_only_a_docstring_stands_before_the_first_caption(
    module: Path,
) -> None:
    text = module.read_text(encoding="utf-8")
    preamble, parts = preamble_and_sections(text)
    [docstring] = ast.parse(preamble).body
    assert isinstance(docstring, ast.Expr)
    assert parts
    assert "__main__" not in text


@every_chapter
def test_chapter_is_of_few_lines_of_code(module: Path) -> None:
    """From chapter 7 on, what a database changes in four chapters is one.

    Chapter 9 holds two sides, an issuer of tokens and who accepts them.
    Half of chapter 10 is what attackers write.
    Chapter 12 holds three: a page, an authorization server, and its client.
    """
    limits = {"ch01": 150, "ch07": 330, "ch09": 400, "ch10": 470}
    limits |= {"ch11": 400, "ch12": 573}
    limit = limits[max(name for name in limits if name <= module.stem[:4])]
    assert code_lines(module.read_text(encoding="utf-8")) <= limit


@every_chapter
def test_app_and_its_routes_are_the_last_section(module: Path) -> None:
    parts = sections(module)
    places = [
        part
        for part in parts
        if "app" in part.defines or re.search(r"(?m)^@app\.", part.source)
    ]
    assert places in ([], parts[-1:])


def history(module: Path) -> dict[str, str]:
    """Which earlier chapter last defined each name: `{"app": "ch03"}`."""
    known: dict[str, str] = {}
    for path in CHAPTERS[: CHAPTERS.index(module)]:
        body = ast.parse(path.read_text(encoding="utf-8")).body
        known |= dict.fromkeys(defined_names(body), path.stem[:4])
    return known


@every_chapter
def test_captions_say_truly_what_they_replace(module: Path) -> None:
    """`(replaces ch03)` stands exactly where ch03 defined a name of ours."""
    known = history(module)
    for part in sections(module):
        truly = {known[name] for name in part.defines if name in known}
        assert set(part.replaces) == truly, part.caption
        known |= dict.fromkeys(part.defines, "above")


def test_false_claim_is_seen() -> None:
    part = Section("# %% Sign (replaces ch01 and ch03)", "sign = 1")
    assert part.replaces == ["ch01", "ch03"]
    assert part.defines == {"sign"}


@pytest.mark.parametrize(
    ("code", "names"),
    [
        ("def a(): b = 1", ["a"]),
        ("async def a(): ...\nclass B: c = 1", ["a", "B"]),
        ("a = b = 1", ["a", "b"]),
        ("a, (b, *c) = d", ["a", "b", "c"]),
        ("a.b = 1\na[0] = 2", []),
        ("a: int = 1\nb: int", ["a"]),
        ("a = 1\na = 2", ["a", "a"]),
        ("import a\nfrom b import c\nprint(d)", []),
    ],
)
def test_defined_names_are_those_that_a_module_binds(
    code: str, names: list[str]
) -> None:
    assert list(defined_names(ast.parse(code).body)) == names
