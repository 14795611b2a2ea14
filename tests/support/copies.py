"""Copies of the course to change and to run tests in."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

from course.chapters import ROOT
from course.upkeep.__main__ import main

SAMPLE = "ch99_sample"
LEFT_OUT = shutil.ignore_patterns(
    *(
        "__pycache__",
        ".*_cache",
        ".git",
        ".venv",
        ".tab",
        ".ipynb_checkpoints",
    ),
    *("work", "wheelhouse", "artefacts"),
)


def copy_course(target: Path) -> Path:
    """Copy the course as it is to a folder that does not exist yet."""
    shutil.copytree(ROOT, target, ignore=LEFT_OUT)
    return target


def copy_with_sample(target: Path) -> Path:
    """Copy the course, and add chapter 99 as `new-chapter` writes it."""
    copy_course(target)
    status = main(["new-chapter", "99", "sample"], target)
    assert status == 0
    return target


def start_tests(root: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start pytest in a copy; `communicate()` returns what it prints."""
    return subprocess.Popen(
        [sys.executable, "-m", "pytest", "-q", *arguments],
        cwd=root,
        env={**os.environ, "COLUMNS": "200", "PYTHONDONTWRITEBYTECODE": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        encoding="utf-8",
    )
