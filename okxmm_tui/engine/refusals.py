"""What to do when a place, amend or cancel was refused, by the venue or by the gateway before sending.

The gateway says with every refusal what its code asks for (``OrderRefused.reaction``); this module carries it
out (tests/safety/README.md, rows 16, 17, 21 and 40).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from decimal import Decimal

from okxmm_tui.core.effects import FetchPriceLimits
from okxmm_tui.core.messages import OrderRefused
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Severity, Side
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.rolling import RollingCount
from okxmm_tui.engine.session import Session

ORDER_GONE_CODES = frozenset({"51400", "51401", "51402", "51410", "51503", "51509", "51510", "51603"})
AMEND_WOULD_TAKE = "51511"
PASSING = frozenset({"retry", "wait", "sync_clock", "reload_instruments", "reconnect"})
"""Reactions to what ends by itself: wait a second, count nothing, stand no further away."""
PASSING_WAIT_NS = 1_000_000_000
SAME_CODE_NS = 10_000_000_000
PUT_OFF_TIMES = 5
"""Within ``SAME_CODE_NS``: both sides for a few seconds."""
BY_HAND = (
    "cancel by hand on the exchange's own page if orders remain; the dead-man's switch runs out by itself"
)


class Refusals:
    """Ends, frees or cancels the order concerned, and slows or stops its side, its market, or everything.

    Args:
        session: All state.
        execution: Cancels and waits.
        want_truth: Has the venue's state read again, with a reason.
    """

    def __init__(self, session: Session, execution: Execution, want_truth: Callable[[str], None]) -> None:
        self._session = session
        self._execution = execution
        self._want_truth = want_truth
        self._seen: dict[tuple[str, Side, str], deque[int]] = {}
        self._put_off_times: dict[str, RollingCount] = {}
        self.halt = ""
        """Set when trading cannot go on until a person acts; the reconciler passes it on."""

    def leave_open(self, market: Market, order: OwnOrder, event: OrderRefused) -> bool:
        """React to a refusal; True when only the venue can tell what has become of the order."""
        # What was on its way when its side was stopped says nothing new, and is no try of ours to be counted.
        is_late = bool(market.sides[order.side].stop_reason)
        self._react(market, order, event)
        match event.verb:
            case "place":
                order.decision = f"refused: {_said(event)}"
                market.orders.finish(order)
                self._slow_down(market, order, event, is_late=is_late)
                return False
            case "amend":
                return self._amend(market, order, event, is_late=is_late)
            case _:
                order.cancel_sent_ns = self._session.now_ns
                return True

    def _amend(self, market: Market, order: OwnOrder, event: OrderRefused, *, is_late: bool) -> bool:
        if order.amend is not None and event.req_id not in {"", order.amend.req_id}:
            return False
        order.amend = None
        if event.code in ORDER_GONE_CODES or event.reaction == "resync":
            return True
        if event.code == AMEND_WOULD_TAKE:
            self._session.post_only_cancels += 1
            market.post_only_cancels.note(self._session.now_ns)
            self._execution.would_take(market, order.side, "amend would have crossed")
            return False
        self._slow_down(market, order, event, is_late=is_late)
        if event.reaction != "wait":
            self._execution.cancel(order, f"amend refused: {event.code}")
        return False

    # -- what the code asks for ------------------------------------------------------------------------

    def _react(self, market: Market, order: OwnOrder, event: OrderRefused) -> None:
        inst_id, said = market.instrument.inst_id, _said(event)
        match event.reaction:
            case "halt":
                self.halt = f"the venue refuses us: {said}; {BY_HAND}"
            case "resync":
                if event.code not in ORDER_GONE_CODES:
                    self._want_truth(f"{event.verb} refused: {said}")
            case "stop_instrument":
                market.stop_reason = f"instrument stopped: {said}"
                self._session.raise_alarm(
                    f"stopped-{inst_id}",
                    Severity.CRITICAL,
                    f"{inst_id}: {said}; quoting ends until the venue lists it as live, or pause and resume",
                )
            case "requote":
                self._session.effects.append(FetchPriceLimits(inst_id))
            case "funds":
                self._no_funds(market, order.side, said)
            case "unknown":
                self._session.raise_alarm(
                    f"code-{event.code}",
                    Severity.WARNING,
                    f"{inst_id}: {event.verb} refused: {said}",
                    is_event=True,
                )
            case _:
                pass

    def _no_funds(self, market: Market, side: Side, said: str) -> None:
        """Drop the side that grows the position, until more is available than now; another stop stays."""
        position = market.ledger.position.size_lots
        growing = side if position * side.sign >= 0 else side.opposite
        state = market.sides[growing]
        if state.stop_reason:
            return
        state.stop_reason = f"not enough balance: {said}"
        state.resume_above = self._available(market, growing)
        market.hurry()
        self._want_truth("balance or margin is not enough")

    def on_tick(self) -> None:
        """Lift stops whose cause has gone."""
        for inst_id, times in self._put_off_times.items():
            if not times.count(self._session.now_ns):
                self._session.clear_alarm(f"put-off-{inst_id}", f"{inst_id}: orders are taken again")
        for market in self._session.markets.values():
            if market.stop_reason and market.has_come_back:
                market.lift_stop()
                self._lifted(market)
            for side, state in market.sides.items():
                # Shrinking a contract position frees margin: a side that has come to do that needs none.
                shrinks = market.holding is None and market.ledger.position.size_lots * side.sign < 0
                if state.resume_above is not None and (
                    shrinks or self._available(market, side) > state.resume_above
                ):
                    state.stop_reason, state.resume_above = "", None
                    market.hurry()

    def on_resumed(self) -> None:
        """The operator asks for another try: every stop is lifted and every count starts again."""
        self._seen.clear()
        for market in self._session.markets.values():
            market.lift_stop()
            self._lifted(market)

    def _lifted(self, market: Market) -> None:
        inst_id = market.instrument.inst_id
        for key in (f"stopped-{inst_id}", *(f"stopped-{side}-{inst_id}" for side in Side)):
            self._session.clear_alarm(key, f"{inst_id}: orders are tried again")

    def _available(self, market: Market, side: Side) -> Decimal:
        """What a side lives on: spot sells give the base currency, everything else is paid or backed."""
        instrument = market.instrument
        gives_base = instrument.is_spot and side is Side.SELL
        balance = self._session.balances.get(instrument.base_ccy if gives_base else instrument.settle_ccy)
        return balance.available if balance is not None else Decimal(0)

    # -- slower, or not at all -------------------------------------------------------------------------

    def _slow_down(self, market: Market, order: OwnOrder, event: OrderRefused, *, is_late: bool) -> None:
        self._session.rejects += 1
        state, text = market.sides[order.side], _said(event)
        state.say(f"refused: {text}", self._session.now_ns)
        if event.reaction in PASSING:
            state.place_after_ns = self._session.now_ns + PASSING_WAIT_NS
            self._put_off(market, text)
        else:
            self._execution.back_off(market, order.side, text)
            if not is_late:
                self._count(market, order.side, event.code, text)
        self._session.report(
            "reject",
            Severity.WARNING,
            f"{event.verb} {order.side} refused: {text}",
            inst_id=event.inst_id,
            code=event.code,
        )

    def _put_off(self, market: Market, text: str) -> None:
        """Tell the operator of what was to end by itself and does not, such as a freeze by a liquidation."""
        now_ns, inst_id = self._session.now_ns, market.instrument.inst_id
        times = self._put_off_times.setdefault(inst_id, RollingCount(SAME_CODE_NS))
        times.note(now_ns)
        if times.count(now_ns) >= PUT_OFF_TIMES:
            self._session.raise_alarm(
                f"put-off-{inst_id}",
                Severity.WARNING,
                f"{inst_id}: the venue puts orders off again and again: {text}",
            )

    def streak(self, market: Market, side: Side) -> int:
        """How often the venue has refused this side for one and the same reason within ten seconds."""
        here = market.instrument.inst_id, side
        return max((self._recent(times) for key, times in self._seen.items() if key[:2] == here), default=0)

    def _recent(self, times: deque[int]) -> int:
        while times and self._session.now_ns - times[0] > SAME_CODE_NS:
            times.popleft()
        return len(times)

    def _count(self, market: Market, side: Side, code: str, text: str) -> None:
        """The same code again and again is a ban in the making: stop the side."""
        now_ns, inst_id = self._session.now_ns, market.instrument.inst_id
        times = self._seen.setdefault((inst_id, side, code), deque())
        times.append(now_ns)
        streak = self._recent(times)
        if streak < self._session.limits.max_reject_streak:
            return
        times.clear()
        state = market.sides[side]
        state.stop_reason, state.resume_above = f"stopped after {streak} refusals: {text}", None
        market.hurry()
        self._session.raise_alarm(
            f"stopped-{side}-{inst_id}",
            Severity.CRITICAL,
            f"{inst_id} {side}: {text}, {streak} times in {SAME_CODE_NS // 10**9} s; this side is "
            "stopped: remove the cause, then pause and resume",
        )


def _said(event: OrderRefused) -> str:
    return f"{event.code} {event.text}".strip()
