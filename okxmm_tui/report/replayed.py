"""What only the event log can tell: the session is played again and its books are read at the end."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.engine.carry_over import carried_ledger
from okxmm_tui.engine.reducer import Reducer
from okxmm_tui.replay.player import Player
from okxmm_tui.report.model import EquityPoint, Point

P = TypeVar("P")
SAMPLE_NS = 1_000_000_000
MOST_POINTS = 400


class Replayed:
    """One pass through a session's log.

    Args:
        path: First segment.

    Raises:
        RecordingError: The log cannot be read.
    """

    def __init__(self, path: Path) -> None:
        self._player = Player(path)
        self._next_ns = self._player.first_ns
        markets = self.reducer.session.markets
        self._points: dict[str, list[Point]] = {inst_id: [] for inst_id in markets}
        self._equity: list[EquityPoint] = []
        self.position_open: dict[str, Decimal] = {}
        """Contracts (base currency for spot) once the venue's truth was merged for the first time."""
        for record in self._player.steps():
            self._note_opening()
            if record.at_ns >= self._next_ns:
                self._sample(record.at_ns)
        self._sample(self._player.now_ns)

    @property
    def reducer(self) -> Reducer:
        """The engine as it stood at the end."""
        return self._player.reducer

    @property
    def instruments(self) -> dict[str, Instrument]:
        """What was traded."""
        return {each.inst_id: each for each in self._player.started.instruments}

    def ledger(self, instrument: Instrument) -> Ledger | None:
        """Fresh books as they stood before the session's fills; None when a position was taken over."""
        carried = carried_ledger(self._player.started, instrument)
        if carried is not None:
            return carried
        return None if self.position_open.get(instrument.inst_id) else Ledger(instrument)

    def points(self, inst_id: str) -> tuple[Point, ...]:
        """PnL and position through time, thinned out evenly."""
        return thinned(self._points[inst_id], lambda point: point.net, lambda point: point.position)

    @property
    def equity(self) -> tuple[EquityPoint, ...]:
        """Equity through time, thinned out evenly."""
        return thinned(self._equity, lambda point: point.equity)

    def problems(self) -> list[str]:
        """Why these figures may not be those of the session."""
        said = self._player.words()
        if self._player.difference_count:
            said.append(
                f"{self._player.difference_count} steps of the replay had other effects than recorded; "
                "see okxmm-tui replay --check"
            )
        return said

    def _note_opening(self) -> None:
        session = self.reducer.session
        if self.position_open or not session.is_merged:
            return
        self.position_open = {
            inst_id: market.instrument.size(market.position_lots)
            for inst_id, market in session.markets.items()
        }

    def _sample(self, at_ns: int) -> None:
        self._next_ns = at_ns + SAMPLE_NS
        for inst_id, market in self.reducer.session.markets.items():
            net = float(market.ledger.net_quote(market.valuation_price))
            position = float(market.instrument.size(market.position_lots))
            self._points[inst_id].append(Point(at_ns, net, position))
        identity = self.reducer.books.account.identity()
        if identity is not None:
            self._equity.append(EquityPoint(at_ns, float(identity.equity - identity.transfers)))


def thinned(points: Sequence[P], *keys: Callable[[P], float]) -> tuple[P, ...]:
    """Fewer points, in order: the ends, and the lowest and highest of each stretch by each key."""
    if len(points) <= MOST_POINTS:
        return tuple(points)
    length = -(-len(points) // (MOST_POINTS // (2 * len(keys))))
    kept = {0, len(points) - 1}
    for start in range(0, len(points), length):
        stretch = range(start, min(start + length, len(points)))
        for key in keys:
            kept |= {choose(stretch, key=lambda at, k=key: k(points[at])) for choose in (min, max)}
    return tuple(points[at] for at in sorted(kept))
