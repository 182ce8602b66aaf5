"""Exact accounting: cash identity, average price, realised PnL, funding."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.exchange.accounts import Account
from tests.samples import swap

SWAP = swap()
MAKER = Decimal("-0.0002")


def trade(account, lots, price, rate=MAKER):
    """Book one fill."""
    return account.apply_fill(SWAP, lots, Decimal(price), rate=rate, trade_id="1", now_ms=1)


def test_opening_and_closing_realise_the_price_difference():
    """A long closed ten higher earns ten times the base amount, minus both fees."""
    account = Account(Decimal(1000))
    trade(account, 100, "60000")
    done = trade(account, -100, "60010")
    assert done.realised == Decimal("0.1")
    assert done.fee == Decimal("-0.12002")
    assert account.cash == Decimal(1000) + Decimal("0.1") - Decimal("0.12") - Decimal("0.12002")


def test_a_flip_closes_first_and_opens_the_rest():
    """Selling three against a long of one realises one and leaves a short of two at the new price."""
    account = Account(Decimal(1000))
    trade(account, 100, "60000")
    trade(account, -300, "60006")
    position = account.position(SWAP)
    assert (position.lots, position.average_price()) == (-200, Decimal(60006))
    assert position.realised == Decimal("0.06")


def test_partial_reduction_rounds_the_removed_cost_half_even_at_twelve_digits():
    """The one rounding of a reduction follows the documented convention."""
    account = Account(Decimal(1000))
    trade(account, 3, "60000.1")
    position = account.position(SWAP)
    cost = Decimal("0.0003") * Decimal("60000.1")
    done = trade(account, -1, "60000.1")
    removed = (cost / 3).quantize(Decimal("1e-12"))
    assert position.open_cost == cost - removed
    assert done.realised == Decimal("0.0001") * Decimal("60000.1") - removed


def test_a_positive_rate_is_a_rebate():
    """OKX sign: a positive rate pays the maker."""
    account = Account(Decimal(0))
    assert trade(account, 100, "60000", Decimal("0.00005")).fee == Decimal("0.03")


def test_longs_pay_a_positive_funding_rate():
    """Funding is position value at mark times the rate, out of a long's cash."""
    account = Account(Decimal(100))
    trade(account, 100, "60000", Decimal(0))
    amount = account.settle_funding(account.position(SWAP), Decimal(60100), Decimal("0.0001"), 2)
    assert amount == Decimal("-0.0601")
    assert account.cash == Decimal(100) + amount


FILLS = st.lists(st.tuples(st.integers(-500, 500).filter(bool), st.integers(500_000, 700_000)), max_size=40)
RATES = st.sampled_from([Decimal("-0.0002"), Decimal("-0.0005"), Decimal("0.00005"), Decimal("-0.000137")])


@given(FILLS, RATES)
def test_cash_identity(made, rate):
    """Balance change equals realised plus fees exactly, and a flat position has no cost left."""
    account = Account(Decimal(1000))
    for lots, ticks in made:
        trade(account, lots, Decimal(ticks) / 10, rate)
    position = account.position(SWAP)
    if position.lots:
        trade(account, -position.lots, "60000", rate)
    assert account.cash - account.initial == position.realised + position.fees
    assert position.lots == 0
    assert position.open_cost == 0


@given(FILLS)
def test_realised_plus_unrealised_is_the_mark_to_market_of_all_fills(made):
    """Whatever was rounded into the cost comes back: total PnL at a mark is exact."""
    account = Account(Decimal(0))
    mark, expected = Decimal(61000), Decimal(0)
    for lots, ticks in made:
        price = Decimal(ticks) / 10
        trade(account, lots, price, Decimal(0))
        expected += Decimal(lots) * Decimal("0.0001") * (mark - price)
    position = account.position(SWAP)
    assert position.realised + position.unrealised(mark) == expected
