"""Firefox, driven by WebDriver BiDi: its own protocol, over a WebSocket.

Playwright drives only Firefoxes that it has patched itself; this one is the
system's.
"""

import itertools
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

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
# Firefox writes into its profile where it listens.
LISTENS = "WebDriverBiDiServer.json"
PATIENCE = 1800.0  # seconds: no promise, but a test that hangs ends at last


def find_firefox() -> str:
    """Find a Firefox that the system brings.

    Raises:
        FileNotFoundError: there is none.
    """
    for name in ("firefox-esr", "firefox"):
        if path := shutil.which(name):
            return path
    raise FileNotFoundError("Install Firefox: apt-get install firefox-esr")


class FirefoxPage:
    """The page of a Firefox that a test has started.

    Attributes:
        requested: the URLs that the browser has asked for so far.
        errors: what the page's console holds at the level `error`.
    """

    def __init__(self, url: str) -> None:
        self._socket = websocket.create_connection(
            f"{url}/session", timeout=PATIENCE, suppress_origin=True
        )
        self._numbers = itertools.count(1)
        self.requested: set[str] = set()
        self.errors: list[str] = []
        self._ask("session.new", {"capabilities": {}})
        tree = self._ask("browsingContext.getTree", {})
        self._context = tree["contexts"][0]["context"]
        events = ["network.beforeRequestSent", "log.entryAdded"]
        self._ask("session.subscribe", {"events": events})

    def open(self, url: str) -> None:
        """Open an address, and wait until the page is loaded."""
        self._ask(
            "browsingContext.navigate",
            {"context": self._context, "url": url, "wait": "complete"},
        )

    def call(self, function: str, *arguments: object) -> Any:
        """Call a JavaScript function; return what it promises, as JSON.

        Raises:
            AssertionError: it throws.
        """
        given = ", ".join(map(json.dumps, arguments))
        answer = self._ask(
            "script.evaluate",
            {
                "expression": "(async () => JSON.stringify("
                f"(await ({function})({given})) ?? null))()",
                "awaitPromise": True,
                "target": {"context": self._context},
            },
        )
        assert answer["type"] == "success", answer
        return json.loads(answer["result"]["value"])

    def wait_for(self, function: str, *arguments: object) -> None:
        """Call a JavaScript function twice a second until it says true.

        Raises:
            AssertionError: it never does.
        """
        end = time.monotonic() + PATIENCE
        while not self.call(function, *arguments):
            assert time.monotonic() < end, f"{function}\n{self.errors}"
            time.sleep(0.5)

    def close(self) -> None:
        """Let Firefox end."""
        self._ask("browser.close", {})
        self._socket.close()

    def _ask(self, method: str, parameters: dict[str, Any]) -> dict[str, Any]:
        """Send a command; note what is told until its answer comes."""
        number = next(self._numbers)
        command = {"id": number, "method": method, "params": parameters}
        self._socket.send(json.dumps(command))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("method") == "network.beforeRequestSent":
                self.requested.add(message["params"]["request"]["url"])
            if message.get("method") == "log.entryAdded":
                entry = message["params"]
                if entry["level"] == "error":
                    self.errors.append(entry["text"])
            if message.get("id") == number:
                assert message["type"] == "success", message
                result: dict[str, Any] = message["result"]
                return result


@contextmanager
def running_firefox(
    folder: Path, **preferences: bool
) -> Iterator[FirefoxPage]:
    """Start Firefox with a new profile in a folder, and yield its page.

    Args:
        folder: one that does not exist yet.
        preferences: those of `about:config`, with `__` for each dot.
    """
    folder.mkdir()
    wanted = {n.replace("__", "."): v for n, v in preferences.items()}
    lines = [
        f"user_pref({json.dumps(name)}, {json.dumps(value)});"
        for name, value in (QUIET | wanted).items()
    ]
    (folder / "user.js").write_text("\n".join(lines), encoding="utf-8")
    command = [
        *(find_firefox(), "--headless", "--no-remote"),
        *("--profile", str(folder), "--remote-debugging-port", "0"),
    ]
    with subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as firefox:
        try:
            page = FirefoxPage(address_of(firefox, folder / LISTENS))
            yield page
            page.close()
            firefox.wait(PATIENCE)
        finally:
            firefox.kill()


def address_of(firefox: subprocess.Popen[bytes], path: Path) -> str:
    """Wait until Firefox has written its address; return it as a URL.

    Raises:
        AssertionError: Firefox has ended before.
    """
    end = time.monotonic() + PATIENCE
    while firefox.poll() is None and time.monotonic() < end:
        try:
            place = json.loads(path.read_text(encoding="utf-8"))
            return f"ws://{place['ws_host']}:{place['ws_port']}"
        except (FileNotFoundError, json.JSONDecodeError):
            time.sleep(0.1)
    raise AssertionError("Firefox does not listen")
