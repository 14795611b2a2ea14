"""Chromium, for the tests of the browser tier."""

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Chromium; a person without it is told, CI must have it."""
    # Imported here: the quick tier need not wait for it.
    from playwright.sync_api import sync_playwright

    from tests.support.jupyterlab import find_chromium, launch

    if find_chromium() is None:
        reason = "install Chromium or Chrome, such as: apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()
