"""What one run under the virtual clock is told, and how work that never waits is run."""

from __future__ import annotations

from collections.abc import Coroutine
from decimal import Decimal
from typing import Any

from msgspec import Struct

from okxmm_tui.core.limits import Limits
from okxmm_tui.exchange.options import VenueSettings


class VirtualPlan(Struct, frozen=True):
    """One run."""

    strategy: str
    params: dict[str, Decimal] = {}
    symbols: tuple[str, ...] = ()
    """Empty is everything the feed lists."""
    limits: Limits = Limits(is_headless=True)
    venue: VenueSettings = VenueSettings(coin_balance=Decimal(1))
    latency_ms: int = 5
    """One way, of every frame and every REST request."""


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """Run a coroutine that never has to wait, and return its result.

    Raises:
        RuntimeError: It wanted to wait.
    """
    try:
        work.send(None)
    except StopIteration as stop:
        return stop.value
    work.close()
    raise RuntimeError(f"{work} wanted to wait.")
