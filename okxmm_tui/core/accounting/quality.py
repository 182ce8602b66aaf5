"""Trading quality of one instrument: feeds every statistic from the same few calls."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.activity import Activity
from okxmm_tui.core.accounting.attribution import Attribution, Trade
from okxmm_tui.core.accounting.bills import Flow
from okxmm_tui.core.accounting.episodes import Episodes
from okxmm_tui.core.accounting.markouts import Markouts, Rank, Sample
from okxmm_tui.core.accounting.own_share import OwnShare
from okxmm_tui.core.accounting.presence import Presence
from okxmm_tui.core.accounting.retention import Retention
from okxmm_tui.core.accounting.timeline import NO_MID, Timeline
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import BookedFill, Ledger
from okxmm_tui.core.types import Liquidity


class Context(Struct, frozen=True, gc=False):
    """What is known of the order behind a fill."""

    level: int = 0
    """0 is the own order of its side nearest to the mid."""
    age_ms: int = 0
    """How long it had been resting."""
    volatility_bps: float = 0.0
    """One-second volatility of the mid."""
    rank: Rank = Rank.UNKNOWN


class TradingQuality:
    """Incremental, bounded, deterministic: everything comes from events with their times."""

    def __init__(self, instrument: Instrument, ledger: Ledger) -> None:
        self._instrument = instrument
        self._ledger = ledger
        self.timeline = Timeline()
        self.attribution = Attribution(ledger.position)
        self.markouts = Markouts(self.timeline)
        self.presence = Presence()
        self.activity = Activity()
        self.episodes = Episodes()
        self.own_share = OwnShare()
        self.retention = Retention()

    def on_mid(self, venue_ms: int, bid_ticks: int, ask_ticks: int, *, is_live: bool) -> None:
        """Best bid and ask changed; a book that is not LIVE or has no two sides leaves a gap."""
        is_sane = is_live and 0 < bid_ticks < ask_ticks
        self.timeline.note(venue_ms, bid_ticks + ask_ticks if is_sane else NO_MID)

    def price(self, half_ticks: int) -> Decimal | None:
        """Price of a mid in half ticks; None for no mid."""
        return half_ticks * self._instrument.tick_size / 2 if half_ticks != NO_MID else None

    def on_fill(self, booked: BookedFill, context: Context) -> None:
        """Take a fill the ledger has just booked."""
        fill, is_maker = booked.fill, booked.fill.liquidity is Liquidity.MAKER
        price = fill.price(self._instrument.tick_size)
        notional = float(self._instrument.notional_of(fill.size(self._instrument.lot_size), price))
        half_ticks = self.timeline.before(fill.venue_ms)
        if is_maker:
            self.markouts.on_fill(
                Sample(
                    fill.side,
                    context.level,
                    context.age_ms,
                    context.volatility_bps,
                    2 * fill.price_ticks,
                    notional,
                    fill.venue_ms,
                    context.rank,
                )
            )
        if half_ticks != NO_MID:
            self.own_share.on_fill(fill.size_lots)
        own_fee, base_fee = self._ledger.split_fee(fill)
        self.attribution.on_trade(
            Trade(
                traded=fill.side.sign * self._ledger.quantity_of(fill),
                held_before=booked.held_before,
                price=price,
                mid=self.price(half_ticks),
                is_maker=is_maker,
                fee=own_fee,
                base_fee=base_fee,
                venue_ms=fill.venue_ms,
            )
        )
        self.activity.on_fill(fill.cl_ord_id, fill.size_lots, notional)
        self._follow_episode(booked, own_fee)

    def _follow_episode(self, booked: BookedFill, fee: Decimal) -> None:
        lot_value = self._ledger.position.lot_value
        before, after = int(booked.held_before / lot_value), int(booked.held_after / lot_value)
        now_booked = self._ledger.periods.session.booked
        self.episodes.on_fill(before, after, now_booked - booked.realised - fee, now_booked)

    def on_bill(self, flow: Flow, amount: Decimal) -> None:
        """Take a bill in settlement currency the ledger has just booked."""
        if flow is Flow.FUNDING:
            self.attribution.on_funding(amount)
        elif flow in {Flow.INTEREST, Flow.FORCED, Flow.CONVERSION}:
            self.attribution.on_other(amount)

    def advance(self, venue_ms: int) -> None:
        """Every mid before this venue time is known: settle what waited for one."""
        self.markouts.advance(venue_ms)
        while (due_ms := self.attribution.due_ms) is not None and due_ms < venue_ms:
            self.attribution.settle(self.price(self.timeline.at(due_ms)))

    def follow(self, mid: Decimal | None) -> None:
        """Notice a position that was taken over since the last fill."""
        self.attribution.take_over(self._ledger.position.quantity, mid)
