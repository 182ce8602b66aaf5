"""Which orders an instrument's present state, grid and lot allow (OKX v5, instrument metadata)."""

from __future__ import annotations

from okxmm_tui.exchange.api_error import ApiError, wrong
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.numbers import text

STATE_CODES = {
    "suspend": "51022",
    "rebase": "51022",
    "test": "51021",
    "preopen": "51021",
    "expired": "51027",
    "settling": "51029",
}
"""Refusal of new orders and amends by state; any other state but live is refused as suspended."""


def check_state(market: Market, ord_type: str) -> None:
    """Refuse orders the state does not allow; cancels are always allowed.

    Raises:
        ApiError: 51021, 51022, 51027 or 51029 by the state; 54012 when only post-only orders are taken.
    """
    state, inst_id = market.state, market.instrument.inst_id
    if state == "live":
        return
    if state == "post_only":
        if ord_type != "post_only":
            raise ApiError("54012", f"{inst_id} takes post-only orders and cancels only for now.")
        return
    raise ApiError(STATE_CODES.get(state, "51022"), f"{inst_id} takes no orders (state {state}).")


def check_grid(market: Market, price_ticks: int | None, size_lots: int | None) -> None:
    """Refuse a price off a changed tick and a size off a changed lot or minimum.

    Raises:
        ApiError: 51000 for the price, 51121 or 51020 for the size.
    """
    ours = market.instrument
    if price_ticks is not None and price_ticks % market.display.grid:
        raise wrong("px", f"{text(ours.price(price_ticks))} is no multiple of the tick size")
    if size_lots is None:
        return
    if size_lots % market.lot_multiple:
        raise ApiError("51121", "Order quantity must be a multiple of the lot size.")
    if size_lots < market.min_size_lots:
        least = text(ours.size(market.min_size_lots))
        raise ApiError("51020", f"Your order should meet or exceed the minimum of {least}.")
