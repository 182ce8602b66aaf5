"""What a maker fill is expected to earn, all costs told: is it worth quoting at all?

    edge = capture - maker fee - adverse(30 s) - funding while held

in basis points of notional (docs/definitions.md, Expected edge of a fill). Capture and adverse are means over
the same fills: those whose mids just before and 30 s after are both known, so that capture - adverse is their
mean markout. Nothing here stops quoting.
"""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.accounting.means import WeightedMean
from okxmm_tui.core.types import Side

HORIZON_S = 30
BOTH = ""


class EdgeView(Struct, frozen=True, gc=False):
    """Expected edge of the fills of one side, in basis points; positive is good for us."""

    side: str
    """``buy`` or ``sell``; empty for both together."""
    fills: int
    """How many were measured; with none, the quoted half-spread stands for the capture."""
    capture_bps: float
    fee_bps: float
    """Maker fee of now; positive is paid."""
    adverse_bps: float
    """What the mid moved against the fills within 30 s; 0 without fills."""
    funding_bps: float
    """Expected cost of holding what was filled; 0 where rate, interval or holding time is not known."""
    edge_bps: float
    error_bps: float | None
    """Standard error of capture - adverse; None below two fills."""


class Viability:
    """Sums over measured fills; a fill costs two additions a side."""

    def __init__(self) -> None:
        self._cells = {name: (WeightedMean(), WeightedMean()) for name in (BOTH, *Side)}

    def add(self, side: Side, capture_bps: float, markout_bps: float, notional: float) -> None:
        """Take a fill whose capture and markout after 30 s are both known."""
        for name in (BOTH, side):
            captured, marked = self._cells[name]
            captured.add(capture_bps, notional)
            marked.add(markout_bps, notional)

    def rows(
        self, *, quoted_bps: float | None, fee_bps: float, buy_funding_bps: float
    ) -> tuple[EdgeView, ...]:
        """Both sides together, then each; a side of which nothing can be said is left out.

        Args:
            quoted_bps: Half-spread quoted now, for sides without a measured fill; None when nothing is.
            fee_bps: Maker fee, positive is paid.
            buy_funding_bps: Expected funding cost of what is bought; of what is sold it is the opposite.
        """
        bought, sold = (self._cells[side][0].weight for side in (Side.BUY, Side.SELL))
        lean = (bought - sold) / (bought + sold) if bought + sold else 0.0
        shares = {BOTH: lean, Side.BUY: 1.0, Side.SELL: -1.0}
        return tuple(
            row
            for name in (BOTH, *Side)
            if (row := self._row(name, quoted_bps, fee_bps, shares[name] * buy_funding_bps)) is not None
        )

    def _row(
        self, name: str, quoted_bps: float | None, fee_bps: float, funding_bps: float
    ) -> EdgeView | None:
        captured, marked = self._cells[name]
        capture = captured.mean if captured.mean is not None else quoted_bps
        if capture is None:
            return None
        kept = marked.mean if marked.mean is not None else capture
        return EdgeView(
            side=str(name),
            fills=marked.count,
            capture_bps=capture,
            fee_bps=fee_bps,
            adverse_bps=capture - kept,
            funding_bps=funding_bps,
            edge_bps=kept - fee_bps - funding_bps,
            error_bps=marked.standard_error,
        )
