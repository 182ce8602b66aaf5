"""Position and profit, taken apart, with a signed curve of the session's net."""

from __future__ import annotations

from decimal import Decimal

from okxmm_tui.console import formatting as fmt
from okxmm_tui.console.language import tr
from okxmm_tui.console.series import resampled
from okxmm_tui.console.spans import EMPTY, Line, Span, clip, fit, left, line_width, right, spread, waiting
from okxmm_tui.console.staleness import account_problem, mark_problem
from okxmm_tui.console.view import View
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.core.market_views import MarketView

PARTS_FROM_HEIGHT = 16
ARROWS = {"gain": "▴", "loss": "▾", "text": " "}
"""Beside a result, by its colour."""


class Pnl(LinePanel):
    """Position and PnL of the market in focus."""

    TITLE = "POSITION & PnL"
    HELP = (
        "Of the market in focus: position and its average price, result by part in the quote currency, and "
        "the net of the last five minutes as a curve. Equity is the account's."
    )
    IS_SLOW = True

    def badge(self, view: View) -> Line:
        """Currency everything is counted in."""
        return EMPTY if view.market is None else ((view.market.instrument.quote_ccy, "muted"),)

    def stale_note(self, view: View) -> str:
        """Whether the venue still tells of the account, and what it is valued at."""
        return account_problem(view) or mark_problem(view)

    def news(self, view: View) -> object:
        """The position: beside the banner's, a second one that is older would look like a mistake."""
        return (view.market.instrument.inst_id, view.market.position_lots) if view.market else None

    def rows(self, view: View, width: int, height: int) -> list[Line]:
        """Compact pairs where rows are scarce, else a column of figures and the curve."""
        market = view.market
        if market is None:
            return waiting(height, width, "no engine yet")
        if height < 6:
            return _compact(market, width)
        lines = [_position(market, width), *_figures(market, width)]
        if height >= 10:
            lines.append(_account(view, width))
        parts = decomposition(market, width) if height >= PARTS_FROM_HEIGHT else []
        lines += [*parts, EMPTY]
        return lines + curve(market.pnl_history, width, height - len(lines))


def _position(market: MarketView, width: int) -> Line:
    instrument, lots = market.instrument, market.position_lots
    role = "text" if not lots else ("pos-long" if lots > 0 else "pos-short")
    word = left(tr("flat" if not lots else ("long" if lots > 0 else "short")), 5)
    head: Line = ((f"{word} {fmt.signed_size_text(instrument, lots)} {instrument.size_unit}", role),)
    room = width - line_width(head) - 1
    # The size is never cut: what it was entered at is rounded to a tick, or left out.
    texts = (
        fmt.exact_price_text(instrument, market.average_price),
        fmt.mark_text(instrument, market.average_price),
    )
    entry = next((text for text in texts if len(text) + 2 <= room), "") if lots else ""
    return spread(head, ((f"@ {entry}", "muted"),) if entry else EMPTY, width)


def _figures(market: MarketView, width: int) -> list[Line]:
    figures = (
        ("realised", market.realised_quote),
        ("unrealised", market.unrealised_quote),
        ("fees", market.fees_quote),
    )
    decimals = fmt.money_decimals(market.instrument.quote_ccy)
    texts = ((name, fmt.money_text(value, decimals)) for name, value in figures)
    lines: list[Line] = [
        spread(((tr(name), "muted"),), ((text, fmt.sign_role(text)),), width) for name, text in texts
    ]
    net = fmt.money_text(market.net_quote, decimals)
    role = fmt.sign_role(net)
    lines.append(spread(((tr("net"), "strong"),), ((f"{ARROWS[role]} {net}", role),), width))
    return lines


def decomposition(market: MarketView, width: int) -> list[Line]:
    """Where the result comes from, two parts a row; nothing while the books know nothing."""
    books = market.accounting
    if books is None:
        return []
    parts = books.decomposition
    named = (
        ("spread", parts.spread), ("adverse", parts.adverse), ("drift", parts.drift), ("fees", parts.fees),
        ("rebates", parts.rebates), ("funding", parts.funding), ("taker", parts.taker),
        ("other", parts.other),
    )  # fmt: skip
    half = (width - 2) // 2
    texts = ((name, fmt.fitted_money(value, books.settle_ccy, half - 9)) for name, value in named)
    cells = [
        spread(((tr(name, "short"), "muted"),), ((text, fmt.sign_role(text)),), half) for name, text in texts
    ]
    rows: list[Line] = [
        (*first, ("  ", "text"), *second) for first, second in zip(cells[::2], cells[1::2], strict=True)
    ]
    title = tr(f"incomplete: {books.incomplete}") if books.incomplete else tr("where it comes from")
    if books.settle_ccy != books.quote_ccy:
        title = f"{title}, {books.settle_ccy}"
    return [((clip(f"── {title} ", width), "muted"),), *rows]


def _account(view: View, width: int) -> Line:
    account = view.snapshot.account_view if view.snapshot else None
    head: Line = ((tr("equity"), "muted"),)
    if account is None or account.equity is None:
        return spread(head, ((tr("not known yet"), "muted"),), width)
    # Equity is in the settlement currency, all above it in the quote currency: an inverse contract has two.
    is_same = view.market is not None and view.market.instrument.quote_ccy == account.ccy
    text = fmt.amount_text(account.equity, account.ccy)
    return spread(head, ((text if is_same else f"{text} {account.ccy}", "text"),), width)


def _compact(market: MarketView, width: int) -> list[Line]:
    half = width // 2

    def cell(name: str, value: Decimal) -> tuple[Span, Span]:
        text = fmt.fitted_money(value, market.instrument.quote_ccy, half - 8)
        return (left(tr(name, "short"), 5), "muted"), (right(text, half - 7) + "  ", fmt.sign_role(text))

    return [
        _position(market, width),
        (*cell("real", market.realised_quote), *cell("unrl", market.unrealised_quote)),
        (*cell("net", market.net_quote), *cell("fees", market.fees_quote)),
    ]


def curve(
    history: tuple[float, ...],
    width: int,
    height: int,
    *,
    roles: tuple[str, str] = ("gain", "loss"),
    flat: str = "flat until now",
) -> list[Line]:
    """Signed area curve: gains stand on the zero line, losses hang from it; ``flat`` where all is zero."""
    if height < 1 or width < 1:
        return []
    values = resampled(history, width)
    if not values:
        return waiting(height, width, "no history yet")
    if not any(values):
        said = waiting(height, width, flat)
        return [fit(line, width) for line in (*said, *[EMPTY] * (height - len(said)))]
    top, bottom = max(0.0, *values), min(0.0, *values)
    span = (top - bottom) or 1.0
    above = height if bottom == 0 else min(height - 1, max(1 if top else 0, round(height * top / span)))
    below = height - above
    pad = width - len(values)
    per_row = max(top / above if above else 0.0, -bottom / below if below else 0.0) or 1.0
    up, down = roles
    tops = [(above - y - 1) * per_row for y in range(above)]
    rows = [_row([(v - floor) / per_row for v in values], up, pad) for floor in tops]
    lows = [y * per_row for y in range(below)]
    return rows + [_row([(-v - floor) / per_row for v in values], down, pad, fmt.HANGING) for floor in lows]


def _row(shares: list[float], role: str, pad: int, cells: str = fmt.RISING) -> Line:
    """One row of cells, each filled by a share of its height."""
    text = "".join(cells[max(0, min(8, round(share * 8)))] for share in shares)
    return ((" " * pad, "text"), (text, role))
