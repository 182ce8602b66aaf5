"""Risk figures against their limits, the dead-man's switch and the links: bars with text on them."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.spans import EMPTY, Line, clip, paint_share, spread, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.snapshot import DeadManView, GaugeView, HealthView

WARN_FROM, CRITICAL_FROM = 0.7, 0.9
DEAD_MAN_WARN = 0.4
SHARE_FROM = 40


class Gauges(LinePanel):
    """Risk against limits."""

    TITLE = "RISK"
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """Which links are up."""
        if view.snapshot is None:
            return EMPTY
        health = view.snapshot.health
        return (
            ("market ", "muted"),
            _dot(is_up=health.public_up),
            (" orders ", "muted"),
            _dot(is_up=health.private_up),
        )

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The engine's gauges, then order budget and dead-man's switch, then health."""
        snapshot = view.snapshot
        if snapshot is None or view.market is None:
            return waiting(height, width, "no engine yet")
        health = snapshot.health
        own = [dead_man_line(snapshot.dead_man, view.now_ns, width), _budget(health, width)]
        engine = [_gauge(gauge, width) for gauge in view.market.gauges]
        lines = engine[: max(1, height - len(own))] + own
        return (lines + _health(health, view, width))[:height]


def _dot(*, is_up: bool) -> tuple[str, str]:
    return ("●", "gain") if is_up else ("✕", "alarm-1")


def _gauge(gauge: GaugeView, width: int) -> Line:
    return _bar(gauge.name, gauge.text, gauge.fraction, width)


def _bar(name: str, text: str, fraction: float, width: int) -> Line:
    level = "-crit" if fraction >= CRITICAL_FROM else ("-warn" if fraction >= WARN_FROM else "")
    role = {"-crit": "alarm-1", "-warn": "alarm-2"}.get(level, "text")
    return paint_share(_figure(name, text, role, fraction, width), fraction, f"gauge{level}")


def _figure(name: str, text: str, role: str, fraction: float, width: int) -> Line:
    if width < len(name) + len(text) + 3:
        text = text.replace(" / ", "/")
    share = f"{min(999, round(fraction * 100)):>4}% " if width >= SHARE_FROM else " "
    head = clip(f" {name}", width - len(text) - len(share) - 1)
    return spread(((f"{head} ", "text"),), ((text, role), (share, "text")), width)


def _budget(health: HealthView, width: int) -> Line:
    limit = health.order_budget_limit
    fraction = health.order_budget_used / limit if limit else 0.0
    return _bar("order rate", f"{health.order_budget_used} / {limit}", fraction, width)


def dead_man_line(switch: DeadManView, now_ns: int, width: int) -> Line:
    """Countdown of the switch at the venue; the bar is the time left."""
    if not switch.is_armed or switch.expires_ns is None:
        text = switch.problem or "not armed"
        return spread(((" dead-man", "muted"),), ((f"{text} ", "alarm-2"),), width)
    left_ns = max(0, switch.expires_ns - now_ns)
    fraction = left_ns / (switch.timeout_s * fmt.SECOND_NS) if switch.timeout_s else 0.0
    is_low = fraction < DEAD_MAN_WARN or bool(switch.problem)
    text = switch.problem or f"{left_ns // fmt.SECOND_NS} / {switch.timeout_s} s"
    line = _figure("dead-man", text, "alarm-2" if is_low else "text", fraction, width)
    return paint_share(line, fraction, "gauge-warn" if is_low else "gauge")


def _health(health: HealthView, view: View, width: int) -> list[Line]:
    def pair(name: str, text: str, role: str = "text") -> Line:
        return spread(((f" {name}", "muted"),), ((f"{text} ", role),), width)

    market = view.market
    volatility = None if market is None else market.volatility_bps
    return [
        pair("volatility 1s", fmt.NONE if volatility is None else f"{volatility:.2f} bp"),
        pair("engine lag", f"{health.loop_lag_ms:.1f} ms", "alarm-2" if health.loop_lag_ms > 50 else "text"),
        pair("events", f"{health.events_per_s:,.0f} /s"),
        pair("rejects", f"{health.rejects:,}", "alarm-2" if health.rejects else "text"),
        pair("post-only cancels", f"{health.post_only_cancels:,}"),
        pair("reconciled", health.reconciled_text or "not yet"),
    ]
