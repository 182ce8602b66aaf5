"""What the venue says of the account before a session starts."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct


class AccountFacts(Struct, frozen=True):
    """Label and fee rates of the trading account."""

    label: str
    maker_fee: Decimal
    """Per unit of notional; positive is paid, negative is a rebate (the opposite of the OKX sign)."""
    taker_fee: Decimal
