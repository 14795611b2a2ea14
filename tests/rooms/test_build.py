"""The site's content, its wheels and its settings, made without a network."""

import hashlib
import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from course import __main__ as command
from course.chapters import ROOT, chapters
from course.upkeep.notebook import notebooks, source
from rooms.browser import build, content, shown, wheels
from rooms.browser.build import BuildError

# Content


def test_cells_to_show_are_code_cells_of_the_notebooks() -> None:
    books = {book.stem: book for book in notebooks()}
    for stem, cells in shown.CELLS.items():
        assert set(cells) <= {cell["id"] for cell in books[stem].code_cells}
    for stem, lines in shown.LINES.items():
        sources = {cell["id"]: source(cell) for cell in books[stem].code_cells}
        for cell, (line, _) in lines.items():
            assert sources[cell].count(line) == 1
    whole = shown.to_read(ROOT)
    assert set(whole) <= set(books)
    assert not set(whole) & {*shown.CELLS, *shown.LINES}


def test_chapters_that_reach_cryptography_are_read() -> None:
    read = {stem.partition("_")[0] for stem in shown.to_read(ROOT)}
    assert {"ch09", "ch10", "ch11", "ch12", "extra"} <= read
    assert not read & {f"ch{number:02}" for number in range(9)}


def test_readme_says_which_chapters_run() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    _, _, rest = readme.partition("| in a tab | chapters |\n|---|---|\n")
    table, _, _ = rest.partition("\n\n")
    rows = re.findall(r"(?m)^\| .+ \| (.+) \|$", table)
    run, threads, cryptography, read = map(numbers_in, rows)
    number_of = {
        each.stem: each.number
        for each in chapters()
        if each.number is not None
    }
    assert run | threads | cryptography | read == {*number_of.values()}
    for stem, number in number_of.items():
        reasons = {*shown.CELLS.get(stem, {}).values()}
        assert (number in threads) == (shown.THREADS in reasons)
        assert (number in cryptography) == (shown.CRYPTOGRAPHY in reasons)
        assert (number in read) == (stem in shown.to_read(ROOT))
        assert (number in run) == (not reasons and number not in read)


def numbers_in(text: str) -> set[int]:
    """Read numbers and ranges: `{0, 1, 2, 5}` of `0 to 2, 5, and more`."""
    return {
        number
        for first, last in re.findall(r"(\d+)(?: to (\d+))?", text)
        for number in range(int(first), int(last or first) + 1)
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The drive of a tab."""
    folder = tmp_path_factory.mktemp("site") / "content"
    content.write_content(ROOT, folder)
    return folder


def cells_of(path: Path) -> dict[str, dict[str, Any]]:
    book = json.loads(path.read_text(encoding="utf-8"))
    return {
        cell["id"]: cell | {"source": "".join(cell["source"])}
        for cell in book["cells"]
    }


def test_drive_has_every_notebook_and_every_module(written: Path) -> None:
    names = {path.relative_to(written).as_posix() for path in files(written)}
    assert {f"work/{chapter.stem}.ipynb" for chapter in chapters()} <= names
    assert {"work/contents.md", "work/glossary.md"} <= names
    assert "work/images/ch05_swagger_ui.png" in names
    assert "snippets/ch06_scopes.py" in names
    tops = {name.partition("/")[0] for name in names}
    assert tops == {"work", "snippets"}
    assert not [name for name in names if "/." in name or "pycache" in name]


def test_contents_page_says_how_to_reset_in_a_tab(written: Path) -> None:
    page = (written / "work" / "contents.md").read_text(encoding="utf-8")
    assert "choose Delete" in page
    assert "python -m course reset" not in page
    assert "](ch04_token_endpoint.ipynb)" in page


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def test_cell_that_cannot_run_has_its_code_its_output_and_why(
    written: Path,
) -> None:
    cell = cells_of(written / "work/ch08_refresh_logout.ipynb")["4f17d819"]
    assert cell["cell_type"] == "markdown"
    assert cell["source"].startswith("*A browser tab cannot run this cell: it")
    assert "```python\ndef ours(token, wait):" in cell["source"]
    assert cell["source"].endswith("```text\n{'naive': 10, 'ours': 1}\n```")


@pytest.mark.parametrize("stem", shown.LINES)
def test_lines_that_cannot_hold_become_a_comment(
    stem: str, written: Path
) -> None:
    cells = cells_of(written / f"work/{stem}.ipynb")
    for cell, (lines, comment) in shown.LINES[stem].items():
        assert cells[cell]["cell_type"] == "code"
        assert comment in cells[cell]["source"]
        assert lines not in cells[cell]["source"]


def test_other_cells_run_and_have_no_outputs(written: Path) -> None:
    [book] = [book for book in notebooks() if book.stem.startswith("ch08")]
    cells = cells_of(written / "work/ch08_refresh_logout.ipynb")
    kept = [cell for cell in cells.values() if cell["cell_type"] == "code"]
    listed = shown.CELLS["ch08_refresh_logout"]
    assert len(kept) == len(book.code_cells) - len(listed)
    assert [cell["outputs"] for cell in kept] == [[]] * len(kept)


def test_chapter_to_read_says_why_and_runs_nothing(written: Path) -> None:
    cells = cells_of(written / "work/ch09_keys_and_claims.ipynb")
    assert {cell["cell_type"] for cell in cells.values()} == {"markdown"}
    notice = cells["shown"]["source"]
    assert "not run it:** it needs the package cryptography" in notice
    assert list(cells)[1] == "shown"


def test_output_is_written_as_html_or_as_text() -> None:
    html = {"data": {"text/html": ["<b>", "x</b>"], "text/plain": "x"}}
    assert content.text_of(html) == "<b>x</b>"
    plain = {"data": {"text/plain": ["1", "\n2\n"]}}
    assert content.text_of(plain) == "```text\n1\n2\n```"
    assert content.text_of({"text": "a\n"}) == "```text\na\n```"


# Wheels


def test_packages_that_a_tab_needs_are_found() -> None:
    found = set(wheels.closure(["fastapi", "httpx"]))
    assert {"fastapi", "pydantic-core", "starlette", "httpcore"} <= found
    # Windows needs colorama; uvicorn's extra `standard` was not asked for.
    assert not found & {"colorama", "uvloop", "cryptography"}


def test_pins_are_those_of_a_tab() -> None:
    text = (
        "# compiled\n\nanyio==4.1  # via httpx\n"
        "a==1 ; python_version < '3.12'\na==2 ; python_version >= '3.12'\n"
        "b==3 ; sys_platform == 'win32'\n"
    )
    assert wheels.pins(text) == {"anyio": "4.1", "a": "2"}
    pinned = wheels.pins((ROOT / "constraints.txt").read_text("utf-8"))
    assert set(wheels.closure(wheels.NEEDED)) <= set(pinned)


def make_wheel(
    folder: Path, name: str, files: Sequence[str], needs: Sequence[str] = ()
) -> Path:
    """Write a small wheel, `name-1-….whl`."""
    path = wheels.write_wheel(folder, name, "1", dict.fromkeys(files, b"x"))
    if needs:
        info = f"{name}-1.dist-info/METADATA"
        lines = "".join(f"Requires-Dist: {each}\n" for each in needs)
        text = f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n{lines}"
        with zipfile.ZipFile(path) as old:
            content = {n: old.read(n) for n in old.namelist()}
        with zipfile.ZipFile(path, "w") as new:
            for file, data in (content | {info: text.encode()}).items():
                new.writestr(file, data)
    return path


def test_wheel_loses_what_no_learner_reaches(tmp_path: Path) -> None:
    kept = ["jedi/api.py", "jedi/third_party/typeshed/stdlib/os.pyi"]
    lost = [
        *("jedi/tests/a.py", "jedi/test/b.py", "jedi/api.c"),
        "jedi/third_party/typeshed/stubs/six.pyi",
    ]
    path = make_wheel(tmp_path, "jedi", kept + lost)
    [thin] = wheels.copy_slim([path], tmp_path / "thin")
    with zipfile.ZipFile(thin) as wheel:
        assert [n for n in wheel.namelist() if "info" not in n] == kept


def test_optionally_compiled_wheel_becomes_a_pure_one(tmp_path: Path) -> None:
    path = make_wheel(
        tmp_path, "markupsafe", ["markupsafe/a.py", "markupsafe/_speed.so"]
    )
    native = path.rename(tmp_path / "markupsafe-1-cp311-cp311-linux.whl")
    [thin] = wheels.copy_slim([native], tmp_path / "thin")
    assert thin.name == "markupsafe-1-py3-none-any.whl"
    with zipfile.ZipFile(thin) as wheel:
        assert "markupsafe/_speed.so" not in wheel.namelist()


def test_lock_lists_each_wheel_with_digest_and_needs(tmp_path: Path) -> None:
    (tmp_path / "pyodide-lock.json").write_text('{"info": {"abi": "x"}}')
    needs = ["B_lib>1", "c; sys_platform == 'win32'", "elsewhere"]
    paths = [
        make_wheel(tmp_path, "a", ["a.py", "a_more/x.py"], needs),
        make_wheel(tmp_path, "b_lib", ["b/data.txt", "b/m.so"]),
        make_wheel(tmp_path, "c", []),
    ]
    locked = wheels.lock(paths, tmp_path)
    assert locked["info"] == {"abi": "x"}
    first, second, _ = locked["packages"].values()
    assert first["imports"] == ["a", "a_more"]
    assert first["depends"] == ["b-lib"]
    digest = hashlib.sha256(paths[1].read_bytes()).hexdigest()
    assert (second["sha256"], second["imports"]) == (digest, ["b"])


class Pip:
    """In place of `subprocess.run`: notes commands, and writes wheels."""

    def __init__(self, code: int = 0, text: str = "") -> None:
        self.code, self.text = code, text
        self.commands: list[list[str]] = []

    def __call__(
        self, command: list[str], **_: object
    ) -> "subprocess.CompletedProcess[str]":
        self.commands.append(list(command))
        if "-d" in command and not self.code:
            folder = Path(command[command.index("-d") + 1])
            for word in command[command.index("-d") + 2 :]:
                name, version = word.replace("-", "_").split("==")
                (folder / f"{name}-{version}-py3-none-any.whl").touch()
        return subprocess.CompletedProcess(
            command, self.code, self.text, self.text
        )


def test_missing_wheels_are_downloaded_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = Pip()
    monkeypatch.setattr("rooms.browser.wheels.subprocess.run", pip)
    fetched = wheels.fetch(ROOT, tmp_path / "wheels")
    assert len(fetched) == len(wheels.closure(wheels.NEEDED)) + 1
    for_tabs, for_any = pip.commands
    assert "pyemscripten_2026_0_wasm32" in for_tabs
    assert [word for word in for_any if word.startswith("markupsafe==")]
    assert wheels.fetch(ROOT, tmp_path / "wheels") == fetched
    assert len(pip.commands) == 2


def test_package_without_a_wheel_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pip = Pip(1, "noise\nERROR: No matching distribution found for x==1\n")
    monkeypatch.setattr("rooms.browser.wheels.subprocess.run", pip)
    with pytest.raises(wheels.NoWheelError, match=r"found for x==1"):
        wheels.download(tmp_path, {"x": "1"}, ())


def test_course_wheel_leaves_out_what_cannot_be_imported() -> None:
    listed = set(wheels.course_files(ROOT, ["ch09"]))
    assert {"snippets/ch09_keys_and_claims.py", "course/__init__.py"} <= listed
    assert {"course/practice/ch08.py", "rooms/browser/tab/start.py"} <= listed
    assert "snippets/migrations/versions/ch07_users.py" in listed
    assert not listed & {"course/practice/ch09.py", "rooms/browser/build.py"}
    assert not [name for name in listed if "upkeep" in name]


# The build


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[list[str]]:
    """Replace what is fetched and the tools; return the commands they got."""
    commands: list[list[str]] = []
    kept = tmp_path / "course" / ".tab"

    def run(words: list[str], folder: Path | None = None) -> None:
        commands.append([Path(words[0]).name, *words[1:]])
        if "venv" in words:
            static = kept / "venv" / build.KERNEL / "static" / "pypi"
            static.mkdir(parents=True)
            make_wheel(static, "pyodide_kernel", ["pyodide_kernel.py"])
            make_wheel(static, "widgetsnbextension", []).rename(
                static / f"{build.OTHER_WIDGETS}6.999-py3-none-any.whl"
            )
        elif "ci" in words:
            pyodide = kept / "node_modules" / "pyodide"
            pyodide.mkdir(parents=True)
            for name in build.RUNTIME:
                (pyodide / name).touch()
            (pyodide / "pyodide-lock.json").write_text('{"info": {}}')
        elif "--bundle" in words:
            (kept / "hashing.js").write_text("var hashing = {};")
        elif "lite" in words:
            site = Path(words[words.index("--output-dir") + 1])
            site.mkdir(parents=True, exist_ok=True)
            (site / "jupyter-lite.json").write_text("{}")
            (site / "build").mkdir(exist_ok=True)
            (site / "build" / "fa-solid-900.eot").touch()
            (site / "build" / "fa-solid-900.woff2").touch()

    def fetch(root: Path, folder: Path) -> list[Path]:
        folder.mkdir(exist_ok=True)
        return [make_wheel(folder, "fastapi", ["fastapi/a.py"])]

    monkeypatch.setattr(build, "run", run)
    monkeypatch.setattr(wheels, "fetch", fetch)
    monkeypatch.setattr("shutil.which", lambda name: f"/bin/{name}")
    (tmp_path / "course").mkdir()
    for name in ("notebooks", "snippets", "course", "rooms", "README.md"):
        (tmp_path / "course" / name).symlink_to(ROOT / name)
    requirements = "fastapi==1  # why\nbcrypt==4.0.1\n"
    (tmp_path / "course" / "requirements.txt").write_text(requirements)
    return commands


def test_site_is_built_by_one_command(
    tools: list[list[str]],
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    root, site = tmp_path / "course", tmp_path / "site"
    assert command.main(["build-site", str(site)], root) == 0
    assert f"The site is in {site}: " in capsys.readouterr().out
    first = [words[0] for words in tools]
    tools.clear()
    (site / "old").touch()
    assert command.main(["build-site", str(site)], root) == 0
    assert not (site / "old").exists()
    fonts = [path.name for path in (site / "build").iterdir()]
    assert fonts == ["fa-solid-900.woff2"]
    assert [words[0] for words in tools] == ["esbuild", "jupyter"]
    python = Path(sys.executable).name
    assert first == [python, "python", "npm", "esbuild", "jupyter"]


def test_kernel_gets_the_wheels_and_the_start(
    tools: list[list[str]], tmp_path: Path
) -> None:
    root = tmp_path / "course"
    build.build(root, tmp_path / "site")
    source = root / ".tab" / "source"
    settings = json.loads((source / "jupyter-lite.json").read_text("utf-8"))
    config = settings["jupyter-config-data"]
    [kernel] = config["litePluginSettings"].values()
    assert kernel["disablePyPIFallback"] is True
    options = kernel["loadPyodideOptions"]
    assert options["packages"] == [
        *("bcrypt", "course", "fastapi", "pyodide-kernel")
    ]
    folder = source / "static" / "pyodide"
    with zipfile.ZipFile(folder / "course-1-py3-none-any.whl") as wheel:
        start = Path(options["env"]["PYTHONSTARTUP"]).name
        assert b"start.begin()" in wheel.read(start)
        assert wheel.read("requirements.txt") == b"fastapi==1\nbcrypt==4.0.1\n"
        assert b"hashing" in wheel.read("rooms/browser/tab/hashing.js")
        assert "course/practice/ch09.py" not in wheel.namelist()
    with zipfile.ZipFile(folder / "bcrypt-4.0.1-py3-none-any.whl") as wheel:
        stand_in = (ROOT / "rooms/browser/tab/bcrypt.py").read_bytes()
        assert wheel.read("bcrypt.py") == stand_in


def test_first_page_links_every_chapter() -> None:
    page = build.front_page(ROOT)
    for book in notebooks():
        assert f'href="lab/index.html?path=work/{book.stem}.ipynb"' in page
    assert page.count("<li>") == len(notebooks())
    assert "To be read only: it needs the package cryptography" in page
    assert "3 cells are shown and not run" in page
    assert "1 cell is shown and not run" in page
    assert 'id="jupyter-config-data"' in page


def test_folder_with_something_else_is_not_deleted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "thesis.txt").touch()
    assert command.main(["build-site", str(tmp_path)]) == 2
    assert "holds something else" in capsys.readouterr().err
    assert (tmp_path / "thesis.txt").exists()


def test_missing_npm_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shutil.which", lambda _: None)
    with pytest.raises(BuildError, match=r"install Node\.js"):
        build.make_tools(tmp_path)


def test_failure_of_a_tool_is_told(tmp_path: Path) -> None:
    build.run([sys.executable, "-c", ""], tmp_path)
    with pytest.raises(BuildError, match=r"(?s)failed:.*ZeroDivisionError"):
        build.run([sys.executable, "-c", "1 / 0"])


def test_lock_of_npm_names_no_other_place() -> None:
    folder = ROOT / "rooms" / "browser"
    lock = json.loads((folder / "package-lock.json").read_text("utf-8"))
    wanted = json.loads((folder / "package.json").read_text("utf-8"))
    assert lock["packages"][""]["dependencies"] == wanted["dependencies"]
    for name, package in lock["packages"].items():
        place = package.get("resolved", "https://registry.npmjs.org/")
        assert place.startswith("https://registry.npmjs.org/")
        assert name == "" or package["integrity"].startswith("sha512-")
