"""VPIN, Kyle's lambda and markouts."""

from __future__ import annotations

import math
import random

import pytest

from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.types import Side
from okxmm_tui.signals.toxicity import KyleLambda, Markouts, Vpin
from tests.signals import reference

SECOND = 1_000_000_000


def side_of(lots: int) -> Side:
    """Taker of signed lots."""
    return Side.BUY if lots > 0 else Side.SELL


class TestVpin:
    """Volume buckets."""

    def test_against_cutting_the_tape_by_hand(self):
        """Pace, bucket sizes and sums as the definition has them."""
        source, estimate, history, now = random.Random(6), Vpin(10.0, 20, 600.0), [], 0.0
        for _ in range(2_000):
            now += source.choice([0.1, 0.2, 0.5])
            lots = source.randint(1, 30) * source.choice([1, 1, -1])
            history.append((now, lots))
            estimate.on_trade(side_of(lots), abs(lots), int(now * 1e3) * 1_000_000)
        assert estimate.value == pytest.approx(reference.vpin(history, 10.0, 20, 600.0), rel=1e-3)

    def test_one_sided_flow_is_toxic_and_even_flow_is_not(self):
        """Only buys or only sells: 1. Taking turns: near 0."""
        for sides, low, high in (
            ((Side.BUY,), 1.0, 1.0),
            ((Side.SELL,), 1.0, 1.0),
            ((Side.BUY, Side.SELL), 0.0, 0.05),
        ):
            estimate = Vpin(10.0, 20)
            for number in range(4_000):
                estimate.on_trade(sides[number % len(sides)], 5, number * SECOND // 10)
            assert estimate.value is not None
            assert low <= estimate.value <= high

    def test_it_waits_for_buckets(self):
        """A fifth of the buckets must be full."""
        estimate = Vpin(10.0, 50)
        for number in range(190):
            estimate.on_trade(Side.BUY, 5, number * SECOND // 10)
        assert estimate.value is None

    def test_a_monstrous_print_costs_no_time(self):
        """A size beyond all buckets fills them once and no more, and leaves their size as it was."""
        estimate = Vpin(10.0, 50)
        for number in range(200):
            estimate.on_trade(side_of((-1) ** number), 1, number * SECOND // 10)
        estimate.on_trade(Side.BUY, 10**18, 21 * SECOND)
        assert estimate.value is not None
        assert estimate.value > 0.95
        for number in range(210, 210 + 60 * 250):
            estimate.on_trade(side_of((-1) ** number), 1, number * SECOND // 10)
        assert estimate.value < 0.1


class TestKyle:
    """Regression of mid changes on signed volume."""

    @staticmethod
    def fed(slope: float, seed: int, intervals: int = 400, noise: float = 5.0):
        """An estimator and the history it saw."""
        source, estimate, mid, history = random.Random(seed), KyleLambda(5.0, 900.0), 6e5, []
        estimate.on_mid(mid, 0)
        for number in range(intervals):
            lots = source.randint(-50, 50) or 1
            move = slope * lots + source.gauss(0, noise)
            at = (5 * number + 6) * SECOND
            estimate.on_trade(side_of(lots), abs(lots), at)
            mid += move
            estimate.on_mid(mid, at + SECOND)
            history.append((lots, move))
        estimate.advance((5 * intervals + 5) * SECOND)
        return estimate, history

    @pytest.mark.parametrize("slope", [0.3, 0.0, -0.1])
    def test_the_slope_is_found(self, slope):
        """Buying that moves the mid up is positive; the truth lies within three errors."""
        fit = self.fed(slope, 3)[0].fit()
        assert fit is not None
        assert abs(fit[0] - slope) < 3 * fit[1]
        assert fit[1] < 0.05

    def test_it_is_weighted_least_squares(self):
        """Decayed sums give slope and error of the regression over the history."""
        estimate, history = self.fed(0.3, 4)
        expected = reference.kyle(history, 0.5 ** (5 / 900))
        assert estimate.fit() == (pytest.approx(expected[0], rel=1e-6), pytest.approx(expected[1], rel=1e-6))

    def test_ticks_scale(self):
        """Ticks half as large move twice as many for a lot."""
        coarse, fine = self.fed(0.3, 5, noise=0.0)[0].fit(), self.fed(0.6, 5, noise=0.0)[0].fit()
        assert coarse is not None
        assert fine is not None
        assert fine[0] == pytest.approx(2 * coarse[0])

    def test_nothing_is_said_of_too_little(self):
        """Few intervals, or no volume at all."""
        assert self.fed(0.3, 3, intervals=20)[0].fit() is None
        silent = KyleLambda()
        for second in range(600):
            silent.on_mid(6e5 + second % 7, second * SECOND)
        assert silent.fit() is None

    def test_an_interrupted_interval_is_left_out(self):
        """A jump of the mid across a gap explains nothing."""
        estimate, _ = self.fed(0.3, 3)
        before = estimate.fit()
        estimate.interrupt()
        estimate.on_mid(9e5, 2_006 * SECOND)
        estimate.advance(2_011 * SECOND)
        assert estimate.fit() == before


class Marked:
    """Markouts over a time line that is written by hand; mids in ticks, times in milliseconds."""

    def __init__(self, horizons_s: tuple[int, ...], window: int = 200) -> None:
        self.line = Timeline()
        self.markouts = Markouts(self.line, horizons_s, window)

    def mid(self, at_ms: int, ticks: float) -> None:
        """The mid is this from now on."""
        self.line.note(at_ms, int(2 * ticks))


class TestMarkouts:
    """What fills were worth later."""

    def test_signs(self):
        """A buy before a rise is good, a sale before it is bad, by the same number of bps."""
        for side, sign in ((Side.BUY, 1), (Side.SELL, -1)):
            on = Marked((1,))
            on.mid(0, 10_000)
            on.markouts.on_fill(side, 10_000, 5, 1_000)
            on.mid(1_001, 10_010)
            assert on.markouts.advance(2_001)
            (figure,) = on.markouts.figures()
            assert figure.mean_bps == pytest.approx(sign * 10.0)
            assert (figure.horizon_s, figure.fills, figure.missing) == (1, 1, 0)

    def test_the_mid_of_the_horizon_counts(self):
        """A mid that comes later than t + h is not looked at, however late the fill is settled."""
        on = Marked((1, 5))
        on.mid(0, 10_000)
        on.markouts.on_fill(Side.BUY, 10_000, 5, 0)
        on.mid(999, 10_020)
        on.mid(3_000, 9_000)
        on.markouts.advance(10_000)
        assert [figure.mean_bps for figure in on.markouts.figures()] == [
            pytest.approx(20),
            pytest.approx(-1_000),
        ]

    def test_nothing_is_measured_before_all_mids_of_the_horizon_are_known(self):
        """At the horizon itself another mid of that millisecond may still come; after it, none."""
        on = Marked((1,))
        on.mid(0, 10_000)
        on.markouts.on_fill(Side.BUY, 10_000, 5, 0)
        assert not on.markouts.advance(1_000)
        on.mid(1_000, 10_030)
        assert on.markouts.advance(1_001)
        assert on.markouts.figures()[0].mean_bps == pytest.approx(30)

    def test_a_fill_heard_late_is_measured_by_its_own_time(self):
        """Read four seconds on, after a younger fill: its second ended at +10 bps, the younger's at -20."""
        on = Marked((1,))
        on.mid(0, 10_000)
        on.mid(500, 10_010)
        on.mid(2_000, 9_980)
        on.markouts.on_fill(Side.BUY, 10_000, 5, 3_500)
        on.markouts.on_fill(Side.BUY, 10_000, 15, 0)
        on.markouts.advance(4_000)
        assert on.markouts.figures()[0].mean_bps == pytest.approx(10)  # it does not wait for the younger one
        on.markouts.advance(4_501)
        assert on.markouts.figures()[0].mean_bps == pytest.approx((15 * 10 - 5 * 20) / 20)

    def test_mean_error_and_weights(self):
        """Size-weighted; the error of equal weights is the textbook one."""
        on, moves = Marked((1,)), [3.0, -5.0, 8.0, 1.0]
        for number, move in enumerate(moves):
            on.mid(number * 10_000, 10_000)
            on.markouts.on_fill(Side.BUY, 10_000, 7, number * 10_000)
            on.mid(number * 10_000 + 1, 10_000 + move)
            on.markouts.advance(number * 10_000 + 2_000)
        (figure,) = on.markouts.figures()
        mean = sum(moves) / 4
        error = math.sqrt(sum((move - mean) ** 2 for move in moves) / 3 / 4)
        assert (figure.mean_bps, figure.error_bps) == (pytest.approx(mean), pytest.approx(error))
        assert figure.t_stat == pytest.approx(mean / error)
        on.mid(99_000, 10_000)
        on.markouts.on_fill(Side.BUY, 10_000, 28, 99_000)
        on.mid(99_001, 9_990)
        on.markouts.advance(101_000)
        assert on.markouts.figures()[0].mean_bps == pytest.approx((7 * sum(moves) - 28 * 10) / 56)

    def test_a_broken_book_is_counted_as_missing(self):
        """No mid at the horizon, or one that is forgotten by now: in no mean, but told."""
        on = Marked((1,))
        on.mid(10_000, 10_000)
        on.markouts.on_fill(Side.BUY, 10_000, 5, 10_000)
        on.markouts.on_fill(Side.BUY, 10_000, 5, 1_000)
        on.line.lose()
        on.markouts.advance(11_001)
        (figure,) = on.markouts.figures()
        assert (figure.fills, figure.missing, figure.mean_bps, figure.t_stat) == (0, 2, 0.0, 0.0)

    def test_the_window_rolls(self):
        """Only the last fills count."""
        on = Marked((1,), window=3)
        for number in range(10):
            on.mid(number * 10_000, 10_000)
            on.markouts.on_fill(Side.BUY, 10_000, 5, number * 10_000)
            on.mid(number * 10_000 + 1, 10_000 + number)
            on.markouts.advance(number * 10_000 + 2_000)
        assert on.markouts.figures()[0].mean_bps == pytest.approx(8)
        assert on.markouts.figures()[0].fills == 3

    def test_a_long_pause_begins_anew_and_news_of_before_it_does_not(self):
        """Ten minutes and a second after the last fill; one read late from before leaves the window alone."""
        on = Marked((1,))
        on.mid(0, 10_000)
        for at_ms in (0, 601_000, 600_000):
            on.markouts.on_fill(Side.BUY, 10_000, 5, at_ms)
            on.markouts.advance(at_ms + 1_001)
        assert on.markouts.figures()[0].fills == 2

    def test_one_sidedness(self):
        """All bids hit is 1, all asks lifted is -1, by lots."""
        markouts = Marked((1,)).markouts
        assert markouts.fill_imbalance == 0.0
        markouts.on_fill(Side.BUY, 10_000, 30, 0)
        assert markouts.fill_imbalance == 1.0
        markouts.on_fill(Side.SELL, 10_000, 90, 0)
        assert markouts.fill_imbalance == -0.5
