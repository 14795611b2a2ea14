"""Check whether this machine can run the course, and say what to do if not."""

import os
import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx
from passlib.context import CryptContext
from starlette.types import ASGIApp

ROOT = Path(__file__).resolve().parents[2]
OLDEST_PYTHON = (3, 11)
# For teachers: whoever can name it has run the check, and it passed.
CODE_WORD = "heron"
REMEDY = (
    "In the folder of the course, run the first command of README.md again. "
    "Then restart this kernel: Kernel > Restart Kernel…"
)


async def check_setup(app: ASGIApp, root: Path = ROOT) -> None:
    """Print five checks, then a code word, or what to do.

    The Python, the packages against `requirements.txt`, `SECRET_KEY` in the
    environment, a hash made and verified, and a request to `app`, which is
    answered in-process.
    """
    checks = {
        "Python 3.11 or newer": check_python(),
        "packages as in requirements.txt": list(check_packages(root)),
        "no SECRET_KEY of another project": list(check_environment()),
        "a password hashed and verified": check_hashing(),
        "a request answered in-process": await check_app(app),
    }
    for name, problems in checks.items():
        print("ok " if not problems else "NO ", name)
        for problem in problems:
            print("     ", problem)
    if any(checks.values()):
        print(f"\nWhat to do: {REMEDY}")
    else:
        print(
            "\nEverything works. If a teacher asks for the code word, it is: "
            f"{CODE_WORD}"
        )


def check_python() -> list[str]:
    """Return the version of this Python if the course needs a newer one."""
    if sys.version_info >= OLDEST_PYTHON:
        return []
    return [f"this is Python {sys.version.split()[0]}"]


def check_packages(root: Path) -> Iterator[str]:
    """Yield each package that is missing or has another version."""
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    for name, wanted in re.findall(r"(?m)^([\w-]+)==(\S+)", text):
        try:
            found = version(name)
        except PackageNotFoundError:
            yield f"{name} {wanted} is not installed"
        else:
            if found != wanted:
                yield f"{name} is {found}; the course needs {wanted}"


def check_environment() -> Iterator[str]:
    """Yield a problem and its remedy if `SECRET_KEY` is set, even if empty.

    The chapters would sign with that key, and print other results than their
    text describes.
    """
    if "SECRET_KEY" in os.environ:
        yield "the environment variable SECRET_KEY is set"
        yield "remove it where it was set, then start JupyterLab again"


def check_hashing() -> list[str]:
    """Hash a word with bcrypt at its lowest cost, and verify the hash."""
    try:
        context = CryptContext(["bcrypt"], bcrypt__rounds=4)
        if context.verify("a teaching word", context.hash("a teaching word")):
            return []
    except Exception as error:  # whatever a broken installation raises
        return [f"{type(error).__name__}: {error}"]
    return ["a hash does not fit its own password"]


async def check_app(app: ASGIApp) -> list[str]:
    """Request `/users/me/` without a token: 401 is the right answer."""
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://testserver"
    ) as client:
        try:
            response = await client.get("/users/me/")
        except Exception as error:  # whatever a broken installation raises
            return [f"{type(error).__name__}: {error}"]
    if response.status_code == 401:
        return []
    return [f"the app answered {response.status_code} instead of 401"]
