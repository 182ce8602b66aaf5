"""The one state every part of the venue works on; it holds data and lookups, no behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from okxmm_tui.exchange.accounts import Account
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.faults.frames import FrameGate
from okxmm_tui.exchange.faults.laboratory import Faults
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.margin import MarginView
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.options import VenueSettings
from okxmm_tui.exchange.orders import Order, OrderStore
from okxmm_tui.exchange.outbox import Outbox
from okxmm_tui.exchange.rate_pools import RatePools
from okxmm_tui.exchange.subscriptions import Registry
from okxmm_tui.exchange.timers import Timers


class VenueState:
    """Everything the venue knows at ``now_ns``."""

    def __init__(self, listings: Iterable[Listing], settings: VenueSettings, now_ns: int) -> None:
        self.now_ns = now_ns
        self.settings = settings
        self.listings = {one.inst_id: one for one in listings}
        self.by_code = {one.code: one for one in self.listings.values()}
        self.markets = {inst_id: Market(one, settings.queue_power) for inst_id, one in self.listings.items()}
        self.account = Account(settings.balance)
        self.store = OrderStore()
        self.levers: dict[str, Decimal] = {}
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

    @property
    def shown_ns(self) -> int:
        """Unix nanoseconds as the venue's own clock shows them, which a fault may set wrong."""
        return self.now_ns + self.faults.skew_ns()

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

    def index_market(self, index_id: str) -> Market | None:
        """Return the market that stands for an index: one with a book before others, then spot."""
        found = [one for one in self.markets.values() if one.listing.index_id == index_id]
        return min(
            found, key=lambda one: (one.book.seq < 0, one.instrument.inst_type != "SPOT"), default=None
        )

    def margin(self, extra: Order | None = None) -> MarginView:
        """Margin figures now, optionally as if one more order were pending."""
        pending = list(self.store.pending.values())
        return MarginView(
            self.account,
            self.markets,
            [*pending, extra] if extra else pending,
            self.levers,
            default_lever=self.settings.default_lever,
            maintenance_rate=self.settings.maintenance_rate,
        )
