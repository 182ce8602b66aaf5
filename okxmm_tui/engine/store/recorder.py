"""Derives the journal's rows from the steps of the reducer; writes nothing itself.

Theory of operation. ``rows`` is called after every step with its event and effects. Which rows an event can
give is decided by one look into a table of types: market data gives none, and a step without effects whose
event is not in the table costs that look alone. Orders are written as they stand after the step, so that
whatever way their state came to us, the row says the same as the engine; those that change without an event
of their own (a query that ran out, a proof that all are gone) are found by the next tick.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from okxmm_tui.core.effects import AmendOrder, AnyEffect, CancelOrder, PlaceOrder, Report, Stop
from okxmm_tui.core.messages import (
    AnyEvent,
    OrderAccepted,
    OrderOutcomeUnknown,
    OrderQueried,
    OrderRefused,
    OrderUpdate,
    Tick,
    TruthFetched,
)
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.restored import LeftOrder
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.engine.store import rows as make
from okxmm_tui.engine.store.books import books_row, books_scope, saved_day, saved_market
from okxmm_tui.engine.store.rows import Row

BOOKS_NS = 5_000_000_000
SNAPSHOT_NS = 60_000_000_000
NOTHING: list[Row] = []
UNSAID = frozenset({"fill"})
"""Reports that have rows of their own."""
_json = msgspec.json.Encoder().encode


class Recorder:
    """Rows of one session.

    Args:
        reducer: Read after each of its steps, never changed.
        program: Version that runs, for the session's row.
    """

    def __init__(self, reducer: Reducer, program: str) -> None:
        self._reducer = reducer
        self._session = reducer.session
        self._program = program
        self._session_id = reducer.session.started.session_id
        self._scope = make.scope_of(reducer.session.started)
        self._open: dict[str, tuple[Market, OwnOrder, str]] = {}
        """Orders that were not done when last written, and the word written."""
        self._left = {each.cl_ord_id: each for each in self._left_orders()}
        self._bills: set[str] = set()
        """Bills of the last fetch: the next one repeats most of them, and the table ignores what it has."""
        self._next_snapshot_ns = self._session.now_ns + SNAPSHOT_NS
        self._next_books_ns = self._session.now_ns
        self._saved: dict[str, object] = {}
        """What the saved books of each market depend on, as of their saving."""
        self._rows: list[Row] = []
        self._by_event: dict[type[Any], Callable[[Any], None]] = {
            Tick: self._on_tick,
            OrderUpdate: self._on_update,
            OrderAccepted: self._on_accepted,
            OrderRefused: self._on_refused,
            OrderOutcomeUnknown: self._on_unknown,
            OrderQueried: self._on_queried,
            TruthFetched: self._on_truth,
        }
        self._by_effect: dict[type[Any], Callable[[Any], None]] = {
            PlaceOrder: self._on_place,
            AmendOrder: self._on_amend,
            CancelOrder: self._on_cancel,
            Report: self._on_report,
            Stop: self._on_stop,
        }

    def _left_orders(self) -> Sequence[LeftOrder]:
        restored = self._session.started.restored
        return restored.orders if restored is not None else ()

    @property
    def step(self) -> int:
        """Number of the step that was applied last."""
        return self._session.step

    def first_rows(self) -> list[Row]:
        """The session and the parameters it starts with."""
        session = self._session
        return [
            make.session_row(session.started, session.now_ns, self._program),
            *(make.start_params_row(session, market) for market in session.markets.values()),
        ]

    def rows(self, event: AnyEvent, effects: Sequence[AnyEffect]) -> list[Row]:
        """Rows of the step that has just been applied."""
        on_event = self._by_event.get(type(event))
        if on_event is None and not effects:
            return NOTHING
        self._rows = []
        for booked in self._session.booked:
            market = self._session.markets[booked.fill.inst_id]
            self._rows.append(make.fill_row(self._session, market, booked))
        if on_event is not None:
            on_event(event)
        for effect in effects:
            if (on_effect := self._by_effect.get(type(effect))) is not None:
                on_effect(effect)
        return self._rows

    # -- orders --------------------------------------------------------------------------------------

    def _find(self, inst_id: str, cl_ord_id: str, ord_id: str = "") -> tuple[Market, OwnOrder] | None:
        market = self._session.markets.get(inst_id)
        order = market.orders.find(cl_ord_id, ord_id) if market is not None else None
        return (market, order) if market is not None and order is not None else None

    def _write(self, market: Market, order: OwnOrder, placed: PlaceOrder | None = None) -> None:
        left = self._left.get(order.cl_ord_id)
        session_id = left.session_id if left is not None else self._session_id
        self._rows.append(make.order_row(self._session, market, order, session_id=session_id, placed=placed))
        if order.is_done:
            self._open.pop(order.cl_ord_id, None)
        else:
            self._open[order.cl_ord_id] = (market, order, make.order_state(order))

    def _tell(self, inst_id: str, cl_ord_id: str, kind: str, text: str) -> None:
        values = (self._session_id, self._session.now_ns, inst_id, cl_ord_id, kind, text)
        self._rows.append((make.ORDER_EVENT, values))

    def _on_place(self, effect: PlaceOrder) -> None:
        found = self._find(effect.inst_id, effect.cl_ord_id)
        if found is None:
            return
        market, order = found
        self._write(market, order, effect)
        shown = market.instrument
        text = f"{effect.side} {shown.size_text(effect.size_lots)} @ {shown.price_text(effect.price_ticks)}"
        self._tell(effect.inst_id, effect.cl_ord_id, "place", f"{text}, {order.decision}")

    def _on_amend(self, effect: AmendOrder) -> None:
        found = self._find(effect.inst_id, effect.cl_ord_id)
        if found is None:
            return
        market, order = found
        self._write(market, order)
        shown = market.instrument
        size = shown.size_text(effect.size_lots) if effect.size_lots is not None else "same size"
        price = shown.price_text(effect.price_ticks) if effect.price_ticks is not None else "same price"
        self._tell(effect.inst_id, effect.cl_ord_id, "amend", f"{size} @ {price}, {order.decision}")

    def _on_cancel(self, effect: CancelOrder) -> None:
        found = self._find(effect.inst_id, effect.cl_ord_id, effect.ord_id)
        if found is None:
            return
        self._write(*found)
        route = "rest" if effect.by_rest else "ws"
        self._tell(effect.inst_id, found[1].cl_ord_id, "cancel", f"by {route}, {found[1].decision}")

    def _on_update(self, event: OrderUpdate) -> None:
        found = self._find(event.inst_id, event.cl_ord_id, event.ord_id)
        if found is None:
            return
        market, order = found
        self._write(market, order)
        shown = market.instrument
        filled, size = shown.size_text(event.filled_lots), shown.size_text(event.size_lots)
        parts = [f"{filled}/{size} @ {shown.price_text(event.price_ticks)}"]
        if event.cancel_source:
            parts.append(f"cancel source {event.cancel_source}")
        if event.amend_result:
            parts.append(f"amend result {event.amend_result}")
        if event.code != "0" or event.text:
            parts.append(f"{event.code} {event.text}".strip())
        self._tell(event.inst_id, order.cl_ord_id, event.state.value, ", ".join(parts))

    def _on_accepted(self, event: OrderAccepted) -> None:
        if (found := self._find(event.inst_id, event.cl_ord_id)) is not None:
            self._write(*found)
            self._tell(event.inst_id, event.cl_ord_id, "accepted", event.verb)

    def _on_refused(self, event: OrderRefused) -> None:
        if (found := self._find(event.inst_id, event.cl_ord_id)) is not None:
            self._write(*found)
            if event.verb == "place" and found[1].is_done:
                self._end(event.cl_ord_id, "refused")
            self._tell(
                event.inst_id, event.cl_ord_id, "refused", f"{event.verb}: {event.code} {event.text}".strip()
            )

    def _on_unknown(self, event: OrderOutcomeUnknown) -> None:
        if (found := self._find(event.inst_id, event.cl_ord_id)) is not None:
            self._write(*found)
            self._tell(event.inst_id, event.cl_ord_id, "unknown", f"{event.verb}: {event.reason}")

    def _on_queried(self, event: OrderQueried) -> None:
        found = self._find(event.inst_id, event.cl_ord_id)
        if found is not None:
            self._write(*found)
            if event.reached and event.order is None and found[1].is_done:
                self._end(event.cl_ord_id, "absent")
        elif event.reached:
            self._settle_left(event)

    def _settle_left(self, event: OrderQueried) -> None:
        """What became of an order an earlier session left, which is not in the market any more."""
        market = self._session.markets.get(event.inst_id)
        if market is None or event.cl_ord_id not in self._left:
            return
        if event.order is None:
            self._end(event.cl_ord_id, "absent")
        elif event.order.state.is_terminal:
            filled = market.instrument.size_text(event.order.filled_lots)
            self._end(event.cl_ord_id, event.order.state.value, filled, event.order.cancel_source)

    def _end(self, cl_ord_id: str, state: str, filled: str = "0", source: str = "") -> None:
        left = self._left.get(cl_ord_id)
        session_id = left.session_id if left is not None else self._session_id
        values = (state, filled, source, self._session.now_ns, session_id, cl_ord_id)
        self._rows.append((make.ORDER_LEFT, values))

    # -- money -----------------------------------------------------------------------------------------

    def _on_truth(self, event: TruthFetched) -> None:
        told = {bill.bill_id: bill for bill in event.bills}
        self._rows += [
            make.bill_row(self._session, bill) for name, bill in told.items() if name not in self._bills
        ]
        self._bills = set(told)
        for order in event.orders:
            if (found := self._find(order.inst_id, order.cl_ord_id, order.ord_id)) is not None:
                self._write(*found)
        if not self._saved:
            self._save_books()  # the opening books: nothing is quoted before they are on disk

    # -- words -----------------------------------------------------------------------------------------

    def _on_report(self, effect: Report) -> None:
        if effect.kind in UNSAID:
            return
        session, now_ns = self._session, self._session.now_ns
        fields = _json(effect.fields).decode()
        values = (self._session_id, now_ns, effect.kind, effect.severity.value, effect.text, fields)
        self._rows.append((make.NOTE, values))
        market = session.markets.get(str(effect.fields.get("inst_id", "")))
        if effect.kind == "param" and market is not None and market.param_changes:
            change = market.param_changes[-1]
            params = (self._session_id, now_ns, market.instrument.inst_id, change.source, change.text)
            self._rows.append((make.PARAMS, (*params, change.version)))

    # -- time ------------------------------------------------------------------------------------------

    def _on_tick(self, _: Tick) -> None:
        if not self._open and self._session.now_ns < self._next_books_ns:
            return
        self._write_changed()
        now_ns = self._session.now_ns
        if now_ns >= self._next_books_ns:
            self._save_books()
        if now_ns >= self._next_snapshot_ns:
            self._next_snapshot_ns += SNAPSHOT_NS * (1 + (now_ns - self._next_snapshot_ns) // SNAPSHOT_NS)
            self._take_snapshots()

    def _write_changed(self) -> None:
        """Orders that stand differently without an event of their own."""
        for market, order, written in tuple(self._open.values()):
            if make.order_state(order) != written:
                self._write(market, order)

    def _save_books(self) -> None:
        """The books that have changed, once what the venue holds has been taken over.

        They are whole while the private stream is down, too: what it missed is read back from where they are
        complete to. An embedded exchange forgets the account with the session: there is nothing to carry on.
        """
        session, reducer = self._session, self._reducer
        if session.merged_step is None or not make.is_carried_on(session.started.mode):
            return
        self._next_books_ns = session.now_ns + BOOKS_NS
        for inst_id, market in session.markets.items():
            ledger = market.ledger
            mark = (
                ledger.periods.session.fills, ledger.periods.inception.flows, ledger.periods.day_number,
                ledger.position.quantity, ledger.position.basis, reducer.reconciler.complete_to_ms,
            )  # fmt: skip
            if self._saved.get(inst_id) != mark:
                self._saved[inst_id] = mark
                saved = saved_market(session, market, reducer.reconciler)
                self._rows.append(books_row(books_scope(self._scope, inst_id), session.now_ns, saved))
        if not reducer.loss_limits.is_known:
            return  # what the journal holds of the day stands until there is a figure
        day = saved_day(session, reducer.loss_limits)
        if day != self._saved.get(""):
            self._saved[""] = day
            self._rows.append(books_row(books_scope(self._scope), session.now_ns, day))

    def _take_snapshots(self) -> None:
        for market in self._session.markets.values():
            self._rows.append(make.snapshot_row(self._session, market))

    def _on_stop(self, effect: Stop) -> None:
        self._write_changed()
        self._take_snapshots()
        self._save_books()
        values = (self._session.now_ns, effect.exit_code, effect.text, self._session_id)
        self._rows.append((make.SESSION_END, values))
