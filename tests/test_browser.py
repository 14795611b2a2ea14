"""Every notebook in a real JupyterLab in a real browser, as learners meet it.

Screenshots are left in `artefacts/`.
"""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, sync_playwright

from tests.books import ROOT, Notebook, notebooks
from tests.lab import Book, find_chromium, launch, running_lab

pytestmark = pytest.mark.browser
WRONG = (
    '[data-mime-type="application/vnd.jupyter.error"], '
    '[data-mime-type="application/vnd.jupyter.stderr"]'
)
OUTPUTS = ".jp-OutputArea-output"
SCREENSHOTS = ROOT / "artefacts"


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium; a person without it is told, CI must have it."""
    if find_chromium() is None:
        reason = "install Chromium or Chrome, such as: apt install chromium"
        (pytest.fail if os.environ.get("CI") else pytest.skip)(reason)
    with sync_playwright() as playwright:
        chromium = launch(playwright)
        yield chromium
        chromium.close()


@pytest.fixture(scope="module")
def lab(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with running_lab(tmp_path_factory.mktemp("course")) as url:
        yield url


@pytest.fixture
def book(browser: Browser, lab: str) -> Iterator[Book]:
    page = browser.new_page(viewport={"width": 1000, "height": 1400})
    yield Book(page, lab)
    page.close()


@pytest.mark.parametrize("notebook", notebooks(), ids=str)
def test_run_all_works_offline_and_for_everyone(
    notebook: Notebook, book: Book
) -> None:
    book.open(notebook.path.name)
    book.run_all()
    photograph(book, notebook.stem)
    assert book.page.locator(WRONG).count() == 0
    assert book.complaints == []
    assert book.hosts == {"127.0.0.1"}
    assert violations(book) == []


def violations(book: Book) -> list[str]:
    """What axe-core finds wrong with our outputs."""
    if book.page.locator(OUTPUTS).count() == 0:
        return []
    results = Axe().run(book.page, context={"include": [[OUTPUTS]]})
    return [
        f"{found['id']}: {node['html']}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]


def photograph(book: Book, stem: str) -> Path:
    """Keep a picture of the whole notebook."""
    SCREENSHOTS.mkdir(exist_ok=True)
    height = book.page.evaluate(
        "() => document.querySelector('.jp-WindowedPanel-outer').scrollHeight"
    )
    book.page.set_viewport_size({"width": 1000, "height": height + 200})
    book.page.wait_for_timeout(300)
    path = SCREENSHOTS / f"{stem}.png"
    book.page.screenshot(path=path)
    book.page.set_viewport_size({"width": 1000, "height": 1400})
    return path
