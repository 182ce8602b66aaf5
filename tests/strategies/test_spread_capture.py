"""The spread trader's states, its clocks, and its limits."""

from __future__ import annotations

from msgspec import structs

from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import MarketInput
from okxmm_tui.strategies.spread_capture import SpreadCapture, percent
from tests.samples import SECOND
from tests.strategies.moments import MARKET, params_of, quotes_of

WIDE = structs.replace(MARKET, ask_ticks=601_000, equity_quote=100_000.0)
"""16.7 bps of spread: above min_spread (10) and reentry_spread (8)."""
PARAMS = params_of(SpreadCapture, order_amount="100")
LOTS = int(100 / (601_000 * 0.1 * 0.0001))


def later(market: MarketInput, seconds: float, **changes: object) -> MarketInput:
    """The moment some seconds on."""
    return structs.replace(market, now_ns=market.now_ns + int(seconds * SECOND), **changes)


def prices(target) -> dict[Side, int]:
    """Price per quoted side."""
    return {side: quotes[0].price_ticks for side, quotes in quotes_of(target).items() if quotes}


def test_it_joins_both_sides_while_the_spread_pays():
    """Best bid and best ask, 100 USDT each."""
    target = SpreadCapture().target(WIDE, PARAMS)
    assert prices(target) == {Side.BUY: 600_000, Side.SELL: 601_000}
    assert {quote.size_lots for quote in target.quotes} == {LOTS}


def test_a_narrow_spread_is_named_with_its_number():
    """The normal state on a liquid pair is to wait, and to say for what."""
    target = SpreadCapture().target(MARKET, PARAMS)
    assert not target.quotes
    assert target.bid_reason == "spread 0.0002 % < 0.1 %"


def test_a_spread_that_does_not_pay_both_fees_is_not_entered():
    """Spot at 8 bps a side: 16.7 bps are enough, 14 are not, unless quoting inside fees is allowed."""
    spot = structs.replace(WIDE, maker_fee=0.0008, allow_below_fees=False)
    assert prices(SpreadCapture().target(spot, PARAMS)) == {Side.BUY: 600_000, Side.SELL: 601_000}
    narrow = structs.replace(spot, ask_ticks=600_840)
    target = SpreadCapture().target(narrow, PARAMS)
    assert not target.quotes
    assert target.bid_reason == "spread 0.14 % < fees 0.1604 %"
    allowed = structs.replace(narrow, allow_below_fees=True)
    assert SpreadCapture().target(allowed, PARAMS).quotes
    held = structs.replace(narrow, position_lots=LOTS, average_price_ticks=600_000.0)
    assert prices(SpreadCapture().target(held, PARAMS)) == {Side.SELL: 600_840}


def test_a_filled_bid_takes_the_ask_out_and_leaves_at_the_new_best():
    """The whole position is offered at the best ask of now, and nothing is bid."""
    strategy = SpreadCapture()
    strategy.target(WIDE, PARAMS)
    strategy.on_fill(Side.BUY, 600_000, LOTS, WIDE.now_ns)
    held = later(WIDE, 0.1, position_lots=LOTS, average_price_ticks=600_000.0, ask_ticks=600_900)
    target = strategy.target(held, PARAMS)
    assert prices(target) == {Side.SELL: 600_900}
    assert quotes_of(target)[Side.SELL][0].size_lots == LOTS


def test_it_is_mirrored_after_a_filled_ask():
    """Short: one bid at the best bid for the whole position."""
    strategy = SpreadCapture()
    strategy.target(WIDE, PARAMS)
    strategy.on_fill(Side.SELL, 601_000, LOTS, WIDE.now_ns)
    held = later(WIDE, 0.1, position_lots=-LOTS, average_price_ticks=601_000.0)
    assert prices(strategy.target(held, PARAMS)) == {Side.BUY: 600_000}


def test_it_holds_while_the_spread_does_not_pay_the_way_out():
    """Below reentry_spread nothing is quoted, and the reason says holding."""
    strategy = SpreadCapture()
    strategy.target(WIDE, PARAMS)
    strategy.on_fill(Side.BUY, 600_000, LOTS, WIDE.now_ns)
    held = later(WIDE, 0.1, position_lots=LOTS, average_price_ticks=600_000.0, ask_ticks=600_300)
    target = strategy.target(held, PARAMS)
    assert not target.quotes
    assert target.ask_reason == "holding, spread 0.05 % < 0.08 %"


def test_a_lot_beyond_its_loss_is_closed_as_a_taker():
    """0.25 % down with a limit of 0.2 %: close the position, quote nothing."""
    strategy = SpreadCapture()
    held = structs.replace(WIDE, position_lots=LOTS, average_price_ticks=602_010.0)
    target = strategy.target(held, PARAMS)
    assert target.close is not None
    assert (target.close.size_lots, target.quotes) == (LOTS, ())
    assert "lot loss 0.2508 % > 0.2 %" in target.close.reason
    winning = structs.replace(held, average_price_ticks=599_000.0)
    assert SpreadCapture().target(winning, PARAMS).close is None


def test_a_short_lot_loses_when_the_price_rises():
    """The sign of the loss follows the position."""
    held = structs.replace(WIDE, position_lots=-LOTS, average_price_ticks=599_000.0)
    assert SpreadCapture().target(held, PARAMS).close is not None
    held = structs.replace(held, average_price_ticks=602_000.0)
    assert SpreadCapture().target(held, PARAMS).close is None


def test_a_quote_lives_for_its_minimum():
    """The best bid runs away by 0.1 % after two seconds: the quote stays until three have passed."""
    strategy = SpreadCapture()
    strategy.target(WIDE, PARAMS)
    moved = later(WIDE, 2.0, bid_ticks=600_600, ask_ticks=601_600)
    assert prices(strategy.target(moved, PARAMS))[Side.BUY] == 600_000
    moved = later(moved, 2.0)
    assert prices(strategy.target(moved, PARAMS))[Side.BUY] == 600_600


def test_a_small_move_is_followed_only_after_requote_after():
    """Two bps off the touch: held at 4 s, followed at 6 s."""
    strategy = SpreadCapture()
    strategy.target(WIDE, PARAMS)
    moved = later(WIDE, 4.0, bid_ticks=600_120, ask_ticks=601_120)
    assert prices(strategy.target(moved, PARAMS))[Side.BUY] == 600_000
    assert prices(strategy.target(later(moved, 2.0), PARAMS))[Side.BUY] == 600_120


def test_a_quote_the_market_has_run_through_never_stays():
    """A sell below the best bid would take: it is replaced at once, minimum life or not."""
    strategy = SpreadCapture()
    strategy.target(WIDE, PARAMS)
    through = later(WIDE, 0.5, bid_ticks=601_500, ask_ticks=602_500)
    assert prices(strategy.target(through, PARAMS))[Side.SELL] == 602_500


def test_between_refreshes_the_target_stands():
    """A second after the last look nothing is judged again."""
    strategy = SpreadCapture()
    first = strategy.target(WIDE, PARAMS)
    assert strategy.target(later(WIDE, 1.0, ask_ticks=600_010), PARAMS) is first
    assert strategy.target(later(WIDE, 2.1), PARAMS) is not first


def test_a_thin_touch_waits():
    """Three times the order must be shown on both sides."""
    target = SpreadCapture().target(structs.replace(WIDE, ask_lots=2 * LOTS), PARAMS)
    assert not target.quotes
    assert target.bid_reason == f"best ask shows {2 * LOTS} lots, {3 * LOTS} needed"


def test_an_order_is_at_most_five_per_cent_of_equity():
    """1,000 USDT of equity allow 50 in one order."""
    target = SpreadCapture().target(structs.replace(WIDE, equity_quote=1_000.0), PARAMS)
    assert target.quotes[0].size_lots == int(50 / (601_000 * 0.1 * 0.0001))


def test_less_than_the_minimum_is_said():
    """The default 5 USDT do not buy a lot of BTC."""
    target = SpreadCapture().target(WIDE, params_of(SpreadCapture))
    assert target.bid_reason == "order value 5.00 below the minimum 6.01"


def test_three_losing_round_trips_pause_entries():
    """And the countdown is the reason; leaving a position would still be allowed."""
    strategy = SpreadCapture()
    now_ns = WIDE.now_ns
    strategy.target(WIDE, PARAMS)
    for _ in range(3):
        strategy.on_fill(Side.BUY, 600_500, LOTS, now_ns)
        strategy.on_fill(Side.SELL, 600_400, LOTS, now_ns)
    target = strategy.target(later(WIDE, 10), PARAMS)
    assert target.bid_reason == "three losing round trips, 290 s to go"
    held = later(WIDE, 12, position_lots=LOTS, average_price_ticks=600_000.0)
    assert prices(strategy.target(held, PARAMS)) == {Side.SELL: 601_000}
    assert strategy.target(later(WIDE, 301), PARAMS).quotes


def test_one_order_allowed_is_one_order():
    """max_open_orders 1 bids only."""
    target = SpreadCapture().target(WIDE, params_of(SpreadCapture, order_amount="100", max_open_orders="1"))
    assert prices(target) == {Side.BUY: 600_000}


def test_a_remainder_below_the_smallest_order_goes_with_the_next_position():
    """Four lots cannot be sold where five are the least: it enters again, and offers all it has then."""
    least = structs.replace(WIDE.instrument, min_size_lots=5)
    held = structs.replace(WIDE, instrument=least, position_lots=4, average_price_ticks=600_000.0)
    strategy = SpreadCapture()
    assert prices(strategy.target(held, PARAMS)) == {Side.BUY: 600_000, Side.SELL: 601_000}
    strategy.on_fill(Side.BUY, 600_000, LOTS, held.now_ns)
    target = strategy.target(later(held, 0.1, position_lots=LOTS + 4), PARAMS)
    assert [(quote.side, quote.size_lots) for quote in target.quotes] == [(Side.SELL, LOTS + 4)]


def test_a_position_carried_into_the_session_begins_the_first_round_trip():
    """Each long of a falling market loses: the carried one is the first of the three that pause."""
    strategy = SpreadCapture()
    entry, now = 600_500, WIDE
    for trip in range(3):
        if trip:
            strategy.on_fill(Side.BUY, entry, LOTS, now.now_ns)
        held = structs.replace(now, position_lots=LOTS, average_price_ticks=float(entry))
        assert "losing" not in strategy.target(held, PARAMS).bid_reason
        strategy.on_fill(Side.SELL, entry - 100, LOTS, now.now_ns)
        entry -= 200
        now = later(now, 1)
    assert strategy.target(now, PARAMS).bid_reason.startswith("three losing round trips")


def test_a_fee_taken_from_what_was_bought_leaves_no_round_trip_open():
    """Spot: 80 of 100,000 lots are the fee; selling the rest is flat, and the third such loss pauses."""
    strategy = SpreadCapture()
    for _ in range(3):
        strategy.target(WIDE, PARAMS)
        strategy.on_fill(Side.BUY, 600_500, 100_000, WIDE.now_ns)
        held = structs.replace(WIDE, position_lots=99_920, average_price_ticks=600_980.0)
        assert strategy.target(held, PARAMS).close is None
        strategy.on_fill(Side.SELL, 600_400, 99_920, WIDE.now_ns)
    assert strategy.target(WIDE, PARAMS).bid_reason.startswith("three losing round trips")


def test_the_narrowest_spread_keeps_a_digit():
    """One tick of a fine market is not "0 %"."""
    assert percent(1.6e-7) == "0.000016 %"
    assert percent(0.0) == "0 %"
