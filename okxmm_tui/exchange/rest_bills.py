"""REST endpoints of the bills: account/bills (7 days) and account/bills-archive (3 months)."""

from __future__ import annotations

from okxmm_tui.exchange.api_error import wrong
from okxmm_tui.exchange.bills import bill_row
from okxmm_tui.exchange.numbers import is_whole
from okxmm_tui.exchange.rest_request import ARCHIVE_MS, RECENT_MS, RestRequest, Row, page, time_bounds
from okxmm_tui.exchange.state import VenueState

_FILTERS = ("instType", "instId", "ccy", "type", "subType", "mgnMode")


class BillsApi:
    """Answers questions about bills, newest first, paged by billId."""

    def __init__(self, state: VenueState) -> None:
        self._state = state

    def recent(self, request: RestRequest) -> list[Row]:
        """GET account/bills."""
        return self._bills(request.params(), RECENT_MS)

    def archive(self, request: RestRequest) -> list[Row]:
        """GET account/bills-archive."""
        return self._bills(request.params(), ARCHIVE_MS)

    def _bills(self, params: dict[str, str], kept_ms: int) -> list[Row]:
        for name in ("type", "subType"):
            if params.get(name) and not is_whole(params[name]):
                raise wrong(name)
        begin, end = time_bounds(params)
        begin = max(begin, self._state.now_ms - kept_ms)
        asked = [one for one in self._state.bills if begin <= one.ts_ms <= end]
        rows = [
            row
            for row in map(bill_row, asked)
            if all(params.get(name) in {None, "", row[name]} for name in _FILTERS)
        ]
        return page(rows, "billId", params)
