"""Numbers from outside, read exactly: finite, and of a size that arithmetic can bear."""

from __future__ import annotations

from decimal import Decimal, InvalidOperation

from okxmm_tui.errors import WireError

MAX_DIGITS = 40
"""No amount on a venue has more digits on either side of the point."""


def read_decimal(value: str | Decimal) -> Decimal:
    """Read one number.

    ``1e9999999`` is a number too, but dividing it overflows and making it whole takes minutes: exponents are
    judged before any arithmetic.

    Raises:
        WireError: It was no number, not finite, or beyond all reason.
    """
    try:
        number = Decimal(value)
    except InvalidOperation as error:
        raise WireError(f"number {str(value)[:MAX_DIGITS]!r} was unreadable.") from error
    if not number.is_finite() or abs(number.adjusted()) > MAX_DIGITS:
        raise WireError(f"number {str(value)[:MAX_DIGITS]!r} was not finite, or beyond all reason.")
    return number
