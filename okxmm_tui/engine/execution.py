"""Brings working orders to the target quotes: hold, amend, place or cancel.

Post-only always. A post-only order cancelled because it would have crossed is a normal outcome: the side
waits a little longer each time and stands one tick further away. Nothing leaves without ``core.risk``.
"""

from __future__ import annotations

from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder
from okxmm_tui.core.orders import Amend, OrderStatus, OwnOrder
from okxmm_tui.core.risk import Refusal, RiskContext, review_amend, review_place
from okxmm_tui.core.types import Severity, Side
from okxmm_tui.engine.market import Market, SideState
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.base import MarketInput, Quote, Target

FIRST_WAIT_NS = 100_000_000
LONGEST_WAIT_NS = 10_000_000_000
MOST_TICKS_AWAY = 10
REFUSALS_BEFORE_ALARM = 5
RECONSIDER_NS = 100_000_000
NS_PER_MS = 1_000_000


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
            quotes = tuple(quote for quote in target.quotes if quote.side is side)
            market.sides[side].quotes = quotes
            if not quotes:
                market.sides[side].say(reason, now_ns)
            self._align(market, side, quotes)

    def pull(self, market: Market, reason: str) -> None:
        """Take every own order of a market out and say why; idempotent."""
        now_ns = self._session.now_ns
        for side in market.sides.values():
            side.quotes = ()
            side.say(reason, now_ns)
        for order in market.orders.working:
            if order.cancel_sent_ns is None:
                self.cancel(order, reason)
        market.hurry()

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
            market.strategy_problem = f"strategy failed: {type(error).__name__}: {error}"
            self._session.raise_alarm(
                f"strategy-{market.instrument.inst_id}", Severity.CRITICAL, market.strategy_problem
            )
            return None
        market.strategy_problem = ""
        self._session.clear_alarm(f"strategy-{market.instrument.inst_id}", "strategy works again")
        return target

    def _input(self, market: Market) -> MarketInput:
        signals = market.signals.summary()
        return MarketInput(
            instrument=market.instrument,
            now_ns=self._session.now_ns,
            bid_ticks=market.bid_ticks,
            ask_ticks=market.ask_ticks,
            position_lots=market.ledger.position.size_lots,
            bid_lots=market.bid_lots,
            ask_lots=market.ask_lots,
            volatility_per_sqrt_s=signals.volatility_per_sqrt_s,
            maker_fee=float(market.fees.maker),
            taker_fee=float(market.fees.taker),
            allow_below_fees=self._session.limits.allow_below_fees,
            signals=signals,
        )

    def _align(self, market: Market, side: Side, quotes: tuple[Quote, ...]) -> None:
        state = market.sides[side]
        orders = market.orders.side(side)
        if len(orders) > 1:
            orders.sort(key=lambda order: order.price_ticks, reverse=side is Side.BUY)
        for order in orders[len(quotes) :]:
            if order.cancel_sent_ns is None:
                self.cancel(order, state.reason or "not wanted any more")
        for order, quote in zip(orders, quotes, strict=False):
            self._move_or_hold(market, order, self._stepped(quote, state))
        for quote in quotes[len(orders) :]:
            self._place(market, self._stepped(quote, state))

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
        tolerance = self._session.limits.hold_tolerance_ticks
        if market.target is not None and not market.target.may_hold(order.side, order.price_ticks):
            tolerance = 0
        if distance <= tolerance and size_lots == order.size_lots:
            order.decision = f"HOLD {distance} ticks off target"
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
        req_id = str(self._session.next_request_id())
        reviewed = review_amend(
            self._context(market, order),
            order.side,
            price_ticks,
            size_lots,
            filled_lots=order.filled_lots,
            cl_ord_id=order.cl_ord_id,
            req_id=req_id,
        )
        match reviewed:
            case Refusal(reason):
                self.cancel(order, reason)
                market.sides[order.side].say(reason, self._session.now_ns)
            case AmendOrder():
                order.amend = Amend(req_id, price_ticks, size_lots, self._session.now_ns)
                order.decision = f"MOVE to {market.instrument.price_text(price_ticks)}"
                self._session.effects.append(reviewed)

    def _place(self, market: Market, quote: Quote) -> None:
        state, now_ns = market.sides[quote.side], self._session.now_ns
        if now_ns < state.place_after_ns:
            return
        cl_ord_id = self._session.next_client_id()
        context = self._context(market, None)
        match review_place(context, quote.side, quote.price_ticks, quote.size_lots, cl_ord_id):
            case Refusal(reason):
                state.say(reason, now_ns)
            case PlaceOrder(expire_ms=expire_ms) as effect:
                order = OwnOrder(
                    effect.inst_id,
                    cl_ord_id,
                    effect.side,
                    effect.price_ticks,
                    size_lots=effect.size_lots,
                    created_ns=now_ns,
                )
                order.expire_ns = expire_ms * NS_PER_MS
                order.decision = "NEW"
                market.orders.add(order)
                state.say("sent, no answer yet", now_ns)
                self._session.effects.append(effect)

    def _context(self, market: Market, leaving_out: OwnOrder | None) -> RiskContext:
        working = {side: market.orders.remaining_lots(side) for side in Side}
        if leaving_out is not None:
            working[leaving_out.side] -= leaving_out.remaining_lots
        budget = self._session.budget
        return RiskContext(
            instrument=market.instrument,
            state=self._session.machine.state,
            limits=self._session.limits,
            bid_ticks=market.bid_ticks,
            ask_ticks=market.ask_ticks,
            position_lots=market.ledger.position.size_lots,
            max_position_lots=market.max_position_lots,
            working_buy_lots=working[Side.BUY],
            working_sell_lots=working[Side.SELL],
            budget_left=budget.limit - budget.used,
            now_ns=self._session.now_ns,
        )
