"""What a dashboard may hold, as one JSON Schema that clients are given and inputs are held to."""

from __future__ import annotations

from typing import Any, Final

MAX_WIDGETS: Final = 50
MAX_BYTES: Final = 100_000
_COLUMNS: Final = 24
_ID: Final[dict[str, Any]] = {
    "type": "string",
    "pattern": "^[a-z0-9][a-z0-9-]{0,39}$",
    "description": "Name of the widget, unique in its dashboard.",
}

_WIDGET: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["id", "type"],
    "additionalProperties": False,
    "properties": {
        "id": _ID,
        "type": {
            "enum": ["number", "line", "area", "bar", "pie", "candles", "heatmap", "table", "text"],
            "description": "How it is drawn.",
        },
        "title": {"type": "string", "maxLength": 100, "description": "Shown above it."},
        "text": {"type": "string", "maxLength": 5000, "description": "What a text widget says."},
        "query": {
            "type": "string",
            "maxLength": 10_000,
            "description": "GraphQL document that gives its data.",
        },
        "variables": {
            "type": "object",
            "maxProperties": 50,
            "description": "Variables of the document.",
        },
        "path": {
            "type": "array",
            "maxItems": 20,
            "items": {"type": "string", "maxLength": 100},
            "description": "Response keys that lead to what is drawn.",
        },
        "refreshS": {
            "type": "integer",
            "minimum": 5,
            "maximum": 86_400,
            "description": "Seconds between two reads.",
        },
        "options": {
            "type": "object",
            "maxProperties": 50,
            "description": "Settings of the drawing, as the application likes.",
        },
    },
}
WIDGETS: Final[dict[str, Any]] = {
    "type": "array",
    "maxItems": MAX_WIDGETS,
    "items": _WIDGET,
    "description": "What is shown.",
}
LAYOUT: Final[dict[str, Any]] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {
        "columns": {
            "type": "integer",
            "minimum": 1,
            "maximum": _COLUMNS,
            "description": "Columns of the grid.",
        },
        "rowHeightPx": {
            "type": "integer",
            "minimum": 8,
            "maximum": 400,
            "description": "Height of a row of the grid, pixels.",
        },
        "items": {
            "type": "array",
            "maxItems": MAX_WIDGETS,
            "description": "Where each widget sits.",
            "items": {
                "type": "object",
                "required": ["widget", "x", "y", "w", "h"],
                "additionalProperties": False,
                "properties": {
                    "widget": _ID,
                    "x": {"type": "integer", "minimum": 0, "maximum": _COLUMNS - 1},
                    "y": {"type": "integer", "minimum": 0, "maximum": 999},
                    "w": {"type": "integer", "minimum": 1, "maximum": _COLUMNS},
                    "h": {"type": "integer", "minimum": 1, "maximum": 100},
                },
            },
        },
    },
}
DASHBOARD: Final[dict[str, Any]] = {
    "$schema": "https://json-schema.org/draft/2020-12/schema",
    "title": "Content of a dashboard",
    "type": "object",
    "additionalProperties": False,
    "properties": {"layout": LAYOUT, "widgets": WIDGETS},
}
