"""The report as one HTML page: nothing from outside, no script, light or dark as the reader prefers, printable."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape

from okxmm_tui.engine.store.export import utc
from okxmm_tui.report import svg
from okxmm_tui.report.model import MarketReport, Report, SessionReport
from okxmm_tui.report.tables import (
    NONE,
    SHARES,
    Table,
    money,
    number,
    padded,
    parts_of,
    session_tables,
    share,
)

STYLE = """
:root { color-scheme: light dark; --bg: #fbfaf7; --card: #ffffff; --ink: #1d2329; --soft: #66707a; --rule: #e3e0d8;
  --gain: #0067a3; --loss: #b84a00; --line: #0067a3; --alarm: #b3001b; --s1: #56b4e9; --s2: #c9c5bb; --s3: #e69f00;
  --s4: #b3001b; }
@media (prefers-color-scheme: dark) { :root { --bg: #14181c; --card: #1b2127; --ink: #e6e3dc; --soft: #97a1ab;
  --rule: #2f3840; --gain: #6bbdf0; --loss: #f0a040; --line: #6bbdf0; --alarm: #ff6b78; --s1: #2f7fb0;
  --s2: #4a545e; --s3: #b87a10; --s4: #d0404f; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 32px 24px 64px; }
h1 { font-size: 26px; margin: 0; letter-spacing: -0.01em; } h2 { font-size: 19px; margin: 40px 0 12px; }
h3 { font-size: 14px; margin: 0 0 8px; } .lead, .note, .none, footer { color: var(--soft); font-size: 13px; }
.lead { margin: 2px 0 20px; } .note { margin: 8px 0 0; max-width: 75ch; }
.cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(132px, 1fr)); gap: 12px; margin: 16px 0; }
.grid2 { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(480px, 100%), 1fr)); gap: 16px; }
.columns { columns: 2 460px; column-gap: 16px; margin-top: 16px; }
.columns > section, main > section.wide { break-inside: avoid; margin-bottom: 16px; }
.card, section { background: var(--card); border: 1px solid var(--rule); border-radius: 10px; padding: 14px 16px; }
.grid2 > section.wide { grid-column: 1 / -1; }
.card b { display: block; font-size: 21px; font-weight: 600; font-variant-numeric: tabular-nums; }
.card span { color: var(--soft); font-size: 12px; }
.loud { background: var(--alarm); color: #fff; border-radius: 10px; padding: 14px 16px; font-weight: 600; margin: 16px 0; }
.missing { border-left: 4px solid var(--loss); padding: 4px 12px; margin: 12px 0; font-size: 13px; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 13px; font-variant-numeric: tabular-nums; }
th { text-align: right; font-weight: 600; color: var(--soft); border-bottom: 1px solid var(--rule); padding: 4px 8px; }
td { text-align: right; padding: 3px 8px; border-bottom: 1px solid var(--rule); white-space: nowrap; }
th:first-child, td:first-child, .words th, .words td { text-align: left; }
.words td:last-child { white-space: normal; } tr:last-child td { border-bottom: 0; }
tr.sum td { font-weight: 700; border-top: 2px solid var(--ink); }
.gain { color: var(--gain); fill: var(--gain); } .loss { color: var(--loss); fill: var(--loss); }
.bad { color: var(--alarm); font-weight: 700; }
svg { display: block; width: 100%; height: auto; font: 11.5px system-ui, sans-serif; }
svg .grid { stroke: var(--rule); } svg .zero { stroke: var(--soft); } svg .line { fill: none; stroke: var(--line);
  stroke-width: 1.8; stroke-linejoin: round; } svg .area { fill: var(--line); opacity: 0.12; }
svg .error { stroke-width: 1.5; stroke: currentColor; } svg .tick { fill: var(--soft); }
svg .name, svg .value { fill: var(--ink); font-size: 12px; } svg .sum { font-weight: 700; }
svg .s0 { fill: var(--gain); } svg .s1 { fill: var(--s1); } svg .s2 { fill: var(--s2); } svg .s3 { fill: var(--s3); }
svg .s4 { fill: var(--s4); }
footer { margin-top: 40px; border-top: 1px solid var(--rule); padding-top: 12px; }
.sign { display: none; }
@media print { :root { --bg: #fff; --card: #fff; --ink: #000; --soft: #555; --rule: #ccc; --gain: #0067a3;
    --loss: #b84a00; --line: #0067a3; } body { font-size: 11px; } main { max-width: none; padding: 0; }
  section, .card { break-inside: avoid; border-radius: 0; } .grid2 { display: block; }
  .grid2 > section { margin-bottom: 10px; } .sign { display: block; margin-top: 40px; } @page { margin: 16mm; } }
"""


def page(report: Report) -> str:
    """The whole page."""
    parts = [
        '<!doctype html><html lang="en"><head><meta charset="utf-8">',
        '<meta name="viewport" content="width=device-width, initial-scale=1">',
        '<meta http-equiv="Content-Security-Policy" content="default-src \'none\'; style-src \'unsafe-inline\'">',
        f"<title>okxmm-tui report, {escape(report.title)}</title><style>{STYLE}</style></head><body><main>",
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
        f"<footer>Made by okxmm-tui {escape(report.program)} from the journal and the event log; every figure is "
        "recomputed from recorded fills and events. Fees keep the venue's sign: negative is charged."
        '<p class="sign">Signed ______________________ &nbsp; Date ______________</p></footer></main></body></html>\n'
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
    turnover = sum(float(market.turnover_quote) for market in session.markets)
    yield "turnover", number(turnover, 0)
    if session.performance is not None:
        yield "max drawdown", number(session.performance.drawdown.most)
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
    yield _section(title, svg.bars(title, [*parts, ("total", float(view.decomposition.total))]))
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
        lines.append(f'<tr class="sum">{cells}</tr>' if row[0].isupper() else f"<tr>{cells}</tr>")
    kind = ' class="words"' if table.is_text else ""
    top = f"<thead><tr>{head}</tr></thead>" if any(table.head) else ""
    body = f'<div class="scroll"><table{kind}>{top}<tbody>{"".join(lines)}</tbody></table></div>' if lines else ""
    note = f'<p class="note">{escape(table.note)}</p>' if table.note else ""
    return _section(table.title, body + note, is_wide=_is_wide(table))


def _side(cell: str) -> str:
    if cell == "DIFFERS":
        return "bad"
    return "gain" if cell.startswith("+") else "loss" if cell.startswith("−") else ""  # noqa: RUF001
