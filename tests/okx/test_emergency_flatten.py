"""Positions closed over REST alone, against the embedded exchange."""

from __future__ import annotations

import json

import pytest

from okxmm_tui.exchange.process import running_exchange
from okxmm_tui.okx.auth import ApiKey
from okxmm_tui.okx.emergency_flatten import close_positions, open_positions
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.rest import Rest

KEY = ApiKey("sim", "sim", "sim")
INST = "BTC-USDT-SWAP"


@pytest.fixture
async def venue():
    """An exchange with one open position."""
    async with running_exchange() as running:
        endpoints = Endpoints.local(running.rest, running.ws)
        rest = Rest(endpoints, KEY)
        body = {"instId": INST, "tdMode": "cross", "side": "buy", "ordType": "market", "sz": "0.05"}
        for _ in range(200):  # the market opens a moment after the exchange
            reply = await rest.post("/api/v5/trade/order", json.dumps(body).encode())
            if reply.is_ok:
                break
        assert reply.is_ok
        await rest.close()
        yield endpoints


async def test_positions_are_listed_closed_and_proven_gone(venue):
    """The list names the position; after the run the venue says twice that there is none."""
    [held] = await open_positions(venue, KEY, None)
    assert (held.inst_id, str(held.size), held.text) == (INST, "0.05", "+0.05 BTC-USDT-SWAP")
    said: list[str] = []
    outcome = await close_positions(venue, KEY, INST, deadline_s=10, on_progress=said.append)
    assert (outcome.is_proven, outcome.closed, outcome.left) == (True, 1, ())
    assert said[0] == "closing +0.05 BTC-USDT-SWAP"
    assert await open_positions(venue, KEY, None) == ()


async def test_other_instruments_are_left_alone(venue):
    """A scope closes its own instrument only."""
    outcome = await close_positions(venue, KEY, "ETH-USDT-SWAP", deadline_s=10, on_progress=lambda text: None)
    assert (outcome.is_proven, outcome.closed) == (True, 0)
    assert len(await open_positions(venue, KEY, None)) == 1


async def test_a_refused_key_ends_at_once(venue):
    """And what could not be closed is said."""
    wrong = ApiKey("sim", "wrong", "sim")
    outcome = await close_positions(venue, wrong, None, deadline_s=10, on_progress=lambda text: None)
    assert not outcome.is_proven
    assert "50113" in outcome.problem
