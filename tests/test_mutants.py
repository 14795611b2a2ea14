"""Every mutant of the system's security is caught by the unit tests."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.apps import FOLDER
from tests.mutants import MUTANTS, Mutant

pytestmark = pytest.mark.slow

ROOT = FOLDER.parent
UNIT_TESTS = [
    "tests/test_ch02_password_hashing.py",
    "tests/test_ch03_dependency_wiring.py",
    "tests/test_ch04_token_endpoint.py",
    "tests/test_contract.py",
    "tests/test_security.py",
    "tests/test_wiring.py",
]
PYTEST = [
    *("-m", "pytest", "-x", "-q", "-rf", "--tb=no", "--noconftest"),
    *("--override-ini=addopts=", "-p", "no:cacheprovider"),
    *("-p", "anyio.pytest_plugin", "-p", "tests.fixtures"),
]
FAILED = re.compile(r"^FAILED tests/test_\w+\.py::test_", re.MULTILINE)


@pytest.fixture
def house(tmp_path: Path) -> Path:
    """Copy what the unit tests need."""
    litter = shutil.ignore_patterns("__pycache__")
    for folder in ("snippets", "tests"):
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
