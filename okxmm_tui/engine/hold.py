"""Whether an order keeps its place or follows its target (docs/definitions.md, HOLD rule).

    edge = P(fill within 10 s) x (capture - maker fee - adverse selection), in basis points
    move only if edge at the new place - edge at the old one > threshold

The loss of rank is in the two probabilities: the old place counts what is expected ahead of the order, the
new one everything displayed there. Capture is the target's at both places, measured from the price the
strategy is indifferent at (fair value moved against the inventory): a place further out fills once the price
has come nearer by as much, and the target would have gone along, so that distance alone is worth nothing.
Adverse selection is what own fills of such an age lost within five seconds after the mid just before them.
Safety is no matter of edges: what stands too close always moves.
"""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.accounting.markouts import AGES_MS, OLDEST
from okxmm_tui.core.limits import HoldMode
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Side
from okxmm_tui.engine.market import Market
from okxmm_tui.strategies.base import Quote

MOVE_THRESHOLD_BPS = 0.01
"""Expected gain a move must bring, in basis points of the order's value: less is noise of the estimates."""
ADVERSE_HORIZON_S = 5
MIN_FILLS = 20
"""Fewer fills say nothing about the flow."""
NS_PER_MS = 1_000_000


class Verdict(Struct, frozen=True, gc=False):
    """What to do about the price of one order, and why, with the numbers."""

    is_hold: bool
    reason: str


def judge(
    market: Market, order: OwnOrder, quote: Quote, *, mode: HoldMode, tolerance_ticks: int, now_ns: int
) -> Verdict:
    """Decide about the price of a live order that has a target.

    Args:
        market: Where it rests.
        order: As it stands.
        quote: Where it is wanted.
        mode: ``queue`` weighs places and falls back to ``simple`` while they cannot be told.
        tolerance_ticks: Distance from the target that ``simple`` does not mind.
        now_ns: The time.
    """
    distance = abs(order.price_ticks - quote.price_ticks)
    if distance == 0:
        return Verdict(is_hold=True, reason="at its target")
    ticks = "1 tick" if distance == 1 else f"{distance} ticks"
    if market.target is not None and not market.target.may_hold(order.side, order.price_ticks):
        return Verdict(is_hold=False, reason=f"{ticks} off target, below its fees")
    is_closer = (order.price_ticks - quote.price_ticks) * order.side.sign > 0
    if distance <= tolerance_ticks:
        return Verdict(is_hold=True, reason=f"{ticks} off target, {tolerance_ticks} allowed")
    if is_closer:
        return Verdict(is_hold=False, reason=f"{ticks} closer than its target, {tolerance_ticks} allowed")
    off = f"{ticks} off target, {tolerance_ticks} allowed"
    if mode is HoldMode.SIMPLE:
        return Verdict(is_hold=False, reason=off)
    weighed = _weighed(market, order, quote, now_ns)
    if isinstance(weighed, str):
        return Verdict(is_hold=False, reason=f"{off} (places not weighed: {weighed})")
    return weighed


def _weighed(market: Market, order: OwnOrder, quote: Quote, now_ns: int) -> Verdict | str:
    """The two places against each other, or why one of them cannot be told."""
    needed_lots = _shown_lots(market, quote) + order.remaining_lots
    moves = market.signals.fill_probability(order.side, quote.price_ticks, needed_lots)
    stays = market.fill_probability(order)
    if moves is None or stays is None:
        return market.signals.fill_unknown() or "place in the queue unknown"
    age_ms = (now_ns - order.created_ns) // NS_PER_MS
    worth_bps = _worth_bps(market, quote)
    hold_bps = stays * (worth_bps - adverse_bps(market, age_ms))
    move_bps = moves * (worth_bps - adverse_bps(market, 0))
    numbers = f"edge {move_bps:+.3f} bps there (p {moves:.2f}), {hold_bps:+.3f} here (p {stays:.2f})"
    return Verdict(is_hold=move_bps - hold_bps <= MOVE_THRESHOLD_BPS, reason=numbers)


def _shown_lots(market: Market, quote: Quote) -> int:
    levels = market.book.side(quote.side)
    return levels.size_at(quote.price_ticks)


def _worth_bps(market: Market, quote: Quote) -> float:
    """What a fill of a quote captures, net of its fee."""
    bid_ticks, _, ask_ticks, _ = market.others or (market.bid_ticks, 0, market.ask_ticks, 0)
    mid_ticks = (bid_ticks + ask_ticks) / 2
    capture_ticks = quote.side.sign * (mid_ticks - quote.price_ticks) - _lean_ticks(market, quote.side)
    return capture_ticks / mid_ticks * 1e4 - float(market.fees.maker) * 1e4


def _lean_ticks(market: Market, side: Side) -> float:
    """How far the price the strategy is indifferent at lies from the mid, towards this side's orders."""
    target = market.target
    parts = None if target is None else target.bid_parts if side is Side.BUY else target.ask_parts
    return 0.0 if parts is None else parts.inventory + parts.external


def adverse_bps(market: Market, age_ms: int) -> float:
    """Mean move against own fills of orders of such an age within five seconds; 0 while too few are known."""
    bucket = next((name for limit, name in AGES_MS if age_ms < limit), OLDEST)
    markouts = market.quality.markouts
    for dimension, name in (("age", bucket), ("all", "")):
        before = markouts.cell(dimension, name, 0)
        after = markouts.cell(dimension, name, ADVERSE_HORIZON_S)
        if after.count >= MIN_FILLS and before.mean is not None and after.mean is not None:
            return before.mean - after.mean
    return 0.0
