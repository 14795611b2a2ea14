"""Mutants of chapter 2: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "bcrypt__rounds=12",
        "bcrypt__rounds=10",
        "hashes get cheaper to guess",
        "test_ch02_password_hashing.py::test_hash_is_bcrypt_at_cost_12",
    ),
    Mutant(
        '["bcrypt", "django_pbkdf2_sha256"]',
        '["bcrypt", "django_pbkdf2_sha256", "hex_md5"]',
        "a weak scheme is verified",
        "test_every_app.py::test_hash_of_a_weak_scheme_logs_nobody_in",
    ),
    Mutant(
        '["bcrypt", "django_pbkdf2_sha256"]',
        '["bcrypt", "django_pbkdf2_sha256", "plaintext"]',
        "any text in place of a hash is a password",
        "test_every_app.py::test_hash_of_a_weak_scheme_logs_nobody_in",
    ),
    Mutant(
        "    if size > MAX_PASSWORD_BYTES:",
        "    if False:",
        "a long password is cut short in silence",
        "test_ch02_password_hashing.py::"
        "test_unhashable_password_is_not_hashed",
    ),
    Mutant(
        "if size > MAX_PASSWORD_BYTES:",
        "if size >= MAX_PASSWORD_BYTES:",
        "a password of exactly 72 bytes is refused",
        "test_ch02_password_hashing.py::"
        "test_unguarded_bcrypt_would_cut_a_password_short",
    ),
    Mutant(
        'len(password.encode("utf-8"))',
        "len(password)",
        "characters are counted instead of bytes",
        "test_ch02_password_hashing.py::"
        "test_unhashable_password_is_not_hashed",
    ),
    Mutant(
        'if "\\0" in password:',
        "if False:",
        "a NUL byte reaches bcrypt, which raises: a 500",
        "test_ch02_password_hashing.py::test_wrong_password_is_refused",
    ),
    Mutant(
        "    ensure_hashable(password)\n    return pwd_context.hash",
        "    return pwd_context.hash",
        "a password is hashed without its end",
        "test_ch02_password_hashing.py::"
        "test_unhashable_password_is_not_hashed",
    ),
    Mutant(
        "        ensure_hashable(plain_password)",
        "        pass",
        "a long password verifies by its first 72 bytes",
        "test_ch02_password_hashing.py::test_wrong_password_is_refused",
    ),
    Mutant(
        "return pwd_context.verify(plain_password, hashed_password)",
        "return True",
        "every password is right",
        "test_ch02_password_hashing.py::test_wrong_password_is_refused",
    ),
    Mutant(
        "if not pwd_context.needs_update(hashed_password):",
        "if True:",
        "a cheap or foreign hash stays for ever",
        "test_ch02_password_hashing.py::"
        "test_hash_of_djangos_is_upgraded_to_bcrypt",
    ),
    Mutant(
        "if not verify_password(password, hashed_password):",
        "if False:",
        "any password replaces an outdated hash",
        "test_ch02_password_hashing.py::test_wrong_password_upgrades_nothing",
    ),
]
