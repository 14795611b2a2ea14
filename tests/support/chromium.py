"""The browser of the browser tier."""

import shutil

from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    expect,
)

# For the page of a slow machine; what hangs takes that long to fail.
PATIENCE = 300_000.0  # milliseconds

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
    expect.set_options(timeout=PATIENCE)
    return playwright.chromium.launch(
        executable_path=find_chromium(), args=FLAGS
    )


def new_context(
    browser: Browser, viewport: ViewportSize | None = None
) -> BrowserContext:
    """Open a context, which has cookies of its own, and waits patiently."""
    context = browser.new_context(viewport=viewport)
    context.set_default_timeout(PATIENCE)
    return context


def new_page(browser: Browser, viewport: ViewportSize | None = None) -> Page:
    """Open a page in a context of its own, which ends with it."""
    page = browser.new_page(viewport=viewport)
    page.set_default_timeout(PATIENCE)
    return page
