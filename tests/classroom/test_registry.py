"""Practice is imported chapter by chapter, and only as far as needed."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from course.classroom import registry
from course.classroom.exercise import EXERCISES
from course.classroom.registry import closest, find

CHAPTERS = ["ch00", "ch01", "ch02", "ch03", "ch04", "ch05", "ch06"]


@pytest.fixture
def entries(monkeypatch: pytest.MonkeyPatch) -> dict[str, int]:
    """A registry that three modules fill, one after the other."""
    entries: dict[str, int] = {}

    def load() -> Iterator[str]:
        for number in (1, 2, 3):
            entries[f"exercise {number}"] = number
            yield f"course.practice.ch0{number}"

    monkeypatch.setattr(registry, "load_in_order", load)
    return entries


def test_modules_are_loaded_until_the_entry_appears(
    entries: dict[str, int],
) -> None:
    assert find(entries, "exercise 2") == 2
    assert list(entries) == ["exercise 1", "exercise 2"]


def test_entry_that_is_there_loads_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(registry, "load_in_order", None)
    assert find({"here": 1}, "here") == 1


@pytest.mark.parametrize("name", ["exercise 4", 2, None, {"a": 1}, len])
def test_unknown_name_loads_all_and_finds_nothing(
    name: object, entries: dict[str, int]
) -> None:
    assert find(entries, name) is None
    assert len(entries) == 3


@pytest.mark.parametrize("name", ["stop the leek", "Stop the leak!", "leak"])
def test_three_closest_names_are_listed_best_first(name: str) -> None:
    known = dict.fromkeys(["log in", "stop the leak", "find the car", "no"])
    first, *others = closest(known, name).splitlines()
    assert first == "- stop the leak"
    assert len(others) == 2


def test_fewer_than_three_names_are_listed_all() -> None:
    assert closest({"one": 1}, "two") == "- one"
    assert closest({}, "two") == ""


def test_all_practice_is_loaded_on_request() -> None:
    names = [name.rpartition(".")[2] for name in registry.load_all()]
    assert names[: len(CHAPTERS)] == CHAPTERS
    assert "log in" in EXERCISES


@pytest.mark.integration
def test_first_prediction_of_chapter_1_loads_no_app() -> None:
    code = (
        "import sys\n"
        "from course.classroom import predict\n"
        "predict('What do we need to read the payload, besides a decoder?')\n"
        "loaded = [m for m in sys.modules if m.startswith('snippets.ch')]\n"
        "assert not loaded, loaded\n"
        "assert 'course.practice.ch01' in sys.modules\n"
        "assert 'course.practice.ch02' not in sys.modules\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        encoding="utf-8",
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("Predict: What do we need")
