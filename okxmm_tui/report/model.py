"""What a report says, as data: the terminal, HTML, JSON and CSV forms all draw from it."""

from __future__ import annotations

from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.views import AccountingView, IdentityView, PerformanceView
from okxmm_tui.engine.store.reading import BillRow, NoteRow, ParamsRow, SessionRow


class Check(Struct, frozen=True):
    """One figure, as it was recorded and as it was computed again."""

    name: str
    inst_id: str
    recorded: str
    recomputed: str
    is_same: bool


class Point(Struct, frozen=True):
    """Where one market stood at a moment; PnL in quote currency."""

    at_ns: int
    net: float
    position: float
    """In contracts, or base currency for spot."""


class EquityPoint(Struct, frozen=True):
    """The account's equity without transfers, in the reporting currency."""

    at_ns: int
    equity: float


class MarketReport(Struct, frozen=True):
    """One instrument in one session."""

    inst_id: str
    size_unit: str
    quote_ccy: str
    settle_ccy: str
    fills: int
    maker_fills: int
    bought: Decimal
    sold: Decimal
    turnover_quote: Decimal | None
    """None, like other figures, where the rows of the journal alone do not tell."""
    position_open: Decimal | None
    """Position when what the venue holds had been taken over; None when not known."""
    position_close: Decimal | None
    average_price: Decimal | None
    realised_quote: Decimal
    unrealised_quote: Decimal | None
    fees_quote: Decimal | None
    """Charged, negative; with the rebates where those are None."""
    rebates_quote: Decimal | None
    funding_quote: Decimal | None
    other_quote: Decimal | None
    """Interest, forced changes and conversions; with the funding where that is None."""
    net_quote: Decimal | None
    """Sum of the lines from realised to other."""
    maker_share: float | None
    orders: int
    post_only_cancels: int
    accounting: AccountingView | None = None
    """Everything that needs the event log; None without one."""
    points: tuple[Point, ...] = ()


class SessionReport(Struct, frozen=True):
    """One session, whole."""

    row: SessionRow
    markets: tuple[MarketReport, ...]
    identity: IdentityView | None
    performance: PerformanceView | None
    equity: tuple[EquityPoint, ...]
    params: tuple[ParamsRow, ...]
    alarms: tuple[NoteRow, ...]
    bills: tuple[BillRow, ...]
    checks: tuple[Check, ...]
    incomplete: tuple[str, ...]
    """What is missing, a sentence each; empty when nothing is."""

    @property
    def differences(self) -> tuple[Check, ...]:
        """Checks that failed."""
        return tuple(check for check in self.checks if not check.is_same)


class Report(Struct, frozen=True):
    """All sessions that were asked for."""

    title: str
    """Which sessions are meant, in words."""
    program: str
    """Version that made the report."""
    sessions: tuple[SessionReport, ...]

    @property
    def differences(self) -> tuple[Check, ...]:
        """Checks that failed, over all sessions."""
        return tuple(check for each in self.sessions for check in each.differences)
