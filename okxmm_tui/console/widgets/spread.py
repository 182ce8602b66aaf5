"""What our spread is made of, now and since this console opened."""

from __future__ import annotations

import math

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.composition import Figure, composition
from okxmm_tui.console.history import live_mid
from okxmm_tui.console.language import tr
from okxmm_tui.console.series import resampled
from okxmm_tui.console.spans import Line, left, right, waiting
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.scrolled import ScrolledPanel

NAME_WIDTH = 22
VALUE_WIDTH = 18
LEAST_PAST = 6
"""Columns below which the past says nothing."""
BLOCKS = fmt.RISING[1:-1]
"""None of them fills its cell: curves in rows one above the other must not run together."""
LEAST_RANGE = 0.005
"""Half of the last digit shown: below it a figure has not changed."""


class SpreadPanel(ScrolledPanel):
    """What our spread is made of, against the market's."""

    TITLE = "SPREAD"
    IS_SLOW = True
    HELP = (
        "Distances from the mid in basis points: the market's best, our quotes, fair value and microprice; "
        "and what the distances of our bid and our ask are made of. Beside each its past since this console "
        "opened, from its own lowest to its own highest."
    )

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a distance: its name, its past, its value."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        mid = live_mid(market)
        if mid is None:
            return waiting(height, width, "waiting for a live book")
        past = view.history.spread.get(market.instrument.inst_id, {})
        lines: list[Line] = []
        for figure in composition(market, mid):
            series = past.get(figure.name)
            values = series.values() if series is not None and series.count > 1 else ()
            lines.append(_line(figure, values, width))
        return self.part(lines, height)


def _line(figure: Figure, past: tuple[float, ...], width: int) -> Line:
    room = width - NAME_WIDTH - VALUE_WIDTH
    curve = sparkline(past, room - 1) if room > LEAST_PAST else ""
    name = left(tr(figure.name), NAME_WIDTH)
    value = right(_text(figure), width - NAME_WIDTH - len(curve))
    return ((name, "muted"), (curve, "muted"), (value, figure.role))


def _text(figure: Figure) -> str:
    if figure.mean_bps is None:
        return fmt.NONE
    return " / ".join(fmt.bps_text(value, 2) for value in figure.bps) + " bps"


def sparkline(values: tuple[float, ...], width: int) -> str:
    """The values as blocks between their own lowest and highest; where nothing was known there is a gap.

    It is as wide as asked for, its newest value at the right.
    """
    columns = resampled(values, width)
    known = [value for value in columns if not math.isnan(value)]
    if not known:
        return " " * width
    low, high = min(known), max(known)
    scale = (len(BLOCKS) - 1) / (high - low) if high - low > LEAST_RANGE else 0.0
    blocks = (" " if math.isnan(each) else BLOCKS[round((each - low) * scale)] for each in columns)
    return "".join(blocks).rjust(width)
