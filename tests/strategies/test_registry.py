"""Strategies by name, from a file, and what is refused."""

from __future__ import annotations

import pytest

from okxmm_tui.core.params import Lever
from okxmm_tui.errors import UsageError
from okxmm_tui.strategies.registry import AUTO, STRATEGIES, chosen_strategy, make_strategy

GOOD = """
from okxmm_tui.strategies.base import Target
class Mine:
    name = "mine"
    specs = ()
    def target(self, market, params):
        return Target((), 1.0, 1.0)
    def on_fill(self, side, price_ticks, size_lots, now_ns):
        pass
"""


def test_every_name_makes_its_strategy():
    """The registry's names are the strategies' own."""
    assert all(make_strategy(name).name == name for name in STRATEGIES)


@pytest.mark.parametrize(
    ("asked", "symbols", "chosen"),
    [
        (AUTO, ["BTC-USDT-SWAP", "BTC-USD-SWAP"], "glft"),
        (AUTO, ["BTC-USDT-SWAP", "BTC-USDT"], "inventory_skew"),
        (AUTO, ["BTC-USDT-261225"], "inventory_skew"),
        ("ladder", ["BTC-USDT-SWAP"], "ladder"),
    ],
)
def test_swaps_are_quoted_by_glft_unless_another_is_asked_for(asked, symbols, chosen):
    """A perpetual has no terminal time, which is what that model was made for."""
    assert chosen_strategy(asked, symbols) == chosen
    assert chosen in STRATEGIES


def test_the_levers_of_the_keys_move_something_in_every_strategy():
    """Spread, size and limit always, skew where inventory moves quotes; no lever moves two parameters."""
    for name, strategy in STRATEGIES.items():
        levers = [spec.lever for spec in strategy.specs if spec.lever]
        assert len(levers) == len(set(levers)), name
        assert {Lever.SPREAD, Lever.SIZE, Lever.LIMIT} <= set(levers), name
        assert (Lever.SKEW in levers) is (name != "spread_capture")


def test_every_market_gets_an_instance_of_its_own():
    """A strategy may remember: two markets must not share what it remembers."""
    assert all(make_strategy(name) is not make_strategy(name) for name in STRATEGIES)


SPEC = "__import__('okxmm_tui.core.params').core.params.ParamSpec('w', 'w', '', 1.0, 0, 9, 0.1, 'a float')"


def test_an_unknown_name_lists_the_known_ones():
    """The error says what would have worked."""
    with pytest.raises(UsageError) as caught:
        make_strategy("nope")
    assert "inventory_skew, spread_capture, avellaneda_stoikov, glft, ladder" in caught.value.hint


def test_a_strategy_of_the_operator_is_loaded_from_a_file(tmp_path):
    """path/to/file.py:ClassName."""
    path = tmp_path / "mine.py"
    path.write_text(GOOD)
    assert make_strategy(f"{path}:Mine").name == "mine"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("raise ValueError('no')", "could not be loaded: ValueError: no"),
        ("exit(3)", "could not be loaded: SystemExit: 3"),
        ("def (:", "could not be loaded: SyntaxError"),
        ("x = 1", "has no class 'Mine'"),
        (GOOD.replace('name = "mine"', "pass"), "it has no name"),
        (GOOD.replace("def target", "def aim"), "it has no method target"),
        (GOOD.replace("def on_fill", "def filled"), "it has no method"),
        (GOOD.replace("specs = ()", "specs = [1]"), "its specs are no tuple"),
        (GOOD.replace("class Mine:", "class Mine:\n    def __init__(self): raise KeyError('x')"), "KeyError"),
        (
            GOOD.replace("class Mine:", "class Mine:\n    def __init__(self): raise GeneratorExit"),
            "GeneratorExit",
        ),
        (
            GOOD.replace("specs = ()", "specs = property(lambda self: 1 / 0)"),
            "could not be loaded: ZeroDivision",
        ),
        (
            GOOD.replace("specs = ()", f"specs = ({SPEC},)"),
            "w has a default, bound or step that is no Decimal",
        ),
    ],
)
def test_a_broken_one_is_refused_with_the_reason(tmp_path, text, reason):
    """Before anything connects."""
    path = tmp_path / "mine.py"
    path.write_text(text)
    with pytest.raises(UsageError, match=reason):
        make_strategy(f"{path}:Mine")


def test_a_missing_file_is_named(tmp_path):
    """The path is in the message."""
    with pytest.raises(UsageError, match=r"nowhere\.py was not found"):
        make_strategy(f"{tmp_path}/nowhere.py:Mine")
