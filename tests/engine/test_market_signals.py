"""The signals on their way through the engine: fed by its events, handed to strategies and consoles."""

from __future__ import annotations

import msgspec
import pytest

from okxmm_tui.core.messages import BookGap, PublicTrade, TopOfBook
from okxmm_tui.core.snapshot import FromEngine
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.engine.decision_inputs import market_input
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.strategies.base import MarketInput
from tests.engine.desk import Desk
from tests.samples import INST, fill, order_update

MS = 1_000_000


def given_to_the_strategy(desk: Desk) -> MarketInput:
    """What the next decision is based on."""
    return market_input(desk.reducer.session, desk.market)


def trade(desk: Desk, side: Side, price_ticks: int, lots: int = 10) -> None:
    """A print on the tape."""
    desk.feed(PublicTrade(INST, price_ticks, lots, side, "1", desk.now_ns // MS))


def test_a_strategy_sees_sizes_and_signals_of_the_newest_best_prices():
    """From the book first, from a newer best price after it."""
    desk = Desk()
    desk.book()
    seen = given_to_the_strategy(desk)
    assert (seen.bid_lots, seen.ask_lots) == (500, 500)
    assert seen.signals.weighted_mid_ticks == 600_000.5
    desk.feed(TopOfBook(INST, 600_000, 900, 600_001, 100, desk._seq + 1, 0))
    seen = given_to_the_strategy(desk)
    assert (seen.bid_lots, seen.ask_lots) == (900, 100)
    assert seen.signals.weighted_mid_ticks == pytest.approx(600_000.9)


def test_volatility_is_the_larger_of_both():
    """What the strategy widens by is what the signals say, and what the screen shows."""
    desk = Desk()
    desk.book()
    for step in range(40):
        desk.feed(
            TopOfBook(INST, 600_000 + step % 2 * 50, 5, 600_001 + step % 2 * 50, 5, 1_000 + step, 0), 150
        )
    seen = given_to_the_strategy(desk)
    assert seen.volatility_per_sqrt_s == seen.signals.volatility_per_sqrt_s > 0
    shown = build_snapshot(desk.reducer, 1).markets[0]
    assert shown.volatility_bps == seen.volatility_per_sqrt_s * 1e4
    assert shown.signals == seen.signals


def test_a_broken_book_takes_its_figures_away():
    """Prices, sizes and fair values go together."""
    desk = Desk()
    desk.book()
    desk.feed(BookGap(INST, "checksum"))
    seen = desk.market.signals.summary()
    assert (desk.market.bid_lots, desk.market.ask_lots) == (0, 0)
    assert (seen.microprice_ticks, seen.vamp_ticks, seen.bid_depth_quote) == (None, None, 0.0)


def test_trades_and_maker_fills_are_heard():
    """Buyers tilt the tape; a fill of ours is marked out with the ticks of the clock."""
    desk = Desk()
    bid, _ = desk.quoting()
    trade(desk, Side.BUY, 600_001)
    assert desk.market.signals.summary().trade_imbalance == 1.0
    order = desk.market.orders.get(bid)
    assert order is not None
    own = msgspec.structs.replace(fill(Side.BUY, "59987.9", "1", cl_ord_id=bid), venue_ms=desk.now_ns // MS)
    filled = order_update(
        bid, Side.BUY, order.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100
    )
    desk.feed(msgspec.structs.replace(filled, fill=own))
    desk.run(2_500)
    (markout,) = desk.market.signals.summary().markouts
    assert (markout.horizon_s, markout.fills) == (1, 1)
    assert markout.mean_bps == pytest.approx(1e4 * (600_000.5 - 599_879) / 599_879)
    assert desk.market.signals.summary().fill_imbalance == 1.0


def test_a_fill_heard_late_is_marked_out_by_the_venues_time():
    """Bought at a mid of 600,000.5 ticks; news of it comes 4 s later, after the mid has risen by 60."""
    desk = Desk()
    bid, _ = desk.quoting()
    at_ms = desk.now_ns // MS
    desk.feed(TopOfBook(INST, 600_000, 5, 600_001, 5, 10_000, at_ms))
    for second in (1, 2, 3):
        desk.run(1_000)
        desk.feed(TopOfBook(INST, 600_000, 5 + second, 600_001, 5, 10_000 + second, at_ms + second * 1_000))
    desk.run(1_000)
    desk.feed(TopOfBook(INST, 600_060, 5, 600_061, 5, 10_004, at_ms + 4_000))
    order = desk.market.orders.get(bid)
    assert order is not None
    own = msgspec.structs.replace(fill(Side.BUY, "60000", "1", cl_ord_id=bid), venue_ms=at_ms + 100)
    filled = order_update(
        bid, Side.BUY, order.price_ticks, 100, state=VenueOrderState.FILLED, filled_lots=100
    )
    desk.feed(msgspec.structs.replace(filled, fill=own))
    desk.feed(TopOfBook(INST, 600_060, 6, 600_061, 5, 10_005, at_ms + 5_200))
    first, second = desk.market.signals.summary().markouts
    assert (first.horizon_s, first.fills, second.horizon_s, second.fills) == (1, 1, 5, 1)
    assert first.mean_bps == pytest.approx(1e4 * 0.5 / 600_000)
    assert second.mean_bps == pytest.approx(1e4 * 60.5 / 600_000)


def test_orders_show_how_likely_they_fill():
    """Unknown at first; after a minute it is a probability, also where the market did not come to."""
    desk = Desk()
    desk.quoting()
    shown = build_snapshot(desk.reducer, 1).markets[0].orders
    assert [order.fill_probability for order in shown] == [None, None]
    price = shown[0].price_ticks
    for second in range(60):
        best = price + 40 + second % 3 * 60
        desk.feed(TopOfBook(INST, best, 5, best + 2, 5, 10_000 + second, desk.now_ns // MS))
        trade(desk, Side.SELL, best, 500)
        desk.run(1_000, 500)
    desk.feed(TopOfBook(INST, price + 60, 5, price + 62, 5, 10_060, desk.now_ns // MS))
    picture = build_snapshot(desk.reducer, 2)
    chances = {order.side: order.fill_probability for order in picture.markets[0].orders}
    assert chances[Side.BUY] is not None
    assert 0.1 < chances[Side.BUY] < 0.9
    assert chances[Side.SELL] is not None
    assert chances[Side.SELL] < 0.1
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(picture), type=FromEngine) == picture


def test_looking_at_the_engine_does_not_change_what_it_does():
    """The same events with and without consoles give the same effects: a replay stays a replay."""

    def effects(*, is_watched: bool) -> list[object]:
        desk = Desk()
        desk.quoting()
        for step in range(300):
            at = 600_000 + step * 7 % 40
            desk.feed(TopOfBook(INST, at, 5 + step % 9, at + 1, 9, 1_000 + step, desk.now_ns // MS), 37)
            trade(desk, Side.BUY if step % 3 else Side.SELL, at)
            if is_watched:
                build_snapshot(desk.reducer, step)
        return list(desk.effects)

    assert effects(is_watched=True) == effects(is_watched=False)
