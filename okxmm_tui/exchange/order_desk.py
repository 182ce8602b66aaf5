"""The order desk: places, amends, cancels and fills orders of the account.

It decides and books; wire shapes and rate limits belong to its callers.
"""

from __future__ import annotations

from collections.abc import Iterable

from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.faults.order_acts import failing_amend, intercept_cancel
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.order_checks import AmendRequest, Params, find_pending, parse_amend, parse_place
from okxmm_tui.exchange.orders import CancelSource, Fill, Order
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.resting import MakerFill
from okxmm_tui.exchange.state import VenueState

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

    def place(self, params: Params, listed: Listing) -> Order:
        """Accept an order: it rests, trades, or is canceled at once.

        Raises:
            ApiError: The order was refused; nothing happened.
        """
        state = self._state
        order = parse_place(params, listed, state)
        self._cut_to_position(order)
        self._check_margin(order, "51008")
        order.order_id = state.store.next_order_id()
        state.store.add(order)
        market = state.markets[listed.inst_id]
        if order.ord_type == "post_only" and self._would_take(order.side, order.price_ticks or 0, market):
            self.cancel_order(order, CancelSource.POST_ONLY_WOULD_TAKE)
            return order
        if order.ord_type in {"limit", "post_only"}:
            self._pushes.order(order, amendResult="0" if order.amend_source else "")
            order.amend_source = ""
        if order.ord_type == "fok" and self._takeable(order, market) < order.size_lots:
            self.cancel_order(order, CancelSource.FOK_UNFILLED)
            return order
        self._work(order, market)
        self._pushes.account_changed()
        return order

    def _work(self, order: Order, market: Market) -> None:
        self._take(order, market)
        if not order.is_pending:
            return
        if order.ord_type in ONE_SHOT:
            self.cancel_order(order, ONE_SHOT[order.ord_type])
            return
        market.own.add(
            order.order_id,
            order.side,
            order.price_ticks or 0,
            order.remaining_lots,
            book=market.book,
            source_ms=market.source_ms,
        )

    def _cut_to_position(self, order: Order) -> None:
        if not order.reduce_only:
            return
        lots = self._state.account.position(order.listing.instrument).lots
        if lots * order.side.sign >= 0:
            raise ApiError("51169", "Order failed: no position in this direction that could be reduced.")
        if order.size_lots > abs(lots):
            order.size_lots = abs(lots)
            order.amend_source = "4"

    def _check_margin(self, order: Order, code: str) -> None:
        if order.reduce_only:
            return
        before, after = self._state.margin(), self._state.margin(order)
        if after.total_margin > after.equity and after.total_margin > before.total_margin:
            raise ApiError(code, "Order failed. Insufficient USDT margin in account.", "1000")

    def _would_take(self, side: Side, price_ticks: int, market: Market) -> bool:
        # On OKX own orders are part of the book, so meeting one of them is taking, too.
        best = market.book.best(side.opposite)
        own = market.own.best_ticks(side.opposite)
        crosses = [ticks for ticks in (best[0] if best else None, own) if ticks is not None]
        return any(side.sign * price_ticks >= side.sign * ticks for ticks in crosses)

    def _takeable(self, order: Order, market: Market) -> int:
        return sum(available for _, _, available in self._crossing_levels(order, market))

    def _crossing_levels(self, order: Order, market: Market) -> list[tuple[int, int, int]]:
        found: list[tuple[int, int, int]] = []
        maker, limit = order.side.opposite, order.price_ticks or 0
        for price_ticks, displayed in market.book.levels(maker):
            if order.side.sign * price_ticks > order.side.sign * limit:
                break
            found.append(
                (price_ticks, displayed, market.own.consumption.available(maker, price_ticks, displayed))
            )
        if order.ord_type == "optimal_limit_ioc":
            return found[:5]
        return found

    def _take(self, order: Order, market: Market) -> None:
        for price_ticks, displayed, available in self._crossing_levels(order, market):
            self._prevent_self_trade(order, market, price_ticks - order.side.sign)
            size = min(order.remaining_lots, available)
            if not order.is_pending:
                return
            if size > 0:
                market.own.consumption.take(order.side.opposite, price_ticks, displayed, size)
                shown_ticks = market.display.on_grid(order.side.opposite, price_ticks)
                self._fill(order, shown_ticks, size, "T")
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
        """Book fills of resting orders."""
        for one in fills:
            order = self._state.store.pending.get(one.order_id)
            if order is None:
                continue
            size = min(one.size_lots, order.remaining_lots, self._reducible(order))
            if size > 0:
                self._fill(order, one.price_ticks, size, "M")

    def _reducible(self, order: Order) -> int:
        if not order.reduce_only:
            return order.remaining_lots
        lots = self._state.account.position(order.listing.instrument).lots
        return max(0, -lots * order.side.sign)

    def _fill(self, order: Order, price_ticks: int, size_lots: int, exec_type: str) -> None:
        state, settings = self._state, self._state.settings
        ours = order.listing.instrument
        rate = settings.maker_rate if exec_type == "M" else settings.taker_rate
        trade_id = state.store.next_trade_id()
        booked = state.account.apply_fill(
            ours,
            order.side.sign * size_lots,
            ours.price(price_ticks),
            rate=rate,
            trade_id=trade_id,
            now_ms=state.now_ms,
        )
        fill = Fill(
            trade_id=trade_id,
            bill_id=trade_id,
            order_id=order.order_id,
            cl_ord_id=order.cl_ord_id,
            tag=order.tag,
            listing=order.listing,
            side=order.side,
            price_ticks=price_ticks,
            size_lots=size_lots,
            exec_type=exec_type,
            fee=booked.fee,
            fee_rate=rate,
            pnl=booked.realised,
            balance=state.account.cash,
            mark_price=state.markets[ours.inst_id].mark_price(),
            ts_ms=state.now_ms,
        )
        state.store.fills.append(fill)
        order.take_fill(fill)
        if not order.is_pending:
            self._finish(order)
        self._pushes.order(order, fill)
        position = state.account.position(ours)
        self._pushes.position(position)
        self._pushes.balance_and_position("filled", position, fill)
        self._pushes.account_changed()
        self._trim_reduce_only(ours.inst_id)

    def _trim_reduce_only(self, inst_id: str) -> None:
        for order in [one for one in self._state.store.pending_of(inst_id) if one.reduce_only]:
            if self._reducible(order) == 0:
                self.cancel_order(order, CancelSource.POSITION_CLOSED)

    def _finish(self, order: Order) -> None:
        self._state.store.finish(order)
        self._state.markets[order.listing.inst_id].own.remove(order.order_id)

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
        self._finish(order)
        self._pushes.order(order)
        self._pushes.account_changed()

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
        if state.faults.amend_delay_ms:
            order.amends_in_flight += 1
            due_ns = state.now_ns + state.faults.amend_delay_ms * 1_000_000
            state.timers.at(due_ns, lambda: self._amend_later(request))
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
        moves = request.price_ticks != order.price_ticks
        grows = request.size_lots > order.size_lots
        is_passive = order.ord_type == "post_only"
        if moves and is_passive and self._would_take(order.side, request.price_ticks, market):
            raise ApiError("51511", "The amend was refused as the post-only order would take liquidity.")
        before = (order.price_ticks, order.size_lots)
        order.price_ticks, order.size_lots = request.price_ticks, request.size_lots
        if moves or grows:
            try:
                self._check_amended_margin(order, before)
            except ApiError:
                order.price_ticks, order.size_lots = before
                raise
        order.updated_ms = self._state.now_ms
        if order.remaining_lots <= 0:
            order.size_lots = max(order.filled_lots, request.size_lots)
            order.state = VenueOrderState.FILLED
            self._finish(order)
        order.amend_source = "1"
        self._pushes.order(order, amendResult="0", reqId=request.req_id)
        order.amend_source = ""
        self._requeue(order, market, loses_place=moves or grows)
        self._pushes.account_changed()

    def _requeue(self, order: Order, market: Market, *, loses_place: bool) -> None:
        if not order.is_pending:
            return
        if loses_place:
            market.own.remove(order.order_id)
            self._work(order, market)
        else:
            market.own.shrink(order.order_id, order.remaining_lots)

    def _check_amended_margin(self, order: Order, before: tuple[int | None, int]) -> None:
        after = self._state.margin()
        wanted = (order.price_ticks, order.size_lots)
        order.price_ticks, order.size_lots = before
        old = self._state.margin()
        order.price_ticks, order.size_lots = wanted
        if after.total_margin > after.equity and after.total_margin > old.total_margin:
            raise ApiError("51502", "Order modification failed due to insufficient balance.", "1000")
