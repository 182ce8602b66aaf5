"""Limits and policies of a session that risk, watchdog and safety act on; frozen at start."""

from __future__ import annotations

from decimal import Decimal
from enum import StrEnum

from msgspec import Struct, structs

from okxmm_tui.core.preflight import PreflightPolicy


class ConsoleLostPolicy(StrEnum):
    """What the engine does when the last console has been gone for the grace time."""

    PAUSE = "pause"
    KILL = "kill"
    KEEP = "keep"


class HoldMode(StrEnum):
    """How an order's place is weighed against a better price (docs/definitions.md, HOLD rule)."""

    SIMPLE = "simple"
    """Hold within ``hold_tolerance_ticks`` of the target."""
    QUEUE = "queue"
    """Hold while the place in the queue is worth more than the better price would bring."""


class Limits(Struct, frozen=True):
    """All of them, with units in the names."""

    max_order_notional_quote: Decimal = Decimal(5_000)
    """One order may not be worth more."""
    max_order_share: Decimal = Decimal("0.05")
    """One order may not be worth more than this share of equity."""
    max_open_share: Decimal = Decimal("0.25")
    """All open orders together may not be worth more than this share of equity."""
    max_gross_quote: Decimal = Decimal(100_000)
    """Worst-case positions of all markets, summed without sign."""
    max_net_quote: Decimal = Decimal(75_000)
    """Worst-case positions of all markets, summed with sign."""
    max_leverage: Decimal = Decimal(10)
    """Gross worst-case exposure over equity."""
    max_position_notional_quote: Decimal = Decimal(50_000)
    """Worst-case position (all same-side orders filled) may not be worth more."""
    price_collar_bps: Decimal = Decimal(100)
    """An order may not be further than this from the mid."""
    close_slippage_bps: Decimal = Decimal(20)
    """A closing order goes at most this far through the opposite best price."""
    max_daily_loss_quote: Decimal = Decimal(1_000)
    """Loss since UTC midnight, fees and funding included; at 80 % only reducing, at 100 % HALTED."""
    max_drawdown_quote: Decimal = Decimal(1_000)
    """Fall from the day's high, in the same way."""
    flatten_on_loss: bool = False
    """Whether a halt by one of these two limits closes every position as well, reduce-only."""
    max_lot_loss: Decimal = Decimal("0.002")
    """Unrealised loss of a position as a share of its value at which it is closed as a taker."""
    losing_trips: int = 3
    """Losing round trips in a row after which a market rests."""
    losing_rest_ms: int = 300_000
    max_spread_bps: Decimal = Decimal(100)
    """A market with a wider spread is not quoted."""
    min_depth_quote: Decimal = Decimal(1_000)
    """A market with less resting within 10 bps of the mid on either side is not quoted."""
    max_mark_divergence_bps: Decimal = Decimal(25)
    """Mid against mark price; beyond it the market is not quoted."""
    max_index_divergence_bps: Decimal = Decimal(50)
    """Mid against index price, which a perpetual leads by its premium; dated futures are not compared."""
    max_move_bps: Decimal = Decimal(50)
    """Lowest to highest mid of ten seconds; beyond it the market is not quoted."""
    max_toxicity: Decimal = Decimal(6)
    """t-statistic of the loss our fills show 5 s later; beyond it the market rests."""
    max_vpin: Decimal = Decimal("0.9")
    """Share of one-sided volume among takers; beyond it the market rests, from 80 % quotes are wider."""
    max_one_sided: Decimal = Decimal("0.9")
    """Share by which one side of our last fills outweighs the other; likewise."""
    max_post_only_per_min: int = 60
    """Post-only cancels of one market in a minute; beyond it the market rests."""
    max_orders_per_min: int = 1_500
    """New and amended orders of one market in a minute; beyond it the market rests."""
    min_liquidation_distance: Decimal = Decimal("0.05")
    """Mark price to liquidation price as a share of the mark; closer than this only reducing."""
    min_margin_ratio: Decimal = Decimal(3)
    """Equity over maintenance margin; the venue liquidates at 1. Less than this and only reducing."""
    max_reject_streak: int = 3
    """The same refusal of one side so many times within ten seconds stops that side."""
    private_stale_ms: int = 12_000
    """The venue is asked when the private stream has been silent for this long."""
    funding_window_ms: int = 120_000
    """Before funding, a position that would pay more than ``max_funding_bps`` is only reduced."""
    max_funding_bps: Decimal = Decimal(5)
    book_amber_ms: int = 1_000
    """Nothing new is sent, and quotes only move away, when the book is older."""
    expiry_window_ms: int = 3_600_000
    """Quotes leave a contract so long before it expires."""
    book_stale_ms: int = 3_000
    """Quotes are pulled when the book is older."""
    feed_age_limit_ms: int = 200
    """Quotes are pulled while market data takes longer than this from the socket to the engine."""
    loop_lag_limit_ms: int = 250
    """The dead-man's switch is not renewed while the engine is later than this."""
    order_expire_ms: int = 1_000
    """Place and amend requests the venue gets later than this are dropped by it."""
    ack_timeout_ms: int = 2_000
    """An order without an answer for this long is UNKNOWN."""
    cancel_timeout_ms: int = 1_000
    """A cancel without a terminal state for this long is sent again by the other route."""
    dead_man_timeout_s: int = 20
    """cancel-all-after at the venue, 10..120."""
    needs_dead_man: bool = True
    """Whether quoting waits for the dead-man's switch; without it a crash leaves the orders in the market."""
    dead_man_renew_ms: int = 4_000
    console_lost: ConsoleLostPolicy = ConsoleLostPolicy.PAUSE
    console_grace_ms: int = 10_000
    kill_deadline_ms: int = 5_000
    """A safe quit gives up on the proof after this long and says so."""
    reconcile_ms: int = 30_000
    """Our orders are compared with the venue's list this often."""
    hold_tolerance_ticks: int = 3
    """A quote closer to its target than this stays where it is."""
    hold_mode: HoldMode = HoldMode.SIMPLE
    post_only_rest_after: int = 10
    """Post-only refusals of one side within a minute after which it rests ..."""
    post_only_rest_ms: int = 5_000
    """... for this long."""
    allow_below_fees: bool = False
    """Whether the half-spread may be narrower than the maker fee plus one tick."""
    clock_alarm_ms: int = 250
    """A clock this far from the venue's is said aloud."""
    clock_limit_ms: int = 1_000
    """A clock this far from the venue's stops new orders."""
    max_change_percent: Decimal = Decimal(200)
    """A parameter changed towards more risk by more than this needs the armed state in every mode."""
    memory_limit_mb: int = 500
    """Memory of the engine above which it is said and fewer pictures are drawn."""
    api_latency_limit_ms: int = 200
    """Quotes are pulled while the 95th percentile of order answers takes longer."""
    preflight: PreflightPolicy = PreflightPolicy.CANCEL
    """What follows when the venue holds at the start what the journal does not explain."""
    is_headless: bool = False
    """No console is expected, so none can be lost."""


LOWER_IS_SAFER = frozenset(
    {
        "max_order_notional_quote", "max_order_share", "max_open_share", "max_gross_quote", "max_net_quote",
        "max_leverage", "max_position_notional_quote", "price_collar_bps", "close_slippage_bps",
        "max_daily_loss_quote", "max_drawdown_quote", "max_lot_loss", "losing_trips", "max_spread_bps",
        "max_reject_streak",
        "max_mark_divergence_bps", "max_move_bps", "max_toxicity", "max_vpin", "max_one_sided",
        "max_index_divergence_bps", "max_change_percent",
        "max_post_only_per_min", "max_orders_per_min", "book_amber_ms",
        "max_funding_bps", "book_stale_ms", "feed_age_limit_ms", "loop_lag_limit_ms", "order_expire_ms",
        "cancel_timeout_ms", "console_grace_ms", "post_only_rest_after",
        "clock_alarm_ms", "clock_limit_ms", "api_latency_limit_ms",
    }
)  # fmt: skip
"""Limits a smaller value of which takes less risk."""
HIGHER_IS_SAFER = frozenset(
    {
        "losing_rest_ms",
        "expiry_window_ms",
        "post_only_rest_ms",
        "min_depth_quote",
        "min_liquidation_distance",
        "min_margin_ratio",
        "funding_window_ms",
    }
)
"""Limits a larger value of which takes less risk; the rest (policies, wire times) is fixed at start."""

BOUNDS: dict[str, tuple[Decimal | int, Decimal | int]] = {
    "max_order_share": (0, 1),
    "max_open_share": (0, 10),
    "max_leverage": (0, 125),
    "price_collar_bps": (0, 10_000),
    "close_slippage_bps": (0, 1_000),
    "max_lot_loss": (0, 1),
    "losing_trips": (1, 100),
    "losing_rest_ms": (0, 86_400_000),
    "max_vpin": (0, 1),
    "max_one_sided": (0, 1),
    "max_post_only_per_min": (1, 10_000),
    "max_orders_per_min": (1, 100_000),
    "min_liquidation_distance": (0, Decimal("0.99")),
    "min_margin_ratio": (1, 100),
    "max_reject_streak": (1, 100),
    "funding_window_ms": (0, 3_600_000),
    "book_amber_ms": (100, 60_000),
    "expiry_window_ms": (0, 604_800_000),
    "book_stale_ms": (200, 60_000),
    "feed_age_limit_ms": (20, 10_000),
    "loop_lag_limit_ms": (50, 10_000),
    "order_expire_ms": (100, 10_000),
    "cancel_timeout_ms": (200, 30_000),
    "console_grace_ms": (1_000, 600_000),
    "post_only_rest_after": (1, 1_000),
    "post_only_rest_ms": (0, 3_600_000),
    "clock_alarm_ms": (10, 10_000),
    "clock_limit_ms": (100, 20_000),
    "api_latency_limit_ms": (10, 10_000),
}
"""Least and most of what can be changed while it runs, as in the settings; others are bounded by 0 and
``MOST``."""
MOST = 10**15
SMALLEST = Decimal("1e-12")
MAY_BE_ZERO = frozenset(
    {
        "close_slippage_bps", "losing_rest_ms", "min_depth_quote", "funding_window_ms", "max_funding_bps",
        "expiry_window_ms", "post_only_rest_ms",
    }
)  # fmt: skip
"""Of any other a share could not be told."""


def changed(limits: Limits, name: str, value: Decimal) -> Limits | str:
    """Return the limits with one of them changed, or why it cannot be."""
    if name not in LOWER_IS_SAFER | HIGHER_IS_SAFER:
        return f"limit {name!r} cannot be changed while it runs"
    kind = int if isinstance(getattr(limits, name), int) else Decimal
    if not value.is_finite():
        return f"{name} was {value}; it must be a number"
    least, most = BOUNDS.get(name, (0, MOST))
    if not least <= value <= most:
        return f"{name} was {value}; it must lie between {least} and {most}"
    if value < SMALLEST and not (value == 0 and name in MAY_BE_ZERO):
        return f"{name} was {value}; it must be above 0"
    if kind is int and value != value.to_integral_value():
        return f"{name} was {value}; it must be a whole number"
    return structs.replace(limits, **{name: kind(value)})


def raises_risk(before: Limits, after: Limits, name: str) -> bool:
    """Whether a change of one limit takes more risk."""
    old, new = getattr(before, name), getattr(after, name)
    return new > old if name in LOWER_IS_SAFER else new < old
