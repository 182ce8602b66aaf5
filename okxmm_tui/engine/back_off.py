"""What a side does when its orders are turned down: it waits longer and stands further away each time.

A post-only order cancelled because it would have crossed is a normal outcome
(tests/safety/README.md, row 15).
"""

from __future__ import annotations

from okxmm_tui.core.types import Severity, Side
from okxmm_tui.engine.market import Market, SideState
from okxmm_tui.engine.sending import NS_PER_MS
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.base import Quote

FIRST_WAIT_NS = 100_000_000
LONGEST_WAIT_NS = 10_000_000_000
MOST_TICKS_AWAY = 10
REFUSALS_BEFORE_ALARM = 5


class BackOff:
    """Refusals in a row, per side of a market."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def refused(self, market: Market, side: Side, why: str) -> None:
        """A try was turned down: wait longer, and alarm when it does not stop."""
        state = market.sides[side]
        state.refusals += 1
        wait_ns = min(FIRST_WAIT_NS << min(state.refusals - 1, 10), LONGEST_WAIT_NS)
        state.place_after_ns = self._session.now_ns + wait_ns
        if state.refusals >= REFUSALS_BEFORE_ALARM:
            text = f"{market.instrument.inst_id} {side}: {state.refusals} orders in a row turned down: {why}"
            self._session.raise_alarm(f"refused-{side}-{market.instrument.inst_id}", Severity.WARNING, text)

    def would_take(self, market: Market, side: Side, why: str) -> None:
        """A post-only order would have crossed; after too many of them in a minute the side rests."""
        self.refused(market, side, why)
        state, limits, now_ns = market.sides[side], self._session.limits, self._session.now_ns
        state.post_only.note(now_ns)
        times = state.post_only.count(now_ns)
        if times < limits.post_only_rest_after or not limits.post_only_rest_ms:
            return
        state.post_only.clear()
        state.rest_until_ns = now_ns + limits.post_only_rest_ms * NS_PER_MS
        state.rest_reason = f"{times} post-only refusals in a minute"
        market.hurry()
        self._session.report(
            "notice",
            Severity.WARNING,
            f"{market.instrument.inst_id} {side}: {state.rest_reason}, resting "
            f"{limits.post_only_rest_ms / 1000:.1f} s",
        )

    def accepted(self, market: Market, side: Side) -> None:
        """An order rests: the back-off of its side ends."""
        if market.sides[side].refusals:
            market.sides[side].refusals = 0
            self._session.clear_alarm(
                f"refused-{side}-{market.instrument.inst_id}", f"{side} orders are accepted again"
            )

    @staticmethod
    def stepped(quote: Quote, state: SideState) -> Quote:
        """The quote one tick further away for every refusal in a row."""
        away = ticks_away(state)
        return (
            Quote(quote.side, quote.price_ticks - quote.side.sign * away, quote.size_lots) if away else quote
        )


def ticks_away(state: SideState) -> int:
    """How many ticks the refusals in a row have moved a side's quotes away."""
    return min(state.refusals, MOST_TICKS_AWAY)
