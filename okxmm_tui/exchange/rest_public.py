"""Public REST endpoints: time, instruments, market data, status."""

from __future__ import annotations

from okxmm_tui.exchange.api_error import missing, wrong
from okxmm_tui.exchange.instruments import Listing
from okxmm_tui.exchange.market import Market
from okxmm_tui.exchange.market_push import MarketPushes
from okxmm_tui.exchange.public_rows import depth_row, limit_row, mark_row, ticker_row, trade_row
from okxmm_tui.exchange.rest_request import RestRequest, Row, limit_of, required
from okxmm_tui.exchange.state import VenueState

MAX_DEPTH = 400


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
            one.row
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
        market = self._required_market(params)
        size = params.get("sz") or "1"
        if not size.isdigit() or not 1 <= int(size) <= MAX_DEPTH:
            raise wrong("sz", f"must be 1 to {MAX_DEPTH}")
        return [depth_row(market, int(size), self._state.now_ms)]

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
        """GET system/status; no maintenance is ever planned here."""
        del request
        return []

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
