"""Right answers to chapter 4's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

UNFINISHED = True

START = "refuse to start"
TWO_NAMES = "two names, one time"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        TWO_NAMES,
        "a loop over all users",
        """
def find_user(login, password):
    user = users.get(login)
    for other in users.values():
        if other.email == login:
            user = other
    hashed = user.hashed_password if user else DUMMY_HASH
    return user if verify_password(password, hashed) else None
""",
    ),
    RightAnswer(
        TWO_NAMES,
        "an empty name for nobody",
        """
def find_user(login, password):
    known = [u for u in users.values() if login in (u.username, u.email)]
    return authenticate_user(known[0].username if known else "", password)
""",
    ),
    RightAnswer(
        START,
        "256 bits, counted in bytes",
        """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY")
    if key is None:
        raise ValueError("set SECRET_KEY")
    if len(bytes(key, "utf-8")) < 256 // 8:
        raise ValueError("SECRET_KEY is too short")
    if "teaching" in key:
        raise ValueError("SECRET_KEY is published")
    return key
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = []
