"""What chapter 10's checks say that no answer in its cells can cause."""

import pytest

from course.classroom import registry
from course.classroom.exercise import EXERCISES, judge

registry.load_all()


@pytest.mark.parametrize("answer", [len, (len,), [len, len]])
def test_break_in_without_a_guard_is_sent_back(answer: object) -> None:
    verdict = judge(EXERCISES["a name within a name"], answer)
    assert not verdict.passed
    assert verdict.crash is None
    assert "Hand over both functions" in str(verdict.card)
