"""Reads of account state over REST: pages, positions, balances, one order; all as core events.

OKX v5, sections "Order List", "Transaction details", "Positions" and "Balance". A refusal raises
``FetchRefusedError`` so that a list is either complete or not there at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import (
    BalanceUpdate,
    Fill,
    OrderQueried,
    OrderUpdate,
    PositionUpdate,
    TruthFetched,
)
from okxmm_tui.errors import OkxmmError, VenueUnreachableError, WireError
from okxmm_tui.okx.convert import balance_update, bounded, fill_of, number, order_update, position_update
from okxmm_tui.okx.error_codes import Reaction, is_credential_problem, reaction_of
from okxmm_tui.okx.messages import ACCOUNTS, DEAD_MEN, FILLS, ORDERS, POSITIONS, FillRow, OrderRow, text_of
from okxmm_tui.okx.requests import encode
from okxmm_tui.okx.rest import Rest, RestReply

PAGE = 100
MAX_PAGES = 500
"""The venue allows 4000 pending orders and keeps fills for days; this only ends a list without end."""
PENDING_PATH = "/api/v5/trade/orders-pending"
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
    """

    def __init__(self, rest: Rest, instruments: Mapping[str, Instrument]) -> None:
        self._rest = rest
        self._instruments = instruments

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
        return TruthFetched(request_id, orders, fills, positions, balances)

    async def pending(self) -> tuple[OrderUpdate, ...]:
        """Read every pending order of our instruments, all pages."""
        rows = await paged(
            self._rest, PENDING_PATH, {"instType": "SWAP"}, ORDERS, lambda row: text_of(row.ord_id)
        )
        return tuple(each for row in rows if (each := self._order(row)))

    async def fills(self, since_ms: int) -> tuple[Fill, ...]:
        """Read every fill of our instruments since a time, oldest first."""
        query = {"instType": "SWAP", "begin": str(since_ms) if since_ms > 0 else ""}
        rows = await paged(self._rest, "/api/v5/trade/fills", query, FILLS, _bill_id)
        fills = [each for row in rows if (each := fill_of(row, self._instruments))]
        return tuple(sorted((f for f in fills if f.venue_ms >= since_ms), key=lambda fill: fill.venue_ms))

    async def positions(self) -> tuple[PositionUpdate, ...]:
        """Read the position of every instrument we hold; flat ones are said to be flat."""
        asked_ms = self._rest.clock.now_ns() // 1_000_000
        reply = checked(await self._rest.get("/api/v5/account/positions", {"instType": "SWAP"}))
        found = {
            each.inst_id: each
            for row in reply.rows(POSITIONS)
            if (each := position_update(row, self._instruments))
        }
        flat = (
            PositionUpdate(inst_id, 0, None, None, None, asked_ms)
            for inst_id in self._instruments
            if inst_id not in found
        )
        return (*found.values(), *flat)

    async def balances(self) -> tuple[BalanceUpdate, ...]:
        """Read the balance of every currency held."""
        reply = checked(await self._rest.get("/api/v5/account/balance"))
        return tuple(balance_update(each) for row in reply.rows(ACCOUNTS) for each in row.details)

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
        return trigger_ms(text_of(rows[0].trigger_time))

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
        reply = checked(await rest.get(path, {**query, "limit": str(PAGE), "after": after}))
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
