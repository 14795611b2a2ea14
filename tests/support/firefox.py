"""Firefox, driven by WebDriver BiDi: its own protocol, over a WebSocket.

Playwright drives only Firefoxes that it has patched itself; this one is the
system's.
"""

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import websocket

QUIET = {
    "app.normandy.enabled": False,
    "app.update.enabled": False,
    "browser.safebrowsing.downloads.remote.enabled": False,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "network.captive-portal-service.enabled": False,
    "network.connectivity-service.enabled": False,
    "toolkit.telemetry.enabled": False,
}
# Off as in Safari: Python cannot be suspended in the middle of a call.
NO_SUSPENSION = {"javascript.options.wasm_js_promise_integration": False}
PATIENCE = 600  # seconds


def find_firefox() -> str | None:
    """Find a Firefox that the system brings."""
    return shutil.which("firefox-esr") or shutil.which("firefox")


class Page:
    """The page of a Firefox that a test has started."""

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(
            f"{url}/session", timeout=PATIENCE, suppress_origin=True
        )
        self._numbers = itertools.count(1)
        self._ask("session.new", {"capabilities": {}})
        tree = self._ask("browsingContext.getTree", {})
        self._context = tree["contexts"][0]["context"]
        self.requested: set[str] = set()
        self._ask(
            "session.subscribe", {"events": ["network.beforeRequestSent"]}
        )

    def open(self, url: str) -> None:
        """Open an address, and wait until the page is loaded."""
        self._ask(
            "browsingContext.navigate",
            {"context": self._context, "url": url, "wait": "complete"},
        )

    def evaluate(self, expression: str) -> Any:
        """Evaluate JavaScript, a promise to its end; return its JSON value.

        Raises:
            AssertionError: it throws.
        """
        answer = self._ask(
            "script.evaluate",
            {
                "expression": f"(async () => JSON.stringify({expression}))()",
                "awaitPromise": True,
                "target": {"context": self._context},
            },
        )
        assert answer["type"] == "success", answer
        text = answer["result"].get("value")
        return None if text is None else json.loads(text)

    def close(self) -> None:
        """Let Firefox end."""
        self._ask("browser.close", {})
        self._socket.close()

    def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Send a command; note the requests that are told until its answer."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "network.beforeRequestSent":
                self.requested.add(message["params"]["request"]["url"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                result: dict[str, Any] = message["result"]
                return result


@contextmanager
def running_firefox(folder: Path, **preferences: bool) -> Iterator[Page]:
    """Start Firefox with a new profile in a folder, and yield its page."""
    folder.mkdir()
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in (QUIET | preferences).items()
    ]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [
        *(str(find_firefox()), "--headless", "--no-remote"),
        *("--profile", str(folder), "--remote-debugging-port", "0"),
    ]
    with subprocess.Popen(
        command, stderr=subprocess.PIPE, text=True, encoding="utf-8"
    ) as firefox:
        assert firefox.stderr is not None
        page = None
        try:
            page = Page(address_in(firefox.stderr))
            yield page
        finally:
            if page is not None:
                page.close()
            else:
                firefox.kill()


def address_in(log: IO[str]) -> str:
    """Read a log until it names the address to connect to."""
    for line in log:
        found = re.search(r"WebDriver BiDi listening on (ws://\S+)", line)
        if found:
            return found[1]
    raise AssertionError("Firefox ended without an address")
