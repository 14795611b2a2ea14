"""Right answers to chapter 2's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

UNFINISHED = True

SHORTER = "simplified too far"
KEEP = "let them in, keep the hash"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        SHORTER,
        "the chapter's own function",
        "verify_shorter = verify_password",
    ),
    RightAnswer(
        KEEP,
        "a guard by hand",
        """
def verify_or_keep(password, hashed):
    try:
        size = len(password.encode())
    except UnicodeEncodeError:
        return False, None
    if 72 < size <= 4096 and hashed.startswith("pbkdf2"):
        return pwd_context.verify(password, hashed), None
    return verify_and_rehash(password, hashed)
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        SHORTER,
        "line 4: `except UnhashablePasswordError` becomes `except Exception`",
        "`ensure_hashable` alone is called there, and raises nothing else.",
    ),
]
