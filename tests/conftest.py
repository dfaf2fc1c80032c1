"""What every test may use; the fixtures themselves are in tests/fixtures."""

pytest_plugins = ["tests.fixtures.engines", "tests.fixtures.stores"]
