"""A desk whose every step is recorded, and a journal made of it without threads or waiting."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from msgspec import structs

from okxmm_tui.core.effects import AnyEffect, FetchTruth
from okxmm_tui.core.messages import AnyEvent, BalanceUpdate, Fill, OrderBudget, PositionUpdate, StreamUp
from okxmm_tui.core.restored import Restored
from okxmm_tui.core.types import Mode, Side, VenueOrderState
from okxmm_tui.engine.store.database import JOURNAL_NAME, open_journal
from okxmm_tui.engine.store.recorder import Recorder
from okxmm_tui.engine.store.recovery import read_past
from okxmm_tui.engine.store.rows import Row
from tests.engine.desk import MS, Desk
from tests.samples import INST, fill, order_update, swap

D = Decimal
START = {"mode": Mode.DEMO}


class Venue:
    """What the account holds at the venue: every fill there was."""

    def __init__(self) -> None:
        self.fills: list[Fill] = []

    def trade(self, side: Side, price: str, size: str, cl_ord_id: str, venue_ms: int) -> Fill:
        """An order of ours is executed."""
        number = len(self.fills) + 1
        one = structs.replace(
            fill(side, price, size, trade_id=str(number), cl_ord_id=cl_ord_id, fee=f"-0.0{number % 9 + 1}"),
            venue_ms=venue_ms,
        )
        self.fills.append(one)
        return one

    @property
    def lots(self) -> int:
        """Net position."""
        return sum(each.side.sign * each.size_lots for each in self.fills)

    @property
    def fees(self) -> Decimal:
        """All fees there were."""
        return sum((each.fee for each in self.fills), D(0))

    def position(self) -> tuple[PositionUpdate, ...]:
        """The row of the positions list."""
        average = D(60_000) if self.lots else None
        return (PositionUpdate(INST, self.lots, average, None, None, 1),)


class RecordedDesk(Desk):
    """Rows of every step are kept in ``steps``; demo, so that books are carried on."""

    def __init__(self, restored: Restored | None = None, *, session_id: int | None = None, **changes) -> None:
        named = {"session_id": session_id} if session_id is not None else {}
        super().__init__(**{**START, **named, "restored": restored, **changes})
        self.recorder = Recorder(self.reducer, "test")
        self.steps: list[list[Row]] = [self.recorder.first_rows()]

    def feed(self, event: AnyEvent, after_ms: int = 1) -> list[AnyEffect]:
        """Apply one event and keep its rows."""
        effects = super().feed(event, after_ms)
        self.steps.append(list(self.recorder.rows(event, effects)))
        return effects

    @property
    def quoting_ids(self) -> tuple[str, str]:
        """The two working orders, bid first."""
        bid, ask = sorted(self.market.orders.working, key=lambda order: order.side.value)
        return bid.cl_ord_id, ask.cl_ord_id

    @property
    def rows(self) -> list[Row]:
        """All rows so far."""
        return [row for step in self.steps for row in step]

    def balance(self, equity: str = "10000") -> None:
        """The venue tells what the account is worth."""
        amount = D(equity)
        self.feed(BalanceUpdate("USDT", amount, amount, amount / 2, self.now_ns // MS))

    def execute(self, venue: Venue, cl_ord_id: str, size: str) -> Fill:
        """A part of a working order is executed, and we hear of it."""
        order = self.market.orders.get(cl_ord_id)
        assert order is not None
        price = self.market.instrument.price_text(order.price_ticks)
        one = venue.trade(order.side, price, size, cl_ord_id, self.now_ns // MS)
        filled = order.filled_lots + one.size_lots
        is_done = filled >= order.size_lots
        state = VenueOrderState.FILLED if is_done else VenueOrderState.PARTIALLY_FILLED
        self.feed(
            order_update(
                cl_ord_id, order.side, order.price_ticks, order.size_lots,
                state=state, filled_lots=filled, fill=one,
            )
        )  # fmt: skip
        return one


def write(connection: sqlite3.Connection, rows: Iterable[Row]) -> None:
    """Commit rows in one transaction."""
    connection.execute("BEGIN IMMEDIATE")
    for row in rows:
        connection.execute(*row)
    connection.execute("COMMIT")


def journal_of(folder: Path, rows: Iterable[Row]) -> sqlite3.Connection:
    """A new journal with these rows."""
    connection = open_journal(folder / JOURNAL_NAME)
    write(connection, rows)
    return connection


def restored_from(connection: sqlite3.Connection, now_ns: int) -> Restored:
    """What a session that starts now takes up."""
    past = read_past(connection, Mode.DEMO, "test", [swap()], now_ns)
    assert past.restored is not None
    return past.restored


def restarted(connection: sqlite3.Connection, venue: Venue, *, session_id: int, now_ns: int) -> RecordedDesk:
    """A new session on a journal, merged with what the venue holds."""
    desk = RecordedDesk(restored_from(connection, now_ns), session_id=session_id)
    desk.now_ns = now_ns
    desk.reducer.session.now_ns = now_ns
    desk.feed(OrderBudget(0, 51))
    desk.feed(StreamUp("public"))
    desk.feed(StreamUp("private"))
    since_ms = desk.taken(FetchTruth)[-1].fills_since_ms
    fills = tuple(each for each in venue.fills if each.venue_ms >= since_ms)
    desk.answer_truth(fills=fills, positions=venue.position())
    desk.tick()
    return desk
