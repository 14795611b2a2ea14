"""Slides in Chromium: complete without a network, and readable from afar."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from course import slides
from course.chapters import ROOT, find
from tests.support.chromium import new_page

pytestmark = pytest.mark.browser

CHAPTER = find("ch04")
SMALLEST = 20 / 720  # of the height, for text in the flow of a slide
SIZES = """() => [...document.querySelectorAll(
    '.slides .jp-Cell :is(p, li, td, th, pre)'
)].map(each => parseFloat(getComputedStyle(each).fontSize))"""


@pytest.fixture
def page(browser: Browser, tmp_path: Path) -> Iterator[Page]:
    """The slides of chapter 4, opened from a folder."""
    try:
        slides.write(ROOT, str(CHAPTER), tmp_path)
    except ModuleNotFoundError:
        reason = (
            "install reveal.js: pip install --no-deps -r "
            "rooms/teaching/requirements.txt"
        )
        (pytest.fail if os.environ.get("COURSE_SLIDES") else pytest.skip)(
            reason
        )
    page = new_page(browser, viewport={"width": 1280, "height": 720})
    requests: list[str] = []
    complaints: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.on(
        "console",
        lambda message: (
            complaints.append(message.text)
            if message.type == "error"
            else None
        ),
    )
    page.goto((tmp_path / f"{CHAPTER}.slides.html").as_uri())
    page.wait_for_function("window.Reveal && Reveal.isReady()")
    yield page
    page.close()
    assert not complaints
    assert {url.partition(":")[0] for url in requests} <= {"file", "data"}


def test_every_slide_is_shown_and_photographed(page: Page) -> None:
    total = page.evaluate("Reveal.getTotalSlides()")
    assert total > 30
    folder = ROOT / "artefacts"
    folder.mkdir(exist_ok=True)
    for number in range(total):
        current = page.locator("section.present:not(.stack)")
        assert current.inner_text().strip() or current.locator("img").count()
        page.screenshot(path=folder / f"{CHAPTER}-slide-{number:02}.png")
        page.evaluate("Reveal.next()")
    assert page.evaluate("Reveal.isLastSlide()")


def test_text_is_read_at_the_back_of_a_room(page: Page) -> None:
    sizes = page.evaluate(SIZES)
    assert min(sizes) >= SMALLEST * 720


def test_notes_are_kept_from_the_slides(page: Page) -> None:
    assert page.locator("aside.notes").count()
    assert not page.locator("aside.notes").first.is_visible()
