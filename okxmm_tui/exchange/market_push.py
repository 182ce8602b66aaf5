"""Takes market events into the venue: books and queues first, then every public channel."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.types import ContractKind
from okxmm_tui.exchange.candle_push import CandlePushes
from okxmm_tui.exchange.depth_push import DepthPushes
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market import Market, PublishedTrade
from okxmm_tui.exchange.market_events import (
    BboEvent,
    BookEvent,
    FundingEvent,
    GapEvent,
    InstrumentEvent,
    MarketEvent,
    MarkEvent,
    TradeEvent,
)
from okxmm_tui.exchange.numbers import ZERO, rounded
from okxmm_tui.exchange.order_desk import OrderDesk
from okxmm_tui.exchange.public_rows import (
    Row,
    funding_row,
    index_row,
    limit_row,
    mark_row,
    ticker_row,
    trade_row,
)
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import Connection

TICK_NS = 100_000_000
MARK_QUIET_NS = 10_000_000_000
FUNDING_EVERY_NS = 60_000_000_000


class MarketPushes:
    """Applies market events and publishes what they changed."""

    def __init__(self, state: VenueState, desk: OrderDesk) -> None:
        self._state = state
        self._desk = desk
        self.depth = DepthPushes(state)
        self._candles = CandlePushes(state)
        self._ticks = 0
        self._shown: dict[tuple[str, str], tuple[Row, int]] = {}
        state.timers.at(state.now_ns + TICK_NS, self._tick)

    def apply(self, event: MarketEvent) -> None:
        """Apply one event: the public sees it first, then the owners of the orders it filled."""
        market = self._state.markets[event.inst_id]
        match event:
            case BookEvent():
                self._book(market, event)
            case BboEvent():
                self._bbo(market, event)
            case TradeEvent():
                self._trade(market, event)
            case FundingEvent():
                market.funding_rate = event.rate
                market.funding_interval_ms = event.interval_ms or market.funding_interval_ms
            case MarkEvent():
                market.quoted_mark = event.price
            case GapEvent():
                market.lose_book()
                self.depth.forget(event.inst_id)
            case InstrumentEvent():
                self._relist(market, event.listed)

    def _relist(self, market: Market, listed: Listing) -> None:
        state = self._state
        market.relist(listed)
        state.listings[listed.inst_id] = state.by_code[listed.code] = listed
        for inst_type in (listed.instrument.inst_type, "ANY"):
            message = {"arg": {"channel": "instruments", "instType": inst_type}, "data": [listed.row]}
            state.registry.push(("instruments", inst_type), message, state.now_ns)

    def _book(self, market: Market, event: BookEvent) -> None:
        if event.is_snapshot and market.book.seq >= 0:
            # A further snapshot, e.g. at the seam of two loops, reaches subscribers as one increment.
            event = market.book.difference(event)
        market.book.apply_book(event)
        market.source_ms = event.source_ms
        # Matched before it is published: what it takes from own orders is part of the same change.
        fills = market.own.on_depth(market.book, event.source_ms, from_bbo=False)
        self.depth.on_book(market, event)
        self._desk.maker_fills(fills)

    def _bbo(self, market: Market, event: BboEvent) -> None:
        if not market.book.apply_bbo(event):
            return
        market.source_ms = event.source_ms
        fills = market.own.on_depth(market.book, event.source_ms, from_bbo=True)
        self.depth.on_bbo(market, event)
        self._desk.maker_fills(fills)

    def _trade(self, market: Market, event: TradeEvent) -> None:
        state = self._state
        trade = PublishedTrade(event, state.now_ms)
        market.trades.append(trade)
        market.day.take(event.price_ticks, event.size_lots)
        _take_candle(market, event, state.now_ms)
        for channel in ("trades", "trades-all"):
            key = (channel, event.inst_id)
            if state.registry.has_listeners(key):
                row = trade_row(market, trade)
                if channel == "trades":
                    row |= {"count": event.count, "seqId": market.seq()}
                arg = {"channel": channel, "instId": event.inst_id}
                state.registry.push(key, {"arg": arg, "data": [row]}, state.now_ns)
        self._desk.maker_fills(market.own.on_trade(event))

    def _tick(self) -> None:
        state = self._state
        state.timers.at(state.now_ns + TICK_NS, self._tick)
        self._ticks += 1
        for market in state.markets.values():
            if market.book.seq < 0:
                continue
            self.depth.every_100_ms(market)
            self._publish("tickers", market, quiet_ns=0)
            if state.index_market(market.listing.index_id) is market:
                self._publish("index-tickers", market, quiet_ns=MARK_QUIET_NS * 6)
            if self._ticks % 2 == 0:
                market.mark_candles.add(state.now_ms, market.mark_price())
                self._publish("mark-price", market, quiet_ns=MARK_QUIET_NS)
                self._publish("price-limit", market, quiet_ns=0)
            self._publish("funding-rate", market, quiet_ns=FUNDING_EVERY_NS)
            if self._ticks % 10 == 0:
                self._candles.every_second(market)

    def row(self, channel: str, market: Market) -> Row:
        """Build the row a channel would push now."""
        now_ms = self._state.now_ms
        match channel:
            case "tickers":
                return ticker_row(market, now_ms)
            case "index-tickers":
                return index_row(market, now_ms)
            case "mark-price":
                return mark_row(market, now_ms)
            case "price-limit":
                return limit_row(market, self._state.settings.price_band, now_ms)
            case _:
                return funding_row(market, now_ms)

    def _publish(self, channel: str, market: Market, quiet_ns: int) -> None:
        state = self._state
        inst_id = market.listing.index_id if channel == "index-tickers" else market.instrument.inst_id
        key = (channel, inst_id)
        if not state.registry.has_listeners(key):
            self._shown.pop(key, None)
            return
        row = self.row(channel, market)
        content = _content(row)
        shown, pushed_ns = self._shown.get(key, (None, 0))
        if content == shown and not (quiet_ns and state.now_ns - pushed_ns >= quiet_ns):
            return
        self._shown[key] = (content, state.now_ns)
        state.registry.push(key, {"arg": _arg(channel, inst_id), "data": [row]}, state.now_ns)

    def candles(self, connection: Connection, channel: str, market: Market) -> None:
        """Send the present candle right after a subscription."""
        self._candles.snapshot(connection, channel, market)

    def snapshot(self, connection: Connection, channel: str, market: Market) -> None:
        """Send the first state of a channel right after its subscription."""
        state = self._state
        if market.book.seq < 0:
            return
        inst_id = market.listing.index_id if channel == "index-tickers" else market.instrument.inst_id
        row = self.row(channel, market)
        # The first subscriber has now seen this; for later ones the last push to all still counts.
        self._shown.setdefault((channel, inst_id), (_content(row), state.now_ns))
        state.registry.reply(connection, {"arg": _arg(channel, inst_id), "data": [row]}, state.now_ns)


def _content(row: Row) -> Row:
    return {name: value for name, value in row.items() if name != "ts"}


def _arg(channel: str, inst_id: str) -> Row:
    return {"channel": channel, "instId": inst_id}


def _take_candle(market: Market, event: TradeEvent, now_ms: int) -> None:
    ours = market.instrument
    price_ticks, lots = Decimal(event.price_ticks), event.size_lots
    per_price = rounded(lots / price_ticks) if ours.kind is ContractKind.INVERSE else ZERO
    market.candles.add(now_ms, price_ticks, lots, price_ticks * lots, per_price)
