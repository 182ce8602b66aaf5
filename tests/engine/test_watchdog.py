"""Silent, stale and slow are noticed, and the reason is on the screen."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.commands import Pause
from okxmm_tui.core.effects import CancelOrder, FetchTruth, PlaceOrder, Resubscribe
from okxmm_tui.core.messages import (
    BookGap,
    Candle,
    FeedMeasured,
    ProbeWanted,
    StreamDown,
    StreamUp,
    Ticker,
)
from okxmm_tui.core.types import Side
from tests.engine.desk import Desk
from tests.samples import INST, swap


def _reason(desk: Desk) -> str:
    return desk.market.sides[Side.BUY].reason


def test_a_gap_pulls_quotes_and_quoting_resumes_after_a_fresh_chain():
    """Pulled on the gap; nothing on the snapshot alone; quotes after three chained updates."""
    desk = Desk()
    ids = desk.quoting()
    effects = desk.feed(BookGap(INST, "prevSeqId 5, expected 4"))
    assert {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)} == set(ids)
    assert "prevSeqId 5" in _reason(desk)
    for cl_ord_id in ids:
        desk.cancelled(cl_ord_id)
    before = len(desk.taken(PlaceOrder))
    desk.book(updates=2)
    assert len(desk.taken(PlaceOrder)) == before
    desk.update()
    assert len(desk.taken(PlaceOrder)) == before + 2
    assert any("prevSeqId 5" in line.text for line in desk.reducer.session.log)


def test_a_stale_book_pulls_quotes_with_an_alarm():
    """Three seconds of silence, then out; fresh updates bring it back and clear the alarm."""
    desk = Desk()
    ids = desk.quoting()
    effects = desk.run(3_200)
    assert {cancel.cl_ord_id for cancel in desk.taken(CancelOrder, effects)} == set(ids)
    assert desk.reducer.session.alarms.is_standing(f"stale-{INST}")
    for cl_ord_id in ids:
        desk.cancelled(cl_ord_id)
    for _ in range(4):
        desk.update(after_ms=20)
    desk.tick()
    assert not desk.reducer.session.alarms.is_standing(f"stale-{INST}")
    assert len(desk.taken(PlaceOrder)) == 4


def test_a_crossed_book_is_broken_and_resubscribed():
    """Bid at or above ask: quarantined at once."""
    desk = Desk()
    desk.quoting()
    effects = desk.update(bids=((600_001, 3),))
    assert [again.inst_id for again in desk.taken(Resubscribe, effects)] == [INST]
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert "crossed" in _reason(desk)


def test_a_stall_pulls_quotes_until_the_loop_is_on_time_again():
    """A two-second lag blocks; five good ticks lift it."""
    desk = Desk()
    desk.quoting()
    effects = desk.tick(50, lag_ms=2_000)
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert _reason(desk) == "engine stood still"
    desk.run(300)
    assert _reason(desk) != "engine stood still"


def test_a_lost_market_stream_pulls_quotes():
    """Public stream down: out, and the reason names it."""
    desk = Desk()
    desk.quoting()
    effects = desk.feed(StreamDown("public", "closed"))
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert _reason(desk) == "market data stream down"
    desk.feed(StreamUp("public"))
    assert "resync" in _reason(desk)


def test_pause_pulls_and_says_so():
    """Paused means no own orders, with the reason on both sides."""
    desk = Desk()
    desk.quoting()
    effects = desk.command(Pause())
    assert len(desk.taken(CancelOrder, effects)) == 2
    assert _reason(desk) == "paused: paused by the operator"
    assert not desk.taken(PlaceOrder, desk.run(2_000))


def test_late_market_data_pulls_quotes_until_it_is_in_time():
    """Above 200 ms between socket and engine nothing is quoted, and the alarm says how late."""
    desk = Desk()
    desk.quoting()
    desk.feed(FeedMeasured(10, 10, 0, 201_000_000, 0))
    effects = desk.tick()
    assert len(desk.taken(CancelOrder, desk.effects)) == 2
    assert _reason(desk) == "market data is late"
    assert desk.reducer.session.alarms.is_standing("feed-late")
    assert not desk.taken(PlaceOrder, effects)
    desk.feed(FeedMeasured(10, 10, 0, 200_000_000, 0))
    desk.tick()
    assert not desk.reducer.session.alarms.is_standing("feed-late")
    assert _reason(desk) != "market data is late"


def test_business_stream_down_disturbs_no_quote():
    """Candles and single prints are not what quotes are made of."""
    desk = Desk()
    desk.quoting()
    assert not desk.taken(CancelOrder, desk.feed(StreamDown("business", "closed")))
    desk.feed(StreamUp("business"))
    assert not desk.reducer.session.alarms.is_standing("stream-business")


def test_doubt_about_the_private_stream_reads_the_truth():
    """The comparison comes with the next tick, without pulling quotes."""
    desk = Desk()
    desk.quoting()
    desk.feed(ProbeWanted("account channel quiet for 12 s"))
    effects = desk.run(2_000)
    assert desk.taken(FetchTruth, effects)
    assert not desk.taken(CancelOrder, effects)


def test_bystanders_change_nothing():
    """Tickers and candles are recorded and decide nothing."""
    desk = Desk()
    desk.quoting()
    one = Decimal(1)
    assert desk.feed(Ticker(INST, one, one, one, one, one, 1)) == []
    assert desk.feed(Candle(INST, "1m", 1, one, one, one, one, one, is_final=True)) == []


def test_crossed_book_before_the_opening_is_no_broken_book():
    """In an auction the ask may stand below the bid; nothing is quoted then anyway."""
    desk = Desk(instruments=(swap(state="preopen"),))
    desk.connect()
    effects = desk.book(bid=600_002, ask=600_001)
    assert not desk.taken(Resubscribe, effects)
    assert not desk.taken(PlaceOrder, effects)
