"""Reads the best prices of all swaps and spot pairs and keeps the widest (OKX v5, "Get tickers").

Two requests a scan, far below the 20 in 2 s the venue allows; the engine asks once a minute at most.
"""

from __future__ import annotations

import msgspec
from msgspec import Struct

from okxmm_tui.core.messages import AnyEvent, GatewayNotice, MarketScan, ScanRow
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import OkxmmError
from okxmm_tui.okx.convert import optional_number
from okxmm_tui.okx.decoding import Scalar
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import checked

TICKERS_PATH = "/api/v5/market/tickers"
KINDS = ("SWAP", "SPOT")
KEPT = 50
"""Rows handed on; the narrowest of some eight hundred markets are of no use to anybody."""


class TickerRow(Struct, gc=False, rename="camel"):
    """``market/tickers``; prices are empty where a side is."""

    inst_id: str = ""
    bid_px: Scalar = ""
    ask_px: Scalar = ""
    vol24h: Scalar = ""


TICKERS = msgspec.json.Decoder(list[TickerRow])


async def scan(rest: Rest) -> AnyEvent:
    """Read both kinds; a read that failed is a notice and no scan."""
    try:
        found: list[ScanRow] = []
        for kind in KINDS:
            reply = checked(await rest.get(TICKERS_PATH, {"instType": kind}, is_signed=False))
            found += [each for row in reply.rows(TICKERS) if (each := _read(row)) is not None]
    except OkxmmError as error:
        return GatewayNotice(Severity.INFO, f"the markets could not be scanned: {error}")
    found.sort(key=lambda row: (-row.spread, row.inst_id))
    return MarketScan(tuple(found[:KEPT]))


def _read(row: TickerRow) -> ScanRow | None:
    """A market with two sides that has traded today; None for every other."""
    bid, ask, volume = optional_number(row.bid_px), optional_number(row.ask_px), optional_number(row.vol24h)
    if not bid or not ask or not volume or not 0 < bid < ask:
        return None
    return ScanRow(row.inst_id, bid, ask)
