"""Figures that tests measure, printed at the end of a run."""

import pytest

MEASURED = "measured"


class Report:
    """Lines to print at the end of the run, whichever process wrote them."""

    def __init__(self, properties: list[tuple[str, object]]) -> None:
        self._properties = properties

    def append(self, line: str) -> None:
        """Add a line; it is printed as it is."""
        self._properties.append((MEASURED, line))


def print_measured(terminal: pytest.TerminalReporter) -> None:
    """Print the lines of all reports, ordered by test."""
    reports = [
        report
        for outcome in ("passed", "failed")
        for report in terminal.getreports(outcome)
        if report.when == "call"
    ]
    measured = [
        f"{line}"
        for report in sorted(reports, key=lambda report: report.nodeid)
        for name, line in report.user_properties
        if name == MEASURED
    ]
    if measured:
        terminal.section("measured")
        for line in measured:
            terminal.write_line(line)
