"""Strategies by the name ``--strategy`` knows them by: built in, installed, or from a file.

``name`` is one of ours, the name of an entry point in the group ``okxmm_tui.strategies``, or
``path/to/file.py:ClassName``. What does not look like a strategy is refused with the reason, before anything
connects.
"""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable, Sequence
from decimal import Decimal
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, cast

from okxmm_tui.core.params import ParamSpec
from okxmm_tui.errors import UsageError
from okxmm_tui.strategies.avellaneda_stoikov import AvellanedaStoikov
from okxmm_tui.strategies.base import Strategy
from okxmm_tui.strategies.glft import Glft
from okxmm_tui.strategies.inventory_skew import InventorySkew
from okxmm_tui.strategies.ladder import Ladder
from okxmm_tui.strategies.shape import message_of
from okxmm_tui.strategies.spread_capture import SpreadCapture

ENTRY_POINTS = "okxmm_tui.strategies"
STRATEGIES: dict[str, type[Strategy]] = {
    each.name: each for each in (InventorySkew, SpreadCapture, AvellanedaStoikov, Glft, Ladder)
}
OURS = frozenset(STRATEGIES.values())
"""What they return has been checked by the type checker; what others return is looked at as it comes."""
AUTO = "auto"
FIX = "See the README, 'Your own strategy', for what a strategy must have."


def chosen_strategy(name: str, symbols: Sequence[str]) -> str:
    """Name of the strategy to run: the one that was asked for, or the usual one for these instruments."""
    if name != AUTO:
        return name
    return Glft.name if all(each.endswith("-SWAP") for each in symbols) else InventorySkew.name


def make_strategy(name: str) -> Strategy:
    """Create a strategy.

    Raises:
        UsageError: There is no strategy of that name, or what was found is not one.
    """
    if name in STRATEGIES:
        return STRATEGIES[name]()
    if ":" in name:
        return _checked(name, _from_file(name))
    for point in entry_points(group=ENTRY_POINTS, name=name):
        return _checked(name, _loaded(name, point.load))
    raise UsageError(
        f"Strategy {name!r} was not found.",
        f"Use one of: {', '.join(STRATEGIES)}, or path/to/file.py:ClassName.",
    )


def _from_file(name: str) -> Any:
    path_text, _, class_name = name.rpartition(":")
    path = Path(path_text).expanduser()
    if not path.is_file():
        raise UsageError(f"Strategy file {path} was not found.", "Use path/to/file.py:ClassName.")
    module_name = f"okxmm_own_strategy_{path.stem}"
    spec = importlib.util.spec_from_file_location(module_name, path)
    if spec is None or spec.loader is None:
        raise UsageError(f"Strategy file {path} was no Python file.", "Use path/to/file.py:ClassName.")
    module = importlib.util.module_from_spec(spec)
    sys.modules[module_name] = module
    loader = spec.loader
    _loaded(name, lambda: loader.exec_module(module))
    found = getattr(module, class_name, None)
    if found is None:
        raise UsageError(f"{path} has no class {class_name!r}.", FIX)
    return found


def _loaded(name: str, load: Callable[[], Any]) -> Any:
    try:
        return load()
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an operator's module may do anything while it is imported
        raise UsageError(
            f"Strategy {name} could not be loaded: {type(error).__name__}: {message_of(error)}.", FIX
        ) from error


def _checked(name: str, made: Any) -> Strategy:
    """Make an instance and look at it; the first thing missing is the reason.

    Raises:
        UsageError: It is not a strategy.
    """
    strategy = _loaded(name, made) if callable(made) else made
    if problem := _loaded(name, lambda: _problem(strategy)):
        raise UsageError(f"Strategy {name} was refused: {problem}.", FIX)
    return strategy


def _problem(strategy: Any) -> str:
    if not isinstance(getattr(strategy, "name", None), str):
        return "it has no name"
    if not all(callable(getattr(strategy, method, None)) for method in ("target", "on_fill")):
        return "it has no method target(market, params) or on_fill(side, price_ticks, size_lots, now_ns)"
    return _specs_problem(getattr(strategy, "specs", None))


def _specs_problem(specs: Any) -> str:
    if not isinstance(specs, tuple):
        return "its specs are no tuple of ParamSpec"
    names: list[str] = []
    for spec in cast("tuple[Any, ...]", specs):
        if not isinstance(spec, ParamSpec):
            return "its specs are no tuple of ParamSpec"
        numbers = (spec.default, spec.minimum, spec.maximum, spec.step)
        if not all(isinstance(cast("object", each), Decimal) for each in numbers):
            return f"{spec.name} has a default, bound or step that is no Decimal"
        if spec.name in names:
            return f"two of its parameters are named {spec.name}"
        if problem := spec.problem(spec.default):
            return f"a default is out of bounds: {problem}"
        names.append(spec.name)
    return ""
