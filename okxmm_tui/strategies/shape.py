"""Whether what a strategy returned is a target at all: types only, looked at before the engine acts on it.

Whether it is a good one (prices, sizes, limits) is for ``core.risk`` to say. An operator's own
strategy may return anything, and a price that is no whole number must not get as far as that.
"""

from __future__ import annotations

from types import NoneType
from typing import cast

from msgspec import structs

from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import Close, Composition, Quote, Target

NUMBERS = (float, int)


def malformed(target: object) -> str:
    """What is wrong with the form of a returned target, in a few words; empty when nothing is."""
    if not isinstance(target, Target):
        return f"target() returned {type(target).__name__}, it must return a Target"
    quotes = cast("object", target.quotes)
    if not isinstance(quotes, tuple):
        return f"quotes were {type(quotes).__name__}, they must be a tuple"
    for quote in target.quotes:
        if problem := _quote_problem(quote):
            return problem
    return _rest_problem(target)


def _quote_problem(quote: object) -> str:
    if not isinstance(quote, Quote) or type(quote.side) is not Side:
        return f"{quote!r} is no Quote with a Side"
    if type(quote.price_ticks) is not int or type(quote.size_lots) is not int:
        return f"{quote!r} is not in whole ticks and lots"
    return ""


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
    for parts in (target.bid_parts, target.ask_parts):
        if parts is not None and not all(isinstance(each, NUMBERS) for each in structs.astuple(parts)):
            return f"{parts!r} is not in numbers"
    if target.close is not None and type(target.close.size_lots) is not int:
        return f"{target.close!r} is not in whole lots"
    return ""
