"""Traders and their record; what the viewer follows and copied; who is best."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest

from stores.lifecycle import Stores
from stores.queries import Statement
from stores.redis import keys as redis_keys
from stores.redis.client import Redis
from tests.resolvers.graph import ask, kinds_of_calls
from tests.resolvers.trading.conftest import (
    ALICE,
    AWAY,
    BOB,
    DAY,
    DOLLAR,
    ETHER,
    HOME,
    MANY,
    NOW,
    SEARCHER,
    SIGNED_IN,
    STRANGER,
    VICTIM,
    at_noon,
    global_id,
    hash_of,
)

STAR, RETIRED, RANKED = uuid4(), uuid4(), [uuid4() for _ in MANY]
MY_FOLLOW, HIS_FOLLOW = uuid4(), uuid4()
COPIED, CLOSED, WAITING, HIS_COPY = uuid4(), uuid4(), uuid4(), uuid4()
# Above what other tests may leave on the board.
MUCH = Decimal(10) ** 15


@pytest.fixture(scope="module", autouse=True)
async def traders(worker_stores: Stores) -> AsyncIterator[None]:
    """A star, one who stopped, a hundred of equal profit; Alice follows and copied the star."""
    postgres = worker_stores.postgres
    columns = ("id", "wallet_id", "display_name", "total_pnl_usd", "win_rate", "is_active")
    await postgres.copy_rows(
        "trading.traders",
        (*columns, "total_trades", "max_drawdown", "sharpe_ratio", "follower_count"),
        [
            (STAR, SEARCHER, "Star", MUCH * 3, Decimal("0.625"), True, 40, Decimal("0.2"), 2, 7),
            (RETIRED, VICTIM, None, MUCH * 9, None, False, 0, None, None, 0),
            *(
                (key, wallet, f"T{n:03}", MUCH if n else None, None, True, n, None, None, 0)
                for n, (key, wallet) in enumerate(zip(RANKED, MANY, strict=True))
            ),
        ],
    )
    await postgres.copy_rows(
        "trading.trader_follows",
        ("id", "user_id", "trader_id", "is_copying", "copy_share_pct", "max_trade_usd"),
        [
            (MY_FOLLOW, ALICE, STAR, True, Decimal(10), Decimal(250)),
            (HIS_FOLLOW, BOB, STAR, False, None, None),
        ],
    )
    names = ("id", "user_id", "trader_id", "chain_id", "source_tx_hash", "status", "executed_at")
    await postgres.copy_rows(
        "trading.copy_trades",
        (*names, "asset_in_id", "asset_out_id", "amount_in", "amount_out", "pnl_usd"),
        [
            (COPIED, ALICE, STAR, HOME, hash_of(1), "executed", NOW, ETHER, DOLLAR, 1, 2000, None),
            (
                *(CLOSED, ALICE, STAR, HOME, hash_of(2), "executed", DAY),
                *(ETHER, DOLLAR, Decimal("0.5"), 900, Decimal("-12.5")),
            ),
            (WAITING, ALICE, STAR, AWAY, hash_of(3), "pending", None, *[None] * 5),
            (uuid4(), ALICE, STAR, AWAY, hash_of(4), "skipped", None, *[None] * 5),
            (HIS_COPY, BOB, STAR, HOME, hash_of(1), "failed", NOW, *[None] * 5),
        ],
    )
    figures = ("ts", "trader_id", "pnl_usd", "roi", "win_rate", "trades", "volume_usd")
    await worker_stores.clickhouse.insert(
        "trader_performance",
        (*figures, "max_drawdown"),
        [
            (DAY, STAR, Decimal(100), 0.1, 0.5, 2, Decimal(1000), 0.05),
            (DAY + timedelta(hours=5), STAR, Decimal(150), None, 0.6, 3, None, 0.1),
            (DAY + timedelta(days=2), STAR, Decimal("90.25"), -0.2, 0.5, 4, Decimal(2000), 0.4),
        ],
    )
    await _refresh(worker_stores)
    yield
    for table in ("trading.copy_trades", "trading.trader_follows"):
        text = f"DELETE FROM {table} WHERE trader_id = $1"
        await postgres.execute(Statement("tidy", text, ("key",), "exec"), STAR)
    text = "DELETE FROM trading.traders WHERE id = ANY($1::uuid[])"
    await postgres.execute(Statement("tidy", text, ("ids",), "exec"), [STAR, RETIRED, *RANKED])
    await _refresh(worker_stores)


async def _refresh(stores: Stores) -> None:
    text = "REFRESH MATERIALIZED VIEW trading.top_traders_leaderboard"
    await stores.postgres.execute(Statement("refresh", text, (), "exec"))


TRADER = """query ($id: ID!) { trader(id: $id) { displayName totalPnlUsd winRate followerCount
  totalTrades maxDrawdown sharpeRatio isActive wallet { address trader { displayName } }
  follow { isCopying } copies { totalCount { value } } } }"""


async def test_a_trader_has_a_record_and_the_viewer_their_own_part(stores: Stores) -> None:
    mine = await ask(stores, TRADER, viewer=SIGNED_IN, id=global_id("Trader", STAR))
    his = await ask(stores, TRADER, viewer=STRANGER, id=global_id("Trader", STAR))

    assert (mine.errors, his.errors) == ([], [])
    trader, other = mine.data["trader"], his.data["trader"]
    assert (trader.pop("follow"), trader.pop("copies")) == (
        {"isCopying": True},
        {"totalCount": {"value": 4}},
    )
    assert (other.pop("follow"), other.pop("copies")) == (
        {"isCopying": False},
        {"totalCount": {"value": 1}},
    )
    assert trader == other
    wallet = trader.pop("wallet")
    assert wallet["trader"] == {"displayName": "Star"}
    assert trader == {
        "displayName": "Star",
        "totalPnlUsd": "3000000000000000.00000000",
        "winRate": "0.6250",
        # Seven were known before; two follow it here.
        "followerCount": "9",
        "totalTrades": "40",
        "maxDrawdown": "0.2000",
        "sharpeRatio": "2.000000",
        "isActive": True,
    }


async def test_nobody_signed_in_sees_the_record_and_nothing_of_others(stores: Stores) -> None:
    answer = await ask(stores, TRADER, id=global_id("Trader", STAR))

    assert answer.data["trader"]["displayName"] == "Star"
    assert (answer.data["trader"]["follow"], answer.data["trader"]["copies"]) == (None, None)
    assert answer.codes == [
        ("trader.follow", "UNAUTHENTICATED"),
        ("trader.copies", "UNAUTHENTICATED"),
    ]
    assert not [name for _, name in answer.statements if "follows" in name or "copy" in name]


PERFORMANCE = """query ($id: ID!, $start: DateTime!, $end: DateTime!, $fill: Fill!) {
  trader(id: $id) { performance(from: $start, to: $end, fill: $fill) {
    t pnlUsd roi winRate trades volumeUsd maxDrawdown points { t pnlUsd trades } } } }"""
THREE_DAYS: dict[str, Any] = {
    "start": DAY.isoformat(),
    "end": (DAY + timedelta(days=3)).isoformat(),
}


async def test_performance_is_the_last_known_of_each_day(stores: Stores) -> None:
    answer = await ask(
        stores,
        PERFORMANCE,
        context=at_noon(stores),
        id=global_id("Trader", STAR),
        fill="PREVIOUS",
        **THREE_DAYS,
    )

    assert not answer.errors
    found = answer.data["trader"]["performance"]
    # Nothing was measured on the second day; the second figure of the first knew no return.
    assert found["pnlUsd"] == ["150.00000000", "150.00000000", "90.25000000"]
    assert found["roi"] == ["0.1", "0.1", "-0.2"]
    assert found["winRate"] == ["0.6", "0.6", "0.5"]
    assert found["trades"] == ["3", "3", "4"]
    assert found["volumeUsd"] == ["1000.00000000", "1000.00000000", "2000.00000000"]
    assert found["maxDrawdown"] == ["0.1", "0.1", "0.4"]
    assert found["points"][2] == {
        "t": "2025-05-07T00:00:00Z",
        "pnlUsd": "90.25000000",
        "trades": "4",
    }


async def test_losing_everything_is_not_guessed(stores: Stores) -> None:
    answer = await ask(stores, PERFORMANCE, id=global_id("Trader", STAR), fill="ZERO", **THREE_DAYS)

    assert answer.codes == [("trader.performance", "BAD_USER_INPUT")]


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_statements_do_not_grow_with_traders(stores: Stores, count: int) -> None:
    answer = await ask(
        stores,
        """query ($ids: [ID!]!, $count: Int!) { traders(first: $count, where: {id: {in: $ids}},
             orderBy: [{field: DISPLAY_NAME}]) { nodes { displayName performance { t }
               wallet { address trader { id } } follow { id } copies { nodes { id } } } } }""",
        viewer=SIGNED_IN,
        ids=[global_id("Trader", key) for key in RANKED],
        count=count,
    )

    assert not answer.errors
    nodes = answer.data["traders"]["nodes"]
    assert [node["displayName"] for node in nodes] == [f"T{n:03}" for n in range(count)]
    assert kinds_of_calls(answer) == ["clickhouse", *["postgres"] * 5]


FOLLOWS = """query { traderFollows { nodes { id isCopying copySharePct maxTradeUsd maxDailyUsd
  maxSlippagePct version trader { displayName }
  totals { copies pending executed skipped failed closed pnlUsd }
  copies { nodes { id status sourceTxHash amountIn amountOut pnlUsd executedAt
    chain { name } assetIn { symbol } assetOut { symbol } trader { displayName } } } } } }"""


async def test_what_is_followed_says_what_copies_came_to(stores: Stores) -> None:
    answer = await ask(stores, FOLLOWS, viewer=SIGNED_IN)

    assert not answer.errors
    (follow,) = answer.data["traderFollows"]["nodes"]
    copies = follow.pop("copies")["nodes"]
    assert follow == {
        "id": global_id("TraderFollow", MY_FOLLOW),
        "isCopying": True,
        "copySharePct": "10.000000",
        "maxTradeUsd": "250.00000000",
        "maxDailyUsd": None,
        "maxSlippagePct": "0.500000",
        "version": 1,
        "trader": {"displayName": "Star"},
        "totals": {
            "copies": 4,
            "pending": 1,
            "executed": 2,
            "skipped": 1,
            "failed": 0,
            "closed": 1,
            "pnlUsd": "-12.50000000",
        },
    }
    # Newest first; those not made yet last.
    assert [copy["id"] for copy in copies[:2]] == [
        global_id("CopyTrade", key) for key in (COPIED, CLOSED)
    ]
    assert {copy["status"] for copy in copies[2:]} == {"PENDING", "SKIPPED"}
    assert {
        name: copies[1][name] for name in ("amountIn", "amountOut", "pnlUsd", "executedAt")
    } == {
        "amountIn": "0.500000000000000000",
        "amountOut": "900.000000000000000000",
        "pnlUsd": "-12.50000000",
        "executedAt": "2025-05-05T00:00:00Z",
    }
    assert (copies[0]["assetIn"], copies[0]["assetOut"], copies[0]["chain"]) == (
        {"symbol": "TWETH"},
        {"symbol": "TUSDC"},
        {"name": "Home"},
    )


EVERY_WAY = """query ($follow: ID!, $copy: ID!) {
  traderFollow(id: $follow) { isCopying }
  traderFollows(where: {id: {eq: $follow}}) { totalCount { value } nodes { isCopying } }
  copyTrade(id: $copy) { status }
  copyTrades(where: {id: {eq: $copy}}) { totalCount { value } nodes { status } }
  nodes(ids: [$follow, $copy]) { id } }"""


async def test_a_strangers_follow_and_copy_are_as_good_as_none(stores: Stores) -> None:
    answers = [
        await ask(
            stores,
            EVERY_WAY,
            viewer=STRANGER,
            follow=global_id("TraderFollow", follow),
            copy=global_id("CopyTrade", copy),
        )
        for follow, copy in ((MY_FOLLOW, COPIED), (uuid4(), uuid4()))
    ]

    nothing: dict[str, Any] = {"totalCount": {"value": 0}, "nodes": []}
    assert answers[0].errors == []
    assert answers[0].data == {
        "traderFollow": None,
        "traderFollows": nothing,
        "copyTrade": None,
        "copyTrades": nothing,
        "nodes": [None, None],
    }
    assert answers[0].data == answers[1].data
    assert answers[0].statements == answers[1].statements


async def test_nobody_signed_in_reads_no_follow(stores: Stores) -> None:
    answer = await ask(
        stores,
        EVERY_WAY,
        follow=global_id("TraderFollow", MY_FOLLOW),
        copy=global_id("CopyTrade", COPIED),
    )

    assert set(answer.data) - {name for name, value in answer.data.items() if value is None} == {
        "nodes"
    }
    assert answer.data["nodes"] == [None, None]
    assert {code for _, code in answer.codes} == {"UNAUTHENTICATED"}
    assert answer.statements == []


async def test_copies_of_a_foreign_key_are_none_even_in_the_query(stores: Stores) -> None:
    from resolvers.trading.traders import copied

    found = await copied(at_noon(stores, replace(STRANGER, user_id=uuid4())), [STAR])
    assert found == {}


BOARD = """query ($first: Int!) { traderLeaderboard(first: $first) { rank score
  trader { id displayName isActive } } }"""


@pytest.fixture
async def board(stores: Stores) -> AsyncIterator[list[UUID]]:
    """A live board: a tie at the top, one who stopped, one who is not listed."""
    tied = sorted(RANKED[10:13])
    key = redis_keys.key("leaderboard", board="traders")
    scores = {str(RETIRED): -900.0, str(uuid4()): -800.0, str(RANKED[20]): -10.5, "no id": -5.0}
    scores |= {str(trader): -700.0 for trader in tied}
    await stores.redis.commands.zadd(key, scores)
    yield tied
    await stores.redis.commands.delete(key)


async def test_the_live_board_breaks_ties_by_id(stores: Stores, board: list[UUID]) -> None:
    answer = await ask(stores, BOARD, first=4)
    shorter = await ask(stores, BOARD, first=2)

    assert (answer.errors, shorter.errors) == ([], [])
    rows = answer.data["traderLeaderboard"]
    assert [(row["rank"], row["score"]) for row in rows] == [
        (1, "700.0"),
        (2, "700.0"),
        (3, "700.0"),
        (4, "10.5"),
    ]
    # Who may not be copied any more, or is not listed, has no place.
    expected = [global_id("Trader", key) for key in (*board, RANKED[20])]
    assert [row["trader"]["id"] for row in rows] == expected
    # A shorter board is the beginning of a longer one, though the tie is cut.
    assert shorter.data["traderLeaderboard"] == rows[:2]
    assert kinds_of_calls(answer) == ["postgres", "postgres", "redis"]


async def _without_redis(stores: Stores) -> Any:
    nobody = Redis("redis://127.0.0.1:9/0")
    answer = await ask(replace(stores, redis=nobody), BOARD, first=100)
    await nobody.close()
    assert not answer.errors
    return answer.data["traderLeaderboard"]


async def test_without_a_live_board_the_last_refresh_stands(stores: Stores) -> None:
    answer = await ask(stores, BOARD, first=100)

    assert not answer.errors
    rows = answer.data["traderLeaderboard"]
    assert rows == await _without_redis(stores)
    best = [row["trader"]["id"] for row in rows]
    # The star, then the tie by id; the one who stopped has no place.
    tied = sorted(RANKED[1:])
    assert best[:100] == [global_id("Trader", key) for key in (STAR, *tied)]
    assert rows[0]["score"] == "3000000000000000.00000000"
    assert [row["rank"] for row in rows] == list(range(1, len(rows) + 1))


async def test_a_board_has_bounds(stores: Stores) -> None:
    for first in (0, 101):
        answer = await ask(stores, BOARD, first=first)
        assert answer.codes == [("traderLeaderboard", "BAD_USER_INPUT")]
        assert answer.statements == []


async def test_no_field_of_a_trader_leads_to_a_user() -> None:
    from tests.resolvers.graph import graph

    shown = graph().as_str()
    for name in ("Trader", "RankedTrader", "TraderPerformance", "MevEvent", "Wallet"):
        body = shown.partition(f"\ntype {name} ")[2].partition("\n}")[0]
        assert body
        assert "userId" not in body
        assert ": User" not in body
