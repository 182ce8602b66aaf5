"""A session on made-up events, for what keeping its record costs: 20 book pushes and an order a second.

Pushes of 20 levels, best prices, ticks, marks, balances, acknowledgements and order pushes come as a venue
sends them, with a fill every 30 s; the reducer is real, and a seed decides the rest.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.effects import AmendOrder, AnyEffect, FetchTruth, PlaceOrder, SetDeadMan
from okxmm_tui.core.messages import (
    AnyEvent,
    BalanceUpdate,
    BookSnapshot,
    BookUpdate,
    DeadManArmed,
    Fill,
    MarkPrice,
    OrderAccepted,
    OrderBudget,
    OrderUpdate,
    PositionUpdate,
    StreamUp,
    Tick,
    TopOfBook,
    TruthFetched,
)
from okxmm_tui.core.orders import OwnOrder
from okxmm_tui.core.types import Liquidity, Mode, Side, VenueOrderState
from okxmm_tui.engine.reducer import Reducer
from tests.samples import INST, START_NS, TAG, started

MS = 1_000_000
LEVELS = 10
PUSH_NS = 50 * MS


class MadeUpSession(ABC):
    """Makes the events; what is done with each is the heir's."""

    def __init__(self) -> None:
        self.now_ns = START_NS
        self.dice = random.Random(1)  # noqa: S311 - a sample
        self.reducer = Reducer(started(mode=Mode.DEMO), START_NS)
        self.requests = 0
        self._seq = 10
        self._fills = self._placed = 0

    @abstractmethod
    def step(self, event: AnyEvent) -> list[AnyEffect]:
        """Apply one event and keep its record."""

    # -- the session -----------------------------------------------------------------------------------

    def open(self) -> None:
        """Connect, merge and take a book."""
        self.step(OrderBudget(0, 51))
        self.step(StreamUp("public"))
        effects = self.step(StreamUp("private"))
        self._answer_truth(next(each.request_id for each in effects if isinstance(each, FetchTruth)))
        self.step(DeadManArmed(self.now_ns // MS + 20_000))
        self.step(self._balance())
        bids = tuple((600_000 - n, self.dice.randint(1, 900)) for n in range(400))
        asks = tuple((600_001 + n, self.dice.randint(1, 900)) for n in range(400))
        self.step(BookSnapshot(INST, bids, asks, self._seq, self.now_ns // MS))

    def second(self, number: int) -> None:
        """One second of it: every other one the best prices move, which moves both quotes."""
        self.step(MarkPrice(INST, Decimal(60_000), self.now_ns // MS))
        for push in range(20):
            self.now_ns += PUSH_NS
            self._seq += 1
            moves = number // 2 if push == 0 and number % 2 == 0 else None
            top = TopOfBook(INST, 600_000, 5, 600_001, 5, self._seq - 1, self.now_ns // MS)
            for event in (self._update(moves), top, Tick(0)):
                for effect in self.step(event):
                    self._answer(effect)
        if number % 5 == 0:
            self.step(self._balance())
        if number % 30 == 29:
            self._fill()

    def _update(self, moves: int | None) -> BookUpdate:
        dice = self.dice
        bids = tuple((600_000 - dice.randint(1, 60), dice.randint(1, 900)) for _ in range(LEVELS))
        asks = tuple((600_009 + dice.randint(1, 60), dice.randint(1, 900)) for _ in range(LEVELS))
        if (
            moves is not None
        ):  # the eight ticks between belong to the asks at one time, to the bids at the next
            between = tuple(range(600_001, 600_009))
            mine, theirs = tuple((n, 500) for n in between), tuple((n, 0) for n in between)
            is_up = moves % 2 == 1
            bids, asks = (*bids, *(mine if is_up else theirs)), (*asks, *(theirs if is_up else mine))
        return BookUpdate(INST, bids, asks, self._seq, self.now_ns // MS)

    def _balance(self) -> BalanceUpdate:
        amount, books = Decimal("100000.123456789"), self.reducer.books.account
        if books.is_open:
            amount = books.expected("USDT")
        return BalanceUpdate("USDT", amount, amount, amount, self.now_ns // MS)

    def _answer(self, effect: AnyEffect) -> None:
        if isinstance(effect, SetDeadMan):
            self.step(DeadManArmed(self.now_ns // MS + 1_000 * effect.timeout_s))
        if isinstance(effect, FetchTruth):
            self._answer_truth(effect.request_id)
        if not isinstance(effect, PlaceOrder | AmendOrder):
            return
        self.requests += 1
        if isinstance(effect, PlaceOrder):
            self._placed += 1
        order = self.reducer.session.markets[INST].orders.get(effect.cl_ord_id)
        if order is None:
            return
        is_amend = isinstance(effect, AmendOrder)
        ord_id = order.ord_id or str(3_300_000_000_000_000_000 + self._placed)
        self.step(OrderAccepted("amend" if is_amend else "place", INST, effect.cl_ord_id, ord_id))
        self.step(
            OrderUpdate(
                INST, ord_id, effect.cl_ord_id, TAG, order.side,
                effect.price_ticks or order.price_ticks, effect.size_lots or order.size_lots,
                order.filled_lots, VenueOrderState.LIVE, self.now_ns // MS,
                amend_result="0" if is_amend else "", req_id=effect.req_id if is_amend else "",
            )
        )  # fmt: skip

    def _answer_truth(self, request_id: int) -> None:
        """Everything is as the engine has it."""
        market = self.reducer.session.markets[INST]
        lots, average = market.position_lots, market.ledger.position.average_price
        held = PositionUpdate(INST, lots, average, None, None, self.now_ns // MS)
        listed = tuple(self._update_of(order) for order in market.orders.working if order.ord_id)
        self.step(TruthFetched(request_id, listed, (), (held,), (self._balance(),), ()))

    def _update_of(self, order: OwnOrder) -> OrderUpdate:
        return OrderUpdate(
            INST, order.ord_id, order.cl_ord_id, TAG, order.side, order.price_ticks, order.size_lots,
            order.filled_lots, VenueOrderState.LIVE, self.now_ns // MS,
        )  # fmt: skip

    def _fill(self) -> None:
        """One quote fills, bids and asks in turn; its successor is a new order."""
        side = Side.SELL if self._fills % 2 else Side.BUY
        for order in self.reducer.session.markets[INST].orders.side(side):
            self._fills += 1
            fill = Fill(
                INST, str(700_000_000 + self._fills), order.ord_id, order.cl_ord_id, order.side,
                order.price_ticks, order.remaining_lots, Decimal("-0.12"), "USDT", Liquidity.MAKER,
                self.now_ns // MS, TAG,
            )  # fmt: skip
            done = structs.replace(
                self._update_of(order),
                filled_lots=order.size_lots,
                state=VenueOrderState.FILLED,
                fill=fill,
            )
            for effect in self.step(done):
                self._answer(effect)
            return
