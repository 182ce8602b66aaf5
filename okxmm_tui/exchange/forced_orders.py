"""Orders the venue itself makes: liquidation when margin runs out, and auto-deleveraging on request.

Ten times a second every position is held against its maintenance margin. Where equity no longer covers
it the venue cancels the orders behind the same margin (cancelSource 3) and closes positions, the largest
maintenance first, until equity covers the rest: whole positions up to the second tier, above that a part
down to two tiers below. It closes at the mark price, rounded to a tick against the account, and charges
the taker fee. What is then still owed is paid by the insurance fund and shows as a bill of its own, so
that a balance is never left below zero without a word.
"""

from __future__ import annotations

import math
from decimal import Decimal

from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.exchange.accounts import Settlement
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.bills import CLAW_BACK, LIQUIDATION, Bill
from okxmm_tui.exchange.fill_booking import FillBooking
from okxmm_tui.exchange.margin import POOLED, MarginView
from okxmm_tui.exchange.numbers import ZERO
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.orders import CancelSource, Category, Order
from okxmm_tui.exchange.position_tiers import PARTIAL_FROM, TIERS, tier_of
from okxmm_tui.exchange.positions import ISOLATED, Position
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.state import VenueState

CHECK_NS = 100_000_000


class ForcedOrders:
    """The venue's risk engine."""

    def __init__(self, state: VenueState, desk: OrderDesk, pushes: PrivatePushes) -> None:
        self._state = state
        self._desk = desk
        self._pushes = pushes
        self._booking = FillBooking(state, pushes)
        self._schedule()

    def _schedule(self) -> None:
        self._state.timers.at(self._state.now_ns + CHECK_NS, self._on_time)

    def _on_time(self) -> None:
        self._schedule()
        if self._state.account.open_positions():
            self.check()

    def check(self) -> None:
        """Liquidate what no longer has its maintenance margin."""
        for position in self._state.account.open_positions():
            ratio = self._state.margin().position_ratio(position)
            if position.lots and ratio is not None and ratio <= 1:
                self._rescue(position)
        for ccy in list(self._state.account.balances):
            self._desk.drop_unfunded(ccy)

    def _rescue(self, position: Position) -> None:
        self._cancel_behind(position)
        while (worst := self._worst_behind(position)) is not None:
            view = self._state.margin()
            ratio = view.position_ratio(worst)
            if ratio is None or ratio > 1:
                break
            self._liquidate(worst, view)
        self._claw_back()

    def _shares_margin(self, one: Position, other: Position) -> bool:
        if ISOLATED in {one.margin_mode, other.margin_mode}:
            return one is other
        is_pooled = self._state.settings.account_level in POOLED
        return is_pooled or one.instrument.settle_ccy == other.instrument.settle_ccy

    def _cancel_behind(self, position: Position) -> None:
        for order in list(self._state.store.pending.values()):
            if not order.is_spot and self._shares_margin(self._state.position_of(order), position):
                self._desk.cancel_order(order, CancelSource.RISK)

    def _worst_behind(self, position: Position) -> Position | None:
        view = self._state.margin()
        found = [one for one in self._state.account.open_positions() if self._shares_margin(one, position)]
        usd = {id(one): view.value_usd(one) * view.maintenance_rate(one) for one in found}
        return max(found, key=lambda one: usd[id(one)], default=None)

    def _liquidate(self, position: Position, view: MarginView) -> None:
        lots, category = abs(position.lots), Category.FULL_LIQUIDATION
        value = view.value_usd(position)
        tier = tier_of(value)
        if tier.number >= PARTIAL_FROM:
            goal = TIERS[tier.number - PARTIAL_FROM].most_usd
            part = math.ceil(lots * (value - goal) / value)
            if part < lots:
                lots, category = part, Category.PARTIAL_LIQUIDATION
        self._close_at_risk(position, lots, category)

    def _close_at_risk(self, position: Position, lots: int, category: Category) -> None:
        at_risk = position.margin
        booked = self._reduce(position, lots, category, self._state.settings.taker_rate)
        lost = at_risk - position.margin + booked.realised + booked.fee
        if position.margin_mode == ISOLATED and lost < 0:
            # An isolated position risks its margin and nothing else of the account.
            self._pay_in(position.instrument.settle_ccy, -lost)

    def force_reduce(self, inst_id: str, size: Decimal | None, category: Category = Category.ADL) -> None:
        """Take positions in an instrument away, in turn, as auto-deleveraging or liquidation does.

        Auto-deleveraging cancels the instrument's orders first (cancelSource 6) and charges no fee;
        liquidation cancels every order behind the same margin (cancelSource 3) and charges the taker fee.

        Args:
            inst_id: OKX instId.
            size: Contracts to take away, at most what is open; None takes all.
            category: ADL, or FULL_LIQUIDATION, which a position that keeps a part calls partial.

        Raises:
            ApiError: 51001 unknown instrument, 51023 no position, 51121 no lot multiple.
        """
        listed = self._state.listing(inst_id)
        found = [one for one in self._state.account.open_positions() if one.instrument.inst_id == inst_id]
        if not found:
            raise ApiError("51023", "Position does not exist.")
        left = sum(abs(one.lots) for one in found)
        if size is not None:
            lots = size / listed.instrument.lot_size
            if not lots.is_finite() or lots != int(lots) or lots <= 0:
                raise ApiError("51121", "Order quantity must be a multiple of the lot size.")
            left = min(left, int(lots))
        for position in found:
            taken = min(left, abs(position.lots))
            left -= taken
            if taken and category is Category.ADL:
                for order in list(self._state.store.pending_of(inst_id)):
                    self._desk.cancel_order(order, CancelSource.ADL)
                self._reduce(position, taken, category, ZERO)
            elif taken:
                self._cancel_behind(position)
                is_whole = taken == abs(position.lots)
                self._close_at_risk(position, taken, category if is_whole else Category.PARTIAL_LIQUIDATION)
        if category is not Category.ADL:
            self._claw_back()

    def _reduce(self, position: Position, lots: int, category: Category, rate: Decimal) -> Settlement:
        state, ours = self._state, position.instrument
        side = Side.SELL if position.lots > 0 else Side.BUY
        order = Order(
            order_id=state.store.next_order_id(),
            cl_ord_id="",
            tag="",
            listing=state.listings[ours.inst_id],
            side=side,
            ord_type="market",
            td_mode=position.margin_mode,
            ccy="",
            price_ticks=None,
            size_lots=lots,
            reduce_only=position.side is PositionSide.NET,
            stp_mode="cancel_maker",
            lever=state.lever(ours.inst_id, position.margin_mode, position.side),
            created_ms=state.now_ms,
            updated_ms=state.now_ms,
            pos_side=position.side,
            category=category,
        )
        state.store.add(order)
        booked = self._booking.book(order, self._forced_ticks(position, side), lots, "T", rate=rate)
        self._desk.trim_reducing(ours.inst_id)
        self._desk.drop_unfunded(ours.settle_ccy)
        return booked

    def _forced_ticks(self, position: Position, side: Side) -> int:
        ours = position.instrument
        ticks = self._state.markets[ours.inst_id].mark_price() / ours.tick_size
        return max(1, math.floor(ticks) if side is Side.SELL else math.ceil(ticks))

    def _claw_back(self) -> None:
        state, view = self._state, self._state.margin()
        still_open = state.account.open_positions()
        if view.is_pooled:
            # Currencies back each other: only what all of them together owe is paid, and only at the end.
            left = max(ZERO, -view.total_usd(lambda one: one.cash)) if not still_open else ZERO
            for ccy, cash in list(state.account.balances.items()):
                price = view.of(ccy).usd_price
                if left > 0 and cash < 0 and price:
                    amount = min(-cash, left / price)
                    self._pay_in(ccy, amount)
                    left -= amount * price
            return
        bound = {one.instrument.settle_ccy for one in still_open}
        for ccy, cash in list(state.account.balances.items()):
            if cash < 0 and ccy not in bound:
                self._pay_in(ccy, -cash)

    def _pay_in(self, ccy: str, amount: Decimal) -> None:
        state = self._state
        state.account.credit(ccy, amount, state.now_ms)
        state.bills.append(
            Bill(
                bill_id=state.store.next_bill_id(),
                ts_ms=state.now_ms,
                type=LIQUIDATION,
                sub_type=CLAW_BACK,
                ccy=ccy,
                amount=amount,
                balance=state.account.balance(ccy),
                size=amount,
            )
        )
        self._pushes.balance_and_position("claw_back", None, None, ccy)
        self._pushes.account_changed(ccy)
