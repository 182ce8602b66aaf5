"""A desk for one instrument of any kind and any position mode."""

from __future__ import annotations

from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import BalanceUpdate, BookSnapshot, BookUpdate, Fill, PositionUpdate
from okxmm_tui.core.types import PositionMode, PositionSide, Side, VenueOrderState
from okxmm_tui.engine.market import Market
from tests.engine.desk import MS, Desk
from tests.samples import fill, order_update


class KindDesk(Desk):
    """A desk on one instrument; ``balances`` is what the venue would say."""

    def __init__(
        self,
        instrument: Instrument,
        *,
        position_mode: PositionMode = PositionMode.NET,
        balances: dict[str, str] | None = None,
        others: tuple[Instrument, ...] = (),
        **changes: object,
    ) -> None:
        self.instrument = instrument
        self.balances = {ccy: Decimal(cash) for ccy, cash in (balances or {}).items()}
        roomy = Limits(is_headless=True, max_order_share=Decimal(1), max_open_share=Decimal(10))
        changes.setdefault("limits", roomy)
        super().__init__(instruments=(instrument, *others), position_mode=position_mode, **changes)
        self._trade = 0

    @property
    def market(self) -> Market:
        """The market of the instrument."""
        return self.reducer.session.markets[self.instrument.inst_id]

    def balance_rows(self) -> tuple[BalanceUpdate, ...]:
        """Balances as REST would tell them now."""
        at_ms = self.now_ns // MS
        return tuple(BalanceUpdate(ccy, cash, cash, cash, at_ms, cash) for ccy, cash in self.balances.items())

    def answer_truth(self, **lists: object):
        """Answer with the present balances where none are given."""
        return super().answer_truth(**{"balances": self.balance_rows(), **lists})

    def book(self, bid: int = 600_000, ask: int = 600_001, updates: int = 4):
        """A fresh, trusted book of the instrument."""
        inst_id = self.instrument.inst_id
        self._seq += 1
        seen = self.feed(BookSnapshot(inst_id, ((bid, 500),), ((ask, 500),), self._seq, 0))
        for _ in range(updates):
            seen += self.update()
        return seen

    def update(self, bids=(), asks=(), after_ms: int = 1):
        """One increment."""
        self._seq += 1
        event = BookUpdate(self.instrument.inst_id, tuple(bids), tuple(asks), self._seq, 0)
        return self.feed(event, after_ms)

    def confirm(self, order: PlaceOrder):
        """The venue says ``live``."""
        return self.feed(self._push(order, VenueOrderState.LIVE))

    def gone(self, order: PlaceOrder):
        """The venue says ``canceled``."""
        return self.feed(self._push(order, VenueOrderState.CANCELED))

    def filled(self, order: PlaceOrder, size_lots: int | None = None, *, fee: str = "0", fee_ccy: str = ""):
        """The venue fills an order, whole or in part."""
        lots = order.size_lots if size_lots is None else size_lots
        return self.execute(order, lots, lots, order.size_lots, fee=fee, fee_ccy=fee_ccy)

    def execute(
        self, order: PlaceOrder, lots: int, filled: int, size: int, *, fee: str = "0", fee_ccy: str = ""
    ):
        """The venue executes some lots of an order that is then filled so far, of its present size."""
        self._trade += 1
        execution: Fill = structs.replace(
            fill(order.side, "1.0", "1", trade_id=str(self._trade), fee=fee, cl_ord_id=order.cl_ord_id),
            inst_id=order.inst_id,
            price_ticks=order.price_ticks,
            size_lots=lots,
            fee_ccy=fee_ccy or self.instrument.settle_ccy,
            venue_ms=self.now_ns // MS + 1,
            position_side=order.position_side,
        )
        state = VenueOrderState.FILLED if filled == size else VenueOrderState.PARTIALLY_FILLED
        push = self._push(order, state, filled_lots=filled, fill=execution)
        return self.feed(structs.replace(push, size_lots=size))

    def _push(self, order: PlaceOrder, state: VenueOrderState, **changes: object):
        push = order_update(
            order.cl_ord_id, order.side, order.price_ticks, order.size_lots, state=state, **changes
        )
        return structs.replace(push, inst_id=order.inst_id, position_side=order.position_side)

    def last_place(self, side: Side) -> PlaceOrder:
        """The newest order of a side."""
        return [order for order in self.taken(PlaceOrder) if order.side is side][-1]

    def position(self, size_lots: int, side: PositionSide = PositionSide.NET, price: str = "60000"):
        """The venue's word on one position."""
        average = Decimal(price) if size_lots else None
        return PositionUpdate(self.instrument.inst_id, size_lots, average, None, None, 0, side)
