"""Sample instruments and events, built in one place."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.messages import Fill, OrderUpdate, SessionStarted
from okxmm_tui.core.types import ContractKind, Liquidity, Mode, Side, VenueOrderState

INST = "BTC-USDT-SWAP"
TAG = "okxmm"
SECOND = 1_000_000_000
START_NS = 1_795_161_600 * SECOND
"""2026-11-20 08:00:00 UTC."""


def swap(inst_id: str = INST, **changes: object) -> Instrument:
    """BTC-USDT-SWAP as the venue describes it: 0.1 tick, 0.01 lot, 0.01 BTC a contract."""
    fields: dict[str, object] = {
        "inst_id": inst_id,
        "inst_type": "SWAP",
        "kind": ContractKind.LINEAR,
        "code": 10459,
        "tick_size": Decimal("0.1"),
        "lot_size": Decimal("0.01"),
        "min_size_lots": 1,
        "max_limit_lots": 10_000_000_000,
        "contract_value": Decimal("0.01"),
        "base_ccy": "BTC",
        "quote_ccy": "USDT",
        "settle_ccy": "USDT",
    }
    return Instrument(**{**fields, **changes})  # pyright: ignore[reportArgumentType]


def inverse(inst_id: str = "BTC-USD-SWAP", **changes: object) -> Instrument:
    """BTC-USD-SWAP: 100 USD a contract, 0.1 lot, settled in BTC."""
    fields: dict[str, object] = {
        "kind": ContractKind.INVERSE,
        "code": 10458,
        "lot_size": Decimal("0.1"),
        "contract_value": Decimal(100),
        "quote_ccy": "USD",
        "settle_ccy": "BTC",
    }
    return swap(inst_id, **{**fields, **changes})


def pair(inst_id: str = "BTC-USDT", **changes: object) -> Instrument:
    """BTC-USDT spot: 0.1 tick, 1e-8 BTC lot, smallest order 0.00001 BTC."""
    fields: dict[str, object] = {
        "inst_type": "SPOT",
        "kind": ContractKind.SPOT,
        "code": 3,
        "lot_size": Decimal("0.00000001"),
        "min_size_lots": 1_000,
        "contract_value": Decimal(1),
    }
    return swap(inst_id, **{**fields, **changes})


def started(*, limits: Limits | None = None, **changes: object) -> SessionStarted:
    """A headless sim session on one swap."""
    fields: dict[str, object] = {
        "session_id": START_NS // SECOND,
        "mode": Mode.SIM,
        "account": "test",
        "tag": TAG,
        "instruments": (swap(),),
        "strategy": "inventory_skew",
        "params": {},
        "limits": limits or Limits(is_headless=True),
        "fees": {"BTC-USDT-SWAP": FeeRates(Decimal("0.0002"), Decimal("0.0005"))},
    }
    return SessionStarted(**{**fields, **changes})  # pyright: ignore[reportArgumentType]


def fill(
    side: Side, price: str, size: str, *, trade_id: str = "1", fee: str = "0", cl_ord_id: str = "c1"
) -> Fill:
    """A maker fill at a price, in contracts."""
    instrument = swap()
    return Fill(
        inst_id=INST,
        trade_id=trade_id,
        ord_id="o-" + cl_ord_id,
        cl_ord_id=cl_ord_id,
        side=side,
        price_ticks=instrument.price_to_ticks(price),
        size_lots=instrument.split_size(size)[0],
        fee=Decimal(fee),
        fee_ccy="USDT",
        liquidity=Liquidity.MAKER,
        venue_ms=START_NS // 1_000_000,
        tag=TAG,
    )


def order_update(
    cl_ord_id: str,
    side: Side,
    price_ticks: int,
    size_lots: int,
    *,
    state: VenueOrderState = VenueOrderState.LIVE,
    filled_lots: int = 0,
    **changes: object,
) -> OrderUpdate:
    """A push on one order of ours."""
    fields: dict[str, object] = {
        "inst_id": INST,
        "ord_id": "o-" + cl_ord_id,
        "cl_ord_id": cl_ord_id,
        "tag": TAG,
        "side": side,
        "price_ticks": price_ticks,
        "size_lots": size_lots,
        "filled_lots": filled_lots,
        "state": state,
        "update_ms": START_NS // 1_000_000,
    }
    return OrderUpdate(**{**fields, **changes})  # pyright: ignore[reportArgumentType]
