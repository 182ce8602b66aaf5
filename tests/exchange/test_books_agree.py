"""The exchange's books and the engine's, written apart, agree to the last digit on any history of fills."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.ledger import Ledger
from okxmm_tui.exchange.accounts import Account
from tests.core.accounts_desk import INVERSE, LINEAR, SPOT, START_MS, trade

ZERO = Decimal(0)
fills = st.lists(
    st.tuples(
        st.sampled_from([1, -1]),
        st.integers(1, 400),
        st.integers(300_000, 900_000),
        st.sampled_from(["-0.0008", "-0.0002", "0.0000731", "0"]),
    ),
    max_size=15,
)


@pytest.mark.parametrize("instrument", [LINEAR, INVERSE, SPOT], ids=lambda each: each.kind.value)
@given(history=fills)
def test_any_history_of_fills_gives_the_same_books(instrument, history):
    """Position, cost, realised PnL, fees and cash: flips, partial closes, rebates, base fees."""
    ledger, account = Ledger(instrument), Account(Decimal(10**6), {"BTC": Decimal(100)})
    for number, (sign, lots, ticks, rate) in enumerate(history):
        price, common = ticks * instrument.tick_size, {"rate": Decimal(rate), "now_ms": START_MS}
        if instrument.is_spot:
            settled = account.apply_spot_fill(instrument, sign * lots, price, **common)
        else:
            settled = account.apply_fill(instrument, sign * lots, price, trade_id=str(number), **common)
        side, size = "buy" if sign > 0 else "sell", format(lots * instrument.lot_size, "f")
        fee = {"fee": str(settled.fee), "fee_ccy": settled.fee_ccy}
        ledger.book(trade(instrument, side, size, format(price, "f"), trade_id=str(number), **fee))
    ours, totals = ledger.position, ledger.periods.session
    if instrument.is_spot and history:
        book = account.spot[instrument.inst_id]
        theirs = (book.base, book.open_cost, book.realised, book.quote_fees)
    else:
        held = account.position(instrument)
        signed = held.face(held.lots)
        theirs = (signed, held.open_cost, held.realised, held.fees)
    assert (ours.quantity, ours.cost, totals.realised, totals.fees) == theirs
    for ccy, balance in account.balances.items():
        assert ledger.cash.get(ccy, ZERO) == balance - account.started[ccy]
