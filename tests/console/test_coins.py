"""Instruments with other prices, sizes and money: what is read is whole, and in its own unit."""

from __future__ import annotations

import dataclasses
import re

import pytest
from msgspec import structs

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.title import title_text
from okxmm_tui.console.view import LinkState, View
from okxmm_tui.console.widgets import fills, orders, tape
from tests.console import sample
from tests.console.harness import SIZES, running
from tests.console.sample_coins import KINDS, picture

CUT_NUMBER = re.compile(r"\d…|…\d")
PANELS = ("Ladder", "Orders", "Fills", "TapePanel", "SideStatus", "Pnl", "MarketsTable", "OrdersBlotter",
          "FillsBlotter", "EquityPanel", "InventoryPanel")  # fmt: skip
PAGES = ("1", "v", "2", "3", "4")


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", KINDS)
async def test_no_number_is_cut_on_any_page(name, size):
    """Prices of fifteen characters, prices of millions and sizes of eight decimals fit, or say less."""
    async with running(picture(KINDS[name]), size=size) as bench:
        for key in PAGES:
            await bench.press(key)
            for panel in PANELS:
                for line in bench.text(panel).splitlines():
                    body = line.split("HOLD")[0]  # words may be cut
                    assert not CUT_NUMBER.search(body), (key, panel, line)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", KINDS)
async def test_every_price_of_the_book_is_read_whole(name, size):
    """Two levels never look alike, and every own order stands at its own price."""
    snapshot = picture(KINDS[name])
    market = snapshot.markets[0]
    async with running(snapshot, size=size) as bench:
        for panel in ("Ladder", "Orders"):
            words = set(bench.text(panel).split())
            for order in market.orders[::2]:
                assert fmt.price_text(market.instrument, order.price_ticks) in words, panel
        book = bench.text("Ladder")
        for price, _ in (*market.bids[:2], *market.asks[:2]):
            assert fmt.price_text(market.instrument, price) in book


async def test_a_small_size_never_reads_as_nothing():
    """A fill of 0.0005 BTC is no fill of 0.0."""
    small = dataclasses.replace(KINDS["spot"], lots=1_000)
    async with running(picture(small), size=(120, 35)) as bench:
        fills = bench.text("Fills")
        assert " 0.00050 T" in fills
        assert not re.search(r" 0\.0+ [MT] ", fills)


async def test_coin_money_has_its_digits_and_its_unit():
    """Equity of an inverse contract is coin and says so; results of a coin pair are not rounded away."""
    async with running(picture(KINDS["inverse"]), size=(120, 35)) as bench:
        assert "1.234568 BTC" in bench.text("Pnl")
        assert "+120.10" in bench.text("Pnl")
    async with running(picture(KINDS["coin for coin"]), size=(120, 35)) as bench:
        assert "+0.009240" in bench.text("Pnl")
        assert "+0.009240" in bench.text("#banner")
        assert "-0.00015" in bench.text("Fills")


async def test_a_fee_charged_in_coin_reads_as_charged():
    """Eight decimals, its sign and its currency: never +0.0000."""
    async with running(picture(KINDS["inverse"]), size=(200, 60)) as bench:
        await bench.press("3")
        assert "-0.00000123 BTC" in bench.text("FillsBlotter")


async def test_the_parts_of_an_inverse_result_are_named_in_coin():
    """Where the result comes from is counted in the settlement currency."""
    snapshot = picture(KINDS["inverse"])
    books = snapshot.markets[0].accounting
    assert books is not None
    inverse = structs.replace(books, settle_ccy="BTC", quote_ccy="USD")
    async with running(sample.with_market(snapshot, accounting=inverse), size=(200, 60)) as bench:
        assert "where it comes from, BTC" in bench.text("Pnl")


def test_the_title_names_the_currency_the_result_is_in():
    """USD of an inverse contract, not the coin it is settled in."""
    snapshot = picture(KINDS["inverse"])
    text = title_text(View(snapshot, snapshot.markets[0], LinkState.UP, sample.NOW_NS, 0))
    assert text.endswith("+92 USD")
    snapshot = picture(KINDS["coin for coin"])
    text = title_text(View(snapshot, snapshot.markets[0], LinkState.UP, sample.NOW_NS, 0))
    assert text.endswith("+0.009240 BTC")


async def test_the_position_is_never_cut():
    """What it was entered at gives way."""
    async with running(picture(KINDS["fifteen characters"]), size=(120, 35)) as bench:
        assert "long  +1,250 ct" in bench.text("Pnl")


@pytest.mark.parametrize("cells", [8, 11, 15])
@pytest.mark.parametrize("width", range(34, 120))
def test_columns_fill_no_more_than_their_panel(width, cells):
    """At every width a column is there whole or not at all."""
    its = orders.Columns.of(width, cells)
    used = 4 + its.price + its.size + its.ahead + 7 + its.age + its.chance + its.why
    assert used <= width
    mine = fills.Columns.of(width, cells, "USDT")
    used = 10 + mine.price + mine.size + 2 + mine.pnl + 6 * mine.marks + mine.fee + mine.trade
    assert used <= width
    prints = tape.Columns.of(width, cells)
    assert 10 + prints.price + prints.size + (2 * prints.own or prints.us) <= width
