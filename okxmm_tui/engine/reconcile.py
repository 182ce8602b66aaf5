"""Merges the venue's word into ours: pushes, answers, queries, and whole lists read over REST.

The venue is right. A missing answer means UNKNOWN, never "refused": the order counts as live exposure and is
asked for at 0.5, 1, 3 and 10 s, and "does not exist" is believed only after the request had expired.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import structs

from okxmm_tui.core.accounting.seen import SeenIds
from okxmm_tui.core.effects import FetchTruth
from okxmm_tui.core.messages import (
    Fill,
    OrderAccepted,
    OrderOutcomeUnknown,
    OrderQueried,
    OrderRefused,
    OrderUpdate,
    TruthFetched,
)
from okxmm_tui.core.orders import OrderChange, OrderStatus, OwnOrder
from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.bookkeeping import Bookkeeper
from okxmm_tui.engine.doubts import EXPIRY_MARGIN_NS, Doubts
from okxmm_tui.engine.execution import NS_PER_MS, Execution
from okxmm_tui.engine.fill_booking import FillBooking
from okxmm_tui.engine.gap import tell_of_the_gap, within_reach
from okxmm_tui.engine.ghosts import Ghosts
from okxmm_tui.engine.intruders import Intruders
from okxmm_tui.engine.leftovers import adopt_leftover
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.order_ends import OrderEnds
from okxmm_tui.engine.positions import Positions
from okxmm_tui.engine.preflight import Preflight
from okxmm_tui.engine.refusals import Refusals
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.spot import explain, note_balance, whole_list

RETRY_NS = 1_000_000_000
CATCH_UP_NS = 120_000_000_000
"""Days of fills are many pages: the first read of a session that carries on may take this long."""
FILLS_LOOKBACK_MS = 60_000
FORCED_CATEGORIES = frozenset({"adl", "full_liquidation", "partial_liquidation"})


class Reconciler:
    """Orders, fills and positions against the venue."""

    def __init__(self, session: Session, execution: Execution, books: Bookkeeper) -> None:
        self._session = session
        self._books = books
        self._execution = execution
        self._asked: dict[int, int] = {}
        """Reads since the last login that were not answered yet, by number, with their time; newest last."""
        self._retry_ns = 0
        self.positions = Positions(session)
        self.preflight = Preflight(session, execution, self.positions, self.want_truth)
        self._doubts = Doubts(session)
        self.intruders = Intruders(session)
        self.ghosts = Ghosts(session, execution)
        self._ends = OrderEnds(session, execution)
        self.fills = FillBooking(session, execution, books)
        self.refusals = Refusals(session, execution, self.want_truth)
        self._fills_since_ms = session.now_ns // NS_PER_MS - FILLS_LOOKBACK_MS
        self._is_catching_up = False
        self.forced: str = ""
        """Set when the venue liquidated or reduced us; the reducer halts on it."""
        self.seen_bills = SeenIds()
        """Bills that were counted."""
        self.checked_ns: int | None = None
        self.checked_text = "not yet"

    @property
    def complete_to_ms(self) -> int:
        """The venue's lists of fills and bills were read up to here (Unix ms), with time to spare."""
        return self._fills_since_ms

    def catch_up(self, since_ms: int, seen_bills: Sequence[str]) -> None:
        """Have the first merge begin where earlier sessions stopped reading."""
        self._fills_since_ms, self._is_catching_up = since_ms, True
        for bill_id in seen_bills:
            self.seen_bills.add(bill_id)

    # -- pushes and answers --------------------------------------------------------------------------

    def on_order(self, update: OrderUpdate) -> None:
        """Take an order push or query result; orders of others pass by, our leftovers are taken in."""
        market = self._session.markets.get(update.inst_id)
        if update.category in FORCED_CATEGORIES:
            self.forced = f"{update.inst_id}: {update.category.replace('_', ' ')} by the venue"
        if market is None:
            return
        if market.orders.find(update.cl_ord_id, update.ord_id) is None:
            if self.intruders.claims(update):
                return
            if update.tag != self._session.started.tag or update.state.is_terminal:
                return
            adopt_leftover(self._session, self._execution, market, update)
        if update.fill is not None:
            self.book_fill(market, update.fill)
        change = market.orders.apply(update)
        if change is not None:
            self._after_change(market, change, update)

    def _after_change(self, market: Market, change: OrderChange, update: OrderUpdate) -> None:
        order = change.order
        market.is_dirty = True
        market.shown.note(order)
        self._books.on_order(market, order, update.state)
        if change.became_live or (change.has_lost_place and not order.is_done):
            lost_lots = market.queues.join(order.cl_ord_id, order.side, order.price_ticks)
            if lost_lots is not None and change.has_moved and not order.is_manual:
                market.quality.retention.on_new_place(lost_lots)
        if change.became_live or (update.amend_result == "0" and not order.is_done):
            self._execution.accepted(market, order.side)
        if change.amend_failed and not order.is_done:
            self._execution.cancel(order, f"amend failed: {update.text or update.code}")
        if change.became_live or change.became_done:
            self._doubts.end(order)
        if change.became_done:
            self._ends.tell(market, order, update.text)
        if change.missing_lots:
            self.want_truth("a fill was missed")
        elif order.is_done and not update.state.is_terminal:
            self.ghosts.on_live_push(order, self.want_truth)

    def book_fill(self, market: Market, fill: Fill) -> None:
        """Book a fill once, whichever way it reached us."""
        self.fills.book(market, fill)

    def on_accepted(self, event: OrderAccepted) -> None:
        """Remember the venue's id; the push says what became of the order."""
        if order := self._find(event.inst_id, event.cl_ord_id):
            self._session.markets[event.inst_id].orders.note_venue_id(order, event.ord_id)

    def on_refused(self, event: OrderRefused) -> None:
        """The venue (or the gateway, before sending) said no to a place, amend or cancel."""
        market, order = self._session.markets.get(event.inst_id), self._find(event.inst_id, event.cl_ord_id)
        if market is None or order is None or order.is_done:
            return
        if event.verb == "place" and order.status is OrderStatus.LIVE:
            self._doubts.begin(order, is_urgent=True)  # it was pushed as live: one of the two words is wrong
            return
        if self.refusals.leave_open(market, order, event):
            self._doubts.begin(order, is_urgent=True)
        if self.refusals.halt:
            self.halt_once(self.refusals.halt)
            self.refusals.halt = ""

    def on_unknown(self, event: OrderOutcomeUnknown) -> None:
        """No answer: the order counts as live until the venue tells."""
        order = self._find(event.inst_id, event.cl_ord_id)
        if order is None or order.is_done:
            return
        if order.status is OrderStatus.SENT:
            order.status = OrderStatus.UNKNOWN
        self._session.report(
            "notice",
            Severity.WARNING,
            f"{event.verb} of {order.side} {order.cl_ord_id}: outcome unknown, {event.reason}",
        )
        self._doubts.begin(order)

    def on_queried(self, event: OrderQueried) -> None:
        """Answer to a question about one order."""
        order = self._find(event.inst_id, event.cl_ord_id)
        asked_ns = self._doubts.answered(order) if order is not None else None
        if event.order is not None:
            self.on_order(event.order)
        if order is None or order.is_done or not event.reached:
            return
        if event.order is None:
            if self._doubts.is_absent(order, asked_ns):
                self._session.markets[event.inst_id].orders.finish(order)
                self._doubts.end(order)
            return
        self._doubts.end(order)
        if order.amend is not None and self._is_overdue(order.amend.sent_ns):
            order.amend = None
        if order.cancel_sent_ns is not None:
            self._execution.cancel(order, "cancel again", by_rest=True)

    # -- timers --------------------------------------------------------------------------------------

    def on_tick(self) -> None:
        """Chase what has not been answered and keep comparing with the venue."""
        now_ns = self._session.now_ns
        self.refusals.on_tick()
        for market in self._session.markets.values():
            for order in market.orders.working:
                self._chase(order, now_ns)
            if self.positions.is_suspicious(market):
                self.want_truth("position differs from the venue's")
        if self._is_truth_due(now_ns):
            self._fetch()

    def _chase(self, order: OwnOrder, now_ns: int) -> None:
        limits = self._session.limits
        if order.status is OrderStatus.SENT and self._is_overdue(order.created_ns):
            order.status = OrderStatus.UNKNOWN
            self._doubts.begin(order)
        elif order.amend is not None and self._is_overdue(order.amend.sent_ns):
            self._doubts.begin(order)
        if order.cancel_sent_ns is not None and (
            now_ns - order.cancel_sent_ns > limits.cancel_timeout_ms * NS_PER_MS
        ):
            self._execution.cancel(order, order.decision, by_rest=True)
            self._doubts.begin(order, is_urgent=True)
        self._doubts.ask_if_due(order)

    def _is_overdue(self, sent_ns: int) -> bool:
        """Whether a request of that time can neither be answered nor take effect any more."""
        limit_ns = self._session.limits.ack_timeout_ms * NS_PER_MS + EXPIRY_MARGIN_NS
        return self._session.now_ns - sent_ns > limit_ns

    def halt_once(self, reason: str) -> None:
        """Have everything halted, unless it is: a refused cancel must not start another round of cancels."""
        if self._session.machine.state is not TradingState.HALTED:
            self.forced = reason

    # -- the whole truth -----------------------------------------------------------------------------

    def want_truth(self, why: str) -> None:
        """Read orders, fills and positions again, soon."""
        self.checked_text = why
        self._retry_ns = min(self._retry_ns, self._session.now_ns)

    def on_login(self) -> None:
        """The private stream is back: nothing is quoted until all is merged."""
        self._session.is_merged = False
        self._asked.clear()
        self._fetch()

    def on_logout(self) -> None:
        """The private stream is gone; fills may be missed from here on."""
        self._session.is_merged = False

    def _is_truth_due(self, now_ns: int) -> bool:
        if not self._session.private_up:
            return False
        if self._asked:
            newest_ns = max(self._asked.values())
            return now_ns - newest_ns > (CATCH_UP_NS if self._is_catching_up else 10 * RETRY_NS)
        return now_ns >= self._retry_ns

    def _fetch(self) -> None:
        now_ns = self._session.now_ns
        request_id = self._session.next_request_id()
        self._asked[request_id] = now_ns
        self._retry_ns = now_ns + self._session.limits.reconcile_ms * NS_PER_MS
        self._fills_since_ms = within_reach(self._session, self._books.account.trust, self._fills_since_ms)
        self._session.effects.append(FetchTruth(request_id, self._fills_since_ms))

    def on_fetch_failed(self, request_id: int, reason: str) -> None:
        """Try again in a second."""
        if self._asked.pop(request_id, None) is not None:
            self._retry_ns = self._session.now_ns + RETRY_NS
            self.checked_text = f"venue not read: {reason}"

    def on_truth(self, event: TruthFetched) -> None:
        """Merge everything; only then may quoting start. A slow answer counts until a newer one has come."""
        if (asked_ns := self._asked.get(event.request_id)) is None:
            return
        self._asked = {each: at_ns for each, at_ns in self._asked.items() if at_ns > asked_ns}
        session = self._session
        event = structs.replace(event, balances=whole_list(session, event.balances))
        for balance in event.balances:
            note_balance(session, balance)
        self._take_bills(event)
        self.positions.adopt_once(event)
        for fill in event.fills:
            market = session.markets.get(fill.inst_id)
            if market is None or fill.tag != session.started.tag:
                continue
            # Reading goes back to where the least complete market was left; the others know what is older.
            if fill.venue_ms >= market.carried_to_ms:
                self.book_fill(market, fill)
        if self._is_catching_up:
            self._is_catching_up = False
            tell_of_the_gap(session, event)
        if why := self.ghosts.review(event.orders):
            self.forced = why
        for order in event.orders:
            self.on_order(order)
        listed = {order.cl_ord_id for order in event.orders}
        for market in session.markets.values():
            self._query_unlisted(market, listed, asked_ns)
        self.positions.compare_all(event)
        if self.positions.is_unsettled or self.ghosts.is_suspected:
            self._retry_ns = session.now_ns + RETRY_NS
        if event.is_complete:
            self._fills_since_ms = asked_ns // NS_PER_MS - FILLS_LOOKBACK_MS
        self.intruders.on_merged(event.orders)
        self._conclude(len(listed))
        self._books.on_truth(event)  # they open on these balances, before anything more can be filled

    def _take_bills(self, event: TruthFetched) -> None:
        """Count each bill once; those of the first merge are part of the balances taken over with it."""
        for bill in event.bills:
            if self.seen_bills.add(bill.bill_id):
                explain(self._session, bill)

    def _query_unlisted(self, market: Market, listed: set[str], asked_ns: int) -> None:
        for order in market.orders.working:
            if order.cl_ord_id not in listed and order.created_ns < asked_ns:
                self._doubts.begin(order, is_urgent=True)

    def _conclude(self, listed: int) -> None:
        session = self._session
        may_conclude = self.preflight.review()
        leftovers = sum(order.is_adopted for m in session.markets.values() for order in m.orders.working)
        if not may_conclude or leftovers or self.positions.is_unsettled:
            self._retry_ns = min(self._retry_ns, session.now_ns + RETRY_NS)
            self.checked_text = self.preflight.block or "merging with the venue"
            return
        if not session.is_merged:
            session.is_merged = True
            if session.merged_step is None:
                session.merged_step = session.step
            session.notice("orders, fills and positions agree with the venue")
        ours = sum(len(market.orders.working) for market in session.markets.values())
        self.checked_ns = session.now_ns
        self.checked_text = f"local {ours} / exchange {listed}"

    def _find(self, inst_id: str, cl_ord_id: str) -> OwnOrder | None:
        market = self._session.markets.get(inst_id)
        return market.orders.get(cl_ord_id) if market is not None else None
