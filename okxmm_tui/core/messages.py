"""Everything that can happen to the engine: market data, private data, outcomes, commands, timers.

Events are plain frozen values. They are journaled as they arrive, and feeding the same ones to the
reducer again reproduces every effect; nothing here may hold a live object.
"""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.account import FeeRates
from okxmm_tui.core.commands import AnyCommand
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.limits import Limits
from okxmm_tui.core.types import (
    AccountLevel,
    Levels,
    Liquidity,
    Mode,
    PositionMode,
    PositionSide,
    Severity,
    Side,
    VenueOrderState,
)


class Event(Struct, frozen=True, gc=False, tag=True, array_like=True):
    """Base of every input of the reducer."""


# -- market data ---------------------------------------------------------------------------------


class BookSnapshot(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Both sides replaced; starts a chain."""

    inst_id: str
    bids: Levels
    asks: Levels
    seq_id: int
    venue_ms: int
    depth: int = 400
    """Levels a side the channel keeps up to date; deeper ones are not to be trusted."""


class BookUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Changed levels, chained to the previous message; absolute sizes, 0 deletes."""

    inst_id: str
    bids: Levels
    asks: Levels
    seq_id: int
    venue_ms: int


class BookGap(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The chain broke; the book is not to be trusted until the next snapshot."""

    inst_id: str
    reason: str


class TopOfBook(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Best bid and ask from ``bbo-tbt``; 0 lots where a side is empty."""

    inst_id: str
    bid_ticks: int
    bid_lots: int
    ask_ticks: int
    ask_lots: int
    seq_id: int
    venue_ms: int


class PublicTrade(Event, frozen=True, gc=False, tag=True, array_like=True):
    """One print of the tape; ``side`` is the taker's."""

    inst_id: str
    price_ticks: int
    size_lots: int
    side: Side
    trade_id: str
    venue_ms: int


class MarkPrice(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Mark price in quote currency."""

    inst_id: str
    price: Decimal
    venue_ms: int


class IndexPrice(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Index price of the instrument's underlying, in quote currency."""

    inst_id: str
    """Of the instrument, not of the index."""
    price: Decimal
    venue_ms: int


class PriceLimits(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Highest buy and lowest sell price the venue accepts; None where it sets none."""

    inst_id: str
    highest_buy_ticks: int | None
    lowest_sell_ticks: int | None
    venue_ms: int


class FundingRate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Rate to be charged at ``funding_ms``; positive means longs pay."""

    inst_id: str
    rate: Decimal
    funding_ms: int
    next_funding_ms: int
    venue_ms: int


class Ticker(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Last trade and the day's figures (tickers channel); comes only when it was asked for."""

    inst_id: str
    last: Decimal
    open_24h: Decimal
    high_24h: Decimal
    low_24h: Decimal
    volume_24h: Decimal
    """Contracts for derivatives, base currency for spot."""
    venue_ms: int


class Candle(Event, frozen=True, gc=False, tag=True, array_like=True):
    """One bar (candle channels); comes only when it was asked for."""

    inst_id: str
    bar: str
    """``1m``, ``4H``, ``1Dutc``, ... as the venue names it."""
    begin_ms: int
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal
    """Contracts for derivatives, base currency for spot."""
    is_final: bool


class VenueStatus(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Announced or running maintenance (OKX system status)."""

    title: str
    state: str
    """``scheduled``, ``ongoing``, ``pre_open``, ``completed`` or ``canceled``."""
    begin_ms: int
    end_ms: int


class InstrumentChanged(Event, frozen=True, gc=False, tag=True, array_like=True):
    """New metadata of an instrument we hold."""

    instrument: Instrument


# -- private data --------------------------------------------------------------------------------


class Fill(Struct, frozen=True, gc=False, array_like=True):
    """One execution of an own order."""

    inst_id: str
    trade_id: str
    ord_id: str
    cl_ord_id: str
    side: Side
    price_ticks: int
    size_lots: int
    fee: Decimal
    """OKX sign: negative is charged, positive is a rebate."""
    fee_ccy: str
    liquidity: Liquidity
    venue_ms: int
    tag: str = ""
    position_side: PositionSide = PositionSide.NET
    """Which position it opened or closed; NET where the account nets, and for spot."""


class OrderUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue's word on one order, from a push or a query."""

    inst_id: str
    ord_id: str
    cl_ord_id: str
    tag: str
    side: Side
    price_ticks: int
    """0 for orders without a price."""
    size_lots: int
    filled_lots: int
    state: VenueOrderState
    update_ms: int
    fill: Fill | None = None
    """The execution this push reports, if it reports one."""
    cancel_source: str = ""
    amend_result: str = ""
    """OKX amendResult: "" none, "0" done, "-1" failed, "1" failed and cancelled."""
    req_id: str = ""
    code: str = "0"
    text: str = ""
    reduce_only: bool = False
    category: str = "normal"
    position_side: PositionSide = PositionSide.NET


class PositionUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue's word on one position: the net one, or one of two where the account keeps them apart."""

    inst_id: str
    size_lots: int
    """Signed: positive is long, negative short, whatever the side is called."""
    average_price: Decimal | None
    mark_price: Decimal | None
    liquidation_price: Decimal | None
    update_ms: int
    position_side: PositionSide = PositionSide.NET


class AccountBill(Struct, frozen=True, gc=False, array_like=True):
    """One change of a balance that no fill explains: funding, interest, transfer, liquidation, ..."""

    bill_id: str
    bill_type: str
    """OKX bill type: 1 transfer, 7 interest, 8 funding, 5 liquidation, 9 ADL, ..."""
    inst_id: str
    ccy: str
    change: Decimal
    """Signed: negative leaves the account."""
    venue_ms: int


class BalanceUpdate(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Balance of one currency in the trading account."""

    ccy: str
    equity: Decimal
    cash: Decimal
    available: Decimal
    update_ms: int
    spendable: Decimal | None = None
    """Part of the cash that no order holds back (availBal): what spot may use. None where it was not said."""


# -- outcomes of what the engine asked for ---------------------------------------------------------


class OrderAccepted(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A place, amend or cancel was accepted for processing; the orders push tells the truth."""

    verb: str
    """``place``, ``amend`` or ``cancel``."""
    inst_id: str
    cl_ord_id: str
    ord_id: str


class OrderRefused(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue refused a place, amend or cancel, and said so."""

    verb: str
    inst_id: str
    cl_ord_id: str
    code: str
    text: str
    req_id: str = ""
    reaction: str = ""
    """What the code asks for, as the gateway reads it; empty is an ordinary refusal."""


class OrderOutcomeUnknown(Event, frozen=True, gc=False, tag=True, array_like=True):
    """No answer to a place, amend or cancel: timeout, disconnect, or a code that says nothing."""

    verb: str
    inst_id: str
    cl_ord_id: str
    reason: str


class OrderQueried(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Answer to a query by client order id; ``order`` is None when the venue knows none.

    ``reached`` is False when the venue did not answer: then nothing is known.
    """

    inst_id: str
    cl_ord_id: str
    reached: bool
    order: OrderUpdate | None


class TruthFetched(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Pending orders, recent fills, positions and balances, read over REST for a merge."""

    request_id: int
    orders: tuple[OrderUpdate, ...]
    fills: tuple[Fill, ...]
    positions: tuple[PositionUpdate, ...]
    balances: tuple[BalanceUpdate, ...]
    bills: tuple[AccountBill, ...] = ()
    is_complete: bool = True
    """False when a page of fills or bills could not be read back far enough."""


class FetchFailed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A REST read did not succeed."""

    request_id: int
    reason: str
    is_final: bool = False
    """Whether asking again cannot help, because the key is the problem."""


class PendingPolled(Event, frozen=True, gc=False, tag=True, array_like=True):
    """All pending orders of the account's subscribed instruments, for the proof of a kill."""

    request_id: int
    orders: tuple[OrderUpdate, ...]


class DeadManArmed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """cancel-all-after was accepted; ``trigger_ms`` is 0 when it was disarmed."""

    trigger_ms: int


class DeadManFailed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """cancel-all-after was refused or not answered."""

    reason: str


class StreamUp(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A stream is connected, logged in where needed, and subscribed."""

    stream: str
    """``public``, ``private`` or ``business``."""


class StreamDown(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A stream is lost; it reconnects by itself."""

    stream: str
    reason: str


class ProbeWanted(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The private stream cannot vouch for its completeness: compare with the venue over REST."""

    reason: str


class GatewayNotice(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Something the operator should read, from the gateway."""

    severity: Severity
    text: str


# -- time and the outside --------------------------------------------------------------------------


class SessionStarted(Event, frozen=True, gc=False, tag=True, array_like=True):
    """First event of every session: all the reducer needs to know of its surroundings."""

    session_id: int
    """Unix seconds at start; the leading digits of every client order id."""
    mode: Mode
    account: str
    tag: str
    instruments: tuple[Instrument, ...]
    strategy: str
    params: dict[str, Decimal]
    limits: Limits
    fees: dict[str, FeeRates]
    """By instrument id."""
    level: AccountLevel = AccountLevel.FUTURES
    position_mode: PositionMode = PositionMode.NET


class Tick(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The engine's own heartbeat; ``lag_ns`` is how late it came."""

    lag_ns: int


class ConsolesChanged(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Number of consoles attached."""

    count: int


class JournalFailed(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The event log could not be written."""

    reason: str


class OrderBudget(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Rate budget left at the gateway, as used and limit per window."""

    used: int
    limit: int


class ClockMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The venue's clock minus ours, and how far that figure can be wrong either way."""

    offset_ns: int
    uncertainty_ns: int


class ClockJumped(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Wall and steady clock came apart: the machine slept, or somebody set the time."""

    jump_ns: int


class LatencyMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """One round trip: from the request's last byte handed to the socket to its answer."""

    verb: str
    """``place``, ``amend``, ``cancel`` or ``rest``."""
    route: str
    """``ws`` or ``rest``."""
    took_ns: int
    venue_ns: int = 0
    """Part spent inside the venue's gateway (outTime - inTime); 0 where it did not say."""


class FeedMeasured(Event, frozen=True, gc=False, tag=True, array_like=True):
    """What the market data path did since the last one of these; once a second."""

    received: int
    """Book and best-price messages read from the socket."""
    applied: int
    """Events handed on after conflation."""
    conflated: int
    """Messages merged into a newer one; received = applied + conflated."""
    oldest_ns: int
    """Longest time from reading a frame to handing its state on."""
    venue_delay_ns: int
    """Median of receipt (corrected clock) minus the venue's time stamp; 0 when nothing came."""


class OrderRouteChanged(Event, frozen=True, gc=False, tag=True, array_like=True):
    """Orders of one instrument take another way to the venue."""

    inst_id: str
    route: str
    """``ws`` or ``rest``."""
    reason: str


class ParamsRead(Event, frozen=True, gc=False, tag=True, array_like=True):
    """The parameter file has changed on disk."""

    values: dict[str, str]
    """As written; checked by the reducer, all or none."""
    problem: str = ""
    """Why the file could not be read; empty when it could."""


class OperatorCommand(Event, frozen=True, gc=False, tag=True, array_like=True):
    """A command and who asked; ``client`` is empty for signals and the host itself."""

    client: str
    command_id: int
    command: AnyCommand


AnyEvent = (
    BookSnapshot
    | BookUpdate
    | BookGap
    | TopOfBook
    | PublicTrade
    | MarkPrice
    | IndexPrice
    | PriceLimits
    | FundingRate
    | Ticker
    | Candle
    | VenueStatus
    | ClockMeasured
    | ClockJumped
    | LatencyMeasured
    | FeedMeasured
    | OrderRouteChanged
    | InstrumentChanged
    | OrderUpdate
    | PositionUpdate
    | BalanceUpdate
    | OrderAccepted
    | OrderRefused
    | OrderOutcomeUnknown
    | OrderQueried
    | TruthFetched
    | FetchFailed
    | PendingPolled
    | DeadManArmed
    | DeadManFailed
    | StreamUp
    | StreamDown
    | ProbeWanted
    | GatewayNotice
    | SessionStarted
    | Tick
    | ConsolesChanged
    | OrderBudget
    | JournalFailed
    | ParamsRead
    | OperatorCommand
)
