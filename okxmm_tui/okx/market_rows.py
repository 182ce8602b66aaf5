"""From rows of the market channels to core events.

Pure functions. None means that a row says nothing; a row that cannot be read raises ``WireError``.
"""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import (
    Candle,
    FundingRate,
    MarkPrice,
    PriceLimits,
    PublicTrade,
    Ticker,
    VenueStatus,
)
from okxmm_tui.okx.book_feed import BookFeed
from okxmm_tui.okx.convert import bounded, number, optional_number, side_of, whole
from okxmm_tui.okx.decoding import Scalar, text_of
from okxmm_tui.okx.market_messages import CandleRow, FundingRow, LimitRow, StatusRow, TickerRow
from okxmm_tui.okx.messages import MarkPriceRow, TradeData


def index_id(instrument: Instrument) -> str:
    """Name of the index an instrument follows."""
    return f"{instrument.base_ccy}-{instrument.quote_ccy}"


def trade_of(row: TradeData, feed: BookFeed) -> PublicTrade:
    """Read one print."""
    return PublicTrade(
        row.inst_id,
        feed.prices[row.px],
        feed.sizes[row.sz],
        side_of(row.side),
        text_of(row.trade_id),
        whole(row.ts),
    )


def mark_price_of(row: MarkPriceRow) -> MarkPrice | None:
    """Read a mark price."""
    return MarkPrice(row.inst_id, number(row.mark_px), whole(row.ts)) if text_of(row.mark_px) else None


def funding_rate_of(row: FundingRow) -> FundingRate | None:
    """Read a funding rate."""
    if not text_of(row.funding_rate):
        return None
    return FundingRate(
        row.inst_id,
        number(row.funding_rate),
        whole(row.funding_time),
        whole(row.next_funding_time),
        whole(row.ts),
    )


def price_limits_of(row: LimitRow, instrument: Instrument) -> PriceLimits:
    """Read the price band, narrowed to whole ticks."""
    is_enabled = text_of(row.enabled) != "false"
    highest = _ticks(row.buy_lmt, instrument, ROUND_FLOOR) if is_enabled else None
    lowest = _ticks(row.sell_lmt, instrument, ROUND_CEILING) if is_enabled else None
    return PriceLimits(row.inst_id, highest, lowest, whole(row.ts))


def status_of(row: StatusRow, environment: str) -> VenueStatus | None:
    """Read a maintenance announcement; None when it is for the other environment."""
    if text_of(row.env) not in {"", environment}:
        return None
    return VenueStatus(text_of(row.title), text_of(row.state), whole(row.begin), whole(row.end))


def ticker_of(row: TickerRow) -> Ticker:
    """Read a ticker."""
    return Ticker(
        row.inst_id,
        number(row.last),
        number(row.open_24h),
        number(row.high_24h),
        number(row.low_24h),
        number(row.volume_24h),
        whole(row.ts),
    )


def candle_of(row: CandleRow, inst_id: str, bar: str) -> Candle:
    """Read one bar."""
    return Candle(
        inst_id,
        bar,
        whole(row.ts),
        number(row.open),
        number(row.high),
        number(row.low),
        number(row.close),
        number(row.volume),
        text_of(row.confirm) == "1",
    )


def _ticks(value: Scalar, instrument: Instrument, rounding: str) -> int | None:
    price: Decimal | None = optional_number(value)
    if not price:
        return None
    return bounded(int((price / instrument.tick_size).to_integral_value(rounding)))
