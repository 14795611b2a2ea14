"""The setup: can this machine run the course, and what to do if not."""

import re
import sys
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import httpx
from passlib.context import CryptContext
from starlette.types import ASGIApp

from course.chapters import ROOT

OLDEST_PYTHON = (3, 11)
# A teacher asks for it: it is printed only where everything works.
CODE_WORD = "heron"
REMEDY = (
    "In the folder of the course, run the first command of README.md again. "
    "Then restart this kernel: Kernel > Restart Kernel…"
)


async def check_setup(app: ASGIApp, root: Path = ROOT) -> None:
    """Print what was checked, and a code word or what to do.

    Four things: the Python, the packages against `requirements.txt`, a hash
    made and verified, and one request to `app`, in-process.
    """
    checks = {
        "Python 3.11 or newer": check_python(),
        "packages as in requirements.txt": list(check_packages(root)),
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
        print(f"\nEverything works. The code word is: {CODE_WORD}")


def check_python() -> list[str]:
    """Say what is wrong with this Python, if something is."""
    if sys.version_info >= OLDEST_PYTHON:
        return []
    return [f"this is Python {sys.version.split()[0]}"]


def check_packages(root: Path) -> Iterator[str]:
    """List the packages that are missing or of another version."""
    text = (root / "requirements.txt").read_text(encoding="utf-8")
    for name, wanted in re.findall(r"(?m)^([\w-]+)==(\S+)", text):
        try:
            found = version(name)
        except PackageNotFoundError:
            yield f"{name} {wanted} is not installed"
        else:
            if found != wanted:
                yield f"{name} is {found}; the course needs {wanted}"


def check_hashing() -> list[str]:
    """Hash a word with bcrypt, as cheaply as it can, and verify it."""
    try:
        context = CryptContext(["bcrypt"], bcrypt__rounds=4)
        if context.verify("a teaching word", context.hash("a teaching word")):
            return []
    except Exception as error:  # whatever a broken installation raises
        return [f"{type(error).__name__}: {error}"]
    return ["a hash does not fit its own password"]


async def check_app(app: ASGIApp) -> list[str]:
    """Ask the app who we are, without a token: 401 is the right answer."""
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
