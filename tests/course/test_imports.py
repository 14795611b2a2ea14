"""A notebook depends on the modules that its cells use, and on no others."""

from pathlib import Path

import pytest

from course.chapters import ROOT
from course.upkeep.imports import digest_of_imports, reached
from course.upkeep.notebook import notebooks, source

FILES = {
    "course/__init__.py": '"""A course."""\n',
    "course/classroom/__init__.py": (
        '"""Aids."""\n\n'
        "from course.classroom.exchange import show\n"
        "from course.classroom.figure import draw as show_plot\n"
        "from course.classroom.token.layout import show_token\n\n"
        '__all__ = ["show", "show_plot", "show_token"]\n'
        "OWN = 1\n"
    ),
    "course/classroom/card.py": '"""A card."""\n\nWIDTH = 1\n',
    "course/classroom/exchange.py": (
        '"""Exchanges."""\n\n'
        "from typing import TYPE_CHECKING\n\n"
        "from course.classroom.card import WIDTH\n\n"
        "if TYPE_CHECKING:\n"
        "    from course.classroom.figure import draw\n\n\n"
        "def show() -> int:\n"
        '    """Show."""\n'
        "    return WIDTH  # of a card\n"
    ),
    "course/classroom/figure.py": '"""Figures."""\n\n\ndef draw(): ...\n',
    "course/classroom/token/__init__.py": '"""Tokens."""\n',
    "course/classroom/token/layout.py": "def show_token(): ...\n",
    "course/practice/ch98.py": "from snippets.ch97_first import one\n",
    "snippets/__init__.py": '"""The system."""\n',
    "snippets/ch97_first.py": '"""First."""\n\none = 1\n',
    "snippets/ch98_second.py": "from snippets.ch97_first import one\n",
}
CARD, EXCHANGE = "course/classroom/card.py", "course/classroom/exchange.py"
FIGURE = "course/classroom/figure.py"
PACKAGE = "course/classroom/__init__.py"
LAYOUT = "course/classroom/token/layout.py"
FIRST, SECOND = "snippets/ch97_first.py", "snippets/ch98_second.py"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A small course."""
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(
    ("code", "files"),
    [
        ("import httpx", set()),
        ("from course.classroom import show", {EXCHANGE, CARD}),
        ("from course.classroom import show_plot", {FIGURE}),
        ("from course.classroom import show_token", {LAYOUT}),
        (
            "from course.classroom import show, show_plot as p",
            {EXCHANGE, CARD, FIGURE},
        ),
        ("from course.classroom import exchange", {EXCHANGE, CARD}),
        ("from course.classroom.exchange import show", {EXCHANGE, CARD}),
        ("import course.classroom.figure", {FIGURE}),
        ("from course.classroom.token import layout", {LAYOUT}),
        (
            "from course.classroom import OWN",
            {PACKAGE, EXCHANGE, CARD, FIGURE, LAYOUT},
        ),
        (
            "import course.classroom as c",
            {PACKAGE, EXCHANGE, CARD, FIGURE, LAYOUT},
        ),
        ("def late():\n    from course.classroom import show_plot", {FIGURE}),
        ("from snippets import ch98_second as it", {SECOND, FIRST}),
        ("from snippets.ch97_first import *", {FIRST}),
        ("from snippets.nowhere import x", set()),
        ("no python at all", set()),
    ],
)
def test_imports_lead_to_these_files(
    code: str, files: set[str], root: Path
) -> None:
    found = {
        path.relative_to(root).as_posix() for path in reached([code], root)
    }
    assert found == files


def test_practice_counts_with_what_it_imports(root: Path) -> None:
    practice = root / "course/practice/ch98.py"
    missing = practice.with_name("ch99.py")
    found = reached([], root, [practice, missing])
    assert found == {practice, root / FIRST}


def change(root: Path, name: str, old: str, new: str) -> None:
    text = (root / name).read_text(encoding="utf-8")
    assert old in text
    (root / name).write_text(text.replace(old, new), encoding="utf-8")


def digest(root: Path) -> str:
    code = "from course.classroom import show\nimport snippets.ch97_first"
    return digest_of_imports([code], root)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (FIGURE, "...", "pass"),
        (PACKAGE, "OWN = 1", "OWN = 2"),
        (
            EXCHANGE,
            '"""Show."""',
            '"""Print an exchange.\n\n    Whole.\n    """',
        ),
        (EXCHANGE, '"""Exchanges."""', '"""HTTP exchanges."""'),
        (EXCHANGE, "  # of a card", ""),
        (CARD, "\n\nWIDTH", "\n\n\n# Wide enough.\nWIDTH"),
    ],
)
def test_digest_stays_where_nothing_used_changed(
    name: str, old: str, new: str, root: Path
) -> None:
    before = digest(root)
    change(root, name, old, new)
    assert digest(root) == before


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (EXCHANGE, "return WIDTH", "return -WIDTH"),
        (CARD, "WIDTH = 1", "WIDTH = 2"),
        (CARD, "WIDTH = 1", 'WIDTH = "# 1"'),
        (FIRST, "one = 1", "one = 2"),
        # The docstring of a path operation reaches the API docs.
        (FIRST, '"""First."""', '"""The first."""'),
    ],
)
def test_digest_changes_with_what_is_used(
    name: str, old: str, new: str, root: Path
) -> None:
    before = digest(root)
    change(root, name, old, new)
    assert digest(root) != before


def test_aid_of_few_notebooks_touches_few() -> None:
    """The real course: not every notebook depends on every aid."""
    files_of = [
        reached(map(source, book.code_cells), ROOT) for book in notebooks()
    ]
    for aid in ("server", "dependencies", "figure", "kernel"):
        path = ROOT / "course" / "classroom" / f"{aid}.py"
        users = [files for files in files_of if path in files]
        assert 1 <= len(users) < len(files_of) / 2, aid
