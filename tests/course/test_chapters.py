"""A chapter knows where its files are, and is found by several names."""

from pathlib import Path

import pytest

from course.chapters import (
    ROOT,
    Chapter,
    UnknownChapterError,
    chapters,
    find,
)
from snippets import ch04_token_endpoint

STEMS = ["ch00_start", "ch04_token_endpoint", "ch13_ship_it", "extra_loop"]
FOUR = [Chapter.of(stem) for stem in STEMS]


def test_stem_gives_number_and_name() -> None:
    chapter = Chapter.of("ch04_token_endpoint")
    assert chapter == Chapter(4, "ch04_token_endpoint", ROOT)
    assert chapter.name == "ch04"
    assert str(chapter) == "ch04_token_endpoint"


def test_side_road_has_no_number_and_goes_by_its_stem() -> None:
    side_road = Chapter.of("extra_loop")
    assert side_road.number is None
    assert side_road.name == "extra_loop"
    assert side_road.practice == ROOT / "course/practice/extra_loop.py"


@pytest.mark.parametrize(
    "stem",
    ["", "ch04", "ch4_a", "ch004_a", "ch04_", "ch04_A", "Ch04_a", "extra",
     "stories", "Untitled", "ch04_a.b", "ch٠٤_a"],
)  # fmt: skip
def test_what_is_no_stem_is_refused(stem: str) -> None:
    with pytest.raises(ValueError, match="no chapter's stem"):
        Chapter.of(stem)


def test_every_file_of_a_chapter_is_below_its_root(tmp_path: Path) -> None:
    chapter = Chapter.of("ch07_database", tmp_path)
    files = {
        "snippets/ch07_database.py": chapter.module,
        "notebooks/ch07_database.ipynb": chapter.notebook,
        "course/practice/ch07.py": chapter.practice,
        "tests/practice/wrong_answers/ch07.py": chapter.wrong_answers,
        "tests/practice/right_answers/ch07.py": chapter.right_answers,
        "tests/system/test_ch07_database.py": chapter.unit_tests,
        "tests/system/mutants/ch07.py": chapter.mutants,
    }
    assert files == {
        path.relative_to(tmp_path).as_posix(): path for path in files.values()
    }


def test_files_that_the_course_has_are_where_a_chapter_says() -> None:
    chapter = find("ch04")
    for path in (
        chapter.module,
        chapter.notebook,
        chapter.practice,
        chapter.wrong_answers,
        chapter.unit_tests,
    ):
        assert path.is_file()


def test_load_imports_the_module() -> None:
    assert find("ch04").load() is ch04_token_endpoint


def test_load_of_a_chapter_without_a_module_names_what_is_missing() -> None:
    with pytest.raises(ModuleNotFoundError, match=r"snippets\.ch99_nothing"):
        Chapter.of("ch99_nothing").load()


@pytest.mark.parametrize(
    "name", ["ch04", "4", "04", "ch4", "CH04", "ch04_token_endpoint"]
)
def test_chapter_goes_by_many_names(name: str) -> None:
    assert find(name, FOUR).stem == "ch04_token_endpoint"


def test_chapter_zero_goes_by_its_number() -> None:
    assert find("0", FOUR).stem == "ch00_start"


def test_side_road_is_found_by_its_whole_stem() -> None:
    assert find("extra_loop", FOUR).stem == "extra_loop"


@pytest.mark.parametrize(
    "name", ["", "ch", "1", "40", "004", "-4", "٤", "4 ", "extra", "token"]
)
def test_unknown_name_is_answered_with_all_chapters(name: str) -> None:
    with pytest.raises(UnknownChapterError) as refused:
        find(name, FOUR)
    message = str(refused.value)
    assert repr(name) in message
    assert ", ".join(STEMS) in message
    assert "\n" not in message


def test_where_there_is_no_chapter_the_message_says_so() -> None:
    with pytest.raises(UnknownChapterError, match="There are: none"):
        find("ch04", [])


def test_chapters_come_in_reading_order_and_strays_not_at_all(
    tmp_path: Path,
) -> None:
    for path in (
        *("notebooks/extra_b.ipynb", "notebooks/ch00_a.ipynb"),
        *("notebooks/ch02_a.ipynb", "notebooks/Untitled.ipynb"),
        *("snippets/ch10_b.py", "snippets/ch02_a.py"),
        *("snippets/__init__.py", "snippets/ch03_a.txt"),
    ):
        (tmp_path / path).parent.mkdir(exist_ok=True)
        (tmp_path / path).touch()
    assert chapters(tmp_path) == [
        Chapter(0, "ch00_a", tmp_path),
        Chapter(2, "ch02_a", tmp_path),
        Chapter(10, "ch10_b", tmp_path),
        Chapter(None, "extra_b", tmp_path),
    ]


def test_root_is_the_course() -> None:
    assert (ROOT / "course" / "chapters.py").is_file()
    assert "ch04_token_endpoint" in map(str, chapters())
