"""An endless market fitted to recordings: a churning book, uninformed prints, informed sweeps.

Levels arrive, change and are cancelled by Poisson rates that depend on their distance and on how many there
are. Uninformed takers hit the best price, with persistent sides. Informed takers sweep the book to where
they know the price to be; sweeps come in bursts (a Hawkes process on top of a stochastic activity) and have
empirical, heavy-tailed sizes; part of their move is given back. The same seed gives the same market.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market_events import BboEvent, BookEvent, MarketEvent, TradeEvent
from okxmm_tui.exchange.synthetic.ladder import MIN_LEVELS, Churn, Ladder
from okxmm_tui.exchange.synthetic.profile import (
    TABLE,
    Profile,
    lots_table,
    profile_for,
    start_ticks,
    table,
    value_per_lot,
)

STEP_NS = 100_000_000
"""One depth update a step, the cadence of ``books``."""
STEP_S = 0.1
PROFILE_TICK_BPS = 0.0162
"""Tick of the fitted contracts in bps of their price; coarser ticks stretch the book."""
JOINING = 1.5
"""Power of a sweep's size in the number of its prints."""
EXCESS_S = 10.0
"""Time constant in which a sweep's move becomes the price."""
LOWEST = 0.2
"""Share of the first price below which sweeps go up only: a walk of months must not end at zero."""

Batch = tuple[int, tuple[MarketEvent, ...]]


class SyntheticFeed:
    """An endless random market of one instrument.

    Args:
        listed: The instrument.
        seed: Of the market; instruments of one seed differ.
        profile: Its constants; fitted ones by default.
    """

    loop = 1

    def __init__(self, listed: Listing, seed: int = 1, profile: Profile | None = None) -> None:
        self.listings = (listed,)
        self._inst_id = listed.inst_id
        self._random = random.Random(f"{seed} {listed.inst_id}")  # noqa: S311 - a market, not a secret
        self._draw = self._random.random
        self._profile = ours = profile or profile_for(listed)
        self._first = start = start_ticks(listed)
        lot_value = value_per_lot(listed, start)
        self._touches = lots_table(ours.touch_sizes, lot_value)
        self._sizes = lots_table(ours.trade_sizes, lot_value, ours.trade_scale)
        self._jumps = table(ours.jump_sizes, ours.jump_scale * 1e-4)
        self._mean_jump = math.fsum(self._jumps) / TABLE
        stretch = 1.0 if profile is not None else max(1.0, 1e4 / start / PROFILE_TICK_BPS)
        self._churn = Churn(ours.rings, lot_value, stretch)
        self._bids, self._asks = Ladder(-1, self._draw), Ladder(1, self._draw)
        self._excess = 0.0
        """Ticks the price has lately gone too far; forgotten with time, so that it is no anchor."""
        self._log_activity = 0.0
        self._activity = 1.0
        self._excitement = 0.0
        self._sign = 1
        self._seq = 0
        self._trade_id = 0
        self._shown: tuple[int, int, int, int] = (0, 0, 0, 0)

    def events(self) -> Iterator[Batch]:
        """Yield (nanoseconds since the start, events) for ever."""
        yield 0, (self._snapshot(),)
        now_ns = 0
        while True:
            self._move_activity()
            yield from self._flow(now_ns)
            now_ns += STEP_NS
            yield now_ns, self._depth(now_ns)

    # -- the book ----------------------------------------------------------------------------------

    def _snapshot(self) -> BookEvent:
        start, zones = self._first, self._churn.zones
        self._bids.put(start, self._touch())
        self._asks.put(start + 1, self._touch())
        self._bids.fill(start + 1, zones)
        self._asks.fill(start, zones)
        self._seq += 1
        bids, asks = self._bids.all_levels(), self._asks.all_levels()
        return BookEvent(self._inst_id, is_snapshot=True, bids=bids, asks=asks, source_ms=0, seq=self._seq)

    def _depth(self, now_ns: int) -> tuple[MarketEvent, ...]:
        mean = self._churn.rate * STEP_S
        for side, reference in ((self._bids, self._asks.best), (self._asks, self._bids.best)):
            if len(side.keys) < MIN_LEVELS:
                side.fill(reference, self._churn.zones)
            side.churn(reference, self._churn.choices, self._poisson(mean))
        self._seq += 1 + int(self._draw() * 9)
        bids, asks = self._bids.take_changes(), self._asks.take_changes()
        source_ms = now_ns // 1_000_000
        return (
            BookEvent(
                self._inst_id, is_snapshot=False, bids=bids, asks=asks, source_ms=source_ms, seq=self._seq
            ),
        )

    def _touch(self) -> int:
        return self._touches[int(self._draw() * TABLE)]

    def _best(self, at_ns: int) -> tuple[MarketEvent, ...]:
        bid, ask = self._bids, self._asks
        shown = (bid.best, bid.best_lots, ask.best, ask.best_lots)
        if shown == self._shown:
            return ()
        self._shown = shown
        self._seq += 1 + int(self._draw() * 9)
        return (
            BboEvent(
                self._inst_id,
                (shown[0], shown[1], "1"),
                (shown[2], shown[3], "1"),
                at_ns // 1_000_000,
                self._seq,
            ),
        )

    # -- order flow --------------------------------------------------------------------------------

    def _move_activity(self) -> None:
        ours = self._profile
        decay = STEP_S / ours.activity_s
        self._log_activity += self._random.gauss(
            -decay * self._log_activity, ours.activity_sd * math.sqrt(2 * decay)
        )
        self._activity = math.exp(self._log_activity - ours.activity_sd**2 / 2)
        self._excitement *= math.exp(-STEP_S / ours.excitement_s)
        self._excess *= math.exp(-STEP_S / EXCESS_S)

    def _flow(self, begun_ns: int) -> Iterator[Batch]:
        ours, draw = self._profile, self._draw
        jump_rate = ours.jump_rate * (1 - ours.branching) * self._activity
        noise_rate = ours.noise_rate * self._activity
        at_s = 0.0
        while True:
            jumps = jump_rate + self._excitement
            total = jumps + noise_rate + ours.quote_rate
            at_s -= math.log(1.0 - draw()) / total
            if at_s >= STEP_S:
                return
            at_ns = begun_ns + int(at_s * 1e9)
            chosen = draw() * total
            if chosen < jumps:
                events = self._sweep(at_ns)
            elif chosen < jumps + noise_rate:
                events = self._noise(at_ns)
            else:
                self._requote()
                events = ()
            events += self._best(at_ns)
            if events:
                yield at_ns, events

    def _noise(self, at_ns: int) -> tuple[MarketEvent, ...]:
        if self._draw() >= self._profile.sign_persistence:
            self._sign = 1 if self._draw() < 0.5 else -1
        hit = self._asks if self._sign > 0 else self._bids
        lots = min(self._sizes[int(self._draw() * TABLE)], hit.best_lots)
        print_ = self._print(hit.best, lots, at_ns)
        hit.take(lots)
        return (print_,)

    def _sweep(self, at_ns: int) -> tuple[MarketEvent, ...]:
        ours, draw = self._profile, self._draw
        self._excitement += ours.branching / ours.excitement_s
        mid = (self._bids.best + self._asks.best) / 2
        size = self._jumps[int(draw() * TABLE)]
        ticks = max(1, round(size * mid))
        pull = -self._excess / (self._mean_jump * mid * 4)
        sign = 1 if draw() < 0.5 + 0.5 * math.tanh(pull) or mid < self._first * LOWEST else -1
        self._sign = sign
        hit, own = (self._asks, self._bids) if sign > 0 else (self._bids, self._asks)
        target = hit.best + sign * (ticks - 1)
        prints = self._sweep_prints(hit, target, size, at_ns)
        hit.clear_through(target)
        own.put(target, self._touch())
        if draw() < ours.tight_share or not hit.keys:
            hit.put(target + sign, self._touch())
        self._excess += ours.overshoot * sign * ticks
        return tuple(prints)

    def _sweep_prints(self, hit: Ladder, target: int, size: float, at_ns: int) -> list[MarketEvent]:
        """Prints over all levels up to the target; what they leave there, makers withdraw.

        The further a sweep goes the more takers join it, more than in proportion: that is what makes bursts.
        """
        draw = self._draw
        mean = self._profile.sweep_prints * (size / self._mean_jump) ** JOINING
        wanted = 1 + int(-math.log(1.0 - draw()) * mean)
        levels = hit.levels_through(target)
        prints: list[MarketEvent] = []
        for number, (price, held) in enumerate(levels):
            left = held
            for _ in range(math.ceil((wanted - len(prints)) / (len(levels) - number))):
                if left <= 0:
                    break
                lots = min(self._sizes[int(draw() * TABLE)], left)
                prints.append(self._print(price, lots, at_ns))
                left -= lots
        return prints

    def _requote(self) -> None:
        draw, bids, asks = self._draw, self._bids, self._asks
        is_bid = draw() < 0.5
        side = bids if is_bid else asks
        if asks.best - bids.best > 1 and draw() < self._profile.tighten_share:
            side.put(asks.best - 1 if is_bid else bids.best + 1, self._touch())
        elif draw() < 0.2:
            side.put(side.best, self._touch())
        else:
            side.put(side.best, max(1, int(side.best_lots * (0.9 + 0.2 * draw()) + draw())))

    def _print(self, price: int, lots: int, at_ns: int) -> TradeEvent:
        self._trade_id += 1
        side = Side.BUY if self._sign > 0 else Side.SELL
        return TradeEvent(self._inst_id, self._trade_id, price, lots, side, "1", "0", at_ns // 1_000_000)

    def _poisson(self, mean: float) -> int:
        """Count of a Poisson process; normal where that is as good."""
        if mean > 30:
            return max(0, round(self._random.gauss(mean, math.sqrt(mean))))
        limit, product, count = math.exp(-mean), self._draw(), 0
        while product > limit:
            product *= self._draw()
            count += 1
        return count
