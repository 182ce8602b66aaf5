"""The spread's figures beside their past."""

from __future__ import annotations

import math

from msgspec import structs

from okxmm_tui.console.history import History
from okxmm_tui.console.widgets.spread import sparkline
from tests.console import sample


def test_a_sparkline_goes_from_its_lowest_to_its_highest():
    """Newest at the right, a gap where nothing was known, one height where nothing changed."""
    assert sparkline((1.0, 2.0, 3.0), 5) == "  ▁▄▇"
    assert sparkline((-3.0, math.nan, -1.0), 3) == "▁ ▇"
    assert sparkline((2.0, 2.004), 2) == "▁▁"
    assert sparkline((math.nan,), 3) == "   "
    assert sparkline((), 3) == "   "
    assert len(sparkline(tuple(float(value) for value in range(500)), 7)) == 7


def test_every_figure_is_sampled_once_a_second_and_unknown_without_a_book():
    """A market without a live book has no mid to measure from; its series go on, with nothing in them."""
    history, snapshot = History(), sample.quoting()

    def seen(second: int, **changes: object) -> None:
        changed = sample.with_market(snapshot, **changes)
        history.observe(structs.replace(changed, at_ns=sample.NOW_NS + second * sample.SECOND))

    seen(0, volatility_bps=1.0)
    seen(0, volatility_bps=9.0)
    seen(1, volatility_bps=2.0, bids=())
    seen(2, volatility_bps=3.0)
    past = history.spread["BTC-USDT-SWAP"]
    first, second, third = past["volatility 1s"].values()
    assert (first, third) == (1.0, 3.0)
    assert math.isnan(second)
    assert {series.count for series in past.values()} == {3}
    assert past["sum, bid / ask"].values()[0] > 0
