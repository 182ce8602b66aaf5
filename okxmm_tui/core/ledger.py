"""The session's books of account for one instrument: every trade id booked once, money in ``Decimal``."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import Fill
from okxmm_tui.core.position import Position
from okxmm_tui.core.types import Liquidity


class BookedFill(Struct, frozen=True):
    """A fill and what it realised."""

    fill: Fill
    realised_quote: Decimal


class Ledger:
    """Position, realised PnL and fees since the session started.

    Fees keep the OKX sign: negative is charged, positive is a rebate.
    """

    def __init__(self, instrument: Instrument) -> None:
        self._instrument = instrument
        self._seen: set[str] = set()
        self.position = Position(instrument.lot_size * instrument.contract_value)
        self.realised_quote = Decimal(0)
        self.fees_quote = Decimal(0)
        self.other_fees: dict[str, Decimal] = {}
        """Fees in currencies other than the settlement currency; shown, never added to quote."""
        self.fill_count = 0
        self.bought_lots = 0
        self.sold_lots = 0
        self.maker_fills = 0
        self.turnover_quote = Decimal(0)

    def knows(self, trade_id: str) -> bool:
        """Whether a trade id was booked or belongs to the time before the session."""
        return trade_id in self._seen

    def remember(self, trade_id: str) -> None:
        """Mark a trade as contained in an adopted position: it will never be booked."""
        self._seen.add(trade_id)

    def book(self, fill: Fill) -> BookedFill | None:
        """Book one fill; None when its trade id was booked before."""
        if fill.trade_id in self._seen:
            return None
        self._seen.add(fill.trade_id)
        price = self._instrument.price(fill.price_ticks)
        realised = self.position.apply(fill.side, fill.size_lots, price)
        self.realised_quote += realised
        self._book_fee(fill)
        self.fill_count += 1
        self.maker_fills += fill.liquidity is Liquidity.MAKER
        self.turnover_quote += self._instrument.notional_quote(fill.size_lots, fill.price_ticks)
        if fill.side.sign > 0:
            self.bought_lots += fill.size_lots
        else:
            self.sold_lots += fill.size_lots
        return BookedFill(fill, realised)

    def _book_fee(self, fill: Fill) -> None:
        if fill.fee_ccy in ("", self._instrument.settle_ccy):
            self.fees_quote += fill.fee
        else:
            self.other_fees[fill.fee_ccy] = self.other_fees.get(fill.fee_ccy, Decimal(0)) + fill.fee

    def unrealised_quote(self, price: Decimal | None) -> Decimal:
        """Unrealised PnL at a price; zero while no price is known."""
        return self.position.unrealised(price) if price is not None else Decimal(0)

    def net_quote(self, price: Decimal | None) -> Decimal:
        """Realised + unrealised + fees."""
        return self.realised_quote + self.unrealised_quote(price) + self.fees_quote
