"""Watches each market's own losses: a position that loses too much is closed, a losing streak rests."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from okxmm_tui.core.messages import Fill
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.execution import NS_PER_MS, Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

RECOVERED = Decimal("0.5")
"""Share of the limit at which a loss is over: a position turned round is never seen flat."""


class PositionGuard:
    """Loss per position (closed reduce-only as a taker) and losing round trips in a row (a timed rest).

    Args:
        session: All state.
        execution: Closes.
        on_trip: Told of every position that begins to be closed and of every rest.
    """

    def __init__(
        self, session: Session, execution: Execution, on_trip: Callable[[Market, str], None]
    ) -> None:
        self._session = session
        self._execution = execution
        self._on_trip = on_trip
        self._closing: set[str] = set()
        """Markets whose position is being closed."""
        self._forgiven: dict[str, int] = {}
        """Losing round trips of the present streak that a rest has answered, by market."""
        self._resting_since_ns: dict[str, int] = {}
        """How long is asked of the limits each time: who shortens the rest ends one that runs."""

    def on_fill(self, market: Market, fill: Fill) -> None:
        """Follow the round trips of a market, as its books of account have just counted them."""
        limits, inst_id = self._session.limits, fill.inst_id
        if market.quality.episodes.losing_streak < self._forgiven.get(inst_id, 0):
            del self._forgiven[inst_id]
        if self.losses_in_a_row(market) < limits.losing_trips:
            return
        self._forgiven[inst_id] = market.quality.episodes.losing_streak
        self._resting_since_ns[inst_id] = self._session.now_ns
        self._session.raise_alarm(
            f"losing-{inst_id}",
            Severity.WARNING,
            f"{inst_id}: {limits.losing_trips} losing round trips in a row, resting "
            f"{limits.losing_rest_ms / 1000:.0f} s",
        )
        self._on_trip(market, f"{limits.losing_trips} losing round trips in a row")

    def losses_in_a_row(self, market: Market) -> int:
        """Losing round trips since the last one that was none, or since the last rest."""
        forgiven = self._forgiven.get(market.instrument.inst_id, 0)
        return market.quality.episodes.losing_streak - forgiven

    def on_tick(self) -> None:
        """Close what loses too much; end rests that are over."""
        for inst_id in tuple(self._resting_since_ns):
            if self._rest_left_ns(inst_id) <= 0:
                del self._resting_since_ns[inst_id]
                self._session.clear_alarm(f"losing-{inst_id}", f"{inst_id}: the rest is over")
        if self._session.machine.state is TradingState.HALTED or not self._session.is_merged:
            return
        for market in self._session.markets.values():
            self._watch_loss(market)

    def _watch_loss(self, market: Market) -> None:
        loss, limit = self.loss_share(market), self._session.limits.max_lot_loss
        key, inst_id = f"lot-loss-{market.instrument.inst_id}", market.instrument.inst_id
        if loss is None or loss <= limit:
            self._closing.discard(inst_id)
            if market.position_lots == 0:
                self._session.clear_alarm(key, f"{inst_id}: the losing position is closed")
            elif loss is not None and loss <= limit * RECOVERED:
                self._session.clear_alarm(key, f"{inst_id}: no position loses too much any more")
            return
        why = self._execution.close(market, abs(market.position_lots), f"position loss {loss * 100:.2f} %")
        is_closing = not why or any(order.is_closing for order in market.orders.working)
        doing = "closing it" if is_closing else f"not closed yet: {why}"
        text = f"{inst_id}: position down {loss * 100:.2f} % of {limit * 100:.2f} % allowed, {doing}"
        self._session.raise_alarm(key, Severity.CRITICAL, text)
        if inst_id not in self._closing:
            self._closing.add(inst_id)
            self._on_trip(market, f"position loss {loss * 100:.2f} %")

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

    def _rest_left_ns(self, inst_id: str) -> int:
        passed_ns = self._session.now_ns - self._resting_since_ns[inst_id]
        return self._session.limits.losing_rest_ms * NS_PER_MS - passed_ns

    def block(self, market: Market) -> str:
        """Why a market rests; empty when it does not."""
        inst_id = market.instrument.inst_id
        if inst_id not in self._resting_since_ns:
            return ""
        left_s = max(0, self._rest_left_ns(inst_id)) / 1e9
        return f"resting {left_s:.0f} s more after losing round trips"
