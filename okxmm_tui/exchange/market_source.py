"""Turns the names given to ``--market`` into feeds."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from okxmm_tui.errors import RecordingError, UsageError
from okxmm_tui.exchange.instruments import metadata_for, packaged_metadata, read_metadata
from okxmm_tui.exchange.market_events import MarketFeed
from okxmm_tui.exchange.recording import scan
from okxmm_tui.exchange.replay import Replay
from okxmm_tui.exchange.synthetic import SyntheticFeed

BUILTIN = "builtin"
SYNTHETIC = "synthetic"
_SYNTHETIC_INSTRUMENT = "BTC-USDT-SWAP"


def open_feeds(markets: tuple[str, ...], seed: int = 1) -> list[MarketFeed]:
    """Open every market source, checked from end to end.

    Args:
        markets: ``builtin``, ``synthetic`` or paths of recordings.
        seed: Seed of the synthetic market.

    Raises:
        RecordingError: A recording was unreadable or lacks metadata.
        UsageError: No source was named, or two sources hold the same instrument.
    """
    if not markets:
        raise UsageError("No market was given.", "Use --market builtin, --market synthetic or a recording.")
    feeds = [_open(name, seed) for name in markets]
    owners: dict[str, str] = {}
    for name, feed in zip(markets, feeds, strict=True):
        for one in feed.listings:
            if one.inst_id in owners:
                raise UsageError(
                    f"{one.inst_id} was in two markets: {owners[one.inst_id]} and {name}.",
                    "Give each instrument one source.",
                )
            owners[one.inst_id] = name
    return feeds


def _open(name: str, seed: int) -> MarketFeed:
    if name == SYNTHETIC:
        return SyntheticFeed(read_metadata(packaged_metadata())[_SYNTHETIC_INSTRUMENT], seed)
    if name == BUILTIN:
        source = files("okxmm_tui.data") / "btc-usdt-swap.jsonl.zst"
        return Replay(source, scan(source), read_metadata(packaged_metadata()))
    path = Path(name)
    if not path.is_file():
        raise RecordingError(
            f"Market {name!r} was no file.", "Use builtin, synthetic or the path of a .jsonl or .jsonl.zst."
        )
    return Replay(path, scan(path), read_metadata(metadata_for(path)))
