"""Loss since UTC midnight and fall from the day's high, on numbers that can be trusted, and what follows.

    80 % of a limit   REDUCING: only orders that shrink positions
    100 %             HALTED until the operator arms and resumes, and then the limit still counts;
                      with ``flatten_on_loss`` every position is closed as well, reduce-only

A figure nobody can vouch for neither kills nor lets anything pass: trading PAUSES with the reason and goes on
when the figure has been good for ten seconds (tests/safety/README.md, rows 41 and 42).
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from msgspec import Struct

from okxmm_tui.core.accounting.trust import Trust
from okxmm_tui.core.market_views import GaugeView
from okxmm_tui.core.trading_state import Act, TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.flatten import Flatten
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.safety import Safety
from okxmm_tui.engine.session import Session

NOT_TRUSTED = "PnL not trustworthy"
DAY_NS = 86_400_000_000_000
REDUCE_FROM = Decimal("0.8")
TRUSTED_FOR_NS = 10_000_000_000
PRICE_STALE_NS = 15_000_000_000
"""A mark price comes at least every ten seconds (OKX v5, mark price channel)."""


class PnlFigure(Struct, frozen=True, gc=False):
    """Account PnL since the session began, and why it is not to be trusted (empty when it is)."""

    pnl_quote: Decimal
    doubt: str = ""


def pnl_figure(session: Session, trust: Trust) -> PnlFigure | None:
    """PnL of all markets; doubtful while a position has no fresh price, None while it may get its first.

    The price is the one it is valued at: a mark that has fallen silent is none, however lively the book is.
    """
    total = Decimal(0)
    for market in session.markets.values():
        price = market.valuation_price
        if market.position_lots:
            valued_ns = market.mid_ns if market.mark_price is None else market.marked_ns
            since_ns = session.began_ns if valued_ns is None else valued_ns
            if session.now_ns - since_ns > PRICE_STALE_NS:
                age_s = (session.now_ns - since_ns) / 1e9
                return PnlFigure(total, f"{market.instrument.inst_id} has had no price for {age_s:.0f} s")
            if price is None:
                return None
        total += market.ledger.net_quote(price)
    return PnlFigure(total, "" if trust.is_trustworthy else trust.reason)


class LossLimits:
    """Watches the account's PnL through the UTC day.

    Args:
        session: All state.
        safety: Kills.
        flatten: Closes every position where a halt is to do that.
        on_trip: Told of every market when a limit begins to hold trading back.
    """

    def __init__(
        self, session: Session, safety: Safety, flatten: Flatten, on_trip: Callable[[Market, str], None]
    ) -> None:
        self._session = session
        self._safety = safety
        self._flatten = flatten
        self._on_trip = on_trip
        self._day: int = session.now_ns // DAY_NS
        self._start_quote = Decimal(0)
        self._high_quote = Decimal(0)
        self._pnl_quote = Decimal(0)
        self._has_day = False
        """Whether earlier sessions of this day are counted."""
        self.is_known = False
        """Whether there was a trusted figure yet."""
        self._trusted_since_ns: int | None = None
        self.block = ""
        """Why nothing may be quoted, whatever the trading state: nobody can vouch for the figure."""
        self.only_reduce = ""
        """Why positions may only shrink, likewise: a limit is nearly used up."""
        self._paused_by_doubt = False

    def restore_day(self, day_pnl_quote: Decimal, day_high_quote: Decimal) -> None:
        """Carry on with the figures of earlier sessions of the same UTC day.

        Args:
            day_pnl_quote: PnL of the day without what is unrealised of positions that are carried over: that
                is in this session's PnL from its start.
            day_high_quote: The day's highest PnL.
        """
        self._start_quote = -day_pnl_quote
        self._high_quote = day_high_quote
        self._has_day = True

    @property
    def day_number(self) -> int:
        """The UTC day being counted, in days since 1970."""
        return self._day

    @property
    def day_high_quote(self) -> Decimal:
        """Highest PnL since UTC midnight, at least 0."""
        return self._high_quote

    @property
    def day_pnl_quote(self) -> Decimal:
        """PnL since UTC midnight."""
        return self._pnl_quote - self._start_quote

    @property
    def drawdown_quote(self) -> Decimal:
        """Fall from the day's high; never negative."""
        return self._high_quote - self.day_pnl_quote

    def on_tick(self, figure: PnlFigure) -> None:
        """Judge the account's PnL of this moment."""
        if figure.doubt:
            self._doubt(figure.doubt)
            return
        if self._session.merged_step is None:
            return  # what is held is not known yet
        if not self.is_known:
            self._leave_out_the_past()
        self.is_known = True
        self._roll(figure.pnl_quote)
        self._trust()
        self._judge()

    def _leave_out_the_past(self) -> None:
        """What positions from before had gained or lost by now is no PnL of today.

        A gain of yesterday would let that much more be lost today, a loss would halt a day without one.
        Positions carried on within the day are part of its figure already.
        """
        for market in self._session.markets.values():
            if not (self._has_day and market.is_carried_on):
                self._start_quote += market.ledger.unrealised_quote(market.valuation_price)

    def _roll(self, pnl_quote: Decimal) -> None:
        day = self._session.now_ns // DAY_NS
        if day != self._day:
            self._day, self._start_quote, self._high_quote = day, self._pnl_quote, Decimal(0)
        self._pnl_quote = pnl_quote
        self._high_quote = max(self._high_quote, self.day_pnl_quote)

    # -- doubt -------------------------------------------------------------------------------------------

    def _doubt(self, why: str) -> None:
        session = self._session
        self._trusted_since_ns = None
        self.block = text = why if why.startswith(NOT_TRUSTED) else f"{NOT_TRUSTED}: {why}"
        session.raise_alarm("pnl-trust", Severity.CRITICAL, text)
        if session.machine.state in {TradingState.ACTIVE, TradingState.REDUCING}:
            self._paused_by_doubt = True
            self._change(Act.PAUSE, text, Severity.CRITICAL)

    def _trust(self) -> None:
        session = self._session
        if self._trusted_since_ns is None:
            self._trusted_since_ns = session.now_ns
        if session.now_ns - self._trusted_since_ns < TRUSTED_FOR_NS:
            return
        self.block = ""
        session.clear_alarm("pnl-trust", "the account's PnL can be trusted again")
        if self._paused_by_doubt:
            self._paused_by_doubt = False
            is_ours = session.machine.reason.startswith(NOT_TRUSTED)
            if session.machine.state is TradingState.PAUSED and is_ours:
                self._change(Act.RESUME, "PnL can be trusted again", Severity.INFO)
                if reduced_for := session.machine.reduced_for:  # what doubt took it gives back, and no more
                    self._change(Act.REDUCE, reduced_for, Severity.WARNING)

    # -- limits ------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        self.only_reduce = ""
        for name, loss, limit in self._figures():
            share = loss / limit
            text = f"{name} {loss:,.2f} / {limit:,.2f}"
            if share >= REDUCE_FROM:
                self.only_reduce = text
            if share >= 1:
                self._session.raise_alarm(f"limit-{name}", Severity.CRITICAL, f"{text}: halted")
                if self._session.machine.state is not TradingState.HALTED:
                    if self._session.limits.flatten_on_loss:
                        self._flatten.start("")
                    self._safety.kill(text)
                    self._tell(text)
            elif share >= REDUCE_FROM:
                self._session.raise_alarm(f"limit-{name}", Severity.WARNING, f"{text}: only reducing")
                if self._session.machine.state is TradingState.ACTIVE:
                    self._change(Act.REDUCE, text, Severity.WARNING)
                    self._tell(text)
            else:
                self._session.clear_alarm(f"limit-{name}", f"{text}: within its limit again")

    def _tell(self, text: str) -> None:
        for market in self._session.markets.values():
            self._on_trip(market, text)

    def _change(self, act: Act, reason: str, severity: Severity) -> None:
        session = self._session
        session.machine.act(act, reason, session.now_ns)
        state = session.machine.state.value
        session.report("state", severity, f"{state}: {reason}", state=state, reason=reason)
        for market in session.markets.values():
            market.hurry()

    def _figures(self) -> tuple[tuple[str, Decimal, Decimal], ...]:
        limits = self._session.limits
        return (
            ("daily loss", max(Decimal(0), -self.day_pnl_quote), limits.max_daily_loss_quote),
            ("drawdown", self.drawdown_quote, limits.max_drawdown_quote),
        )

    def gauges(self) -> tuple[GaugeView, ...]:
        """Both figures against their limits; nothing before the first trusted figure."""
        if not self.is_known:
            return ()
        return tuple(
            GaugeView(name, float(loss / limit), f"{loss:,.0f} / {limit:,.0f}")
            for name, loss, limit in self._figures()
        )
