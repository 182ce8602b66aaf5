"""Whether what feeds a panel still comes, source by source; the order book has its own states and says them.

A stream that is down is known at once. The mark price comes at least every ten seconds even when it stands
still, so one that is older has stopped.
"""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.view import View

MARK_OLD_MS = 15_000
STREAM_DOWN = "stream down"
NS_PER_MS = 1_000_000


def market_problem(view: View) -> str:
    """Why public trades are not to be read as the present; empty when they are, or none were seen yet."""
    if view.snapshot is None or view.market is None or not view.market.trades:
        return ""
    return "" if view.snapshot.health.public_up else STREAM_DOWN


def account_problem(view: View) -> str:
    """Why own orders, fills, position and balance are not to be read as the present; empty when they are.

    Before they were first compared with the venue's there is nothing to be old.
    """
    if view.snapshot is None or view.snapshot.health.reconciled_ns is None:
        return ""
    return "" if view.snapshot.health.private_up else STREAM_DOWN


def mark_problem(view: View) -> str:
    """Why what is valued at the mark price is not to be read as the present; empty when it is."""
    age_ms = view.market.mark_age_ms if view.market is not None else None
    if age_ms is None or age_ms <= MARK_OLD_MS:
        return ""
    return f"mark {fmt.calm_age_text(age_ms * NS_PER_MS)} old"
