"""The order desk: places, amends, cancels and fills orders of the account.

It decides and books; wire shapes and rate limits belong to its callers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.faults.order_acts import failing_amend, intercept_cancel
from okxmm_tui.exchange.fill_booking import FillBooking
from okxmm_tui.exchange.funds import lots_for_quote, refuse_unfunded, refuse_unfunded_amend
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import spot_hold
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.order_checks import (
    AmendRequest,
    Params,
    find_pending,
    parse_amend,
    parse_place,
    refuse_below_minimum,
)
from okxmm_tui.exchange.orders import CancelSource, Order
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.reducing import fit_to_position, overhang, reducible, room_for
from okxmm_tui.exchange.resting import MakerFill
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.trading_rules import check_grid

ONE_SHOT = {
    "fok": CancelSource.FOK_UNFILLED,
    "ioc": CancelSource.IOC_REMAINDER,
    "optimal_limit_ioc": CancelSource.IOC_REMAINDER,
}
"""Order types that never rest, and why their remainder is canceled."""


class OrderDesk:
    """Order entry and fills of one account."""

    def __init__(self, state: VenueState, pushes: PrivatePushes) -> None:
        self._state = state
        self._pushes = pushes
        self._booking = FillBooking(state, pushes)

    def place(self, params: Params, listed: Listing) -> Order:
        """Accept an order: it rests, trades, or is canceled at once.

        Raises:
            ApiError: The order was refused; nothing happened.
        """
        state = self._state
        order = self.judge(params, listed)
        order.order_id = state.store.next_order_id()
        state.store.add(order)
        market = state.markets[listed.inst_id]
        if order.ord_type == "post_only" and self._would_take(order.side, order.price_ticks or 0, market):
            self.cancel_order(order, CancelSource.POST_ONLY_WOULD_TAKE)
            return order
        if order.reduce_only and not self._cut_to_room(order):
            return order
        if order.ord_type in {"limit", "post_only"}:
            self._pushes.order(order, amendResult="0" if order.amend_source else "")
            order.amend_source = ""
        if order.ord_type == "fok" and (why := self._why_not_whole(order, market)) is not None:
            self.cancel_order(order, why)
            return order
        self._work(order, market)
        self._pushes.account_changed(*listed.currencies)
        return order

    def judge(self, params: Params, listed: Listing, among: Sequence[Order] = ()) -> Order:
        """Return the order a request would place, without placing it.

        Args:
            params: The request.
            listed: Its instrument.
            among: Orders judged before it that would be placed together with it.

        Raises:
            ApiError: The order would be refused.
        """
        state = self._state
        order = parse_place(params, listed, state)
        fit_to_position(order, state)
        market, levels = state.markets[listed.inst_id], list[tuple[int, int, int]]()
        if order.tgt_ccy:
            maker = order.side.opposite
            levels = [
                (market.display.on_grid(maker, price_ticks), displayed, available)
                for price_ticks, displayed, available in self._crossing_levels(order, market)
            ]
        if order.quote_amount is not None:
            ours = listed.instrument
            lots = lots_for_quote(ours, order.quote_amount, levels, order.price_ticks or 0)
            order.size_lots = lots - lots % market.lot_multiple
            refuse_below_minimum(order.size_lots, ours)
            check_grid(market, None, order.size_lots)
        refuse_unfunded(state, order, levels, among)
        return order

    def _cut_to_room(self, order: Order) -> bool:
        room = room_for(order, order.price_ticks or 0, self._state)
        if not room:
            self.cancel_order(order, CancelSource.NO_ROOM_TO_REDUCE)
        elif room < order.size_lots:
            order.size_lots, order.amend_source = room, "4"
        return order.is_pending

    def _work(self, order: Order, market: Market) -> None:
        self._take(order, market)
        if not order.is_pending:
            return
        source = ONE_SHOT.get(order.ord_type)
        if order.ord_type == "market" and order.is_spot:
            source = CancelSource.IOC_REMAINDER
        if source is not None:
            self.cancel_order(order, source)
            return
        market.own.add(
            order.order_id,
            order.side,
            order.price_ticks or 0,
            order.remaining_lots,
            book=market.book,
            source_ms=market.source_ms,
        )
        if order.reduce_only:
            self.trim_reducing(order.listing.inst_id)

    def _would_take(self, side: Side, price_ticks: int, market: Market) -> bool:
        # On OKX own orders are part of the book, so meeting one of them is taking, too.
        best = market.book.best(side.opposite)
        own = market.own.best_ticks(side.opposite)
        crosses = [ticks for ticks in (best[0] if best else None, own) if ticks is not None]
        return any(side.sign * price_ticks >= side.sign * ticks for ticks in crosses)

    def _why_not_whole(self, order: Order, market: Market) -> CancelSource | None:
        levels, sign = self._crossing_levels(order, market), order.side.sign
        if sum(available for _, _, available in levels) < order.size_lots:
            return CancelSource.FOK_UNFILLED
        own = market.own.best_ticks(order.side.opposite)
        if order.stp_mode != "cancel_taker" or own is None:
            return None
        # A fill-or-kill order that would meet an own one before its end is not filled in part.
        before = sum(available for ticks, _, available in levels if sign * ticks <= sign * own)
        return CancelSource.SELF_TRADE if before < order.size_lots else None

    def _crossing_levels(self, order: Order, market: Market) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = []
        maker, limit = order.side.opposite, order.price_ticks or 0
        for price_ticks, displayed in market.book.levels(maker):
            if order.side.sign * price_ticks > order.side.sign * limit:
                break
            found.append(
                (price_ticks, displayed, market.own.consumption.available(maker, price_ticks, displayed))
            )
        return found

    def _take(self, order: Order, market: Market) -> None:
        for price_ticks, displayed, available in self._crossing_levels(order, market):
            self._prevent_self_trade(order, market, price_ticks - order.side.sign)
            size = min(order.remaining_lots, available, reducible(order, self._state))
            if not order.is_pending:
                return
            if size > 0:
                market.own.consumption.take(order.side.opposite, price_ticks, displayed, size)
                shown_ticks = market.display.on_grid(order.side.opposite, price_ticks)
                self._booking.book(order, shown_ticks, size, "T")
                self._after_fills(order)
            if not order.is_pending:
                return
        self._prevent_self_trade(order, market, order.price_ticks or 0)

    def _prevent_self_trade(self, order: Order, market: Market, limit_ticks: int) -> None:
        for order_id in market.own.crossed_by(order.side, limit_ticks):
            if not order.is_pending:
                return
            if order.stp_mode != "cancel_taker":
                self.cancel_order(self._state.store.orders[order_id], CancelSource.SELF_TRADE)
            if order.stp_mode != "cancel_maker":
                self.cancel_order(order, CancelSource.SELF_TRADE)

    def maker_fills(self, fills: Iterable[MakerFill]) -> None:
        """Book fills of resting orders of one instrument."""
        filled: Order | None = None
        for one in fills:
            order = self._state.store.pending.get(one.order_id)
            if order is None:
                continue
            size = min(one.size_lots, order.remaining_lots, reducible(order, self._state))
            if size > 0:
                self._booking.book(order, one.price_ticks, size, "M")
                filled = order
        # Only now: the queue has given all of these fills away already.
        if filled is not None:
            self._after_fills(filled)

    def _after_fills(self, order: Order) -> None:
        if not order.is_spot:
            self.trim_reducing(order.listing.inst_id)
            self.drop_unfunded(order.listing.instrument.settle_ccy)

    def trim_reducing(self, inst_id: str) -> None:
        """Cut orders that only reduce to what their position has left for them, and cancel the rest."""
        for order, lots in list(overhang(inst_id, self._state)):
            if lots:
                self._cut(order, lots)
            else:
                is_gone = not reducible(order, self._state)
                self.cancel_order(
                    order, CancelSource.POSITION_CLOSED if is_gone else CancelSource.REDUCING_DISPLACED
                )

    def _cut(self, order: Order, lots: int) -> None:
        order.size_lots = order.filled_lots + lots
        order.updated_ms = self._state.now_ms
        self._state.markets[order.listing.inst_id].own.shrink(order.order_id, lots)
        order.amend_source = "4"
        self._pushes.order(order, amendResult="0")
        order.amend_source = ""
        self._pushes.account_changed(*order.listing.currencies)

    def drop_unfunded(self, ccy: str) -> None:
        """Cancel spot orders, newest first, that a loss in contracts has left without their balance."""
        state = self._state
        bound = [one for one in state.store.pending.values() if one.is_spot and spot_hold(one)[0] == ccy]
        for order in reversed(bound):
            own = state.margin().of(ccy)
            if own.cash - own.isolated_margin >= own.held:
                return
            self.cancel_order(order, CancelSource.BALANCE_SHORT)

    def cancel(self, params: Params, listed: Listing) -> Order:
        """Cancel a pending order.

        Raises:
            ApiError: 51400, it is already filled, canceled or unknown.
        """
        why = "Cancellation failed as the order has been filled, canceled or does not exist."
        order = find_pending(params, listed, self._state, "51400", why)
        if not intercept_cancel(self._state, self, order):
            self.cancel_order(order, CancelSource.USER)
        return order

    def cancel_order(self, order: Order, source: CancelSource) -> None:
        """Cancel an order that is pending, whatever the reason."""
        order.state = VenueOrderState.CANCELED
        order.cancel_source = source.value
        order.updated_ms = self._state.now_ms
        self._booking.finish(order)
        self._pushes.order(order)
        self._pushes.account_changed(*order.listing.currencies)

    def amend(self, params: Params, listed: Listing) -> Order:
        """Amend price or size of a pending order, at once or after the injected delay.

        Raises:
            ApiError: The amend was refused; the order stays, or is canceled when the client asked so.
        """
        state = self._state
        request = parse_amend(params, listed, state)
        order = request.order
        failure = failing_amend(state.faults, order)
        if failure is not None:
            order.amends_in_flight += 1
            state.timers.at(state.now_ns + failure[1], lambda: self._fail_amend(request, failure[0]))
            return order
        delay_ns = state.faults.amend_delay_ns(listed.inst_id)
        if delay_ns:
            order.amends_in_flight += 1
            state.timers.at(state.now_ns + delay_ns, lambda: self._amend_later(request))
            return order
        try:
            self._apply_amend(request)
        except ApiError:
            if request.cancel_on_fail:
                self.cancel_order(order, CancelSource.USER)
            raise
        return order

    def _amend_later(self, request: AmendRequest) -> None:
        order = request.order
        order.amends_in_flight -= 1
        if not order.is_pending:
            text = "Order modification failed as the order has been filled or canceled."
            self._pushes.order(order, amendResult="-1", reqId=request.req_id, code="51503", msg=text)
            return
        try:
            self._apply_amend(request)
        except ApiError as error:
            self._report_failed_amend(request, error)

    def _fail_amend(self, request: AmendRequest, error: ApiError) -> None:
        request.order.amends_in_flight -= 1
        if request.order.is_pending:
            self._report_failed_amend(request, error)

    def _report_failed_amend(self, request: AmendRequest, error: ApiError) -> None:
        order = request.order
        if request.cancel_on_fail:
            order.amend_source = "1"
            self.cancel_order(order, CancelSource.USER)
        result = "1" if request.cancel_on_fail else "-1"
        self._pushes.order(order, amendResult=result, reqId=request.req_id, code=error.code, msg=error.text)

    def _apply_amend(self, request: AmendRequest) -> None:
        order, market = request.order, self._state.markets[request.order.listing.inst_id]
        size_lots = request.size_lots
        if order.reduce_only:
            room = room_for(order, request.price_ticks, self._state)
            if not room:
                self.cancel_order(order, CancelSource.NO_ROOM_TO_REDUCE)
                return
            size_lots = min(size_lots, order.filled_lots + room)
        moves = request.price_ticks != order.price_ticks
        grows = size_lots > order.size_lots
        is_passive = order.ord_type == "post_only"
        if moves and is_passive and self._would_take(order.side, request.price_ticks, market):
            raise ApiError("51511", "The amend was refused as the post-only order would take liquidity.")
        before = (order.price_ticks, order.size_lots)
        order.price_ticks, order.size_lots = request.price_ticks, size_lots
        if moves or grows:
            try:
                refuse_unfunded_amend(self._state, order, before)
            except ApiError:
                order.price_ticks, order.size_lots = before
                raise
        order.updated_ms = self._state.now_ms
        if order.remaining_lots <= 0:
            order.size_lots = order.filled_lots
            order.state = VenueOrderState.FILLED
            self._booking.finish(order)
        order.amend_source = "1" if size_lots == request.size_lots else "2"
        self._pushes.order(order, amendResult="0", reqId=request.req_id)
        order.amend_source = ""
        self._requeue(order, market, loses_place=moves or grows)
        self._pushes.account_changed(*order.listing.currencies)

    def _requeue(self, order: Order, market: Market, *, loses_place: bool) -> None:
        if not order.is_pending:
            return
        if loses_place:
            market.own.remove(order.order_id)
            self._work(order, market)
        else:
            market.own.shrink(order.order_id, order.remaining_lots)
