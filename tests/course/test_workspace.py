"""The front door opens the course and never loses a learner's work."""

import importlib
import json
import os
import runpy
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from course import workspace as door
from course.chapters import ROOT

CH04 = "ch04_token_endpoint"


def notebook(*sources: str, **more: Any) -> bytes:
    """Write a notebook whose cells have these sources."""
    cells = [
        {
            "cell_type": "code",
            "execution_count": None,
            "metadata": {},
            "outputs": [],
            "source": source.splitlines(keepends=True),
        }
        | more
        for source in sources
    ]
    return json.dumps({"cells": cells, "nbformat": 4}).encode("utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course of three notebooks."""
    (tmp_path / "notebooks").mkdir()
    for stem in ("ch00_start", CH04, "extra_loop"):
        ship(tmp_path, stem, notebook(f"print('{stem}')\n1"))
    return tmp_path


@pytest.fixture(autouse=True)
def launched(monkeypatch: pytest.MonkeyPatch) -> list[Sequence[str]]:
    """Collect the commands that would have been run, as no root."""
    commands: list[Sequence[str]] = []

    def note(command: Sequence[str], folder: Path) -> int:
        commands.append([*command, str(folder)])
        return 7

    monkeypatch.setattr(door, "launch", note)
    monkeypatch.setattr(os, "geteuid", lambda: 1000, raising=False)
    return commands


def ship(root: Path, stem: str, content: bytes) -> None:
    (root / "notebooks" / f"{stem}.ipynb").write_bytes(content)


def work(root: Path, stem: str = CH04) -> Path:
    return root / "work" / f"{stem}.ipynb"


def told(
    capsys: pytest.CaptureFixture[str], root: Path, *words: str
) -> dict[str, str]:
    """Run a command; return what it says of each chapter."""
    assert door.main(words, root) == 0
    lines = capsys.readouterr().out.splitlines()
    return dict(line.split(": ", 1) for line in lines)


def test_open_copies_every_notebook_byte_for_byte(root: Path) -> None:
    ship(root, CH04, notebook("é").replace(b"{", b"{\r\n", 1))
    door.main([], root)
    for shipped in root.glob("notebooks/*.ipynb"):
        copied = root / "work" / shipped.name
        assert copied.read_bytes() == shipped.read_bytes()


def test_open_never_overwrites(root: Path) -> None:
    (root / "work").mkdir()
    work(root).write_bytes(b"mine")
    door.main(["open"], root)
    assert work(root).read_bytes() == b"mine"
    assert work(root, "ch00_start").exists()


def test_open_says_what_it_copied_and_only_then(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.main(["open"], root)
    assert f"ch00_start, {CH04}, extra_loop" in capsys.readouterr().out
    door.main(["open"], root)
    assert capsys.readouterr().out == (
        "Opening work/ch00_start.ipynb. Ctrl+C here stops it.\n"
    )


@pytest.mark.parametrize(
    ("words", "stem"),
    [
        ([], "ch00_start"),
        (["open"], "ch00_start"),
        (["open", "4"], CH04),
        (["open", "extra_loop"], "extra_loop"),
    ],
)
def test_jupyterlab_opens_on_the_notebook_with_the_course_as_its_root(
    root: Path, launched: list[Sequence[str]], words: list[str], stem: str
) -> None:
    assert door.main(words, root) == 7
    assert launched == [
        [
            *(sys.executable, "-m", "jupyterlab"),
            f"--ServerApp.root_dir={root}",
            f"--LabApp.default_url=/lab/tree/work/{stem}.ipynb",
            str(root),
        ]
    ]


@pytest.mark.parametrize("words", [[], ["open"], ["open", "ch04"]])
def test_further_options_go_to_jupyterlab(
    root: Path, launched: list[Sequence[str]], words: list[str]
) -> None:
    options = ["--no-browser", "--port", "9000", "--help"]
    door.main([*words, *options], root)
    assert launched[0][-5:-1] == options


def test_root_is_allowed_and_told(
    root: Path,
    launched: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0, raising=False)
    door.main(["open", "--no-browser"], root)
    assert launched[0].count("--allow-root") == 1
    assert "You are root" in capsys.readouterr().out
    door.main(["open", "--allow-root"], root)
    assert launched[1].count("--allow-root") == 1


def test_windows_has_no_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "geteuid")
    assert not door.is_root()


def test_without_jupyterlab_one_line_says_how_to_get_it(
    root: Path,
    launched: list[Sequence[str]],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert door.main([], root) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "pip install -r requirements.txt" in line
    assert not launched


def test_launch_returns_the_exit_code_of_a_program_in_the_folder(
    root: Path, launch: Callable[[Sequence[str], Path], int]
) -> None:
    program = "import pathlib; pathlib.Path('here').touch(); raise SystemExit"
    assert launch([sys.executable, "-c", f"{program}(3)"], root) == 3
    assert (root / "here").exists()


def test_ctrl_c_waits_for_jupyterlab_to_end(
    root: Path,
    launch: Callable[[Sequence[str], Path], int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    interruptions = [KeyboardInterrupt(), KeyboardInterrupt()]

    class Interrupted:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def wait(self) -> int:
            if interruptions:
                raise interruptions.pop()
            return 5

    monkeypatch.setattr(subprocess, "Popen", Interrupted)
    assert launch(["jupyterlab"], root) == 5


@pytest.fixture(scope="module")
def launch() -> Callable[[Sequence[str], Path], int]:
    """Return what `launched` puts out of action."""
    return door.launch


def test_reset_keeps_the_learners_version_and_counts_up(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.main(["open"], root)
    for number in (1, 2):
        work(root).write_bytes(b"answer %d" % number)
        assert door.main(["reset", "ch04"], root) == 0
        kept = work(root, f"{CH04}.mine-{number}")
        assert kept.read_bytes() == b"answer %d" % number
        assert f"work/{kept.name}" in capsys.readouterr().out
    shipped = root / "notebooks" / work(root).name
    assert work(root).read_bytes() == shipped.read_bytes()
    assert work(root, f"{CH04}.mine-1").read_bytes() == b"answer 1"


def test_reset_gives_a_chapter_that_was_never_copied(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main(["reset", "4"], root) == 0
    assert work(root).exists()
    assert "kept" not in capsys.readouterr().out


def test_after_a_reset_a_chapter_counts_as_unedited(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (root / "work").mkdir()
    work(root).write_bytes(notebook("my answer"))
    door.main(["reset", "ch04"], root)
    ship(root, CH04, notebook("new"))
    capsys.readouterr()
    assert told(capsys, root, "catch-up")[CH04].startswith("renewed")


def test_catch_up_copies_a_new_chapter(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = told(capsys, root, "catch-up")
    assert said[CH04] == "new, copied into work/."
    assert told(capsys, root, "catch-up")[CH04] == "up to date."


def test_catch_up_renews_what_was_only_run(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.main(["open"], root)
    ran = notebook(
        f"print('{CH04}')\n1",
        execution_count=3,
        metadata={"scrolled": True},
        outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}],
    )
    work(root).write_bytes(ran.replace(b'"nbformat": 4', b'"nbformat": 5'))
    ship(root, CH04, new := notebook("new"))
    capsys.readouterr()
    assert told(capsys, root, "catch-up")[CH04].startswith("renewed")
    assert work(root).read_bytes() == new


@pytest.mark.parametrize(
    "edited",
    {
        "another source": notebook("my answer"),
        "another kind of cell": notebook(
            f"print('{CH04}')\n1", cell_type="markdown"
        ),
        "one cell more": notebook(f"print('{CH04}')\n1", ""),
        "no JSON": b'{"cells": [',
        "no UTF-8": b"\xff",
        "no notebook": b"[]",
        "no cells": b"{}",
        "cells without a source": b'{"cells": [{"cell_type": "code"}]}',
        "nesting without end": b"[" * 100_000,
    }.values(),
)
@pytest.mark.parametrize("manifest", [None, {CH04: None}])
def test_catch_up_keeps_what_was_edited_and_names_the_way_out(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    edited: bytes,
    manifest: dict[str, None] | None,
) -> None:
    door.main(["open"], root)
    if manifest is not None:
        (root / "work" / ".copied.json").write_text(
            json.dumps(manifest), encoding="utf-8"
        )
    work(root).write_bytes(edited)
    ship(root, CH04, notebook("new"))
    capsys.readouterr()
    said = told(capsys, root, "catch-up")[CH04]
    assert said.startswith("edited by you, so it stays.")
    assert said.endswith(f"reset {CH04}")
    assert work(root).read_bytes() == edited


def test_catch_up_promises_no_new_version_where_there_is_none(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.main(["open"], root)
    work(root).write_bytes(notebook("my answer"))
    capsys.readouterr()
    said = told(capsys, root, "catch-up")[CH04]
    assert said == "edited by you, and the course has nothing new for it."


def test_a_damaged_copy_is_kept_and_told_the_way_out(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.main(["open"], root)
    work(root).write_bytes(b"damaged")
    capsys.readouterr()
    assert told(capsys, root, "catch-up")[CH04].endswith(f"reset {CH04}")
    assert work(root).read_bytes() == b"damaged"


@pytest.mark.parametrize(
    "manifest", [None, b"", b"{", b"[]", b"\xff", b"[" * 100_000]
)
def test_without_a_sound_manifest_everything_is_kept(
    root: Path, capsys: pytest.CaptureFixture[str], manifest: bytes | None
) -> None:
    door.main(["open"], root)
    before = work(root).read_bytes()
    (root / "work" / ".copied.json").unlink()
    if manifest is not None:
        (root / "work" / ".copied.json").write_bytes(manifest)
    ship(root, CH04, notebook("new"))
    capsys.readouterr()
    said = told(capsys, root, "catch-up")
    assert said[CH04].startswith("edited by you, so it stays.")
    assert work(root).read_bytes() == before
    assert said["ch00_start"] == "up to date."


def test_catch_up_mends_a_lost_manifest_where_the_copy_is_the_course(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    door.main(["open"], root)
    (root / "work" / ".copied.json").unlink()
    door.main(["catch-up"], root)
    ship(root, CH04, notebook("new"))
    capsys.readouterr()
    assert told(capsys, root, "catch-up")[CH04].startswith("renewed")


@pytest.mark.parametrize("command", ["open", "reset"])
def test_an_unknown_chapter_is_answered_with_all_chapters(
    root: Path,
    capsys: pytest.CaptureFixture[str],
    launched: list[Sequence[str]],
    command: str,
) -> None:
    assert door.main([command, "ch99"], root) == 2
    [line] = capsys.readouterr().err.splitlines()
    assert f"ch00_start, {CH04}, extra_loop" in line
    assert not launched


def test_a_course_without_notebooks_is_said_to_be_one(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert door.main([], tmp_path) == 2
    assert "There are: none." in capsys.readouterr().err


@pytest.mark.parametrize("words", [[], ["reset", "ch04"], ["catch-up"]])
def test_what_cannot_be_written_is_one_line(
    root: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    (root / "work").touch()
    assert door.main(words, root) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert str(root / "work") in line
    assert "Nothing of yours is lost" in line


def test_a_write_that_fails_leaves_the_old_file_and_nothing_else(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    door.main(["open"], root)
    before = {path: path.read_bytes() for path in root.glob("work/*")}
    ship(root, CH04, notebook("new"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half)
        assert door.main(["catch-up"], root) == 1
    after = {path: path.read_bytes() for path in root.glob("work/*")}
    assert after == before


@pytest.mark.parametrize("words", [["reset", "ch04"], ["catch-up"]])
def test_only_open_has_options_for_jupyterlab(
    root: Path, capsys: pytest.CaptureFixture[str], words: list[str]
) -> None:
    with pytest.raises(SystemExit, match="2"):
        door.main([*words, "--port", "9000"], root)
    assert "takes no options: --port" in capsys.readouterr().err
    assert not (root / "work").exists()


@pytest.mark.parametrize("words", [["-h"], ["open", "-h"], ["reset", "-h"]])
def test_help_opens_nothing(
    root: Path, launched: list[Sequence[str]], words: list[str]
) -> None:
    with pytest.raises(SystemExit, match="0"):
        door.main(words, root)
    assert not launched
    assert not (root / "work").exists()


def test_the_door_imports_no_chapter_and_no_nbformat() -> None:
    program = (
        "import sys, course.workspace; "
        "print([name for name in sys.modules "
        "if name.startswith(('snippets.ch', 'nbformat'))])"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        capture_output=True,
        check=True,
        text=True,
    )
    assert ran.stdout == "[]\n"


def test_python_m_goes_through_the_door(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    importlib.import_module("course.__main__")
    monkeypatch.delitem(sys.modules, "course.__main__")
    monkeypatch.setattr(sys, "argv", ["course", "--help"])
    with pytest.raises(SystemExit, match="0"):
        runpy.run_module("course", run_name="__main__")
    assert "usage: python -m course" in capsys.readouterr().out
