"""Brings the working orders of one side to its quotes: hold, amend, place or cancel."""

from __future__ import annotations

from msgspec import structs

from okxmm_tui.core.effects import AmendOrder
from okxmm_tui.core.orders import Amend, OrderStatus, OwnOrder
from okxmm_tui.core.position_sides import SidedSize, closed_by, side_for
from okxmm_tui.core.risk import Refusal, review_amend, review_place
from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.engine.back_off import BackOff, ticks_away
from okxmm_tui.engine.decision_inputs import is_reducing, risk_context
from okxmm_tui.engine.hold import judge
from okxmm_tui.engine.market import Market, SideState
from okxmm_tui.engine.sending import Sender
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.base import Quote

BUDGET_LOW = "order budget below 20 %"
QUOTING, SENT = "quoting", "sent, no answer yet"


class Alignment:
    """Target quotes against working orders; nothing leaves without ``core.risk``."""

    def __init__(self, session: Session, sender: Sender, back_off: BackOff) -> None:
        self._session = session
        self._sender = sender
        self._back_off = back_off

    def align(self, market: Market, side: Side, quotes: tuple[Quote, ...]) -> None:
        """Bring the orders of a side to its quotes, best price first."""
        state = market.sides[side]
        orders = [order for order in market.orders.side(side) if not (order.is_closing or order.is_manual)]
        wanted = [_in_band(self._back_off.stepped(quote, state), market) for quote in quotes]
        if len(orders) > 1:
            orders.sort(key=lambda order: order.price_ticks, reverse=side is Side.BUY)
        # Frozen, each quote is made for the order of its rank (engine.freeze).
        is_frozen = self._session.freezes.reason(market.instrument.inst_id)
        if (len(orders) > 1 or len(wanted) > 1) and not is_frozen:
            orders, wanted = _in_step(orders, wanted, self._session.limits.hold_tolerance_ticks)
        for order in orders[len(wanted) :]:
            if order.cancel_sent_ns is None:
                self._sender.cancel(order, state.reason or "not wanted any more")
        for order, quote in zip(orders, wanted, strict=False):
            self._move_or_hold(market, order, quote)
        for quote in wanted[len(orders) :]:
            self._place(market, quote)

    def _move_or_hold(self, market: Market, order: OwnOrder, quote: Quote) -> None:
        state = market.sides[order.side]
        if order.cancel_sent_ns is not None or order.amend or order.status is not OrderStatus.LIVE:
            waits = {
                OrderStatus.SENT: SENT,
                OrderStatus.UNKNOWN: "unknown, asking the venue",
            }
            state.say(waits.get(order.status, "change in flight"), self._session.now_ns)
            return
        target = market.target
        note = target.reason(order.side) if target is not None else ""
        state.say(note or QUOTING, self._session.now_ns)
        size_lots = self._wanted_size(order, quote)
        if market.has_sides and order.position_side is closed_by(order.side):
            left = market.closable_lots(order.side, leaving_out=order) or 0
            is_overdrawn = left < order.remaining_lots
            if is_overdrawn and left < max(1, market.instrument.min_size_lots):
                self._sender.cancel(order, "nothing left to close")
                return
            size_lots = min(size_lots, order.filled_lots + left)
        limits = self._session.limits
        verdict = judge(
            market,
            order,
            quote,
            mode=limits.hold_mode,
            tolerance_ticks=limits.hold_tolerance_ticks,
            now_ns=self._session.now_ns,
        )
        if verdict.is_hold:
            _count_hold(market, order, quote.price_ticks)
        if verdict.is_hold and size_lots == order.size_lots:
            order.decision = f"HOLD {verdict.reason}"
            return
        if hindrance := self._hindrance(state):
            state.say(hindrance, self._session.now_ns)
            if not verdict.is_hold and self._stands_too_close(market, order, quote.price_ticks):
                self._sender.cancel(order, f"{hindrance}, and the quote is too close")
            elif size_lots < order.size_lots and (
                is_reducing(self._session, market) or self._standing_problem(market, order)
            ):
                self._sender.cancel(order, f"{hindrance}, and the quote is too large")
            return
        if verdict.is_hold:
            text = market.instrument.size_text
            sizes = f"{text(order.size_lots)} -> {text(size_lots)}"
            self._amend(market, order, order.price_ticks, size_lots, f"size {sizes}, {verdict.reason}")
        else:
            self._amend(market, order, quote.price_ticks, size_lots, verdict.reason)

    def _hindrance(self, state: SideState) -> str:
        """Why nothing may be placed or amended now; cancels always may go."""
        if self._session.is_budget_low:
            return BUDGET_LOW
        return "waiting before the next try" if self._session.now_ns < state.place_after_ns else ""

    @staticmethod
    def _wanted_size(order: OwnOrder, quote: Quote) -> int:
        """Total size to ask for; a partly filled remainder keeps its place while it is small enough."""
        remaining = order.size_lots - order.filled_lots
        if remaining > quote.size_lots or (order.filled_lots == 0 and remaining < quote.size_lots):
            return order.filled_lots + quote.size_lots
        return order.size_lots

    def _amend(self, market: Market, order: OwnOrder, price_ticks: int, size_lots: int, why: str) -> None:
        if reason := self.ask_amend(market, order, price_ticks, size_lots, why):
            self._sender.cancel(order, reason)
            market.sides[order.side].say(reason, self._session.now_ns)
        elif price_ticks != order.price_ticks:
            market.quality.retention.on_move()

    def _stands_too_close(self, market: Market, order: OwnOrder, price_ticks: int) -> bool:
        """Whether an order cannot wait with its side; the ticks a refusal steps away make none too close."""
        if market.target is not None and not market.target.may_hold(order.side, order.price_ticks):
            return True
        closer_ticks = (order.price_ticks - price_ticks) * order.side.sign
        allowed_ticks = self._session.limits.hold_tolerance_ticks + ticks_away(market.sides[order.side])
        return closer_ticks > allowed_ticks

    def ask_amend(self, market: Market, order: OwnOrder, price_ticks: int, size_lots: int, why: str) -> str:
        """Have an amend reviewed and send it; returns why it was not sent, or an empty string."""
        req_id = str(self._session.next_request_id())
        reviewed = review_amend(
            risk_context(self._session, market, order),
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
                order.amend = Amend(
                    req_id, price_ticks, size_lots, self._session.now_ns, market.params.version
                )
                keeps_place = price_ticks == order.price_ticks and size_lots <= order.size_lots
                word = "HOLD" if keeps_place else f"MOVE to {market.instrument.price_text(price_ticks)}:"
                order.decision = f"{word} {why}"
                market.orders_sent.note(self._session.now_ns)
                self._session.effects.append(reviewed)
                return ""

    def _place(self, market: Market, quote: Quote) -> None:
        state, now_ns = market.sides[quote.side], self._session.now_ns
        if now_ns < state.place_after_ns:
            return  # why was said when the wait began
        if self._session.is_budget_low:
            state.say(BUDGET_LOW, now_ns)
            return
        placed = self.ask_place(market, quote, "NEW")
        state.say(placed.reason if isinstance(placed, Refusal) else SENT, now_ns)

    def recheck(self, market: Market, *, only_by_hand: bool = False) -> None:
        """Take out what rests beyond the limits, or will by an amend on its way: one has become narrower.

        Args:
            market: Whose orders.
            only_by_hand: Whether quoting looks after the others itself, in the same step.
        """
        if self._session.is_held:
            return  # what earlier sessions left is the operator's to judge
        for order in market.orders.working:
            if order.is_closing or order.cancel_sent_ns is not None or (only_by_hand and not order.is_manual):
                continue
            if problem := self._standing_problem(market, order):
                self._sender.cancel(order, problem)

    def _standing_problem(self, market: Market, order: OwnOrder) -> str:
        """Why an order might not be sent today as it stands, or as its amend will leave it."""
        context = structs.replace(risk_context(self._session, market, order), budget_left=1)
        shapes = [(order.price_ticks, order.size_lots)]
        if order.amend is not None:
            shapes.append((order.amend.price_ticks, order.amend.size_lots))
        for price_ticks, size_lots in shapes:
            reviewed = review_amend(
                context,
                order.side,
                price_ticks,
                size_lots,
                filled_lots=order.filled_lots,
                cl_ord_id=order.cl_ord_id,
                req_id="",
                position_side=order.position_side,
            )
            if isinstance(reviewed, Refusal):
                return reviewed.reason
        return ""

    def ask_place(self, market: Market, quote: Quote, decision: str) -> OwnOrder | Refusal:
        """Have a new post-only order reviewed and send it."""
        sided = self._sided(market, quote)
        reviewed = review_place(
            risk_context(self._session, market, None),
            quote.side,
            quote.price_ticks,
            sided.size_lots,
            self._session.next_client_id(),
            position_side=sided.position_side,
        )
        if isinstance(reviewed, Refusal):
            return reviewed
        return self._sender.book(market, reviewed, decision=decision)

    @staticmethod
    def _sided(market: Market, quote: Quote) -> SidedSize:
        closable = market.closable_lots(quote.side)
        if closable is None:
            return SidedSize(PositionSide.NET, quote.size_lots)
        return side_for(quote.side, quote.size_lots, closable, market.instrument.min_size_lots)


def _count_hold(market: Market, order: OwnOrder, target_ticks: int) -> None:
    """Count that an order is left off its target, once for each target."""
    if order.price_ticks == target_ticks:
        order.held_ticks = None
    elif order.held_ticks != target_ticks:
        order.held_ticks = target_ticks
        market.quality.retention.on_hold()


def _in_step(
    orders: list[OwnOrder], quotes: list[Quote], tolerance_ticks: int
) -> tuple[list[OwnOrder], list[Quote]]:
    """Both lists with those first that fit each other as they stand, so that only the rest has to move.

    A ladder that went on by a step moves one order from its end to its other end, and the others keep their
    places in the queue.
    """
    kept: list[OwnOrder] = []
    loose: list[OwnOrder] = []
    served: list[Quote] = []
    left = list(quotes)
    for order in orders:
        price = order.price_ticks
        at = next((at for at, q in enumerate(left) if abs(q.price_ticks - price) <= tolerance_ticks), None)
        if at is None:
            loose.append(order)
        else:
            kept.append(order)
            served.append(left.pop(at))
    return kept + loose, served + left


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
