"""From instrument rows to what the engine knows of an instrument; pure functions."""

from __future__ import annotations

from decimal import ROUND_CEILING, Decimal
from typing import cast

import msgspec

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import ContractKind
from okxmm_tui.errors import WireError
from okxmm_tui.okx.convert import bounded, number, optional_number, whole
from okxmm_tui.okx.decoding import Scalar, text_of
from okxmm_tui.okx.instrument_notes import UpcomingChange
from okxmm_tui.okx.messages import InstrumentRow

NOT_TRADED_BY = frozenset({"maxMktSz"})
"""Rules that may change under our quotes without harm: market orders are not ours."""

_KINDS = {"linear": ContractKind.LINEAR, "inverse": ContractKind.INVERSE}


def instrument_of(row: InstrumentRow) -> Instrument | None:
    """Read instrument metadata; None while the venue has not filled it in (new listings).

    A derivative without a contract type or value is not filled in either: it must not pass for spot.
    """
    tick_size, lot_size = optional_number(row.tick_sz), optional_number(row.lot_sz)
    if not tick_size or not lot_size or tick_size < 0 or lot_size < 0:
        return None
    is_spot = row.inst_type in {"", "SPOT"} and not text_of(row.ct_type)
    kind = ContractKind.SPOT if is_spot else _KINDS.get(text_of(row.ct_type))
    if kind is None:
        return None
    base, quote = _currencies(row, kind)
    code = text_of(row.inst_id_code)
    face = number(row.ct_val) * (optional_number(row.ct_mult) or Decimal(1))
    if not is_spot and face <= 0:
        return None
    return Instrument(
        inst_id=row.inst_id,
        inst_type=row.inst_type,
        kind=kind,
        code=whole(code) if code else None,
        tick_size=tick_size,
        lot_size=lot_size,
        min_size_lots=bounded(int((number(row.min_sz) / lot_size).to_integral_value(ROUND_CEILING))),
        max_limit_lots=bounded(int(number(row.max_lmt_sz) / lot_size)),
        contract_value=Decimal(1) if is_spot else face,
        base_ccy=base,
        quote_ccy=quote,
        settle_ccy=text_of(row.settle_ccy) or quote,
        state=row.state,
        max_leverage=optional_number(row.lever) or Decimal(1),
        expires_ms=_expiry_ms(row.exp_time),
        changes_ms=_changes_ms(row.upc_chg),
    )


def _expiry_ms(value: Scalar) -> int | None:
    """Read when a contract ends; a time that is none blocks no instrument, the doctor names it."""
    try:
        return whole(value) or None
    except WireError:
        return None


def _changes_ms(value: object) -> int | None:
    """Read when the next announced change takes effect; an unreadable announcement is the doctor's."""
    entries = cast("list[object]", value) if isinstance(value, list) else []
    return min(filter(None, map(_change_ms, entries)), default=None)


def _change_ms(entry: object) -> int | None:
    try:
        change = msgspec.convert(entry, UpcomingChange, strict=False)
        return None if text_of(change.param) in NOT_TRADED_BY else whole(change.eff_time)
    except (msgspec.ValidationError, WireError):
        return None


def _currencies(row: InstrumentRow, kind: ContractKind) -> tuple[str, str]:
    # Derivatives leave baseCcy and quoteCcy empty; the underlying (BTC-USDT) names both.
    base, _, quote = (text_of(row.uly) or row.inst_id).partition("-")
    if kind is ContractKind.LINEAR:
        return text_of(row.ct_val_ccy) or base, text_of(row.settle_ccy) or quote.partition("-")[0]
    if kind is ContractKind.INVERSE:
        return text_of(row.settle_ccy) or base, text_of(row.ct_val_ccy) or quote.partition("-")[0]
    return text_of(row.base_ccy) or base, text_of(row.quote_ccy) or quote
