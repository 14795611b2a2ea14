"""Every mutant of a chapter's module is killed by the test that it names."""

import re
import shutil
from pathlib import Path

import pytest

from course.chapters import ROOT, Chapter, chapters
from tests.support.prepared import run_pytest
from tests.system.mutants import Mutant, mutants_of

SYSTEM = ROOT / "tests" / "system"
CHAPTERS = [chapter for chapter in chapters() if chapter.module.exists()]
CASES = [
    pytest.param(chapter, mutant, id=f"{chapter.name}: {mutant.why}")
    for chapter in CHAPTERS
    for mutant in mutants_of(chapter)
]
# No plugin but anyio: loading all those installed takes 2 seconds.
ARGUMENTS = [
    *("-x", "-q", "-rf", "--tb=line", "--noconftest"),
    *("--override-ini=addopts=", "-p", "no:cacheprovider"),
    *("-p", "anyio.pytest_plugin", "-p", "tests.conftest"),
    *("-k", "not postgresql"),  # SQLite is enough, and faster
    *(f"--rootdir={ROOT}", f"--config-file={ROOT / 'pyproject.toml'}"),
]


@pytest.fixture
def snippets(tmp_path: Path) -> Path:
    """Copy the system, compiled, to a folder where a module may be broken."""
    copy = tmp_path / "snippets"
    shutil.copytree(ROOT / "snippets", copy)
    return copy


def run_tests(snippets: Path, *tests: str) -> tuple[int, str]:
    """Run tests by their node ids below `tests/system/`, on a copy."""
    ids = [f"{SYSTEM / test}" for test in tests]
    copy = snippets.parent
    return run_pytest([*ARGUMENTS, *ids], path=[copy, ROOT], folder=copy)


@pytest.mark.slow
@pytest.mark.parametrize("chapter", CHAPTERS, ids=str)
def test_killing_tests_pass_on_the_unbroken_module(
    chapter: Chapter, snippets: Path
) -> None:
    """Without this, the failures below would prove nothing."""
    tests = {mutant.killed_by for mutant in mutants_of(chapter)}
    status, printed = run_tests(snippets, *sorted(tests))
    assert status == 0, printed


@pytest.mark.slow
@pytest.mark.parametrize(("chapter", "mutant"), CASES)
def test_mutant_is_killed_by_its_test(
    chapter: Chapter, mutant: Mutant, snippets: Path
) -> None:
    file = snippets / chapter.module.name
    source = file.read_text(encoding="utf-8")
    file.write_text(mutant.apply(source), encoding="utf-8")
    for compiled in snippets.glob(f"__pycache__/{chapter.module.stem}.*"):
        compiled.unlink()
    _, printed = run_tests(snippets, mutant.killed_by)
    failed = rf"(?m)^FAILED \S*{re.escape(mutant.killed_by)}"
    assert re.search(failed, printed), printed


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
