"""rp2's own answer to what was bought and sold, in a process of its own.

rp2 sets the decimal context of its thread and writes a log folder where it runs, so it is started
in a folder of its own. Reads JSON `{"folder", "method", "cases"}` from stdin, where a case is a
list of `[day, amount, cost, proceeds]`: a purchase has a cost, a sale has proceeds. Writes the
parts of each case's sales: `[place of the purchase, place of the sale, amount, cost, gain, whether
it is long-term]`.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

from prezzemolo.avl_tree import AVLTree
from rp2.accounting_engine import AccountingEngine
from rp2.configuration import MAX_DATE, MIN_DATE, Configuration
from rp2.in_transaction import InTransaction
from rp2.input_data import InputData
from rp2.out_transaction import OutTransaction
from rp2.plugin.country.us import US
from rp2.rp2_decimal import RP2Decimal
from rp2.tax_engine import compute_tax
from rp2.transaction_set import TransactionSet

_SETTINGS = """[general]
assets = COIN
exchanges = here
holders = me
[in_header]
timestamp = 0
[out_header]
timestamp = 0
[intra_header]
timestamp = 0
"""
_START = datetime(2020, 1, 1, tzinfo=UTC)


def main() -> None:
    """Answer what stdin asks."""
    asked = json.load(sys.stdin)
    settings = Path(asked["folder"]) / "rp2.ini"
    settings.write_text(_SETTINGS)
    configuration = Configuration(str(settings), US())
    method = import_module(f"rp2.plugin.accounting_method.{asked['method']}").AccountingMethod()
    json.dump([answer(configuration, method, case) for case in asked["cases"]], sys.stdout)


def answer(configuration: Configuration, method: Any, case: list[Any]) -> list[Any]:
    """The parts of the sales of one case."""
    bought, sold, moved = (
        TransactionSet(configuration, kind, "COIN", MIN_DATE, MAX_DATE)
        for kind in ("IN", "OUT", "INTRA")
    )
    for place, (day, amount, cost, proceeds) in enumerate(case):
        at = (_START + timedelta(days=day)).isoformat()
        units, row = RP2Decimal(amount), place + 1
        if cost is not None:
            price = RP2Decimal(cost) / units
            bought.add_entry(
                InTransaction(configuration, at, "COIN", "here", "me", "BUY", price, units,
                              fiat_in_no_fee=RP2Decimal(cost), row=row)
            )  # fmt: skip
        else:
            price = RP2Decimal(proceeds) / units
            sold.add_entry(
                OutTransaction(configuration, at, "COIN", "here", "me", "SELL", price, units,
                               RP2Decimal("0"), fiat_out_no_fee=RP2Decimal(proceeds), row=row)
            )  # fmt: skip
    years: AVLTree[int, Any] = AVLTree()
    years.insert_node(MIN_DATE.year, method)
    data = InputData("COIN", bought, sold, moved)
    computed: Any = compute_tax(configuration, AccountingEngine(years), data)
    return [
        [
            part.acquired_lot.row - 1, part.taxable_event.row - 1, str(part.crypto_amount),
            str(part.fiat_cost_basis), str(part.fiat_gain), part.is_long_term_capital_gains(),
        ]
        for part in computed.gain_loss_set
    ]  # fmt: skip


if __name__ == "__main__":
    main()
