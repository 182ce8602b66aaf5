"""Risk figures against their limits, the dead-man's switch and the links: bars with text on them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.spans import EMPTY, Line, clip, paint_share, spread, waiting, width_of
from okxmm_tui.console.staleness import account_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import GaugeView
from okxmm_tui.core.snapshot import DeadManView, HealthView

WARN_FROM, CRITICAL_FROM = 0.7, 0.9
DEAD_MAN_WARN = 0.4
SHARE_FROM = 40
SHARE_CELLS = 8
"""At most, of a share and of the blanks around a figure."""
IDLE_ZEROS = re.compile(r"(\.\d{4}\d*?)0+(?!\d)")
"""Zeros of a size beyond its fourth decimal."""
FIGURES = re.compile(r"[-+]?[\d,.]+/[-≥]?[\d,.]+(?= )")
"""A figure and its limit, without the words after them."""


class Gauges(LinePanel):
    """Risk against limits."""

    TITLE = "RISK"
    HELP = (
        "Each figure against its limit, the bar is the share used: amber from 70 %, red from 90 %. The bar "
        "of the dead-man's switch is the time left until the venue cancels by itself; the engine renews it."
    )
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """Which links are up."""
        if view.snapshot is None:
            return EMPTY
        health = view.snapshot.health
        return (
            (tr("market ", "link"), "muted"),
            _dot(is_up=health.public_up),
            (tr(" orders ", "link"), "muted"),
            _dot(is_up=health.private_up),
        )

    def stale_note(self, view: View) -> str:
        """Whether the venue still tells of the account."""
        return account_problem(view)

    def news(self, view: View) -> object:
        """The position, and which links are up."""
        snapshot, market = view.snapshot, view.market
        if snapshot is None or market is None:
            return None
        return market.position_lots, snapshot.health.public_up, snapshot.health.private_up

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The engine's gauges, then order budget and dead-man's switch, then health."""
        snapshot = view.snapshot
        if snapshot is None or view.market is None:
            return waiting(height, width, "no engine yet")
        own = [dead_man_line(snapshot.dead_man, view.now_ns, width), _budget(snapshot.health, width)]
        gauges = fitting((*view.market.gauges, *snapshot.account_view.gauges), max(1, height - len(own)))
        return ([gauge_line(gauge, width) for gauge in gauges] + own)[:height]


def _dot(*, is_up: bool) -> tuple[str, str]:
    return ("●", "gain") if is_up else ("✕", "alarm-1")


def fitting(gauges: tuple[GaugeView, ...], rows: int) -> list[GaugeView]:
    """As many gauges as there are rows, in their usual order; those near their limit are never left out.

    Where one figure has two limits, a mild and a hard one, the nearer is shown: two rows of one name read
    like a mistake.
    """
    nearest: dict[str, int] = {}
    for place, gauge in enumerate(gauges):
        other = nearest.get(gauge.name)
        if other is None or gauge.fraction >= gauges[other].fraction:
            nearest[gauge.name] = place
    by_need = sorted(nearest.values(), key=lambda place: (gauges[place].fraction < WARN_FROM, place))
    return [gauges[place] for place in sorted(by_need[:rows])]


def gauge_line(gauge: GaugeView, width: int) -> Line:
    """A figure, its limit, and how much of it is used."""
    return _bar(gauge.name, gauge.text, gauge.fraction, width)


def _bar(name: str, text: str, fraction: float, width: int) -> Line:
    level = "-crit" if fraction >= CRITICAL_FROM else ("-warn" if fraction >= WARN_FROM else "")
    role = {"-crit": "alarm-1", "-warn": "alarm-2"}.get(level, "text")
    return paint_share(_figure(name, text, role, fraction, width), fraction, f"gauge{level}")


def _figure(name: str, text: str, role: str, fraction: float, width: int) -> Line:
    name, text = tr(name), tr(text)
    share = f"{min(999, round(fraction * 100)):>4}% " if width >= SHARE_FROM else " "
    room = width - width_of(name) - len(share) - 2
    text = next((each for each in _briefer(text) if width_of(each) <= room), text)
    head = clip(f" {name}", width - width_of(text) - len(share) - 1)
    return spread(((f"{head} ", "text"),), ((text, role), (share, "text")), width)


def _briefer(text: str) -> Iterator[str]:
    """A figure and its limit ever shorter: idle zeros go, then blanks, then words; the name must be read."""
    yield text
    text = IDLE_ZEROS.sub(r"\1", text)
    yield text
    text = text.replace(" / ", "/")
    yield text
    if figures := FIGURES.match(text):
        yield figures[0]


def _budget(health: HealthView, width: int) -> Line:
    limit = health.order_budget_limit
    fraction = health.order_budget_used / limit if limit else 0.0
    return _bar("order rate", f"{health.order_budget_used} / {limit}", fraction, width)


def dead_man_line(switch: DeadManView, now_ns: int, width: int) -> Line:
    """Countdown of the switch at the venue; the bar is the time left."""
    if not switch.is_armed or switch.expires_ns is None:
        text = tr("not armed")
        if width_of(tr(switch.problem)) + width_of(tr(" dead-man")) + 2 <= width:
            text = tr(switch.problem) or text
        return spread(((tr(" dead-man"), "muted"),), ((f"{text} ", "alarm-2"),), width)
    left_ns = max(0, switch.expires_ns - now_ns)
    fraction = left_ns / (switch.timeout_s * fmt.SECOND_NS) if switch.timeout_s else 0.0
    is_low = fraction < DEAD_MAN_WARN or bool(switch.problem)
    left = f"{left_ns // fmt.SECOND_NS} / {switch.timeout_s} s"
    # What went wrong stands among the alarms as well: it never takes the place of the name.
    problem = tr(switch.problem)
    said = (f"{problem}  {left}", problem) if problem else ()
    room = width - width_of(tr("dead-man")) - SHARE_CELLS
    text = next((each for each in said if width_of(each) <= room), left)
    line = _figure("dead-man", text, "alarm-2" if is_low else "text", fraction, width)
    return paint_share(line, fraction, "gauge-warn" if is_low else "gauge")
