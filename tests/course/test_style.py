"""One style and one direction: ruff, mypy strict and import-linter."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT

LINT_IMPORTS = (
    "-c",
    "from importlinter.cli import lint_imports_command as run; run()",
    *("--no-cache", "--no-logo"),
)


def run(root: Path, *command: str) -> tuple[int, str]:
    """Run Python with some arguments; return exit status and output."""
    done = subprocess.run(
        [sys.executable, *command],
        cwd=root,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


@pytest.mark.parametrize(
    "command",
    [
        ("-m", "ruff", "check", "--no-cache"),
        ("-m", "ruff", "format", "--check", "--no-cache"),
        pytest.param(("-m", "mypy"), marks=pytest.mark.slow),
        LINT_IMPORTS,
    ],
    ids=["ruff check", "ruff format", "mypy", "lint-imports"],
)
def test_nothing_to_complain_of(command: tuple[str, ...]) -> None:
    status, output = run(ROOT, *command)
    assert status == 0, output


# Two copies of the packages, each spoilt in places that do not explain one
# another's complaints: file, added line, complaint.
AGAINST_THE_ARROWS = (
    (
        (
            "course/classroom/card.py",
            "from snippets import ch03_dependency_wiring",
            "course.classroom is not allowed to import snippets",
        ),
        (
            "course/practice/ch00.py",
            "import course.upkeep.weave",
            "course.practice is not allowed to import course.upkeep",
        ),
        ("course/new.py", "", "course.new"),
    ),
    (
        (
            "course/classroom/card.py",
            "import course.practice.ch00",
            "course.classroom is not allowed to import course.practice",
        ),
        (
            "course/workspace.py",
            "import rooms.browser.tab",
            "course.workspace is not allowed to import rooms",
        ),
        (
            "snippets/ch03_dependency_wiring.py",
            "from course.classroom import show",
            "snippets is not allowed to import course",
        ),
    ),
)


@pytest.mark.parametrize("spoilt", AGAINST_THE_ARROWS, ids=["one", "other"])
def test_imports_against_the_arrows_are_named(
    spoilt: tuple[tuple[str, str, str], ...], tmp_path: Path
) -> None:
    litter = shutil.ignore_patterns("__pycache__")
    for folder in ("course", "rooms", "snippets"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=litter)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    for file, line, _ in spoilt:
        with (tmp_path / file).open("a", encoding="utf-8") as module:
            module.write(f"\n{line}\n")
    status, output = run(tmp_path, *LINT_IMPORTS)
    assert status == 1
    for _, _, complaint in spoilt:
        assert complaint in " ".join(output.split())
