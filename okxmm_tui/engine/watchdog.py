"""Watches what goes silent or slow, and says for each market why it may not quote."""

from __future__ import annotations

from okxmm_tui.core.trading_state import TradingState
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.clock_guard import ClockGuard
from okxmm_tui.engine.execution import NS_PER_MS
from okxmm_tui.engine.latency import LatencyGuard
from okxmm_tui.engine.market import BookState, Market
from okxmm_tui.engine.safety import Safety
from okxmm_tui.engine.session import Session

GOOD_TICKS_AFTER_STALL = 5
SANE_NS = 2_000_000_000
"""A book that stood crossed must have been sane for this long (tests/safety/README.md, row 4)."""


class Watchdog:
    """Book age, loop lag, links, clock and latency."""

    def __init__(self, session: Session, safety: Safety) -> None:
        self._session = session
        self._safety = safety
        self.clock = ClockGuard(session)
        self.latency = LatencyGuard(session)
        self._good_ticks = GOOD_TICKS_AFTER_STALL
        self._behind: dict[str, tuple[int, int]] = {}
        """By market: the book's sequence number and since when the best prices have been ahead of it."""
        self._events = 0
        self._events_since_ns = session.now_ns
        self.events_per_s = 0.0

    def on_event(self) -> None:
        """Count one event."""
        self._events += 1

    def on_tick(self, lag_ns: int) -> None:
        """Look at every clock."""
        session = self._session
        session.loop_lag_ns = lag_ns
        self._watch_lag(lag_ns)
        self.latency.on_tick()
        self._watch_feed()
        self._watch_override()
        for market in session.markets.values():
            self._watch_book(market)
            self._watch_amber(market)
            if (top := market.others) is not None:
                market.mid_range.note(session.now_ns, top[0] + top[2])
        elapsed_ns = session.now_ns - self._events_since_ns
        if elapsed_ns >= 1_000_000_000:
            self.events_per_s = self._events * 1e9 / elapsed_ns
            self._events, self._events_since_ns = 0, session.now_ns

    def _watch_lag(self, lag_ns: int) -> None:
        if lag_ns > self._session.limits.loop_lag_limit_ms * NS_PER_MS:
            self._good_ticks = 0
            self._session.raise_alarm(
                "loop-lag", Severity.CRITICAL, f"the engine stood still for {lag_ns / 1e9:.1f} s"
            )
        elif self._good_ticks < GOOD_TICKS_AFTER_STALL:
            self._good_ticks += 1
            if self._good_ticks == GOOD_TICKS_AFTER_STALL:
                self._session.clear_alarm("loop-lag", "the engine runs on time again")

    @property
    def _is_feed_late(self) -> bool:
        feed = self._session.feed
        return feed is not None and feed.oldest_ns > self._session.limits.feed_age_limit_ms * NS_PER_MS

    def _watch_feed(self) -> None:
        """Market data that waits before it is acted on is no market data (tests/safety/README.md, row 47)."""
        feed = self._session.feed
        if feed is not None and self._is_feed_late:
            text = f"market data reaches the engine {feed.oldest_ns / 1e6:.0f} ms late, quotes pulled"
            self._session.raise_alarm("feed-late", Severity.CRITICAL, text)
        else:
            self._session.clear_alarm("feed-late", "market data reaches the engine in time again")

    def _watch_book(self, market: Market) -> None:
        inst_id = market.instrument.inst_id
        key = f"stale-{inst_id}"
        if market.book_state is BookState.LIVE and market.last_book_ns is not None:
            age_ns = self._session.now_ns - market.last_book_ns
            if age_ns > self._session.limits.book_stale_ms * NS_PER_MS:
                market.mark_stale()
                text = f"{inst_id}: no order book for {age_ns / 1e9:.1f} s, quotes pulled"
                self._session.raise_alarm(key, Severity.CRITICAL, text)
            else:
                self._session.clear_alarm(key, f"{inst_id}: the order book is fresh again")

    def _watch_amber(self, market: Market) -> None:
        """A book that is late, or behind the best prices, is not refused yet, but not built upon either."""
        session, inst_id = self._session, market.instrument.inst_id
        if market.book_state is not BookState.LIVE or market.last_book_ns is None:
            self._behind.pop(inst_id, None)
            return
        limit_ns = session.limits.book_amber_ms * NS_PER_MS
        age_ns, behind_ns = session.now_ns - market.last_book_ns, self._behind_ns(market)
        if age_ns > limit_ns:
            session.freeze("book", Severity.WARNING, f"order book is {limit_ns / 1e9:.0f} s old", inst_id)
        elif behind_ns > limit_ns:
            session.freeze("book", Severity.WARNING, "order book lags the best prices", inst_id)
        else:
            session.unfreeze("book", f"{inst_id}: the order book is in time again", inst_id)

    def _behind_ns(self, market: Market) -> int:
        """For how long the book has stood still although best prices moved on; 0 while it follows."""
        inst_id, seq_id = market.instrument.inst_id, market.book.seq_id
        if market.top_seq <= seq_id:
            self._behind.pop(inst_id, None)
            return 0
        known = self._behind.get(inst_id)
        if known is None or known[0] != seq_id:
            known = self._behind[inst_id] = (seq_id, self._session.now_ns)
        return self._session.now_ns - known[1]

    def _watch_override(self) -> None:
        """Quoting without the switch is allowed by a setting alone, and shown for as long as it lasts."""
        if self._session.limits.needs_dead_man or self._safety.is_dead_man_armed():
            self._session.clear_alarm("no-dead-man", "the dead-man's switch is armed")
            return
        text = "quoting without the dead-man's switch (risk.needs_dead_man): a crash leaves every order live"
        self._session.raise_alarm("no-dead-man", Severity.CRITICAL, text)

    def block(self, market: Market) -> str:
        """Why a market may not quote now, in a few words; empty when it may."""
        session = self._session
        if session.machine.state in {TradingState.HALTED, TradingState.PAUSED}:
            return f"{session.machine.state.lower()}: {session.machine.reason}"
        return self._link_block() or self._market_block(market)

    def _link_block(self) -> str:
        session = self._session
        if not session.private_up:
            return "private stream down"
        if not session.is_merged:
            return "merging with the venue"
        if session.limits.needs_dead_man and not self._safety.is_dead_man_armed():
            return "dead-man's switch not armed"
        if not session.public_up:
            return "market data stream down"
        if self._good_ticks < GOOD_TICKS_AFTER_STALL:
            return "engine stood still"
        feed = "market data is late" if self._is_feed_late else ""
        return feed or self.clock.block or self.latency.block

    def _market_block(self, market: Market) -> str:
        if market.strategy_problem:
            return market.strategy_problem
        if not market.instrument.is_tradable:
            return f"instrument is {market.instrument.state}"
        if market.stop_reason:
            return market.stop_reason
        if market.book_state is not BookState.LIVE:
            reasons = {
                BookState.WAITING: "waiting for the order book",
                BookState.RESYNC: f"book resyncing: {market.book_reason}",
                BookState.STALE: "order book stale",
            }
            return reasons[market.book_state]
        if market.crossed_ns is not None and self._session.now_ns - market.crossed_ns < SANE_NS:
            return "the book was crossed a moment ago"
        if not market.is_two_sided:
            return "book has no two sides"
        return "" if market.others is not None else "nobody else quotes both sides"
