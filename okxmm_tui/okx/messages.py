"""Wire messages of OKX v5 as typed structs, with their decoders.

Unknown keys are ignored, missing ones have defaults, and scalars may be text, number, boolean or null,
because the venue writes most numbers as text and "" for nothing.
"""

from __future__ import annotations

import msgspec
from msgspec import Raw, Struct

from okxmm_tui.okx.decoding import Scalar


class Arg(Struct, gc=False, rename="camel"):
    """Which channel a push or an acknowledgement belongs to."""

    channel: str = ""
    inst_id: str = ""
    inst_type: str = ""


# -- public pushes, the hot path -------------------------------------------------------------------


class Level(Struct, gc=False, array_like=True):
    """One book level; further elements (always "0", order count) are skipped."""

    px: str
    sz: str


class BookData(Struct, gc=False, rename="camel"):
    """One book message, full or incremental (order book channel)."""

    asks: list[Level] = []
    bids: list[Level] = []
    ts: str | int | None = None
    """Unix ms."""
    seq_id: int | None = None
    prev_seq_id: int | None = None
    checksum: int | None = None


class BookPush(Struct, gc=False):
    """``books``, ``books-l2-tbt``, ``bbo-tbt``, ...; the latter has no action."""

    arg: Arg
    data: list[BookData]
    action: str = ""


class TradeData(Struct, gc=False, rename="camel"):
    """One aggregated print (trades channel); ``side`` is the taker's."""

    inst_id: str
    px: str
    sz: str
    side: str
    trade_id: Scalar = ""
    ts: Scalar = ""


class TradePush(Struct, gc=False):
    """``trades``."""

    arg: Arg
    data: list[TradeData]


# -- everything else -------------------------------------------------------------------------------


class Envelope(Struct, gc=False, rename="camel"):
    """Any WebSocket message: push, acknowledgement, notice, error or operation reply."""

    arg: Arg | None = None
    event: str = ""
    op: str = ""
    id: Scalar = ""
    code: Scalar = ""
    msg: Scalar = ""
    action: str = ""
    channel: Scalar = ""
    data: Raw = Raw(b"")
    in_time: Scalar = ""
    """When the venue's gateway took an operation, and when it answered; Unix µs."""
    out_time: Scalar = ""


class RestEnvelope(Struct, gc=False, rename="camel"):
    """Any REST answer."""

    code: Scalar
    msg: Scalar = ""
    data: Raw = Raw(b"[]")
    in_time: Scalar = ""
    out_time: Scalar = ""


class MarkPriceRow(Struct, gc=False, rename="camel"):
    """Mark price channel."""

    inst_id: str
    mark_px: Scalar
    ts: Scalar = ""


class InstrumentRow(Struct, gc=False, rename="camel"):
    """``public/instruments``, ``account/instruments`` and the instruments channel."""

    inst_id: str
    inst_type: str = ""
    state: str = ""
    ct_type: Scalar = ""
    ct_val: Scalar = ""
    ct_val_ccy: Scalar = ""
    ct_mult: Scalar = ""
    base_ccy: Scalar = ""
    quote_ccy: Scalar = ""
    settle_ccy: Scalar = ""
    uly: Scalar = ""
    inst_family: Scalar = ""
    tick_sz: Scalar = ""
    lot_sz: Scalar = ""
    min_sz: Scalar = ""
    max_lmt_sz: Scalar = ""
    lever: Scalar = ""
    group_id: Scalar = ""
    inst_id_code: Scalar = None
    exp_time: Scalar = ""
    upc_chg: object = None
    """List of announcements (``instrument_notes``), read apart: an odd one hides no instrument."""


class OrderRow(Struct, gc=False, rename="camel"):
    """Orders channel and REST order objects; the fill fields differ in meaning between the two."""

    inst_id: str
    ord_id: Scalar = ""
    cl_ord_id: Scalar = ""
    tag: Scalar = ""
    side: Scalar = ""
    pos_side: Scalar = ""
    px: Scalar = ""
    sz: Scalar = ""
    acc_fill_sz: Scalar = ""
    avg_px: Scalar = ""
    state: Scalar = ""
    u_time: Scalar = ""
    c_time: Scalar = ""
    fill_px: Scalar = ""
    fill_sz: Scalar = ""
    trade_id: Scalar = ""
    fill_time: Scalar = ""
    fill_fee: Scalar = ""
    fill_fee_ccy: Scalar = ""
    exec_type: Scalar = ""
    cancel_source: Scalar = ""
    amend_result: Scalar = ""
    req_id: Scalar = ""
    code: Scalar = "0"
    msg: Scalar = ""
    reduce_only: Scalar = ""
    category: Scalar = ""


class FillRow(Struct, gc=False, rename="camel"):
    """``trade/fills``."""

    inst_id: str
    trade_id: Scalar = ""
    ord_id: Scalar = ""
    cl_ord_id: Scalar = ""
    bill_id: Scalar = ""
    tag: Scalar = ""
    side: Scalar = ""
    pos_side: Scalar = ""
    fill_px: Scalar = ""
    fill_sz: Scalar = ""
    fee: Scalar = ""
    fee_ccy: Scalar = ""
    exec_type: Scalar = ""
    ts: Scalar = ""
    fill_time: Scalar = ""


class PositionRow(Struct, gc=False, rename="camel"):
    """Positions channel and ``account/positions``; ``pos`` is in contracts."""

    inst_id: str
    pos: Scalar = ""
    pos_side: Scalar = ""
    mgn_mode: Scalar = ""
    avg_px: Scalar = ""
    mark_px: Scalar = ""
    liq_px: Scalar = ""
    u_time: Scalar = ""


class BalanceDetail(Struct, gc=False, rename="camel"):
    """One currency of the trading account."""

    ccy: str
    eq: Scalar = ""
    cash_bal: Scalar = ""
    avail_eq: Scalar = ""
    avail_bal: Scalar = ""
    u_time: Scalar = ""
    mgn_ratio: Scalar = ""


class AccountRow(Struct, gc=False, rename="camel"):
    """Account channel and ``account/balance``."""

    details: list[BalanceDetail] = []
    u_time: Scalar = ""
    mgn_ratio: Scalar = ""
    """Where margin is pooled over the currencies; each row has its own elsewhere."""


class OpRow(Struct, gc=False, rename="camel"):
    """One row of the answer to a place, amend or cancel."""

    s_code: Scalar = None
    s_msg: Scalar = ""
    sub_code: Scalar = ""
    ord_id: Scalar = ""
    cl_ord_id: Scalar = ""


class ConfigRow(Struct, gc=False, rename="camel"):
    """``account/config``."""

    uid: Scalar = ""
    label: Scalar = ""
    acct_lv: Scalar = ""
    pos_mode: Scalar = ""
    perm: Scalar = ""
    ip: Scalar = ""
    """Addresses the key is bound to, between commas; empty when to none."""
    level: Scalar = ""
    """Fee tier, for example ``Lv1`` or ``VIP4``."""


class FeeGroup(Struct, gc=False, rename="camel"):
    """Rates of one instrument group; negative is paid."""

    group_id: Scalar = ""
    maker: Scalar = ""
    taker: Scalar = ""


class FeeRow(Struct, gc=False):
    """``account/trade-fee``; the flat fields are the form before November 2025."""

    fee_group: list[FeeGroup] = msgspec.field(name="feeGroup", default_factory=list[FeeGroup])
    maker: Scalar = ""
    taker: Scalar = ""
    maker_u: Scalar = msgspec.field(name="makerU", default="")
    taker_u: Scalar = msgspec.field(name="takerU", default="")
    maker_usdc: Scalar = msgspec.field(name="makerUSDC", default="")
    taker_usdc: Scalar = msgspec.field(name="takerUSDC", default="")
    inst_type: Scalar = msgspec.field(name="instType", default="")


class TimeRow(Struct, gc=False):
    """``public/time``."""

    ts: Scalar = ""


class AccountRateRow(Struct, gc=False, rename="camel"):
    """``trade/account-rate-limit``."""

    acc_rate_limit: Scalar = ""


class DeadManRow(Struct, gc=False, rename="camel"):
    """``trade/cancel-all-after``."""

    trigger_time: Scalar = ""


BOOK_DECODER = msgspec.json.Decoder(BookPush, strict=False)
TRADE_DECODER = msgspec.json.Decoder(TradePush)
ENVELOPE_DECODER = msgspec.json.Decoder(Envelope)
REST_DECODER = msgspec.json.Decoder(RestEnvelope)
MARK_PRICES = msgspec.json.Decoder(list[MarkPriceRow])
INSTRUMENTS = msgspec.json.Decoder(list[InstrumentRow])
ORDERS = msgspec.json.Decoder(list[OrderRow])
FILLS = msgspec.json.Decoder(list[FillRow])
POSITIONS = msgspec.json.Decoder(list[PositionRow])
ACCOUNTS = msgspec.json.Decoder(list[AccountRow])
OP_ROWS = msgspec.json.Decoder(list[OpRow])
CONFIGS = msgspec.json.Decoder(list[ConfigRow])
FEES = msgspec.json.Decoder(list[FeeRow])
TIMES = msgspec.json.Decoder(list[TimeRow])
ACCOUNT_RATES = msgspec.json.Decoder(list[AccountRateRow])
BOOK_ROWS = msgspec.json.Decoder(list[BookData], strict=False)
TRADES = msgspec.json.Decoder(list[TradeData])
DEAD_MEN = msgspec.json.Decoder(list[DeadManRow])
