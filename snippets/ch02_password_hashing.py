"""Chapter 2: store passwords so that a stolen database gives none away.

Passwords are hashed with bcrypt through passlib's CryptContext; hashes that
came from Django are read too, and upgraded when their owner logs in. bcrypt
reads at most 72 bytes and stops at a NUL byte; such passwords are refused
here, clearly, instead of being cut short in silence.
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
    """bcrypt would refuse this password, or cut it short."""


def ensure_hashable(password: str) -> None:
    """Let a password pass only if bcrypt can take every byte of it.

    The whole password counts, or none of it (NIST SP 800-63B-4 §3.1.1.2).

    Raises:
        UnhashablePasswordError: it has a NUL byte, takes more than 72 bytes
            in UTF-8, or is not valid Unicode text (a lone surrogate).
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
    """Hash a password with a fresh salt: `"$2b$12$"` and 53 characters more.

    Raises:
        UnhashablePasswordError: see `ensure_hashable`.
    """
    ensure_hashable(password)
    return pwd_context.hash(password)


# %% Verify a password
def verify_password(plain_password: str, hashed_password: str) -> bool:
    """Tell whether a password is the one behind a hash.

    A password that bcrypt cannot take is nobody's password: False.

    Raises:
        passlib.exc.UnknownHashError: the stored hash is of no known scheme.
    """
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return pwd_context.verify(plain_password, hashed_password)


# %% Verify a password and upgrade its hash
def verify_and_upgrade(
    password: str, hashed_password: str
) -> tuple[bool, str | None]:
    """Verify a password; if it is right and its hash outdated, hash it anew.

    `(True, "$2b$12$…")` asks the caller to store the new hash. The old one
    was of another scheme or cost than new ones are. `(True, None)` and
    `(False, None)` leave the stored hash as it is.

    Raises:
        passlib.exc.UnknownHashError: the stored hash is of no known scheme.
    """
    if not verify_password(password, hashed_password):
        return False, None
    if not pwd_context.needs_update(hashed_password):
        return True, None
    return True, hash_password(password)
