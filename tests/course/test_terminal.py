"""A terminal without UTF-8 gets every sentence, with dots for an ellipsis."""

import io
import os
import subprocess
import sys

import pytest

from course import terminal
from course.chapters import ROOT

ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}


def test_lost_characters_are_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", io.StringIO())
    terminal.spare_characters()
    print("a token … of héron", end="", flush=True)
    assert stream.buffer.getvalue() == b"a token ... of h?ron"


def test_undecodable_input_is_an_error_as_before() -> None:
    error = UnicodeDecodeError("ascii", b"\xff", 0, 1, "no ASCII")
    with pytest.raises(UnicodeDecodeError):
        terminal.substitute(error)


@pytest.mark.integration
def test_story_is_told_in_an_ascii_terminal() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "course", "story", "ch04"],
        cwd=ROOT,
        env={**os.environ, **ASCII},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert b"..." in done.stdout
    assert done.stdout.isascii()
