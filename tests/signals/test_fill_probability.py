"""The probability of a fill: imagined orders followed to their end, against a slow count of the same."""

from __future__ import annotations

import random

import pytest

from okxmm_tui.core.types import Side
from okxmm_tui.signals.fill_probability import KEPT, MIN_FOLLOWED, FillHistory
from tests.signals.reference import share_filled

HORIZON = 10


def walked(seconds: int, seed: int = 1, *, move: float = 0.3, kept: int = KEPT) -> tuple[FillHistory, list]:
    """A market of that many seconds, and everything that happened as (second, bid, ask, print or None)."""
    source, history, bid, ask = random.Random(seed), FillHistory(HORIZON, kept), 1_000, 1_002
    events: list[tuple[int, int, int, tuple[Side, int, int] | None]] = []
    for second in range(seconds):
        history.on_second(second, bid, ask)
        events.append((second, bid, ask, None))
        for _ in range(4):
            if source.random() < move:
                bid += source.choice((-3, -1, 1, 3))
                ask = bid + source.randint(1, 3)
                history.on_touch(bid, ask)
                events.append((second, bid, ask, None))
            taker = source.choice(list(Side))
            best = ask if taker is Side.BUY else bid
            trade = (taker, best + taker.sign * source.choice((0, 0, 0, 1)), source.randint(1, 9))
            history.on_print(*trade)
            events.append((second, bid, ask, trade))
    return history, events


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("distance", [-1, 0, 1, 2, 5, 12])
def test_it_is_the_share_of_imagined_orders_that_filled(seed, distance):
    """Second by second, side by side, order by order: the slow count says the same."""
    history, events = walked(100, seed)
    for needed in (1, 8, 40):
        assert history.probability(distance, needed) == pytest.approx(
            share_filled(events, HORIZON, distance, needed, kept=KEPT)
        )


def test_a_longer_queue_and_a_longer_way_fill_less():
    """Both only ever lower it; it is never quite 0 or 1."""
    history, _ = walked(150, move=0.05)
    for needed in ((1, 20, 100), (5, 5, 5)):
        chances = [history.probability(away, lots) for away, lots in zip((0, 2, 50), needed, strict=True)]
        assert chances == sorted(chances, reverse=True)
        assert 0 < chances[-1] < chances[0] < 1
    at_touch = [history.probability(0, lots) for lots in (1, 50, 500)]
    assert at_touch == sorted(at_touch, reverse=True)
    assert at_touch[0] > at_touch[-1]


def test_a_market_that_stands_still_passes_nobody():
    """What a law of motion calls nearly certain, a tick away, did not happen once."""
    history, _ = walked(120, move=0.0)
    assert history.probability(2, 1) < 0.01
    assert history.probability(0, 1) > 0.95


def test_too_little_is_not_told():
    """Thirty seconds of both sides must have been followed to their end."""
    assert walked(HORIZON + MIN_FOLLOWED // 2 - 1)[0].probability(0, 1) is None
    assert walked(HORIZON + MIN_FOLLOWED // 2)[0].probability(0, 1) is not None


def test_a_break_or_a_skipped_second_ends_what_is_followed_and_keeps_what_is_known():
    """Nothing is measured across a gap, and nothing has to be learned again."""
    for gap in (True, False):
        history, _ = walked(60)
        known, before = history.count, history.probability(3, 5)
        if gap:
            history.interrupt()
        for second in range(60 if gap else 61, 60 + HORIZON):
            history.on_second(second, 1, 2)
            history.on_touch(1, 2)
        assert history.count == known
        assert history.probability(3, 5) == before


def test_only_the_latest_count():
    """Two lively minutes after two quiet ones say what lively ones say."""
    history, _ = walked(400, kept=20)
    assert history.count == 20
