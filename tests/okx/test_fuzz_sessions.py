"""Whatever arrives on a connection: no exception, and every event fits into the record."""

from __future__ import annotations

import json

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.core import messages as m
from okxmm_tui.core.effects import CancelOrder
from okxmm_tui.okx.book_channels import BOOK_CHANNELS
from okxmm_tui.okx.business_session import BusinessSession
from okxmm_tui.okx.market_channels import Wanted
from okxmm_tui.okx.order_requests import Batch
from okxmm_tui.okx.order_tracker import OrderTracker
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.public_session import PublicSession
from okxmm_tui.okx.rate_limits import Verb
from tests.okx.conftest import make_instrument
from tests.okx.fuzzing import (
    BALANCE,
    BUSINESS,
    FILL,
    INST,
    INSTRUMENT,
    OP_ROW,
    ORDER_PUSH,
    POSITION,
    PRIVATE,
    PUBLIC,
    mutated,
    push,
    recorded,
    twisted,
)

ENCODE = msgspec.msgpack.Encoder().encode
FUZZ = settings(max_examples=300, deadline=None)


def public(book_channel="books"):
    """Connected, with everything asked for."""
    session = PublicSession(
        [make_instrument()], book_channel=book_channel, wanted=Wanted(has_tickers=True), login=dict
    )
    session.opened(0)
    session.receive('{"event":"login","code":"0"}', 0)
    return session


def private():
    """Logged in, with two operations in flight."""
    tracker = OrderTracker()
    session = PrivateSession(
        {INST: make_instrument()}, dict, tracker,
        lambda outcome, now: [m.OrderOutcomeUnknown("cancel", INST, outcome.effect.cl_ord_id, outcome.text)],
        has_fills=True,
    )  # fmt: skip
    session.opened(0)
    session.receive('{"event":"login","code":"0"}', 0)
    for name in ("o1", "o2"):
        session.send_operation(Batch(Verb.CANCEL, (CancelOrder(INST, "a1"),), by_rest=False), name, b"{}", 0)
    return session


def survives(session, frames):
    """Feed frames and time; the record must be able to hold what comes out."""
    for index, frame in enumerate(frames, 1):
        for event in session.hand_on(session.receive(frame, index * 2 * 10**9)):
            ENCODE(event)
        for event in session.on_time(index * 2 * 10**9):
            ENCODE(event)
        session.pending_frames()
    for event in session.closed("test", 10**12):
        ENCODE(event)


def messages(seeds):
    """Lists of mutated messages and plain noise."""
    return st.lists(mutated(st.sampled_from(seeds)) | st.binary(max_size=60), min_size=1, max_size=6)


@FUZZ
@given(frames=messages([*PUBLIC, *recorded()[:400]]), channel=st.sampled_from(sorted(BOOK_CHANNELS)))
def test_market_data(frames, channel):
    """Books, best prices, prints and the slower channels."""
    survives(public(channel), [recorded()[0], *frames])


@FUZZ
@given(frames=messages(PRIVATE))
def test_private_data_and_acknowledgements(frames):
    """Orders, positions, balances, fills and answers to operations."""
    survives(private(), frames)


@FUZZ
@given(frames=messages(BUSINESS))
def test_business_data(frames):
    """Prints and bars."""
    session = BusinessSession([make_instrument()], has_trades=True, candle_bars=("1m",))
    session.opened(0)
    survives(session, frames)


ROWS = {"orders": ORDER_PUSH, "positions": POSITION, "fills": FILL}


@FUZZ
@given(data=st.data())
def test_private_rows_of_the_right_shape_and_wrong_values(data):
    """A value of any kind in any place; the neighbour is read all the same."""
    channel = data.draw(st.sampled_from(sorted(ROWS)))
    frame = push(channel, data.draw(twisted(ROWS[channel])), ROWS[channel])
    session = private()
    events = session.receive(frame, 5 * 10**9)
    for event in events:
        ENCODE(event)
    kinds = {"orders": m.OrderUpdate, "positions": m.PositionUpdate}
    if channel in kinds:
        assert isinstance(events[-1], kinds[channel]) or isinstance(events[-2], kinds[channel])
    survives(session, [push("account", {"details": [data.draw(twisted(BALANCE))]})])


@FUZZ
@given(data=st.data())
def test_operation_rows_with_wrong_values(data):
    """However an answer is written, every row of the request has an outcome."""
    row = data.draw(twisted(OP_ROW))
    frame = json.dumps({"id": "o1", "op": "cancel-order", "code": "1", "msg": "", "data": [row]})
    events = private().receive(frame, 10**9)
    assert [type(event) for event in events] == [m.LatencyMeasured, m.OrderOutcomeUnknown]


@FUZZ
@given(row=twisted(INSTRUMENT))
def test_instrument_rows_with_wrong_values(row):
    """Metadata is taken or told about; it never crashes, and never makes a tick of nothing."""
    session = public()
    events = session.receive(push("instruments", row, instType="SWAP"), 2 * 10**9)
    for event in events:
        ENCODE(event)
        if isinstance(event, m.InstrumentChanged):
            assert event.instrument.tick_size > 0
            assert event.instrument.lot_size > 0
