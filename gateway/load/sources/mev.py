"""MEV: displacements, known sandwich attackers, the sandwiches of single blocks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from gateway.load.identity import asset_id, contract_id, row_id
from gateway.load.source import Source
from gateway.load.sources.prices import as_usd
from gateway.load.sources.security import add_label
from gateway.load.sources.transactions import use_wallet
from gateway.load.values import RowSkippedError

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.source import Lookup
    from gateway.load.values import Row

_ETHEREUM: Final = 1
_SOURCE: Final = "frontrunner-jones"


def _displacement(row: Row, batch: Batch, lookup: Lookup) -> None:
    lookup.chain_id(_ETHEREUM)
    at, attack, victim = (
        row.moment("attack_timestamp"),
        row.tx_hash("attack_tx"),
        row.tx_hash("victim_tx"),
    )
    attacker = row.address("attacker", _ETHEREUM)
    price = row.decimal("eth_usd_price")
    gain, cost = row.decimal("gain_eth", 58), row.decimal("cost_eth", 58)
    bot = row.optional_address("bot_contract", _ETHEREUM)
    use_wallet(batch, _ETHEREUM, attacker, "eoa")
    if bot is not None:
        contract = {"id": contract_id(_ETHEREUM, bot), "chain_id": _ETHEREUM, "address": bot}
        batch.ensure("load_catalog.ensure_contracts", (_ETHEREUM, bot), contract)
    details = {
        "victim_tx": victim,
        "victim_sender": row.optional_text("victim_sender"),
        "victim_contract": row.optional_text("victim_contract"),
        "bot_contract": bot,
        "attack_gas_price_wei": row.optional_text("attack_gas_price_wei"),
        "victim_gas_price_wei": row.optional_text("victim_gas_price_wei"),
    }
    batch.append(
        "mev_opportunities",
        at,
        row_id("mev", attack, victim),
        "frontrun",
        _ETHEREUM,
        row.integer("attack_block"),
        asset_id(_ETHEREUM, None),
        [],
        as_usd(gain * price),
        as_usd(cost * price),
        True,
        attacker,
        as_usd(row.decimal("profit_usd", 30)),
        attack,
        at,
        {key: str(value) for key, value in details.items() if value is not None},
        _SOURCE,
    )


def _attacker(row: Row, batch: Batch, lookup: Lookup) -> None:
    chain_id = lookup.chain_id(_ETHEREUM)
    counts = (
        "attacks",
        "first_attacks",
        "second_attacks",
        "both_attacks",
        "exchange_attacks",
        "exchange_count",
    )
    cluster = row.optional_integer("bot_cluster_id")
    evidence: dict[str, Any] = {count: row.optional_integer(count) for count in counts}
    evidence |= {"profit_usd": row.optional_text("profit_usd"), "bot_cluster_id": cluster}
    fields = {
        "name": "Sandwich attacker" if cluster is None else f"Sandwich bot {cluster}",
        "labels": ["mev-bot", "sandwich"],
        "confidence": "0.90",
        "evidence": evidence,
    }
    add_label(batch, chain_id, row.address("attacker", chain_id), _SOURCE, fields)


def _sandwich(row: Row, _: Batch, lookup: Lookup) -> None:
    lookup.chain_id(_ETHEREUM)
    block = row.integer("block_number")
    raise RowSkippedError(f"the row has no time, and block {block} is not among the known blocks")


SOURCES = (
    Source(
        "mev_displacement",
        "mev/displacement_attacks.csv",
        ("attack_tx", "attack_timestamp", "attacker", "victim_tx", "gain_eth", "cost_eth"),
        _displacement,
    ),
    Source("mev_attackers", "mev/insertion_attackers.csv", ("attacker", "attacks"), _attacker),
    Source("mev_sandwiches", "mev/sandwiches_block_12775690.jsonl", (), _sandwich),
)
