"""Where strategies would trade: for the markets we hold, and for the widest of all markets.

A strategy may have a pure function ``opportunity(bid_ticks, ask_ticks, params) -> str``: empty when it would
quote, else the reason with its number. One that sets ``wants_scan`` has all markets looked at every minute.
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from functools import lru_cache
from typing import cast

from okxmm_tui.core.effects import ScanMarkets
from okxmm_tui.core.instrument import Instrument
from okxmm_tui.core.messages import MarketScan, ScanRow
from okxmm_tui.core.opportunity_views import ScanView
from okxmm_tui.core.params import ParamSet, for_instrument
from okxmm_tui.core.types import Severity
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.strategies.base import Strategy
from okxmm_tui.strategies.registry import STRATEGIES
from okxmm_tui.strategies.shape import message_of, one_line

SCAN_NS = 60_000_000_000
KEPT = 10
NAMED = 3
NOT_LIVE = "no two-sided book"

Opportunity = Callable[[int, int, ParamSet], str]


def opportunities(market: Market) -> tuple[tuple[str, str], ...]:
    """(strategy, why it would not quote now), the running one first, the others with their defaults."""
    others = (kind for name, kind in STRATEGIES.items() if name != market.strategy.name)
    found = [(market.strategy.name, _reason(market, market.strategy, market.params))]
    found += [(kind.name, _reason(market, kind, defaults(kind, market.instrument))) for kind in others]
    return tuple((name, reason) for name, reason in found if reason is not None)


@lru_cache(maxsize=256)
def defaults(kind: type[Strategy], instrument: Instrument) -> ParamSet:
    """A strategy's own values for an instrument."""
    made = ParamSet.from_specs(for_instrument(kind.specs, instrument), {})
    if isinstance(made, str):
        raise TypeError(f"the defaults of {kind.name} are out of bounds: {made}")
    return made


def _reason(market: Market, strategy: object, params: ParamSet) -> str | None:
    """None for a strategy that does not say."""
    judge = _judge(strategy)
    if judge is None:
        return None
    top = market.others
    return _asked(judge, top[0], top[2], params) if top is not None else NOT_LIVE


def _judge(strategy: object) -> Opportunity | None:
    return cast("Opportunity | None", getattr(strategy, "opportunity", None))


def _asked(judge: Opportunity, bid_ticks: int, ask_ticks: int, params: ParamSet) -> str:
    try:
        return one_line(str(judge(bid_ticks, ask_ticks, params)))
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # an operator's function may raise anything; it decides nothing
        return f"opportunity failed: {type(error).__name__}: {message_of(error)}"


class MarketScanner:
    """Has the venue's markets looked at once a minute, and names the widest."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._next_ns = 0
        self._said: tuple[str, ...] | None = None

    def on_tick(self) -> None:
        """Ask when it is time and a strategy wants to know."""
        session = self._session
        if session.now_ns < self._next_ns or not session.public_up or self._asker() is None:
            return
        self._next_ns = session.now_ns + SCAN_NS
        session.effects.append(ScanMarkets())

    def _asker(self) -> Market | None:
        markets = self._session.markets.values()
        return next((m for m in markets if getattr(m.strategy, "wants_scan", False)), None)

    def on_scan(self, event: MarketScan) -> None:
        """Keep the ten widest; say which would be traded whenever that changes."""
        asker = self._asker()
        if asker is None:
            return
        rows = sorted(event.rows, key=lambda row: (-row.spread, row.inst_id))[:KEPT]
        self._session.scan = tuple(_view(row, asker) for row in rows)
        would = tuple(view.inst_id for view in self._session.scan if not view.reason)
        if would == self._said:
            return
        self._said = would
        widest = ", ".join(f"{view.inst_id} {view.spread_bps:.1f} bps" for view in self._session.scan[:NAMED])
        text = f"{asker.strategy.name} would trade {', '.join(would) or 'none of them'}; widest: {widest}"
        self._session.report("scan", Severity.INFO, text)


def _view(row: ScanRow, asker: Market) -> ScanView:
    judge = _judge(asker.strategy)
    reason = "" if judge is None else _asked(judge, *_whole(row.bid, row.ask), asker.params)
    return ScanView(row.inst_id, row.spread * 1e4, reason)


def _whole(bid: Decimal, ask: Decimal) -> tuple[int, int]:
    """Two prices as whole numbers of one unit, whatever the tick is."""
    digits = max(0, *(-int(price.as_tuple().exponent) for price in (bid, ask)))
    return int(bid.scaleb(digits)), int(ask.scaleb(digits))
