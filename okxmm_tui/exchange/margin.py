"""Margin of the account at one moment: equity, initial and maintenance margin, liquidation estimate.

A cross-margin futures-mode account (acctLv 2) with one settlement currency. Initial margin of an
instrument is its largest possible exposure (position alone, with all its buys, or with all its
sells filled) over the leverage. There is no liquidation engine: the figures warn, nothing is closed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal

from okxmm_tui.core.types import Side
from okxmm_tui.exchange.accounts import Account, Position
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import ZERO, rounded, text
from okxmm_tui.exchange.orders import Order


class MarginView:
    """Figures of one moment, all in USDT; costs O(positions + pending orders)."""

    def __init__(
        self,
        account: Account,
        markets: Mapping[str, Market],
        pending: Iterable[Order],
        levers: Mapping[str, Decimal],
        *,
        default_lever: Decimal,
        maintenance_rate: Decimal,
    ) -> None:
        self.maintenance_rate = maintenance_rate
        self.cash = account.cash
        self._levers, self._default_lever = levers, default_lever
        self._marks = {inst_id: market.mark_price() for inst_id, market in markets.items()}
        self.unrealised = self.notional = self.total_margin = self.positions_margin = ZERO
        exposures: dict[str, list[Decimal]] = {}
        for position in account.positions.values():
            mark = self._marks[position.instrument.inst_id]
            self.unrealised += position.unrealised(mark)
            self.notional += position.value(mark)
            self.positions_margin += self.position_margin(position)
            exposures[position.instrument.inst_id] = [position.face(position.lots) * mark, ZERO, ZERO]
        for order in pending:
            if not order.reduce_only:
                held = exposures.setdefault(order.listing.inst_id, [ZERO, ZERO, ZERO])
                held[1 if order.side is Side.BUY else 2] += order_value(order)
        for inst_id, (value, buys, sells) in exposures.items():
            worst = max(abs(value), abs(value + buys), abs(value - sells))
            self.total_margin += worst / self.lever(inst_id)

    @property
    def equity(self) -> Decimal:
        """Cash plus unrealised PnL."""
        return self.cash + self.unrealised

    @property
    def order_margin(self) -> Decimal:
        """Margin held by pending orders."""
        return self.total_margin - self.positions_margin

    @property
    def maintenance(self) -> Decimal:
        """Maintenance margin of all positions."""
        return self.notional * self.maintenance_rate

    @property
    def available(self) -> Decimal:
        """Equity not bound as margin, never below 0."""
        return max(ZERO, self.equity - self.total_margin)

    def lever(self, inst_id: str) -> Decimal:
        """Leverage set for an instrument."""
        return self._levers.get(inst_id, self._default_lever)

    def position_margin(self, position: Position) -> Decimal:
        """Initial margin of one position alone."""
        inst_id = position.instrument.inst_id
        return position.value(self._marks[inst_id]) / self.lever(inst_id)

    def ratio_text(self) -> str:
        """Equity over maintenance margin, empty without positions."""
        return text(rounded(self.equity / self.maintenance)) if self.maintenance else ""

    def liquidation_price(self, position: Position) -> str:
        """Mark at which equity would meet this position's maintenance margin, others unchanged."""
        if not position.lots:
            return ""
        sign = 1 if position.lots > 0 else -1
        face = position.face(abs(position.lots))
        mark = self._marks[position.instrument.inst_id]
        price = (sign * face * mark - self.equity) / (face * (sign - self.maintenance_rate))
        return text(rounded(price)) if price > 0 else ""


def order_value(order: Order) -> Decimal:
    """Notional of what is left of an order at its limit, in USDT."""
    ours = order.listing.instrument
    return ours.size(order.remaining_lots) * ours.contract_value * ours.price(order.price_ticks or 0)
