"""The engine feeds the books: balances, bills, fills with their mids, presence, figures for the picture."""

from __future__ import annotations

from decimal import Decimal

import msgspec
from msgspec import structs

from okxmm_tui.core.accounting.trust import BREACHES
from okxmm_tui.core.accounting.views import AccountingView, IdentityView
from okxmm_tui.core.commands import Pause
from okxmm_tui.core.effects import FetchTruth, PlaceOrder
from okxmm_tui.core.messages import (
    AccountBill,
    BalanceUpdate,
    ClockMeasured,
    MarkPrice,
    OrderBudget,
    PositionUpdate,
    StreamUp,
    TopOfBook,
)
from okxmm_tui.core.snapshot import FromEngine
from okxmm_tui.core.types import Severity, Side, VenueOrderState
from okxmm_tui.engine.loss_limits import DAY_NS
from okxmm_tui.engine.view import build_snapshot
from tests.engine.desk import MS, Desk
from tests.samples import INST, START_NS, fill, order_update

D = Decimal


def _balance(desk: Desk, equity: str) -> BalanceUpdate:
    amount = D(equity)
    return BalanceUpdate("USDT", amount, amount, amount / 2, desk.now_ns // MS)


def _trading(equity: str = "10000") -> tuple[Desk, str]:
    """A desk with two quotes, a live mid and open books."""
    desk = Desk()
    bid, _ = desk.quoting()
    desk.feed(_balance(desk, equity))
    desk.feed(TopOfBook(INST, 600_000, 500, 600_001, 500, 1_000, desk.now_ns // MS))
    return desk, bid


def _fill_bid(desk: Desk, bid: str) -> None:
    """The whole bid fills at its price, with 0.12 of fee."""
    order = desk.market.orders.get(bid)
    assert order is not None
    price = desk.market.instrument.price_text(order.price_ticks)
    size = desk.market.instrument.size_text(order.size_lots)
    executed = structs.replace(
        fill(Side.BUY, price, size, cl_ord_id=bid, fee="-0.12"), venue_ms=desk.now_ns // MS + 1
    )
    desk.feed(
        order_update(
            bid, Side.BUY, order.price_ticks, order.size_lots, state=VenueOrderState.FILLED,
            filled_lots=order.size_lots, fill=executed,
        )
    )  # fmt: skip


def _shown(desk: Desk) -> tuple[AccountingView, IdentityView]:
    shown = build_snapshot(desk.reducer, 1)
    accounting = shown.markets[0].accounting
    assert accounting is not None
    assert shown.identity is not None
    return accounting, shown.identity


def test_a_fill_reaches_books_markouts_and_decomposition():
    """The mid of the live book just before it, level, ratios, and the identity with the venue's equity."""
    desk, bid = _trading()
    _fill_bid(desk, bid)
    desk.feed(MarkPrice(INST, D("60000.05"), 0))
    accounting, _ = _shown(desk)
    parts = accounting.decomposition
    assert parts.spread > 0
    assert (parts.fees, parts.total) == (D("-0.12"), desk.market.ledger.net(desk.market.mid_price))
    row = next(row for row in accounting.markouts if (row.dimension, row.horizon_s) == ("all", 0))
    assert (row.count, row.missing) == (1, 0)
    assert accounting.activity.orders_accepted == 2
    assert accounting.activity.order_fill_ratio == 0.5
    desk.feed(_balance(desk, str(D(10000) + desk.market.ledger.net_quote(D("60000.05")))))
    assert _shown(desk)[1].residual == 0


def test_books_open_with_the_merge_and_not_with_a_balance_that_came_late():
    """A balance from before the first fill arrives after it: its fee must not be missing for ever."""
    desk = Desk()
    desk.feed(OrderBudget(0, 51))
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    early = _balance(desk, "20000")
    desk.answer_truth(balances=(early,))
    assert desk.reducer.books.account.is_open
    desk.tick()
    desk.arm_dead_man()
    desk.book()
    desk.feed(MarkPrice(INST, D(60_000), 0))
    bid = desk.taken(PlaceOrder)[0]
    desk.confirm(bid)
    _fill_bid(desk, bid.cl_ord_id)
    desk.feed(early)
    equity = D(20_000) + desk.market.ledger.net_quote(D(60_000))
    desk.feed(_balance(desk, str(equity)))
    assert _shown(desk)[1].residual == 0
    assert _shown(desk)[1].fees == D("-0.12")


def test_bills_of_a_merge_are_booked_once():
    """Funding in two overlapping reads; what is older than the session is left out."""
    desk, _ = _trading()
    now_ms = desk.now_ns // MS
    bills = (
        AccountBill("1", "8", INST, "USDT", D("-0.6"), now_ms + 5),
        AccountBill("2", "1", "", "USDT", D(100), now_ms + 6),
        AccountBill("0", "8", INST, "USDT", D(-50), now_ms - 86_400_000),
    )
    for _ in range(2):
        desk.reducer.reconciler.want_truth("test")
        desk.run(100)
        desk.answer_truth(bills=bills, balances=(_balance(desk, "10099.4"),))
    accounting, identity = _shown(desk)
    assert accounting.session.funding == D("-0.6")
    assert accounting.decomposition.funding == D("-0.6")
    assert (identity.funding, identity.transfers, identity.residual) == (D("-0.6"), D(100), 0)


def test_money_nobody_can_explain_raises_an_alarm_and_its_return_clears_it():
    """Three reports in a row, five seconds apart."""
    desk, _ = _trading()
    for _ in range(BREACHES):
        desk.feed(_balance(desk, "9000"))
        desk.run(6_000)
    assert not _shown(desk)[1].is_trustworthy
    alarm = next(alarm for alarm in desk.reducer.session.alarms.views() if alarm.key == "pnl")
    assert "PnL not trustworthy: residual -1000.00 USDT" in alarm.text
    desk.feed(_balance(desk, "10000"))
    desk.run(6_000)
    assert _shown(desk)[1].is_trustworthy


def test_funding_is_no_reason_to_doubt_while_its_bill_is_only_not_read_yet():
    """The balance falls at once and the next comparison is half a minute off: the bill is fetched early."""
    desk, _ = _trading("20000")
    settled_ms = desk.now_ns // MS + 1
    bill = AccountBill("f1", "8", INST, "USDT", D(-5), settled_ms)
    for _ in range(8):
        desk.feed(_balance(desk, "19995"))
        for _ in range(100):
            asked = desk.taken(FetchTruth, desk.tick(50))
            desk.update()
            if asked:
                desk.answer_truth(bills=(bill,), balances=(_balance(desk, "19995"),))
            assert desk.reducer.books.account.trust.is_trustworthy
    assert desk.state == "ACTIVE"
    assert (_shown(desk)[1].funding, _shown(desk)[1].residual) == (D(-5), 0)


def test_an_incomplete_merge_labels_the_figures_and_is_read_again_from_the_same_time():
    """The next read starts where the missing page was."""
    desk, _ = _trading()
    since = desk.reducer.reconciler._fills_since_ms
    desk.reducer.reconciler.want_truth("test")
    desk.run(100)
    desk.answer_truth(is_complete=False)
    assert "could not be read back" in _shown(desk)[0].incomplete
    assert desk.reducer.reconciler._fills_since_ms == since
    desk.reducer.reconciler.want_truth("test")
    desk.run(100)
    desk.answer_truth()
    assert _shown(desk)[0].incomplete == ""
    assert desk.reducer.reconciler._fills_since_ms > since


def test_a_position_without_its_average_is_labelled():
    """Nobody knows what it cost."""
    desk = Desk()
    desk.connect()
    desk.market.ledger.position.adopt(100, None)
    accounting = build_snapshot(desk.reducer, 1).markets[0].accounting
    assert accounting is not None
    assert "without its average price" in accounting.incomplete


def test_presence_tells_trading_from_pauses_and_faults():
    """Two quotes for two seconds, then an operator's pause, then a broken stream."""
    desk, _ = _trading()
    for _ in range(40):
        desk.tick(50)
        desk.update()
    quoted = desk.market.quality.presence.view()
    assert quoted.two_sided is not None
    assert quoted.two_sided > 0.8
    desk.command(Pause())
    for _ in range(200):
        desk.tick(50)
        desk.update()
    paused = desk.market.quality.presence.view()
    assert paused.paused_by_risk is not None
    assert paused.paused_by_risk > 0.7


def test_a_rest_a_rule_ordered_is_no_unexplained_absence():
    """Quotes pulled by a guard, then nothing new for a doubt: that is risk and fault, never absence."""
    desk, _ = _trading()
    presence = desk.market.quality.presence

    def shares(seconds: int) -> tuple[float, float, float]:
        before = presence.view()
        for _ in range(20 * seconds):
            desk.tick(50)
            desk.update()
            for order in desk.market.orders.working:
                desk.cancelled(order.cl_ord_id)
        after = presence.view()
        names = ("absent", "paused_by_risk", "paused_by_fault")
        risen = [
            (getattr(after, name) or 0.0) * after.open_s - (getattr(before, name) or 0.0) * before.open_s
            for name in names
        ]
        return risen[0], risen[1], risen[2]

    desk.reducer.position_guard.block = lambda market: "resting after losing round trips"
    absent, by_risk, by_fault = shares(4)
    assert by_risk > 3.8
    assert absent + by_fault < 0.1
    desk.reducer.position_guard.block = lambda market: ""
    desk.reducer.session.freeze("test", Severity.WARNING, "in doubt")
    absent, by_risk, by_fault = shares(4)
    assert by_fault > 3.8
    assert absent + by_risk < 0.2


def test_a_machine_that_is_a_day_ahead_ends_no_day():
    """The day turns by the clock of the venue: what is filled today counts today, whatever ours said."""
    desk = Desk()
    today = START_NS // DAY_NS
    desk.now_ns += DAY_NS
    desk.tick()
    desk.feed(ClockMeasured(-DAY_NS, 0))
    desk.run(2_000)
    desk.market.ledger.book(
        structs.replace(fill(Side.BUY, "60000", "1", fee="-0.12"), venue_ms=START_NS // MS)
    )
    periods = desk.market.ledger.periods
    assert (periods.day_number, periods.day.fees) == (today, D("-0.12"))
    desk.run(1_000)
    desk.now_ns += DAY_NS
    desk.run(1_000)
    assert (periods.day_number, periods.day.fees) == (today + 1, 0)


def test_a_broken_book_leaves_no_mid():
    """A fill while the book is being rebuilt has no spread capture."""
    desk, bid = _trading()
    desk.market.break_book("test")
    _fill_bid(desk, bid)
    cell = desk.market.quality.markouts.cell("all", "", 0)
    assert (cell.count, cell.missing) == (0, 1)


def test_a_position_change_by_the_venue_keeps_the_decomposition_honest():
    """A takeover gains nothing by itself."""
    desk, _ = _trading()
    desk.market.ledger.position.adopt(100, D(50_000))
    desk.market.venue_position = PositionUpdate(INST, 100, D(50_000), None, None, 0)
    desk.run(1_100)
    accounting, _ = _shown(desk)
    assert accounting.decomposition.total == 0


def test_the_picture_with_books_survives_the_wire():
    """Every new figure encodes and decodes to itself, and building it changes nothing."""
    desk, bid = _trading()
    _fill_bid(desk, bid)
    desk.run(2_000)
    shown = build_snapshot(desk.reducer, 5)
    assert shown.performance is not None
    assert msgspec.msgpack.Decoder(FromEngine).decode(msgspec.msgpack.encode(shown)) == shown
    assert build_snapshot(desk.reducer, 5) == shown


def test_a_currency_the_venue_lists_no_more_is_at_zero():
    """A debt in coin paid off by the venue leaves its list; the last report must not stand for ever."""
    desk, _ = _trading()
    at_ms = desk.now_ns // MS
    usdt, none = _balance(desk, "10000"), D(0)
    paid = AccountBill("b1", "1", "", "BTC", D(-20), at_ms + 1)
    desk.feed(BalanceUpdate("BTC", D(-20), D(-20), none, at_ms + 1))
    desk.reducer.reconciler.want_truth("a bill")
    desk.tick()
    desk.answer_truth(balances=(usdt, BalanceUpdate("BTC", D(-20), D(-20), none, at_ms + 1)), bills=(paid,))
    # The push that tells of the zero comes before the bill that explains it.
    desk.feed(BalanceUpdate("BTC", none, none, none, at_ms + 2))
    desk.reducer.reconciler.want_truth("a bill")
    desk.tick()
    desk.answer_truth(balances=(usdt,), bills=(AccountBill("b2", "5", "", "BTC", D(20), at_ms + 2),))
    assert desk.reducer.session.balances["BTC"].cash == 0
    assert desk.reducer.books.account.identity().residual == 0


def test_a_list_without_any_balance_says_nothing():
    """Nobody trades on an account that has none: what is known stays."""
    desk, _ = _trading()
    desk.reducer.reconciler.want_truth("a look")
    desk.tick()
    desk.answer_truth()
    assert desk.reducer.session.balances["USDT"].cash == 10_000
