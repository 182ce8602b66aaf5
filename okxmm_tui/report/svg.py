"""Plots as inline SVG: no script, no font, colours by CSS class so that they follow the page's theme."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from okxmm_tui.core.accounting.markouts import MarkoutRow
from okxmm_tui.engine.store.export import utc
from okxmm_tui.report.cells import axis_number, money, share
from okxmm_tui.report.tables import SHARES

HALF, WIDE = 510, 1040
"""Widths of a plot that shares its row and of one that does not; units are pixels of the page as designed."""
HEIGHT = 200
LEFT, RIGHT, TOP, BOTTOM = 76, 14, 12, 24
INNER_HEIGHT = HEIGHT - TOP - BOTTOM
GRID_LINES = 4
TIME_LABELS = 5
BAR_HEIGHT, BAR_GAP = 20, 6


def curve(
    title: str,
    times_ns: Sequence[int],
    values: Sequence[float],
    *,
    digits: int,
    width: int = HALF,
    is_stepped: bool = False,
) -> str:
    """A curve over time; a line at zero where the values pass it, an area under it.

    Args:
        title: Read aloud by screen readers.
        times_ns: Unix ns, rising.
        values: One for each time.
        digits: After the point, on the axis, at least.
        width: ``HALF`` or ``WIDE``.
        is_stepped: Whether a value holds until the next one.
    """
    if len(values) < 2 or times_ns[-1] <= times_ns[0]:
        return '<p class="none">Too short for a curve.</p>'
    low, high = _limits(values)
    first, span, inner = times_ns[0], times_ns[-1] - times_ns[0], width - LEFT - RIGHT

    def x(at_ns: int) -> float:
        return LEFT + inner * (at_ns - first) / span

    def y(value: float) -> float:
        return TOP + INNER_HEIGHT * (high - value) / (high - low)

    points = list[str]()
    for at, (at_ns, value) in enumerate(zip(times_ns, values, strict=True)):
        if is_stepped and at:
            points.append(f"{x(at_ns):.1f},{y(values[at - 1]):.1f}")
        points.append(f"{x(at_ns):.1f},{y(value):.1f}")
    base = y(min(max(0.0, low), high))
    area = f"{LEFT},{base:.1f} {' '.join(points)} {width - RIGHT},{base:.1f}"
    body = [
        *_grid(low, high, digits, width),
        *(
            f'<text class="tick" x="{LEFT + inner * at / (TIME_LABELS - 1):.1f}" y="{HEIGHT - 6}" '
            f'text-anchor="{"start" if at == 0 else "end" if at == TIME_LABELS - 1 else "middle"}">'
            f"{utc(first + span * at // (TIME_LABELS - 1))[11:19]}</text>"
            for at in range(TIME_LABELS)
        ),
        f'<polygon class="area" points="{area}"/>',
        f'<polyline class="line" points="{" ".join(points)}"/>',
    ]
    if low < 0 < high:
        body.append(f'<line class="zero" x1="{LEFT}" x2="{width - RIGHT}" y1="{base:.1f}" y2="{base:.1f}"/>')
    return _svg(title, width, HEIGHT, body)


def markouts(title: str, rows: Sequence[MarkoutRow]) -> str:
    """Mean in basis points by horizon, with one standard error either way."""
    known = [(row, row.mean_bps, row.error_bps or 0.0) for row in rows if row.mean_bps is not None]
    if not known:
        return '<p class="none">No maker fills.</p>'
    low, high = _limits([0.0, *(mean + way * error for _, mean, error in known for way in (-1, 1))])

    def x(at: int) -> float:
        return LEFT + (HALF - LEFT - RIGHT) * (at + 0.5) / len(known)

    def y(value: float) -> float:
        return TOP + INNER_HEIGHT * (high - value) / (high - low)

    body = [*_grid(low, high, 1, HALF)]
    body.append(f'<line class="zero" x1="{LEFT}" x2="{HALF - RIGHT}" y1="{y(0):.1f}" y2="{y(0):.1f}"/>')
    line = " ".join(f"{x(at):.1f},{y(mean):.1f}" for at, (_, mean, _) in enumerate(known))
    body.append(f'<polyline class="line" points="{line}"/>')
    for at, (row, mean, error) in enumerate(known):
        name = "at the fill" if row.horizon_s == 0 else f"{row.horizon_s} s"
        side = "gain" if mean >= 0 else "loss"
        # The label of the last point goes to its left: to the right of it the picture ends.
        is_last = at == len(known) - 1
        beside = f'x="{x(at) - 9:.1f}" text-anchor="end"' if is_last else f'x="{x(at) + 9:.1f}"'
        body += [
            (
                f'<line class="error {side}" x1="{x(at):.1f}" x2="{x(at):.1f}" '
                f'y1="{y(mean - error):.1f}" y2="{y(mean + error):.1f}"/>'
            ),
            f'<circle class="{side}" cx="{x(at):.1f}" cy="{y(mean):.1f}" r="4"/>',
            f'<text class="value" {beside} y="{y(mean) - 7:.1f}">{money(mean, 2)}</text>',
            f'<text class="tick" x="{x(at):.1f}" y="{HEIGHT - 6}" text-anchor="middle">{name}</text>',
        ]
    return _svg(title, HALF, HEIGHT, body)


def bars(title: str, parts: Sequence[tuple[str, float]], digits: int = 4) -> str:
    """Signed amounts as bars from a line in the middle; the last one is the sum."""
    height = len(parts) * (BAR_HEIGHT + BAR_GAP) + 2 * BAR_GAP
    middle, most = LEFT + (HALF - LEFT - RIGHT) / 2, max(abs(value) for _, value in parts) or 1.0
    half = (HALF - LEFT - RIGHT) / 2 - (72 if digits <= 4 else 96)
    body = list[str]()
    for at, (name, value) in enumerate(parts):
        top = BAR_GAP + at * (BAR_HEIGHT + BAR_GAP) + (BAR_GAP if at == len(parts) - 1 else 0)
        length = half * abs(value) / most
        start = middle if value >= 0 else middle - length
        side, way = ("gain", 1) if value >= 0 else ("loss", -1)
        weight = " sum" if at == len(parts) - 1 else ""
        anchor = "start" if value >= 0 else "end"
        body += [
            (
                f'<text class="name{weight}" x="{LEFT - 10}" y="{top + 14}" text-anchor="end">'
                f"{escape(name)}</text>"
            ),
            (
                f'<rect class="{side}" x="{start:.1f}" y="{top}" width="{length:.1f}" '
                f'height="{BAR_HEIGHT}" rx="2"/>'
            ),
            (
                f'<text class="value{weight}" x="{middle + way * (length + 7):.1f}" y="{top + 14}" '
                f'text-anchor="{anchor}">{money(value, digits)}</text>'
            ),
        ]
    body.append(f'<line class="zero" x1="{middle}" x2="{middle}" y1="0" y2="{height}"/>')
    return _svg(title, HALF, height, body)


def uptime(title: str, shares: Sequence[float]) -> str:
    """How the open time divides, as one bar, with its legend."""
    body, start, inner = list[str](), 0.0, float(WIDE)
    for at, value in enumerate(shares):
        width = inner * value
        body.append(f'<rect class="s{at}" x="{start:.1f}" y="2" width="{width:.1f}" height="26"/>')
        start += width
    step = WIDE / len(SHARES)
    for at, (name, value) in enumerate(zip(SHARES, shares, strict=True)):
        left = at * step
        body += [
            f'<rect class="s{at}" x="{left:.1f}" y="40" width="10" height="10" rx="2"/>',
            f'<text class="tick" x="{left + 15:.1f}" y="49">{name.replace("_", " ")} {share(value)}</text>',
        ]
    return _svg(title, WIDE, 58, body)


def _limits(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    pad = (high - low) * 0.06 or abs(high) * 0.01 or 1.0
    return low - pad, high + pad


def _grid(low: float, high: float, digits: int, width: int) -> list[str]:
    body = list[str]()
    for at in range(GRID_LINES + 1):
        top = TOP + INNER_HEIGHT * at / GRID_LINES
        value = high - (high - low) * at / GRID_LINES
        body += [
            f'<line class="grid" x1="{LEFT}" x2="{width - RIGHT}" y1="{top:.1f}" y2="{top:.1f}"/>',
            (
                f'<text class="tick" x="{LEFT - 8}" y="{top + 4:.1f}" text-anchor="end">'
                f"{axis_number(value, low, high, digits)}</text>"
            ),
        ]
    return body


def _svg(title: str, width: int, height: int, body: Sequence[str]) -> str:
    name = escape(title, quote=True)
    return f'<svg viewBox="0 0 {width} {height}" role="img" aria-label="{name}">{"".join(body)}</svg>'
