"""What a new session takes up: books, the day, missed fills and bills, left orders; and what it doubts."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.effects import CancelOrder, FetchTruth, QueryOrder
from okxmm_tui.core.messages import (
    AccountBill,
    BalanceUpdate,
    JournalState,
    MarkPrice,
    OrderQueried,
    StreamUp,
    Tick,
)
from okxmm_tui.core.restored import Restored
from okxmm_tui.core.types import Mode, Side, VenueOrderState
from okxmm_tui.engine.store import rows as make
from okxmm_tui.engine.store.books import saved_market
from okxmm_tui.engine.store.recovery import read_past
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import MS, Desk
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restarted, restored_from, write
from tests.samples import INST, SECOND, START_NS, order_update, pair, swap

D = Decimal
NEXT_ID = START_NS // SECOND + 60


def _traded() -> tuple[RecordedDesk, Venue]:
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.balance()
    desk.execute(venue, bid, "0.4")
    desk.run(6_000)
    return desk, venue


def test_books_go_on_and_the_session_begins_at_zero(tmp_path):
    """Position, basis and inception figures are carried on; the session's own figures start anew."""
    desk, venue = _traded()
    after = restarted(journal_of(tmp_path, desk.rows), venue, session_id=NEXT_ID, now_ns=desk.now_ns + SECOND)
    before, now = desk.market.ledger, after.market.ledger
    assert (now.position.quantity, now.position.basis) == (before.position.quantity, before.position.basis)
    assert now.periods.inception == before.periods.inception
    assert (now.fill_count, now.fees_quote) == (0, 0)


def test_fills_while_nobody_was_there_are_booked_once(tmp_path):
    """Read again and again over REST they stay one; a fill of another tag is not ours."""
    desk, venue = _traded()
    connection = journal_of(tmp_path, desk.rows)
    venue.trade(Side.SELL, "60001", "0.1", "c9", desk.now_ns // MS + 500)
    venue.trade(Side.SELL, "60002", "0.1", "c9", desk.now_ns // MS + 600)
    after = restarted(connection, venue, session_id=NEXT_ID, now_ns=desk.now_ns + 5 * SECOND)
    assert after.market.ledger.fill_count == 2
    assert any("2 fills since then booked" in line.text for line in after.reducer.session.log)
    after.run(31_000)
    after.answer_truth(fills=tuple(venue.fills), positions=venue.position())
    assert after.market.ledger.fill_count == 2
    write(connection, after.rows)
    assert connection.execute("SELECT COUNT(*) FROM fills").fetchone()[0] == 3


def test_what_is_older_than_the_saved_books_is_never_booked_again(tmp_path):
    """Another market has reading go back for days: fills and bills this market knew are left alone."""
    desk, venue = _traded()
    desk.run(31_000)
    desk.answer_truth(positions=venue.position(), fills=tuple(venue.fills))
    desk.tick(6_000)
    restored = restored_from(journal_of(tmp_path, desk.rows), desk.now_ns)
    (saved,) = restored.markets
    forgotten = structs.replace(saved, ledger=structs.replace(saved.ledger, trade_ids=(), bill_ids=()))
    assert forgotten.complete_to_ms > START_NS // MS - 60_000
    after = RecordedDesk(structs.replace(restored, markets=(forgotten,)), session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    old_ms = forgotten.complete_to_ms - 1
    old = structs.replace(venue.fills[0], venue_ms=old_ms)
    bill = AccountBill("b0", "8", INST, "USDT", D(-9), old_ms)
    after.answer_truth(positions=venue.position(), fills=(old,), bills=(bill,))
    assert after.market.position_lots == venue.lots
    assert after.market.ledger.fill_count == 0
    assert after.market.ledger.periods.inception.funding == 0


def test_bills_while_nobody_was_there_are_booked_once(tmp_path):
    """Funding of the gap counts since inception, and once."""
    desk, venue = _traded()
    connection = journal_of(tmp_path, desk.rows)
    after = RecordedDesk(restored_from(connection, desk.now_ns), session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    bill = AccountBill("b1", "8", INST, "USDT", D("-0.7"), START_NS // MS - 1_000)
    after.answer_truth(positions=venue.position(), bills=(bill,))
    after.run(31_000)
    after.answer_truth(positions=venue.position(), bills=(bill,))
    assert after.market.ledger.periods.inception.funding == D("-0.7")


def test_fills_recorded_after_the_saved_books_are_booked_from_the_journal(tmp_path):
    """The venue has forgotten them: the fills table alone tells of them."""
    desk, venue = RecordedDesk(), Venue()
    bid, ask = desk.quoting()
    desk.execute(venue, bid, "0.4")
    desk.execute(venue, ask, "0.1")
    rows = desk.rows
    last_fill = max(n for n, row in enumerate(rows) if row[0] is make.FILL)
    assert not any(row[0] is make.BOOKS for row in rows[last_fill:])
    restored = restored_from(journal_of(tmp_path, rows), desk.now_ns)
    (saved,) = restored.markets
    assert saved.ledger.quantity == desk.market.ledger.position.quantity
    assert saved.ledger.inception == desk.market.ledger.periods.inception


def test_fills_from_before_a_tick_change_are_booked_at_their_price(tmp_path):
    """A restart is what a tick change asks for: it used to begin the books anew, and all totals were lost."""
    desk, venue = RecordedDesk(), Venue()
    bid, ask = desk.quoting()
    desk.execute(venue, bid, "0.4")
    desk.execute(venue, ask, "0.1")
    coarse = swap(tick_size=D("0.7"))
    assert any(each.price(swap().tick_size) % coarse.tick_size for each in venue.fills)
    past = read_past(journal_of(tmp_path, desk.rows), Mode.DEMO, "test", [coarse], desk.now_ns)
    assert past.notices == ()
    assert past.restored is not None
    (saved,) = past.restored.markets
    before = desk.market.ledger
    assert (saved.ledger.quantity, saved.ledger.basis) == (before.position.quantity, before.position.basis)
    assert saved.ledger.inception == before.periods.inception


def test_damaged_books_are_rebuilt_from_the_fills_and_said(tmp_path):
    """A flipped bit in the blob: its sum is wrong, the recorded fills make the same books."""
    desk, venue = _traded()
    connection = journal_of(tmp_path, desk.rows)
    connection.execute("UPDATE books SET state = zeroblob(20)")
    past = read_past(connection, Mode.DEMO, "test", [swap()], desk.now_ns)
    assert past.restored is not None
    assert past.restored.day is None
    assert any("rebuilt from the recorded fills" in text for text in past.notices)
    after = restarted(connection, venue, session_id=NEXT_ID, now_ns=desk.now_ns + SECOND)
    assert after.market.ledger.periods.inception == desk.market.ledger.periods.inception
    assert after.market.position_lots == venue.lots
    after.feed(JournalState(0, notice="; ".join(past.notices)))
    alarms = {alarm.key: alarm.text for alarm in build_snapshot(after.reducer, 1).alarms}
    assert "rebuilt" in alarms["journal-notice"]


def test_a_position_no_fill_explains_is_the_venues_and_said(tmp_path):
    """Somebody traded by hand in between: the venue's figure counts, loudly, after three looks."""
    desk, venue = _traded()
    connection = journal_of(tmp_path, desk.rows)
    by_hand = structs.replace(venue.trade(Side.BUY, "60000", "3", "manual", desk.now_ns // MS), tag="another")
    venue.fills[-1] = by_hand
    after = restarted(connection, venue, session_id=NEXT_ID, now_ns=desk.now_ns + SECOND)
    assert after.reducer.session.is_merged is False
    for _ in range(3):
        after.run(1_200)
        after.answer_truth(fills=tuple(venue.fills), positions=venue.position())
    assert after.market.position_lots == venue.lots
    alarms = {alarm.key for alarm in build_snapshot(after.reducer, 1).alarms}
    assert f"position-{INST}" in alarms
    assert after.reducer.session.is_merged


def test_orders_left_behind_are_cancelled_or_asked_for(tmp_path):
    """One still stands and is cancelled, one is gone and its row says how; a third session finds none."""
    desk, venue = _traded()
    bid, ask = desk.quoting_ids
    connection = journal_of(tmp_path, desk.rows)
    restored = restored_from(connection, desk.now_ns)
    assert {each.cl_ord_id for each in restored.orders} == {bid, ask}
    after = RecordedDesk(restored, session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    standing = order_update(bid, Side.BUY, 600_000, 100, filled_lots=40)
    after.answer_truth(orders=(standing,), fills=tuple(venue.fills), positions=venue.position())
    assert [each.cl_ord_id for each in after.taken(CancelOrder)] == [bid]
    assert [each.cl_ord_id for each in after.taken(QueryOrder)] == [ask]
    gone = order_update(ask, Side.SELL, 600_001, 100, state=VenueOrderState.CANCELED, cancel_source="20")
    after.feed(OrderQueried(INST, ask, reached=True, order=gone))
    after.feed(order_update(bid, Side.BUY, 600_000, 100, filled_lots=40, state=VenueOrderState.CANCELED))
    write(connection, after.rows)
    states = dict(connection.execute("SELECT cl_ord_id, state || cancel_source FROM orders"))
    assert (states[bid], states[ask]) == ("canceled", "canceled20")
    assert restored_from(connection, after.now_ns).orders == ()


def test_the_days_loss_is_carried_on_without_counting_open_positions_twice(tmp_path):
    """After the restart the day's PnL is what it was before, unrealised part included."""
    desk, venue = _traded()
    desk.feed(MarkPrice(INST, D("59000"), 0))
    desk.run(6_000)
    connection = journal_of(tmp_path, desk.rows)
    before = desk.reducer.loss_limits
    assert before.day_pnl_quote < -3
    after = restarted(connection, venue, session_id=NEXT_ID, now_ns=desk.now_ns + SECOND)
    after.feed(MarkPrice(INST, D("59000"), 0))
    after.tick()
    limits = after.reducer.loss_limits
    assert limits.day_pnl_quote == before.day_pnl_quote
    assert limits.drawdown_quote == before.drawdown_quote


def test_another_day_begins_at_zero(tmp_path):
    """Yesterday's loss is yesterday's."""
    desk, _ = _traded()
    restored = restored_from(journal_of(tmp_path, desk.rows), desk.now_ns)
    assert restored.day is not None
    yesterday = structs.replace(
        restored, day=structs.replace(restored.day, day_number=1, settled_quote=D(-900))
    )
    assert Desk(restored=yesterday).reducer.loss_limits.day_pnl_quote == 0


def test_a_gap_longer_than_the_venue_remembers_is_said():
    """Fills of a week ago are gone: read what there is, and label the figures incomplete for good."""
    desk, _ = _traded()
    old = saved_market(desk.reducer.session, desk.market, desk.reducer.reconciler)
    week = structs.replace(old, complete_to_ms=START_NS // MS - 7 * 86_400_000)
    after = RecordedDesk(Restored(markets=(week,)), session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    since_ms = after.taken(FetchTruth)[-1].fills_since_ms
    assert since_ms > START_NS // MS - 3 * 86_400_000
    assert "no longer kept" in after.reducer.books.account.trust.incomplete


def test_a_missing_page_leaves_the_figures_incomplete_and_is_asked_for_again(tmp_path):
    """Reading goes on from the same time until a page that was missing has been read."""
    desk, venue = _traded()
    after = RecordedDesk(restored_from(journal_of(tmp_path, desk.rows), desk.now_ns), session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    since_ms = after.taken(FetchTruth)[-1].fills_since_ms
    after.answer_truth(positions=venue.position(), fills=tuple(venue.fills), is_complete=False)
    trust = after.reducer.books.account.trust
    assert trust.incomplete
    after.run(31_000)
    assert after.taken(FetchTruth)[-1].fills_since_ms == since_ms
    after.answer_truth(positions=venue.position(), fills=tuple(venue.fills))
    assert trust.incomplete == ""


def test_a_clock_that_went_back_is_said_and_ids_stay_unique(tmp_path):
    """An hour back: the alarm says by how much, and the next session's id is still the larger one."""
    desk, _ = _traded()
    connection = journal_of(tmp_path, desk.rows)
    past = read_past(connection, Mode.DEMO, "test", [swap()], START_NS - 3_600 * SECOND)
    assert past.last_session_id == START_NS // SECOND
    assert any("behind the journal's last entry" in text for text in past.notices)


def test_an_embedded_exchange_takes_nothing_up(tmp_path):
    """Every sim session is a new account; another account's books are not ours either."""
    desk, _ = _traded()
    connection = journal_of(tmp_path, desk.rows)
    assert read_past(connection, Mode.SIM, "test", [swap()], desk.now_ns).restored is None
    other = read_past(connection, Mode.LIVE, "test", [swap()], desk.now_ns).restored
    assert other is not None
    assert other.markets == ()


def test_a_spot_pair_goes_on_with_its_base_and_its_dust(tmp_path):
    """Base change, dust of fees and the balance taken over are the same after the restart."""
    spot = pair()
    desk = RecordedDesk(instruments=(spot,))
    balances = (
        BalanceUpdate("BTC", D(1), D(1), D(1), 1, D(1)),
        BalanceUpdate("USDT", D(9_000), D(9_000), D(9_000), 1, D(9_000)),
    )
    desk.feed(StreamUp("private"))
    desk.answer_truth(balances=balances)
    market = desk.reducer.session.markets[spot.inst_id]
    assert market.holding is not None
    market.holding.base_change = D("0.123456789")
    market.ledger.position.adopt(0, D(60_000), quantity=D("0.123456789"))
    desk.feed(Tick(0), after_ms=6_000)
    connection = journal_of(tmp_path, desk.rows)
    past = read_past(connection, Mode.DEMO, "test", [spot], desk.now_ns).restored
    assert past is not None
    after = RecordedDesk(past, session_id=NEXT_ID, instruments=(spot,))
    after.feed(StreamUp("private"))
    grown = structs.replace(balances[0], equity=D("1.123456789"), cash=D("1.123456789"))
    after.answer_truth(balances=(grown, balances[1]))
    again = after.reducer.session.markets[spot.inst_id]
    assert again.holding is not None
    assert again.holding.base_change == D("0.123456789")
    assert after.reducer.session.is_merged


# -- the journal and quoting -------------------------------------------------------------------------


def test_nothing_is_quoted_before_the_opening_books_are_on_disk():
    """Merged and with a live book the session waits for the word of the disk, then quotes."""
    desk = RecordedDesk(is_journaled=True)
    desk.connect()
    desk.book()
    assert desk.market.orders.working == ()
    assert "on disk" in desk.market.sides[Side.BUY].reason
    merged = desk.reducer.session.merged_step
    assert merged is not None
    desk.feed(JournalState(merged - 1))
    desk.update(after_ms=200)
    assert desk.market.orders.working == ()
    desk.feed(JournalState(merged))
    desk.update(after_ms=200)
    assert len(desk.market.orders.working) == 2


def test_a_fill_is_shown_as_recorded_only_when_it_is():
    """Not at once, and not for a step before it."""
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.execute(venue, bid, "0.1")
    step = desk.reducer.session.step

    def shown() -> bool:
        return build_snapshot(desk.reducer, 1).markets[0].fills[0].is_recorded

    assert shown() is False
    desk.feed(JournalState(step - 1))
    assert shown() is False
    desk.feed(JournalState(step))
    assert shown() is True


def test_a_journal_that_cannot_be_written_only_reduces_and_widens_until_it_can():
    """Row 44: alarm, only orders that shrink the position, at twice the distance; and all of it ends."""
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.execute(venue, bid, "0.4")
    desk.feed(JournalState(0, problem="journal.sqlite: database or disk is full"))
    desk.update(after_ms=500)
    assert "disk is full" in build_snapshot(desk.reducer, 1).markets[0].only_reduce
    assert desk.market.sides[Side.BUY].quotes == ()
    (sell,) = desk.market.sides[Side.SELL].quotes
    assert sell.size_lots <= 40
    wide = sell.price_ticks
    desk.feed(JournalState(5, lost_rows=3, removed_segments=1))
    desk.update(after_ms=500)
    alarms = {alarm.key: alarm for alarm in build_snapshot(desk.reducer, 1).alarms}
    assert alarms["journal"].is_cleared
    assert "3 entries" in alarms["journal-lost"].text
    assert "cannot be replayed" in alarms["journal-trimmed"].text
    assert desk.market.sides[Side.BUY].quotes
    assert desk.market.sides[Side.SELL].quotes[0].price_ticks < wide
