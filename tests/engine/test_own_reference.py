"""Decisions rest on what others show: quotes never follow themselves where the venue shows them too."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.accounting.timeline import NO_MID
from okxmm_tui.core.effects import AmendOrder, AnyEffect, CancelOrder, PlaceOrder
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import AnyEvent, BookSnapshot, BookUpdate, OrderUpdate, TopOfBook
from okxmm_tui.core.types import Side, VenueOrderState
from tests.engine.desk import MS, Desk
from tests.samples import INST, order_update

BID, ASK = 599_000, 601_000
"""What others quote: 33 bps apart, so that we stand alone in between."""
LIMITS = Limits(is_headless=True, hold_tolerance_ticks=0)


class MirrorDesk(Desk):
    """A venue that does what it is asked, and shows our orders among the others, with its own times."""

    def __init__(self, **changes: object) -> None:
        super().__init__(**changes)  # pyright: ignore[reportArgumentType]
        self.own: dict[str, OrderUpdate] = {}
        self._answered = 0

    def feed(self, event: AnyEvent, after_ms: int = 1) -> list[AnyEffect]:
        """As from a venue whose clock is ours."""
        venue_ms = self.now_ns // MS + after_ms
        match event:
            case BookSnapshot() | BookUpdate():
                event = structs.replace(event, venue_ms=venue_ms)
            case OrderUpdate():
                event = structs.replace(event, update_ms=venue_ms)
            case _:
                pass
        return super().feed(event, after_ms)

    def open(self, position_lots: int = 0) -> None:
        """Connected, with a position and a book of others, ready to quote."""
        self.connect()
        self.market.ledger.position.adopt(position_lots, Decimal(60_000))
        self.book(BID, ASK)

    def go_on(self, rounds: int = 1) -> None:
        """Let the venue answer, show the new book, and time pass until the next decision."""
        for _ in range(rounds):
            before = {side: self._levels(side) for side in Side}
            for effect in self.effects[self._answered :]:
                self._answer(effect)
            self._answered = len(self.effects)
            changes = {
                side: tuple((dict.fromkeys(before[side], 0) | self._levels(side)).items()) for side in Side
            }
            self.update(changes[Side.BUY], changes[Side.SELL])
            for _ in range(12):
                self.update()
                self.tick()
            self.arm_dead_man()

    def _levels(self, side: Side) -> dict[int, int]:
        base = {BID: 500} if side is Side.BUY else {ASK: 500}
        for each in self.own.values():
            if each.side is side:
                base[each.price_ticks] = base.get(each.price_ticks, 0) + each.size_lots
        return base

    def _answer(self, effect: AnyEffect) -> None:
        match effect:
            case PlaceOrder(cl_ord_id=key):
                self.own[key] = order_update(key, effect.side, effect.price_ticks, effect.size_lots)
                self.feed(self.own[key])
            case AmendOrder(cl_ord_id=key) if key in self.own:
                was = self.own[key]
                price, size = effect.price_ticks or was.price_ticks, effect.size_lots or was.size_lots
                self.own[key] = structs.replace(was, price_ticks=price, size_lots=size)
                self.feed(structs.replace(self.own[key], amend_result="0", req_id=effect.req_id))
            case CancelOrder(cl_ord_id=key) if key in self.own:
                gone = self.own.pop(key)
                self.feed(structs.replace(gone, state=VenueOrderState.CANCELED, cancel_source="1"))
            case _:
                pass

    def prices(self) -> list[int]:
        """Where our orders stand."""
        return sorted(each.price_ticks for each in self.own.values())


@pytest.mark.parametrize("strategy", ["inventory_skew", "ladder", "glft"])
@pytest.mark.parametrize("position_lots", [300, -300])
def test_quotes_that_lean_do_not_chase_themselves(strategy, position_lots):
    """Long or short, alone between wide quotes of others: where they stood first they stand for good."""
    desk = MirrorDesk(limits=LIMITS, strategy=strategy)
    desk.open(position_lots)
    desk.go_on()
    first = desk.prices()
    desk.go_on(20)
    assert first
    assert desk.prices() == first


def test_the_mid_is_that_of_the_others():
    """Our lone ask far below theirs moves neither the mid that values and guards, nor the fair value."""
    desk = MirrorDesk(limits=LIMITS)
    desk.open(300)
    desk.go_on(3)
    market = desk.market
    assert (market.bid_ticks, market.ask_ticks) == tuple(desk.prices())
    assert market.mid_price == Decimal(60_000)
    summary = market.signals.summary()
    assert summary.weighted_mid_ticks == pytest.approx(600_000)
    assert summary.vamp_ticks == pytest.approx(600_000)


def test_our_own_quotes_do_not_make_a_wide_market_narrow():
    """A spread of 33 bps where 20 are allowed: no quote of ours comes, goes and comes again."""
    desk = MirrorDesk(limits=structs.replace(LIMITS, max_spread_bps=Decimal(40)))
    desk.open()
    desk.go_on(2)
    assert desk.prices()
    desk.reducer.session.limits = structs.replace(desk.reducer.session.limits, max_spread_bps=Decimal(20))
    desk.go_on(4)
    assert desk.prices() == []
    assert "spread" in desk.market.blocked
    placed = len(desk.taken(PlaceOrder))
    desk.go_on(6)
    assert len(desk.taken(PlaceOrder)) == placed


def test_our_own_quotes_are_no_depth():
    """Nobody else within 10 bps: two quotes of ours there do not make a market thin."""
    desk = MirrorDesk(limits=structs.replace(LIMITS, min_depth_quote=Decimal(1_000)))
    desk.open()
    desk.go_on(4)
    assert len(desk.prices()) == 2
    assert desk.market.signals.summary().bid_depth_quote == 0


def test_alone_in_a_market_nothing_is_quoted():
    """The others' bid goes: ours alone says nothing of what it is worth, and leaves."""
    desk = MirrorDesk(limits=LIMITS)
    desk.open()
    desk.go_on(2)
    assert len(desk.prices()) == 2
    desk.update(bids=((BID, 0),))
    assert desk.market.quality.timeline.at(desk.now_ns // MS) == NO_MID
    desk.tick()
    assert desk.market.blocked == "nobody else quotes both sides"
    assert {effect.cl_ord_id for effect in desk.taken(CancelOrder)} == set(desk.own)


def test_an_order_that_the_book_shows_already_is_not_ahead_of_itself():
    """The book was pushed before the order was: of 600 shown, its own 100 are not waited for."""
    desk = MirrorDesk(limits=LIMITS)
    desk.open()
    bid = next(each for each in desk.taken(PlaceOrder) if each.side is Side.BUY)
    desk.update(bids=((bid.price_ticks, 500 + bid.size_lots),))
    venue_ms = desk.now_ns // MS
    pushed = order_update(bid.cl_ord_id, Side.BUY, bid.price_ticks, bid.size_lots)
    Desk.feed(desk, structs.replace(pushed, update_ms=venue_ms - 1))
    place = desk.market.queues.get(bid.cl_ord_id)
    assert place is not None
    assert place.ahead_lots == 500


def test_our_own_moves_do_not_keep_a_silent_market_young():
    """Only our orders change in the book, by depth and by best prices: its age goes on."""
    desk = MirrorDesk(limits=LIMITS)
    desk.open()
    desk.go_on(2)
    market, before_ns = desk.market, desk.market.last_book_ns
    bid = next(each for each in desk.own.values() if each.side is Side.BUY)
    moved = structs.replace(bid, price_ticks=bid.price_ticks - 50)
    order = market.orders.get(bid.cl_ord_id)
    assert order is not None
    desk.feed(structs.replace(moved, amend_result="0", req_id="9"))
    assert order.price_ticks == moved.price_ticks
    desk.update(bids=((bid.price_ticks, 0), (moved.price_ticks, bid.size_lots)), after_ms=300)
    top = TopOfBook(INST, moved.price_ticks, bid.size_lots, market.ask_ticks, market.ask_lots, 10_000, 0)
    desk.feed(structs.replace(top, bid_lots=bid.size_lots - 1, venue_ms=desk.now_ns // MS), after_ms=300)
    assert (market.bid_ticks, market.last_book_ns) == (moved.price_ticks, before_ns)
    desk.update(bids=((BID, 499),))
    assert market.last_book_ns == desk.now_ns
