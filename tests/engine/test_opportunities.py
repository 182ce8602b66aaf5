"""Where strategies would trade: per market, and over all markets of the venue."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import Arm, SetParam
from okxmm_tui.core.effects import Report, ScanMarkets
from okxmm_tui.core.messages import MarketScan, ScanRow
from okxmm_tui.core.opportunity_views import ScanView
from okxmm_tui.engine.view import build_snapshot
from okxmm_tui.strategies.registry import STRATEGIES
from tests.engine.desk import Desk
from tests.samples import INST

WIDE = ScanRow("WIDE-USDT-SWAP", Decimal("1.000"), Decimal("1.002"))
NARROW = ScanRow("NARROW-USDT", Decimal("100.00"), Decimal("100.01"))


def test_a_market_names_every_strategy_that_would_trade_it():
    """The running one first, the reason with its number, none before there is a book."""
    desk = Desk()
    desk.connect()
    before = dict(build_snapshot(desk.reducer, 1).markets[0].opportunities)
    assert set(before.values()) == {"no two-sided book"}
    desk.book()
    found = build_snapshot(desk.reducer, 1).markets[0].opportunities
    assert found[0] == ("inventory_skew", "")
    assert {name for name, _ in found} == set(STRATEGIES)
    assert dict(found)["spread_capture"] == "spread 0.0002 % < 0.1 %"


def test_the_running_strategy_is_judged_with_its_own_values():
    """A narrower minimum spread lets it in; the others keep their defaults."""
    desk = Desk(strategy="spread_capture")
    desk.connect()
    desk.book()
    assert build_snapshot(desk.reducer, 1).markets[0].opportunities[0][1]
    desk.command(Arm())
    desk.command(SetParam(INST, "min_spread", Decimal("0.000001")))
    assert build_snapshot(desk.reducer, 1).markets[0].opportunities[0] == ("spread_capture", "")


def test_an_opportunity_that_raises_is_a_reason_and_no_more():
    """An operator's function must not end the engine or hide the others."""
    desk = Desk()
    desk.connect()
    desk.book()
    desk.market.strategy.opportunity = lambda *given: 1 / 0  # pyright: ignore
    name, reason = build_snapshot(desk.reducer, 1).markets[0].opportunities[0]
    assert (name, reason) == ("inventory_skew", "opportunity failed: ZeroDivisionError: division by zero")
    del desk.market.strategy.opportunity  # pyright: ignore


def test_the_venue_is_scanned_once_a_minute_when_a_strategy_wants_it():
    """spread_capture does, inventory_skew does not."""
    desk = Desk(strategy="spread_capture")
    desk.connect()
    assert len(desk.taken(ScanMarkets, desk.run(59_000))) == 0
    assert len(desk.taken(ScanMarkets)) == 1
    desk.run(60_000)
    assert len(desk.taken(ScanMarkets)) == 2
    other = Desk()
    other.connect()
    other.run(61_000)
    assert not other.taken(ScanMarkets)


def test_the_ten_widest_are_kept_and_those_worth_trading_are_named():
    """Kept on the picture with the reason, said once until it changes."""
    desk = Desk(strategy="spread_capture")
    desk.connect()
    many = tuple(ScanRow(f"N{n}-USDT", Decimal(1000), Decimal("1000.1")) for n in range(20))
    [said] = desk.taken(Report, desk.feed(MarketScan((NARROW, *many, WIDE))))
    assert said.text == (
        "spread_capture would trade WIDE-USDT-SWAP; widest: WIDE-USDT-SWAP 20.0 bps, N0-USDT 1.0 bps, "
        "N1-USDT 1.0 bps"
    )
    kept = build_snapshot(desk.reducer, 1).scan
    assert len(kept) == 10
    assert kept[0] == ScanView("WIDE-USDT-SWAP", pytest.approx(20.0), "")
    assert kept[1].reason == "spread 0.01 % < 0.1 %"
    assert not desk.taken(Report, desk.feed(MarketScan((WIDE, NARROW))))
    [said] = desk.taken(Report, desk.feed(MarketScan((NARROW,))))
    assert said.text.startswith("spread_capture would trade none of them; widest: NARROW-USDT 1.0 bps")


def test_a_scan_nobody_asked_for_any_more_is_dropped():
    """The strategy was switched between question and answer."""
    desk = Desk()
    desk.connect()
    assert not desk.taken(Report, desk.feed(MarketScan((WIDE,))))
    assert build_snapshot(desk.reducer, 1).scan == ()


def test_the_composition_of_both_sides_is_on_the_picture():
    """In basis points of the mid, and the parts sum to the total."""
    desk = Desk()
    desk.connect()
    assert build_snapshot(desk.reducer, 1).markets[0].bid_parts is None
    desk.book()
    view = build_snapshot(desk.reducer, 1).markets[0]
    assert view.bid_parts is not None
    assert view.ask_parts is not None
    for parts in (view.bid_parts, view.ask_parts):
        whole = (
            parts.base_bps + parts.volatility_bps + parts.inventory_bps + parts.toxicity_bps
            + parts.fees_bps + parts.external_bps
        )  # fmt: skip
        assert parts.total_bps == pytest.approx(whole)
        assert parts.base_bps == pytest.approx(2.5)
