"""Every mutant of every solution is refused, or listed as equivalent.

`python -m tests.practice.survivors ch04` prints what is left of a chapter.
"""

from collections.abc import Callable, Iterator
from unittest.mock import patch

import pytest

from course.chapters import chapters, find
from course.classroom import registry
from course.classroom.answer_types import a_function
from course.classroom.exercise import EXERCISES, exercise
from course.classroom.trial import expect, given
from course.upkeep.notebook import notebooks
from tests.practice.answers import Answers, answers_of
from tests.practice.right_answers import EquivalentMutant
from tests.support.posed import (
    CellError,
    Posed,
    fate_of,
    posed,
    survivors,
    verdict_on,
)
from tests.support.solution_mutants import mutants_of, with_finite_loops

POSED = [task for notebook in notebooks() for task in posed(notebook)]

registry.load_all()


@pytest.mark.slow
@pytest.mark.parametrize(
    "exercise", POSED, ids=lambda task: f"{task.chapter.name}: {task.name}"
)
def test_mutants_of_a_solution_are_refused(exercise: Posed) -> None:
    answers = answers_of(exercise.chapter)
    found = survivors(exercise, answers)
    if not answers.unfinished:
        assert not found, "\n".join(["", *found])


@pytest.mark.slow
def test_answers_of_no_chapter_are_unfinished() -> None:
    found = [each for each in chapters() if answers_of(each).unfinished]
    assert not found, "take UNFINISHED out of their right answers"


# The proof itself, on an exercise of its own.

SOLUTION = "def double(n):\n    unused = 1\n    return n * 2"
EQUIVALENT = [
    EquivalentMutant("double", f"line 2: {what}", "`unused` is not used")
    for what in ("`1` becomes `0`", "`1` becomes `2`", "`unused = 1` deleted")
]


@pytest.fixture
def sample() -> Iterator[Posed]:
    """An exercise whose check crashes on what cannot be compared."""
    hints = ("Twice.", "Use `*`.", "Write `n * 2`.")

    def check(double: Callable[[int], int]) -> None:
        for n in (3, 4):
            given(str(n))
            expect(double(n) == 2 * n, "That is not the double.")

    with patch.dict(EXERCISES):
        exercise("double", a_function, hints=hints)(check)
        yield Posed(
            name="double",
            chapter=find("ch00"),
            where="",
            task="",
            stub="def double(n):\n    pass",
            answer="double",
            hinted=True,
            solution=SOLUTION,
            earlier=(),
        )


def test_mutant_that_passes_survives(sample: Posed) -> None:
    assert survivors(sample, Answers()) == [
        f"passes: {each.mutant}" for each in EQUIVALENT
    ]


def test_equivalent_mutant_is_listed_by_its_name(sample: Posed) -> None:
    assert survivors(sample, Answers(equivalent=EQUIVALENT)) == []
    gone = EquivalentMutant("double", "line 9: `x` deleted", "gone")
    refused = EquivalentMutant("double", "line 3: `2` becomes `3`", "refused")
    answers = Answers(equivalent=[*EQUIVALENT, gone, refused])
    assert survivors(sample, answers) == [
        "listed as equivalent, but no mutant: line 9: `x` deleted",
        "listed as equivalent, but refused: line 3: `2` becomes `3`",
    ]


def test_crash_of_a_check_is_no_refusal(sample: Posed) -> None:
    code = (
        "class Odd:\n"
        "    def __eq__(self, other):\n"
        "        raise LookupError\n"
        "def double(n):\n"
        "    return Odd()"
    )
    assert verdict_on(sample, code).crash is not None
    assert fate_of(sample, code) == "crashes the check with `LookupError`"


@pytest.mark.parametrize(
    "code",
    [
        "double = 1 / 0",
        "while True: pass",
        "def double(n):\n    while True: pass",
        "def double(n):\n    return double(n)",
    ],
)
def test_code_that_fails_or_never_ends_is_refused(
    sample: Posed, code: str
) -> None:
    assert fate_of(sample, code) == "refused"


def test_code_that_raises_is_no_answer(sample: Posed) -> None:
    with pytest.raises(CellError, match="ZeroDivisionError"):
        verdict_on(sample, "double = 1 / 0")


def test_tables_of_the_chapters_are_restored() -> None:
    users = find("ch03").load().users
    before = {name: user.model_copy() for name, user in users.items()}
    task = next(task for task in POSED if task.name == "two names, one time")
    spoil = (
        "from snippets.ch03_dependency_wiring import users\n"
        "users['johndoe'].disabled = True\n"
        "users['eve'] = users['johndoe']\n"
        "find_user = None"
    )
    assert not verdict_on(task, spoil).passed
    assert users == before


# The mutants of small programs.


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        (
            "a = b < c",
            {"`b < c` becomes `b >= c`", "`b < c` becomes `b <= c`"},
        ),
        (
            "x = b and c",
            {"`b and c` becomes `b or c`", "`b and c` becomes `c`"},
        ),
        ("x = not b", {"`not b` becomes `b`"}),
        ("x = b if c else d", {"`b if c else d` becomes `b if not c else d`"}),
        ("x = b + c", {"`b + c` becomes `b - c`"}),
        ("x = f(b, c)", {"`f(b, c)` becomes `f(b)`"}),
        ("x = f(b, key=c)", {"`f(b, key=c)` becomes `f(b)`"}),
        ("x = [b, c]", {"`[b, c]` becomes `[b]`"}),
        ("x = {b: c}", {"`{b: c}` becomes `{}`"}),
        ("x = True", {"`True` becomes `False`"}),
        ("x = 7", {"`7` becomes `6`", "`7` becomes `8`"}),
        ("x = b'no'", {"`b'no'` becomes `b''`"}),
        ("x, y = 'no', 'yes'", {"`'no'` becomes `'yes'`"}),
        ("x = 1\ny = 2\nz = x", {"`x` becomes `y`", "`z = x` deleted"}),
        ("x = u.a\ny = u.b", {"`u.a` becomes `u.b`"}),
        (
            "if b:\n    c()",
            {
                "condition `b` negated",
                "condition `b` becomes `True`",
                "condition `b` becomes `False`",
                "`if b:` deleted",
                "`c()` deleted",
            },
        ),
        (
            "x = [b for b in c if b]",
            {"condition `b` negated", "condition `b` dropped"},
        ),
        (
            "try:\n    b()\nexcept KeyError:\n    c()",
            {"`except KeyError` becomes `except Exception`"},
        ),
        (
            "raise ValueError('no way')",
            {
                "`raise ValueError('no way')` deleted",
                "`raise ValueError('no way')` becomes `raise Exception()`",
            },
        ),
        (
            "def f(x: Own) -> User:\n    'Say.'\n    return x",
            {
                "`f` only returns `None`",
                "`f` only returns `True`",
                "`f` only returns `False`",
                "`f` only returns `''`",
                "annotation of `x` dropped",
                "return annotation of `f` dropped",
                "`return` dropped: `return x`",
            },
        ),
        (
            "def f(x: str) -> None:\n    raise E(x)",
            {"`raise E(x)` becomes a `return`", "`raise E(x)` deleted"},
        ),
    ],
)
def test_mutants_are_the_small_mistakes(code: str, expected: set[str]) -> None:
    names = {mutant.name.partition(": ")[2] for mutant in mutants_of(code)}
    assert expected <= names


@pytest.mark.parametrize(
    "code",
    ["import json", "def f(x: str) -> None:\n    '''Say.'''", "pass", "x"],
)
def test_no_mutant_changes_a_name_or_a_text_for_people(code: str) -> None:
    names = {mutant.name for mutant in mutants_of(code)}
    assert {name for name in names if "only returns" not in name} <= {
        "line 1: `x` deleted"
    }


def test_loops_without_an_end_raise() -> None:
    with pytest.raises(RecursionError, match="never ends"):
        exec(with_finite_loops("while True:\n    pass"), {})
    names: dict[str, object] = {}
    exec(with_finite_loops("for n in range(99):\n    last = n"), names)
    assert names["last"] == 98


def test_every_mutant_is_python() -> None:
    code = (
        "def f():\n    n = 0\n    def g():\n        nonlocal n\n        n += 1"
    )
    mutants = mutants_of(code)
    assert mutants
    for mutant in mutants:
        compile(mutant.code, "<mutant>", "exec")


@pytest.mark.slow
def test_mutants_differ_from_the_solution_and_from_each_other() -> None:
    for task in POSED:
        mutants = mutants_of(task.solution or "")
        codes = {mutant.code for mutant in mutants}
        assert len(codes) == len({m.name for m in mutants}) == len(mutants)
        assert task.solution not in codes
        assert len(mutants) > 5
