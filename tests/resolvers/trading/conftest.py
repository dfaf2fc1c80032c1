"""A small market on two chains, every figure of it checked by hand."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

import pytest

from resolvers.context import RequestContext, Viewer
from resolvers.permissions import Tier
from stores.lifecycle import Stores
from stores.queries import Statement
from tests.resolvers.graph import ask

HOME, AWAY, QUIET = 920_601, 920_602, -920_603
EXCHANGE, OTHER_EXCHANGE = uuid4(), uuid4()
COIN, ETHER, DOLLAR, EURO, DUST = (uuid4() for _ in range(5))
ALICE, BOB, CAROL = uuid4(), uuid4(), uuid4()
FAST, SLOW, GONE = uuid4(), uuid4(), uuid4()
SEARCHER, VICTIM = uuid4(), uuid4()
MANY: Final = [uuid4() for _ in range(100)]
DAY: Final = datetime(2025, 5, 5, tzinfo=UTC)
NOW: Final = DAY + timedelta(days=3)
SIGNED_IN: Final = Viewer(ALICE, "user", tier=Tier.PRO)
STRANGER: Final = Viewer(BOB, "user", tier=Tier.PRO)


def address_of(key: UUID) -> str:
    """An address made of an id."""
    return f"0x{key.hex}00000000"


def hash_of(number: int) -> str:
    """A transaction hash."""
    return f"0x{number:064x}"


def milliseconds_ago(seconds: int) -> int:
    """Unix milliseconds, so many seconds before the known time."""
    return int((NOW - timedelta(seconds=seconds)).timestamp() * 1000)


def global_id(name: str, key: UUID) -> str:
    """The global id of a row."""
    return base64.urlsafe_b64encode(f"{name}:{key}".encode()).rstrip(b"=").decode()


def at_noon(stores: Stores, viewer: Viewer | None = None) -> RequestContext:
    """A request at a known time."""
    return RequestContext(viewer or Viewer(), stores, clock=lambda: NOW, trace=[])


async def rows_of(stores: Stores, text: str, *values: object) -> list[Any]:
    """Rows as a job would read them."""
    names = tuple(f"v{place}" for place in range(len(values)))
    found: list[Any] = await stores.postgres.fetch(Statement("rows", text, names), *values)
    return found


@pytest.fixture(scope="session", autouse=True)
async def market(worker_stores: Stores) -> None:
    """Chains, assets, exchanges, bridges, wallets and users."""
    postgres = worker_stores.postgres
    await postgres.copy_rows("account.users", ("id",), [(ALICE,), (BOB,), (CAROL,)])
    await postgres.copy_rows(
        "catalog.chains",
        ("id", "caip2", "slug", "name", "is_evm"),
        [
            (HOME, f"eip155:{HOME}", f"home-{HOME}", "Home", True),
            (AWAY, f"eip155:{AWAY}", f"away-{AWAY}", "Away", True),
            (QUIET, f"quiet:{-QUIET}", f"quiet{QUIET}", "Quiet", False),
        ],
    )
    await postgres.copy_rows(
        "catalog.assets",
        ("id", "symbol", "name", "chain_id", "contract_address", "decimals"),
        [
            (COIN, "TCOIN", "Coin", HOME, None, 18),
            (ETHER, "TWETH", "Ether", HOME, address_of(ETHER), 18),
            (DOLLAR, "TUSDC", "Dollar", HOME, address_of(DOLLAR), 6),
            (EURO, "TEURC", "Euro", HOME, address_of(EURO), 6),
            (DUST, "TDUST", "Dust", HOME, address_of(DUST), None),
        ],
    )
    await postgres.execute(
        Statement(
            "native",
            "UPDATE catalog.chains SET native_asset_id = $1 WHERE id = $2",
            ("asset", "chain"),
            "exec",
        ),
        COIN,
        HOME,
    )
    await postgres.copy_rows(
        "catalog.protocols",
        ("id", "slug", "name", "category"),
        [
            (EXCHANGE, f"swap-{EXCHANGE}", "Swap", "Dexes"),
            (OTHER_EXCHANGE, f"trade-{OTHER_EXCHANGE}", "Trade", "Dexes"),
        ],
    )
    await postgres.copy_rows(
        "catalog.bridges",
        ("id", "slug", "name", "chain_ids", "is_active"),
        [
            (FAST, f"fast-{FAST}", "Fast", [HOME, AWAY], True),
            (SLOW, f"slow-{SLOW}", "Slow", [HOME, AWAY], True),
            (GONE, f"gone-{GONE}", "Gone", [HOME, AWAY], False),
        ],
    )
    await postgres.copy_rows(
        "catalog.wallets",
        ("id", "chain_id", "address"),
        [
            *((key, HOME, address_of(key)) for key in (SEARCHER, VICTIM)),
            *((key, AWAY, address_of(key)) for key in MANY),
        ],
    )


@pytest.fixture
async def alice(worker_stores: Stores) -> Viewer:
    """A user of the test's own, who pays for copies."""
    return await _user(worker_stores)


@pytest.fixture
async def bob(worker_stores: Stores) -> Viewer:
    """Another one."""
    return await _user(worker_stores)


async def _user(stores: Stores) -> Viewer:
    user = uuid4()
    await stores.postgres.copy_rows("account.users", ("id",), [(user,)])
    return Viewer(user, "user", tier=Tier.PRO)


async def change(stores: Stores, name: str, viewer: Viewer, asked: str, **input: Any) -> Any:
    """What came of a mutation with a single input."""
    kind = f"{name[0].upper()}{name[1:]}Input"
    query = f"mutation ($input: {kind}!) {{ {name}(input: $input) {{ {asked} }} }}"
    answer = await ask(stores, query, viewer=viewer, input=input)
    assert not answer.errors
    return answer.data[name]


def errors_of(found: dict[str, Any]) -> list[tuple[str, str]]:
    """Paths and codes of user errors."""
    return [(".".join(each["field"]), each["code"]) for each in found["userErrors"]]
