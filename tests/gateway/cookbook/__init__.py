"""The questions of `docs/cookbook.md`, asked of the sample and of a running gateway."""
