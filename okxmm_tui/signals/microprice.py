"""Stoikov's micro-price, learned while trading ("The micro-price", Quantitative Finance 18(12), 2018).

A state is a bucket of the imbalance bid / (bid + ask) and a spread in ticks; every change of the touch is a
step. The paper splits steps into those that leave the mid (Q) and those that move it (R1 K and R2) and sums

    micro - mid = sum over i of B^i G1,   G1 = (I - Q)^-1 R1 K,   B = (I - Q)^-1 R2.

That sum T solves (I - Q) T = R1 K + R2 T, that is (I - P) T = D, where P = Q + R2 are all transitions and D
is the mean move of the mid out of a state: T is the expected total of all moves to come. Counting every step
together with its mirror image (sides exchanged, move negated) makes T antisymmetric, so that half the states
carry it and (I - P), singular on constants, can be solved on them. Ten buckets by three spreads leave 15
unknowns.
"""

from __future__ import annotations

from okxmm_tui.signals.fair_value import weighted_mid

BUCKETS = 10
"""Of the imbalance; even, so that no bucket is its own mirror image."""
SPREADS = 3
"""1, 2, and 3 or more ticks."""
MIN_STEPS = 2_000
"""Steps seen before anything but the weighted mid is believed."""
MIN_VISITS = 50
"""Steps out of a state before its own figure replaces the weighted mid."""
SINGULAR = 1e-9

HALF = BUCKETS // 2
STATES = HALF * SPREADS


class MicroPrice:
    """Counts steps, solves at intervals, and adds the adjustment of the present state to the mid.

    Counts keep half their weight from one ``solve`` to ``half_life`` solves later.

    Args:
        half_life: Number of solves after which a step has half its weight.
    """

    def __init__(self, half_life: float = 60.0) -> None:
        self._keep = 0.5 ** (1 / half_life)
        self._flow = [[0.0] * STATES for _ in range(STATES)]
        """Steps to a state less steps to its mirror image."""
        self._visits = [0.0] * STATES
        self._moved = [0.0] * STATES
        self._adjust: list[float] | None = None
        self._state = 0
        self._sign = 0
        self._twice_mid = 0

    def interrupt(self) -> None:
        """The book broke: what comes next is no step from what was."""
        self._sign = 0

    def update(self, bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int) -> None:
        """Take a changed touch."""
        state, sign = _state_of(bid_ticks, bid_lots, ask_ticks, ask_lots)
        twice_mid = bid_ticks + ask_ticks
        was = self._sign
        if was:  # steps out of an even touch cancel against their mirror images
            self._visits[self._state] += 1
            self._flow[self._state][state] += was * sign
            self._moved[self._state] += was * (twice_mid - self._twice_mid) / 2
        self._state, self._sign, self._twice_mid = state, sign, twice_mid

    def price(self, bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int) -> float:
        """Fair price in ticks; the weighted mid while too little has been seen."""
        state, sign = _state_of(bid_ticks, bid_lots, ask_ticks, ask_lots)
        if self._adjust is None or self._visits[state] < MIN_VISITS:
            return weighted_mid(bid_ticks, bid_lots, ask_ticks, ask_lots)
        return (bid_ticks + ask_ticks) / 2 + sign * self._adjust[state]

    def solve(self) -> None:
        """Turn the counts into adjustments, then let them fade; meant for once a minute."""
        if sum(self._visits) >= MIN_STEPS:
            self._adjust = _solved(*self._equations())
        keep = self._keep
        self._visits = [value * keep for value in self._visits]
        self._moved = [value * keep for value in self._moved]
        self._flow = [[value * keep for value in row] for row in self._flow]

    def _equations(self) -> tuple[list[list[float]], list[float]]:
        """(I - P) T = D per visited state; states hardly seen stand at their weighted mid."""
        rows: list[list[float]] = []
        wanted: list[float] = []
        for state, visits in enumerate(self._visits):
            row = [0.0] * STATES
            if visits < MIN_VISITS:
                row[state] = 1.0
                bucket, spread = state % HALF, state // HALF + 1
                wanted.append(((bucket + 0.5) / BUCKETS - 0.5) * spread)
            else:
                row = [-count / visits for count in self._flow[state]]
                row[state] += 1.0
                wanted.append(self._moved[state] / visits)
            rows.append(row)
        return rows, wanted


def _state_of(bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int) -> tuple[int, int]:
    """State on the ask-heavy half, and the sign its adjustment has here.

    +1 as it stands, -1 when the touch is its mirror image, 0 when it is its own: even sides mean nothing.
    """
    first = (min(max(ask_ticks - bid_ticks, 1), SPREADS) - 1) * HALF
    if bid_lots == ask_lots:
        return first + HALF - 1, 0
    smaller = min(bid_lots, ask_lots)
    return first + BUCKETS * smaller // (bid_lots + ask_lots), 1 if bid_lots < ask_lots else -1


def _solved(rows: list[list[float]], wanted: list[float]) -> list[float] | None:
    """Gaussian elimination with pivots; None when the states seen never reach their mirror images."""
    size = len(rows)
    lines = [[*row, value] for row, value in zip(rows, wanted, strict=True)]
    for column in range(size):
        pivot = max(range(column, size), key=lambda index: abs(lines[index][column]))
        if abs(lines[pivot][column]) < SINGULAR:
            return None
        lines[column], lines[pivot] = lines[pivot], lines[column]
        head = lines[column]
        for line in lines[column + 1 :]:
            factor = line[column] / head[column]
            if factor:
                line[column:] = [a - factor * b for a, b in zip(line[column:], head[column:], strict=True)]
    result = [0.0] * size
    for row in range(size - 1, -1, -1):
        known = sum(lines[row][other] * result[other] for other in range(row + 1, size))
        result[row] = (lines[row][size] - known) / lines[row][row]
    return result
