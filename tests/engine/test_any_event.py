"""Whatever is fed, in whatever order, from whatever state: the reducer answers and never raises."""

from __future__ import annotations

import msgspec
import pytest

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.engine.view import build_snapshot
from tests.engine.any_event import AnyEventSource

STEPS = 400


@pytest.mark.parametrize("seed", range(24))
def test_no_event_takes_the_engine_down(seed):
    """Every event and command type with any values, while quoting, asking, halted, without a book."""
    source, encoder = AnyEventSource(seed), msgspec.msgpack.Encoder()
    for number in range(STEPS):
        _, effects = source.step()
        for effect in effects:
            encoder.encode(effect)
            if isinstance(effect, PlaceOrder):
                assert effect.price_ticks > 0
                assert effect.size_lots > 0
        if number % 10 == 0:
            encoder.encode(build_snapshot(source.reducer, number))


def test_the_story_reaches_trading():
    """The seeds above quote, are filled, stop and start: not all is said to an idle engine."""
    states: set[str] = set()
    placed = fills = 0
    for seed in range(24):
        source = AnyEventSource(seed)
        for _ in range(STEPS):
            _, effects = source.step()
            placed += sum(isinstance(effect, PlaceOrder) for effect in effects)
            states.add(source.reducer.session.machine.state.value)
        fills += sum(len(market.fills) for market in source.reducer.session.markets.values())
    assert states == {"ACTIVE", "PAUSED", "REDUCING", "HALTED"}
    assert placed > 50
    assert fills > 20
