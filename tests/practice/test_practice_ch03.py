"""Chapter 3's practice refuses what is no app, and restores the users."""

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
    exec(code, names)
    return names


def verdict(name: str, code: str) -> Verdict:
    return judge(EXERCISES[name], lived_in(code)["answer"])


BY_HAND = """
answer = FastAPI()

@answer.get("/team/")
def read_team():
    return [
        user.model_dump(include=set(User.model_fields))
        for user in users.values()
    ]
"""


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
    assert "The stored users have changed" in str(found.card)
    assert names["users"] == before
    assert users == shared
