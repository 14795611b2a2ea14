"""Each chapter has all that a chapter consists of, or a reason why not."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from course.chapters import Chapter, chapters
from course.upkeep.__main__ import main
from tests.support.completeness import (
    BY_DESIGN,
    PARTS,
    missing_parts,
)
from tests.support.copies import SAMPLE as STEM
from tests.support.copies import copy_with_sample, start_tests

every_chapter = pytest.mark.parametrize("chapter", chapters(), ids=str)


@every_chapter
def test_chapter_is_complete(chapter: Chapter) -> None:
    excused = BY_DESIGN.get(chapter.name, {})
    lacking = [part for part in missing_parts(chapter) if part not in excused]
    assert not lacking, f"{chapter} lacks: {', '.join(lacking)}"


@every_chapter
def test_nothing_is_excused_that_is_there(chapter: Chapter) -> None:
    assert BY_DESIGN.get(chapter.name, {}).keys() <= set(
        missing_parts(chapter)
    )


def test_every_excuse_is_of_a_chapter_and_has_a_reason() -> None:
    assert BY_DESIGN.keys() <= {chapter.name for chapter in chapters()}
    for excuses in BY_DESIGN.values():
        assert all(len(reason.split()) >= 5 for reason in excuses.values())


def remove_line(file: str, beginning: str) -> Callable[[Path], None]:
    """Take the line with some text out of a file of the course."""

    def remove(root: Path) -> None:
        path = root / file
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if beginning not in line]
        assert len(kept) == len(lines) - 1, (file, beginning)
        path.write_text("".join(kept), encoding="utf-8")

    return remove


def replace(file: str, old: str, new: str) -> Callable[[Path], None]:
    """Put another text where one is written in a file of the course."""

    def put(root: Path) -> None:
        path = root / file
        text = path.read_text(encoding="utf-8")
        assert old in text, (file, old)
        path.write_text(text.replace(old, new), encoding="utf-8")

    return put


def remove(attribute: str) -> Callable[[Path], None]:
    """Delete one of the files of chapter 99."""

    def delete(root: Path) -> None:
        file: Path = getattr(Chapter.of(STEM, root), attribute)
        file.unlink()

    return delete


BOOK, MODULE = f"notebooks/{STEM}.ipynb", f"snippets/{STEM}.py"
TAKE_AWAY: dict[str, Callable[[Path], None]] = {
    "module": remove("module"),
    "notebook": remove("notebook"),
    "captions": replace(BOOK, "# %% Greet a user", "# Greet a user"),
    "app": replace(MODULE, "\napp = FastAPI(", "\nother = FastAPI("),
    "practice": remove("practice"),
    "prediction": replace(BOOK, '"predict(', '"print('),
    "exercise": replace(BOOK, '"hint(', '"print('),
    "wrong answers": remove("wrong_answers"),
    "right answers": remove("right_answers"),
    "unit tests": remove("unit_tests"),
    "mutants": remove("mutants"),
    "story": replace("course/stories.py", "def ch99(", "def chapter_99("),
    "contract or conformance rows": replace(
        "tests/system/conformance.py", '"ch99"', "None"
    ),
    "page for teachers": remove("teaching"),
    "README row": remove_line("README.md", f"notebooks/{STEM}.ipynb"),
}


def run_tests(root: Path, *arguments: str) -> tuple[int, str]:
    """Run tests of a copy of the course; return exit status and output."""
    running = start_tests(root, *arguments)
    output, _ = running.communicate()
    return running.returncode, output


@pytest.fixture(scope="module")
def course(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the course with chapter 99, which no test changes."""
    return copy_with_sample(tmp_path_factory.mktemp("course") / "copy")


@pytest.mark.slow
class TestNewChapter:
    """Chapter 99 in a copy of the course, made by the command."""

    def test_every_part_is_written(self, course: Path) -> None:
        assert missing_parts(Chapter.of(STEM, course)) == []

    def test_its_quick_tests_are_green(self, course: Path) -> None:
        status, output = run_tests(course, "-n0", "-k", "ch99")
        assert status == 0, output

    @pytest.mark.parametrize("part", PARTS)
    def test_part_taken_away_is_named(
        self, part: str, course: Path, tmp_path: Path
    ) -> None:
        root = tmp_path / "copy"
        shutil.copytree(course, root)
        TAKE_AWAY[part](root)
        name = "tests/course/test_chapter_is_complete.py"
        status, output = run_tests(root, "-n0", name, "-k", STEM)
        assert status == 1, output
        assert f"{STEM} lacks: " in output
        [complaint] = [
            line
            for line in output.splitlines()
            if line.startswith("E       AssertionError:")
        ]
        assert part in complaint

    def test_taken_number_is_refused(
        self, course: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["new-chapter", "99", "other"], course) == 1
        assert capsys.readouterr().out == (
            "the number is taken, by ch99_sample\n"
        )
        assert not (course / "snippets" / "ch99_other.py").exists()


@pytest.mark.parametrize(
    ("number", "topic", "complaint"),
    [
        ("7", "With Spaces", "is no name for a chapter"),
        ("0", "zero", "is no name for a chapter"),
        ("100", "far", "is no name for a chapter"),
        ("4", "again", "the number is taken, by ch04_token_endpoint"),
    ],
)
def test_chapter_that_cannot_be_added_is_refused(
    number: str,
    topic: str,
    complaint: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["new-chapter", number, topic]) == 1
    assert complaint in capsys.readouterr().out


def test_first_app_of_a_course_is_no_sample(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sample builds on the app of an earlier chapter."""
    assert main(["new-chapter", "1", "first"], tmp_path) == 1
    assert "no chapter before 1 defines `app`" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())
