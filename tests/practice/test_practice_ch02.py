"""Chapter 2's practice: what its verdicts and answers say is so."""

import time
from collections.abc import Callable
from typing import Any

import pytest
from passlib import utils
from passlib.exc import PasswordSizeError

from course.classroom.exercise import EXERCISES, Verdict, judge
from course.practice.ch02 import (
    CHEAP,
    TABLE,
    cheap_hash,
    django_hash,
)
from snippets.ch02_password_hashing import pwd_context, verify_password


def seconds(work: Callable[[], object]) -> float:
    """Take the best of three runs."""
    times = []
    for _ in range(3):
        start = time.perf_counter()
        work()
        times.append(time.perf_counter() - start)
    return min(times)


def verdict_on(name: str, answer: object) -> Verdict:
    return judge(EXERCISES[name], answer)


def test_guess_at_carols_hash_is_far_cheaper_than_at_daves() -> None:
    carols = seconds(lambda: pwd_context.verify("guess", TABLE["carol"]))
    daves = seconds(lambda: pwd_context.verify("guess", TABLE["dave"]))
    assert daves > 20 * carols


@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("johndoe", "secret"),
        ("alice", "secret2"),
        ("bob", "dragon99"),
        ("carol", "secret"),
        ("dave", "vT8#qZ0w!mK3"),
    ],
)
def test_table_holds_the_passwords_of_the_chapter(
    name: str, password: str
) -> None:
    assert verify_password(password, TABLE[name])


def test_cheap_hash_and_djangos_are_what_they_say() -> None:
    assert cheap_hash("secret").encode().startswith(CHEAP)
    assert verify_password("secret", cheap_hash("secret"))
    assert verify_password("secret", django_hash("secret"))


def test_passlibs_own_limit_is_4096() -> None:
    assert vars(utils)["MAX_PASSWORD_SIZE"] == 4096
    pwd_context.verify("a" * 4096, django_hash("secret"))
    with pytest.raises(PasswordSizeError):
        pwd_context.verify("a" * 4097, django_hash("secret"))


@pytest.mark.parametrize("answer", [["carol"], 7, {}])
def test_something_else_than_the_table_is_refused(answer: object) -> None:
    verdict = verdict_on("the worst hash", answer)
    assert not verdict.passed
    assert "not the dictionary" in str(verdict.card)


def test_number_is_no_hash() -> None:
    verdict = verdict_on("the worst hash", TABLE | {"carol": 4})
    assert "no hash that a login can read" in str(verdict.card)


def test_bcrypt_at_a_higher_cost_is_outdated_too() -> None:
    dearer = pwd_context.using(bcrypt__rounds=5).hash("secret")
    verdict = verdict_on("the worst hash", TABLE | {"carol": dearer})
    assert "its scheme or cost" in str(verdict.card)


def test_answer_that_exits_is_told_so() -> None:
    def leave(password: str, hashed: str) -> Any:
        if len(password) > 72:
            raise SystemExit
        return pwd_context.verify(password, hashed)

    verdict = verdict_on("simplified too far", leave)
    assert "stops the whole program" in str(verdict.card)
