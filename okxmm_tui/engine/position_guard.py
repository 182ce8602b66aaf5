"""Watches each market's own losses: a position that loses too much is closed, a losing streak rests."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.messages import Fill
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import NS_PER_MS, Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.round_trips import RoundTrips


class PositionGuard:
    """Loss per position (closed reduce-only as a taker) and losing round trips in a row (a timed rest)."""

    def __init__(self, session: Session, execution: Execution) -> None:
        self._session = session
        self._execution = execution
        self._trips: dict[str, RoundTrips] = {}
        self._resting_until_ns: dict[str, int] = {}

    def on_fill(self, market: Market, fill: Fill) -> None:
        """Follow the round trips of a market."""
        limits, inst_id = self._session.limits, fill.inst_id
        trips = self._trips.setdefault(inst_id, RoundTrips())
        trips.most = limits.losing_trips
        if trips.on_fill(fill.side, fill.price_ticks, fill.size_lots, float(market.fees.maker)):
            self._resting_until_ns[inst_id] = self._session.now_ns + limits.losing_rest_ms * NS_PER_MS
            self._session.raise_alarm(
                f"losing-{inst_id}",
                Severity.WARNING,
                f"{inst_id}: {limits.losing_trips} losing round trips in a row, resting "
                f"{limits.losing_rest_ms / 1000:.0f} s",
            )

    def losses_in_a_row(self, market: Market) -> int:
        """Losing round trips since the last one that was none, or since the last rest."""
        trips = self._trips.get(market.instrument.inst_id)
        return trips.losses_in_a_row if trips is not None else 0

    def on_tick(self) -> None:
        """Close what loses too much; end rests that are over."""
        for inst_id, until_ns in tuple(self._resting_until_ns.items()):
            if self._session.now_ns >= until_ns:
                del self._resting_until_ns[inst_id]
                self._session.clear_alarm(f"losing-{inst_id}", f"{inst_id}: the rest is over")
        if self._session.machine.state is TradingState.HALTED or not self._session.is_merged:
            return
        for market in self._session.markets.values():
            self._watch_loss(market)

    def _watch_loss(self, market: Market) -> None:
        loss, limit = self.loss_share(market), self._session.limits.max_lot_loss
        key, inst_id = f"lot-loss-{market.instrument.inst_id}", market.instrument.inst_id
        if loss is None or loss <= limit:
            if market.position_lots == 0:
                self._session.clear_alarm(key, f"{inst_id}: the losing position is closed")
            return
        why = self._execution.close(market, abs(market.position_lots), f"position loss {loss * 100:.2f} %")
        is_closing = not why or any(order.is_closing for order in market.orders.working)
        doing = "closing it" if is_closing else f"not closed yet: {why}"
        text = f"{inst_id}: position down {loss * 100:.2f} % of {limit * 100:.2f} % allowed, {doing}"
        self._session.raise_alarm(key, Severity.CRITICAL, text)

    @staticmethod
    def loss_share(market: Market) -> Decimal | None:
        """Unrealised loss of a position as a share of its entry; None when flat or without two good prices.

        Both the mid and the mark must show the loss: one bad price alone closes nothing.
        """
        position, mid, mark = market.ledger.position, market.mid_price, market.mark_price
        average = position.average_price
        if position.size_lots == 0 or not average or mid is None or mark is None:
            return None
        sign = 1 if position.size_lots > 0 else -1
        return min(sign * (average - price) / average for price in (mid, mark))

    def block(self, market: Market) -> str:
        """Why a market rests; empty when it does not."""
        until_ns = self._resting_until_ns.get(market.instrument.inst_id)
        if until_ns is None:
            return ""
        left_s = max(0.0, (until_ns - self._session.now_ns) / 1e9)
        return f"resting after losing round trips, {left_s:.0f} s to go"
