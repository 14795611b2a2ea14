"""What every test run of the course loads, whichever folder it collects."""

pytest_plugins = [
    "tests.tiers",
    "tests.fixtures",
    "tests.browsers",
    "tests.weave",
]
