"""Brings working orders to the target quotes: hold, amend, place or cancel.

Post-only always. A post-only order cancelled because it would have crossed is a normal outcome: the side
waits a little longer each time and stands one tick further away. Nothing leaves without ``core.risk``.
"""

from __future__ import annotations

import copy
import traceback

from msgspec import structs

from okxmm_tui.core.effects import PlaceOrder, Report
from okxmm_tui.core.messages import Fill
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.params import ParamSet
from okxmm_tui.core.risk import Refusal, review_close
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity, Side
from okxmm_tui.engine.alignment import Alignment
from okxmm_tui.engine.back_off import BackOff
from okxmm_tui.engine.decision_inputs import market_input, risk_context
from okxmm_tui.engine.freeze import only_away
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.sending import NS_PER_MS, Sender
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.spot import affordable
from okxmm_tui.strategies.base import Quote, Strategy, Target
from okxmm_tui.strategies.registry import OURS
from okxmm_tui.strategies.shape import malformed, message_of

__all__ = ["NS_PER_MS", "Execution"]

RECONSIDER_NS = 100_000_000
MOST_TRACEBACK = 20_000
"""Characters of a traceback that are kept: its end names the cause."""
CLOSE_EVERY_NS = 500_000_000
"""Time between two closing orders, so that the first one's fills are known."""


class Execution:
    """The order side of the engine."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._sender = Sender(session)
        self._back_off = BackOff(session)
        self.alignment = Alignment(session, self._sender, self._back_off)

    # -- the two things it does -----------------------------------------------------------------------

    def quote(self, market: Market) -> None:
        """Reconsider the quotes of a market that may quote; at most once per refresh interval.

        While best prices, orders and parameters stand still that is ten times a second: volatility moves
        slowly, and a message that changes nothing must not cost a decision.
        """
        now_ns = self._session.now_ns
        if now_ns < market.next_refresh_ns or market.others is None:
            return
        if not market.is_dirty and now_ns < market.considered_ns + RECONSIDER_NS:
            return
        market.is_dirty, market.considered_ns = False, now_ns
        refresh_ms = market.params.values.get("refresh_interval_ms")
        market.next_refresh_ns = now_ns + int(refresh_ms or 0) * NS_PER_MS
        target = self._target(market)
        if target is None:
            self.pull(market, market.strategy_problem)
            return
        market.target = target
        for side in Side:
            state = market.sides[side]
            wanted = tuple(quote for quote in target.quotes if quote.side is side)
            hindrance = state.stop_reason or state.resting(now_ns)
            wanted = () if hindrance else wanted
            wanted, why = self._allowed(market, side, wanted, hindrance or target.reason(side))
            quotes, shortage = affordable(self._session, market, side, wanted)
            state.quotes = quotes
            if not quotes:
                state.say(shortage or why, now_ns)
            self.alignment.align(market, side, quotes)
        if target.close is not None:
            self.close(market, target.close.size_lots, target.close.reason)

    def pull(self, market: Market, reason: str) -> None:
        """Take every own order of a market out and say why; idempotent."""
        self.stand_by(market, reason)
        for order in market.orders.working:
            if order.cancel_sent_ns is None and not order.is_closing:
                self.cancel(order, reason)
        market.hurry()

    def stand_by(self, market: Market, reason: str) -> None:
        """Want no quotes and say why; orders stay where they are."""
        for side in market.sides.values():
            side.quotes = ()
            side.say(reason, self._session.now_ns)

    def close(self, market: Market, size_lots: int, reason: str) -> str:
        """Reduce the position as a taker, one order at a time; returns why not, or an empty string.

        The order is reduce-only, fills at once or not at all, and never worse than the slippage limit. Where
        resting orders of its side are in its way, they leave.
        """
        if any(order.is_closing for order in market.orders.working):
            return "the last closing order has no outcome yet"
        now_ns = self._session.now_ns
        if now_ns < market.close_after_ns:
            return "waiting a moment after the last closing order"
        cl_ord_id = self._session.next_client_id()
        reviewed = review_close(risk_context(self._session, market, None), size_lots, cl_ord_id)
        wanted_lots = min(size_lots, abs(market.position_lots))
        if (reviewed.size_lots if isinstance(reviewed, PlaceOrder) else 0) < wanted_lots:
            self._clear_the_way(market)
        match reviewed:
            case Refusal(why):
                return why
            case PlaceOrder() as effect:
                market.close_after_ns = now_ns + CLOSE_EVERY_NS
                order = self._sender.book(market, effect, decision=f"CLOSE {reason}")
                order.is_closing = True
                text = market.instrument.size_text(effect.size_lots)
                self._session.report(
                    "close", Severity.WARNING, f"{effect.inst_id}: closing {text} by {effect.side}: {reason}"
                )
                return ""

    def _clear_the_way(self, market: Market) -> None:
        side = Side.SELL if market.position_lots > 0 else Side.BUY
        why = "the position is closed as a taker"
        for order in market.orders.side(side):
            market.sides[side].rest(self._session.now_ns + CLOSE_EVERY_NS, why)
            if not order.is_closing and order.cancel_sent_ns is None:
                self.cancel(order, why)
        market.hurry()

    def tell_fill(self, market: Market, fill: Fill) -> None:
        """Tell the strategy of an own fill."""
        try:
            market.strategy.on_fill(fill.side, fill.price_ticks, fill.size_lots, self._session.now_ns)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # it may raise anything: exit(), or what a task is cancelled with
            self._strategy_failed(market, error)

    def cancel(self, order: OwnOrder, decision: str, *, by_rest: bool = False) -> None:
        """Ask for one order to be cancelled; without a private stream the way is REST."""
        self._sender.cancel(order, decision, by_rest=by_rest)

    def back_off(self, market: Market, side: Side, why: str) -> None:
        """A try was turned down: wait longer, and alarm when it does not stop."""
        self._back_off.refused(market, side, why)

    def would_take(self, market: Market, side: Side, why: str) -> None:
        """A post-only order would have crossed: back off, and rest when that goes on and on."""
        self._back_off.would_take(market, side, why)

    def accepted(self, market: Market, side: Side) -> None:
        """An order rests: the back-off of its side ends."""
        self._back_off.accepted(market, side)

    # -- target against working --------------------------------------------------------------------------

    def _target(self, market: Market) -> Target | None:
        try:
            target = self._asked(market.strategy, market, market.params)
        except KeyboardInterrupt:
            raise
        except BaseException as error:
            self._strategy_failed(market, error)
            return None
        market.strategy_problem = ""
        self._session.clear_alarm(f"strategy-{market.instrument.inst_id}", "strategy works again")
        return target

    def _asked(self, strategy: Strategy, market: Market, params: ParamSet) -> Target:
        given = market_input(self._session, market)
        if type(strategy) in OURS:
            return strategy.target(given, params)
        # A copy: the values in force are also limits, and only a change with a version may move them.
        target = strategy.target(given, structs.replace(params, values=dict(params.values)))
        if problem := malformed(target):
            raise TypeError(problem)
        return target

    def _strategy_failed(self, market: Market, error: BaseException) -> None:
        """Pause the market, with a sentence on the screen and the traceback in the log."""
        market.strategy_problem = f"strategy failed: {type(error).__name__}: {message_of(error)}"
        inst_id = market.instrument.inst_id
        self._session.raise_alarm(
            f"strategy-{inst_id}",
            Severity.CRITICAL,
            f"{inst_id}: {market.strategy_problem}; its quotes are pulled, the traceback is in okxmm.log; "
            "pause and resume to try again",
        )
        lines = "".join(traceback.format_exception(error))[-MOST_TRACEBACK:]
        self._session.effects.append(Report("traceback", Severity.WARNING, lines, {"inst_id": inst_id}))

    def previewed(self, market: Market) -> Target | None:
        """What a copy of the strategy would quote with the previewed parameters; changes nothing."""
        if market.preview is None or market.others is None:
            return None
        try:
            return self._asked(copy.deepcopy(market.strategy), market, market.preview)
        except KeyboardInterrupt:
            raise
        except BaseException as error:  # it may raise on values it never saw
            market.preview = None
            self._session.notice(f"preview failed: {type(error).__name__}: {message_of(error)}")
            return None

    def _allowed(
        self, market: Market, side: Side, quotes: tuple[Quote, ...], reason: str
    ) -> tuple[tuple[Quote, ...], str]:
        """Leave out what the operator or a limit does not want; returns the rest and why it may be empty."""
        session, why = self._session, self.only_reduce(market)
        by_hand_lots = self._keep_by_hand(market, side, why) if why else 0
        if market.sides[side].is_muted:
            return (), "muted by the operator"
        frozen = session.freezes.reason(market.instrument.inst_id)
        if session.is_widened or session.journal_problem or frozen or market.widen_reason:
            quotes = tuple(_widened(market, quote) for quote in quotes)
        if market.widen_reason:
            quotes = tuple(_halved(market, quote) for quote in quotes)
        if frozen:
            quotes, reason = only_away(market, side, quotes), f"frozen: {frozen}"
        if not why:
            return quotes, reason
        room_lots = -side.sign * market.position_lots - by_hand_lots
        kept: list[Quote] = []
        for quote in quotes:
            lots = min(quote.size_lots, room_lots)
            if lots < market.instrument.min_size_lots:
                break
            kept.append(Quote(quote.side, quote.price_ticks, lots))
            room_lots -= lots
        return tuple(kept), f"only reducing: {why}"

    def _keep_by_hand(self, market: Market, side: Side, why: str) -> int:
        """Take orders by hand out that may do more than shrink; returns the lots that can still fill."""
        room_lots = -side.sign * market.position_lots
        by_hand = [each for each in market.orders.side(side) if each.is_manual and not each.is_closing]
        for order in by_hand:
            if order.cancel_sent_ns is not None:
                continue
            room_lots -= order.remaining_lots
            if room_lots < 0:
                room_lots += order.remaining_lots
                self.cancel(order, f"only reducing: {why}")
        return sum(order.remaining_lots for order in by_hand)

    def only_reduce(self, market: Market) -> str:
        """Why a market may send only orders that shrink its position; empty when it may do more."""
        machine = self._session.machine
        return machine.reason if machine.state is TradingState.REDUCING else market.only_reduce


def _widened(market: Market, quote: Quote) -> Quote:
    """The same quote at twice its distance from the mid."""
    bid_ticks, _, ask_ticks, _ = market.others or (market.bid_ticks, 0, market.ask_ticks, 0)
    mid_ticks = (bid_ticks + ask_ticks) // 2
    moved = quote.price_ticks - quote.side.sign * abs(mid_ticks - quote.price_ticks)
    return Quote(quote.side, max(1, moved), quote.size_lots)


def _halved(market: Market, quote: Quote) -> Quote:
    """The same quote at half its size, as far as the venue takes so little."""
    lots = max(market.instrument.min_size_lots, quote.size_lots // 2)
    return Quote(quote.side, quote.price_ticks, min(quote.size_lots, lots))
