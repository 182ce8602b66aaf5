"""The session in curves and tables: equity, inventory, where the result comes from, what fills were worth."""

from __future__ import annotations

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.series import Series
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, left, right, spread, waiting, width_of
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.pnl import curve, decomposition
from okxmm_tui.console.widgets.scrolled import ScrolledPanel
from okxmm_tui.core.accounting.retention import RetentionView
from okxmm_tui.core.accounting.tail import TailView
from okxmm_tui.core.accounting.views import AccountingView

CELL = 9
NAME_WIDTH = 24
CURVE_ROWS = 5
"""Rows the curve of the equity keeps for itself."""
UNCHANGED = "unchanged since this console opened"
FLAT = "flat since this console opened"
MARKOUTS_FROM_HEIGHT = 8
"""Rows from which there is room for what a fill is expected to earn too."""


class EquityPanel(LinePanel, can_focus=True):
    """Equity since this console opened, as its change."""

    TITLE = "EQUITY"
    IS_SLOW = True
    HELP = "Change of the account's equity since this console opened, once a second; net PnL where not known."

    def badge(self, view: View) -> Line:
        """How far back the curve reaches, and the present figure."""
        account = view.snapshot.account_view if view.snapshot else None
        if account is None or account.equity is None:
            return EMPTY
        text = f"{fmt.amount_text(account.equity, account.ccy)} {account.ccy}"
        return (_reach(view, view.history.equity), (text, "text"))

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The curve, and the account's ratios below it."""
        if view.snapshot is None or view.market is None:
            return waiting(height, width, "no engine yet")
        samples = view.history.equity.values()
        tail = _performance(view, width)[: height - CURVE_ROWS] if height >= 8 else []
        if len(samples) < 2:
            return curve(view.market.pnl_history, width, height - len(tail)) + tail
        changes = tuple(value - samples[0] for value in samples)
        return curve(changes, width, height - len(tail), flat=UNCHANGED) + tail


def _reach(view: View, series: Series) -> Span:
    """How far back a curve goes, whatever pictures were missed meanwhile; nothing while there is none."""
    if view.snapshot is None or series.count < 2:
        return ("", "muted")
    return (f"{fmt.calm_age_text(view.snapshot.at_ns - view.history.since_ns)} · ", "muted")


def _performance(view: View, width: int) -> list[Line]:
    snapshot = view.snapshot
    performance = snapshot.performance if snapshot is not None else None
    if snapshot is None or performance is None:
        return [((clip(tr("drawdown and ratios: not enough equity samples yet"), width), "muted"),)]
    fall, ratios = performance.drawdown, performance.ratios
    sharpe = fmt.NONE if ratios.sharpe_minutes is None else f"{ratios.sharpe_minutes:+.2f}"
    word = tr(" indicative") if ratios.is_indicative and ratios.sharpe_minutes is not None else ""
    ccy = snapshot.identity.ccy if snapshot.identity else snapshot.account_view.ccy
    decimals = fmt.money_decimals(ccy)
    # The title's equity is the settlement currency's; these count all currencies, in the reporting one.
    unit = "" if ccy == snapshot.account_view.ccy else f" {ccy}"
    present, most = f"{fall.present:,.{decimals}f}", f"{fall.most:,.{decimals}f}{unit}"
    pieces = [
        f"{tr('drawdown')} {present}, {tr('most')} {most} ({fall.most_share:.2%})",
        f"{tr('sharpe')} {sharpe}{word}",
    ]
    if performance.tail is not None:
        pieces += _bad_minutes(performance.tail, decimals, unit)
    if snapshot.identity is not None and snapshot.identity.holding is not None:
        pieces.append(f"{tr('holding')} {fmt.money_text(snapshot.identity.holding, decimals)}{unit}")
    return [((clip(line, width), "muted"),) for line in _packed(pieces, width)]


def _bad_minutes(tail: TailView, decimals: int, unit: str) -> list[str]:
    named = ((tr("worst minute"), tail.worst_minute), (tr("shortfall 95%"), tail.shortfall_95))
    return [
        f"{name} {fmt.NONE if value is None else f'{value:+,.{decimals}f}{unit}'}" for name, value in named
    ]


def _packed(pieces: list[str], width: int) -> list[str]:
    """Pieces in as few lines as they go into whole."""
    lines: list[str] = []
    for piece in pieces:
        joined = f"{lines[-1]}   {piece}" if lines else piece
        if lines and width_of(joined) <= width:
            lines[-1] = joined
        else:
            lines.append(piece)
    return lines


class InventoryPanel(LinePanel, can_focus=True):
    """Position over time."""

    TITLE = "INVENTORY"
    IS_SLOW = True
    HELP = "Signed position of the market in focus, a sample a second since this console opened."

    def badge(self, view: View) -> Line:
        """How far back the curve reaches, and the present position."""
        if view.market is None:
            return EMPTY
        instrument = view.market.instrument
        text = f"{fmt.signed_size_text(instrument, view.market.position_lots)} {instrument.size_unit}"
        series = view.history.inventory.get(instrument.inst_id)
        return ((text, "text"),) if series is None else (_reach(view, series), (text, "text"))

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """The curve."""
        if view.market is None:
            return waiting(height, width, "no engine yet")
        series = view.history.inventory.get(view.market.instrument.inst_id)
        if series is None or series.count < 2:
            return waiting(height, width, "the curve begins with the next second")
        return curve(series.values(), width, height, roles=("bid", "ask"), flat=FLAT)


class MarkoutsPanel(LinePanel, can_focus=True):
    """Were the fills good: the mid's move after them, by horizon."""

    TITLE = "MARKOUTS"
    IS_SLOW = True
    HELP = (
        "Mean move of the mid after our maker fills, in bps, with its standard error; 0s is the spread. "
        "Below it what a fill is expected to earn: capture, what the mid took within 30 s, fee and funding; "
        "while no fill is 30 s old the quoted half-spread stands for the capture."
    )

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """One line a bucket, one column a horizon."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        books = market.accounting
        if books is None or not books.markouts:
            return waiting(height, width, "no maker fill has been measured yet")
        horizons = sorted({row.horizon_s for row in books.markouts})
        horizons = horizons[: max(1, (width - 22) // CELL)]
        room = max(14, min(NAME_WIDTH, width - 8 - CELL * len(horizons)))
        head = (
            left("bps", room)
            + "".join(right(f"{horizon}s", CELL) for horizon in horizons)
            + right(tr("fills"), 8)
        )
        table: list[Line] = [((head, "head"),), *_markout_lines(books, horizons, room)]
        edges = _edge_lines(books, width) if height >= MARKOUTS_FROM_HEIGHT else []
        # What it comes to is never below the fold: buckets make room where rows are scarce.
        gap = [EMPTY] if edges and len(table) + len(edges) < height else []
        return [*table[: height - len(edges)], *gap, *edges]


def _edge_lines(books: AccountingView, width: int) -> list[Line]:
    if not books.edges:
        return []
    room = max(10, min(NAME_WIDTH, width - 8 - CELL * 4))
    names = ("capture", "adverse", "costs", "edge")
    cells = "".join(right(tr(name, "short"), CELL) for name in names)
    lines: list[Line] = [((left(tr("edge, bps"), room) + cells + right(tr("fills"), 8), "head"),)]
    for row in books.edges:
        parts = (row.capture_bps, -row.adverse_bps, -row.fee_bps - row.funding_bps, row.edge_bps)
        spans: list[Span] = [(left(tr(row.side or "all"), room), "text" if row.side else "strong")]
        # Without a fill that was measured the quotes stand for it: no colour for what nobody earned.
        texts = (fmt.bps_text(part, 2) for part in parts)
        spans += [(right(text, CELL), fmt.sign_role(text) if row.fills else "muted") for text in texts]
        lines.append((*spans, (right(f"{row.fills:,}", 8), "muted")))
    return lines


def _markout_lines(books: AccountingView, horizons: list[int], room: int) -> list[Line]:
    # All of them first, and the error under its mean; the rest as the engine sorts them.
    rows = sorted(books.markouts, key=lambda row: row.dimension != "all")
    buckets = dict.fromkeys((row.dimension, row.bucket) for row in rows)
    cells = {(row.dimension, row.bucket, row.horizon_s): row for row in books.markouts}
    lines: list[Line] = []
    for dimension, bucket in buckets:
        name = tr("all") if dimension == "all" else f"{tr(dimension)} {tr(bucket)}"
        spans: list[Span] = [(left(name, room), "strong" if dimension == "all" else "text")]
        count = 0
        for horizon in horizons:
            row = cells.get((dimension, bucket, horizon))
            mean = row.mean_bps if row else None
            count = max(count, row.count if row else 0)
            text = fmt.bps_text(mean, 2)
            spans.append((right(text, CELL), "muted" if mean is None else fmt.sign_role(text)))
        lines.append((*spans, (right(f"{count:,}", 8), "muted")))
        if dimension == "all":
            errors = (cells.get((dimension, bucket, horizon)) for horizon in horizons)
            texts = (f"±{row.error_bps:.2f}" if row and row.error_bps is not None else "" for row in errors)
            lines.append(((left("", room) + "".join(right(text, CELL) for text in texts), "muted"),))
    return lines


class ResultPanel(ScrolledPanel):
    """The result taken apart, and what the trading looked like."""

    TITLE = "RESULT"
    IS_SLOW = True
    HELP = "Where the result comes from, fees with the venue's sign, presence in the market and activity."

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Decomposition, period, quality."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        if market.accounting is None:
            return waiting(height, width, "the books open with the first fill")
        return self.part([*decomposition(market, width), EMPTY, *_quality(market.accounting, width)], height)


def _quality(books: AccountingView, width: int) -> list[Line]:
    session, presence, trips = books.session, books.presence, books.episodes
    rate = fmt.NONE if trips.win_rate is None else f"{trips.win_rate:.0%}"
    fees = fmt.NONE if session.fee_bps is None else fmt.bps_text(session.fee_bps, 2)
    ratio = books.activity.order_to_trade
    pairs = (
        ("net", fmt.money_text(books.net_quote, fmt.money_decimals(books.quote_ccy))),
        ("turnover", f"{session.turnover_quote:,.0f} {books.quote_ccy}"),
        ("fees of turnover", f"{fees} bps"),
        ("maker share", fmt.share_text(session.maker_share)),
        ("two-sided, by depth", f"{fmt.share_text(presence.two_sided)} / {fmt.share_text(presence.depth)}"),
        ("round trips", tr(f"{trips.won}:{trips.lost}, won {rate}")),
        ("orders to trade", fmt.NONE if ratio is None else f"{ratio:.1f}"),
        ("accrued funding", _accrued(books)),
        ("own share, OKX fill ratio", f"{_volume_share(books.own_share)} / {_ratio(books.fill_ratio)}"),
        ("kept off target, moved", _kept(books.retention)),
    )
    return [spread(((tr(name), "muted"),), ((text, "text"),), width) for name, text in pairs]


def _accrued(books: AccountingView) -> str:
    if books.funding is None:
        return fmt.NONE
    ccy = books.settle_ccy
    return f"{fmt.money_text(books.funding.accrued, fmt.money_decimals(ccy))} {ccy}"


def _volume_share(share: float | None) -> str:
    """Of a market's volume ours is rarely a per cent."""
    return fmt.NONE if share is None else f"{share:.3%}"


def _ratio(ratio: float | None) -> str:
    return fmt.NONE if ratio is None else f"{ratio:,.1f}"


def _kept(retention: RetentionView | None) -> str:
    if retention is None:
        return fmt.NONE
    return f"{retention.held:,} / {retention.moved:,}"
