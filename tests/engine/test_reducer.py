"""The same events give the same effects, byte for byte."""

from __future__ import annotations

import random
from decimal import Decimal

import msgspec

from okxmm_tui.core.commands import AcknowledgeAlarms, Kill, SetParam, UndoParam
from okxmm_tui.core.effects import AnyEffect, PlaceOrder, Reply
from okxmm_tui.core.messages import (
    AnyEvent,
    BookGap,
    InstrumentChanged,
    JournalFailed,
    MarkPrice,
    PublicTrade,
    TopOfBook,
)
from okxmm_tui.core.types import Side
from okxmm_tui.engine.reducer import Reducer
from tests.engine.desk import Desk
from tests.samples import INST, START_NS, started, swap


def _encoded(effects: list[AnyEffect]) -> bytes:
    return msgspec.msgpack.encode(effects)


def _lively_session() -> Desk:
    """A few thousand events of every kind, from a seed."""
    source, desk = random.Random(3), Desk()
    desk.quoting()
    for number in range(1_500):
        drift = source.randint(-3, 3)
        bid = desk.market.bid_ticks or 600_000
        if number % 400 == 399:
            desk.feed(BookGap(INST, "injected"))
            desk.book()
        desk.update(((bid, 0), (bid - 5 + drift, 7)), ((bid + 1, 0), (bid + 6 + drift, 7)), after_ms=20)
        desk.feed(PublicTrade(INST, bid, 3, source.choice(list(Side)), str(number), 0))
        desk.feed(MarkPrice(INST, Decimal(bid) / 10, 0))
        for order in desk.taken(PlaceOrder)[-2:]:
            if source.random() < 0.2:
                desk.confirm(order)
        if number % 37 == 0:
            desk.command(SetParam(INST, "base_spread_bps", Decimal(source.randint(2, 30))))
        desk.tick()
    desk.command(Kill())
    return desk


def test_feeding_the_same_log_twice_gives_identical_effects():
    """A second reducer, fed the recorded inputs, produces the same bytes."""
    desk = _lively_session()
    first, second = [], []
    again = Reducer(started(), START_NS)
    for event, now_ns in desk.inputs:
        second += again.apply(event, now_ns)
    first = desk.effects
    assert len(first) > 300
    assert _encoded(first) == _encoded(second)


def test_inputs_survive_the_journals_encoding():
    """Every event decodes to what it was."""
    desk = _lively_session()
    decode = msgspec.msgpack.Decoder(AnyEvent).decode
    assert all(decode(msgspec.msgpack.encode(event)) == event for event, _ in desk.inputs)


def test_a_newer_top_of_book_moves_the_quotes():
    """``bbo-tbt`` is faster than the book: the mid follows it."""
    desk = Desk()
    desk.quoting()
    desk.feed(TopOfBook(INST, 599_000, 5, 599_001, 5, 10_000, 0))
    assert (desk.market.bid_ticks, desk.market.ask_ticks) == (599_000, 599_001)
    desk.feed(TopOfBook(INST, 601_000, 5, 601_001, 5, 9_000, 0))
    assert desk.market.bid_ticks == 599_000


def test_a_changed_tick_size_halts():
    """All prices in flight would be wrong: kill, and say to restart."""
    desk = Desk()
    desk.quoting()
    desk.feed(InstrumentChanged(swap(tick_size=Decimal(1))))
    assert desk.state == "HALTED"


def test_a_suspended_instrument_is_pulled():
    """The new state is taken over and the reason shown."""
    desk = Desk()
    desk.quoting()
    desk.feed(InstrumentChanged(swap(state="suspend")))
    assert desk.market.sides[Side.BUY].reason == "instrument is suspend"


def test_parameters_change_undo_and_refuse():
    """Each command is answered; bounds are the engine's to enforce."""
    desk = Desk()
    desk.quoting()
    good = desk.command(SetParam(INST, "base_spread_bps", Decimal(20)))
    assert desk.taken(Reply, good)[0].ok
    assert desk.market.params["base_spread_bps"] == 20
    bad = desk.taken(Reply, desk.command(SetParam(INST, "base_spread_bps", Decimal(-1))))[0]
    assert not bad.ok
    assert "-1" in bad.text
    assert not desk.taken(Reply, desk.command(SetParam("ETH-USDT-SWAP", "x", Decimal(1))))[0].ok
    assert desk.taken(Reply, desk.command(UndoParam(INST)))[0].ok
    assert desk.market.params["base_spread_bps"] == 5
    assert not desk.taken(Reply, desk.command(UndoParam(INST)))[0].ok


def test_a_failing_log_is_an_alarm_that_can_be_acknowledged():
    """The operator learns that nothing is recorded any more."""
    desk = Desk()
    desk.feed(JournalFailed("No space left on device"))
    assert "No space left" in desk.reducer.session.alarms.views()[0].text
    desk.command(AcknowledgeAlarms())
    assert desk.reducer.session.alarms.views()[0].is_acknowledged
