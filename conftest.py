"""What every run of the tests has in common: environment, network, tiers.

Fixtures live in `tests/conftest.py`. This file is in the root because pytest
loads it for `notebooks/` too, whose cells need the same environment.

    pytest              the quick tier: all that bears no mark
    pytest -m slow      exactly what an expression such as this one selects
    pytest --all        all tiers but the rooms

`--hypothesis-profile=quick` tries as little there as the quick tier does.
"""

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Generator
from pathlib import Path

import pytest
from _pytest import runner
from hypothesis import settings

ROOMS = ("room", "tab")  # they build a room, and are chosen by `-m` alone
SLOWER = ("integration", "slow", "browser", *ROOMS)
# Variables of the person who runs the tests; upper or lower case.
FOREIGN = (
    *("SECRET_KEY", "DATABASE_URL", "PG", "LIMITS_URL", "FORWARDED"),
    *("PASSWORD_GRANT", "PAGE_ORIGINS"),
    *("IPYTHON", "JUPYTER", "MPL", "PYTEST", "PYTHON"),
    *("UVICORN", "WEB_CONCURRENCY", "SSL_CERT", "REQUESTS_CA", "CURL_CA"),
    *("FORCE_COLOR", "NO_COLOR", "CLICOLOR", "COLUMNS"),
)
JUPYTER_FOLDERS = (
    *("IPYTHONDIR", "JUPYTER_CONFIG_DIR", "JUPYTER_DATA_DIR"),
    *("JUPYTER_RUNTIME_DIR", "JUPYTERLAB_SETTINGS_DIR"),
    "JUPYTERLAB_WORKSPACES_DIR",
)
FOLDERS = (
    *("browser", "tests", "notebooks", "practice", "rooms", "system"),
    *("course", "classroom"),
)
LONGEST_FIRST = {name: place for place, name in enumerate(FOLDERS)}
# A kernel opens a database for its history otherwise, which is slow.
KERNELS = "c.HistoryManager.enabled = False\n"
FOLDER = Path(tempfile.mkdtemp(prefix="course-"))
OFFLINE = Path(__file__).parent / "tests" / "support" / "offline"


def is_foreign(variable: str) -> bool:
    """Whether a variable such as `SECRET_KEY` or `http_proxy` is dropped."""
    name = variable.upper()
    return name.startswith(FOREIGN) or name.endswith("_PROXY")


def prepare_environment(folder: Path) -> None:
    """Drop foreign variables; give Jupyter and chapter 7 places in `folder`.

    Python processes that inherit `PYTHONPATH` import `sitecustomize.py` from
    `tests/support/offline` at their start, which cuts off their network.
    """
    for variable in filter(is_foreign, list(os.environ)):
        del os.environ[variable]
    for name in JUPYTER_FOLDERS:
        os.environ[name] = str(folder / name.lower())
    profile = Path(os.environ["IPYTHONDIR"]) / "profile_default"
    profile.mkdir(parents=True)
    (profile / "ipython_config.py").write_text(KERNELS)
    os.environ["DATABASE_URL"] = f"sqlite:///{folder / 'users.db'}"
    os.environ["PYTHONPATH"] = str(OFFLINE)


# At import, because the modules in snippets/ read the environment at theirs.
prepare_environment(FOLDER)
sys.path.insert(0, str(Path(__file__).parent))
from tests.support.offline import sitecustomize  # noqa: E402, F401

# One profile for every property; `--all` and `-m` try more examples.
for profile, examples in {"quick": 10, "thorough": 100}.items():
    settings.register_profile(
        profile,
        derandomize=True,
        database=None,
        deadline=None,
        max_examples=examples,
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("course").addoption(
        "--all",
        action="store_true",
        help="run the tiers quick, slow and browser",
    )


def chooses_tier(config: pytest.Config) -> bool:
    """Whether `--all` or `-m` says which tests run."""
    return bool(config.option.all or config.option.markexpr)


def pytest_configure(config: pytest.Config) -> None:
    # Kernels behave as under JupyterLab only without PYTEST_CURRENT_TEST:
    # ipykernel does not capture output where it finds that variable.
    runner._update_current_test_var = lambda item, when: None
    profile = "thorough" if chooses_tier(config) else "quick"
    settings.load_profile(config.option.hypothesis_profile or profile)


def pytest_unconfigure() -> None:
    shutil.rmtree(FOLDER, ignore_errors=True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Collect without the garbage collector; what was found is no garbage.

    Afterwards it runs less often than by default: a test that makes garbage
    of interest collects it itself, and pytest does at the end.
    """
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(20_000, 20, 20)
        gc.enable()


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Without `--all` or `-m`, keep the quick tier: what bears no mark.

    With `--all`, keep all but the rooms, such as a browser tab or a hub.

    The folders with the longest files come first, so that no worker is left
    with a long one when the others have nothing to do any more.
    """
    items.sort(key=lambda item: LONGEST_FIRST.get(item.path.parent.name, 9))
    if config.option.markexpr:
        return
    others = ROOMS if config.option.all else SLOWER
    slower = {
        item for item in items if any(map(item.get_closest_marker, others))
    }
    if slower:
        config.hook.pytest_deselected(items=[*slower])
        items[:] = [item for item in items if item not in slower]
