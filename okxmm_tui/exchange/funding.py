"""Settles funding every eight hours UTC: position value at mark times the rate; longs pay a positive one."""

from __future__ import annotations

from okxmm_tui.exchange.orders import FundingBill
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.public_rows import next_funding_ms
from okxmm_tui.exchange.state import VenueState


class Funding:
    """The funding clock of the account."""

    def __init__(self, state: VenueState, pushes: PrivatePushes) -> None:
        self._state = state
        self._pushes = pushes
        self._schedule()

    def _schedule(self) -> None:
        due_ms = next_funding_ms(self._state.now_ns // 1_000_000)
        self._state.timers.at(due_ms * 1_000_000, self._on_time)

    def _on_time(self) -> None:
        self._schedule()
        self.settle()

    def settle(self) -> None:
        """Charge or credit every open position now."""
        state = self._state
        for position in list(state.account.positions.values()):
            if not position.lots:
                continue
            inst_id = position.instrument.inst_id
            market = state.markets[inst_id]
            mark = market.mark_price()
            amount = state.account.settle_funding(position, mark, market.funding_rate, state.now_ms)
            state.store.funding.append(
                FundingBill(
                    bill_id=state.store.next_trade_id(),
                    listing=market.listing,
                    lots=position.lots,
                    mark_price=mark,
                    amount=amount,
                    balance=state.account.cash,
                    ts_ms=state.now_ms,
                )
            )
            self._pushes.position(position)
            self._pushes.balance_and_position("funding_fee", position, None)
            self._pushes.account_changed()
