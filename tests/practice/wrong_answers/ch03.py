"""Wrong answers to chapter 3's exercises."""

from tests.practice.wrong_answers import WrongAnswer

LETTERS = "guard the letters"
LEAK = "stop the leak"
OWNER = "let only the owner pass"

ADDRESS = """
letterbox = FastAPI()

@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"

@letterbox.get("/letters")
"""
DIARIES = """
diaries = FastAPI()

@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
"""

WRONG_ANSWERS = [
    WrongAnswer(
        LETTERS,
        "Given: the token `nonsense`",
        ADDRESS
        + """
async def read_letters(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    return "Letters to johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: johndoe's name, signed with a key",
        ADDRESS
        + """
async def read_letters(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise unauthorized("Could not validate credentials") from error
    return f"Letters to {claims['sub']}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "may use the service are two questions",
        ADDRESS
        + """
async def read_letters(
    user: Annotated[UserInDB, Depends(get_current_user)],
) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "its answer does not depend on it",
        ADDRESS
        + """
async def read_letters(current_user: CurrentUser) -> str:
    return "Letters to johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "also guards what should be open",
        ADDRESS.replace(
            "FastAPI()",
            "FastAPI(dependencies=[Depends(get_current_active_user)])",
        )
        + """
async def read_letters(current_user: CurrentUser) -> str:
    return f"Letters to {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "but not by a 401 with `WWW-Authenticate`",
        ADDRESS
        + """
async def read_letters(request: Request) -> str:
    if "Authorization" not in request.headers:
        raise HTTPException(status.HTTP_401_UNAUTHORIZED)
    return "Letters to johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "does not say where the user comes from",
        ADDRESS
        + """
async def read_letters(current_user: UserInDB) -> str:
    return f"Letters to {current_user.username}"
""",
    ),
    WrongAnswer(
        LEAK,
        "`hashed_password` is a field of the answer",
        """
team = FastAPI()

@team.get("/team/")
def read_team() -> list[UserInDB]:
    return list(users.values())
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "The field has another name now",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    return [
        {**User(**vars(user)).model_dump(), "secret": user.hashed_password}
        for user in users.values()
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "The stored users have changed",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    page = []
    for user in users.values():
        public = vars(user)
        public.pop("hashed_password", None)
        page.append(public)
    return page
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "out of date as soon as a field is added",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    return [
        user.model_dump(exclude={"hashed_password"})
        for user in users.values()
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "something else than a list of users",
        """
team = FastAPI()

@team.get("/team/")
def read_team() -> list[str]:
    return list(users)
""",
    ),
    WrongAnswer(
        LEAK,
        "showing less than people need",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    return [{"username": name} for name in users]
""",
    ),
    WrongAnswer(
        LEAK,
        "Visitors get no page",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    raise unauthorized("Not authenticated")
""",
    ),
    WrongAnswer(
        OWNER,
        "`get_current_user` wants the token, not a name",
        """
async def require_owner(username: str) -> None:
    user = await get_current_user(username)
    if username != user.username:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
    ),
    WrongAnswer(
        OWNER,
        "a dependency refuses by raising",
        """
async def require_owner(username: str, current_user: CurrentUser) -> bool:
    return username == current_user.username
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "A 401 means log in, and he has",
        """
async def require_owner(username: str, current_user: CurrentUser) -> None:
    if username != current_user.username:
        raise unauthorized("Not your diary")
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "Anyone can write any name into a path",
        """
async def require_owner(username: str) -> None:
    if username not in users:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "callers which usernames exist",
        """
async def require_owner(username: str, current_user: CurrentUser) -> None:
    if username not in users:
        raise HTTPException(status.HTTP_404_NOT_FOUND)
    if username != current_user.username:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "answers only the first question",
        """
async def require_owner(
    username: str,
    current_user: Annotated[UserInDB, Depends(get_current_user)],
) -> None:
    if username != current_user.username:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "names are equal or not",
        """
async def require_owner(username: str, current_user: CurrentUser) -> None:
    if username not in current_user.username:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "instead of writing one name into the code",
        """
async def require_owner(username: str, current_user: CurrentUser) -> None:
    if username != "johndoe":
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "does not say where the user comes from",
        """
async def require_owner(username: str, current_user: UserInDB) -> None:
    if username != current_user.username:
        raise HTTPException(status.HTTP_403_FORBIDDEN)
"""
        + DIARIES,
    ),
    WrongAnswer(
        LETTERS,
        "There is no `GET /letters` any more",
        ADDRESS.replace("/letters", "/letter")
        + """
async def read_letters(current_user: CurrentUser) -> str:
    return f"Letters to {current_user.username}"
""",
    ),
    WrongAnswer(
        LETTERS,
        "without a slash at its end",
        ADDRESS.replace("/letters", "/letters/")
        + """
async def read_letters(current_user: CurrentUser) -> str:
    return f"Letters to {current_user.username}"
""",
    ),
    WrongAnswer(
        LETTERS,
        "`GET /address` is gone",
        """
letterbox = FastAPI()

@letterbox.get("/letters")
async def read_letters(current_user: CurrentUser) -> str:
    return f"Letters to {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "An annotation comes after a colon: `user: CurrentUser`",
        ADDRESS
        + """
async def read_letters(user=CurrentUser) -> str:
    return f"Letters to {user.username}"
""",
    ),
    WrongAnswer(
        LETTERS,
        'exactly "Letters to johndoe"',
        ADDRESS
        + """
async def read_letters(user: CurrentUser) -> str:
    return f"Letters to {user.full_name}"
""",
    ),
    WrongAnswer(
        LETTERS,
        "Given: a token that never ends",
        ADDRESS
        + """
async def read_letters(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    try:
        claims = jwt.decode(token, SECRET_KEY, algorithms=[ALGORITHM])
    except jwt.InvalidTokenError as error:
        raise unauthorized("no") from error
    user = users[claims["sub"]]
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: a token for an unknown user",
        ADDRESS
        + """
async def read_letters(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    try:
        claims = read_access_token(token)
    except jwt.InvalidTokenError as error:
        raise unauthorized("no") from error
    user = users[claims["sub"]]
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "promises one user, and the function returns a list",
        """
team = FastAPI()

@team.get("/team/")
def read_team() -> User:
    return list(users.values())
""",
    ),
    WrongAnswer(
        OWNER,
        "Given: johndoe's name, signed with a key",
        """
async def require_owner(
    username: str, token: Annotated[str, Depends(oauth2_scheme)]
) -> None:
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise unauthorized("no") from error
    user = users.get(claims.get("sub"))
    if user and user.disabled:
        raise HTTPException(400, "Inactive user")
    if user is None or user.username != username:
        raise HTTPException(403, "Not your diary")
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "He gets his own diary at bob's address",
        """
diaries = FastAPI()

@diaries.get("/diary/{username}")
async def read_diary_of(username: str, current_user: CurrentUser) -> str:
    return f"Diary of {current_user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "A 404 means that there is no such diary",
        """
async def require_owner(username: str, current_user: CurrentUser) -> None:
    if username != current_user.username:
        raise HTTPException(404)
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "the path calls it `username`",
        """
async def require_owner(name: str, current_user: CurrentUser) -> None:
    if name != current_user.username:
        raise HTTPException(403)
"""
        + DIARIES,
    ),
    WrongAnswer(
        OWNER,
        "For the client that is a 500. Raise `HTTPException`.",
        """
async def require_owner(username: str, current_user: CurrentUser) -> None:
    assert username == current_user.username, 403
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: dora, whose account is disabled as well",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.username == "alice":
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "under `none`, without a signature `GET /letters` raised",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=[jwt.get_unverified_header(token)["alg"]],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "under `none`, without a signature",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = (
            jwt.decode(
                token,
                options={
                    "verify_signature": False,
                    "verify_exp": True,
                    "require": ["exp", "sub"],
                },
            )
            if jwt.get_unverified_header(token)["alg"] == "none"
            else jwt.decode(
                token,
                SECRET_KEY,
                algorithms=["HS256"],
                options={"require": ["exp", "sub"]},
            )
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "a token that expired a minute ago",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            leeway=3600,
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "a token that is not valid before 2100",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"], "verify_nbf": False},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "a token for `JOHNDOE`",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"].lower())
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "`mallory`, who is unknown as well",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if c["sub"] == "nobody":
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "with `Basic` before it",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(request: Request) -> UserInDB:
    token = request.headers.get("Authorization", "").split(" ")[-1]
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: bob, an active user",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled is not False:
        raise HTTPException(400, "x")
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "have other values than those that are stored",
        """
team = FastAPI()


@team.get("/team/")
def read_team() -> list[User]:
    return [User(username=u.username) for u in users.values()]
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "has a field that `User` does not have",
        """
team = FastAPI()


@team.get("/team/")
def read_team():
    return [
        {
            **u.model_dump(include=set(User.model_fields)),
            "has_password": bool(u.hashed_password),
        }
        for u in users.values()
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "shows a user more than once",
        """
team = FastAPI()


@team.get("/team/")
def read_team() -> list[User]:
    return [*users.values(), *users.values()]
""",
    ),
    WrongAnswer(
        OWNER,
        "Given: dora, at her own diary",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"]},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.username == "alice":
        raise HTTPException(400, "x")
    return user


async def require_owner(
    username: str, user: Annotated[UserInDB, Depends(caller)]
) -> None:
    if username != user.username:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "whose owners have nearly his name",
        """
from fastapi import HTTPException, Query, Header, Request


async def require_owner(username: str, user: CurrentUser) -> None:
    if username.strip() != user.username:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "names are equal or not",
        """
from fastapi import HTTPException, Query, Header, Request


async def require_owner(username: str, user: CurrentUser) -> None:
    if username not in (user.username, user.email):
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "whose owners have nearly his name",
        """
from fastapi import HTTPException, Query, Header, Request


async def require_owner(username: str, user: CurrentUser) -> None:
    if sorted(username) != sorted(user.username):
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "anything after the `?`",
        """
from fastapi import HTTPException, Query, Header, Request


async def require_owner(
    username: str, user: CurrentUser, owner: str | None = None
) -> None:
    if (owner or username) != user.username:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "a token that is not valid before 2100",
        """
from fastapi import HTTPException, Query, Header, Request


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        c = jwt.decode(
            token,
            SECRET_KEY,
            algorithms=["HS256"],
            options={"require": ["exp", "sub"], "verify_nbf": False},
        )
        if not isinstance(c["exp"], (int, float)):
            raise jwt.InvalidTokenError
    except jwt.InvalidTokenError as e:
        raise unauthorized("no") from e
    user = users.get(c["sub"])
    if user is None:
        raise unauthorized("no")
    if user.disabled:
        raise HTTPException(400, "x")
    return user


async def require_owner(
    username: str, user: Annotated[UserInDB, Depends(caller)]
) -> None:
    if username != user.username:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: bob, whose account has just been disabled",
        """
seen = {}


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        name = read_access_token(token)["sub"]
    except jwt.InvalidTokenError as error:
        raise unauthorized("Could not validate credentials") from error
    if name not in seen:
        seen[name] = users.get(name)
    if seen[name] is None:
        raise unauthorized("Could not validate credentials")
    if seen[name].disabled:
        raise HTTPException(400, "Inactive user")
    return seen[name]


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: bob, whose account has just been deleted",
        """
seen = {}


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        name = read_access_token(token)["sub"]
    except jwt.InvalidTokenError as error:
        raise unauthorized("Could not validate credentials") from error
    user = users.get(name) or seen.get(name)
    if user is None:
        raise unauthorized("Could not validate credentials")
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    seen[name] = user
    return user


letterbox = FastAPI()


@letterbox.get("/address")
async def read_address() -> str:
    return "1 Token Street"


@letterbox.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(caller)]) -> str:
    return f"Letters to {user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "Given: bob, whose account has just been disabled",
        """
seen = {}


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        name = read_access_token(token)["sub"]
    except jwt.InvalidTokenError as error:
        raise unauthorized("Could not validate credentials") from error
    if name not in seen:
        seen[name] = users.get(name)
    if seen[name] is None:
        raise unauthorized("Could not validate credentials")
    if seen[name].disabled:
        raise HTTPException(400, "Inactive user")
    return seen[name]


async def require_owner(
    username: str, user: Annotated[UserInDB, Depends(caller)]
) -> None:
    if username != user.username:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "Given: bob, whose account has just been deleted",
        """
seen = {}


async def caller(token: Annotated[str, Depends(oauth2_scheme)]) -> UserInDB:
    try:
        name = read_access_token(token)["sub"]
    except jwt.InvalidTokenError as error:
        raise unauthorized("Could not validate credentials") from error
    user = users.get(name) or seen.get(name)
    if user is None:
        raise unauthorized("Could not validate credentials")
    if user.disabled:
        raise HTTPException(400, "Inactive user")
    seen[name] = user
    return user


async def require_owner(
    username: str, user: Annotated[UserInDB, Depends(caller)]
) -> None:
    if username != user.username:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "Given: bob, with another name in the address",
        ADDRESS
        + """
async def read_letters(user: CurrentUser, to: str | None = None) -> str:
    return f"Letters to {to or user.username}"
""",
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "Given: bob, at the diary of an unknown user",
        """
async def require_owner(username: str, user: CurrentUser) -> None:
    is_free = username not in users and user.username != "johndoe"
    if username != user.username and not is_free:
        raise HTTPException(403)


diaries = FastAPI()


@diaries.get("/diary/{username}", dependencies=[Depends(require_owner)])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
        happy_path=True,
    ),
]
