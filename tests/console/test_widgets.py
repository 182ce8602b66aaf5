"""What single panels say."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.console.comfort import Comfort
from okxmm_tui.console.desk import Desk
from okxmm_tui.console.widgets import levels, pnl
from okxmm_tui.console.widgets.flow import flow_line, imbalance_line
from okxmm_tui.console.widgets.gauges import fitting, gauge_line
from okxmm_tui.core.market_views import GaugeView, GhostView
from okxmm_tui.core.opportunity_views import PartsView
from okxmm_tui.core.snapshot import DeadManView
from okxmm_tui.core.types import Mode, Side
from tests.console import sample
from tests.console.harness import running

WAITING_WORDS = (
    "waiting for the first order book",
    "no orders in the market",
    "no fills yet",
    "nothing happened yet",
    "no history yet",
    "not armed",
    "checked never",
)


def flat(lines):
    """Lines as text."""
    return ["".join(text for text, _ in line) for line in lines]


class TestLevels:
    """Rows of the ladder."""

    def test_own_prices_without_a_level_are_shown(self):
        """An own order at an empty price has a row of its own."""
        market = structs.replace(sample.market(), orders=(sample.order(Side.BUY, sample.MID_TICKS - 3),))
        shown = levels.visible_levels(market, Side.BUY, 9)
        assert sample.MID_TICKS - 3 in dict(shown)
        assert len(shown) == 9
        assert [price for price, _ in shown] == sorted((price for price, _ in shown), reverse=True)

    @pytest.mark.parametrize("side", Side)
    def test_far_own_orders_take_the_last_rows(self, side):
        """Own orders beyond the depth push the market's outer levels away, never each other or the best."""
        far = [sample.MID_TICKS - side.sign * away for away in (6, 9, 400, 500)]
        market = structs.replace(sample.market(), orders=tuple(sample.order(side, price) for price in far))
        shown = [price for price, _ in levels.visible_levels(market, side, 6)]
        assert len(shown) == 6
        assert set(far) <= set(shown)
        assert shown == sorted(shown, reverse=side is Side.BUY)

    def test_two_orders_at_a_price_are_one_row(self):
        """Sizes add up; one unconfirmed order makes the row unconfirmed."""
        orders = (sample.order(Side.BUY, 100), sample.order(Side.BUY, 100, status="sent", queue=9))
        own = levels.own_levels(structs.replace(sample.market(), orders=orders), Side.BUY)
        assert (own[100].size_lots, own[100].queue_lots, own[100].status) == (100, 1230, "sent")

    @pytest.mark.parametrize("lots", [1, 16, 17, 1000, 123_457])
    def test_scale_is_calm(self, lots):
        """The scale is never too small and at most an eighth too large."""
        assert lots <= levels.calm_scale(lots) <= max(16, lots * 1.125 + 1)

    def test_totals_add_up_from_the_best_level_on(self):
        """The first is the best level's own size."""
        assert list(levels.totals(((10, 7), (11, 2), (12, 0)))) == [7, 9, 9]

    async def test_a_total_is_of_the_sizes_beside_it(self):
        """A level that grows grows its sum in the same frame, and another market has sums of its own."""
        before = sample.quoting()
        bids = tuple((price, 10 * lots) for price, lots in before.markets[0].bids)
        async with running(before, size=(200, 60)) as bench:
            await bench.show(sample.with_market(before, bids=bids))
            best, second = (lots * 0.01 for _, lots in bids[:2])
            rows = [line.split() for line in bench.text("Ladder").splitlines()]
            totals = [row[-2] for row in rows if row[1] in {"96,512.2", "96,512.1"}]
            assert [float(each) for each in totals] == pytest.approx([best, best + second], rel=0.005)


class TestLadder:
    """Grouping, standing prices, ghosts, prints, cursor."""

    def test_rows_of_several_ticks_never_look_better_than_they_are(self):
        """Bids are summed downwards, asks upwards; no size is lost."""
        bids, asks = ((104, 1), (101, 2), (99, 4)), ((106, 1), (110, 2), (111, 4))
        assert levels.grouped(bids, Side.BUY, 5) == ((100, 3), (95, 4))
        assert levels.grouped(asks, Side.SELL, 5) == ((110, 3), (115, 4))
        assert levels.grouped(bids, Side.BUY, 1) is bids

    def test_standing_prices_show_every_row(self):
        """Consecutive prices around the anchor, sizes where there are some, sides parted at the best ask."""
        market = structs.replace(sample.market(), bids=((99, 5),), asks=((102, 7),))
        desk = Desk()
        desk.anchor_ticks = 101
        asks, bids = levels.standing_levels(market, 6, desk)
        assert asks == ((102, 7), (103, 0), (104, 0))
        assert bids == ((101, 0), (100, 0), (99, 5))

    def test_cursor_and_ghosts_get_rows_of_their_own(self):
        """Prices without a level are shown where something stands or would stand."""
        ghost = GhostView(Side.SELL, sample.MID_TICKS + 90, 60)
        market = structs.replace(sample.market(), ghosts=(ghost,), orders=())
        desk = Desk()
        desk.cursor_ticks = sample.MID_TICKS - 80
        assert sample.MID_TICKS + 90 in dict(levels.visible_levels(market, Side.SELL, 6, desk))
        assert sample.MID_TICKS - 80 in dict(levels.visible_levels(market, Side.BUY, 6, desk))

    async def test_previews_prints_and_hand_marks_are_shown(self):
        """○ for a ghost, * for an order by hand, the volume printed at a level, chance and age beside own."""
        async with running(sample.previewed(), size=(200, 60)) as bench:
            text = bench.text("#ladder")
            for words in ("○  0.60", "ghost", "◆* 0.50", "prints", "14s  14%", "imbalance", "flow 60s"):
                assert words in text, words

    async def test_keys_group_and_release_the_book(self):
        """The badge says how coarse the rows are and that they stand still."""
        async with running(sample.quoting()) as bench:
            await bench.press("g", "l")
            assert "2 tk" in bench.text("#ladder")
            assert "STILL" in bench.text("#ladder")
            await bench.press("G", "l")
            assert "STILL" not in bench.text("#ladder")

    def test_imbalance_and_flow_fit_and_tell_sides_apart(self):
        """Exact widths; the heavier side and the taker's side are told by shape, not only by colour."""
        market = structs.replace(sample.market(), bids=((99, 30),), asks=((101, 10),))
        market = structs.replace(market, flow=((5, 0), (0, 5)))
        bar, flow = flat([imbalance_line(market, 50), flow_line(market, 50)])
        assert len(bar) == 50
        assert bar.count("█") > bar.count("▒")
        assert "+50%" in bar
        assert flow.endswith("▂▔")


class TestTape:
    """Public prints beside our quotes."""

    async def test_reached_quotes_are_marked(self):
        """A print at our ask shows it; the smaller panel tells the distance in ticks."""
        async with running(sample.quoting(), size=(200, 60)) as bench:
            assert "our ask" in bench.text("#tape")
        async with running(sample.quoting()) as bench:
            await bench.press("v")
            assert "◆" in bench.text("#tape")


class TestEvents:
    """The log and its filter."""

    async def test_filter(self):
        """Only lines that hold the text, whatever its case."""
        async with running(sample.quoting(), size=(200, 60)) as bench:
            await bench.press("slash", *"AGREE with", "enter")
            text = bench.text("#events")
            assert "orders, fills and position" in text
            assert "resumed by the operator" not in text


class TestCurve:
    """The signed PnL curve."""

    def test_fits_any_size(self):
        """Height and width are exact, whatever the history."""
        for history in ((1.0,), (-1.0,), (0.0, 0.0), sample.history(), sample.history(1000)):
            rows = flat(pnl.curve(history, 30, 5))
            assert len(rows) == 5
            assert {len(row) for row in rows} == {30}

    def test_a_flat_history_says_so(self):
        """An empty panel with no word looks broken."""
        assert any("flat until now" in row for row in flat(pnl.curve((0.0, 0.0), 30, 5)))

    def test_losses_hang_below_the_axis(self):
        """Gains stand, losses hang; both can be told without colour."""
        rows = flat(pnl.curve((5.0, -5.0), 2, 2))
        assert rows == ["█ ", " █"]

    def test_all_gain_uses_all_rows(self):
        """Without losses there is no room for them."""
        assert flat(pnl.curve((4.0,), 1, 2)) == ["█", "█"]


class TestWords:
    """Texts of the panels."""

    async def test_waiting_says_for_what(self):
        """Empty panels name what they wait for."""
        async with running(sample.waiting()) as bench:
            text = bench.text()
            for words in WAITING_WORDS:
                assert words in text, words

    async def test_reason_per_side(self):
        """Each side says whether it quotes, why not, and since when."""
        async with running(sample.one_side_held(), size=(80, 24)) as bench:
            text = bench.text("#sides")
            assert "BID HELD" in text
            assert "position limit reached" in text
            assert "14s" in text
            assert "ASK QUOTING" in text

    @pytest.mark.parametrize("size", [(80, 24), (200, 60)])
    async def test_a_side_on_its_way_out_is_no_quoting_side(self, size):
        """Orders wait for their cancels, nothing is quoted: the side says both, and why."""
        quoting = sample.quoting()
        gone = structs.replace(
            quoting.markets[0].bid, is_pulling=True, target_ticks=None, target_lots=None, reason="halted"
        )
        async with running(sample.with_market(quoting, bid=gone), size=size) as bench:
            text = bench.text("#sides")
            assert "BID PULLING" in text
            assert "halted" in text
            assert "ASK QUOTING" in text

    async def test_kill_not_proven_lists_the_residual(self):
        """What the venue still reports is listed, with the problem."""
        async with running(sample.kill_not_proven(), size=(80, 24)) as bench:
            text = bench.text("#kill")
            for words in ("NOT PROVEN", "trying again", "0 of 2", "buy 0.50 @ 96511.9", "cancels sent 9"):
                assert words in text

    async def test_dead_man_problem_is_said(self):
        """A switch that could not be renewed says why."""
        bad = structs.replace(
            sample.quoting(),
            dead_man=DeadManView(True, sample.NOW_NS + sample.SECOND, 20, "not renewed"),  # noqa: FBT003
        )
        async with running(bad) as bench:
            assert "not renewed" in bench.text("#gauges")

    @pytest.mark.parametrize("expires_ns", [sample.NOW_NS + 7 * sample.SECOND, None])
    async def test_a_long_problem_of_the_switch_leaves_its_name_and_its_time(self, expires_ns):
        """What the venue did not answer may be long; which figure it is, and the time left, stay."""
        long = "http://127.0.0.1:1 did not answer POST /api/v5/trade/cancel-all-after in time"
        switch = DeadManView(expires_ns is not None, expires_ns, 20, long)
        async with running(structs.replace(sample.quoting(), dead_man=switch), size=(80, 24)) as bench:
            row = next(line for line in bench.text("#gauges").splitlines() if "dead-man" in line)
            assert ("7 / 20 s" if expires_ns else "not armed") in row

    @pytest.mark.parametrize("language", ["en", "zh", "th"])
    async def test_the_instrument_is_named_whole_before_the_clock_is(self, language):
        """BTC-USDT… is the name of two markets: on a small screen the seconds go, then the clock."""
        async with running(sample.quoting(), size=(80, 24), comfort=Comfort(language=language)) as bench:
            assert "BTC-USDT-SWAP " in bench.text("#banner")

    @pytest.mark.parametrize("mode", Mode)
    async def test_mode_word_is_always_there(self, mode):
        """Colour is never the only sign of the mode."""
        snapshot = structs.replace(sample.quoting(), mode=mode)
        for size in ((80, 24), (200, 60)):
            async with running(snapshot, size=size) as bench:
                assert bench.text("#banner").startswith(f" {mode.upper()} ")

    async def test_state_survives_a_long_name(self):
        """On a small screen the instrument's name gives way, not the state."""
        long = structs.replace(sample.INSTRUMENT, inst_id="1000SATS-USDT-SWAP-260327")
        snapshot = structs.replace(sample.with_market(sample.armed(), instrument=long))
        async with running(snapshot, size=(80, 24)) as bench:
            banner = bench.text("#banner")
            assert "ARMED 7s" in banner
            assert "^K KILL" in banner

    async def test_a_quoting_side_tells_what_its_distance_is_made_of(self):
        """Part by part in basis points, each side its own; a side held tells its reason instead."""
        bid = PartsView(2.5, 0.31, -0.4, 0.0, 0.02, 0.12, 2.55)
        ask = PartsView(2.5, 0.31, 0.4, 0.0, 0.02, -0.12, 3.11)
        market = sample.market()
        held = structs.replace(market.ask, reason="inventory limit", is_quoting=False)
        quoting = {side: structs.replace(getattr(market, side), reason="quoting") for side in ("bid", "ask")}
        base = sample.with_market(sample.quoting(), bid_parts=bid, ask_parts=ask, **quoting)
        async with running(base, size=(200, 60)) as bench:
            assert "+2.5 bps = base +2.5 vol +0.3 inv -0.4 fair +0.1" in bench.text("#sides")
            assert "+3.1 bps = base +2.5 vol +0.3 inv +0.4 fair -0.1" in bench.text("#sides")
            await bench.show(sample.with_market(base, ask=held))
            assert "inventory limit" in bench.text("#sides")
            assert "+3.1 bps" not in bench.text("#sides")
            await bench.press("4")
            rows = [" ".join(line.strip("│").split()) for line in bench.text("#spread").splitlines()]
            assert "inv, bid / ask -0.40 / +0.40 bps" in rows
            assert "fees, bid / ask +0.02 / +0.02 bps" in rows
            assert "sum, bid / ask +2.55 / +3.11 bps" in rows

    def test_one_figure_is_one_row(self):
        """Of a figure with a mild and a hard limit the nearer is shown; what is near is never left out."""
        mild, hard = GaugeView("self-trades", 0.5, "1 / 2"), GaugeView("self-trades", 0.1, "1 / 10")
        position, loss = GaugeView("position", 0.2, "1 / 5"), GaugeView("loss", 0.95, "95 / 100")
        assert fitting((position, hard, mild, loss), 4) == [position, mild, loss]
        assert fitting((position, mild, hard, loss), 4) == [position, mild, loss]
        assert fitting((position, mild, hard, loss), 2) == [position, loss]

    async def test_bounds_too_wide_for_the_panel_leave_the_step(self):
        """Nothing is cut off: the keys move by the step, and the page of parameters has the bounds."""
        wide = structs.replace(
            sample.PARAMS[0], minimum=Decimal("0.0001"), maximum=Decimal(1_000), step=Decimal("0.01")
        )
        snapshot = sample.with_market(sample.quoting(), params=(wide, sample.PARAMS[1]))
        async with running(snapshot, size=(200, 60)) as bench:
            rows = [" ".join(line.strip("│").split()) for line in bench.text("#params").splitlines()]
            assert "[ ] half-spread 2.5 bps ±0.01" in rows
            assert "{ } order size 0.5 ct 0.01..10 ±0.1" in rows

    async def test_many_alarms_are_counted(self):
        """Only the worst three are shown, the rest is counted."""
        alarm = sample.alarmed().alarms[0]
        alarms = tuple(structs.replace(alarm, key=f"a{index}") for index in range(7))
        async with running(structs.replace(sample.quoting(), alarms=alarms)) as bench:
            assert bench.text("#alarms").count("CRITICAL") == 3
            assert "+4 more" in bench.text("#alarms")
            assert "!7" in bench.text("#banner")

    async def test_scrolling_stays_inside(self):
        """Fills scroll by keys and stop at both ends."""
        async with running(sample.quoting()) as bench:
            await bench.press("tab")
            first = bench.text("#fills")
            await bench.press("pagedown", "pagedown", "pagedown", "pagedown")
            last = bench.text("#fills")
            assert last != first
            await bench.press("down")
            assert bench.text("#fills") == last
            await bench.press("home")
            assert bench.text("#fills") == first

    async def test_huge_numbers_stay_readable(self):
        """Big money is shortened with its sign, not cut."""
        rich = structs.replace(
            sample.with_market(
                sample.quoting(), net_quote=Decimal("-12345678.9"), position_lots=-123_456_789
            ),
            account_view=structs.replace(sample.quoting().account_view, net_quote=Decimal("-12345678.9")),
        )
        async with running(rich, size=(80, 24)) as bench:
            assert "net -12,346k" in bench.text("#banner")
            assert "pos -1,235k" in bench.text("#banner")


class TestGauges:
    """Names and figures of the risk panel."""

    @pytest.mark.parametrize(
        ("text", "shown"),
        [
            ("36,900 / 50,000 USDT", "36,900/50,000 USDT"),
            ("6,914,228 / ≥1,000 within 10 bps", "6,914,228/≥1,000"),
            ("+0.00100000 / 0.00500000 BTC", "+0.0010/0.0050 BTC"),
        ],
    )
    def test_a_long_figure_leaves_its_name_whole(self, text, shown):
        """Blanks, idle zeros and words go first; what the figure is of must be read."""
        line = "".join(part for part, _ in gauge_line(GaugeView("notional", 0.5, text), 30))
        assert line.startswith(" notional ")
        assert line.rstrip().endswith(shown)
        assert len(line) == 30


class TestFigures:
    """Colours and room of figures and reasons."""

    async def test_a_loss_too_small_to_be_seen_is_not_red(self):
        """A figure that reads +0.00 is neither gain nor loss, and no arrow stands beside it."""
        tiny = sample.with_market(
            sample.quoting(), realised_quote=Decimal("-0.004"), net_quote=Decimal("-0.004")
        )
        async with running(tiny) as bench:
            spans = [span for line in bench.app.page.query_one("#pnl", pnl.Pnl)._lines for span in line]
            assert [role for text, role in spans if text.strip() == "+0.00"] == ["text", "text"]
            assert not any("▾" in text for text, _ in spans)

    @pytest.mark.parametrize(
        ("width", "says"), [(120, "MOVE: 18 ticks off target, 3"), (200, "MOVE to 96100.5: 18")]
    )
    async def test_the_reason_of_a_move_is_read_where_there_is_little_room(self, width, says):
        """What an order moves for is worth more than the price, which its row shows."""
        moving = structs.replace(
            sample.order(Side.SELL, 961_005), decision="MOVE to 96100.5: 18 ticks off target, 3 allowed"
        )
        async with running(sample.with_market(sample.quoting(), orders=(moving,)), size=(width, 60)) as bench:
            assert says in bench.text("#orders").splitlines()[-1]
