"""The estimators once more, as slowly and plainly as they are defined: histories in, one figure out."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise

from okxmm_tui.core.types import Side

Quote = tuple[int, int, int, int]
"""(bid_ticks, bid_lots, ask_ticks, ask_lots)."""


def decayed(half_life_s: float, elapsed_s: float) -> float:
    """Weight of a sample of that age."""
    return 0.5 ** (elapsed_s / half_life_s)


# -- volatility --------------------------------------------------------------------------------------


def ewma(samples: Sequence[tuple[float, float]], half_life_s: float) -> float:
    """Samples are (seconds, mid): weighted mean of r^2 / dt, each step weighing what its time span does."""
    total = weights = 0.0
    end = samples[-1][0]
    for (t0, m0), (t1, m1) in pairwise(samples):
        weight = decayed(half_life_s, end - t1) - decayed(half_life_s, end - t0)
        total += weight * math.log(m1 / m0) ** 2 / (t1 - t0)
        weights += weight
    return math.sqrt(total / weights)


def parkinson(bars: Sequence[Sequence[float]], bar_s: float) -> float:
    """Bars are lists of mids, the first of each being where the bar opened."""
    ranges = [math.log(max(bar) / min(bar)) ** 2 for bar in bars]
    return math.sqrt(sum(ranges) / len(ranges) / (4 * math.log(2)) / bar_s)


def two_scale(mids: Sequence[float], scale: int, step_s: float) -> float:
    """Average the subsampled realised variances grid by grid and correct for noise."""
    logs = [math.log(mid) for mid in mids]
    returns = len(logs) - 1
    every = sum((b - a) ** 2 for a, b in pairwise(logs))
    slow = 0.0
    for offset in range(scale):
        grid = logs[offset::scale]
        slow += sum((b - a) ** 2 for a, b in pairwise(grid))
    mean_size = (returns - scale + 1) / scale
    variance = (slow / scale - mean_size / returns * every) / (1 - mean_size / returns)
    return math.sqrt(max(0.0, variance) / (returns * step_s))


# -- fair value --------------------------------------------------------------------------------------


def sweep(levels: Sequence[tuple[int, int]], size_lots: int) -> float | None:
    """Mean price of the first lots, one lot at a time."""
    lots = [price for price, size in levels for _ in range(size)]
    return sum(lots[:size_lots]) / size_lots if len(lots) >= size_lots else None


def micro_price(quotes: Sequence[Quote], buckets: int, spreads: int) -> dict[tuple[int, int], float]:
    """Stoikov's sum B^i G1 over all states, from quotes and their mirror images, as the paper has it."""
    states = [(bucket, spread) for spread in range(1, spreads + 1) for bucket in range(buckets)]
    index = {state: place for place, state in enumerate(states)}
    size = len(states)
    q, r2 = _square(size), _square(size)
    r1, visits = [0.0] * size, [0.0] * size
    for quote, following in pairwise(quotes):
        for mirror in (1, -1):
            here, there = (index[_state(each, buckets, spreads, mirror)] for each in (quote, following))
            move = mirror * (following[0] + following[2] - quote[0] - quote[2]) / 2
            visits[here] += 1
            (r2 if move else q)[here][there] += 1
            r1[here] += move
    for row in range(size):
        for matrix in (q, r2):
            matrix[row] = [count / visits[row] if visits[row] else 0.0 for count in matrix[row]]
        r1[row] = r1[row] / visits[row] if visits[row] else 0.0
    stay = [[(row == col) - q[row][col] for col in range(size)] for row in range(size)]
    g = solve(stay, r1)
    total = list(g)
    for _ in range(2_000):
        g = solve(stay, [sum(a * b for a, b in zip(line, g, strict=True)) for line in r2])
        total = [a + b for a, b in zip(total, g, strict=True)]
        if max(map(abs, g)) < 1e-10:
            break
    return dict(zip(states, total, strict=True))


def _state(quote: Quote, buckets: int, spreads: int, mirror: int) -> tuple[int, int]:
    bid_ticks, bid_lots, ask_ticks, ask_lots = quote
    if mirror < 0:
        bid_lots, ask_lots = ask_lots, bid_lots
    share = Fraction(bid_lots, bid_lots + ask_lots)
    low = share < Fraction(1, 2)  # edges belong to the outer bucket's neighbour on both halves alike
    bucket = int(share * buckets) if low else buckets - 1 - int((1 - share) * buckets)
    return bucket, min(spreads, ask_ticks - bid_ticks)


def _square(size: int) -> list[list[float]]:
    return [[0.0] * size for _ in range(size)]


def solve(matrix: Sequence[Sequence[float]], wanted: Sequence[float]) -> list[float]:
    """Gauss-Jordan elimination."""
    lines = [[*row, value] for row, value in zip(matrix, wanted, strict=True)]
    for column in range(len(lines)):
        pivot = max(range(column, len(lines)), key=lambda row: abs(lines[row][column]))
        lines[column], lines[pivot] = lines[pivot], lines[column]
        lines[column] = [value / lines[column][column] for value in lines[column]]
        for row, line in enumerate(lines):
            if row != column and line[column]:
                lines[row] = [a - line[column] * b for a, b in zip(line, lines[column], strict=True)]
    return [line[-1] for line in lines]


# -- flow --------------------------------------------------------------------------------------------


def order_flow(quotes: Sequence[tuple[int, Quote]], window_s: int) -> int:
    """Quotes are (second, quote): the sum of e_n over the last seconds, indicator by indicator."""
    total, last = 0, quotes[-1][0]
    for (_, old), (second, new) in pairwise(quotes):
        if second > last - window_s:
            total += (new[0] >= old[0]) * new[1] - (new[0] <= old[0]) * old[1]
            total += (new[2] >= old[2]) * old[3] - (new[2] <= old[2]) * new[3]
    return total


def trade_imbalance(trades: Sequence[tuple[float, int]], half_life_s: float) -> float:
    """Trades are (seconds, signed lots)."""
    end = trades[-1][0]
    weights = [(decayed(half_life_s, end - at), lots) for at, lots in trades]
    return sum(w * lots for w, lots in weights) / sum(w * abs(lots) for w, lots in weights)


def vpin(trades: Sequence[tuple[float, int]], bucket_s: float, buckets: int, half_life_s: float) -> float:
    """Trades are (seconds, signed lots): buckets cut one by one, their size from all trades so far."""
    done: list[tuple[float, float]] = []
    size = filled = signed = 0.0
    for number, (now, lots) in enumerate(trades):
        elapsed = now - trades[0][0]
        rate = math.log(2) / half_life_s
        if elapsed >= bucket_s:
            pace = sum(abs(each) * decayed(half_life_s, now - at) for at, each in trades[: number + 1])
            fresh = max(1.0, pace / ((1 - math.exp(-rate * elapsed)) / rate) * bucket_s)
            size = size or fresh
        left = abs(lots) if size else 0.0
        while left > 1e-9:
            part = min(left, size - filled)
            filled, signed, left = filled + part, signed + math.copysign(part, lots), left - part
            if filled >= size - 1e-9:
                done.append((abs(signed), filled))
                filled = signed = 0.0
                size = fresh
    last = done[-buckets:]
    return sum(toxic for toxic, _ in last) / sum(total for _, total in last)


def kyle(intervals: Sequence[tuple[float, float]], keep: float) -> tuple[float, float]:
    """Intervals are (signed lots, mid change): weighted least squares with an intercept."""
    weights = [keep**age for age in range(len(intervals) - 1, -1, -1)]
    total = sum(weights)
    mean_x = sum(w * x for w, (x, _) in zip(weights, intervals, strict=True)) / total
    mean_y = sum(w * y for w, (_, y) in zip(weights, intervals, strict=True)) / total
    sxx = sum(w * (x - mean_x) ** 2 for w, (x, _) in zip(weights, intervals, strict=True))
    sxy = sum(w * (x - mean_x) * (y - mean_y) for w, (x, y) in zip(weights, intervals, strict=True))
    slope = sxy / sxx
    rest = sum(
        w * (y - mean_y - slope * (x - mean_x)) ** 2 for w, (x, y) in zip(weights, intervals, strict=True)
    )
    samples = total**2 / sum(w * w for w in weights)
    return slope, math.sqrt(rest / sxx / (samples - 2))


# -- intensity ---------------------------------------------------------------------------------------


def likelihood_intensity(
    sweeps: Sequence[tuple[float, int]], spreads: Sequence[tuple[float, float, int]], half_life_s: float
) -> tuple[float, float]:
    """(A, k) for sweeps (seconds, excess) and spreads (from, until, ticks), k by bisection of the score."""
    end = spreads[-1][1]
    weights = [(decayed(half_life_s, end - at), excess) for at, excess in sweeps]
    count, depth = sum(w for w, _ in weights), sum(w * excess for w, excess in weights)
    low, high = 1e-9, 50.0
    for _ in range(200):
        k = (low + high) / 2
        low, high = (k, high) if count / math.expm1(k) > depth else (low, k)
    rate = math.log(2) / half_life_s
    seconds = sum(
        (decayed(half_life_s, end - until) - decayed(half_life_s, end - begin))
        / rate
        * math.exp(-k * ticks / 2)
        for begin, until, ticks in spreads
    )
    return count / seconds, k


def least_squares_intensity(
    depths: Sequence[float], seconds: float, step_s: float, points: int
) -> tuple[float, float]:
    """As hftbacktest does it: ln(steps that reached d / seconds) = ln A - k d over the nearest distances.

    ``depths`` holds the deepest distance of each step in which anything traded.
    """
    reached: dict[float, int] = defaultdict(int)
    for distance in sorted(set(depths))[:points]:
        reached[distance] = sum(depth >= distance for depth in depths)
    # a step reached twice is counted once: undo the saturation
    steps = seconds / step_s
    xs = list(reached)
    ys = [math.log(-math.log1p(-count / steps) / step_s) for count in reached.values()]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    slope = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True)) / sum(
        (x - mean_x) ** 2 for x in xs
    )
    return math.exp(mean_y - slope * mean_x), -slope


# -- probabilities -----------------------------------------------------------------------------------


def share_filled(
    events: list[tuple[int, int, int, tuple[Side, int, int] | None]],
    horizon_s: int,
    distance: int,
    needed: int,
    *,
    kept: int,
) -> float:
    """Imagine every order again and follow it through all events of its horizon, one by one."""
    last = events[-1][0]
    followed: list[tuple[bool, bool, bool, int]] = []
    for second in range(last - horizon_s + 1):
        begun = [each for each in events if second <= each[0] < second + horizon_s]
        for side in Side:
            best = begun[0][1] if side is Side.BUY else begun[0][2]
            followed.append(_followed(begun, side, best, distance))
    followed = followed[-kept:]
    never = [taken for _, _, is_touch_passed, taken in followed if not is_touch_passed]
    eaten = (sum(taken >= needed for taken in never) + 0.5) / (len(never) + 1)
    filled = sum(1.0 if is_passed else eaten * is_reached for is_passed, is_reached, _, _ in followed)
    return (filled + 0.5) / (len(followed) + 1)


def _followed(
    events: list[tuple[int, int, int, tuple[Side, int, int] | None]], side: Side, best: int, distance: int
) -> tuple[bool, bool, bool, int]:
    """(passed at the distance, reached there, passed at the touch, lots taken at the touch)."""
    price = best - side.sign * distance
    is_passed = is_reached = is_touch_passed = False
    taken = 0
    for _, bid, ask, trade in events:
        own, opposite = (bid, ask) if side is Side.BUY else (ask, bid)
        is_passed |= side.sign * (opposite - price) <= 0
        is_touch_passed |= side.sign * (opposite - best) <= 0
        is_reached |= side.sign * (own - price) <= 0
        if trade is not None and trade[0] is side.opposite:
            is_passed |= side.sign * (trade[1] - price) < 0
            is_touch_passed |= side.sign * (trade[1] - best) < 0
            is_reached |= side.sign * (trade[1] - price) <= 0
            taken += trade[2] * (trade[1] == best)
    return is_passed, is_reached, is_touch_passed, taken
