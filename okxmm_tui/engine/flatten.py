"""Closing every position on purpose: quotes out first, then reduce-only slices, until nothing is held.

The preview says before the key what the key would do: size, slices, and the average price the book shows.
A run can be called off at any moment; what was closed stays closed.
"""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from okxmm_tui.core.market_views import FlattenView
from okxmm_tui.core.types import Severity, Side
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

GIVE_UP_NS = 60_000_000_000
"""A run that has not brought a position to zero by then says so and ends."""


class Flatten:
    """At most one run at a time over one or all markets."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution
        self._started_ns: int | None = None
        self._inst_ids: tuple[str, ...] = ()
        self._start_lots: dict[str, int] = {}
        self.outcome = ""

    @property
    def is_running(self) -> bool:
        """Whether positions are being closed now."""
        return self._started_ns is not None

    def start(self, inst_id: str) -> tuple[str, str]:
        """Begin; an empty id means every market. Returns (problem, confirmation)."""
        session = self._session
        chosen = [m for m in session.markets.values() if inst_id in {"", m.instrument.inst_id}]
        held = [market for market in chosen if market.position_lots]
        if self.is_running:
            return "positions are being closed already", ""
        if not held:
            return hedge_text(chosen) or "there is no position to close", ""
        self._started_ns, self.outcome = session.now_ns, ""
        self._inst_ids = tuple(market.instrument.inst_id for market in held)
        self._start_lots = {m.instrument.inst_id: m.position_lots for m in held}
        text = ", ".join(self._held_text(market) for market in held)
        session.report("flatten", Severity.WARNING, f"closing {text}")
        return "", f"closing {text}"

    def stop(self, why: str) -> tuple[str, str]:
        """Call a run off. Returns (problem, confirmation)."""
        if not self.is_running:
            return "no position is being closed", ""
        return "", self._end(why)

    def on_tick(self) -> None:
        """Send the next slice of every position, once its quotes are out."""
        started_ns = self._started_ns
        if started_ns is None:
            return
        left = [m for i in self._inst_ids if (m := self._session.markets[i]).position_lots]
        if not left:
            self._end(hedge_text(self._session.markets.values()) or "every position is closed")
            return
        if self._session.now_ns - started_ns > GIVE_UP_NS:
            text = ", ".join(self._held_text(market) for market in left)
            self._session.raise_alarm(
                "flatten", Severity.CRITICAL, f"could not close {text} within 60 s", is_event=True
            )
            self._end("gave up")
            return
        for market in left:
            if not any(not order.is_closing for order in market.orders.working):
                self._execution.close(market, abs(market.position_lots), "flatten")

    def _end(self, why: str) -> str:
        self._started_ns, self.outcome = None, why
        self._session.report("flatten", Severity.WARNING, f"flatten: {why}")
        return why

    @staticmethod
    def _held_text(market: Market) -> str:
        instrument = market.instrument
        return f"{instrument.size(market.position_lots):+f} {instrument.inst_id}"

    # -- what it would do ------------------------------------------------------------------------------

    def view(self, market: Market) -> FlattenView | None:
        """Preview or progress of one market; None when it holds nothing and nothing is under way."""
        inst_id, held = market.instrument.inst_id, market.position_lots
        is_running = self.is_running and inst_id in self._inst_ids
        if not held and not is_running:
            return None
        start = self._start_lots.get(inst_id, held) if is_running else held
        average_ticks, covered = book_cost(market, Side.SELL if held > 0 else Side.BUY, abs(held))
        mid = (market.bid_ticks + market.ask_ticks) / 2
        slippage = abs(average_ticks - mid) / mid * 1e4 if average_ticks and mid else None
        return FlattenView(
            is_running=is_running,
            start_lots=start,
            left_lots=held,
            covered_lots=covered,
            average_ticks=average_ticks,
            slippage_bps=slippage,
            slices=self._slices(market, abs(held)),
        )

    def _slices(self, market: Market, lots: int) -> int:
        price = market.bid_ticks or market.ask_ticks
        if not price or not lots:
            return 0
        value = market.instrument.notional_quote(lots, price)
        most = min(
            self._session.limits.max_order_notional_quote,
            market.instrument.notional_quote(market.instrument.max_limit_lots, price),
        )
        return max(1, -int(-value // most)) if most > 0 else 0


def book_cost(market: Market, side: Side, lots: int) -> tuple[float | None, int]:
    """Average price in ticks of taking ``lots`` from the book as it stands, and how many it covers."""
    levels = market.book.bids if side is Side.SELL else market.book.asks
    left, cost = lots, Decimal(0)
    for price_ticks, size_lots in levels.top(len(levels)):
        taken = min(left, size_lots)
        cost += taken * price_ticks
        left -= taken
        if not left:
            break
    covered = lots - left
    return (float(cost / covered) if covered else None), covered


def hedge_text(markets: Iterable[Market]) -> str:
    """What a net of nothing hides where long and short are kept apart; empty when it hides nothing."""
    hedged = [
        f"{market.instrument.inst_id} {market.instrument.size_text(market.side_positions.long_lots)}"
        for market in markets
        if market.has_sides and market.side_positions.long_lots > 0 and not market.position_lots
    ]
    how = "the net is flat; okxmm-tui kill --flatten closes what stands long and short against each other"
    return f"{how}: {', '.join(hedged)}" if hedged else ""
