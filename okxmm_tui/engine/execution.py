"""Brings working orders to the target quotes: hold, amend, place or cancel.

Post-only always. A post-only order cancelled because it would have crossed is a normal outcome: the side
waits a little longer each time and stands one tick further away. Nothing leaves without ``core.risk``.
"""

from __future__ import annotations

import copy
import traceback
from decimal import Decimal

from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder, Report
from okxmm_tui.core.messages import Fill
from okxmm_tui.core.orders import Amend, OrderStatus, OwnOrder
from okxmm_tui.core.position_sides import SidedSize, closed_by, side_for
from okxmm_tui.core.risk import Refusal, RiskContext, review_amend, review_close, review_place
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import PositionSide, Severity, Side
from okxmm_tui.engine import exposure
from okxmm_tui.engine.market import Market, SideState
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.spot import affordable, cost_quote, sellable_lots, spendable_quote
from okxmm_tui.strategies.base import MarketInput, Quote, Target

FIRST_WAIT_NS = 100_000_000
LONGEST_WAIT_NS = 10_000_000_000
MOST_TICKS_AWAY = 10
REFUSALS_BEFORE_ALARM = 5
RECONSIDER_NS = 100_000_000
CLOSE_EVERY_NS = 500_000_000
"""Time between two closing orders, so that the first one's fills are known."""
NS_PER_MS = 1_000_000
ZERO = Decimal(0)
BUDGET_LOW = "order budget below 20 %"


class Execution:
    """The order side of the engine."""

    def __init__(self, session: Session) -> None:
        self._session = session

    # -- the two things it does -----------------------------------------------------------------------

    def quote(self, market: Market) -> None:
        """Reconsider the quotes of a market that may quote; at most once per refresh interval.

        While best prices, orders and parameters stand still that is ten times a second: volatility moves
        slowly, and a message that changes nothing must not cost a decision.
        """
        now_ns = self._session.now_ns
        if now_ns < market.next_refresh_ns or not market.is_two_sided:
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
        for side, reason in ((Side.BUY, target.bid_reason), (Side.SELL, target.ask_reason)):
            state = market.sides[side]
            wanted = tuple(quote for quote in target.quotes if quote.side is side)
            wanted = () if state.stop_reason else wanted
            wanted, why = self._allowed(market, side, wanted, state.stop_reason or reason)
            quotes, shortage = affordable(self._session, market, side, wanted)
            state.quotes = quotes
            if not quotes:
                state.say(shortage or why, now_ns)
            self._align(market, side, quotes)
        if target.close is not None:
            self.close(market, target.close.size_lots, target.close.reason)

    def pull(self, market: Market, reason: str) -> None:
        """Take every own order of a market out and say why; idempotent."""
        now_ns = self._session.now_ns
        for side in market.sides.values():
            side.quotes = ()
            side.say(reason, now_ns)
        for order in market.orders.working:
            if order.cancel_sent_ns is None and not order.is_closing:
                self.cancel(order, reason)
        market.hurry()

    def close(self, market: Market, size_lots: int, reason: str) -> str:
        """Reduce the position as a taker, one order at a time; returns why not, or an empty string.

        The order is reduce-only, fills at once or not at all, and never worse than the slippage limit.
        """
        if any(order.is_closing for order in market.orders.working):
            return "the last closing order has no outcome yet"
        now_ns = self._session.now_ns
        if now_ns < market.close_after_ns:
            return "waiting a moment after the last closing order"
        cl_ord_id = self._session.next_client_id()
        match review_close(self._context(market, None), size_lots, cl_ord_id):
            case Refusal(why):
                return why
            case PlaceOrder() as effect:
                market.close_after_ns = now_ns + CLOSE_EVERY_NS
                order = self._book_order(market, effect, decision=f"CLOSE {reason}")
                order.is_closing = True
                text = market.instrument.size_text(effect.size_lots)
                self._session.report(
                    "close", Severity.WARNING, f"{effect.inst_id}: closing {text} by {effect.side}: {reason}"
                )
                return ""

    def tell_fill(self, market: Market, fill: Fill) -> None:
        """Tell the strategy of an own fill."""
        try:
            market.strategy.on_fill(fill.side, fill.price_ticks, fill.size_lots, self._session.now_ns)
        except Exception as error:  # a strategy may raise anything; it must not end the engine
            self._strategy_failed(market, error)

    def cancel(self, order: OwnOrder, decision: str, *, by_rest: bool = False) -> None:
        """Ask for one order to be cancelled; without a private stream the way is REST."""
        order.cancel_sent_ns = self._session.now_ns
        order.decision = decision
        by_rest = by_rest or not self._session.private_up
        effect = CancelOrder(order.inst_id, order.cl_ord_id, order.ord_id, by_rest=by_rest)
        self._session.effects.append(effect)

    def back_off(self, market: Market, side: Side, why: str) -> None:
        """A try was turned down: wait longer, and alarm when it does not stop."""
        state = market.sides[side]
        state.refusals += 1
        wait_ns = min(FIRST_WAIT_NS << min(state.refusals - 1, 10), LONGEST_WAIT_NS)
        state.place_after_ns = self._session.now_ns + wait_ns
        if state.refusals >= REFUSALS_BEFORE_ALARM:
            text = f"{market.instrument.inst_id} {side}: {state.refusals} orders in a row turned down: {why}"
            self._session.raise_alarm(f"refused-{side}-{market.instrument.inst_id}", Severity.WARNING, text)

    def accepted(self, market: Market, side: Side) -> None:
        """An order rests: the back-off of its side ends."""
        if market.sides[side].refusals:
            market.sides[side].refusals = 0
            self._session.clear_alarm(
                f"refused-{side}-{market.instrument.inst_id}", f"{side} orders are accepted again"
            )

    # -- target against working --------------------------------------------------------------------------

    def _target(self, market: Market) -> Target | None:
        try:
            target = market.strategy.target(self._input(market), market.params)
        except Exception as error:  # a strategy may raise anything; it must not end the engine
            self._strategy_failed(market, error)
            return None
        market.strategy_problem = ""
        self._session.clear_alarm(f"strategy-{market.instrument.inst_id}", "strategy works again")
        return target

    def _strategy_failed(self, market: Market, error: Exception) -> None:
        """Pause the market, with a sentence on the screen and the traceback in the log."""
        market.strategy_problem = f"strategy failed: {type(error).__name__}: {error}"
        inst_id = market.instrument.inst_id
        self._session.raise_alarm(
            f"strategy-{inst_id}", Severity.CRITICAL, f"{inst_id}: {market.strategy_problem}"
        )
        lines = "".join(traceback.format_exception(error))
        self._session.effects.append(Report("traceback", Severity.WARNING, lines, {"inst_id": inst_id}))

    def previewed(self, market: Market) -> Target | None:
        """What a copy of the strategy would quote with the previewed parameters; changes nothing."""
        if market.preview is None or not market.is_two_sided:
            return None
        try:
            return copy.deepcopy(market.strategy).target(self._input(market), market.preview)
        except Exception as error:  # the same strategy may raise on values it never saw
            market.preview = None
            self._session.notice(f"preview failed: {type(error).__name__}: {error}")
            return None

    def _input(self, market: Market) -> MarketInput:
        equity = exposure.equity_quote(self._session)
        signals = market.signals.summary()
        return MarketInput(
            instrument=market.instrument,
            now_ns=self._session.now_ns,
            bid_ticks=market.bid_ticks,
            ask_ticks=market.ask_ticks,
            position_lots=market.position_lots,
            volatility_per_sqrt_s=signals.volatility_per_sqrt_s,
            maker_fee=float(market.fees.maker),
            taker_fee=float(market.fees.taker),
            allow_below_fees=self._session.limits.allow_below_fees,
            bid_lots=market.bid_lots,
            ask_lots=market.ask_lots,
            average_price_ticks=market.average_price_ticks,
            equity_quote=float(equity) if equity is not None else None,
            signals=signals,
        )

    def _allowed(
        self, market: Market, side: Side, quotes: tuple[Quote, ...], reason: str
    ) -> tuple[tuple[Quote, ...], str]:
        """Leave out what the operator or a limit does not want; returns the rest and why it may be empty."""
        if market.sides[side].is_muted:
            return (), "muted by the operator"
        if self._session.is_widened:
            quotes = tuple(_widened(market, quote) for quote in quotes)
        why = self.only_reduce(market)
        if not why:
            return quotes, reason
        room_lots = -side.sign * market.position_lots
        kept: list[Quote] = []
        for quote in quotes:
            lots = min(quote.size_lots, room_lots)
            if lots < market.instrument.min_size_lots:
                break
            kept.append(Quote(quote.side, quote.price_ticks, lots))
            room_lots -= lots
        return tuple(kept), f"only reducing: {why}"

    def only_reduce(self, market: Market) -> str:
        """Why a market may send only orders that shrink its position; empty when it may do more."""
        machine = self._session.machine
        return machine.reason if machine.state is TradingState.REDUCING else market.only_reduce

    def _align(self, market: Market, side: Side, quotes: tuple[Quote, ...]) -> None:
        state = market.sides[side]
        orders = [each for each in market.orders.side(side) if not (each.is_closing or each.is_manual)]
        if len(orders) > 1:
            orders.sort(key=lambda order: order.price_ticks, reverse=side is Side.BUY)
        for order in orders[len(quotes) :]:
            if order.cancel_sent_ns is None:
                self.cancel(order, state.reason or "not wanted any more")
        for order, quote in zip(orders, quotes, strict=False):
            self._move_or_hold(market, order, _in_band(self._stepped(quote, state), market))
        for quote in quotes[len(orders) :]:
            self._place(market, _in_band(self._stepped(quote, state), market))

    @staticmethod
    def _stepped(quote: Quote, state: SideState) -> Quote:
        if state.refusals == 0:
            return quote
        away = min(state.refusals, MOST_TICKS_AWAY)
        return Quote(quote.side, quote.price_ticks - quote.side.sign * away, quote.size_lots)

    def _move_or_hold(self, market: Market, order: OwnOrder, quote: Quote) -> None:
        state = market.sides[order.side]
        if order.cancel_sent_ns is not None or order.amend or order.status is not OrderStatus.LIVE:
            waits = {
                OrderStatus.SENT: "sent, no answer yet",
                OrderStatus.UNKNOWN: "unknown, asking the venue",
            }
            state.say(waits.get(order.status, "change in flight"), self._session.now_ns)
            return
        state.say("quoting", self._session.now_ns)
        distance = abs(order.price_ticks - quote.price_ticks)
        size_lots = self._wanted_size(order, quote)
        if market.has_sides and order.position_side is closed_by(order.side):
            left = market.closable_lots(order.side, leaving_out=order) or 0
            is_overdrawn = left < order.remaining_lots
            if is_overdrawn and left < max(1, market.instrument.min_size_lots):
                self.cancel(order, "nothing left to close")
                return
            size_lots = min(size_lots, order.filled_lots + left)
        tolerance = self._session.limits.hold_tolerance_ticks
        if market.target is not None and not market.target.may_hold(order.side, order.price_ticks):
            tolerance = 0
        if distance <= tolerance and size_lots == order.size_lots:
            order.decision = f"HOLD {distance} ticks off target"
            return
        if self._session.is_budget_low:
            state.say(BUDGET_LOW, self._session.now_ns)
            if (order.price_ticks - quote.price_ticks) * order.side.sign > tolerance:
                self.cancel(order, f"{BUDGET_LOW}, and the quote is too close")
            return
        moved = quote.price_ticks if distance > tolerance else order.price_ticks
        self._amend(market, order, moved, size_lots)

    @staticmethod
    def _wanted_size(order: OwnOrder, quote: Quote) -> int:
        """Total size to ask for; a partly filled remainder keeps its place while it is small enough."""
        remaining = order.size_lots - order.filled_lots
        if remaining > quote.size_lots or (order.filled_lots == 0 and remaining < quote.size_lots):
            return order.filled_lots + quote.size_lots
        return order.size_lots

    def _amend(self, market: Market, order: OwnOrder, price_ticks: int, size_lots: int) -> None:
        if self._session.now_ns < market.sides[order.side].place_after_ns:
            return
        if reason := self.ask_amend(market, order, price_ticks, size_lots):
            self.cancel(order, reason)
            market.sides[order.side].say(reason, self._session.now_ns)

    def ask_amend(self, market: Market, order: OwnOrder, price_ticks: int, size_lots: int) -> str:
        """Have an amend reviewed and send it; returns why it was not sent, or an empty string."""
        req_id = str(self._session.next_request_id())
        reviewed = review_amend(
            self._context(market, order),
            order.side,
            price_ticks,
            size_lots,
            filled_lots=order.filled_lots,
            cl_ord_id=order.cl_ord_id,
            req_id=req_id,
            position_side=order.position_side,
        )
        match reviewed:
            case Refusal(reason):
                return reason
            case AmendOrder():
                order.amend = Amend(req_id, price_ticks, size_lots, self._session.now_ns)
                order.decision = f"MOVE to {market.instrument.price_text(price_ticks)}"
                market.orders_sent.note(self._session.now_ns)
                self._session.effects.append(reviewed)
                return ""

    def _place(self, market: Market, quote: Quote) -> None:
        state, now_ns = market.sides[quote.side], self._session.now_ns
        if now_ns < state.place_after_ns:
            return
        if self._session.is_budget_low:
            state.say(BUDGET_LOW, now_ns)
            return
        placed = self.ask_place(market, quote, "NEW")
        state.say(placed.reason if isinstance(placed, Refusal) else "sent, no answer yet", now_ns)

    def ask_place(self, market: Market, quote: Quote, decision: str) -> OwnOrder | Refusal:
        """Have a new post-only order reviewed and send it."""
        sided = self._sided(market, quote)
        reviewed = review_place(
            self._context(market, None),
            quote.side,
            quote.price_ticks,
            sided.size_lots,
            self._session.next_client_id(),
            position_side=sided.position_side,
        )
        if isinstance(reviewed, Refusal):
            return reviewed
        return self._book_order(market, reviewed, decision=decision)

    def _book_order(self, market: Market, effect: PlaceOrder, *, decision: str) -> OwnOrder:
        order = OwnOrder(
            effect.inst_id,
            effect.cl_ord_id,
            effect.side,
            effect.price_ticks,
            size_lots=effect.size_lots,
            created_ns=self._session.now_ns,
            position_side=effect.position_side,
        )
        order.expire_ns = effect.expire_ms * NS_PER_MS
        order.decision = decision
        order.params_version = market.params.version
        market.orders.add(order)
        market.orders_sent.note(self._session.now_ns)
        self._session.effects.append(effect)
        return order

    def _state(self, market: Market) -> TradingState:
        state = self._session.machine.state
        is_reducing = state is TradingState.ACTIVE and bool(market.only_reduce)
        return TradingState.REDUCING if is_reducing else state

    @staticmethod
    def _sided(market: Market, quote: Quote) -> SidedSize:
        closable = market.closable_lots(quote.side)
        if closable is None:
            return SidedSize(PositionSide.NET, quote.size_lots)
        return side_for(quote.side, quote.size_lots, closable, market.instrument.min_size_lots)

    def _context(self, market: Market, leaving_out: OwnOrder | None) -> RiskContext:
        buys = [order for order in market.orders.side(Side.BUY) if order is not leaving_out]
        working = {side: market.orders.remaining_lots(side) for side in Side}
        if leaving_out is not None:
            working[leaving_out.side] -= leaving_out.remaining_lots
        budget = self._session.budget
        gross, net = exposure.others_quote(self._session, market)
        return RiskContext(
            instrument=market.instrument,
            state=self._state(market),
            limits=self._session.limits,
            bid_ticks=market.bid_ticks,
            ask_ticks=market.ask_ticks,
            position_lots=market.position_lots,
            max_position_lots=market.max_position_lots,
            working_buy_lots=working[Side.BUY],
            working_sell_lots=working[Side.SELL],
            budget_left=budget.limit - budget.used,
            now_ns=self._session.now_ns,
            equity_quote=exposure.equity_quote(self._session),
            open_quote=exposure.open_quote(self._session, leaving_out),
            others_gross_quote=gross,
            others_net_quote=net,
            sellable_lots=sellable_lots(self._session, market),
            spendable_quote=spendable_quote(self._session, market),
            working_buy_quote=cost_quote(market, buys) if market.instrument.is_spot else ZERO,
            closable_long_lots=market.closable_lots(Side.SELL, leaving_out),
            closable_short_lots=market.closable_lots(Side.BUY, leaving_out),
        )


def _widened(market: Market, quote: Quote) -> Quote:
    """The same quote at twice its distance from the mid."""
    mid_ticks = (market.bid_ticks + market.ask_ticks) // 2
    moved = quote.price_ticks - quote.side.sign * abs(mid_ticks - quote.price_ticks)
    return Quote(quote.side, max(1, moved), quote.size_lots)


def _in_band(quote: Quote, market: Market) -> Quote:
    """Move a quote inside the venue's price band (fault 40); that is always away from the other side."""
    limits = market.price_limits
    if limits is None:
        return quote
    price_ticks = quote.price_ticks
    if quote.side is Side.BUY and limits.highest_buy_ticks is not None:
        price_ticks = min(price_ticks, limits.highest_buy_ticks)
    if quote.side is Side.SELL and limits.lowest_sell_ticks is not None:
        price_ticks = max(price_ticks, limits.lowest_sell_ticks)
    return quote if price_ticks == quote.price_ticks else Quote(quote.side, price_ticks, quote.size_lots)
