"""Chapter 2: store passwords so that a stolen database gives none away.

Passwords are hashed with bcrypt through passlib's CryptContext; hashes that
came from Django can be verified too, and are replaced when their owner logs
in. bcrypt reads at most 72 bytes of a password and stops at a NUL byte; such
passwords are refused with a clear error instead of being cut short silently.
"""

# %% Imports
from passlib.context import CryptContext

# %% The password context
pwd_context = CryptContext(
    schemes=["bcrypt", "django_pbkdf2_sha256"],
    deprecated="auto",
    bcrypt__rounds=12,
)

# %% Refuse what bcrypt cannot take
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


# %% Hash a password
def hash_password(password: str) -> str:
    """Hash a password with a new salt: `"$2b$12$"` and 53 more characters.

    Raises:
        UnhashablePasswordError: see `ensure_hashable`.
    """
    ensure_hashable(password)
    return pwd_context.hash(password)


# %% Verify a password
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


# %% Verify a password and replace an outdated hash
def verify_and_rehash(
    password: str, hashed_password: str
) -> tuple[bool, str | None]:
    """Verify a password, and hash it again if its stored hash is outdated.

    `(True, "$2b$12$…")` asks the caller to store the new hash, because the
    stored one has another scheme or cost than new hashes get. After
    `(True, None)` and `(False, None)` the stored hash stays as it is.

    Raises:
        ValueError: the stored hash is damaged, or its scheme is unknown.
    """
    if not verify_password(password, hashed_password):
        return False, None
    if not pwd_context.needs_update(hashed_password):
        return True, None
    return True, hash_password(password)
