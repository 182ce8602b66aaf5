"""From order effects to venue requests: grouping into batches, row fields, WebSocket frames, REST bodies.

Pure. OKX v5, sections "Place order", "Amend order" and "Cancel order", single and batch. The WebSocket
names instruments by ``instIdCode``; REST by ``instId``. Margin mode and position side belong to placing
alone: amends and cancels name an order that has them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from msgspec import UNSET, Struct

from okxmm_tui.core.account import AccountFacts
from okxmm_tui.core.effects import AmendOrder, CancelOrder, PlaceOrder
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import Side
from okxmm_tui.okx.rate_limits import Verb
from okxmm_tui.okx.requests import OrderArgs, Request, encode
from okxmm_tui.okx.trade_modes import DEFAULT_ACCOUNT, mode_of

MAX_BATCH = 20
DEFAULT_STP_MODE = "cancel_maker"
"""Said on every place: the account's own default may differ (OKX v5, ``acctStpMode``)."""

OrderEffect = PlaceOrder | AmendOrder | CancelOrder

_WS_OPS = {
    (Verb.PLACE, False): "order",
    (Verb.PLACE, True): "batch-orders",
    (Verb.AMEND, False): "amend-order",
    (Verb.AMEND, True): "batch-amend-orders",
    (Verb.CANCEL, False): "cancel-order",
    (Verb.CANCEL, True): "batch-cancel-orders",
}
_REST_PATHS = {
    (Verb.PLACE, False): "/api/v5/trade/order",
    (Verb.PLACE, True): "/api/v5/trade/batch-orders",
    (Verb.AMEND, False): "/api/v5/trade/amend-order",
    (Verb.AMEND, True): "/api/v5/trade/amend-batch-orders",
    (Verb.CANCEL, False): "/api/v5/trade/cancel-order",
    (Verb.CANCEL, True): "/api/v5/trade/cancel-batch-orders",
}


class Batch(Struct, frozen=True):
    """Rows that travel in one request."""

    verb: Verb
    rows: tuple[OrderEffect, ...]
    by_rest: bool

    @property
    def is_batch(self) -> bool:
        """Whether the venue counts it in the batch pool."""
        return len(self.rows) > 1

    @property
    def expire_ms(self) -> int:
        """When the venue should drop it, Unix ms; 0 for cancels, which never expire."""
        first = self.rows[0]
        return 0 if isinstance(first, CancelOrder) else first.expire_ms


def verb_of(effect: OrderEffect) -> Verb:
    """Name what an effect asks."""
    match effect:
        case PlaceOrder():
            return Verb.PLACE
        case AmendOrder():
            return Verb.AMEND
        case CancelOrder():
            return Verb.CANCEL


def grouped(effects: Iterable[OrderEffect], rest_only: frozenset[str] = frozenset()) -> list[Batch]:
    """Group consecutive effects of one verb, expiry and route; never one order twice in a batch (51512).

    Args:
        effects: In the order they must reach the venue.
        rest_only: Instruments whose orders go by REST.
    """
    batches: list[Batch] = []
    rows: list[OrderEffect] = []
    last_key: tuple[Verb, int, bool] | None = None
    for effect in effects:
        key = _group_key(effect, rest_only)
        is_repeat = any(_identity(row) == _identity(effect) for row in rows)
        if rows and last_key is not None and (key != last_key or len(rows) >= MAX_BATCH or is_repeat):
            batches.append(Batch(last_key[0], tuple(rows), last_key[2]))
            rows = []
        rows.append(effect)
        last_key = key
    if rows and last_key is not None:
        batches.append(Batch(last_key[0], tuple(rows), last_key[2]))
    return batches


def ws_frame(
    batch: Batch,
    request_id: str,
    instruments: Mapping[str, Instrument],
    tag: str,
    shift_ms: int,
    *,
    account: AccountFacts = DEFAULT_ACCOUNT,
    stp_mode: str = DEFAULT_STP_MODE,
) -> bytes:
    """Write one WebSocket operation.

    Args:
        batch: The rows; every instrument must have its code.
        request_id: Letters and digits, answered by the venue.
        instruments: Those of the rows.
        tag: Our order tag.
        shift_ms: The venue's clock minus ours, added to the expiry.
        account: Its level and position mode decide margin mode and position side.
        stp_mode: Who gives way when an order would meet one of our own (OKX ``stpMode``).
    """
    expire_ms = batch.expire_ms
    return encode(
        Request(
            op=_WS_OPS[batch.verb, batch.is_batch],
            args=[
                order_args(
                    row, instruments[row.inst_id], tag, by_rest=False, account=account, stp_mode=stp_mode
                )
                for row in batch.rows
            ],
            id=request_id,
            exp_time=str(expire_ms + shift_ms) if expire_ms else UNSET,
        )
    )


def rest_request(
    batch: Batch,
    instruments: Mapping[str, Instrument],
    tag: str,
    *,
    account: AccountFacts = DEFAULT_ACCOUNT,
    stp_mode: str = DEFAULT_STP_MODE,
) -> tuple[str, bytes]:
    """Write one REST request: path and exact body."""
    rows = [
        order_args(row, instruments[row.inst_id], tag, by_rest=True, account=account, stp_mode=stp_mode)
        for row in batch.rows
    ]
    return _REST_PATHS[batch.verb, batch.is_batch], encode(rows if batch.is_batch else rows[0])


def order_args(
    effect: OrderEffect,
    instrument: Instrument,
    tag: str,
    *,
    by_rest: bool,
    account: AccountFacts = DEFAULT_ACCOUNT,
    stp_mode: str = DEFAULT_STP_MODE,
) -> OrderArgs:
    """Fill the fields of one row."""
    if by_rest or instrument.code is None:
        args = OrderArgs(inst_id=instrument.inst_id)
    else:
        args = OrderArgs(inst_id_code=instrument.code)
    match effect:
        case PlaceOrder():
            _fill_place(args, effect, instrument, tag, account)
            args.stp_mode = stp_mode
        case AmendOrder():
            _fill_amend(args, effect, instrument)
        case CancelOrder():
            _fill_cancel(args, effect)
    return args


def _fill_place(
    args: OrderArgs, effect: PlaceOrder, instrument: Instrument, tag: str, account: AccountFacts
) -> None:
    mode = mode_of(instrument, account)
    args.td_mode = mode.td_mode
    args.ccy = mode.ccy or UNSET
    args.tgt_ccy = mode.tgt_ccy or UNSET
    args.cl_ord_id = effect.cl_ord_id
    args.side = "buy" if effect.side is Side.BUY else "sell"
    args.ord_type = effect.order_kind.value
    args.px = instrument.price_text(effect.price_ticks)
    args.sz = instrument.size_text(effect.size_lots)
    if tag:
        args.tag = tag
    if mode.has_position_side:
        args.pos_side = effect.position_side.value
    elif effect.reduce_only and not instrument.is_spot:
        args.reduce_only = True


def _fill_amend(args: OrderArgs, effect: AmendOrder, instrument: Instrument) -> None:
    args.cl_ord_id = effect.cl_ord_id
    args.req_id = effect.req_id or UNSET
    if effect.price_ticks is not None:
        args.new_px = instrument.price_text(effect.price_ticks)
    if effect.size_lots is not None:
        args.new_sz = instrument.size_text(effect.size_lots)
    # A quote that could not be moved is a quote at the wrong price.
    args.cxl_on_fail = True


def _fill_cancel(args: OrderArgs, effect: CancelOrder) -> None:
    # The venue lets ordId win; a client id alone is what we always know.
    if effect.ord_id:
        args.ord_id = effect.ord_id
    if effect.cl_ord_id:
        args.cl_ord_id = effect.cl_ord_id


def _group_key(effect: OrderEffect, rest_only: frozenset[str]) -> tuple[Verb, int, bool]:
    by_rest = effect.inst_id in rest_only
    if isinstance(effect, CancelOrder):
        return Verb.CANCEL, 0, by_rest or effect.by_rest
    return verb_of(effect), effect.expire_ms, by_rest


def _identity(effect: OrderEffect) -> tuple[str, str]:
    return effect.inst_id, effect.cl_ord_id or getattr(effect, "ord_id", "")
