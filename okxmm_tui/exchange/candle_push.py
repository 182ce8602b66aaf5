"""Candle channels: candle, mark-price-candle and index-candle of every bar, at most one push per second."""

from __future__ import annotations

from itertools import islice

from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.public_rows import candle_row, price_candle_row
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Connection


class CandlePushes:
    """Publishes candles that somebody listens to."""

    def __init__(self, state: VenueState) -> None:
        self._state = state
        self._shown: dict[tuple[str, str], list[str]] = {}

    def every_second(self, market: Market) -> None:
        """Push what changed; a candle that is over comes once more with confirm 1."""
        registry = self._state.registry
        inst_id, index_id = market.instrument.inst_id, market.listing.index_id
        for channel in registry.channels_of(inst_id):
            if "candle" in channel and not channel.startswith("index"):
                self._publish(channel, inst_id, market)
        if self._state.index_market(index_id) is market:
            for channel in registry.channels_of(index_id):
                if channel.startswith("index-candle"):
                    self._publish(channel, index_id, market)

    def _publish(self, channel: str, inst_id: str, market: Market) -> None:
        key = (channel, inst_id)
        newest = self._rows(channel, market, 2)
        if not newest:
            return
        shown = self._shown.get(key)
        self._shown[key] = newest[0]
        if shown is not None and shown[0] != newest[0][0]:
            # The bar has turned over since the last push: whoever listens gets the old one's end first.
            for row in reversed(newest[1:]):
                self._push(key, row)
        if shown != newest[0]:
            self._push(key, newest[0])

    def _push(self, key: tuple[str, str], row: list[str]) -> None:
        arg = {"channel": key[0], "instId": key[1]}
        self._state.registry.push(key, {"arg": arg, "data": [row]}, self._state.now_ns)

    def _rows(self, channel: str, market: Market, count: int) -> list[list[str]]:
        """Newest rows of a channel, newest first."""
        prefix, _, bar = channel.rpartition("candle")
        series = market.mark_candles if prefix else market.candles
        found = list(islice(series.newest_first(bar, self._state.now_ms), count))
        if prefix:
            return [price_candle_row(one, is_confirmed=place > 0) for place, one in enumerate(found)]
        return [candle_row(market, one, is_confirmed=place > 0) for place, one in enumerate(found)]

    def snapshot(self, connection: Connection, channel: str, market: Market) -> None:
        """Send the present candle to a new subscriber; nothing before the first price."""
        arg_id = market.listing.index_id if channel.startswith("index") else market.instrument.inst_id
        rows = self._rows(channel, market, 1)
        if rows:
            self._shown.setdefault((channel, arg_id), rows[0])
            message = {"arg": {"channel": channel, "instId": arg_id}, "data": rows}
            self._state.registry.reply(connection, message, self._state.now_ns)
