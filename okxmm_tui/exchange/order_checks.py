"""Reads and judges order requests, field by field, before anything happens."""

from __future__ import annotations

import re
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.decimals import read_decimal
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.types import Side
from okxmm_tui.errors import WireError
from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import text
from okxmm_tui.exchange.orders import Order
from okxmm_tui.exchange.reducing import refuse_beyond_position
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.trade_modes import Params, position_side, trade_mode
from okxmm_tui.exchange.trading_rules import check_grid, check_state

PRICED_TYPES = frozenset({"limit", "post_only", "fok", "ioc"})
SPOT_ORDER_TYPES = PRICED_TYPES | {"market"}
ORDER_TYPES = SPOT_ORDER_TYPES | {"optimal_limit_ioc"}
STP_MODES = frozenset({"cancel_maker", "cancel_taker", "cancel_both"})
MAX_PENDING = 4000
MAX_PENDING_PER_INSTRUMENT = 500

_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_TAG = re.compile(r"[A-Za-z0-9]{1,16}")


class AmendRequest(Struct, frozen=True):
    """A judged amend."""

    order: Order
    price_ticks: int
    size_lots: int
    req_id: str
    cancel_on_fail: bool


def check_tradable(listed: Listing) -> None:
    """Refuse orders where only market data is served.

    Raises:
        ApiError: 51010.
    """
    if not listed.is_tradable_here:
        raise ApiError(
            "51010",
            f"The embedded exchange trades spot, swaps and futures; {listed.inst_id} has market data only.",
        )


def parse_place(params: Params, listed: Listing, state: VenueState) -> Order:
    """Judge a placement and build the order, not yet stored.

    Raises:
        ApiError: With OKX's code for the first thing that is wrong.
    """
    check_tradable(listed)
    market = state.markets[listed.inst_id]
    ord_type = _choice(params, "ordType", SPOT_ORDER_TYPES if listed.is_spot else ORDER_TYPES)
    side = Side(_choice(params, "side", {"buy", "sell"}))
    td_mode = trade_mode(params, listed, state.settings.account_level)
    pos_side = position_side(params, listed, is_hedged=state.is_hedged)
    _check_modes(params, ord_type)
    tgt_ccy = _target_currency(params, listed, side, ord_type)
    is_quote = tgt_ccy == "quote_ccy"
    order = Order(
        order_id="",
        cl_ord_id=_client_id(params, state),
        tag=_pattern(params, "tag", _TAG),
        listing=listed,
        side=side,
        ord_type=ord_type,
        td_mode=td_mode,
        ccy=str(params.get("ccy") or ""),
        price_ticks=None,
        size_lots=0 if is_quote else parse_size(params.get("sz"), "sz", listed.instrument),
        reduce_only=_flag(params, "reduceOnly") and not listed.is_spot and not state.is_hedged,
        stp_mode=str(params.get("stpMode") or "cancel_maker"),
        lever=state.lever(listed.inst_id, td_mode, pos_side),
        created_ms=state.now_ms,
        updated_ms=state.now_ms,
        pos_side=pos_side,
        tgt_ccy=tgt_ccy,
        quote_amount=parse_amount(params.get("sz"), "sz") if is_quote else None,
    )
    check_state(market, ord_type)
    if not market.is_open:
        raise ApiError("51022", f"{listed.inst_id} has no quote on one side; trading is suspended.")
    order.price_ticks = _limit_price(params, order, market, state)
    # The lots of a spot order sized in quote currency come out of the book, later.
    check_grid(market, order.price_ticks, None if is_quote else order.size_lots)
    _check_size(order, listed)
    _check_counts(order, state)
    return order


def _check_modes(params: Params, ord_type: str) -> None:
    if params.get("attachAlgoOrds"):
        raise wrong("attachAlgoOrds", "not supported by the embedded exchange")
    stp_mode = params.get("stpMode") or "cancel_maker"
    if stp_mode not in STP_MODES:
        raise wrong("stpMode")
    if ord_type == "fok" and stp_mode == "cancel_both":
        raise ApiError("54036", "FOK orders cannot be combined with STP mode cancel_both.")


def _target_currency(params: Params, listed: Listing, side: Side, ord_type: str) -> str:
    """Unit of a spot market order's size: quote for buys and base for sells unless told otherwise."""
    if not listed.is_spot or ord_type != "market":
        return ""
    given = params.get("tgtCcy") or ("quote_ccy" if side is Side.BUY else "base_ccy")
    if given not in {"base_ccy", "quote_ccy"}:
        raise wrong("tgtCcy")
    return str(given)


def _limit_price(params: Params, order: Order, market: Market, state: VenueState) -> int:
    highest, lowest = market.price_limits(state.settings.price_band)
    edge = highest if order.side is Side.BUY else lowest
    if order.ord_type not in PRICED_TYPES:
        return edge
    price_ticks = parse_price(params.get("px"), "px", order.listing.instrument)
    return within_limits(price_ticks, order, market, state, moves=params.get("pxAmendType") == "1")


def within_limits(price_ticks: int, order: Order, market: Market, state: VenueState, *, moves: bool) -> int:
    """Return the price, or the nearest allowed one when the client wants it moved.

    Raises:
        ApiError: Outside the price limits: 51006 for contracts, 51137 and 51138 for spot.
    """
    highest, lowest = market.price_limits(state.settings.price_band)
    is_buy = order.side is Side.BUY
    inside = min(price_ticks, highest) if is_buy else max(price_ticks, lowest)
    if inside != price_ticks and not moves:
        ours = market.instrument
        code = "51006" if not order.is_spot else "51137" if is_buy else "51138"
        raise ApiError(
            code,
            "Order price is not within the price limit "
            f"(max buy price: {text(ours.price(highest))} min sell price: {text(ours.price(lowest))}).",
        )
    return inside


def _check_size(order: Order, listed: Listing) -> None:
    ours = listed.instrument
    most = ours.max_limit_lots
    if order.ord_type == "market" and listed.is_spot:
        # The largest spot market order is given in quote currency (OKX v5, instruments).
        value = order.quote_amount or ours.notional_quote(order.size_lots, order.price_ticks or 0)
        if value > Decimal(listed.row["maxMktSz"]):
            raise ApiError("51005", f"Order amount exceeds the maximum of {listed.row['maxMktSz']}.")
        return
    if order.ord_type not in PRICED_TYPES:
        most = min(most, int(Decimal(listed.row["maxMktSz"]) / ours.lot_size))
    if order.size_lots > most:
        unit = ours.base_ccy if listed.is_spot else "contracts"
        raise ApiError("51005", f"Order amount exceeds the maximum of {text(ours.size(most))} {unit}.")
    value = ours.notional_quote(order.size_lots, order.price_ticks or 0)
    if value > Decimal(listed.row["maxLmtAmt"] or "Infinity"):
        raise ApiError(
            "51185", f"The order value of {text(value)} USD exceeds {listed.row['maxLmtAmt']} USD."
        )


def _check_counts(order: Order, state: VenueState) -> None:
    pending = state.store.pending
    here = sum(1 for _ in state.store.pending_of(order.listing.inst_id))
    if len(pending) >= MAX_PENDING or here >= MAX_PENDING_PER_INSTRUMENT:
        raise ApiError("51174", "The number of pending orders has reached the limit.")


def parse_amend(params: Params, listed: Listing, state: VenueState) -> AmendRequest:
    """Judge an amend of a pending order.

    Raises:
        ApiError: With OKX's code for the first thing that is wrong.
    """
    why = "Order modification failed as the order has been filled, canceled or does not exist."
    order = find_pending(params, listed, state, "51503", why)
    check_state(state.markets[listed.inst_id], order.ord_type)
    ours = listed.instrument
    if not params.get("newPx") and not params.get("newSz"):
        raise ApiError("51500", "Either newPx or newSz is required.")
    if order.amends_in_flight >= 3:
        raise ApiError("51513", "More than 3 amends of the order are in progress.")
    price_ticks, size_lots = order.price_ticks or 0, order.size_lots
    if params.get("newPx"):
        if order.ord_type not in PRICED_TYPES:
            raise ApiError("51506", "Orders of this type cannot be amended.")
        price_ticks = parse_price(params["newPx"], "newPx", ours)
        moves = params.get("pxAmendType") == "1"
        price_ticks = within_limits(price_ticks, order, state.markets[listed.inst_id], state, moves=moves)
    if params.get("newSz"):
        if order.is_closing:
            refuse_beyond_position(order, parse_size(params["newSz"], "newSz", ours), state)
        size_lots = parse_size(params["newSz"], "newSz", ours)
    market = state.markets[listed.inst_id]
    check_grid(
        market, price_ticks if params.get("newPx") else None, size_lots if params.get("newSz") else None
    )
    return AmendRequest(
        order, price_ticks, size_lots, _pattern(params, "reqId", _ID), _flag(params, "cxlOnFail")
    )


def find_pending(params: Params, listed: Listing, state: VenueState, code: str, why: str) -> Order:
    """Find the pending order a cancel or amend names; ``ordId`` wins over ``clOrdId``.

    Raises:
        ApiError: 51003 when neither id is given, else ``code``.
    """
    order_id, cl_ord_id = str(params.get("ordId") or ""), str(params.get("clOrdId") or "")
    if not order_id and not cl_ord_id:
        raise ApiError("51003", "Either client order ID or order ID is required.")
    order = state.store.find(order_id, cl_ord_id)
    if order is None or not order.is_pending or order.listing.inst_id != listed.inst_id:
        raise ApiError(code, why)
    return order


def parse_size(value: object, name: str, ours: Instrument) -> int:
    """Read a size in lots.

    Raises:
        ApiError: Absent, no number, no multiple of the lot, or below the minimum.
    """
    size = parse_amount(value, name)
    lots = size / ours.lot_size
    if lots != int(lots):
        raise ApiError("51121", "Order quantity must be a multiple of the lot size.")
    refuse_below_minimum(int(lots), ours)
    return int(lots)


def refuse_below_minimum(lots: int, ours: Instrument) -> None:
    """Refuse a size below the instrument's minimum.

    Raises:
        ApiError: 51020.
    """
    if lots < ours.min_size_lots:
        raise ApiError(
            "51020", f"Your order should meet or exceed the minimum of {text(ours.size(ours.min_size_lots))}."
        )


def parse_price(value: object, name: str, ours: Instrument) -> int:
    """Read a price in ticks.

    OKX documents rounding of off-tick prices for options only; here they are refused, so that a
    client that sends them is noticed.

    Raises:
        ApiError: Absent, no number, not positive, or off the tick.
    """
    price = _decimal(value, name)
    ticks = price / ours.tick_size
    if price <= 0:
        raise wrong(name, "must be above 0")
    if ticks != int(ticks):
        raise wrong(name, f"{text(price)} is no multiple of the tick size {text(ours.tick_size)}")
    return int(ticks)


def parse_amount(value: object, name: str) -> Decimal:
    """Read a number above 0.

    Raises:
        ApiError: Absent, no number, or not above 0.
    """
    amount = _decimal(value, name)
    if amount <= 0:
        raise wrong(name, "must be above 0")
    return amount


def _decimal(value: object, name: str) -> Decimal:
    if value is None or value == "":
        raise missing(name)
    if not isinstance(value, str) or not value.isascii() or len(value) > 32:
        raise wrong(name, "must be a string of at most 32 plain characters")
    try:
        return read_decimal(value)
    except WireError as error:
        raise wrong(name, f"{value!r} is no number") from error


def _choice(params: Params, name: str, allowed: frozenset[str] | set[str]) -> str:
    value = params.get(name)
    if not value:
        raise missing(name)
    if value not in allowed:
        raise wrong(name)
    return str(value)


def _flag(params: Params, name: str) -> bool:
    value = params.get(name, False)
    if value in {True, "true"}:
        return True
    if value in {False, "false", ""} or value is None:
        return False
    raise wrong(name, "must be true or false")


def _pattern(params: Params, name: str, pattern: re.Pattern[str]) -> str:
    value = params.get(name) or ""
    if not isinstance(value, str) or (value and not pattern.fullmatch(value)):
        raise wrong(name, "letters and digits only, and not too long")
    return value


def _client_id(params: Params, state: VenueState) -> str:
    cl_ord_id = _pattern(params, "clOrdId", _ID)
    if cl_ord_id and state.store.is_client_id_pending(cl_ord_id):
        raise ApiError("51016", "Duplicated client order ID.")
    return cl_ord_id
