"""Venue price and size text to whole ticks and lots, remembered: the same strings come again and again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from okxmm_tui.errors import WireError

MAX_ENTRIES = 10_000
"""Cleared when full: about 1 MB, and hours of one instrument's prices."""

MAX_UNITS = 2**63 - 1
"""What a record of 64 bits can hold."""

MAX_TEXT = 40
"""Longer text is refused; the venue itself takes no prices over 32 characters."""


class UnitTable(dict[str, int]):
    """Maps text to a whole number of steps; a hit is one dictionary lookup, O(1).

    Args:
        step: Tick or lot size.
        convert: The exact conversion, which raises ``WireError`` for text that is no multiple.
        max_entries: Where the table starts over.
    """

    __slots__ = ("_convert", "_digits", "_max_entries")

    def __init__(
        self, step: Decimal, convert: Callable[[str], int], *, max_entries: int = MAX_ENTRIES
    ) -> None:
        super().__init__()
        self._convert = convert
        self._digits = _power_of_ten_digits(step)
        self._max_entries = max_entries

    def __missing__(self, text: str) -> int:
        if len(self) >= self._max_entries:
            self.clear()
        units = self._parse(text)
        if abs(units) > MAX_UNITS:
            raise WireError(f"number {text[:MAX_TEXT]!r} was too large.")
        self[text] = units
        return units

    def _parse(self, text: str) -> int:
        # Steps of 1, 0.1, 0.01, ... need no Decimal: shift the point by padding with zeros.
        whole, _, fraction = text.partition(".")
        padding = self._digits - len(fraction)
        if (
            padding >= 0
            and len(text) <= MAX_TEXT
            and (digits := whole + fraction).isdecimal()
            and digits.isascii()
        ):
            return int(digits) * 10**padding
        if len(text) > MAX_TEXT:
            raise WireError(f"number {text[:MAX_TEXT]!r} was too long.")
        return self._convert(text)


def _power_of_ten_digits(step: Decimal) -> int:
    """Digits behind the point of 1, 0.1, 0.01, ...; -1 for every other step."""
    parts = step.normalize().as_tuple()
    exponent = int(parts.exponent)
    return -exponent if parts.digits == (1,) and exponent <= 0 else -1
