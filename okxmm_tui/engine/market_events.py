"""Hands market data and public notices to the markets they concern."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import structs

from okxmm_tui.core.effects import Resubscribe
from okxmm_tui.core.messages import (
    BookGap,
    BookSnapshot,
    BookUpdate,
    FundingRate,
    IndexPrice,
    InstrumentChanged,
    MarkPrice,
    OrderRouteChanged,
    PriceLimits,
    PublicTrade,
    TopOfBook,
    VenueStatus,
)
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.market import BookState, Market
from okxmm_tui.engine.safety import Safety
from okxmm_tui.engine.session import Session

OTHER_UNITS = "not in this session's ticks and lots any more; restart to trade it"
"""State of an instrument whose tick, lot or contract value has changed: a word of ours, none to trade in."""


class MarketEvents:
    """What is heard of the markets; what concerns none of ours passes by."""

    def __init__(
        self, session: Session, safety: Safety, on_status: Callable[[VenueStatus], None] = lambda event: None
    ) -> None:
        self._session = session
        self._on_status = on_status
        self._safety = safety

    def _readable(self, inst_id: str) -> Market | None:
        """The market of a message in ticks and lots; None where ours are not the venue's any more."""
        market = self._session.markets.get(inst_id)
        return None if market is None or market.instrument.state == OTHER_UNITS else market

    def on_book_snapshot(self, event: BookSnapshot) -> None:
        """Both sides replaced."""
        if market := self._readable(event.inst_id):
            market.on_snapshot(event, self._session.now_ns)
            self._check_crossed(market)

    def on_book_update(self, event: BookUpdate) -> None:
        """Changed levels; a chain that became long enough is said."""
        if market := self._readable(event.inst_id):
            was = market.book_state
            market.on_update(event, self._session.now_ns)
            self._check_crossed(market)
            if was is not BookState.LIVE and market.book_state is BookState.LIVE:
                self._session.notice(f"{event.inst_id}: order book live")

    def _check_crossed(self, market: Market) -> None:
        # In auctions and before the opening the ask may stand below the bid (OKX v5, order book channel).
        if market.book.is_crossed and market.instrument.is_tradable:
            inst_id, market.crossed_ns = market.instrument.inst_id, self._session.now_ns
            reason = f"bid {market.book.bids.best_ticks} reached ask {market.book.asks.best_ticks} (ticks)"
            self._break(market, f"crossed book, {reason}")
            self._session.effects.append(Resubscribe(inst_id, reason))

    def on_book_gap(self, event: BookGap) -> None:
        """The chain broke."""
        if market := self._readable(event.inst_id):
            self._break(market, event.reason)

    def _break(self, market: Market, reason: str) -> None:
        market.break_book(reason)
        self._session.report(
            "notice",
            Severity.WARNING,
            f"{market.instrument.inst_id}: order book broken ({reason}); quotes pulled, resubscribing",
        )

    def on_top(self, event: TopOfBook) -> None:
        """Best bid and ask, ahead of the book."""
        if market := self._readable(event.inst_id):
            market.on_top(event, self._session.now_ns)

    def on_trade(self, event: PublicTrade) -> None:
        """One print of the tape."""
        if market := self._readable(event.inst_id):
            market.on_trade(event, self._session.now_ns)

    def on_mark(self, event: MarkPrice) -> None:
        """The venue's mark price."""
        if market := self._session.markets.get(event.inst_id):
            market.take_mark(event.price, self._session.now_ns)

    def on_index(self, event: IndexPrice) -> None:
        """The index price of the underlying."""
        if market := self._session.markets.get(event.inst_id):
            market.index_price = event.price

    def on_price_limits(self, event: PriceLimits) -> None:
        """The band the venue takes orders in."""
        if market := self._session.markets.get(event.inst_id):
            market.price_limits = event

    def on_funding_rate(self, event: FundingRate) -> None:
        """The rate of the next settlement."""
        if market := self._session.markets.get(event.inst_id):
            market.funding = event

    def on_venue_status(self, event: VenueStatus) -> None:
        """Maintenance, announced or running."""
        self._session.venue_status = event
        self._on_status(event)
        self._session.report("notice", Severity.WARNING, f"venue maintenance {event.state}: {event.title}")

    def on_route(self, event: OrderRouteChanged) -> None:
        """Orders of a market take another way."""
        if market := self._session.markets.get(event.inst_id):
            market.order_route = event.route
            text = f"{event.inst_id}: orders now go by {event.route} ({event.reason})"
            self._session.report("notice", Severity.WARNING, text)

    def on_instrument(self, event: InstrumentChanged) -> None:
        """New metadata; a changed tick, lot or contract value halts, and ends trading here till a restart."""
        new = event.instrument
        market = self._readable(new.inst_id)
        if market is None:
            return
        if market.stop_reason and new.state == "live" and market.instrument.state != "live":
            market.has_come_back = True
        if market.instrument == new:
            return
        old = market.instrument
        if not new.has_units_of(old):
            text = f"{new.inst_id}: tick, lot or contract value changed; restart to trade on"
            self._session.raise_alarm(f"instrument-{new.inst_id}", Severity.CRITICAL, text)
            # A resume lifts the kill for the other markets; a size of ours would mean another one here.
            market.instrument = structs.replace(old, state=OTHER_UNITS, changes_ms=None)
            market.break_book(text)
            self._safety.kill(text)
            return
        market.instrument = new
        self._session.notice(f"{new.inst_id}: instrument is {new.state}")
