"""Limits and policies of a session that risk, watchdog and safety act on; frozen at start."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct


class ConsoleLostPolicy(StrEnum):
    """What the engine does when the last console has been gone for the grace time."""

    PAUSE = "pause"
    KILL = "kill"
    KEEP = "keep"


class Limits(Struct, frozen=True):
    """All of them, with units in the names."""

    max_order_notional_quote: Decimal = Decimal(5_000)
    """One order may not be worth more."""
    max_position_notional_quote: Decimal = Decimal(50_000)
    """Worst-case position (all same-side orders filled) may not be worth more."""
    price_collar_bps: Decimal = Decimal(100)
    """An order may not be further than this from the mid."""
    book_stale_ms: int = 3_000
    """Quotes are pulled when the book is older."""
    feed_age_limit_ms: int = 200
    """Quotes are pulled while market data takes longer than this from the socket to the engine."""
    loop_lag_limit_ms: int = 1_000
    """The dead-man's switch is not renewed while the engine is later than this."""
    order_expire_ms: int = 1_000
    """Place and amend requests the venue gets later than this are dropped by it."""
    ack_timeout_ms: int = 2_000
    """An order without an answer for this long is UNKNOWN."""
    cancel_timeout_ms: int = 1_000
    """A cancel without a terminal state for this long is sent again by the other route."""
    dead_man_timeout_s: int = 20
    """cancel-all-after at the venue, 10..120."""
    dead_man_renew_ms: int = 4_000
    console_lost: ConsoleLostPolicy = ConsoleLostPolicy.PAUSE
    console_grace_ms: int = 10_000
    kill_deadline_ms: int = 5_000
    """A safe quit gives up on the proof after this long and says so."""
    reconcile_ms: int = 30_000
    """Our orders are compared with the venue's list this often."""
    hold_tolerance_ticks: int = 3
    """A quote closer to its target than this stays where it is."""
    allow_below_fees: bool = False
    """Whether the half-spread may be narrower than the maker fee plus one tick."""
    is_headless: bool = False
    """No console is expected, so none can be lost."""
