"""The interface of bcrypt 4.0.1, computed by bcryptjs.

In a browser tab this file is the package `bcrypt`. The hashes are real: they
verify elsewhere, and hashes made elsewhere verify here.
"""

import hmac
import re
import secrets
from types import SimpleNamespace

from rooms.browser.tab.hashing import compute

__version__ = "4.0.1"
__about__ = SimpleNamespace(__version__=__version__)

LONGEST = 72  # bytes; bcrypt never reads more
ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
SALT = re.compile(rb"\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{22}")


def gensalt(rounds: int = 12, prefix: bytes = b"2b") -> bytes:
    """Make a salt: `$2b$12$` and 22 characters, 128 bits at random.

    Raises:
        ValueError: a cost or a prefix that bcrypt does not know.
    """
    if prefix not in (b"2a", b"2b"):
        raise ValueError("Supported prefixes are b'2a' or b'2b'")
    if not 4 <= rounds <= 31:
        raise ValueError("Invalid rounds")
    # 22 characters have 132 bits: the last one carries two.
    text = "".join(secrets.choice(ALPHABET) for _ in range(21))
    text += secrets.choice(".Oeu")
    return b"$%b$%02d$%b" % (prefix, rounds, text.encode())


def hashpw(password: bytes, salt: bytes) -> bytes:
    """Hash a password with a salt, or with the salt of a hash.

    Raises:
        TypeError: one of them is a str.
        ValueError: a NUL byte in the password, no salt, or a password that
            is not UTF-8.
    """
    if isinstance(password, str) or isinstance(salt, str):
        raise TypeError("Strings must be encoded before hashing")
    if b"\0" in password:
        raise ValueError("password may not contain NUL bytes")
    match = SALT.match(salt)
    if match is None or not 4 <= int(match[1]) <= 31:
        raise ValueError("Invalid salt")
    text = text_that_begins_with(password[:LONGEST])
    hashed: str = compute("hashSync", text, match[0].decode())
    return hashed.encode()


def text_that_begins_with(password: bytes) -> str:
    """Return a text whose UTF-8 begins with these bytes.

    bcryptjs takes text. The 72nd byte may be in the middle of a character;
    which character is written instead does not matter, because bcrypt does
    not read its further bytes.

    Raises:
        ValueError: the bytes are not UTF-8.
    """
    for rest in (b"", b"\x80", b"\x80\x80", b"\x80\x80\x80"):
        try:
            return (password + rest).decode()
        except UnicodeDecodeError:
            if len(password) < LONGEST:
                break
    raise ValueError("a browser tab hashes passwords in UTF-8 only")


def checkpw(password: bytes, hashed_password: bytes) -> bool:
    """Whether a password has this hash.

    Raises:
        TypeError, ValueError: see `hashpw`.
    """
    return hmac.compare_digest(
        hashpw(password, hashed_password), hashed_password
    )
