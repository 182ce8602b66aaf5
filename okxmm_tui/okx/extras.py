"""Channels a session takes only when somebody wants them."""

from __future__ import annotations

from msgspec import Struct


class Extras(Struct, frozen=True):
    """All of them; the first two need the business connection, which is opened for nothing else."""

    has_all_trades: bool = False
    """Every single print instead of one message per taker order and price."""
    candle_bars: tuple[str, ...] = ()
    """As the venue names them: ``1m``, ``4H``, ``1Dutc``."""
    has_tickers: bool = False
    has_fills: bool = False
    """The fills channel beside the orders channel; fee tier VIP4."""

    @property
    def needs_business(self) -> bool:
        """Whether the business connection has anything to carry."""
        return self.has_all_trades or bool(self.candle_bars)


NO_EXTRAS = Extras()
