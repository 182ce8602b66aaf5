"""What others show: the displayed book without our orders, whichever of book and order is heard first."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from okxmm_tui.core.books import OrderBook
from okxmm_tui.core.orders import OrderStatus, OwnOrder
from okxmm_tui.core.own_shown import KEPT_MS, SLACK_MS, OwnShown
from okxmm_tui.core.types import Side
from tests.samples import INST

Shown = dict[int, int]


def order(side: Side, price: int, lots: int, at_ms: int, key: str = "1") -> OwnOrder:
    """A confirmed one."""
    made = OwnOrder(INST, key, side, price, size_lots=lots, created_ns=0)
    made.status, made.update_ms = OrderStatus.LIVE, at_ms
    return made


def book(bids: Shown, asks: Shown, at_ms: int) -> OrderBook:
    """A book as shown at a time."""
    made = OrderBook()
    made.replace(tuple(bids.items()), tuple(asks.items()), 1, at_ms)
    return made


def top(shown: OrderBook) -> tuple[int, int, int, int]:
    """Its best prices."""
    (bid, bid_lots), (ask, ask_lots) = shown.bids.top(1)[0], shown.asks.top(1)[0]
    return bid, bid_lots, ask, ask_lots


def test_a_better_price_of_ours_is_no_price():
    """Alone at 101 and 104: the others' 100 and 110 stand, with their sizes."""
    shown = book({101: 5, 100: 7}, {104: 5, 110: 9}, 50)
    own = OwnShown(shown)
    own.note(order(Side.BUY, 101, 5, 40, "1"))
    own.note(order(Side.SELL, 104, 5, 40, "2"))
    assert own.others(top(shown), 50) == (100, 7, 110, 9)
    assert own.levels(Side.BUY, 5) == ((100, 7),)
    assert own.depth_to(Side.BUY, 99) == (7, 700)
    assert own.depth_to(Side.SELL, 120) == (9, 990)


def test_beside_others_only_our_lots_are_taken_out():
    """Twelve shown at the best bid, five of them in two orders of ours."""
    shown = book({100: 12}, {110: 9}, 50)
    own = OwnShown(shown)
    own.note(order(Side.BUY, 100, 2, 40, "1"))
    own.note(order(Side.BUY, 100, 3, 40, "2"))
    assert own.others(top(shown), 50) == (100, 7, 110, 9)


def test_a_book_from_before_the_order_does_not_hold_it():
    """Confirmed at 500: what stood there at 50 is somebody else's, and at 500 ours is among it."""
    shown = book({100: 5}, {110: 9}, 50)
    own = OwnShown(shown)
    own.note(order(Side.BUY, 100, 5, 500))
    assert own.others(top(shown), 50) == (100, 5, 110, 9)
    shown.apply(((100, 10),), (), 2, 500)
    assert own.others(top(shown), 500) == (100, 5, 110, 9)


def test_a_push_stamped_a_little_late_is_told_by_the_size():
    """Stamped 60 and in the book of 50 already: alone at 101. Four at 100 cannot hold our five."""
    shown = book({101: 5, 100: 4}, {110: 9}, 50)
    own = OwnShown(shown)
    own.note(order(Side.BUY, 101, 5, 60, "1"))
    own.note(order(Side.BUY, 100, 5, 60, "2"))
    assert own.others(top(shown), 50) == (100, 4, 110, 9)
    assert own.depth_to(Side.BUY, 100) == (4, 400)


def test_a_book_from_before_a_move_is_cleared_of_the_old_place():
    """Moved from 101 to 103 at 60, and cancelled at 70: each book is cleared of what it showed."""
    moving = order(Side.BUY, 101, 5, 40)
    shown = book({101: 5, 100: 7}, {110: 9}, 55)
    own = OwnShown(shown)
    own.note(moving)
    moving.price_ticks, moving.update_ms = 103, 60
    own.note(moving)
    assert own.others(top(shown), 55) == (100, 7, 110, 9)
    shown.apply(((101, 0), (103, 5)), (), 2, 65)
    assert own.others(top(shown), 65) == (100, 7, 110, 9)
    moving.status, moving.update_ms = OrderStatus.DONE, 70
    own.note(moving)
    assert own.others(top(shown), 65) == (100, 7, 110, 9)
    shown.apply(((103, 0),), (), 3, 75)
    assert own.others(top(shown), 75) == (100, 7, 110, 9)


def test_a_partial_fill_shrinks_what_is_ours():
    """Five, of which two fill at 60."""
    filling = order(Side.BUY, 100, 5, 40)
    shown = book({100: 12}, {110: 9}, 55)
    own = OwnShown(shown)
    own.note(filling)
    filling.filled_lots, filling.update_ms = 2, 60
    own.note(filling)
    assert own.others(top(shown), 55) == (100, 7, 110, 9)
    shown.apply(((100, 10),), (), 2, 60)
    assert own.others(top(shown), 60) == (100, 7, 110, 9)


def test_best_prices_may_be_newer_than_the_book():
    """We step in front at 102 by the newest best prices; the book of before tells who stands behind."""
    shown = book({101: 4, 100: 7}, {110: 9}, 50)
    own = OwnShown(shown)
    own.note(order(Side.BUY, 102, 5, 60))
    assert own.others((102, 5, 110, 9), 61) == (101, 4, 110, 9)
    own.note(order(Side.BUY, 101, 4, 45, "2"))
    assert own.others((102, 5, 110, 9), 61) == (100, 7, 110, 9)


def test_alone_on_a_side_there_is_no_price():
    """Nobody else bids."""
    shown = book({100: 5}, {110: 9}, 50)
    own = OwnShown(shown)
    own.note(order(Side.BUY, 100, 5, 40))
    assert own.others(top(shown), 50) is None


def test_an_order_found_gone_is_not_counted():
    """No push told its end: the list of pending orders did."""
    gone = order(Side.BUY, 100, 5, 40)
    shown = book({100: 5}, {110: 9}, 50)
    own = OwnShown(shown)
    own.note(gone)
    gone.status = OrderStatus.DONE
    assert own.others(top(shown), 50) == (100, 5, 110, 9)
    own.note(order(Side.BUY, 90, 1, 60, "2"))
    assert [stay.order.cl_ord_id for stay in own._stays] == ["2"]


def test_a_change_of_our_own_orders_alone_is_no_news():
    """Our bid appears, the others behind it are as they were; with one lot of theirs more it is news."""
    shown = book({100: 7}, {110: 9}, 50)
    own = OwnShown(shown)
    assert not own.is_echo(((101, 5),), (), 300)
    own.note(order(Side.BUY, 101, 5, 300))
    assert own.is_echo(((101, 5), (100, 7)), (), 300)
    assert not own.is_echo(((101, 6),), (), 300)
    assert not own.is_echo(((101, 5),), ((110, 8),), 300)
    assert not own.is_echo((), (), 300)


def test_what_ended_long_ago_is_forgotten():
    """A session of any length keeps a handful of stays."""
    own = OwnShown(OrderBook())
    for number in range(1_000):
        passing = order(Side.BUY, 100, 5, number * 100, str(number))
        own.note(passing)
        passing.status = OrderStatus.DONE
        own.note(passing)
    assert len(own._stays) <= KEPT_MS // 100 + 2


class _Venue:
    """Others' liquidity and our orders; order pushes reach us at once, books when they are taken."""

    def __init__(self) -> None:
        self.others: dict[Side, Shown] = {Side.BUY: {90: 3, 80: 2}, Side.SELL: {120: 4, 130: 1}}
        self.live: list[OwnOrder] = []
        self.book = OrderBook()
        self.own = OwnShown(self.book)
        self.take_book(0)

    def act(self, act: str, side: Side, price: int, lots: int, now_ms: int) -> None:
        """One change at the venue."""
        if act == "others":
            self.others[side][price] = lots
        elif act == "place":
            self.live.append(order(side, price, lots, now_ms, str(now_ms)))
            self.own.note(self.live[-1])
        elif self.live:
            self._change(self.live[lots % len(self.live)], act, now_ms)

    def _change(self, touched: OwnOrder, act: str, now_ms: int) -> None:
        touched.update_ms = now_ms
        if act == "move":
            touched.price_ticks += touched.side.sign
        elif act == "fill":
            touched.filled_lots += 1
        if act == "cancel" or touched.filled_lots == touched.size_lots:
            touched.status = OrderStatus.DONE
            self.live.remove(touched)
        self.own.note(touched)

    def take_book(self, now_ms: int) -> None:
        """The book as it is now; remembers what others show in it."""
        total = {side: dict(levels) for side, levels in self.others.items()}
        for each in self.live:
            levels = total[each.side]
            left = each.size_lots - each.filled_lots
            levels[each.price_ticks] = levels.get(each.price_ticks, 0) + left
        self.book.replace(tuple(total[Side.BUY].items()), tuple(total[Side.SELL].items()), now_ms, now_ms)
        self.expected = {
            side: tuple(sorted(((p, n) for p, n in levels.items() if n), reverse=side is Side.BUY))
            for side, levels in self.others.items()
        }


ACTS = st.sampled_from(["place", "place", "move", "cancel", "fill", "others"])
STEPS = st.lists(st.tuples(ACTS, st.sampled_from(Side), st.integers(0, 4), st.integers(1, 5), st.booleans()))


@given(STEPS)
def test_others_are_seen_exactly_in_an_older_book_too(steps):
    """Random orders of ours among random levels; every book lags behind the order pushes as it likes."""
    venue = _Venue()
    for number, (act, side, away, lots, is_book_taken) in enumerate(steps, start=1):
        now_ms = 2 * SLACK_MS * number
        venue.act(act, side, 95 + away if side is Side.BUY else 110 + away, lots, now_ms)
        if is_book_taken:
            venue.take_book(now_ms)
        assert {each: venue.own.levels(each, 50) for each in Side} == venue.expected
        best = venue.own.others(top(venue.book), venue.book.venue_ms)
        assert best == (*venue.expected[Side.BUY][0], *venue.expected[Side.SELL][0])
