"""Checks who is asking: WebSocket login and REST signatures; key, secret and passphrase are all ``sim``."""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from okxmm_tui.exchange.api_error import ApiError
from okxmm_tui.okx.auth import LOGIN_PATH, ApiKey, sign

SIM_KEY = ApiKey("sim", "sim", "sim")
WINDOW_NS = 30_000_000_000


def check_login(args: object, now_ns: int) -> None:
    """Judge the arguments of a ``login`` operation.

    Raises:
        ApiError: 60004..60027, as OKX words it.
    """
    if not isinstance(args, list) or len(args) != 1 or not isinstance(args[0], dict):
        raise ApiError("60012", "Illegal request: login takes one argument.")
    given: dict[str, Any] = args[0]
    for name in ("apiKey", "passphrase", "timestamp", "sign"):
        if not given.get(name):
            raise ApiError("60027", f"Parameter {name} can not be empty.")
    if given["apiKey"] != SIM_KEY.key:
        raise ApiError("60005", "Invalid apiKey.")
    timestamp = str(given["timestamp"])
    try:
        stamp_ns = int(float(timestamp) * 1e9)
    except (ValueError, OverflowError) as error:
        raise ApiError("60004", "Invalid timestamp.") from error
    if abs(now_ns - stamp_ns) > WINDOW_NS:
        raise ApiError("60006", "Timestamp request expired.")
    if given["passphrase"] != SIM_KEY.passphrase:
        raise ApiError("60024", "Wrong passphrase.")
    if not _same(given["sign"], sign(SIM_KEY.secret, timestamp, "GET", LOGIN_PATH)):
        raise ApiError("60007", "Invalid sign.")


def check_headers(headers: Mapping[str, str], now_ns: int, method: str, path: str, body: str) -> None:
    """Judge the signature of a private REST request.

    Args:
        headers: Header names in lower case.
        now_ns: Unix ns of arrival.
        method: HTTP method.
        path: Path with the query exactly as sent.
        body: Exact body text.

    Raises:
        ApiError: 50102..50113, as OKX words it.
    """
    for name, code in (("key", "50103"), ("passphrase", "50104"), ("sign", "50106"), ("timestamp", "50107")):
        if not headers.get(f"ok-access-{name}"):
            raise ApiError(code, f"Request header OK-ACCESS-{name.upper()} can not be empty.")
    if headers["ok-access-key"] != SIM_KEY.key:
        raise ApiError("50111", "Invalid OK-ACCESS-KEY.")
    timestamp = headers["ok-access-timestamp"]
    if abs(now_ns - _iso_ns(timestamp)) > WINDOW_NS:
        raise ApiError("50102", "Timestamp request expired.")
    if headers["ok-access-passphrase"] != SIM_KEY.passphrase:
        raise ApiError("50105", "Request header OK-ACCESS-PASSPHRASE incorrect.")
    if not _same(headers["ok-access-sign"], sign(SIM_KEY.secret, timestamp, method, path, body)):
        raise ApiError("50113", "Invalid Sign.")


def _iso_ns(timestamp: str) -> int:
    try:
        stamp = datetime.strptime(timestamp, "%Y-%m-%dT%H:%M:%S.%f%z")
    except ValueError as error:
        raise ApiError("50112", "Invalid OK-ACCESS-TIMESTAMP.") from error
    if len(timestamp) != len("2026-11-20T08:00:00.123Z") or not timestamp.endswith("Z"):
        raise ApiError("50112", "Invalid OK-ACCESS-TIMESTAMP.")
    return int(stamp.timestamp() * 1000) * 1_000_000


def _same(given: object, expected: str) -> bool:
    return hmac.compare_digest(str(given).encode(), expected.encode())
