"""Settles funding at each contract's own hours: value at mark times the rate; longs pay a positive one."""

from __future__ import annotations

from okxmm_tui.exchange.bills import FUNDING, FUNDING_PAID, FUNDING_RECEIVED, Bill
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.state import VenueState

HOUR_MS = 3_600_000
"""OKX's intervals are whole hours: one, two, four, six or eight."""


class Funding:
    """The funding clock of the account."""

    def __init__(self, state: VenueState, pushes: PrivatePushes) -> None:
        self._state = state
        self._pushes = pushes
        self._looked_ms = state.now_ns // 1_000_000
        self._schedule()

    def _schedule(self) -> None:
        due_ms = (self._state.now_ns // 1_000_000 // HOUR_MS + 1) * HOUR_MS
        self._state.timers.at(due_ms * 1_000_000, self._on_time)

    def _on_time(self) -> None:
        self._schedule()
        before_ms, self._looked_ms = self._looked_ms, self._state.now_ns // 1_000_000
        self.settle(before_ms)

    def settle(self, since_ms: int | None = None) -> None:
        """Charge or credit open positions; dated futures pay no funding.

        Args:
            since_ms: Only where a funding time lies between this Unix ms and now; None is everywhere, now.
        """
        state = self._state
        for position in state.account.open_positions():
            ours = position.instrument
            market = state.markets[ours.inst_id]
            if not market.listing.has_funding:
                continue
            if since_ms is not None and market.next_funding_ms(since_ms) > self._looked_ms:
                continue
            mark = market.mark_price()
            amount = state.account.settle_funding(position, mark, market.funding_rate, state.now_ms)
            state.bills.append(
                Bill(
                    bill_id=state.store.next_bill_id(),
                    ts_ms=state.now_ms,
                    type=FUNDING,
                    sub_type=FUNDING_PAID if amount < 0 else FUNDING_RECEIVED,
                    ccy=ours.settle_ccy,
                    amount=amount,
                    balance=state.account.balance(ours.settle_ccy),
                    listing=market.listing,
                    margin_mode=position.margin_mode,
                    size=ours.size(abs(position.lots)),
                    price=mark,
                    pnl=amount,
                )
            )
            self._pushes.position(position)
            self._pushes.balance_and_position("funding_fee", position, None, ours.settle_ccy)
            self._pushes.account_changed(ours.settle_ccy)
