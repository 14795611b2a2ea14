"""Chapter 4's practice: odd answers are refused, tables are restored."""

from typing import Any
from unittest.mock import patch

import jwt
import pytest

from course.classroom import registry
from course.classroom.exercise import EXERCISES, Verdict, judge
from snippets import ch02_password_hashing
from snippets.ch03_dependency_wiring import SECRET_KEY, UserInDB
from tests.support.chapters import fresh

CHAPTER = "ch04_token_endpoint"
IN_2100 = {"sub": "johndoe", "exp": 4_102_444_800}

registry.load_all()


def verdict(name: str, answer: object) -> Verdict:
    return judge(EXERCISES[name], answer)


def lived_in(code: str) -> dict[str, Any]:
    """Run an answer where a notebook does: among the chapter's names."""
    names = vars(fresh(CHAPTER))
    exec(code, names)
    return names


def signed(**claims: object) -> str:
    return jwt.encode(IN_2100 | claims, SECRET_KEY)


BY_HAND = """
from snippets.ch02_password_hashing import verify_password


def answer(login, password):
    user = users.get(login)
    for other in users.values():
        if other.email == login:
            user = other
    hashed = user.hashed_password if user else DUMMY_HASH
    try:
        return user if verify_password(password, hashed) else None
    except ValueError:
        verify_password(password, DUMMY_HASH)
"""


@pytest.mark.parametrize("kind", [tuple, list])
def test_pair_signed_by_hand_passes(kind: type) -> None:
    pair = kind([signed(), signed(exp=1)])
    found = verdict("late, and nothing else", pair)
    assert found.passed, found.card


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (signed(), "That is not a pair"),
        ((signed(), b"late"), "is not a string"),
        ((signed(), "nonsense"), "DecodeError"),
        ((signed(), "é\ud800\r\n"), "cannot be checked"),
        ((signed(), signed(exp=1, nbf=4_102_444_800)), "not yet valid"),
        ((signed(), signed(exp=1, sub=7)), "InvalidSubjectError"),
    ],
)
def test_no_pair_of_tokens_breaks_the_check(
    answer: object, words: str
) -> None:
    found = verdict("late, and nothing else", answer)
    assert not found.passed
    assert words in " ".join(str(found.card).split())


def test_answer_that_exits_is_told_so() -> None:
    answer = lived_in("def answer(login, password):\n    raise SystemExit")
    found = verdict("two names, one time", answer["answer"])
    assert "stops the whole program" in " ".join(str(found.card).split())


def test_counting_computes_no_hash_and_ends_with_the_check(
    users: dict[str, UserInDB],
) -> None:
    context = ch02_password_hashing.pwd_context
    before = {name: user.model_copy() for name, user in users.items()}
    with patch.object(context, "verify", side_effect=AssertionError) as real:
        found = verdict("two names, one time", lived_in(BY_HAND)["answer"])
        assert found.passed, found.card
        assert context.verify is real
    assert "verify" not in vars(context)
    assert users == before
