"""Exchanges that trade more than one swap: a quiet spot pair, an inverse swap and a dated future."""

from __future__ import annotations

import json
from pathlib import Path

SPOT, INVERSE, DATED = "BTC-USDT", "BTC-USD-SWAP", "BTC-USDT-270625"
LEVEL_SIZES = {SPOT: "2", INVERSE: "500", DATED: "200"}
BID, ASK = 65_000, 65_001
"""Best prices of every market here; they never move."""
DEPTH = 20


def write_market(folder: Path) -> str:
    """Write a recording whose books stand still, and return its path.

    Args:
        folder: An empty folder.
    """
    books = [_book(inst, size) for inst, size in LEVEL_SIZES.items()]
    trades = [_trade(inst, "1") for inst in LEVEL_SIZES]
    # All at one moment: who sees a first trade, sees every book.
    lines = [{"t": 10**9, "ws": "public", "m": message} for message in books + trades]
    # The loop is an hour long, so that no test meets its seam.
    lines.append({"t": 3600 * 10**9, "ws": "public", "m": _trade(SPOT, "2")})
    path = folder / "kinds.jsonl"
    path.write_text("\n".join(json.dumps(line) for line in lines))
    return str(path)


def _book(inst, size):
    row = {
        "bids": [[str(BID - n), size, "0", "1"] for n in range(DEPTH)],
        "asks": [[str(ASK + n), size, "0", "1"] for n in range(DEPTH)],
        "ts": "1",
        "seqId": 100,
        "prevSeqId": -1,
    }
    return {"arg": {"channel": "books", "instId": inst}, "action": "snapshot", "data": [row]}


def _trade(inst, number):
    row = {"instId": inst, "tradeId": number, "px": str(ASK), "sz": "1", "side": "buy", "ts": number}
    return {"arg": {"channel": "trades", "instId": inst}, "data": [row]}
