"""Every mutant of the system's security is caught by the unit tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.chapters import FOLDER
from tests.system.mutants import MUTANTS, Mutant

pytestmark = pytest.mark.slow

ROOT = FOLDER.parent
UNIT_TESTS = [
    "tests/system/test_ch02_password_hashing.py",
    "tests/system/test_ch03_dependency_wiring.py",
    "tests/system/test_ch04_token_endpoint.py",
    "tests/system/test_contract.py",
    "tests/system/test_security.py",
    "tests/system/test_stale.py",
]
PYTEST = [
    *("-m", "pytest", "-x", "-q", "-rf", "--tb=no", "--noconftest"),
    *("--override-ini=addopts=", "-p", "no:cacheprovider"),
    *("-p", "anyio.pytest_plugin", "-p", "tests.conftest"),
]
FAILED = re.compile(r"^FAILED tests/system/test_\w+\.py::test_", re.MULTILINE)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Copy what the unit tests need."""
    litter = shutil.ignore_patterns("__pycache__")
    for folder in ("snippets", "course", "tests"):
        shutil.copytree(ROOT / folder, tmp_path / folder, ignore=litter)
    for file in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / file, tmp_path)
    return tmp_path


def run_unit_tests(
    house: Path, *, first: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run them in a process of their own, the telling file first.

    No plugin but anyio: loading all those installed takes 2 seconds.
    """
    files = sorted(UNIT_TESTS, key=lambda file: Path(file).stem != first)
    keep = {k: v for k, v in os.environ.items() if not k.startswith("PYTEST")}
    alone = {
        "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    return subprocess.run(
        [sys.executable, *PYTEST, *files],
        cwd=house,
        env=keep | alone,
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_unmutated_house_passes(house: Path) -> None:
    run = run_unit_tests(house)
    assert run.returncode == 0, run.stdout + run.stderr


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.why)
def test_mutant_is_caught(mutant: Mutant, house: Path) -> None:
    file = house / mutant.file
    source = mutant.apply(file.read_text(encoding="utf-8"))
    file.write_text(source, encoding="utf-8")
    run = run_unit_tests(house, first=f"test_{file.stem}")
    assert run.returncode == 1, run.stdout + run.stderr
    assert FAILED.search(run.stdout), run.stdout + run.stderr


@pytest.mark.parametrize("times", [0, 2])
def test_mutant_whose_text_is_not_there_once_is_refused(times: int) -> None:
    mutant = Mutant("a.py", "x", "y", "why")
    with pytest.raises(ValueError, match=f"stands {times} times"):
        mutant.apply("x" * times)


def test_every_unit_test_file_is_there() -> None:
    assert all((ROOT / file).is_file() for file in UNIT_TESTS)
