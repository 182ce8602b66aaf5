"""Numbers, ages and clocks as text: pure functions, fixed widths left to the columns, signs always shown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from decimal import Decimal
from functools import lru_cache

from okxmm_tui.console.language import tr
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import Side

NONE = "-"
"""Shown where a number is not known."""

SECOND_NS = 1_000_000_000
BARS = " ▏▎▍▌▋▊▉█"
RISING = " ▁▂▃▄▅▆▇█"
HANGING = " ▔▔▀▀▀███"
"""Few terminals have the finer blocks that hang from the top of a cell."""
SPINNER = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
UNITS = ((1, ""), (1e3, "k"), (1e6, "M"), (1e9, "G"), (1e12, "T"))
SIZE_DECIMALS = 4
"""Decimals of a size in a column; coins have eight, and nobody reads the last four."""
TOO_ROUGH = 0.05
"""Share of a number that rounding may take; before it takes more, the nought before the point goes."""
ROUGH_WIDTH = 6
SHOWN_FROM = 10
"""A number needs this many of its last decimal to be told from nothing: two digits."""
CENTS = frozenset(
    {"USDT", "USDC", "USD", "USDG", "USDS", "DAI", "PYUSD", "EUR", "TRY", "BRL", "AUD", "AED", "SGD"}
)
"""Currencies of two decimals; all others are coins."""
COIN_DECIMALS = 6


@lru_cache(maxsize=4096)
def _scaled(units: int, step: Decimal) -> str:
    return format(units * step, f",.{_decimals(step)}f")


@lru_cache(maxsize=64)
def _decimals(step: Decimal) -> int:
    exponent = step.normalize().as_tuple().exponent
    return max(0, -int(exponent))


def price_text(instrument: Instrument, price_ticks: int | None) -> str:
    """Price with the decimals of the tick size and thousands separators."""
    if price_ticks is None:
        return NONE
    return _scaled(price_ticks, instrument.tick_size)


def price_cells(instrument: Instrument, ticks: Iterable[int | None]) -> int:
    """Characters of the widest of some prices: thirteen decimals and seven digits are both traded."""
    return max((len(price_text(instrument, each)) for each in ticks), default=0)


def fine_price_text(instrument: Instrument, ticks: float | None) -> str:
    """Price between ticks, with one digit more than the tick size."""
    if ticks is None:
        return NONE
    return format(ticks * float(instrument.tick_size), f",.{instrument.price_decimals + 1}f")


def exact_price_text(instrument: Instrument, price: Decimal | None) -> str:
    """An exact price, rounded for reading to one digit more than the tick size."""
    return NONE if price is None else format(price, f",.{instrument.price_decimals + 1}f")


def mark_text(instrument: Instrument, price: Decimal | None) -> str:
    """A mark price with the decimals of the tick size."""
    return NONE if price is None else format(price, f",.{instrument.price_decimals}f")


def size_text(instrument: Instrument, size_lots: int | None) -> str:
    """Size in contracts (base currency for spot) with the decimals of the lot size."""
    if size_lots is None:
        return NONE
    return _scaled(size_lots, instrument.lot_size)


def fitted_size(instrument: Instrument, size_lots: int, width: int) -> str:
    """Size in at most ``width`` characters: decimals go first, then thousands; digits are never just cut."""
    decimals = instrument.size_decimals
    if decimals <= SIZE_DECIMALS and len(text := size_text(instrument, size_lots)) <= width:
        return text
    return shortened(float(instrument.size(size_lots)), width, decimals=decimals)


def fitted_money(amount: Decimal, ccy: str, width: int) -> str:
    """Signed money in at most ``width`` characters, shortened like ``fitted_size``."""
    decimals = money_decimals(ccy)
    text = money_text(amount, decimals)
    return text if len(text) <= width else shortened(float(amount), width, sign="+", decimals=decimals)


def fitted_position(instrument: Instrument, size_lots: int, width: int) -> str:
    """Signed position in at most ``width`` characters, shortened like ``fitted_size``."""
    text = signed_size_text(instrument, size_lots)
    if len(text) <= width:
        return text
    size = float(instrument.size(size_lots))
    return shortened(size, width, sign="+", decimals=instrument.size_decimals)


def rough_size(instrument: Instrument, size_lots: int) -> str:
    """Size to three digits, ``1.23k``, in at most six characters: it need not change with every lot."""
    size = float(instrument.size(size_lots))
    if size < 1:
        return shortened(size, ROUGH_WIDTH, decimals=instrument.size_decimals)
    for divisor, suffix in UNITS:
        scaled = float(f"{size / divisor:.3g}")
        if scaled < 1_000:
            digits = max(0, 3 - len(str(int(scaled))))
            return f"{scaled:.{digits if suffix else min(digits, instrument.size_decimals)}f}{suffix}"
    return f"{size:.0e}"


def shortened(value: float, width: int, sign: str = "", decimals: int = 1) -> str:
    """Number with as many digits as fit, in thousands to trillions where it has to be.

    Args:
        value: The number.
        width: Most characters.
        sign: ``+`` to have it always signed.
        decimals: How many there are; more than four are shown only of what would look like nothing without.
    """
    places = min(decimals, SIZE_DECIMALS)
    while places < decimals and value and abs(value) * 10**places < SHOWN_FROM:
        places += 1
    nearest = ""
    for is_bare in (False, True):
        for full, shown in _shorter(value, sign, places):
            text = full.replace("0.", ".", 1) if is_bare and abs(shown) < 1 else full
            if len(text) > width or (value and not shown):
                continue
            if abs(shown - value) <= abs(value) * TOO_ROUGH:
                return text
            nearest = nearest or text
    return nearest or f"{value:{sign}.0e}"


def _shorter(value: float, sign: str, places: int) -> Iterator[tuple[str, float]]:
    """Ever shorter texts of a number, and what each of them says."""
    for divisor, suffix in UNITS:
        for digits in range(min(places, 1) if suffix else places, -1, -1):
            text = f"{value / divisor:{sign},.{digits}f}"
            yield text + suffix, float(text.replace(",", "")) * divisor


def signed_size_text(instrument: Instrument, size_lots: int) -> str:
    """Position size, exact, with its sign, also for zero; zeros beyond four decimals are left out."""
    text = format(instrument.size(size_lots), f"+,.{instrument.size_decimals}f")
    spare = instrument.size_decimals - SIZE_DECIMALS
    return text if spare <= 0 else text[:-spare] + text[-spare:].rstrip("0")


def money_decimals(ccy: str) -> int:
    """Decimals of a currency: two of money, six of a coin, whose hundredth may be a fortune."""
    return 2 if ccy in CENTS else COIN_DECIMALS


def amount_text(amount: Decimal, ccy: str) -> str:
    """What an account holds, without a sign."""
    return format(amount, f",.{money_decimals(ccy)}f")


def fee_text(fee: Decimal, ccy: str) -> str:
    """A fee with the venue's sign and its currency; what was charged never reads as nothing."""
    text = money_text(fee, 4 if ccy in CENTS else 8)
    return f"{text} {ccy}"


def money_text(amount: Decimal | None, decimals: int = 2) -> str:
    """Money with its sign; a rounded zero is ``+0.00``."""
    if amount is None:
        return NONE
    text = format(amount, f"+,.{decimals}f")
    return "+" + text[1:] if text.startswith("-") and not text.strip("-0.,") else text


def age_text(age_ns: int | None) -> str:
    """Age in at most five characters: ``0.4s``, ``14s``, ``2m05``, ``1h02``, ``3d04``."""
    if age_ns is None:
        return NONE
    age_ns = max(0, age_ns)
    if age_ns < 10 * SECOND_NS:
        return f"{age_ns // (SECOND_NS // 10) / 10:.1f}s"
    seconds = age_ns // SECOND_NS
    if seconds < 60:
        return f"{seconds}s"
    if seconds < 3_600:
        return f"{seconds // 60}m{seconds % 60:02d}"
    if seconds < 86_400:
        return f"{seconds // 3_600}h{seconds % 3_600 // 60:02d}"
    return f"{seconds // 86_400}d{seconds % 86_400 // 3_600:02d}"


def calm_age_text(age_ns: int | None) -> str:
    """Age that does not flicker: whole seconds, and ``now`` below one."""
    if age_ns is not None and age_ns < SECOND_NS:
        return tr("now", "age")
    if age_ns is not None and age_ns < 10 * SECOND_NS:
        return f"{age_ns // SECOND_NS}s"
    return age_text(age_ns)


def clock_text(at_ns: int) -> str:
    """UTC time of day."""
    return _at(at_ns).strftime("%H:%M:%S")


def clock_ms_text(at_ns: int) -> str:
    """UTC time of day with milliseconds."""
    return f"{_at(at_ns):%H:%M:%S}.{at_ns // 1_000_000 % 1_000:03d}"


def _at(at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // SECOND_NS, UTC)


def bar(fraction: float, width: int) -> str:
    """Horizontal bar of eighths in exactly ``width`` cells."""
    eighths = round(max(0.0, min(1.0, fraction)) * width * 8)
    whole, part = divmod(eighths, 8)
    text = "█" * whole + (BARS[part] if part else "")
    return text.ljust(width)


def side_glyph(side: Side) -> str:
    """Glyph of a side, for screens without colour."""
    return "▲" if side is Side.BUY else "▼"


def side_word(side: Side) -> str:
    """Word of a quoting side."""
    return "BID" if side is Side.BUY else "ASK"


def side_role(side: Side) -> str:
    """Colour role of a side."""
    return "bid" if side is Side.BUY else "ask"


def share_text(share: float | None) -> str:
    """A share of 0..1 in at most four characters, or the sign for unknown."""
    return NONE if share is None else f"{round(100 * max(0.0, min(1.0, share)))}%"


def bps_text(value: float | None, decimals: int = 1) -> str:
    """Basis points with their sign; a rounded zero is ``+0.0``."""
    if value is None:
        return NONE
    text = f"{value:+.{decimals}f}"
    return "+" + text[1:] if not text.strip("-+0.") else text


def sign_role(shown: str) -> str:
    """Colour role of a signed figure as it is shown: what reads as nothing is neither gain nor loss."""
    if not any(each in shown for each in "123456789"):
        return "text"
    return "loss" if shown.startswith("-") else "gain"


def spread_text(best_bid: int, best_ask: int) -> str:
    """Spread in ticks and basis points of the mid."""
    ticks = best_ask - best_bid
    mid = (best_ask + best_bid) / 2
    return f"{ticks:,} tk {ticks / mid * 10_000:.2f} bps" if mid else f"{ticks:,} tk"
