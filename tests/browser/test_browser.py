"""Every notebook in a real JupyterLab in a real browser, as learners meet it.

Screenshots are left in `artefacts/`: `ch00_start-01.png` and so on.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, ViewportSize, expect

from course.chapters import ROOT, Chapter, chapters
from tests.support.chromium import new_context
from tests.support.contrast import contrast, luminance
from tests.support.jupyterlab import OpenNotebook, running_lab
from tests.support.offline.sitecustomize import REFUSED

pytestmark = pytest.mark.browser
WRONG = (
    '[data-mime-type="application/vnd.jupyter.error"], '
    '[data-mime-type="application/vnd.jupyter.stderr"]'
)
OUTPUTS = ".jp-OutputArea-output"
SCREENSHOTS = ROOT / "artefacts"
VIEWPORT: ViewportSize = {"width": 1280, "height": 1400}


@pytest.fixture(scope="module")
def lab(
    browser: Browser, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    with running_lab(tmp_path_factory.mktemp("course")) as (url, _):
        yield url


@pytest.fixture
def book(browser: Browser, lab: str) -> Iterator[OpenNotebook]:
    with open_page(browser, lab) as book:
        yield book


@contextmanager
def open_page(browser: Browser, url: str) -> Iterator[OpenNotebook]:
    """Open a page as a browser that was never here: no cookie, no cache."""
    with new_context(browser, viewport=VIEWPORT) as context:
        yield OpenNotebook(context.new_page(), url)


@pytest.mark.parametrize("chapter", chapters(), ids=str)
def test_run_all_works_offline_and_for_everyone(
    chapter: Chapter, book: OpenNotebook
) -> None:
    book.open(chapter.notebook.name)
    book.run_all()
    book.photograph(SCREENSHOTS, chapter.stem)
    assert book.page.locator(WRONG).count() == 0
    assert book.complaints == []
    assert book.hosts == {"127.0.0.1"}
    assert violations(book) == []
    # A bcrypt hash has dollar signs, between which there is no formula.
    assert book.page.locator(f"{OUTPUTS} mjx-container").count() == 0


@pytest.fixture
def dark(book: OpenNotebook) -> Iterator[OpenNotebook]:
    """A page in JupyterLab's dark theme, for as long as the test runs."""
    book.open("ch00_start.ipynb")
    book.choose_theme("JupyterLab Dark")
    yield book
    book.choose_theme("JupyterLab Light")


@pytest.mark.parametrize("number", [1, 4, 6])
def test_aids_can_be_read_in_the_dark_theme(
    number: int, dark: OpenNotebook
) -> None:
    """These three chapters use all aids between them."""
    [chapter] = [each for each in chapters() if each.number == number]
    dark.open(chapter.notebook.name)
    dark.run_all()
    dark.photograph(SCREENSHOTS, f"{chapter.stem}_dark")
    texts = coloured_texts(dark)
    assert len(texts) > 100
    papers = Counter(paper for _, _, paper in texts)
    assert luminance(papers.most_common(1)[0][0]) < 0.05
    assert [each for each in texts if contrast(*each[1:]) < 4.5] == []
    assert violations(dark) == []
    for picture in dark.page.locator(f"{OUTPUTS} img").all():
        style = "image => getComputedStyle(image).filter"
        assert "invert" in picture.evaluate(style)


def test_pale_text_is_noticed(dark: OpenNotebook) -> None:
    """Without this, the readable texts above would prove nothing."""
    dark.run_all()
    dark.page.locator(OUTPUTS).first.evaluate(
        "output => output.innerHTML ="
        " '<b style=\"color: #555\">pale</b> <code>plain</code>'"
    )
    [(text, ink, paper)] = [
        each for each in coloured_texts(dark) if contrast(*each[1:]) < 4.5
    ]
    assert (text, ink) == ("pale", "#555555")
    assert luminance(paper) < 0.05


def coloured_texts(book: OpenNotebook) -> list[tuple[str, str, str]]:
    """List the texts of the outputs, each with its ink and its paper.

    `("Predict:", "#ffffff", "#111111")`; the paper is the colour behind the
    text, that of the nearest element that has one.
    """
    found: list[tuple[str, str, str]] = book.page.evaluate(
        """outputs => {
            const hex = colour => '#' + colour.match(/\\d+/g).slice(0, 3)
                .map(part => (+part).toString(16).padStart(2, '0')).join('');
            const clear = colour => /, 0\\)$|^transparent$/.test(colour);
            const found = [];
            for (const output of document.querySelectorAll(outputs)) {
                const walk = document.createTreeWalker(output, 4);
                for (let node; node = walk.nextNode();) {
                    let at = node.parentElement;
                    const ink = getComputedStyle(at).color;
                    if (!node.data.trim() || at.closest('style')) continue;
                    while (clear(getComputedStyle(at).backgroundColor))
                        at = at.parentElement;
                    const paper = getComputedStyle(at).backgroundColor;
                    found.push([node.data.trim(), hex(ink), hex(paper)]);
                }
            }
            return found;
        }""",
        OUTPUTS,
    )
    return [(text, ink, paper) for text, ink, paper in found]


def test_every_cell_is_on_a_screenshot(book: OpenNotebook) -> None:
    """JupyterLab draws all cells, not only those in view."""
    book.open("ch00_start.ipynb")
    cells = book.page.locator(".jp-Notebook-cell")
    count = book.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.widgets.length"
    )
    assert cells.count() == count
    pictures = book.photograph(SCREENSHOTS, "every_cell")
    heights = book.page.locator(".jp-WindowedPanel-outer").evaluate(
        "panel => [panel.scrollHeight, panel.clientHeight]"
    )
    assert len(pictures) >= heights[0] / heights[1]
    for picture in pictures:
        picture.unlink()


def hosts_asked_by(
    browser: Browser, folder: Path, **variables: str
) -> set[str]:
    """Open JupyterLab; return the hosts that its server tried to reach.

    The learner has once told JupyterLab, elsewhere, to fetch its news.
    """
    notification = "@jupyterlab/apputils-extension/notification"
    settings = folder / "settings" / f"{notification}.jupyterlab-settings"
    write_json(settings, {"fetchNews": "true"})
    record = folder / "refused.txt"
    record.touch()
    variables |= {
        REFUSED: str(record),
        "JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"),
    }
    with (
        running_lab(folder, **variables) as (url, _),
        open_page(browser, url) as book,
    ):
        book.open("ch00_start.ipynb")
        book.page.wait_for_load_state("networkidle")
        assert book.hosts == {"127.0.0.1"}
    return set(record.read_text().split())


def test_jupyterlab_asks_nobody_outside(
    browser: Browser, tmp_path: Path
) -> None:
    assert hosts_asked_by(browser, tmp_path) == set()


def test_jupyterlab_that_looks_for_updates_is_noticed(
    browser: Browser, tmp_path: Path
) -> None:
    """Without this, the silence above would prove nothing."""
    plugin = "@jupyterlab/apputils-extension:announcements"
    config = tmp_path / "config" / "labconfig" / "page_config.json"
    write_json(config, {"disabledExtensions": {plugin: False}})
    variables = {"JUPYTER_CONFIG_PATH": str(tmp_path / "config")}
    hosts = {"jupyterlab.github.io", "pypi.org"}
    assert hosts_asked_by(browser, tmp_path, **variables) == hosts


def write_json(path: Path, content: dict[str, object]) -> None:
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps(content), encoding="utf-8")


def test_no_notification_is_shown(book: OpenNotebook) -> None:
    """JupyterLab would ask, on its first day, whether to fetch its news."""
    book.open("ch00_start.ipynb")
    book.page.wait_for_load_state("networkidle")
    assert book.page.locator(".Toastify__toast").count() == 0
    assert book.page.get_by_text("Jupyter news").count() == 0


def test_links_keep_a_learner_in_work(book: OpenNotebook) -> None:
    book.open("ch00_start.ipynb")
    book.page.get_by_role("link", name="Contents").first.click()
    page = book.page.locator(".jp-MarkdownViewer")
    expect(page.locator("h1")).to_have_text(re.compile("^Contents"))
    page.get_by_role("link", name="Chapter 3").click()
    book.wait_until_open("ch03_dependency_wiring.ipynb")
    assert book.path() == "work/ch03_dependency_wiring.ipynb"
    book.page.get_by_role("link", name="Chapter 4").first.click()
    book.wait_until_open("ch04_token_endpoint.ipynb")
    assert book.path() == "work/ch04_token_endpoint.ipynb"


def test_prediction_is_answered_from_the_keyboard(book: OpenNotebook) -> None:
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


def test_exercise_is_solved_on_the_page(book: OpenNotebook) -> None:
    book.open("ch00_start.ipynb")
    book.run_all()
    check = 'check("log in", [form, headers_for])'
    outputs = book.output_of(check)
    assert "Nothing to check yet" in outputs.inner_text()
    cell = book.page.locator(".jp-CodeCell", has_text=check)
    cell.locator(".cm-content").click()
    book.page.keyboard.press("ControlOrMeta+a")
    book.page.keyboard.insert_text(
        'form = {"username": "johndoe", "password": "secret"}\n'
        'bearer = "Bearer {}".format\n'
        'headers_for = lambda token: {"Authorization": bearer(token)}\n'
        + check
    )
    book.page.keyboard.press("Shift+Enter")
    expect(outputs).to_contain_text("Passed: log in")


def test_inspector_signs_again_and_judges(book: OpenNotebook) -> None:
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


def test_what_axe_would_find_is_found(book: OpenNotebook) -> None:
    """The judge of accessibility is awake."""
    book.open("ch00_start.ipynb")
    book.run_all()
    book.page.locator(OUTPUTS).first.evaluate(
        "output => output.innerHTML += '<img src=\"data:,\">'"
    )
    assert any("image-alt" in found for found in violations(book))


def violations(book: OpenNotebook) -> list[str]:
    """What axe-core finds wrong with our outputs."""
    if book.page.locator(OUTPUTS).count() == 0:
        return []
    results = Axe().run(book.page, context={"include": [[OUTPUTS]]})
    return [
        f"{found['id']}: {node['html']}"
        for found in results.response["violations"]
        for node in found["nodes"]
    ]
