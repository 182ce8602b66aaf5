"""Wire rows of the slower market channels (OKX v5, "Public data" and "Market data" channels)."""

from __future__ import annotations

import msgspec
from msgspec import Struct

from okxmm_tui.okx.decoding import Scalar


class IndexRow(Struct, gc=False, rename="camel"):
    """Index tickers channel; ``inst_id`` is the index, such as BTC-USDT."""

    inst_id: str
    idx_px: Scalar = ""
    ts: Scalar = ""


class FundingRow(Struct, gc=False, rename="camel"):
    """Funding rate channel."""

    inst_id: str
    funding_rate: Scalar = ""
    funding_time: Scalar = ""
    next_funding_time: Scalar = ""
    ts: Scalar = ""


class LimitRow(Struct, gc=False, rename="camel"):
    """Price limit channel and ``public/price-limit``."""

    inst_id: str
    buy_lmt: Scalar = ""
    sell_lmt: Scalar = ""
    enabled: Scalar = True
    ts: Scalar = ""


class StatusRow(Struct, gc=False, rename="camel"):
    """Status channel and ``system/status``."""

    title: Scalar = ""
    state: Scalar = ""
    begin: Scalar = ""
    end: Scalar = ""
    env: Scalar = ""
    """"1" production, "2" demo."""


class TickerRow(Struct, gc=False):
    """Tickers channel."""

    inst_id: str = msgspec.field(name="instId")
    last: Scalar = ""
    open_24h: Scalar = msgspec.field(name="open24h", default="")
    high_24h: Scalar = msgspec.field(name="high24h", default="")
    low_24h: Scalar = msgspec.field(name="low24h", default="")
    volume_24h: Scalar = msgspec.field(name="vol24h", default="")
    ts: Scalar = ""


class CandleRow(Struct, gc=False, array_like=True):
    """Candle channels: an array per bar."""

    ts: Scalar
    open: Scalar
    high: Scalar
    low: Scalar
    close: Scalar
    volume: Scalar
    volume_ccy: Scalar = ""
    volume_quote: Scalar = ""
    confirm: Scalar = "0"


INDEX_TICKERS = msgspec.json.Decoder(list[IndexRow])
FUNDING_RATES = msgspec.json.Decoder(list[FundingRow])
PRICE_LIMITS = msgspec.json.Decoder(list[LimitRow])
STATUSES = msgspec.json.Decoder(list[StatusRow])
TICKERS = msgspec.json.Decoder(list[TickerRow])
CANDLES = msgspec.json.Decoder(list[CandleRow])
