"""From wire rows to core events: venue text becomes whole ticks, whole lots and exact decimals.

Pure functions. A row that does not concern our instruments gives None; a row that cannot be read raises
``WireError`` with the offending value.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Protocol

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import AccountBill, BalanceUpdate, Fill, OrderUpdate, PositionUpdate
from okxmm_tui.core.types import Liquidity, PositionSide, Side, VenueOrderState
from okxmm_tui.errors import WireError
from okxmm_tui.okx.account_rows import BillRow
from okxmm_tui.okx.decoding import Scalar, text_of
from okxmm_tui.okx.error_codes import cancel_source_text
from okxmm_tui.okx.messages import BalanceDetail, FillRow, OrderRow, PositionRow

MAX_WHOLE = 2**63 - 1
"""What a record of 64 bits can hold; no time, sequence number or size of the venue comes near."""
LONGEST_INSIDE_US = 60_000_000
"""No operation stays inside the gateway for a minute; stamps further apart are of different clocks."""

_SIDES = {"buy": Side.BUY, "sell": Side.SELL}
_POSITION_SIDES = {"long": PositionSide.LONG, "short": PositionSide.SHORT}
_STATES = {state.value: state for state in VenueOrderState}


class Instruments(Protocol):
    """Instruments by id."""

    def get(self, inst_id: str, /) -> Instrument | None:
        """Return the instrument, or None when it is not ours."""
        ...


def number(value: Scalar) -> Decimal:
    """Read a scalar as an exact number; empty is 0.

    Raises:
        WireError: The text was no finite number.
    """
    return optional_number(value) or Decimal(0)


def optional_number(value: Scalar) -> Decimal | None:
    """Read a scalar as an exact number, or None when it is empty.

    Raises:
        WireError: The text was no finite number.
    """
    text = text_of(value)
    return read_decimal(text) if text else None


def whole(value: Scalar) -> int:
    """Read a scalar as a whole number, such as Unix ms; empty is 0.

    Raises:
        WireError: The text was no whole number.
    """
    text = text_of(value)
    if not text:
        return 0
    try:
        value = int(text)
    except ValueError as error:
        raise WireError(f"whole number {text[:40]!r} was unreadable.") from error
    return bounded(value)


def bounded(units: int) -> int:
    """Return a whole number that a record can hold.

    Raises:
        WireError: It was too large either way.
    """
    if abs(units) > MAX_WHOLE:
        raise WireError(f"a whole number of {units.bit_length()} bits was beyond all reason.")
    return units


def span_ns(in_time: Scalar, out_time: Scalar) -> int:
    """Time an operation spent inside the venue's gateway, from its two stamps in Unix µs; 0 when not said."""
    try:
        start_us, end_us = whole(in_time), whole(out_time)
    except WireError:
        return 0
    is_said = 0 < start_us <= end_us < start_us + LONGEST_INSIDE_US
    return (end_us - start_us) * 1_000 if is_said else 0


def side_of(value: Scalar) -> Side:
    """Read a side.

    Raises:
        WireError: It was neither buy nor sell.
    """
    side = _SIDES.get(text_of(value))
    if side is None:
        raise WireError(f"side {text_of(value)[:20]!r} was neither buy nor sell.")
    return side


def position_side_of(value: Scalar) -> PositionSide:
    """Read a position side; net, nothing and words of tomorrow are NET."""
    return _POSITION_SIDES.get(text_of(value), PositionSide.NET)


def order_update(row: OrderRow, instruments: Instruments, *, is_push: bool) -> OrderUpdate | None:
    """Read one order.

    Args:
        row: From the orders channel or a REST answer.
        instruments: Those we hold.
        is_push: Whether the fill fields describe this very update; REST repeats the last fill instead.

    Raises:
        WireError: A field was unreadable, a size negative, or a fill had no price.
    """
    instrument = instruments.get(row.inst_id)
    if instrument is None:
        return None
    fill = _pushed_fill(row, instrument) if is_push else None
    size_lots, rest = _traded_size(row.sz, instrument)
    return OrderUpdate(
        inst_id=row.inst_id,
        ord_id=text_of(row.ord_id),
        cl_ord_id=text_of(row.cl_ord_id),
        tag=text_of(row.tag),
        side=side_of(row.side),
        price_ticks=_price(row.px, instrument)[0],
        size_lots=size_lots + (rest > 0),  # what can still fill counts in full
        filled_lots=_traded_size(row.acc_fill_sz, instrument)[0],
        state=_STATES.get(text_of(row.state), VenueOrderState.UNRECOGNISED),
        update_ms=whole(row.u_time),
        fill=fill,
        cancel_source=text_of(row.cancel_source),
        amend_result=text_of(row.amend_result),
        req_id=text_of(row.req_id),
        code=text_of(row.code) or "0",
        text=text_of(row.msg) or _cancel_text(row),
        reduce_only=text_of(row.reduce_only) == "true",
        category=text_of(row.category) or "normal",
        position_side=position_side_of(row.pos_side),
    )


def _cancel_text(row: OrderRow) -> str:
    return cancel_source_text(text_of(row.cancel_source))


def _pushed_fill(row: OrderRow, instrument: Instrument) -> Fill | None:
    trade_id = text_of(row.trade_id)
    size_lots, rest = _traded_size(row.fill_sz, instrument)
    if not (size_lots or rest) or trade_id in {"", "0"}:
        return None
    price_ticks, exact_price = _fill_price(row.fill_px, trade_id, instrument)
    return Fill(
        inst_id=row.inst_id,
        trade_id=trade_id,
        ord_id=text_of(row.ord_id),
        cl_ord_id=text_of(row.cl_ord_id),
        side=side_of(row.side),
        price_ticks=price_ticks,
        size_lots=size_lots,
        fee=number(row.fill_fee),
        fee_ccy=text_of(row.fill_fee_ccy),
        liquidity=_liquidity(row.exec_type),
        venue_ms=whole(row.fill_time) or whole(row.u_time),
        tag=text_of(row.tag),
        position_side=position_side_of(row.pos_side),
        exact_price=exact_price,
        rest=rest,
    )


def fill_of(row: FillRow, instruments: Instruments) -> Fill | None:
    """Read one row of ``trade/fills``.

    Raises:
        WireError: A field was unreadable, the size negative, or there was no price.
    """
    instrument = instruments.get(row.inst_id)
    trade_id = text_of(row.trade_id)
    if instrument is None or trade_id in {"", "0"}:
        return None
    price_ticks, exact_price = _fill_price(row.fill_px, trade_id, instrument)
    size_lots, rest = _traded_size(row.fill_sz, instrument)
    return Fill(
        inst_id=row.inst_id,
        trade_id=trade_id,
        ord_id=text_of(row.ord_id),
        cl_ord_id=text_of(row.cl_ord_id),
        side=side_of(row.side),
        price_ticks=price_ticks,
        size_lots=size_lots,
        fee=number(row.fee),
        fee_ccy=text_of(row.fee_ccy),
        liquidity=_liquidity(row.exec_type),
        venue_ms=whole(row.fill_time) or whole(row.ts),
        tag=text_of(row.tag),
        position_side=position_side_of(row.pos_side),
        exact_price=exact_price,
        rest=rest,
    )


def position_update(row: PositionRow, instruments: Instruments) -> PositionUpdate | None:
    """Read one position.

    Isolated ones are not ours, because every order of ours is cross margin; a row under a spot pair is a
    margin position, which is not ours either: spot shows in the balances. Where long and short are apart the
    venue writes both sizes positive; here a short one is negative.
    """
    instrument = instruments.get(row.inst_id)
    if instrument is None or instrument.is_spot or text_of(row.mgn_mode) == "isolated":
        return None
    position_side = position_side_of(row.pos_side)
    held = number(row.pos)
    size_lots, rest = _size(-abs(held) if position_side is PositionSide.SHORT else held, instrument)
    return PositionUpdate(
        inst_id=row.inst_id,
        size_lots=size_lots,
        average_price=optional_number(row.avg_px) if held else None,
        mark_price=optional_number(row.mark_px),
        liquidation_price=optional_number(row.liq_px),
        update_ms=whole(row.u_time),
        position_side=position_side,
        rest=rest,
    )


def balance_update(detail: BalanceDetail, pooled_ratio: Scalar = "") -> BalanceUpdate:
    """Read one currency; margin modes fill ``availEq``, spot mode fills ``availBal``.

    Args:
        detail: Its row.
        pooled_ratio: mgnRatio of the account, for currencies that have none of their own.
    """
    cash = number(detail.cash_bal)
    equity = optional_number(detail.eq)
    available = optional_number(detail.avail_eq)
    return BalanceUpdate(
        ccy=detail.ccy,
        equity=cash if equity is None else equity,
        cash=cash,
        available=number(detail.avail_bal) if available is None else available,
        update_ms=whole(detail.u_time),
        spendable=optional_number(detail.avail_bal),
        margin_ratio=_ratio(detail.mgn_ratio) or _ratio(pooled_ratio),
    )


def _ratio(value: Scalar) -> Decimal | None:
    """A ratio, or None where there is none: one beyond all reason must not cost the balance beside it."""
    try:
        return optional_number(value) or None
    except WireError:
        return None


def bill_of(row: BillRow) -> AccountBill:
    """Read one bill."""
    return AccountBill(
        bill_id=text_of(row.bill_id),
        bill_type=text_of(row.type),
        inst_id=text_of(row.inst_id),
        ccy=text_of(row.ccy),
        change=number(row.bal_chg),
        venue_ms=whole(row.ts),
    )


def _liquidity(exec_type: Scalar) -> Liquidity:
    # A fill without a role (liquidation, delivery) did not come from resting: count it as taking.
    return Liquidity.MAKER if text_of(exec_type) == "M" else Liquidity.TAKER


def _size(value: Scalar | Decimal, instrument: Instrument) -> tuple[int, Decimal]:
    """Read a size: whole lots, and what those of before a lot change have beyond them."""
    lots, rest = instrument.split_size(value if isinstance(value, Decimal) else number(value))
    return bounded(lots), rest


def _price(value: Scalar, instrument: Instrument) -> tuple[int, Decimal | None]:
    """Read a price; those of orders and fills from before a tick change lie between ticks."""
    ticks, exact = instrument.nearest_ticks(number(value))
    return bounded(ticks), exact


def _traded_size(value: Scalar, instrument: Instrument) -> tuple[int, Decimal]:
    lots, rest = _size(value, instrument)
    if lots < 0 or rest < 0:
        raise WireError(f"size {text_of(value)[:40]!r} of an order or a fill was negative.")
    return lots, rest


def _fill_price(value: Scalar, trade_id: str, instrument: Instrument) -> tuple[int, Decimal | None]:
    if number(value) <= 0:  # booked at nothing it would be a loss, or a gain, of all that was traded
        raise WireError(f"fill {trade_id[:40]} had the price {text_of(value)[:40]!r}.")
    return _price(value, instrument)
