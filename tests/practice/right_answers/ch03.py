"""Right answers to chapter 3's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

LETTERS = "guard the letters"
LEAK = "stop the leak"
OWNER = "let only the owner pass"

RIGHT_ANSWERS: list[RightAnswer] = [
    RightAnswer(
        LETTERS,
        "a guarded router",
        """
from fastapi import APIRouter

router = APIRouter(dependencies=[Depends(get_current_active_user)])

@router.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(get_current_user)]):
    return f"Letters to {user.username}"

letterbox = FastAPI()
letterbox.include_router(router)

@letterbox.get("/address")
async def read_address():
    return "1 Token Street"
""",
    ),
    RightAnswer(
        LETTERS,
        "a default value, and plain functions",
        """
letterbox = FastAPI()

@letterbox.get("/address")
def read_address():
    return "1 Token Street"

@letterbox.get("/letters")
def read_letters(user=Depends(get_current_active_user)):
    return f"Letters to {user.username}"
""",
    ),
    RightAnswer(
        LETTERS,
        "names imported from the chapter's module",
        """
from snippets.ch03_dependency_wiring import CurrentUser as Caller

letterbox = FastAPI()

@letterbox.get("/address")
async def read_address():
    return "1 Token Street"

@letterbox.get("/letters")
async def read_letters(caller: Caller):
    return "Letters to " + caller.username
""",
    ),
    RightAnswer(
        LETTERS,
        "a class with __call__ as the dependency",
        """
class Letters:
    async def __call__(self, user: CurrentUser) -> str:
        return f"Letters to {user.username}"

letterbox = FastAPI()
letterbox.add_api_route("/address", lambda: "1 Token Street")

@letterbox.get("/letters")
async def read_letters(letters: Annotated[str, Depends(Letters())]):
    return letters
""",
    ),
    RightAnswer(
        LEAK,
        "built as `User` objects",
        """
team = FastAPI()

@team.get("/team/")
async def read_team() -> list[User]:
    return [User(**user.model_dump()) for user in users.values()]
""",
    ),
    RightAnswer(
        LEAK,
        "an own model with the public fields",
        """
class Member(BaseModel):
    username: str
    email: str | None
    full_name: str | None
    disabled: bool | None

team = FastAPI()

@team.get("/team/")
def read_team() -> list[Member]:
    return list(users.values())
""",
    ),
    RightAnswer(
        LEAK,
        "a response model",
        """
team = FastAPI()

@team.get("/team/", response_model=list[User])
def read_team():
    return list(users.values())
""",
    ),
    RightAnswer(
        LEAK,
        "the fields of `User`, by hand",
        """
team = FastAPI()

@team.get("/team/")
def read_team():
    return [
        user.model_dump(include=set(User.model_fields))
        for user in users.values()
    ]
""",
    ),
    RightAnswer(
        OWNER,
        "a class with __call__",
        """
class RequireOwner:
    async def __call__(self, username: str, user: CurrentUser) -> None:
        if user.username == username:
            return
        raise HTTPException(status_code=403, detail="Not your diary")

diaries = FastAPI()

@diaries.get("/diary/{username}", dependencies=[Depends(RequireOwner())])
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"
""",
    ),
    RightAnswer(
        OWNER,
        "names imported from the chapter's module, a guarded router",
        """
from fastapi import APIRouter
from snippets.ch03_dependency_wiring import get_current_active_user as caller

def require_owner(username: str, user: Annotated[UserInDB, Depends(caller)]):
    if not username == user.username:
        raise HTTPException(403)

router = APIRouter(dependencies=[Depends(require_owner)])

@router.get("/diary/{username}")
async def read_diary_of(username: str) -> str:
    return f"Diary of {username}"

diaries = FastAPI()
diaries.include_router(router)
""",
    ),
    RightAnswer(
        OWNER,
        "compared in the endpoint",
        """
diaries = FastAPI()

@diaries.get("/diary/{username}")
def read_diary_of(username: str, current_user: CurrentUser):
    if current_user.username == username:
        return f"Diary of {username}"
    raise HTTPException(403)
""",
    ),
    RightAnswer(
        OWNER,
        "a dependency that returns the owner",
        """
def require_owner(username: str, user: CurrentUser):
    if user.username != username:
        raise HTTPException(403, "Not yours")
    return user

diaries = FastAPI()

@diaries.get("/diary/{username}")
async def read_diary_of(owner: Annotated[UserInDB, Depends(require_owner)]):
    return f"Diary of {owner.username}"
""",
    ),
]

EQUIVALENT_MUTANTS: list[EquivalentMutant] = [
    EquivalentMutant(
        OWNER,
        "line 4: `HTTPException(status.HTTP_403_FORBIDDEN, 'Not your diary')` "
        "becomes `HTTPException(status.HTTP_403_FORBIDDEN)`",
        "The words of a refusal are free.",
    ),
]
