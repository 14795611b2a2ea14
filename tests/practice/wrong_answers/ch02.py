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
right, better = verify_and_rehash(passwords[who], table[who])
table[who] = better
"""


WRONG_ANSWERS = [
    WrongAnswer(
        WORST, "For johndoe it holds `None`, and the hash", login_of("johndoe")
    ),
    WrongAnswer(
        WORST,
        "no hash that a login can read",
        TABLE + 'table["carol"] = sha256("secret")',
    ),
    WrongAnswer(
        WORST,
        "It is not the dictionary of these five users",
        TABLE + 'table = {"carol": quick.hash("secret")}',
    ),
    WrongAnswer(
        WORST, "alice's. Her cost is 10", login_of("alice"), happy_path=True
    ),
    WrongAnswer(
        WORST,
        "its 600,000 iterations keep a guess slow",
        login_of("dave"),
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "to store it is left to whoever calls it",
        TABLE + 'verify_and_rehash("secret", table["carol"])',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "alice, dave. The worst one is still there",
        TABLE + 'table["alice"] = table["dave"] = table["bob"]',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "a service knows nobody else's password",
        f"""{TABLE}
for who in ("alice", "carol"):
    right, better = verify_and_rehash(passwords[who], table[who])
    table[who] = better
""",
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "The new hash was made of something else",
        TABLE + 'table["carol"] = quick.hash(table["carol"])',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "It is johndoe's, salt and all",
        TABLE + 'table["carol"] = table["johndoe"]',
        happy_path=True,
    ),
    WrongAnswer(
        WORST,
        "another scheme or cost than the policy has",
        TABLE + 'table["carol"] = quick.hash("secret")',
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
        "72 bytes are within it",
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
        "Cut to fit, it is the password",
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
        "all that people hear is that they mistyped",
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
        KEEP,
        "That is not a pair",
        """
def verify_or_keep(password, hashed):
    return pwd_context.verify(password, hashed)
""",
    ),
    WrongAnswer(
        KEEP,
        "the old hash stays for ever",
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
        "Stored, it opens for whoever types the beginning",
        """
def verify_or_keep(password, hashed):
    return pwd_context.verify_and_update(password, hashed)
""",
    ),
    WrongAnswer(
        KEEP,
        "Too long to be upgraded is not the same as right",
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
        "Where bcrypt computes, the limit stands",
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
    right, upgraded = verify_and_rehash(password, hashed)
    return right, upgraded and hash_password(hashed[:72])
""",
        happy_path=True,
    ),
]
