"""A reducer on a desk: feed it events, look at its effects; the clock is a number."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.effects import (
    AmendOrder,
    AnyEffect,
    CancelOrder,
    FetchTruth,
    PlaceOrder,
    PollPending,
    SetDeadMan,
)
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import (
    AnyEvent,
    BookSnapshot,
    BookUpdate,
    DeadManArmed,
    OperatorCommand,
    OrderBudget,
    OrderUpdate,
    PendingPolled,
    StreamUp,
    Tick,
    TruthFetched,
)
from okxmm_tui.core.types import Side, VenueOrderState
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.reducer import Reducer
from tests.samples import INST, START_NS, order_update, started

E = TypeVar("E")
MS = 1_000_000


class Desk:
    """The engine with hand-made surroundings."""

    def __init__(self, limits: Limits | None = None, **changes: object) -> None:
        self.now_ns = START_NS
        self.reducer = Reducer(started(limits=limits, **changes), START_NS)
        self.effects: list[AnyEffect] = []
        self.inputs: list[tuple[AnyEvent, int]] = []
        self._seq = 100

    @property
    def market(self) -> Market:
        """The only market."""
        return self.reducer.session.markets[INST]

    @property
    def state(self) -> str:
        """Trading state in a word."""
        return self.reducer.session.machine.state.value

    def feed(self, event: AnyEvent, after_ms: int = 1) -> list[AnyEffect]:
        """Apply one event a little later and keep its effects."""
        self.now_ns += after_ms * MS
        self.inputs.append((event, self.now_ns))
        fresh = self.reducer.apply(event, self.now_ns)
        self.effects += fresh
        return fresh

    def command(self, command: AnyCommand, after_ms: int = 1) -> list[AnyEffect]:
        """Let the operator ask something."""
        return self.feed(OperatorCommand("test", 1, command), after_ms)

    def tick(self, after_ms: int = 50, lag_ms: int = 0) -> list[AnyEffect]:
        """Let time pass."""
        return self.feed(Tick(lag_ms * MS), after_ms)

    def run(self, total_ms: int, step_ms: int = 50) -> list[AnyEffect]:
        """Let time pass with ticks, and return all effects of it."""
        seen: list[AnyEffect] = []
        for _ in range(total_ms // step_ms):
            seen += self.tick(step_ms)
        return seen

    def taken(self, kind: type[E], effects: list[AnyEffect] | None = None) -> list[E]:
        """Effects of one kind."""
        return [
            effect for effect in (self.effects if effects is None else effects) if isinstance(effect, kind)
        ]

    # -- surroundings ----------------------------------------------------------------------------

    def connect(self) -> None:
        """Streams up, dead-man's switch armed, merged with an empty account."""
        self.feed(OrderBudget(0, 51))
        self.feed(StreamUp("public"))
        self.feed(StreamUp("private"))
        self.answer_truth()
        self.tick()
        self.arm_dead_man()

    def arm_dead_man(self) -> None:
        """Confirm cancel-all-after as the venue would."""
        self.feed(DeadManArmed((self.now_ns // MS) + 20_000))

    def answer_truth(self, **lists: object) -> list[AnyEffect]:
        """Answer the last FetchTruth; everything not given is empty."""
        request = self.taken(FetchTruth)[-1]
        answer = {"orders": (), "fills": (), "positions": (), "balances": (), **lists}
        return self.feed(TruthFetched(request.request_id, **answer))  # pyright: ignore[reportArgumentType]

    def answer_poll(self, *orders: OrderUpdate) -> list[AnyEffect]:
        """Answer the last PollPending."""
        return self.feed(PendingPolled(self.taken(PollPending)[-1].request_id, orders))

    def book(self, bid: int = 600_000, ask: int = 600_001, updates: int = 4) -> list[AnyEffect]:
        """A fresh book and enough chained updates to trust it."""
        self._seq += 1
        seen = self.feed(BookSnapshot(INST, ((bid, 500),), ((ask, 500),), self._seq, 0))
        for _ in range(updates):
            seen += self.update()
        return seen

    def update(self, bids=(), asks=(), after_ms: int = 1) -> list[AnyEffect]:
        """One increment."""
        self._seq += 1
        return self.feed(BookUpdate(INST, tuple(bids), tuple(asks), self._seq, 0), after_ms)

    def quoting(self) -> tuple[str, str]:
        """Bring the desk to two live quotes; returns their ids, bid first."""
        self.connect()
        self.book()
        bid, ask = self.taken(PlaceOrder)
        assert (bid.side, ask.side) == (Side.BUY, Side.SELL)
        self.confirm(bid)
        self.confirm(ask)
        return bid.cl_ord_id, ask.cl_ord_id

    def confirm(self, order: PlaceOrder) -> list[AnyEffect]:
        """The venue says ``live``."""
        return self.feed(order_update(order.cl_ord_id, order.side, order.price_ticks, order.size_lots))

    def cancelled(self, cl_ord_id: str, source: str = "1") -> list[AnyEffect]:
        """The venue says ``canceled``."""
        order = self.market.orders.get(cl_ord_id)
        assert order is not None
        return self.feed(
            order_update(
                cl_ord_id,
                order.side,
                order.price_ticks,
                order.size_lots,
                state=VenueOrderState.CANCELED,
                cancel_source=source,
            )
        )

    def sent(self, effects: list[AnyEffect]) -> Iterator[AnyEffect]:
        """Only what goes to the venue's order side."""
        return (e for e in effects if isinstance(e, PlaceOrder | AmendOrder | CancelOrder | SetDeadMan))
