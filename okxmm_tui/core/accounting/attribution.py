"""Where the PnL came from, to the last digit (docs/definitions.md, Decomposition).

    total = spread + adverse + drift + fees + rebates + funding + taker + other

The books are marked at the mid: a fill changes ``cash + worth held`` at the mid just before it by its spread
capture, and between fills the inventory gains what the mid moves. Both telescope over the same worths the
position is booked with, so the parts sum exactly (``Decimal`` equality) to realised + unrealised on the mid
+ fees + funding + other, for linear and spot in quote currency and for inverse (every price x replaced by
-1/x) in coin. What a position that was there before had gained or lost until its first price is no part of
it and kept beside it (``brought_in``); what a later takeover does to unrealised PnL stands under other,
beside the bill of the liquidation that made it.
"""

from __future__ import annotations

from collections import deque
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.position import Position

ADVERSE_HORIZON_MS = 5_000
"""The inventory's loss or gain up to this long after a maker fill is adverse selection, later it is drift."""
MOST_PENDING = 10_000
ZERO = Decimal(0)


class Decomposition(Struct, frozen=True):
    """One report row, in settlement currency; losses are negative."""

    spread: Decimal
    """Maker fills against the mid just before them."""
    adverse: Decimal
    """Move of the mid within the horizon after each maker fill, on that fill's quantity."""
    drift: Decimal
    """The rest of the inventory's gain."""
    fees: Decimal
    rebates: Decimal
    funding: Decimal
    taker: Decimal
    """Taker fills: spread paid and fees."""
    other: Decimal
    """Interest, forced changes, conversions, and positions taken over in mid-session."""

    @property
    def total(self) -> Decimal:
        """Sum of all parts."""
        return (
            self.spread + self.adverse + self.drift + self.fees
            + self.rebates + self.funding + self.taker + self.other
        )  # fmt: skip


class Trade(Struct, frozen=True):
    """What the decomposition needs of a fill; quantities are signed: base currency, or USD face (inverse)."""

    traded: Decimal
    held_before: Decimal
    price: Decimal
    mid: Decimal | None
    """Just before the fill, from a LIVE book; None when there was none."""
    is_maker: bool
    fee: Decimal
    """In settlement currency, OKX sign."""
    base_fee: Decimal
    """In base currency (spot), OKX sign."""
    venue_ms: int


class _Pending(Struct, frozen=True):
    due_ms: int
    traded: Decimal
    worth: Decimal


class Attribution:
    """Incremental decomposition; a fill costs a few operations, a mid costs none.

    A fill without a trusted mid is taken at its own price: its spread capture is zero and the inventory is
    marked through that price. A position from before counts from the first price there is for it.
    """

    def __init__(self, position: Position) -> None:
        self._position = position
        self._worth = position.worth
        self._held = position.quantity
        self._cost = position.basis
        """Of what was held before there was a price."""
        self._taken = position.taken_basis
        self._brought_in = ZERO
        self._mark: Decimal | None = None
        self._pending: deque[_Pending] = deque()
        self._spread = self._inventory = self._adverse = ZERO
        self._fees = self._rebates = self._funding = self._taker = self._other = ZERO

    def on_trade(self, trade: Trade) -> None:
        """Book one fill."""
        mid = trade.mid if trade.mid is not None else trade.price
        self.take_over(trade.held_before, mid)
        self._move_mark(mid)
        gained = trade.traded + trade.base_fee
        edge = self._worth(self._held + gained, mid) - self._worth(self._held, mid)
        edge -= self._worth(trade.traded, trade.price)
        fee_worth = self._worth(trade.base_fee, trade.price) if trade.base_fee else ZERO
        fee = trade.fee + fee_worth
        edge -= fee_worth
        self._held += gained
        if not trade.is_maker:
            self._taker += edge + fee
            return
        self._spread += edge
        if fee > 0:
            self._rebates += fee
        else:
            self._fees += fee
        if trade.mid is not None:
            self._expect(trade, mid)

    def _expect(self, trade: Trade, mid: Decimal) -> None:
        due_ms = trade.venue_ms + ADVERSE_HORIZON_MS
        self._pending.append(_Pending(due_ms, trade.traded, self._worth(trade.traded, mid)))
        if len(self._pending) > MOST_PENDING:
            self._pending.popleft()

    def take_over(self, held: Decimal, price: Decimal | None) -> None:
        """Follow a change of position that no fill explains; what it does to unrealised PnL is other."""
        moved = self._position.taken_basis - self._taken
        self._taken += moved
        if self._mark is None:
            self._held, self._cost = held, self._cost + moved
            if held and price is not None:
                self._move_mark(price)
        elif held != self._held or moved:
            at = price if price is not None else self._mark
            self._move_mark(at)
            self._other += self._worth(held, at) - self._worth(self._held, at) - moved
            self._held = held

    def _move_mark(self, price: Decimal) -> None:
        if self._mark is None:
            self._brought_in, self._cost = self._worth(self._held, price) - self._cost, ZERO
        elif self._held:
            self._inventory += self._worth(self._held, price) - self._worth(self._held, self._mark)
        self._mark = price

    def brought_in(self, mid: Decimal | None) -> Decimal:
        """What the position from before had gained or lost until its first price; at a mid without one."""
        if self._mark is not None or mid is None:
            return self._brought_in
        return self._worth(self._held, mid) - self._cost

    @property
    def due_ms(self) -> int | None:
        """Venue time at which the next horizon ends; None when none is open."""
        return self._pending[0].due_ms if self._pending else None

    def settle(self, mid: Decimal | None) -> None:
        """End the oldest horizon at the mid that held at ``due_ms``; without one its move counts as drift."""
        pending = self._pending.popleft()
        if mid is not None:
            self._adverse += self._worth(pending.traded, mid) - pending.worth

    def on_funding(self, amount: Decimal) -> None:
        """Book a funding payment, in settlement currency."""
        self._funding += amount

    def on_other(self, amount: Decimal) -> None:
        """Book interest, a forced change or a conversion, in settlement currency."""
        self._other += amount

    def figures(self, mid: Decimal | None) -> Decomposition:
        """The row at a mid; open horizons are valued at it. Without a mid the last one known is used."""
        mid = mid if mid is not None else self._mark
        inventory, adverse = self._inventory, self._adverse
        if mid is not None:
            if self._mark is not None and self._held:
                inventory += self._worth(self._held, mid) - self._worth(self._held, self._mark)
            adverse += sum((self._worth(each.traded, mid) - each.worth for each in self._pending), ZERO)
        return Decomposition(
            spread=self._spread,
            adverse=adverse,
            drift=inventory - adverse,
            fees=self._fees,
            rebates=self._rebates,
            funding=self._funding,
            taker=self._taker,
            other=self._other,
        )
