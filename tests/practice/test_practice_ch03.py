"""Chapter 3's practice takes right answers of every kind, and harms nobody."""

from typing import Any

import pytest

from course.classroom import registry
from course.classroom.exercise import EXERCISES, Verdict, judge
from snippets.ch03_dependency_wiring import UserInDB
from tests.support.chapters import fresh

CHAPTER = "ch03_dependency_wiring"

registry.load_all()


def lived_in(code: str) -> dict[str, Any]:
    """Run an answer where a notebook does: with users of its own."""
    names = vars(fresh(CHAPTER))
    exec("from fastapi import APIRouter\n" + code, names)
    return names


def verdict(name: str, code: str) -> Verdict:
    return judge(EXERCISES[name], lived_in(code)["answer"])


GUARDED_ROUTER = """
router = APIRouter(dependencies=[Depends(get_current_active_user)])

@router.get("/letters")
async def read_letters(user: Annotated[UserInDB, Depends(get_current_user)]):
    return f"Letters to {user.username}"

answer = FastAPI()
answer.include_router(router)

@answer.get("/address")
async def read_address():
    return "1 Token Street"
"""
NO_ANNOTATED = """
answer = FastAPI()

@answer.get("/address")
def read_address():
    return "1 Token Street"

@answer.get("/letters")
def read_letters(user=Depends(get_current_active_user)):
    return f"Letters to {user.username}"
"""
RESPONSE_MODEL = """
answer = FastAPI()

@answer.get("/team/", response_model=list[User])
def read_team():
    return list(users.values())
"""
BY_HAND = """
answer = FastAPI()

@answer.get("/team/")
def read_team():
    return [
        user.model_dump(include=set(User.model_fields))
        for user in users.values()
    ]
"""
IN_THE_ENDPOINT = """
answer = FastAPI()

@answer.get("/diary/{username}")
def read_diary_of(username: str, current_user: CurrentUser):
    if current_user.username == username:
        return f"Diary of {username}"
    raise HTTPException(403)
"""
AS_A_PARAMETER = """
def require_owner(username: str, user: CurrentUser):
    if user.username != username:
        raise HTTPException(403, "Not yours")
    return user

answer = FastAPI()

@answer.get("/diary/{username}")
async def read_diary_of(owner: Annotated[UserInDB, Depends(require_owner)]):
    return f"Diary of {owner.username}"
"""


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("guard the letters", GUARDED_ROUTER),
        ("guard the letters", NO_ANNOTATED),
        ("stop the leak", RESPONSE_MODEL),
        ("stop the leak", BY_HAND),
        ("let only the owner pass", IN_THE_ENDPOINT),
        ("let only the owner pass", AS_A_PARAMETER),
    ],
)
def test_right_answer_of_another_kind_passes(name: str, code: str) -> None:
    found = verdict(name, code)
    assert found.passed, found.card


@pytest.mark.parametrize(
    "name", ["guard the letters", "stop the leak", "let only the owner pass"]
)
@pytest.mark.parametrize("code", ["answer = 1", "answer = FastAPI()"])
def test_what_is_no_answer_is_refused_in_words(name: str, code: str) -> None:
    found = verdict(name, code)
    assert not found.passed
    assert "cannot be checked" not in str(found.card)


def test_users_are_afterwards_as_they_were(
    users: dict[str, UserInDB],
) -> None:
    spoils = BY_HAND.replace(
        "return [", "users['johndoe'].hashed_password = ''\n    return ["
    )
    names = lived_in(spoils)
    before = {name: user.model_copy() for name, user in names["users"].items()}
    shared = {name: user.model_copy() for name, user in users.items()}
    found = judge(EXERCISES["stop the leak"], names["answer"])
    assert "gone from the store as well" in str(found.card)
    assert names["users"] == before
    assert users == shared
