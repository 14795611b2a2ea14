"""The tiers of the suite, and what every run has in common.

`pytest` runs the quick tier; `-m slow` and `-m browser` run one of the
others; `--all` runs everything.
"""

import os
import shutil
import tempfile
from pathlib import Path

import pytest

SLOWER = ("slow", "browser")
SETTINGS = {
    "IPYTHONDIR",
    "JUPYTER_CONFIG_DIR",
    "JUPYTER_DATA_DIR",
    "JUPYTER_RUNTIME_DIR",
    "JUPYTERLAB_SETTINGS_DIR",
    "JUPYTERLAB_WORKSPACES_DIR",
}
MEASURED = "measured"
FOLDER = pytest.StashKey[Path]()


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.getgroup("course").addoption(
        "--all",
        action="store_true",
        help="run every tier: quick, slow and browser",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give kernels settings of their own: not those of whoever runs this."""
    config.stash[FOLDER] = folder = Path(tempfile.mkdtemp(prefix="course-"))
    for name in SETTINGS:
        os.environ[name] = str(folder / name.lower())
    os.environ.pop("SECRET_KEY", None)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> None:
    """Spread the quick tier over all cores, and nothing else.

    The slower tiers measure times and start processes of their own.
    """
    if config.option.all or config.option.markexpr:
        config.option.numprocesses = config.option.dist = None


def pytest_unconfigure(config: pytest.Config) -> None:
    shutil.rmtree(config.stash[FOLDER], ignore_errors=True)


def pytest_collection_modifyitems(
    config: pytest.Config, items: list[pytest.Item]
) -> None:
    """Without `--all` or `-m`, keep the quick tier: what bears no mark."""
    if config.option.all or config.option.markexpr:
        return
    slower = [
        item for item in items if any(map(item.get_closest_marker, SLOWER))
    ]
    if slower:
        config.hook.pytest_deselected(items=slower)
        items[:] = [item for item in items if item not in slower]


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter,
) -> None:
    """Print the figures that tests measured, above the closing line."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminalreporter.getreports(outcome)
        if report.when == "call"
    ]
    measured = [
        f"{line}"
        for report in sorted(reports, key=lambda report: report.nodeid)
        for name, line in report.user_properties
        if name == MEASURED
    ]
    if measured:
        terminalreporter.section("measured")
        for line in measured:
            terminalreporter.write_line(line)


class Report:
    """Lines to print at the end of the run, whichever process wrote them."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def append(self, line: str) -> None:
        """Add a line; it is printed as it stands."""
        self._properties.append((MEASURED, line))


@pytest.fixture
def report(request: pytest.FixtureRequest) -> Report:
    """Where a test writes down what it measured."""
    return Report(request.node.user_properties)
