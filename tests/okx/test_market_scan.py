"""The scan of all markets: which rows count, in which order, and what a failed read becomes."""

from __future__ import annotations

import json

from benchmarks.virtual_market import finished
from okxmm_tui.core.messages import GatewayNotice, MarketScan
from okxmm_tui.errors import VenueUnreachableError
from okxmm_tui.okx import market_scan
from okxmm_tui.okx.endpoints import Endpoints
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.transport import HttpReply


class Http:
    """Answers every request with the same rows, or not at all."""

    def __init__(self, *rows: dict[str, object], code: str = "0", is_away: bool = False) -> None:
        self.rows, self.code, self.is_away = rows, code, is_away
        self.asked: list[tuple[str, dict[str, str]]] = []

    async def send(self, method, path, headers, body=b""):
        """One answer."""
        self.asked.append((path, headers))
        if self.is_away:
            raise VenueUnreachableError("no answer.")
        content = {"code": self.code, "msg": "no", "data": self.rows if len(self.asked) == 1 else []}
        return HttpReply(200, json.dumps(content).encode())

    async def close(self):
        """Nothing."""


def scanned(http: Http):
    """What one scan over that transport gives."""
    rest = Rest(Endpoints.local("http://x", "ws://x"), None, http=http)  # pyright: ignore
    return finished(market_scan.scan(rest))


def ticker(inst_id: str, bid: str, ask: str, volume: str = "5") -> dict[str, object]:
    """A row as the venue writes it, with fields nobody reads."""
    return {"instId": inst_id, "bidPx": bid, "askPx": ask, "vol24h": volume, "sodUtc8": "1", "new": [1]}


def test_two_sided_markets_that_trade_come_widest_first():
    """One request a kind, unsigned; empty, crossed and dead markets are left out."""
    http = Http(
        ticker("A-USDT", "100", "100.1"),
        ticker("B-USDT", "100", "101"),
        ticker("ONE-SIDED", "", "5"),
        ticker("CROSSED", "5", "5"),
        ticker("DEAD", "1", "9", "0"),
    )
    event = scanned(http)
    assert isinstance(event, MarketScan)
    assert [row.inst_id for row in event.rows] == ["B-USDT", "A-USDT"]
    assert event.rows[0].spread == 0.01
    assert [path.partition("=")[2] for path, _ in http.asked] == ["SWAP", "SPOT"]
    assert all("OK-ACCESS-SIGN" not in headers for _, headers in http.asked)


def test_only_the_widest_fifty_are_handed_on():
    """Eight hundred rows a minute in the event log would serve nobody."""
    event = scanned(Http(*(ticker(f"I{n}", "100", f"{101 + n}") for n in range(80))))
    assert isinstance(event, MarketScan)
    assert len(event.rows) == 50
    assert event.rows[0].inst_id == "I79"


def test_a_failed_read_is_a_notice():
    """Refused, unreachable or unreadable: trading goes on without it."""
    for http in (
        Http(code="51001"),
        Http(is_away=True),
        Http(ticker("A", "x", "y")),
    ):
        event = scanned(http)
        assert isinstance(event, GatewayNotice)
        assert event.text.startswith("the markets could not be scanned: ")
