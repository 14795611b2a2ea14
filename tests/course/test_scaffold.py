"""What `new-chapter` writes, in a course that is as small as can be."""

import ast
from pathlib import Path

import pytest

from course.chapters import Chapter
from course.upkeep import scaffold
from course.upkeep.__main__ import main
from course.upkeep.notebook import Notebook, caption, source
from course.upkeep.weave import weave_sections
from tests.support.completeness import missing_parts

FILES = {
    "README.md": (
        "| [Chapter 4: first](notebooks/ch04_first.ipynb) | log in |\n"
        "| [Extra: more](notebooks/extra_more.ipynb) | more |\n"
    ),
    "course/stories.py": (
        "from snippets import ch04_first as first\n"
        "from snippets.ch04_first import app\n\n\n"
        "def ch04() -> None: ...\n"
    ),
    "snippets/ch04_first.py": (
        "# %% The user\nCurrentUser = int\n# %% The app\napp = 1\n"
    ),
    "snippets/ch05_functions.py": "# %% Imports\nimport os\n",
    "tests/system/conformance.py": "REQUIREMENTS = [\n]\n",
    "tests/system/test_contract.py": "",
}
NOTEBOOK = (
    '{"cells": [{"cell_type": "markdown", "id": "a", "metadata": {}, '
    '"source": "# Chapter NN"}, {"cell_type": "markdown", "id": "b", '
    '"metadata": {"tags": ["navigation"]}, "source": ""}], '
    '"metadata": {}, "nbformat": 4, "nbformat_minor": 5}'
)
FOLDERS = (
    *("course/practice", "tests/practice/wrong_answers", "notebooks"),
    "tests/practice/right_answers",
)


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A course of three chapters; only the first has an app."""
    for folder in FOLDERS:
        (tmp_path / folder).mkdir(parents=True)
    books = ("ch04_first", "ch05_functions", "ch06_prose", "extra_more")
    texts = {f"notebooks/{stem}.ipynb": NOTEBOOK for stem in books}
    for name, text in (FILES | texts).items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def weave_without_a_kernel(notebook: Notebook) -> bool:
        weave_sections(notebook)
        return notebook.save()

    monkeypatch.setattr(scaffold, "weave", weave_without_a_kernel)
    return tmp_path


def test_every_part_of_a_chapter_is_written(root: Path) -> None:
    assert main(["new-chapter", "7", "a_b"], root) == 0
    assert missing_parts(Chapter.of("ch07_a_b", root)) == []


def test_written_files_are_printed(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    before = {path: path.read_bytes() for path in root.rglob("*.*")}
    assert main(["new-chapter", "7", "topic"], root) == 0
    after = {path: path.read_bytes() for path in root.rglob("*.*")}
    changed = {
        path.relative_to(root).as_posix()
        for path in after
        if after[path] != before.get(path)
    }
    printed = set(capsys.readouterr().out.splitlines())
    neighbours = {
        "notebooks/ch06_prose.ipynb",
        "notebooks/extra_more.ipynb",
    }
    assert changed == printed | neighbours


def test_sample_builds_on_the_last_app(root: Path) -> None:
    main(["new-chapter", "7", "topic"], root)
    text = (root / "snippets" / "ch07_topic.py").read_text(encoding="utf-8")
    assert "from snippets.ch04_first import app as previous_app" in text
    assert "# %% The app (replaces ch04)" in text


@pytest.mark.parametrize(
    ("name", "app_module", "user_module"),
    [
        ("app", "ch05_functions", "ch04_first"),
        ("CurrentUser", "ch04_first", "ch05_functions"),
    ],
)
def test_names_come_from_the_last_module_that_defines_them(
    root: Path, name: str, app_module: str, user_module: str
) -> None:
    module = root / "snippets" / "ch05_functions.py"
    module.write_text(f"# %% The {name}\n{name} = 2\n", encoding="utf-8")
    main(["new-chapter", "7", "topic"], root)
    text = (root / "snippets" / "ch07_topic.py").read_text(encoding="utf-8")
    assert f"from snippets.{app_module} import app as" in text
    assert f"from snippets.{user_module} import CurrentUser" in text


def test_course_without_a_current_user_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    module = root / "snippets" / "ch04_first.py"
    module.write_text("# %% The app\napp = 1\n", encoding="utf-8")
    before = sorted(root.rglob("*"))
    assert main(["new-chapter", "7", "topic"], root) == 1
    complaint = "no chapter before 7 defines `CurrentUser`"
    assert complaint in capsys.readouterr().out
    assert sorted(root.rglob("*")) == before


def test_notebook_shows_every_section(root: Path) -> None:
    main(["new-chapter", "7", "topic"], root)
    book = Notebook(Chapter.of("ch07_topic", root).notebook)
    sections = {part.caption: part.source for part in book.sections}
    assert len(sections) == 3
    shown = {caption(c): source(c) for c in book.cells if caption(c)}
    assert shown == sections
    assert book.title == "Chapter 7: topic"


def test_lines_come_behind_those_of_the_chapters_before(root: Path) -> None:
    main(["new-chapter", "7", "topic"], root)
    rows = (root / "README.md").read_text(encoding="utf-8").splitlines()
    assert [row[3:12] for row in rows] == [
        "Chapter 4",
        "Chapter 7",
        "Extra: mo",
    ]
    stories = (root / "course" / "stories.py").read_text(encoding="utf-8")
    assert stories.splitlines()[:3] == [
        "from snippets import ch04_first as first",
        "from snippets import ch07_topic as topic",
        "from snippets.ch04_first import app",
    ]


def test_neighbours_link_to_the_chapter(root: Path) -> None:
    main(["new-chapter", "7", "topic"], root)
    before, after = "ch06_prose.ipynb", "extra_more.ipynb"
    for name in (before, after):
        book = Notebook(root / "notebooks" / name)
        assert "](ch07_topic.ipynb)" in source(book.cells[1]), name


def test_written_python_is_python(root: Path) -> None:
    main(["new-chapter", "7", "topic"], root)
    files = list(root.rglob("*ch07*.py"))
    assert len(files) == 6
    for file in files:
        text = file.read_text(encoding="utf-8")
        ast.parse(text)
        assert "$" not in text


def test_course_without_a_place_for_the_story_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "course" / "stories.py").write_text("", encoding="utf-8")
    before = sorted(root.rglob("*"))
    assert main(["new-chapter", "7", "topic"], root) == 1
    assert "no line matches" in capsys.readouterr().out
    assert sorted(root.rglob("*")) == before


def test_chapter_before_all_apps_is_refused(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["new-chapter", "3", "topic"], root) == 1
    assert "no chapter before 3 defines `app`" in capsys.readouterr().out
