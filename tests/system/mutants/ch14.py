"""Mutants of chapter 14: one line of its security broken."""

from tests.system.mutants import Mutant

MUTANTS = [
    Mutant(
        'return {"hello": username}',
        'return {"hello": "johndoe"}',
        "every user is greeted as johndoe",
        "test_ch14_bug_hunt.py::test_greeting_has_the_username",
    ),
    Mutant(
        "greeting(current_user.username)",
        'greeting("alice")',
        "every caller is alice",
        "test_ch14_bug_hunt.py::test_user_with_a_token_is_greeted",
    ),
]
