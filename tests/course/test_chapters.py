"""Chapters are found by file name and named in whatever way comes to mind."""

from pathlib import Path

import pytest

from course.chapters import (
    ROOT,
    UnknownChapterError,
    list_modules,
    list_notebooks,
    resolve,
)

STEMS = ["ch00_start", "ch04_token_endpoint", "ch13_ship_it", "extra_loop"]


@pytest.mark.parametrize(
    "name", ["ch04", "4", "04", "ch4", "CH04", "ch04_token_endpoint"]
)
def test_a_chapter_goes_by_many_names(name: str) -> None:
    assert resolve(name, STEMS) == "ch04_token_endpoint"


def test_a_side_road_goes_by_its_whole_stem() -> None:
    assert resolve("extra_loop", STEMS) == "extra_loop"


@pytest.mark.parametrize(
    "name", ["", "ch", "1", "40", "004", "-4", "٤", "4 ", "extra", "token"]
)
def test_an_unknown_name_is_answered_with_all_chapters(name: str) -> None:
    with pytest.raises(UnknownChapterError) as refused:
        resolve(name, STEMS)
    message = str(refused.value)
    assert repr(name) in message
    assert ", ".join(STEMS) in message
    assert "\n" not in message


def test_where_there_is_no_chapter_the_message_says_so() -> None:
    with pytest.raises(UnknownChapterError, match="There are: none"):
        resolve("ch04", [])


def test_modules_are_found_by_name_and_nothing_else_is(tmp_path: Path) -> None:
    (tmp_path / "snippets").mkdir()
    for name in ("ch10_b.py", "ch02_a.py", "stories.py", "ch02_a.txt"):
        (tmp_path / "snippets" / name).touch()
    assert list_modules(tmp_path) == ["ch02_a", "ch10_b"]


def test_chapters_come_before_a_stray_notebook(tmp_path: Path) -> None:
    (tmp_path / "notebooks").mkdir()
    for name in ("Untitled.ipynb", "extra_b.ipynb", "ch00_a.ipynb", "a.md"):
        (tmp_path / "notebooks" / name).touch()
    assert list_notebooks(tmp_path) == ["ch00_a", "extra_b", "Untitled"]


def test_the_root_is_the_course() -> None:
    assert (ROOT / "course" / "chapters.py").is_file()
    assert "ch04_token_endpoint" in list_modules()
