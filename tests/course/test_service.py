"""`snippets/service/`: what the chapters' code becomes, file by file."""

import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from course.chapters import ROOT
from course.upkeep import service
from course.upkeep.__main__ import main

FOLDER = ROOT / service.SERVICE
OWN_FILES = {
    *("__init__.py", "__main__.py", "database.py", "main.py"),
    *("routers/__init__.py", "tests/__init__.py", "tests/conftest.py"),
    *("tests/test_service.py", "README.md", "Dockerfile", ".dockerignore"),
    "compose.yaml",
}


@pytest.fixture(scope="module")
def built() -> dict[str, str]:
    return service.build()


def test_service_is_what_the_chapters_are(built: dict[str, str]) -> None:
    for path, source in built.items():
        assert (FOLDER / path).read_text("utf-8") == source, (
            f"{path} is outdated: python -m course.upkeep service"
        )


def test_folder_has_no_other_files(built: dict[str, str]) -> None:
    found = {
        path.relative_to(FOLDER).as_posix()
        for path in FOLDER.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert found == built.keys() | OWN_FILES


def test_service_needs_no_chapter(built: dict[str, str]) -> None:
    for path in FOLDER.rglob("*.py"):
        source = path.read_text("utf-8")
        assert not re.search(r"^(from|import) (snippets|course)", source, re.M)
        assert not re.search(r"\bch\d\d\b", source) or "migrations" in str(
            path
        )


def test_readme_explains_every_file(built: dict[str, str]) -> None:
    text = (FOLDER / "README.md").read_text("utf-8")
    tops = {path.split("/")[0] for path in built.keys() | OWN_FILES}
    unexplained = {"__init__.py", ".dockerignore", "README.md"}
    deployment = {"Dockerfile", "compose.yaml", "requirements.txt"}
    for top in tops - unexplained - deployment:
        assert re.search(rf"`{re.escape(top)}/?`", text), top


def test_requirements_are_those_of_the_course(built: dict[str, str]) -> None:
    course = (ROOT / "requirements.txt").read_text("utf-8").splitlines()
    lines = built["requirements.txt"].splitlines()
    packages = [line for line in lines if not line.startswith("#")]
    assert len(packages) == len(service.PACKAGES)
    assert set(packages) <= set(course)


def test_compose_file_is_valid() -> None:
    tool = [sys.executable, "-m", "check_jsonschema"]
    schema = ["--builtin-schema", "vendor.compose-spec"]
    subprocess.run([*tool, *schema, FOLDER / "compose.yaml"], check=True)


def test_image_runs_the_app_that_is_there() -> None:
    text = (FOLDER / "Dockerfile").read_text("utf-8")
    assert "service.main:app" in text
    assert "COPY requirements.txt" in text


def test_command_writes_what_is_missing_or_outdated(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    files = {"main.py": "1", "routers/admin.py": "2", "pages/login.js": "3"}
    monkeypatch.setattr(service, "build", lambda root: files)
    (tmp_path / service.SERVICE).mkdir(parents=True)
    (tmp_path / service.SERVICE / "main.py").write_text("1")
    for expected in (["admin.py", "login.js"], []):
        assert main(["service"], tmp_path) == 0
        changed = capsys.readouterr().out.splitlines()
        assert [Path(line).name for line in changed] == expected


@pytest.mark.slow
def test_copied_folder_passes_its_own_tests(tmp_path: Path) -> None:
    ignored = shutil.ignore_patterns("__pycache__")
    shutil.copytree(FOLDER, tmp_path / "login", ignore=ignored)
    own = (f"--cov=login.{name}" for name in ("main", "database", "__main__"))
    measured = *own, "--cov-branch", "--cov-fail-under=100"
    command = [sys.executable, "-m", "pytest", "-q", "login", *measured]
    ended = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert re.search(r"\d\d passed", ended.stdout)
