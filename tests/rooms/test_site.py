"""The browser edition: built, served, used as learners do.

Most tests drive Chromium. A few drive Firefox, which can also be told to lack
what Safari lacks: to suspend Python while it waits for JavaScript.
"""

import hashlib
import json
import os
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import bcrypt
import pytest
from argon2 import PasswordHasher
from argon2.low_level import Type, hash_secret
from playwright.sync_api import Browser, expect

from course.chapters import ROOT, Chapter, chapters
from course.upkeep.comparison import Comparison
from course.upkeep.notebook import Notebook
from rooms.browser.shown import to_read
from tests.browser.test_browser import SCREENSHOTS, VIEWPORT, violations
from tests.support.firefox import running_firefox
from tests.support.report import Report
from tests.support.tab import (
    DONE,
    IDLE,
    OUTPUTS,
    PATIENCE,
    RUN_ALL,
    TabNotebook,
    build_site,
    served,
)

pytestmark = pytest.mark.tab
LARGEST = 45.0  # MB
RUN = [each for each in chapters() if each.stem not in to_read(ROOT)]
CHECK = 'check("log in", [form, headers_for])'
SOLUTION = f"""\
form = {{"username": "johndoe", "password": "secret"}}
bearer = "Bearer {{}}".format
headers_for = lambda token: {{"Authorization": bearer(token)}}
{CHECK}"""


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that COURSE_SITE names, or build the site once."""
    ready = os.environ.get("COURSE_SITE")
    folder = Path(ready or tmp_path_factory.mktemp("tab") / "site")
    if ready is None:
        print(build_site(folder))
    return folder


@pytest.fixture(scope="module")
def url(site: Path) -> Iterator[str]:
    with served(site) as url:
        yield url


@pytest.fixture
def tab(browser: Browser, url: str) -> Iterator[TabNotebook]:
    """Open a browser that was never here."""
    with browser.new_context(viewport=VIEWPORT) as context:
        context.set_default_timeout(PATIENCE)
        yield TabNotebook(context.new_page(), url)


@pytest.fixture(scope="module")
def kernel(browser: Browser, url: str) -> Iterator[TabNotebook]:
    """Open chapter 0 once, for tests that only ask its kernel."""
    with browser.new_context(viewport=VIEWPORT) as context:
        context.set_default_timeout(PATIENCE)
        tab = TabNotebook(context.new_page(), url)
        tab.open("ch00_start.ipynb")
        yield tab


def test_site_is_small(site: Path, report: Report) -> None:
    files = [path for path in site.rglob("*") if path.is_file()]
    size = sum(path.stat().st_size for path in files) / 1e6
    report.append(f"browser edition: {size:.1f} MB in {len(files)} files")
    assert size <= LARGEST


@pytest.mark.parametrize("chapter", RUN, ids=str)
def test_run_all_prints_what_the_notebook_shows(
    chapter: Chapter, tab: TabNotebook, report: Report
) -> None:
    begun = time.monotonic()
    tab.open(chapter.notebook.name)
    ready = time.monotonic()
    tab.run_all()
    done = time.monotonic() - ready
    report.append(
        f"{chapter} in a tab: Python is ready after {ready - begun:.0f} s, "
        f"Run All takes {done:.0f} s"
    )
    SCREENSHOTS.mkdir(exist_ok=True)
    tab.page.screenshot(path=SCREENSHOTS / f"{chapter.stem}_tab.png")
    assert different(chapter, tab.outputs()) == {}
    assert tab.complaints == []
    assert tab.hosts == {"127.0.0.1"}
    assert violations(tab) == []


def different(
    chapter: Chapter, outputs: dict[str, list[dict[str, Any]]]
) -> dict[str, str]:
    """Return, by a cell's id, the outputs that nbval would refuse."""
    stored = {
        cell["id"]: cell["outputs"]
        for cell in Notebook(chapter.notebook).code_cells
    }
    comparison = Comparison(ROOT / "tests" / "masks.cfg")
    assert outputs
    return {
        name: json.dumps(new)
        for name, new in outputs.items()
        if not comparison.same(new, stored[name])
    }


def test_other_output_would_be_noticed() -> None:
    """Without this, the equal outputs above would prove nothing."""
    [chapter] = [each for each in RUN if each.number == 0]
    stored = {
        cell["id"]: list(cell["outputs"])
        for cell in Notebook(chapter.notebook).code_cells
    }
    assert different(chapter, stored) == {}
    name = next(name for name, outputs in stored.items() if outputs)
    error = {"output_type": "stream", "name": "stdout", "text": "no\n"}
    assert set(different(chapter, stored | {name: [error]})) == {name}


def test_chapter_to_read_has_its_outputs(tab: TabNotebook) -> None:
    page = tab.page
    page.goto(f"{tab.url}/lab/index.html?path=work/ch09_keys_and_claims.ipynb")
    notice = page.locator("strong", has_text="but not run it:")
    expect(notice).to_be_visible(timeout=PATIENCE)
    assert tab.outputs() == {}


def test_learner_solves_keeps_and_resets(
    tab: TabNotebook, report: Report
) -> None:
    tab.open("ch00_start.ipynb")
    tab.run_all()
    page = tab.page

    asked = page.locator("fieldset details")
    asked.first.locator("summary").focus()
    page.keyboard.press("Enter")
    assert asked.first.locator("p").inner_text().startswith("No. ")

    cell = page.locator(".jp-CodeCell", has_text=CHECK)
    cell.locator(".cm-content").click()
    page.keyboard.press("ControlOrMeta+a")
    page.keyboard.insert_text(SOLUTION)
    page.keyboard.press("Shift+Enter")
    expect(tab.output_of(CHECK)).to_contain_text(
        "Passed: log in", timeout=PATIENCE
    )

    page.evaluate(
        "() => window.jupyterapp.commands.execute('docmanager:save')"
    )
    name = "ch00_start.ipynb"
    begun = time.monotonic()
    page.goto(f"{tab.url}/lab/index.html?path=work/{name}")
    tab.wait_until_open(name)
    seconds = time.monotonic() - begun
    report.append(f"second visit: Python is ready after {seconds:.0f} s")
    expect(page.locator(".jp-CodeCell", has_text="bearer = ")).to_have_count(
        1, timeout=PATIENCE
    )

    page.evaluate(
        """async name => {
            const app = window.jupyterapp, at = app.shell.currentWidget;
            await at.context.save();
            at.dispose();
            await app.serviceManager.contents.delete(name);
        }""",
        f"work/{name}",
    )
    page.goto(f"{tab.url}/lab/index.html?path=work/{name}")
    tab.wait_until_open(name)
    expect(page.locator(".jp-CodeCell", has_text="bearer = ")).to_have_count(
        0, timeout=PATIENCE
    )


PASSWORDS = ["", "secret", "é" * 36, "a" * 71 + "é", "a" * 100, "pass word"]
HASH = """
import bcrypt, hashlib, json
from argon2.low_level import Type, hash_secret
from argon2 import PasswordHasher
given, salts = json.loads({given!r}), json.loads({salts!r})
print(json.dumps({{
    "bcrypt": [bcrypt.hashpw(p.encode(), s.encode()).decode()
               for s in salts for p in given],
    "argon2": [hash_secret(p.encode(), b"saltsalt", 2, 64, 4, 32, Type.ID)
               .decode() for p in given],
    "pbkdf2": [hashlib.pbkdf2_hmac("sha256", p.encode(), b"salt", 100).hex()
               for p in given],
    "new": bcrypt.hashpw(b"secret", bcrypt.gensalt(5)).decode(),
    "lanes": PasswordHasher().parallelism,
}}))
"""


def test_hashes_are_those_of_cpython(kernel: TabNotebook) -> None:
    salts = [bcrypt.gensalt(4).decode(), bcrypt.gensalt(6).decode()]
    text = kernel.execute(
        HASH.format(given=json.dumps(PASSWORDS), salts=json.dumps(salts))
    )
    computed = json.loads(text)
    given = [password.encode() for password in PASSWORDS]
    assert computed["bcrypt"] == [
        bcrypt.hashpw(password, salt.encode()).decode()
        for salt in salts
        for password in given
    ]
    assert computed["argon2"] == [
        hash_secret(p, b"saltsalt", 2, 64, 4, 32, Type.ID).decode()
        for p in given
    ]
    assert computed["pbkdf2"] == [
        hashlib.pbkdf2_hmac("sha256", p, b"salt", 100).hex() for p in given
    ]
    assert computed["lanes"] == PasswordHasher().parallelism
    new = computed["new"]
    assert re.fullmatch(r"\$2b\$05\$[./A-Za-z0-9]{53}", new)
    assert bcrypt.checkpw(b"secret", new.encode())


def test_cell_learns_what_a_tab_lacks(kernel: TabNotebook) -> None:
    attempts = {
        "import subprocess; subprocess.run(['ls'])": "can start no process",
        "from cryptography.fernet import Fernet; Fernet(b'')": (
            "a browser tab lacks"
        ),
        "import threading; threading.Thread(target=print).start()": (
            "can't start new thread"
        ),
        "import httpx; httpx.get('http://127.0.0.1:9')": (
            "All connection attempts failed"
        ),
    }
    for code, says in attempts.items():
        assert says in kernel.execute(code)


def test_first_page_leads_to_the_chapters(tab: TabNotebook) -> None:
    page = tab.page
    page.goto(tab.url)
    assert page.locator("li a").count() == len(chapters())
    page.get_by_role("link", name=re.compile("^Chapter 0")).click()
    tab.wait_until_open("ch00_start.ipynb")


# Firefox


@pytest.mark.parametrize(
    ("number", "suspends"),
    [(0, True), (1, True), (4, True), (0, False)],
    ids=["ch00", "ch01", "ch04", "ch00 as in Safari"],
)
def test_firefox_prints_what_the_notebook_shows(
    number: int, suspends: bool, url: str, tmp_path: Path, report: Report
) -> None:
    [chapter] = [each for each in RUN if each.number == number]
    name = chapter.notebook.name
    begun = time.monotonic()
    with running_firefox(
        tmp_path / "profile",
        javascript__options__wasm_js_promise_integration=suspends,
    ) as page:
        page.open(f"{url}/lab/index.html?path=work/{name}")
        kind = page.call("() => typeof WebAssembly.Suspending")
        assert kind == ("function" if suspends else "undefined")
        page.wait_for(IDLE, name)
        ready = time.monotonic()
        page.call(RUN_ALL)
        page.wait_for(DONE)
        done = time.monotonic() - ready
        outputs = page.call(OUTPUTS)
    safari = "" if suspends else " that suspends no Python"
    report.append(
        f"{chapter} in a Firefox{safari}: Python is ready after "
        f"{ready - begun:.0f} s, Run All takes {done:.0f} s"
    )
    assert different(chapter, outputs) == {}
    assert page.errors == []
    asked = {urlsplit(each) for each in page.requested}
    assert {each.hostname for each in asked if each.scheme != "data"} == {
        "127.0.0.1"
    }
