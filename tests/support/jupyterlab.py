"""A real JupyterLab, opened by the learner's own command, and its page."""

import contextlib
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
from typing import TYPE_CHECKING

from course.chapters import ROOT

if TYPE_CHECKING:
    # The quick tier, which opens no page, need not wait for it.
    from playwright.sync_api import ConsoleMessage, Locator, Page, Request

TOKEN = "a-teaching-token-for-a-server-on-this-machine"
PATIENCE = 300.0  # seconds
# JupyterLab draws only the cells in view unless it is told otherwise.
ALL_CELLS_DRAWN = {
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
}


@contextmanager
def running_lab(
    folder: Path, *options: str, **variables: str
) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """Copy the course into a folder and run `python -m course open` there.

    Args:
        options: For JupyterLab.
        variables: For its environment.

    Yields:
        JupyterLab's address, `http://127.0.0.1:49321`, and the process.
    """
    copy_course(folder)
    write_settings()
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [
        *(sys.executable, "-m", "course", "open"),
        *("--no-browser", f"--port={port}", "--ServerApp.port_retries=0"),
        "--LabApp.expose_app_in_browser=True",
        *options,
    ]
    with (folder / "lab.log").open("w", encoding="utf-8") as log:
        lab = subprocess.Popen(
            command,
            cwd=folder,
            env={**os.environ, "JUPYTER_TOKEN": TOKEN, **variables},
            stdin=subprocess.DEVNULL,  # at a terminal Ctrl+C asks back
            stdout=log,
            stderr=subprocess.STDOUT,
        )
        url = f"http://127.0.0.1:{port}"
        try:
            wait_for(url, lab)
            yield url, lab
        finally:
            shut_down(url, lab)


def copy_course(folder: Path) -> None:
    """Copy what a learner needs of the course."""
    for name in ("notebooks", "snippets", "course"):
        shutil.copytree(
            ROOT / name,
            folder / name,
            ignore=shutil.ignore_patterns("__pycache__", ".*"),
        )
    for name in ("README.md", "requirements.txt"):
        shutil.copy(ROOT / name, folder)


def write_settings() -> None:
    """Let the tests' own JupyterLab draw all cells, those far below too."""
    for name, settings in ALL_CELLS_DRAWN.items():
        path = Path(os.environ["JUPYTERLAB_SETTINGS_DIR"]) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.with_suffix(".jupyterlab-settings").write_text(
            json.dumps(settings), encoding="utf-8"
        )


def wait_for(url: str, lab: subprocess.Popen[bytes]) -> None:
    """Return when JupyterLab answers, or fail after a minute."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end and lab.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/api"):
                return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.1)
    raise AssertionError(f"JupyterLab did not open at {url}")


def post(url: str) -> None:
    """Send JupyterLab an empty POST request with our token."""
    request = urllib.request.Request(
        url, method="POST", headers={"Authorization": f"token {TOKEN}"}
    )
    urllib.request.urlopen(request).close()


def shut_down(url: str, lab: subprocess.Popen[bytes]) -> None:
    """Ask JupyterLab to stop, as its File menu does, unless it has ended."""
    try:
        if lab.poll() is None:
            # It may be ending already, and hang up in the middle.
            with contextlib.suppress(ConnectionError, urllib.error.URLError):
                post(f"{url}/api/shutdown")
            lab.wait(timeout=PATIENCE)
    finally:
        lab.kill()
        lab.wait()


@dataclass
class OpenNotebook:
    """A notebook open in JupyterLab, and what the browser noticed.

    `hosts` lists where the page sent requests, from its first one on.
    """

    page: "Page"
    url: str
    complaints: list[str] = field(default_factory=list)
    hosts: set[str] = field(default_factory=set)

    def open(self, name: str) -> None:
        """Open `work/<name>` and wait for its kernel."""
        self.listen()
        # A workspace of its own: no tab of another test is restored.
        workspace = f"lab/workspaces/{uuid.uuid4().hex}/tree/work/{name}"
        self.page.goto(f"{self.url}/{workspace}?token={TOKEN}")
        self.wait_until_open(name)

    def listen(self) -> None:
        """Notice the page's errors, and where it sends requests."""
        self.page.on("console", self._listen)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        # The context hears frames, workers and further pages too.
        self.page.context.on("request", self._note_request)
        self.page.on("websocket", lambda socket: self._note(socket.url))

    def wait_until_open(self, name: str, patience: float = PATIENCE) -> None:
        """Wait until a notebook is in front and its kernel is idle.

        `window.jupyterapp` is there by `--LabApp.expose_app_in_browser`; all
        that is asked of it is JupyterLab's public API for extensions.
        """
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
            timeout=patience * 1000,
        )

    def choose_theme(self, name: str) -> None:
        """Choose a theme such as `JupyterLab Dark`, as Settings > Theme does.

        JupyterLab remembers it, for pages that are opened later too.
        """
        self.page.evaluate(
            "theme => window.jupyterapp.commands.execute("
            "'apputils:change-theme', { theme })",
            name,
        )
        self.page.wait_for_function(
            "theme => document.body.dataset.jpThemeName === theme", arg=name
        )

    def run_all(self) -> None:
        """Press Run All, and wait until every code cell has run.

        A cell that fails ends the wait too: it aborts those behind it.
        """
        self.press_run_all()
        self.wait_until_run()

    def press_run_all(self) -> None:
        """Press Run All, and do not wait for any cell."""
        self.page.evaluate(
            "() => { window.jupyterapp.commands.execute("
            "'notebook:run-all-cells'); }"
        )

    def wait_until_run(self, patience: float = PATIENCE) -> None:
        """Wait until every code cell has run, or one has failed."""
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
            timeout=patience * 1000,
        )

    def path(self) -> str:
        """Return which file is in front: `work/ch00_start.ipynb`."""
        path: str = self.page.evaluate(
            "() => window.jupyterapp.shell.currentWidget.context.path"
        )
        return path

    def output_of(self, containing: str) -> "Locator":
        """Find the output area of the code cell with some text in it."""
        cell = self.page.locator(".jp-CodeCell", has_text=containing).first
        return cell.locator(".jp-Cell-outputArea")

    def photograph(self, folder: Path, stem: str) -> list[Path]:
        """Keep pictures of the whole notebook: `ch00_start-01.png`, ….

        Each shows what fits on a screen; they overlap by a few lines.
        """
        folder.mkdir(exist_ok=True)
        for old in folder.glob(f"{stem}-[0-9][0-9].png"):
            old.unlink()
        panel = self.page.locator(".jp-WindowedPanel-outer")
        sizes = "panel => [panel.scrollHeight, panel.clientHeight]"
        paths: list[Path] = []
        top = 0
        while True:
            panel.evaluate("(panel, top) => { panel.scrollTop = top; }", top)
            self.page.wait_for_timeout(200)  # for the browser to draw it
            paths.append(folder / f"{stem}-{len(paths) + 1:02}.png")
            panel.screenshot(path=paths[-1])
            height, visible = panel.evaluate(sizes)
            if top + visible >= height:
                return paths
            top += visible - 80

    def _listen(self, message: "ConsoleMessage") -> None:
        if message.type == "error":
            self.complaints.append(message.text)

    def _note_request(self, request: "Request") -> None:
        self._note(request.url)

    def _note(self, url: str) -> None:
        host = re.match(r"(?:https?|wss?)://([^/:]+)", url)
        if host:
            self.hosts.add(host[1])
