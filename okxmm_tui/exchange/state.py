"""The one state every part of the venue works on; it holds data and lookups, no behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from okxmm_tui.core.types import PositionMode, PositionSide
from okxmm_tui.exchange.accounts import MAIN_CCY, Account
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.bills import TRANSFER, TRANSFER_IN, TRANSFER_OUT, Bill
from okxmm_tui.exchange.faults.frames import FrameGate
from okxmm_tui.exchange.faults.laboratory import Faults
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import MarginView
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.options import VenueSettings
from okxmm_tui.exchange.orders import Order, OrderStore
from okxmm_tui.exchange.outbox import Outbox
from okxmm_tui.exchange.positions import CROSS, Position
from okxmm_tui.exchange.rate_pools import RatePools
from okxmm_tui.exchange.subscriptions import Registry
from okxmm_tui.exchange.timers import Timers

LeverKey = tuple[str, str, PositionSide]
"""(instId, mgnMode, posSide); the side is net but for isolated margin in long/short mode."""


class VenueState:
    """Everything the venue knows at ``now_ns``."""

    def __init__(self, listings: Iterable[Listing], settings: VenueSettings, now_ns: int) -> None:
        self.now_ns = now_ns
        self.settings = settings
        self.listings = {one.inst_id: one for one in listings}
        self.by_code = {one.code: one for one in self.listings.values()}
        self.markets = {inst_id: Market(one, settings.queue_power) for inst_id, one in self.listings.items()}
        self.store = OrderStore()
        self.account = Account(settings.balance, self._coins())
        self.bills: list[Bill] = []
        self.position_mode = settings.position_mode
        self.levers: dict[LeverKey, Decimal] = {}
        self.pools = RatePools()
        self.timers = Timers()
        self.faults = Faults(self.timers, lambda: self.now_ns, settings.seed)
        self.frames = FrameGate(self.faults)
        self.outbox = Outbox()
        self.registry = Registry(self.outbox)
        self.outbox.guard(
            self.frames,
            self.registry.socket_of,
            lambda delay_ns, action: self.timers.at(self.now_ns + delay_ns, action),
        )
        self.status: list[dict[str, Any]] = []
        """Rows of system/status."""
        for ccy, amount in self.account.started.items():
            if amount:
                self._bill_transfer(ccy, amount)

    @property
    def shown_ns(self) -> int:
        """Unix nanoseconds as the venue's own clock shows them, which a fault may set wrong."""
        return self.now_ns + self.faults.skew_ns()

    def _coins(self) -> dict[str, Decimal]:
        needed = {ccy for one in self.listings.values() if one.is_tradable_here for ccy in one.currencies}
        return dict.fromkeys(sorted(needed - {MAIN_CCY}), self.settings.coin_balance)

    def transfer(self, ccy: str, amount: Decimal) -> None:
        """Move cash in from outside, or out when negative, and bill it."""
        self.account.transfer(ccy, amount, self.now_ms)
        self._bill_transfer(ccy, amount)

    def _bill_transfer(self, ccy: str, amount: Decimal) -> None:
        self.bills.append(
            Bill(
                bill_id=self.store.next_bill_id(),
                ts_ms=self.now_ms,
                type=TRANSFER,
                sub_type=TRANSFER_IN if amount > 0 else TRANSFER_OUT,
                ccy=ccy,
                amount=amount,
                balance=self.account.balance(ccy),
                size=abs(amount),
            )
        )

    @property
    def is_hedged(self) -> bool:
        """Whether long and short positions are kept apart."""
        return self.position_mode is PositionMode.LONG_SHORT

    @property
    def now_ms(self) -> int:
        """Unix milliseconds as the venue's own clock shows them."""
        return self.shown_ns // 1_000_000

    def listing(self, inst_id: str) -> Listing:
        """Return a listing by instId.

        Raises:
            ApiError: 51001, unknown.
        """
        found = self.listings.get(inst_id)
        if found is None:
            raise ApiError("51001", "Instrument ID, Instrument ID code, or Spread ID doesn't exist.")
        return found

    def market(self, inst_id: str) -> Market:
        """Return a market by instId.

        Raises:
            ApiError: 51001, unknown.
        """
        return self.markets[self.listing(inst_id).inst_id]

    def lever_key(self, inst_id: str, mode: str, side: PositionSide) -> LeverKey:
        """Key under which a leverage is kept: sides have their own with isolated margin only."""
        return (inst_id, mode, PositionSide.NET if mode == CROSS else side)

    def lever(self, inst_id: str, mode: str, side: PositionSide) -> Decimal:
        """Leverage of an instrument, margin mode and position side."""
        return self.levers.get(self.lever_key(inst_id, mode, side), self.settings.default_lever)

    def position_of(self, order: Order) -> Position:
        """Position an order of contracts belongs to."""
        return self.account.position(order.listing.instrument, order.pos_side, order.td_mode)

    def closable_lots(self, position: Position, but: Order | None = None) -> int:
        """Lots of a long or short position that no pending closing order has claimed."""
        inst_id, key = position.instrument.inst_id, (position.side, position.margin_mode)
        claimed = sum(
            one.remaining_lots
            for one in self.store.pending_of(inst_id)
            if one is not but and one.is_closing and (one.pos_side, one.td_mode) == key
        )
        return max(0, abs(position.lots) - claimed)

    def index_market(self, index_id: str) -> Market | None:
        """Return the market that stands for an index: one with a book before others, then spot."""
        found = [one for one in self.markets.values() if one.listing.index_id == index_id]
        return min(
            found, key=lambda one: (one.book.seq < 0, one.instrument.inst_type != "SPOT"), default=None
        )

    def margin(self, *extra: Order) -> MarginView:
        """Margin figures now, optionally as if further orders were pending."""
        return MarginView(
            self.account,
            self.markets,
            [*self.store.pending.values(), *extra],
            self.lever,
            level=self.settings.account_level,
            maintenance_rate=self.settings.maintenance_rate,
        )
