"""Long lists of risk are read in the order of an index, however they are filtered."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.reads import Rows
from resolvers.reflection import entity_of
from resolvers.risk.approval import TokenApproval
from resolvers.risk.assessment import RiskAssessment, RiskScore
from resolvers.risk.findings import ContractAudit, SecurityScan
from stores.lifecycle import Stores
from stores.queries import Statement
from stores.relational.conditions import Compare, Condition
from stores.relational.read import Read, statement
from tests.resolvers.risk.conftest import DOLLAR, HARMFUL

_INDEX = "SELECT indexname FROM pg_indexes WHERE indexname = $1::text"
_KIND = Compare("target_type", "enum", "eq", "protocol")


def _of_order(index: str) -> str:
    """The index for the same list without a condition."""
    return index.replace("asset_id_approved", "approved").replace("spender_approved", "approved")


def _nodes(node: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield node
    for child in node.get("Plans", ()):
        yield from _nodes(child)


@pytest.mark.parametrize(
    ("cls", "where", "index"),
    [
        (RiskScore, None, "latest_public_score_assessment_id_idx"),
        (RiskScore, _KIND, "latest_public_score_assessment_id_idx"),
        (RiskAssessment, None, "assessments_pkey"),
        (SecurityScan, None, "security_scans_pkey"),
        (ContractAudit, None, "contract_audits_audited_on_id_idx"),
        (TokenApproval, None, "wallet_approvals_approved_at_id_idx"),
        (
            TokenApproval,
            Compare("asset_id", "uuid", "eq", DOLLAR),
            "wallet_approvals_asset_id_approved_at_id_idx",
        ),
        (
            TokenApproval,
            Compare("spender", "text", "eq", HARMFUL),
            "wallet_approvals_spender_approved_at_id_idx",
        ),
    ],
)
async def test_a_page_is_read_from_an_index_without_a_sort(
    stores: Stores,
    worker_stores: Stores,
    cls: type[Any],
    where: Condition | None,
    index: str,
) -> None:
    entity = entity_of(cls)
    rows = Rows(entity, (entity.table.key,), None, where, entity.sorts(()), 21)
    read = Read(
        source=entity.table.source,
        columns=rows.columns,
        where=where,
        order=rows.order,
        limit=rows.limit,
    )
    built, values = statement(read)
    context = RequestContext(Viewer(), stores)
    async with context.stores.postgres.transaction() as transaction:
        for setting in ("seqscan", "bitmapscan"):
            text = f"SET LOCAL enable_{setting} = off"
            await transaction.execute(Statement("setting", text, kind="exec"))
        explained = Statement("explain", f"EXPLAIN (FORMAT JSON) {built.text}", kind="exec")
        found: Any = await transaction.fetch(explained, *values)
    plan = found[0][0]
    nodes = list(_nodes(plan[0]["Plan"]))
    used = {node["Index Name"] for node in nodes if "Index Name" in node}
    # Over few rows the index of the order alone may look as cheap as that of order and condition.
    assert used & {index, _of_order(index)}
    found = await worker_stores.postgres.fetch(Statement("there", _INDEX), index)
    assert len(found) == 1
    assert not {node["Node Type"] for node in nodes} & {"Sort", "Incremental Sort"}
