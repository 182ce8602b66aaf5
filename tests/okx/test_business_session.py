"""The business connection: single prints and bars."""

from __future__ import annotations

import json
from decimal import Decimal

from okxmm_tui.core import messages as m
from okxmm_tui.core.types import Side
from okxmm_tui.okx.business_session import BusinessSession
from okxmm_tui.okx.extras import Extras
from tests.okx.conftest import make_instrument

INST = "BTC-USDT-SWAP"


def session():
    """Connected and asking for everything."""
    made = BusinessSession([make_instrument()], has_trades=True, candle_bars=("1m",))
    made.opened(0)
    return made


def push(made, channel, rows, inst_id=INST):
    """Receive one push."""
    return made.receive(json.dumps({"arg": {"channel": channel, "instId": inst_id}, "data": rows}), 1)


def test_asks_for_what_is_wanted_without_a_login():
    """One argument per print and bar channel; a successor asks for the same."""
    for made in (session(), session().successor()):
        made.opened(0)
        asked = [json.loads(frame)["args"][0]["channel"] for frame in made.pending_frames()]
        assert asked == ["trades-all", "candle1m"]


def test_bars_are_exact_and_a_bad_one_hides_no_other():
    """Bars of strangers are passed over."""
    row = ["1795161600000", "1.5", "2", "1", "1.75", "10", "0.1", "6000", "1"]
    notice, bar = push(session(), "candle1m", [["x"], row])
    assert isinstance(notice, m.GatewayNotice)
    figures = [Decimal(text) for text in ("1.5", "2", "1", "1.75", "10")]
    assert bar == m.Candle(INST, "1m", 1_795_161_600_000, *figures, is_final=True)
    assert push(session(), "candle1m", [row], "OTHER") == []


def test_single_prints():
    """Every fill of a taker by itself."""
    row = {"instId": INST, "tradeId": "1", "px": "60000.1", "sz": "0.5", "side": "sell", "ts": "7"}
    assert push(session(), "trades-all", [row, row | {"instId": "OTHER"}]) == [
        m.PublicTrade(INST, 600_001, 50, Side.SELL, "1", 7)
    ]
    assert push(session(), "open-interest", [row]) == []


def test_connection_is_opened_for_a_reason_only():
    """Tickers and fills have their place elsewhere."""
    assert not Extras(has_tickers=True, has_fills=True).needs_business
    assert Extras(has_all_trades=True).needs_business
    assert Extras(candle_bars=("1m",)).needs_business
