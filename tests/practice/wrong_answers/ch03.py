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
        "verifies nothing: any word after `Bearer` will do",
        ADDRESS
        + """
async def read_letters(token: Annotated[str, Depends(oauth2_scheme)]) -> str:
    return "Letters to johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "A name that nobody verified is a name that anybody can write",
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
        "whether they may come in are two questions",
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
        "of no use until the answer depends on it",
        ADDRESS
        + """
async def read_letters(current_user: CurrentUser) -> str:
    return "Letters to johndoe"
""",
        happy_path=True,
    ),
    WrongAnswer(
        LETTERS,
        "A guard on the whole app guards what should be open too",
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
        "something like `UserInDB` without `Depends`",
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
        {"username": user.username, "email": user.email,
         "password": user.hashed_password}
        for user in users.values()
    ]
""",
        happy_path=True,
    ),
    WrongAnswer(
        LEAK,
        "gone from the store as well",
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
        "out of date the day somebody adds a field",
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
        "answering with less than people need",
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
        "nobody looks at it: it says no by raising",
        """
async def require_owner(username: str, current_user: CurrentUser) -> bool:
    return username == current_user.username
"""
        + DIARIES,
        happy_path=True,
    ),
    WrongAnswer(
        OWNER,
        "A 401 says log in, and he has",
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
        "A name in the path is a wish that anybody can send",
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
        "callers find out which usernames exist",
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
        "asks only the first of the two questions",
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
        "Compare two names, whoever they belong to",
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
]
