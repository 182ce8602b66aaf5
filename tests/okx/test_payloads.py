"""Payloads of many origins through the decoders and sessions: everything is read, nothing crashes."""

from __future__ import annotations

import json

import msgspec
import pytest

from okxmm_tui.core import messages as m
from okxmm_tui.okx import messages as wire
from okxmm_tui.okx.convert import balance_update, fill_of, order_update, position_update
from okxmm_tui.okx.decoding import Scalar, decode, text_of
from okxmm_tui.okx.instrument_rows import instrument_of
from okxmm_tui.okx.order_tracker import OrderTracker
from okxmm_tui.okx.private_session import PrivateSession
from okxmm_tui.okx.public_session import PublicSession
from tests.okx.conftest import SHARED, make_instrument

FOLDER = SHARED / "data" / "payloads"
FILES = sorted(FOLDER.glob("*.json")) if FOLDER.exists() else []

pytestmark = pytest.mark.skipif(not FILES, reason="payloads are not here")


def load(name: str) -> tuple[bytes, object]:
    """Bytes and JSON of a payload."""
    raw = (FOLDER / name).read_bytes()
    return raw, json.loads(raw)


def instruments_of(message: object) -> dict:
    """Every instrument a payload names, fine enough for any of its numbers."""
    text = json.dumps(message)
    names = {part.split('"')[0] for part in text.split('"instId": "')[1:]}
    return {name: make_instrument(name, tick="0.00000001", lot="0.00000001") for name in names}


def sessions_for(message: object) -> list:
    """A public and a private session that know the instruments of a payload."""
    instruments = instruments_of(message)
    public = PublicSession(list(instruments.values()))
    private = PrivateSession(instruments, dict, OrderTracker(), lambda outcome, now: [])
    for session in (public, private):
        session.opened(0)
    return [public, private]


@pytest.mark.parametrize("path", [p for p in FILES if p.name.startswith("ws_")], ids=lambda path: path.stem)
def test_websocket_payload_is_read_or_passed_over(path):
    """No push makes a notice: it is understood, or belongs to a channel nobody asked for."""
    raw, message = load(path.name)
    if not isinstance(message, dict) or "arg" not in message:
        rows = message if isinstance(message, list) else [message]
        channel = "orders" if "ordId" in rows[0] else "another"
        raw = json.dumps({"arg": {"channel": channel}, "data": rows})
    for session in sessions_for(message):
        assert not [e for e in session.receive(raw, 1) if isinstance(e, m.GatewayNotice)]


@pytest.mark.parametrize(
    ("name", "index", "kinds"),
    [
        ("ws_bbo_tbt.json", 0, [m.TopOfBook]),
        ("ws_books_snapshot.json", 0, [m.BookGap]),  # abbreviated: its checksum does not recompute
        ("ws_trades.json", 0, [m.PublicTrade]),
        ("ws_orders.json", 1, [m.OrderUpdate]),
        ("ws_account_empty.json", 1, []),
    ],
)
def test_payload_becomes_these_events(name, index, kinds):
    """The frequent channels give what the engine expects of them."""
    raw, message = load(name)
    events = sessions_for(message)[index].receive(raw, 1)
    assert [type(event) for event in events] == kinds


ORDER_FILES = [p.name for p in FILES if p.name.startswith("ws_orders") and p.name != "ws_orders_algo.json"]


@pytest.mark.parametrize("name", ORDER_FILES)
def test_order_pushes_of_every_kind(name):
    """Liquidations, deleveraging, options and triggers are orders like any other to the parser."""
    _, message = load(name)
    instruments = instruments_of(message)
    for row in msgspec.convert(message["data"], list[wire.OrderRow]):
        update = order_update(row, instruments, is_push=True)
        assert update.ord_id
        if row.fill_sz not in {"", "0"}:
            assert update.fill.size_lots > 0


ROWS = {
    "orders": (wire.ORDERS, lambda row, known: order_update(row, known, is_push=False)),
    "instruments": (wire.INSTRUMENTS, lambda row, known: instrument_of(row)),
    "positions": (wire.POSITIONS, position_update),
    "balance": (wire.ACCOUNTS, lambda row, known: [balance_update(each) for each in row.details]),
    "trade_fee": (wire.FEES, lambda row, known: row),
    "mark_price": (wire.MARK_PRICES, lambda row, known: row),
    "place_order": (wire.OP_ROWS, lambda row, known: row),
    "transaction_detail": (wire.FILLS, fill_of),
}


def reader_for(name: str):
    """Decoder and conversion of a payload, where we use its endpoint."""
    for part, reader in ROWS.items():
        if part in name and "algo" not in name and "spread" not in name and "history" not in name:
            return reader
    return ROWS["orders"] if name == "http_get_orders_history.json" else None


@pytest.mark.parametrize(
    "path", [p for p in FILES if not p.name.startswith("ws_")], ids=lambda path: path.stem
)
def test_rest_payload_is_read(path):
    """Every envelope decodes; rows of endpoints we use convert without an exception."""
    raw, message = load(path.name)
    if isinstance(message, dict) and "code" in message and "data" in message:
        assert text_of(decode(wire.REST_DECODER, raw).code) == "0"
        rows = message["data"]
    else:
        rows = message if isinstance(message, list) else [message]
    reader = reader_for(path.name)
    if reader is None or path.name.startswith(("common", "http_balance_detail")):
        return
    decoder, convert = reader
    known = instruments_of(message)
    for row in decode(decoder, json.dumps(rows).encode()):
        convert(row, known)


@pytest.mark.parametrize(
    "name", ["http_balance_detail_new_fields.json", "http_balance_detail_old_fields.json"]
)
def test_balance_details_of_two_ages(name):
    """Old and new forms of a balance read alike."""
    raw, _ = load(name)
    update = balance_update(msgspec.json.decode(raw, type=wire.BalanceDetail))
    assert (update.ccy, update.equity > 0) == ("USDT", True)


def test_empty_text_null_and_numbers_are_scalars():
    """The three spellings of an optional number all decode."""
    raw, _ = load("common_optional_string_to_u64.json")
    values = [text_of(each["value"]) for each in msgspec.json.decode(raw, type=list[dict[str, Scalar]])]
    assert values == ["12345", "", ""]
