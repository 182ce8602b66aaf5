"""Reports of sessions whose position changed without a fill: what is explained is not called wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from okxmm_tui.core.commands import Quit
from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.core.messages import (
    AccountBill,
    BalanceUpdate,
    MarkPrice,
    OrderBudget,
    PositionUpdate,
    StreamUp,
)
from okxmm_tui.core.types import Mode
from okxmm_tui.engine.store.reading import Journal, Span
from okxmm_tui.report.build import build, chosen
from okxmm_tui.report.model import SessionReport
from okxmm_tui.report.tables import session_tables
from tests.engine.desk import MS
from tests.engine.store.desk import RecordedDesk, Venue, journal_of, restarted
from tests.past import record
from tests.samples import INST, SECOND, START_NS, pair

D = Decimal


def _ended(folder: Path, desk: RecordedDesk) -> SessionReport:
    """The report on a desk's session, which comes to its orderly end."""
    desk.command(Quit("done"))
    for _ in range(4):
        working = {
            each.cl_ord_id
            for market in desk.reducer.session.markets.values()
            for each in market.orders.working
        }
        for effect in desk.taken(CancelOrder):
            if effect.cl_ord_id in working:
                working.discard(effect.cl_ord_id)
                desk.cancelled(effect.cl_ord_id)
        desk.answer_poll()
        desk.run(500)
    folder.mkdir(exist_ok=True)
    record(folder, desk.reducer.session.started, START_NS, desk.inputs)
    with Journal.of(folder) as journal:
        (session,) = build(journal, folder, chosen(journal, Span()), "test").sessions
    assert session.checks
    return session


def _priced(desk: RecordedDesk, price: int) -> None:
    desk.feed(MarkPrice(INST, D(price), desk.now_ns // MS))
    desk.book(price * 10, price * 10 + 1)
    desk.run(2_000)


def test_after_a_restart_with_an_open_position_every_figure_agrees(tmp_path):
    """Its books go on; what it had earned before is named beside the decomposition, which sums without it."""
    desk, venue = RecordedDesk(), Venue()
    bid, _ = desk.quoting()
    desk.balance()
    desk.execute(venue, bid, "0.4")
    desk.run(6_000)
    journal = journal_of(tmp_path, desk.rows)
    after = restarted(journal, venue, session_id=START_NS // SECOND + 60, now_ns=desk.now_ns + SECOND)
    after.balance()
    _priced(after, 60_100)
    session = _ended(tmp_path / "after", after)
    assert session.differences == ()
    (market,) = session.markets
    assert market.accounting is not None
    assert market.accounting.brought_in > 0
    cells = [row for table in session_tables(session) for row in table.rows]
    assert any(row[0] == "brought in" for row in cells)


def test_a_position_found_at_the_first_merge_is_no_difference(tmp_path):
    """Long 0.4 contracts from 50,000 that no journal knows."""
    desk = RecordedDesk(mode=Mode.SIM)
    desk.feed(OrderBudget(0, 51))
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    desk.answer_truth(positions=(PositionUpdate(INST, 40, D(50_000), None, None, 1),))
    desk.tick()
    desk.arm_dead_man()
    desk.balance()
    _priced(desk, 60_000)
    session = _ended(tmp_path, desk)
    assert session.differences == ()
    assert any("taken over" in each for each in session.incomplete)


def test_after_a_partial_liquidation_the_parts_still_sum(tmp_path):
    """60 of 100 lots are taken away at 59,000: the bill explains it, and fills alone are not compared."""
    desk, venue = RecordedDesk(mode=Mode.SIM), Venue()
    bid, _ = desk.quoting()
    desk.balance()
    _priced(desk, 60_000)
    desk.execute(venue, bid, "1")
    _priced(desk, 59_000)
    bill = AccountBill("b1", "5", INST, "USDT", D("-6.1"), desk.now_ns // MS)
    left = PositionUpdate(INST, 40, venue.fills[0].price(D("0.1")), None, None, 1)
    for _ in range(4):
        desk.run(31_000)
        desk.answer_truth(positions=(left,), bills=(bill,))
    session = _ended(tmp_path, desk)
    (market,) = session.markets
    assert market.position_close == D("0.4")
    assert market.other_quote == D("-6.1")
    assert session.differences == ()
    assert any("taken over" in each for each in session.incomplete)


def test_dust_the_venue_rounds_is_no_difference(tmp_path):
    """Four parts in ten thousand million of a coin that no fill explains: held, and no trade of ours."""
    desk = RecordedDesk(mode=Mode.SIM, instruments=(pair(),))
    usdt = BalanceUpdate("USDT", D(9_000), D(9_000), D(9_000), 1, D(9_000))

    def coins(cash: str) -> BalanceUpdate:
        return BalanceUpdate("BTC", D(cash), D(cash), D(cash), 1, D(cash))

    desk.feed(StreamUp("private"))
    desk.answer_truth(balances=(coins("1"), usdt))
    desk.run(31_000)
    desk.answer_truth(balances=(coins("1.0000000004"), usdt))
    session = _ended(tmp_path, desk)
    assert session.differences == ()
