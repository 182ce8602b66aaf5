"""Fills that come out of order are booked in the venue's order, whatever came first."""

from __future__ import annotations

from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.accounting import recent
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.restored import LedgerState
from tests.core.accounts_desk import INVERSE, LINEAR, SPOT, START_MS, trade

D = Decimal
MOST = 12
TRADES = st.lists(
    st.tuples(st.sampled_from(["buy", "sell"]), st.integers(1, 300), st.integers(300_000, 900_000)),
    min_size=1,
    max_size=MOST,
)


def fills_of(instrument, history):
    """One fill a millisecond but for every third, which shares its time with the one before."""
    made = []
    for number, (side, lots, ticks) in enumerate(history):
        is_base = instrument.is_spot and side == "buy"
        fee = {"fee": "-0.0000037", "fee_ccy": "BTC"} if is_base else {"fee": "-0.01"}
        size, price = lots * instrument.lot_size, ticks * instrument.tick_size
        at_ms = START_MS + number - (number % 3 == 2)
        name = str(1_000 + number)
        made.append(trade(instrument, side, str(size), str(price), trade_id=name, at_ms=at_ms, **fee))
    return made


@pytest.mark.parametrize("instrument", [LINEAR, INVERSE, SPOT], ids=lambda each: each.kind.value)
@given(history=TRADES, order=st.permutations(range(MOST)))
def test_any_order_of_arrival_gives_the_venues_books(instrument, history, order):
    """Position, basis, realised PnL and cash; what the fills said they realised adds up to it."""
    fills = fills_of(instrument, history)
    wanted, ledger = Ledger(instrument), Ledger(instrument)
    for fill in fills:
        wanted.book(fill)
    booked = [ledger.book(fill) for fill in (fills[at] for at in order if at < len(fills))]
    assert (ledger.position.quantity, ledger.position.basis) == (
        wanted.position.quantity, wanted.position.basis,
    )  # fmt: skip
    assert ledger.periods.session == wanted.periods.session
    assert ledger.periods.day == wanted.periods.day
    assert ledger.cash == wanted.cash
    assert sum(each.realised for each in booked if each) == wanted.periods.session.realised
    assert sum(each.realised_quote for each in booked if each) == wanted.periods.session.realised_quote
    assert booked[-1] is not None
    assert booked[-1].held_after == wanted.position.quantity


@pytest.mark.parametrize("instrument", [LINEAR, INVERSE, SPOT], ids=lambda each: each.kind.value)
@given(history=TRADES, order=st.permutations(range(MOST)), cut=st.integers(0, MOST))
def test_a_restart_in_between_changes_nothing(instrument, history, order, cut):
    """Books saved and taken up after any fill book what comes late where it belongs all the same."""
    fills = fills_of(instrument, history)
    wanted, ledger = Ledger(instrument), Ledger(instrument)
    for fill in fills:
        wanted.book(fill)
    for number, at in enumerate(each for each in order if each < len(fills)):
        if number == cut:
            saved = msgspec.msgpack.decode(msgspec.msgpack.encode(ledger.state()), type=LedgerState)
            ledger = Ledger.from_state(instrument, saved)
        ledger.book(fills[at])
    assert (ledger.position.quantity, ledger.position.basis) == (
        wanted.position.quantity, wanted.position.basis,
    )  # fmt: skip
    assert ledger.periods.inception == wanted.periods.inception
    assert ledger.periods.day == wanted.periods.day


def test_after_a_restart_on_another_lot_size_late_fills_are_booked_last():
    """Counts of the old lots are no sizes any more: nothing is taken back, and the position is right."""
    [first, second] = fills_of(LINEAR, [("buy", 10, 600_000), ("sell", 5, 610_000)])
    ledger = Ledger(LINEAR)
    ledger.book(second)
    finer = structs.replace(LINEAR, lot_size=LINEAR.lot_size / 10)
    again = Ledger.from_state(finer, ledger.state())
    again.book(structs.replace(first, size_lots=100))
    assert again.position.quantity == 5 * LINEAR.lot_size * LINEAR.contract_value


def test_a_late_fill_by_hand():
    """Bought at 60,000 and, missed, at 61,000; the sale at 62,000 was of the average, 60,500."""
    ledger = Ledger(LINEAR)
    first, missed, sale = (
        trade(LINEAR, side, "1", price, trade_id=str(number), at_ms=START_MS + number)
        for number, (side, price) in enumerate([("buy", "60000"), ("buy", "61000"), ("sell", "62000")])
    )
    ledger.book(first)
    sold = ledger.book(sale)
    assert sold is not None
    assert sold.realised == D(20)  # 0.01 x 2000, as far as was known
    late = ledger.book(missed)
    assert late is not None
    assert late.realised == D(-5)  # the sale brought 0.01 x 1500
    assert ledger.periods.session.realised == D(15)
    assert ledger.position.average_price == D(60500)


def test_a_position_taken_over_is_not_taken_back():
    """What happened before the venue's figure was adopted is inside it; a late fill is booked on top."""
    ledger = Ledger(LINEAR)
    ledger.book(trade(LINEAR, "buy", "1", "60000", trade_id="5", at_ms=START_MS + 5))
    ledger.position.adopt(300, D(50000))
    booked = ledger.book(trade(LINEAR, "sell", "1", "51000", trade_id="2", at_ms=START_MS + 2))
    assert booked is not None
    assert booked.realised == D(10)
    assert ledger.position.size_lots == 200


def test_memory_is_bounded_and_a_very_late_fill_is_booked_before_the_oldest_known():
    """Beyond what is remembered the books still add up, and the position is right."""
    fills = fills_of(LINEAR, [("buy", 10, 600_000 + number) for number in range(30)])
    ledger = Ledger(LINEAR)
    ledger._recent = recent.RecentFills(ledger.position, 4)
    for fill in fills[1:]:
        ledger.book(fill)
    assert len(ledger._recent._steps) < 8
    ledger.book(fills[0])
    assert ledger.position.size_lots == 300
