"""OKX JSON shapes of market data."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind, Side
from okxmm_tui.exchange.market import FUNDING_INTERVAL_MS, Market, PublishedTrade
from okxmm_tui.exchange.market_events import Level
from okxmm_tui.exchange.numbers import text

Row = dict[str, Any]


def level_rows(ours: Instrument, levels: Iterable[Level]) -> list[list[str]]:
    """Write levels as OKX does: [price, size, "0", orders]."""
    return [
        [text(ours.price(price_ticks)), text(ours.size(size_lots)), "0", count if size_lots else "0"]
        for price_ticks, size_lots, count in levels
    ]


def depth_row(market: Market, depth: int, now_ms: int) -> Row:
    """Depth of both sides with its sequence number."""
    ours = market.instrument
    return {
        "asks": level_rows(ours, market.book.asks.top(depth)),
        "bids": level_rows(ours, market.book.bids.top(depth)),
        "ts": str(now_ms),
        "seqId": market.seq(),
    }


def bbo_row(market: Market, seq: int, now_ms: int) -> Row:
    """Best quote."""
    bid, ask = market.book.best(Side.BUY), market.book.best(Side.SELL)
    return {
        "asks": level_rows(market.instrument, (ask,) if ask else ()),
        "bids": level_rows(market.instrument, (bid,) if bid else ()),
        "ts": str(now_ms),
        "seqId": seq,
    }


def trade_row(market: Market, trade: PublishedTrade) -> Row:
    """One public trade, as REST and trades-all show it."""
    event, ours = trade.event, market.instrument
    return {
        "instId": ours.inst_id,
        "tradeId": str(event.trade_id),
        "px": text(ours.price(event.price_ticks)),
        "sz": text(ours.size(event.size_lots)),
        "side": event.side.value,
        "ts": str(trade.ts_ms),
        "source": event.source,
    }


def ticker_row(market: Market, now_ms: int) -> Row:
    """Ticker; the 24 h figures begin with the session."""
    ours, day = market.instrument, market.day
    bid, ask = market.book.best(Side.BUY), market.book.best(Side.SELL)
    last = market.last_ticks()
    volume = ours.size(day.volume_lots)
    return {
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "last": text(ours.price(last)),
        "lastSz": text(ours.size(market.trades[-1].event.size_lots)) if market.trades else "",
        "askPx": text(ours.price(ask[0])) if ask else "",
        "askSz": text(ours.size(ask[1])) if ask else "",
        "bidPx": text(ours.price(bid[0])) if bid else "",
        "bidSz": text(ours.size(bid[1])) if bid else "",
        "open24h": text(ours.price(day.open_ticks or last)),
        "high24h": text(ours.price(day.high_ticks or last)),
        "low24h": text(ours.price(day.low_ticks or last)),
        "sodUtc0": text(ours.price(day.open_ticks or last)),
        "sodUtc8": text(ours.price(day.open_ticks or last)),
        "vol24h": text(volume),
        "volCcy24h": text(_currency_volume(market)),
        "ts": str(now_ms),
    }


def _currency_volume(market: Market) -> Decimal:
    ours, day = market.instrument, market.day
    if ours.kind is ContractKind.SPOT:
        return day.volume_value_ticks * ours.lot_size * ours.tick_size
    if ours.kind is ContractKind.LINEAR:
        return ours.size(day.volume_lots) * ours.contract_value
    mark = market.mark_price()
    return (
        (ours.size(day.volume_lots) * ours.contract_value / mark).quantize(ours.lot_size)
        if mark
        else Decimal(0)
    )


def mark_row(market: Market, now_ms: int) -> Row:
    """Mark price."""
    ours = market.instrument
    return {
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "markPx": text(market.mark_price()),
        "ts": str(now_ms),
    }


def index_row(market: Market, now_ms: int) -> Row:
    """Index ticker; the exchange has no index of its own and shows the mark price."""
    mark, ticker = text(market.mark_price()), ticker_row(market, now_ms)
    return {
        "instId": market.listing.index_id,
        "idxPx": mark,
        "high24h": ticker["high24h"],
        "low24h": ticker["low24h"],
        "open24h": ticker["open24h"],
        "sodUtc0": ticker["sodUtc0"],
        "sodUtc8": ticker["sodUtc8"],
        "ts": str(now_ms),
    }


def limit_row(market: Market, band: Decimal, now_ms: int) -> Row:
    """Price limits."""
    ours = market.instrument
    highest, lowest = market.price_limits(band)
    return {
        "instType": ours.inst_type,
        "instId": ours.inst_id,
        "buyLmt": text(ours.price(highest)),
        "sellLmt": text(ours.price(lowest)),
        "ts": str(now_ms),
        "enabled": True,
    }


def funding_row(market: Market, now_ms: int) -> Row:
    """Funding rate; settled every eight hours UTC."""
    next_ms = next_funding_ms(now_ms)
    return {
        "instType": market.instrument.inst_type,
        "instId": market.instrument.inst_id,
        "method": "current_period",
        "formulaType": "noRate",
        "fundingRate": text(market.funding_rate),
        "fundingTime": str(next_ms),
        "nextFundingRate": "",
        "nextFundingTime": str(next_ms + FUNDING_INTERVAL_MS),
        "prevFundingTime": str(next_ms - FUNDING_INTERVAL_MS),
        "minFundingRate": "-0.00375",
        "maxFundingRate": "0.00375",
        "interestRate": "",
        "impactValue": "",
        "premium": "",
        "settState": "settled",
        "settFundingRate": text(market.funding_rate),
        "ts": str(now_ms),
    }


def next_funding_ms(now_ms: int) -> int:
    """Next funding time after now, Unix ms."""
    return (now_ms // FUNDING_INTERVAL_MS + 1) * FUNDING_INTERVAL_MS
