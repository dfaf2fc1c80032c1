"""The configuration page is the settings."""

from __future__ import annotations

from pathlib import Path

from gateway.config import Settings
from gateway.config_page import render

_PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"


def test_committed_page_is_the_one_that_is_rendered() -> None:
    assert _PAGE.read_text() == render(), "run make generate"


def test_every_setting_is_on_the_page_with_its_meaning() -> None:
    page = _PAGE.read_text()

    missing = [
        name
        for name, field in Settings.model_fields.items()
        if f"`GATEWAY_{name.upper()}`" not in page or not field.description
    ]

    assert missing == []
