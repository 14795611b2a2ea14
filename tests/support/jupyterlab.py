"""A real JupyterLab in a real browser, opened by the learner's front door."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, Playwright

from course.upkeep.notebook import ROOT

TOKEN = "a-teaching-token-for-a-server-on-this-machine"
PATIENCE = 60.0
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
SETTINGS = {
    # All cells stand in the page, also those far below.
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


def find_chromium() -> str | None:
    """Find a Chromium or Chrome that the system brings."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def launch(playwright: Playwright) -> Browser:
    """Start the browser, without a network of its own."""
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=FLAGS
    )


@contextmanager
def running_lab(folder: Path) -> Iterator[str]:
    """Copy the course into a folder and open it by the README's command.

    Yields:
        JupyterLab's address: `http://127.0.0.1:49321`.
    """
    for name in ("notebooks", "snippets", "course"):
        shutil.copytree(
            ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
    for name in ("README.md", "requirements.txt"):
        shutil.copy(ROOT / name, folder)
    write_settings()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "course", "open"),
        *("--no-browser", f"--port={port}", "--ServerApp.port_retries=0"),
        "--LabApp.expose_app_in_browser=True",
    ]
    with (folder / "lab.log").open("w", encoding="utf-8") as log:
        lab = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "JUPYTER_TOKEN": TOKEN},
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url, lab)
            yield url
        finally:
            shut_down(url, lab)


def write_settings() -> None:
    """Keep news and half-drawn pages out of the test's own JupyterLab."""
    labconfig = Path(os.environ["JUPYTER_CONFIG_DIR"]) / "labconfig"
    labconfig.mkdir(parents=True, exist_ok=True)
    disabled = {"@jupyterlab/apputils-extension:announcements": True}
    (labconfig / "page_config.json").write_text(
        json.dumps({"disabledExtensions": disabled}), encoding="utf-8"
    )
    for name, settings in SETTINGS.items():
        path = Path(os.environ["JUPYTERLAB_SETTINGS_DIR"]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".jupyterlab-settings").write_text(
            json.dumps(settings), encoding="utf-8"
        )


def wait_for(url: str, lab: subprocess.Popen[bytes]) -> None:
    """Return when JupyterLab answers; it must within a minute."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and lab.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not open at {url}")


def shut_down(url: str, lab: subprocess.Popen[bytes]) -> None:
    """Ask JupyterLab to stop, as its File menu does."""
    ask = urllib.request.Request(
        f"{url}/api/shutdown",
        method="POST",
        headers={"Authorization": f"token {TOKEN}"},
    )
    try:
        urllib.request.urlopen(ask).close()
        lab.wait(timeout=PATIENCE)
    finally:
        lab.kill()
        lab.wait()


@dataclass
class Book:
    """A notebook open in the browser, and what the browser noticed."""

    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, name: str) -> None:
        """Open `work/<name>` and wait for its kernel."""
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.on("request", lambda request: self._note(request.url))
        # A workspace of its own: no tab of another test is restored.
        place = f"lab/workspaces/{uuid.uuid4().hex}/tree/work/{name}"
        self.page.goto(f"{self.url}/{place}?token={TOKEN}")
        self.page.wait_for_function(
            """name => {
                const app = window.jupyterapp, shell = app && app.shell;
                const at = shell && shell.currentWidget;
                return at && at.context && at.context.path.endsWith(name)
                    && at.context.isReady && at.sessionContext.isReady
                    && at.sessionContext.session
                    && at.sessionContext.session.kernel.status === 'idle';
            }""",
            arg=name,
            timeout=PATIENCE * 1000,
        )

    def run_all(self) -> None:
        """Press Run All, and wait until every code cell has run.

        A cell that fails ends the wait too: it aborts those behind it.
        """
        self.page.evaluate(
            "() => window.jupyterapp.commands.execute("
            "'notebook:run-all-cells')"
        )
        self.page.wait_for_function(
            """() => {
                const at = window.jupyterapp.shell.currentWidget;
                const codes = [...at.content.model.cells]
                    .filter(cell => cell.type === 'code');
                const failed = cell => cell.outputs.toJSON()
                    .some(output => output.output_type === 'error');
                return (codes.every(cell => cell.executionCount)
                        || codes.some(failed))
                    && at.sessionContext.session.kernel.status === 'idle';
            }""",
            timeout=PATIENCE * 1000,
        )

    def output_of(self, containing: str) -> Any:
        """Find the output area of the code cell with some text in it."""
        cell = self.page.locator(".jp-CodeCell", has_text=containing).first
        return cell.locator(".jp-Cell-outputArea")

    def _listen(self, message: Any) -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _note(self, url: str) -> None:
        host = re.match(r"(?:https?|wss?)://([^/:]+)", url)
        if host:
            self.hosts.add(host[1])
