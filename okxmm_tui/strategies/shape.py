"""Whether what a strategy returned is a target at all: types and magnitudes, before the engine acts on it.

Whether it is a good one (prices, sizes, limits) is for ``core.risk`` to say. An operator's own strategy may
return anything, and what is no number, or one that no picture of the engine could carry, must not get as far
as that. The same goes for its words: they end up on a screen and in a journal.
"""

from __future__ import annotations

from types import NoneType
from typing import cast

from msgspec import structs

from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import Close, Composition, Quote, Target

NUMBERS = (float, int)
LARGEST = 10**15
"""Beyond this no price, size or distance means anything; NaN is not within it either."""
LONGEST_TEXT = 200
MOST_QUOTES = 100
"""Each costs a check of all the others; the built-in strategies never want more than forty."""


def malformed(target: object) -> str:
    """What is wrong with the form of a returned target, in a few words; empty when nothing is."""
    if not isinstance(target, Target):
        return f"target() returned {type(target).__name__}, it must return a Target"
    quotes = cast("object", target.quotes)
    if not isinstance(quotes, tuple):
        return f"quotes were {type(quotes).__name__}, they must be a tuple"
    if len(target.quotes) > MOST_QUOTES:
        return f"{len(target.quotes)} quotes were wanted, at most {MOST_QUOTES} are taken"
    for quote in target.quotes:
        if problem := _quote_problem(quote):
            return problem
    return _rest_problem(target)


def _quote_problem(quote: object) -> str:
    if not isinstance(quote, Quote) or type(quote.side) is not Side:
        return f"{quote!r} is no Quote with a Side"
    if type(quote.price_ticks) is not int or type(quote.size_lots) is not int:
        return f"{quote!r} is not in whole ticks and lots"
    if not (_is_sane(quote.price_ticks) and _is_sane(quote.size_lots)):
        return f"a {quote.side} quote is beyond any price or size"
    return ""


def _is_sane(value: float) -> bool:
    return -LARGEST < value < LARGEST


FORM: tuple[tuple[str, type | tuple[type, ...]], ...] = (
    ("fair_ticks", NUMBERS),
    ("half_spread_ticks", NUMBERS),
    ("bid_reason", str),
    ("ask_reason", str),
    ("nearest_bid_ticks", (int, NoneType)),
    ("nearest_ask_ticks", (int, NoneType)),
    ("bid_parts", (Composition, NoneType)),
    ("ask_parts", (Composition, NoneType)),
    ("close", (Close, NoneType)),
)


def _rest_problem(target: Target) -> str:
    for name, kinds in FORM:
        if not isinstance(value := getattr(target, name), kinds):
            return f"{name} was {value!r}"
        if isinstance(value, NUMBERS) and not _is_sane(value):
            return f"{name} was no sensible number"
        if isinstance(value, str) and value != one_line(value):
            return f"{name} was no line of at most {LONGEST_TEXT} characters"
    for parts in (target.bid_parts, target.ask_parts):
        if parts is None:
            continue
        if not all(isinstance(each, NUMBERS) for each in structs.astuple(parts)):
            return f"{parts!r} is not in numbers"
        if not all(_is_sane(each) for each in structs.astuple(parts)):
            return "a part of the spread was no sensible number"
    if target.close is not None and type(target.close.size_lots) is not int:
        return f"{target.close!r} is not in whole lots"
    return ""


def one_line(text: str) -> str:
    """A foreign text as one short line without anything a terminal would act on."""
    return "".join(each for each in text[:LONGEST_TEXT] if each.isprintable())


def message_of(error: BaseException) -> str:
    """What an exception of foreign code says, as one short line; one that cannot say it says nothing."""
    try:
        return one_line(str(error))
    except Exception:  # its own __str__ may raise as well
        return ""
