"""Mutants: the system with one line of its security broken, by hand."""

from dataclasses import dataclass

CH02 = "snippets/ch02_password_hashing.py"
CH03 = "snippets/ch03_dependency_wiring.py"
CH04 = "snippets/ch04_token_endpoint.py"


@dataclass(frozen=True)
class Mutant:
    """A file, a text that stands in it once, what to put there, and why."""

    file: str
    old: str
    new: str
    why: str

    def apply(self, source: str) -> str:
        times = source.count(self.old)
        if times != 1:
            raise ValueError(
                f"{self.why}: {self.old!r} stands {times} times in {self.file}"
            )
        return source.replace(self.old, self.new)


MUTANTS = [
    Mutant(
        CH02,
        "bcrypt__rounds=12",
        "bcrypt__rounds=10",
        "hashes get cheaper to guess",
    ),
    Mutant(
        CH02,
        "if size > MAX_PASSWORD_BYTES:",
        "if False:",
        "a long password is cut short in silence",
    ),
    Mutant(
        CH02,
        "if size > MAX_PASSWORD_BYTES:",
        "if size >= MAX_PASSWORD_BYTES:",
        "a password of exactly 72 bytes is refused",
    ),
    Mutant(
        CH02,
        'len(password.encode("utf-8"))',
        "len(password)",
        "characters are counted instead of bytes",
    ),
    Mutant(
        CH02,
        'if "\\0" in password:',
        "if False:",
        "a NUL byte reaches bcrypt, which raises: a 500",
    ),
    Mutant(
        CH02,
        "    ensure_hashable(password)\n    return pwd_context.hash",
        "    return pwd_context.hash",
        "what cannot be hashed whole is hashed",
    ),
    Mutant(
        CH02,
        "        ensure_hashable(plain_password)",
        "        pass",
        "a long password verifies by its first 72 bytes",
    ),
    Mutant(
        CH02,
        "return pwd_context.verify(plain_password, hashed_password)",
        "return True",
        "every password is right",
    ),
    Mutant(
        CH02,
        "if not pwd_context.needs_update(hashed_password):",
        "if True:",
        "a cheap or foreign hash stays for ever",
    ),
    Mutant(
        CH02,
        "if not verify_password(password, hashed_password):",
        "if False:",
        "any password replaces an outdated hash",
    ),
    Mutant(
        CH03,
        'os.environ.get("SECRET_KEY", TEACHING_KEY)',
        "TEACHING_KEY",
        "the published key signs in production too",
    ),
    Mutant(
        CH03,
        "a teaching key, published: protects nothing",
        "a teaching key",
        "the key is shorter than RFC 7518 §3.2 asks",
    ),
    Mutant(
        CH03,
        "algorithms=[ALGORITHM]",
        'algorithms=["HS256", "HS512"]',
        "a second algorithm is accepted",
    ),
    Mutant(
        CH03,
        '"require": ["exp", "sub"]',
        '"require": ["exp", "sub"], "verify_signature": False',
        "everybody can sign",
    ),
    Mutant(
        CH03,
        '"require": ["exp", "sub"]',
        '"require": ["exp", "sub"], "verify_exp": False',
        "an expired token is accepted",
    ),
    Mutant(
        CH03,
        '"require": ["exp", "sub"]',
        '"require": ["sub"]',
        "a token may live for ever",
    ),
    Mutant(
        CH03,
        '"require": ["exp", "sub"]',
        '"require": ["exp"]',
        "a token without a subject is a KeyError: a 500",
    ),
    Mutant(
        CH03,
        "    except jwt.InvalidTokenError as error:",
        "    except jwt.ExpiredSignatureError as error:",
        "most bad tokens are a 500",
    ),
    Mutant(
        CH03,
        "    if user is None:",
        "    if False:",
        "a vanished user goes on as nobody: a 500",
    ),
    Mutant(
        CH03,
        "    if current_user.disabled:",
        "    if False:",
        "a disabled user gets in",
    ),
    Mutant(
        CH03,
        '        headers={"WWW-Authenticate": "Bearer"},\n',
        "",
        "a 401 does not say how to authenticate",
    ),
    Mutant(
        CH03,
        "async def read_users_me(current_user: CurrentUser) -> User:",
        "async def read_users_me(current_user: CurrentUser) -> UserInDB:",
        "chapter 3 answers with the hash",
    ),
    Mutant(
        CH04,
        "async def read_users_me(current_user: CurrentUser) -> User:",
        "async def read_users_me(current_user: CurrentUser) -> UserInDB:",
        "chapter 4 answers with the hash",
    ),
    Mutant(
        CH04,
        "    try:\n        ensure_hashable(password)\n"
        "    except UnhashablePasswordError:\n        return None\n",
        "",
        "the time of the answer tells which usernames exist",
    ),
    Mutant(
        CH04,
        "    hashed_password = user.hashed_password if user else DUMMY_HASH",
        "    if user is None:\n        return None\n"
        "    hashed_password = user.hashed_password",
        "an unknown user costs nothing, and can be told from a known one",
    ),
    Mutant(
        CH04,
        "        return user\n    return None",
        '        return user or users["johndoe"]\n    return None',
        "whoever finds the dummy's password logs in",
    ),
    Mutant(
        CH04,
        "$2b$12$KBPPZClYv3jiPv4fdpYLpuj.",
        "$2b$10$KBPPZClYv3jiPv4fdpYLpuj.",
        "the dummy hash costs less than a real one",
    ),
    Mutant(
        CH04,
        "    if verify_password(password, hashed_password):",
        "    if user or verify_password(password, hashed_password):",
        "a username is enough",
    ),
    Mutant(
        CH04,
        'raise unauthorized("Incorrect username or password")',
        "raise unauthorized(\n"
        '            "Incorrect password" if form.username in users\n'
        '            else "Incorrect username or password"\n        )',
        "the answer tells which usernames exist",
    ),
    Mutant(
        CH04,
        'for key in ("type", "loc", "msg")',
        'for key in ("type", "loc", "msg", "input")',
        "a password in a broken form is sent back, or crashes the answer",
    ),
    Mutant(
        CH04,
        "datetime.now(UTC)",
        "datetime.now()",
        "a token is born expired in New York and lives 570 minutes in Tokyo",
    ),
    Mutant(
        CH04,
        "timedelta(minutes=30)",
        "timedelta(minutes=300)",
        "a token lives ten times as long",
    ),
    Mutant(
        CH04,
        "datetime.now(UTC) + expires_delta",
        "datetime.now(UTC) + ACCESS_TOKEN_LIFETIME",
        "the lifetime asked for is ignored",
    ),
    Mutant(
        CH04,
        '{**data, "exp": datetime.now(UTC) + expires_delta}',
        '{"exp": datetime.now(UTC) + expires_delta, **data}',
        "the caller's claims set the expiry",
    ),
    Mutant(
        CH04,
        "def login_for_access_token(",
        "async def login_for_access_token(",
        "bcrypt stops the event loop, and every other request with it",
    ),
    Mutant(
        CH04,
        "    users,\n)\n",
        "    users,\n    get_current_user,\n)\n\n"
        "CurrentUser = Annotated[UserInDB, Depends(get_current_user)]\n",
        "chapter 4 lets disabled users in again",
    ),
]
