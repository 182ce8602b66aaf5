"""Which figures are watched, market by market, and what happens when one passes its limit.

Numbers of the rows are those of tests/safety/README.md; the figures are in
docs/definitions.md, Limits and gauges.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.guards import SECOND_NS, Guard, Reaction, Reading
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

NS_PER_MS = 1_000_000
TOXIC_HORIZON_S = 5
TOXIC_MIN_FILLS = 20
EARLY_SHARE = 0.8
QUIET_NS = 600 * SECOND_NS
NO_FILL = "no fill for ten minutes"
SELF_TRADES = 3
"""Within a minute, at which the market rests."""
Read = Callable[[Session, Market, Limits], Reading | None]


def _spread(session: Session, market: Market, limits: Limits) -> Reading | None:
    del session
    if (top := market.others) is None:
        return None
    mid = (top[0] + top[2]) / 2
    return _bps((top[2] - top[0]) / mid * 1e4, limits.max_spread_bps)


def _divergence(session: Session, market: Market, limits: Limits) -> Reading | None:
    del session
    mid = market.mid_price
    if mid is None or market.mark_price is None or market.mark_price <= 0:
        return None
    return _bps(
        float(abs(mid - market.mark_price) / market.mark_price * 10_000), limits.max_mark_divergence_bps
    )


def _index_divergence(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Mid against index; a dated future leads its index by the basis, which says nothing of the book."""
    del session
    mid, index = market.mid_price, market.index_price
    if mid is None or index is None or index <= 0 or market.instrument.expires_ms is not None:
        return None
    return _bps(float(abs(mid - index) / index * 10_000), limits.max_index_divergence_bps)


def _thinness(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Depth turned around, so that larger is worse: limit over depth against 1."""
    del session
    signals = market.signals.summary()
    if not market.is_two_sided or limits.min_depth_quote <= 0:
        return None
    if not signals.bid_depth_quote and not signals.ask_depth_quote:
        return None  # not measured yet
    depth, least = min(signals.bid_depth_quote, signals.ask_depth_quote), float(limits.min_depth_quote)
    return Reading(least / depth if depth > 0 else 2.0, 1.0, f"{depth:,.0f} / ≥{least:,.0f} within 10 bps")


def _flash(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Fast volatility against slow; the breaker has its own hysteresis."""
    del session, limits
    signals = market.signals.summary()
    if signals.volatility_slow <= 0:
        return None
    text = f"{signals.volatility_ratio:.1f} times the usual volatility"
    return Reading(2.0 if signals.is_volatility_tripped else 0.0, 1.0, text)


def _range(session: Session, market: Market, limits: Limits) -> Reading | None:
    """How far the mid has travelled within ten seconds."""
    del session
    return _bps(market.mid_range.bps, limits.max_move_bps)


def _toxic(session: Session, market: Market, limits: Limits) -> Reading | None:
    """How surely the 5 s markout of our fills is a loss: minus its t-statistic."""
    if _is_quiet(session, market):
        return Reading(0.0, float(limits.max_toxicity), NO_FILL)
    for markout in market.signals.summary().markouts:
        if markout.horizon_s == TOXIC_HORIZON_S and markout.fills >= TOXIC_MIN_FILLS:
            limit = float(limits.max_toxicity)
            return Reading(-markout.t_stat, limit, f"t {markout.t_stat:+.1f} / -{limit:.1f}")
    return None


def _early_toxic(session: Session, market: Market, limits: Limits) -> Reading | None:
    """The same at half the limit, before quotes have to be pulled."""
    reading = _toxic(session, market, limits)
    if reading is None:
        return None
    half = reading.limit / 2
    return Reading(reading.value, half, f"t {-reading.value:+.1f} / -{half:.1f}")


def _vpin(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Share of one-sided volume among takers."""
    del session
    vpin, limit = market.signals.summary().vpin, float(limits.max_vpin)
    return None if vpin is None else Reading(vpin, limit, f"{vpin:.2f} / {limit:.2f}")


def _one_sided(session: Session, market: Market, limits: Limits) -> Reading | None:
    """How far one side of our last fills outweighs the other."""
    limit = float(limits.max_one_sided)
    if _is_quiet(session, market):
        return Reading(0.0, limit, NO_FILL)
    signals = market.signals.summary()
    if max((each.fills + each.missing for each in signals.markouts), default=0) < TOXIC_MIN_FILLS:
        return None
    value = abs(signals.fill_imbalance)
    side = "bids" if signals.fill_imbalance > 0 else "asks"
    return Reading(value, limit, f"{value:.2f} / {limit:.2f} of the fills on our {side}")


def _early(read: Read) -> Read:
    """The same from a share of the limit on, before quotes have to be pulled."""

    def early(session: Session, market: Market, limits: Limits) -> Reading | None:
        reading = read(session, market, limits)
        return None if reading is None else Reading(reading.value, reading.limit * EARLY_SHARE, reading.text)

    return early


def _is_quiet(session: Session, market: Market) -> bool:
    """Whether our last fill is too long ago to say anything of the flow now.

    Without this a market whose quotes were pulled for its fills would never be quoted again: there are no
    fills to recover by. The next ones are measured anew (``signals.toxicity``).
    """
    return bool(market.fills) and session.now_ns - market.fills[0].fill.venue_ms * NS_PER_MS > QUIET_NS


def _self_trades(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Own orders the venue cancelled within a minute because they would have met each other."""
    del limits
    return _count(market.self_trades.count(session.now_ns), 0, "/min")


def _many_self_trades(session: Session, market: Market, limits: Limits) -> Reading | None:
    del limits
    return _count(market.self_trades.count(session.now_ns), SELF_TRADES - 1, "/min")


def _post_only(session: Session, market: Market, limits: Limits) -> Reading | None:
    count = market.post_only_cancels.count(session.now_ns)
    return _count(count, limits.max_post_only_per_min, "/min")


def _order_rate(session: Session, market: Market, limits: Limits) -> Reading | None:
    count = market.orders_sent.count(session.now_ns)
    return _count(count, limits.max_orders_per_min, "/min")


def _liquidation(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Distance turned around, so that larger is worse: limit over distance against 1."""
    del session
    venue, mark = market.venue_position, market.mark_price
    if venue is not None and venue.size_lots == 0:
        return Reading(0.0, 1.0, "flat")  # known, and safe: an unknown figure would not release
    if venue is None or not venue.liquidation_price or not mark:
        return None
    distance = abs(mark - venue.liquidation_price) / mark
    least = limits.min_liquidation_distance
    value = float(least / distance) if distance else 2.0
    return Reading(value, 1.0, f"{distance * 100:.1f} / ≥{least * 100:.1f} % away")


def _margin(session: Session, market: Market, limits: Limits) -> Reading | None:
    """Margin ratio turned around, so that larger is worse: limit over ratio against 1."""
    balance = session.balances.get(market.instrument.settle_ccy)
    if market.instrument.is_spot or balance is None:
        return None
    ratio, least = balance.margin_ratio, limits.min_margin_ratio
    if ratio is None:
        return Reading(0.0, 1.0, "none in use")  # known, and safe: an unknown figure would not release
    value = float(least / ratio) if ratio > 0 else 2.0
    return Reading(value, 1.0, f"{ratio * 100:,.0f} / {least * 100:,.0f} %")


def _funding(session: Session, market: Market, limits: Limits) -> Reading | None:
    """What the position would pay at the next funding while that is near; 0 otherwise."""
    funding, position = market.funding, market.position_lots
    if funding is None:
        return None
    left_ns = funding.funding_ms * NS_PER_MS - session.now_ns
    if not 0 <= left_ns <= limits.funding_window_ms * NS_PER_MS:
        return _bps(0.0, limits.max_funding_bps)  # settled, or far away: an unknown figure would not release
    sign = (position > 0) - (position < 0)
    return _bps(max(0.0, float(funding.rate) * sign * 1e4), limits.max_funding_bps)


def _bps(value: float, limit: Decimal) -> Reading:
    return Reading(value, float(limit), f"{value:.1f} / {float(limit):.1f} bps")


def _count(value: int, limit: int, unit: str) -> Reading:
    return Reading(float(value), float(limit), f"{value} / {limit}{unit}")


TABLE = (
    Guard("spread", "spread", Reaction.PULL, _spread),  # row 4
    Guard(
        "mark-divergence", "mid off mark", Reaction.PULL, _divergence, release_share=0.5,
        hold_ns=10 * SECOND_NS, severity=Severity.CRITICAL,
    ),  # row 5
    Guard(
        "index-divergence", "mid off index", Reaction.PULL, _index_divergence, release_share=0.5,
        hold_ns=10 * SECOND_NS, severity=Severity.CRITICAL,
    ),  # row 5
    Guard("depth", "depth", Reaction.PULL, _thinness, release_share=0.8),
    Guard(
        "range", "move within 10 s", Reaction.PULL, _range, release_share=0.5, hold_ns=5 * SECOND_NS,
        severity=Severity.CRITICAL,
    ),  # row 6
    Guard("flash", "flash move", Reaction.PULL, _flash, severity=Severity.CRITICAL),  # row 6
    Guard("toxic-early", "adverse flow", Reaction.WIDEN, _early_toxic, release_share=0.5),  # row 7
    Guard("toxic", "toxic flow", Reaction.PULL, _toxic, release_share=0.5, hold_ns=30 * SECOND_NS),  # row 7
    Guard("vpin-early", "one-sided takers", Reaction.WIDEN, _early(_vpin), release_share=0.9),  # row 7
    Guard(
        "vpin", "one-sided takers", Reaction.PULL, _vpin, release_share=0.8, hold_ns=30 * SECOND_NS
    ),  # row 7
    Guard(
        "one-sided-early", "one-sided fills", Reaction.WIDEN, _early(_one_sided), release_share=0.9
    ),  # row 7
    Guard(
        "one-sided", "one-sided fills", Reaction.PULL, _one_sided, release_share=0.8, hold_ns=30 * SECOND_NS
    ),  # row 7
    Guard("self-trade", "self-trades", Reaction.WIDEN, _self_trades),  # row 32
    Guard(
        "self-trades", "self-trades", Reaction.PULL, _many_self_trades, release_share=0,
        hold_ns=30 * SECOND_NS, severity=Severity.CRITICAL,
    ),  # row 32
    Guard("post-only-rate", "post-only cancels", Reaction.PULL, _post_only, release_share=0.5),  # row 15
    Guard("order-rate", "orders", Reaction.PULL, _order_rate, release_share=0.5),
    Guard(
        "liquidation", "liquidation", Reaction.REDUCE, _liquidation, release_share=0.8,
        severity=Severity.CRITICAL,
    ),
    Guard("funding", "funding", Reaction.REDUCE, _funding),  # row 38
    Guard(
        "margin", "margin ratio", Reaction.REDUCE, _margin, release_share=0.8, severity=Severity.CRITICAL
    ),
)  # fmt: skip
