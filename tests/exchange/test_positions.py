"""Books of linear and inverse positions: golden numbers by hand, and identities for any fills."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import example, given
from hypothesis import strategies as st

from okxmm_tui.core.types import ContractKind, PositionSide
from okxmm_tui.exchange.accounts import Account
from okxmm_tui.exchange.positions import ISOLATED, Position, worth
from tests.samples import swap

INVERSE = swap(
    "BTC-USD-SWAP",
    kind=ContractKind.INVERSE,
    lot_size=Decimal("0.1"),
    contract_value=Decimal(100),
    quote_ccy="USD",
    settle_ccy="BTC",
)
TAKER = Decimal("-0.0005")


def trade(account, lots, price, rate=TAKER, instrument=INVERSE, **how):
    """Book one fill."""
    return account.apply_fill(instrument, lots, Decimal(price), rate=rate, trade_id="1", now_ms=1, **how)


def test_inverse_golden_numbers():
    """Ten contracts at 50000 and ten at 62500 cost 0.036 BTC; sold at 80000 they earn 0.011."""
    account = Account(Decimal(0), {"BTC": Decimal(1)})
    assert trade(account, 100, "50000").fee == Decimal("-0.00001")
    assert trade(account, 100, "62500").fee == Decimal("-0.000008")
    position = account.position(INVERSE)
    assert position.open_cost == Decimal("0.036")
    assert position.average_price() == Decimal("55555.55555556")
    assert position.unrealised(Decimal(80_000)) == Decimal("0.011")
    done = trade(account, -200, "80000")
    assert (done.realised, done.fee, done.notional) == (
        Decimal("0.011"),
        Decimal("-0.0000125"),
        Decimal("0.025"),
    )
    assert account.balance("BTC") == Decimal(1) + Decimal("0.011") - Decimal("0.0000305")
    assert account.cash == 0


def test_inverse_short_loses_when_the_price_rises():
    """A short of ten contracts from 50000 to 62500 costs 0.004 BTC."""
    account = Account(Decimal(0), {"BTC": Decimal(1)})
    trade(account, -100, "50000", Decimal(0))
    assert account.position(INVERSE).unrealised(Decimal(62_500)) == Decimal("-0.004")
    assert trade(account, 100, "62500", Decimal(0)).realised == Decimal("-0.004")


def test_inverse_funding_is_paid_in_coin_on_the_mark():
    """Twenty contracts at 80000 are worth 0.025 BTC; a long pays a ten-thousandth of it, a short gets it."""
    for lots, sign in ((200, -1), (-200, 1)):
        account = Account(Decimal(0), {"BTC": Decimal(1)})
        trade(account, lots, "80000", Decimal(0))
        paid = account.settle_funding(account.position(INVERSE), Decimal(80_000), Decimal("0.0001"), 2)
        assert paid == sign * Decimal("0.0000025")
        assert account.balance("BTC") == 1 + paid


def test_long_and_short_of_one_instrument_do_not_meet():
    """In long/short mode a buy of the long side leaves the short side alone, average and all."""
    account = Account(Decimal(1000))
    how = {"rate": Decimal(0), "instrument": swap()}
    trade(account, 100, "60000", side=PositionSide.LONG, **how)
    trade(account, -200, "60100", side=PositionSide.SHORT, **how)
    assert trade(account, 100, "60050", side=PositionSide.SHORT, **how).realised == Decimal("0.5")
    long, short = (account.position(swap(), side) for side in (PositionSide.LONG, PositionSide.SHORT))
    assert (long.lots, long.shown_lots, long.average_price()) == (100, 100, 60_000)
    assert (short.lots, short.shown_lots, short.average_price()) == (-100, 100, 60_100)


def test_isolated_margin_follows_the_size():
    """Opening sets cost over leverage aside, reducing frees its share, closing frees the rest."""
    account = Account(Decimal(1000))
    how = {"rate": Decimal(0), "instrument": swap(), "mode": ISOLATED, "lever": Decimal(10)}
    trade(account, 300, "60000", **how)
    position = account.position(swap(), mode=ISOLATED)
    assert position.margin == Decimal(180)
    trade(account, -100, "60000", **how)
    assert position.margin == Decimal(120)
    trade(account, -200, "60000", **how)
    assert position.margin == 0
    assert account.cash == 1000


FILLS = st.lists(st.tuples(st.integers(-500, 500).filter(bool), st.integers(500_000, 700_000)), max_size=30)


@given(FILLS, st.sampled_from([swap(), INVERSE]), st.sampled_from([TAKER, Decimal("0.00005")]))
def test_balance_is_start_plus_realised_plus_fees(made, instrument, rate):
    """Exact for both kinds; a flat position has no cost left."""
    account = Account(Decimal(1000), {"BTC": Decimal(1)})
    for lots, ticks in made:
        trade(account, lots, Decimal(ticks) / 10, rate, instrument)
    position = account.position(instrument)
    if position.lots:
        trade(account, -position.lots, "60000", rate, instrument)
    ccy = instrument.settle_ccy
    assert account.balance(ccy) - account.started[ccy] == position.realised + position.fees
    assert (position.lots, position.open_cost) == (0, 0)


@given(FILLS, st.sampled_from([swap(), INVERSE]), st.integers(500_000, 700_000))
def test_realised_plus_unrealised_is_the_mark_to_market_of_all_fills(made, instrument, mark_ticks):
    """Equity identity: what is booked equals the worth of every fill against the mark, exactly."""
    account, mark, expected = Account(Decimal(0), {"BTC": Decimal(0)}), Decimal(mark_ticks) / 10, Decimal(0)
    turn = -1 if instrument.kind is ContractKind.INVERSE else 1
    for lots, ticks in made:
        price = Decimal(ticks) / 10
        trade(account, lots, price, Decimal(0), instrument)
        expected -= turn * worth(instrument, lots, price)
    position = account.position(instrument)
    expected += turn * worth(instrument, position.lots, mark)
    assert position.realised + position.unrealised(mark) == expected


@given(FILLS)
@example([(1, 595_290)])  # 59529.00000001
def test_harmonic_average_lies_between_the_openings(made):
    """Openings in one direction average between their extremes."""
    position, prices = Position(INVERSE), []
    for lots, ticks in made:
        prices.append(Decimal(ticks) / 10)
        position.apply(abs(lots), prices[-1])
    if prices:
        # Each opening is rounded at sixteen decimals of coin, and the average at eight, which may be one off.
        last_decimal = Decimal("1e-8")
        assert min(prices) - last_decimal <= position.average_price() <= max(prices) + last_decimal


def test_worth_of_an_inverse_contract_is_rounded_half_even():
    """100 USD at 60000.1 has no exact form; it is taken at sixteen decimals."""
    assert worth(INVERSE, 10, Decimal("60000.1")) == Decimal("0.0016666638888935")
    assert worth(INVERSE, 10, Decimal(0)) == 0
