"""Margin mode, size unit and position side of a place request, for every account."""

from __future__ import annotations

import json

import msgspec
import pytest

from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder
from okxmm_tui.core.types import AccountLevel, OrderKind, PositionMode, PositionSide, Side
from okxmm_tui.errors import UsageError
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.messages import InstrumentRow
from okxmm_tui.okx.order_requests import grouped, order_args, rest_request, ws_frame
from okxmm_tui.okx.requests import encode
from okxmm_tui.okx.trade_modes import TradeMode, trade_mode
from tests.okx.fake_venue import COIN_FUTURE, FUTURE, INVERSE, SPOT, SWAP

NET, APART = PositionMode.NET, PositionMode.LONG_SHORT
DERIVATIVES = (SWAP, INVERSE, FUTURE, COIN_FUTURE)


def instrument(row):
    """An instrument out of its row."""
    found = instrument_of(msgspec.convert(row, InstrumentRow))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("level", "mode", "td_mode"),
    [
        ("1", NET, "cash"), ("1", APART, "cash"), ("2", NET, "cash"), ("2", APART, "cash"),
        ("3", NET, "cross"), ("3", APART, "cross"), ("4", NET, "cross"),
    ],
)  # fmt: skip
def test_spot_is_cash_or_cross_and_sized_in_base(level, mode, td_mode):
    """Levels 1 and 2 trade spot with cash, 3 and 4 with the whole account; posSide never."""
    found = trade_mode(instrument(SPOT), AccountLevel(level), mode)
    assert found == TradeMode(td_mode, ccy="", tgt_ccy="base_ccy", has_position_side=False)


@pytest.mark.parametrize("row", DERIVATIVES, ids=[row["instId"] for row in DERIVATIVES])
@pytest.mark.parametrize(("level", "mode"), [("2", NET), ("2", APART), ("3", NET), ("3", APART), ("4", NET)])
def test_derivatives_are_cross(row, level, mode):
    """Cross margin without a currency; long and short named where they are apart."""
    found = trade_mode(instrument(row), AccountLevel(level), mode)
    assert found == TradeMode("cross", has_position_side=mode is APART)


@pytest.mark.parametrize("row", [SPOT, *DERIVATIVES], ids=lambda row: row["instId"])
def test_portfolio_margin_has_net_positions_only(row):
    """An account that says otherwise is not one we understand."""
    with pytest.raises(UsageError, match="Portfolio"):
        trade_mode(instrument(row), AccountLevel.PORTFOLIO, APART)


@pytest.mark.parametrize("row", DERIVATIVES, ids=lambda row: row["instId"])
@pytest.mark.parametrize("mode", [NET, APART])
def test_spot_mode_has_no_derivatives(row, mode):
    """Refused before an order could be."""
    with pytest.raises(UsageError, match="Spot mode"):
        trade_mode(instrument(row), AccountLevel.SPOT, mode)


def args(row, level, mode, *, by_rest=False, **changes):
    """The fields of one place request."""
    ours = instrument(row)
    effect = PlaceOrder(row["instId"], "a1", Side.SELL, 600_001, 20, 1_000, **changes)
    account = AccountFacts("", {}, AccountLevel(level), mode)
    return json.loads(encode(order_args(effect, ours, "", by_rest=by_rest, account=account)))


@pytest.mark.parametrize("by_rest", [False, True])
def test_spot_row(by_rest):
    """Cash, size in base, and neither posSide nor reduceOnly, which spot does not know."""
    row = args(SPOT, "1", NET, by_rest=by_rest, reduce_only=True, order_kind=OrderKind.IOC)
    named = {"instId": "BTC-USDT"} if by_rest else {"instIdCode": 3}
    assert row == named | {
        "tdMode": "cash", "clOrdId": "a1", "side": "sell", "ordType": "ioc", "px": "60000.1",
        "sz": "0.00000020", "tgtCcy": "base_ccy", "stpMode": "cancel_maker",
    }  # fmt: skip


@pytest.mark.parametrize("row", DERIVATIVES, ids=lambda row: row["instId"])
@pytest.mark.parametrize("kind", list(OrderKind))
def test_net_row(row, kind):
    """Net mode leaves posSide out and honours reduceOnly; every order kind is written as OKX does."""
    sent = args(row, "2", NET, reduce_only=True, order_kind=kind)
    assert (sent["tdMode"], sent["reduceOnly"], sent["ordType"]) == ("cross", True, kind.value)
    assert not {"posSide", "ccy", "tgtCcy"} & set(sent)


@pytest.mark.parametrize("row", DERIVATIVES, ids=lambda row: row["instId"])
@pytest.mark.parametrize("side", [PositionSide.LONG, PositionSide.SHORT])
def test_long_short_row(row, side):
    """Long and short apart: posSide is named, and reduceOnly, implied by it, is not sent."""
    sent = args(row, "3", APART, position_side=side, reduce_only=True)
    assert (sent["posSide"], "reduceOnly" in sent) == (side.value, False)


def test_amends_and_cancels_need_none_of_it():
    """They name an order that has its mode and its side."""
    ours, account = instrument(SWAP), AccountFacts("", {}, AccountLevel.FUTURES, APART)
    for effect in (
        AmendOrder(ours.inst_id, "a1", "r1", 1, 2, 3),
        CancelOrder(ours.inst_id, "a1"),
    ):
        row = json.loads(encode(order_args(effect, ours, "", by_rest=True, account=account)))
        assert not {"tdMode", "posSide", "ccy", "tgtCcy", "ordType"} & set(row)


def test_both_routes_write_the_account_s_mode():
    """WebSocket frames and REST bodies carry the same mode."""
    ours, account = instrument(SPOT), AccountFacts("", {}, AccountLevel.MULTI_CURRENCY)
    [batch] = grouped([PlaceOrder(ours.inst_id, "a1", Side.BUY, 600_001, 20, 1_000)])
    known = {ours.inst_id: ours}
    frame = json.loads(ws_frame(batch, "o1", known, "", 0, account=account))
    _, body = rest_request(batch, known, "", account=account)
    assert frame["args"][0]["tdMode"] == json.loads(body)["tdMode"] == "cross"
