"""What a restart must not turn into money: balances of new pairs, bills that were booked, open positions."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.messages import AccountBill, BalanceUpdate, StreamUp, Tick
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.store.recovery import read_past
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restored_from
from tests.samples import INST, SECOND, START_NS, pair

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
