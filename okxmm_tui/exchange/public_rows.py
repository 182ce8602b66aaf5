"""OKX JSON shapes of market data."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind, Side
from okxmm_tui.exchange.candles import Candle
from okxmm_tui.exchange.market import Market, PublishedTrade
from okxmm_tui.exchange.market_events import Level
from okxmm_tui.exchange.numbers import ZERO, rounded, text
from okxmm_tui.exchange.position_tiers import TIERS

Row = dict[str, Any]


def level_rows(ours: Instrument, levels: Iterable[Level]) -> list[list[str]]:
    """Write levels as OKX does: [price, size, "0", orders]."""
    return [
        [text(ours.price(price_ticks)), text(ours.size(size_lots)), "0", count if size_lots else "0"]
        for price_ticks, size_lots, count in levels
    ]


def rpi_level_rows(ours: Instrument, levels: Iterable[Level]) -> list[list[str]]:
    """Write levels of books-rpi: [price, total, without RPI orders, orders]; nobody sends RPI here."""
    return [[price, size, size, count] for price, size, _, count in level_rows(ours, levels)]


def full_depth_row(market: Market, depth: int, now_ms: int) -> Row:
    """Depth as market/books-full shows it: [price, size, orders]."""
    row = depth_row(market, depth, now_ms)
    return {
        "asks": [[price, size, count] for price, size, _, count in row["asks"]],
        "bids": [[price, size, count] for price, size, _, count in row["bids"]],
        "ts": row["ts"],
    }


def depth_row(market: Market, depth: int, now_ms: int, *, is_rpi: bool = False) -> Row:
    """Depth of both sides with its sequence number."""
    ours, display, book = market.instrument, market.display, market.shown
    write = rpi_level_rows if is_rpi else level_rows
    return {
        "asks": write(ours, display.top(book, Side.SELL, depth)),
        "bids": write(ours, display.top(book, Side.BUY, depth)),
        "ts": str(now_ms),
        "seqId": market.seq(),
    }


def shown_best(market: Market) -> tuple[Level | None, Level | None]:
    """Best bid and ask as shown."""
    book, display = market.shown, market.display
    return display.level(Side.BUY, book.best(Side.BUY)), display.level(Side.SELL, book.best(Side.SELL))


def bbo_row(market: Market, seq: int, now_ms: int) -> Row:
    """Best quote."""
    bid, ask = shown_best(market)
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
        "px": text(ours.price(market.display.on_grid(event.side.opposite, event.price_ticks))),
        "sz": text(ours.size(event.size_lots)),
        "side": event.side.value,
        "ts": str(trade.ts_ms),
        "source": event.source,
    }


def ticker_row(market: Market, now_ms: int) -> Row:
    """Ticker; the 24 h figures begin with the session."""
    ours, day = market.instrument, market.day
    bid, ask = shown_best(market)
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
    """Index ticker; the exchange has no index of its own and shows the fair price."""
    fair, ticker = text(market.fair_price()), ticker_row(market, now_ms)
    return {
        "instId": market.listing.index_id,
        "idxPx": fair,
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
    """Funding rate and when it is settled."""
    next_ms, interval_ms = market.next_funding_ms(now_ms), market.funding_interval_ms
    return {
        "instType": market.instrument.inst_type,
        "instId": market.instrument.inst_id,
        "method": "current_period",
        "formulaType": "noRate",
        "fundingRate": text(market.funding_rate),
        "fundingTime": str(next_ms),
        "nextFundingRate": "",
        "nextFundingTime": str(next_ms + interval_ms),
        "prevFundingTime": str(next_ms - interval_ms),
        "minFundingRate": "-0.00375",
        "maxFundingRate": "0.00375",
        "interestRate": "",
        "impactValue": "",
        "premium": "",
        "settState": "settled",
        "settFundingRate": text(market.funding_rate),
        "ts": str(now_ms),
    }


def candle_row(market: Market, candle: Candle, *, is_confirmed: bool) -> list[str]:
    """One candle: [ts, o, h, l, c, vol, volCcy, volCcyQuote, confirm].

    Volumes of derivatives are contracts, coin, and quote currency; of spot base, quote, and quote.
    """
    ours = market.instrument
    prices = (ours.tick_size * one for one in (candle.open, candle.high, candle.low, candle.close))
    contracts = ours.size(candle.volume_lots)
    if ours.kind is ContractKind.INVERSE:
        quote = contracts * ours.contract_value
        coin = rounded(candle.per_price * ours.lot_size * ours.contract_value / ours.tick_size)
    else:
        coin = contracts * ours.contract_value
        quote = candle.value * ours.tick_size * ours.lot_size * ours.contract_value
    middle = quote if ours.kind is ContractKind.SPOT else coin
    volumes = (contracts, middle, quote)
    shown = [text(one) for one in (*prices, *volumes)]
    return [str(candle.start_ms), *shown, "1" if is_confirmed else "0"]


def price_candle_row(candle: Candle, *, is_confirmed: bool) -> list[str]:
    """One candle of the mark price or the index: [ts, o, h, l, c, confirm]."""
    prices = [text(one) for one in (candle.open, candle.high, candle.low, candle.close)]
    return [str(candle.start_ms), *prices, "1" if is_confirmed else "0"]


def tier_rows(market: Market, td_mode: str, maintenance_rate: Decimal) -> list[Row]:
    """Position tiers of contracts, as liquidation uses them, in lots at the present mark price.

    Before there is a price only the first tier is known.
    """
    ours, largest = market.instrument, Decimal(market.listing.row["maxLmtSz"])
    # A contract is worth its face in USD when inverse, its face in coin at the mark when linear.
    lot_usd = ours.lot_size * ours.contract_value
    if ours.kind is not ContractKind.INVERSE:
        lot_usd *= market.mark_price()
    rows: list[Row] = []
    least = ZERO
    for tier in TIERS if lot_usd else TIERS[:1]:
        most = largest
        if lot_usd and tier.most_usd.is_finite():
            most = ours.size(int(tier.most_usd / lot_usd))
        lever = min(ours.max_leverage, tier.max_lever)
        rows.append(
            {
                "instType": ours.inst_type,
                "tdMode": td_mode,
                "uly": market.listing.row.get("uly", ""),
                "instFamily": market.listing.row.get("instFamily", ""),
                "instId": ours.inst_id,
                "tier": str(tier.number),
                "minSz": text(least),
                "maxSz": text(max(least, most)),
                "mmr": text(maintenance_rate * tier.rate_multiple),
                "imr": text(rounded(1 / lever)),
                "maxLever": text(lever),
                "optMgnFactor": "0",
                "quoteMaxLoan": "",
                "baseMaxLoan": "",
            }
        )
        least = most + ours.lot_size
    return rows
