"""bcrypt at a fraction of its cost, for tests that hash many times."""

import functools
import re
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import bcrypt
import passlib.hash

from course.chapters import ROOT
from snippets import ch02_password_hashing

SALT = re.compile(rb"\$2[aby]\$(?P<cost>\d\d)\$[./A-Za-z0-9]{22}")
LEAST = 4

POLICY = ch02_password_hashing.pwd_context
really = bcrypt.hashpw


@contextmanager
def cheap_bcrypt() -> Iterator[None]:
    """Compute new hashes at cost 4, whatever cost they claim.

    A hash with a salt that is written in the course is computed as it is,
    once for each password, since it has to verify. All other salts are new:
    a hash made of one verifies as long as this lasts. The policy is a copy of
    chapter 2's own, cost 12: other tests replace it, and a cell of chapter 5
    updates it.
    """
    passlib.hash.bcrypt.set_backend("bcrypt")  # it tries known hashes first
    with (
        patch.object(bcrypt, "hashpw", hash_cheaply),
        patch.object(ch02_password_hashing, "pwd_context", POLICY.copy()),
    ):
        yield


@functools.cache
def hash_cheaply(password: bytes, salt: bytes) -> bytes:
    """Hash as bcrypt does, or nearly: `$2b$12$…`, computed at cost 4."""
    found = SALT.match(salt)
    if not found or found[0] in known_salts() or int(found["cost"]) <= LEAST:
        return really(password, salt)
    claimed = found[0][:7]
    hashed = really(password, salt.replace(claimed, claimed[:4] + b"04$", 1))
    return hashed.replace(claimed[:4] + b"04$", claimed, 1)


@functools.cache
def known_salts() -> set[bytes]:
    """Find the salts of all hashes that the course writes down."""
    folders = ("snippets", "course", "notebooks", "tests")
    return {
        found[0]
        for folder in folders
        for path in ROOT.joinpath(folder).rglob("*.[pi]*y*")
        for found in SALT.finditer(path.read_bytes())
    }
