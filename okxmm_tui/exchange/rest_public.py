"""Public REST endpoints: time, instruments, market data, status."""

from __future__ import annotations

from itertools import islice, takewhile

from okxmm_tui.exchange.api_error import ApiError, missing, wrong
from okxmm_tui.exchange.candles import BARS
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.market_push import MarketPushes
from okxmm_tui.exchange.numbers import is_whole
from okxmm_tui.exchange.public_rows import (
    candle_row,
    depth_row,
    full_depth_row,
    index_row,
    limit_row,
    mark_row,
    ticker_row,
    tier_rows,
    trade_row,
)
from okxmm_tui.exchange.rest_request import RestRequest, Row, limit_of, required
from okxmm_tui.exchange.state import VenueState

MAX_DEPTH = 400
MAX_FULL_DEPTH = 5000
STATUS_STATES = frozenset({"scheduled", "ongoing", "pre_open", "completed", "canceled"})


class PublicApi:
    """Answers public requests."""

    def __init__(self, state: VenueState, market: MarketPushes) -> None:
        self._state = state
        self._market = market

    def time(self, request: RestRequest) -> list[Row]:
        """GET public/time."""
        del request
        return [{"ts": str(self._state.now_ms)}]

    def instruments(self, request: RestRequest) -> list[Row]:
        """GET public/instruments and account/instruments."""
        params = request.params()
        inst_type = required(params, "instType")
        if inst_type == "OPTION" and not params.get("instFamily"):
            raise missing("instFamily")
        rows = [
            self._state.markets[one.inst_id].row()
            for one in self._state.listings.values()
            if one.instrument.inst_type == inst_type
            and params.get("instFamily") in {None, "", one.family}
            and params.get("instId") in {None, "", one.inst_id}
        ]
        if params.get("instId") and not rows:
            self._state.listing(params["instId"])
        return rows

    def books(self, request: RestRequest) -> list[Row]:
        """GET market/books."""
        params = request.params()
        return [depth_row(self._required_market(params), _depth(params, MAX_DEPTH), self._state.now_ms)]

    def books_full(self, request: RestRequest) -> list[Row]:
        """GET market/books-full."""
        params = request.params()
        market = self._required_market(params)
        return [full_depth_row(market, _depth(params, MAX_FULL_DEPTH), self._state.now_ms)]

    def books_rpi(self, request: RestRequest) -> list[Row]:
        """GET market/books-rpi."""
        params = request.params()
        market, depth = self._required_market(params), _depth(params, MAX_DEPTH)
        return [depth_row(market, depth, self._state.now_ms, is_rpi=True)]

    def candles(self, request: RestRequest) -> list[list[str]]:
        """GET market/candles and market/history-candles, newest first; the present one has confirm 0."""
        params = request.params()
        market, bar = self._required_market(params), params.get("bar") or "1m"
        if bar not in BARS:
            raise wrong("bar")
        limit, after, before = limit_of(params, 100, 300), _time(params, "after"), _time(params, "before")
        now_ms = self._state.now_ms
        present = BARS[bar].start(now_ms)
        newer = takewhile(
            lambda one: before is None or one.start_ms > before, market.candles.newest_first(bar, now_ms)
        )
        # ``before`` alone brings the latest ones, too, not the page next to the bound (OKX v5, candles).
        found = islice((one for one in newer if after is None or one.start_ms < after), limit)
        return [candle_row(market, one, is_confirmed=one.start_ms < present) for one in found]

    def index_tickers(self, request: RestRequest) -> list[Row]:
        """GET market/index-tickers by index or by quote currency."""
        params = request.params()
        wanted, quote = params.get("instId"), params.get("quoteCcy")
        if not wanted and not quote:
            raise missing("instId")
        known = dict.fromkeys(one.index_id for one in self._state.listings.values())
        named = [one for one in known if (one == wanted if wanted else one.endswith(f"-{quote}"))]
        if wanted and not named:
            raise ApiError("51001", f"Index {wanted} doesn't exist.")
        found = (self._state.index_market(one) for one in named)
        return [index_row(one, self._state.now_ms) for one in found if one is not None]

    def position_tiers(self, request: RestRequest) -> list[Row]:
        """GET public/position-tiers."""
        params = request.params()
        inst_type, td_mode = required(params, "instType"), required(params, "tdMode")
        if td_mode not in {"cross", "isolated"}:
            raise wrong("tdMode", "cross or isolated")
        if inst_type == "SPOT":
            raise wrong("instType", "spot has no positions")
        rate = self._state.settings.maintenance_rate
        found = self._matching(inst_type, params)
        rows = [row for one in found for row in tier_rows(one, td_mode, rate)]
        return [row for row in rows if params.get("tier") in {None, "", row["tier"]}]

    def ticker(self, request: RestRequest) -> list[Row]:
        """GET market/ticker."""
        return [ticker_row(self._required_market(request.params()), self._state.now_ms)]

    def tickers(self, request: RestRequest) -> list[Row]:
        """GET market/tickers."""
        params = request.params()
        inst_type = required(params, "instType")
        return [ticker_row(one, self._state.now_ms) for one in self._matching(inst_type, params)]

    def trades(self, request: RestRequest) -> list[Row]:
        """GET market/trades, newest first."""
        params = request.params()
        market = self._required_market(params)
        limit = limit_of(params, 100, 500)
        return [trade_row(market, one) for one in list(market.trades)[::-1][:limit]]

    def mark_price(self, request: RestRequest) -> list[Row]:
        """GET public/mark-price."""
        params = request.params()
        inst_type = required(params, "instType")
        return [mark_row(one, self._state.now_ms) for one in self._matching(inst_type, params)]

    def funding_rate(self, request: RestRequest) -> list[Row]:
        """GET public/funding-rate."""
        inst_id = required(request.params(), "instId")
        if inst_id == "ANY":
            swaps = [one for one in self._state.markets.values() if one.instrument.inst_type == "SWAP"]
        else:
            swaps = [self._state.market(inst_id)]
        return [self._market.row("funding-rate", one) for one in swaps]

    def price_limit(self, request: RestRequest) -> list[Row]:
        """GET public/price-limit."""
        market = self._required_market(request.params())
        return [limit_row(market, self._state.settings.price_band, self._state.now_ms)]

    def status(self, request: RestRequest) -> list[Row]:
        """GET system/status, by state if one is asked for."""
        state = request.params().get("state")
        if state and state not in STATUS_STATES:
            raise wrong("state")
        return [one for one in self._state.status if state in {None, "", one["state"]}]

    def _required_market(self, params: dict[str, str]) -> Market:
        return self._state.market(required(params, "instId"))

    def _matching(self, inst_type: str, params: dict[str, str]) -> list[Market]:
        def fits(listed: Listing) -> bool:
            return (
                listed.instrument.inst_type == inst_type
                and params.get("instFamily") in {None, "", listed.family}
                and params.get("instId") in {None, "", listed.inst_id}
            )

        return [one for one in self._state.markets.values() if fits(one.listing)]


def _depth(params: dict[str, str], most: int) -> int:
    size = params.get("sz") or "1"
    if not is_whole(size) or not 1 <= int(size) <= most:
        raise wrong("sz", f"must be 1 to {most}")
    return int(size)


def _time(params: dict[str, str], name: str) -> int | None:
    value = params.get(name)
    if value and not is_whole(value):
        raise wrong(name, "Unix milliseconds")
    return int(value) if value else None
