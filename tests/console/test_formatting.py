"""Numbers, ages and clocks as text."""

from __future__ import annotations

from decimal import Decimal

import pytest

from okxmm_tui.console import formatting as fmt
from okxmm_tui.core.types import Side
from tests.console.sample import INSTRUMENT, NOW_NS, SECOND
from tests.samples import pair


def test_price_shows_every_tick_and_thousands():
    """A price has the decimals of the tick size."""
    assert fmt.price_text(INSTRUMENT, 965_120) == "96,512.0"
    assert fmt.price_text(INSTRUMENT, None) == "-"
    assert fmt.fine_price_text(INSTRUMENT, 965_120.5) == "96,512.05"
    assert fmt.exact_price_text(INSTRUMENT, Decimal("96480.123")) == "96,480.12"


def test_sizes_show_every_lot():
    """A size has the decimals of the lot size, a position always its sign."""
    assert fmt.size_text(INSTRUMENT, 123_456) == "1,234.56"
    assert fmt.signed_size_text(INSTRUMENT, 0) == "+0.00"
    assert fmt.signed_size_text(INSTRUMENT, -50) == "-0.50"


@pytest.mark.parametrize(
    ("amount", "text"),
    [("1234.5", "+1,234.50"), ("-3.1", "-3.10"), ("0", "+0.00"), ("-0.001", "+0.00")],
)
def test_money_always_has_its_sign(amount, text):
    """Money has a sign, and a rounded zero is no loss."""
    assert fmt.money_text(Decimal(amount)) == text


@pytest.mark.parametrize(
    ("age_ns", "text"),
    [
        (None, "-"), (-5, "0.0s"), (400_000_000, "0.4s"), (9_990_000_000, "9.9s"), (14 * SECOND, "14s"),
        (125 * SECOND, "2m05"), (3_720 * SECOND, "1h02"), (90_000 * SECOND * 3, "3d03"),
    ],
)  # fmt: skip
def test_age_fits_five_characters(age_ns, text):
    """An age never needs more than five characters."""
    assert fmt.age_text(age_ns) == text
    assert len(text) <= 5


def test_calm_age_does_not_flicker_below_a_second():
    """Calm ages change once a second at most."""
    assert fmt.calm_age_text(900_000_000) == "now"
    assert fmt.calm_age_text(1_900_000_000) == "1s"
    assert fmt.calm_age_text(75 * SECOND) == "1m15"


def test_clock_is_utc():
    """Clock texts are UTC whatever the machine's zone."""
    assert fmt.clock_text(NOW_NS) == "12:31:05"
    assert fmt.clock_ms_text(NOW_NS) == "12:31:05.400"


@pytest.mark.parametrize(
    ("fraction", "text"), [(0, "    "), (0.5, "██  "), (1, "████"), (7, "████"), (1 / 32, "▏   ")]
)
def test_bar_has_a_fixed_width(fraction, text):
    """A bar fills exactly its cells."""
    assert fmt.bar(fraction, 4) == text


@pytest.mark.parametrize("lots", [1, 12_345, 123_456_789, 10**13, 10**16])
@pytest.mark.parametrize("width", [5, 6, 8])
def test_fitted_numbers_are_shortened_not_cut(lots, width):
    """A number too long loses precision, never leading digits."""
    assert len(fmt.fitted_size(INSTRUMENT, lots, width)) <= width
    assert len(fmt.fitted_position(INSTRUMENT, -lots, width)) <= width
    assert fmt.fitted_size(INSTRUMENT, lots, width)[0] == str(lots / 100)[0] or lots < 100


def test_fitted_money_keeps_its_sign():
    """Shortened money still says which way."""
    assert fmt.fitted_money(Decimal("1234567.89"), "USDT", 8) == "+1,235k"
    assert fmt.fitted_money(Decimal("-1234567.89"), "USDT", 8) == "-1,235k"
    assert fmt.fitted_money(Decimal("12.3"), "USDT", 8) == "+12.30"
    assert fmt.fitted_money(Decimal("-0.00123"), "BTC", 8) == "-0.0012"


@pytest.mark.parametrize("lots", [1, 50, 4_321, 50_000, 12_345_678, 10**9, 10**12])
@pytest.mark.parametrize("width", [5, 6, 8])
def test_no_size_of_a_coin_reads_as_nothing(lots, width):
    """Eight decimals are shortened, and something is never shown as 0.0."""
    text = fmt.fitted_size(pair(), lots, width)
    assert len(text) <= width
    assert float(text.replace(",", "").replace("k", "e3").replace("M", "e6")) == pytest.approx(
        lots / 1e8, rel=0.1
    )


@pytest.mark.parametrize(
    ("lots", "text"),
    [(0, "0.00"), (7, "0.07"), (2_693, "26.9"), (87_480, "875"), (99_960, "1.00k"), (1_234_500, "12.3k"),
     (10**12, "10.0G")],
)  # fmt: skip
def test_a_rough_size_has_three_digits(lots, text):
    """Sums of the book: three digits, and at most six characters."""
    assert fmt.rough_size(INSTRUMENT, lots) == text


def test_a_fee_keeps_sign_digits_and_currency():
    """What was charged in coin never reads as nothing."""
    assert fmt.fee_text(Decimal("-0.00000123"), "BTC") == "-0.00000123 BTC"
    assert fmt.fee_text(Decimal("-0.0965"), "USDT") == "-0.0965 USDT"


def test_a_position_is_exact_without_idle_zeros():
    """Of eight decimals four may go when they are zeros; none that counts."""
    assert fmt.signed_size_text(pair(), 125_000_000) == "+1.2500"
    assert fmt.signed_size_text(pair(), -12_345) == "-0.00012345"
    assert fmt.signed_size_text(INSTRUMENT, 0) == "+0.00"


def test_sides_differ_without_colour():
    """Each side has a glyph and a word of its own."""
    assert fmt.side_glyph(Side.BUY) != fmt.side_glyph(Side.SELL)
    assert fmt.side_word(Side.BUY) == "BID"


def test_spread_in_ticks_and_basis_points():
    """The spread is given both ways."""
    assert fmt.spread_text(965_122, 965_124) == "2 tk 0.02 bps"
