"""Compiling constraints.txt: what uv is asked, and what is kept of it."""

import subprocess
from pathlib import Path
from typing import Any

import pytest

from course.upkeep.__main__ import main
from course.upkeep.constraints import HEADER, requirements


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A course that needs two packages and one for its tests."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "requirements.txt").write_text(
        "# Needed.\n-c constraints.txt\n\na==1  # why\nb[c]==2\n",
        encoding="utf-8",
    )
    (tmp_path / "tests" / "requirements.txt").write_text(
        "-r ../requirements.txt\nd==3\n", encoding="utf-8"
    )
    return tmp_path


class Uv:
    """Stands in for uv: writes a file, or fails."""

    def __init__(self, returncode: int = 0) -> None:
        self.returncode = returncode
        self.command: list[str] = []
        self.input = ""

    def __call__(
        self, command: list[str], **options: Any
    ) -> subprocess.CompletedProcess[str]:
        self.command, self.input = command, options["input"]
        if self.returncode == 0:
            output = command[command.index("--output-file") + 1]
            Path(output).write_text("a==1\n", encoding="utf-8")
        return subprocess.CompletedProcess(
            command, self.returncode, stderr="no version of a fits"
        )


def use(uv: Uv, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "run", uv)


def test_requirements_come_without_comments_and_options(root: Path) -> None:
    assert requirements(root / "requirements.txt") == ["a==1", "b[c]==2"]


def test_constraints_are_written_below_their_header(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = Uv()
    use(uv, monkeypatch)
    assert main(["constraints"], root) == 0
    text = (root / "constraints.txt").read_text(encoding="utf-8")
    assert text == f"{HEADER}a==1\n"
    assert uv.input == "a==1\nb[c]==2\nd==3"
    assert "--upgrade" not in uv.command


def test_pins_move_only_on_demand(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    uv = Uv()
    use(uv, monkeypatch)
    assert main(["constraints", "--upgrade"], root) == 0
    assert "--upgrade" in uv.command


def test_failure_is_reported_and_nothing_is_written(
    root: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    use(Uv(returncode=1), monkeypatch)
    assert main(["constraints"], root) == 1
    assert "no version of a fits" in capsys.readouterr().out
    assert not (root / "constraints.txt").exists()
