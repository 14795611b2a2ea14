"""Chapter 0's practice says what to hand over."""

import pytest

from course.classroom import registry
from course.classroom.exercise import EXERCISES, judge

registry.load_all()


@pytest.mark.parametrize("answer", [1, [{"username": "johndoe"}]])
def test_answer_that_is_not_a_pair_is_refused(answer: object) -> None:
    verdict = judge(EXERCISES["log in"], answer)
    assert not verdict.passed
    assert "Hand over two things" in str(verdict.card)
