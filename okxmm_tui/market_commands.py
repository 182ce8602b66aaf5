"""The commands about markets: serving the embedded exchange and recording a public feed."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from okxmm_tui.command_line import command_parser, settings_of
from okxmm_tui.errors import UsageError


def exchange(words: list[str]) -> int:
    """Serve the embedded exchange; the command ``okxmm-tui exchange``."""
    parser = command_parser(
        "okxmm-tui exchange",
        "Serve the embedded OKX-compatible exchange on a loopback port.",
        "prints one JSON line when ready; key, secret and passphrase are all: sim",
    )
    parser.add_argument("--port", type=int, default=0, metavar="N", help="port (default: a free one)")
    parser.add_argument(
        "--market",
        action="append",
        metavar="M",
        help="builtin (default), synthetic[:ID], a recording, or relay:REST,WS,ID; repeatable",
    )
    parser.add_argument("--speed", type=float, default=1.0, metavar="X", help="speed of the recording")
    parser.add_argument("--balance", type=Decimal, default=Decimal(100_000), metavar="USDT", help="cash")
    parser.add_argument("--maker-bps", type=Decimal, default=Decimal(2), metavar="BPS", help="maker fee")
    parser.add_argument("--taker-bps", type=Decimal, default=Decimal(5), metavar="BPS", help="taker fee")
    parser.add_argument("--coins", type=Decimal, default=Decimal(1), metavar="N", help="cash of each coin")
    parser.add_argument("--account-level", default="2", metavar="1-4", help="OKX acctLv (2, futures)")
    parser.add_argument("--position-mode", default="net_mode", metavar="M", help="net_mode, long_short_mode")
    parser.add_argument("--seed", type=int, default=1, metavar="N", help="seed of synthetic markets (1)")
    parser.add_argument("--latency-ms", type=int, default=0, metavar="MS", help="way of an order (0)")
    parser.add_argument("--idle-exit", type=float, default=None, metavar="SECONDS", help="exit when unused")
    given = parser.parse_args(words)
    if not 0 < given.speed <= 1_000:
        raise UsageError(f"--speed was {given.speed:g}.", "Give a number above 0 and up to 1000.")
    if not 0 <= given.latency_ms <= 10_000:
        raise UsageError(f"--latency-ms was {given.latency_ms}.", "Give a number from 0 to 10000.")
    from okxmm_tui.exchange.options import ExchangeOptions
    from okxmm_tui.exchange.process import run_exchange

    return run_exchange(
        ExchangeOptions(
            port=given.port,
            markets=tuple(getattr(given, "market", ("builtin",))),
            speed=given.speed,
            balance=given.balance,
            maker_fee_bps=given.maker_bps,
            taker_fee_bps=given.taker_bps,
            idle_exit_s=given.idle_exit,
            coin_balance=given.coins,
            account_level=given.account_level,
            position_mode=given.position_mode,
            seed=given.seed,
            latency_ms=given.latency_ms,
        )
    )


def record(words: list[str]) -> int:
    """Record a public feed; the command ``okxmm-tui record``."""
    parser = command_parser(
        "okxmm-tui record",
        "Record a venue's public feed: books, best quotes, trades, mark price, funding, instruments.",
        "play it with: okxmm-tui --market FILE --symbol ID",
    )
    parser.add_argument("--symbol", action="append", metavar="ID", help="instrument, repeatable")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="new file, .jsonl.zst")
    parser.add_argument("--venue", default="live", metavar="VENUE", help="live (default) or demo")
    parser.add_argument("--rest-url", metavar="URL", help="another REST address, e.g. a local exchange")
    parser.add_argument("--ws-url", metavar="URL", help="another WebSocket address, up to /ws/v5")
    parser.add_argument("--rotate-minutes", type=float, metavar="M", help="begin another file after (never)")
    parser.add_argument("--rotate-mb", type=float, metavar="MB", help="begin another file beyond (never)")
    parser.add_argument("--progress", type=float, default=10.0, metavar="SECONDS", help="progress every (10)")
    parser.add_argument("--duration", type=float, metavar="SECONDS", help="stop after this long")
    parser.add_argument("--config", type=Path, metavar="FILE", help="configuration file (okxmm.toml)")
    given = vars(parser.parse_args(words))
    for name in ("rotate_minutes", "rotate_mb", "progress", "duration"):
        if not given.get(name, 1.0) > 0:
            raise UsageError(f"--{name.replace('_', '-')} was {given[name]:g}.", "Give a number above 0.")
    if given["venue"] not in {"live", "demo"}:
        raise UsageError(f"--venue was {given['venue']!r}.", "Record from live or demo.")
    settings = settings_of({name: given[name] for name in ("symbol", "config") if name in given})
    from okxmm_tui.okx.endpoints import Endpoints
    from okxmm_tui.recorder import RecorderOptions, run_recorder

    return run_recorder(
        Endpoints.venue(
            settings.okx.region,
            is_demo=given["venue"] == "demo",
            rest=given.get("rest_url") or settings.okx.rest_url,
            ws=given.get("ws_url") or settings.okx.ws_url,
        ),
        RecorderOptions(
            symbols=tuple(dict.fromkeys(settings.symbol)),
            out=given["out"],
            rotate_s=given["rotate_minutes"] * 60 if "rotate_minutes" in given else None,
            rotate_bytes=int(given["rotate_mb"] * 1e6) if "rotate_mb" in given else None,
            progress_s=given["progress"],
            duration_s=given.get("duration"),
        ),
    )
