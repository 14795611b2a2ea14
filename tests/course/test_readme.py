"""What README and CONTRIBUTING say holds: commands, links, tables, pins."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT, chapters
from course.upkeep.notebook import notebooks
from tests.support.links import broken_links, vague_links
from tests.support.readme import command_with

README = (ROOT / "README.md").read_text(encoding="utf-8")
CONTRIBUTING = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?m)^(?:python3|py) .*$", README)


def test_it_opens_with_two_one_line_commands() -> None:
    opened, tested = COMMANDS[:2]
    setup = "python3 -m course venv && .venv/bin/python -m pip install -q -r"
    run = "&& .venv/bin/python -m"
    assert opened == f"{setup} requirements.txt {run} course"
    assert tested == f"{setup} tests/requirements.txt {run} pytest --all"


def test_windows_gets_the_same_two_commands() -> None:
    for posix, windows in zip(COMMANDS[:2], COMMANDS[2:4], strict=True):
        translated = (
            posix.replace("python3", "py")
            .replace(" &&", ";")
            .replace(".venv/bin/", ".venv\\Scripts\\")
        )
        assert windows == translated


def test_ci_runs_the_readmes_own_commands() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    words = re.findall(r'\$\(readme "(.+?)"\)', script)
    called = [command_with(each, README) for each in words]
    assert set(called) == {COMMANDS[1], *COMMANDS[4:]}


@pytest.mark.parametrize("text", ["```sh\na b\nc b\n```\n", "a b\n"])
def test_command_is_found_by_words_that_it_alone_has(text: str) -> None:
    with pytest.raises(LookupError, match="commands have 'b' in them"):
        command_with("b", text)


PAGES = [
    "README.md",
    "CONTRIBUTING.md",
    "rooms/README.md",
    "rooms/hub/README.md",
]


@pytest.mark.parametrize("name", PAGES)
def test_links_lead_somewhere_and_say_where(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not broken_links(text, ROOT / name)
    assert not vague_links(text)


def test_table_lists_every_notebook_by_its_title() -> None:
    rows = re.findall(r"(?m)^\| \[(.+?)\]\((notebooks/\S+)\) \|", README)
    assert rows == [
        (book.title, f"notebooks/{book.path.name}") for book in notebooks()
    ]


def commands_in(printed: str) -> set[str]:
    """Read from a program's help which commands it has."""
    return set(re.findall(r"(?m)^    ([a-z-]+)", printed))


@pytest.mark.parametrize(
    ("text", "module"),
    [(README, "course"), (CONTRIBUTING, "course.upkeep")],
    ids=["README", "CONTRIBUTING"],
)
def test_every_command_is_named_and_no_other(
    text: str, module: str, capsys: pytest.CaptureFixture[str]
) -> None:
    main = importlib.import_module(f"{module}.__main__").main
    with pytest.raises(SystemExit):
        main(["--help"])
    named = re.findall(rf"(?:python3?|py) -m {module} ([a-z-]+)", text)
    assert set(named) == commands_in(capsys.readouterr().out)


def test_contributing_names_the_files_of_a_chapter() -> None:
    chapter = next(each for each in chapters() if each.name == "ch04")
    table = CONTRIBUTING.replace("chNN_topic", chapter.stem)
    table = table.replace("chNN", chapter.name)
    for path in (
        *(chapter.module, chapter.notebook, chapter.practice),
        *(chapter.wrong_answers, chapter.right_answers),
        *(chapter.unit_tests, chapter.mutants),
    ):
        assert f"| `{path.relative_to(ROOT).as_posix()}` |" in table


def test_packages_said_to_have_no_wheel_are_those_we_pin() -> None:
    pins = (ROOT / "constraints.txt").read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| (?:Mac|Windows) .*$", README)
    named = re.findall(r"`([\w-]+)` ([\d.]+)", " ".join(rows))
    assert len(named) == 4
    for name, version in named:
        assert re.search(rf"(?m)^{name}=={re.escape(version)}\b", pins)


def test_options_for_pip_are_the_lines_that_intel_macs_leave_out() -> None:
    """`grep -v '^-c'` must not leave out a requirement."""
    lines = (ROOT / "requirements.txt").read_text(encoding="utf-8")
    left_out = [ln for ln in lines.splitlines() if ln.startswith("-")]
    assert left_out == ["-c constraints.txt"]


@pytest.mark.slow
def test_work_is_free_to_change(tmp_path: Path) -> None:
    """A learner edits and runs `work/`: tests stay green, git stays clean."""
    course = tmp_path / "course"

    def run(*command: str) -> str:
        done = subprocess.run(
            command,
            cwd=course if course.exists() else ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    run("git", "clone", "--quiet", str(ROOT), str(course))
    run(sys.executable, "-m", "course", "catch-up")
    assert list((course / "work").glob("*.md"))
    copies = sorted((course / "work").glob("*.ipynb"))
    assert [c.name for c in copies] == [b.path.name for b in notebooks()]
    for copy in copies:
        text = copy.read_text(encoding="utf-8")
        copy.write_text(text.replace("secret", "sesame"), encoding="utf-8")
    book = course / "work" / "ch03_dependency_wiring.ipynb"
    run(
        *(sys.executable, "-m", "jupyter", "nbconvert", "--allow-errors"),
        *("--to", "notebook", "--execute", "--inplace", str(book)),
    )
    assert '"ename"' in book.read_text(encoding="utf-8")
    assert run("git", "status", "--porcelain") == ""
    suite = (sys.executable, "-m", "pytest", "-q", "-n0")
    run(*suite, "tests/course/test_notebooks.py", "notebooks/ch00_start.ipynb")
    collected = run(*suite, "--collect-only", "--ignore=tests")
    assert "notebooks/ch03_dependency_wiring" in collected
    assert "work/" not in collected
