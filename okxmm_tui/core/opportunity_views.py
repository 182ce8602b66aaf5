"""Where a strategy would trade, and what a quote's distance is made of, as a console sees it."""

from __future__ import annotations

from msgspec import Struct


class PartsView(Struct, frozen=True, gc=False):
    """Distance of one side's best quote from the mid, part by part, in basis points of the mid."""

    base_bps: float
    volatility_bps: float
    inventory_bps: float
    """Negative on the side that shrinks the position."""
    toxicity_bps: float
    fees_bps: float
    external_bps: float
    """Fair value off the mid; opposite signs on the two sides."""
    total_bps: float

    def named(self) -> tuple[tuple[str, float], ...]:
        """The parts by a short name, in the order they are added up."""
        return (
            ("base", self.base_bps),
            ("vol", self.volatility_bps),
            ("inv", self.inventory_bps),
            ("toxic", self.toxicity_bps),
            ("fees", self.fees_bps),
            ("fair", self.external_bps),
        )


class ScanView(Struct, frozen=True, gc=False):
    """One of the widest markets of the last scan."""

    inst_id: str
    spread_bps: float
    reason: str
    """Why the strategy would not trade it; empty when it would."""
