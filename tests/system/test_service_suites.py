"""The service passes what chapter 13's app passes."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT
from tests.support.report import Report

SUITES = (
    *("test_conformance", "test_every_app", "test_security"),
    *("test_escalation", "test_hostile_requests", "test_hostile_revocations"),
)


@pytest.mark.slow
@pytest.mark.parametrize("suite", SUITES)
def test_service_passes_suite_of_chapter_13(
    suite: str, report: Report, tmp_path: Path
) -> None:
    command = [
        *(sys.executable, "-m", "pytest", "-q", "-n0", "--all", "-k", "ch13"),
        *("-p", "tests.support.as_service", "-p", "no:cacheprovider"),
        f"tests/system/{suite}.py",
    ]
    ended = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    passed = re.search(r"(\d+) passed", ended.stdout)
    assert passed, ended.stdout
    report.append(f"the service passes {passed[1]} tests of {suite}")
