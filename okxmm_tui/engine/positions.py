"""Our booked position against the venue's: taken over at the start, compared ever after.

The net position is what the ledger books, the strategy skews by and the limits count. Where the account
keeps long and short apart both figures are kept beside it, for closing; a spot pair is compared by its base
balance.
"""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from msgspec import structs

from okxmm_tui.core.messages import BalanceUpdate, PositionUpdate, TruthFetched
from okxmm_tui.core.types import PositionSide, Severity
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.session import Session
from okxmm_tui.engine.spot import adopt_balances, difference_base, smallest_order, take_over

MISMATCH_GRACE_NS = 1_500_000_000
"""Fills and position pushes come apart by this much without meaning anything."""
MISMATCHES_BEFORE_ADOPTING = 3


class Positions:
    """Detects, explains and settles differences of position."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._was_adopted = False
        self._mismatches: dict[str, int] = {}
        self._suspected_ns: dict[str, int] = {}
        """When the venue was last asked about a push that differs, by market."""
        self._unknown: set[str] = set()
        """Markets without books of earlier sessions that held something at the first merge."""
        self._unexplained: dict[str, tuple[str, str]] = {}
        """What the venue holds and what the books carried on say, where no fill explains the difference."""
        self._awaits_answer = True
        """Whether books that are carried on keep their figure until the preflight is settled."""
        self._agreed: set[str] = set()
        """Markets whose difference the operator has agreed to."""

    @property
    def is_unsettled(self) -> bool:
        """Whether some market's position differed at the last comparison."""
        return bool(self._mismatches)

    @property
    def is_explaining(self) -> bool:
        """Whether a difference may still be explained by messages on their way."""
        return any(inst_id not in self._unexplained for inst_id in self._mismatches)

    def difference(self, market: Market) -> tuple[str, str] | None:
        """What the venue holds and what the journal says (empty: nothing); None where they agree."""
        inst_id = market.instrument.inst_id
        if inst_id in self._unexplained:
            return self._unexplained[inst_id]
        held = market.side_positions
        if inst_id not in self._unknown or not (market.position_lots or held.long_lots or held.short_lots):
            return None
        return held_text(market), ""

    def settle(self, *, is_agreed: bool) -> None:
        """The preflight is settled: from the next merge on, the venue's figures are taken over."""
        self._awaits_answer = False
        self._agreed = set(self._unexplained) if is_agreed else set()

    def on_push(self, event: PositionUpdate) -> None:
        """Keep the venue's figure."""
        market = self._session.markets.get(event.inst_id)
        if market is not None and not market.instrument.is_spot:
            market.venue_sides[event.position_side] = event
            market.venue_position = net_of(tuple(market.venue_sides.values()))

    def adopt_once(self, event: TruthFetched) -> None:
        """At the first merge, take over what the venue holds; fills up to then are part of it.

        Markets whose books are carried on keep them: their missed fills are booked instead.
        """
        if self._was_adopted:
            return
        self._was_adopted = True
        for fill in event.fills:
            market = self._session.markets.get(fill.inst_id)
            if market is None or market.is_carried_on:
                continue
            if market.orders.get(fill.cl_ord_id) is None:
                market.ledger.remember(fill.trade_id)
        adopt_balances(self._session, event.balances)
        for market in self._session.markets.values():
            rows = rows_of(market, event.positions)
            position = net_of(rows)
            if position is None or market.is_carried_on:
                continue
            market.side_positions.adopt(*both_sides(rows))
            if any(row.size_lots for row in rows):
                self._unknown.add(market.instrument.inst_id)
            size = held_size(market, position)
            if size * market.instrument.contract_value != market.ledger.position.quantity:
                adopt(market, position)
                self._session.notice(
                    f"{position.inst_id}: took over a position of {size:f} {market.instrument.size_unit}"
                )

    def doubt(self, market: Market) -> str:
        """Why the position is not certain enough to grow it (fault 29); empty when it is."""
        since_ns = market.mismatch_since_ns
        is_late = since_ns is not None and self._session.now_ns - since_ns > MISMATCH_GRACE_NS
        if market.instrument.inst_id in self._mismatches or is_late:
            return "position differs from the venue's"
        return ""

    def on_tick(self) -> None:
        """Freeze every market whose position is in doubt: nothing new, and quotes only move away."""
        for inst_id, market in self._session.markets.items():
            if reason := self.doubt(market):
                self._session.freeze("position", Severity.WARNING, reason, inst_id)
            else:
                self._session.unfreeze(
                    "position", f"{inst_id}: the position agrees with the venue's", inst_id
                )

    def is_suspicious(self, market: Market) -> bool:
        """Whether the last push has differed from the books for longer than messages take: ask the venue."""
        inst_id, now_ns = market.instrument.inst_id, self._session.now_ns
        if not self._differs_from_push(market):
            market.mismatch_since_ns = None
            self._suspected_ns.pop(inst_id, None)
            return False
        if market.mismatch_since_ns is None:
            market.mismatch_since_ns = now_ns
        # Asking ends no doubt: that lasts until the figures agree, however long the answer takes.
        last_ns = self._suspected_ns.get(inst_id, market.mismatch_since_ns)
        if now_ns - last_ns <= MISMATCH_GRACE_NS or not self._session.is_merged:
            return False
        self._suspected_ns[inst_id] = now_ns
        return True

    def _differs_from_push(self, market: Market) -> bool:
        if market.holding is not None:
            balance = self._session.balances.get(market.instrument.base_ccy)
            cash = balance.cash if balance is not None else Decimal(0)
            difference = difference_base(self._session, market, cash)
            return abs(difference) >= smallest_order(market)
        venue = market.venue_position
        return venue is not None and whole_lots(market, venue) != market.ledger.position.size_lots

    def compare_all(self, event: TruthFetched) -> None:
        """Compare every market after a merge; a difference no fill explains is taken over, loudly."""
        for market in self._session.markets.values():
            if market.holding is not None:
                self._compare_spot(market, event.balances)
            else:
                self._compare(market, rows_of(market, event.positions))

    def _compare(self, market: Market, rows: Sequence[PositionUpdate]) -> None:
        inst_id, venue = market.instrument.inst_id, net_of(rows)
        theirs, ours = whole_lots(market, venue), market.ledger.position.size_lots
        self._tell_dust(market, rows)
        market.venue_sides = {row.position_side: row for row in rows}
        if venue is not None:
            market.venue_position = venue
        elif market.venue_position is not None:  # not listed: nothing is held, whatever the last push said
            market.venue_position = structs.replace(market.venue_position, size_lots=0, rest=Decimal(0))
        sides, held = both_sides(rows), market.side_positions
        has_same_sides = not market.has_sides or sides == (held.long_lots, held.short_lots)
        if theirs == ours and has_same_sides:
            self._agrees(market)
            return
        text = market.instrument.size_text
        if self._is_to_be_explained(market, lots_text(market, theirs, sides), held_text(market)):
            return
        market.orders.forget_unbooked()
        if not has_same_sides:
            held.adopt(*sides)
            self._session.notice(f"{inst_id}: venue holds {text(sides[0])} long and {text(sides[1])} short")
        if theirs != ours:
            adopt(market, venue)
            self._alarm(market, text(theirs), text(ours))

    def _tell_dust(self, market: Market, rows: Sequence[PositionUpdate]) -> None:
        """Say what is held and can be traded by no order: the venue has made its lots coarser."""
        inst_id, dust = market.instrument.inst_id, [row.rest for row in rows if row.rest]
        if not dust:
            self._session.clear_alarm(f"dust-{inst_id}", f"{inst_id}: all that is held is whole lots")
            return
        text = " and ".join(f"{rest:f} {market.instrument.size_unit}" for rest in dust)
        self._session.raise_alarm(
            f"dust-{inst_id}",
            Severity.WARNING,
            f"{inst_id}: {text} of the position is less than a lot: no order of ours can close it",
        )

    def _compare_spot(self, market: Market, balances: Sequence[BalanceUpdate]) -> None:
        base = market.instrument.base_ccy
        cash = next((each.cash for each in balances if each.ccy == base), Decimal(0))
        difference = difference_base(self._session, market, cash)
        if abs(difference) < smallest_order(market):
            # Roundings of fees by the venue: too little to trade, and added up exactly, not dropped.
            take_over(market, difference)
            self._agrees(market)
            return
        theirs, ours = f"{cash:f} {base}", f"{cash - difference:f} {base}"
        if self._is_to_be_explained(market, theirs, ours):
            return
        market.orders.forget_unbooked()
        take_over(market, difference)
        self._alarm(market, theirs, ours)

    def _agrees(self, market: Market) -> None:
        inst_id = market.instrument.inst_id
        market.orders.forget_unbooked()
        self._mismatches.pop(inst_id, None)
        self._unexplained.pop(inst_id, None)
        self._agreed.discard(inst_id)

    def _is_to_be_explained(self, market: Market, theirs: str, ours: str) -> bool:
        """Count a difference; True while messages on their way, or the operator, may still explain it."""
        inst_id = market.instrument.inst_id
        seen = self._mismatches[inst_id] = self._mismatches.get(inst_id, 0) + 1
        if seen < MISMATCHES_BEFORE_ADOPTING:
            return True
        if self._awaits_answer and market.is_carried_on:
            self._unexplained[inst_id] = theirs, ours
            return True
        del self._mismatches[inst_id]
        self._unexplained.pop(inst_id, None)
        return False

    def _alarm(self, market: Market, theirs: str, ours: str) -> None:
        inst_id = market.instrument.inst_id
        if inst_id in self._agreed:
            self._agreed.discard(inst_id)
            self._session.notice(f"{inst_id}: took over {theirs}; the journal had {ours}")
            return
        self._session.raise_alarm(
            f"position-{inst_id}",
            Severity.CRITICAL,
            f"{inst_id}: venue holds {theirs}, we had booked {ours}; the venue's figure counts",
            is_event=True,
        )


def held_text(market: Market) -> str:
    """What our books say is held: net, and by side where the account keeps them apart."""
    held = market.side_positions
    return lots_text(market, market.position_lots, (held.long_lots, held.short_lots))


def lots_text(market: Market, net_lots: int, sides: tuple[int, int]) -> str:
    """A position in words: net, and by side where the account keeps them apart."""
    instrument = market.instrument
    text = f"{instrument.size_text(net_lots)} {instrument.size_unit}"
    if not market.has_sides:
        return text
    long_lots, short_lots = (instrument.size_text(lots) for lots in sides)
    return f"{text} ({long_lots} long, {short_lots} short)"


def held_size(market: Market, row: PositionUpdate | None) -> Decimal:
    """What the venue says is held, exactly and signed, in contracts."""
    return market.instrument.size(row.size_lots) + row.rest if row is not None else Decimal(0)


def whole_lots(market: Market, row: PositionUpdate | None) -> int:
    """The whole lots in it, towards zero; the rests of two sides may make one or undo one."""
    return market.instrument.split_size(held_size(market, row))[0]


def adopt(market: Market, row: PositionUpdate | None) -> None:
    """Make the venue's figure ours, to the last digit."""
    quantity = held_size(market, row) * market.instrument.contract_value
    average = row.average_price if row is not None else None
    market.ledger.position.adopt(whole_lots(market, row), average, quantity)


def rows_of(market: Market, positions: Sequence[PositionUpdate]) -> tuple[PositionUpdate, ...]:
    """The rows of one market."""
    return tuple(row for row in positions if row.inst_id == market.instrument.inst_id)


def both_sides(rows: Sequence[PositionUpdate]) -> tuple[int, int]:
    """Lots held long and lots held short, neither signed; a net row counts on the side of its sign."""
    long_lots = sum(row.size_lots for row in rows if row.size_lots > 0)
    return long_lots, -sum(row.size_lots for row in rows if row.size_lots < 0)


def net_of(rows: Sequence[PositionUpdate]) -> PositionUpdate | None:
    """One net position out of one or two rows; None without any.

    Prices are those of the larger side: that is the side the net lies on.
    """
    if not rows:
        return None
    larger = max(rows, key=lambda row: abs(row.size_lots))
    return structs.replace(
        larger,
        size_lots=sum(row.size_lots for row in rows),
        rest=sum((row.rest for row in rows), Decimal(0)),
        update_ms=max(row.update_ms for row in rows),
        position_side=PositionSide.NET,
    )
