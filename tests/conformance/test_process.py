"""The exchange as its own command serves a stranger just the same."""

from __future__ import annotations

import json
import subprocess
import sys
import types

import pytest

from tests.conformance.ccxt_settings import SYMBOL, settings
from tests.conformance.hosting import PATIENCE_S

ccxt = pytest.importorskip("ccxt", reason="ccxt is not installed (extra: conformance)")


@pytest.fixture
def announced():
    """The addresses a process of ``okxmm-tui exchange`` printed."""
    command = [sys.executable, "-m", "okxmm_tui", "exchange", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        yield types.SimpleNamespace(**json.loads(process.stdout.readline()))
        process.terminate()
        process.wait(PATIENCE_S)


def test_ccxt_on_the_command(announced):
    """On the built-in recording ccxt reads the book, rests an order and cancels it."""
    client = ccxt.okx(settings(announced))
    client.load_markets()
    book = client.fetch_order_book(SYMBOL, 5)
    price = round(book["bids"][0][0] * 0.99, 1)
    order_id = client.create_order(SYMBOL, "limit", "buy", 1, price)["id"]
    assert [one["id"] for one in client.fetch_open_orders(SYMBOL)] == [order_id]
    client.cancel_order(order_id, SYMBOL)
    assert client.fetch_order(order_id, SYMBOL)["status"] == "canceled"
    client.session.close()
