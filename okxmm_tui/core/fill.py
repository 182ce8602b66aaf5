"""One execution of an own order."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.types import Liquidity, PositionSide, Side


class Fill(Struct, frozen=True, gc=False, array_like=True):
    """One execution of an own order."""

    inst_id: str
    trade_id: str
    ord_id: str
    cl_ord_id: str
    side: Side
    price_ticks: int
    size_lots: int
    fee: Decimal
    """OKX sign: negative is charged, positive is a rebate."""
    fee_ccy: str
    liquidity: Liquidity
    venue_ms: int
    tag: str = ""
    position_side: PositionSide = PositionSide.NET
    """Which position it opened or closed; NET where the account nets, and for spot."""
    exact_price: Decimal | None = None
    """Price of a fill from before a tick change that lies between two ticks; None on the grid."""
    rest: Decimal = Decimal(0)
    """Size beyond the whole lots, in contracts (base currency for spot): fills from before a lot change, and
    against spot orders sized in quote currency."""

    def price(self, tick_size: Decimal) -> Decimal:
        """What was paid, exactly, in quote currency."""
        return self.price_ticks * tick_size if self.exact_price is None else self.exact_price

    def size(self, lot_size: Decimal) -> Decimal:
        """What was traded, exactly, in contracts (base currency for spot)."""
        return self.size_lots * lot_size + self.rest if self.rest else self.size_lots * lot_size
