"""The report as one HTML page: nothing from outside, no script, light or dark, printable."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from pathlib import Path

from okxmm_tui.engine.store.export import utc
from okxmm_tui.report import svg
from okxmm_tui.report.cells import NONE, Table, is_sum, money, number, padded, share
from okxmm_tui.report.model import MarketReport, Report, SessionReport
from okxmm_tui.report.tables import SHARES, part_digits, parts_of, session_tables

HEAD = (
    '<!doctype html><html lang="en"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1">'
    '<meta http-equiv="Content-Security-Policy" '
    "content=\"default-src 'none'; style-src 'unsafe-inline'\">"
)
STYLE = Path(__file__).with_name("page.css")


def page(report: Report) -> str:
    """The whole page."""
    title = f"okxmm-tui report, {escape(report.title)}"
    parts = [
        f"{HEAD}<title>{title}</title><style>{STYLE.read_text(encoding='utf-8')}</style></head><body><main>",
        "<header><h1>Session report</h1>",
        f'<p class="lead">{escape(report.title)}. All times are UTC.</p></header>',
    ]
    if report.differences:
        parts.append(
            f'<p class="loud">{len(report.differences)} figures differ between the record and their '
            "recomputation. Do not sign this report before that is explained.</p>"
        )
    for session in report.sessions:
        parts += _session(session)
    parts.append(
        f"<footer>Made by okxmm-tui {escape(report.program)} from the journal and the event log; every "
        "figure is recomputed from recorded fills and events. Fees keep the venue's sign: negative is a cost."
        '<p class="sign">Signed ______________________ &nbsp; Date ______________</p></footer>'
        "</main></body></html>\n"
    )
    return "".join(parts)


def _session(session: SessionReport) -> Iterator[str]:
    row = session.row
    until = utc(row.ended_ns) if row.ended_ns is not None else "no recorded end"
    yield f"<h2>Session {row.session_id}: {escape(row.mode)}, {escape(row.symbols.replace(',', ', '))}</h2>"
    yield f'<p class="lead">{utc(row.started_ns)} to {until}</p>'
    for each in session.incomplete:
        yield f'<p class="missing"><b>Incomplete:</b> {escape(each)}.</p>'
    yield '<div class="cards">'
    for label, value in _headline(session):
        yield f'<div class="card"><b class="{_side(value)}">{value}</b><span>{escape(label)}</span></div>'
    yield '</div><div class="grid2">'
    yield from _plots(session)
    yield '</div><div class="columns">'
    tables = list(session_tables(session))
    yield from (_table(table) for table in tables if not _is_wide(table))
    yield "</div>"
    yield from (_table(table) for table in tables if _is_wide(table))


def _is_wide(table: Table) -> bool:
    return len(table.head) > 3 and not table.title.startswith("Markouts")


def _headline(session: SessionReport) -> Iterator[tuple[str, str]]:
    for ccy in dict.fromkeys(market.quote_ccy for market in session.markets):
        own = [market for market in session.markets if market.quote_ccy == ccy]
        nets = [market.net_quote for market in own if market.net_quote is not None]
        yield f"net, {ccy}", money(sum(nets, start=type(nets[0])(0)), 2) if nets else NONE
    fills = sum(market.fills for market in session.markets)
    yield "fills", str(fills)
    for ccy in dict.fromkeys(market.quote_ccy for market in session.markets):
        own = [market for market in session.markets if market.quote_ccy == ccy]
        traded = [market.turnover_quote for market in own if market.turnover_quote is not None]
        yield f"turnover, {ccy}", number(sum(traded), 0) if traded else NONE
    if session.performance is not None and session.identity is not None:
        yield f"max drawdown, {session.identity.ccy}", number(session.performance.drawdown.most)
    for market in session.markets[:1] if len(session.markets) == 1 else ():
        yield "maker share", share(market.maker_share)
        if market.accounting is not None:
            yield "uptime, both sides", share(market.accounting.presence.two_sided)
    yield "figures checked", f"{len(session.checks) - len(session.differences)} / {len(session.checks)}"


def _plots(session: SessionReport) -> Iterator[str]:
    if session.equity:
        times, values = [each.at_ns for each in session.equity], [each.equity for each in session.equity]
        ccy = session.identity.ccy if session.identity is not None else ""
        yield _section(f"Equity, {ccy}", _equity(times, values), is_wide=True)
    for market in session.markets:
        yield from _market_plots(market)


def _equity(times: list[int], values: list[float]) -> str:
    return svg.curve("Equity", times, values, digits=2, width=svg.WIDE)


def _market_plots(market: MarketReport) -> Iterator[str]:
    name = market.inst_id
    times = [point.at_ns for point in market.points]
    if times:
        net, held = [each.net for each in market.points], [each.position for each in market.points]
        title = f"Net PnL, {name}, {market.quote_ccy}"
        yield _section(title, svg.curve(title, times, net, digits=2))
        title = f"Inventory, {name}, {market.size_unit}"
        yield _section(title, svg.curve(title, times, held, digits=2, is_stepped=True))
    view = market.accounting
    if view is None:
        return
    parts = [(part, float(amount)) for part, amount in parts_of(view.decomposition)]
    title = f"Where the PnL came from, {name}, {view.settle_ccy}"
    parts.append(("total", float(view.decomposition.total)))
    yield _section(title, svg.bars(title, parts, part_digits(market)))
    title = f"Markouts of maker fills, {name}, bp ± standard error"
    yield _section(title, svg.markouts(title, [row for row in view.markouts if row.dimension == "all"]))
    title = f"Quote uptime, {name}"
    shares = [getattr(view.presence, each) or 0.0 for each in SHARES]
    yield _section(title, svg.uptime(title, shares), is_wide=True)


def _section(title: str, body: str, *, is_wide: bool = False) -> str:
    kind = ' class="wide"' if is_wide else ""
    return f"<section{kind}><h3>{escape(title)}</h3>{body}</section>"


def _table(table: Table) -> str:
    head = "".join(f"<th>{escape(name)}</th>" for name in table.head)
    lines = list[str]()
    for row in table.rows:
        cells = "".join(
            f'<td class="{_side(cell)}">{escape(cell)}</td>' for cell in padded(row, len(table.head))
        )
        lines.append(f'<tr class="sum">{cells}</tr>' if is_sum(table, row) else f"<tr>{cells}</tr>")
    kind = ' class="words"' if table.is_text else ""
    top = f"<thead><tr>{head}</tr></thead>" if any(table.head) else ""
    body = (
        f'<div class="scroll"><table{kind}>{top}<tbody>{"".join(lines)}</tbody></table></div>'
        if lines
        else ""
    )
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return _section(table.title, body + note, is_wide=_is_wide(table))


def _side(cell: str) -> str:
    if cell == "DIFFERS":
        return "bad"
    return "gain" if cell.startswith("+") else "loss" if cell.startswith("−") else ""  # noqa: RUF001
