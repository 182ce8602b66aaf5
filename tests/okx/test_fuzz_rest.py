"""Whatever REST answers: an event that fits into the record, or one of our own errors."""

from __future__ import annotations

import json
from contextlib import suppress

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from okxmm_tui.errors import OkxmmError, VenueUnreachableError, WireError
from okxmm_tui.okx import messages as wire
from okxmm_tui.okx.convert import balance_update, fill_of, order_update, position_update
from okxmm_tui.okx.decoding import decode, decode_readable, text_of
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.market_messages import (
    CANDLES,
    FUNDING_RATES,
    INDEX_TICKERS,
    PRICE_LIMITS,
    STATUSES,
    TICKERS,
)
from okxmm_tui.okx.market_rows import (
    candle_of,
    funding_rate_of,
    mark_price_of,
    price_limits_of,
    status_of,
    ticker_of,
)
from okxmm_tui.okx.preparation import account_of, fees_of
from okxmm_tui.okx.rest_queries import RestQueries, trigger_ms
from tests.okx.conftest import make_instrument
from tests.okx.fuzzing import (
    BALANCE,
    BILL,
    FILL,
    INST,
    INSTRUMENT,
    ORDER_PUSH,
    POSITION,
    SCALARS,
    mutated,
    recorded,
    twisted,
)
from tests.okx.test_rest import make_rest

ENCODE = msgspec.msgpack.Encoder().encode
KNOWN = {INST: make_instrument()}
FUZZ = settings(max_examples=200, deadline=None)
NAMED = {"instId": INST, "ts": "1"}
FEE = {"feeGroup": [{"groupId": "4", "maker": "-0.0002", "taker": "-0.0005"}], "maker": "-1", "takerU": "-2"}
CONFIG = {"uid": "42", "label": "desk", "acctLv": "2", "posMode": "net_mode", "perm": "read_only,trade"}
READERS = {
    "order": (wire.ORDERS, ORDER_PUSH, lambda row: order_update(row, KNOWN, is_push=False)),
    "pushed order": (wire.ORDERS, ORDER_PUSH, lambda row: order_update(row, KNOWN, is_push=True)),
    "fill": (wire.FILLS, FILL, lambda row: fill_of(row, KNOWN)),
    "position": (wire.POSITIONS, POSITION, lambda row: position_update(row, KNOWN)),
    "balance": (wire.ACCOUNTS, {"details": [BALANCE]}, lambda row: [balance_update(d) for d in row.details]),
    "instrument": (wire.INSTRUMENTS, INSTRUMENT, instrument_of),
    "fees": (wire.FEES, FEE, lambda row: fees_of(row, "4", make_instrument())),
    "config": (wire.CONFIGS, CONFIG, account_of),
    "dead man": (wire.DEAD_MEN, {"triggerTime": "1"}, lambda row: trigger_ms(text_of(row.trigger_time))),
    "mark": (wire.MARK_PRICES, NAMED | {"markPx": "1"}, mark_price_of),
    "funding": (FUNDING_RATES, NAMED | {"fundingRate": "1", "fundingTime": "2"}, funding_rate_of),
    "limits": (PRICE_LIMITS, NAMED | {"buyLmt": "1"}, lambda row: price_limits_of(row, KNOWN[INST])),
    "status": (STATUSES, {"title": "x", "begin": "1", "end": "2"}, lambda row: status_of(row, "1")),
    "ticker": (TICKERS, NAMED | {"last": "1", "vol24h": "2"}, ticker_of),
    "index": (INDEX_TICKERS, NAMED | {"idxPx": "1"}, lambda row: None),
}  # fmt: skip


TWISTED = {name: twisted(row) for name, (_, row, _) in READERS.items()}
MUTATED = {name: mutated(st.just(json.dumps([row, row]).encode())) for name, (_, row, _) in READERS.items()}


@pytest.mark.parametrize("name", READERS)
@FUZZ
@given(data=st.data())
def test_rows_with_any_values(name, data):
    """A value of any kind in any place is read, or refused by name."""
    decoder, _, convert = READERS[name]
    raw = json.dumps([data.draw(TWISTED[name])]).encode()
    with suppress(OkxmmError):
        for each in decode(decoder, raw):
            ENCODE(convert(each))


@pytest.mark.parametrize("name", READERS)
@FUZZ
@given(data=st.data())
def test_mutated_rows(name, data):
    """Bytes changed, cut, doubled; the rows that can be read are read."""
    decoder, _, convert = READERS[name]
    raw = data.draw(MUTATED[name])
    with suppress(WireError):
        rows, _ = decode_readable(decoder, msgspec.Raw(raw))
        for each in rows:
            with suppress(OkxmmError):
                ENCODE(convert(each))


@FUZZ
@given(values=st.lists(SCALARS, min_size=6, max_size=9))
def test_bars_of_any_values(values):
    """Bars are arrays."""
    with suppress(WireError):
        for row in decode(CANDLES, json.dumps([values]).encode()):
            ENCODE(candle_of(row, INST, "1m"))


ANSWER = json.dumps({"code": "0", "msg": "", "data": [ORDER_PUSH]}).encode()


@FUZZ
@given(body=mutated(st.just(ANSWER)) | st.binary(max_size=50))
async def test_answers_of_any_bytes(body):
    """The one thing a read may raise says that the venue cannot be understood."""
    from okxmm_tui.okx.transport import HttpReply

    rest, _ = make_rest(*[HttpReply(200, body)] * 3)
    with suppress(VenueUnreachableError, WireError):
        (await rest.get("/api/v5/x")).rows(wire.ORDERS)
    rest, _ = make_rest(*[HttpReply(200, body)] * 3)
    ENCODE(await RestQueries(rest, KNOWN).order(INST, "1001"))


READS = {
    "order": (ORDER_PUSH, lambda queries: queries.order(INST, "1001")),
    "pending": (ORDER_PUSH, lambda queries: queries.pending()),
    "fills": (FILL, lambda queries: queries.fills(0)),
    "positions": (POSITION, lambda queries: queries.positions()),
    "balances": ({"details": [BALANCE]}, lambda queries: queries.balances()),
    "bills": (BILL, lambda queries: queries.bills(0)),
    "dead man": ({"triggerTime": "1795161610000"}, lambda queries: queries.set_dead_man(10, "mmx")),
    "price limits": (
        NAMED | {"buyLmt": "61000", "sellLmt": "59000"}, lambda queries: queries.price_limits(INST)
    ),
    "rate limit": ({"accRateLimit": "2000"}, lambda queries: queries.account_rate_limit()),
}  # fmt: skip
READ_ROWS = {name: twisted(row) for name, (row, _) in READS.items()}


@pytest.mark.parametrize("name", READS)
@FUZZ
@given(data=st.data())
async def test_reads_of_any_values(name, data):
    """A read ends in what fits into the record, or in an error of ours: the gateway's tasks bear no other."""
    answer = {
        "code": "0", "msg": "", "data": [data.draw(READ_ROWS[name])],
        "inTime": data.draw(SCALARS), "outTime": data.draw(SCALARS),
    }  # fmt: skip
    measured = []
    rest, _ = make_rest(*[answer] * 3, on_measured=measured.append)
    with suppress(OkxmmError):
        ENCODE(await READS[name][1](RestQueries(rest, KNOWN)))
    ENCODE(measured)


@FUZZ
@given(raw=mutated(st.sampled_from(recorded()[:200])))
def test_recorded_pushes_through_every_decoder(raw):
    """No decoder meets bytes it answers with anything but WireError."""
    decoders = [each for each in vars(wire).values() if isinstance(each, msgspec.json.Decoder)]
    assert len(decoders) > 10
    for decoder in decoders:
        with suppress(WireError):
            decode(decoder, raw)
