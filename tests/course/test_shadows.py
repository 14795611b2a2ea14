"""A file of the learner's that hides a package is named, with the remedy."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT
from course.shadows import PACKAGES, refuse_shadows


def import_aids(folder: Path) -> str:
    """Import the aids as a notebook in a folder does; return the errors."""
    code = (
        f"import sys; sys.path.insert(0, {str(ROOT)!r})\n"
        "from course.classroom import show"
    )
    return subprocess.run(
        [sys.executable, "-c", code],
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
    ).stderr


@pytest.mark.parametrize("name", ["jwt.py", "httpx.py", "fastapi/__init__.py"])
def test_own_file_with_the_name_of_a_package_is_refused(
    name: str, tmp_path: Path
) -> None:
    file = tmp_path / name
    file.parent.mkdir(exist_ok=True)
    file.write_text("x = 1\n", encoding="utf-8")
    package = name.removesuffix(".py").partition("/")[0]
    assert import_aids(tmp_path).splitlines()[-1] == (
        f"ImportError: Python found {file.resolve()} where it needs the "
        f"installed package {package}. Give that file or its folder another "
        "name, then restart the kernel: Kernel > Restart Kernel…"
    )


def test_hidden_package_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = tmp_path / "some_package.py"
    file.write_text("x = 1\n", encoding="utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(ImportError, match="some_package") as refusal:
        refuse_shadows(tmp_path, ["some_package"])
    assert (refusal.value.name, refusal.value.path) == (
        "some_package",
        str(file.resolve()),
    )
    refuse_shadows(tmp_path / "elsewhere", ["some_package"])


@pytest.mark.integration
def test_other_files_are_fine(tmp_path: Path) -> None:
    for name in ("tokens.py", "jwt.txt", "jwt/notes.py"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text("x = 1\n", encoding="utf-8")
    assert import_aids(tmp_path) == ""


def test_missing_and_built_in_packages_hide_nothing(tmp_path: Path) -> None:
    refuse_shadows(tmp_path, ["no_such_package", "sys"])


def imported(file: Path) -> set[str]:
    """Name the top-level packages that a module imports."""
    names = set()
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(str(node.module))
    return {name.partition(".")[0] for name in names}


def test_every_package_that_the_course_imports_is_watched() -> None:
    files = [*ROOT.glob("course/**/*.py"), *ROOT.glob("snippets/**/*.py")]
    kernels = [file for file in files if "tests" not in file.parts]
    found = set().union(*map(imported, kernels))
    ours = {"course", "snippets", "tests", "rooms"}
    assert found - ours - sys.stdlib_module_names <= {*PACKAGES}
