"""What every test run of the course loads, whichever folder it collects."""

pytest_plugins = [
    "tests.support.tiers",
    "tests.support.fixtures",
    "tests.support.browsers",
]
