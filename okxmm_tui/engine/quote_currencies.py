"""One currency for every limit: markets whose figures cannot be added up are not traded together."""

from __future__ import annotations

from collections.abc import Iterable

from okxmm_tui.core.account import DOLLARS
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.errors import UsageError


def require_one(instruments: Iterable[Instrument]) -> None:
    """Check that PnL and exposure of all markets are in one currency; dollars of every make count as one.

    Raises:
        UsageError: They are not: a loss of 0.5 BTC would count as half a dollar of the limit.
    """
    by_quote = {_counted_as(each): each for each in instruments}
    if len(by_quote) > 1:
        named = " and ".join(f"{each.inst_id} in {each.quote_ccy}" for each in by_quote.values())
        raise UsageError(
            f"Limits and losses are one figure, but {named} are quoted differently.",
            "Trade them in sessions of their own, each with its own --state-dir and tag.",
        )


def _counted_as(instrument: Instrument) -> str:
    return "USD" if instrument.quote_ccy in DOLLARS else instrument.quote_ccy
