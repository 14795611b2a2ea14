"""Print what a hub of some learners takes on this machine: no tests.

    python -m tests.support.hub 10

The learners log in through the page, each in a browser of their own, and
press Run All on chapter 4 in the same moment. The browsers run on the same
machine and take their share of its time; the memory is the hub's alone.
Nothing is asserted but that no cell fails. The hub's environment is
`.venv-hub`, made from `tests/rooms/requirements.txt`.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psutil

from course.chapters import ROOT
from tests.support.jupyterlab import OpenNotebook, copy_course

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

PASSWORD = "teaching-board-"
# Seconds. It is no measure: a machine with other work may need most of it.
PATIENCE = 900.0
CHAPTER = "ch04_token_endpoint.ipynb"
INSTALL = (
    "make the hub's environment: /usr/bin/python3 -m venv .venv-hub && "
    ".venv-hub/bin/python -m pip install -r tests/rooms/requirements.txt"
)
# The words of a command line that tell the hub's processes apart.
KINDS = {
    "ipykernel_launcher": "kernels",
    "rooms.hub.forks": "servers",
    "jupyterhub_idle_culler": "culler",
    "configurable-http-proxy": "proxy",
}


def kind_of(words: Sequence[str]) -> str:
    """Tell what a process of the hub is by the words of its command line."""
    line = " ".join(words)
    kinds = (kind for word, kind in KINDS.items() if word in line)
    return next(kinds, "hub")


def find_program(name: str = "python") -> Path | None:
    """Return a program of the hub's environment, or None."""
    program = ROOT / ".venv-hub" / "bin" / name
    return program if program.exists() else None


def three_ports() -> int:
    """Return a free port whose two next ones are free as well."""
    while True:
        with ExitStack() as stack:
            first = socket.create_server(("127.0.0.1", 0))
            port: int = stack.enter_context(first).getsockname()[1]
            with contextlib.suppress(OSError, OverflowError):
                for other in (port + 1, port + 2):
                    server = socket.create_server(("127.0.0.1", other))
                    stack.enter_context(server)
                return port


class Hub:
    """A hub on a copy of the course that every account can read."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.room = folder / "room"
        self.options = options
        self.port = three_ports()
        self.url = f"http://127.0.0.1:{self.port}"
        copy_course(folder)
        shutil.copytree(ROOT / "rooms", folder / "rooms")
        offline = Path("tests/support/offline")
        shutil.copytree(ROOT / offline, folder / offline)
        self.start()

    def start(self) -> None:
        """Start the hub, and return when its page answers.

        Raises:
            RuntimeError: it ended; the message is its log.
        """
        command = [
            *(str(find_program()), "-m", "rooms.hub", "--port"),
            *(str(self.port), "--folder", str(self.room)),
            *("--password", PASSWORD, *self.options),
        ]
        # Its environment has no SECRET_KEY, and no network: see conftest.py.
        offline = str(self.folder / "tests" / "support" / "offline")
        with (self.folder / "hub.log").open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command,
                cwd=self.folder,
                env={**os.environ, "PYTHONPATH": offline},
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        end = time.monotonic() + PATIENCE
        while self.process.poll() is None and time.monotonic() < end:
            try:
                urllib.request.urlopen(f"{self.url}/hub/login").close()
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.2)
            else:
                return
        raise RuntimeError((self.folder / "hub.log").read_text())

    def stop(self) -> None:
        """Stop the hub as Ctrl+C does: it stops all JupyterLabs."""
        self.process.send_signal(signal.SIGINT)
        self.process.wait(PATIENCE)

    def crash(self) -> None:
        """Kill the hub: its proxy and the JupyterLabs run on."""
        self.process.kill()
        self.process.wait()

    def processes(self) -> dict[psutil.Process, str]:
        """List this hub's processes, whoever started them, with their kind."""
        found = {}
        for process in psutil.process_iter():
            # It may end while we look.
            with contextlib.suppress(psutil.Error):
                words = process.cmdline()
                folder = process.cwd()
                if any(str(self.folder) in word for word in (*words, folder)):
                    found[process] = kind_of(words)
        return found

    def work(self, name: str) -> Path:
        """Return the folder of a learner's notebooks."""
        return self.room / "homes" / name / "course" / "work"

    def servers(self) -> int:
        """Count the JupyterLabs, and the fork server that makes them."""
        return [*self.processes().values()].count("servers")

    def end(self) -> None:
        """End everything that this hub has started."""
        if self.process.poll() is None:
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.stop()
        for process in self.processes():
            with contextlib.suppress(psutil.Error):
                process.kill()
        self.process.wait()


@contextmanager
def running_hub(*options: str) -> Iterator[Hub]:
    """Run a hub in a new folder, and delete it in the end."""
    folder = Path(tempfile.mkdtemp(prefix="hub-"))
    folder.chmod(0o755)
    hub = None
    try:
        hub = Hub(folder, *options)
        yield hub
    finally:
        if hub:
            hub.end()
        shutil.rmtree(folder)


class Learner:
    """A learner in a browser that was never here: no cookie, no cache."""

    def __init__(self, browser: "Browser", hub: Hub, name: str) -> None:
        self.name = name
        self.hub = hub
        self.context = browser.new_context()
        self.context.set_default_timeout(PATIENCE * 1000)
        self.page: Page = self.context.new_page()
        self.book = OpenNotebook(self.page, hub.url)
        self.book.listen()

    def log_in(self, own: str = "tulip", board: str = PASSWORD) -> None:
        """Fill in the login page, and send it."""
        self.page.goto(self.hub.url)
        self.page.fill("#username_input", self.name)
        self.page.fill("#password_input", board + own)
        self.page.click("#login_submit", no_wait_after=True)

    def move_to(self, notebook: str) -> None:
        """Shut down the kernel in front; open another notebook of `work/`."""
        self.page.evaluate(
            """async path => {
                const { commands, shell } = window.jupyterapp;
                await shell.currentWidget.sessionContext.shutdown();
                await commands.execute('docmanager:open', { path });
            }""",
            f"work/{notebook}",
        )
        self.book.wait_until_open(notebook, PATIENCE)

    def answer(self, text: str) -> None:
        """Write a text into a cell of the notebook in front, and save it."""
        self.page.evaluate(
            """async text => {
                const { content, context } =
                    window.jupyterapp.shell.currentWidget;
                content.model.cells.get(2).sharedModel.setSource(text);
                await context.save();
            }""",
            text,
        )

    def run(self, code: str) -> str:
        """Run code in the kernel of the notebook in front; return its text."""
        text: str = self.page.evaluate(
            """async code => {
                const { session } =
                    window.jupyterapp.shell.currentWidget.sessionContext;
                const future = session.kernel.requestExecute({ code });
                let text = '';
                future.onIOPub = ({ content }) => {
                    text += content.text || content.evalue || '';
                };
                await future.done;
                return text;
            }""",
            code,
        )
        return text

    def failures(self) -> int:
        """Count the failed cells of the notebook in front."""
        count: int = self.page.evaluate(
            """() => [...window.jupyterapp.shell.currentWidget.content.model
                .cells].filter(cell => cell.type === 'code'
                    && cell.outputs.toJSON()
                        .some(output => output.output_type === 'error'))
                .length"""
        )
        return count


def learner_names(count: int) -> list[str]:
    """Return names for learners: `learner0`, `learner1`, …."""
    return [f"learner{number}" for number in range(count)]


def megabytes(hub: Hub) -> Counter[str]:
    """Sum the memory of a hub's processes by kind, in MB.

    A page that several processes share counts in parts (PSS).
    """
    sums: Counter[str] = Counter()
    for process, kind in hub.processes().items():
        with contextlib.suppress(psutil.Error):
            memory: Any = process.memory_full_info()
            sums[kind] += round(memory.pss / 1e6)
    return sums


def seconds(hub: Hub) -> float:
    """Sum the processor time of the learners' processes, in seconds."""
    total = 0.0
    for process, kind in hub.processes().items():
        with contextlib.suppress(psutil.Error):
            if kind in ("servers", "kernels"):
                times = process.cpu_times()
                total += times.user + times.system
    return total


def measure(browser: "Browser", hub: Hub, names: Sequence[str]) -> list[str]:
    """Let learners log in, press Run All at once, and save an answer.

    Returns:
        Sentences that say what it took.

    Raises:
        RuntimeError: a cell failed, or a page asked a host outside.
    """
    count = len(names)
    learners = [Learner(browser, hub, name) for name in names]
    begun = time.perf_counter()
    for learner in learners:
        learner.log_in()
    for learner in learners:
        learner.book.wait_until_open("ch00_start.ipynb", PATIENCE)
    opened = time.perf_counter() - begun
    for learner in learners:
        learner.move_to(CHAPTER)
    begun = time.perf_counter()
    for learner in learners:
        learner.book.press_run_all()
    for learner in learners:
        learner.book.wait_until_run(PATIENCE)
    ran = time.perf_counter() - begun
    memory, work = megabytes(hub), seconds(hub) / count
    failures = {
        learner.name: learner.failures()
        for learner in learners
        if learner.failures()
    }
    for learner in learners:
        learner.answer(f"The answer of {learner.name}")
    hosts = set[str]().union(*(learner.book.hosts for learner in learners))
    for learner in learners:
        learner.context.close()
    if failures or hosts != {"127.0.0.1"}:
        raise RuntimeError(f"failed cells: {failures}, hosts: {hosts}")
    each = (memory["servers"] + memory["kernels"]) / count
    shared = memory["hub"] + memory["proxy"] + memory["culler"]
    return [
        f"{count} learners on {os.cpu_count()} cores, browsers included: "
        f"logged in and on chapter 0 after {opened:.0f} s; Run All on "
        f"chapter 4, pressed at once, done after {ran:.0f} s, no cell failed",
        f"memory a learner: {each:.0f} MB "
        f"({memory['servers'] / count:.0f} MB JupyterLab, "
        f"{memory['kernels'] / count:.0f} MB kernel); the hub itself "
        f"{shared} MB; processor time a learner: {work:.0f} s",
    ]


def main(count: int) -> None:
    """Measure and print."""
    from playwright.sync_api import sync_playwright

    from tests.support.chromium import launch

    if find_program() is None:
        print(f"no hub measured: {INSTALL}")
        return
    with (
        sync_playwright() as playwright,
        launch(playwright) as browser,
        running_hub("--", "--LabApp.expose_app_in_browser=True") as hub,
    ):
        print("\n".join(measure(browser, hub, learner_names(count))))


if __name__ == "__main__":
    main(int(sys.argv[1]))
