"""How an order must be written for an instrument, an account level and a position mode.

Pure. OKX v5, "Place order" and the table of account modes: a word that does not fit is refused with 51000 or
51010, so what cannot be traded is refused before the session starts.
"""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import AccountLevel, PositionMode
from okxmm_tui.errors import UsageError

CASH = "cash"
CROSS = "cross"
SIZE_IN_BASE = "base_ccy"
DERIVATIVES = frozenset({"SWAP", "FUTURES"})
SETTINGS = "in the OKX trading settings"
DEFAULT_ACCOUNT = AccountFacts("", {})
"""Futures mode with net positions."""


class TradeMode(Struct, frozen=True):
    """Fields of a place request that follow from instrument and account; empty ones are not sent."""

    td_mode: str
    """``cash`` or ``cross``; isolated margin is never used."""
    ccy: str = ""
    """Margin currency: needed for margin trades alone, which this program does not make."""
    tgt_ccy: str = ""
    """Unit of ``sz`` for spot, said outright because the venue's default differs between buy and sell."""
    has_position_side: bool = False
    """Whether ``posSide`` must name long or short; reduceOnly is then implied and not sent."""


def trade_mode(instrument: Instrument, level: AccountLevel, position_mode: PositionMode) -> TradeMode:
    """Find the mode of an instrument.

    Raises:
        UsageError: The account cannot trade it; says why, and what to change.
    """
    if instrument.inst_type not in DERIVATIVES and not instrument.is_spot:
        raise UsageError(
            f"{instrument.inst_id} is of type {instrument.inst_type or 'unknown'}, which is not supported.",
            "Trade spot pairs, swaps and dated futures.",
        )
    if level is AccountLevel.PORTFOLIO and position_mode is PositionMode.LONG_SHORT:
        raise UsageError(
            "The account is in Portfolio margin mode with long and short apart, which OKX does not offer.",
            f"Choose the one-way (net) position mode {SETTINGS}.",
        )
    if instrument.is_spot:
        has_margin = level in {AccountLevel.MULTI_CURRENCY, AccountLevel.PORTFOLIO}
        return TradeMode(CROSS if has_margin else CASH, tgt_ccy=SIZE_IN_BASE)
    if level is AccountLevel.SPOT:
        raise UsageError(
            f"{instrument.inst_id} cannot be traded: the account is in Spot mode, which has no derivatives.",
            f"Choose Futures mode or higher {SETTINGS}, or trade a spot pair.",
        )
    return TradeMode(CROSS, has_position_side=position_mode is PositionMode.LONG_SHORT)


def mode_of(instrument: Instrument, account: AccountFacts) -> TradeMode:
    """Find the mode of an instrument for an account.

    Raises:
        UsageError: As :func:`trade_mode`.
    """
    return trade_mode(instrument, account.level, account.position_mode)
