"""What an assessment or a warning is about, whatever its kind."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from resolvers.reads import Rows, absent, allow, ones
from resolvers.reflection import entity_of
from resolvers.risk.enums import RiskTargetType
from resolvers.selection import needed, selected

if TYPE_CHECKING:
    from collections.abc import Awaitable
    from uuid import UUID

    from strawberry import Info

# Types of the graph, by name: a portfolio is another domain's.
_TYPES: Final = {
    RiskTargetType.PROTOCOL: "Protocol",
    RiskTargetType.ASSET: "Asset",
    RiskTargetType.WALLET: "Wallet",
    RiskTargetType.CONTRACT: "Contract",
    RiskTargetType.PORTFOLIO: "Portfolio",
}
TARGET: Final = (
    "The thing itself; take its fields with `... on Protocol` and the like. Null for a "
    "transaction, and for what is gone."
)


def load_target(info: Info, kind: str | None, key: UUID | None) -> Awaitable[Any]:
    """The row a target names, or None; all targets of a kind and level are one statement."""
    name = None if kind is None else _TYPES.get(RiskTargetType(kind))
    if name is None or key is None:
        return absent(None)
    definition: Any = info.schema.get_type_by_name(name)
    return load_node(info, definition.origin, key)


def load_node(info: Info, cls: type[Any], key: object) -> Awaitable[Any]:
    """The row of a type behind a field that may lead to several types, or None."""
    entity = entity_of(cls)
    allow(info.context, entity)
    fields = selected(info, info._raw_info.field_nodes, entity.name)
    columns = needed(info.context.viewer, entity, fields, (entity.table.key,))
    return ones(info.context, Rows(entity, columns, entity.table.key)).load(key)
