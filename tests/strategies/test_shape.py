"""The form of a target: what the engine looks at before it acts on one."""

from __future__ import annotations

import math
from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import Close, Composition, Quote, Target
from okxmm_tui.strategies.registry import STRATEGIES, make_strategy
from okxmm_tui.strategies.shape import malformed, message_of
from tests.strategies.moments import MARKET, params_of

GOOD = Target(
    (Quote(Side.BUY, 599_990, 5), Quote(Side.SELL, 600_010, 5)),
    fair_ticks=600_000.5,
    half_spread_ticks=10,
    bid_parts=Composition(base=10.0),
    ask_parts=Composition(base=10.0),
    close=Close(3, "enough"),
)


@pytest.mark.parametrize("name", STRATEGIES)
def test_our_own_are_well_formed(name):
    """Every strategy of the package, on a market that can be quoted."""
    strategy = make_strategy(name)
    assert malformed(strategy.target(MARKET, params_of(strategy))) == ""


def test_a_whole_target_passes():
    """Whole numbers pass for fractions, as they do in Python."""
    assert malformed(GOOD) == ""


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"quotes": [Quote(Side.BUY, 1, 1)]}, "quotes were list"),
        ({"quotes": ((Side.BUY, 1, 1),)}, "is no Quote"),
        ({"quotes": (Quote("buy", 1, 1),)}, "is no Quote with a Side"),  # pyright: ignore[reportArgumentType]
        ({"quotes": (Quote(Side.BUY, 1, 0.5),)}, "whole ticks and lots"),  # pyright: ignore[reportArgumentType]
        ({"quotes": (Quote(Side.BUY, price_ticks=True, size_lots=1),)}, "whole ticks and lots"),
        ({"half_spread_ticks": None}, "half_spread_ticks was None"),
        ({"bid_reason": None}, "bid_reason was None"),
        ({"nearest_ask_ticks": 1.5}, "nearest_ask_ticks was 1.5"),
        ({"ask_parts": Composition(base=Decimal(1))}, "is not in numbers"),  # pyright: ignore[reportArgumentType]
        ({"close": Close(0.5, "half")}, "is not in whole lots"),  # pyright: ignore[reportArgumentType]
        ({"close": 3}, "close was 3"),
        ({"quotes": (Quote(Side.BUY, 10**40, 5),)}, "beyond any price or size"),
        ({"quotes": (Quote(Side.BUY, 5, -(10**40)),)}, "beyond any price or size"),
        ({"quotes": (Quote(Side.BUY, 5, 5),) * 101}, "101 quotes were wanted, at most 100"),
        ({"fair_ticks": math.nan}, "fair_ticks was no sensible number"),
        ({"fair_ticks": 10**400}, "fair_ticks was no sensible number"),
        ({"half_spread_ticks": -math.inf}, "half_spread_ticks was no sensible number"),
        ({"bid_parts": Composition(fees=math.nan)}, "a part of the spread was no sensible number"),
        ({"ask_reason": "x" * 201}, "ask_reason was no line"),
        ({"ask_reason": "red \x1b[31m"}, "ask_reason was no line"),
    ],
)
def test_what_is_wrong_is_named(changes, said):
    """One field at a time."""
    assert said in malformed(structs.replace(GOOD, **changes))


def test_an_exception_is_one_short_line_whatever_it_says():
    """Line breaks and a megabyte are cut, and one whose own text raises says nothing."""

    class MuteError(Exception):
        def __str__(self) -> str:
            raise ValueError("no")

    assert message_of(ValueError("two\nlines " + "y" * 10**6)) == "twolines " + "y" * 190
    assert message_of(MuteError()) == ""
