"""The cells of a report: tables of text, and how amounts are written in them."""

from __future__ import annotations

import math
from decimal import Decimal
from itertools import zip_longest

from msgspec import Struct

NONE = "–"  # noqa: RUF001


class Table(Struct, frozen=True):
    """A titled table; all cells but the first of a row are figures unless ``is_text``."""

    title: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""
    is_text: bool = False


def money(value: Decimal | float | None, digits: int = 4) -> str:
    """A signed amount; an exact zero carries no sign."""
    if value is None:
        return NONE
    return _signed(f"{value:+,.{digits}f}")


def _signed(text: str) -> str:
    return text.lstrip("+-") if not any(digit in text for digit in "123456789") else text.replace("-", "−")  # noqa: RUF001


def number(value: Decimal | float | None, digits: int = 2) -> str:
    """A figure without a sign of its own; what rounds to nothing has none."""
    return NONE if value is None else _signed(f"{value:,.{digits}f}")


def axis_number(value: float, first: float, last: float, least: int = 2) -> str:
    """A figure on an axis with these ends: as many digits as tell its steps apart."""
    span = abs(first - last)
    return number(value, max(least, 1 - math.floor(math.log10(span))) if span else least)


def share(value: float | None) -> str:
    """A share as per cent."""
    return NONE if value is None else f"{100 * value:.1f} %"


def quantity(value: Decimal | None, unit: str) -> str:
    """A signed size with all its digits and its unit."""
    if value is None:
        return NONE
    return f"{money(value, max(0, -int(value.as_tuple().exponent)))} {unit}".rstrip()


def is_sum(table: Table, row: tuple[str, ...]) -> bool:
    """Whether a row is a total: its name is in capitals."""
    return not table.is_text and row[0].isupper()


def padded(row: tuple[str, ...], width: int) -> tuple[str, ...]:
    """A row with empty cells up to a width."""
    return tuple(cell for cell, _ in zip_longest(row, range(width), fillvalue=""))
