"""A learner's copies: without answers, links inside `work/`, nothing lost."""

import hashlib
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from course import workspace
from course.chapters import ROOT, UnknownChapterError

CH04 = "ch04_token_endpoint"
README = (
    "# A course\n\n| chapter | after it you can |\n|---|---|\n"
    "| [Chapter 0](notebooks/ch00_start.ipynb) | start |\n"
    f"| [Chapter 4](notebooks/{CH04}.ipynb) | log in |\n"
)
LINK = re.compile(r"\]\(([^)\s#]+)(?:#[^)]*)?\)")


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


def with_outputs(*sources: str) -> bytes:
    """Write a notebook as the course ships it: executed."""
    return notebook(
        *sources,
        execution_count=3,
        metadata={"scrolled": True},
        outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}],
    )


def prose(text: str) -> bytes:
    """Write a notebook of one Markdown cell."""
    cell = {"cell_type": "markdown", "metadata": {}, "source": text}
    return json.dumps({"cells": [cell], "nbformat": 4}).encode("utf-8")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a course of three notebooks."""
    (tmp_path / "notebooks").mkdir()
    for stem in ("ch00_start", CH04, "extra_loop"):
        ship(tmp_path, stem, with_outputs(f"print('{stem}')\n1"))
    (tmp_path / "README.md").write_text(README, encoding="utf-8")
    return tmp_path


def ship(root: Path, stem: str, content: bytes) -> None:
    (root / "notebooks" / f"{stem}.ipynb").write_bytes(content)


def work(root: Path, stem: str = CH04) -> Path:
    return root / "work" / f"{stem}.ipynb"


def sources(path: Path) -> list[str]:
    cells = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(cell["source"]) for cell in cells]


Catch = Callable[[Path], dict[str, str]]


@pytest.fixture
def catch_up(capsys: pytest.CaptureFixture[str]) -> Catch:
    """Catch up; return what is printed for each chapter."""

    def run(root: Path) -> dict[str, str]:
        capsys.readouterr()
        workspace.catch_up(root)
        lines = capsys.readouterr().out.splitlines()
        return dict(line.split(": ", 1) for line in lines)

    return run


# Copies


def test_copies_have_the_same_sources_and_no_outputs(root: Path) -> None:
    ship(root, CH04, with_outputs("é = 1\né", "").replace(b"{", b"{\r\n", 1))
    workspace.fill(root)
    for shipped in root.glob("notebooks/*.ipynb"):
        copied = root / "work" / shipped.name
        assert sources(copied) == sources(shipped)
        assert b'"outputs": []' in copied.read_bytes()
        cells = json.loads(copied.read_bytes())["cells"]
        assert {cell["execution_count"] for cell in cells} == {None}
        assert [cell["outputs"] for cell in cells] == [[]] * len(cells)


def test_no_copy_of_the_course_shows_an_output(tmp_path: Path) -> None:
    copy_course(tmp_path)
    workspace.fill(tmp_path)
    for chapter in workspace.with_notebook(tmp_path):
        shipped = json.loads(chapter.notebook.read_bytes())
        copied = json.loads(workspace.copy_of(chapter).read_bytes())
        assert any(cell.get("outputs") for cell in shipped["cells"])
        assert not any(cell.get("outputs") for cell in copied["cells"])
        assert not any(cell.get("execution_count") for cell in copied["cells"])


def copy_course(folder: Path) -> None:
    """Copy the README and what `notebooks/` holds."""
    (folder / "notebooks").mkdir()
    for path in (ROOT / "README.md", *(ROOT / "notebooks").glob("*.*")):
        target = folder / path.relative_to(ROOT)
        target.write_bytes(path.read_bytes())


def test_copies_are_written_as_jupyterlab_writes_notebooks(
    root: Path,
) -> None:
    ship(root, CH04, prose("Grüße"))
    workspace.fill(root)
    text = work(root).read_text(encoding="utf-8")
    assert text.startswith('{\n "cells": [\n')
    assert text.endswith("}\n")
    assert "Grüße" in text


def test_fill_never_overwrites(root: Path) -> None:
    (root / "work").mkdir()
    work(root).write_bytes(b"mine")
    workspace.fill(root)
    assert work(root).read_bytes() == b"mine"
    assert work(root, "ch00_start").exists()


def test_fill_prints_what_it_copied_and_only_then(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.fill(root)
    assert f"ch00_start, {CH04}, extra_loop" in capsys.readouterr().out
    workspace.fill(root)
    assert capsys.readouterr().out == ""


def test_stray_notebook_is_not_copied(root: Path) -> None:
    ship(root, "Untitled", notebook("1"))
    workspace.fill(root)
    assert not work(root, "Untitled").exists()


@pytest.mark.parametrize("damaged", [b"<<<<<<< HEAD", b"\xff", b"[]", b"{}"])
def test_damaged_notebook_of_the_course_is_named_and_harms_nothing(
    root: Path, damaged: bytes
) -> None:
    (root / "work").mkdir()
    work(root).write_bytes(b"mine")
    ship(root, CH04, damaged)
    for run in (workspace.catch_up, lambda root: workspace.reset(root, "4")):
        with pytest.raises(workspace.DamagedNotebookError) as refused:
            run(root)
        assert f"git checkout -- notebooks/{CH04}.ipynb" in str(refused.value)
    assert work(root).read_bytes() == b"mine"
    assert not work(root, f"{CH04}.mine-1").exists()


# Links


@pytest.mark.parametrize("link", ["../README.md", "../README.md#the-chapters"])
def test_link_to_the_readme_leads_to_the_contents_page(
    root: Path, link: str
) -> None:
    ship(root, CH04, prose(f"[Contents]({link}) · [next](ch05.ipynb#a)"))
    workspace.fill(root)
    [copied] = sources(work(root))
    assert copied == "[Contents](contents.md) · [next](ch05.ipynb#a)"


def test_code_keeps_what_looks_like_a_link(root: Path) -> None:
    code = 'print("[Contents](../README.md)")'
    ship(root, CH04, notebook(code))
    workspace.fill(root)
    assert sources(work(root)) == [code]


def test_contents_page_lists_the_chapters_of_the_readme(root: Path) -> None:
    workspace.fill(root)
    page = (root / "work" / "contents.md").read_text(encoding="utf-8")
    assert page.endswith(
        "| chapter | after it you can |\n|---|---|\n"
        "| [Chapter 0](ch00_start.ipynb) | start |\n"
        f"| [Chapter 4]({CH04}.ipynb) | log in |\n"
    )


def test_no_way_leads_out_of_work_to_an_original(tmp_path: Path) -> None:
    """From link to link, JupyterLab opens no notebook but the copies."""
    copy_course(tmp_path)
    workspace.fill(tmp_path)
    copies = tmp_path / "work"
    to_read = [copies / "ch00_start.ipynb"]
    seen = set()
    while to_read:
        page = to_read.pop()
        if page in seen:
            continue
        seen.add(page)
        text = page.read_text(encoding="utf-8")
        if page.suffix == ".ipynb":
            text = "\n".join(sources(page))
        for link in LINK.findall(text):
            target = Path(os.path.normpath(page.parent / link))
            if link.endswith((".ipynb", ".md")) and "://" not in link:
                assert target.exists(), f"{page.name}: {link}"
                to_read.append(target)
    assert {page.parent for page in seen} == {copies}
    assert {page.stem for page in seen} >= {
        chapter.stem for chapter in workspace.with_notebook(ROOT)
    }


def test_pages_beside_the_notebooks_are_copied_and_renewed(
    root: Path, catch_up: Catch
) -> None:
    shipped, copied = (root / d / "glossary.md" for d in ("notebooks", "work"))
    shipped.write_bytes(b"first")
    workspace.fill(root)
    assert copied.read_bytes() == b"first"
    shipped.write_bytes(b"second")
    catch_up(root)
    assert copied.read_bytes() == b"second"


@pytest.mark.parametrize("name", ["contents.md", "glossary.md"])
@pytest.mark.parametrize("before", [True, False])
def test_page_that_the_learner_wrote_or_edited_stays(
    root: Path, catch_up: Catch, name: str, before: bool
) -> None:
    (root / "notebooks" / "glossary.md").write_bytes(b"first")
    mine = root / "work" / name
    if before:
        mine.parent.mkdir()
    else:
        workspace.fill(root)
    mine.write_bytes(b"my notes")
    workspace.fill(root)
    workspace.reset(root, "ch04")
    catch_up(root)
    assert mine.read_bytes() == b"my notes"


# Reset


def test_reset_keeps_the_learners_version_and_counts_up(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.fill(root)
    copied = work(root).read_bytes()
    for number in (1, 2):
        work(root).write_bytes(b"answer %d" % number)
        workspace.reset(root, "ch04")
        kept = work(root, f"{CH04}.mine-{number}")
        assert kept.read_bytes() == b"answer %d" % number
        assert f"work/{kept.name}" in capsys.readouterr().out
    assert work(root).read_bytes() == copied
    assert work(root, f"{CH04}.mine-1").read_bytes() == b"answer 1"


def test_reset_gives_a_chapter_that_was_never_copied(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    workspace.reset(root, "4")
    assert work(root).exists()
    assert "kept" not in capsys.readouterr().out


def test_reset_of_an_unknown_chapter_changes_nothing(root: Path) -> None:
    with pytest.raises(UnknownChapterError):
        workspace.reset(root, "ch99")
    assert not (root / "work").exists()


def test_after_a_reset_a_chapter_counts_as_unedited(
    root: Path, catch_up: Catch
) -> None:
    (root / "work").mkdir()
    work(root).write_bytes(notebook("my answer"))
    workspace.reset(root, "ch04")
    ship(root, CH04, notebook("new"))
    assert catch_up(root)[CH04].startswith("renewed")


# Catch-up


def test_catch_up_copies_a_new_chapter(root: Path, catch_up: Catch) -> None:
    assert catch_up(root)[CH04] == "new, copied into work/."
    assert catch_up(root)[CH04] == "up to date."


def test_catch_up_renews_what_was_only_run(
    root: Path, catch_up: Catch
) -> None:
    workspace.fill(root)
    ran = with_outputs(f"print('{CH04}')\n1")
    work(root).write_bytes(ran.replace(b'"nbformat": 4', b'"nbformat": 5'))
    ship(root, CH04, with_outputs("new"))
    assert catch_up(root)[CH04].startswith("renewed")
    assert sources(work(root)) == ["new"]
    assert b"stdout" not in work(root).read_bytes()


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
    catch_up: Catch,
    edited: bytes,
    manifest: dict[str, None] | None,
) -> None:
    workspace.fill(root)
    if manifest is not None:
        (root / "work" / ".copied.json").write_text(
            json.dumps(manifest), encoding="utf-8"
        )
    work(root).write_bytes(edited)
    ship(root, CH04, notebook("new"))
    line = catch_up(root)[CH04]
    assert line.startswith("edited by you, so it stays.")
    assert line.endswith(f"reset {CH04}")
    assert work(root).read_bytes() == edited


def test_catch_up_promises_no_new_version_where_there_is_none(
    root: Path, catch_up: Catch
) -> None:
    workspace.fill(root)
    work(root).write_bytes(notebook("my answer"))
    assert catch_up(root)[CH04] == (
        "edited by you, and the course has nothing new for it."
    )


@pytest.mark.parametrize(
    "manifest", [None, b"", b"{", b"[]", b"\xff", b"[" * 100_000]
)
def test_without_a_sound_manifest_everything_is_kept(
    root: Path, catch_up: Catch, manifest: bytes | None
) -> None:
    workspace.fill(root)
    before = work(root).read_bytes()
    (root / "work" / ".copied.json").unlink()
    if manifest is not None:
        (root / "work" / ".copied.json").write_bytes(manifest)
    ship(root, CH04, notebook("new"))
    lines = catch_up(root)
    assert lines[CH04].startswith("edited by you, so it stays.")
    assert work(root).read_bytes() == before
    assert lines["ch00_start"] == "up to date."


def test_catch_up_mends_a_lost_manifest_where_the_copy_is_the_course(
    root: Path, catch_up: Catch
) -> None:
    workspace.fill(root)
    (root / "work" / ".copied.json").unlink()
    catch_up(root)
    ship(root, CH04, notebook("new"))
    assert catch_up(root)[CH04].startswith("renewed")


# Copies that earlier versions of the course made: byte for byte


@pytest.fixture
def copied_before(root: Path) -> bytes:
    """Copy chapter 4 as earlier versions did, outputs and links included."""
    old = json.loads(with_outputs("1 + 1"))
    old["cells"] += json.loads(prose("[Contents](../README.md)"))["cells"]
    content = json.dumps(old).encode("utf-8")
    ship(root, CH04, content)
    (root / "work").mkdir()
    work(root).write_bytes(content)
    cells = [["code", "1 + 1"], ["markdown", "[Contents](../README.md)"]]
    known = {CH04: hashlib.sha256(json.dumps(cells).encode()).hexdigest()}
    (root / "work" / ".copied.json").write_text(
        json.dumps(known), encoding="utf-8"
    )
    return content


@pytest.mark.usefixtures("copied_before")
def test_unedited_copy_of_before_loses_its_outputs(
    root: Path, catch_up: Catch
) -> None:
    assert catch_up(root)[CH04].startswith("renewed")
    assert sources(work(root)) == ["1 + 1", "[Contents](contents.md)"]
    assert b"stdout" not in work(root).read_bytes()


def test_edited_copy_of_before_stays(
    root: Path, catch_up: Catch, copied_before: bytes
) -> None:
    mine = copied_before.replace(b"1 + 1", b"1 + 2")
    work(root).write_bytes(mine)
    workspace.fill(root)
    assert catch_up(root)[CH04].startswith("edited by you, so it stays.")
    assert work(root).read_bytes() == mine
    workspace.reset(root, "ch04")
    assert work(root, f"{CH04}.mine-1").read_bytes() == mine


# Failures


def test_write_that_fails_leaves_the_old_file_and_nothing_else(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def half(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[: len(content) // 2])
        raise OSError("No space left on device")

    workspace.fill(root)
    before = {path: path.read_bytes() for path in root.glob("work/*")}
    ship(root, CH04, notebook("new"))
    with monkeypatch.context() as patch:
        patch.setattr(Path, "write_bytes", half)
        with pytest.raises(OSError, match="No space left"):
            workspace.catch_up(root)
    after = {path: path.read_bytes() for path in root.glob("work/*")}
    assert after == before
