"""Reads of account state over REST: pages, positions, balances, bills, one order; all as core events.

OKX v5, sections "Order List", "Transaction details", "Positions", "Balance" and "Bills". Every kind of
instrument is read at once. A refusal raises ``FetchRefusedError`` so that a list is either complete or not
there at all; bills alone may be missing, and are then said to be.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import (
    AccountBill,
    BalanceUpdate,
    Fill,
    OrderQueried,
    OrderUpdate,
    PositionUpdate,
    PriceLimits,
    TruthFetched,
)
from okxmm_tui.errors import OkxmmError, VenueUnreachableError, WireError
from okxmm_tui.okx.account_rows import BILLS, BillRow
from okxmm_tui.okx.convert import (
    balance_update,
    bill_of,
    bounded,
    fill_of,
    number,
    order_update,
    position_update,
)
from okxmm_tui.okx.decoding import text_of
from okxmm_tui.okx.error_codes import Reaction, is_credential_problem, reaction_of
from okxmm_tui.okx.market_messages import PRICE_LIMITS
from okxmm_tui.okx.market_rows import price_limits_of
from okxmm_tui.okx.messages import (
    ACCOUNT_RATES,
    ACCOUNTS,
    DEAD_MEN,
    FILLS,
    ORDERS,
    POSITIONS,
    FillRow,
    OrderRow,
)
from okxmm_tui.okx.requests import encode
from okxmm_tui.okx.rest import Rest, RestReply
from okxmm_tui.okx.strays import stray_of

PAGE = 100
MAX_PAGES = 500
"""The venue allows 4000 pending orders and keeps fills for days; this only ends a list without end."""
PENDING_PATH = "/api/v5/trade/orders-pending"
BILLS_PATH = "/api/v5/account/bills"
TRADE_BILL = "2"
DAY_MS = 86_400_000
FILLS_KEPT_MS = 3 * DAY_MS
BILLS_KEPT_MS = 7 * DAY_MS
"""The venue forgets fills and bills that are older than this."""
TRIGGER_SLACK_MS = 15_000
"""A trigger time further off than this was not ours, or in a unit nobody expects."""
SECONDS_BELOW = 100_000_000_000
"""Numbers below are epoch seconds, above epoch milliseconds (the year is 1973 in one reading)."""

_Row = TypeVar("_Row")


class FetchRefusedError(OkxmmError):
    """The venue refused a read.

    Args:
        message: The venue's code and words.
        is_final: Whether asking again cannot help, because the key is the problem.
    """

    exit_code = 4

    def __init__(self, message: str, *, is_final: bool = False) -> None:
        super().__init__(message)
        self.is_final = is_final


class RestQueries:
    """Reads for the instruments we hold.

    Args:
        rest: The API.
        instruments: By id; rows of others are left out.
        tag: Pending orders with it are told whatever their instrument; empty for none.
    """

    def __init__(self, rest: Rest, instruments: Mapping[str, Instrument], tag: str = "") -> None:
        self._rest = rest
        self._instruments = instruments
        self._tag = tag

    async def order(self, inst_id: str, cl_ord_id: str) -> OrderQueried:
        """Ask for one order by client order id; never raises for a venue that is away."""
        try:
            reply = await self._rest.get("/api/v5/trade/order", {"instId": inst_id, "clOrdId": cl_ord_id})
            if reply.is_ok:
                rows = reply.rows(ORDERS)
                found = [each for row in rows if (each := self._order(row))]
                return OrderQueried(inst_id, cl_ord_id, reached=True, order=found[0] if found else None)
        except (VenueUnreachableError, WireError):
            return OrderQueried(inst_id, cl_ord_id, reached=False, order=None)
        # "No such order" is an answer; every other refusal leaves us as ignorant as before.
        is_absent = reaction_of(reply.code) is Reaction.RESYNC
        return OrderQueried(inst_id, cl_ord_id, reached=is_absent, order=None)

    async def truth(self, request_id: int, fills_since_ms: int) -> TruthFetched:
        """Read everything a merge needs.

        Orders come first and fills after them: an order that fills in between is in one list as pending
        and in the other as a fill, but never in neither.

        Raises:
            FetchRefusedError: The venue refused one of the reads.
            VenueUnreachableError: The venue did not answer.
            WireError: An answer was unreadable.
        """
        orders = await self.pending()
        fills = await self.fills(fills_since_ms)
        positions = await self.positions()
        balances = await self.balances()
        bills, has_all_bills = await self.bills(fills_since_ms)
        is_complete = has_all_bills and self._reaches(fills_since_ms, FILLS_KEPT_MS)
        return TruthFetched(request_id, orders, fills, positions, balances, bills, is_complete)

    async def pending(self) -> tuple[OrderUpdate, ...]:
        """Read every pending order of our instruments, and of our tag on any other, all pages."""
        rows = await paged(self._rest, PENDING_PATH, {}, ORDERS, lambda row: text_of(row.ord_id))
        return tuple(each for row in rows if (each := self._pending(row)))

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        """Read every fill of our instruments since a time, oldest first."""
        query = {"begin": str(since_ms) if since_ms > 0 else ""}
        rows = await paged(self._rest, "/api/v5/trade/fills", query, FILLS, _bill_id)
        fills = [each for row in rows if (each := fill_of(row, self._instruments))]
        return tuple(sorted((f for f in fills if f.venue_ms >= since_ms), key=lambda fill: fill.venue_ms))

    async def positions(self) -> tuple[PositionUpdate, ...]:
        """Read the positions of every derivative we hold, one or two each; flat ones are said to be flat."""
        asked_ms = self._rest.clock.now_ns() // 1_000_000
        reply = checked(await self._rest.get("/api/v5/account/positions"))
        rows = reply.rows(POSITIONS)
        found = [each for row in rows if (each := position_update(row, self._instruments))]
        held = {each.inst_id for each in found}
        flat = (
            PositionUpdate(inst_id, 0, None, None, None, asked_ms)
            for inst_id, instrument in self._instruments.items()
            if inst_id not in held and not instrument.is_spot
        )
        return (*found, *flat)

    async def balances(self) -> tuple[BalanceUpdate, ...]:
        """Read the balance of every currency held."""
        reply = checked(await self._rest.get("/api/v5/account/balance"))
        return tuple(
            balance_update(each, row.mgn_ratio) for row in reply.rows(ACCOUNTS) for each in row.details
        )

    async def bills(self, since_ms: int) -> tuple[tuple[AccountBill, ...], bool]:
        """Read every change of a balance since a time that no fill explains, oldest first.

        The same bill may be read again by the next call; it is known by its id.

        Args:
            since_ms: Unix ms; 0 for all the venue still keeps.

        Returns:
            The bills, and whether they reach back that far.

        Raises:
            FetchRefusedError: The key is refused.
            VenueUnreachableError: The venue did not answer.
        """
        query = {"begin": str(since_ms) if since_ms > 0 else ""}
        try:
            rows = await paged(self._rest, BILLS_PATH, query, BILLS, _bill_row_id)
            bills = [bill_of(row) for row in rows if text_of(row.type) != TRADE_BILL]
        except FetchRefusedError as error:
            if error.is_final:
                raise
            return (), False
        except WireError:
            return (), False
        recent = (bill for bill in bills if bill.venue_ms >= since_ms)
        ordered = tuple(sorted(recent, key=lambda bill: bill.venue_ms))
        return ordered, self._reaches(since_ms, BILLS_KEPT_MS)

    def _reaches(self, since_ms: int, kept_ms: int) -> bool:
        return since_ms <= 0 or since_ms >= self._rest.clock.now_ns() // 1_000_000 - kept_ms

    async def set_dead_man(self, timeout_s: int, tag: str) -> int:
        """Set cancel-all-after; returns the trigger time in Unix ms, 0 when disarmed.

        Raises:
            FetchRefusedError: The venue refused.
            VenueUnreachableError: The venue did not answer.
            WireError: The answer was unreadable.
        """
        body = {"timeOut": str(timeout_s)} | ({"tag": tag} if tag else {})
        reply = checked(await self._rest.post("/api/v5/trade/cancel-all-after", encode(body)))
        rows = reply.rows(DEAD_MEN)
        if not rows:
            raise WireError("cancel-all-after answered without a trigger time.")
        return self._checked_trigger(trigger_ms(text_of(rows[0].trigger_time)), timeout_s)

    def _checked_trigger(self, trigger: int, timeout_s: int) -> int:
        if (trigger == 0) != (timeout_s == 0):
            raise WireError(f"cancel-all-after was set to {timeout_s} s and answered with trigger {trigger}.")
        ahead_ms = trigger - self._rest.clock.now_ns() // 1_000_000
        if trigger and not timeout_s * 500 <= ahead_ms <= timeout_s * 1_000 + TRIGGER_SLACK_MS:
            raise WireError(
                f"cancel-all-after was set to {timeout_s} s, but its trigger time {trigger} is "
                f"{ahead_ms / 1_000:.0f} s from now."
            )
        return trigger

    async def price_limits(self, inst_id: str) -> PriceLimits | None:
        """Read the price band of one instrument; None when it is not ours.

        Raises:
            FetchRefusedError: The venue refused.
            VenueUnreachableError: The venue did not answer.
            WireError: The answer was unreadable.
        """
        reply = checked(
            await self._rest.get("/api/v5/public/price-limit", {"instId": inst_id}, is_signed=False)
        )
        instrument = self._instruments.get(inst_id)
        row = next((row for row in reply.rows(PRICE_LIMITS) if row.inst_id == inst_id), None)
        return None if instrument is None or row is None else price_limits_of(row, instrument)

    async def account_rate_limit(self) -> int | None:
        """Read how many new and amended orders the sub-account may send in 2 s; None when not told.

        Raises:
            FetchRefusedError: The venue refused.
            VenueUnreachableError: The venue did not answer.
            WireError: The answer was unreadable.
        """
        reply = checked(await self._rest.get("/api/v5/trade/account-rate-limit"))
        rows = reply.rows(ACCOUNT_RATES)
        limit = bounded(int(number(rows[0].acc_rate_limit))) if rows else 0
        return limit if limit > 0 else None

    def _pending(self, row: OrderRow) -> OrderUpdate | None:
        if self._tag and row.inst_id not in self._instruments and text_of(row.tag) == self._tag:
            return stray_of(row)
        return self._order(row)

    def _order(self, row: OrderRow) -> OrderUpdate | None:
        return order_update(row, self._instruments, is_push=False)


async def paged(
    rest: Rest,
    path: str,
    query: dict[str, str],
    decoder: msgspec.json.Decoder[list[_Row]],
    cursor: Callable[[_Row], str],
) -> list[_Row]:
    """Read a list to its end, newest first.

    Args:
        rest: The API.
        path: Of the list.
        query: Its filters.
        decoder: Of one page.
        cursor: The record id the next page goes on from.

    Raises:
        FetchRefusedError: The venue refused a page.
        VenueUnreachableError: The venue did not answer.
        WireError: A page was unreadable, or the list did not end.
    """
    rows: list[_Row] = []
    after = ""
    for _ in range(MAX_PAGES):
        page_query = {**query, "limit": str(PAGE), "after": after}
        reply = checked(await rest.get(path, page_query, is_patient=bool(rows)))
        page = reply.rows(decoder)
        rows += page
        if len(page) < PAGE:
            return rows
        after = cursor(page[-1])
    raise WireError(f"{path} did not end after {MAX_PAGES} pages.")


def checked(reply: RestReply) -> RestReply:
    """Return an accepted answer.

    Raises:
        FetchRefusedError: It was a refusal.
    """
    if not reply.is_ok:
        raise FetchRefusedError(f"{reply.problem}.", is_final=is_credential_problem(reply.code))
    return reply


def trigger_ms(text: str) -> int:
    """Normalise a trigger time, which the venue gives in seconds or milliseconds; 0 is disarmed.

    Raises:
        WireError: It was no number.
    """
    value = int(number(text))
    return bounded(value * 1_000 if value < SECONDS_BELOW else value)


def _bill_id(row: FillRow) -> str:
    return text_of(row.bill_id)


def _bill_row_id(row: BillRow) -> str:
    return text_of(row.bill_id)
