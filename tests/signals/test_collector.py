"""All signals together: signs, units, what a broken book does, and that looking changes nothing."""

from __future__ import annotations

import random
from decimal import Decimal

import pytest

from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.signals import Signals
from okxmm_tui.core.types import ContractKind, Side
from okxmm_tui.signals.collector import MarketSignals
from tests.samples import START_NS, swap

SECOND = 1_000_000_000
BID, ASK = 600_000, 600_002


class Feed:
    """A book and its signals, driven by hand."""

    def __init__(self, **changes: object) -> None:
        self.book, self.line = OrderBook(), Timeline()
        self.signals = MarketSignals(swap(**changes), self.book, self.line)
        self.now_ns = START_NS

    def top(self, bid_lots: int = 100, ask_lots: int = 100, bid: int = BID, ask: int = ASK) -> None:
        """Ten levels a side, the first as given, 100 lots on the others."""
        bids = ((bid, bid_lots), *((bid - n, 100) for n in range(1, 10)))
        asks = ((ask, ask_lots), *((ask + n, 100) for n in range(1, 10)))
        self.book.replace(bids, asks, 1, self.now_ns // 1_000_000)
        self.signals.on_book(bids, asks, self.now_ns)
        self.signals.on_top(
            bid, bid_lots, ask, ask_lots, venue_ms=self.now_ns // 1_000_000, now_ns=self.now_ns
        )
        self.line.note(self.now_ns // 1_000_000, bid + ask)

    def fill(self, side: Side, price: int, late_ms: int = 0) -> None:
        """A maker fill of 5 lots, heard of now."""
        self.signals.on_fill(side, price, 5, self.now_ns // 1_000_000 - late_ms)

    def trade(self, taker: Side, lots: int = 10, price: int | None = None) -> None:
        """A print at the touch or at a price."""
        at = price if price is not None else (ASK if taker is Side.BUY else BID)
        self.signals.on_trade(taker, at, lots, venue_ms=self.now_ns // 1_000_000, now_ns=self.now_ns)

    def wait(self, seconds: float) -> None:
        """Let time pass."""
        self.now_ns += int(seconds * SECOND)
        self.signals.on_time(self.now_ns)
        self.signals.advance(self.now_ns // 1_000_000)

    @property
    def seen(self) -> Signals:
        """The summary now."""
        return self.signals.summary()


def test_nothing_is_known_of_an_empty_market():
    """The default figures, whatever the estimators think of nothing."""
    assert Feed().seen == Signals()


def test_a_bid_heavy_book_pushes_everything_up():
    """And an ask-heavy one down by as much."""
    up, down = Feed(), Feed()
    up.top(4_000, 1_000)
    down.top(1_000, 4_000)
    mid = (BID + ASK) / 2
    for name in ("microprice_ticks", "weighted_mid_ticks", "vamp_ticks", "effective_mid_ticks"):
        above, below = getattr(up.seen, name) - mid, getattr(down.seen, name) - mid
        assert above > 0
        assert below == pytest.approx(-above)
    for name in ("imbalance", "band_imbalance"):
        assert getattr(up.seen, name) > 0
        assert getattr(down.seen, name) == pytest.approx(-getattr(up.seen, name))


def test_buyers_push_up():
    """Trades of buyers, bids that grow."""
    for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
        feed = Feed()
        feed.top()
        feed.trade(side)
        assert feed.seen.trade_imbalance == sign
        feed.top(bid_lots=150 if sign > 0 else 100, ask_lots=100 if sign > 0 else 150)
        assert feed.seen.ofi_lots == 50 * sign


def test_values_are_in_quote_currency():
    """100 lots of 0.01 x 0.01 BTC at 60 000 are 600 USDT a level; ten levels lie within 10 bps."""
    feed = Feed()
    feed.top()
    assert feed.seen.top_bid_quote == pytest.approx(600, rel=1e-4)
    assert feed.seen.bid_depth_quote == pytest.approx(6_000, rel=1e-3)
    assert feed.seen.ask_depth_quote == pytest.approx(6_000, rel=1e-3)
    assert feed.seen.buy_slippage_bps is None


def test_inverse_contracts_have_their_face_value():
    """100 lots of 0.01 x 100 USD are 100 USD wherever the price is."""
    feed = Feed(kind=ContractKind.INVERSE, contract_value=Decimal(100))
    feed.top()
    assert feed.seen.top_bid_quote == pytest.approx(100)
    assert feed.seen.bid_depth_quote == pytest.approx(1_000)


def test_slippage_of_the_reference_value():
    """10 000 USDT are 1 667 lots: all from the touch, half the spread of 2 ticks each way."""
    feed = Feed()
    feed.top(2_000, 2_000)
    half_spread_bps = 1e4 / (BID + 1)
    assert feed.seen.buy_slippage_bps == pytest.approx(half_spread_bps)
    assert feed.seen.sell_slippage_bps == pytest.approx(half_spread_bps)


def test_finer_ticks_leave_returns_and_values_alone():
    """Half the tick, twice the ticks: same volatility, same values, lambda and distances twice as many."""

    def play(factor: int) -> Signals:
        feed = Feed(tick_size=Decimal("0.2") / factor)
        source, bid = random.Random(1), 300_000
        for _ in range(1_200):
            lots = source.randint(1, 20)
            taker = source.choice(list(Side))
            reach = int(source.expovariate(0.5)) * factor
            feed.top(lots * 10, 100, bid * factor, (bid + 1) * factor)
            feed.now_ns += SECOND // 2
            price = (bid + 1) * factor + reach if taker is Side.BUY else bid * factor - reach
            feed.trade(taker, lots, price)
            feed.now_ns += SECOND // 2
            bid += taker.sign * lots // 4
        feed.wait(10)
        return feed.seen

    coarse, fine = play(1), play(2)
    assert fine.volatility_fast == pytest.approx(coarse.volatility_fast)
    assert fine.top_bid_quote == pytest.approx(coarse.top_bid_quote)
    assert coarse.kyle_lambda_ticks_per_lot > 0
    assert fine.kyle_lambda_ticks_per_lot == pytest.approx(2 * coarse.kyle_lambda_ticks_per_lot)
    assert fine.buys is not None
    assert coarse.buys is not None
    assert fine.buys.k_per_tick == pytest.approx(coarse.buys.k_per_tick / 2, rel=0.15)
    assert fine.buys.samples == coarse.buys.samples > 100


def test_takers_are_told_apart():
    """Buyers that reach deep, sellers that stay at the touch side by side."""
    feed = Feed()
    feed.top()
    for number in range(200):
        feed.wait(0.5)
        feed.trade(Side.BUY, 1, ASK + number % 8)
        feed.now_ns += SECOND // 2
        feed.trade(Side.SELL, 1, BID - number % 2)
    feed.wait(1)
    buys, sells = feed.seen.buys, feed.seen.sells
    assert feed.seen.buys_seen == pytest.approx(200, abs=10)
    assert feed.seen.sells_seen == pytest.approx(200, abs=10)
    assert buys is not None
    assert sells is not None
    assert buys.k_per_tick < sells.k_per_tick


def test_depth_is_measured_from_the_touch_before_the_print():
    """A best price that moved in the print's own millisecond does not hide how deep it reached."""
    feed = Feed()
    feed.top()
    for number in range(100):
        feed.wait(1)
        feed.top(bid=BID + 5, ask=ASK + 5)
        feed.trade(Side.BUY, 1, ASK + 4 if number % 2 else ASK)
        feed.wait(1)
        feed.top()
    feed.wait(1)
    buys = feed.seen.buys
    assert buys is not None
    assert buys.k_per_tick == pytest.approx(0.4055, rel=0.01)


def test_a_volatile_market_trips_the_breaker_and_a_calm_one_does_not():
    """Quiet, then ten times as lively."""
    source, feed, mid = random.Random(1), Feed(), float(BID)
    for second in range(1_500):
        mid += source.gauss(0, 20 if second < 1_400 else 400)
        feed.wait(1)
        feed.top(bid=int(mid), ask=int(mid) + 2)
        if second == 1_399:
            assert not feed.seen.is_volatility_tripped
    assert feed.seen.is_volatility_tripped
    assert feed.seen.volatility_per_sqrt_s == feed.seen.volatility_fast


def test_fills_are_marked_out():
    """A buy before a fall of 6 ticks from a fill at the bid costs 0.1 bp at each horizon."""
    feed = Feed()
    feed.top()
    feed.fill(Side.BUY, BID)
    feed.wait(0.5)
    feed.top(bid=BID - 7, ask=BID - 5)
    for _ in range(60):
        feed.wait(1)
    assert [each.horizon_s for each in feed.seen.markouts] == [1, 5, 30, 60]
    assert all(each.mean_bps == pytest.approx(-0.1) for each in feed.seen.markouts)
    assert feed.seen.fill_imbalance == 1.0


def test_late_news_of_a_fill_is_measured_by_the_venues_time():
    """A sale heard of ten seconds late, after 5 s of rise: the mids are those of its own horizons."""
    feed = Feed()
    feed.top()
    feed.wait(5)
    feed.top(bid=BID + 60, ask=ASK + 60)
    feed.wait(5)
    feed.fill(Side.SELL, BID + 1, late_ms=10_000)
    feed.wait(1)
    moves = [each.mean_bps for each in feed.seen.markouts]
    assert moves == [pytest.approx(0.0), pytest.approx(-1.0, rel=1e-4)]
    assert feed.seen.fill_imbalance == -1.0


def test_the_next_message_settles_what_was_due_before_it():
    """No clock is needed: a book of a later time tells that every mid of the horizon is known."""
    feed = Feed()
    feed.top()
    feed.fill(Side.BUY, BID)
    feed.now_ns += SECOND
    feed.top()
    assert feed.seen.markouts == ()
    feed.now_ns += SECOND // 1_000
    feed.top()
    assert [(each.horizon_s, each.fills) for each in feed.seen.markouts] == [(1, 1)]


def test_a_fill_without_a_price_is_passed_over():
    """Nothing to mark out, and no division by zero a second later."""
    feed = Feed()
    feed.top()
    feed.fill(Side.SELL, 0)
    feed.wait(2)
    assert feed.seen.markouts == ()


def test_a_broken_book_is_forgotten_and_its_jump_explains_nothing():
    """No fair price while it is broken; the price after it is no flow and no markout."""
    feed = Feed()
    feed.top()
    feed.fill(Side.BUY, BID)
    feed.book.clear()
    feed.signals.on_break()
    feed.line.lose()
    assert feed.seen.microprice_ticks is None
    assert feed.seen.vamp_ticks is None
    assert feed.signals.fill_probability(Side.BUY, BID, 10) is None
    feed.wait(2)
    assert feed.seen.markouts[0].missing == 1
    feed.top(bid=BID + 1_000, ask=ASK + 1_000)
    assert feed.seen.ofi_lots == 0


def test_fill_probability_falls_with_the_queue_and_with_the_way():
    """Ten lots a second are sold at a bid that never gives way: 20 are always reached, 200 never are."""
    feed = Feed()
    assert feed.signals.fill_unknown() == "no live book"
    feed.top()
    assert feed.signals.fill_unknown() == "0 of 60 imagined orders followed"
    assert feed.signals.fill_probability(Side.BUY, BID, 20) is None
    for _ in range(100):
        feed.wait(1)
        feed.trade(Side.SELL, 10)
    assert feed.signals.fill_unknown() == ""
    short, long = (feed.signals.fill_probability(Side.BUY, BID, lots) for lots in (20, 200))
    assert short is not None
    assert long is not None
    assert short > 0.45  # asks, where nobody buys, count as well
    assert long < 0.1
    far = feed.signals.fill_probability(Side.BUY, BID - 1, 20)
    assert far is not None
    assert far < 0.01


def test_what_is_reached_goes_by_the_side_of_the_order():
    """A market that swings by 40 ticks: 20 behind the best price of either side is passed, 60 is not."""
    feed = Feed()
    feed.top()
    for second in range(60):
        feed.wait(1)
        feed.top(bid=BID + second % 2 * 40, ask=ASK + second % 2 * 40)
    feed.top(bid=BID + 20, ask=ASK + 20)
    for side, best in ((Side.BUY, BID + 20), (Side.SELL, ASK + 20)):
        near, far = (feed.signals.fill_probability(side, best - side.sign * away, 10) for away in (20, 60))
        assert near is not None
        assert far is not None
        assert near > 0.45
        assert far < 0.02


def test_large_orders_and_icebergs_are_named():
    """A wall of 5 000 lots, and an ask that refills under prints."""
    feed = Feed()
    feed.top(bid_lots=5_000)
    feed.wait(1)
    feed.top(bid_lots=5_000)
    assert [(mark.side, mark.price_ticks) for mark in feed.seen.large_orders] == [(Side.BUY, BID)]
    for _ in range(4):
        feed.trade(Side.BUY, 90)
        feed.top(bid_lots=5_000, ask_lots=100)
    assert [(mark.side, mark.price_ticks) for mark in feed.seen.icebergs] == [(Side.SELL, ASK)]


def test_looking_changes_nothing():
    """A market looked at after every event ends exactly where one never looked at does."""

    def play(*, is_watched: bool) -> Signals:
        source, feed, bid = random.Random(3), Feed(), BID
        for _ in range(3_000):
            feed.now_ns += source.randint(1, 400) * 1_000_000
            bid += source.randint(-2, 2)
            feed.top(source.randint(1, 300), source.randint(1, 300), bid, bid + source.randint(1, 4))
            if source.random() < 0.5:
                taker = source.choice(list(Side))
                feed.trade(taker, source.randint(1, 50), bid + taker.sign * source.randint(0, 5))
            if source.random() < 0.02:
                feed.fill(Side.BUY, bid)
            if is_watched:
                feed.signals.summary()
                feed.signals.fill_probability(Side.BUY, bid, 50)
        return feed.seen

    assert play(is_watched=True) == play(is_watched=False)


def test_the_summary_is_built_once_per_change():
    """Reading twice gives the same object; an event gives a new one."""
    feed = Feed()
    feed.top()
    first = feed.seen
    assert feed.seen is first
    feed.trade(Side.BUY)
    assert feed.seen is not first
