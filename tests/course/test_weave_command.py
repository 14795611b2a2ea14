"""What `pytest --weave` does to a notebook, and what it refuses to do."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from course.upkeep.notebook import ROOT, Notebook, digest, source
from course.upkeep.weave import (
    WeaveError,
    drift,
    failed,
    normalise,
    weave_sections,
    write,
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
        "nbformat_minor": 4,
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


def test_a_widget_is_stored_as_what_it_says(tiny: Notebook) -> None:
    view = {"application/vnd.jupyter.widget-view+json": {"model_id": "1f"}}
    tiny.cells[4]["outputs"] = [
        {"output_type": "display_data", "data": {**view, "text/plain": "it"}}
    ]
    weave_sections(tiny)
    normalise(tiny)
    assert tiny.cells[4]["outputs"][0]["data"] == {"text/plain": "it"}


def test_writing_twice_changes_nothing(tiny: Notebook) -> None:
    weave_sections(tiny)
    normalise(tiny)
    assert write(tiny)
    again = Notebook(tiny.path)
    weave_sections(again)
    normalise(again)
    assert not write(again)


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("# %% Sign\n", "# %% Seal\n", "no section '# %% Sign'"),
        ("# %% Sign\n", "", "no section '# %% Sign' in ch98_tiny.py"),
        ("# %% Imports\n", "# %% Sign\n", "ch98_tiny.py: '# %% Sign' stands"),
        ("import secrets\n", "import secrets\n# %% New\n", "add a code cell"),
    ],
)
def test_a_caption_without_its_counterpart_is_an_error(
    old: str, new: str, complaint: str, tiny: Notebook
) -> None:
    before = tiny.path.read_bytes()
    tiny = rewrite(tiny, old, new)
    with pytest.raises(WeaveError) as error:
        weave_sections(tiny)
    assert complaint in str(error.value)
    assert drift(tiny) == [str(error.value)]
    assert tiny.path.read_bytes() == before


def test_a_moved_caption_is_an_error(tiny: Notebook) -> None:
    tiny.cells[1], tiny.cells[2] = tiny.cells[2], tiny.cells[1]
    with pytest.raises(WeaveError, match="in another order"):
        weave_sections(tiny)


def test_a_doubled_caption_is_an_error(tiny: Notebook) -> None:
    tiny.cells.insert(2, dict(tiny.cells[1]))
    with pytest.raises(
        WeaveError, match=r"tiny\.ipynb: .* stands there twice"
    ):
        weave_sections(tiny)


def woven(tiny: Notebook) -> Notebook:
    """Weave without running: as if the stored outputs were right."""
    weave_sections(tiny)
    normalise(tiny)
    for cell in tiny.code_cells:
        cell["metadata"]["woven"] = digest(source(cell))
    tiny.book["metadata"]["woven"] = tiny.modules_digest
    write(tiny)
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


def test_a_change_in_an_imported_module_is_drift(tiny: Notebook) -> None:
    other = tiny.module.with_name("other.py")
    other.write_text("x = 1\n", encoding="utf-8")
    tiny.cells[4]["source"] = "from snippets.other import x"
    tiny = woven(tiny)
    assert drift(tiny) == []
    other.write_text("x = 2\n", encoding="utf-8")
    assert drift(tiny) == [
        "ch98_tiny.ipynb: a module changed since it was run"
    ]


def test_a_cell_that_never_ran_is_a_failure_even_while_weaving() -> None:
    class Parent:
        timed_out = False

    class Item:
        parent = Parent()
        test_outputs = None

    assert failed(Item())


class TestInAFreshProcess:
    """The command as maintainers type it."""

    pytestmark = pytest.mark.slow

    @pytest.fixture
    def course(self, tiny: Notebook) -> Path:
        """A copy of the machinery around the tiny chapter."""
        root = tiny.path.parent.parent
        for name in ("tests", "course", "snippets"):
            shutil.copytree(
                ROOT / name,
                root / name,
                dirs_exist_ok=True,
                ignore=shutil.ignore_patterns("__pycache__"),
            )
        for name in ("conftest.py", "pyproject.toml"):
            shutil.copy(ROOT / name, root)
        setup = {
            **tiny.cells[1],
            "source": 'import sys\n\nsys.path.insert(0, "..")',
        }
        tiny.cells.insert(1, setup)
        write(tiny)
        return root

    @staticmethod
    def weave(course: Path) -> tuple[int, str]:
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "--weave"],
            cwd=course,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        return done.returncode, done.stdout + done.stderr

    def test_outputs_change_only_where_they_differ(
        self, tiny: Notebook, course: Path
    ) -> None:
        code, printed = self.weave(course)
        assert code == 0, printed
        assert "Cell 3 PASSED" in printed
        book = Notebook(tiny.path)
        random_output = book.code_cells[3]["outputs"]
        assert random_output[0]["text"][0].startswith("eyJhbGci….eyJzdWIi…")
        assert book.code_cells[4]["outputs"][0]["text"] == ["stable\n"]

        first = tiny.path.read_bytes()
        code, printed = self.weave(course)
        assert (code, tiny.path.read_bytes()) == (0, first)
        assert "nothing to weave" in printed

        book.code_cells[4]["source"] = "print('changed')"
        write(book)
        code, printed = self.weave(course)
        assert code == 0, printed
        book = Notebook(tiny.path)
        assert book.code_cells[4]["outputs"][0]["text"] == ["changed\n"]
        assert book.code_cells[3]["outputs"] == random_output

        rewrite(tiny, "differs each time.", "differs every time.")
        code, printed = self.weave(course)
        assert code == 0, printed
        book = Notebook(tiny.path)
        assert book.code_cells[3]["outputs"] == random_output
        assert "every time" in source(book.code_cells[2])

    def test_a_cell_that_fails_is_reported_and_nothing_stored(
        self, tiny: Notebook, course: Path
    ) -> None:
        tiny.cells[4]["source"] = "1 / 0"
        write(tiny)
        code, printed = self.weave(course)
        assert code == 1
        assert "ZeroDivisionError" in printed
        book = Notebook(tiny.path)
        assert not any(cell["outputs"] for cell in book.code_cells)
