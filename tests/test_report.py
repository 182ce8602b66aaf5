"""The report: figures computed again, differences loud, every form complete."""

from __future__ import annotations

import csv
import json
import re
import sqlite3
from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.core.accounting.markouts import MarkoutRow
from okxmm_tui.engine.store.database import JOURNAL_NAME
from okxmm_tui.engine.store.reading import Journal, Span
from okxmm_tui.errors import JournalError, UsageError
from okxmm_tui.report import cli, files, svg
from okxmm_tui.report.build import build, chosen
from okxmm_tui.report.cells import axis_number, money, number, quantity
from okxmm_tui.report.files import COLUMNS
from okxmm_tui.report.replayed import MOST_POINTS, thinned
from okxmm_tui.report.tables import session_tables
from okxmm_tui.report.terminal import blocks, signed_blocks
from tests.console.sample_books import books, identity, performance
from tests.past import VERSION, leave, log_of, record
from tests.safety.day import Day
from tests.samples import INST, START_NS


@pytest.fixture
def desk(tmp_path):
    """A desk whose session lies in ``tmp_path``."""
    return leave(tmp_path)


def _report(folder, **span):
    with Journal.of(folder) as journal:
        return build(journal, folder, chosen(journal, Span(**span)), "test")


def _run(folder, *words) -> int:
    return cli.main(["--state-dir", str(folder), *words])


def _change(folder, statement: str) -> None:
    connection = sqlite3.connect(folder / JOURNAL_NAME)
    with connection:
        assert connection.execute(statement).rowcount > 0
    connection.close()


# -- figures -------------------------------------------------------------------------------------------


def test_the_figures_are_those_of_the_session(tmp_path, desk):
    """Position, PnL, fees and fills equal the engine's own at its end, and the lines add up to the net."""
    (session,) = _report(tmp_path).sessions
    (market,) = session.markets
    ledger, price = desk.market.ledger, desk.market.valuation_price
    assert (market.fills, market.maker_fills) == (2, 2)
    assert market.realised_quote == ledger.realised_quote > 0
    assert market.net_quote == ledger.net_quote(price)
    parts = (
        market.realised_quote, market.unrealised_quote, market.fees_quote, market.rebates_quote,
        market.funding_quote, market.other_quote,
    )  # fmt: skip
    assert sum(part for part in parts if part is not None) == market.net_quote
    assert market.fees_quote < 0 == market.rebates_quote
    assert (market.position_open, market.position_close) == (0, 0)


def test_the_decomposition_sums_to_the_total_exactly(tmp_path, desk):
    """Flat at the end, it is the net PnL to the last digit."""
    (market,) = _report(tmp_path).sessions[0].markets
    assert market.accounting is not None
    assert market.accounting.decomposition.total == market.net_quote


def test_every_check_of_an_honest_record_passes(tmp_path, desk):
    """All kinds of checks were made and none differs."""
    (session,) = _report(tmp_path).sessions
    assert len(session.checks) == 10
    assert session.differences == ()


@pytest.mark.parametrize(
    ("statement", "figure"),
    [
        ("UPDATE fills SET price = '60001.0' WHERE trade_id = '1'", "realised, replay and fills"),
        ("UPDATE fills SET fee = '-1' WHERE trade_id = '2'", "fees, replay and fills"),
        ("UPDATE fills SET size = '0.99' WHERE trade_id = '2'", "position, replay and fills"),
        ("UPDATE fills SET realised = '9' WHERE trade_id = '2'", "realised, record and its fills"),
        ("DELETE FROM fills WHERE trade_id = '2'", "fills, record and replay"),
        ("UPDATE snapshots SET net = '1000'", "net, recorded total"),
        ("UPDATE snapshots SET fees = '1'", "fees, recorded total"),
        ("UPDATE snapshots SET position = '1'", "position, recorded total"),
    ],
)
def test_a_changed_record_is_found_and_loud(tmp_path, desk, capsys, statement, figure):
    """Whatever figure was altered: its check fails, the exit code is 1, the page says not to sign."""
    _change(tmp_path, statement)
    assert figure in {check.name for check in _report(tmp_path).differences}
    assert _run(tmp_path) == cli.EXIT_DIFFERENT
    said = capsys.readouterr()
    assert "DIFFERENCE" in said.err
    assert "THE RECORD DIFFERS" in said.out
    _run(tmp_path, "--format", "html")
    assert "Do not sign" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        ("inverse", ("BTC-USD-SWAP (USD)", "net in coin", " ct", "price of each booking")),
        ("spot", ("BTC-USDT (USDT)", "fees in base currency", " BTC", "part of the cost already")),
    ],
)
def test_inverse_and_spot_are_told_in_their_own_units(tmp_path, capsys, kind, words):
    """A session on the embedded exchange: nothing differs, lines add up, coin and coins have their digits."""
    day = Day(kind, 3, has_faults=False, is_recorded=True)
    try:
        (seen,) = day.hours(1, 300.0)
        assert seen.differences == []
        day.end()
        engine = day.engine
        started = engine.reducer.session.started
        record(tmp_path, started, engine.started_ns, engine.inputs)
    finally:
        day.close()
    (session,) = _report(tmp_path).sessions
    (market,) = session.markets
    assert session.differences == ()
    assert len(session.checks) == 10
    lines = (
        market.realised_quote, market.unrealised_quote, market.fees_quote, market.rebates_quote,
        market.funding_quote, market.other_quote,
    )  # fmt: skip
    assert sum(line for line in lines if line is not None) == market.net_quote
    assert market.other_quote == 0
    assert market.rebates_quote > 0
    assert market.fills > 10
    assert _run(tmp_path) == 0
    said = " ".join(capsys.readouterr().out.split())
    for word in words:
        assert word in said, word
    parts = next(table for table in session_tables(session) if table.title.startswith("Where it came from"))
    digits = 8 if kind == "inverse" else 4
    assert all(len(cell.split(".")[1]) == digits for _, cell in parts.rows)
    assert any(cell.startswith("+") for _, cell in parts.rows)


# -- what is missing -----------------------------------------------------------------------------------


def test_without_the_event_log_the_report_is_incomplete_and_says_so(tmp_path, desk, capsys):
    """Recorded totals stay, nothing is invented."""
    log_of(tmp_path, desk).unlink()
    (session,) = _report(tmp_path).sessions
    (market,) = session.markets
    assert market.accounting is None
    assert market.net_quote == desk.market.ledger.net_quote(desk.market.valuation_price)
    told = (market.turnover_quote, market.rebates_quote, market.funding_quote, market.maker_share)
    assert told == (None, None, None, None)
    assert any("event log is gone" in each for each in session.incomplete)
    assert _run(tmp_path) == 0
    assert "INCOMPLETE" in capsys.readouterr().out
    _run(tmp_path, "--format", "html")
    page = capsys.readouterr().out
    assert "Incomplete:" in page
    assert '<b class="">–</b><span>turnover, USDT</span>' in page  # noqa: RUF001


def test_a_damaged_log_and_a_missing_end_are_told(tmp_path, desk):
    """Both are sentences of the report, not crashes."""
    _change(tmp_path, "UPDATE sessions SET ended_ns = NULL")
    log_of(tmp_path, desk).write_bytes(b"no log")
    (session,) = _report(tmp_path).sessions
    assert any("could not be played" in each for each in session.incomplete)
    assert any("never came to its end" in each for each in session.incomplete)


def test_a_session_without_an_end_is_not_compared_with_totals_of_another_moment(tmp_path, desk):
    """A killed session's last totals are up to a minute old: no false alarm, but a label."""
    _change(tmp_path, "UPDATE sessions SET ended_ns = NULL")
    _change(tmp_path, "UPDATE snapshots SET net = '0.5'")
    (session,) = _report(tmp_path).sessions
    assert session.checks == ()
    assert any("were not compared" in each for each in session.incomplete)
    assert session.markets[0].fills == 2


def test_a_killed_session_has_no_last_words_and_no_exit_code(tmp_path, desk, capsys):
    """Said in words, not as the program's own None."""
    _change(tmp_path, "UPDATE sessions SET ended_ns = NULL, exit_code = NULL, last_words = ''")
    assert _run(tmp_path) == 0
    text = capsys.readouterr().out
    assert "none: it was killed, or still runs" in text
    assert "None" not in text


def test_the_version_that_wrote_the_log_is_named(tmp_path, desk):
    """Figures of another version are labelled."""
    assert any(VERSION in each for each in _report(tmp_path).sessions[0].incomplete)


# -- which sessions ------------------------------------------------------------------------------------


def test_sessions_are_chosen_by_id_day_and_time(tmp_path, desk, capsys):
    """A day or a time takes every session that ran in it; none is an error that names the newest."""
    number = str(START_NS // 10**9)
    for words in (["--session", number], ["--day", "2026-11-20"], ["--since", "2026-11-20T08:00:02Z"], []):
        assert _run(tmp_path, "--format", "json", *words) == 0
        made = json.loads(capsys.readouterr().out)
        assert [str(each["row"]["session_id"]) for each in made["sessions"]] == [number]
    for words in (["--session", "1"], ["--day", "2026-11-19"], ["--since", "2026-11-20T09:00:00Z"]):
        with pytest.raises(JournalError, match=number):
            _run(tmp_path, *words)


def test_a_killed_session_ran_as_long_as_it_recorded_anything(tmp_path, desk):
    """It said nothing after its first second; the totals of its minutes tell that it ran on."""
    _change(tmp_path, "UPDATE sessions SET ended_ns = NULL")
    _change(tmp_path, "DELETE FROM notes WHERE at_ns > (SELECT started_ns + 1000000000 FROM sessions)")
    assert _run(tmp_path, "--since", "2026-11-20T08:00:05Z") == 0
    with pytest.raises(JournalError):
        _run(tmp_path, "--since", "2026-11-20T09:00:00Z")


def test_wrong_words_are_refused(tmp_path, desk):
    """With what to write instead."""
    for words in (["--day", "today"], ["--since", "yesterday"], ["--format", "csv"]):
        with pytest.raises(UsageError):
            _run(tmp_path, *words)
    with pytest.raises(JournalError):
        _run(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="could not be written"):
        _run(tmp_path, "--format", "html", "--out", str(tmp_path / "no" / "such" / "page.html"))


# -- forms ---------------------------------------------------------------------------------------------


def test_csv_has_one_file_for_each_kind_with_its_columns(tmp_path, desk):
    """Header lines as declared, UTC ISO times, exact figures."""
    out = tmp_path / "out"
    assert _run(tmp_path, "--format", "csv", "--out", str(out)) == 0
    for kind, columns in COLUMNS.items():
        with (out / f"{kind}.csv").open(newline="", encoding="utf-8") as file:
            rows = list(csv.reader(file))
        assert tuple(rows[0]) == columns
        assert all(len(row) == len(columns) for row in rows)
    with (out / "markets.csv").open(newline="", encoding="utf-8") as file:
        (market,) = csv.DictReader(file)
    assert Decimal(market["net"]) == desk.market.ledger.net_quote(desk.market.valuation_price)
    with (out / "fills.csv").open(newline="", encoding="utf-8") as file:
        fills = list(csv.DictReader(file))
    assert [each["trade_id"] for each in fills] == ["1", "2"]
    assert re.fullmatch(r"2026-11-20T08:00:\d\d\.\d{3}Z", fills[0]["venue_utc"])


def test_the_page_needs_nothing_from_outside(tmp_path, desk):
    """One file, no script, no address, light and dark, plots for every curve, and all is escaped."""
    _change(tmp_path, "UPDATE sessions SET last_words = '<script>alert(1)</script>'")
    out = tmp_path / "page.html"
    assert _run(tmp_path, "--format", "html", "--out", str(out)) == 0
    page = out.read_text(encoding="utf-8")
    assert "<script" not in page
    assert "http" not in page.replace("http-equiv", "")
    assert "prefers-color-scheme: dark" in page
    assert "@media print" in page
    assert page.count("<svg") >= 5
    for word in ("Account", INST, "Markouts", "Parameters", "Alarms", "uptime"):
        assert word in page


def test_the_terminal_form_has_every_section(tmp_path, desk, capsys):
    """Tables, plots and lists."""
    assert _run(tmp_path) == 0
    said = capsys.readouterr().out
    for word in (
        "Profit and loss", "Where it came from", "Account", "Markouts", "Activity", "Parameters", "Alarms",
        "Recorded and recomputed", "max drawdown", "Sharpe", "Sortino", "Calmar", "order-to-trade",
        "inventory turns", "capital in use, mean", "capital in use, peak", "post-only cancels",
        "inventory", "uptime", "█", "worst minute", "worst five minutes", "expected shortfall", "holding",
        "fill ratio, OKX", "own share of the volume", "off target: held / moved", "queue lost by a move",
        "uptime, weighted by depth", "funding accrued, not settled",
    ):  # fmt: skip
        assert word in said


def test_the_expected_edge_is_told_with_its_parts(tmp_path, desk):
    """Costs are negative, so that a line adds up; the same figures stand in the CSV, none without a log."""
    report = _report(tmp_path)
    (session,) = report.sessions
    market = structs.replace(session.markets[0], accounting=books())
    session = structs.replace(session, markets=(market,), performance=performance(), identity=identity())
    tables = {table.title: table for table in session_tables(session)}
    edges = tables[f"Expected edge of a fill: {INST}"]
    assert [row[0] for row in edges.rows] == ["both sides", "buys", "sells"]
    for row in edges.rows:
        parts = [Decimal(cell.replace("\N{MINUS SIGN}", "-")) for cell in row[1:6]]
        assert sum(parts[:4]) == parts[4] < 0
    account, quality = dict(tables["Account"].rows), dict(tables["Activity and quality"].rows)
    assert account["worst minute"] == "\N{MINUS SIGN}21.4000"
    assert account["expected shortfall of a minute, 99 %"] == "\N{EN DASH}"
    assert account["gain without transfers"] == "+92.4000"
    assert account["gain of holding what was there"] == "\N{MINUS SIGN}3.2000"
    assert quality["own share of the volume"] == "0.412 %"
    assert quality["off target: held / moved"] == "8120 / 1094 (88.1 %)"
    assert quality["queue lost by a move"] == "+3.40 ct (of 1020)"
    report = structs.replace(report, sessions=(session,))
    (row,) = files._rows(report, "markets")
    cells = dict(zip(COLUMNS["markets"], row, strict=True))
    assert (cells["edge_bps"], cells["edge_fills"], cells["sell_edge_bps"]) == (-1.59, 1_242, -1.77)
    assert (cells["depth_uptime"], cells["okx_fill_ratio"], cells["own_share"]) == (0.84, 14.1, 0.00412)
    assert (cells["held"], cells["moved"], cells["rank_lost"]) == (8_120, 1_094, 3.4)
    assert cells["settle_funding_accrued"] == Decimal("-0.31")
    (row,) = files._rows(report, "sessions")
    cells = dict(zip(COLUMNS["sessions"], row, strict=True))
    assert (cells["gain"], cells["gain_of_holding"]) == (Decimal("92.40"), Decimal("-3.20"))
    assert (cells["worst_minute"], cells["worst_five_minutes"], cells["shortfall_95"]) == (
        -21.4,
        -48.25,
        -12.75,
    )
    bare = structs.replace(session, markets=(structs.replace(market, accounting=None),), identity=None)
    bare = structs.replace(report, sessions=(structs.replace(bare, performance=None),))
    for kind in ("markets", "sessions"):
        (row,) = files._rows(bare, kind)
        assert len(row) == len(COLUMNS[kind])
        assert row[-1] is None


def test_no_label_of_the_markouts_leaves_the_picture():
    """A long figure at the last horizon is read whole."""
    rows = [MarkoutRow("all", "all", horizon, -111.35, 1.0, 3, 0) for horizon in (0, 1, 5, 30, 60, 300)]
    picture = svg.markouts("markouts", rows)
    labels = re.findall(r'<text class="value" x="([\d.]+)"( text-anchor="end")? ', picture)
    assert len(labels) == len(rows)
    for x, is_end in labels:
        assert is_end or float(x) + 8 * len("-111.35") <= svg.HALF
    assert labels[-1][1]


def test_curves_of_blocks_reach_from_edge_to_edge():
    """The lowest value has one eighth, the highest a full column; below zero columns hang down."""
    top, bottom = blocks([0.0, 1.0], 2, 2)
    assert (top, bottom) == (" █", "▁█")
    assert signed_blocks([1.0, -1.0], 2, 1) == ["█ ", " █"]
    assert signed_blocks([0.0, 0.0], 2, 1) == ["  ", "  "]


def test_thinning_keeps_ends_and_extremes():
    """However short a spike was, it is in the picture."""
    values = [0.0] * 10_000
    values[1_234], values[5_678] = 9.0, -9.0
    kept = thinned(list(enumerate(values)), lambda point: point[1])
    assert len(kept) <= MOST_POINTS + 2
    assert {(0, 0.0), (1_234, 9.0), (5_678, -9.0), (9_999, 0.0)} <= set(kept)


def test_money_always_shows_its_sign_but_for_zero():
    """A real minus, and no sign on what rounds to nothing."""
    assert [money(Decimal(text), 2) for text in ("1.5", "-1.5", "0", "-0.001")] == [
        "+1.50", "\N{MINUS SIGN}1.50", "0.00", "0.00",
    ]  # fmt: skip


def test_no_axis_begins_below_nothing_by_rounding():
    """-0.04 with one digit is 0.0; a real loss keeps its sign."""
    assert [number(value, 1) for value in (-0.04, 0.0, -0.06)] == ["0.0", "0.0", "\N{MINUS SIGN}0.1"]


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        ("0.00100000", "BTC", "+0.00100000 BTC"),
        ("-80.0", "ct", "−80.0 ct"),  # noqa: RUF001
        ("0.00", "", "0.00"),
        (None, "ct", "–"),  # noqa: RUF001
    ],
)
def test_sizes_keep_all_their_digits(value, unit, text):
    """A thousandth of a coin is not nothing."""
    assert quantity(Decimal(value) if value is not None else None, unit) == text


@pytest.mark.parametrize(
    ("ends", "text"), [((0.08, -0.08), "0.08"), ((0.0004, 0.0), "0.00008"), ((65_000, 64_000), "0.08")]
)
def test_an_axis_tells_its_steps_apart(ends, text):
    """Two digits, more where the ends lie close together."""
    assert axis_number(0.00008 if ends[0] == 0.0004 else 0.08, *ends) == text
