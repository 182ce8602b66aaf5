"""Freeze: nothing new goes out, and what rests may only move away or go (reaction B).

One mechanism for every milder doubt: whoever has one sets a reason under a key of its own and clears it when
its proof holds. Reactions of kind A, pulling the quotes, come from ``Reducer._block`` and are stronger. Which
fault asks for which is in tests/safety/README.md.
"""

from __future__ import annotations

from okxmm_tui.core.types import Side
from okxmm_tui.engine.market import Market
from okxmm_tui.strategies.base import Quote


class Freezes:
    """Standing reasons by key; an empty instrument id holds for every market."""

    def __init__(self) -> None:
        self._reasons: dict[tuple[str, str], str] = {}

    def set(self, key: str, reason: str, inst_id: str = "") -> bool:
        """Freeze, or renew the reason; True when it is news."""
        is_news = (inst_id, key) not in self._reasons
        self._reasons[inst_id, key] = reason
        return is_news

    def clear(self, key: str, inst_id: str = "") -> bool:
        """The doubt has gone; True when it stood."""
        return self._reasons.pop((inst_id, key), None) is not None

    def reason(self, inst_id: str) -> str:
        """Why a market is frozen, oldest doubt first; empty when it is not."""
        for (scope, _), reason in self._reasons.items():
            if scope in {"", inst_id}:
                return reason
        return ""


def only_away(market: Market, side: Side, quotes: tuple[Quote, ...]) -> tuple[Quote, ...]:
    """Quotes for the orders that rest, each at its place or further away; none for a new order.

    Args:
        market: Whose orders.
        side: Which of them.
        quotes: What would be wanted without the doubt, best price first.
    """
    orders = [order for order in market.orders.side(side) if not (order.is_closing or order.is_manual)]
    orders.sort(key=lambda order: -side.sign * order.price_ticks)
    kept: list[Quote] = []
    for order, quote in zip(orders, quotes, strict=False):
        away = min if side is Side.BUY else max
        price_ticks = away(order.price_ticks, quote.price_ticks)
        kept.append(Quote(side, price_ticks, min(quote.size_lots, order.remaining_lots)))
    return tuple(kept)
