"""Right answers to chapter 3's exercises, and equivalent mutants."""

from tests.practice.right_answers import EquivalentMutant, RightAnswer

UNFINISHED = True

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
