"""`python -m course venv` makes an environment, and spares a good one."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from course import venv

# What a Python of a given age, or one without pip, answers when it is asked.
TOO_OLD, NO_PIP, BROKEN, GOOD = venv.OUTDATED, venv.WITHOUT_PIP, 127, 0


@pytest.fixture
def runs(monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Collect the commands that would have been run."""
    commands: list[list[str]] = []

    def note(command: list[str]) -> int:
        commands.append(command)
        return 9

    monkeypatch.setattr(venv, "run", note)
    return commands


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a course whose environment's Python is a file."""
    python = venv.interpreter(tmp_path)
    python.parent.mkdir(parents=True)
    python.touch()
    return tmp_path


@pytest.mark.parametrize("state", [TOO_OLD, BROKEN])
def test_environment_that_cannot_be_used_is_made_anew(
    root: Path,
    runs: list[list[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    state: int,
) -> None:
    monkeypatch.setattr(venv, "examine", lambda python: state)
    assert venv.make(root) == 9
    folder = str(root / ".venv")
    assert runs == [[sys.executable, "-m", "venv", "--clear", folder]]
    assert "Making .venv anew" in capsys.readouterr().out


def test_good_environment_stays_as_it_is(
    root: Path, runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "examine", lambda python: GOOD)
    assert venv.make(root) == 0
    assert runs == []


def test_environment_without_pip_gets_pip(
    root: Path, runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(venv, "examine", lambda python: NO_PIP)
    assert venv.make(root) == 9
    python = str(venv.interpreter(root))
    assert runs == [[python, "-m", "ensurepip", "--default-pip"]]


def test_first_environment_is_made_in_silence(
    tmp_path: Path,
    runs: list[list[str]],
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert venv.make(tmp_path) == 9
    assert len(runs) == 1
    assert capsys.readouterr().out == ""


def test_this_python_is_good() -> None:
    assert venv.examine(Path(sys.executable)) == GOOD


def test_python_without_pip_is_recognised(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        venv, "QUESTION", venv.QUESTION.replace("'pip'", "'no_such_pip'")
    )
    assert venv.examine(Path(sys.executable)) == NO_PIP


def test_too_old_a_python_is_recognised(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    older = f"import sys; sys.version_info = (3, 10, 4)\n{venv.QUESTION}"
    monkeypatch.setattr(venv, "QUESTION", older)
    assert venv.examine(Path(sys.executable)) == TOO_OLD


def test_missing_python_is_as_one_too_old(tmp_path: Path) -> None:
    assert venv.examine(tmp_path / "python") == TOO_OLD


def test_run_returns_the_exit_code() -> None:
    assert venv.run([sys.executable, "-c", "raise SystemExit(3)"]) == 3


@pytest.mark.parametrize(
    ("system", "python"),
    [("nt", "Scripts/python.exe"), ("posix", "bin/python")],
)
def test_interpreter_is_where_the_system_puts_it(
    monkeypatch: pytest.MonkeyPatch, system: str, python: str
) -> None:
    course = Path("/course")
    with monkeypatch.context() as other:
        other.setattr(os, "name", system)
        found = venv.interpreter(course)
    assert found.as_posix() == f"/course/.venv/{python}"


def test_missing_package_is_explained_by_the_environment_if_there_is_one(
    root: Path,
) -> None:
    line = venv.explain_missing("uvicorn", root)
    assert line.startswith(f"uvicorn is not installed for {sys.executable}.")
    own = venv.interpreter(root).relative_to(root)
    assert line.endswith(f"{own} -m course")


def test_missing_package_is_explained_by_pip_otherwise(
    tmp_path: Path,
) -> None:
    line = venv.explain_missing("uvicorn", tmp_path)
    assert line.endswith("python -m pip install -r requirements.txt")


def test_environment_that_lacks_a_package_is_not_sent_to_itself(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", str(venv.interpreter(root)))
    line = venv.explain_missing("uvicorn", root)
    assert line.endswith("python -m pip install -r requirements.txt")


@pytest.mark.slow
def test_real_environment_is_made_spared_and_made_anew(
    tmp_path: Path,
) -> None:
    """A Python that is gone is what is left after an update of the system."""
    python = venv.interpreter(tmp_path)
    assert venv.make(tmp_path) == 0
    assert venv.examine(python) == GOOD
    mark = tmp_path / ".venv" / "mark"
    mark.touch()
    assert venv.make(tmp_path) == 0
    assert mark.exists()
    python.unlink()
    assert venv.make(tmp_path) == 0
    assert not mark.exists()
    subprocess.run([python, "-m", "pip", "--version"], check=True)


def test_folder_that_cannot_be_written_is_said_to_be_so(
    tmp_path: Path, runs: list[list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(PermissionError, match=r"\.venv"):
        venv.make(tmp_path)
    assert runs == []
