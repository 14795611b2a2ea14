"""Slides of every chapter are made without a network, and shown so."""

import importlib.util
import re
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any

import pytest

from course import __main__ as command
from course import slides
from course.chapters import ROOT, Chapter, chapters, find
from course.slides import Cell, arranged, height_of

CHAPTER = "ch03"


def prose(text: str, *tags: str) -> Cell:
    metadata = {"tags": [*tags]} if tags else {}
    return {"cell_type": "markdown", "source": text, "metadata": metadata}


def code(text: str, *outputs: Cell) -> Cell:
    return {
        "cell_type": "code",
        "source": text,
        "metadata": {},
        "outputs": [*outputs],
    }


def slide_types(*cells: Cell) -> list[tuple[str, str]]:
    """Arrange cells; return the first line and the slide type of each."""
    return [
        (
            cell["source"].splitlines()[0],
            cell["metadata"]["slideshow"]["slide_type"],
        )
        for cell in arranged(cells)
    ]


@pytest.fixture
def reveal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Pretend that the package which brings reveal.js is installed."""
    package = tmp_path / "sphinx_revealjs"
    source = package / "_static" / "revealjs"
    for part in slides.PARTS:
        (source / part).parent.mkdir(parents=True, exist_ok=True)
        (source / part).write_text(f"/* {part} */", encoding="utf-8")
    for part in slides.FOLDERS:
        (source / part).mkdir(parents=True)
        (source / part / "file").touch()
    spec = ModuleSpec(slides.CARRIER, None, origin=str(package / "a.py"))
    find_spec = importlib.util.find_spec

    def pretend(name: str, *rest: Any) -> ModuleSpec | None:
        return spec if name == slides.CARRIER else find_spec(name, *rest)

    monkeypatch.setattr(importlib.util, "find_spec", pretend)
    return source


@pytest.mark.usefixtures("reveal")
def test_command_writes_a_page_and_what_it_needs(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "slides"
    for _ in range(2):  # over an older one as well
        assert command.main(["slides", CHAPTER, str(folder)]) == 0
    name = f"{find(CHAPTER)}.slides.html"
    assert f"{folder / name}: open it" in capsys.readouterr().out
    page = (folder / name).read_text(encoding="utf-8")
    needed = re.findall(r'(?:src|href)="(reveal\.js/[^"]+)"', page)
    assert len(needed) == 4
    for path in needed:
        if "plugin/notes" not in path:  # copied as a whole
            assert (folder / path).is_file()
    assert (folder / "reveal.js" / "plugin" / "notes" / "file").is_file()


@pytest.mark.parametrize(
    "chapter",
    [
        pytest.param(
            each, marks=[] if each.name == "ch02" else pytest.mark.slow
        )
        for each in chapters()
        if each.notebook.exists()
    ],
    ids=str,
)
def test_page_fetches_nothing(chapter: Chapter) -> None:
    page = slides.render(chapter)
    assert not re.findall(
        r'<(?:script|link|img)\b[^>]*(?:src|href)="(?:https?:)?//', page
    )
    assert not re.findall(r"@import[^;]*//[^;]*;", page)
    assert "require(" not in page
    assert page.count("<section") > 10


@pytest.mark.parametrize("spec", [None, ModuleSpec("a", None)])
def test_missing_reveal_js_says_how_to_get_it(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    spec: ModuleSpec | None,
) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: spec)
    folder = tmp_path / "slides"
    assert command.main(["slides", CHAPTER, str(folder)]) == 1
    [line] = capsys.readouterr().err.splitlines()
    assert "pip install --no-deps -r rooms/teaching/requirements.txt" in line
    assert not folder.exists()


def test_heading_begins_a_slide_and_overflow_one_below() -> None:
    long = "\n".join("x" * 14)
    assert slide_types(
        prose("# Title\n\nA question."),
        code(long),
        code(long),
        prose("After it.\n\n## Next\n\nMore."),
    ) == [
        ("# Title", "slide"),
        ("A question.", "-"),
        ("x", "-"),
        ("x", "subslide"),
        ("After it.", "-"),
        ("## Next", "slide"),
        ("More.", "-"),
    ]


def test_short_sentence_is_not_left_alone() -> None:
    lines = (slides.FULL - 2 * slides.GAP - slides.PROSE) // slides.CODE
    full = code("\n".join("x" * lines))
    found = slide_types(prose("# T"), full, prose("johndoe has a token."))
    assert [kind for _, kind in found] == ["slide", "-", "-"]


def test_folds_become_notes_whole() -> None:
    fold = "<details>\n<summary>Why?</summary>\n\nBecause.\n\n</details>"
    block = "```js\na();\n\nb();\n```"
    assert slide_types(prose("# T"), prose(f"{block}\n\nA.\n\n{fold}")) == [
        ("# T", "slide"),
        ("```js", "-"),
        ("A.", "-"),
        ("<details>", "notes"),
    ]


def test_exercises_become_one_slide() -> None:
    assert slide_types(
        prose("## Practice\n\n### Exercise 1.1: try\n\nTry."),
        code('check("try", 1)'),
        prose("## Key points\n\n- One."),
    ) == [
        ("## Practice", "slide"),
        ("## Key points", "slide"),
        ("- One.", "-"),
    ]


def test_exercise_without_a_heading_above_it_is_practice() -> None:
    assert slide_types(
        prose("# T"),
        prose("### Exercise 0.1: try\n\nTry."),
        prose("### Exercise 0.2: again\n\nTry."),
        prose("## Next"),
    ) == [("# T", "slide"), ("## Practice", "slide"), ("## Next", "slide")]


def test_what_only_a_notebook_needs_is_left_out() -> None:
    assert not slide_types(
        prose("[Contents](../README.md)", "navigation"),
        code("import os\nimport sys\n\nsys.path"),
        code("# %% Imports\nimport jwt"),
        code('hint("try")'),
    )


def test_links_to_files_become_text_and_others_stay() -> None:
    [cell] = arranged([prose("See [a](ch01.ipynb), [b](https://c.example).")])
    assert cell["source"] == "See a, [b](https://c.example)."


def test_outputs_take_their_place() -> None:
    text = {"output_type": "stream", "text": ["a\n", "b\n"]}
    data = {"data": {"text/plain": "a\nb"}}
    picture = {"data": {"image/png": "", "text/plain": "a figure"}}
    vector = {"data": {"image/svg+xml": ""}}
    plain = height_of(code("x"))
    both = slides.GAP + 2 * slides.CODE
    assert height_of(code("x", text)) == plain + both
    assert height_of(code("x", data)) == plain + both
    assert height_of(code("x", picture)) == plain + slides.PICTURE
    assert height_of(code("x", vector)) == plain + slides.PICTURE
    assert height_of(prose("a" * 2 * slides.WIDTH)) > height_of(prose("a"))


def test_requirement_is_the_package_that_is_looked_for() -> None:
    path = ROOT / "rooms" / "teaching" / "requirements.txt"
    [pin] = re.findall(r"(?m)^([\w-]+)==", path.read_text(encoding="utf-8"))
    assert pin.replace("-", "_") == slides.CARRIER
