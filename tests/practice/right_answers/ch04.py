"""Right answers to chapter 4's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

LATE = "late, and nothing else"
START = "refuse to start"
TWO_NAMES = "two names, one time"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        LATE,
        "signed by hand",
        """
fresh = jwt.encode({"sub": "johndoe", "exp": 4_102_444_800}, SECRET_KEY)
late = jwt.encode({"sub": "johndoe", "exp": 1}, SECRET_KEY)
""",
    ),
    RightAnswer(
        LATE,
        "a partial",
        """
from functools import partial

token_for_john = partial(create_access_token, {"sub": "johndoe"})
fresh = token_for_john()
late = token_for_john(timedelta(days=-1))
""",
    ),
    RightAnswer(
        LATE,
        "a loop over two lifetimes",
        """
fresh, late = (
    create_access_token({"sub": "johndoe"}, timedelta(hours=hours))
    for hours in (1, -1)
)
""",
    ),
    RightAnswer(
        LATE,
        "the claims of `fresh`, with another `exp`",
        """
from snippets.ch03_dependency_wiring import read_access_token
from snippets.ch04_token_endpoint import create_access_token

fresh = create_access_token({"sub": "johndoe"})
claims = read_access_token(fresh)
claims["exp"] = datetime.now(UTC) - timedelta(seconds=1)
late = jwt.encode(claims, SECRET_KEY, algorithm=ALGORITHM)
""",
    ),
    RightAnswer(
        START,
        "256 bits, counted in bytes",
        """
import logging

from snippets.ch03_dependency_wiring import TEACHING_KEY

def read_secret_key(environ):
    key = environ.get("SECRET_KEY")
    if key is None:
        raise ValueError("set SECRET_KEY")
    if len(bytes(key, "utf-8")) < 256 // 8:
        raise ValueError("SECRET_KEY is too short")
    if key in {TEACHING_KEY}:
        raise ValueError("SECRET_KEY is published")
    logging.info("SECRET_KEY has %d characters", len(key))
    print("starting")
    return key
""",
    ),
    RightAnswer(
        START,
        "an exception of its own, from a KeyError",
        """
from snippets import ch03_dependency_wiring as wiring

class SettingsError(ValueError):
    pass

def read_secret_key(environ):
    try:
        key = environ["SECRET_KEY"]
    except KeyError as error:
        raise SettingsError("SECRET_KEY is not set") from error
    if key != wiring.TEACHING_KEY and len(key.encode()) >= 32:
        return key
    raise SettingsError("SECRET_KEY is short or published")
""",
    ),
    RightAnswer(
        START,
        "a pydantic model that hides its input",
        """
from pydantic import ConfigDict, Field, field_validator

from snippets.ch03_dependency_wiring import TEACHING_KEY

class Settings(BaseModel):
    model_config = ConfigDict(hide_input_in_errors=True)
    key: str = Field(alias="SECRET_KEY")

    @field_validator("key")
    @classmethod
    def is_safe(cls, key: str) -> str:
        if len(key.encode()) < 32 or key == TEACHING_KEY:
            raise ValueError("short, or published")
        return key

def read_secret_key(environ):
    return Settings(**environ).key
""",
    ),
    RightAnswer(
        START,
        "a class with `__call__`",
        """
from snippets.ch03_dependency_wiring import TEACHING_KEY

class Reader:
    def __call__(self, environ):
        match environ:
            case {"SECRET_KEY": key} if len(key.encode()) > 31:
                if key != TEACHING_KEY:
                    return key
        raise ValueError("SECRET_KEY is missing, short or published")

read_secret_key = Reader()
""",
    ),
    RightAnswer(
        TWO_NAMES,
        "a loop, and `verify_password`",
        """
def find_user(login, password):
    user = users.get(login)
    for other in users.values():
        if other.email == login:
            user = other
    hashed = user.hashed_password if user else DUMMY_HASH
    try:
        matches = verify_password(password, hashed)
    except ValueError:
        return None if verify_password(password, DUMMY_HASH) else None
    return user if matches else None
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
        TWO_NAMES,
        "a lambda",
        """
find_user = lambda login, password: authenticate_user(
    next((u.username for u in users.values() if u.email == login), login),
    password,
)
""",
    ),
    RightAnswer(
        TWO_NAMES,
        "a class, with names of the module",
        """
from snippets import ch04_token_endpoint as endpoint

class Finder:
    def __call__(self, login, password):
        for name, user in endpoint.users.items():
            if user.email == login:
                login = name
                break
        return endpoint.authenticate_user(login, password)

find_user = Finder()
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        LATE,
        "line 2: `1` becomes `0`",
        "A token expires at the second in its `exp`, here the present one.",
    ),
    EquivalentMutant(
        LATE,
        "line 2: `1` becomes `2`",
        "How long ago the token expired is free.",
    ),
    EquivalentMutant(
        LATE,
        "line 2: `timedelta(minutes=-1)` becomes `timedelta()`",
        "A token expires at the second in its `exp`, here the present one.",
    ),
    EquivalentMutant(
        START,
        "line 5: `''` becomes `'SECRET_KEY'`",
        "A missing key becomes another text that is too short.",
    ),
]
