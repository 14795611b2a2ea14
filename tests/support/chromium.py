"""The browser of the browser tier."""

import shutil

from playwright.sync_api import Browser, Playwright

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


def find_chromium() -> str | None:
    """Find a Chromium or Chrome that the system brings."""
    for name in ("chromium", "chromium-browser", "google-chrome"):
        if path := shutil.which(name):
            return path
    return None


def launch(playwright: Playwright) -> Browser:
    """Start Chromium without requests of its own to its maker."""
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=FLAGS
    )
