"""Everything that can happen to the engine: market data, private data, outcomes, commands, timers.

Events are plain frozen values. They are journaled as they arrive, and feeding the same ones to the
reducer again reproduces every effect; nothing here may hold a live object.
"""

from __future__ import annotations

from okxmm_tui.core.messages.base import Event
from okxmm_tui.core.messages.market_data import (
    BookGap,
    BookSnapshot,
    BookUpdate,
    Candle,
    FundingRate,
    IndexPrice,
    InstrumentChanged,
    MarketScan,
    MarkPrice,
    PriceLimits,
    PublicTrade,
    ScanRow,
    Ticker,
    TopOfBook,
    VenueStatus,
    VenueStatusListed,
)
from okxmm_tui.core.messages.outcomes import (
    DeadManArmed,
    DeadManFailed,
    FetchFailed,
    GatewayNotice,
    OrderAccepted,
    OrderOutcomeUnknown,
    OrderQueried,
    OrderRefused,
    PendingPolled,
    ProbeWanted,
    StreamDown,
    StreamUp,
    TruthFetched,
)
from okxmm_tui.core.messages.outside import (
    ClockJumped,
    ClockMeasured,
    ConsolesChanged,
    FeedMeasured,
    FeesRead,
    JournalFailed,
    JournalGap,
    JournalState,
    LatencyMeasured,
    MemoryMeasured,
    OperatorCommand,
    OrderBudget,
    OrderRouteChanged,
    ParamsRead,
    SessionStarted,
    Tick,
)
from okxmm_tui.core.messages.private_data import AccountBill, BalanceUpdate, Fill, OrderUpdate, PositionUpdate

__all__ = [
    "AccountBill",
    "AnyEvent",
    "BalanceUpdate",
    "BookGap",
    "BookSnapshot",
    "BookUpdate",
    "Candle",
    "ClockJumped",
    "ClockMeasured",
    "ConsolesChanged",
    "DeadManArmed",
    "DeadManFailed",
    "Event",
    "FeedMeasured",
    "FeesRead",
    "FetchFailed",
    "Fill",
    "FundingRate",
    "GatewayNotice",
    "IndexPrice",
    "InstrumentChanged",
    "JournalFailed",
    "JournalGap",
    "JournalState",
    "LatencyMeasured",
    "MarkPrice",
    "MarketScan",
    "MemoryMeasured",
    "OperatorCommand",
    "OrderAccepted",
    "OrderBudget",
    "OrderOutcomeUnknown",
    "OrderQueried",
    "OrderRefused",
    "OrderRouteChanged",
    "OrderUpdate",
    "ParamsRead",
    "PendingPolled",
    "PositionUpdate",
    "PriceLimits",
    "ProbeWanted",
    "PublicTrade",
    "ScanRow",
    "SessionStarted",
    "StreamDown",
    "StreamUp",
    "Tick",
    "Ticker",
    "TopOfBook",
    "TruthFetched",
    "VenueStatus",
    "VenueStatusListed",
]

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
    | VenueStatus
    | VenueStatusListed
    | Ticker
    | Candle
    | MarketScan
    | ClockMeasured
    | ClockJumped
    | LatencyMeasured
    | FeedMeasured
    | FeesRead
    | MemoryMeasured
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
    | JournalState
    | JournalGap
    | ParamsRead
    | OperatorCommand
)
