"""The assembled service, for a try on this machine."""

import os
from pathlib import Path
from unittest.mock import patch

import httpx
import pytest
import uvicorn

from course import __main__ as command
from course.try_service import load

pytestmark = pytest.mark.anyio


async def test_service_keeps_its_users_in_the_learners_folder(
    tmp_path: Path,
) -> None:
    with patch.dict(os.environ):
        os.environ.pop("DATABASE_URL", None)
        app = load(tmp_path)
    from snippets.service.database import engine

    transport = httpx.ASGITransport(app)
    async with httpx.AsyncClient(
        transport=transport, base_url="http://127.0.0.1"
    ) as client:
        ready = await client.get("/health/ready")
        docs = await client.get("/docs")
    engine().dispose()
    assert (ready.status_code, docs.status_code) == (200, 200)
    assert (tmp_path / "work" / "service.db").exists()


def test_serve_takes_the_service_by_its_name(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from snippets.ch04_token_endpoint import app

    monkeypatch.setattr("course.try_service.load", lambda root: app)
    monkeypatch.setattr(uvicorn.Server, "run", lambda self, sockets: None)
    assert command.main(["serve", "service", "--port", "0"]) == 0
    assert capsys.readouterr().out.startswith("service runs at http://127.")
