"""Long and short held apart (OKX ``long_short_mode``): both figures, and which of them an order belongs to.

The rule of :func:`side_for`: an order closes what stands against it when all of it can; when only a part of
it can, the order is cut to that part and the rest waits for the next decision; when less than the smallest
order could be closed, it opens on its own side with its full size. So no order is ever split over two sides,
and none asks to close more than is held (51112).
"""

from __future__ import annotations

from msgspec import Struct

from okxmm_tui.core.types import PositionSide, Side


class SidedSize(Struct, frozen=True):
    """The position an order is to open or close, and how much of it."""

    position_side: PositionSide
    size_lots: int


class SidePositions:
    """Lots held long and lots held short.

    A figure is below zero only while messages are out of order: the closing fill before the opening one.
    """

    __slots__ = ("long_lots", "short_lots")

    def __init__(self, long_lots: int = 0, short_lots: int = 0) -> None:
        self.long_lots = long_lots
        self.short_lots = short_lots

    @property
    def net_lots(self) -> int:
        """Long minus short: what moves with the price."""
        return self.long_lots - self.short_lots

    def held_lots(self, position_side: PositionSide) -> int:
        """Lots of one side, never signed; NET has none of its own and gives 0."""
        if position_side is PositionSide.LONG:
            return self.long_lots
        return self.short_lots if position_side is PositionSide.SHORT else 0

    def adopt(self, long_lots: int, short_lots: int) -> None:
        """Take over the venue's figures, neither of them signed."""
        self.long_lots, self.short_lots = long_lots, short_lots

    def apply(self, side: Side, position_side: PositionSide, size_lots: int) -> None:
        """Book one fill; the net changes by its signed size, whatever side it names.

        A fill that names no side (liquidation, or a venue that left the word out) closes what stands against
        it and opens the rest.
        """
        if position_side is PositionSide.LONG:
            self.long_lots += side.sign * size_lots
        elif position_side is PositionSide.SHORT:
            self.short_lots -= side.sign * size_lots
        elif side is Side.BUY:
            closed = min(size_lots, max(0, self.short_lots))
            self.short_lots -= closed
            self.long_lots += size_lots - closed
        else:
            closed = min(size_lots, max(0, self.long_lots))
            self.long_lots -= closed
            self.short_lots += size_lots - closed


def closed_by(side: Side) -> PositionSide:
    """The position orders of a side close: a sell closes LONG."""
    return PositionSide.LONG if side is Side.SELL else PositionSide.SHORT


def opened_by(side: Side) -> PositionSide:
    """The position orders of a side open: a sell opens SHORT."""
    return PositionSide.SHORT if side is Side.SELL else PositionSide.LONG


def side_for(side: Side, size_lots: int, closable_lots: int, min_size_lots: int) -> SidedSize:
    """Decide which position a new order opens or closes (the rule of this module).

    Args:
        side: Of the order.
        size_lots: Wanted.
        closable_lots: Held on the other side and not yet claimed by a working order.
        min_size_lots: The venue's smallest order.
    """
    if closable_lots >= size_lots:
        return SidedSize(closed_by(side), size_lots)
    if closable_lots >= max(1, min_size_lots):
        return SidedSize(closed_by(side), closable_lots)
    return SidedSize(opened_by(side), size_lots)
