"""Whether this machine can hold the course: `python -m course check-room`.

It runs on the standard library, before anything is installed, sends nothing
to a network, and leaves no file behind.
"""

import shutil
import socket
import subprocess
import sys
import textwrap
import urllib.request
import webbrowser
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from course import jupyterlab, venv

# The packages take 560 MB, and pip keeps what it downloads beside them.
NEEDED = 1_000_000_000
NEEDED_ONCE_INSTALLED = 100_000_000
PORTS = {
    8888: "JupyterLab takes the next free one.",
    8000: "For `serve`, add --port 0.",
}
WIDTH = 79
PATIENCE = 5.0  # seconds for a connection inside this machine
# Text browsers, which `webbrowser` finds on servers.
TEXT_BROWSERS = ("www-browser", "links", "elinks", "lynx", "w3m")
INSTALL = "Run the first command of README.md, on a good network."
# Run by the Python of the course: a line for each package that is not as
# requirements.txt, on stdin, pins it.
QUESTION = r"""
import re, sys
from importlib.metadata import PackageNotFoundError, version
for name, wanted in re.findall(
    r"(?m)^([\w-]+)(?:\[\w+\])?==([^\s;]+)", sys.stdin.read()
):
    try:
        found = version(name)
    except PackageNotFoundError:
        found = "missing"
    if found != wanted:
        print(f"{name} is {found}")
"""

Mark = Literal["ok", "note", "NO"]


@dataclass(frozen=True)
class Finding:
    """One line of the report: `Finding("NO", "disk", "0.2 GB are free…")`.

    A note costs a learner something, and NO keeps the course from running.
    """

    mark: Mark
    what: str
    text: str

    def __str__(self) -> str:
        text = f"{self.mark:5}{self.what:10}{self.text}"
        return textwrap.fill(text, WIDTH, subsequent_indent=" " * 15)


def check(root: Path) -> int:
    """Print a line for each finding, and a conclusion.

    Returns:
        0, or 1 if this machine cannot hold the course as it is.
    """
    findings = list(examine(root))
    for finding in findings:
        print(finding)
    refused = [each.what for each in findings if each.mark == "NO"]
    if refused:
        print(f"\nNot yet: {', '.join(refused)}. Mend that, and check again.")
        return 1
    if any(each.mark == "note" for each in findings):
        print("\nThis machine can hold the course. Read the notes.")
    else:
        print("\nThis machine can hold the course.")
    return 0


def examine(root: Path) -> Iterator[Finding]:
    """Make all checks, in the order in which a failure matters."""
    yield check_python()
    yield check_folder(root)
    yield check_disk(root)
    yield check_packages(root)
    yield check_loopback()
    yield from map(check_port, PORTS)
    yield check_proxy(urllib.request.getproxies())
    yield check_browser()
    yield check_home(root)
    yield check_terminal(sys.stdout.encoding)


def check_python() -> Finding:
    """Check that this Python can make a virtual environment with pip."""
    name = f"{sys.version.split()[0]} at {sys.executable}"
    # Debian leaves ensurepip to a package of its own.
    if not venv.can_be_made():
        text = f"{name} lacks venv: install the package python3-venv."
        return Finding("NO", "Python", text)
    return Finding("ok", "Python", name)


def check_folder(root: Path) -> Finding:
    """Check that the folder of the course can be written."""
    if jupyterlab.is_usable(root):
        return Finding("ok", "folder", str(root))
    text = f"{root} is read-only: copy the course into a folder of yours."
    return Finding("NO", "folder", text)


def check_disk(root: Path) -> Finding:
    """Check the free space where the packages are, or will be."""
    installed = venv.interpreter(root).exists()
    needed = NEEDED_ONCE_INSTALLED if installed else NEEDED
    free = shutil.disk_usage(root).free
    text = f"{free / 1e9:.1f} GB free, {needed / 1e9:.1f} GB needed"
    return Finding("ok" if free >= needed else "NO", "disk", text)


def check_packages(root: Path) -> Finding:
    """Compare what is installed with the pins of `requirements.txt`."""
    python = venv.interpreter(root)
    command = [str(python if python.exists() else sys.executable), "-c"]
    pins = (root / "requirements.txt").read_text(encoding="utf-8")
    try:
        asked = subprocess.run(  # noqa: S603
            [*command, QUESTION],
            input=pins,
            capture_output=True,
            check=True,
            encoding="utf-8",
        )
    except (OSError, subprocess.CalledProcessError):
        text = ".venv cannot be used: run `python3 -m course venv`."
        return Finding("NO", "packages", text)
    wrong = asked.stdout.splitlines()
    if not wrong:
        return Finding("ok", "packages", "as in requirements.txt")
    more = f" and {len(wrong) - 1} more" if len(wrong) > 1 else ""
    return Finding("note", "packages", f"{wrong[0]}{more}. {INSTALL}")


def check_loopback() -> Finding:
    """Check that programs on this machine reach each other by TCP.

    JupyterLab, its kernels and the browser talk to each other in this way.
    """
    try:
        with (
            closing(socket.create_server(("127.0.0.1", 0))) as server,
            closing(
                socket.create_connection(
                    ("localhost", server.getsockname()[1]), PATIENCE
                )
            ),
        ):
            text = "programs on this machine reach each other at localhost"
            return Finding("ok", "loopback", text)
    except OSError as error:
        text = (
            f"no connection to localhost ({error}): let the firewall allow "
            "Python on this machine, and look for localhost in the hosts file."
        )
        return Finding("NO", "loopback", text)


def check_port(port: int) -> Finding:
    """Check whether a port that the course takes by default is free."""
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except OSError:
        return Finding("note", "port", f"{port} is taken. {PORTS[port]}")
    return Finding("ok", "port", f"{port} is free")


def check_proxy(proxies: Mapping[str, str]) -> Finding:
    """Say what a proxy means for the course; the system's count as well."""
    named = {
        scheme: address
        for scheme, address in proxies.items()
        if scheme in ("http", "https", "all")
    }
    if not named:
        return Finding("ok", "proxy", "none")
    hosts = sorted({without_password(each) for each in named.values()})
    text = (
        f"{', '.join(hosts)}: pip uses it; the course itself goes around it "
        "for all requests, which stay on this machine."
    )
    if any(address.startswith("socks") for address in named.values()):
        text = f"{text} For pip, install PySocks first."
    return Finding("note", "proxy", text)


def without_password(address: str) -> str:
    """Shorten a proxy's address to its host: `http://me:pw@proxy:3128`."""
    return urlsplit(address).hostname or "a proxy"


def check_browser() -> Finding:
    """Check that Python finds a browser that can show JupyterLab."""
    try:
        browser = webbrowser.get()
    except webbrowser.Error:
        name = "none"
    else:
        name = getattr(browser, "name", type(browser).__name__)
    if name in ("none", *TEXT_BROWSERS):
        text = (
            f"{name} found that could open by itself: open the address that "
            "JupyterLab prints in Firefox, Chrome, Edge or Safari."
        )
        return Finding("note", "browser", text)
    return Finding("ok", "browser", name)


def check_home(root: Path) -> Finding:
    """Check that Jupyter can keep its settings in the home folder."""
    home = jupyterlab.home()
    if jupyterlab.is_usable(home):
        return Finding("ok", "home", str(home))
    text = (
        f"{home or 'no home folder'} cannot be written: JupyterLab will keep "
        f"its settings in {jupyterlab.own_home(root)}."
    )
    return Finding("note", "home", text)


def check_terminal(encoding: str | None) -> Finding:
    """Check that the terminal can show every character."""
    if (encoding or "").lower().replace("-", "") == "utf8":
        return Finding("ok", "terminal", "UTF-8")
    text = f"{encoding} lacks characters: three dots come in place of one."
    return Finding("note", "terminal", text)
