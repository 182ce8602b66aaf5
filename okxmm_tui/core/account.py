"""What the venue says of the account before a session starts."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.types import AccountLevel, PositionMode

DOLLARS = frozenset({"USDT", "USDC", "USD"})
"""Currencies that count as one."""


class FeeRates(Struct, frozen=True):
    """Rates per unit of notional; positive is paid, negative is a rebate (the opposite of the OKX sign)."""

    maker: Decimal
    taker: Decimal


class AccountFacts(Struct, frozen=True):
    """Label, modes and fee rates of the trading account."""

    label: str
    """The note of the API key: two accounts may have the same, and a new key another."""
    fees: dict[str, FeeRates]
    """By instrument id."""
    level: AccountLevel = AccountLevel.FUTURES
    position_mode: PositionMode = PositionMode.NET
    uid: str = ""
    """The account itself, whatever the key; empty where the venue does not say."""
