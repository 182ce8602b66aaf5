"""Tries a strategy without an exchange: books and fills go in, every target is checked.

    trial = Trial(MyStrategy, instrument, {"order_size": Decimal(2)})
    target = trial.book(600_000, 600_001)
    trial.fill(Side.BUY, 599_990, 100)

    check(MyStrategy, instrument)   # a few hundred books and fills, with every rule looked at

The rules are those the engine holds everybody to: quotes are whole, positive, sorted, cross neither each
other nor the market, are no smaller than the smallest order, and leave the position within ``max_position``
if they all fill; figures are numbers and reasons short lines; the parameters given are left as they are; and
the same calls give the same targets.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from decimal import Decimal
from itertools import cycle, islice

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.params import ParamSet, for_instrument
from okxmm_tui.core.types import Side
from okxmm_tui.signals.summary import Signals
from okxmm_tui.strategies.base import MarketInput, Quote, Strategy, Target
from okxmm_tui.strategies.shape import malformed

START_NS = 1_750_000_000_000_000_000
MOVES = (0, 1, -1, 3, 0, -4, 12, -9, 40, -2, 0, -45, 7, 1, -3, 90, -80, 0)
"""Ticks the best prices move by, from one book to the next."""
SPREADS = (1, 1, 2, 1, 5, 1, 30, 2, 1, 400, 1)
"""Ticks between best bid and ask."""
BOOKS = 300


class BrokenRuleError(AssertionError):
    """A target the engine could not trade on, in a sentence."""


class Trial:
    """One strategy on one market; a twin gets the same calls and must say the same.

    Args:
        make: Makes a strategy.
        instrument: What it trades.
        values: Parameters; the rest are defaults.
        maker_fee: Per unit of notional; positive is paid.
        signals: Of every moment, unless a book brings its own.

    Raises:
        BrokenRuleError: The parameters were out of bounds.
    """

    def __init__(
        self,
        make: Callable[[], Strategy],
        instrument: Instrument,
        values: Mapping[str, Decimal] | None = None,
        *,
        maker_fee: float = 0.0002,
        signals: Signals | None = None,
    ) -> None:
        self.strategy, self._twin = make(), make()
        self.instrument = instrument
        params = ParamSet.from_specs(for_instrument(self.strategy.specs, instrument), values or {})
        if isinstance(params, str):
            raise BrokenRuleError(params)
        self.params = params
        self.maker_fee = maker_fee
        self.signals = signals or Signals()
        self.now_ns = START_NS
        self.position_lots = 0
        self.average_price_ticks: float | None = None
        self.last: Target | None = None

    def book(
        self,
        bid_ticks: int,
        ask_ticks: int,
        *,
        after_ms: int = 1_000,
        lots: int = 10_000_000,
        signals: Signals | None = None,
    ) -> Target:
        """Show the best prices a while later and return the checked target.

        Raises:
            BrokenRuleError: The target breaks a rule.
        """
        self.now_ns += after_ms * 1_000_000
        market = MarketInput(
            instrument=self.instrument,
            now_ns=self.now_ns,
            bid_ticks=bid_ticks,
            ask_ticks=ask_ticks,
            position_lots=self.position_lots,
            volatility_per_sqrt_s=1e-5,
            maker_fee=self.maker_fee,
            allow_below_fees=False,
            taker_fee=0.0005,
            bid_lots=lots,
            ask_lots=lots,
            average_price_ticks=self.average_price_ticks,
            equity_quote=1_000_000.0,
            signals=signals or self.signals,
        )
        given = dict(self.params.values)
        self.last = self.strategy.target(market, self.params)
        problem = malformed(self.last)
        if self.params.values != given:
            problem = "it changed the parameters it was given, which are the engine's"
        elif not problem and self._twin.target(market, self.params) != self.last:
            problem = "two instances with the same calls returned different targets"
        if problem := problem or broken_rule(self.last, market, self.params):
            raise BrokenRuleError(f"{problem} (bid {bid_ticks}, ask {ask_ticks}, {self.last}).")
        return self.last

    def fill(self, side: Side, price_ticks: int, size_lots: int) -> None:
        """Tell the strategy of an own fill; the next book knows the position."""
        before = self.position_lots
        self.position_lots += side.sign * size_lots
        if self.position_lots == 0:
            self.average_price_ticks = None
        elif before * side.sign >= 0:
            held = (self.average_price_ticks or 0.0) * abs(before)
            self.average_price_ticks = (held + price_ticks * size_lots) / abs(self.position_lots)
        elif abs(size_lots) > abs(before):
            self.average_price_ticks = float(price_ticks)
        for each in (self.strategy, self._twin):
            each.on_fill(side, price_ticks, size_lots, self.now_ns)


def broken_rule(target: Target, market: MarketInput, params: ParamSet) -> str:
    """The first rule a target breaks, in words; empty when it breaks none."""
    for quote in target.quotes:
        if problem := _quote_problem(quote, market):
            return problem
    for side in Side:
        prices = [quote.price_ticks for quote in target.quotes if quote.side is side]
        if prices != sorted(set(prices), reverse=side is Side.BUY):
            return f"{side} quotes are not sorted from the best price outwards, each at its own price"
        reason = target.bid_reason if side is Side.BUY else target.ask_reason
        if not prices and not reason:
            return f"there is no {side} quote and no reason why"
    bids, asks = (
        [quote.price_ticks for quote in target.quotes if quote.side is side] for side in (Side.BUY, Side.SELL)
    )
    if bids and asks and max(bids) >= min(asks):
        return "a bid reaches an ask of the same target"
    return _position_problem(target, market, params)


def _quote_problem(quote: Quote, market: MarketInput) -> str:
    if quote.price_ticks <= 0:
        return f"{quote.side} price {quote.price_ticks} is not above 0"
    least = max(1, market.instrument.min_size_lots)
    if quote.size_lots < least:
        return f"{quote.side} size {quote.size_lots} lots is below the smallest order of {least}"
    is_crossing = (
        quote.price_ticks >= market.ask_ticks
        if quote.side is Side.BUY
        else quote.price_ticks <= market.bid_ticks
    )
    return f"{quote.side} at {quote.price_ticks} would cross the market" if is_crossing else ""


def _position_problem(target: Target, market: MarketInput, params: ParamSet) -> str:
    most = params.values.get("max_position")
    if most is None:
        return ""
    limit_lots = int(most / market.instrument.lot_size)
    for side in Side:
        lots = sum(quote.size_lots for quote in target.quotes if quote.side is side)
        after = side.sign * market.position_lots + lots
        if lots and after > max(limit_lots, -side.sign * market.position_lots):
            return f"{side} quotes of {lots} lots could end beyond max_position ({limit_lots} lots)"
    return ""


def check(
    make: Callable[[], Strategy],
    instrument: Instrument,
    values: Mapping[str, Decimal] | None = None,
    *,
    signals: Signals | None = None,
    mid_ticks: int = 600_000,
) -> Trial:
    """Lead a strategy through a market that moves, gaps, widens and fills it on both sides.

    Args:
        make: Makes a strategy.
        instrument: What it trades.
        values: Parameters; the rest are defaults.
        signals: What it is told of the market.
        mid_ticks: Where the market begins.

    Raises:
        BrokenRuleError: A target breaks a rule; the sentence says which, and where.
    """
    trial = Trial(make, instrument, values, signals=signals)
    bid_ticks = mid_ticks
    steps = islice(zip(cycle(MOVES), cycle(SPREADS), strict=False), BOOKS)
    for number, (move, spread) in enumerate(steps):
        bid_ticks = max(1, bid_ticks + move)
        ask_ticks = bid_ticks + spread
        told = trial.signals
        if told.microprice_ticks is not None:
            told = structs.replace(told, microprice_ticks=(bid_ticks + ask_ticks) / 2)
        target = trial.book(bid_ticks, ask_ticks, signals=told)
        wanted = Side.BUY if number // 20 % 2 else Side.SELL
        hit = next((quote for quote in target.quotes if quote.side is wanted), None)
        if hit is not None and number % 3 == 0:
            trial.fill(hit.side, hit.price_ticks, max(1, hit.size_lots // (1 + number % 2)))
    return trial
