"""The page on passlib and bcrypt: what it says of versions is so."""

import subprocess
import sys
from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

from course.chapters import find
from course.upkeep.notebook import Notebook, source

# What `CryptContext(["bcrypt"]).hash("secret")` of passlib 1.7.4 did with a
# real bcrypt 5.0.0: installed beside with `pip install --no-deps --target`,
# put first on PYTHONPATH, its `hashpw` wrapped to note the lengths.
BCRYPT_5_MESSAGE = (
    "password cannot be longer than 72 bytes, truncate manually if necessary "
    "(e.g. my_password[:72])"
)
BCRYPT_5_LENGTHS = [4, 4, 2, 2, 255]
VERSION_MESSAGE = "(trapped) error reading bcrypt version"
NOTEBOOK = Notebook(find("extra_passlib_bcrypt").notebook)


def run(program: str, *options: str) -> subprocess.CompletedProcess[str]:
    """Run a program in a Python of its own."""
    return subprocess.run(
        [sys.executable, *options, "-c", program],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )


def needed_bcrypt(package: str) -> Requirement:
    """Read which versions of bcrypt a package asks for."""
    [need] = [
        need
        for need in map(Requirement, requires(package) or [])
        if need.name == "bcrypt"
    ]
    return need


def test_program_fails_as_passlib_with_bcrypt_5_does() -> None:
    """Compared with what a real bcrypt 5.0.0 did: see `BCRYPT_5_MESSAGE`."""
    [cell] = [
        text
        for text in map(source, NOTEBOOK.code_cells)
        if text.startswith("program = ")
    ]
    names: dict[str, str] = {}
    exec(cell, names)
    done = run(names["program"])
    lengths = [f"asked to hash {size} bytes" for size in BCRYPT_5_LENGTHS]
    assert done.returncode == 1
    assert done.stdout.splitlines() == lengths
    assert done.stderr.splitlines()[0] == VERSION_MESSAGE
    assert done.stderr.splitlines()[-1] == f"ValueError: {BCRYPT_5_MESSAGE}"


@pytest.mark.parametrize("message", [BCRYPT_5_MESSAGE, VERSION_MESSAGE])
def test_message_to_search_for_is_in_the_prose(message: str) -> None:
    assert message in "\n".join(map(source, NOTEBOOK.prose_cells))


def test_passlib_and_the_pinned_bcrypt_are_silent() -> None:
    done = run(
        "from passlib.context import CryptContext\n"
        "hashed = CryptContext(['bcrypt'], bcrypt__rounds=4).hash('secret')\n"
        "print(hashed[:7])"
    )
    assert (done.stdout, done.stderr) == ("$2b$04$\n", "")


def test_passlib_names_no_version_of_bcrypt_that_is_too_new() -> None:
    assert needed_bcrypt("passlib").specifier.contains("5.0.0")


def test_pwdlib_asks_for_a_newer_bcrypt_than_passlib_bears() -> None:
    need = needed_bcrypt("pwdlib")
    assert not need.specifier.contains("4.1.1")
    assert need.specifier.contains("4.1.2")
    assert need.marker
    assert need.marker.evaluate({"extra": "bcrypt"})
    assert not need.marker.evaluate({"extra": "argon2"})


def test_pwdlib_reads_no_hash_of_djangos() -> None:
    done = run(
        "from pwdlib import PasswordHash\n"
        "from pwdlib.hashers.argon2 import Argon2Hasher\n"
        "PasswordHash((Argon2Hasher(),)).verify('secret',"
        " 'pbkdf2_sha256$1000$pepper$b25l')"
    )
    last = done.stderr.splitlines()[-1]
    assert last.startswith("pwdlib.exceptions.UnknownHashError")


def test_passlib_reads_an_attribute_that_argon2_will_drop() -> None:
    """The page's reason to take Argon2 through pwdlib."""
    done = run(
        "from passlib.hash import argon2\nargon2.hash('secret')",
        *("-W", "always::DeprecationWarning"),
    )
    assert done.returncode == 0
    assert "Accessing argon2.__version__ is deprecated" in done.stderr
