"""Real messages to mutate, and ways to mutate them."""

from __future__ import annotations

import io
import json
from functools import cache
from importlib.resources import files
from typing import Any

import zstandard
from hypothesis import strategies as st

INST = "BTC-USDT-SWAP"
ORDER_PUSH: dict[str, Any] = {
    "instType": "SWAP", "instId": INST, "ordId": "3300000000000000001", "clOrdId": "1001", "tag": "okxmm",
    "side": "buy", "posSide": "net", "tdMode": "cross", "ordType": "post_only", "px": "60000.1", "sz": "2",
    "state": "partially_filled", "accFillSz": "0.5", "avgPx": "60000.1", "fillPx": "60000.1",
    "fillSz": "0.5", "tradeId": "900100", "fillTime": "1795161601100", "execType": "M", "fillFee": "-0.06",
    "fillFeeCcy": "USDT", "fee": "-0.06", "reduceOnly": "false", "category": "normal", "cancelSource": "",
    "amendResult": "", "reqId": "", "code": "0", "msg": "", "cTime": "1795161600500",
    "uTime": "1795161601101",
}  # fmt: skip
FILL = {
    "instId": INST, "tradeId": "1", "ordId": "2", "clOrdId": "3", "billId": "4", "side": "sell",
    "fillPx": "60000.1", "fillSz": "0.5", "fee": "-0.01", "feeCcy": "USDT", "execType": "T", "ts": "5",
    "fillTime": "5",
}  # fmt: skip
POSITION = {
    "instId": INST, "pos": "-1.5", "posSide": "net", "mgnMode": "cross", "avgPx": "60000.12",
    "markPx": "60000", "liqPx": "", "uTime": "5",
}  # fmt: skip
BALANCE = {"ccy": "USDT", "eq": "11", "cashBal": "10", "availEq": "9", "availBal": "8", "uTime": "10"}
BILL = {
    "billId": "7", "type": "8", "instId": INST, "ccy": "USDT", "balChg": "-0.1", "ts": "1795161600000",
}  # fmt: skip
INSTRUMENT = {
    "instId": INST, "instType": "SWAP", "ctType": "linear", "ctVal": "0.01", "ctMult": "1",
    "ctValCcy": "BTC", "settleCcy": "USDT", "uly": "BTC-USDT", "tickSz": "0.1", "lotSz": "0.01",
    "minSz": "0.01", "maxLmtSz": "100000000", "lever": "100", "state": "live", "groupId": "4",
    "instIdCode": 10459,
}  # fmt: skip
OP_ROW = {"clOrdId": "a1", "ordId": "9", "sCode": "0", "sMsg": "", "subCode": "", "ts": "1"}


def push(channel: str, *rows: Any, **arg: str) -> bytes:
    """One push as the venue writes it."""
    message = {"arg": {"channel": channel, **arg}, "data": list(rows)}
    return json.dumps(message, separators=(",", ":")).encode()


PUBLIC = [
    push("mark-price", {"instType": "SWAP", "instId": INST, "markPx": "60000.1", "ts": "1"}, instId=INST),
    push("index-tickers", {"instId": "BTC-USDT", "idxPx": "60000.1", "ts": "1"}, instId="BTC-USDT"),
    push(
        "funding-rate",
        {"instId": INST, "fundingRate": "0.0001", "fundingTime": "2", "nextFundingTime": "3", "ts": "1"},
        instId=INST,
    ),
    push("price-limit", {"instId": INST, "buyLmt": "61000", "sellLmt": "59000", "enabled": True, "ts": "1"}),
    push("status", {"title": "x", "state": "ongoing", "begin": "1", "end": "2", "env": "1"}),
    push("tickers", {"instId": INST, "last": "1", "open24h": "2", "vol24h": "3", "ts": "4"}),
    push("instruments", INSTRUMENT, instType="SWAP"),
    b'{"event":"subscribe","arg":{"channel":"books","instId":"BTC-USDT-SWAP"},"connId":"ab12cd34","id":"s1"}',
    b'{"event":"error","code":"60018","msg":"wrong","connId":"ab12cd34","id":"s2"}',
    b'{"event":"notice","code":"64008","msg":"upgrade","connId":"ab12cd34"}',
    b"pong",
]
BUSINESS = [
    push("trades-all", {"instId": INST, "tradeId": "1", "px": "1", "sz": "1", "side": "buy", "ts": "1"}),
    push("candle1m", ["1", "2", "3", "1", "2", "5", "6", "7", "0"], instId=INST),
]
PRIVATE = [
    push("orders", ORDER_PUSH, instType="ANY", uid="1"),
    push("positions", POSITION, instType="ANY"),
    push("account", {"uTime": "1", "details": [BALANCE, BALANCE]}),
    push("balance_and_position", {"balData": [BALANCE], "posData": [POSITION], "trades": []}),
    push("fills", FILL, instId=INST),
    b'{"event":"login","code":"0","msg":"","connId":"c0ffee01"}',
    b'{"event":"channel-conn-count-error","channel":"orders","connCount":"30","connId":"ab12cd34"}',
    json.dumps(
        {
            "id": "o1",
            "op": "order",
            "code": "0",
            "msg": "",
            "data": [OP_ROW],
            "inTime": "1795161600500111",
            "outTime": "1795161600502222",
        }
    ).encode(),
    json.dumps({"id": "o2", "op": "batch-cancel-orders", "code": "2", "msg": "", "data": [OP_ROW]}).encode(),
]


@cache
def recorded(count: int = 2_000) -> tuple[bytes, ...]:
    """The first messages of the built-in recording."""
    raw = files("okxmm_tui.data").joinpath("btc-usdt-swap.jsonl.zst").read_bytes()
    with zstandard.ZstdDecompressor().stream_reader(io.BytesIO(raw)) as stream:
        lines = io.TextIOWrapper(stream, "utf-8")
        return tuple(
            json.dumps(json.loads(next(lines))["m"], separators=(",", ":")).encode() for _ in range(count)
        )


WORDS = [
    b"null", b"-1", b"1e999999", b"99999999999999999999999999", b'"', b'""', b"{}", b"[]", b"NaN", b"true",
    b"\xff\xfe", b"0", b".", b"-", b"Infinity", b"\\u0000", b"\xd9\xa1", b"[" * 2_000, b"9" * 4_500,
]  # fmt: skip
# Made once: a strategy made for every draw is checked for every draw.
CHANGES, RUN, BYTE = st.integers(1, 4), st.integers(1, 12), st.integers(0, 255)
PLACE, KIND = st.integers(0, 1 << 20), st.sampled_from(["set", "cut", "double", "end", "word"])
WORD = st.sampled_from(WORDS)


@st.composite
def mutated(draw: st.DrawFn, frames: st.SearchStrategy[bytes]) -> bytes:
    """A message with a few bytes changed, cut out, doubled, or its end missing."""
    raw = bytearray(draw(frames))
    for _ in range(draw(CHANGES)):
        if not raw:
            break
        at = draw(PLACE) % len(raw)
        match draw(KIND):
            case "set":
                raw[at] = draw(BYTE)
            case "cut":
                del raw[at : at + draw(RUN)]
            case "double":
                raw[at:at] = raw[at : at + draw(RUN)]
            case "end":
                del raw[at:]
            case _:
                raw[at:at] = draw(WORD)
    return bytes(raw)


ODD_NUMBERS = [
    "1e999999", "9" * 30, "-" + "9" * 30, "9" * 60, "NaN", "-0", "1" * 5_000, "\u0663", "1_0", " 1",
]  # fmt: skip
SCALARS = (
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8) | st.sampled_from(ODD_NUMBERS)
)  # fmt: skip


def twisted(row: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A row with some of its values replaced by others of any kind."""
    changes = st.dictionaries(st.sampled_from(sorted(row)), SCALARS, max_size=4)
    return changes.map(lambda change: row | change)
