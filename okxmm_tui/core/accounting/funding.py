"""Funding that is being earned or owed and not settled yet: an estimate, kept off every booked figure.

    accrued = - position value x predicted rate x elapsed share of the interval

The interval is the venue's own (next funding time - funding time); it differs from instrument to instrument
and is never assumed (docs/definitions.md, PnL by instrument).
"""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.accounting.views import FundingView
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.messages import FundingRate
from okxmm_tui.core.position import EXACT, share


def funding_view(
    ledger: Ledger, funding: FundingRate | None, price: Decimal | None, venue_ms: int
) -> FundingView | None:
    """What stands to be settled; None where there is no funding, or its interval or a price is not known.

    After the settlement it is None too until the venue tells of the next one: what had accrued is a bill now,
    and shown beside that it would be counted twice.

    Args:
        ledger: With the position.
        funding: The venue's last word on the rate.
        price: The mark; another price of valuation where there is none.
        venue_ms: The venue's time now.
    """
    if funding is None or price is None:
        return None
    interval_ms = funding.next_funding_ms - funding.funding_ms
    if interval_ms <= 0 or venue_ms > funding.funding_ms:
        return None
    position = ledger.position
    elapsed_ms = max(0, venue_ms - (funding.funding_ms - interval_ms))
    worth = position.worth(position.quantity, price)
    # A long inverse position has a negative worth (-size / price): its value in coin falls as prices rise.
    whole = EXACT.multiply(worth if position.is_inverse else -worth, funding.rate)
    accrued = share(whole, Decimal(elapsed_ms), Decimal(interval_ms), position.step)
    return FundingView(
        rate=funding.rate,
        settles_ms=funding.funding_ms,
        interval_ms=interval_ms,
        elapsed=elapsed_ms / interval_ms,
        accrued=accrued,
        accrued_quote=ledger.in_quote(accrued, price),
    )
