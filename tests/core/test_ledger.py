"""Every trade once, fees with the venue's sign."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.types import Side
from tests.samples import fill, swap


def test_a_duplicate_is_booked_once():
    """The same trade id a second time changes nothing."""
    ledger = Ledger(swap())
    first = fill(Side.BUY, "60000.0", "1", fee="-0.12")
    assert ledger.book(first) is not None
    assert ledger.book(first) is None
    assert (ledger.position.size_lots, ledger.fees_quote, ledger.fill_count) == (100, Decimal("-0.12"), 1)


def test_net_adds_fees_with_the_venues_sign():
    """A charged fee is negative and lowers the net; a rebate raises it."""
    ledger = Ledger(swap())
    ledger.book(fill(Side.BUY, "60000.0", "1", trade_id="1", fee="-0.12"))
    ledger.book(fill(Side.SELL, "60100.0", "1", trade_id="2", fee="0.03"))
    assert ledger.realised_quote == Decimal(1)
    assert ledger.net_quote(Decimal(70_000)) == Decimal("0.91")


def test_a_fee_in_another_currency_is_kept_apart():
    """It is shown, and never added to quote currency."""
    ledger = Ledger(swap())
    ledger.book(structs.replace(fill(Side.BUY, "60000.0", "1", fee="-0.01"), fee_ccy="OKB"))
    assert (ledger.fees_quote, ledger.other_fees) == (0, {"OKB": Decimal("-0.01")})


def test_remembered_trades_are_never_booked():
    """Fills that are part of an adopted position do not count again."""
    ledger = Ledger(swap())
    ledger.remember("7")
    assert ledger.book(fill(Side.BUY, "60000.0", "1", trade_id="7")) is None


@given(st.permutations(range(6)), st.lists(st.integers(0, 5), max_size=6))
def test_position_does_not_depend_on_order_or_repetition(order, repeats):
    """Any order of arrival, with any repetitions, gives the same size and fees."""
    fills = [
        fill(Side.BUY if n % 3 else Side.SELL, "60000.0", f"{n + 1}", trade_id=str(n), fee="-1")
        for n in range(6)
    ]
    ledger = Ledger(swap())
    for number in [*order, *repeats]:
        ledger.book(fills[number])
    assert (ledger.position.size_lots, ledger.fees_quote) == (1100, Decimal(-6))
