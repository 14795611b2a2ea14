"""The teacher's pages are in step with notebooks, exercises and verdicts."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from course.chapters import ROOT
from course.classroom.kernel import CellResult
from course.progress import code_word
from course.upkeep import __main__ as command
from course.upkeep import teaching
from course.upkeep.notebook import Notebook
from course.upkeep.teaching import (
    PLANS,
    Plan,
    TeachingError,
    filled,
    kept,
    objectives,
    pages,
    parts,
    plan,
    taught,
)
from tests.support.links import broken_links, vague_links

STEM = "ch04_token_endpoint"
PAGE = """\
# Teaching

<!-- objectives -->
<!-- end -->

By hand.

<!-- run sheet -->
old
<!-- end -->

<!-- exercises -->
<!-- end -->

<!-- checkpoint -->
<!-- end -->
"""
COURSE = "".join(
    f"<!-- {name} -->\n<!-- end -->\n"
    for name in ("plans", "chapters", "rule")
)
VERDICTS = [
    {"given": f"input {n}", "why": f"Reason | {n}."} for n in range(10)
]


def prose(text: str, **metadata: object) -> dict[str, object]:
    return {
        "cell_type": "markdown",
        "metadata": metadata,
        "source": text,
    }


def code(text: str) -> dict[str, object]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": [],
        "source": text,
    }


def book(*cells: dict[str, object]) -> str:
    return json.dumps(
        {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    )


CELLS = (
    prose("# Chapter 4: a title\n\n" + "word " * 97),
    prose("[Contents](x)", tags=["navigation"]),
    prose("**You will be able to**\n\n- log in,\n- log out.\n\n**You need**"),
    prose("## First\n\n" + "word " * 150 + "<details>much</details>"),
    code("a = 1\n\nb = 2\npredict(a)"),
    prose("End.\n\n## Practice\n\n### Exercise 4.1: try\n\nTry."),
    code('check("one", 1)'),
)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course of one chapter, with its pages and its two tables."""
    for folder in ("notebooks", "rooms/teaching"):
        (tmp_path / folder).mkdir(parents=True)
    path = tmp_path / "notebooks" / f"{STEM}.ipynb"
    path.write_text(book(*CELLS), encoding="utf-8")
    (tmp_path / "notebooks" / "extra_a.ipynb").write_text("{}")
    texts = {"ch04": PAGE, "README": COURSE}
    texts["progress"] = "<!-- code words -->\n<!-- end -->\n"
    for name, text in texts.items():
        page = teaching.folder(tmp_path) / f"{name}.md"
        page.write_text(text, encoding="utf-8")
    teaching.keep(tmp_path, "runs", STEM, 12)
    teaching.keep(tmp_path, "verdicts", "one", VERDICTS)
    return tmp_path


@pytest.fixture(autouse=True)
def small_plan(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Let the small course have a plan that fits it."""
    if "root" in request.fixturenames:
        fits = Plan("An hour", 1, {"ch04": ("First",)}, "nothing")
        monkeypatch.setattr(teaching, "PLANS", (fits,))


def page_of(root: Path, name: str = "ch04") -> str:
    path = teaching.folder(root) / f"{name}.md"
    return path.read_text(encoding="utf-8")


# The pages of the course itself


def test_pages_are_up_to_date() -> None:
    """To renew them: python -m course.upkeep teaching"""
    for path, text in pages(ROOT):
        assert path.read_text(encoding="utf-8") == text, path.name


def test_every_chapter_has_a_page_and_no_other() -> None:
    names = {path.stem for path in teaching.folder(ROOT).glob("ch*.md")}
    assert names == {each.chapter.name for each in taught(ROOT)}


@pytest.mark.parametrize(
    "path", sorted(teaching.folder(ROOT).glob("*.md")), ids=lambda p: p.name
)
def test_links_lead_somewhere_and_say_where(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert not broken_links(text, path)
    assert not vague_links(text)


def test_pages_have_what_only_a_teacher_can_write() -> None:
    for each in taught(ROOT):
        text = page_of(ROOT, each.chapter.name)
        by_hand = teaching.BLOCK.sub("", text)
        assert by_hand.count("?\n") >= 3, each
        stumbles = by_hand.partition("## Where learners stumble")[2]
        assert stumbles.count("\n|") >= 7, each


@pytest.mark.parametrize("each", PLANS, ids=lambda each: each.title)
def test_plans_leave_time_for_questions(each: Plan) -> None:
    books = {book.chapter.name: book for book in taught(ROOT)}
    minutes = sum(
        part.minutes
        for name, titles in each.chapters.items()
        for part in parts(books[name])
        if titles is None or part.title in titles
    )
    assert 0.6 < minutes / (each.hours * 60) < 0.9


def test_table_of_runs_has_no_chapter_that_is_gone() -> None:
    assert kept(ROOT, "runs").keys() == {each.stem for each in taught(ROOT)}


# How they are made


def test_minutes_follow_the_rule(root: Path) -> None:
    [notebook] = taught(root)
    opening, first, practice = parts(notebook)
    assert (opening.title, opening.words, opening.minutes) == (
        *("Opening", 115),
        2,
    )
    # 151 words, 3 lines of code and a prediction.
    assert (first.words, first.lines, first.minutes) == (151, 3, 4)
    assert practice.calls == {"predict": 0, "check": 1}
    assert practice.minutes == 9


def test_blocks_are_written_and_the_rest_stays(
    root: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any
) -> None:
    assert command.main(["teaching"], root) == 0
    written = capsys.readouterr().out.splitlines()
    assert written == [
        f"rooms/teaching/{name}.md" for name in ("README", "progress", "ch04")
    ]
    page = page_of(root)
    assert "By hand." in page
    assert "old" not in page
    assert "- log in,\n- log out.\n<!-- end -->" in page
    assert "| 0:02 | 4 | First | 1 |  |" in page
    assert "In all 15 minutes. Run All takes 12 seconds." in page
    assert "### Exercise 4.1: try" in page
    assert "python -m course open ch04" in page
    word = code_word(STEM, ["one"])
    assert f"| Chapter 4: a title | **{word}** |  |" in page_of(
        root, "progress"
    )
    assert "Together 4 minutes of 60" in page_of(root, "README")
    assert command.main(["teaching"], root) == 0
    assert capsys.readouterr().out == ""


def test_long_lists_of_verdicts_are_folded(root: Path) -> None:
    teaching.write_pages(root)
    shown, folded, _ = page_of(root).partition("<summary>2 further verdicts")
    assert folded
    assert "| input 7 | Reason \\| 7. |" in shown
    assert "Reason \\| 8." not in shown
    assert "Answers that look right" not in page_of(root)


def test_nearly_right_answers_are_quoted(root: Path) -> None:
    verdicts = [{"given": "a", "why": "Nearly.", "code": "one = 2"}]
    teaching.keep(root, "verdicts", "one", verdicts)
    teaching.write_pages(root)
    page = page_of(root)
    assert "Answers that look right" in page
    assert "Nearly.\n\n```python\none = 2\n```" in page
    assert "further verdicts" not in page


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("runs", "has not been measured: python -m course.upkeep teaching"),
        ("verdicts", "No verdicts on ['one']: python -m course.upkeep"),
    ],
)
def test_missing_figures_are_named(
    root: Path, capsys: pytest.CaptureFixture[str], name: str, says: str
) -> None:
    (teaching.folder(root) / f"{name}.json").unlink()
    assert command.main(["teaching"], root) == 1
    assert says in capsys.readouterr().out


def test_missing_page_is_named(root: Path) -> None:
    (teaching.folder(root) / "ch04.md").unlink()
    with pytest.raises(TeachingError, match=r"ch04\.md is missing"):
        teaching.write_pages(root)


def test_missing_block_is_named(root: Path) -> None:
    path = teaching.folder(root) / "ch04.md"
    with pytest.raises(TeachingError, match=r"needs \['no such block'\]"):
        filled(path, {"no such block": str})


def test_chapter_without_objectives_is_named(root: Path) -> None:
    path = root / "notebooks" / f"{STEM}.ipynb"
    path.write_text(book(CELLS[0], code("1")), encoding="utf-8")
    with pytest.raises(TeachingError, match="will be able to do"):
        objectives(Notebook(path))


@pytest.mark.parametrize(
    ("chosen", "says"),
    [
        ({"ch09": None}, "no chapter ch09"),
        ({"ch04": ("Gone",)}, r"no section \['Gone'\]"),
    ],
)
def test_plan_names_what_there_is(
    root: Path, chosen: dict[str, Any], says: str
) -> None:
    with pytest.raises(TeachingError, match=says):
        plan(Plan("A plan", 1, chosen, "nothing"), taught(root))


def test_runs_are_measured_in_whole_seconds(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def kernel(folder: Path) -> Iterator[str]:
        assert folder == root / "notebooks"
        yield "client"

    def run(client: str, cells: list[str], silence: float) -> list[CellResult]:
        assert len(cells) == 2
        return [CellResult(seconds=1.2), CellResult(seconds=2.1)]

    monkeypatch.setattr(teaching, "fresh_kernel", kernel)
    monkeypatch.setattr(teaching, "run_queued", run)
    assert command.main(["teaching", "--runs"], root) == 0
    assert kept(root, "runs") == {STEM: 4}


@pytest.mark.parametrize("code", [0, 1])
def test_verdicts_are_renewed_by_the_tests(
    root: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    calls: list[tuple[list[str], dict[str, Any]]] = []

    def run(words: list[str], **options: Any) -> SimpleNamespace:
        calls.append((words, options))
        return SimpleNamespace(returncode=code)

    monkeypatch.setattr(subprocess, "run", run)
    assert command.main(["teaching", "--verdicts"], root) == code
    [(words, options)] = calls
    assert (ROOT / words[-1]).is_file()
    assert options["cwd"] == root
    assert options["env"][teaching.RENEW] == "1"
