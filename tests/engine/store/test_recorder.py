"""Rows follow from the reducer's steps: orders, fills, bills, parameters, notes, snapshots, and no more."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.core.commands import Arm, Quit, SetParam
from okxmm_tui.core.effects import FetchTruth
from okxmm_tui.core.messages import (
    AccountBill,
    OrderAccepted,
    OrderRefused,
    StreamDown,
    Tick,
    TruthFetched,
)
from okxmm_tui.core.restored import SavedMarket
from okxmm_tui.engine.store import rows as make
from okxmm_tui.engine.store.books import read_books
from okxmm_tui.engine.store.reading import Journal
from okxmm_tui.engine.store.recorder import NOTHING
from tests.engine.store.desk import RecordedDesk, Venue, journal_of
from tests.samples import INST


@pytest.fixture
def desk():
    """Two live quotes, every step recorded."""
    desk = RecordedDesk()
    desk.quoting()
    return desk


def _journal(tmp_path, desk) -> Journal:
    journal_of(tmp_path, desk.rows).close()
    return Journal.of(tmp_path)


def test_market_data_gives_no_rows(desk):
    """A book update that moves nothing costs one look and nothing else."""
    desk.update()
    assert desk.steps[-1] == []
    assert desk.recorder.rows(desk.inputs[-1][0], []) is NOTHING


def test_an_order_is_followed_from_request_to_end(tmp_path, desk):
    """Place, answer, state, cancel and end are events; the row says how it ended."""
    bid, _ = desk.quoting_ids
    desk.feed(OrderAccepted("place", INST, bid, "o-" + bid))
    desk.cancelled(bid)
    with _journal(tmp_path, desk) as journal:
        order = next(each for each in journal.orders() if each.cl_ord_id == bid)
        kinds = [each.kind for each in journal.order_events(cl_ord_id=bid)]
    assert (order.state, order.cancel_source, order.kind, order.ord_id) == (
        "canceled",
        "1",
        "post_only",
        "o-" + bid,
    )
    assert kinds == ["place", "live", "accepted", "canceled"]


def test_a_refused_order_stays_refused(tmp_path):
    """What the venue never took says so, whatever comes later."""
    desk = RecordedDesk()
    desk.connect()
    desk.book()
    cl_ord_id = next(iter(desk.recorder._open))
    desk.feed(OrderRefused("place", INST, cl_ord_id, "51008", "insufficient balance"))
    with _journal(tmp_path, desk) as journal:
        order = next(each for each in journal.orders() if each.cl_ord_id == cl_ord_id)
    assert order.state == "refused"


def test_fills_carry_realised_mid_and_version(tmp_path, desk):
    """Two fills that close each other: realised is the ledger's, the mid is the book's."""
    venue = Venue()
    bid, ask = desk.quoting_ids
    bought, sold = desk.execute(venue, bid, "0.01"), desk.execute(venue, ask, "0.01")
    with _journal(tmp_path, desk) as journal:
        first, second = journal.fills()
    assert (first.trade_id, second.trade_id) == (bought.trade_id, sold.trade_id)
    assert second.realised == desk.market.ledger.realised_quote != 0
    assert second.mid == desk.market.mid_price
    assert first.fee == bought.fee
    assert first.params_version == desk.market.params.version


def test_bills_parameters_states_and_the_end_are_kept(tmp_path, desk):
    """A bill once, the parameters with source and version, the state changes, the exit code."""
    desk.command(Arm())
    desk.command(SetParam(INST, "order_size", Decimal(2), "key"))
    desk.run(31_000)
    bill = AccountBill("b1", "8", INST, "USDT", Decimal("-0.5"), desk.now_ns // 1_000_000)
    request = desk.taken(FetchTruth)[-1].request_id
    desk.feed(TruthFetched(request, (), (), (), (), (bill, bill)))
    desk.command(Quit("enough"))
    for _ in range(2):
        desk.tick(500)
        desk.answer_poll()
    with _journal(tmp_path, desk) as journal:
        assert [each.change for each in journal.bills()] == [Decimal("-0.5")]
        start, change = journal.params()
        assert (start.source, change.source, change.version) == ("start", "key", 2)
        assert "order_size" in change.text
        assert [each.kind for each in journal.notes(kind="kill")] == ["kill"]
        (session,) = journal.sessions()
        assert session.exit_code == 0
        assert session.ended_ns == desk.now_ns
        assert {each.state for each in journal.orders()} <= {"canceled", "filled"}


def test_a_minute_gives_a_snapshot_of_every_market(tmp_path, desk):
    """Three minutes, three rows, with the equity of the settlement currency."""
    desk.balance("10000")
    for _ in range(3):
        desk.feed(Tick(0), after_ms=60_000)
    with _journal(tmp_path, desk) as journal:
        seen = list(journal.snapshots())
    assert [each.equity for each in seen] == [Decimal(10_000)] * 3
    assert {each.inst_id for each in seen} == {INST}


def test_books_are_saved_at_once_after_the_merge_and_only_when_they_changed(desk):
    """Before the first quote there is a saved book; without a change there is no second one."""
    books = [n for n, step in enumerate(desk.steps) if any(row[0] is make.BOOKS for row in step)]
    placed = [n for n, step in enumerate(desk.steps) if any(row[0] is make.ORDER for row in step)]
    assert books[0] < placed[0]
    desk.balance()
    desk.run(6_000)
    before = len([row for row in desk.rows if row[0] is make.BOOKS])
    desk.run(6_000)
    assert len([row for row in desk.rows if row[0] is make.BOOKS]) == before


def test_books_are_saved_while_the_private_stream_is_down(desk):
    """A fill booked before the stream was lost is in the saved books of a session that ends without it."""
    desk.execute(Venue(), desk.quoting_ids[0], "1")
    desk.feed(StreamDown("private", "closed by the venue"))
    assert not desk.reducer.session.is_merged
    desk.run(6_000)
    _, values = [row for row in desk.rows if row[0] is make.BOOKS and INST in str(row[1][0])][-1]
    saved = read_books(values[2], values[3], SavedMarket)
    assert saved is not None
    assert saved.ledger.inception.fills == 1


def test_the_same_events_give_the_same_rows():
    """Rows are a function of the steps, like effects."""
    made = []
    for _ in range(2):
        desk = RecordedDesk()
        desk.quoting()
        desk.run(2_000)
        made.append(desk.rows)
    assert made[0] == made[1]
