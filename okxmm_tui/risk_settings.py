"""Settings of the limits and policies: one field for each of the engine's ``Limits``."""

from __future__ import annotations

from decimal import Decimal
from typing import Literal

import msgspec
from pydantic import BaseModel, Field

from okxmm_tui.core.limits import ConsoleLostPolicy, HoldMode, Limits


class RiskSettings(BaseModel):
    """Limits and policies; see the safety model in the README."""

    max_order_notional_quote: Decimal = Field(Decimal(5_000), gt=0, description="largest single order")
    max_order_share: Decimal = Field(
        Decimal("0.05"), gt=0, le=1, description="largest single order as a share of equity"
    )
    max_open_share: Decimal = Field(
        Decimal("0.25"), gt=0, le=10, description="all open orders as a share of equity"
    )
    max_gross_quote: Decimal = Field(
        Decimal(100_000), gt=0, description="worst-case positions of all markets, without sign"
    )
    max_net_quote: Decimal = Field(
        Decimal(75_000), gt=0, description="worst-case positions of all markets, with sign"
    )
    max_leverage: Decimal = Field(Decimal(10), gt=0, le=125, description="gross exposure over equity")
    max_position_notional_quote: Decimal = Field(
        Decimal(50_000), gt=0, description="largest position if every same-side order filled"
    )
    price_collar_bps: Decimal = Field(
        Decimal(100), gt=0, le=10_000, description="furthest order from the mid"
    )
    close_slippage_bps: Decimal = Field(
        Decimal(20), ge=0, le=1_000, description="a closing order goes at most this far through the book"
    )
    max_daily_loss_quote: Decimal = Field(
        Decimal(1_000), gt=0, description="loss since UTC midnight; 80 % reduces, 100 % halts"
    )
    max_drawdown_quote: Decimal = Field(
        Decimal(1_000), gt=0, description="fall from the day's high; 80 % reduces, 100 % halts"
    )
    flatten_on_loss: bool = Field(
        default=False, description="close every position, reduce-only, when one of these two limits halts"
    )
    max_lot_loss: Decimal = Field(
        Decimal("0.002"), gt=0, le=1, description="unrealised loss of a position at which it is closed"
    )
    losing_trips: int = Field(3, ge=1, le=100, description="losing round trips in a row, then a rest")
    losing_rest_ms: int = Field(300_000, ge=0, le=86_400_000, description="how long that rest is")
    max_spread_bps: Decimal = Field(Decimal(100), gt=0, description="a wider market is not quoted")
    min_depth_quote: Decimal = Field(
        Decimal(1_000), ge=0, description="thinner markets (within 10 bps, each side) are not quoted"
    )
    max_mark_divergence_bps: Decimal = Field(Decimal(25), gt=0, description="mid against mark price")
    max_index_divergence_bps: Decimal = Field(
        Decimal(50), gt=0, description="mid against index price, dated futures excepted"
    )
    max_move_bps: Decimal = Field(
        Decimal(50), gt=0, description="travel of the mid within 10 s at which quotes are pulled"
    )
    max_toxicity: Decimal = Field(
        Decimal(6), gt=0, description="t-statistic of the loss 5 s after our fills at which a market rests"
    )
    max_vpin: Decimal = Field(
        Decimal("0.9"), gt=0, le=1, description="one-sided volume of takers at which a market rests"
    )
    max_one_sided: Decimal = Field(
        Decimal("0.9"), gt=0, le=1, description="one-sidedness of our last fills at which a market rests"
    )
    max_post_only_per_min: int = Field(60, ge=1, le=10_000, description="post-only cancels per market")
    max_orders_per_min: int = Field(1_500, ge=1, le=100_000, description="orders and amends per market")
    min_liquidation_distance: Decimal = Field(
        Decimal("0.05"), gt=0, lt=1, description="nearer to liquidation only reducing"
    )
    min_margin_ratio: Decimal = Field(
        Decimal(3), ge=1, le=100, description="equity over maintenance margin below which only reducing"
    )
    max_reject_streak: int = Field(
        3, ge=1, le=100, description="same refusals of a side within 10 s that stop it"
    )
    private_stale_ms: int = Field(
        12_000, ge=1_000, le=120_000, description="silence of the private stream before the venue is asked"
    )
    funding_window_ms: int = Field(
        120_000, ge=0, le=3_600_000, description="before funding, payers above the next limit only reduce"
    )
    max_funding_bps: Decimal = Field(Decimal(5), ge=0, description="funding worth reducing for")
    book_amber_ms: int = Field(
        1_000, ge=100, le=60_000, description="book age at which nothing new is sent and quotes only widen"
    )
    expiry_window_ms: int = Field(
        3_600_000, ge=0, le=604_800_000, description="before a contract expires, when quotes leave it"
    )
    book_stale_ms: int = Field(3_000, ge=200, le=60_000, description="book age at which quotes are pulled")
    feed_age_limit_ms: int = Field(
        200, ge=20, le=10_000, description="age of market data at the engine at which quotes are pulled"
    )
    loop_lag_limit_ms: int = Field(
        250, ge=50, le=10_000, description="engine lag that pulls quotes and stops renewing the switch"
    )
    order_expire_ms: int = Field(1_000, ge=100, le=10_000, description="the venue drops later requests")
    ack_timeout_ms: int = Field(2_000, ge=200, le=30_000, description="an unanswered order is UNKNOWN")
    cancel_timeout_ms: int = Field(
        1_000, ge=200, le=30_000, description="an unconfirmed cancel is sent again"
    )
    dead_man_timeout_s: int = Field(20, ge=10, le=120, description="cancel-all-after at the venue")
    needs_dead_man: bool = Field(
        default=True, description="quote only while the dead-man's switch is armed; false is dangerous"
    )
    dead_man_renew_ms: int = Field(4_000, ge=1_000, le=9_000, description="renewal of the dead-man's switch")
    console_lost: ConsoleLostPolicy = Field(
        ConsoleLostPolicy.PAUSE, description="what to do when the last console is gone: pause, kill, keep"
    )
    console_grace_ms: int = Field(10_000, ge=1_000, le=600_000, description="how long it may be gone")
    kill_deadline_ms: int = Field(5_000, ge=1_000, le=60_000, description="a safe quit proves itself by then")
    reconcile_ms: int = Field(30_000, ge=1_000, le=600_000, description="orders are compared with the venue")
    hold_tolerance_ticks: int = Field(3, ge=0, le=10_000, description="quotes nearer to their target stay")
    hold_mode: HoldMode = Field(
        HoldMode.SIMPLE, description="simple: hold within that distance; queue: weigh the queue place"
    )
    post_only_rest_after: int = Field(
        10, ge=1, le=1_000, description="post-only refusals of a side in a minute, then it rests"
    )
    post_only_rest_ms: int = Field(5_000, ge=0, le=3_600_000, description="how long that rest is")
    clock_alarm_ms: int = Field(
        250, ge=10, le=10_000, description="clock difference to the venue that is said"
    )
    clock_limit_ms: int = Field(
        1_000, ge=100, le=20_000, description="clock difference that stops new orders"
    )
    max_change_percent: Decimal = Field(
        Decimal(200), gt=0, description="larger changes of a parameter towards more risk need arming"
    )
    memory_limit_mb: int = Field(
        500, ge=50, le=1_000_000, description="memory of the engine at which an alarm is raised"
    )
    api_latency_limit_ms: int = Field(
        200, ge=10, le=10_000, description="95th percentile of order answers that pulls quotes"
    )
    allow_below_fees: bool = Field(
        default=False, description="allow half-spreads below the maker fee plus one tick"
    )

    preflight: Literal["auto", "ask", "adopt", "cancel", "abort"] = Field(
        "auto",
        description="orders or positions found at the start that the journal does not explain: ask, adopt, "
        "cancel (orders; positions are taken over) or abort; auto asks at a console and cancels without one",
    )

    def limits(self, *, is_headless: bool) -> Limits:
        """The same as the engine takes it."""
        values = {**self.model_dump(mode="json"), "is_headless": is_headless}
        if self.preflight == "auto":
            values["preflight"] = "cancel" if is_headless else "ask"
        return msgspec.convert(values, Limits)
