"""Progress is read from the learner's own notebooks, and from nothing else."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from course import __main__ as command
from course.chapters import ROOT, Chapter
from course.classroom.exercise import EXERCISES, judge
from course.classroom.registry import load_all
from course.progress import (
    CHECK,
    Progress,
    code_word,
    passed,
    posed,
    progress,
)
from course.upkeep.notebook import notebooks, source
from course.workspace import DamagedNotebookError

STEM = "ch04_token_endpoint"
WORD = code_word(STEM, ["one", "two"])


def cell(text: str, *outputs: object) -> dict[str, object]:
    return {"cell_type": "code", "source": text, "outputs": [*outputs]}


def shown(text: object) -> dict[str, object]:
    return {"output_type": "display_data", "data": {"text/plain": text}}


def write(path: Path, *cells: Mapping[str, object]) -> None:
    path.parent.mkdir(exist_ok=True)
    path.write_text(json.dumps({"cells": cells}), encoding="utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course whose chapter 4 poses two exercises, and chapter 5 none.

    Prose that mentions a check poses nothing.
    """
    prose = {"cell_type": "markdown", "source": 'check("three", x)'}
    write(
        tmp_path / "notebooks" / f"{STEM}.ipynb",
        prose,
        cell('one = 1\n\n\ncheck("one", one)'),
        cell('check(\n    "two", two\n)'),
    )
    write(tmp_path / "notebooks" / "ch05_check_it.ipynb", prose)
    (tmp_path / "README.md").touch()
    return tmp_path


def learn(root: Path, name: str, *outputs: object) -> None:
    write(root / "work" / name, cell("…", *outputs))


def test_untouched_course_has_passed_nothing(root: Path) -> None:
    [found] = progress(root)
    assert found == Progress(Chapter.of(STEM, root), ("one", "two"), ())
    assert found.word is None
    assert str(found) == "ch04   0 of 2 exercises passed"


def test_passed_verdicts_count_in_the_order_of_the_chapter(
    root: Path,
) -> None:
    learn(
        root,
        f"{STEM}.ipynb",
        {"output_type": "stream", "name": "stdout", "text": "Passed: two"},
        shown(["Passed: two\n", "Tried: much."]),
        shown("Passed: one"),
        shown("Passed: an exercise that is gone"),
    )
    [found] = progress(root)
    assert found.passed == ("one", "two")
    assert str(found).endswith(f"2 of 2 exercises passed   code word: {WORD}")


def test_printed_text_is_no_verdict(root: Path) -> None:
    text = {"output_type": "stream", "name": "stdout", "text": "Passed: one"}
    learn(root, f"{STEM}.ipynb", text, shown("Not yet: two"))
    assert progress(root)[0].passed == ()


def test_copies_that_reset_has_kept_count(root: Path) -> None:
    learn(root, f"{STEM}.mine-1.ipynb", shown("Passed: one"))
    assert progress(root)[0].word is None  # one of two
    learn(root, f"{STEM}.ipynb", shown("Passed: two"))
    assert set(passed(Chapter.of(STEM, root))) == {"one", "two"}


@pytest.mark.parametrize("text", ["<<<<", "[]", '{"cells": [[]]}', "{}"])
def test_damaged_copy_counts_for_nothing(root: Path, text: str) -> None:
    (root / "work").mkdir()
    (root / "work" / f"{STEM}.ipynb").write_text(text, encoding="utf-8")
    assert progress(root)[0].passed == ()


def test_damaged_notebook_of_the_course_is_named(root: Path) -> None:
    (root / "notebooks" / f"{STEM}.ipynb").write_bytes(b"<<<<")
    with pytest.raises(DamagedNotebookError, match="git checkout"):
        progress(root)


def test_command_prints_and_writes_a_page(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    learn(root, f"{STEM}.ipynb", shown("Passed: one"), shown("Passed: two"))
    assert command.main(["progress"], root) == 0
    printed = capsys.readouterr().out
    assert f"code word: {WORD}" in printed
    assert "Nothing is sent anywhere." in printed
    page = (root / "work" / "progress.md").read_text(encoding="utf-8")
    assert f"| ch04 | 2 of 2 | {WORD} |" in page


def test_unfinished_chapter_has_no_word_on_the_page(root: Path) -> None:
    command.main(["progress"], root)
    page = (root / "work" / "progress.md").read_text(encoding="utf-8")
    assert "| ch04 | 0 of 2 |  |" in page


def test_code_word_is_the_same_everywhere_and_changes_with_exercises() -> None:
    assert code_word(STEM, ["two", "one"]) == WORD == "amber jackal"
    assert code_word(STEM, ["one"]) != WORD


def test_no_two_chapters_have_one_code_word() -> None:
    found = [each for each in progress(ROOT) if each.posed]
    words = {code_word(each.chapter.stem, each.posed) for each in found}
    assert len(words) == len(found) > 11


def test_every_exercise_is_found_in_its_notebook() -> None:
    load_all()
    found = [name for book in notebooks() for name in posed(book.chapter)]
    assert sorted(found) == sorted(EXERCISES)


def test_verdict_of_a_passed_exercise_is_recognised(root: Path) -> None:
    """The text that the aids write, not one that this test has made up."""
    load_all()
    right = [{"username": "johndoe", "password": "secret"}, headers_for]
    card = judge(EXERCISES["log in"], right).card
    learn(root, f"{STEM}.ipynb", shown(str(card)))
    assert list(passed(Chapter.of(STEM, root))) == ["log in"]


def headers_for(token: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {token}"}


def test_checks_are_written_as_progress_reads_them() -> None:
    for book in notebooks():
        for code in map(source, book.code_cells):
            called = [ln for ln in code.splitlines() if ln[:6] == "check("]
            assert len(CHECK.findall(code)) == len(called)
