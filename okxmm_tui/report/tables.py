"""The tables of a report as text cells; the terminal and the HTML page show the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from decimal import Decimal

from okxmm_tui.core.accounting.attribution import Decomposition
from okxmm_tui.core.accounting.tail import TailView
from okxmm_tui.core.accounting.views import AccountingView
from okxmm_tui.engine.store.export import utc
from okxmm_tui.engine.store.reading import SessionRow
from okxmm_tui.report.cells import NONE, Table, money, number, quantity, share
from okxmm_tui.report.model import MarketReport, SessionReport

PARTS = ("spread", "adverse", "drift", "fees", "rebates", "funding", "taker", "other")
SHARES = ("two_sided", "one_sided", "absent", "paused_by_risk", "paused_by_fault")
EDGE_SIDES = {"": "both sides", "buy": "buys", "sell": "sells"}
SHARPE_CAVEAT = (
    "Annualised from one-minute returns, which are autocorrelated; with fewer than 30 whole days it is "
    "indicative only and says nothing about the next day."
)


def is_coin(market: MarketReport) -> bool:
    """Whether its PnL is settled in coin: inverse contracts."""
    return market.settle_ccy not in {"", market.quote_ccy}


def part_digits(market: MarketReport) -> int:
    """Digits after the point of amounts in settlement currency."""
    return 8 if is_coin(market) else 4


def session_tables(session: SessionReport) -> Iterator[Table]:
    """All tables of one session, in reading order."""
    yield header(session)
    if session.differences:
        yield _differences(session)
    yield _markets(session)
    for market in session.markets:
        if market.accounting is not None:
            yield decomposition(market, market.accounting)
    if session.identity is not None:
        yield _account(session)
    for market in session.markets:
        if market.accounting is not None:
            yield _markouts(market, market.accounting)
            if market.accounting.edges:
                yield _edges(market, market.accounting)
    if any(market.accounting is not None for market in session.markets):
        yield _quality(session)
    yield _params(session)
    yield _alarms(session)
    yield _checks(session)


def _last_words(row: SessionRow) -> str:
    if row.exit_code is None:
        return row.last_words or "none: it was killed, or still runs"
    return f"{row.last_words or NONE} (exit code {row.exit_code})"


def header(session: SessionReport) -> Table:
    """What ran, where and when."""
    row = session.row
    seconds = (row.ended_ns - row.started_ns) / 1e9 if row.ended_ns is not None else None
    return Table(
        f"Session {row.session_id}",
        ("", ""),
        (
            ("venue", row.mode),
            ("account", row.account or NONE),
            ("order tag", row.tag or NONE),
            ("instruments", row.symbols.replace(",", ", ")),
            ("strategy at start", row.strategy),
            ("started", utc(row.started_ns)),
            ("ended", utc(row.ended_ns) if row.ended_ns is not None else "not recorded"),
            ("duration", f"{seconds:,.1f} s" if seconds is not None else NONE),
            ("last words", _last_words(row)),
            ("program version", row.program or "not recorded"),
        ),
        "; ".join(f"INCOMPLETE: {each}" for each in session.incomplete),
        is_text=True,
    )


def _markets(session: SessionReport) -> Table:
    lines: tuple[tuple[str, Callable[[MarketReport], str]], ...] = (
        ("fills (maker)", lambda m: f"{m.fills} ({m.maker_fills})"),
        ("bought", lambda m: f"{m.bought:f} {m.size_unit}"),
        ("sold", lambda m: f"{m.sold:f} {m.size_unit}"),
        ("turnover", lambda m: number(m.turnover_quote)),
        ("maker share of turnover", lambda m: share(m.maker_share)),
        ("position at open", lambda m: quantity(m.position_open, m.size_unit)),
        ("position at close", lambda m: quantity(m.position_close, m.size_unit)),
        ("average price", lambda m: f"{m.average_price:,.4f}" if m.average_price is not None else NONE),
        ("realised", lambda m: money(m.realised_quote)),
        ("unrealised", lambda m: money(m.unrealised_quote)),
        ("fees", lambda m: money(m.fees_quote)),
        ("rebates", lambda m: money(m.rebates_quote)),
        ("funding", lambda m: money(m.funding_quote)),
        ("interest, forced, converted", lambda m: money(m.other_quote)),
        ("NET", lambda m: money(m.net_quote)),
        ("return on volume", _bps),
        ("funding accrued, not settled", _accrued),
    )
    note = (
        "Fees keep the venue's sign: negative is charged. Unrealised is on the mark price at the end, or on "
        "the mid where there is none. Accrued funding is an estimate and in no other line."
    )
    if any(is_coin(market) for market in session.markets):
        lines = (*lines, ("net in coin", _coin))
        note += " Coin is converted at the price of each booking."
    if any(_fees_in_cost(market) for market in session.markets):
        lines = (*lines, ("fees in base currency", lambda m: money(_fees_in_cost(m))))
        note += " Fees in base currency are part of the cost already, and so of realised and unrealised."
    head = ("", *(f"{m.inst_id} ({m.quote_ccy})" for m in session.markets))
    rows = tuple((name, *(show(m) for m in session.markets)) for name, show in lines)
    return Table("Profit and loss by market", head, rows, note)


def _accrued(market: MarketReport) -> str:
    funding = market.accounting.funding if market.accounting is not None else None
    return money(funding.accrued_quote) if funding is not None else NONE


def _coin(market: MarketReport) -> str:
    if market.accounting is None or not is_coin(market):
        return NONE
    return f"{money(market.accounting.net_settle, part_digits(market))} {market.settle_ccy}"


def _fees_in_cost(market: MarketReport) -> Decimal:
    return market.accounting.session.fees_in_cost_quote if market.accounting is not None else Decimal(0)


def _bps(market: MarketReport) -> str:
    if market.net_quote is None or not market.turnover_quote:
        return NONE
    return f"{money(float(market.net_quote / market.turnover_quote) * 1e4, 2)} bp"


def parts_of(parts: Decomposition) -> list[tuple[str, Decimal]]:
    """Name and amount of every part."""
    return [(name, getattr(parts, name)) for name in PARTS]


def decomposition(market: MarketReport, view: AccountingView) -> Table:
    """Where the PnL came from; sums exactly."""
    parts, digits = parts_of(view.decomposition), part_digits(market)
    rows = [(name, money(amount, digits)) for name, amount in parts]
    rows.append(("TOTAL", money(view.decomposition.total, digits)))
    note = (
        "Spread against the mid just before each maker fill; adverse is the mid's move within 5 s after it; "
        "drift the rest of the inventory's gain; marked at the mid, so it may differ from NET by mark − mid."  # noqa: RUF001
    )
    if view.brought_in:
        rows.append(("brought in", money(view.brought_in, digits)))
        note += (
            " Brought in: what the position from before the session had gained or lost by then; NET "
            "holds it, the total does not."
        )
    return Table(f"Where it came from: {market.inst_id}", ("", view.settle_ccy), tuple(rows), note)


def _account(session: SessionReport) -> Table:
    identity, performance = session.identity, session.performance
    if identity is None:
        return Table("Account", ("", ""), ())
    names = (
        "opening", "transfers", "realised", "unrealised", "fees", "funding", "interest", "forced",
        "conversion", "revaluation", "residual", "equity",
    )  # fmt: skip
    rows = [(name, money(getattr(identity, name))) for name in names]
    rows[0] = ("opening", number(float(identity.opening), 4))
    rows[-1] = ("EQUITY", number(float(identity.equity), 4))
    if performance is not None:
        drawdown, ratios = performance.drawdown, performance.ratios
        rows += [
            ("max drawdown", f"{number(drawdown.most, 4)} ({100 * drawdown.most_share:.4f} %)"),
            ("  peak at", utc(drawdown.start_ns) if drawdown.start_ns else NONE),
            ("  lowest at", utc(drawdown.trough_ns) if drawdown.trough_ns else NONE),
            ("  recovered at", utc(drawdown.recovered_ns) if drawdown.recovered_ns else "not recovered"),
            *_bad_minutes(performance.tail),
            ("average equity", number(performance.average_equity)),
            ("turnover over equity, per day", number(performance.turnover_per_day)),
            (f"Sharpe, minutes ({ratios.minutes})", number(ratios.sharpe_minutes)),
            (f"Sharpe, days ({ratios.days})", number(ratios.sharpe_days)),
            ("Sortino", number(ratios.sortino)),
            ("Calmar", number(ratios.calmar)),
            ("fill ratio, OKX", number(performance.fill_ratio)),
        ]
    rows += [
        ("gain without transfers", money(identity.gain)),
        ("gain of holding what was there", money(identity.holding)),
    ]
    verdict = "the books agree with the venue" if identity.is_trustworthy else identity.reason
    return Table(
        "Account",
        ("", identity.ccy),
        tuple(rows),
        f"Residual within ±{number(float(identity.tolerance))}: {verdict}. Sharpe: {SHARPE_CAVEAT}",
    )


def _bad_minutes(tail: TailView | None) -> list[tuple[str, str]]:
    if tail is None:
        return []
    return [
        ("worst minute", money(tail.worst_minute)),
        ("  ended at", utc(tail.worst_minute_ns) if tail.worst_minute_ns else NONE),
        ("worst five minutes", money(tail.worst_five)),
        ("  ended at", utc(tail.worst_five_ns) if tail.worst_five_ns else NONE),
        ("expected shortfall of a minute, 95 %", money(tail.shortfall_95)),
        ("expected shortfall of a minute, 99 %", money(tail.shortfall_99)),
    ]


def _edges(market: MarketReport, view: AccountingView) -> Table:
    rows = tuple(
        (
            EDGE_SIDES[row.side],
            money(row.capture_bps, 2),
            money(-row.adverse_bps, 2),
            money(-row.fee_bps, 2),
            money(-row.funding_bps, 2),
            money(row.edge_bps, 2),
            f"± {number(row.error_bps)}",
            str(row.fills),
        )
        for row in view.edges
    )
    head = ("bp", "capture", "adverse", "maker fee", "funding", "edge", "standard error", "fills")
    note = (
        "What a maker fill is expected to earn, costs negative: capture and adverse of the fills whose mids "
        "just before and 30 s after are known, the fee of now, and funding for the mean holding time. "
        "Without such fills the quoted half-spread stands for the capture."
    )
    return Table(f"Expected edge of a fill: {market.inst_id}", head, rows, note)


def _markouts(market: MarketReport, view: AccountingView) -> Table:
    rows = tuple(
        (
            "spread capture" if row.horizon_s == 0 else f"{row.horizon_s} s",
            money(row.mean_bps, 2),
            f"± {number(row.error_bps)}",
            str(row.count),
            str(row.missing),
        )
        for row in view.markouts
        if row.dimension == "all"
    )
    head = ("horizon", "mean bp", "standard error", "fills", "missing")
    note = (
        "Missing: no trusted mid at the horizon. Fills whose horizon lies after the end are not counted."
        if rows
        else "No maker fills."
    )
    return Table(f"Markouts: {market.inst_id}", head, rows, note)


def _quality(session: SessionReport) -> Table:
    lines: tuple[tuple[str, Callable[[MarketReport, AccountingView], str]], ...] = (
        ("market open", lambda _, v: f"{v.presence.open_s:,.1f} s"),
        ("uptime, both sides", lambda _, v: share(v.presence.two_sided)),
        ("uptime, weighted by depth", lambda _, v: share(v.presence.depth)),
        ("one side only", lambda _, v: share(v.presence.one_sided)),
        ("absent", lambda _, v: share(v.presence.absent)),
        ("paused by risk", lambda _, v: share(v.presence.paused_by_risk)),
        ("paused by fault", lambda _, v: share(v.presence.paused_by_fault)),
        ("orders placed", lambda _, v: str(v.activity.orders_new)),
        ("amends / cancels", lambda _, v: f"{v.activity.orders_amended} / {v.activity.orders_cancelled}"),
        ("fill ratio, orders", lambda _, v: share(v.activity.order_fill_ratio)),
        ("fill ratio, quantity", lambda _, v: share(v.activity.quantity_fill_ratio)),
        ("fill ratio, OKX", lambda _, v: number(v.fill_ratio)),
        ("own share of the volume", lambda _, v: _small_share(v.own_share)),
        ("order-to-trade", lambda _, v: number(v.activity.order_to_trade)),
        ("off target: held / moved", _retained),
        ("queue lost by a move", _rank_lost),
        ("post-only cancels", lambda m, _: str(m.post_only_cancels)),
        ("fees over turnover", lambda _, v: f"{money(v.session.fee_bps, 2)} bp"),
        ("average inventory", lambda m, v: f"{number(v.activity.average_inventory)} {m.quote_ccy}"),
        ("inventory turns", lambda _, v: number(v.activity.inventory_turns)),
        ("mean holding time", lambda _, v: f"{number(v.activity.mean_holding_s)} s"),
        ("capital in use, mean", lambda _, v: share(v.activity.capital_used)),
        ("capital in use, peak", lambda _, v: share(v.activity.capital_used_peak)),
        ("round trips won / lost", lambda _, v: f"{v.episodes.won} / {v.episodes.lost}"),
    )
    known = [(m, m.accounting) for m in session.markets if m.accounting is not None]
    rows = tuple((name, *(show(m, v) for m, v in known)) for name, show in lines)
    return Table("Activity and quality", ("", *(m.inst_id for m, _ in known)), rows)


def _small_share(value: float | None) -> str:
    """Of a market's volume ours is rarely a per cent."""
    return NONE if value is None else f"{100 * value:.3f} %"


def _retained(_: MarketReport, view: AccountingView) -> str:
    kept = view.retention
    return NONE if kept is None else f"{kept.held} / {kept.moved} ({share(kept.held_share)})"


def _rank_lost(market: MarketReport, view: AccountingView) -> str:
    kept = view.retention
    if kept is None or kept.rank_lost is None:
        return NONE
    return f"{money(kept.rank_lost, 2)} {market.size_unit} (of {kept.ranked})"


def _params(session: SessionReport) -> Table:
    rows = tuple(
        (utc(row.at_ns), row.inst_id, row.source, str(row.version), row.text) for row in session.params
    )
    return Table("Parameters", ("at", "market", "by", "version", "change"), rows, is_text=True)


def _alarms(session: SessionReport) -> Table:
    rows = tuple((utc(row.at_ns), row.severity, row.text) for row in session.alarms)
    note = "" if rows else "No alarm was raised."
    return Table("Alarms", ("at", "severity", "text"), rows, note, is_text=True)


def _checks(session: SessionReport) -> Table:
    rows = tuple(
        (check.name, check.inst_id, check.recorded, check.recomputed, "same" if check.is_same else "DIFFERS")
        for check in session.checks
    )
    note = (
        "Every figure is computed again from recorded fills and events, exactly, and held against the record."
    )
    return Table("Recorded and recomputed", ("figure", "market", "first", "second", ""), rows, note)


def _differences(session: SessionReport) -> Table:
    rows = tuple(
        (check.name, check.inst_id, check.recorded, check.recomputed) for check in session.differences
    )
    head = ("figure", "market", "first", "second")
    return Table("THE RECORD DIFFERS FROM WHAT WAS RECOMPUTED", head, rows, "Do not sign this report.")
