"""The README's words hold: its commands, its links, its table."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from course.upkeep.notebook import ROOT, notebooks
from tests.support.links import broken_links, vague_links

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"(?m)^(?:python3|py) .*$", README)


def test_it_opens_with_two_one_line_commands() -> None:
    opened, tested = COMMANDS[:2]
    setup = "python3 -m venv .venv && .venv/bin/python -m pip install -q -r"
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


def test_ci_runs_the_readmes_own_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    found = re.search(r"command=\$\(grep -m 1 '(.+)' README\.md", script)
    assert found
    lines = [ln for ln in README.splitlines() if re.search(found[1], ln)]
    assert lines[0] == COMMANDS[1]
    assert script.rstrip().endswith('eval "$command"')


@pytest.mark.parametrize("name", ["README.md"])
def test_links_lead_somewhere_and_say_where(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    assert not broken_links(text, ROOT / name)
    assert not vague_links(text)


def test_the_table_lists_every_notebook_by_its_title() -> None:
    rows = re.findall(r"(?m)^\| \[(.+?)\]\((notebooks/\S+)\) \|", README)
    assert rows == [
        (book.title, f"notebooks/{book.path.name}") for book in notebooks()
    ]


def test_every_tool_named_for_learners_answers() -> None:
    for module in ("course.command_line", "course"):
        done = subprocess.run(
            [sys.executable, "-m", module, "--help"],
            cwd=ROOT,
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
        assert done.returncode == 0, done.stderr


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
    run(*suite, "tests/test_notebooks.py", "notebooks/ch00_start.ipynb")
    collected = run(*suite, "--collect-only", "--ignore=tests")
    assert "notebooks/ch03_dependency_wiring" in collected
    assert "work/" not in collected
