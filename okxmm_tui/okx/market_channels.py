"""What the market data connection subscribes (OKX v5, public channels)."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.okx.book_channels import BookChannel
from okxmm_tui.okx.market_rows import index_id
from okxmm_tui.okx.subscriptions import ChannelRequest

TOP_CHANNEL = "bbo-tbt"
FUNDING_CHANNEL = "funding-rate"
SLOW_CHANNELS = ("mark-price", FUNDING_CHANNEL, "price-limit")


class Wanted(Struct, frozen=True):
    """Which channels beside the book."""

    has_trades: bool = True
    """Whether prints come from here, and not from the business connection."""
    has_tickers: bool = False


def market_channels(
    instruments: Sequence[Instrument], book: BookChannel, wanted: Wanted
) -> list[ChannelRequest]:
    """List the arguments; without those of books, best prices and prints the stream is useless."""
    quick = [book.name] if book.name == TOP_CHANNEL else [book.name, TOP_CHANNEL]
    quick += ["trades"] if wanted.has_trades else []
    slow = [*SLOW_CHANNELS, *(["tickers"] if wanted.has_tickers else [])]
    requests: list[ChannelRequest] = []
    for each in instruments:
        # Dated futures are asked for: some are perpetual in all but name, and pay funding. Spot never does.
        served = [name for name in slow if name != FUNDING_CHANNEL or not each.is_spot]
        named = {"instId": each.inst_id}
        requests += [ChannelRequest({"channel": name, **named}) for name in quick]
        requests += [ChannelRequest({"channel": name, **named}, is_required=False) for name in served]
    shared: list[dict[str, str]] = [
        *({"channel": "index-tickers", "instId": each} for each in dict.fromkeys(map(index_id, instruments))),
        *(
            {"channel": "instruments", "instType": each}
            for each in dict.fromkeys(i.inst_type for i in instruments)
        ),
        {"channel": "status"},
    ]
    return requests + [ChannelRequest(arg, is_required=False) for arg in shared]
