"""The unit tests alone reach every branch of the snippets."""

import re
import subprocess
import sys

import pytest

from course.chapters import ROOT
from tests.support.report import Report
from tests.support.tiers import UP_TO_INTEGRATION


@pytest.mark.slow
def test_unit_tests_reach_every_branch(report: Report) -> None:
    """Kernels do not count: quick and integration tests, in one process."""
    done = subprocess.run(
        [
            sys.executable,
            *("-m", "pytest", "tests", "-q", "-n0", *UP_TO_INTEGRATION),
            *("--cov=snippets", "--cov=course", "--cov=rooms"),
            *("--cov-branch", "--cov-report=term-missing"),
            "--cov-fail-under=100",
        ],
        cwd=ROOT,
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stdout
    total = re.search(r"TOTAL +(\d+) +0 +(\d+) +0 +100%", done.stdout)
    assert total, done.stdout
    report.append(
        f"unit tests reach all {total[1]} statements and all {total[2]} "
        f"branches of snippets/"
    )
