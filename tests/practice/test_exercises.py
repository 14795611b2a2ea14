"""Every exercise of the course teaches, and so does the proof of it."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from course.classroom import registry
from course.classroom.exercise import EXERCISES
from course.classroom.prediction import PREDICTIONS
from course.classroom.trial import given
from course.upkeep.notebook import Notebook, notebooks, source
from tests.practice.wrong_answers import WrongAnswer, wrong_answers
from tests.support.posed import Posed, calls, complaints, needed, posed
from tests.support.report import Report

# How many exercises a chapter poses at least: {"ch04": 2}.
FEWEST: dict[str, int] = {"ch01": 3, "ch02": 3, "ch03": 3, "ch04": 3}
# Registered, and not posed by a notebook yet.
AWAITED_EXERCISES: set[str] = set()
AWAITED_PREDICTIONS: set[str] = set()

POSED = [task for notebook in notebooks() for task in posed(notebook)]
WRONG = wrong_answers()

registry.load_all()


def asked(aid: str) -> list[str]:
    """List what the notebooks call an aid with, the first arguments."""
    return [
        ast.literal_eval(call.args[0])
        for notebook in notebooks()
        for cell in notebook.code_cells
        for call in calls(source(cell), aid)
    ]


@pytest.mark.parametrize("exercise", POSED, ids=str)
def test_exercise_teaches(exercise: Posed) -> None:
    found = complaints(exercise, WRONG)
    assert not found, "\n".join(found)


def test_every_exercise_is_posed_once() -> None:
    names = [task.name for task in POSED]
    assert len(set(names)) == len(names)
    assert set(names) == EXERCISES.keys() - AWAITED_EXERCISES


def test_every_prediction_is_asked_once() -> None:
    questions = asked("predict")
    assert len(set(questions)) == len(questions)
    assert set(questions) == PREDICTIONS.keys() - AWAITED_PREDICTIONS


def test_every_hint_and_wrong_answer_belongs_to_an_exercise() -> None:
    assert set(asked("hint")) <= EXERCISES.keys()
    assert {answer.exercise for answer in WRONG} <= EXERCISES.keys()


def test_chapters_pose_enough_exercises(report: Report) -> None:
    for notebook in notebooks():
        found = list(posed(notebook))
        report.append(f"{notebook.stem}: {len(found)} exercises")
        assert len(found) >= FEWEST.get(notebook.stem[:4], 0)


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
LEAKS = [answer for answer in WRONG if answer.exercise == "stop the leak"]
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
    assert complaints(sample, WRONG) == []


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
        ({"where": "ch04_other.ipynb"}, "no such exercise is registered in"),
        ({"solution": None}, "no folded solution"),
        ({"solution": STUB}, "its solution does not pass:\nNot yet:"),
        ({"stub": SOLVED}, "its untouched stub passes"),
    ],
)
def test_spoilt_sample_is_complained_of(
    sample: Posed, change: dict[str, str | None], complaint: str
) -> None:
    [found] = complaints(replace(sample, **change), WRONG)
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
    found = complaints(pose(tmp_path, IMPORTS, *cells), WRONG)
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
    sample: Posed, change: dict[str, str | bool], complaint: str
) -> None:
    first, *others = LEAKS
    [found] = complaints(sample, [replace(first, **change), *others])
    assert complaint in found


def test_wrong_answers_must_be_three_and_one_nearly_right(
    sample: Posed,
) -> None:
    far = WrongAnswer("stop the leak", "the FastAPI app", "team = 1")
    too_few, no_happy_path = complaints(sample, [far])
    assert "1 wrong answers, not 3 or more" in too_few
    assert "no wrong answer gets the happy path right" in no_happy_path


def test_exercise_that_nobody_registered_is_complained_of(
    sample: Posed,
) -> None:
    wrong = [replace(answer, exercise="another") for answer in LEAKS]
    [found] = complaints(replace(sample, name="another"), wrong)
    assert "no such exercise is registered in" in found


def test_check_must_try_more_than_the_happy_path(
    sample: Posed, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lazy(_: object) -> None:
        given("anything")

    task = EXERCISES["stop the leak"]
    lazy.__module__ = task.check.__module__
    monkeypatch.setitem(EXERCISES, task.name, replace(task, check=lazy))
    found = "\n".join(complaints(sample, WRONG))
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


def test_top_level_await_runs(sample: Posed) -> None:
    earlier = (
        *sample.earlier,
        "import asyncio",
        "n = await asyncio.sleep(0, 0)",
    )
    stub = sample.stub.replace("FastAPI()", "FastAPI(debug=n)")
    assert not complaints(replace(sample, earlier=earlier, stub=stub), WRONG)
