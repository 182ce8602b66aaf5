"""Spot holdings: exact to the last digit, fees in either currency, and whole lots beside a residual."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.spot_balance import SpotHolding, flow_of
from okxmm_tui.core.types import Side
from tests.samples import fill, pair

PAIR = pair()


def spot_fill(side: Side, price: str, size: str, fee: str, ccy: str, *, venue_ms: int = 1):
    """A fill of the pair."""
    return structs.replace(
        fill(side, "1.0", "1", fee=fee),
        inst_id=PAIR.inst_id,
        price_ticks=PAIR.price_to_ticks(price),
        size_lots=PAIR.split_size(size)[0],
        fee_ccy=ccy,
        venue_ms=venue_ms,
    )


def test_a_buy_brings_its_size_less_the_fee():
    """0.001 BTC bought with 0.08% taken out of it brings 0.0009992 BTC; the quote pays the full price."""
    flow = flow_of(spot_fill(Side.BUY, "60000.0", "0.001", "-0.0000008", "BTC"), PAIR)
    assert (flow.base, flow.quote) == (Decimal("0.0009992"), Decimal(-60))


def test_a_sell_is_charged_in_quote():
    """The base goes out whole, the quote comes in less the fee."""
    flow = flow_of(spot_fill(Side.SELL, "60000.0", "0.001", "-0.048", "USDT"), PAIR)
    assert (flow.base, flow.quote) == (Decimal("-0.001"), Decimal("59.952"))


def test_a_rebate_adds_and_a_third_currency_moves_neither():
    """A positive fee is income; a fee in OKB is another balance's matter."""
    rebate = flow_of(spot_fill(Side.BUY, "60000.0", "0.001", "0.0000001", "BTC"), PAIR)
    other = flow_of(spot_fill(Side.BUY, "60000.0", "0.001", "-5", "OKB"), PAIR)
    assert (rebate.base, other.base) == (Decimal("0.0010001"), Decimal("0.001"))


def test_less_than_a_lot_is_kept_and_not_sold():
    """The position is what can be sold again; the rest waits in the residual."""
    holding = SpotHolding(PAIR)
    holding.book(spot_fill(Side.BUY, "60000.0", "0.00012345", "-0.000000098765", "BTC"))
    assert holding.base_change == Decimal("0.000123351235")
    assert (holding.whole_lots, holding.residual_base) == (12_335, Decimal("0.000000001235"))


FILLS = st.lists(
    st.tuples(
        st.sampled_from(Side),
        st.integers(1, 10**9),
        st.decimals(min_value=-1, max_value=1, places=16),
        st.sampled_from(["BTC", "USDT", "OKB"]),
    ),
    max_size=40,
)


@given(FILLS)
def test_lots_and_residual_are_the_exact_change(fills):
    """Sum of sizes and base fees, exactly; the residual is at least nothing and less than a lot."""
    holding, expected = SpotHolding(PAIR), Decimal(0)
    for side, lots, fee, ccy in fills:
        booked = spot_fill(side, "60000.0", str(PAIR.size(lots)), str(fee), ccy)
        holding.book(booked)
        expected += side.sign * PAIR.size(lots) + (fee if ccy == "BTC" else 0)
    assert holding.base_change == expected
    assert holding.whole_lots * PAIR.lot_size + holding.residual_base == expected
    assert 0 <= holding.residual_base < PAIR.lot_size


def test_balances_settle_the_fills_they_contain():
    """Each currency by its own time; a fill after the balance is still to come."""
    holding = SpotHolding(PAIR)
    holding.book(spot_fill(Side.BUY, "60000.0", "0.001", "0", "BTC", venue_ms=10))
    holding.book(spot_fill(Side.BUY, "60000.0", "0.002", "0", "BTC", venue_ms=20))
    holding.settle_quote(10)
    assert (holding.unsettled_base, holding.unsettled_quote) == (Decimal("0.003"), Decimal(-120))
    holding.settle_base(20)
    assert (holding.unsettled_base, holding.unsettled_quote) == (0, Decimal(-120))


def test_starting_over_forgets_what_was_filled_before():
    """Taking the balances over makes them the beginning."""
    holding = SpotHolding(PAIR)
    holding.book(spot_fill(Side.BUY, "60000.0", "0.001", "0", "BTC"))
    holding.start_over()
    assert (holding.base_change, holding.quote_change, holding.unsettled_quote, holding.whole_lots) == (
        0,
    ) * 4
