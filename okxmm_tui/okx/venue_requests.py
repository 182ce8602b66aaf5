"""The requests of the engine that are no orders: what is read once, and the dead-man's switch."""

from __future__ import annotations

from collections.abc import Coroutine, Mapping
from typing import Any

from okxmm_tui.core.effects import (
    AnyEffect,
    FetchFees,
    FetchPriceLimits,
    FetchTruth,
    PollPending,
    QueryOrder,
    ScanMarkets,
    SetDeadMan,
)
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import (
    AnyEvent,
    DeadManArmed,
    DeadManFailed,
    FeesRead,
    FetchFailed,
    GatewayNotice,
    PendingPolled,
)
from okxmm_tui.core.types import Severity
from okxmm_tui.errors import OkxmmError
from okxmm_tui.okx import market_scan, preparation
from okxmm_tui.okx.rest import Rest
from okxmm_tui.okx.rest_queries import FetchRefusedError, RestQueries

Work = Coroutine[Any, Any, AnyEvent | None]


class VenueRequests:
    """Makes each such effect a coroutine that ends in one event; failures are events, too.

    Args:
        rest: Signed requests.
        queries: Reads of the account and its orders.
        instruments: Those of the session, by id; kept up to date by the gateway.
        tag: Ours; orders of others are not told.
    """

    def __init__(
        self, rest: Rest, queries: RestQueries, instruments: Mapping[str, Instrument], tag: str
    ) -> None:
        self._rest = rest
        self._queries = queries
        self._instruments = instruments
        self._tag = tag

    def work_for(self, effect: AnyEffect) -> Work | None:
        """What an effect asks of the venue, not begun yet; None for effects that are none of these.

        The coroutine ends in the event to tell, or in None when there is nothing to say.
        """
        match effect:
            case QueryOrder(inst_id=inst_id, cl_ord_id=cl_ord_id):
                return self._queries.order(inst_id, cl_ord_id)
            case FetchTruth(request_id=request_id, fills_since_ms=since_ms):
                return _or_failed(request_id, self._queries.truth(request_id, since_ms))
            case PollPending(request_id=request_id):
                return _or_failed(request_id, self._poll(request_id))
            case ScanMarkets():
                return _or_failed(0, market_scan.scan(self._rest))
            case SetDeadMan(timeout_s=timeout_s):
                return self._set_dead_man(timeout_s)
            case FetchPriceLimits(inst_id=inst_id):
                return self._read_price_limits(inst_id)
            case FetchFees():
                return self._read_fees()
            case _:
                return None

    async def _poll(self, request_id: int) -> AnyEvent:
        orders = await self._queries.pending()
        return PendingPolled(request_id, tuple(order for order in orders if order.tag == self._tag))

    async def _read_price_limits(self, inst_id: str) -> AnyEvent | None:
        try:
            return await self._queries.price_limits(inst_id)
        except OkxmmError as error:
            text = f"{inst_id}: the price band could not be read: {error}"
            return GatewayNotice(Severity.WARNING, text)

    async def _read_fees(self) -> AnyEvent:
        # What is no longer listed has no fees, and must not keep the others from theirs.
        traded = [inst_id for inst_id, each in self._instruments.items() if each.is_tradable]
        try:
            loaded = await preparation.load_instruments(self._rest, traded, has_key=True)
            return FeesRead(await preparation.load_fees(self._rest, loaded))
        except OkxmmError as error:
            return GatewayNotice(Severity.WARNING, f"the fees could not be read: {error}")

    async def _set_dead_man(self, timeout_s: int) -> AnyEvent:
        try:
            return DeadManArmed(await self._queries.set_dead_man(timeout_s, self._tag))
        except OkxmmError as error:
            return DeadManFailed(str(error))


async def _or_failed(request_id: int, fetch: Coroutine[Any, Any, AnyEvent]) -> AnyEvent:
    """The event of a fetch, or why there is none."""
    try:
        return await fetch
    except OkxmmError as error:
        is_final = isinstance(error, FetchRefusedError) and error.is_final
        return FetchFailed(request_id, str(error), is_final)
