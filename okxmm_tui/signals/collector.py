"""All estimators of one market, fed by events and read as one ``Signals``.

What is cheap is done with every event. Costlier work has its cadence, driven by event times alone:

    every 100 ms   volatility, bars, breaker (mids closer together are one sample)
    every 500 ms   depth, slippage, large orders (with the first book update after that time)
    every second   order flow window, price impact, typical size, fits of A and k, imagined orders
    every minute   the micro-price is solved again
    when read      fair prices and imbalance of the first levels: once per change of the book

Reading never changes an estimator: how often a console looks must not change what the strategy sees, or a
replay would part from the session it replays.
"""

from __future__ import annotations

from okxmm_tui.core.accounting.timeline import Timeline
from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.own_shown import OwnShown, Top
from okxmm_tui.core.signals import Intensity, Signals
from okxmm_tui.core.types import ContractKind, Levels, Side
from okxmm_tui.signals.book_figures import TYPICAL_LEVELS, DeepFigures, read_depth, read_touch
from okxmm_tui.signals.fair_value import weighted_mid
from okxmm_tui.signals.fill_probability import MIN_FOLLOWED, FillHistory
from okxmm_tui.signals.imbalance import OrderFlowImbalance, TradeImbalance
from okxmm_tui.signals.intensity import SpreadTime, SweepDepths
from okxmm_tui.signals.liquidity import IcebergWatch, TypicalSize
from okxmm_tui.signals.microprice import MicroPrice
from okxmm_tui.signals.touch import TouchHistory
from okxmm_tui.signals.toxicity import KyleLambda, Markouts, Vpin
from okxmm_tui.signals.volatility import (
    MIN_SAMPLE_NS,
    NS_PER_S,
    EwmaVolatility,
    ParkinsonVolatility,
    TwoScaleVolatility,
    VolatilityBreaker,
)

FAST_HALF_LIFE_S = 30.0
SLOW_HALF_LIFE_S = 1_200.0
INTENSITY_HALF_LIFE_S = 600.0
FILL_HORIZON_S = 10
"""Horizon of the fill probability of an own order."""
SECONDS_PER_SOLVE = 60
DEPTH_NS = 500_000_000
"""Time between readings of many levels: they cost more than everything else of a book update together."""


class MarketSignals:
    """One of each estimator.

    Args:
        instrument: For values in quote currency.
        book: The market's book; read, never changed.
        timeline: The market's mids by the venue's time; read, never changed.
        own: What of the book is ours; read, never changed. None where nothing ever is.
    """

    def __init__(
        self, instrument: Instrument, book: OrderBook, timeline: Timeline, own: OwnShown | None = None
    ) -> None:
        self._book = book
        self._own = own or OwnShown(book)
        self._is_inverse = instrument.kind is ContractKind.INVERSE
        face = float(instrument.lot_size * instrument.contract_value)
        self._value = face if self._is_inverse else face * float(instrument.tick_size)
        self.fast = EwmaVolatility(FAST_HALF_LIFE_S)
        self.slow = EwmaVolatility(SLOW_HALF_LIFE_S)
        self._parkinson = ParkinsonVolatility()
        self._two_scale = TwoScaleVolatility()
        self._breaker = VolatilityBreaker()
        self._micro = MicroPrice()
        self._flow = OrderFlowImbalance()
        self._trades = TradeImbalance()
        self._spreads = SpreadTime(INTENSITY_HALF_LIFE_S)
        self._sweeps = {side: SweepDepths(INTENSITY_HALF_LIFE_S) for side in Side}
        self._fits: dict[Side, Intensity | None] = dict.fromkeys(Side)
        self._outcomes = FillHistory(FILL_HORIZON_S)
        self._vpin = Vpin()
        self._kyle = KyleLambda()
        self._markouts = Markouts(timeline)
        self._touches = TouchHistory()
        self._typical = TypicalSize()
        self._bergs = {
            Side.BUY: IcebergWatch(Side.BUY, book.bids),
            Side.SELL: IcebergWatch(Side.SELL, book.asks),
        }
        self._top: Top | None = None
        """As shown: what takers meet and arrivals are measured from."""
        self._others: Top | None = None
        """Without our own orders: what prices are read from."""
        self._now_ns = 0
        self._sample_ns = 0
        self._second = 0
        self._near: tuple[float | None, float] | None = None
        self._deep = DeepFigures()
        self._deep_ns = 0
        self._summary: Signals | None = None

    # -- what happens --------------------------------------------------------------------------------

    def on_top(
        self, bid_ticks: int, bid_lots: int, ask_ticks: int, ask_lots: int, *, venue_ms: int, now_ns: int
    ) -> None:
        """Take the best quotes of a live, uncrossed book, changed or not."""
        self._now_ns = now_ns
        self.advance(venue_ms)
        top, was = (bid_ticks, bid_lots, ask_ticks, ask_lots), self._top
        if top != was:
            self._summary, self._top = None, top
            if was is None or bid_ticks != was[0] or ask_ticks != was[2]:
                self._touches.add(venue_ms, bid_ticks, ask_ticks)
                self._outcomes.on_touch(bid_ticks, ask_ticks)
                self._spreads.update(ask_ticks - bid_ticks, now_ns)
        # Where nobody else stands on a side, what is shown is all there is; nothing is quoted then.
        self._on_others(self._own.others(top, venue_ms) or top, now_ns)
        if now_ns // NS_PER_S != self._second:
            self.on_time(now_ns)

    def _on_others(self, top: Top, now_ns: int) -> None:
        was = self._others
        if top != was:
            self._summary, self._others = None, top
            self._flow.update(*top, now_ns)
            self._micro.update(*top)
            if was is None or top[0] != was[0] or top[2] != was[2]:
                self._kyle.on_mid(_mid(top), now_ns)
        if now_ns - self._sample_ns >= MIN_SAMPLE_NS:
            self._sample(_mid(top), now_ns)

    def _sample(self, mid_ticks: float, now_ns: int) -> None:
        self._sample_ns, self._summary = now_ns, None
        for estimate in (self.fast, self.slow, self._parkinson, self._two_scale):
            estimate.update(mid_ticks, now_ns)
        slow = self.slow.per_sqrt_s
        self._breaker.update(self.fast.per_sqrt_s / slow if slow > 0 else 1.0, now_ns)

    def on_book(self, bids: Levels, asks: Levels, now_ns: int) -> None:
        """The book has just taken these changed levels."""
        self._summary = self._near = None
        self._bergs[Side.BUY].on_book(bids)
        self._bergs[Side.SELL].on_book(asks)
        if now_ns - self._deep_ns >= DEPTH_NS:
            self._read_depth(now_ns)

    def on_snapshot(self, now_ns: int) -> None:
        """The book was replaced as a whole, or cleared."""
        self._summary = self._near = None
        for watch in self._bergs.values():
            watch.clear()
        self._read_depth(now_ns)

    def _read_depth(self, now_ns: int) -> None:
        self._deep_ns = now_ns
        typical_lots = self._typical.lots
        self._deep = read_depth(self._own, self._value, typical_lots, is_inverse=self._is_inverse)

    def on_break(self, now_ns: int | None = None) -> None:
        """The book is not to be trusted: no step, no time and no mid count until it is back."""
        now_ns = self._now_ns if now_ns is None else now_ns
        self.on_snapshot(now_ns)
        self._top = self._others = None
        self._flow.interrupt()
        self._micro.interrupt()
        self._kyle.interrupt()
        self._touches.clear()
        self._outcomes.interrupt()
        self._spreads.update(0, now_ns)

    def on_trade(self, taker: Side, price_ticks: int, size_lots: int, *, venue_ms: int, now_ns: int) -> None:
        """Take a print of the tape."""
        self._now_ns, self._summary = now_ns, None
        self._trades.on_trade(taker, size_lots, now_ns)
        self._vpin.on_trade(taker, size_lots, now_ns)
        self._kyle.on_trade(taker, size_lots, now_ns)
        self._outcomes.on_print(taker, price_ticks, size_lots)
        self._bergs[taker.opposite].on_print(price_ticks, size_lots)
        if (touch := self._touches.before(venue_ms)) is not None:
            excess = price_ticks - touch[2] if taker is Side.BUY else touch[1] - price_ticks
            self._sweeps[taker].on_print(excess, venue_ms, now_ns)
        if now_ns // NS_PER_S != self._second:
            self.on_time(now_ns)

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, venue_ms: int) -> None:
        """Take a maker fill of ours; one without a price has no markout and is passed over."""
        if price_ticks > 0:
            self._summary = None
            self._markouts.on_fill(side, price_ticks, size_lots, venue_ms)

    def advance(self, venue_ms: int) -> None:
        """Every mid before this venue time is known: measure the fills whose horizons ended."""
        if self._markouts.advance(venue_ms):
            self._summary = None

    def on_time(self, now_ns: int) -> None:
        """Let time pass; what is due once a second is done once a second, however often this is called."""
        second = now_ns // NS_PER_S
        if second == self._second:
            return
        self._now_ns, self._summary = now_ns, None
        is_solving = second // SECONDS_PER_SOLVE != self._second // SECONDS_PER_SOLVE
        self._second = second
        self._flow.advance(now_ns)
        self._kyle.advance(now_ns)
        for side in Side:
            self._fits[side] = self._sweeps[side].fit(self._spreads, now_ns)
        if self._top is not None:
            self._outcomes.on_second(second, self._top[0], self._top[2])
            self._typical.sample(self._book.bids.top(TYPICAL_LEVELS), self._book.asks.top(TYPICAL_LEVELS))
            if self._others is not None and now_ns - self._sample_ns >= MIN_SAMPLE_NS:
                self._sample(_mid(self._others), now_ns)
        if is_solving:
            self._micro.solve()

    # -- what is known -------------------------------------------------------------------------------

    def fill_probability(self, side: Side, price_ticks: int, needed_lots: float) -> float | None:
        """Probability that an own quote fills completely within ``FILL_HORIZON_S``.

        Args:
            side: Of the quote.
            price_ticks: Its price.
            needed_lots: Expected quantity ahead plus its own.

        Returns:
            0..1; None while it cannot be told, for the reason ``fill_unknown`` gives.
        """
        if self._top is None:
            return None
        best_ticks = self._top[0] if side is Side.BUY else self._top[2]
        return self._outcomes.probability(side.sign * (best_ticks - price_ticks), needed_lots)

    def fill_unknown(self) -> str:
        """Why ``fill_probability`` cannot be told, in a few words; empty when it can."""
        if self._top is None:
            return "no live book"
        followed = self._outcomes.count
        return "" if followed >= MIN_FOLLOWED else f"{followed} of {MIN_FOLLOWED} imagined orders followed"

    def summary(self) -> Signals:
        """All figures as of the last event; the same object until something changed."""
        if self._summary is None:
            self._summary = self._summarise()
        return self._summary

    def _summarise(self) -> Signals:
        top, deep, kyle = self._others, self._deep, self._kyle.fit()
        if self._near is None:
            self._near = read_touch(self._own)
        return Signals(
            microprice_ticks=None if top is None else self._micro.price(*top),
            weighted_mid_ticks=None if top is None else weighted_mid(*top),
            vamp_ticks=self._near[0],
            imbalance=self._near[1],
            ofi_z=self._flow.z_score,
            trade_imbalance=self._trades.value,
            volatility_fast=self.fast.per_sqrt_s,
            volatility_slow=self.slow.per_sqrt_s,
            bid_depth_quote=deep.bid_depth_quote,
            ask_depth_quote=deep.ask_depth_quote,
            top_bid_quote=0.0 if top is None else self._worth(top[0], top[1]),
            top_ask_quote=0.0 if top is None else self._worth(top[2], top[3]),
            buys=self._fits[Side.BUY],
            sells=self._fits[Side.SELL],
            buys_seen=self._sweeps[Side.BUY].seen,
            sells_seen=self._sweeps[Side.SELL].seen,
            vpin=self._vpin.value,
            kyle_lambda_ticks_per_lot=None if kyle is None else kyle[0],
            markouts=self._markouts.figures(),
            effective_mid_ticks=deep.effective_mid_ticks,
            band_imbalance=deep.band_imbalance,
            ofi_lots=self._flow.lots,
            volatility_parkinson=self._parkinson.per_sqrt_s,
            volatility_two_scale=self._two_scale.per_sqrt_s,
            is_volatility_tripped=self._breaker.is_tripped,
            buy_slippage_bps=deep.buy_slippage_bps,
            sell_slippage_bps=deep.sell_slippage_bps,
            typical_lots=self._typical.lots,
            large_orders=deep.large_orders,
            icebergs=self._bergs[Side.BUY].suspects() + self._bergs[Side.SELL].suspects(),
            kyle_error_ticks_per_lot=None if kyle is None else kyle[1],
            fill_imbalance=self._markouts.fill_imbalance,
        )

    def _worth(self, price_ticks: int, size_lots: int) -> float:
        return self._value * size_lots * (1 if self._is_inverse else price_ticks)


def _mid(top: Top) -> float:
    return (top[0] + top[2]) / 2
