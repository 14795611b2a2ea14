"""Puts the stand-ins in place. Each `replace` says what it replaces."""

import asyncio
import hashlib
import importlib
import json
import json.scanner
import platform
import subprocess
import sys
from pathlib import Path
from types import ModuleType, SimpleNamespace
from unittest.mock import patch

from rooms.browser.tab import (
    absent,
    event_loop,
    hashing,
    loopback,
    nested_json,
    program,
    threads,
)


def begin() -> None:  # runs only in a tab
    """Replace what a tab lacks, then import what the first cells need.

    The notebook's own folder is left out of the path meanwhile: each look
    into it is a request to the page.
    """
    path = list(sys.path)
    sys.path[:] = [place for place in path if place]
    absent.install()
    replace_all(load())
    snippets = importlib.import_module("snippets.ch06_scopes")
    sys.path[:] = path
    # Over plain http at another machine's address, the page has no drive.
    if not Path("/drive").exists():
        Path("../snippets").symlink_to(Path(str(snippets.__file__)).parent)


def load() -> dict[str, ModuleType]:  # runs only in a tab
    """Import the modules in which `replace_all` replaces something."""
    # argon2-cffi allows one lane in a tab, for lack of threads. noble-hashes
    # computes any number of lanes, one after the other.
    with (
        patch.object(sys, "platform", "linux"),
        patch.object(platform, "machine", lambda: "x86_64"),
    ):
        importlib.import_module("argon2")
    names = (
        *("anyio.to_thread", "argon2._utils", "course.classroom"),
        *("course.classroom.sandbox", "course.classroom.server"),
        *("httpx", "requests.adapters", "rooms.browser.tab.plot"),
    )
    return {name: importlib.import_module(name) for name in names}


def replace_all(modules: dict[str, ModuleType]) -> None:
    """Put the stand-ins where callers look for what a tab lacks.

    Args:
        modules: those of `load`, by their names.
    """

    def replace(owner: object, name: str, by: object) -> None:
        """Let an attribute of a module or of a class be another object."""
        setattr(owner, name, by)

    replace(modules["argon2._utils"], "_is_wasm", by=lambda: False)
    replace(hashlib, "pbkdf2_hmac", by=hashing.pbkdf2_hmac)
    # JSON nested too deeply would fill JavaScript's stack and end the kernel.
    replace(json.scanner, "make_scanner", by=nested_json.make_scanner)
    replace(json, "_default_decoder", by=json.JSONDecoder())
    replace(asyncio, "run", by=event_loop.run)
    replace(subprocess, "run", by=program.run)
    replace(modules["anyio.to_thread"], "run_sync", by=threads.run_sync)
    httpx = modules["httpx"]
    replace(
        httpx.AsyncHTTPTransport, "handle_async_request", by=loopback.answer
    )
    replace(httpx.HTTPTransport, "handle_request", by=loopback.answer_at_once)
    adapter = modules["requests.adapters"].HTTPAdapter
    replace(adapter, "send", by=loopback.send)
    replace(
        modules["course.classroom.sandbox"],
        "threading",
        by=SimpleNamespace(Thread=threads.RunHere),
    )
    replace(modules["course.classroom.server"], "Server", by=loopback.Server)
    plot = modules["rooms.browser.tab.plot"]
    replace(modules["course.classroom"], "show_plot", by=plot.show_plot)
