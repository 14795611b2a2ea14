"""Right answers to chapter 14's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

GREET = "write the greeting of chapter 14"
KNOW = "recognise a user of chapter 14"
NAMES = 'names = ["johndoe", "alice"]\n'

RIGHT_ANSWERS = [
    RightAnswer(
        GREET,
        "a lambda",
        'greet = lambda username: {"hello": username}',
    ),
    RightAnswer(
        GREET,
        "a call of `dict`",
        "def greet(username):\n    return dict(hello=username)",
    ),
    RightAnswer(
        GREET,
        "the chapter's own function",
        "from snippets.ch14_bug_hunt import greeting as greet",
    ),
    RightAnswer(
        GREET,
        "a class with `__call__`",
        "class Greeter:\n"
        "    def __call__(self, username):\n"
        '        return {"hello": username}\n\n\n'
        "greet = Greeter()",
    ),
    RightAnswer(
        KNOW, "a lambda", f"{NAMES}is_known = lambda name: name in names"
    ),
    RightAnswer(
        KNOW,
        "a count",
        f"{NAMES}def is_known(name):\n    return names.count(name) > 0",
    ),
    RightAnswer(KNOW, "a method", f"{NAMES}is_known = names.__contains__"),
    RightAnswer(
        KNOW,
        "an `if`",
        f"{NAMES}def is_known(name):\n"
        "    if name in names:\n"
        "        return True\n"
        "    return False",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
