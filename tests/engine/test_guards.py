"""Watching limits: trip at the limit, come back with hysteresis, say the numbers."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.effects import CancelOrder, PlaceOrder, Report
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import FundingRate, MarkPrice, PositionUpdate
from okxmm_tui.core.types import Side
from okxmm_tui.engine.rolling import RollingCount
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import MS, Desk
from tests.samples import INST, fill


def mark(desk: Desk, price: str) -> None:
    """The venue's mark price."""
    desk.feed(MarkPrice(INST, Decimal(price), 0))


def quoting() -> Desk:
    """A desk whose dead-man's switch will not run out while the test waits."""
    desk = Desk(Limits(is_headless=True, dead_man_timeout_s=120, book_stale_ms=60_000))
    desk.quoting()
    desk.reducer.safety.dead_man_expires_ns = desk.now_ns + 10**12
    return desk


def hold(desk: Desk, lots: int) -> None:
    """Book a position."""
    side = Side.BUY if lots > 0 else Side.SELL
    desk.reducer.reconciler.book_fill(
        desk.market, structs.replace(fill(side, "60000", "1", trade_id="t0"), size_lots=abs(lots))
    )


def test_mid_off_the_mark_pulls_and_returns_below_half_for_ten_seconds():
    """30 bps trip the limit of 25; 20 do not release it; 10 do, after 10 s."""
    desk = quoting()
    mark(desk, "60180")
    desk.tick()
    assert len(desk.taken(CancelOrder)) == 2
    assert desk.market.sides[Side.BUY].reason == "mid off mark 29.9 / 25.0 bps"
    assert "mid off mark 29.9 / 25.0 bps: quotes pulled" in desk.taken(Report)[-1].text
    mark(desk, "60120")
    desk.run(11_000)
    assert desk.reducer.guards.block(desk.market)
    mark(desk, "60060")
    desk.run(9_900)
    assert desk.reducer.guards.block(desk.market)
    desk.run(200)
    assert not desk.reducer.guards.block(desk.market)
    assert not desk.reducer.session.alarms.is_standing(f"mark-divergence-{INST}")


def test_a_flicker_starts_the_wait_again():
    """A figure that goes bad while the guard waits must be good for the whole time once more."""
    desk = quoting()
    mark(desk, "60180")
    desk.tick()
    mark(desk, "60060")
    desk.run(9_000)
    mark(desk, "60120")
    desk.tick()
    mark(desk, "60060")
    desk.run(9_000)
    assert desk.reducer.guards.block(desk.market)


def test_a_wide_spread_pulls():
    """A book of 1 % spread is not quoted at a limit of 100 bps."""
    desk = quoting()
    desk.book(600_000, 606_100)
    desk.tick()
    assert desk.reducer.guards.block(desk.market) == "spread 101.2 / 100.0 bps"


def test_unknown_figures_do_nothing():
    """Without a mark price there is no divergence, good or bad."""
    desk = quoting()
    desk.run(500)
    assert not desk.reducer.guards.block(desk.market)
    labels = [gauge.name for gauge in build_snapshot(desk.reducer, 1).markets[0].gauges]
    assert "mid off mark" not in labels
    assert "spread" in labels


def test_near_liquidation_only_the_reducing_side_quotes():
    """Long, 2 % from liquidation at a limit of 5 %: the bid goes, the ask is cut to the position."""
    desk = quoting()
    hold(desk, 40)
    desk.feed(PositionUpdate(INST, 40, Decimal(60_000), Decimal(60_000), Decimal(58_800), 0))
    mark(desk, "60000")
    desk.tick()
    desk.update()
    assert desk.market.only_reduce == "liquidation 2.0 / ≥5.0 % away"
    bids = [order for order in desk.market.orders.side(Side.BUY) if order.cancel_sent_ns is None]
    assert not bids
    assert desk.market.sides[Side.BUY].reason.startswith("only reducing: liquidation")
    [quote] = desk.market.sides[Side.SELL].quotes
    assert quote.size_lots == 40


def test_a_position_that_would_pay_funding_soon_is_only_reduced():
    """10 bps due in a minute: longs are reduced, shorts (who receive) are not."""
    for lots, is_reducing in ((40, True), (-40, False)):
        desk = quoting()
        hold(desk, lots)
        due_ms = desk.now_ns // MS + 60_000
        desk.feed(FundingRate(INST, Decimal("0.001"), due_ms, due_ms + 28_800_000, 0))
        desk.tick()
        desk.update()
        assert bool(desk.market.only_reduce) is is_reducing


def test_too_many_post_only_cancels_rest_the_market():
    """61 in a minute at a limit of 60; half of it releases."""
    desk = quoting()
    for _ in range(61):
        desk.market.post_only_cancels.note(desk.now_ns)
    desk.tick()
    assert desk.reducer.guards.block(desk.market) == "post-only cancels 61 / 60/min"
    desk.run(63_000, step_ms=500)
    assert not desk.reducer.guards.block(desk.market)


def test_a_trip_takes_back_a_fresh_parameter_change():
    """The change of the last ten seconds may be the cause."""
    from okxmm_tui.core.commands import SetParam

    desk = quoting()
    desk.command(SetParam(INST, "order_size", Decimal(2)))
    mark(desk, "60180")
    desk.tick()
    assert desk.market.params["order_size"] == 1


def test_reducing_never_places_a_growing_order():
    """With a position of nothing, REDUCING sends nothing at all."""
    from okxmm_tui.core.trading_state import Act

    desk = quoting()
    desk.reducer.session.machine.act(Act.REDUCE, "daily loss", desk.now_ns)
    placed = len(desk.taken(PlaceOrder))
    desk.run(1_000)
    assert len(desk.taken(PlaceOrder)) == placed
    assert len(desk.taken(CancelOrder)) == 2
    assert desk.market.sides[Side.BUY].reason == "only reducing: daily loss"


def test_a_rolling_count_forgets():
    """Exactly one window later an event no longer counts."""
    counted = RollingCount(1_000)
    counted.note(0)
    counted.note(500)
    assert counted.count(999) == 2
    assert counted.count(1_000) == 1
    assert counted.count(1_500) == 0
