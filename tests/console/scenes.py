"""Every screen and state the console can show, each as a snapshot and the keys that lead there."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from decimal import Decimal

from msgspec import structs
from textual.keys import _character_to_key

from okxmm_tui.core.opportunity_views import ScanView
from okxmm_tui.core.snapshot import ReplayView, Snapshot
from okxmm_tui.core.types import Mode
from tests.console import sample


@dataclass(frozen=True)
class Scene:
    """One picture of the matrix.

    Args:
        name: Of the scene.
        snapshot: What the engine shows; None where it shows nothing yet.
        keys: Pressed one after the other.
        cursor_ticks: Where the book's cursor is, relative to the mid; None for nowhere.
        is_engine_gone: Whether the engine ends without a word; nothing can follow such a scene.
        past: What the console has seen before, a second apart.
    """

    name: str
    snapshot: Callable[[], Snapshot] | None
    keys: tuple[str, ...] = ()
    cursor_ticks: int | None = None
    is_engine_gone: bool = False
    past: Callable[[], Iterator[Snapshot]] | None = None


def a_quarter_of_an_hour() -> Iterator[Snapshot]:
    """Equity and position that rose, fell below where they began, and ended as the sample has them."""
    base = sample.quoting()
    assert base.account_view.equity is not None
    for second in range(900):
        swing = math.sin(second / 140) - math.sin(900 / 140)
        equity = base.account_view.equity + Decimal(f"{swing * 40:.2f}")
        seen = sample.with_market(
            base, position_lots=1_250 + round(swing * 2_000), volatility_bps=0.83 + swing / 4
        )
        if 300 <= second < 420:
            seen = sample.with_market(seen, bids=())
        account = structs.replace(base.account_view, equity=equity)
        at_ns = base.at_ns - (900 - second) * sample.SECOND
        yield structs.replace(seen, account_view=account, at_ns=at_ns)


def venue_gone() -> Snapshot:
    """Both streams down: the book is old, the orders are not known any more."""
    base = sample.stale()
    health = structs.replace(base.health, public_up=False, private_up=False, stream_losses=2)
    return structs.replace(sample.with_market(base, book_state="resync"), health=health)


def scanned() -> Snapshot:
    """Two markets, and the widest of the venue as one strategy sees them."""
    base = sample.quoting()
    eth = structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP", base_ccy="ETH")
    narrow = tuple((name, "no two-sided book") for name, _ in base.markets[0].opportunities)
    other = structs.replace(
        sample.market(seed=2, mid=29_998), instrument=eth, strategy="spread_capture", opportunities=narrow
    )
    rows = tuple(
        ScanView(f"{name}-USDT-SWAP", bps, "" if bps > 10 else f"spread {bps / 100:.4f} % < 0.1 %")
        for name, bps in (("ZENT", 48.2), ("BABYDOGE", 31.5), ("MOVR", 12.0), ("ONT", 9.1), ("IOTA", 7.7))
    )
    return structs.replace(base, markets=(base.markets[0], other), scan=rows)


def replay() -> Snapshot:
    """A past session of real money, held, with a step that came out otherwise."""
    view = ReplayView(
        events=18_204,
        first_ns=sample.NOW_NS - 3_600 * sample.SECOND,
        speed=5.0,
        is_paused=True,
        is_at_end=False,
        differences=1,
        note="BookUpdate",
    )
    return structs.replace(sample.quoting(Mode.LIVE), replay=view)


def live_with_position() -> Snapshot:
    """Real money and a position: closing it asks for more than a key."""
    return structs.replace(sample.previewed(), mode=Mode.LIVE)


def typed(text: str) -> tuple[str, ...]:
    """Keys that type a text."""
    return tuple(map(_character_to_key, text))


STATES = (
    Scene("connecting", None),
    Scene("waiting", sample.waiting),
    Scene("welcome: the preflight asks", sample.asking),
    Scene("live phrase", sample.live_paused),
    Scene("live paused", sample.live_paused, ("escape",)),
    Scene("quoting", sample.quoting),
    Scene("one side held", sample.one_side_held),
    Scene("stale book", sample.stale),
    Scene("venue gone", venue_gone),
    Scene("alarms latched", sample.alarmed),
    Scene("killed", sample.killed),
    Scene("kill not proven", sample.kill_not_proven),
    Scene("armed", sample.armed),
    Scene("replay", replay),
    Scene("by hand", sample.previewed, cursor_ticks=-2),
    Scene("standing book and tape", sample.previewed, ("g", "g", "l", "v"), cursor_ticks=-2),
    Scene("one panel alone", sample.quoting, ("m",)),
)
"""States of the dashboard."""

PAGES = (
    Scene("markets", sample.quoting, ("2",)),
    Scene("markets and a scan", scanned, ("2", "down")),
    Scene("blotter", sample.quoting, ("3",)),
    Scene("analytics", sample.quoting, ("4",)),
    Scene("analytics after a quarter of an hour", sample.quoting, ("4",), past=a_quarter_of_an_hour),
    Scene("parameters", sample.quoting, ("5",)),
    Scene("parameter diff", sample.previewed, ("5", "right"), cursor_ticks=-2),
    Scene("journal", sample.alarmed, ("6",)),
    Scene("health", sample.quoting, ("7",)),
    Scene("limits", sample.quoting, ("8",)),
)

MODALS = (
    Scene("help", sample.quoting, ("f1",)),
    Scene("set a parameter", sample.quoting, ("e", *typed("x 9"), "enter")),
    Scene("filter", sample.quoting, ("3", "slash", "b")),
    Scene("palette", sample.quoting, ("ctrl+p",)),
    Scene("jump", sample.quoting, ("ctrl+o",)),
    Scene("preflight passed", sample.equal, ("0",)),
    Scene("why", sample.previewed, ("w",)),
    Scene("flatten", sample.previewed, ("F",)),
    Scene("preflight asks", sample.asking),
    Scene("preflight equal", sample.equal, ("0",)),
    Scene("flatten live", live_with_position, ("F", *typed("no"), "enter")),
)

SCENES = (*STATES, *PAGES, *MODALS, Scene("engine gone", sample.quoting, is_engine_gone=True))
"""In this order: nothing was shown before the first one, and nothing can follow the last."""
