"""Right answers to chapter 2's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer
from tests.practice.wrong_answers.ch02 import KEEP, SHORTER, TABLE, WORST

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        WORST,
        "hashed anew, without the login",
        TABLE + 'table["carol"] = hash_password(passwords["carol"])',
    ),
    RightAnswer(
        WORST,
        "another table",
        TABLE + 'table = {**table, "carol": pwd_context.hash("secret")}',
    ),
    RightAnswer(
        WORST,
        "stored only if there is a new hash",
        TABLE
        + """
who = min(table, key=lambda name: ("$2b$04$" not in table[name], name))
matches, better = verify_and_rehash(passwords[who], table[who])
if matches and better:
    table.update({who: better})
""",
    ),
    RightAnswer(
        WORST,
        "passlib's own method",
        TABLE
        + """
_, table["carol"] = pwd_context.verify_and_update("secret", table["carol"])
""",
    ),
    RightAnswer(
        WORST,
        "imported from the module",
        TABLE
        + """
from snippets.ch02_password_hashing import verify_and_rehash as login

table["carol"] = login("secret", table["carol"])[1]
""",
    ),
    RightAnswer(
        SHORTER,
        "the chapter's own function",
        "verify_shorter = verify_password",
    ),
    RightAnswer(
        SHORTER,
        "a lambda, and a function that says what can be hashed",
        """
def can_hash(password):
    try:
        ensure_hashable(password)
    except ValueError:
        return False
    return True


verify_shorter = lambda password, hashed: (
    can_hash(password) and pwd_context.verify(password, hashed)
)
""",
    ),
    RightAnswer(
        SHORTER,
        "by hand",
        """
def verify_shorter(plain_password, hashed_password):
    data = plain_password.encode("utf-8", "surrogatepass")
    whole = len(data) <= 72 and b"\\0" not in data
    if not whole or any("\\ud800" <= c <= "\\udfff" for c in plain_password):
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
    ),
    RightAnswer(
        SHORTER,
        "a class",
        """
class Verifier:
    def __call__(self, plain_password, hashed_password):
        try:
            ensure_hashable(plain_password)
        except UnhashablePasswordError:
            return False
        else:
            return pwd_context.verify(plain_password, hashed_password)


verify_shorter = Verifier()
""",
    ),
    RightAnswer(
        SHORTER,
        "a partial of the module's function",
        """
from functools import partial

from snippets import ch02_password_hashing as chapter


def verify_with(verify, password, hashed):
    return verify(password, hashed)


verify_shorter = partial(verify_with, chapter.verify_password)
""",
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
    RightAnswer(
        KEEP,
        "a list",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if len(data) in range(73, 4097) and not hashed.startswith("$2"):
        return [pwd_context.verify(data, hashed), None]
    return list(verify_and_rehash(password, hashed))
""",
    ),
    RightAnswer(
        KEEP,
        "the short passwords first",
        """
def verify_or_keep(password, hashed):
    try:
        ensure_hashable(password)
    except UnhashablePasswordError:
        data = password.encode("utf-8", "surrogatepass")
    else:
        return verify_and_rehash(password, hashed)
    is_bcrypt = pwd_context.identify(hashed) == "bcrypt"
    if is_bcrypt or len(data) <= 72 or len(data) > 4096:
        return False, None
    return pwd_context.verify(data, hashed), None
""",
    ),
    RightAnswer(
        KEEP,
        "Django's scheme itself",
        """
from passlib.exc import PasswordSizeError
from passlib.hash import django_pbkdf2_sha256 as django


def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if len(data) <= 72 or not django.identify(hashed):
        return verify_and_rehash(password, hashed)
    try:
        return django.verify(data, hashed), None
    except PasswordSizeError:
        return False, None
""",
    ),
    RightAnswer(
        KEEP,
        "a class",
        """
class Login:
    def __call__(self, password, hashed):
        matches, new_hash = verify_and_rehash(password, hashed)
        data = password.encode("utf-8", "surrogatepass")
        if not matches and 72 < len(data) <= 4096 and hashed[0] != "$":
            matches = pwd_context.verify(data, hashed)
        return matches, new_hash


verify_or_keep = Login()
""",
    ),
    RightAnswer(
        KEEP,
        "a damaged hash that fits no long password",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        try:
            return pwd_context.verify(data, hashed), None
        except ValueError:
            return False, None
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
