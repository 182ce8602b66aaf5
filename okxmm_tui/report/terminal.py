"""The report on a terminal: tables, and plots of block characters."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import TextIO

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table as RichTable
from rich.text import Text

from okxmm_tui.report.cells import Table, axis_number, is_sum, money, share
from okxmm_tui.report.model import MarketReport, Report, SessionReport
from okxmm_tui.report.tables import SHARES, part_digits, parts_of, session_tables

PLOT_WIDTH, PLOT_HEIGHT, BAR_WIDTH = 100, 6, 40
LABEL_WIDTH = 16
BLOCKS = " ▁▂▃▄▅▆▇█"
GAIN, LOSS, CALM = "#56b4e9", "#e69f00", "dim"
SHARE_FILLS = ("█", "▓", "░", "▒", "×")  # noqa: RUF001


def write(report: Report, out: TextIO, *, width: int | None = None) -> None:
    """Print a report; colours only where the stream is a terminal that wants them."""
    console = Console(file=out, width=width, highlight=False)
    console.rule(f"okxmm-tui report · {report.title}")
    if report.differences:
        text = f" {len(report.differences)} FIGURES DIFFER BETWEEN THE RECORD AND ITS RECOMPUTATION "
        console.print(Text(text, style="bold white on red"))
    for session in report.sessions:
        for table in session_tables(session):
            _print_table(console, table)
            if table.title.startswith("Where it came from"):
                _print_parts(console, session, table.title)
            if table.title == "Account":
                _print_plots(console, session)
        for market in session.markets:
            _print_uptime(console, market)


def _print_table(console: Console, table: Table) -> None:
    loud = table.title.isupper()
    console.print()
    console.print(Text(table.title, style="bold white on red" if loud else "bold"))
    if table.rows:
        shown = RichTable(box=SIMPLE_HEAD, show_header=any(table.head), pad_edge=False)
        for at, name in enumerate(table.head):
            justify = "right" if at and not table.is_text else "left"
            shown.add_column(name, justify=justify, overflow="fold", no_wrap=at == 0)
        for row in table.rows:
            cells = (Text(cell, style=_style(cell)) for cell in row)
            shown.add_row(*cells, style="bold" if is_sum(table, row) else None)
        console.print(shown)
    if table.note:
        style = "bold red" if "INCOMPLETE" in table.note or loud else CALM
        console.print(Text(table.note, style=style))


def _style(cell: str) -> str:
    if cell.startswith("+"):
        return GAIN
    if cell == "DIFFERS":
        return "bold white on red"
    return LOSS if cell.startswith("−") else ""  # noqa: RUF001


def _print_plots(console: Console, session: SessionReport) -> None:
    width = min(PLOT_WIDTH, console.width - LABEL_WIDTH)
    equity = [point.equity for point in session.equity]
    if len(equity) > 1:
        _draw(console, "equity", blocks(equity, width, PLOT_HEIGHT), (max(equity), min(equity)))
    for market in session.markets:
        curves = (
            ("net PnL", [point.net for point in market.points]),
            ("inventory", [point.position for point in market.points]),
        )
        for name, values in curves:
            if len(values) > 1:
                most = max(abs(value) for value in values)
                lines = signed_blocks(values, width, PLOT_HEIGHT // 2)
                _draw(console, f"{name}, {market.inst_id}", lines, (most, -most))


def _draw(console: Console, title: str, lines: Sequence[str], ends: tuple[float, float]) -> None:
    console.print(Text(f"\n{title}", style="bold"))
    labels = {0: axis_number(ends[0], *ends), len(lines) - 1: axis_number(ends[1], *ends)}
    for at, line in enumerate(lines):
        label = labels.get(at, "")
        console.print(Text.assemble(f"{label:>{LABEL_WIDTH - 2}} │", (line, GAIN)), no_wrap=True)


def signed_blocks(values: Sequence[float], width: int, half: int) -> list[str]:
    """Columns from a zero line in the middle: eighths of a line upwards, halves downwards; top line first."""
    picked = [max(each, key=abs) for each in _spread_over(values, width)]
    most = max(abs(value) for value in values) or 1.0
    above = [round(max(0.0, value) / most * 8 * half) for value in picked]
    below = [round(max(0.0, -value) / most * 2 * half) for value in picked]
    return [
        "".join(BLOCKS[max(0, min(8, level - 8 * floor))] for level in above)
        for floor in range(half - 1, -1, -1)
    ] + ["".join(" ▀█"[max(0, min(2, level - 2 * floor))] for level in below) for floor in range(half)]


def blocks(values: Sequence[float], width: int, height: int) -> list[str]:
    """A filled curve in eighths of a line, top line first; a flat one is drawn at half height."""
    picked = [each[-1] for each in _spread_over(values, width)]
    low, high = min(values), max(values)
    span = high - low
    eighths = [round((value - low) / span * (8 * height - 1)) + 1 if span else 4 * height for value in picked]
    return [
        "".join(BLOCKS[max(0, min(8, level - 8 * floor))] for level in eighths)
        for floor in range(height - 1, -1, -1)
    ]


def _spread_over(values: Sequence[float], width: int) -> list[Sequence[float]]:
    """The values each column stands for, at least one."""
    edges = [at * len(values) // width for at in range(width + 1)]
    return [values[first : max(last, first + 1)] for first, last in pairwise(edges)]


def _print_parts(console: Console, session: SessionReport, title: str) -> None:
    market = next((each for each in session.markets if title.endswith(each.inst_id)), None)
    if market is None or market.accounting is None:
        return
    parts = [*parts_of(market.accounting.decomposition), ("total", market.accounting.decomposition.total)]
    most = max(abs(amount) for _, amount in parts) or 1
    half = BAR_WIDTH // 2
    for name, amount in parts:
        length = round(float(abs(amount) / most) * half)
        left = ("█" * length).rjust(half) if amount < 0 else " " * half
        right = ("█" * length).ljust(half) if amount > 0 else " " * half
        bar = Text.assemble((left, LOSS), ("│", CALM), (right, GAIN))
        console.print(Text.assemble(f"{name:>8} ", bar, f" {money(amount, part_digits(market))}"))


def _print_uptime(console: Console, market: MarketReport) -> None:
    if market.accounting is None:
        return
    presence = market.accounting.presence
    shares = [(name, getattr(presence, name) or 0.0) for name in SHARES]
    width = min(PLOT_WIDTH, console.width - 1)
    bar = "".join(fill * int(width * value) for fill, (_, value) in zip(SHARE_FILLS, shares, strict=True))
    console.print(Text(f"\nuptime, {market.inst_id}", style="bold"))
    console.print(Text(bar, style=GAIN))
    legend = "  ".join(
        f"{fill} {name.replace('_', ' ')} {share(value)}"
        for fill, (name, value) in zip(SHARE_FILLS, shares, strict=True)
    )
    console.print(Text(legend, style=CALM))
