"""Definitions of chapters, copied into the files of one package."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from course.upkeep.assemble import (
    AssembleError,
    File,
    Import,
    Key,
    Own,
    Plan,
    read_chapter,
)

CHAPTERS = {
    "ch01_first": '''
"""The first chapter."""
import os.path
import datetime as dt
from typing import Annotated, Any as Anything

# %% A table
# Why it is here.
TABLE: dict[str, int] = {}
LIMIT = OTHER = 3


def find(name: str) -> Anything:
    """Find a name, as long as the limit allows."""
    find_here = f"{name}: {LIMIT}"
    return TABLE.get(os.path.join(find_here)), dt.timedelta(LIMIT)


app = None


@app.get("/x")
@staticmethod
async def read_x(limit=LIMIT) -> None: ...


print(TABLE)
''',
    "ch02_second": '''
from snippets import ch01_first as ch01
from snippets.ch01_first import TABLE


class Finder(ch01.find):
    """Find."""

    def run(self, LIMIT):
        return ch01.find(TABLE, LIMIT=ch01.LIMIT).LIMIT


@ch01.find
def find() -> None:
    """Find in another way."""
''',
}
FIND, TABLE, LIMIT = (("ch01", name) for name in ("find", "TABLE", "LIMIT"))
FINDER, SECOND = ("ch02", "Finder"), ("ch02", "find")


@pytest.fixture
def modules(tmp_path: Path) -> dict[str, Path]:
    paths = {}
    for stem, source in CHAPTERS.items():
        path = paths[stem[:4]] = tmp_path / f"{stem}.py"
        path.write_text(source, "utf-8")
    return paths


def written(
    modules: dict[str, Path],
    *files: Sequence[Key | Own],
    renamed: dict[Key, str] | None = None,
) -> list[str]:
    """Write files `a.py`, `routers/b.py`, … that hold the given parts."""
    paths = ("a.py", "routers/b.py", "c.py")
    plan = Plan(
        [
            File(path, "A file.", parts)
            for path, parts in zip(paths, files, strict=False)
        ],
        renamed or {},
        modules,
    )
    return [plan.write(file) for file in plan.files]


def test_definition_keeps_comments_but_loses_caption(
    modules: dict[str, Path],
) -> None:
    (source,) = written(modules, [TABLE])
    assert "# Why it is here.\nTABLE: dict[str, int] = {}" in source
    assert "%%" not in source


def test_one_statement_brings_all_its_names(modules: dict[str, Path]) -> None:
    (source,) = written(modules, [LIMIT])
    assert "LIMIT = OTHER = 3" in source
    with pytest.raises(AssembleError, match=r"ch01\.LIMIT comes twice"):
        written(modules, [LIMIT, ("ch01", "OTHER")])


def test_imports_of_other_packages_come_along(
    modules: dict[str, Path],
) -> None:
    (source,) = written(modules, [TABLE, LIMIT, FIND])
    assert "import os.path\n" in source
    assert "import datetime as dt\n" in source
    assert "from typing import Any as Anything\n" in source
    assert "Annotated" not in source


def test_name_of_other_file_is_imported_from_it(
    modules: dict[str, Path],
) -> None:
    parts = [TABLE, LIMIT, FIND], [FINDER]
    _, source = written(modules, *parts)
    assert "from ..a import TABLE\n" in source
    assert "class Finder(find):" in source
    assert "return find(TABLE, LIMIT=LIMIT).LIMIT" in source


def test_definition_may_have_another_name_in_the_package(
    modules: dict[str, Path],
) -> None:
    parts = [TABLE, LIMIT, FIND, SECOND]
    (source,) = written(modules, parts, renamed={SECOND: "find_too"})
    assert "@find\ndef find_too() -> None:" in source


def test_renamed_name_is_renamed_where_it_is_used(
    modules: dict[str, Path],
) -> None:
    parts = [TABLE, LIMIT, FIND]
    (source,) = written(modules, parts, renamed={LIMIT: "MOST"})
    assert 'find_here = f"{name}: {MOST}"' in source
    assert "dt.timedelta(MOST)" in source


def test_route_belongs_to_the_router_of_its_file(
    modules: dict[str, Path],
) -> None:
    (source,) = written(modules, [LIMIT, ("ch01", "read_x")])
    assert '@router.get("/x")\n@staticmethod\nasync def read_x' in source


def test_own_definition_replaces_one_of_a_chapter(
    modules: dict[str, Path],
) -> None:
    own = Own(TABLE, "TABLE = deque(LIMIT)\n", (LIMIT,), (Import("re"),))
    _, source = written(modules, [LIMIT], [own, FIND])
    assert "import re\n" in source
    assert "from ..a import LIMIT\n" in source
    assert "TABLE = deque(LIMIT)" in source


def test_name_without_file_is_refused(modules: dict[str, Path]) -> None:
    with pytest.raises(AssembleError, match=r"ch01\.find needs ch01\.TABLE"):
        written(modules, [LIMIT, FIND])


def test_name_that_no_chapter_defines_is_refused(
    modules: dict[str, Path],
) -> None:
    with pytest.raises(AssembleError, match=r"there is no ch01\.lost"):
        written(modules, [("ch01", "lost")])


def test_chapter_must_be_used_by_attribute(tmp_path: Path) -> None:
    path = tmp_path / "ch03_third.py"
    path.write_text(
        "from snippets import ch01_first as ch01\n\nALL = vars(ch01)\n"
    )
    with pytest.raises(AssembleError, match="ch01 is used without"):
        read_chapter(path)
