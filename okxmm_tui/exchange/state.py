"""The one state every part of the venue works on; it holds data and lookups, no behaviour."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal

from okxmm_tui.exchange.accounts import Account
from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.faults import Faults
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
        self.faults = Faults()
        self.pools = RatePools()
        self.timers = Timers()
        self.outbox = Outbox()
        self.registry = Registry(self.outbox)

    @property
    def now_ms(self) -> int:
        """Unix milliseconds."""
        return self.now_ns // 1_000_000

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
