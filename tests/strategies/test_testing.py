"""The harness for strategies: every rule is found broken, and every strategy of ours keeps them all."""

from __future__ import annotations

import math
import runpy
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from okxmm_tui.core.params import for_instrument
from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import Quote, Target
from okxmm_tui.strategies.registry import STRATEGIES, make_strategy
from okxmm_tui.strategies.testing import BrokenRuleError, Trial, check
from tests.samples import inverse, pair, swap
from tests.strategies.moments import SIGNALS

EXAMPLE = Path(__file__).parents[2] / "docs" / "own_strategy.py"
KINDS = {"linear": swap(), "inverse": inverse(), "spot": pair()}
FINE = Target((), 1.0, 1.0, "no bid", "no ask")


class Fixed:
    """Returns what it was told to."""

    name = "fixed"
    specs = ()
    answer = FINE

    def target(self, market, params):
        """Always the same."""
        return self.answer

    def on_fill(self, side, price_ticks, size_lots, now_ns):
        """Nothing."""


def buys(*quotes: tuple[object, object]) -> Target:
    """Bids as (price, lots)."""
    made = tuple(Quote(Side.BUY, price, lots) for price, lots in quotes)  # pyright: ignore
    return structs.replace(FINE, quotes=made)


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (buys((600_001, 5)), "would cross the market"),
        (buys((599_999, 0)), "below the smallest order"),
        (buys((0, 5)), "not above 0"),
        (buys((599_999.0, 5)), "not in whole ticks"),
        (buys((599_998, 5), (599_999, 5)), "not sorted"),
        (buys((599_999, 5), (599_999, 5)), "not sorted"),
        (Target((), 1.0, 1.0), "no reason why"),
        (Target((), math.nan, 1.0, "no bid", "no ask"), "fair_ticks was no sensible number"),
        (structs.replace(FINE, quotes=[]), "quotes were list"),
        (None, "returned NoneType"),
        (
            structs.replace(FINE, quotes=(Quote(Side.BUY, 600_005, 1), Quote(Side.SELL, 600_005, 1))),
            "a bid reaches an ask",
        ),
    ],
)
def test_each_broken_rule_is_named(answer, words):
    """A target the engine could not trade on is refused with the rule it breaks."""
    ask = 600_010 if "reaches" in words else 600_001
    make = type("Broken", (Fixed,), {"answer": answer})
    with pytest.raises(BrokenRuleError, match=words):
        Trial(make, swap()).book(600_000, ask)


def test_one_that_differs_from_its_twin_is_found():
    """State shared between instances (or chance) makes a strategy irreproducible."""
    calls: list[int] = []

    class Moody(Fixed):
        def target(self, market, params):
            calls.append(1)
            return structs.replace(FINE, fair_ticks=float(len(calls)))

    with pytest.raises(BrokenRuleError, match="different targets"):
        Trial(Moody, swap()).book(600_000, 600_001)


def test_one_that_writes_into_its_parameters_is_found():
    """They belong to the engine, which gives copies; a test should say so first."""

    class Writer(Fixed):
        specs = make_strategy("ladder").specs

        def target(self, market, params):
            params.values["max_position"] = Decimal(9_999)
            return FINE

    with pytest.raises(BrokenRuleError, match="changed the parameters"):
        Trial(Writer, swap()).book(600_000, 600_001)


def test_too_large_a_position_is_found():
    """Quotes that could end beyond ``max_position`` break a rule."""

    class Greedy(Fixed):
        specs = make_strategy("ladder").specs
        answer = buys((599_999, 10_000_000))

    with pytest.raises(BrokenRuleError, match="beyond max_position"):
        Trial(Greedy, swap()).book(600_000, 600_001)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("name", STRATEGIES)
def test_every_strategy_keeps_the_rules(name, kind):
    """Moves, gaps, wide spreads and fills on both sides, on every kind of instrument."""
    trial = check(STRATEGIES[name], KINDS[kind], signals=SIGNALS)
    assert trial.last is not None


@st.composite
def tried(draw):
    """A strategy, an instrument of some shape, parameters from all over their bounds, and a position."""
    name = draw(st.sampled_from(sorted(STRATEGIES)))
    shape = KINDS[draw(st.sampled_from(sorted(KINDS)))]
    instrument = structs.replace(
        shape,
        lot_size=draw(st.sampled_from([Decimal("0.00000001"), Decimal("0.01"), Decimal(1)])),
        min_size_lots=draw(st.integers(1, 2_000)),
    )
    values = {}
    for spec in for_instrument(make_strategy(name).specs, instrument):
        share = Decimal(draw(st.integers(0, 100))) / 100
        value = spec.minimum + (spec.maximum - spec.minimum) * share
        values[spec.name] = value.quantize(Decimal(1)) if spec.is_whole else value
    return name, instrument, values, draw(st.integers(-100_000, 100_000))


@settings(max_examples=150, deadline=None)
@given(tried(), st.integers(10, 2_000_000), st.integers(1, 5_000))
def test_sizes_and_prices_hold_for_any_parameters(case, bid_ticks, spread_ticks):
    """Lots, smallest order, position limit and no crossing: for every parameter within its bounds."""
    name, instrument, values, held = case
    trial = Trial(STRATEGIES[name], instrument, values, signals=SIGNALS)
    if held:
        trial.fill(Side.BUY if held > 0 else Side.SELL, bid_ticks, abs(held))
    micro = structs.replace(SIGNALS, microprice_ticks=bid_ticks + spread_ticks / 2)
    for after_ms in (0, 60_000):
        trial.book(bid_ticks, bid_ticks + spread_ticks, after_ms=after_ms, signals=micro)


@pytest.mark.parametrize("kind", KINDS)
def test_the_documented_example_keeps_the_rules(kind):
    """What the README offers for copying is right."""
    strategy = make_strategy(f"{EXAMPLE}:Calm")
    check(type(strategy), KINDS[kind])


def test_the_documented_example_runs_by_itself(capsys):
    """``python docs/own_strategy.py`` is the first thing a reader does."""
    runpy.run_path(str(EXAMPLE), run_name="__main__")
    assert capsys.readouterr().out == "Calm keeps every rule.\n"


@pytest.mark.parametrize("name", STRATEGIES)
def test_opportunities_are_told_in_numbers(name):
    """Every strategy says whether it would quote, and spread_capture why not."""
    trial = Trial(STRATEGIES[name], swap())
    judge = trial.strategy.opportunity  # pyright: ignore[reportAttributeAccessIssue]
    assert not judge(600_000, 601_000, trial.params)
    narrow = judge(600_000, 600_001, trial.params)
    assert narrow == ("spread 0.0002 % < 0.1 %" if name == "spread_capture" else "")
    if name != "spread_capture":
        assert "bid 5, ask 5" in judge(5, 5, trial.params)
