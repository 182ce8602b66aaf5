"""OKX's own fill ratio: volume traded for the new and amended orders it took, weighted by instrument.

    fill ratio = traded volume in USDT / sum of (new + amended orders) x weight of the instrument

The venue counts seven days and only requests it took; here it is a session, and refused requests count too
(docs/definitions.md, Activity and uptime).
"""

from __future__ import annotations

from okxmm_tui.core.account import DOLLARS
from okxmm_tui.core.instrument import Instrument

MAJORS = frozenset({"BTC", "ETH"})
WEIGHTS = {"SWAP": (1.0, 0.2), "FUTURES": (0.3, 0.1), "SPOT": (0.5, 0.1)}
"""Weight of an order by instrument type, for BTC and ETH and for all others (OKX v5, rate limits)."""
MAJOR_QUOTES = {
    "SWAP": frozenset({"USDT", "USD"}),
    "FUTURES": frozenset({"USDT", "USD"}),
    "SPOT": frozenset({"USDT"}),
}
"""Quote currencies that have the weight of the majors."""
LEAST = 0.1


def order_weight(instrument: Instrument) -> float:
    """What a new or amended order of an instrument counts for."""
    major, other = WEIGHTS.get(instrument.inst_type, (LEAST, LEAST))
    quotes = MAJOR_QUOTES.get(instrument.inst_type, frozenset())
    is_major = instrument.base_ccy in MAJORS and instrument.quote_ccy in quotes
    return major if is_major else other


def fill_ratio(instrument: Instrument, notional: float, orders: int) -> float | None:
    """Ratio of one market.

    Args:
        instrument: What was traded.
        notional: Traded, in quote currency.
        orders: New and amended ones.

    Returns:
        None before the first order, and where the notional is not in dollars.
    """
    if not orders or instrument.quote_ccy not in DOLLARS:
        return None
    return notional / (orders * order_weight(instrument))
