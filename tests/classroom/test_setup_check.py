"""The setup check says plainly what is off, and what to do."""

import sys
from importlib.metadata import PackageNotFoundError
from pathlib import Path

import pytest
from fastapi import FastAPI
from passlib.context import CryptContext

from course.classroom import setup_check as setup
from course.classroom.setup_check import CODE_WORD, check_setup
from snippets.ch04_token_endpoint import app

pytestmark = pytest.mark.anyio


async def test_good_setup_gets_the_code_word(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await check_setup(app)
    printed = capsys.readouterr().out
    assert printed.count("ok ") == 5
    assert "NO " not in printed
    assert printed.endswith(
        f"If a teacher asks for the code word, it is: {CODE_WORD}\n"
    )


def assert_off(printed: str, *problems: str) -> None:
    """One check says no, and the learner is told what to do."""
    assert printed.count("NO ") == 1
    for problem in problems:
        assert problem in printed
    assert "What to do: In the folder of the course" in printed
    assert CODE_WORD not in printed


async def test_old_python_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(setup, "OLDEST_PYTHON", (99, 0))
    await check_setup(app)
    version = ".".join(map(str, sys.version_info[:3]))
    assert_off(capsys.readouterr().out, f"this is Python {version}")


async def test_missing_and_other_packages_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    (tmp_path / "requirements.txt").write_text(
        "# fastapi==0\n-c constraints.txt\nbcrypt==4.0.1 # why\nhttpx==1\n"
        "no-such-package==2\n",
        encoding="utf-8",
    )

    def found(name: str) -> str:
        if name == "no-such-package":
            raise PackageNotFoundError(name)
        return "4.0.1"

    monkeypatch.setattr(setup, "version", found)
    await check_setup(app, tmp_path)
    printed = capsys.readouterr().out
    assert_off(
        printed,
        "httpx is 4.0.1; the course needs 1",
        "no-such-package 2 is not installed",
    )
    assert "bcrypt" not in printed
    assert "fastapi" not in printed


@pytest.mark.parametrize("key", ["", "short", "a good key of one's own " * 2])
async def test_key_of_another_project_is_named(
    key: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv("SECRET_KEY", key)
    await check_setup(app)
    printed = capsys.readouterr().out
    assert_off(printed, "SECRET_KEY is set", "start JupyterLab again")
    assert not key or key not in printed


async def test_broken_bcrypt_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: object) -> str:
        raise ValueError("password cannot be longer than 72 bytes")

    monkeypatch.setattr(CryptContext, "hash", refuse)
    await check_setup(app)
    assert_off(capsys.readouterr().out, "ValueError: password cannot be long")


async def test_hash_that_does_not_fit_is_named(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(CryptContext, "verify", lambda *_: False)
    await check_setup(app)
    assert_off(capsys.readouterr().out, "does not fit its own password")


async def test_app_that_fails_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("broken")

    await check_setup(broken)
    assert_off(capsys.readouterr().out, "RuntimeError: broken")


async def test_app_that_answers_otherwise_is_named(
    capsys: pytest.CaptureFixture[str],
) -> None:
    await check_setup(FastAPI())
    assert_off(capsys.readouterr().out, "answered 404 instead of 401")
