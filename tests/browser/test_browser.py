"""Every notebook in a real JupyterLab in a real browser, as learners meet it.

Screenshots are left in `artefacts/`.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from course.upkeep.notebook import ROOT, Notebook, notebooks
from tests.support.jupyterlab import Book, running_lab

pytestmark = pytest.mark.browser
WRONG = (
    '[data-mime-type="application/vnd.jupyter.error"], '
    '[data-mime-type="application/vnd.jupyter.stderr"]'
)
OUTPUTS = ".jp-OutputArea-output"
SCREENSHOTS = ROOT / "artefacts"


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


def test_a_prediction_is_answered_from_the_keyboard(book: Book) -> None:
    book.open("ch00_start.ipynb")
    book.run_all()
    asked = book.page.locator("fieldset details")
    asked.first.locator("summary").focus()
    book.page.keyboard.press("Enter")
    assert asked.first.locator("p").is_visible()
    assert asked.first.locator("p").inner_text().startswith("No. ")
    book.page.keyboard.press("Tab")
    book.page.keyboard.press("Tab")
    book.page.keyboard.press("Enter")
    assert asked.last.locator("p").inner_text().startswith("Yes. ")
    assert not asked.first.locator("p").is_visible()


def test_an_exercise_is_solved_on_the_page(book: Book) -> None:
    book.open("ch00_start.ipynb")
    book.run_all()
    outputs = book.output_of('check("log in", form)')
    assert "Nothing to check yet" in outputs.inner_text()
    cell = book.page.locator(".jp-CodeCell", has_text='check("log in", form)')
    cell.locator(".cm-content").click()
    book.page.keyboard.press("ControlOrMeta+a")
    book.page.keyboard.insert_text(
        'form = {"username": "johndoe", "password": "secret"}\n'
        'check("log in", form)'
    )
    book.page.keyboard.press("Shift+Enter")
    expect(outputs).to_contain_text("Passed: log in")


def test_the_inspector_signs_again_and_judges(book: Book) -> None:
    book.open("ch01_jwt_anatomy.ipynb")
    book.run_all()
    claims = book.page.get_by_role("textbox", name="Claims")
    verdict = book.page.get_by_role("status").filter(has_text="signature")
    token = book.page.get_by_role("textbox", name="Token")
    before = token.input_value()
    claims.fill('{"sub": "mallory"}')
    expect(token).not_to_have_value(before)
    signed = token.input_value()
    assert signed.split(".")[2] != before.split(".")[2]
    book.page.get_by_role("checkbox", name="Sign again").uncheck()
    claims.fill('{"sub": "johndoe", "admin": true}')
    expect(token).not_to_have_value(signed)
    assert token.input_value().split(".")[2] == signed.split(".")[2]
    expect(verdict.first).to_contain_text("refused", ignore_case=True)


def test_what_axe_would_find_is_found(book: Book) -> None:
    """The judge of accessibility is awake."""
    book.open("ch00_start.ipynb")
    book.run_all()
    book.page.locator(OUTPUTS).first.evaluate(
        "output => output.innerHTML += '<img src=\"data:,\">'"
    )
    assert any("image-alt" in found for found in violations(book))


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
