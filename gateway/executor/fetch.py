"""Which function fetches which kind of field."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Mapping
from typing import TYPE_CHECKING, Any, Final

from gateway.executor.frames import Frame, Resolved
from gateway.executor.functions import batch, direct, refused, wrapped
from gateway.executor.objects import children, cursors, same
from gateway.executor.pages import page
from gateway.executor.plan import How, PlannedField
from gateway.executor.relations import many, root

if TYPE_CHECKING:
    from gateway.executor.run import Run

Fetch = Callable[["Run", Frame, PlannedField], Resolved | Coroutine[Any, Any, Resolved]]


FETCHES: Final[Mapping[How, Fetch]] = {
    How.CHILD: children,
    How.SAME: same,
    How.CURSOR: cursors,
    How.MANY: many,
    How.ROOT: root,
    How.PAGE: page,
    How.BATCH: batch,
    How.DIRECT: direct,
    How.WRAPPED: wrapped,
    How.REFUSED: refused,
}
