"""Makes a report from a state directory: recorded rows, the same figures computed again, and what differs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

import okxmm_tui
from okxmm_tui.core.ledger import Ledger
from okxmm_tui.core.messages import Fill
from okxmm_tui.core.params import plain
from okxmm_tui.core.types import Liquidity, PositionSide, Side
from okxmm_tui.engine.accounting_view import accounting_view, performance_view
from okxmm_tui.engine.journal import log_path
from okxmm_tui.engine.market import Market
from okxmm_tui.engine.store.reading import FillRow, Journal, SessionRow, SnapshotRow, Span
from okxmm_tui.errors import JournalError, RecordingError
from okxmm_tui.report.model import Check, MarketReport, Report, SessionReport
from okxmm_tui.report.replayed import Replayed

ZERO = Decimal(0)
POST_ONLY_SOURCE = "31"
"""OKX cancelSource of a post-only order that would have taken."""


def build(journal: Journal, state_dir: Path, sessions: Iterable[SessionRow], title: str) -> Report:
    """Report on sessions, each whole.

    Raises:
        JournalError: The journal cannot be read.
    """
    made = tuple(_session(journal, state_dir, row) for row in sessions)
    return Report(title=title, program=okxmm_tui.__version__, sessions=made)


def chosen(journal: Journal, span: Span) -> list[SessionRow]:
    """Sessions a span touches: one by its id, else all that ran at any moment of it.

    Raises:
        JournalError: There is none.
    """
    if span.session_id is not None:
        rows = list(journal.sessions(Span(session_id=span.session_id)))
    else:
        rows = [row for row in journal.sessions() if _ran_in(row, journal, span)]
    if not rows:
        held = ", ".join(str(row.session_id) for row in list(journal.sessions())[-5:]) or "none"
        raise JournalError(
            "The journal holds no session that was asked for.", f"The newest it holds: {held}."
        )
    return rows


def _ran_in(row: SessionRow, journal: Journal, span: Span) -> bool:
    until = span.until_ns
    if until is not None and row.started_ns >= until:
        return False
    if span.since_ns is None or row.started_ns >= span.since_ns:
        return True
    ended_ns = row.ended_ns if row.ended_ns is not None else journal.last_sign_ns(row.session_id)
    return (ended_ns or row.started_ns) >= span.since_ns


def _session(journal: Journal, state_dir: Path, row: SessionRow) -> SessionReport:
    span = Span(session_id=row.session_id)
    incomplete: list[str] = []
    replayed = _replayed(state_dir, row, incomplete)
    fills = list(journal.fills(span))
    last = {shot.inst_id: shot for shot in journal.snapshots(span)}
    markets, checks = list[MarketReport](), list[Check]()
    for inst_id in row.symbols.split(","):
        own = [fill for fill in fills if fill.inst_id == inst_id]
        cancels = _orders(journal, Span(session_id=row.session_id, inst_id=inst_id))
        shot = last.get(inst_id)
        if replayed is None:
            markets.append(_from_rows(inst_id, own, shot, cancels))
            checks += _check_rows(inst_id, own, shot)
            continue
        markets.append(_from_log(replayed, inst_id, cancels))
        if row.ended_ns is not None:
            checks += _check_log(replayed, inst_id, own, shot, incomplete)
    if row.ended_ns is None:
        incomplete.append(
            "the session never came to its end, or still runs: later figures are missing, and its two "
            "journals end at different moments, so they were not compared"
        )
    books = replayed.reducer.books if replayed is not None else None
    identity = books.account.identity() if books is not None else None
    if identity is not None and identity.incomplete:
        incomplete.append(identity.incomplete)
    return SessionReport(
        row=row,
        markets=tuple(markets),
        identity=identity,
        performance=performance_view(books) if books is not None else None,
        equity=replayed.equity if replayed is not None else (),
        params=tuple(journal.params(span)),
        alarms=tuple(journal.notes(span, kind="alarm")),
        bills=tuple(journal.bills(span)),
        checks=tuple(checks),
        incomplete=tuple(dict.fromkeys(incomplete)),
    )


def _replayed(state_dir: Path, row: SessionRow, incomplete: list[str]) -> Replayed | None:
    path = log_path(state_dir, row.session_id)
    if not path.exists():
        incomplete.append(
            "the event log is gone: no decomposition, markouts, uptime, equity, and no recomputed position; "
            "fees hold rebates, and funding stands with interest and the like"
        )
        return None
    try:
        replayed = Replayed(path)
    except RecordingError as error:
        incomplete.append(f"the event log could not be played: {error}")
        return None
    incomplete += replayed.problems()
    return replayed


def _orders(journal: Journal, span: Span) -> tuple[int, int]:
    """Orders made, and how many the venue cancelled because they would have taken."""
    count = cancelled = 0
    for order in journal.orders(span):
        count += 1
        cancelled += order.cancel_source == POST_ONLY_SOURCE
    return count, cancelled


# -- with the event log ----------------------------------------------------------------------------------


def _from_log(replayed: Replayed, inst_id: str, orders: tuple[int, int]) -> MarketReport:
    market = replayed.reducer.session.markets[inst_id]
    ledger, instrument, price = market.ledger, market.instrument, market.valuation_price
    totals = ledger.periods.session
    return MarketReport(
        inst_id=inst_id,
        size_unit=instrument.size_unit,
        quote_ccy=instrument.quote_ccy,
        settle_ccy=instrument.settle_ccy,
        fills=totals.fills,
        maker_fills=totals.maker_fills,
        bought=totals.bought,
        sold=totals.sold,
        turnover_quote=totals.turnover_quote,
        position_open=replayed.position_open.get(inst_id),
        position_close=instrument.size(market.position_lots),
        average_price=ledger.position.average_price,
        realised_quote=totals.realised_quote,
        unrealised_quote=ledger.unrealised_quote(price),
        fees_quote=totals.fees_quote - totals.rebates_quote,
        rebates_quote=totals.rebates_quote,
        funding_quote=totals.funding_quote,
        other_quote=totals.flows_quote - totals.funding_quote,
        net_quote=ledger.net_quote(price),
        maker_share=totals.maker_share,
        orders=orders[0],
        post_only_cancels=orders[1],
        accounting=accounting_view(replayed.reducer.books, market, has_details=True),
        points=replayed.points(inst_id),
    )


def _check_log(
    replayed: Replayed, inst_id: str, rows: list[FillRow], shot: SnapshotRow | None, incomplete: list[str]
) -> Iterator[Check]:
    """The record against books made anew from its fills, and against the session played again."""
    market = replayed.reducer.session.markets[inst_id]
    instrument, price = market.instrument, market.valuation_price
    totals = market.ledger.periods.session
    yield _check("fills, record and replay", inst_id, Decimal(len(rows)), Decimal(totals.fills))
    ledger = replayed.ledger(instrument)
    if ledger is None or market.ledger.position.takeovers:
        incomplete.append(f"{inst_id}: a position was taken over, so its fills alone do not give its PnL")
    else:
        _book(ledger, replayed, rows)
        again = ledger.periods.session
        yield _check(
            "realised, record and its fills", inst_id, sum((row.realised for row in rows), ZERO),
            again.realised_quote,
        )  # fmt: skip
        yield _check("realised, replay and fills", inst_id, totals.realised_quote, again.realised_quote)
        yield _check("fees, replay and fills", inst_id, totals.fees_quote, again.fees_quote)
        yield _check("position, replay and fills", inst_id, *_held(market, ledger))
    if shot is None:
        incomplete.append(f"{inst_id}: no totals were recorded")
        return
    yield _check("position, recorded total", inst_id, shot.position, instrument.size(market.position_lots))
    yield _check("realised, recorded total", inst_id, shot.realised, totals.realised_quote)
    yield _check("fees, recorded total", inst_id, shot.fees, totals.fees_quote)
    yield _check("net, recorded total", inst_id, shot.net, market.ledger.net_quote(price))
    parts, mid = market.quality.attribution.figures(market.mid_price), market.mid_price
    brought_in = market.quality.attribution.brought_in(mid)
    marked = totals.booked + market.ledger.unrealised(mid) - brought_in
    if mid is not None or not market.position_lots:
        yield _check("decomposition, sum and books at the mid", inst_id, marked, parts.total)


def _held(market: Market, ledger: Ledger) -> tuple[Decimal, Decimal]:
    """What a market holds and what other books say it holds; spot to the last digit that fills explain."""
    if market.holding is not None:
        return market.ledger.position.quantity, ledger.position.quantity
    size = market.instrument.size
    return size(market.position_lots), size(ledger.position.size_lots)


def _book(ledger: Ledger, replayed: Replayed, rows: list[FillRow]) -> None:
    """Book recorded fills in the order the session booked them."""
    for row in sorted(rows, key=lambda row: row.at_ns):
        instrument = replayed.instruments[row.inst_id]
        price_ticks, exact_price = instrument.nearest_ticks(row.price)
        size_lots, rest = instrument.split_size(row.size)
        ledger.book(
            Fill(
                inst_id=row.inst_id,
                trade_id=row.trade_id,
                ord_id=row.ord_id,
                cl_ord_id=row.cl_ord_id,
                side=Side(row.side),
                price_ticks=price_ticks,
                size_lots=size_lots,
                fee=row.fee,
                fee_ccy=row.fee_ccy,
                liquidity=Liquidity(row.liquidity),
                venue_ms=row.venue_ms,
                tag=row.tag,
                position_side=PositionSide(row.position_side),
                exact_price=exact_price,
                rest=rest,
            )
        )


# -- without it --------------------------------------------------------------------------------------------


def _from_rows(
    inst_id: str, rows: list[FillRow], shot: SnapshotRow | None, orders: tuple[int, int]
) -> MarketReport:
    """What the rows of the journal alone can tell; fees in other currencies than the quote are left out."""
    parts = inst_id.split("-")
    quote = parts[1] if len(parts) > 1 else ""
    realised = sum((row.realised for row in rows), ZERO)
    return MarketReport(
        inst_id=inst_id,
        size_unit="",
        quote_ccy=quote,
        settle_ccy="",
        fills=len(rows),
        maker_fills=sum(row.liquidity == Liquidity.MAKER.value for row in rows),
        bought=sum((row.size for row in rows if row.side == Side.BUY.value), ZERO),
        sold=sum((row.size for row in rows if row.side == Side.SELL.value), ZERO),
        turnover_quote=None,
        position_open=None,
        position_close=shot.position if shot is not None else None,
        average_price=shot.average if shot is not None else None,
        realised_quote=realised,
        unrealised_quote=shot.unrealised if shot is not None else None,
        fees_quote=shot.fees if shot is not None else None,
        rebates_quote=None,
        funding_quote=None,
        other_quote=shot.net - shot.realised - shot.unrealised - shot.fees if shot is not None else None,
        net_quote=shot.net if shot is not None else None,
        maker_share=None,
        orders=orders[0],
        post_only_cancels=orders[1],
    )


def _check_rows(inst_id: str, rows: list[FillRow], shot: SnapshotRow | None) -> Iterator[Check]:
    if shot is not None:
        realised = sum((row.realised for row in rows), ZERO)
        yield _check("realised, recorded total and its fills", inst_id, shot.realised, realised)


def _check(name: str, inst_id: str, recorded: Decimal, recomputed: Decimal) -> Check:
    return Check(name, inst_id, plain(recorded), plain(recomputed), is_same=recorded == recomputed)
