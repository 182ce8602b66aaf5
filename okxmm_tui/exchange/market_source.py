"""Turns the names given to ``--market`` into feeds."""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path

from okxmm_tui.errors import RecordingError, UsageError
from okxmm_tui.exchange.instruments import metadata_for, packaged_metadata, read_metadata
from okxmm_tui.exchange.market_events import LiveFeed, MarketFeed
from okxmm_tui.exchange.recording import RecordingSummary, scan
from okxmm_tui.exchange.replay import Replay
from okxmm_tui.exchange.synthetic import SyntheticFeed

BUILTIN = "builtin"
SYNTHETIC = "synthetic"
RELAY = "relay:"
_SYNTHETIC_INSTRUMENT = "BTC-USDT-SWAP"


def open_feeds(markets: tuple[str, ...], seed: int = 1) -> list[MarketFeed | LiveFeed]:
    """Open every market source, checked from end to end.

    Recordings that hold the same instruments are parts of one: they play in the order given.

    Args:
        markets: ``builtin``, ``synthetic``, ``synthetic:INSTRUMENT``, paths of recordings, or
            ``relay:REST_URL,WS_URL,INSTRUMENT...``.
        seed: Seed of the synthetic markets.

    Raises:
        RecordingError: A recording was unreadable or lacks metadata.
        UsageError: No source was named, two sources hold the same instrument, or one is unknown.
        VenueUnreachableError: The venue to relay did not answer.
    """
    if not markets:
        raise UsageError("No market was given.", "Use --market builtin, --market synthetic or a recording.")
    opened = _recordings([name for name in markets if _is_file(name)])
    opened += [(name, _open(name, seed)) for name in markets if not _is_file(name)]
    owners: dict[str, str] = {}
    for name, feed in opened:
        for one in feed.listings:
            if one.inst_id in owners:
                raise UsageError(
                    f"{one.inst_id} was in two markets: {owners[one.inst_id]} and {name}.",
                    "Give each instrument one source.",
                )
            owners[one.inst_id] = name
    return [feed for _, feed in opened]


def _is_file(name: str) -> bool:
    return name.partition(":")[0] not in {BUILTIN, SYNTHETIC, RELAY.rstrip(":")}


def _open(name: str, seed: int) -> MarketFeed | LiveFeed:
    if name.startswith(RELAY):
        # Sockets and HTTP take a moment to import; only a relay needs them.
        from okxmm_tui.exchange.relay import open_relay  # noqa: PLC0415

        return open_relay(name)
    kind, _, inst_id = name.partition(":")
    listings = read_metadata(packaged_metadata())
    if kind == BUILTIN:
        source = files("okxmm_tui.data") / "btc-usdt-swap.jsonl.zst"
        return Replay([source], scan(source), listings)
    listed = listings.get(inst_id or _SYNTHETIC_INSTRUMENT)
    if listed is None:
        raise UsageError(f"There is no synthetic market of {inst_id!r}.", f"Known: {', '.join(listings)}.")
    return SyntheticFeed(listed, seed)


def _recordings(names: list[str]) -> list[tuple[str, MarketFeed | LiveFeed]]:
    parts: dict[frozenset[str], list[tuple[Path, RecordingSummary]]] = {}
    for name in names:
        path = Path(name)
        if not path.is_file():
            raise RecordingError(
                f"Market {name!r} was no file.",
                "Use builtin, synthetic or the path of a .jsonl or .jsonl.zst.",
            )
        summary = scan(path)
        parts.setdefault(frozenset(summary.channels), []).append((path, summary))
    return [_replay(held) for held in parts.values()]


def _replay(parts: list[tuple[Path, RecordingSummary]]) -> tuple[str, Replay]:
    paths = [path for path, _ in parts]
    summary = parts[0][1] if len(parts) == 1 else scan(*paths)
    return str(paths[0]), Replay(paths, summary, read_metadata(metadata_for(paths[0])))
