"""Compile constraints.txt: `python -m course.upkeep constraints`.

Everything that requirements.txt and tests/requirements.txt need in turn is
pinned, for every system and every supported Python. A pin that still fits
stays as it is; with `--upgrade` each moves to the newest version that fits.
The sources are read without their `-c constraints.txt` lines, which would
freeze the old pins even then.
Needs the network, and uv (`python -m pip install uv`).
"""

import re
import subprocess
import sys
from pathlib import Path

SOURCES = ("requirements.txt", "tests/requirements.txt")
HEADER = """\
# Compiled from requirements.txt and tests/requirements.txt, never edited:
#     python -m course.upkeep constraints
"""


class ConstraintsError(Exception):
    """The requirements fit together nowhere; the message is uv's."""


def requirements(file: Path) -> list[str]:
    """List a requirements file's lines: `["fastapi==0.165.0"]`.

    Comments and options, such as `-c constraints.txt`, are left out.
    """
    lines = file.read_text(encoding="utf-8").splitlines()
    texts = (re.sub(r"(^|\s)#.*", "", line).strip() for line in lines)
    return [text for text in texts if text and not text.startswith("-")]


def own_requirements(root: Path) -> list[str]:
    """List the direct requirements of both files."""
    return [line for name in SOURCES for line in requirements(root / name)]


def compile_constraints(root: Path, *, upgrade: bool = False) -> None:
    """Write constraints.txt anew.

    Raises:
        ConstraintsError: uv finds no set of versions, or is not installed.
    """
    path = root / "constraints.txt"
    command = [sys.executable, "-m", "uv", "pip", "compile", "-"]
    command += ["--universal", "--python-version", "3.11", "--no-header"]
    command += ["--no-emit-find-links", "--annotation-style", "line"]
    # uv keeps the pins of the file that it is about to write.
    command += ["--quiet", "--output-file", str(path)]
    done = subprocess.run(
        [*command, "--upgrade"] if upgrade else command,
        input="\n".join(own_requirements(root)),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ConstraintsError(done.stderr)
    text = path.read_text(encoding="utf-8")
    path.write_text(HEADER + text, encoding="utf-8", newline="\n")
