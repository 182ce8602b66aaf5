"""Small vocabulary types shared by every package."""

from __future__ import annotations

from enum import StrEnum

Levels = tuple[tuple[int, int], ...]
"""Book levels as (price_ticks, size_lots); a size of 0 deletes the level in an update."""


class Mode(StrEnum):
    """Which venue the session trades on."""

    SIM = "sim"
    PAPER = "paper"
    DEMO = "demo"
    LIVE = "live"


class Side(StrEnum):
    """Side of an order or fill, in OKX words."""

    BUY = "buy"
    SELL = "sell"

    @property
    def sign(self) -> int:
        """+1 for buy, -1 for sell."""
        return 1 if self is Side.BUY else -1

    @property
    def opposite(self) -> Side:
        """The other side."""
        return Side.SELL if self is Side.BUY else Side.BUY


class ContractKind(StrEnum):
    """How a position's value depends on price."""

    LINEAR = "linear"
    INVERSE = "inverse"
    SPOT = "spot"


class OrderKind(StrEnum):
    """How an order may meet the book; OKX ``ordType``."""

    POST_ONLY = "post_only"
    LIMIT = "limit"
    IOC = "ioc"
    """Fills at once at its price or better; the rest is cancelled. Used to close, never to quote."""


class PositionMode(StrEnum):
    """Whether the account nets positions or keeps long and short apart; OKX ``posMode``."""

    NET = "net_mode"
    LONG_SHORT = "long_short_mode"


class PositionSide(StrEnum):
    """Which position an order or a position row belongs to; OKX ``posSide``."""

    NET = "net"
    LONG = "long"
    SHORT = "short"


class AccountLevel(StrEnum):
    """Account mode; OKX ``acctLv``."""

    SPOT = "1"
    FUTURES = "2"
    MULTI_CURRENCY = "3"
    PORTFOLIO = "4"


class Liquidity(StrEnum):
    """Role of a fill; OKX ``execType``."""

    MAKER = "M"
    TAKER = "T"


class VenueOrderState(StrEnum):
    """OKX order states; a value outside this list is read as UNRECOGNISED, never an error."""

    LIVE = "live"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    MMP_CANCELED = "mmp_canceled"
    UNRECOGNISED = "unrecognised"

    @property
    def is_terminal(self) -> bool:
        """Whether no further fill can come."""
        return self in {VenueOrderState.FILLED, VenueOrderState.CANCELED, VenueOrderState.MMP_CANCELED}


class Severity(StrEnum):
    """Weight of a notice or alarm."""

    INFO = "info"
    WARNING = "warning"
    CRITICAL = "critical"
