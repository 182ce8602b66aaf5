"""REST of the venue: routing, authentication, rate limits and the OKX envelope."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from okxmm_tui.exchange.api_error import ApiError, missing
from okxmm_tui.exchange.faults.kinds_orders import Latency
from okxmm_tui.exchange.faults.kinds_wire import HttpError, RestError, SlowRest
from okxmm_tui.exchange.faults.order_acts import injected_error
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.login import check_headers
from okxmm_tui.exchange.private_push import PrivatePushes
from okxmm_tui.exchange.rate_pools import KEYED_BY
from okxmm_tui.exchange.rest_account import AccountApi
from okxmm_tui.exchange.rest_bills import BillsApi
from okxmm_tui.exchange.rest_leverage import LeverageApi
from okxmm_tui.exchange.rest_public import PublicApi
from okxmm_tui.exchange.rest_request import RestReply, RestRequest, Row, reply
from okxmm_tui.exchange.rest_sizes import SizesApi
from okxmm_tui.exchange.rest_trade import TradeApi
from okxmm_tui.exchange.state import VenueState
from okxmm_tui.exchange.trade_operations import TradeOperations, Verb

PREFIX = "/api/v5/"
Handler = Callable[[RestRequest], list[Any]]

TRADE_PATHS = {
    "trade/order": (Verb.PLACE, False),
    "trade/batch-orders": (Verb.PLACE, True),
    "trade/amend-order": (Verb.AMEND, False),
    "trade/amend-batch-orders": (Verb.AMEND, True),
    "trade/cancel-order": (Verb.CANCEL, False),
    "trade/cancel-batch-orders": (Verb.CANCEL, True),
}
"""POST paths of trade operations: (verb, takes a list)."""


class RestApi:
    """Answers REST requests under /api/v5/."""

    def __init__(
        self,
        state: VenueState,
        pushes: PrivatePushes,
        trades: TradeOperations,
        apis: tuple[PublicApi, AccountApi, TradeApi],
        account_apis: tuple[LeverageApi, BillsApi, SizesApi],
    ) -> None:
        self._state = state
        self._pushes = pushes
        self._trades = trades
        public, account, trade = apis
        leverage, bills, sizes = account_apis
        self._public: dict[tuple[str, str], Handler] = {
            ("GET", "public/time"): public.time,
            ("GET", "public/instruments"): public.instruments,
            ("GET", "market/books"): public.books,
            ("GET", "market/ticker"): public.ticker,
            ("GET", "market/tickers"): public.tickers,
            ("GET", "market/trades"): public.trades,
            ("GET", "public/mark-price"): public.mark_price,
            ("GET", "public/funding-rate"): public.funding_rate,
            ("GET", "public/price-limit"): public.price_limit,
            ("GET", "public/position-tiers"): public.position_tiers,
            ("GET", "market/books-full"): public.books_full,
            ("GET", "market/books-rpi"): public.books_rpi,
            ("GET", "market/candles"): public.candles,
            ("GET", "market/history-candles"): public.candles,
            ("GET", "market/index-tickers"): public.index_tickers,
            ("GET", "system/status"): public.status,
        }
        self._private: dict[tuple[str, str], Handler] = {
            ("GET", "account/instruments"): public.instruments,
            ("GET", "account/config"): account.config,
            ("GET", "account/balance"): account.balance,
            ("GET", "account/positions"): account.positions,
            ("POST", "account/set-leverage"): leverage.set_leverage,
            ("GET", "account/leverage-info"): leverage.leverage_info,
            ("GET", "account/trade-fee"): account.trade_fee,
            ("GET", "account/bills"): bills.recent,
            ("GET", "account/bills-archive"): bills.archive,
            ("POST", "account/set-position-mode"): leverage.set_position_mode,
            ("GET", "account/max-size"): sizes.max_size,
            ("GET", "account/max-avail-size"): sizes.max_avail_size,
            ("POST", "account/activate-feature"): account.activate_feature,
            ("GET", "trade/order"): trade.order,
            ("GET", "trade/orders-pending"): trade.pending,
            ("GET", "trade/orders-history"): trade.history,
            ("GET", "trade/orders-history-archive"): trade.archive,
            ("POST", "trade/close-position"): trade.close_position,
            ("POST", "trade/order-precheck"): sizes.precheck,
            ("GET", "trade/fills"): trade.fills,
            ("GET", "trade/fills-history"): trade.fills_history,
            ("POST", "trade/cancel-all-after"): trade.cancel_all_after,
            ("POST", "trade/mass-cancel"): trade.mass_cancel,
            ("GET", "trade/account-rate-limit"): account.rate_limit,
        }

    def delay_ns(self, request: RestRequest) -> int:
        """Time before a request is handled: the way of what trades to the market, and what was injected."""
        path, faults = request.path.removeprefix(PREFIX), self._state.faults
        slow = faults.met(SlowRest, path=path)
        delay_ms = slow.ms if slow is not None else 0
        if request.method == "POST" and path in TRADE_PATHS:
            delay_ms += self._state.settings.latency_ms
            if faults.has(Latency):
                verb = TRADE_PATHS[path][0].value
                late = faults.met(Latency, op=verb, via="rest", inst_id=_named(request))
                delay_ms += late.ms if late is not None else 0
        return delay_ms * 1_000_000

    def answer(self, request: RestRequest) -> RestReply:
        """Answer one request; every refusal is an OKX envelope."""
        path, faults = request.path.removeprefix(PREFIX), self._state.faults
        broken = faults.met(HttpError, path=path)
        if broken is not None:
            if broken.executed:
                self._answer(request, path)
            return RestReply(broken.status, broken.body.encode(), media_type="text/html")
        error = faults.met(RestError, path=path)
        if error is None:
            return self._answer(request, path)
        if error.executed:
            self._answer(request, path)
        refusal = injected_error(error.code)
        return reply(refusal.http_status, {"code": refusal.code, "msg": refusal.text, "data": []})

    def _answer(self, request: RestRequest, path: str) -> RestReply:
        try:
            if request.method == "POST" and path in TRADE_PATHS:
                self._authenticate(request)
                return self._trade(request, *TRADE_PATHS[path])
            rows = self._handler(request, path)(request)
        except ApiError as error:
            return reply(error.http_status, {"code": error.code, "msg": error.text, "data": []})
        return reply(200, {"code": "0", "msg": "", "data": rows})

    def _handler(self, request: RestRequest, path: str) -> Handler:
        route = (request.method, path)
        if route in self._public:
            self._state.pools.endpoint(path, f"{request.client} {_key(request, path)}", self._state.now_ns)
            return self._public[route]
        if route not in self._private:
            raise self._unrouted(path)
        self._authenticate(request)
        self._state.pools.endpoint(path, f"user {_key(request, path)}", self._state.now_ns)
        return self._private[route]

    def _unrouted(self, path: str) -> ApiError:
        known = path in TRADE_PATHS or any(path == name for _, name in (*self._public, *self._private))
        return ApiError("50115", "Invalid request method.") if known else NotFound(path)

    def _authenticate(self, request: RestRequest) -> None:
        body = request.body.decode(errors="replace")
        shown_ns = request.received_ns + self._state.faults.skew_ns()
        check_headers(request.headers, shown_ns, request.method, request.signed_path, body)

    def _trade(self, request: RestRequest, verb: Verb, takes_list: bool) -> RestReply:  # noqa: FBT001 - a table column
        body: Any = request.json()
        items = body if takes_list else [body]
        if request.headers.get("content-type", "application/json").split(";")[0] != "application/json":
            raise ApiError("50006", "Invalid Content-Type, please use application/json.")
        received_ns = request.received_ns + self._state.faults.skew_ns()
        self._state.faults.via = "rest"
        self._pushes.hold()
        try:
            answer = self._trades.execute(
                verb, items, self._listing, request.headers.get("exptime"), received_ns
            )
        finally:
            self._pushes.release()
        content = {
            "code": answer.code,
            "msg": answer.msg,
            "data": answer.data,
            "inTime": str(received_ns // 1000),
            "outTime": str(self._state.shown_ns // 1000),
        }
        return reply(answer.http_status, content, is_lost=answer.is_lost)

    def _listing(self, params: Row) -> Listing:
        inst_id = params.get("instId")
        if not inst_id:
            raise missing("instId")
        return self._state.listing(str(inst_id))


def _key(request: RestRequest, path: str) -> str:
    """Value of the parameter by which an endpoint's windows are told apart."""
    name = KEYED_BY.get(path)
    if name is None:
        return ""
    if request.method == "GET":
        return request.params().get(name, "")
    body = request.json()
    return str(body.get(name) or "") if isinstance(body, dict) else ""


def _named(request: RestRequest) -> str:
    """Return the instrument a trade request names first; empty when it is malformed."""
    try:
        body = request.json()
    except ApiError:
        return ""
    first = body[0] if isinstance(body, list) and body else body
    return str(first.get("instId", "")) if isinstance(first, dict) else ""


class NotFound(ApiError):  # noqa: N818 - the HTTP name
    """An unknown path."""

    def __init__(self, path: str) -> None:
        super().__init__("404", f"Request path /api/v5/{path} does not exist on the embedded exchange.")

    @property
    def http_status(self) -> int:
        """HTTP 404."""
        return 404
