"""Mutants of chapter 7: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS: list[Mutant] = []
