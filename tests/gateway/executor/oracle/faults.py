"""Which values of the synthetic graph are wrong, and in what way.

A data set has one or two kinds of fault: with more of them the first error hides the others. Which
objects are hit depends on their names alone, so both paths meet the same faults.
"""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, cast

from resolvers.context import RequestContext

if TYPE_CHECKING:
    from strawberry import Info

# Faults of resolvers and objects; faults of rows are in tables.py.
KINDS: Final = (
    "null",  # null where none may be
    "nan",  # a float that is no number
    "range",  # an integer beyond 32 bits
    "type",  # a value of another type than declared
    "item",  # null among the items of a list that may hold none
    "raise",  # a resolver that raises
    "late_raise",  # one that raises after it has waited
    "abstract",  # an object of no possible type
    "enum",  # a value that is no member
    "scalar",  # a value that a scalar refuses
    "store",  # a store that is not there
    "missing",  # a function that leaves keys out
    "permission",  # somebody who may not
)
_ONE_IN: Final = 3


@dataclass(slots=True)
class NastyContext(RequestContext):
    """The context of one run over the synthetic graph.

    Attributes:
        faults: which kinds are active.
        journal: what mutations did, in order.
    """

    faults: frozenset[str] = frozenset()
    journal: list[str] = field(default_factory=list)

    def struck(self, kind: str, name: object) -> bool:
        """Whether this fault hits what has this name."""
        return kind in self.faults and zlib.crc32(f"{kind} {name}".encode()) % _ONE_IN == 0


def context_of(info: Info) -> NastyContext:
    """The context that resolvers see."""
    return cast("NastyContext", info.context)
