"""What every test may use; the fixtures themselves are in tests/fixtures."""

import pytest

pytest_plugins = [
    "tests.fixtures.engines",
    "tests.fixtures.stores",
    "tests.fixtures.shop",
    "tests.fixtures.sample",
]

# A test that records a property of this name has its value printed at the end of the run.
NOTE = "note"


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print what tests recorded for the reader; plain prints are lost between processes."""
    for report in terminalreporter.getreports("passed"):
        for name, value in report.user_properties:
            if name == NOTE and report.when == "call":
                terminalreporter.write_line(str(value))
