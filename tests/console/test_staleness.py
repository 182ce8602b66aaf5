"""Each source that stops dims the panels it feeds, and no other; what cannot wait is drawn at once."""

from __future__ import annotations

import pytest
from msgspec import structs

from okxmm_tui.console.staleness import MARK_OLD_MS
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import Snapshot
from tests.console import sample
from tests.console.harness import SIZES, running

DASHBOARD = {"ladder", "orders", "fills", "tape", "pnl", "gauges"}


def book_stopped() -> Snapshot:
    """The book is old."""
    return sample.with_market(sample.quoting(), book_state="stale", book_age_ms=7_400)


def market_stream_down() -> Snapshot:
    """No public stream."""
    base = sample.quoting()
    return structs.replace(base, health=structs.replace(base.health, public_up=False))


def account_stream_down() -> Snapshot:
    """No private stream."""
    base = sample.quoting()
    return structs.replace(base, health=structs.replace(base.health, private_up=False))


def mark_stopped() -> Snapshot:
    """No mark price any more."""
    return sample.with_market(sample.quoting(), mark_age_ms=MARK_OLD_MS + 1)


@pytest.mark.parametrize(
    ("stopped", "dim", "said"),
    [
        (sample.quoting, set(), ""),
        (book_stopped, {"ladder"}, "STALE"),
        (market_stream_down, {"tape"}, "stream down"),
        (account_stream_down, {"orders", "fills", "pnl", "gauges"}, "stream down"),
        (mark_stopped, {"pnl"}, "mark 15s old"),
    ],
    ids=["none", "book", "trades", "orders and account", "mark price"],
)
async def test_a_source_that_stops_dims_what_it_feeds(stopped, dim, said):
    """Book, trades, orders and account, mark price: the right panels fade and say why, the others do not."""
    async with running(stopped(), size=SIZES[-1]) as bench:
        panels = {each.id: each for each in bench.app.page.query(LinePanel) if each.id in DASHBOARD}
        assert {name for name, panel in panels.items() if panel._was_dim} == dim
        for name in dim:
            title = "".join(text for text, _ in panels[name]._lines[0])
            assert said in title
        await bench.show(sample.quoting())
        assert not any(panel._was_dim for panel in panels.values())


@pytest.mark.parametrize("size", SIZES, ids=lambda each: "x".join(map(str, each)))
async def test_the_note_fits_every_size(size):
    """Title and note both stand in the edge, however narrow the panel is."""
    async with running(account_stream_down(), size=size) as bench:
        for name, title in (("pnl", "POSITION & PnL"), ("orders", "ORDERS"), ("gauges", "RISK")):
            panel = bench.app.page.query_one(f"#{name}", LinePanel)
            edge = "".join(text for text, _ in panel._lines[0])
            assert title in edge
            assert "stream down" in edge


async def test_two_places_that_say_the_position_say_the_same():
    """A slow panel draws a new position in the banner's frame, not up to half a second later."""
    async with running(sample.quoting()) as bench:
        for turn, lots in enumerate((1_300, -700, 0), start=1):
            bench.app.state.receive(sample.with_market(sample.quoting(), position_lots=lots))
            bench.app.draw(turn=turn)
            text = bench.app.state.market.instrument.size(lots)
            for place in ("#banner", "#pnl"):
                assert f"{text:+.2f}" in bench.text(place)


async def test_a_lost_book_stays_on_screen_dimmed():
    """While a book is renewed its last levels stay, faded, with the state and the age in the title."""
    async with running(sample.quoting(), size=SIZES[1]) as bench:
        ladder = bench.app.page.query_one("#ladder", LinePanel)
        before = bench.text("#ladder")
        await bench.show(sample.with_market(sample.quoting(), book_state="resync", bids=(), asks=()))
        text = bench.text("#ladder")
        assert "RESYNC" in text
        assert ladder._was_dim
        price = next(word for word in before.split() if word.startswith("96,5"))
        assert price in text


async def test_no_book_of_another_market_is_shown():
    """A market that never had a book waits for it, whatever the one before it showed."""
    async with running(sample.quoting(), size=SIZES[1]) as bench:
        (market,) = sample.quoting().markets
        other = structs.replace(
            market, instrument=structs.replace(market.instrument, inst_id="X-USDT-SWAP"), bids=(), asks=()
        )
        await bench.show(structs.replace(sample.quoting(), markets=(other,)))
        assert "waiting for the first order book" in bench.text("#ladder")
