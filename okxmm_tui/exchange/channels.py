"""Which channels exist, on which socket, and what their arguments must hold."""

from __future__ import annotations

from typing import Any

from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.exchange.candles import BARS
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.subscriptions import PRIVATE_CHANNELS, Connection, Socket

DEPTH_CHANNELS = frozenset({"books", "books5", "bbo-tbt", "books-l2-tbt", "books50-l2-tbt", "books-rpi"})
GATED_DEPTH = frozenset({"books-l2-tbt", "books50-l2-tbt"})
ROW_CHANNELS = frozenset({"tickers", "mark-price", "funding-rate", "price-limit", "index-tickers"})
PUBLIC_CHANNELS = DEPTH_CHANNELS | ROW_CHANNELS | {"trades", "instruments", "status"}
CANDLE_PREFIXES = ("candle", "mark-price-candle", "index-candle")
CANDLE_CHANNELS = frozenset(f"{prefix}{bar}" for prefix in CANDLE_PREFIXES for bar in BARS)
BUSINESS_CHANNELS = CANDLE_CHANNELS | {"trades-all"}
INDEX_CHANNELS = frozenset({"index-tickers", *(f"index-candle{bar}" for bar in BARS)})
"""Channels named by an index, not an instrument."""
INST_TYPES = frozenset({"ANY", "SPOT", "MARGIN", "SWAP", "FUTURES", "OPTION", "EVENTS"})

_HOME = {
    **dict.fromkeys(PUBLIC_CHANNELS, Socket.PUBLIC),
    **dict.fromkeys(BUSINESS_CHANNELS, Socket.BUSINESS),
    **dict.fromkeys(PRIVATE_CHANNELS, Socket.PRIVATE),
}
_ALSO_BUSINESS = frozenset({"books-rpi"})
"""Announced for the business URL and listed with public market data: accepted on both."""


def check_argument(arg: object, connection: Connection, state: VenueState) -> dict[str, Any]:
    """Judge one subscription argument.

    Raises:
        ApiError: 60011 before login, 60013 malformed, 60018 unknown or on another socket, 64001 a
            business channel elsewhere, 64002 another channel on business, 64003 behind a fee tier,
            64004 in conflict with another depth channel.
    """
    if not isinstance(arg, dict) or not isinstance(arg.get("channel"), str):
        raise ApiError("60013", "Invalid args")
    if any(isinstance(value, list | dict) for value in arg.values()):
        raise ApiError("60013", "Invalid args")
    channel = arg["channel"]
    home = _HOME.get(channel)
    _check_endpoint(channel, arg, home, connection.socket)
    if home is Socket.PRIVATE and not connection.is_logged_in:
        raise ApiError("60011", "Please log in.")
    _check_tier(channel, arg, connection, state)
    _check_instrument(channel, arg, state)
    return arg


def _check_endpoint(channel: str, arg: dict[str, Any], home: Socket | None, socket: Socket) -> None:
    if home is None or {home, socket} == {Socket.PUBLIC, Socket.PRIVATE}:
        raise ApiError(
            "60018", f"Wrong URL or channel:{channel}, instId:{arg.get('instId', '')} doesn't exist."
        )
    if home is socket or (socket is Socket.BUSINESS and channel in _ALSO_BUSINESS):
        return
    if home is Socket.BUSINESS:
        raise ApiError("64001", f"Channel {channel} is served on the /business URL; subscribe there.")
    raise ApiError("64002", f"Channel {channel} is not served on the /business URL; use /{home.value}.")


def _check_tier(channel: str, arg: dict[str, Any], connection: Connection, state: VenueState) -> None:
    is_gated = channel in GATED_DEPTH or channel == "fills"
    if is_gated and not (state.settings.vip and connection.is_logged_in):
        raise ApiError(
            "64003", f"Your trading fee tier doesn't meet the requirement to access channel {channel}."
        )
    held = {
        one.arg["channel"]
        for one in connection.subscriptions.values()
        if one.arg.get("instId") == arg.get("instId")
    }
    fast, others = "books-l2-tbt", {"books", "books50-l2-tbt"}
    if (channel == fast and held & others) or (channel in others and fast in held):
        raise ApiError("64004", f"Channel {channel} can not be subscribed together with {min(held)}.")


def _check_instrument(channel: str, arg: dict[str, Any], state: VenueState) -> None:
    inst_id = arg.get("instId")
    wrong = ApiError("60018", f"Wrong URL or channel:{channel}, instId:{inst_id or ''} doesn't exist.")
    if channel in INDEX_CHANNELS:
        if all(inst_id != one.index_id for one in state.listings.values()):
            raise wrong
    elif channel in DEPTH_CHANNELS | ROW_CHANNELS | BUSINESS_CHANNELS | {"trades"}:
        if inst_id not in state.listings:
            raise wrong
    elif channel == "fills":
        if inst_id and inst_id not in state.listings:
            raise wrong
    elif channel in {"orders", "positions", "instruments"}:
        if arg.get("instType") not in INST_TYPES:
            raise ApiError("60013", "Invalid args: instType")
        if channel != "instruments" and inst_id and inst_id not in state.listings:
            raise wrong
