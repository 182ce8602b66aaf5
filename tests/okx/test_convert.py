"""Wire rows to core events."""

from __future__ import annotations

import re
from decimal import Decimal

import msgspec
import pytest

from okxmm_tui.core.messages import AccountBill
from okxmm_tui.core.types import Liquidity, PositionSide, Side, VenueOrderState
from okxmm_tui.errors import WireError
from okxmm_tui.okx.account_rows import BillRow
from okxmm_tui.okx.convert import (
    balance_update,
    bill_of,
    fill_of,
    number,
    optional_number,
    order_update,
    position_update,
    side_of,
    whole,
)  # fmt: skip
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import BalanceDetail, FillRow, InstrumentRow, OrderRow, PositionRow
from tests.okx.conftest import make_instrument
from tests.okx.fake_venue import SPOT

KNOWN = {"BTC-USDT-SWAP": make_instrument()}
ORDER = {
    "instId": "BTC-USDT-SWAP", "ordId": "33", "clOrdId": "1001", "tag": "mmx", "side": "buy", "px": "60000.1",
    "sz": "2", "accFillSz": "0.5", "avgPx": "60000.1", "state": "partially_filled", "uTime": "1795161601101",
    "fillPx": "60000.1", "fillSz": "0.5", "tradeId": "900100", "fillTime": "1795161601100", "execType": "M",
    "fillFee": "-0.06", "fillFeeCcy": "USDT", "reduceOnly": "false", "category": "normal", "code": "0",
}  # fmt: skip


def order(*, is_push: bool = True, **changes):
    """Convert the example order with changes."""
    return order_update(msgspec.convert(ORDER | changes, OrderRow), KNOWN, is_push=is_push)


def test_order_push_with_a_fill():
    """The example of the reference, field by field."""
    update = order()
    assert (update.price_ticks, update.size_lots, update.filled_lots) == (600_001, 200, 50)
    assert (update.state, update.update_ms, update.tag) == (
        VenueOrderState.PARTIALLY_FILLED, 1_795_161_601_101, "mmx",
    )  # fmt: skip
    fill = update.fill
    assert (fill.trade_id, fill.price_ticks, fill.size_lots, fill.venue_ms) == (
        "900100", 600_001, 50, 1_795_161_601_100,
    )  # fmt: skip
    assert (fill.fee, fill.fee_ccy, fill.liquidity, fill.tag) == (
        Decimal("-0.06"),
        "USDT",
        Liquidity.MAKER,
        "mmx",
    )


def test_rest_order_repeats_its_last_fill_which_is_no_event():
    """Over REST the same fields mean the last fill ever, so none is reported."""
    assert order(is_push=False).fill is None


@pytest.mark.parametrize("changes", [{"fillSz": "0"}, {"fillSz": ""}, {"tradeId": ""}, {"tradeId": "0"}])
def test_push_without_an_execution_has_no_fill(changes):
    """Zero size or no trade id is no execution."""
    assert order(**changes).fill is None


@pytest.mark.parametrize("average", ["0", ""])
def test_average_price_of_nothing(average):
    """Both spellings of "not filled yet" read alike."""
    assert order(avgPx=average, accFillSz="0", fillSz="").filled_lots == 0


def test_unknown_state_is_unrecognised():
    """A state of tomorrow is neither an error nor terminal."""
    update = order(state="hibernating")
    assert update.state is VenueOrderState.UNRECOGNISED
    assert not update.state.is_terminal


def test_market_order_has_no_price():
    """An order without a price has 0 ticks."""
    assert order(px="").price_ticks == 0


def test_reduce_only_is_text_or_boolean():
    """Pushes write "true"; a real boolean reads the same."""
    assert order(reduceOnly="true").reduce_only
    assert order(reduceOnly=True).reduce_only


def test_other_instruments_are_not_ours():
    """Rows of instruments we do not hold give nothing."""
    assert order(instId="XRP-USDT-SWAP") is None
    assert fill_of(msgspec.convert({"instId": "X", "tradeId": "1"}, FillRow), KNOWN) is None
    assert position_update(msgspec.convert({"instId": "X"}, PositionRow), KNOWN) is None


def test_an_order_from_before_a_tick_change_is_shown_at_the_nearest_tick():
    """Refused, it could neither be seen cancelled nor proven gone."""
    assert order(px="60000.16").price_ticks == 600_002
    assert order(px="60000.1").price_ticks == 600_001


def test_a_fill_from_before_a_tick_change_keeps_its_price():
    """Pushed or read back; on the grid the ticks say it all."""
    pushed = order(fillPx="60000.16").fill
    row = msgspec.convert(
        {"instId": "BTC-USDT-SWAP", "tradeId": "1", "side": "buy", "fillPx": "60000.16", "fillSz": "1"},
        FillRow,
    )
    read = fill_of(row, KNOWN)
    for fill in (pushed, read):
        assert (fill.price_ticks, fill.exact_price) == (600_002, Decimal("60000.16"))
        assert fill.price(Decimal("0.1")) == Decimal("60000.16")
    assert order(fillPx="60000.1").fill.exact_price is None


def test_fill_row():
    """A row of trade/fills; without a role it counts as taking."""
    row = {
        "instId": "BTC-USDT-SWAP", "tradeId": "5", "ordId": "1", "side": "sell", "fillPx": "60000",
        "fillSz": "0.03", "fee": "", "feeCcy": "USDT", "execType": "", "ts": "9",
    }  # fmt: skip
    fill = fill_of(msgspec.convert(row, FillRow), KNOWN)
    assert (fill.side, fill.size_lots, fill.fee, fill.liquidity, fill.venue_ms) == (
        Side.SELL, 3, Decimal(0), Liquidity.TAKER, 9,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("field", "value", "offence"),
    [
        ("fillPx", "", "fill 900100 had the price ''"),
        ("fillPx", "0", "fill 900100 had the price '0'"),
        ("fillPx", "-60000.1", "fill 900100 had the price '-60000.1'"),
        ("fillSz", "-0.5", "size '-0.5'"),
    ],
)
def test_a_fill_without_a_price_or_with_a_negative_size_is_never_booked(field, value, offence):
    """Pushed or read back: an error with the value, so that it is asked for again."""
    with pytest.raises(WireError, match=re.escape(offence)):
        order(**{field: value})
    row = {"instId": "BTC-USDT-SWAP", "tradeId": "900100", "side": "buy", "fillPx": "60000", "fillSz": "1"}
    with pytest.raises(WireError, match=re.escape(offence)):
        fill_of(msgspec.convert({**row, field: value}, FillRow), KNOWN)


@pytest.mark.parametrize("field", ["sz", "accFillSz"])
def test_no_order_has_a_negative_size(field):
    """What could still fill would be understated."""
    with pytest.raises(WireError, match="'-1' of an order"):
        order(**{field: "-1"})


@pytest.mark.parametrize(
    ("pos", "side", "expected"),
    [("1.5", "net", 150), ("-1.5", "net", -150), ("1.5", "short", -150), ("", "net", 0)],
)
def test_position_is_signed(pos, side, expected):
    """Net positions carry their sign, long/short ones their side."""
    row = {"instId": "BTC-USDT-SWAP", "pos": pos, "posSide": side, "avgPx": "60000.1", "mgnMode": "cross"}
    assert position_update(msgspec.convert(row, PositionRow), KNOWN).size_lots == expected


def test_sizes_from_before_a_lot_change_are_read_and_not_refused():
    """Lots of one contract now: nothing of what was ordered, traded and held with 0.01 lots is lost."""
    known = {"BTC-USDT-SWAP": make_instrument(lot="1")}
    row = {**ORDER, "sz": "2.5", "accFillSz": "1.37", "fillSz": "1.37"}
    update = order_update(msgspec.convert(row, OrderRow), known, is_push=True)
    assert (update.size_lots, update.filled_lots) == (3, 1)  # what may still fill is never understated
    assert (update.fill.size_lots, update.fill.rest) == (1, Decimal("0.37"))
    assert update.fill.size(Decimal(1)) == Decimal("1.37")
    for pos, side, lots, rest in (("0.37", "net", 0, "0.37"), ("1.37", "short", -1, "-0.37")):
        row = {"instId": "BTC-USDT-SWAP", "pos": pos, "posSide": side, "avgPx": "60000", "mgnMode": "cross"}
        held = position_update(msgspec.convert(row, PositionRow), known)
        assert (held.size_lots, held.rest, held.average_price) == (lots, Decimal(rest), Decimal(60_000))
    row = {"instId": "BTC-USDT-SWAP", "tradeId": "5", "side": "sell", "fillPx": "60000", "fillSz": "0.03"}
    fill = fill_of(msgspec.convert(row, FillRow), known)
    assert (fill.size_lots, fill.rest) == (0, Decimal("0.03"))


def test_isolated_position_is_not_ours():
    """We trade cross margin; an isolated position beside it is somebody else's."""
    row = {"instId": "BTC-USDT-SWAP", "pos": "1", "mgnMode": "isolated"}
    assert position_update(msgspec.convert(row, PositionRow), KNOWN) is None


def test_balance_of_margin_and_spot_modes():
    """Margin modes fill availEq, spot mode leaves it empty and fills availBal."""
    margin = balance_update(
        BalanceDetail("USDT", eq="9", cash_bal="8", avail_eq="7", avail_bal="1", u_time="3")
    )
    spot = balance_update(BalanceDetail("USDT", eq="", cash_bal="8", avail_eq="", avail_bal="6"))
    assert (margin.equity, margin.cash, margin.available, margin.update_ms) == (9, 8, 7, 3)
    assert (spot.equity, spot.available) == (8, 6)


@pytest.mark.parametrize("text", ["abc", "NaN", "-Infinity", "1e999"])
def test_nonsense_numbers_are_refused(text):
    """What is no finite amount raises, with its text."""
    with pytest.raises(WireError):
        number(text)


def test_empty_numbers():
    """Empty is zero where a number is needed, and nothing where it is optional."""
    assert (number(""), optional_number(""), whole(None)) == (0, None, 0)


def test_wrong_words_are_refused():
    """A side or time that is none is an error, not a guess."""
    with pytest.raises(WireError, match="sideways"):
        side_of("sideways")
    with pytest.raises(WireError, match="noon"):
        whole("noon")


def test_a_cancel_source_becomes_words():
    """The number OKX sends is nothing an operator can act on."""
    cancelled = order(state="canceled", cancelSource="20", fillSz="0", tradeId="")
    assert cancelled is not None
    assert cancelled.cancel_source == "20"
    assert "after" in cancelled.text or "dead" in cancelled.text
    spoken = order(state="canceled", cancelSource="20", msg="venue's own words", fillSz="0", tradeId="")
    assert spoken is not None
    assert spoken.text == "venue's own words"


@pytest.mark.parametrize(
    ("pos_side", "pos", "expected"),
    [
        ("net", "-2", (-200, PositionSide.NET)),
        ("long", "2", (200, PositionSide.LONG)),
        ("short", "2", (-200, PositionSide.SHORT)),
        ("short", "-2", (-200, PositionSide.SHORT)),
        ("short", "0", (0, PositionSide.SHORT)),
        ("", "1", (100, PositionSide.NET)),
        ("diagonal", "1", (100, PositionSide.NET)),
    ],
)
def test_positions_are_signed_whatever_the_mode(pos_side, pos, expected):
    """Long and short apart: pos is positive and the side gives the sign."""
    row = msgspec.convert(
        {"instId": "BTC-USDT-SWAP", "pos": pos, "posSide": pos_side, "mgnMode": "cross"}, PositionRow
    )
    update = position_update(row, KNOWN)
    assert (update.size_lots, update.position_side) == expected


def test_margin_position_of_a_spot_pair_is_not_ours():
    """A spot pair shows in the balances; a row under its name is somebody's margin trade."""
    known = {"BTC-USDT": instrument_of(msgspec.convert(SPOT, InstrumentRow))}
    row = msgspec.convert({"instId": "BTC-USDT", "pos": "1", "mgnMode": "cross"}, PositionRow)
    assert position_update(row, known) is None


@pytest.mark.parametrize(
    ("text", "side"), [("long", PositionSide.LONG), ("short", PositionSide.SHORT), ("net", PositionSide.NET)]
)
def test_orders_and_fills_name_their_position(text, side):
    """Pushes and REST fills carry the side they open or close."""
    update = order(posSide=text)
    row = {"instId": "BTC-USDT-SWAP", "tradeId": "1", "side": "buy", "fillPx": "1", "fillSz": "1"}
    fill = fill_of(msgspec.convert(row | {"posSide": text}, FillRow), KNOWN)
    assert update.position_side is update.fill.position_side is fill.position_side is side


def test_balance_says_what_spot_may_spend():
    """Futures accounts fill both: availEq for margin, availBal for spot."""
    row = {"ccy": "USDT", "eq": "12", "cashBal": "10", "availEq": "9", "availBal": "7"}
    update = balance_update(msgspec.convert(row, BalanceDetail))
    assert (update.available, update.spendable) == (Decimal(9), Decimal(7))


def test_bill_row():
    """Signed change, currency and type; an instrument only where there is one."""
    row = {"billId": 77, "type": "8", "instId": "BTC-USD-SWAP", "ccy": "BTC", "balChg": "-0.0001", "ts": "5"}
    assert bill_of(msgspec.convert(row, BillRow)) == AccountBill(
        "77", "8", "BTC-USD-SWAP", "BTC", Decimal("-0.0001"), 5
    )


@pytest.mark.parametrize(
    ("own", "pooled", "ratio"),
    [
        ("12.5", "", Decimal("12.5")),
        ("", "7", Decimal(7)),
        ("12.5", "7", Decimal("12.5")),
        ("", "", None),
        ("0", "", None),
        ("1e9999999", "7", Decimal(7)),
        ("NaN", "", None),
    ],
)
def test_the_margin_ratio_is_the_currencys_own_or_that_of_the_pool(own, pooled, ratio):
    """One that cannot be read is none; the balance beside it counts all the same."""
    update = balance_update(BalanceDetail("USDT", eq="10", cash_bal="8", mgn_ratio=own), pooled)
    assert (update.margin_ratio, update.equity, update.cash) == (ratio, 10, 8)
