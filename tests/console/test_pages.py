"""The pages beside the dashboard: reachable, safe, fitting at every size, and saying what they wait for."""

from __future__ import annotations

import csv
import io
from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.console.history import MOST_EVENTS, MOST_FULL, MOST_ORDERS, History
from okxmm_tui.console.screens.live_modal import FlattenScreen, ModalPanel, WhyScreen
from okxmm_tui.console.spans import line_width
from okxmm_tui.console.widgets.analytics import EquityPanel, MarkoutsPanel, ResultPanel, _edge_lines
from okxmm_tui.console.widgets.event_log import EventLog
from okxmm_tui.console.widgets.limits_table import LimitsTable
from okxmm_tui.console.widgets.line_table import LinePanel
from okxmm_tui.console.widgets.why import why_lines
from okxmm_tui.console_files import StateFiles
from okxmm_tui.core.accounting.markouts import MarkoutRow
from okxmm_tui.core.market_views import FlattenView, ParamChangeView
from okxmm_tui.core.snapshot import LimitView, LogLine
from okxmm_tui.core.types import Mode, Severity, Side
from tests.console import sample, scenes
from tests.console.harness import SIZES, running

PAGES = {
    "1": "dashboard", "2": "markets", "3": "blotter", "4": "analytics", "5": "parameters", "6": "journal",
    "7": "health", "8": "limits",
}  # fmt: skip
FLATTEN = FlattenView(False, 1_250, 1_250, 1_200, sample.MID_TICKS - 3.2, 0.4, 3)  # noqa: FBT003


def holding():
    """A session with a position that could be flattened."""
    return sample.with_market(sample.quoting(), flatten=FLATTEN)


class TestKill:
    """Both kill keys, wherever the operator is."""

    @pytest.mark.parametrize("size", [(120, 35), (80, 24), (40, 10)])
    async def test_reaches_the_link_from_every_page(self, size):
        """Each page, focused on each of its panels: one kill a press, and the dashboard shows it."""
        async with running(holding(), size=size) as bench:
            for key, name in PAGES.items():
                for kill in ("ctrl+k", "f12"):
                    before = len(bench.link.kills)
                    await bench.press(key)
                    assert name == bench.app.page.NAME
                    await bench.press("tab", kill)
                    assert len(bench.link.kills) == before + 1, (name, kill)
                    assert bench.app.screen is bench.app.dashboard

    @pytest.mark.parametrize(
        "opener",
        [("F",), ("w",), ("slash", "x"), ("T",), ("8", "enter"), ("5", "enter"), ("P",), ("L",), ("3", "w")],
    )
    async def test_works_in_every_modal(self, opener, tmp_path):
        """Flatten, why, filter, strategy, limit, draft and preset prompts are no obstacle."""
        async with running(holding(), files=StateFiles(tmp_path)) as bench:
            await bench.press(*opener)
            assert len(bench.app.screen_stack) > 1
            await bench.press("ctrl+k")
            assert len(bench.link.kills) == 1
            assert bench.app.screen is bench.app.dashboard

    async def test_works_in_the_live_echo(self):
        """Text in the echo field of real money does not hold it back."""
        async with running(structs.replace(holding(), mode=Mode.LIVE)) as bench:
            await bench.press("F", *"flat", "f12")
            assert len(bench.link.kills) == 1


class TestFit:
    """What is drawn fits."""

    @pytest.mark.parametrize("size", SIZES)
    async def test_no_line_overflows(self, size):
        """Every line of every page has its panel's width, in every state."""
        async with running(holding(), size=size) as bench:
            for key in PAGES:
                await bench.press(key)
                for name, state in sample.STATES.items():
                    if name != "live_paused":
                        await bench.show(state())
                    for panel in bench.app.page.query(LinePanel):
                        if panel.display and panel.size.area:
                            widths = {line_width(line) for line in panel._lines}
                            assert widths <= {panel.size.width}, (key, name, panel)
                            assert len(panel._lines) <= panel.size.height, (key, name, panel)

    async def test_empty_pages_say_what_they_wait_for(self):
        """Before there is anything, each page names it."""
        async with running(sample.waiting()) as bench:
            for key, words in (
                ("3", "no order sent today"), ("3", "no fills yet"), ("4", "no maker fill"),
                ("4", "live book"),
                ("5", "no parameter was changed"), ("6", "nothing happened yet"),
                ("7", "HEALTH"),
            ):  # fmt: skip
                await bench.press(key)
                assert words in bench.text(), (key, words)

    async def test_pages_come_back_as_they_were_left(self):
        """The cursor of a page survives a visit elsewhere."""
        async with running(sample.quoting()) as bench:
            await bench.press("8", "down", "down")
            chosen = bench.app.page.query_one("LimitsTable").chosen
            await bench.press("2", "8")
            assert bench.app.page.query_one("LimitsTable").chosen == chosen

    async def test_pages_without_an_engine(self):
        """No page needs a snapshot to open."""
        async with running() as bench:
            for key in (*PAGES, "F", "w", "X", "W", "b", "plus", "y", "T", "l", "g", "v", "o", "P"):
                await bench.press(key)
            assert bench.link.sent == [] or all(type(each).__name__ == "Reduce" for each in bench.link.sent)


class TestMarkets:
    """All instruments at a glance."""

    async def test_enter_shows_the_chosen_market(self):
        """The dashboard shows it; cursor and draft of the other market are gone."""
        eth = structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP")
        other = structs.replace(sample.market(), instrument=eth)
        two = structs.replace(sample.quoting(), markets=(sample.market(), other))
        async with running(two) as bench:
            bench.app.state.desk.cursor_ticks = 5
            await bench.press("2", "down", "enter")
            assert bench.app.page.NAME == "dashboard"
            assert "ETH-USDT-SWAP" in bench.text("#banner")
            assert bench.app.state.desk.cursor_ticks is None

    async def test_enter_works_while_the_market_moves_on(self):
        """The table was drawn from an older picture than the newest: the market is found by its name."""
        eth = structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP")
        other = structs.replace(sample.market(), instrument=eth)
        two = structs.replace(sample.quoting(), markets=(sample.market(), other))
        async with running(two) as bench:
            await bench.press("2", "down")
            moved = tuple(structs.replace(each, position_lots=7) for each in two.markets)
            bench.app.state.receive(structs.replace(two, seq=two.seq + 1, markets=moved))
            await bench.press("enter")
            assert bench.app.page.NAME == "dashboard"
            assert "ETH-USDT-SWAP 2/2" in bench.text("#banner")

    async def test_strategies_say_of_the_chosen_market_whether_they_would_trade(self):
        """The answers follow the table's cursor, and so do the quotes; the scan shows the venue's widest."""
        async with running(scenes.scanned(), size=(200, 60)) as bench:
            await bench.press("2")
            text = bench.text("WouldTrade")
            assert "BTC-USDT-SWAP" in text
            assert text.count("  quotes") == 4
            assert "spread 0.0002 % < 0.1 %" in text
            assert "BTC-USDT-SWAP" in bench.text("MarketQuotes")
            await bench.press("down")
            assert "ETH-USDT-SWAP" in bench.text("WouldTrade")
            assert "  quotes" not in bench.text("WouldTrade")
            assert "ETH-USDT-SWAP" in bench.text("MarketQuotes")
            assert bench.app.state.market.instrument.inst_id == "BTC-USDT-SWAP"
            rows = [line.split()[1:-1] for line in bench.text("WidestMarkets").splitlines()]
            assert ["ZENT-USDT-SWAP", "48.2", "quotes"] in rows
            assert ["IOTA-USDT-SWAP", "7.7", "spread", "0.0770", "%", "<", "0.1", "%"] in rows

    async def test_no_scan_takes_no_room(self):
        """Where no strategy asks for one there is no empty panel."""
        async with running(sample.quoting()) as bench:
            await bench.press("2")
            assert not bench.app.screen.query_one("WidestMarkets").display


class TestBlotter:
    """The session's orders and fills."""

    async def test_filter_searches_both_tables(self):
        """A text that no row contains empties the tables, an empty one fills them again."""
        async with running(sample.quoting()) as bench:
            await bench.press("3")
            assert "740112930" in bench.text() or "BTC-USDT-SWAP" in bench.text()
            await bench.press("slash", *"zzz", "enter")
            assert "no order passes the filter" in bench.text()
            await bench.press("slash", "ctrl+u", "enter")
            assert "no order passes the filter" not in bench.text()

    async def test_export_is_exact(self, tmp_path):
        """The files hold what the venue would write, and never replace one that is there."""
        async with running(sample.quoting(), files=StateFiles(tmp_path)) as bench:
            await bench.press("3", "o")
            (fills,) = tmp_path.glob("exports/fills-*.csv")
            rows = list(csv.DictReader(io.StringIO(fills.read_text(encoding="utf-8"))))
            assert len(rows) == 24
            assert rows[-1]["price"] == sample.INSTRUMENT.price_text(sample.fills()[0].price_ticks)
            assert Decimal(rows[-1]["fee"]) == sample.fills()[0].fee
            (orders,) = tmp_path.glob("exports/orders-*.csv")
            assert orders.stat().st_mode & 0o777 == 0o600
            await bench.press("o")
            assert "not exported" in bench.text("#status")

    async def test_export_without_a_directory_is_said(self):
        """A console that may not write says so."""
        async with running(sample.quoting()) as bench:
            await bench.press("3", "o")
            assert "no directory" in bench.text("#status")


class TestHiddenRows:
    """What does not fit is counted at the title, or nobody would look for it."""

    async def test_a_list_counts_what_is_above_and_below(self):
        """The cursor takes the window along; the numbers add up to the rows there are."""
        limits = tuple(
            LimitView(f"max_{number}_bps", Decimal(number), is_lower_safer=True) for number in range(40)
        )
        async with running(structs.replace(sample.quoting(), limits=limits), size=(80, 24)) as bench:
            await bench.press("8")
            panel = bench.app.page.query_one(LimitsTable)
            shown = panel.size.height - 2
            assert f"▾{40 - shown}" in bench.text("LimitsTable").splitlines()[0]
            await bench.press("end")
            assert f"▴{40 - shown}" in bench.text("LimitsTable").splitlines()[0]
            assert "▾" not in bench.text("LimitsTable").splitlines()[0]

    async def test_parameters_that_fall_off_are_counted(self):
        """On the dashboard of a small screen."""
        async with running(sample.quoting(), size=(80, 24)) as bench:
            panel = bench.app.page.query_one("#params")
            missing = len(sample.quoting().markets[0].params) - (panel.size.height - 1)
            assert f"▾{missing}" in bench.text("#params").splitlines()[0]

    async def test_scrolled_news_say_that_newer_rows_are_out_of_sight(self):
        """Only then: that there are older ones below is a matter of course."""
        async with running(sample.quoting()) as bench:
            await bench.press("6")
            assert "▾" not in bench.text("EventLog").splitlines()[0]
            bench.app.page.query_one(EventLog).focus()
            await bench.press("down", "down", "down")
            assert "▴3" in bench.text("EventLog").splitlines()[0]

    async def test_the_journal_page_shows_a_line_to_its_end(self):
        """What an alarm says to do stands last; elsewhere a line is one row."""
        words = " ".join(f"word{number}" for number in range(40))
        line = LogLine(1, sample.NOW_NS, Severity.CRITICAL, "alarm", f"{words} and the end")
        async with running(structs.replace(sample.quoting(), log=(line,))) as bench:
            await bench.press("6")
            shown = bench.text("EventLog").replace("│", " ")
            assert f"{words} and the end" in " ".join(shown.split())
            await bench.press("1")
            assert "word0" in bench.text("#events")
            assert "end" not in bench.text("#events")


class TestAnalytics:
    """What the session came to."""

    async def test_rows_of_the_result_that_do_not_fit_are_counted_and_reached(self):
        """No figure falls off a small screen without a word."""
        async with running(sample.quoting(), size=(120, 35)) as bench:
            await bench.press("4")
            panel = bench.app.page.query_one(ResultPanel)
            assert "▾" in bench.text("ResultPanel").splitlines()[0]
            assert "kept off target, moved" not in bench.text("ResultPanel")
            panel.focus()
            await bench.press("pagedown", "pagedown")
            assert "kept off target, moved" in bench.text("ResultPanel")
            assert "▴" in bench.text("ResultPanel").splitlines()[0]

    async def test_money_in_another_currency_than_the_equity_above_it_names_it(self):
        """Drawdown counts all currencies in the reporting one, the title the settlement currency's equity."""
        snapshot = sample.quoting()
        coin = structs.replace(snapshot.account_view, ccy="BTC", equity=Decimal(1))
        for account, is_named in ((snapshot.account_view, False), (coin, True)):
            async with running(structs.replace(snapshot, account_view=account), size=(200, 60)) as bench:
                await bench.press("4")
                text = bench.text("EquityPanel").rpartition("drawdown")[2]
                assert (text.count(f" {snapshot.identity.ccy}") >= 4) is is_named

    async def test_an_edge_without_a_measured_fill_has_no_colour_of_a_gain(self):
        """The quotes stand for it; nobody earned it."""
        books = sample.books()
        none = structs.replace(books, edges=tuple(structs.replace(row, fills=0) for row in books.edges))
        lines = _edge_lines(none, 80)
        assert {role for line in lines[1:] for _, role in line[1:]} == {"muted"}

    @pytest.mark.parametrize("size", [(80, 24), (120, 35)])
    async def test_the_edge_stays_in_sight_however_many_buckets_there_are(self, size):
        """Markouts of forty levels make room for what a fill is expected to earn."""
        books = sample.books()
        many = tuple(MarkoutRow("level", f"{at:02d}", 0, 1.0, 0.1, 9, 0) for at in range(40))
        crowded = structs.replace(books, markouts=(*books.markouts, *many))
        async with running(sample.with_market(sample.quoting(), accounting=crowded), size=size) as bench:
            await bench.press("4")
            lines = _texts(bench.app.page.query_one(MarkoutsPanel))
            assert [line.split()[0] for line in lines[-4:]] == ["edge,", "all", "buy", "sell"]
            assert lines[-3].split()[1:] == ["+1.62", "-1.20", "-2.01", "-1.59", "1,242"]

    async def test_books_of_an_older_engine_are_drawn_without_the_new_figures(self):
        """A console attached to it says that it does not know them."""
        old = sample.books()
        old = structs.replace(
            old, edges=(), funding=None, own_share=None, fill_ratio=None, retention=None,
            presence=structs.replace(old.presence, depth=None),
        )  # fmt: skip
        snapshot = sample.with_market(sample.quoting(), accounting=old)
        tale = structs.replace(snapshot.performance, tail=None, fill_ratio=None)
        account = structs.replace(snapshot.identity, holding=None)
        snapshot = structs.replace(snapshot, performance=tale, identity=account)
        async with running(snapshot, size=(200, 60)) as bench:
            await bench.press("4")
            page = bench.app.page
            assert not any("edge" in line for line in _texts(page.query_one(MarkoutsPanel)))
            result = _texts(page.query_one(ResultPanel))
            for line in ("accrued funding -", "own share, OKX fill ratio - / -", "kept off target, moved -"):
                assert line in result
            equity = " ".join(_texts(page.query_one(EquityPanel)))
            assert "drawdown" in equity
            assert "worst minute" not in equity
            assert "holding" not in equity


def _texts(panel: LinePanel) -> list[str]:
    """Lines of a panel that say something, without its frame."""
    shown = (" ".join("".join(part for part, _ in line).strip("│╭╮╰╯─ ").split()) for line in panel._lines)
    return [line for line in shown if line]


class TestWhy:
    """The story of an order."""

    async def test_decision_version_and_events(self):
        """The text of the decision, the parameters behind it, and what happened since."""
        change = ParamChangeView(sample.NOW_NS, "key", "inventory_skew", "base_spread_bps 2 -> 2.5", 7)
        first = sample.with_market(sample.quoting(), param_changes=(change,))
        async with running(first) as bench:
            order = structs.replace(
                sample.quoting().markets[0].orders[0], status="cancelling", decision="pulled"
            )
            await bench.show(sample.with_market(first, orders=(order,)))
            await bench.press("w")
            assert isinstance(bench.app.screen, WhyScreen)
            await bench.settle()
            text = "\n".join(
                "".join(part for part, _ in line) for line in bench.app.screen.query_one(ModalPanel)._lines
            )
            for words in (
                "pulled",
                "version 7",
                "base_spread_bps 2 -> 2.5 by key",
                "cancelling",
                "the strategy",
            ):
                assert words in text, words

    async def test_a_long_reason_is_told_to_its_end(self):
        """Where it is asked why, nothing of the answer is cut off."""
        base = sample.quoting()
        why = "MOVE to 96511.9: 47 ticks off target, below its fees, and the quote is too close to the best"
        told = tuple(structs.replace(each, decision=why) for each in base.markets[0].orders)
        async with running(sample.with_market(base, orders=told)) as bench:
            await bench.press("w")
            lines = bench.app.screen.query_one(ModalPanel)._lines
            text = " ".join("".join(part for part, _ in line) for line in lines)
            assert " ".join(text.split()).count(why) == 2
            assert "…" not in text

    async def test_an_unknown_order_is_said(self):
        """A fill of an order from before the console opened explains itself."""
        async with running(sample.quoting()) as bench:
            await bench.press("3", "tab", "w")
            await bench.settle()
            text = "".join(part for line in bench.app.screen.query_one(ModalPanel)._lines for part, _ in line)
            assert "did not see that order" in text


class TestHistory:
    """What a console remembers."""

    def test_markouts_are_taken_at_their_horizon(self):
        """The mid at one and five seconds, none for a picture that came too late, sign by side."""
        history, snapshot = History(), sample.quoting()
        fill = structs.replace(
            sample.fills()[0],
            venue_ms=sample.NOW_NS // 10**6,
            side=Side.SELL,
            price_ticks=1_000_000,
            trade_id="t",
        )

        def seen(after_s: float, mid: int, state: str = "live") -> None:
            bids, asks = ((mid - 1, 5),), ((mid + 1, 5),)
            at = sample.NOW_NS + int(after_s * sample.SECOND)
            changed = sample.with_market(snapshot, fills=(fill,), bids=bids, asks=asks, book_state=state)
            history.observe(structs.replace(changed, at_ns=at))

        seen(0.1, 1_000_000)
        seen(1.05, 999_900)
        seen(5.9, 999_000)
        seen(30.1, 1_000_200, "stale")
        seen(30.4, 1_000_300)
        marks = history.fills["BTC-USDT-SWAP", "t"].markouts_bps
        assert marks == pytest.approx({1: 1.0, 30: -3.0})

    def test_orders_that_came_and_went_are_kept_with_their_changes(self):
        """An order is remembered after it left the picture; equal pictures add nothing."""
        history, snapshot = History(), sample.quoting()
        history.observe(snapshot)
        history.observe(snapshot)
        order = snapshot.markets[0].orders[0]
        done = structs.replace(order, status="filled", filled_lots=order.size_lots)
        history.observe(sample.with_market(snapshot, orders=(), done_orders=(done,)))
        seen = history.orders[order.cl_ord_id]
        assert seen.order.status == "filled"
        assert len(seen.events) == 2
        assert len(history.orders) == 4

    def test_an_order_that_left_the_picture_unnamed_is_not_live_for_ever(self):
        """Of a kill of forty orders a picture names the newest thirty; the others are gone all the same."""
        history, snapshot = History(), sample.quoting()
        many = tuple(
            structs.replace(sample.order(Side.BUY, 900_000 + number), cl_ord_id=f"o{number}")
            for number in range(40)
        )
        history.observe(sample.with_market(snapshot, orders=many))
        done = tuple(structs.replace(each, status="cancelled") for each in many[10:])
        history.observe(sample.with_market(snapshot, orders=(), done_orders=done))
        assert {seen.order.status for seen in history.orders.values()} == {"cancelled", "gone"}
        assert history.orders["o3"].order.status == "gone"
        late = structs.replace(many[3], status="filled", filled_lots=50)
        history.observe(sample.with_market(snapshot, orders=(), done_orders=(late,)))
        assert history.orders["o3"].order.status == "filled"

    def test_an_order_that_works_is_not_forgotten_for_newer_ones(self, monkeypatch):
        """The outermost quote of a ladder may be the oldest of thousands: it keeps its story."""
        monkeypatch.setattr("okxmm_tui.console.history.MOST_ORDERS", 3)
        history, snapshot = History(), sample.quoting()
        old = structs.replace(sample.order(Side.BUY, 900_000, age=999), cl_ord_id="old")
        for number in range(10):
            fresh = structs.replace(sample.order(Side.SELL, 970_000), cl_ord_id=f"o{number}")
            history.observe(sample.with_market(snapshot, orders=(old, fresh), done_orders=()))
        assert next(iter(history.orders)) == "old"
        assert len(history.orders) == 3

    def test_what_a_late_console_finds_is_in_the_order_of_time(self):
        """Orders and fills of several markets, seen for the first time in one picture."""
        history, snapshot = History(), sample.quoting()
        eth = structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP")
        other = structs.replace(
            sample.market(),
            instrument=eth,
            orders=tuple(
                structs.replace(
                    each, cl_ord_id=f"e{each.cl_ord_id}", created_ns=each.created_ns + sample.SECOND
                )
                for each in sample.market().orders
            ),
            fills=tuple(structs.replace(each, venue_ms=each.venue_ms + 1_500) for each in sample.fills()),
        )
        history.observe(structs.replace(snapshot, markets=(sample.market(), other)))
        created = [seen.order.created_ns for seen in history.orders.values()]
        assert created == sorted(created)
        filled = [seen.fill.venue_ms for seen in history.fills.values()]
        assert filled == sorted(filled)

    def test_memory_is_bounded(self, monkeypatch):
        """A long session keeps the newest only."""
        monkeypatch.setattr("okxmm_tui.console.history.MOST_ORDERS", 3)
        monkeypatch.setattr("okxmm_tui.console.history.MOST_FILLS", 5)
        history = History()
        history.observe(sample.quoting())
        assert len(history.orders) == 3
        assert list(history.fills)[-1][1] == sample.fills()[0].trade_id
        assert len(history.fills) == 5

    def test_changes_are_bounded(self):
        """Of an order amended without end its placing and its newest changes stay, and how many went."""
        history, snapshot = History(), sample.quoting()
        order = snapshot.markets[0].orders[0]
        for step in range(100):
            moved = structs.replace(order, price_ticks=order.price_ticks + step)
            history.observe(sample.with_market(snapshot, orders=(moved,), done_orders=()))
        seen = history.orders[order.cl_ord_id]
        assert len(seen.events) == MOST_EVENTS
        assert seen.events[0][1].startswith("placed: ")
        assert seen.left_out == 100 - MOST_EVENTS

    def test_an_hour_of_orders_is_kept_short(self):
        """Thousands of amended orders: all changes of the newest, the beginning and the end of the others."""
        history, snapshot = History(), sample.quoting()
        order = snapshot.markets[0].orders[0]
        for number in range(MOST_ORDERS + 100):
            for step in range(6):
                moved = structs.replace(order, cl_ord_id=f"o{number}", price_ticks=order.price_ticks + step)
                history.observe(sample.with_market(snapshot, orders=(moved,), done_orders=()))
        kept = list(history.orders.values())
        assert len(kept) == MOST_ORDERS
        assert [len(each.events) for each in kept[-MOST_FULL:-1]] == [7] * (MOST_FULL - 1)
        older = kept[:-MOST_FULL]
        assert {(len(each.events), each.left_out) for each in older} == {(2, 5)}
        assert all(each.events[0][1].startswith("placed: ") for each in older)

    async def test_what_was_left_out_is_said(self):
        """The panel that explains an order says how many changes it does not show."""
        async with running(sample.quoting()) as bench:
            seen = next(iter(bench.app.state.history.orders.values()))
            for number in range(30):
                seen.tell(sample.NOW_NS, f"change {number}")
            view = bench.app.state.view()
            for height, hidden in ((40, 7), (20, 17)):
                lines = why_lines(view, seen.order.cl_ord_id, 80, height)
                texts = ["".join(part for part, _ in line) for line in lines]
                assert len(texts) <= height
                assert "placed: " in texts[5]
                assert texts[6].strip() == f"{hidden} changes not shown; the journal has them"
                assert texts[-1].endswith("change 29")


class TestFlatten:
    """Closing on purpose."""

    async def test_preview_names_size_cover_cost_and_slices(self):
        """All four before anything is sent."""
        async with running(holding()) as bench:
            await bench.press("F")
            await bench.settle()
            assert isinstance(bench.app.screen, FlattenScreen)
            text = "".join(part for line in bench.app.screen.query_one(ModalPanel)._lines for part, _ in line)
            for words in ("sell 12.50 ct", "covers 96%", "0.4 bps", "3 orders"):
                assert words in text, words
            assert bench.link.sent == []
