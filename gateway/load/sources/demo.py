"""A made-up user and what they own, over real assets and prices (`demo/*.jsonl`)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import UUID

from gateway.load.identity import asset_id, protocol_id, row_id, user_id, wallet_id
from gateway.load.source import Source
from gateway.load.sources.transactions import use_wallet
from gateway.load.values import RowRejectedError, normal_address, slugify

if TYPE_CHECKING:
    from gateway.load.batch import Batch
    from gateway.load.chains import Chain
    from gateway.load.source import Lookup
    from gateway.load.values import Row


def portfolio_id(email: str, name: str) -> UUID:
    """Id of a demo portfolio by its owner and name."""
    return row_id("portfolio", email.lower(), name)


def _user(row: Row, batch: Batch, lookup: Lookup) -> None:
    email = row.text("email")
    identity = user_id(email)
    record = {
        "id": identity,
        "email": email,
        "username": row.optional_text("username"),
        "display_name": row.optional_text("display_name"),
        "user_type": "retail",
    }
    batch.upsert("load_demo.upsert_users", identity, record)
    for position, wallet in enumerate(row.value("wallets") or ()):
        chain, address = _chain(wallet["chain"], lookup), wallet["address"]
        linked = use_wallet(batch, chain.id, normal_address(address, chain.id))
        link = {
            "user_id": identity,
            "wallet_id": linked,
            "label": wallet.get("label"),
            "is_primary": position == 0,
        }
        batch.upsert("load_demo.upsert_user_wallets", (identity, linked), link)


def _portfolio(row: Row, batch: Batch, lookup: Lookup) -> None:
    email, name = row.text("user"), row.text("name")
    identity = portfolio_id(email, name)
    record = {
        "id": identity,
        "user_id": user_id(email),
        "name": name,
        "description": row.optional_text("description"),
        "risk_profile": row.optional_text("risk_profile") or "moderate",
        "target_allocation": row.value("target_allocation") or {},
        "rebalancing_strategy": row.optional_text("rebalancing_strategy") or "monthly",
        "max_drawdown": row.optional_text("max_drawdown") or "0.2",
        "target_return": row.optional_text("target_return") or "0.15",
        "anonymity_level": "private",
        "is_default": bool(row.flag("is_default")),
    }
    batch.upsert("load_demo.upsert_portfolios", identity, record)
    for wallet in row.value("wallets") or ():
        chain = _chain(wallet["chain"], lookup)
        linked = use_wallet(batch, chain.id, normal_address(wallet["address"], chain.id))
        link = {"portfolio_id": identity, "wallet_id": linked}
        batch.upsert("load_demo.upsert_portfolio_wallets", (identity, linked), link)


def _strategy(row: Row, batch: Batch, _: Lookup) -> None:
    portfolio, name = portfolio_id(row.text("user"), row.text("portfolio")), row.text("name")
    identity = row_id("strategy", portfolio, name)
    record = {
        "id": identity,
        "portfolio_id": portfolio,
        "agent_slug": row.optional_text("agent"),
        "strategy_type": row.text("strategy_type"),
        "name": name,
        "parameters": row.value("parameters") or {},
    }
    batch.upsert("load_demo.upsert_strategies", identity, record)


def _position(row: Row, batch: Batch, lookup: Lookup) -> None:
    portfolio = portfolio_id(row.text("user"), row.text("portfolio"))
    chain = _chain(row.text("chain"), lookup)
    asset, kind = _asset(row.value("asset"), lookup), row.text("position_type")
    protocol = row.optional_text("protocol")
    wallet = row.optional_text("wallet")
    identity = row_id("position", portfolio, asset, kind, chain.id, protocol or "")
    record = {
        "id": identity,
        "portfolio_id": portfolio,
        "asset_id": asset,
        "position_type": kind,
        "chain_id": chain.id,
        "protocol_id": protocol_id(slugify(protocol)) if protocol else None,
        "wallet_id": wallet_id(chain.id, normal_address(wallet, chain.id)) if wallet else None,
        "quantity": str(row.decimal("quantity", 58)),
        "average_cost": row.optional_text("average_cost"),
        "metadata": row.value("metadata") or {},
        "first_acquired_at": row.moment("first_acquired_at"),
    }
    batch.upsert("load_demo.upsert_positions", identity, record)


def _ledger(row: Row, batch: Batch, lookup: Lookup) -> None:
    email, name = row.text("user"), row.text("portfolio")
    portfolio, at = portfolio_id(email, name), row.moment("occurred_at")
    chain = _chain(row.text("chain"), lookup)
    protocol, strategy = row.optional_text("protocol"), row.optional_text("strategy")
    identity = row_id("ledger", portfolio, at.isoformat(), row.text("tx_type"))
    record = {
        "id": identity,
        "portfolio_id": portfolio,
        "user_id": user_id(email),
        "strategy_id": row_id("strategy", portfolio, strategy) if strategy else None,
        "tx_type": row.text("tx_type"),
        "category": row.optional_text("category"),
        "chain_id": chain.id,
        "from_asset_id": _asset(row.value("from_asset"), lookup)
        if row.value("from_asset")
        else None,
        "from_amount": row.optional_text("from_amount"),
        "to_asset_id": _asset(row.value("to_asset"), lookup) if row.value("to_asset") else None,
        "to_amount": row.optional_text("to_amount"),
        "usd_value": row.optional_text("usd_value"),
        "protocol_id": protocol_id(slugify(protocol)) if protocol else None,
        "tags": row.value("tags") or [],
        "metadata": {"demo": True},
        "occurred_at": at,
    }
    batch.upsert("load_demo.upsert_transactions", identity, record)


def _chain(name: str, lookup: Lookup) -> Chain:
    chain = lookup.chains.find(name)
    if chain is None:
        raise RowRejectedError(f"chain {name!r} is unknown")
    return chain


def _asset(value: Any, lookup: Lookup) -> UUID:
    """Asset by ticker (`"ETH"`), or by contract (`{"chain": "base", "address": "0x…"}`)."""
    if isinstance(value, str):
        return lookup.coins.by_symbol(value).id
    if not isinstance(value, dict) or "chain" not in value:
        raise RowRejectedError(f"asset {value!r} is neither a ticker nor a contract")
    chain = _chain(value["chain"], lookup)
    address = value.get("address")
    return asset_id(chain.id, normal_address(address, chain.id) if address else None)


SOURCES = (
    Source("demo_users", "demo/users.jsonl", (), _user),
    Source("demo_portfolios", "demo/portfolios.jsonl", (), _portfolio),
    Source("demo_strategies", "demo/strategies.jsonl", (), _strategy),
    Source("demo_positions", "demo/positions.jsonl", (), _position),
    Source("demo_ledger", "demo/transactions.jsonl", (), _ledger),
)
