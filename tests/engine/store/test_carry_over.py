"""What a restart must not turn into money: balances of new pairs, bills that were booked, open positions."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.commands import Kill
from okxmm_tui.core.effects import FetchTruth
from okxmm_tui.core.messages import AccountBill, BalanceUpdate, MarkPrice, PositionUpdate, StreamUp, Tick
from okxmm_tui.core.restored import Restored
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.store.books import saved_market
from okxmm_tui.engine.store.recovery import read_past
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restarted, restored_from, write
from tests.samples import INST, SECOND, START_NS, pair, swap

D = Decimal
NEXT_ID = START_NS // SECOND + 60


def _balance(ccy: str, cash: str) -> BalanceUpdate:
    amount = D(cash)
    return BalanceUpdate(ccy, amount, amount, amount, 1, amount)


def test_a_deposit_before_a_pair_is_added_is_no_position_of_it(tmp_path):
    """ETH was traded, 5 SOL came in, SOL is traded from now on: the 100 SOL there are were never bought."""
    eth, sol = pair("ETH-USDT", base_ccy="ETH"), pair("SOL-USDT", base_ccy="SOL")
    before = RecordedDesk(instruments=(eth,))
    before.feed(StreamUp("private"))
    before.answer_truth(balances=(_balance("ETH", "1"), _balance("USDT", "9000")))
    before.feed(Tick(0), after_ms=6_000)
    journal = journal_of(tmp_path, before.rows)
    past = read_past(journal, Mode.DEMO, "test", [eth, sol], before.now_ns)
    after = RecordedDesk(past.restored, session_id=NEXT_ID, instruments=(eth, sol))
    after.feed(StreamUp("private"))
    deposit = AccountBill("b1", "1", "", "SOL", D(5), after.now_ns // 1_000_000)
    held = (_balance("ETH", "1"), _balance("SOL", "100"), _balance("USDT", "9000"))
    for _ in range(5):
        after.answer_truth(balances=held, bills=(deposit,))
        after.run(1_200)
    session = after.reducer.session
    assert session.is_merged
    assert session.markets["SOL-USDT"].position_lots == 0
    assert session.taken_over == {"ETH": 1, "SOL": 100, "USDT": 9_000}


def test_a_bill_of_the_last_minute_is_booked_by_one_session_alone(tmp_path):
    """Funding is paid, the engine restarts at once and reads the same minute again: it paid once."""
    before, venue = RecordedDesk(), Venue()
    bid, _ = before.quoting()
    before.execute(venue, bid, "0.4")
    bill = AccountBill("f1", "8", INST, "USDT", D("-0.7"), before.now_ns // 1_000_000)
    before.run(31_000)
    before.answer_truth(positions=venue.position(), fills=tuple(venue.fills), bills=(bill,))
    before.run(6_000)
    assert before.market.quality.attribution.figures(None).funding == D("-0.7")
    after = RecordedDesk(restored_from(journal_of(tmp_path, before.rows), before.now_ns), session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    after.answer_truth(positions=venue.position(), fills=tuple(venue.fills), bills=(bill,))
    periods, parts = after.market.ledger.periods, after.market.quality.attribution.figures(None)
    assert (periods.inception.funding, periods.session.funding, parts.funding) == (D("-0.7"), 0, 0)


def test_a_gain_of_yesterday_lets_nothing_more_be_lost_today(tmp_path):
    """Up 40 on an open position at a restart of the next day: today stands at nothing and falls from it."""
    before, venue = RecordedDesk(), Venue()
    bid, _ = before.quoting()
    before.execute(venue, bid, "0.4")
    before.feed(MarkPrice(INST, D(70_000), 0))
    before.run(6_000)
    assert before.reducer.loss_limits.day_pnl_quote > 39
    restored = restored_from(journal_of(tmp_path, before.rows), before.now_ns)
    assert restored.day is not None
    yesterday = structs.replace(restored.day, day_number=restored.day.day_number - 1)
    after = RecordedDesk(structs.replace(restored, day=yesterday), session_id=NEXT_ID)
    after.feed(StreamUp("private"))
    after.answer_truth(positions=venue.position(), fills=tuple(venue.fills))
    after.feed(MarkPrice(INST, D(70_000), 0))
    after.tick()
    limits = after.reducer.loss_limits
    assert (limits.day_pnl_quote, limits.drawdown_quote) == (0, 0)
    after.feed(MarkPrice(INST, D(69_000), 0))
    after.tick()
    assert (limits.day_pnl_quote, limits.drawdown_quote) == (-4, 4)


def test_a_loss_of_a_position_found_at_the_start_halts_nothing():
    """900 were lost before anybody here knew of it: today has lost nothing, and a fall counts."""
    desk = RecordedDesk()
    desk.feed(StreamUp("private"))
    desk.feed(MarkPrice(INST, D(60_000), 0))
    desk.tick()
    desk.answer_truth(positions=(PositionUpdate(INST, 900, D(70_000), None, None, 0),))
    desk.tick()
    assert desk.reducer.loss_limits.day_pnl_quote == 0
    desk.feed(MarkPrice(INST, D(59_000), 0))
    desk.tick()
    assert desk.reducer.loss_limits.day_pnl_quote == -90


def test_a_crash_right_after_the_merge_forgets_nothing_of_the_day(tmp_path):
    """Down 40 on an open position; a session that ends before its first figure must not settle that away."""
    before, venue = RecordedDesk(), Venue()
    bid, _ = before.quoting()
    before.execute(venue, bid, "0.4")
    before.feed(MarkPrice(INST, D(50_000), 0))
    before.run(6_000)
    was = before.reducer.loss_limits.day_pnl_quote
    assert was < -39
    journal = journal_of(tmp_path, before.rows)
    crashed = RecordedDesk(restored_from(journal, before.now_ns), session_id=NEXT_ID)
    crashed.feed(MarkPrice(INST, D(50_000), 0))
    crashed.feed(StreamUp("private"))
    crashed.answer_truth(positions=venue.position(), fills=tuple(venue.fills))
    write(journal, crashed.rows)
    after = restarted(journal, venue, session_id=NEXT_ID + 1, now_ns=before.now_ns + 5 * SECOND)
    after.feed(MarkPrice(INST, D(50_000), 0))
    after.tick()
    assert after.reducer.loss_limits.day_pnl_quote == was


def _killed(**changes: object) -> tuple[RecordedDesk, Venue]:
    """A session on account 77 that holds 0.4 contracts and was killed."""
    desk, venue = RecordedDesk(account="maker key", **changes), Venue()
    bid, _ = desk.quoting()
    desk.execute(venue, bid, "0.4")
    desk.run(6_000)
    desk.command(Kill("test"))
    return desk, venue


def test_an_account_is_known_by_its_number_whatever_its_key_is_called(tmp_path):
    """A new key has another name: books, open orders, the day's loss and the kill are carried on."""
    desk, venue = _killed(account_id="77")
    journal = journal_of(tmp_path, desk.rows)
    past = read_past(journal, Mode.DEMO, "new key", [swap()], desk.now_ns, account_id="77").restored
    assert past is not None
    (saved,) = past.markets
    assert saved.ledger.quantity == desk.market.ledger.position.quantity == D("0.004")
    assert (past.halted, past.day is not None, len(past.orders)) == ("test", True, 2)
    assert venue.lots == 40


def test_another_account_with_a_key_of_the_same_name_takes_nothing_up(tmp_path):
    """Two sub-accounts share a machine and a habit of naming keys: neither goes on with the other's books."""
    desk, _ = _killed(account_id="77")
    journal = journal_of(tmp_path, desk.rows)
    past = read_past(journal, Mode.DEMO, "maker key", [swap()], desk.now_ns, account_id="78").restored
    assert past is not None
    assert (past.markets, past.day, past.orders, past.halted) == ((), None, (), "")


def test_what_was_recorded_under_the_name_of_a_key_goes_to_its_account(tmp_path):
    """A journal of before accounts were told by number: the first account with that key takes it, once."""
    desk, _ = _killed()
    journal = journal_of(tmp_path, desk.rows)
    for number, count in (("77", 1), ("78", 0), ("77", 1)):
        past = read_past(journal, Mode.DEMO, "maker key", [swap()], desk.now_ns, account_id=number).restored
        assert past is not None
        assert len(past.markets) == count
        assert bool(past.halted) == bool(count)
    assert journal.execute("SELECT DISTINCT scope FROM fills").fetchall() == [("demo/77",)]
    again = RecordedDesk(account="maker key", account_id="77", session_id=NEXT_ID)
    write(journal, again.rows)
    assert journal.execute("SELECT account_id FROM sessions").fetchall() == [("77",), ("77",)]


def test_reading_never_asks_for_what_the_venue_has_forgotten_meanwhile():
    """The link comes up twenty minutes after the start: three days back is out of reach for ever by then."""
    desk = RecordedDesk()
    old = saved_market(desk.reducer.session, desk.market, desk.reducer.reconciler)
    week = structs.replace(old, complete_to_ms=START_NS // 1_000_000 - 7 * 86_400_000)
    after = RecordedDesk(Restored(markets=(week,)), session_id=NEXT_ID)
    after.feed(Tick(0), after_ms=1_200_000)
    after.feed(StreamUp("private"))
    kept_since_ms = after.now_ns // 1_000_000 - 3 * 86_400_000
    assert after.taken(FetchTruth)[-1].fills_since_ms > kept_since_ms
    assert "97 h of fills" in after.reducer.books.account.trust.incomplete
