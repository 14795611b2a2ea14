"""Puts the stand-ins in place. Each line says what it replaces."""

import asyncio
import hashlib
import subprocess
import sys
from types import SimpleNamespace
from unittest.mock import patch

from rooms.browser.tab import (
    absent,
    event_loop,
    hashing,
    loopback,
    program,
    threads,
)


def replace_all() -> None:
    """Replace what a tab lacks."""
    absent.install()
    import anyio.to_thread
    import httpx
    import requests.adapters

    # Of Argon2, noble-hashes computes any number of lanes, one by one.
    with patch.object(sys, "platform", "linux"):
        import argon2._utils
    argon2._utils._is_wasm = lambda: False
    if not hasattr(hashlib, "pbkdf2_hmac"):
        hashlib.pbkdf2_hmac = hashing.pbkdf2_hmac
    asyncio.run = event_loop.run
    subprocess.run = program.run
    anyio.to_thread.run_sync = threads.run_sync
    httpx.AsyncHTTPTransport.handle_async_request = loopback.answer
    httpx.HTTPTransport.handle_request = loopback.answer_at_once
    requests.adapters.HTTPAdapter.send = loopback.send
    from course import classroom
    from course.classroom import sandbox, server
    from rooms.browser.tab import plot

    sandbox.threading = SimpleNamespace(Thread=threads.RunHere)
    server.Server = loopback.Server
    classroom.show_plot = plot.show_plot


def begin() -> None:
    """Replace what a tab lacks, then import what the first cells need.

    The notebook's own folder is left out of the path meanwhile: each look
    into it is a request to the page.
    """
    path = list(sys.path)
    sys.path[:] = [place for place in path if place]
    replace_all()
    import snippets.ch06_scopes  # noqa: F401

    sys.path[:] = path
