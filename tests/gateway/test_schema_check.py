"""The check of the committed schema against this code."""

from pathlib import Path

import pytest

from gateway.cli import schema


def test_code_that_was_generated_from_has_no_changes_to_name(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    committed = tmp_path / "schema.graphql"
    committed.write_text(schema._built(), encoding="utf-8")
    monkeypatch.setattr(schema, "_FILE", committed)
    schema.check()
    shown = capsys.readouterr()
    assert shown.out == ""
    assert shown.err == "0 breaking, 0 dangerous, 0 safe\n"
