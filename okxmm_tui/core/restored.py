"""What a session takes up from the ones before it on the same account; part of its first event."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.recent import Step
from okxmm_tui.core.accounting.totals import Totals


class LedgerState(Struct, frozen=True):
    """All that must outlive a session for the figures since inception and since midnight."""

    inst_id: str
    quantity: Decimal
    basis: Decimal
    inception: Totals
    day: Totals
    day_number: int
    trade_ids: tuple[str, ...]
    bill_ids: tuple[str, ...]
    other_fees: dict[str, Decimal]
    recent: tuple[Step, ...] = ()
    """The last fills, for one that comes late."""
    lot: Decimal = Decimal(0)
    """What a lot was worth, in units of the position, when they were booked."""


class SavedMarket(Struct, frozen=True):
    """The books of one instrument as they were saved."""

    session_id: int
    at_ns: int
    """Session, and time of the reducer's step after which they were taken."""
    ledger: LedgerState
    complete_to_ms: int
    """The venue's lists had been read up to this time (Unix ms): reading goes on here."""
    long_lots: int = 0
    short_lots: int = 0
    """What was held on each side where the account keeps them apart."""
    base_change: Decimal | None = None
    """Spot: change of the base balance since the account was taken over."""
    quote_change: Decimal = Decimal(0)
    taken_base: Decimal = Decimal(0)
    """Spot: base balance taken over, bills since then included."""
    seen_bills: tuple[str, ...] = ()
    """Newest bills of the account that were counted, oldest first."""


class SavedDay(Struct, frozen=True):
    """The account's PnL of one UTC day."""

    day_number: int
    """Days since 1970."""
    settled_quote: Decimal
    """PnL of the day without what was unrealised when it was saved: open positions carry that on."""
    high_quote: Decimal
    """Highest PnL of the day, unrealised included."""


class LeftOrder(Struct, frozen=True):
    """An order that was not proven gone when its session ended."""

    session_id: int
    inst_id: str
    cl_ord_id: str


class Restored(Struct, frozen=True):
    """All of it; markets without saved books begin with what the venue holds."""

    markets: tuple[SavedMarket, ...] = ()
    day: SavedDay | None = None
    orders: tuple[LeftOrder, ...] = ()
    halted: str = ""
    """Why the account was HALTED, if nobody has resumed since; a restart lifts no kill."""

    def market(self, inst_id: str) -> SavedMarket | None:
        """Saved books of an instrument; None when there are none."""
        return next((each for each in self.markets if each.ledger.inst_id == inst_id), None)
