"""Wrong answers to chapter 4's exercises."""

from tests.wrong_answers import WrongAnswer

LEAK = "stop the leak"

WRONG_ANSWERS = [
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
        "The page is gone",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    raise unauthorized("Not authenticated")
""",
    ),
]
