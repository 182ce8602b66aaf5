"""Silent, stale and slow are noticed, and the reason is on the screen."""

from __future__ import annotations

from okxmm_tui.core.commands import Pause
from okxmm_tui.core.effects import CancelOrder, PlaceOrder, Resubscribe
from okxmm_tui.core.messages import BookGap, StreamDown, StreamUp
from okxmm_tui.core.types import Side
from tests.engine.desk import Desk
from tests.samples import INST


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
