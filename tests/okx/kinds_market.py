"""A small recording of a market for every kind of instrument: a steady price under flickering sizes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

LEVEL_SIZES = {
    "BTC-USDT": 2,
    "BTC-USDT-SWAP": 200,
    "BTC-USD-SWAP": 500,
    "BTC-USDT-270625": 200,
    "BTC-USD-270625": 500,
}
"""Size of a level by instrument: bitcoins, or contracts."""
BID, ASK = 65_000, 65_001
DEPTH = 20
STEP_NS = 50_000_000
STEPS = 2400
"""Two minutes, so that no test meets the seam of the loop."""


def write_market(folder: Path) -> str:
    """Write the recording and return its path.

    Args:
        folder: An empty folder.
    """
    lines: list[str] = []
    for step in range(STEPS):
        for inst_id, size in LEVEL_SIZES.items():
            message = _snapshot(inst_id, size) if step == 0 else _flicker(inst_id, size, step)
            lines.append(json.dumps({"t": 10**9 + step * STEP_NS, "ws": "public", "m": message}))
    path = folder / "kinds.jsonl"
    path.write_text("\n".join(lines))
    return str(path)


def _snapshot(inst_id: str, size: int) -> dict[str, Any]:
    bids = [_level(BID - depth, size) for depth in range(DEPTH)]
    asks = [_level(ASK + depth, size) for depth in range(DEPTH)]
    return _books(inst_id, "snapshot", 0, bids, asks)


def _flicker(inst_id: str, size: int, step: int) -> dict[str, Any]:
    shown = size + step % 2
    return _books(inst_id, "update", step, [_level(BID, shown)], [_level(ASK, shown)])


def _level(price: int, size: int) -> list[str]:
    return [str(price), str(size), "0", "1"]


def _books(
    inst_id: str, action: str, step: int, bids: list[list[str]], asks: list[list[str]]
) -> dict[str, Any]:
    chain = {"seqId": 100 + step, "prevSeqId": 99 + step if step else -1}
    row = {"bids": bids, "asks": asks, "ts": str(1 + step * STEP_NS // 1_000_000), **chain}
    return {"arg": {"channel": "books", "instId": inst_id}, "action": action, "data": [row]}
