"""Chapter 2: store passwords so that a stolen database does not give them away.

Passwords are hashed with bcrypt through passlib's CryptContext. bcrypt reads
at most 72 bytes and stops at a NUL byte; such passwords are refused here,
clearly, instead of being cut short in silence.
"""

# %% Imports
from passlib.context import CryptContext

# %% Settings
MAX_PASSWORD_BYTES = 72
pwd_context = CryptContext(
    schemes=["bcrypt"], deprecated="auto", bcrypt__rounds=12
)


# %% Refuse what bcrypt cannot take
class UnhashablePasswordError(ValueError):
    """bcrypt would refuse this password, or cut it short."""


def ensure_hashable(password: str) -> None:
    """Let a password pass only if bcrypt can take every byte of it.

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
