"""Password hashes by two JavaScript libraries: bcryptjs and noble-hashes."""

import hashlib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def library() -> Any:  # noqa: ANN401  # runs only in a tab
    """Load `hashing.js`, which the build bundles beside this file."""
    from pyodide.code import run_js

    path = Path(__file__).with_name("hashing.js")
    return run_js(f"{path.read_text(encoding='utf-8')};hashing")


def compute(  # runs only in a tab
    function: str,
    *arguments: Any,  # noqa: ANN401
) -> Any:  # noqa: ANN401
    """Call a function of the library with bytes, texts and numbers.

    Args:
        function: one that `hashing.js` exports, such as `argon2id`.
        arguments: bytes become a Uint8Array, a dict becomes an object.

    Returns:
        A str, or the bytes of a Uint8Array.
    """
    from js import Object
    from pyodide.ffi import to_js

    converted = [
        to_js(each, dict_converter=Object.fromEntries) for each in arguments
    ]
    result = getattr(library(), function)(*converted)
    return result if isinstance(result, str) else result.to_bytes()


def pbkdf2_hmac(
    hash_name: str,
    password: bytes,
    salt: bytes,
    iterations: int,
    dklen: int | None = None,
) -> bytes:
    """Derive a key as `hashlib.pbkdf2_hmac` does (RFC 8018 §5.2).

    Raises:
        ValueError: a hash function other than SHA-1, SHA-256 and SHA-512.
    """
    if hash_name not in ("sha1", "sha256", "sha512"):
        raise ValueError(f"a browser tab has no PBKDF2 with {hash_name}")
    size = dklen or hashlib.new(hash_name).digest_size
    derived: bytes = compute(
        "pbkdf2", hash_name, bytes(password), bytes(salt), iterations, size
    )
    return derived
