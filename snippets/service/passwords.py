"""Passwords: hashed with Argon2, old hashes verified (chapters 2, 7)."""

import logging
import unicodedata

from passlib.context import CryptContext
from pwdlib.hashers.argon2 import Argon2Hasher

pwd_context = CryptContext(
    schemes=["bcrypt", "django_pbkdf2_sha256"],
    deprecated="auto",
    bcrypt__rounds=12,
)


MAX_PASSWORD_BYTES = 72


class UnhashablePasswordError(ValueError):
    """A password that bcrypt would refuse or cut short."""


def ensure_hashable(password: str) -> None:
    """Return if bcrypt reads every byte of the password; raise otherwise.

    A verifier must check the whole password (NIST SP 800-63B-4 §3.1.1.2).

    Raises:
        UnhashablePasswordError: the password contains a NUL byte, is longer
            than 72 bytes in UTF-8, or cannot be encoded in UTF-8.
    """
    try:
        size = len(password.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise UnhashablePasswordError("not valid Unicode text") from error
    if size > MAX_PASSWORD_BYTES:
        raise UnhashablePasswordError("password is longer than 72 bytes")
    if "\0" in password:
        raise UnhashablePasswordError("password contains a NUL byte")


def verify_password(plain_password: str, hashed_password: str) -> bool:
    """Return whether a password matches a stored hash.

    A password that bcrypt would cut short matches no hash: False.

    Raises:
        ValueError: the stored hash is damaged, or its scheme is unknown
            (`passlib.exc.UnknownHashError`).
    """
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return pwd_context.verify(plain_password, hashed_password)


# Made by `pwd_context.hash(secrets.token_hex())`; its password was thrown
# away. It has the cost of the real hashes, so it takes the same time.
DUMMY_HASH = "$2b$12$KBPPZClYv3jiPv4fdpYLpuj.kqSaRdRb2XAh/FWdHaRN6gOMQ.VZS"


def normalised(text: str) -> str:
    """Return a text whose characters are encoded in one way (NFC)."""
    return unicodedata.normalize("NFC", text)


# The least that OWASP recommends: 19 MiB of memory, read and written twice.
argon2 = Argon2Hasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str) -> str:
    """Hash a password of any length: `"$argon2id$v=19$m=19456,t=2,p=1$…"`.

    It is normalised first (RFC 8265 §4.2), since keyboards differ in how they
    encode a character such as "é".
    """
    return argon2.hash(normalised(password))


# Its password was thrown away.
ARGON2_DUMMY_HASH = (
    "$argon2id$v=19$m=19456,t=2,p=1$woJujswkzD2Z8Bnwm6ii/w"
    "$hbfpkgJ9TCHq7K7ZXeWPvrZmahTjyTxAlhb8c+Kympo"
)

logger = logging.getLogger(__name__)


def verify_any(password: str, hashed_password: str) -> bool:
    """Return whether a password matches a hash of Argon2, bcrypt or Django.

    Each call verifies once by Argon2 and once by an older scheme, whatever
    the hash, so that the time does not tell how old it is. A damaged hash, or
    one of another scheme, matches no password. It is logged, unless it still
    looks like one of Argon2.
    """
    new = argon2.identify(hashed_password)
    # JSON may bring half a letter, which UTF-8 does not encode otherwise.
    normal = normalised(password).encode("utf-8", "surrogatepass")
    new_hash = hashed_password if new else ARGON2_DUMMY_HASH
    by_argon2 = argon2.verify(normal, new_hash)
    try:
        old_hash = DUMMY_HASH if new else hashed_password
        by_bcrypt = verify_password(password, old_hash)
    except ValueError:
        logger.error("a stored hash is damaged")
        verify_password(password, DUMMY_HASH)
        return False
    return by_argon2 if new else by_bcrypt


# The beginning of a list that has many thousands of lines.
COMMON_PASSWORDS = {
    *("passwordpassword", "password1234567", "123456789012345"),
    *("qwertyuiopasdfgh", "iloveyouiloveyou", "correcthorsebatterystaple"),
}


def allowed_password(password: str) -> str:
    """Return a password that a user may choose (NIST SP 800-63B-4 §3.1.1.2).

    Raises:
        ValueError: it is too short, too long, or common. The message is for
            the user.
    """
    if not 15 <= len(password) <= 200:
        raise ValueError("a password has 15 to 200 characters")
    if password.casefold() in COMMON_PASSWORDS:
        raise ValueError("this password is on a list of common ones")
    return password
