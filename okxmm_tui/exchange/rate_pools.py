"""Rolling-window rate limits, as OKX counts them (OKX v5, rate limits).

REST and WebSocket share the trade pools; place, amend and cancel are independent, per instrument;
single and batch pools are independent and a batch of one counts as single. New and amended orders
of the account share one further pool; cancels never wait for it.
"""

from __future__ import annotations

from collections import deque

from okxmm_tui.exchange.api_error import ApiError

WINDOW_NS = 2_000_000_000
SINGLE_LIMIT = 60
BATCH_LIMIT = 300
ACCOUNT_LIMIT = 1000

ENDPOINT_LIMITS: dict[str, tuple[int, int]] = {
    "public/time": (10, 2),
    "public/instruments": (20, 2),
    "market/books": (40, 2),
    "market/ticker": (20, 2),
    "market/tickers": (20, 2),
    "market/trades": (100, 2),
    "public/funding-rate": (10, 2),
    "public/mark-price": (10, 2),
    "public/price-limit": (20, 2),
    "public/position-tiers": (10, 2),
    "market/books-full": (10, 2),
    "market/books-rpi": (20, 2),
    "market/candles": (40, 2),
    "market/history-candles": (20, 2),
    "market/index-tickers": (20, 2),
    "system/status": (1, 5),
    "account/instruments": (20, 2),
    "account/config": (5, 2),
    "account/balance": (10, 2),
    "account/positions": (10, 2),
    "account/set-leverage": (20, 2),
    "account/leverage-info": (20, 2),
    "account/trade-fee": (5, 2),
    "account/bills": (10, 2),
    "account/bills-archive": (5, 2),
    "account/set-position-mode": (5, 2),
    "account/max-size": (20, 2),
    "account/max-avail-size": (20, 2),
    "account/activate-feature": (5, 2),
    "trade/order": (60, 2),
    "trade/orders-pending": (60, 2),
    "trade/orders-history": (40, 2),
    "trade/orders-history-archive": (20, 2),
    "trade/close-position": (20, 2),
    "trade/order-precheck": (5, 2),
    "trade/fills": (60, 2),
    "trade/fills-history": (10, 2),
    "trade/cancel-all-after": (1, 1),
    "trade/mass-cancel": (5, 2),
    "trade/account-rate-limit": (1, 1),
}
"""(requests, seconds) per path under /api/v5, for everything but trade operations."""

KEYED_BY = {
    "public/instruments": "instType",
    "account/instruments": "instType",
    "public/funding-rate": "instId",
    "public/mark-price": "instId",
    "trade/order": "instId",
    "trade/close-position": "instId",
    "trade/cancel-all-after": "tag",
}
"""Parameter each value of which has a window of its own."""


class RatePools:
    """Sliding windows by name; each holds the times of what it admitted."""

    def __init__(self) -> None:
        self._windows: dict[str, deque[int]] = {}

    def admits(self, name: str, amount: int, limit: int, window_ns: int, now_ns: int) -> bool:
        """Take ``amount`` from a window, or nothing at all when it does not fit."""
        window = self._windows.setdefault(name, deque())
        while window and window[0] <= now_ns - window_ns:
            window.popleft()
        if len(window) + amount > limit:
            return False
        window.extend([now_ns] * amount)
        return True

    def endpoint(self, path: str, key: str, now_ns: int) -> None:
        """Count one REST request outside the trade pools.

        Raises:
            ApiError: 50011, the window is full.
        """
        limit, seconds = ENDPOINT_LIMITS.get(path, (60, 2))
        if not self.admits(f"rest {path} {key}", 1, limit, seconds * 1_000_000_000, now_ns):
            raise ApiError(
                "50011", "Rate limit reached. Please refer to API documentation and throttle requests."
            )

    def trade(self, verb: str, inst_ids: list[str], now_ns: int) -> None:
        """Count one trade request of one or several orders.

        Raises:
            ApiError: 50011, a pool of one of its instruments is full.
        """
        is_single = len(inst_ids) == 1
        limit = SINGLE_LIMIT if is_single else BATCH_LIMIT
        form = "single" if is_single else "batch"
        for inst_id in dict.fromkeys(inst_ids):
            amount = inst_ids.count(inst_id)
            if not self.admits(f"{verb} {form} {inst_id}", amount, limit, WINDOW_NS, now_ns):
                raise ApiError("50011", f"Rate limit reached: {limit} {form} {verb} per 2 s of {inst_id}.")

    def account_order(self, now_ns: int, inst_type: str = "SWAP") -> None:
        """Count one new or amended order of the account; spot and margin orders are exempt.

        Raises:
            ApiError: 50061, more than 1000 in 2 s.
        """
        if inst_type in {"SPOT", "MARGIN"}:
            return
        if not self.admits("account", 1, ACCOUNT_LIMIT, WINDOW_NS, now_ns):
            raise ApiError(
                "50061", "Order rate of the sub-account exceeded 1000 new and amended orders per 2 s."
            )
