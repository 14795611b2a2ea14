"""`python -m course serve-site`: the site for a room."""

import threading
from collections.abc import Iterator
from http.server import ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from course import __main__ as command
from course.classroom.server import bind
from rooms.browser import serve

pytestmark = pytest.mark.integration


@pytest.fixture
def site(tmp_path: Path) -> Path:
    (tmp_path / "jupyter-lite.json").write_text("{}")
    (tmp_path / "a.mjs").write_text("1")
    (tmp_path / "b.wasm").write_bytes(b"\0asm")
    (tmp_path / "114.ee3efb2.js").write_text("1")
    return tmp_path


@pytest.fixture
def url(site: Path) -> Iterator[str]:
    with serve.make_server(site, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield serve.url_of(server)
        server.shutdown()
        thread.join()


def test_files_have_the_types_that_browsers_demand(url: str) -> None:
    types = {
        name: httpx.get(f"{url}/{name}").headers["content-type"]
        for name in ("a.mjs", "b.wasm")
    }
    assert types == {"a.mjs": "text/javascript", "b.wasm": "application/wasm"}


def test_browsers_keep_files_and_ask_whether_they_have_changed(
    url: str,
) -> None:
    fresh = httpx.get(f"{url}/a.mjs")
    seen = fresh.headers["last-modified"]
    again = httpx.get(f"{url}/a.mjs", headers={"If-Modified-Since": seen})
    assert again.status_code == 304
    for answer in (fresh, again):
        assert answer.headers["cache-control"] == "no-cache"


def test_browsers_do_not_ask_again_for_a_name_with_a_digest(url: str) -> None:
    for query in ("", "?v=1"):
        answer = httpx.get(f"{url}/114.ee3efb2.js{query}")
        kept = answer.headers["cache-control"]
        assert kept == "max-age=31536000, immutable"
    missing = httpx.get(f"{url}/115.ee3efb2.js")
    assert missing.status_code == 404
    assert missing.headers["cache-control"] == "no-cache"


def test_command_serves_on_this_machine_until_it_is_stopped(
    site: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def stop(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(ThreadingHTTPServer, "serve_forever", stop)
    assert command.main(["serve-site", str(site), "--port", "0"]) == 0
    out = capsys.readouterr().out
    assert out.startswith("The course is at http://127.0.0.1:")


def test_open_address_is_told_by_the_name_of_the_machine(
    site: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("socket.gethostname", lambda: "teacher")
    with serve.make_server(site, "0.0.0.0", 0) as server:
        assert serve.url_of(server).startswith("http://teacher:")


def test_what_cannot_be_served_is_refused(
    tmp_path: Path, site: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    empty = tmp_path / "empty"
    assert command.main(["serve-site", str(empty)]) == 2
    assert "build-site" in capsys.readouterr().err
    with bind() as taken:
        port = str(taken.getsockname()[1])
        assert command.main(["serve-site", str(site), "--port", port]) == 2
    assert f"127.0.0.1:{port} is taken" in capsys.readouterr().err
