"""What the weave does to a notebook, and what it refuses to do."""

import json
import os
import runpy
import shutil
import sys
from pathlib import Path
from typing import Any

import pytest

from course.chapters import ROOT
from course.upkeep.__main__ import main
from course.upkeep.notebook import Notebook, digest, source
from course.upkeep.weave import (
    WeaveError,
    drift,
    format_files,
    kernel_environment,
    normalise,
    weave_sections,
)

MODULE = '''"""A chapter of two sections."""

# %% Imports
import secrets


# %% Sign
def sign() -> str:
    """Return a token that differs each time."""
    return f"eyJhbGci….eyJzdWIi….{secrets.token_hex(4)}…"
'''
CELLS = (
    "# A tiny chapter",
    "# %% Imports",
    "# %% Sign",
    "print(sign())",
    "print('stable')",
    ".",
)


@pytest.fixture
def tiny(tmp_path: Path) -> Notebook:
    """A course of one chapter whose notebook was never woven."""
    for name in ("notebooks", "snippets"):
        (tmp_path / name).mkdir()
    (tmp_path / "snippets" / "ch98_tiny.py").write_text(
        MODULE, encoding="utf-8"
    )
    path = tmp_path / "notebooks" / "ch98_tiny.ipynb"
    cells: list[dict[str, Any]] = []
    for number, text in enumerate(CELLS):
        prose = number in (0, 5)
        cells.append(
            {
                "cell_type": "markdown" if prose else "code",
                "id": f"a-long-id-from-somewhere-else-{number}",
                "metadata": {"execution": {"started": "today"}},
                "source": text,
            }
        )
        if not prose:
            cells[-1] |= {"execution_count": None, "outputs": []}
    cells[-1]["metadata"]["tags"] = ["navigation"]
    book = {
        "cells": cells,
        "metadata": {"language_info": {"name": "python", "version": "3.9"}},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    path.write_text(json.dumps(book), encoding="utf-8")
    return Notebook(path)


def rewrite(tiny: Notebook, old: str, new: str) -> Notebook:
    """Change the module's text, and read both anew."""
    text = tiny.module.read_text(encoding="utf-8")
    assert old in text
    tiny.module.write_text(text.replace(old, new), encoding="utf-8")
    return Notebook(tiny.path)


def test_sections_and_links_are_written(tiny: Notebook) -> None:
    weave_sections(tiny)
    texts = list(map(source, tiny.cells))
    assert texts[1] == "# %% Imports\nimport secrets"
    assert texts[2].startswith("# %% Sign\ndef sign() -> str:")
    assert texts[2].endswith('…"')
    assert texts[5] == "[Contents](../README.md#the-chapters)"
    assert texts[3] == "print(sign())"


def test_what_editors_leave_behind_is_removed(tiny: Notebook) -> None:
    weave_sections(tiny)
    normalise(tiny)
    text = json.dumps(tiny.book)
    for trace in ("today", "3.9", "a-long-id"):
        assert trace not in text
    ids = [cell["id"] for cell in tiny.cells]
    assert ids[1:3] == ["imports", "sign"]
    assert len(set(ids)) == len(ids)
    counts = [cell["execution_count"] for cell in tiny.code_cells]
    assert counts == [1, 2, 3, 4]


def test_widget_is_stored_as_what_it_says(tiny: Notebook) -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1f"}}
    tiny.cells[4]["outputs"] = [
        {"output_type": "display_data", "data": {**view, "text/plain": "it"}}
    ]
    weave_sections(tiny)
    normalise(tiny)
    assert tiny.cells[4]["outputs"][0]["data"] == {"text/plain": "it"}


def test_outputs_are_counted_with_their_cells(tiny: Notebook) -> None:
    """Of a result, Jupyter stores the number of its cell once more."""
    result = {"output_type": "execute_result", "execution_count": 17}
    tiny.cells[4]["outputs"] = [{**result, "data": {}, "metadata": {}}]
    normalise(tiny)
    assert tiny.cells[4]["outputs"][0]["execution_count"] == 4


def test_writing_twice_changes_nothing(tiny: Notebook) -> None:
    weave_sections(tiny)
    normalise(tiny)
    assert tiny.save()
    again = Notebook(tiny.path)
    weave_sections(again)
    normalise(again)
    assert not again.save()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("# %% Sign\n", "# %% Seal\n", "no section '# %% Sign'"),
        ("# %% Sign\n", "", "no section '# %% Sign' in ch98_tiny.py"),
        (
            "# %% Imports\n",
            "# %% Sign\n",
            "ch98_tiny.py: '# %% Sign' is written there twice",
        ),
        ("import secrets\n", "import secrets\n# %% New\n", "add a code cell"),
    ],
)
def test_caption_without_its_counterpart_is_an_error(
    old: str, new: str, complaint: str, tiny: Notebook
) -> None:
    before = tiny.path.read_bytes()
    tiny = rewrite(tiny, old, new)
    with pytest.raises(WeaveError) as error:
        weave_sections(tiny)
    assert complaint in str(error.value)
    assert drift(tiny) == [str(error.value)]
    assert tiny.path.read_bytes() == before


def test_moved_caption_is_an_error(tiny: Notebook) -> None:
    tiny.cells[1], tiny.cells[2] = tiny.cells[2], tiny.cells[1]
    with pytest.raises(WeaveError, match="in another order"):
        weave_sections(tiny)


def test_doubled_caption_is_an_error(tiny: Notebook) -> None:
    tiny.cells.insert(2, dict(tiny.cells[1]))
    with pytest.raises(
        WeaveError, match=r"tiny\.ipynb: .* is written there twice"
    ):
        weave_sections(tiny)


def woven(tiny: Notebook) -> Notebook:
    """Weave without running: as if the stored outputs were right."""
    weave_sections(tiny)
    normalise(tiny)
    for cell in tiny.code_cells:
        cell["metadata"]["woven"] = digest(source(cell))
    tiny.book["metadata"]["woven"] = tiny.modules_digest
    tiny.save()
    return Notebook(tiny.path)


def test_drift_names_the_file_the_cell_and_the_side(tiny: Notebook) -> None:
    assert drift(tiny)
    tiny = woven(tiny)
    assert drift(tiny) == []
    changed = rewrite(tiny, "token_hex(4)", "token_hex(5)")
    assert drift(changed) == [
        "ch98_tiny.ipynb, cell 2: differs from its section '# %% Sign'"
    ]
    tiny = woven(changed)
    tiny.cells[4]["source"] = "print('other')"
    tiny.cells[5]["source"] = "[Contents](elsewhere)"
    assert drift(tiny) == [
        "ch98_tiny.ipynb, cell 4: edited since its output was computed",
        "ch98_tiny.ipynb, cell 5: its links are not up to date",
    ]


def test_change_in_imported_module_is_drift(tiny: Notebook) -> None:
    other = tiny.module.with_name("other.py")
    other.write_text("x = 1\n", encoding="utf-8")
    tiny.cells[4]["source"] = "from snippets.other import x"
    tiny = woven(tiny)
    assert drift(tiny) == []
    other.write_text("x = 2\n", encoding="utf-8")
    assert drift(tiny) == [
        "ch98_tiny.ipynb: a module changed since it was run"
    ]


def test_saved_notebook_has_the_layout_that_jupyter_writes() -> None:
    """Opening and saving a notebook moves no byte."""
    for path in sorted((ROOT / "notebooks").glob("*.ipynb")):
        before = path.read_bytes()
        assert not Notebook(path).save(), path.name
        assert path.read_bytes() == before


def test_module_and_cells_are_formatted_first(tiny: Notebook) -> None:
    tiny.cells[4]["source"] = "print( 'stable' )"
    tiny.save()
    tiny = rewrite(tiny, "import secrets", "import   secrets")
    format_files([tiny.path, tiny.module])
    again = Notebook(tiny.path)
    assert source(again.cells[4]) == 'print("stable")'
    assert "import secrets\n" in again.module.read_text(encoding="utf-8")
    assert again.sections[0].source == "# %% Imports\nimport secrets"


def test_cell_that_is_no_python_is_refused_in_ruffs_words(
    tiny: Notebook,
) -> None:
    tiny.cells[4]["source"] = "print("
    tiny.save()
    with pytest.raises(WeaveError, match=r"ch98_tiny\.ipynb"):
        format_files([tiny.path, tiny.module])


def test_kernels_see_no_setting_of_a_visitor(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SECRET_KEY", "a visitor's")
    monkeypatch.setenv("IPYTHONDIR", "a visitor's")
    with kernel_environment():
        assert "SECRET_KEY" not in os.environ
        folder = Path(os.environ["IPYTHONDIR"]).parent
        assert folder.is_dir()
    assert os.environ["IPYTHONDIR"] == "a visitor's"
    assert not folder.exists()


def test_ids_are_short_and_kept(tiny: Notebook) -> None:
    tiny.cells[3]["id"], tiny.cells[4]["id"] = "0123abcd", "0123abcd"
    weave_sections(tiny)
    normalise(tiny)
    ids = [cell["id"] for cell in tiny.cells]
    assert ids[3] == "0123abcd"
    assert ids[4] != "0123abcd"
    assert len(ids[4]) == 8


def test_command_is_a_module(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["course.upkeep", "--help"])
    monkeypatch.delitem(sys.modules, "course.upkeep.__main__")
    with pytest.raises(SystemExit) as done:
        runpy.run_module("course.upkeep", run_name="__main__")
    assert done.value.code == 0
    printed = capsys.readouterr().out
    for command in ("weave", "new-chapter", "constraints"):
        assert command in printed


class TestTheCommand:
    """`python -m course.upkeep weave` on a course of one chapter."""

    @pytest.fixture
    def course(self, tiny: Notebook) -> Path:
        """The tiny chapter with the course's masks."""
        root = tiny.path.parent.parent
        (root / "tests").mkdir()
        shutil.copy(ROOT / "tests" / "masks.cfg", root / "tests")
        return root

    @pytest.mark.integration
    def test_outputs_change_only_where_they_differ(
        self,
        tiny: Notebook,
        course: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        assert main(["weave"], course) == 0
        printed = capsys.readouterr().out
        assert "ch98_tiny: cell 3 of 4, " in printed
        assert "s: print(sign())" in printed
        assert printed.endswith("ch98_tiny: woven\n")
        book = Notebook(tiny.path)
        assert drift(book) == []
        random_output = book.code_cells[2]["outputs"]
        assert random_output[0]["text"].startswith("eyJhbGci….eyJzdWIi….")
        assert book.code_cells[3]["outputs"][0]["text"] == "stable\n"

        first = tiny.path.read_bytes()
        assert main(["weave", "98"], course) == 0
        assert capsys.readouterr().out == "ch98_tiny: up to date\n"
        assert tiny.path.read_bytes() == first

        book.code_cells[3]["source"] = 'print("changed")'
        book.save()
        assert main(["weave"], course) == 0
        book = Notebook(tiny.path)
        assert book.code_cells[3]["outputs"][0]["text"] == "changed\n"
        assert book.code_cells[2]["outputs"] == random_output

        rewrite(tiny, "differs each time.", "differs every time.")
        assert main(["weave"], course) == 0
        book = Notebook(tiny.path)
        assert book.code_cells[2]["outputs"] == random_output
        assert "every time" in source(book.code_cells[1])

    @pytest.mark.integration
    def test_output_that_differs_replaces_the_stored_one(
        self, tiny: Notebook, course: Path
    ) -> None:
        book = woven(tiny)
        printed = {"output_type": "stream", "name": "stdout"}
        for cell in book.code_cells[2:]:
            cell["outputs"] = [{**printed, "text": "never printed\n"}]
        book.book["metadata"]["woven"] = "outdated"
        book.save()
        main(["weave"], course)
        book = Notebook(tiny.path)
        assert book.code_cells[3]["outputs"][0]["text"] == "stable\n"

    @pytest.mark.integration
    def test_cell_that_fails_is_reported_and_nothing_stored(
        self,
        tiny: Notebook,
        course: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        tiny.cells[4]["source"] = "1 / 0"
        tiny.save()
        assert main(["weave"], course) == 1
        printed = capsys.readouterr().out
        assert "ch98_tiny.ipynb, code cell 4: ZeroDivisionError" in printed
        book = Notebook(tiny.path)
        assert not any(cell["outputs"] for cell in book.code_cells)

    def test_vanished_caption_is_reported(
        self,
        tiny: Notebook,
        course: Path,
        capsys: pytest.CaptureFixture[str],
    ) -> None:
        rewrite(tiny, "# %% Sign\n", "# %% Seal\n")
        before = tiny.path.read_bytes()
        assert main(["weave"], course) == 1
        assert "no section '# %% Sign'" in capsys.readouterr().out
        assert tiny.path.read_bytes() == before

    def test_unknown_chapter_is_reported(
        self, course: Path, capsys: pytest.CaptureFixture[str]
    ) -> None:
        assert main(["weave", "ch97"], course) == 1
        assert "There are: ch98_tiny" in capsys.readouterr().out
