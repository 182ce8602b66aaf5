"""Books fills: the ledger, the books of account, the strategy and the signals each hear of one once."""

from __future__ import annotations

from collections.abc import Callable

from okxmm_tui.core.messages import Fill
from okxmm_tui.core.types import Liquidity, Severity
from okxmm_tui.engine.bookkeeping import Bookkeeper
from okxmm_tui.engine.execution import Execution
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session


class FillBooking:
    """The one way a fill gets into the session."""

    def __init__(self, session: Session, execution: Execution, books: Bookkeeper) -> None:
        self._session = session
        self._execution = execution
        self._books = books
        self.on_booked: Callable[[Market, Fill], None] = lambda market, fill: None
        """Told of every fill once it is booked; set by the reducer."""

    def book(self, market: Market, fill: Fill) -> None:
        """Book a fill once, whichever way it reached us."""
        booked = market.ledger.book(fill)
        if booked is None:
            return
        market.note_fill(fill)
        self._books.on_fill(market, booked)
        market.queues.on_fill(fill)
        market.orders.note_fill(fill)
        self._execution.tell_fill(market, fill)
        self.on_booked(market, fill)
        market.fills.appendleft(booked)
        market.fill_steps.appendleft(self._session.step)
        self._session.booked.append(booked)
        if fill.liquidity is Liquidity.MAKER:
            market.signals.on_fill(fill.side, fill.price_ticks, fill.size_lots, fill.venue_ms)
        market.hurry()
        instrument = market.instrument
        price = format(fill.price(instrument.tick_size), "f")
        size = format(fill.size(instrument.lot_size), "f")
        self._session.report(
            "fill",
            Severity.INFO,
            f"{fill.side} {size} @ {price}, fee {fill.fee:f}, {instrument.inst_id}",
            inst_id=instrument.inst_id,
            side=fill.side.value,
            price=price,
            size=size,
            fee=format(fill.fee, "f"),
            liquidity=fill.liquidity.value,
            trade_id=fill.trade_id,
            position=instrument.size_text(market.position_lots),
        )
