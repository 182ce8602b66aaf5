"""The quick word on balances and positions, merged with the full one."""

from __future__ import annotations

import json
from decimal import Decimal

from okxmm_tui.core import messages as m
from tests.okx.test_private_session import INST, make_session, push

POSITION = {"instId": INST, "pos": "1", "mgnMode": "cross", "markPx": "5", "liqPx": "3", "uTime": "10"}
BALANCE = {"ccy": "USDT", "eq": "11", "cashBal": "10", "availEq": "9", "uTime": "10"}


def quick(session, balances=(), positions=()):
    """One balance_and_position push."""
    return push(session, "balance_and_position", [{"balData": list(balances), "posData": list(positions)}])


def test_cash_goes_into_the_last_full_row():
    """Equity and what is free are of the account push; rows older than it mean nothing."""
    session = make_session()
    assert quick(session, [{"ccy": "USDT", "cashBal": "8", "uTime": "9"}]) == []
    push(session, "account", [{"details": [BALANCE]}])
    assert quick(session, [{"ccy": "USDT", "cashBal": "8", "uTime": "9"}]) == []
    [update] = quick(session, [{"ccy": "USDT", "cashBal": "8", "uTime": "12"}])
    assert update == m.BalanceUpdate("USDT", Decimal(11), Decimal(8), Decimal(9), 12)


def test_position_keeps_the_prices_the_quick_row_leaves_out():
    """Size and average are new, mark and liquidation price those of the last full row."""
    session = make_session()
    row = {"instId": INST, "pos": "2", "mgnMode": "cross", "avgPx": "4", "uTime": "12"}
    [first] = quick(session, positions=[row])
    assert (first.size_lots, first.mark_price) == (200, None)
    push(session, "positions", [POSITION | {"uTime": "13"}])
    assert quick(session, positions=[row]) == []
    [update] = quick(session, positions=[row | {"uTime": "14"}, row | {"instId": "OTHER"}])
    assert (update.size_lots, update.mark_price, update.liquidation_price) == (200, Decimal(5), Decimal(3))


def test_unreadable_row_hides_no_neighbour():
    """In lists within lists as well."""
    session = make_session()
    events = push(session, "account", [{"details": [BALANCE, {"ccy": 5}, BALANCE | {"ccy": "BTC"}]}, 7])
    assert [event.ccy for event in events if isinstance(event, m.BalanceUpdate)] == ["USDT", "BTC"]
    assert any(isinstance(event, m.GatewayNotice) for event in events)


def test_fill_the_orders_channel_did_not_tell_asks_for_the_truth():
    """The fills channel carries no fee: it books nothing, it only checks."""
    session = make_session()
    session.receive('{"event":"login","code":"0"}', 1)
    for frame in map(json.loads, session.pending_frames()):
        session.receive(json.dumps({"id": frame.get("id"), "event": "subscribe", "arg": frame["args"][0]}), 1)
    assert session.is_ready
    assert push(session, "fills", [{"instId": INST, "tradeId": "77"}], now_ns=10) == []
    assert m.ProbeWanted("fill 77 came without its order push") in session.on_time(session.next_deadline())
    [probe] = session.on_time(13 * 10**9)
    assert "account channel quiet" in probe.reason
