"""Every exercise of the course teaches, and so does the proof of it."""

import ast
import os
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from course.chapters import ROOT, Chapter, chapters, find
from course.classroom import registry
from course.classroom.exercise import EXERCISES
from course.classroom.prediction import PREDICTIONS
from course.classroom.trial import given
from course.upkeep import teaching
from course.upkeep.notebook import Notebook, notebooks, source
from snippets import ch02_password_hashing
from tests.practice.answers import Answers, answers_of
from tests.practice.right_answers import RightAnswer
from tests.practice.wrong_answers import WrongAnswer
from tests.support.cheap_bcrypt import POLICY, cheap_bcrypt
from tests.support.posed import (
    Posed,
    calls,
    complaints,
    definitions,
    few_keys,
    needed,
    posed,
)
from tests.support.report import Report
from tests.support.verdicts import quoted

FEWEST_EXERCISES = 2
# Chapter 0 shows how an exercise works, with a single one. Chapter 14 is one
# hunt for twelve faults.
FEWER_EXERCISES = {"ch00": 1, "ch14": 1}

POSED = [task for notebook in notebooks() for task in posed(notebook)]
ANSWERS = {chapter: answers_of(chapter) for chapter in chapters()}
# An answer to this exercise is tried with some 250 requests.
LONGEST = "the bug hunt"
TRIED = [
    pytest.param(
        each, marks=[pytest.mark.slow] if each.name == LONGEST else []
    )
    for each in POSED
]

registry.load_all()


def asked(aid: str) -> list[str]:
    """List what the notebooks call an aid with, the first arguments."""
    return [
        ast.literal_eval(call.args[0])
        for notebook in notebooks()
        for cell in notebook.code_cells
        for call in calls(source(cell), aid)
    ]


@pytest.mark.parametrize("exercise", TRIED, ids=str)
def test_exercise_teaches(exercise: Posed) -> None:
    found = complaints(exercise, ANSWERS[exercise.chapter])
    assert not found, "\n".join(found)


@pytest.mark.parametrize("exercise", TRIED, ids=str)
def test_teachers_page_quotes_the_verdicts(exercise: Posed) -> None:
    """To renew them: python -m course.upkeep teaching --verdicts"""
    found = quoted(exercise, ANSWERS[exercise.chapter])
    if os.environ.get(teaching.RENEW):
        teaching.keep(ROOT, "verdicts", exercise.name, found)
    assert found == teaching.kept(ROOT, "verdicts").get(exercise.name)


def test_every_exercise_is_posed_once() -> None:
    names = [task.name for task in POSED]
    assert len(set(names)) == len(names)
    assert set(names) == EXERCISES.keys()


def test_every_prediction_is_asked_once() -> None:
    questions = asked("predict")
    assert len(set(questions)) == len(questions)
    assert set(questions) == PREDICTIONS.keys()


def test_every_hint_and_answer_belongs_to_an_exercise() -> None:
    assert set(asked("hint")) <= EXERCISES.keys()
    for chapter, answers in ANSWERS.items():
        posed_here = {task.name for task in POSED if task.chapter == chapter}
        for kind in (answers.wrong, answers.right, answers.equivalent):
            assert {answer.exercise for answer in kind} <= posed_here


def test_chapters_pose_enough_exercises(report: Report) -> None:
    for notebook in notebooks():
        if notebook.chapter.number is not None:
            found = list(posed(notebook))
            report.append(f"{notebook.stem}: {len(found)} exercises")
            name = notebook.chapter.name
            fewest = FEWER_EXERCISES.get(name, FEWEST_EXERCISES)
            assert len(found) >= fewest, name


# The proof itself, on a sample that has everything.

STUB = """\
team = FastAPI()


@team.get("/team/")
def read_team():
    return list(users.values())"""
SOLVED = STUB.replace("read_team():", "read_team() -> list[User]:")
SOLUTION = f"""\
<details>
<summary>Solution</summary>

```python
{SOLVED}
```

The promise decides what leaves.

</details>"""
TASK = "### Exercise 3.2: stop the leak\n\nLet no secret leave."
CH03 = answers_of(find("ch03")).to("stop the leak")
RIGHT = [
    RightAnswer("stop the leak", style, code)
    for style, code in {
        "a response model": STUB.replace(
            '"/team/"', '"/team/", response_model=list[User]'
        ),
        "by hand": STUB.replace(
            "list(users.values())",
            "[User(**u.model_dump()) for u in users.values()]",
        ),
        "async": SOLVED.replace("def", "async def"),
        "a loop": SOLVED.replace(
            "return list(users.values())", "return [*users.values()]"
        ),
    }.items()
]
ANSWERS_TO_SAMPLE = replace(CH03, right=RIGHT, unfinished=False)
LEAKS = CH03.wrong
CHECK = 'check("stop the leak", team)'
HINT = 'hint("stop the leak")'
IMPORTS = """\
from fastapi import FastAPI
from snippets.ch03_dependency_wiring import (
    User,
    UserInDB,
    unauthorized,
    users,
)"""
FORBIDDEN = 'raise RuntimeError("this cell is not needed")'


def pose(path: Path, *cells: str) -> Posed:
    """Read the one exercise of a notebook; prose starts with # or <."""
    book = Notebook(path / "ch03_sample.ipynb")
    book.book = {
        "cells": [
            {
                "cell_type": "markdown" if cell[0] in "#<" else "code",
                "source": cell,
            }
            for cell in cells
        ]
    }
    [exercise] = posed(book)
    return exercise


@pytest.fixture
def sample(tmp_path: Path) -> Posed:
    """An exercise with nothing to complain of."""
    cells = (IMPORTS, FORBIDDEN, TASK, f"{STUB}\n\n\n{CHECK}", HINT, SOLUTION)
    return pose(tmp_path, *cells)


def test_sample_teaches(sample: Posed) -> None:
    assert complaints(sample, ANSWERS_TO_SAMPLE) == []


def test_check_may_stand_in_the_next_cell(
    sample: Posed, tmp_path: Path
) -> None:
    cells = (IMPORTS, FORBIDDEN, TASK, STUB, CHECK, HINT, SOLUTION)
    apart = pose(tmp_path, *cells)
    assert replace(apart, where="") == replace(sample, where="")


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"task": TASK.replace("3.2", "")}, "no task, titled"),
        ({"task": f"{TASK} word" + " word" * 60}, "more than 60 words"),
        (
            {"chapter": Chapter.of("ch04_other")},
            "no such exercise is registered in course.practice.ch04",
        ),
        ({"solution": None}, "no folded solution"),
        ({"solution": STUB}, "its solution does not pass:\nNot yet:"),
        ({"solution": RIGHT[0].code}, "is the solution itself"),
        ({"stub": SOLVED}, "its untouched stub passes"),
    ],
)
def test_spoilt_sample_is_complained_of(
    sample: Posed, change: dict[str, Any], complaint: str
) -> None:
    [found] = complaints(replace(sample, **change), ANSWERS_TO_SAMPLE)
    assert complaint in found


@pytest.mark.parametrize(
    ("cells", "complaint"),
    [
        ((TASK, f"{STUB}\n{CHECK}", HINT, "# no fold"), "no folded solution"),
        ((TASK, f"{STUB}\n{CHECK}", SOLUTION), "no cell `hint("),
        ((TASK, f"{STUB}\n{CHECK}"), "no folded solution"),
        (("# prose", f"{STUB}\n{CHECK}", HINT, SOLUTION), "no task, titled"),
    ],
)
def test_missing_cell_is_complained_of(
    tmp_path: Path, cells: tuple[str, ...], complaint: str
) -> None:
    found = complaints(pose(tmp_path, IMPORTS, *cells), ANSWERS_TO_SAMPLE)
    assert complaint in "\n".join(found)


def test_earlier_answer_is_no_earlier_cell(tmp_path: Path) -> None:
    book = Notebook(tmp_path / "ch03_sample.ipynb")
    first = f"answer = 1\n{CHECK}"
    second = f"answer\n{CHECK}"
    book.book = {
        "cells": [
            {"cell_type": "code", "source": text}
            for text in (IMPORTS, first, second)
        ]
    }
    assert [task.earlier for task in posed(book)] == [(IMPORTS,), (IMPORTS,)]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"says": "words that no verdict has"}, "It should say"),
        ({"happy_path": False}, "Its mark says happy_path=False"),
        ({"code": SOLVED}, "must not pass"),
        ({"code": LEAKS[1].code, "says": ""}, "So does another wrong answer"),
    ],
)
def test_spoilt_wrong_answer_is_complained_of(
    sample: Posed, change: dict[str, Any], complaint: str
) -> None:
    first, *others = LEAKS
    wrong = [replace(first, **change), *others]
    [found] = complaints(sample, replace(ANSWERS_TO_SAMPLE, wrong=wrong))
    assert complaint in found


@pytest.mark.parametrize(
    ("right", "complaint"),
    [
        (RIGHT[:3], "3 right answers, not 4 or more"),
        ([*RIGHT, RIGHT[0]], "two right answers are the same code"),
        ([*RIGHT, replace(RIGHT[0], code=STUB)], "is right (a response mo"),
        ([*RIGHT, replace(RIGHT[0], code="team = 1 / 0")], "ZeroDivision"),
    ],
)
def test_spoilt_right_answers_are_complained_of(
    sample: Posed, right: list[RightAnswer], complaint: str
) -> None:
    [found] = complaints(sample, replace(ANSWERS_TO_SAMPLE, right=right))
    assert complaint in found


def test_wrong_answers_must_be_five_and_one_nearly_right(
    sample: Posed,
) -> None:
    far = [WrongAnswer("stop the leak", "the FastAPI app", "team = 1")]
    answers = replace(ANSWERS_TO_SAMPLE, wrong=far)
    too_few, no_happy_path = complaints(sample, answers)
    assert "1 wrong answers, not 5 or more" in too_few
    assert "no wrong answer gets the happy path right" in no_happy_path


def test_unfinished_answers_may_be_fewer(sample: Posed) -> None:
    few = Answers(wrong=LEAKS[:3], unfinished=True)
    assert complaints(sample, few) == []
    assert len(complaints(sample, replace(few, unfinished=False))) == 2


def test_exercise_that_nobody_registered_is_complained_of(
    sample: Posed,
) -> None:
    answers = Answers(
        [replace(answer, exercise="another") for answer in LEAKS],
        [replace(answer, exercise="another") for answer in RIGHT],
    )
    [found] = complaints(replace(sample, name="another"), answers)
    assert "no such exercise is registered in" in found


def test_check_must_try_more_than_the_happy_path(
    sample: Posed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lazy(_: object) -> None:
        given("anything")

    task = EXERCISES["stop the leak"]
    lazy.__module__ = task.check.__module__
    monkeypatch.setitem(EXERCISES, task.name, replace(task, check=lazy))
    found = "\n".join(complaints(sample, ANSWERS_TO_SAMPLE))
    assert "its check tries one thing, the happy path, and no other" in found
    assert "A wrong answer must not pass" in found


@pytest.mark.parametrize(
    ("code", "kept"),
    [
        ("a", ["a = b", "def b(): pass"]),
        ("c", ["from os import path as c"]),
        ("json.dumps", ["import json.decoder"]),
        ("K()", ["class K: pass"]),
        ("await e()", ["async def e(): pass"]),
        ("lambda: c", ["from os import path as c"]),
        ("def own(c): c = c", []),
        ("t", ["s = 1", "t = s"]),
        ("s, t", ["s = 1", "t = s", "s = 2"]),
        ("u", ["u = [await e() for _ in s]", "async def e(): pass", "s = 2"]),
        ("nothing", []),
    ],
)
def test_needed_cells_are_kept_in_order(code: str, kept: list[str]) -> None:
    earlier = [
        "def b(): pass",
        "from os import path as c",
        "import json.decoder",
        "class K: pass",
        "a = b",
        "async def e(): pass",
        "s = 1",
        "t = s",
        "s = 2",
        "u = [await e() for _ in s]",
        "print(a, c)",
        "%magic",
    ]
    assert needed(earlier, code) == sorted(kept, key=earlier.index)


IMPORT_AND_LIST = "from os import path\na = [path]"
ASYNC = "c = 2\nasync def f(): return c\na = f"


@pytest.mark.parametrize(
    ("cell", "kept"),
    [
        ("a = 1\nb = slow()", "a = 1"),
        ("b = 1\nfrom os import path\na = [path]", IMPORT_AND_LIST),
        (f"{ASYNC}\nslow()", ASYNC),
        ("def f(): return c\nc = 2\na = f", None),
        ("a = {}\na['b'] = 1", None),
        ("a = {}\nb = slow(a)", None),
        ("a = 1\na = 2\nslow()", "a = 1\na = 2"),
        ("a = slow()\nb = 1", None),
        ("a = await slow()\nb = 1", None),
        ("a = (b := 1)", None),
        ("a = 1; b = slow()", None),
        ("@slow\ndef a(): pass\nb = 1", None),
        ("def a(): pass\n@a\ndef b(): pass", None),
        ("class a: pass\nb = slow()", "class a: pass"),
    ],
)
def test_plain_definitions_are_cut_out(cell: str, kept: str | None) -> None:
    assert definitions(cell, frozenset("a")) == kept


def test_top_level_await_runs(sample: Posed) -> None:
    earlier = (
        *sample.earlier,
        "import asyncio",
        "n = await asyncio.sleep(0, 0)",
    )
    stub = sample.stub.replace("FastAPI()", "FastAPI(debug=n)")
    changed = replace(sample, earlier=earlier, stub=stub)
    assert not complaints(changed, ANSWERS_TO_SAMPLE)


def test_cell_that_updates_the_hash_policy_updates_a_copy() -> None:
    with cheap_bcrypt():
        ch02_password_hashing.pwd_context.update(bcrypt__rounds=4)
    assert POLICY.to_dict()["bcrypt__rounds"] == 12


def test_rsa_keys_of_a_run_differ_and_come_again_in_the_next() -> None:
    with few_keys():
        first, second = (rsa.generate_private_key(65537, 2048) for _ in "ab")
    with few_keys():
        again = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    assert first is again
    assert first.private_numbers() != second.private_numbers()


def test_cell_that_sets_an_environment_variable_sets_it_for_itself(
    sample: Posed,
) -> None:
    cell = "import os\nos.environ['OF_A_CELL'] = title = 'Answers'"
    stub = sample.stub.replace("FastAPI()", "FastAPI(title=title)")
    changed = replace(sample, earlier=(*sample.earlier, cell), stub=stub)
    assert not complaints(changed, ANSWERS_TO_SAMPLE)
    assert "OF_A_CELL" not in os.environ
