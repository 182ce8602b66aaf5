"""Limits and losses are one figure: markets quoted in different currencies are not traded together."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.messages import MarkPrice, PositionUpdate, StreamUp
from okxmm_tui.engine.quote_currencies import require_one
from okxmm_tui.errors import UsageError
from tests.engine.desk import Desk
from tests.engine.test_host import ListGateway, _host
from tests.samples import inverse, pair, swap

D = Decimal
IN_COIN = pair("ETH-BTC", base_ccy="ETH", quote_ccy="BTC", settle_ccy="BTC")
"""Its PnL is in BTC: half a coin lost was half a dollar of the daily loss."""


def test_markets_in_dollars_and_in_coin_are_refused_together():
    """Both are named, and what to do instead."""
    with pytest.raises(UsageError, match="BTC-USDT-SWAP in USDT and ETH-BTC in BTC") as caught:
        require_one([swap(), IN_COIN])
    assert "sessions of their own" in caught.value.hint


async def test_the_session_does_not_start(tmp_path, monkeypatch):
    """Before anything is sent or written."""
    gateway = ListGateway()
    prepare = gateway.prepare

    async def prepared(symbols):
        _, facts = await prepare(symbols)
        return [swap(), IN_COIN], facts

    monkeypatch.setattr(gateway, "prepare", prepared)
    with pytest.raises(UsageError, match="quoted differently"):
        await _host(tmp_path, gateway, []).run()
    assert list(tmp_path.glob("journal*")) == []


def test_dollars_of_every_make_count_as_one():
    """A coin-margined swap is quoted in USD and stands beside those in USDT and USDC; their PnL is added."""
    require_one([swap(), swap("BTC-USDC-SWAP", quote_ccy="USDC"), inverse()])
    desk = Desk(instruments=(swap(), inverse()))
    desk.feed(StreamUp("private"))
    desk.answer_truth(positions=(PositionUpdate("BTC-USD-SWAP", 100, D(60_000), None, None, 0),))
    desk.feed(MarkPrice("BTC-USD-SWAP", D(60_000), 0))
    desk.tick()
    desk.feed(MarkPrice("BTC-USD-SWAP", D(50_000), 0))
    desk.tick(1_100)
    # 1,000 USD of face: (1/60,000 - 1/50,000) x 1,000 = -1/300 BTC, at 50,000.
    assert round(desk.reducer.loss_limits.day_pnl_quote, 6) == round(D(-500) / 3, 6)


def test_a_session_in_coin_says_that_its_limits_are_in_coin():
    """1,000 is another loss in BTC than in dollars."""
    alarms = {each.key: each.text for each in Desk(instruments=(IN_COIN,)).reducer.session.alarms.views()}
    assert "are in BTC" in alarms["quote-currency"]
    assert "quote-currency" not in {each.key for each in Desk().reducer.session.alarms.views()}
