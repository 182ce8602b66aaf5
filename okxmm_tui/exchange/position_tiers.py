"""Position tiers: larger positions need more maintenance margin and are liquidated in parts.

OKX's tiers differ by instrument family; here one table in USD value serves all, and its rates are
multiples of the lowest tier's (OKX v5, public/position-tiers, for the form).
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

PARTIAL_FROM = 3
"""From this tier a liquidation closes a part only, down to two tiers below (OKX, liquidation rules)."""


class Tier(Struct, frozen=True):
    """One tier."""

    number: int
    most_usd: Decimal
    """Largest position value of the tier."""
    rate_multiple: Decimal
    """Maintenance rate over that of tier 1."""
    max_lever: Decimal


TIERS = (
    Tier(1, Decimal(5_000_000), Decimal(1), Decimal(100)),
    Tier(2, Decimal(20_000_000), Decimal("1.5"), Decimal(50)),
    Tier(3, Decimal(50_000_000), Decimal("2.5"), Decimal(20)),
    Tier(4, Decimal("Infinity"), Decimal(5), Decimal(10)),
)


def tier_of(value_usd: Decimal) -> Tier:
    """Tier of a position value."""
    return next(one for one in TIERS if value_usd <= one.most_usd)
