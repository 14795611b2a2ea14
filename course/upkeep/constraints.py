"""Compile constraints.txt: `python -m course.upkeep.constraints`.

Everything that requirements.txt and tests/requirements.txt need in turn is
pinned, for every system and every supported Python. The sources are read
without their `-c constraints.txt` lines, which would freeze the old pins.
Needs the network, and uv (`python -m pip install uv`).
"""

import re
import subprocess
import sys
from pathlib import Path

from course.upkeep.notebook import ROOT

SOURCES = ("requirements.txt", "tests/requirements.txt")
HEADER = """\
# Compiled from requirements.txt and tests/requirements.txt, never edited:
#     python -m course.upkeep.constraints
"""


def own_requirements(root: Path = ROOT) -> list[str]:
    """List the direct requirements of both files: `["fastapi==0.165.0"]`."""
    found = []
    for name in SOURCES:
        for line in (root / name).read_text(encoding="utf-8").splitlines():
            requirement = re.sub(r"(^|\s)#.*", "", line).strip()
            if requirement and not requirement.startswith("-"):
                found.append(requirement)
    return found


def compile_constraints() -> None:
    """Write constraints.txt anew."""
    command = [sys.executable, "-m", "uv", "pip", "compile", "-"]
    command += ["--universal", "--python-version", "3.11", "--no-header"]
    command += ["--no-emit-find-links", "--annotation-style", "line"]
    done = subprocess.run(
        [*command, "--quiet"],
        input="\n".join(own_requirements()),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise SystemExit(done.stderr)
    path = ROOT / "constraints.txt"
    path.write_text(HEADER + done.stdout, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    compile_constraints()
