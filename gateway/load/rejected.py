"""The file of rows that were not stored: one JSON object a row with line, reason and kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

import orjson

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from gateway.load.batch import Reject


def append_rejects(path: Path, offset: int, rejects: Sequence[Reject]) -> int:
    """Write rejects after `offset`, cutting off what an interrupted run wrote behind it.

    Args:
        path: the file; it and its folder are made when there is something to write.
        offset: length of what stands.
        rejects: in order of lines.

    Returns:
        The new length.
    """
    if not rejects:
        return offset
    path.parent.mkdir(parents=True, exist_ok=True)
    lines = (
        orjson.dumps(
            {
                "line": reject.line,
                "kind": "skipped" if reject.expected else "rejected",
                "reason": reject.reason.encode("utf-8", "replace").decode(),
            }
        )
        for reject in sorted(rejects, key=lambda reject: reject.line)
    )
    with path.open("r+b" if path.exists() else "w+b") as file:
        file.truncate(offset)
        file.seek(0, 2)
        file.write(b"".join(line + b"\n" for line in lines))
        return file.tell()
