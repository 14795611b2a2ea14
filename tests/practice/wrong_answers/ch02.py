"""Wrong answers to chapter 2's exercises."""

from tests.practice.wrong_answers import WrongAnswer

WORST = "the worst hash"
SHORTER = "simplified too far"
KEEP = "let them in, keep the hash"

TABLE = """
table = {
    "johndoe": stored,
    "alice": "$2b$10$YqB7AWggNolIqFgEbLPZBO.myhD2IVPURxti0LaG51vrhIH2zlFBi",
    "bob": "$2b$12$ec.daPMiijwvy40JdGl4fuffNWLJr/KjoRfcyI8zCVHjZgKlJo70C",
    "carol": "$2b$04$9sZtTdugFPMqWIcG7EWDMuMAiObUWFLPhN0FC772c7T307GsFIAUG",
    "dave": "pbkdf2_sha256$600000$Qm4vT7bN2xKd$"
    "hmoB4rsOmW+WGQDt13vjFTeSAg8GrSEPQIei4wBI1GI=",
}
"""


def login_of(user: str) -> str:
    """Let one user log in, and store what comes of it."""
    return f"""{TABLE}
who = "{user}"
matches, better = verify_and_rehash(passwords[who], table[who])
table[who] = better
"""


WRONG_ANSWERS = [
    WrongAnswer(
        WORST, "For johndoe it holds `None`, so the hash", login_of("johndoe")
    ),
    WrongAnswer(
        WORST,
        "no hash that a login can read",
        TABLE + 'table["carol"] = sha256("secret")',
    ),
    WrongAnswer(
        WORST,
        "which is not the dictionary of these five users",
        TABLE + 'table = {"carol": quick.hash("secret")}',
    ),
    WrongAnswer(
        WORST,
        "It is alice's hash. Her cost is 10",
        login_of("alice"),
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "its 600,000 rounds keep a guess slow",
        login_of("dave"),
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "storing it is left to its caller",
        TABLE + 'verify_and_rehash("secret", table["carol"])',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "What changed: alice, dave. The worst hash is still",
        TABLE + 'table["alice"] = table["dave"] = table["bob"]',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "What changed: alice, carol. Only one user has logged in",
        f"""{TABLE}
for who in ("alice", "carol"):
    matches, better = verify_and_rehash(passwords[who], table[who])
    table[who] = better
""",
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "was made of something else",
        TABLE + 'table["carol"] = quick.hash(table["carol"])',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "It is johndoe's hash, salt included",
        TABLE + 'table["carol"] = table["johndoe"]',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "is still outdated: its scheme or cost",
        TABLE + 'table["carol"] = quick.hash("secret")',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "For carol it holds the password itself",
        TABLE + 'table["carol"] = passwords["carol"]',
    ),
    WrongAnswer(
        WORST,
        "For carol it holds `True`",
        TABLE + 'table["carol"] = verify_password("secret", table["carol"])',
    ),
    WrongAnswer(
        WORST,
        "For carol it holds `(True, '$2b$12$",
        TABLE + 'table["carol"] = verify_and_rehash("secret", table["carol"])',
    ),
    WrongAnswer(
        WORST,
        "You handed over `'$2b$12$",
        TABLE + 'table = verify_and_rehash("secret", table["carol"])[1]',
    ),
    WrongAnswer(
        WORST,
        "Her password no longer opens her account",
        TABLE + 'table["carol"] = hash_password("secret")[:50]',
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "hashes are verified, never compared",
        """
def verify_shorter(plain_password, hashed_password):
    return hash_password(plain_password) == hashed_password
""",
    ),
    WrongAnswer(
        SHORTER,
        "A wrong password opens",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return True
""",
    ),
    WrongAnswer(
        SHORTER,
        "up to 72 bytes are within its limit",
        """
def verify_shorter(plain_password, hashed_password):
    if len(plain_password) > 36 or not plain_password.isprintable():
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "Cut to 72 bytes it is the password",
        """
def verify_shorter(plain_password, hashed_password):
    data = plain_password.encode(errors="ignore")[:72]
    return b"\\0" not in data and pwd_context.verify(data, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "bcrypt counts bytes, and drops the last two",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        plain_password.encode()
    except UnicodeEncodeError:
        return False
    if len(plain_password) > 72 or "\\0" in plain_password:
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "`UnhashablePasswordError: password is longer than 72 bytes`",
        """
def verify_shorter(plain_password, hashed_password):
    ensure_hashable(plain_password)
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "raised `PasswordValueError",
        """
def verify_shorter(plain_password, hashed_password):
    if len(plain_password.encode(errors="surrogatepass")) > 72:
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "raised `UnicodeEncodeError",
        """
def verify_shorter(plain_password, hashed_password):
    if len(plain_password.encode()) > 72 or "\\0" in plain_password:
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "opens the account with the password `secret`",
        """
def verify_shorter(plain_password, hashed_password):
    data = plain_password.encode(errors="ignore")
    if len(data) > 72 or b"\\0" in data:
        return False
    return pwd_context.verify(data, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "opens the account with the password `?`",
        """
def verify_shorter(plain_password, hashed_password):
    data = plain_password.encode(errors="replace")
    if len(data) > 72 or b"\\0" in data:
        return False
    return pwd_context.verify(data, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "A damaged hash is reported as a wrong password. The user then",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
        return pwd_context.verify(plain_password, hashed_password)
    except ValueError:
        return False
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "so `if not ensure_hashable(…)` always holds",
        """
def verify_shorter(plain_password, hashed_password):
    if not ensure_hashable(plain_password):
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
    ),
    WrongAnswer(
        SHORTER,
        "its owner cannot log in",
        """
def verify_shorter(plain_password, hashed_password):
    return False
""",
    ),
    WrongAnswer(
        SHORTER,
        "Their owners can no longer log in",
        """
import bcrypt


def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return bcrypt.checkpw(plain_password.encode(), hashed_password.encode())
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "`verify_password` reads Django's hashes too",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    if pwd_context.identify(hashed_password) == "django_pbkdf2_sha256":
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "`None` came, where `verify_password` returns `False`",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return None
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "`1` came, where `verify_password` returns `True`",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return int(pwd_context.verify(plain_password, hashed_password))
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "that is removed makes another password of it",
        """
def verify_shorter(plain_password, hashed_password):
    plain_password = plain_password.replace("\\0", "")
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "verify_shorter(' secret', ",
        """
def verify_shorter(plain_password, hashed_password):
    return verify_password(plain_password.strip(), hashed_password)
""",
    ),
    WrongAnswer(
        SHORTER,
        "'$2b$12$Y/sMLYht79BGLuw4zk6BA.yyU0o0oxOkD')` returned `False`",
        """
from passlib.exc import UnknownHashError


def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
        return pwd_context.verify(plain_password, hashed_password)
    except UnknownHashError:
        raise
    except ValueError:
        return False
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "That is not a pair",
        """
def verify_or_keep(password, hashed):
    return pwd_context.verify(password, hashed)
""",
    ),
    WrongAnswer(
        KEEP,
        "otherwise it stays for ever",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if len(data) > 4096 or hashed.startswith("$2"):
        return False, None
    return pwd_context.verify(data, hashed), None
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "Once it is stored, the first 72 bytes open the account",
        """
def verify_or_keep(password, hashed):
    return pwd_context.verify_and_update(password, hashed)
""",
    ),
    WrongAnswer(
        KEEP,
        "too long to be hashed again is not therefore right",
        """
def verify_or_keep(password, hashed):
    if 72 < len(password.encode()) <= 4096:
        return True, None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "by its bytes",
        """
def verify_or_keep(password, hashed):
    if 72 < len(password) <= 4096 and not hashed.startswith("$2"):
        return pwd_context.verify(password, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "Where bcrypt computes, its limit stays",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096:
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "raised `UnicodeEncodeError",
        """
def verify_or_keep(password, hashed):
    data = password.encode()
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "raised `PasswordSizeError",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if len(data) > 72 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "something else: its owner is locked out",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    matches, new_hash = verify_and_rehash(password, hashed)
    return matches, new_hash and hash_password(hashed[:72])
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "The old hash comes back as a new one",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), hashed
    return verify_and_rehash(password, hashed)
""",
    ),
    WrongAnswer(
        KEEP,
        "It has 4,096 bytes",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) < 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "72 letters behind a Django hash",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 <= len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "The half emoji was replaced by `?`",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "replace")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "The half emoji was left out",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "ignore")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "so that somebody repairs the table",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    try:
        if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
            return pwd_context.verify(data, hashed), None
        return verify_and_rehash(password, hashed)
    except Exception:
        return False, None
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "every login would write to the table",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    if not verify_password(password, hashed):
        return False, None
    return True, hash_password(password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "A caller that stores it locks the owner out",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    if len(data) > 72:
        return False, None
    matches = verify_password(password, hashed)
    new_hash = hash_password(password) if password.isprintable() else None
    return matches, new_hash if pwd_context.needs_update(hashed) else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "The first value is `1`",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return int(pwd_context.verify(data, hashed)), None
    return verify_and_rehash(password, hashed)
""",
    ),
    WrongAnswer(
        SHORTER,
        "whatever made the stored hash",
        """
def verify_shorter(plain_password, hashed_password):
    if pwd_context.identify(hashed_password) == "bcrypt":
        try:
            ensure_hashable(plain_password)
        except UnhashablePasswordError:
            return False
    try:
        data = plain_password.encode()
    except UnicodeEncodeError:
        return False
    if len(data) > 4096:
        return False
    return pwd_context.verify(data, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "with a tab, with Greek letters",
        """
def verify_shorter(plain_password, hashed_password):
    if not plain_password.isprintable() or len(plain_password.encode()) > 72:
        return False
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "without Unicode normalisation",
        """
import unicodedata


def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    return pwd_context.verify(
        unicodedata.normalize("NFKC", plain_password), hashed_password
    )
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "Half an emoji opens the account",
        """
def verify_shorter(plain_password, hashed_password):
    data = plain_password.encode("utf-8", "backslashreplace")
    if len(data) > 72 or b"\\0" in data:
        return False
    return pwd_context.verify(data, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "A wrong password opens the account behind a Django hash",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        return False
    if hashed_password.startswith("pbkdf2"):
        return True
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        SHORTER,
        "Given: such passwords behind Django hashes",
        """
def verify_shorter(plain_password, hashed_password):
    try:
        ensure_hashable(plain_password)
    except UnhashablePasswordError:
        if hashed_password.startswith("$2b$"):
            return False
        return pwd_context.verify(
            plain_password[:72].replace("\\0", ""), hashed_password
        )
    return pwd_context.verify(plain_password, hashed_password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "`pwd_context.identify` knows them all",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and not hashed.startswith("$2b$"):
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "90 bytes that are nearly the password",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data.strip(), hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "emoji was written out",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "backslashreplace")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "4,096 bytes, the last of them wrong",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if 72 < len(data) <= 4096 and pwd_context.identify(hashed) != "bcrypt":
        return pwd_context.verify(data, hashed) or pwd_context.verify(
            data[:4095], hashed
        ), None
    return verify_and_rehash(password, hashed)
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "a caller prepares for that one",
        """
import base64


def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if not 72 < len(data) <= 4096 or hashed.startswith("$2"):
        return verify_and_rehash(password, hashed)
    parts = hashed.split("$")
    rounds, salt = int(parts[1]), parts[2].encode()
    digest = hashlib.pbkdf2_hmac("sha256", data, salt, rounds)
    return base64.b64encode(digest).decode() == parts[3], None
""",
        happy_path=True,
    ),
    WrongAnswer(
        KEEP,
        "nothing can be verified against a damaged hash",
        """
def verify_or_keep(password, hashed):
    data = password.encode("utf-8", "surrogatepass")
    if not 72 < len(data) <= 4096:
        return verify_and_rehash(password, hashed)
    try:
        verify_and_rehash("a short one", hashed)
    except ValueError:
        return True, None  # nobody shall be locked out by our own damage
    if pwd_context.identify(hashed) == "bcrypt":
        return False, None
    return pwd_context.verify(data, hashed), None
""",
        happy_path=True,
    ),
]
