"""`from course.classroom import …`: each aid, loaded when it is needed."""

import subprocess
import sys
from importlib import import_module

import pytest

import course.classroom as package
from course.chapters import ROOT
from course.classroom.sequence import sequence

# Packages that few aids need, and that take long to load.
SLOW = {"fastapi", "uvicorn", "zmq", "ipywidgets", "matplotlib"}


@pytest.mark.parametrize("name", package.MODULES)
def test_aid_comes_from_its_module(name: str) -> None:
    module = import_module(f"course.classroom.{package.MODULES[name]}")
    assert getattr(package, name) is getattr(module, name)


def test_sequence_is_the_function_and_not_its_module() -> None:
    assert package.sequence is sequence


def test_every_aid_is_listed() -> None:
    assert set(package.__all__) == {*package.MODULES, "sequence"}


def test_unknown_aid_is_an_import_error() -> None:
    with pytest.raises(ImportError, match="'shwo'"):
        exec("from course.classroom import shwo")


def test_aid_loads_no_package_that_it_does_not_need() -> None:
    code = (
        "import sys\n"
        "from course.classroom import check, raises, show, show_plot\n"
        f"print(*({SLOW} & sys.modules.keys()))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "\n"
