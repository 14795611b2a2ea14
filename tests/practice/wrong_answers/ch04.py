"""Wrong answers to chapter 4's exercises."""

from tests.practice.wrong_answers import WrongAnswer

LATE = "late, and nothing else"
START = "refuse to start"
NAMES = "two names, one time"

FRESH = """
fresh = create_access_token({"sub": "johndoe"})
"""
PUBLISHED = """
from snippets.ch03_dependency_wiring import TEACHING_KEY
"""

WRONG_ANSWERS = [
    WrongAnswer(
        LATE,
        "Signature verification failed`. So a test",
        FRESH
        + """
late = jwt.encode(
    {"sub": "johndoe", "exp": 0}, "a teaching key, not the app's own"
)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "there is no user 'nobody'",
        FRESH
        + """
late = create_access_token({"sub": "nobody"}, -timedelta(1))
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "the account is disabled",
        FRESH
        + """
late = create_access_token({"sub": "alice"}, -timedelta(1))
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "It is accepted, because its `exp` is in the future",
        FRESH
        + """
late = jwt.encode(
    {"sub": "johndoe", "exp": datetime.now(UTC) + timedelta(1)}, SECRET_KEY
)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "`create_access_token` overwrites it",
        FRESH
        + """
late = create_access_token({"sub": "johndoe", "exp": 0})
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        'missing the "exp" claim`. So a test with it passes',
        FRESH
        + """
late = jwt.encode({"sub": "johndoe"}, SECRET_KEY)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "The specified alg value is not allowed`. So a test",
        FRESH
        + """
late = jwt.encode(
    {"sub": "johndoe", "exp": 0}, SECRET_KEY * 2, algorithm="HS512"
)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "It is a different one",
        FRESH
        + """
late = jwt.encode({"sub": "johndoe", "exp": "yesterday"}, SECRET_KEY)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "Signature has expired`. Without a token",
        """
fresh = late = create_access_token({"sub": "johndoe"}, -timedelta(1))
""",
    ),
    WrongAnswer(
        LATE,
        "the app may refuse every token",
        """
fresh = jwt.encode({"sub": "johndoe"}, SECRET_KEY)
late = create_access_token({"sub": "johndoe"}, timedelta(minutes=-1))
""",
    ),
    WrongAnswer(
        LATE,
        "its user is unknown or disabled",
        """
fresh = create_access_token({"sub": "alice"})
late = create_access_token({"sub": "alice"}, timedelta(minutes=-1))
""",
    ),
    WrongAnswer(
        LATE,
        "is not a string. A token is the string",
        """
fresh = late = create_access_token
""",
    ),
    WrongAnswer(
        LATE,
        "its `exp` is '0' and must be a number",
        FRESH
        + """
late = jwt.encode({"sub": "johndoe", "exp": "0"}, SECRET_KEY)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "its `exp` is True and must be a number",
        FRESH
        + """
late = jwt.encode({"sub": "johndoe", "exp": True}, SECRET_KEY)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "The token is not yet valid (nbf)`. So a test",
        FRESH
        + """
late = create_access_token(
    {"sub": "johndoe", "nbf": 4_102_444_800}, -timedelta(1)
)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "InvalidAudienceError: Invalid audience`. So a test",
        FRESH
        + """
late = create_access_token(
    {"sub": "johndoe", "aud": "another service"}, -timedelta(1)
)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "JWT ID must be a string`. So a test",
        FRESH
        + """
late = create_access_token({"sub": "johndoe", "jti": 7}, -timedelta(1))
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "So a test with it passes although",
        FRESH
        + """
late = create_access_token({"sub": "johndoe"}, -timedelta(1))[:-2]
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "A random key changes with each restart",
        """
from secrets import token_hex

def read_secret_key(environ):
    return environ.get("SECRET_KEY") or token_hex(32)
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "It returned `None` instead of raising `ValueError`",
        """
def read_secret_key(environ):
    return environ.get("SECRET_KEY")
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "It returned the exception instead of raising",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        return ValueError("SECRET_KEY is missing, short or published")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "The service starts with the published key",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", TEACHING_KEY)
    if len(key.encode()) < 32:
        raise ValueError("SECRET_KEY is too short")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "A refusal is expected, but as `ValueError`",
        """
def read_secret_key(environ):
    return environ["SECRET_KEY"]
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "A line `SECRET_KEY=` in a settings file sets",
        """
def read_secret_key(environ):
    if "SECRET_KEY" not in environ:
        raise ValueError("SECRET_KEY is not set")
    return environ["SECRET_KEY"]
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "can find a short key by guessing",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY")
    if not key or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is not set")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "`len` of a string counts characters",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is missing, short or published")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "exactly 32 bytes are enough",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) <= 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is missing, short or published")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "but 32 bytes are enough",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key) < 64 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is missing, short or published")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "people copy settings from pages like this one",
        """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32:
        raise ValueError("SECRET_KEY is missing, or too short")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "The error contains the key",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(f"unsafe SECRET_KEY: {key!r}")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "k7m2q9z4k7m2…`. The error contains",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(f"unsafe SECRET_KEY: {key[:12]}…")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "Another program that reads the same variable",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "").strip()
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is missing, short or published")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "The function changed `environ`",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.pop("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is missing, short or published")
    return key
""",
    ),
    WrongAnswer(
        START,
        "which stops the whole program",
        """
def read_secret_key(environ):
    if "SECRET_KEY" not in environ:
        sys.exit("SECRET_KEY is not set")
    return environ["SECRET_KEY"]
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "it need not be hexadecimal",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(bytes.fromhex(key)) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is missing, short or published")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "Read it from `environ`",
        """
def read_secret_key(environ):
    if "SECRET_KEY" not in os.environ:
        raise ValueError("SECRET_KEY is not set")
    return os.environ["SECRET_KEY"]
""",
    ),
    WrongAnswer(
        START,
        "…6h is unsafe",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(f"the key …{key[-2:]} is unsafe")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "The error contains the key, or a part of it",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(key[::-1])
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "azdtMnE5ejRr",
        PUBLISHED
        + """
from base64 import b64encode

def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(b64encode(key.encode()))
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "e7a13bc1a972",
        PUBLISHED
        + """
from hashlib import sha256

def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(sha256(key.encode()).hexdigest())
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "['k', '7', 'm'",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(list(key))
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "[107, 55, 109",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError(list(key.encode()))
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "The function printed or logged the key",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    print("read", key[:8])
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is unsafe")
    return key
""",
    ),
    WrongAnswer(
        START,
        "What a service prints is kept",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    logging.debug("the key is %s", key)
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is unsafe")
    return key
""",
    ),
    WrongAnswer(
        START,
        "The function changed `os.environ`",
        PUBLISHED
        + """
import os

def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is unsafe")
    os.environ["SECRET_KEY"] = key
    return key
""",
    ),
    WrongAnswer(
        START,
        "another text than `TEACHING_KEY`",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or "teaching" in key or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is unsafe")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "no key is too long",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if not 32 <= len(key.encode()) <= 64 or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is unsafe")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "spaces and line breaks are characters",
        PUBLISHED
        + """
def read_secret_key(environ):
    key = environ.get("SECRET_KEY", "")
    if len(key.encode()) < 32 or not key.isprintable() or key == TEACHING_KEY:
        raise ValueError("SECRET_KEY is unsafe")
    return key
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "instead of 1. The time tells an attacker that this address exists",
        """
def find_user(login, password):
    user = authenticate_user(login, password)
    if user is None and "@" in login:
        usernames = {user.email: user.username for user in users.values()}
        user = authenticate_user(usernames.get(login, ""), password)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "instead of 1. The time tells an attacker which addresses exist",
        """
def find_user(login, password):
    if "@" not in login:
        return authenticate_user(login, password)
    for user in users.values():
        if user.email == login:
            return authenticate_user(user.username, password)
    return None
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "instead of 1. Each call should verify exactly one",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    by_name = authenticate_user(login, password)
    by_address = authenticate_user(usernames.get(login, ""), password)
    return by_name or by_address
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "instead of 1. The time tells an attacker which usernames exist",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    if login not in users and "@" not in login:
        return None
    return authenticate_user(usernames.get(login, login), password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "Finding a user is not enough",
        """
def find_user(login, password):
    for user in users.values():
        if user.email == login:
            return user
    return authenticate_user(login, password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "A login that raises is answered by a 500",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    username = login if login in users else usernames[login]
    return authenticate_user(username, password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "raised `UnknownHashError",
        """
def find_user(login, password):
    user = users.get(login)
    for other in users.values():
        if other.email == login:
            user = other
    hashed = user.hashed_password if user else ""
    return user if verify_password(password, hashed) else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "`find_user('erin@example.com', 'guess')` raised",
        """
def find_user(login, password):
    user = users.get(login)
    for other in users.values():
        if other.email == login:
            user = other
    hashed = user.hashed_password if user else DUMMY_HASH
    return user if verify_password(password, hashed) else None
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "A name must be equal, not similar",
        """
def find_user(login, password):
    for user in users.values():
        if login in (user.email or ""):
            return authenticate_user(user.username, password)
    return authenticate_user(login, password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "`johndoe@example.org` is let in",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    usernames.setdefault(login, login.partition("@")[0])
    return authenticate_user(usernames[login], password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "`None` is let in",
        """
def find_user(login, password):
    usernames = {str(u.email): u.username for u in users.values()}
    return authenticate_user(usernames.get(login, login), password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "With `robert@example.org` and the right password",
        """
def find_user(login, password):
    usernames = {
        "johndoe@example.com": "johndoe",
        "alice@example.com": "alice",
    }
    return authenticate_user(usernames.get(login, login), password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "The call changed the table of users",
        """
def find_user(login, password):
    for user in list(users.values()):
        if user.email:
            users[user.email] = user
    return authenticate_user(login, password)
""",
    ),
    WrongAnswer(
        NAMES,
        "The user johndoe should be returned",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    return bool(authenticate_user(usernames.get(login, login), password))
""",
    ),
    WrongAnswer(
        NAMES,
        "With `johndoe` and the right password there is no login",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    return authenticate_user(usernames.get(login, ""), password)
""",
    ),
    WrongAnswer(
        NAMES,
        "` johndoe` is let in",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    login = login.strip()
    return authenticate_user(usernames.get(login, login), password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "instead of 1 for the right password",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    user = authenticate_user(usernames.get(login, login), password)
    if user and not user.email:
        verify_password(password, DUMMY_HASH)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "`robert` is let in",
        """
def find_user(login, password):
    for user in users.values():
        if user.email and login == user.email.partition("@")[0]:
            return authenticate_user(user.username, password)
    usernames = {user.email: user.username for user in users.values()}
    return authenticate_user(usernames.get(login, login), password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "With `alice` and the right password there is no login",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    user = authenticate_user(usernames.get(login, login), password)
    return None if user and user.disabled else user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "`find_user('johndoe', 'guess')` returned",
        """
from functools import cache

@cache
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    return authenticate_user(usernames.get(login, login), password)
""",
        happy_path=True,
    ),
]
