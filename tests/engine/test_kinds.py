"""Every kind of instrument through the engine: limits, gauges, texts and fills in the right unit."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import StreamUp
from okxmm_tui.core.types import PositionSide, Side
from okxmm_tui.engine.view import build_snapshot
from tests.engine.kinds_desk import KindDesk
from tests.samples import inverse, pair, swap

DERIVATIVES = [
    swap(),
    inverse(),
    swap("BTC-USDT-261225", inst_type="FUTURES"),
    inverse("BTC-USD-261225", inst_type="FUTURES"),
]
KINDS = [*DERIVATIVES, pair()]
MONEY = {"BTC": "1", "USDT": "100000"}


def live_desk(instrument, **changes) -> KindDesk:
    """A connected desk with a live book."""
    desk = KindDesk(instrument, balances=MONEY, **changes)
    desk.connect()
    desk.book()
    return desk


def gauges(desk: KindDesk) -> dict[str, str]:
    """Texts of the gauges by name."""
    [market] = build_snapshot(desk.reducer, 1).markets
    return {gauge.name: gauge.text for gauge in market.gauges}


@pytest.mark.parametrize("instrument", KINDS, ids=lambda each: each.inst_id)
def test_every_kind_quotes_fills_and_counts(instrument):
    """Two quotes; a fill moves the position by its size, and the other side goes on quoting."""
    desk = live_desk(instrument)
    bid, ask = desk.taken(PlaceOrder)
    assert bid.position_side is ask.position_side is PositionSide.NET
    for order in (bid, ask):
        desk.confirm(order)
    desk.filled(bid)
    assert desk.market.position_lots == bid.size_lots
    assert len([order for order in desk.taken(PlaceOrder) if order.side is Side.BUY]) == 2


@pytest.mark.parametrize(
    ("instrument", "position", "notional"),
    [
        (swap(), "+1.00 / 5.00 ct", "600 / 50,000 USDT"),
        (inverse(), "+1.0 / 5.0 ct", "100 / 50,000 USD"),
        (pair(), "+0.00100000 / 0.00500000 BTC", "60 / 50,000 USDT"),
    ],
)
def test_gauges_name_the_unit_and_the_worth(instrument, position, notional):
    """Contracts or base currency; the worth in quote currency, for inverse the USD face."""
    desk = live_desk(instrument)
    bid = desk.taken(PlaceOrder)[0]
    desk.filled(bid)
    shown = gauges(desk)
    assert (shown["position"], shown["notional"]) == (position, notional)


def test_the_notional_limit_holds_for_inverse_contracts():
    """Twelve contracts of 100 USD exceed a limit of 1,000 for one order."""
    limits = Limits(is_headless=True, max_order_notional_quote=Decimal(1_000))
    desk = live_desk(
        inverse(), limits=limits, params={"order_size": Decimal(12), "max_position": Decimal(50)}
    )
    assert not desk.taken(PlaceOrder)
    assert "order worth 1200 above limit 1000" in desk.market.sides[Side.BUY].reason


@pytest.mark.parametrize("instrument", DERIVATIVES, ids=lambda each: each.inst_id)
def test_a_position_at_the_start_is_said_in_contracts(instrument):
    """The notice names the unit of the instrument."""
    desk = KindDesk(instrument)
    desk.feed(StreamUp("private"))
    desk.answer_truth(positions=(desk.position(20),))
    size = instrument.size_text(20)
    assert any(f"took over a position of {size} ct" in line.text for line in desk.reducer.session.log)
