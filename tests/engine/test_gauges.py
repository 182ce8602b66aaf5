"""Every limit is a figure against it, per market and for the account; unknown figures are left out."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import SetLimit
from okxmm_tui.core.effects import CancelOrder, PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import BalanceUpdate, ClockMeasured, LatencyMeasured, MarkPrice, OrderRefused
from okxmm_tui.core.types import Side
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import Desk
from tests.samples import INST, fill

MS = 1_000_000
EQUITY = Decimal(10_000)


def gauges(desk: Desk) -> dict[str, tuple[float, str]]:
    """Fraction and text by name, of the market and the account."""
    snapshot = build_snapshot(desk.reducer, 1)
    found = (*snapshot.markets[0].gauges, *snapshot.account_view.gauges)
    return {gauge.name: (round(gauge.fraction, 3), gauge.text) for gauge in found}


def quoting(equity: Decimal = EQUITY, **limits: Decimal) -> Desk:
    """Two quotes of a contract, worth 600 each, on an account of ten thousand."""
    desk = Desk(limits=Limits(is_headless=True, max_order_share=Decimal("0.1"), **limits))
    desk.connect()
    desk.feed(BalanceUpdate("USDT", equity, equity, equity, 1))
    desk.book()
    for order in desk.taken(PlaceOrder):
        desk.confirm(order)
    return desk


def test_what_orders_are_checked_against_is_shown_with_what_is_left():
    """Largest order, all open ones, worst case, exposure and leverage, each against its own limit."""
    desk = quoting()
    seen = gauges(desk)
    assert seen["largest order"] == (0.6, "600 / 1,000 USDT")
    assert seen["open orders"] == (0.48, "1,200 / 2,500")
    assert seen["worst position"] == (0.2, "1.00 / 5.00 ct")
    assert seen["gross exposure"] == (0.006, "600 / 100,000")
    assert seen["net exposure"] == (0.008, "600 / 75,000")
    assert seen["leverage"] == (0.006, "0.06 / 10.00 x")


def test_losses_of_a_market_are_shown_before_they_trip():
    """Of the position, and of trips in a row."""
    desk = quoting()
    for side, price in ((Side.BUY, "60000"), (Side.SELL, "59999")):
        desk.reducer.reconciler.book_fill(desk.market, fill(side, price, "0.1", trade_id=side.value))
    desk.reducer.reconciler.book_fill(desk.market, fill(Side.BUY, "60000", "0.1", trade_id="3"))
    desk.feed(MarkPrice(INST, Decimal(59_940), 0))
    desk.update(bids=((600_000, 0), (599_400, 9)), asks=((600_001, 0), (599_401, 9)))
    seen = gauges(desk)
    assert seen["losing trips"] == (0.333, "1 / 3")
    assert seen["position loss"] == (0.5, "0.10 / 0.20 %")


def test_links_are_shown_against_their_limits():
    """Answers, clock, and the silence of the private stream."""
    desk = quoting()
    for _ in range(10):
        desk.feed(LatencyMeasured("place", "ws", 50 * MS, 0))
    desk.feed(ClockMeasured(-100 * MS, 0))
    heard_ns = desk.reducer.session.private_ns
    desk.run(6_000)
    seen = gauges(desk)
    assert seen["order answers"] == (0.25, "50 / 200 ms")
    assert seen["clock offset"] == (0.1, "100 / 1000 ms")
    age_s = (desk.now_ns - heard_ns) / 1e9
    assert seen["private stream"] == (round(age_s / 12, 3), f"{age_s:.1f} / 12.0 s")
    desk.feed(BalanceUpdate("USDT", EQUITY, EQUITY, EQUITY, 2))
    assert gauges(desk)["private stream"][1] == "0.0 / 12.0 s"


@pytest.mark.parametrize("equity", [Decimal(0), Decimal(-50)])
def test_an_account_without_equity_has_pictures_too(equity):
    """Nothing backs anything: far beyond every share, and nothing is placed."""
    desk = quoting(equity=equity)
    assert not desk.taken(PlaceOrder)
    desk.market.ledger.position.adopt(100, Decimal(60_000))
    desk.feed(MarkPrice(INST, Decimal(60_000), 0))
    assert gauges(desk)["leverage"][0] > 1_000


def test_equal_refusals_are_counted_against_a_limit_that_may_be_lowered():
    """Two are shown of three allowed; with two allowed the second one stops the side."""
    desk = quoting()

    def refuse(side: Side) -> None:
        order = desk.market.orders.side(side)[0]
        desk.feed(OrderRefused("amend", INST, order.cl_ord_id, "51121", "no", reaction="requote"))

    refuse(Side.BUY)
    assert gauges(desk)["same refusals"] == (0.333, "1 / 3")
    desk.run(11_000, 500)
    assert gauges(desk)["same refusals"] == (0.0, "0 / 3")
    desk.command(SetLimit("max_reject_streak", Decimal(1)))
    refuse(Side.SELL)
    assert "stopped after 1 refusals" in desk.market.sides[Side.SELL].stop_reason


def test_a_low_margin_ratio_only_reduces_until_it_is_well_again():
    """Below three: only reducing, critical; released from 3.75 on, which is the limit over its share."""
    desk = quoting()

    def margin(ratio: str | None) -> None:
        value = Decimal(ratio) if ratio is not None else None
        desk.feed(BalanceUpdate("USDT", EQUITY, EQUITY, EQUITY, 2, None, value))
        desk.run(3_000)

    margin("12.5")
    assert gauges(desk)["margin ratio"] == (0.24, "1,250 / 300 %")
    margin("2.9")
    assert desk.market.only_reduce.startswith("margin ratio 290 / 300 %")
    assert desk.taken(CancelOrder)
    margin("3.2")
    assert desk.market.only_reduce
    margin("3.8")
    assert not desk.market.only_reduce
    margin("2.9")
    margin(None)
    assert not desk.market.only_reduce
    assert gauges(desk)["margin ratio"] == (0.0, "none in use")
