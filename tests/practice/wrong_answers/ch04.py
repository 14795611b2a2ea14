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
        "Signature verification failed`. So a test with it passes",
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
        FRESH + 'late = create_access_token({"sub": "nobody"}, -timedelta(1))',
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "the account is disabled",
        FRESH + 'late = create_access_token({"sub": "alice"}, -timedelta(1))',
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "It opens. `exp` is the moment from which on it must not",
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
        'missing the "exp" claim`. So a test with it passes',
        FRESH + 'late = jwt.encode({"sub": "johndoe"}, SECRET_KEY)',
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
        "It is another one",
        FRESH
        + """
late = jwt.encode({"sub": "johndoe", "exp": "yesterday"}, SECRET_KEY)
""",
        happy_path=True,
    ),
    WrongAnswer(
        LATE,
        "it may be a door that refuses everybody",
        """
fresh = jwt.encode({"sub": "johndoe"}, SECRET_KEY)
late = create_access_token({"sub": "johndoe"}, timedelta(minutes=-1))
""",
    ),
    WrongAnswer(
        LATE,
        "its user is not known here, or may not come in",
        """
fresh = create_access_token({"sub": "alice"})
late = create_access_token({"sub": "alice"}, timedelta(minutes=-1))
""",
    ),
    WrongAnswer(
        LATE,
        "is no text. A token is the text",
        "fresh = late = create_access_token",
    ),
    WrongAnswer(
        START,
        "A random one is another after each restart",
        """
from secrets import token_hex

def read_secret_key(environ):
    return environ.get("SECRET_KEY") or token_hex(32)
""",
        happy_path=True,
    ),
    WrongAnswer(
        START,
        "Nothing stops the start",
        """
def read_secret_key(environ):
    return environ.get("SECRET_KEY")
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
        "A line `SECRET_KEY=` in a settings file sets the variable",
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
        "who finds a token can guess at a short one at home",
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
        "`len` of a text counts letters",
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
        "settings are copied from pages like this one",
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
        "The error tells the key",
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
        "as good a key as any",
        """
def read_secret_key(environ):
    key = bytes.fromhex(environ.get("SECRET_KEY", ""))
    if len(key) < 32:
        raise ValueError("SECRET_KEY is missing, or too short")
    return key
""",
    ),
    WrongAnswer(
        NAMES,
        "Verifications: 2; for a name it was one",
        """
def find_user(login, password):
    user = authenticate_user(login, password)
    if user is None:
        usernames = {user.email: user.username for user in users.values()}
        if login in usernames:
            user = authenticate_user(usernames[login], password)
    return user
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "Verifications: 0; for a known address it was one",
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
        "Verifications: 2, and not one",
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
        "Verifications: 0; for a known name it was one",
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
        "Whoever is found first is not let in yet",
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
        "At a login nobody catches it",
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
        "Somebody gets in who does not exist",
        """
def find_user(login, password):
    username, _, _ = (login or "johndoe").partition("@")
    return authenticate_user(username, password)
""",
        happy_path=True,
    ),
    WrongAnswer(
        NAMES,
        "By `johndoe` he does not get in",
        """
def find_user(login, password):
    usernames = {user.email: user.username for user in users.values()}
    return authenticate_user(usernames.get(login, ""), password)
""",
    ),
]
