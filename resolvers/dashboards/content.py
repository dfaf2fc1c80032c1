"""The widgets and the layout of a dashboard, looked at together."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import orjson

from resolvers.dashboards.schema import LAYOUT, MAX_BYTES, WIDGETS
from resolvers.dashboards.validation import Problem, problems
from resolvers.mutation import Change, UserErrorCode

DEFAULT_COLUMNS: Final = 12


def check_content(change: Change, layout: Any, widgets: Any) -> None:
    """Note what is wrong with the content of a dashboard, by its path in the input."""
    try:
        size = len(orjson.dumps([layout, widgets]))
    except orjson.JSONEncodeError:  # nested too deep, or a number no JSON writer takes
        change.refuse("widgets", UserErrorCode.INVALID, "Give simpler values.")
        return
    if size > MAX_BYTES:
        change.refuse(
            "widgets",
            UserErrorCode.TOO_LONG,
            f"Layout and widgets take {size:,} bytes; shorten them to {MAX_BYTES:,}.",
        )
        return
    found = [*problems(LAYOUT, layout, ("layout",)), *problems(WIDGETS, widgets, ("widgets",))]
    if not found:
        found = [*_nul(layout, ("layout",)), *_nul(widgets, ("widgets",))]
    for path, message in found or _contradictions(layout, widgets):
        change.refuse(path, UserErrorCode.INVALID, message)


def _contradictions(layout: Any, widgets: Any) -> Iterator[Problem]:
    """What each part allows and both together do not."""
    names: set[str] = set()
    for place, widget in enumerate(widgets):
        if widget["id"] in names:
            yield ("widgets", place, "id"), "Another widget has this name; take a new one."
        names.add(widget["id"])
        needed = "text" if widget["type"] == "text" else "query"
        if not widget.get(needed):
            yield ("widgets", place, needed), f"A widget of type {widget['type']} needs it."
    columns = layout.get("columns", DEFAULT_COLUMNS)
    placed: set[str] = set()
    for place, item in enumerate(layout.get("items", ())):
        if item["widget"] not in names:
            yield ("layout", "items", place, "widget"), "There is no such widget; name one of them."
        if item["widget"] in placed:
            yield ("layout", "items", place, "widget"), "It has a place already; give it one."
        placed.add(item["widget"])
        if item["x"] + item["w"] > columns:
            yield ("layout", "items", place, "w"), f"It sticks out of the {columns} columns."


def _nul(value: Any, path: tuple[str | int, ...]) -> Iterator[Problem]:
    """Texts that Postgres cannot hold."""
    if isinstance(value, str) and "\0" in value:
        yield path, "Leave out characters no text can hold."
    elif isinstance(value, dict):
        for name, item in value.items():
            if "\0" in name:
                yield path, "Leave out characters no text can hold."
            else:
                yield from _nul(item, (*path, name))
    elif isinstance(value, list):
        for place, item in enumerate(value):
            yield from _nul(item, (*path, place))
