"""The business connection: single prints and candles; opened only when somebody wants one of them.

Sans-IO (OKX v5, "Candlesticks channel" and "All trades channel").
"""

from __future__ import annotations

from collections.abc import Sequence

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AnyEvent, PublicTrade
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.market_messages import CANDLES
from okxmm_tui.okx.market_rows import candle_of, trade_of
from okxmm_tui.okx.messages import TRADES, Envelope, TradeData
from okxmm_tui.okx.session import Session
from okxmm_tui.okx.subscriptions import ChannelRequest

CANDLE_PREFIX = "candle"


class BusinessSession(Session):
    """Prints and bars of a set of instruments.

    Args:
        instruments: What to subscribe.
        has_trades: Whether to take every single print (``trades-all``).
        candle_bars: Bars to take, as the venue names them: ``1m``, ``4H``, ``1Dutc``.
    """

    def __init__(
        self, instruments: Sequence[Instrument], *, has_trades: bool, candle_bars: Sequence[str] = ()
    ) -> None:
        super().__init__("business", None)
        self._feeds = {each.inst_id: BookFeed(each) for each in instruments}
        self._has_trades = has_trades
        self._candle_bars = tuple(candle_bars)

    def successor(self) -> BusinessSession:
        """Make a session for a second connection."""
        instruments = [feed.instrument for feed in self._feeds.values()]
        return BusinessSession(instruments, has_trades=self._has_trades, candle_bars=self._candle_bars)

    def _channels(self) -> Sequence[ChannelRequest]:
        names = ["trades-all"] if self._has_trades else []
        names += [f"{CANDLE_PREFIX}{bar}" for bar in self._candle_bars]
        return [
            ChannelRequest({"channel": name, "instId": inst_id}, is_required=False)
            for inst_id in self._feeds
            for name in names
        ]

    def _on_push(self, envelope: Envelope, raw: bytes, now_ns: int) -> list[AnyEvent]:
        del raw
        channel = envelope.arg.channel if envelope.arg else ""
        inst_id = envelope.arg.inst_id if envelope.arg else ""
        if channel == "trades-all":
            return self._rows(TRADES, envelope.data, self._trade, now_ns)
        if channel.startswith(CANDLE_PREFIX) and inst_id in self._feeds:
            bar = channel.removeprefix(CANDLE_PREFIX)
            return self._rows(CANDLES, envelope.data, lambda row: candle_of(row, inst_id, bar), now_ns)
        return []

    def _trade(self, row: TradeData) -> PublicTrade | None:
        feed = self._feeds.get(row.inst_id)
        return trade_of(row, feed) if feed is not None else None
