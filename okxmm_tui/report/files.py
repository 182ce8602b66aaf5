"""The report as CSV files: one per kind, stable columns, exact figures, UTC ISO times.

Columns are only ever added at the end, never renamed, moved or given another meaning.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from decimal import Decimal
from pathlib import Path

from okxmm_tui.core.accounting.views import AccountingView
from okxmm_tui.engine.store.export import utc, words, write_fills, write_orders
from okxmm_tui.engine.store.reading import Journal, Span
from okxmm_tui.errors import UsageError
from okxmm_tui.report.model import Report, SessionReport
from okxmm_tui.report.tables import PARTS

Cells = tuple[object, ...]
COLUMNS: dict[str, tuple[str, ...]] = {
    "sessions": (
        "session_id", "started_utc", "ended_utc", "mode", "account", "tag", "strategy", "symbols",
        "exit_code", "program", "differences", "incomplete", "gain", "gain_of_holding", "worst_minute",
        "worst_five_minutes", "shortfall_95", "shortfall_99", "okx_fill_ratio",
    ),
    "markets": (
        "session_id", "inst_id", "quote_ccy", "fills", "maker_fills", "bought", "sold", "turnover",
        "position_open", "position_close", "average_price", "realised", "unrealised", "fees", "rebates",
        "funding", "other", "net", "maker_share", "orders", "post_only_cancels", "settle_ccy",
        *(f"settle_{part}" for part in PARTS), "settle_total", "uptime",
        "settle_brought_in", "edge_bps", "edge_error_bps", "edge_fills", "buy_edge_bps", "sell_edge_bps",
        "depth_uptime", "okx_fill_ratio", "own_share", "held", "moved", "rank_lost",
        "settle_funding_accrued",
    ),
    "markouts": (
        "session_id", "inst_id", "dimension", "bucket", "horizon_s", "mean_bps", "error_bps", "count",
        "missing",
    ),
    "bills": ("session_id", "venue_utc", "bill_id", "bill_type", "inst_id", "ccy", "change"),
    "params": ("session_id", "at_utc", "inst_id", "source", "version", "text"),
    "alarms": ("session_id", "at_utc", "severity", "text"),
    "equity": ("session_id", "at_utc", "equity"),
    "inventory": ("session_id", "at_utc", "inst_id", "position", "net"),
    "checks": ("session_id", "inst_id", "name", "first", "second", "same"),
}  # fmt: skip


def write_all(report: Report, journal: Journal, folder: Path) -> list[Path]:
    """Write every kind into a folder, which is made; returns the files.

    Raises:
        UsageError: A file could not be written.
        JournalError: The journal could not be read.
    """
    made = list[Path]()
    spans = [Span(session_id=session.row.session_id) for session in report.sessions]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind, columns in COLUMNS.items():
            made.append(folder / f"{kind}.csv")
            with made[-1].open("w", newline="", encoding="utf-8") as out:
                writer = csv.writer(out, lineterminator="\r\n")
                writer.writerow(columns)
                writer.writerows([_text(cell) for cell in row] for row in _rows(report, kind))
        made += [folder / "orders.csv", folder / "fills.csv"]
        with made[-2].open("w", newline="", encoding="utf-8") as out:
            write_orders((row for span in spans for row in journal.orders(span)), out)
        with made[-1].open("w", newline="", encoding="utf-8") as out:
            write_fills((row for span in spans for row in journal.fills(span)), out)
    except OSError as error:
        raise UsageError(
            f"The report could not be written to {folder}: {error.strerror or error}.",
            "Give another folder with --out.",
        ) from error
    return made


def _text(cell: object) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return str(int(cell))
    return format(cell, "f") if isinstance(cell, Decimal) else str(cell)


def _rows(report: Report, kind: str) -> Iterable[Cells]:
    match kind:
        case "sessions":
            return _sessions(report)
        case "markets":
            return _markets(report)
        case "markouts":
            return _markouts(report)
        case "equity" | "inventory":
            return _curves(report, kind)
        case _:
            return _lists(report, kind)


def _sessions(report: Report) -> Iterator[Cells]:
    for session in report.sessions:
        row = session.row
        yield (
            row.session_id, utc(row.started_ns), utc(row.ended_ns) if row.ended_ns is not None else None,
            row.mode, words(row.account), words(row.tag), row.strategy, row.symbols, row.exit_code,
            row.program, len(session.differences), words("; ".join(session.incomplete)),
            *_benchmarks(session),
        )  # fmt: skip


def _benchmarks(session: SessionReport) -> Cells:
    identity, performance = session.identity, session.performance
    tail = performance.tail if performance is not None else None
    return (
        identity.gain if identity is not None else None,
        identity.holding if identity is not None else None,
        tail.worst_minute if tail is not None else None,
        tail.worst_five if tail is not None else None,
        tail.shortfall_95 if tail is not None else None,
        tail.shortfall_99 if tail is not None else None,
        performance.fill_ratio if performance is not None else None,
    )


def _markets(report: Report) -> Iterator[Cells]:
    for session in report.sessions:
        for m in session.markets:
            view = m.accounting
            parts = view.decomposition if view is not None else None
            yield (
                session.row.session_id, m.inst_id, m.quote_ccy, m.fills, m.maker_fills, m.bought, m.sold,
                m.turnover_quote, m.position_open, m.position_close, m.average_price, m.realised_quote,
                m.unrealised_quote, m.fees_quote, m.rebates_quote, m.funding_quote, m.other_quote,
                m.net_quote, m.maker_share, m.orders, m.post_only_cancels, m.settle_ccy,
                *(getattr(parts, name) if parts is not None else None for name in PARTS),
                parts.total if parts is not None else None,
                view.presence.two_sided if view is not None else None,
                view.brought_in if view is not None else None,
                *_quality(view),
            )  # fmt: skip


def _quality(view: AccountingView | None) -> Cells:
    if view is None:
        return (None,) * 12
    edges, kept = {edge.side: edge for edge in view.edges}, view.retention
    both, buy, sell = (edges.get(side) for side in ("", "buy", "sell"))
    return (
        both.edge_bps if both is not None else None,
        both.error_bps if both is not None else None,
        both.fills if both is not None else None,
        buy.edge_bps if buy is not None else None,
        sell.edge_bps if sell is not None else None,
        view.presence.depth,
        view.fill_ratio,
        view.own_share,
        kept.held if kept is not None else None,
        kept.moved if kept is not None else None,
        kept.rank_lost if kept is not None else None,
        view.funding.accrued if view.funding is not None else None,
    )


def _markouts(report: Report) -> Iterator[Cells]:
    for session in report.sessions:
        for market in session.markets:
            for row in market.accounting.markouts if market.accounting is not None else ():
                yield (
                    session.row.session_id, market.inst_id, row.dimension, words(row.bucket), row.horizon_s,
                    row.mean_bps, row.error_bps, row.count, row.missing,
                )  # fmt: skip


def _curves(report: Report, kind: str) -> Iterator[Cells]:
    for session in report.sessions:
        number = session.row.session_id
        if kind == "equity":
            yield from ((number, utc(each.at_ns), each.equity) for each in session.equity)
            continue
        for market in session.markets:
            for point in market.points:
                yield number, utc(point.at_ns), market.inst_id, point.position, point.net


def _lists(report: Report, kind: str) -> Iterator[Cells]:
    for session in report.sessions:
        number = session.row.session_id
        match kind:
            case "bills":
                for bill in session.bills:
                    at = utc(bill.venue_ms * 1_000_000)
                    yield number, at, bill.bill_id, bill.bill_type, bill.inst_id, bill.ccy, bill.change
            case "params":
                for each in session.params:
                    yield (
                        number, utc(each.at_ns), each.inst_id, each.source, each.version, words(each.text)
                    )  # fmt: skip
            case "alarms":
                for note in session.alarms:
                    yield number, utc(note.at_ns), note.severity, words(note.text)
            case _:
                for check in session.checks:
                    yield (
                        number, check.inst_id, check.name, check.recorded, check.recomputed, check.is_same
                    )  # fmt: skip
