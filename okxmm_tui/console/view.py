"""One frame's worth of everything a panel draws from; compared by identity, never by value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.desk import Desk
from okxmm_tui.console.history import History
from okxmm_tui.console.keymap import Keymap
from okxmm_tui.core.market_views import MarketView
from okxmm_tui.core.snapshot import Snapshot
from okxmm_tui.core.types import Levels, Mode

QUIET_AFTER_NS = 2_000_000_000
"""An engine that sends nothing for this long is shown as silent."""


class LinkState(StrEnum):
    """What is known of the engine's process."""

    CONNECTING = "connecting"
    UP = "up"
    QUIET = "quiet"
    GONE = "gone"


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What the panels draw."""

    snapshot: Snapshot | None
    market: MarketView | None
    link: LinkState
    now_ns: int
    age_ns: int
    """Since the newest snapshot reached the console."""
    pending: Mapping[str, Decimal] = field(default_factory=dict)
    refusals: Mapping[str, str] = field(default_factory=dict)
    message: tuple[str, str] | None = None
    """Text and colour role of the line for the operator."""
    kill_note: str = ""
    """What became of the kill key, while that is not yet seen in a snapshot."""
    is_kill_proven: bool = False
    """Whether that note says that a kill without the engine proved every order gone."""
    is_read_only: bool = False
    is_quitting: bool = False
    last_book: tuple[Levels, Levels] | None = None
    """Bids and asks of the market when it last had any: shown, dimmed, while there is no book."""
    desk: Desk = field(default_factory=Desk)
    history: History = field(default_factory=History)
    keymap: Keymap = field(default_factory=Keymap)
    """The keys in force, for whatever names one."""

    @property
    def is_dim(self) -> bool:
        """Whether nothing on screen is to be taken as the present."""
        return self.link in {LinkState.QUIET, LinkState.GONE}

    @property
    def armed_left_ns(self) -> int:
        """Time left of an arming, 0 if there is none."""
        if self.snapshot is None or self.snapshot.armed_until_ns is None:
            return 0
        return max(0, self.snapshot.armed_until_ns - self.now_ns)


def mode_role(mode: Mode) -> str:
    """Colour role of a mode."""
    return f"mode-{mode.value}"


def widest_price(market: MarketView) -> int:
    """Characters of a market's widest price: that of the highest there is to show."""
    levels = (price for price, _ in (*market.asks[-1:], *market.bids[:1]))
    own = (each.price_ticks for each in (*market.orders, *market.fills))
    return fmt.price_cells(market.instrument, (max((market.last_trade_ticks or 0, *levels, *own)),))


def has_orders(snapshot: Snapshot | None) -> bool:
    """Whether orders were working in the last picture of the engine."""
    return snapshot is not None and any(market.orders for market in snapshot.markets)
