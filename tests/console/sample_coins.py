"""Pictures of instruments unlike BTC-USDT-SWAP: long prices, eight decimals, money that is a coin."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.snapshot import Snapshot
from tests.console import sample
from tests.samples import inverse, pair, swap


@dataclass(frozen=True)
class Kind:
    """An instrument, its market and its account."""

    instrument: Instrument
    mid_ticks: int
    lots: int = 1
    """What one lot of the sample market is here."""
    money: Decimal = Decimal(1)
    """What one USDT of the sample market is here."""
    fee: tuple[Decimal, str] = (Decimal("-0.0965"), "USDT")
    equity: Decimal = Decimal("100092.40")


TINY_FEE = Decimal("-0.0000005")
PEPE = swap("PEPE-USDT-SWAP", tick_size=Decimal("0.000000001"), lot_size=Decimal("0.1"))
BABYDOGE = swap("BABYDOGE-USDT-SWAP", tick_size=Decimal("0.0000000000001"), lot_size=Decimal(1))
LIRA = pair("BTC-TRY", quote_ccy="TRY", settle_ccy="TRY")
ETHER = pair(
    "ETH-BTC",
    tick_size=Decimal("0.00001"),
    lot_size=Decimal("0.000001"),
    base_ccy="ETH",
    quote_ccy="BTC",
    settle_ccy="BTC",
)

KINDS = {
    "eleven characters": Kind(PEPE, 10_352),
    "fifteen characters": Kind(BABYDOGE, 12_345),
    "millions": Kind(LIRA, 43_218_765, 100_000, fee=(TINY_FEE, "BTC")),
    "spot": Kind(pair(), 618_123, 100_000, fee=(TINY_FEE, "BTC")),
    "inverse": Kind(inverse(), 618_123, fee=(Decimal("-0.00000123"), "BTC"), equity=Decimal("1.23456789")),
    "coin for coin": Kind(ETHER, 3_412, 10_000, Decimal("0.0001"), (TINY_FEE, "ETH"), Decimal("10.00924")),
}


def picture(kind: Kind) -> Snapshot:
    """The quoting sample on that instrument."""
    base = sample.quoting()
    market, shift = sample.market(mid=kind.mid_ticks), kind.mid_ticks - sample.MID_TICKS
    fee, fee_ccy = kind.fee
    moved = structs.replace(
        market,
        instrument=kind.instrument,
        bids=tuple((price, lots * kind.lots) for price, lots in market.bids),
        asks=tuple((price, lots * kind.lots) for price, lots in market.asks),
        orders=tuple(
            structs.replace(
                each,
                size_lots=each.size_lots * kind.lots,
                queue_ahead_lots=each.queue_ahead_lots and each.queue_ahead_lots * kind.lots,
            )
            for each in market.orders
        ),
        fills=tuple(
            structs.replace(
                each, price_ticks=each.price_ticks + shift, size_lots=each.size_lots * kind.lots,
                fee=fee, fee_ccy=fee_ccy, realised_quote=each.realised_quote * kind.money,
            )
            for each in market.fills
        ),
        trades=tuple(structs.replace(each, size_lots=each.size_lots * kind.lots) for each in market.trades),
        bid=structs.replace(market.bid, target_lots=50 * kind.lots),
        ask=structs.replace(market.ask, target_lots=50 * kind.lots),
        position_lots=market.position_lots * kind.lots,
        average_price=kind.instrument.price(kind.mid_ticks) - kind.instrument.tick_size / 3,
        mark_price=kind.instrument.price(kind.mid_ticks),
        realised_quote=market.realised_quote * kind.money,
        unrealised_quote=market.unrealised_quote * kind.money,
        fees_quote=market.fees_quote * kind.money,
        net_quote=market.net_quote * kind.money,
    )  # fmt: skip
    account = structs.replace(
        base.account_view,
        ccy=kind.instrument.settle_ccy,
        equity=kind.equity,
        net_quote=base.account_view.net_quote * kind.money,
    )
    return structs.replace(base, markets=(moved,), account_view=account)
