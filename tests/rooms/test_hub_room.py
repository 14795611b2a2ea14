"""A real hub, and learners who come to it with a browser.

The tests run in this order, and the later ones find the learners' homes of
the earlier ones. `COURSE_LEARNERS=30` lets as many learners come at once
instead of ten.
"""

import json
import os
import time
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Browser, expect

from rooms.hub import homes
from tests.support.hub import (
    CHAPTER,
    INSTALL,
    PASSWORD,
    PATIENCE,
    Hub,
    Learner,
    find_program,
    learner_names,
    measure,
    megabytes,
    running_hub,
)
from tests.support.report import Report

pytestmark = pytest.mark.room
LAB = ("--", "--LabApp.expose_app_in_browser=True")
START = "ch00_start.ipynb"
NAMES = learner_names(int(os.environ.get("COURSE_LEARNERS", "10")))


def demand_hub() -> None:
    """Skip without the hub's environment; in CI its absence is an error."""
    if find_program() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(INSTALL)


@pytest.fixture(scope="module")
def hub() -> Iterator[Hub]:
    demand_hub()
    with running_hub(*LAB) as hub:
        yield hub


@pytest.fixture
def ada(browser: Browser, hub: Hub) -> Iterator[Learner]:
    learner = Learner(browser, hub, "ada")
    yield learner
    learner.context.close()


@pytest.fixture
def bob(browser: Browser, hub: Hub) -> Iterator[Learner]:
    learner = Learner(browser, hub, "bob")
    yield learner
    learner.context.close()


def arrive(learner: Learner, own: str = "tulip") -> None:
    """Log in, and wait for the first notebook and its kernel."""
    learner.log_in(own)
    learner.book.wait_until_open(START, PATIENCE)


def test_learners_run_a_chapter_at_once(
    browser: Browser, hub: Hub, report: Report
) -> None:
    for line in measure(browser, hub, NAMES):
        report.append(f"hub: {line}")


def test_restart_of_the_hub_loses_nobodys_work(hub: Hub) -> None:
    """The test above let all learners run the chapter, answer, and save."""
    hub.stop()
    # A kernel that was about to start ends a moment after its JupyterLab.
    wait_for(lambda: not {"servers", "kernels"} & megabytes(hub).keys())
    hub.start()
    for name in NAMES:
        notebook = json.loads((hub.work(name) / CHAPTER).read_text("utf-8"))
        cells = notebook["cells"]
        assert f"The answer of {name}" in [
            "".join(cell["source"]) for cell in cells
        ]
        codes = [cell for cell in cells if cell["cell_type"] == "code"]
        assert all(cell["execution_count"] for cell in codes)


def test_name_is_refused_without_both_words(
    browser: Browser, hub: Hub
) -> None:
    """The learner chose `tulip` in the first test."""
    for board, own in (
        ("not-the-board-", "tulip"),
        ("", "tulip"),
        (PASSWORD, "rose"),
    ):
        stranger = Learner(browser, hub, NAMES[0])
        stranger.log_in(own, board)
        error = stranger.page.locator(".login_error")
        expect(error).to_contain_text("Invalid", timeout=PATIENCE * 1000)
        stranger.context.close()


def test_learner_cannot_reach_the_files_of_another(
    ada: Learner, bob: Learner
) -> None:
    if not homes.are_separate():
        pytest.skip("only root can give each learner an account of their own")
    arrive(ada)
    pid = ada.run("import os; print(os.getpid())")
    secret = ada.run(
        "from pathlib import Path; p = Path('mine.txt').resolve(); "
        "p.write_text('mine'); print(p)"
    ).strip()
    assert ada.run(f"print(open({secret!r}).read())") == "mine\n"
    arrive(bob, own="rose")
    assert "Permission denied" in bob.run(f"open({secret!r})")
    assert "Permission denied" in bob.run(f"open('/proc/{pid.strip()}/mem')")
    board = str(ada.hub.room / "hub" / "board")
    assert "Permission denied" in bob.run(f"open({board!r})")
    denied = f"import os; os.kill({pid.strip()}, 0)"
    assert "Operation not permitted" in bob.run(denied)
    response = bob.page.request.get(
        f"{bob.hub.url}/user/ada/api/contents/work/mine.txt"
    )
    assert response.status in (403, 404)
    own = ada.page.request.get(
        f"{ada.hub.url}/user/ada/api/contents/work/mine.txt"
    )
    assert own.json()["content"] == "mine"


def test_there_are_no_terminals(ada: Learner) -> None:
    arrive(ada)
    response = ada.page.request.get(f"{ada.hub.url}/user/ada/api/terminals")
    assert response.status == 404
    assert ada.page.request.get(f"{ada.hub.url}/user/ada/api/kernels").json()


def test_crash_of_the_hub_leaves_kernels_as_they_are(ada: Learner) -> None:
    arrive(ada)
    ada.run("found = 42")
    kernel = ada.run("import os; print(os.getpid())")
    ada.hub.crash()
    ada.hub.start()
    ada.page.reload()
    ada.book.wait_until_open(START, PATIENCE)
    assert ada.run("print(found, os.getpid())") == f"42 {kernel}"


def test_learner_stays_logged_in_and_finds_what_was_saved(
    ada: Learner,
) -> None:
    arrive(ada)
    ada.answer("# my answer")
    ada.hub.stop()
    ada.hub.start()
    # Still logged in: the cookie is as good as before.
    ada.page.goto(f"{ada.hub.url}/hub/spawn")
    ada.book.wait_until_open(START, PATIENCE)
    source = ada.page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.model.cells"
        ".get(2).sharedModel.getSource()"
    )
    assert source == "# my answer"


def test_idle_jupyterlab_ends_with_its_kernels(browser: Browser) -> None:
    demand_hub()
    with running_hub("--idle", "20", *LAB) as hub:
        ada = Learner(browser, hub, "ada")
        ada.log_in()
        # The fork server itself is one of them.
        wait_for(lambda: hub.servers() == 2)
        wait_for(lambda: hub.servers() == 1)
        ada.context.close()
        # A kernel that was about to start ends a moment after its JupyterLab.
        wait_for(lambda: "kernels" not in megabytes(hub))
        assert (hub.work("ada") / START).exists()


def wait_for(fact: Callable[[], bool]) -> None:
    """Return when a fact holds, or fail after `PATIENCE`."""
    end = time.monotonic() + PATIENCE
    while not fact():
        assert time.monotonic() < end
        time.sleep(0.2)
