"""Taker orders that close a position: reduce-only, bounded, one at a time."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.effects import PlaceOrder, Report
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.risk import Refusal, review_close
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import OrderKind, Side, VenueOrderState
from okxmm_tui.engine.decision_inputs import risk_context
from okxmm_tui.strategies.base import Close, Target
from tests.engine.desk import Desk
from tests.samples import fill, order_update


def holding(size_lots: int) -> Desk:
    """A quoting desk with a position."""
    desk = Desk()
    desk.quoting()
    side = Side.BUY if size_lots > 0 else Side.SELL
    desk.reducer.reconciler.book_fill(
        desk.market, structs.replace(fill(side, "60000", "1", trade_id="t0"), size_lots=abs(size_lots))
    )
    return desk


def closes(desk: Desk) -> list[PlaceOrder]:
    """Closing orders sent."""
    return [order for order in desk.taken(PlaceOrder) if order.order_kind is OrderKind.IOC]


def test_a_long_position_is_sold_through_the_bid_at_most_by_the_slippage():
    """20 bps below a best bid of 60,000.0 are 59,880.0; reduce-only, fill or nothing."""
    desk = holding(30)
    assert desk.reducer.execution.close(desk.market, 30, "test") == ""
    effect = desk.reducer.session.effects[-2]
    assert isinstance(effect, PlaceOrder)
    assert (effect.side, effect.price_ticks, effect.size_lots) == (Side.SELL, 598_800, 30)
    assert (effect.order_kind, effect.reduce_only) == (OrderKind.IOC, True)


def test_a_short_position_is_bought_back():
    """The mirror image, and never more than is held."""
    desk = holding(-30)
    assert desk.reducer.execution.close(desk.market, 500, "test") == ""
    effect = desk.reducer.session.effects[-2]
    assert isinstance(effect, PlaceOrder)
    assert (effect.side, effect.price_ticks, effect.size_lots) == (Side.BUY, 601_201, 30)


def test_one_closing_order_at_a_time():
    """The second waits for the first one's outcome."""
    desk = holding(30)
    execution, market = desk.reducer.execution, desk.market
    assert execution.close(market, 30, "test") == ""
    assert execution.close(market, 30, "test") == "the last closing order has no outcome yet"
    order = next(order for order in market.orders.working if order.is_closing)
    desk.feed(
        order_update(
            order.cl_ord_id, Side.SELL, 598_800, 30, state=VenueOrderState.CANCELED, cancel_source="14"
        )
    )
    assert execution.close(market, 30, "test") == "waiting a moment after the last closing order"
    desk.run(600)
    assert execution.close(market, 30, "test") == ""


def test_a_strategys_wish_to_close_is_carried_out():
    """Its quotes go, the close goes out, and quoting never takes the closing order for a quote."""

    class Closes:
        name, specs = "closes", ()

        def target(self, market, params):
            return Target((), 600_000.5, 1.0, "closing", "closing", close=Close(30, "lot loss"))

        def on_fill(self, side, price_ticks, size_lots, now_ns):
            pass

    desk = holding(30)
    desk.market.strategy = Closes()
    desk.market.hurry()
    desk.update()
    assert len(closes(desk)) == 1
    assert desk.taken(Report)[-1].text == "BTC-USDT-SWAP: closing 0.30 by sell: lot loss"
    desk.run(400)
    order = next(order for order in desk.market.orders.working if order.is_closing)
    assert order.cancel_sent_ns is None


def test_what_cannot_be_closed_is_said():
    """Nothing held, an empty book, a suspended instrument, no budget, dust."""
    desk = holding(30)
    context = risk_context(desk.reducer.session, desk.market, None)

    def why(**changes) -> str:
        result = review_close(structs.replace(context, **changes), 30, "1")
        assert isinstance(result, Refusal)
        return result.reason

    assert why(position_lots=0) == "there is no position to close"
    assert why(bid_ticks=0) == "the book has no two sides"
    assert why(instrument=structs.replace(context.instrument, state="suspend")) == "instrument is suspend"
    assert why(budget_left=0) == "order budget used up"
    assert "below the venue's minimum" in why(limits=Limits(max_order_notional_quote=Decimal("0.1")))


def test_closing_passes_when_halted_and_in_slices():
    """HALTED lets reduce-only orders pass; a large position goes in orders of at most the largest value."""
    desk = holding(30)
    context = structs.replace(
        risk_context(desk.reducer.session, desk.market, None),
        state=TradingState.HALTED,
        position_lots=5_000,
        limits=Limits(max_order_notional_quote=Decimal(6_000)),
    )
    effect = review_close(context, 5_000, "1")
    assert isinstance(effect, PlaceOrder)
    assert effect.size_lots == int(6_000 / (59_880 * 0.0001))
