"""The course in a browser tab: its site, its pages, and what cells print."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from course.chapters import ROOT
from rooms.browser.serve import make_server, url_of
from tests.support.jupyterlab import OpenNotebook

# No promise about any machine: a test that hangs ends at last.
PATIENCE = 1_800_000.0  # milliseconds
# The notebook in the page. JupyterLab calls it the current widget only while
# the window has the focus, and Firefox without a screen never has it.
NOTEBOOK = """[...window.jupyterapp?.shell?.widgets('main') ?? []]
    .find(widget => widget.context?.path.endsWith('.ipynb'))"""
IDLE = f"""name => {{
    const at = {NOTEBOOK};
    return !!(at?.context.isReady && at.context.path.endsWith(name)
        && at.sessionContext?.session?.kernel?.status === 'idle');
}}"""
RUN_ALL = """() => {
    window.jupyterapp.commands.execute('notebook:run-all-cells');
}"""
DONE = f"""() => {{
    const codes = [...({NOTEBOOK}).content.model.cells].filter(
        cell => cell.type === 'code');
    const failed = cell => cell.outputs.toJSON()
        .some(output => output.output_type === 'error');
    return codes.every(cell => cell.executionCount
            && cell.executionState !== 'running')
        || codes.some(failed);
}}"""
OUTPUTS = f"""() => Object.fromEntries(
    [...({NOTEBOOK}).content.model.cells]
        .filter(cell => cell.type === 'code')
        .map(cell => [cell.id, cell.outputs.toJSON()])
)"""
# What turns and blinks while Python starts would take a good part of a busy
# machine's time, since a browser without a screen draws it without a GPU.
STILL = """addEventListener('DOMContentLoaded', () => {
    const style = document.createElement('style');
    style.textContent = '* { animation: none !important }';
    document.head.append(style);
})"""
EXECUTE = f"""async code => {{
    const kernel = ({NOTEBOOK}).sessionContext.session.kernel;
    const future = kernel.requestExecute({{ code }});
    let text = '';
    future.onIOPub = message => {{
        const content = message.content;
        text += content.text ?? content.evalue ?? '';
    }};
    await future.done;
    return text;
}}"""


def build_site(folder: Path) -> str:
    """Run `python -m course build-site`; return what it prints.

    The command has the network that the tests do not have: what it fetches
    is kept in `.tab/`, and a second build fetches nothing.
    """
    cut = ("PYTHONPATH", "DATABASE_URL")
    done = subprocess.run(
        [sys.executable, "-m", "course", "build-site", str(folder)],
        cwd=ROOT,
        env={n: v for n, v in os.environ.items() if n not in cut},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@contextmanager
def served(site: Path) -> Iterator[str]:
    """Serve a site as `serve-site` does, and yield its URL."""
    with make_server(site, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield url_of(server)
        finally:
            server.shutdown()
            thread.join()


class TabNotebook(OpenNotebook):
    """A notebook open in the browser edition."""

    def open(self, name: str) -> None:
        """Open `work/<name>` and wait for the kernel in the tab."""
        self.page.add_init_script(STILL)
        self.page.on("pageerror", lambda e: self.complaints.append(str(e)))
        self.page.context.on("request", self._note_request)
        self.page.goto(f"{self.url}/lab/index.html?path=work/{name}")
        self.wait_until_open(name)

    def wait_until_open(self, name: str, patience: float = PATIENCE) -> None:
        """Wait until a notebook is in front and its kernel is idle."""
        self.page.wait_for_function(IDLE, arg=name, timeout=patience)

    def run_all(self) -> None:
        """Press Run All, and wait until each cell has run or one failed."""
        self.page.evaluate(RUN_ALL)
        self.page.wait_for_function(DONE, timeout=PATIENCE)

    def outputs(self) -> dict[str, list[dict[str, Any]]]:
        """Return the outputs of each code cell, by the cell's id."""
        found: dict[str, list[dict[str, Any]]] = self.page.evaluate(OUTPUTS)
        return found

    def execute(self, code: str) -> str:
        """Run some code in the kernel; return what it prints or raises."""
        text: str = self.page.evaluate(EXECUTE, code)
        return text
