"""A low-inventory spread trader: in at the best bid or ask while the spread pays, out at the other side.

    flat     both sides at the touch while (ask - bid) / bid >= min_spread, both maker fees fit into it, and
             the touch is deep enough
    holding  the other side only: at the touch while the spread is >= reentry_spread, else hold and wait
    losing   a lot down by more than max_lot_loss is closed as a taker, reduce-only
    paused   after three losing round trips in a row no new entries for risk_pause

A quote lives for at least ``cancel_delay``; it is replaced when the best price has moved by more than
``requote_move``, or after ``requote_after`` without a fill when it is no longer at the touch.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct, structs

from okxmm_tui.core.params import Lever, ParamSet, ParamSpec, RiskDirection
from okxmm_tui.core.types import Side
from okxmm_tui.strategies.base import Close, Composition, MarketInput, Quote, Target
from okxmm_tui.strategies.quoting import floor_ticks
from okxmm_tui.strategies.round_trips import RoundTrips

NS = 1_000_000_000
DEPTH_MULTIPLE = 3
"""The touch must hold at least this many times the order's value."""
MAX_ORDER_SHARE = 0.05
"""Of equity, in one order."""
MAX_OPEN_SHARE = 0.25
"""Of equity, in all open orders together."""


class _Standing(Struct, frozen=True):
    quote: Quote
    since_ns: int


class SpreadCapture:
    """The strategy behind ``--strategy spread_capture``."""

    name = "spread_capture"
    wants_scan = True
    """Wide markets are what it lives on: have the venue looked over for them."""
    specs = (
        ParamSpec(
            "min_spread", "min spread", "", Decimal("0.001"), Decimal("0.000001"), Decimal("0.1"),
            Decimal("0.0001"), "Enter while (ask - bid) / bid is at least this.", RiskDirection.DOWN,
            lever=Lever.SPREAD,
        ),
        ParamSpec(
            "reentry_spread", "reentry", "", Decimal("0.0008"), Decimal("0.000001"), Decimal("0.1"),
            Decimal("0.0001"), "Leave at the touch while the spread is at least this.",
        ),
        ParamSpec(
            "order_amount", "amount", "ccy", Decimal(5), Decimal("0.1"), Decimal(1_000_000), Decimal(5),
            "Own money in one order, in quote currency.", RiskDirection.UP, lever=Lever.SIZE,
        ),
        ParamSpec(
            "leverage", "leverage", "x", Decimal(1), Decimal(1), Decimal(10), Decimal(1),
            "Order value is order_amount times this.", RiskDirection.UP,
        ),
        ParamSpec(
            "max_open_orders", "max orders", "", Decimal(5), Decimal(1), Decimal(50), Decimal(1),
            "Orders open at once, both sides together.", RiskDirection.UP, is_whole=True, lever=Lever.LIMIT,
        ),
        ParamSpec(
            "cancel_delay", "min life", "s", Decimal(3), Decimal(0), Decimal(600), Decimal(1),
            "A quote lives at least this long, unless a fill or a crossing ends it.",
        ),
        ParamSpec(
            "requote_after", "requote", "s", Decimal(5), Decimal(0), Decimal(3600), Decimal(1),
            "A quote without a fill for this long follows the touch.",
        ),
        ParamSpec(
            "requote_move", "move", "", Decimal("0.0005"), Decimal(0), Decimal("0.1"), Decimal("0.0001"),
            "The touch moved by more than this share of the price: follow it.",
        ),
        ParamSpec(
            "refresh", "refresh", "s", Decimal(2), Decimal(0), Decimal(60), Decimal("0.5"),
            "The market is judged this often; a fill is answered at once.",
        ),
        ParamSpec(
            "risk_pause", "pause", "s", Decimal(300), Decimal(0), Decimal(86_400), Decimal(60),
            "No entries for this long after three losing round trips in a row.", RiskDirection.DOWN,
        ),
        ParamSpec(
            "max_lot_loss", "lot loss", "", Decimal("0.002"), Decimal("0.0001"), Decimal("0.1"),
            Decimal("0.0005"), "Unrealised loss of the open lot at which it is closed as a taker.",
            RiskDirection.UP,
        ),
    )  # fmt: skip

    def __init__(self) -> None:
        self._standing: dict[Side, _Standing] = {}
        self._trips = RoundTrips()
        self._paused_until_ns = 0
        self._next_ns = 0
        self._last: Target | None = None
        self._was_filled = False
        self._risk_pause_ns = 0
        self._maker_fee = 0.0

    def on_fill(self, side: Side, price_ticks: int, size_lots: int, now_ns: int) -> None:
        """Answer a fill at once, and count the round trip it may end."""
        self._was_filled = True
        if self._trips.on_fill(side, price_ticks, size_lots, self._maker_fee):
            self._paused_until_ns = now_ns + self._risk_pause_ns

    def target(self, market: MarketInput, params: ParamSet) -> Target:
        """Return at most one quote a side, or a close."""
        self._maker_fee = market.maker_fee
        self._risk_pause_ns = int(params["risk_pause"] * NS)
        # What is less than the smallest order cannot be sold: it goes with the next position.
        is_holding = abs(market.position_lots) >= max(1, market.instrument.min_size_lots)
        if is_holding or not market.position_lots:
            self._align(market)
        if self._last is not None and not self._is_due(market, self._last):
            return self._last
        self._next_ns = market.now_ns + int(params["refresh"] * NS)
        judged = self._leaving(market, params) if is_holding else self._entering(market, params)
        if judged.close is not None:
            self._standing.clear()
        self._last = judged if judged.close is not None else self._timed(judged, market, params)
        self._was_filled = False
        return self._last

    def _align(self, market: MarketInput) -> None:
        if self._trips.align(market.position_lots, market.average_price_ticks or market.mid_ticks):
            self._paused_until_ns = market.now_ns + self._risk_pause_ns

    def _is_due(self, market: MarketInput, last: Target) -> bool:
        is_crossing = any(_crosses(quote, market) for quote in last.quotes)
        return self._was_filled or is_crossing or market.now_ns >= self._next_ns

    @staticmethod
    def opportunity(bid_ticks: int, ask_ticks: int, params: ParamSet) -> str:
        """Why a market is too narrow to enter; empty when it is wide enough."""
        spread, least = spread_of(bid_ticks, ask_ticks), params.number("min_spread")
        return "" if spread >= least else f"spread {percent(spread)} < {percent(least)}"

    # -- what the market deserves -------------------------------------------------------------------------

    def _entering(self, market: MarketInput, params: ParamSet) -> Target:
        lots = self._order_lots(market, params)
        if market.now_ns < self._paused_until_ns:
            left_s = (self._paused_until_ns - market.now_ns) / 1e9
            return _nothing(market, f"three losing round trips, {left_s:.0f} s to go")
        if narrow := self.opportunity(market.bid_ticks, market.ask_ticks, params):
            return _nothing(market, narrow)
        if unpaid := _below_fees(market):
            return _nothing(market, unpaid)
        if isinstance(lots, str):
            return _nothing(market, lots)
        if thin := _thin_side(market, lots):
            return _nothing(market, thin)
        quotes = (
            Quote(Side.BUY, market.bid_ticks, lots),
            Quote(Side.SELL, market.ask_ticks, lots),
        )
        return _at_touch(market, quotes[: int(params["max_open_orders"])], "one order allowed")

    def _leaving(self, market: MarketInput, params: ParamSet) -> Target:
        side = Side.SELL if market.position_lots > 0 else Side.BUY
        lots = abs(market.position_lots)
        if (loss := _loss(market)) > params.number("max_lot_loss"):
            why = f"lot loss {percent(loss)} > {percent(params.number('max_lot_loss'))}"
            return structs.replace(_nothing(market, f"closing: {why}"), close=Close(lots, why))
        spread, least = spread_of(market.bid_ticks, market.ask_ticks), params.number("reentry_spread")
        if spread < least:
            return _nothing(market, f"holding, spread {percent(spread)} < {percent(least)}")
        price = market.ask_ticks if side is Side.SELL else market.bid_ticks
        return _at_touch(market, (Quote(side, price, lots),), "leaving first")

    @staticmethod
    def _order_lots(market: MarketInput, params: ParamSet) -> int | str:
        """Lots of one order, or why there can be none."""
        instrument = market.instrument
        value = params.number("order_amount") * params.number("leverage")
        if market.equity_quote is not None:
            most_open = MAX_OPEN_SHARE / min(2, int(params["max_open_orders"]))
            value = min(value, min(MAX_ORDER_SHARE, most_open) * market.equity_quote)
        per_lot = float(instrument.notional_quote(1, market.ask_ticks))
        lots = int(value / per_lot)
        if lots < instrument.min_size_lots:
            least = instrument.min_size_lots * per_lot
            return f"order value {value:.2f} below the minimum {least:.2f}"
        return lots

    # -- how long a quote lives ------------------------------------------------------------------------------

    def _timed(self, judged: Target, market: MarketInput, params: ParamSet) -> Target:
        kept = [quote for side in Side if (quote := self._kept(side, judged, market, params)) is not None]
        sides = {quote.side for quote in kept}
        return structs.replace(
            judged,
            quotes=tuple(kept),
            bid_reason="" if Side.BUY in sides else judged.bid_reason,
            ask_reason="" if Side.SELL in sides else judged.ask_reason,
        )

    def _kept(self, side: Side, judged: Target, market: MarketInput, params: ParamSet) -> Quote | None:
        wanted = next((quote for quote in judged.quotes if quote.side is side), None)
        standing = self._standing.get(side)
        if standing is None or self._was_filled or _crosses(standing.quote, market):
            return self._stand(side, wanted, market.now_ns)
        age_ns = market.now_ns - standing.since_ns
        if age_ns < int(params["cancel_delay"] * NS):
            return standing.quote
        if wanted is None:
            return self._stand(side, None, market.now_ns)
        if wanted == standing.quote:
            return wanted
        moved = abs(wanted.price_ticks - standing.quote.price_ticks) / standing.quote.price_ticks
        if moved > params.number("requote_move") or age_ns >= int(params["requote_after"] * NS):
            return self._stand(side, wanted, market.now_ns)
        return standing.quote

    def _stand(self, side: Side, quote: Quote | None, now_ns: int) -> Quote | None:
        if quote is None:
            self._standing.pop(side, None)
        elif side not in self._standing or self._standing[side].quote != quote:
            self._standing[side] = _Standing(quote, now_ns)
        return quote


def spread_of(bid_ticks: int, ask_ticks: int) -> float:
    """(ask - bid) / bid."""
    return (ask_ticks - bid_ticks) / bid_ticks


def percent(share: float) -> str:
    """A share as per cent, with the digits a narrow spread needs."""
    digits = 4 if share == 0 or abs(share) >= 1e-6 else 7
    return f"{share * 100:.{digits}f}".rstrip("0").rstrip(".") + " %"


def _loss(market: MarketInput) -> float:
    """Unrealised loss of the position as a share of its entry; negative is a gain, 0 without an entry."""
    entry = market.average_price_ticks
    if not entry:
        return 0.0
    return (entry - market.mid_ticks) / entry * (1 if market.position_lots > 0 else -1)


def _below_fees(market: MarketInput) -> str:
    """Why a round trip at the touch cannot earn its maker fees; empty when it can, or need not."""
    spread, least = spread_of(market.bid_ticks, market.ask_ticks), 2 * floor_ticks(market) / market.bid_ticks
    return "" if spread >= least else f"spread {percent(spread)} < fees {percent(least)}"


def _thin_side(market: MarketInput, lots: int) -> str:
    for name, shown in (("bid", market.bid_lots), ("ask", market.ask_lots)):
        if shown < DEPTH_MULTIPLE * lots:
            return f"best {name} shows {shown} lots, {DEPTH_MULTIPLE * lots} needed"
    return ""


def _crosses(quote: Quote, market: MarketInput) -> bool:
    if quote.side is Side.BUY:
        return quote.price_ticks >= market.ask_ticks
    return quote.price_ticks <= market.bid_ticks


def _nothing(market: MarketInput, why: str) -> Target:
    half = (market.ask_ticks - market.bid_ticks) / 2
    return Target((), market.mid_ticks, half, bid_reason=why, ask_reason=why)


def _at_touch(market: MarketInput, quotes: tuple[Quote, ...], other: str) -> Target:
    sides = {quote.side for quote in quotes}
    half = (market.ask_ticks - market.bid_ticks) / 2
    parts = Composition(base=half)
    return Target(
        quotes,
        fair_ticks=market.mid_ticks,
        half_spread_ticks=half,
        bid_reason="" if Side.BUY in sides else other,
        ask_reason="" if Side.SELL in sides else other,
        bid_parts=parts,
        ask_parts=parts,
    )
