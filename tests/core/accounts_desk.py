"""Instruments, fills, bills and balances for accounting tests, written as a statement would show them."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import BookedFill, Ledger
from okxmm_tui.core.messages import AccountBill, BalanceUpdate, Fill
from okxmm_tui.core.types import ContractKind, Liquidity, Side
from tests.samples import START_NS, swap

START_MS = START_NS // 1_000_000
LINEAR = swap()
"""0.01 BTC a contract, 0.01 contracts a lot: one lot is 0.0001 BTC."""
INVERSE = swap(
    "BTC-USD-SWAP",
    kind=ContractKind.INVERSE,
    contract_value=Decimal(100),
    lot_size=Decimal("0.1"),
    quote_ccy="USD",
    settle_ccy="BTC",
)
"""100 USD a contract, 0.1 contracts a lot: one lot is 10 USD."""
SPOT = swap(
    "BTC-USDT",
    inst_type="SPOT",
    kind=ContractKind.SPOT,
    contract_value=Decimal(1),
    lot_size=Decimal("0.00001"),
)
"""One lot is 0.00001 BTC."""


def trade(
    instrument: Instrument,
    side: str,
    size: str,
    price: str,
    *,
    fee: str = "0",
    fee_ccy: str | None = None,
    trade_id: str = "1",
    is_maker: bool = True,
    at_ms: int = START_MS,
) -> Fill:
    """A fill, in the venue's units."""
    return Fill(
        inst_id=instrument.inst_id,
        trade_id=trade_id,
        ord_id="o1",
        cl_ord_id="c1",
        side=Side(side),
        price_ticks=instrument.price_to_ticks(price),
        size_lots=instrument.split_size(size)[0],
        fee=Decimal(fee),
        fee_ccy=instrument.settle_ccy if fee_ccy is None else fee_ccy,
        liquidity=Liquidity.MAKER if is_maker else Liquidity.TAKER,
        venue_ms=at_ms,
    )


def bill(
    bill_type: str, change: str, *, bill_id: str = "b1", inst_id: str = "", ccy: str = "USDT",
    at_ms: int = START_MS + 1,
) -> AccountBill:  # fmt: skip
    """A line of the account's bills."""
    return AccountBill(bill_id, bill_type, inst_id, ccy, Decimal(change), at_ms)


def balance(ccy: str, equity: object, at_ms: int = START_MS) -> BalanceUpdate:
    """The venue's word on one currency."""
    amount = Decimal(str(equity))
    return BalanceUpdate(ccy, amount, amount, amount, at_ms)


class Desk:
    """One ledger; trades get ids by themselves."""

    def __init__(self, instrument: Instrument) -> None:
        self.instrument = instrument
        self.ledger = Ledger(instrument)
        self._ids = 0

    def trade(self, side: str, size: str, price: str, **more: object) -> BookedFill:
        """Book a fresh fill."""
        self._ids += 1
        fill = trade(self.instrument, side, size, price, **{"trade_id": str(self._ids), **more})  # pyright: ignore
        booked = self.ledger.book(fill)
        assert booked is not None
        return booked
