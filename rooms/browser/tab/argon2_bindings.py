"""What argon2-cffi calls in its C library, computed by noble-hashes.

In a browser tab this file is the package `_argon2_cffi_bindings`. The
parameters are those of the C functions `argon2_hash` and `argon2_verify`.
"""

import base64
import hmac
import re

from rooms.browser.tab.hashing import compute

VARIANTS = {0: "argon2d", 1: "argon2i", 2: "argon2id"}
ENCODED = re.compile(
    r"\$(argon2\w+)\$v=(\d+)\$m=(\d+),t=(\d+),p=(\d+)\$([^$]+)\$([^$]+)"
)


class ffi:
    """Memory as cffi hands it out: here, a bytearray."""

    NULL = None

    @staticmethod
    def new(_: str, content: int | bytes) -> bytearray:
        """Allocate a buffer of some size, or with some content."""
        if isinstance(content, int):
            return bytearray(content)
        return bytearray(content + b"\0")

    @staticmethod
    def string(buffer: bytearray | bytes) -> bytes:
        """Read a text up to its NUL byte."""
        return bytes(buffer).partition(b"\0")[0]

    @staticmethod
    def buffer(buffer: bytearray, size: int) -> bytes:
        """Read some bytes."""
        return bytes(buffer[:size])


class lib:
    """The functions and error codes of argon2.h."""

    ARGON2_VERSION_NUMBER = 0x13
    ARGON2_OK, ARGON2_VERIFY_MISMATCH, ARGON2_DECODING_FAIL = 0, -35, -32
    Argon2_d, Argon2_i, Argon2_id = VARIANTS

    @staticmethod
    def argon2_encodedlen(*costs_and_sizes: int) -> int:
        """Return how long an encoded hash can be, with room to spare."""
        *_, salt_size, size, _ = costs_and_sizes
        return 64 + 2 * salt_size + 2 * size

    @staticmethod
    def argon2_hash(
        t: int,
        m: int,
        p: int,
        password: bytearray,
        password_size: int,
        salt: bytearray,
        salt_size: int,
        raw: bytearray | None,
        size: int,
        encoded: bytearray | None,
        _: int,
        variant: int,
        version: int,
    ) -> int:
        """Hash a password; write the raw or the encoded hash, or both."""
        given = bytes(password[:password_size]), bytes(salt[:salt_size])
        name = VARIANTS[variant]
        computed = hash_raw(name, *given, (t, m, p), size, version)
        if raw is not None:
            raw[:size] = computed
        if encoded is not None:
            head = f"${name}$v={version}$m={m},t={t},p={p}"
            text = f"{head}${encode(given[1])}${encode(computed)}\0".encode()
            encoded[: len(text)] = text
        return lib.ARGON2_OK

    @staticmethod
    def argon2_verify(
        encoded: bytearray, password: bytearray, size: int, variant: int
    ) -> int:
        """Compare a password with an encoded hash; return an error code."""
        match = ENCODED.fullmatch(ffi.string(encoded).decode())
        if match is None or match[1] != VARIANTS[variant]:
            return lib.ARGON2_DECODING_FAIL
        version, m, t, p = map(int, match.group(2, 3, 4, 5))
        salt, expected = decode(match[6]), decode(match[7])
        computed = hash_raw(
            match[1],
            bytes(password[:size]),
            salt,
            (t, m, p),
            len(expected),
            version,
        )
        if hmac.compare_digest(expected, computed):
            return lib.ARGON2_OK
        return lib.ARGON2_VERIFY_MISMATCH

    @staticmethod
    def argon2_error_message(code: int) -> bytes:
        """Word an error code."""
        if code == lib.ARGON2_VERIFY_MISMATCH:
            return b"The password does not match the supplied hash"
        return b"Decoding failed"


def hash_raw(
    variant: str,
    password: bytes,
    salt: bytes,
    costs: tuple[int, int, int],
    size: int,
    version: int,
) -> bytes:
    """Compute Argon2 (RFC 9106); the costs are passes, KiB and lanes."""
    t, m, p = costs
    options = {"t": t, "m": m, "p": p, "dkLen": size, "version": version}
    computed: bytes = compute(variant, password, salt, options)
    return computed


def encode(value: bytes) -> str:
    """Write bytes as Base64 without padding."""
    return base64.b64encode(value).decode().rstrip("=")


def decode(text: str) -> bytes:
    """Read Base64 without padding."""
    return base64.b64decode(text + "=" * (-len(text) % 4))
