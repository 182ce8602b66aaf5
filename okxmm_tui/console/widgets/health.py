"""How well the machinery runs: waiting times, links, rates, conflation, budgets, clocks and lags."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, left, line_width, right, spread, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import HealthView

LAG_WARN_MS, CLOCK_WARN_MS = 50.0, 250.0
FIGURE = 9
TWO_FROM = 52
"""Least width of two pairs a row."""


class HealthPanel(LinePanel, can_focus=True):
    """Health of engine, links and console."""

    TITLE = "HEALTH"
    IS_SLOW = True
    HELP = (
        "Round trips by verb and market data from socket to engine, in milliseconds; clocks, budgets, lags "
        "and counts. Amber needs a look."
    )

    def badge(self, view: View) -> Line:
        """The order route, and whether both streams stand."""
        if view.snapshot is None:
            return EMPTY
        health = view.snapshot.health
        is_up = health.public_up and health.private_up
        text, role = ("UP", "gain") if is_up else (" DOWN ", "chip-bad")
        return ((tr(f"orders by {health.order_route}  "), "muted"), (tr(text), role))

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Waiting times first, then pairs; two pairs a row where there is room."""
        if view.snapshot is None:
            return waiting(height, width, "no engine yet")
        health = view.snapshot.health
        lines = latency_lines(health, width)
        pairs = [_pair(name, text, role) for name, text, role in figures(view)]
        if width < TWO_FROM:
            return lines + [spread(head, tail, width) for head, tail in pairs]
        half = (width - 3) // 2
        # A pair that does not fit beside another has a line of its own, before those that may be cut off.
        lines += [spread(*pair, width) for pair in pairs if _cells(pair) > half]
        narrow = [pair for pair in pairs if _cells(pair) <= half]
        for first in range(0, len(narrow), 2):
            left_line = spread(*narrow[first], half)
            second = spread(*narrow[first + 1], half) if first + 1 < len(narrow) else EMPTY
            lines.append((*left_line, ("   ", "text"), *second))
        return lines


def _cells(pair: tuple[Line, Line]) -> int:
    return line_width(pair[0]) + line_width(pair[1]) + 1


def latency_lines(health: HealthView, width: int) -> list[Line]:
    """Percentiles by kind of request."""
    if not health.latencies:
        return [((tr("round trips: none measured yet"), "muted"),)]
    columns = (("p50", FIGURE), ("p95", FIGURE), ("p99", FIGURE), ("n", 8))
    has_all = width >= 46
    head = left("ms", 10) + "".join(right(name, room) for name, room in columns if has_all or name != "p95")
    lines: list[Line] = [((head, "head"),)]
    for each in health.latencies:
        values = [each.p50_ms, each.p95_ms, each.p99_ms] if has_all else [each.p50_ms, each.p99_ms]
        figures_text = "".join(right(f"{value:,.1f}", FIGURE) for value in values)
        lines.append(
            (
                (left(tr(each.name), 10), "text"),
                (figures_text, "text"),
                (right(f"{each.samples:,}", 8), "muted"),
            )
        )
    return lines


def figures(view: View) -> list[tuple[str, str, str]]:
    """Name, text and role of every figure."""
    snapshot = view.snapshot
    if snapshot is None:
        return []
    health, market = snapshot.health, view.market

    def warn(is_bad: object) -> str:
        return "alarm-2" if is_bad else "text"

    def ms(value: float | None, sign: str = "") -> str:
        return fmt.NONE if value is None else f"{value:{sign},.1f} ms"

    lag, offset = health.loop_lag_ms, health.clock_offset_ms
    seen, has_feed = health.reconciled_ns, health.feed_oldest_ms is not None
    volatility = None if market is None else market.volatility_bps
    return [
        ("engine lag", ms(lag), warn(lag > LAG_WARN_MS)),
        ("console lag", ms(view.desk.ui_lag_ms), warn(view.desk.ui_lag_ms > LAG_WARN_MS)),
        ("clock offset", ms(offset, "+"), warn(offset is not None and abs(offset) > CLOCK_WARN_MS)),
        ("clock ±", ms(health.clock_uncertainty_ms), "text"),
        ("events", f"{health.events_per_s:,.0f} /s", "text"),
        ("messages", f"{health.feed_received:,} /s" if has_feed else fmt.NONE, "text"),
        ("conflated", f"{health.feed_conflated:,} /s" if has_feed else fmt.NONE, "text"),
        ("oldest waited", ms(health.feed_oldest_ms), "text"),
        ("venue delay", ms(health.venue_delay_ms), "text"),
        ("stream losses", f"{health.stream_losses:,}", warn(health.stream_losses)),
        ("order budget", f"{health.order_budget_used:,} / {health.order_budget_limit:,}",
         warn(health.order_budget_used >= 0.9 * max(1, health.order_budget_limit))),
        ("rejects", f"{health.rejects:,}", warn(health.rejects)),
        ("post-only cancels", f"{health.post_only_cancels:,}", "text"),
        ("self-trades", f"{health.self_trades:,}", warn(health.self_trades)),
        ("latency spikes", f"{health.latency_spikes:,}", warn(health.latency_spikes)),
        ("volatility 1s", fmt.NONE if volatility is None else f"{volatility:.2f} bps", "text"),
        ("reconciled", tr(health.reconciled_text or "not yet"), warn(not health.reconciled_text)),
        ("checked", fmt.NONE if seen is None else fmt.calm_age_text(view.now_ns - seen), "text"),
        ("consoles", f"{snapshot.consoles}", "text"),
        ("sequence", f"{snapshot.seq:,}", "text"),
    ]  # fmt: skip


def _pair(name: str, text: str, role: str) -> tuple[Line, Line]:
    return ((tr(name), "muted"),), ((text, role),)
