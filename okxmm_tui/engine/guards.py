"""Limits that watch rather than check: each has a reading, a limit, a reaction, and a way back.

A guard trips when its reading passes the limit and is released when the reading has stayed on the good side
of ``release_share`` of the limit for ``hold_ns``: what trips at X does not flicker around X. Every trip is
reported with the numbers it was judged by.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from enum import StrEnum

from msgspec import Struct

from okxmm_tui.core.limits import Limits
from okxmm_tui.core.market_views import GaugeView
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session

SECOND_NS = 1_000_000_000


class Reaction(StrEnum):
    """What a tripped guard does, for as long as it is tripped."""

    WARN = "warn"
    """Say so; nothing else."""
    WIDEN = "widen"
    """The market's quotes stand at twice their distance with half their size."""
    REDUCE = "reduce"
    """The market sends only orders that shrink its position."""
    PULL = "pull"
    """The market's quotes are pulled."""


class Reading(Struct, frozen=True, gc=False):
    """One look: the figure and the limit in the same unit. Larger is worse."""

    value: float
    limit: float
    text: str
    """``value / limit unit``, for the gauge and the report."""


class Guard(Struct, frozen=True):
    """One limit.

    ``read`` returns None while the figure is not known: an unknown figure neither trips nor releases.
    """

    key: str
    label: str
    reaction: Reaction
    read: Callable[[Session, Market, Limits], Reading | None]
    release_share: float = 1.0
    """Released when the reading is at most this share of the limit ..."""
    hold_ns: int = 2 * SECOND_NS
    """... for this long."""
    severity: Severity = Severity.WARNING


class _Trip:
    __slots__ = ("good_since_ns", "text")

    def __init__(self, text: str) -> None:
        self.text = text
        self.good_since_ns: int | None = None


class Guards:
    """All watching limits of all markets.

    Args:
        session: Where the figures are.
        table: The guards, in the order their gauges are shown.
        on_trip: Told of every trip.
    """

    def __init__(
        self, session: Session, table: tuple[Guard, ...], on_trip: Callable[[Market, str], None]
    ) -> None:
        self._session = session
        self._table = table
        self._on_trip = on_trip
        self._trips: dict[tuple[str, str], _Trip] = {}
        self._readings: dict[str, dict[str, Reading]] = {}

    def on_tick(self) -> None:
        """Look at every figure."""
        for market in self._session.markets.values():
            for guard in self._table:
                self._look(guard, market)

    def _look(self, guard: Guard, market: Market) -> None:
        inst_id = market.instrument.inst_id
        reading = guard.read(self._session, market, self._session.limits)
        readings = self._readings.setdefault(inst_id, {})
        if reading is None:
            readings.pop(guard.key, None)
            return
        readings[guard.key] = reading
        trip = self._trips.get((guard.key, inst_id))
        if trip is None:
            if reading.value > reading.limit:
                self._trip(guard, market, reading)
            return
        trip.text = f"{guard.label} {reading.text}"
        self._try_release(guard, inst_id, reading, trip)

    def _trip(self, guard: Guard, market: Market, reading: Reading) -> None:
        inst_id, text = market.instrument.inst_id, f"{guard.label} {reading.text}"
        self._trips[guard.key, inst_id] = _Trip(text)
        consequence = {
            Reaction.WARN: "",
            Reaction.WIDEN: ": quotes wider and smaller",
            Reaction.REDUCE: ": only reducing",
            Reaction.PULL: ": quotes pulled",
        }
        self._session.raise_alarm(
            f"{guard.key}-{inst_id}", guard.severity, f"{inst_id}: {text}{consequence[guard.reaction]}"
        )
        market.hurry()
        self._on_trip(market, text)

    def _try_release(self, guard: Guard, inst_id: str, reading: Reading, trip: _Trip) -> None:
        if reading.value > reading.limit * guard.release_share:
            trip.good_since_ns = None
            return
        now_ns = self._session.now_ns
        if trip.good_since_ns is None:
            trip.good_since_ns = now_ns
        if now_ns - trip.good_since_ns >= guard.hold_ns:
            del self._trips[guard.key, inst_id]
            self._session.clear_alarm(f"{guard.key}-{inst_id}", f"{inst_id}: {guard.label} is good again")
            self._session.markets[inst_id].hurry()

    # -- for the rest of the engine ------------------------------------------------------------------

    def block(self, market: Market) -> str:
        """Why a market's quotes are pulled; empty when no guard wants that."""
        return self._tripped(market, Reaction.PULL)

    def widen(self, market: Market) -> str:
        """Why a market's quotes stand wider and smaller; empty when no guard wants that."""
        return self._tripped(market, Reaction.WIDEN)

    def only_reduce(self, market: Market) -> str:
        """Why a market may only reduce; empty when no guard wants that."""
        return self._tripped(market, Reaction.REDUCE)

    def _tripped(self, market: Market, reaction: Reaction) -> str:
        inst_id = market.instrument.inst_id
        for guard in self._table:
            trip = self._trips.get((guard.key, inst_id))
            if trip is not None and guard.reaction is reaction:
                return trip.text
        return ""

    def gauges(self, market: Market) -> tuple[GaugeView, ...]:
        """Every known figure against its limit."""
        readings: Mapping[str, Reading] = self._readings.get(market.instrument.inst_id, {})
        return tuple(
            GaugeView(guard.label, _share(readings[guard.key]), readings[guard.key].text)
            for guard in self._table
            if guard.key in readings
        )


def _share(reading: Reading) -> float:
    if reading.limit > 0:
        return reading.value / reading.limit
    return 1.0 if reading.value > 0 else 0.0
