"""The virtual environment in `.venv`, and what to say where it is missing."""

import errno
import importlib.util
import os
import subprocess
import sys
from pathlib import Path

from course import OLDEST_PYTHON

# Packages that only one command needs, and how to install them.
APART = {
    "sphinx_revealjs": "python -m pip install --no-deps "
    "-r rooms/teaching/requirements.txt",
}
# Exit codes of the question below; 1 is also Python's own for a crash.
OUTDATED, WITHOUT_PIP = 1, 3
QUESTION = (
    "import importlib.util, sys\n"
    f"if sys.version_info < {OLDEST_PYTHON}: sys.exit({OUTDATED})\n"
    f"if not importlib.util.find_spec('pip'): sys.exit({WITHOUT_PIP})"
)


def interpreter(root: Path) -> Path:
    """Return the path of the environment's Python, which may be missing."""
    folder = root / ".venv"
    if os.name == "nt":
        return folder / "Scripts" / "python.exe"
    return folder / "bin" / "python"


def make(root: Path) -> int:
    """Make the environment unless there is one that can be used.

    One whose Python is gone, broken or too old is made anew; one
    that only lacks pip gets pip; a good one stays as it is.

    Returns:
        The exit code of `python -m venv` or `python -m ensurepip`, or 0.

    Raises:
        PermissionError: the folder of the course cannot be written.
    """
    match examine(interpreter(root)):
        case 0:
            return 0
        case code if code == WITHOUT_PIP:
            python = str(interpreter(root))
            return run([python, "-m", "ensurepip", "--default-pip"])
    folder = root / ".venv"
    if not os.access(root, os.W_OK):
        raise PermissionError(errno.EACCES, "Permission denied", str(folder))
    if os.path.lexists(folder):
        print(f"Making {folder.name} anew: its Python cannot be used.")
    return run([sys.executable, "-m", "venv", "--clear", str(folder)])


def can_be_made() -> bool:
    """Tell whether this Python has what makes an environment with pip."""
    modules = ("venv", "ensurepip")
    return all(importlib.util.find_spec(name) for name in modules)


def examine(python: Path) -> int:
    """Run a Python and return 0 if it is new enough and has pip.

    Returns:
        0, `WITHOUT_PIP`, or another code if it is too old or does not run.
    """
    try:
        asked = subprocess.run(  # noqa: S603
            [str(python), "-c", QUESTION], capture_output=True, check=False
        )
    except OSError:
        return OUTDATED
    return asked.returncode


def run(command: list[str]) -> int:
    """Run a command, its output where ours goes; return its exit code."""
    return subprocess.run(command, check=False).returncode  # noqa: S603


def explain_missing(package: str, root: Path) -> str:
    """Say in one line how to get a package that this Python lacks."""
    python = interpreter(root)
    missing = f"{package} is not installed for {sys.executable}."
    if package in APART:
        return f"{missing} Install it: {APART[package]}"
    if python.exists() and python.parent != Path(sys.executable).parent:
        command = f"{python.relative_to(root)} -m course"
        return f"{missing} Run the course with its own Python: {command}"
    command = "python -m pip install -r requirements.txt"
    return f"{missing} Install what the course needs: {command}"
