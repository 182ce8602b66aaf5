"""Acts by hand: the cursor, orders at it, sides, the steps down, the draft, presets, limits."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.console.screens.live_modal import FlattenScreen
from okxmm_tui.console_files import StateFiles
from okxmm_tui.core.commands import (
    Arm,
    CancelOne,
    FlattenPositions,
    MoveOrder,
    MuteSide,
    PlaceManual,
    PreviewParams,
    Reduce,
    SetLimit,
    SetParams,
    StopFlatten,
    SwitchStrategy,
    Widen,
)
from okxmm_tui.core.params import plain
from okxmm_tui.core.types import Mode, Side
from okxmm_tui.errors import UsageError
from tests.console import sample
from tests.console.harness import running
from tests.console.test_pages import holding

INST = "BTC-USDT-SWAP"


async def test_a_refused_closing_says_why_in_its_dialog():
    """The line below the page is dimmed behind the dialog; what to press next is read inside it."""
    async with running(holding()) as bench:
        await bench.press("F", "enter")
        said = "".join(
            text for line in bench.app.screen.query_one("#flatten-lines")._lines for text, _ in line
        )
        assert "press a to arm first" in said


class TestOrders:
    """Placing, moving, cancelling, muting."""

    async def test_place_at_the_cursor_with_the_order_size(self):
        """The cursor starts beside the middle and moves by ticks; both sides take its price."""
        async with running(sample.quoting()) as bench:
            await bench.press("b")
            assert bench.link.sent == []
            assert "cursor on a price first" in bench.text("#status")
            await bench.press("shift+tab", "down", "down", "b", "s")
            price = sample.MID_TICKS - 2
            assert bench.link.sent == [
                PlaceManual(INST, Side.BUY, price, 50), PlaceManual(INST, Side.SELL, price, 50),
            ]  # fmt: skip

    async def test_moving_the_order_at_the_cursor(self):
        """In the book the cursor's order moves, elsewhere the chosen one; the direction is the price's."""
        async with running(sample.quoting()) as bench:
            await bench.press("plus")
            await bench.press("shift+tab", *["down"] * 4, "minus")
            best_ask, bid = sample.MID_TICKS + 11, sample.MID_TICKS - 4
            assert bench.link.sent == [
                MoveOrder(INST, f"osell{best_ask}", best_ask + 1), MoveOrder(INST, f"obuy{bid}", bid - 1),
            ]  # fmt: skip

    async def test_an_order_is_sent_at_the_price_of_the_row_under_the_cursor(self):
        """Where a row stands for several ticks, what is read is what is sent, on either side."""
        async with running(sample.quoting()) as bench:
            await bench.press("g", "g", "shift+tab", "down", "b", "down", "b")
            bids = [command.price_ticks for command in bench.link.sent]
            assert bids == [965_120, 965_115]
            row = next(line for line in bench.text("Ladder").splitlines() if "◂" in line)
            assert "96,511.5" in row
            await bench.press("home", "up", "s", "up", "s")
            asks = [command.price_ticks for command in bench.link.sent[2:]]
            assert asks == [965_125, 965_130]

    async def test_one_row_has_the_cursor(self):
        """Rows of several ticks: the other side's row at nearly the same price is not marked too."""
        async with running(sample.quoting()) as bench:
            await bench.press("g", "g", "shift+tab", "down")
            assert bench.text("Ladder").count("◂") == 1

    async def test_the_order_of_a_neighbouring_row_is_not_touched(self):
        """Only an order that stands on the cursor's row is cancelled or moved."""
        orders = (sample.order(Side.BUY, 965_118),)
        async with running(sample.with_market(sample.quoting(), orders=orders)) as bench:
            await bench.press("g", "g", "shift+tab", "down", "x")
            assert bench.link.sent == []
            assert "no order to cancel" in bench.text("#status")
            await bench.press("down", "x")
            assert bench.link.sent == [CancelOne(INST, "obuy965118")]

    async def test_an_order_of_another_market_is_cancelled_where_it_works(self):
        """The blotter shows the orders of every market; x and + reach the chosen one, focus or not."""
        eth = structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP")
        theirs = structs.replace(sample.order(Side.SELL, 30_002, age=0.1), cl_ord_id="eth1")
        other = structs.replace(sample.market(), instrument=eth, orders=(theirs,))
        two = structs.replace(sample.quoting(), markets=(sample.market(), other))
        async with running(two) as bench:
            await bench.press("3", "x", "plus")
            assert bench.link.sent == [
                CancelOne("ETH-USDT-SWAP", "eth1"), MoveOrder("ETH-USDT-SWAP", "eth1", 30_003),
            ]  # fmt: skip

    async def test_orders_are_placed_on_the_dashboard_only(self):
        """A page that does not show the book's cursor does not place at it."""
        async with running(sample.quoting()) as bench:
            await bench.press("shift+tab", "down", "7", "b", "x", "plus")
            assert bench.link.sent == []

    async def test_cancelling_many_is_answered_once(self):
        """How many were asked for is not wiped away by each order's own confirmation."""
        async with running(sample.quoting()) as bench:
            await bench.press("X")
            for number in range(1, 5):
                bench.link.reply(number, ok=True, text="cancel sent")
            await bench.settle()
            assert "4 orders asked to be cancelled" in bench.text("#status")
            bench.link.reply(4, ok=False, text="that order is not working any more")
            await bench.settle()
            assert "refused" in bench.text("#status")

    @pytest.mark.parametrize(("key", "sides"), [("X", set(Side)), ("B", {Side.BUY}), ("S", {Side.SELL})])
    async def test_cancelling_many(self, key, sides):
        """All, or one side; those already on their way out are left alone."""
        base = sample.quoting()
        first, *rest = base.markets[0].orders
        orders = (structs.replace(first, status="cancelling"), *rest)
        async with running(sample.with_market(base, orders=orders)) as bench:
            await bench.press(key)
            assert bench.link.sent == [CancelOne(INST, each.cl_ord_id) for each in rest if each.side in sides]

    async def test_sides_are_muted_and_quoted_again(self):
        """The same key takes it back, by what the engine shows."""
        async with running(sample.quoting()) as bench:
            await bench.press("left_parenthesis", "right_parenthesis")
            muted = structs.replace(sample.quoting().markets[0].bid, is_muted=True)
            await bench.show(sample.with_market(sample.quoting(), bid=muted))
            assert "BID MUTED" in bench.text("#sides")
            await bench.press("left_parenthesis")
            assert bench.link.sent == [
                MuteSide(INST, Side.BUY, is_muted=True), MuteSide(INST, Side.SELL, is_muted=True),
                MuteSide(INST, Side.BUY, is_muted=False),
            ]  # fmt: skip


class TestStepsDown:
    """Widen, reduce, flatten, limits."""

    async def test_widen_and_reduce(self):
        """Widening is taken back by the same key."""
        async with running(sample.quoting()) as bench:
            await bench.press("W", "R")
            await bench.show(structs.replace(sample.quoting(), is_widened=True))
            assert "WIDE x2" in bench.text("#sides")
            await bench.press("W")
            assert bench.link.sent == [Widen(is_on=True), Reduce(), Widen(is_on=False)]

    async def test_flatten_needs_arming(self):
        """Enter in the preview does nothing before a; esc sends nothing at all."""
        async with running(holding()) as bench:
            await bench.press("F", "enter")
            assert bench.link.sent == []
            assert isinstance(bench.app.screen, FlattenScreen)
            await bench.press("a", "enter", "ctrl+x")
            assert bench.link.sent == [Arm(), FlattenPositions(INST), StopFlatten()]
            await bench.press("escape")
            assert bench.app.screen is bench.app.dashboard

    async def test_flatten_in_live_needs_the_echo(self):
        """Only the exact words; keys typed before them do nothing."""
        async with running(structs.replace(holding(), mode=Mode.LIVE)) as bench:
            await bench.press("F", *"flatten", "enter")
            assert bench.link.sent == []
            bench.app.screen.query_one("SafeInput").value = ""
            await bench.press(*f"flatten {INST}", "enter")
            assert bench.link.sent == [Arm(), FlattenPositions(INST)]

    async def test_nothing_to_flatten_is_said(self):
        """Without a position there is no modal."""
        async with running(sample.quoting()) as bench:
            await bench.press("F")
            assert bench.app.screen is bench.app.dashboard
            assert "no position" in bench.text("#status")

    async def test_a_flat_net_that_hides_positions_is_not_called_none(self):
        """Long and short of the same size: what closes them is said instead."""
        hidden = "the net is flat; okxmm-tui kill --flatten closes what stands: BTC-USDT-SWAP 2.00"
        async with running(sample.with_market(sample.quoting(), hedge_text=hidden)) as bench:
            await bench.press("F")
            assert bench.app.screen is bench.app.dashboard
            assert "the net is flat" in bench.text("#status")
            assert "no position" not in bench.text("#status")

    async def test_a_limit_is_typed(self):
        """What is no number is refused here; the engine judges the rest."""
        async with running(sample.quoting()) as bench:
            await bench.press("8", "down", "enter", *"abc", "enter")
            assert "no number" in str(bench.app.screen.query_one("#prompt-problem").render())
            bench.app.screen.query_one("SafeInput").value = ""
            await bench.press(*"40000", "enter")
            assert bench.link.sent == [SetLimit("max_position_notional_quote", Decimal(40_000))]

    async def test_read_only_sends_nothing(self):
        """An onlooker's keys change nothing."""
        async with running(holding(), is_read_only=True) as bench:
            await bench.press("W", "R", "X", "left_parenthesis", "shift+tab", "down", "b", "plus")
            await bench.press("5", "right", "y", "F", "a", "enter")
            assert bench.link.sent == []


class TestDraft:
    """Parameters as a transaction."""

    async def test_stepping_previews_and_applies_as_one(self):
        """Every step previews the whole draft; nothing is set before y, then all of it at once."""
        async with running(sample.quoting()) as bench:
            await bench.press("5", "right", "down", "shift+left")
            spread, size = Decimal("3.0"), Decimal("0.01")
            both = {"base_spread_bps": spread, "order_size": size}
            assert bench.link.sent == [
                PreviewParams(INST, {"base_spread_bps": spread}), PreviewParams(INST, both),
            ]  # fmt: skip
            assert "2 drafted" in bench.text()
            await bench.press("y")
            assert bench.link.sent[-1] == SetParams(INST, both)
            assert not bench.app.state.desk.draft

    async def test_escape_drops_draft_and_ghosts(self):
        """The engine is told that the preview ended."""
        async with running(sample.quoting()) as bench:
            await bench.press("5", "right", "escape", "y")
            assert bench.link.sent[-1] == PreviewParams(INST, {})
            assert "nothing is drafted" in bench.text("#status")

    async def test_leaving_ends_the_preview(self):
        """The next console must not show ghosts of a draft that nobody has any more."""
        async with running(sample.quoting()) as bench:
            await bench.press("5", "right", "ctrl+d")
            assert bench.link.sent[-1] == PreviewParams(INST, {})

    async def test_another_market_ends_the_preview(self):
        """The draft is dropped with the focus, and so are its ghosts in the market that was left."""
        first = sample.quoting()
        other = structs.replace(first.markets[0].instrument, inst_id="ETH-USDT-SWAP")
        second = structs.replace(first.markets[0], instrument=other)
        async with running(structs.replace(first, markets=(first.markets[0], second))) as bench:
            await bench.press("5", "right", "1", "n")
            assert bench.link.sent[-1] == PreviewParams(INST, {})
            assert not bench.app.state.desk.draft
            await bench.press("5", "right", "2", "home", "enter")
            assert bench.link.sent[-1] == PreviewParams("ETH-USDT-SWAP", {})

    async def test_the_prompt_has_straight_columns(self):
        """However long a name is, values stand below each other."""
        async with running(sample.quoting()) as bench:
            await bench.press("e")
            params = sample.quoting().markets[0].params
            rows = str(bench.app.screen.query_one("#prompt-params").render()).splitlines()
            ends = {row.index(f" {plain(param.value)}  ") + len(plain(param.value))
                    for row, param in zip(rows, params, strict=True)}  # fmt: skip
            assert len(ends) == 1

    async def test_going_back_to_the_value_leaves_no_draft(self):
        """A draft equal to what trades is none."""
        async with running(sample.quoting()) as bench:
            await bench.press("5", "right", "left")
            assert not bench.app.state.desk.draft

    async def test_presets_come_back_as_a_draft(self, tmp_path):
        """What was saved is drafted again, not applied; a name that is none is refused."""
        async with running(sample.quoting(), files=StateFiles(tmp_path)) as bench:
            await bench.press("5", "right", "P", *"../x", "enter")
            assert "no name" in str(bench.app.screen.query_one("#prompt-problem").render())
            bench.app.screen.query_one("SafeInput").value = ""
            await bench.press(*"calm", "enter", "escape", "L", *"calm", "enter")
            assert bench.app.state.desk.draft == {"base_spread_bps": Decimal(3)}
            assert not any(isinstance(each, SetParams) for each in bench.link.sent)

    async def test_the_journal_is_told_whether_a_preset_or_the_editor_made_the_draft(self, tmp_path):
        """A preset as it was saved is one; with a value stepped by hand it is the operator's own."""
        files = StateFiles(tmp_path)
        files.save_preset("inventory_skew", "calm", {"base_spread_bps": Decimal(3)})
        async with running(sample.quoting(), files=files) as bench:
            await bench.press("5", "L", *"calm", "enter", "y")
            assert bench.link.sent[-1] == SetParams(INST, {"base_spread_bps": Decimal(3)}, "preset")
            await bench.press("L", *"calm", "enter", "down", "right", "y")
            assert bench.link.sent[-1].source == "editor"
            assert set(bench.link.sent[-1].values) == {"base_spread_bps", "order_size"}
            await bench.press("right", "y")
            assert bench.link.sent[-1].source == "editor"

    async def test_strategies_are_switched_by_name(self):
        """An unknown name is refused here."""
        async with running(sample.quoting()) as bench:
            await bench.press("T", *"gl", "enter")
            assert "none of the strategies" in str(bench.app.screen.query_one("#prompt-problem").render())
            bench.app.screen.query_one("SafeInput").value = ""
            await bench.press(*"glft", "enter")
            assert bench.link.sent == [SwitchStrategy(INST, "glft")]


class TestFiles:
    """Presets on disk."""

    def test_values_come_back_exactly(self, tmp_path):
        """Decimals keep every digit; files are the owner's alone."""
        files = StateFiles(tmp_path)
        values = {"order_size": Decimal("0.10"), "base_spread_bps": Decimal("12345.678901234567890")}
        path = files.save_preset("glft", "a-1", values)
        assert files.load_preset("glft", "a-1") == values
        assert files.presets("glft") == ("a-1",)
        assert files.presets("ladder") == ()
        assert (tmp_path / "presets").stat().st_mode & 0o777 == 0o700
        assert path.endswith("presets/glft/a-1.toml")

    @pytest.mark.parametrize("name", ["", "../up", "a/b", ".hidden", "x" * 41])
    def test_a_name_cannot_leave_the_folder(self, name, tmp_path):
        """Names are letters, digits, dash and underscore."""
        with pytest.raises(UsageError, match="no name for a preset"):
            StateFiles(tmp_path).save_preset("glft", name, {})

    def test_what_is_no_preset_is_said(self, tmp_path):
        """A missing or broken file names itself."""
        files = StateFiles(tmp_path)
        with pytest.raises(UsageError, match="no preset"):
            files.load_preset("glft", "none")
        files.save_preset("glft", "bad", {})
        (tmp_path / "presets/glft/bad.toml").write_text("x = 'y'", encoding="utf-8")
        with pytest.raises(UsageError, match="could not be read"):
            files.load_preset("glft", "bad")
