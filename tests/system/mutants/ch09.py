"""Mutants of chapter 9: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        "if not marked or trust.typ not in (kind, None):",
        "if not marked:",
        "a token of another kind is an access token",
        "test_security.py::test_forged_tokens_get_401",
    ),
]
