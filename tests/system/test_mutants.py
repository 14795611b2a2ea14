"""Every mutant of a chapter's module is killed by the test that it names."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT, Chapter, chapters
from tests.system.mutants import Mutant, mutants_of

SYSTEM = ROOT / "tests" / "system"
CHAPTERS = [chapter for chapter in chapters() if chapter.module.exists()]
CASES = [
    pytest.param(chapter, mutant, id=f"{chapter.name}: {mutant.why}")
    for chapter in CHAPTERS
    for mutant in mutants_of(chapter)
]
# No plugin but anyio: loading all those installed takes 2 seconds.
PYTEST = [
    *("-P", "-m", "pytest", "-x", "-q", "-rf", "--tb=line", "--noconftest"),
    *("--override-ini=addopts=", "-p", "no:cacheprovider"),
    *("-p", "anyio.pytest_plugin", "-p", "tests.conftest"),
    *("-k", "not postgresql"),  # SQLite is enough, and faster
    *(f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}"),
]


@pytest.fixture
def snippets(tmp_path: Path) -> Path:
    """Copy the system to a folder where a module may be broken."""
    litter = shutil.ignore_patterns("__pycache__")
    copy = tmp_path / "snippets"
    shutil.copytree(ROOT / "snippets", copy, ignore=litter)
    return copy


def run_tests(snippets: Path, *tests: str) -> subprocess.CompletedProcess[str]:
    """Run tests by their node ids below `tests/system/`, on a copy."""
    path = os.pathsep.join(map(str, [snippets.parent, ROOT]))
    alone = {
        "PYTHONPATH": path + os.pathsep + os.environ.get("PYTHONPATH", ""),
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *PYTEST, *(f"{SYSTEM / test}" for test in tests)],
        cwd=snippets.parent,
        env={**os.environ, **alone},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=str)
def test_killing_tests_pass_on_the_unbroken_module(
    chapter: Chapter, snippets: Path
) -> None:
    """Without this, the failures below would prove nothing."""
    tests = {mutant.killed_by for mutant in mutants_of(chapter)}
    done = run_tests(snippets, *sorted(tests))
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(("chapter", "mutant"), CASES)
def test_mutant_is_killed_by_its_test(
    chapter: Chapter, mutant: Mutant, snippets: Path
) -> None:
    file = snippets / chapter.module.name
    source = file.read_text(encoding="utf-8")
    file.write_text(mutant.apply(source), encoding="utf-8")
    done = run_tests(snippets, mutant.killed_by)
    failed = rf"(?m)^FAILED \S*{re.escape(mutant.killed_by)}"
    assert re.search(failed, done.stdout), done.stdout + done.stderr


@pytest.mark.parametrize("chapter", CHAPTERS, ids=str)
def test_every_mutant_changes_its_module(chapter: Chapter) -> None:
    source = chapter.module.read_text(encoding="utf-8")
    same = [m.why for m in mutants_of(chapter) if m.apply(source) == source]
    assert not same


@pytest.mark.parametrize("chapter", CHAPTERS, ids=str)
def test_every_killing_test_exists(chapter: Chapter) -> None:
    missing = []
    for killed_by in {mutant.killed_by for mutant in mutants_of(chapter)}:
        file, _, name = killed_by.partition("::")
        text = (SYSTEM / file).read_text(encoding="utf-8")
        if f"def {name}(" not in text:
            missing.append(killed_by)
    assert not missing, f"{chapter}: rename them in `killed_by` too"


@pytest.mark.parametrize("times", [0, 2])
def test_mutant_whose_text_is_not_there_once_is_refused(times: int) -> None:
    mutant = Mutant("x", "y", "why", "test_a.py::test_b")
    with pytest.raises(ValueError, match=f"{times} times, not once"):
        mutant.apply("x" * times)
