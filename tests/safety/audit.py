"""The books of engine and exchange side by side, to the last digit.

Three witnesses of the engine are held against the exchange's ledger: the journal on disk (every fill and bill
by its id), the books that outlive a session ("inception"), and what the running engine shows.
"""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from msgspec import Struct

from okxmm_tui.core.restored import LedgerState, SavedMarket
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store.books import read_books
from okxmm_tui.exchange.instruments import packaged_metadata, read_metadata
from tests.samples import INST, TAG

Row = Mapping[str, Any]
LISTINGS = read_metadata(packaged_metadata())
ZERO = Decimal(0)
TRADE, FORCED, FUNDING = "2", ("5", "9"), "8"
"""Bill types (OKX v5, account/bills)."""


class Shown(Struct, frozen=True):
    """What the running engine shows at the end."""

    position: Decimal
    """Contracts."""
    cash: dict[str, Decimal]
    """By currency."""
    working: frozenset[str]
    """Client ids of the orders it works with."""


def shown(reducer: Reducer, inst_id: str = INST) -> Shown:
    """What an engine holds for true."""
    market = reducer.session.markets[inst_id]
    return Shown(
        position=market.instrument.size(market.position_lots),
        cash={ccy: balance.cash for ccy, balance in reducer.session.balances.items()},
        working=frozenset(order.cl_ord_id for order in market.orders.working),
    )


class Recorded(Struct, frozen=True):
    """What the journal holds of the account."""

    fills: list[tuple[str, Decimal, Decimal]]
    """Trade id, fee, size."""
    bills: dict[str, tuple[str, str, Decimal]]
    """Type, currency and change by id."""
    inception: LedgerState | None
    """Saved books; None while there are none."""


def read_recorded(connection: sqlite3.Connection, inst_id: str = INST) -> Recorded:
    """Read a journal of one account."""
    fills = connection.execute("SELECT trade_id, fee, size FROM fills WHERE inst_id = ?", (inst_id,))
    bills = connection.execute("SELECT bill_id, bill_type, ccy, change FROM bills")
    row = connection.execute("SELECT state, crc FROM books WHERE scope LIKE ?", (f"%/{inst_id}",)).fetchone()
    saved = read_books(row[0], row[1], SavedMarket) if row is not None else None
    return Recorded(
        fills=[(str(trade_id), Decimal(fee), Decimal(size)) for trade_id, fee, size in fills],
        bills={str(bill_id): (kind, ccy, Decimal(change)) for bill_id, kind, ccy, change in bills},
        inception=saved.ledger if saved is not None else None,
    )


class Account:
    """The exchange's ledger, as far as it concerns one engine."""

    def __init__(self, ledger: Row, inst_id: str = INST) -> None:
        self.ledger = ledger
        self.inst_id = inst_id
        self.fills = [row for row in ledger["fills"] if row["instId"] == inst_id]
        self.own = [row for row in self.fills if row["tag"] == TAG]
        """Fills under our tag: of orders the engine placed, or of a stranger who used it."""
        rows = [row for row in ledger["positions"] if row["instId"] == inst_id]
        self.position = _sum(row["pos"] for row in rows)
        self.live = {
            row["clOrdId"] or row["ordId"]
            for row in ledger["orders"]
            if row["isPending"] and row["tag"] == TAG
        }
        self.lot_size = LISTINGS[inst_id].instrument.lot_size
        self.cash = {row["ccy"]: Decimal(row["cash"]) for row in ledger["balances"]}

    def size(self, side: str) -> Decimal:
        """What our fills of a side add up to."""
        return _sum(row["fillSz"] for row in self.own if row["side"] == side)

    def bills(self, *kinds: str) -> dict[str, Decimal]:
        """Changes of the instrument's settlement currency by bill id, of some types."""
        return {
            row["billId"]: Decimal(row["balChg"])
            for row in self.ledger["bills"]
            if row["type"] in kinds and row["instId"] == self.inst_id
        }

    @property
    def other_bills(self) -> set[str]:
        """Bills that are no trade's."""
        return {row["billId"] for row in self.ledger["bills"] if row["type"] != TRADE}


def running_differences(shown: Shown, account: Account) -> list[str]:
    """What the engine shows against the ledger; both move on, so one look without a difference is enough."""
    return _unequal(
        ("position", shown.position, account.position),
        ("orders", sorted(shown.working), sorted(account.live)),
        *(
            (f"cash {ccy}", shown.cash.get(ccy, ZERO), account.cash.get(ccy, ZERO))
            for ccy in sorted({*shown.cash, *account.cash})
        ),
    )


def recorded_differences(recorded: Recorded, account: Account) -> list[str]:
    """What is on disk at the end against the ledger; empty when every figure is equal to the last digit."""
    own = {row["tradeId"]: Decimal(row["fee"]) for row in account.own}
    journal = Counter(trade_id for trade_id, _, _ in recorded.fills)
    found = _unequal(
        ("fills lost", [], sorted(own.keys() - journal.keys())),
        ("fills of nobody", [], sorted(journal.keys() - own.keys())),
        ("fills twice", [], sorted(each for each, times in journal.items() if times > 1)),
        ("fees, journal", _sum(fee for _, fee, _ in recorded.fills), _sum(own.values())),
        ("bills lost", [], sorted(account.other_bills - recorded.bills.keys())),
    )
    return found + _inception_differences(recorded.inception, account)


def _inception_differences(books: LedgerState | None, account: Account) -> list[str]:
    if books is None:
        return ["inception: no saved books"]
    totals, realised = books.inception, _sum(row["fillPnl"] for row in account.own)
    # The exchange nets trades of others into the cost at once, the engine when it takes the position over.
    is_alone = len(account.own) == len(account.fills)
    return _unequal(
        ("realised, inception", totals.realised if is_alone else realised, realised),
        ("fills, inception", totals.fills, len(account.own)),
        ("fees, inception", totals.fees, _sum(row["fee"] for row in account.own)),
        ("bought, inception", totals.bought, account.size("buy")),
        ("sold, inception", totals.sold, account.size("sell")),
        ("funding, inception", totals.funding, _sum(account.bills(FUNDING).values())),
        ("forced, inception", totals.forced, _sum(account.bills(*FORCED).values())),
    )


def _unequal(*pairs: tuple[str, object, object]) -> list[str]:
    return [f"{name}: engine {ours}, exchange {theirs}" for name, ours, theirs in pairs if ours != theirs]


def _sum(amounts: Iterable[str | Decimal]) -> Decimal:
    return sum((Decimal(each) for each in amounts), ZERO)
