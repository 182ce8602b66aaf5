"""What a bill is for the books: which OKX bill type is which line of the PnL (OKX v5, account/bills)."""

from __future__ import annotations

from enum import StrEnum


class Flow(StrEnum):
    """Lines of the books; every change of equity is on exactly one of them."""

    REALISED = "realised"
    FEES = "fees"
    FUNDING = "funding"
    INTEREST = "interest"
    FORCED = "forced"
    """Liquidation, ADL, delivery and claw-back: changes the venue makes by itself."""
    CONVERSION = "conversion"
    """One currency turned into another, and every kind of bill this table does not know."""
    TRANSFER = "transfer"
    NONE = "none"
    """No change of equity by itself: a trade (its fill is booked) or margin moved within the account."""


BILL_FLOWS = {
    "1": Flow.TRANSFER,
    "2": Flow.NONE,
    "3": Flow.FORCED,
    "5": Flow.FORCED,
    "6": Flow.NONE,
    "7": Flow.INTEREST,
    "8": Flow.FUNDING,
    "9": Flow.FORCED,
    "10": Flow.FORCED,
    "12": Flow.TRANSFER,
}
"""10 is claw-back; 12 moves money to and from a trading bot of the venue, which is no loss and no gain."""


def flow_of(bill_type: str) -> Flow:
    """Line of the books a bill belongs to; an unknown type counts as conversion, never as nothing."""
    return BILL_FLOWS.get(bill_type, Flow.CONVERSION)
