"""Books one fill everywhere it belongs: account, order, bills, pushes."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.exchange.accounts import Settlement
from okxmm_tui.exchange.bills import trade_bills
from okxmm_tui.exchange.orders import Category, Fill, Order
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.state import VenueState

EVENTS = {
    Category.NORMAL: "filled",
    Category.ADL: "adl",
    Category.PARTIAL_LIQUIDATION: "liquidation",
    Category.FULL_LIQUIDATION: "liquidation",
}
"""eventType of balance_and_position by order category."""


class FillBooking:
    """Turns matches into fills."""

    def __init__(self, state: VenueState, pushes: PrivatePushes) -> None:
        self._state = state
        self._pushes = pushes

    def book(
        self, order: Order, price_ticks: int, size_lots: int, exec_type: str, *, rate: Decimal | None = None
    ) -> Settlement:
        """Book one match of an order and push everything it changed.

        Args:
            order: A stored order.
            price_ticks: Fill price.
            size_lots: Filled lots.
            exec_type: M maker, T taker.
            rate: Fee rate, OKX sign; None takes the account's.
        """
        state, ours = self._state, order.listing.instrument
        if rate is None:
            rate = state.settings.rate(is_spot=order.is_spot, is_maker=exec_type == "M")
        bill_id = state.store.next_trade_id()
        # Fills outside the order book carry negative trade ids (OKX v5, fills).
        trade_id = bill_id if order.category is Category.NORMAL else f"-{bill_id}"
        booked = self._settle(order, ours.price(price_ticks), order.side.sign * size_lots, rate, trade_id)
        fill = Fill(
            trade_id=trade_id,
            bill_id=bill_id,
            order_id=order.order_id,
            cl_ord_id=order.cl_ord_id,
            tag=order.tag,
            listing=order.listing,
            side=order.side,
            pos_side=order.pos_side,
            td_mode=order.td_mode,
            category=order.category,
            price_ticks=price_ticks,
            size_lots=size_lots,
            exec_type=exec_type,
            fee=booked.fee,
            fee_ccy=booked.fee_ccy,
            fee_rate=rate,
            pnl=booked.realised,
            mark_price=state.markets[ours.inst_id].mark_price(),
            ts_ms=state.now_ms,
        )
        state.store.fills.append(fill)
        second = state.store.next_bill_id() if order.is_spot else ""
        state.bills.extend(trade_bills(fill, booked, state.account.balances, second))
        order.take_fill(fill)
        if not order.is_pending:
            self.finish(order)
        self._push(order, fill)
        return booked

    def _settle(
        self, order: Order, price: Decimal, signed_lots: int, rate: Decimal, trade_id: str
    ) -> Settlement:
        account, ours, now_ms = self._state.account, order.listing.instrument, self._state.now_ms
        if order.is_spot:
            return account.apply_spot_fill(ours, signed_lots, price, rate=rate, now_ms=now_ms)
        return account.apply_fill(
            ours,
            signed_lots,
            price,
            rate=rate,
            trade_id=trade_id,
            now_ms=now_ms,
            side=order.pos_side,
            mode=order.td_mode,
            lever=order.lever,
        )

    def _push(self, order: Order, fill: Fill) -> None:
        pushes, position = self._pushes, None
        pushes.order(order, fill)
        if not order.is_spot:
            position = self._state.account.position(order.listing.instrument, order.pos_side, order.td_mode)
            pushes.position(position)
        pushes.balance_and_position(EVENTS[order.category], position, fill, *order.listing.currencies)
        pushes.account_changed(*order.listing.currencies)

    def finish(self, order: Order) -> None:
        """Take an order that reached a terminal state out of the pending ones and out of its queue."""
        self._state.store.finish(order)
        self._state.markets[order.listing.inst_id].own.remove(order.order_id)
