"""The synthetic markets: repeatable, uncrossed, deep, bounded, and true to their parameters."""

from __future__ import annotations

import itertools
import math

import pytest

from okxmm_tui.core.types import Side
from okxmm_tui.errors import UsageError
from okxmm_tui.exchange.book import DisplayedBook
from okxmm_tui.exchange.instruments import packaged_metadata, read_metadata
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, TradeEvent
from okxmm_tui.exchange.market_source import open_feeds
from okxmm_tui.exchange.synthetic import GroundTruth, GroundTruthFeed, SyntheticFeed, profile_for
from okxmm_tui.exchange.synthetic.profile import table

LISTINGS = read_metadata(packaged_metadata())
SECOND = 1_000_000_000


def until(feed, seconds):
    """Everything a feed says in its first seconds."""
    return list(within(feed, seconds))


def within(feed, seconds):
    """The same one by one, for hours that need not be kept."""
    return itertools.takewhile(lambda batch: batch[0] <= seconds * SECOND, feed.events())


@pytest.mark.parametrize("inst_id", LISTINGS)
def test_every_packaged_instrument_has_a_sound_market(inst_id):
    """Books never cross, quotes agree with the depth, trades happen at displayed prices, numbers rise."""
    (feed,) = open_feeds((f"synthetic:{inst_id}",), seed=3)
    book = DisplayedBook()
    seq, trade_id, last_ns, kinds = 0, 0, 0, set()
    for at_ns, events in until(feed, 30):
        assert at_ns >= last_ns
        last_ns = at_ns
        for event in events:
            kinds.add(type(event))
            assert event.inst_id == inst_id
            match event:
                case BookEvent(seq=now):
                    book.apply_book(event)
                    assert now > seq
                    seq = now
                    assert book.bids.best()[0] < book.asks.best()[0]
                case BboEvent(seq=now):
                    assert now > seq
                    seq = now
                    assert book.apply_bbo(event)
                    assert event.bid[0] < event.ask[0]
                    assert min(event.bid[1], event.ask[1]) > 0
                case TradeEvent():
                    assert event.trade_id > trade_id
                    trade_id = event.trade_id
                    assert event.size_lots > 0
                    best = book.best(event.side.opposite)
                    assert event.side.sign * event.price_ticks >= event.side.sign * best[0]
    assert kinds == {BookEvent, BboEvent, TradeEvent}


def test_increments_add_up_to_the_book():
    """After minutes the quotes are the best levels of the depth, and no side exceeds what was promised."""
    feed = SyntheticFeed(LISTINGS["BTC-USDT-SWAP"], 2)
    book = DisplayedBook()
    quote = None
    for _, events in until(feed, 120):
        for event in events:
            if isinstance(event, BookEvent):
                book.apply_book(event)
                if quote is not None:
                    assert (book.bids.best(), book.asks.best()) == (quote.bid, quote.ask)
                assert max(len(book.bids), len(book.asks)) <= 400
            elif isinstance(event, BboEvent):
                quote = event
    assert min(len(book.bids), len(book.asks)) > 250


def test_seeds_decide():
    """One seed, one market; another seed or instrument, another."""
    first = until(SyntheticFeed(LISTINGS["BTC-USDT-SWAP"], 7), 5)
    assert first == until(SyntheticFeed(LISTINGS["BTC-USDT-SWAP"], 7), 5)
    assert first != until(SyntheticFeed(LISTINGS["BTC-USDT-SWAP"], 8), 5)
    assert first != until(SyntheticFeed(LISTINGS["ETH-USDT-SWAP"], 7), 5)


def test_several_synthetic_markets_at_once():
    """Each name is an instrument of its own; an unknown one is told with the known."""
    feeds = open_feeds(("synthetic", "synthetic:ETH-USDT-SWAP"))
    assert [feed.listings[0].inst_id for feed in feeds] == ["BTC-USDT-SWAP", "ETH-USDT-SWAP"]
    with pytest.raises(UsageError, match="DOGE") as caught:
        open_feeds(("synthetic:DOGE-USDT-SWAP",))
    assert "ETH-USDT-SWAP" in caught.value.hint


def test_volatility_is_near_the_recordings():
    """Ten minutes of the swap move by about 1.3 bps a root second, the recording's figure."""
    feed = SyntheticFeed(LISTINGS["BTC-USDT-SWAP"], 11)
    mids = by_second(within(feed, 600))
    returns = [math.log(after / before) * 1e4 for before, after in itertools.pairwise(mids)]
    assert 0.8 < math.sqrt(sum(each**2 for each in returns) / len(returns)) < 2.0


def test_the_price_is_no_spring():
    """Moves add up: over five minutes they are about sqrt(300) seconds' worth, not tied to the start.

    A pull to the start that is never forgotten (``EXCESS_S`` without end) gives 0.79 in this hour.
    """
    feed = SyntheticFeed(LISTINGS["BTC-USD-SWAP"], 12)
    mids = by_second(within(feed, 3_600))
    near = sum((after - before) ** 2 for before, after in itertools.pairwise(mids)) / len(mids)
    far = [(after - before) ** 2 for before, after in zip(mids, mids[300:], strict=False)]
    assert 0.9 < math.sqrt(sum(far) / len(far) / 300 / near) < 1.6


def by_second(batches):
    """Mid in ticks at every whole second."""
    book, mids = DisplayedBook(), []
    for at_ns, events in batches:
        while len(mids) * SECOND < at_ns and book.mid_sum_ticks():
            mids.append(book.mid_sum_ticks() / 2)
        for event in events:
            if isinstance(event, BookEvent):
                book.apply_book(event)
            elif isinstance(event, BboEvent):
                book.apply_bbo(event)
    return mids


def test_profiles_are_found_by_kind():
    """An instrument without a fit of its own takes that of its kind of contract."""
    assert profile_for(LISTINGS["ETH-USDT-SWAP"]) is profile_for(LISTINGS["BTC-USDT-SWAP"])
    assert profile_for(LISTINGS["BTC-USDT"]) is not profile_for(LISTINGS["BTC-USD-SWAP"])


def test_tables_keep_the_mean():
    """A sampling table has the mean of its quantiles, taken piecewise linear."""
    assert math.isclose(math.fsum(table((0.0, 1.0, 5.0))) / 1024, 1.75, rel_tol=1e-6)


TRUTH = GroundTruth(a=4.0, k=0.25, sigma=6.0)


def test_ground_truth_intensity():
    """Prints at least d from the mid come at A exp(-k d) a second and side, within four standard errors."""
    seconds = 2_000
    feed = GroundTruthFeed(LISTINGS["BTC-USDT-SWAP"], TRUTH, seed=5)
    book = DisplayedBook()
    away = {Side.BUY: [], Side.SELL: []}
    for _, events in until(feed, seconds):
        for event in events:
            match event:
                case BookEvent():
                    book.apply_book(event)
                case BboEvent():
                    book.apply_bbo(event)
                case TradeEvent():
                    away[event.side].append(event.side.sign * (event.price_ticks - book.mid_sum_ticks() / 2))
    for distances in away.values():
        for distance in (0.5, 2.5, 6.5, 12.5):
            wanted = TRUTH.a * math.exp(-TRUTH.k * distance) * seconds
            assert abs(sum(each >= distance for each in distances) - wanted) < 4 * math.sqrt(wanted)


def test_ground_truth_volatility():
    """The variance of the mid over a second is sigma squared, within four standard errors."""
    mids = by_second(until(GroundTruthFeed(LISTINGS["BTC-USDT-SWAP"], TRUTH, seed=6), 2_000))
    moves = [after - before for before, after in itertools.pairwise(mids)]
    variance = sum(each**2 for each in moves) / len(moves)
    assert abs(variance - TRUTH.sigma**2) < 4 * TRUTH.sigma**2 * math.sqrt(2 / len(moves))


def test_ground_truth_book_follows_its_mid():
    """Increments keep 400 equal levels a side around the moving mid."""
    book = DisplayedBook()
    for _, events in until(GroundTruthFeed(LISTINGS["BTC-USDT-SWAP"], TRUTH, seed=7), 60):
        for event in events:
            if isinstance(event, BookEvent):
                book.apply_book(event)
                assert (len(book.bids), len(book.asks)) == (400, 400)
                assert book.asks.best()[0] - book.bids.best()[0] == 1


def test_impossible_ground_truth():
    """A rate of nothing is refused."""
    with pytest.raises(UsageError, match="impossible"):
        GroundTruthFeed(LISTINGS["BTC-USDT-SWAP"], GroundTruth(a=0.0, k=1.0, sigma=1.0))
