"""Exact decimal text and arithmetic of the exchange; money and prices never pass through float."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Context, Decimal

EXACT = Context(prec=60, rounding=ROUND_HALF_EVEN)
"""Wide enough that sums and products of venue numbers are never rounded by accident."""

MONEY_STEP = Decimal("1e-12")
"""Step of the two documented roundings: cost removed by a reduction, and the average price shown."""

COIN_STEP = Decimal("1e-16")
"""The same for money of inverse contracts, where every worth is a quotient."""

COIN_PRICE_STEP = Decimal("1e-8")
"""Step of average prices of inverse contracts: what the coin step still tells for certain."""

ZERO = Decimal(0)

MAX_WHOLE_DIGITS = 20
"""Ids and times have fewer."""


def text(value: Decimal) -> str:
    """Write a number as OKX does: no exponent, no trailing zeros, no minus zero."""
    return format(value.normalize(EXACT), "f") if value else "0"


def is_whole(value: str) -> bool:
    """Whether a text is a whole number from 0 that no client means as anything else: plain digits."""
    return value.isascii() and value.isdigit() and len(value) <= MAX_WHOLE_DIGITS


def rounded(value: Decimal) -> Decimal:
    """Round to 1e-12, half to even: for ratios and derived figures, which have no exact form."""
    return value.quantize(MONEY_STEP, context=EXACT)
