"""The console as the operator meets it: keys, modals, kill, parameters, leaving."""

from __future__ import annotations

from decimal import Decimal

import pytest
from msgspec import structs

from okxmm_tui.console import themes
from okxmm_tui.console.app import ConsoleApp
from okxmm_tui.console.screens.help import HelpScreen
from okxmm_tui.console.screens.live_phrase import LivePhrase
from okxmm_tui.console.screens.param_prompt import ParamPrompt
from okxmm_tui.core.commands import (
    AcknowledgeAlarms,
    Arm,
    CancelOne,
    Disarm,
    Pause,
    Resume,
    SetParam,
    UndoParam,
)
from okxmm_tui.core.types import Mode
from okxmm_tui.errors import UsageError
from tests.console import sample, scenes
from tests.console.fake_link import FakeLink
from tests.console.harness import SIZES, running
from tests.console.rest import press

KILL_KEYS = ("ctrl+k", "f12")


class TestKill:
    """The kill key, wherever the operator is."""

    @pytest.mark.parametrize("size", [*SIZES, (40, 10)])
    async def test_reaches_the_link_from_everywhere(self, size):
        """Dashboard, input field, help, palette, maximised panel: both keys, one kill each."""
        async with running(sample.quoting(), size=size) as bench:
            for opener in ((), ("e",), ("f1",), ("ctrl+p",), ("m",), ("tab",), ("0",)):
                for key in KILL_KEYS:
                    before = len(bench.link.kills)
                    await bench.press(*opener, key)
                    assert len(bench.link.kills) == before + 1, (opener, key)

    @pytest.mark.parametrize("key", KILL_KEYS)
    async def test_works_in_the_live_phrase(self, key):
        """The phrase modal is no obstacle, also with text in its field."""
        async with running(sample.live_paused()) as bench:
            await bench.press("t", "r", "a", key)
            assert len(bench.link.kills) == 1

    async def test_clears_the_view_on_its_proof(self):
        """Modals close, so that found, sent and proven can be seen."""
        async with running(sample.quoting()) as bench:
            await bench.press("f1", "ctrl+k")
            assert bench.app.screen is bench.app.dashboard
            assert "kill sent, waiting" in bench.text("#kill")
            await bench.show(sample.killed())
            assert "PROVEN in 0.8 s" in bench.text("#kill")
            assert "HALTED" in bench.text("#banner")

    async def test_escalates_once_and_says_so(self):
        """Without HALTED within a second the independent kill is started."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+k")
            bench.clock.pass_seconds(1.2)
            bench.app.kill_watch.check()
            await bench.settle()
            assert len(bench.escalations) == 1
            assert "independent kill was started" in bench.text("#kill")

    async def test_works_read_only(self):
        """Read-only refuses all but the kill."""
        async with running(sample.quoting(), is_read_only=True) as bench:
            await bench.press("p", "x", "right_square_bracket", "ctrl+k")
            assert bench.link.sent == []
            assert len(bench.link.kills) == 1

    async def test_is_in_the_palette_too(self):
        """The palette's kill sends one."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+p", "K", "i", "l", "l")
            await bench.press("down", "enter")
            assert len(bench.link.kills) == 1

    async def test_plain_k_only_reminds(self):
        """A missed ctrl names the kill keys and does nothing else."""
        async with running(sample.quoting()) as bench:
            await bench.press("k", "j")
            assert not bench.link.kills
            assert not bench.link.sent
            assert "ctrl+k or f12" in bench.text("#status")


@pytest.mark.parametrize("opener", ["f1", "e", "T", "0", "ctrl+p", "ctrl+t"])
async def test_the_foot_names_no_key_a_dialog_takes(opener):
    """Over the page only kill and quit still work; the others come back with the page, at once."""
    async with running(sample.quoting()) as bench:
        assert "p pause" in bench.text("#status")
        await press(bench.app, opener)
        assert "^K kill  ^Q quit" in bench.text("#status")
        assert "p pause" not in bench.text("#status")
        await press(bench.app, "escape")
        assert "p pause" in bench.text("#status")


async def test_an_onlooker_is_offered_no_key_for_alarms():
    """A read-only console cannot mark them as seen."""
    for is_read_only in (False, True):
        async with running(sample.alarmed(), is_read_only=is_read_only) as bench:
            assert ("space: seen" in bench.text("#alarms")) is not is_read_only
            assert "CRITICAL" in bench.text("#alarms")


class TestQuoting:
    """Pause, resume, arm, cancel."""

    async def test_p_follows_the_state(self):
        """ACTIVE pauses, PAUSED resumes, HALTED explains."""
        async with running(sample.quoting()) as bench:
            await bench.press("p")
            await bench.show(
                structs.replace(sample.quoting(), trading_state="PAUSED", state_reason="operator")
            )
            await bench.press("p")
            await bench.show(sample.killed())
            await bench.press("p")
            assert bench.link.sent == [Pause(), Resume()]
            assert "a to arm" in bench.text("#status")

    async def test_halted_needs_arming(self):
        """R alone does nothing in HALTED; a then r resumes, also before the next snapshot."""
        async with running(sample.killed()) as bench:
            await bench.press("r")
            assert bench.link.sent == []
            await bench.press("a", "r")
            assert bench.link.sent == [Arm(), Resume()]

    async def test_armed_is_counted_down(self):
        """The banner shows how long the arming lasts; a again takes it back."""
        async with running(sample.armed()) as bench:
            assert "HALTED ARMED 7s" in bench.text("#banner")
            bench.clock.pass_seconds(2)
            await bench.settle()
            assert "ARMED 5s" in bench.text("#banner")
            await bench.press("a")
            assert bench.link.sent == [Disarm()]

    async def test_an_arming_that_was_used_up_is_not_taken_back(self):
        """A kill disarms; a second later the picture alone counts, and a arms again."""
        async with running(sample.killed()) as bench:
            await bench.press("a")
            bench.clock.pass_seconds(2)
            await bench.show(sample.killed())
            await bench.press("a", "r")
            assert bench.link.sent == [Arm(), Arm(), Resume()]

    async def test_x_cancels_the_order_under_the_cursor(self):
        """The cursor moves with the arrows and stays on its order."""
        async with running(sample.quoting()) as bench:
            await bench.press("down", "down", "x")
            chosen = sample.quoting().markets[0].orders[0]
            assert bench.link.sent == [CancelOne("BTC-USDT-SWAP", chosen.cl_ord_id)]

    async def test_space_acknowledges(self):
        """One key for all alarms."""
        async with running(sample.alarmed()) as bench:
            assert "UNKNOWN" in bench.text("#alarms")
            await bench.press("space")
            assert bench.link.sent == [AcknowledgeAlarms()]

    async def test_refusal_is_shown(self):
        """What the engine refuses is said with its reason."""
        async with running(sample.quoting()) as bench:
            await bench.press("p")
            bench.link.reply(1, ok=False, text="private stream is down")
            await bench.settle()
            assert "pause refused: private stream is down" in bench.text("#status")


class TestParams:
    """Stepping, typing and undoing."""

    async def test_presses_accumulate_before_the_echo(self):
        """Three presses are three steps, whatever the screen shows meanwhile."""
        async with running(sample.quoting()) as bench:
            await bench.press("]", "]", "]", "[")
            assert [command.value for command in bench.link.sent] == [
                Decimal("3.0"), Decimal("3.5"), Decimal("4.0"), Decimal("3.5"),
            ]  # fmt: skip
            assert "→3.5" in bench.text("#params")

    @pytest.mark.parametrize(
        ("key", "name", "value"),
        [
            ("{", "order_size", "0.40"), ("}", "order_size", "0.60"), (",", "inventory_skew", "0.3"),
            (".", "inventory_skew", "0.5"), (";", "max_position", "39"), ("'", "max_position", "41"),
        ],
    )  # fmt: skip
    async def test_each_key_steps_its_parameter(self, key, name, value):
        """Every pair of keys moves its own parameter by its own step."""
        async with running(sample.quoting()) as bench:
            await bench.press(key)
            assert bench.link.sent == [SetParam("BTC-USDT-SWAP", name, Decimal(value))]

    async def test_bounds_are_enforced_here(self):
        """At a bound nothing is sent, and the bound is named."""
        low = tuple(structs.replace(param, value=param.minimum) for param in sample.PARAMS)
        async with running(sample.with_market(sample.quoting(), params=low)) as bench:
            await bench.press("[")
            assert bench.link.sent == []
            assert "at its minimum of 0.5 bps" in bench.text("#status")

    async def test_refusal_takes_the_wish_back(self):
        """A refused value disappears, and the reason stands in the panel."""
        async with running(sample.quoting()) as bench:
            await bench.press("]")
            assert "→3" in bench.text("#params")
            bench.link.reply(1, ok=False, text="below fees")
            await bench.settle()
            assert "→" not in bench.text("#params")
            assert "✕ below fees" in bench.text("#params")

    async def test_unknown_parameter_is_said(self):
        """A strategy without the parameter says so."""
        async with running(sample.with_market(sample.quoting(), params=sample.PARAMS[:1])) as bench:
            await bench.press("}")
            assert "has no size" in bench.text("#status")

    async def test_prompt_sets_a_typed_value(self):
        """e, name, value, enter."""
        async with running(sample.quoting()) as bench:
            await bench.press("e", *"order_size 2.5", "enter")
            assert bench.link.sent == [SetParam("BTC-USDT-SWAP", "order_size", Decimal("2.5"))]
            assert bench.app.screen is bench.app.dashboard

    @pytest.mark.parametrize(
        ("typed", "problem"),
        [("order_size 99", "between 0.01 and 10"), ("order_size x", "no number"), ("speed 3", "no parameter"),
         ("order_size nan", "between")],
    )  # fmt: skip
    async def test_prompt_refuses_with_a_reason(self, typed, problem):
        """Nothing wrong leaves the prompt; esc leaves it without a change."""
        async with running(sample.quoting()) as bench:
            await bench.press("e", *typed, "enter")
            assert problem in str(bench.app.screen.query_one("#prompt-problem").render())
            await bench.press("escape")
            assert bench.link.sent == []
            assert bench.app.screen is bench.app.dashboard

    async def test_undo(self):
        """U takes the last change back."""
        async with running(sample.quoting()) as bench:
            await bench.press("u")
            assert bench.link.sent == [UndoParam("BTC-USDT-SWAP")]


class TestLive:
    """Real money asks for its phrase."""

    async def test_exact_phrase_arms_and_resumes(self):
        """Only the exact phrase starts quoting."""
        async with running(sample.live_paused()) as bench:
            assert isinstance(bench.app.screen, LivePhrase)
            await bench.press(*"Trade live", "enter")
            assert bench.link.sent == []
            bench.app.screen.query_one("SafeInput").value = ""
            await bench.press(*"trade live", "enter")
            assert bench.link.sent == [Arm(), Resume()]

    async def test_escape_stays_paused_and_p_asks_again(self):
        """Esc changes nothing; no key resumes without the phrase."""
        async with running(sample.live_paused()) as bench:
            await bench.press("escape")
            assert bench.app.screen is bench.app.dashboard
            await bench.press("p")
            assert isinstance(bench.app.screen, LivePhrase)
            await bench.press("escape", "r")
            assert isinstance(bench.app.screen, LivePhrase)
            assert bench.link.sent == []

    async def test_other_modes_do_not_ask(self):
        """Sim, paper and demo start without a phrase."""
        paused = structs.replace(sample.live_paused(), mode=Mode.DEMO, needs_phrase=False)
        async with running(paused) as bench:
            assert bench.app.screen is bench.app.dashboard

    async def test_read_only_does_not_ask(self):
        """An onlooker is not asked."""
        async with running(sample.live_paused(), is_read_only=True) as bench:
            assert bench.app.screen is bench.app.dashboard


class TestScreen:
    """Help, themes, maximised panels, sizes, first paint."""

    async def test_first_paint_waits_for_nothing(self):
        """Without a snapshot the console says what it waits for."""
        async with running() as bench:
            assert "connecting to the engine" in bench.text("#banner")
            await bench.press("p", "x", "]", "e", "m", "n", "space")
            await bench.show(sample.quoting())
            assert "BTC-USDT-SWAP" in bench.text("#banner")

    async def test_help_opens_and_closes(self):
        """f1 opens the page, f1 or esc closes it."""
        async with running(sample.quoting()) as bench:
            await bench.press("f1")
            assert isinstance(bench.app.screen, HelpScreen)
            await bench.press("f1")
            assert bench.app.screen is bench.app.dashboard

    async def test_theme_changes_and_wraps_around(self):
        """T goes through all themes."""
        async with running(sample.quoting()) as bench:
            seen = []
            for _ in themes.theme_names():
                await bench.press("t")
                seen.append(bench.app.theme)
            assert sorted(seen) == sorted(themes.theme_names())
            assert bench.app.theme == "okxmm-dark"

    def test_unknown_theme_is_a_usage_error(self):
        """A wrong theme name is refused before anything is drawn."""
        with pytest.raises(UsageError, match="Known themes"):
            ConsoleApp(FakeLink(), theme="nope")

    async def test_banner_stays_when_a_panel_is_maximised(self):
        """Mode and kill hint are never covered."""
        async with running(sample.quoting()) as bench:
            await bench.press("m")
            orders = bench.app.dashboard.query_one("#orders")
            assert bench.app.dashboard.maximized is orders
            assert orders.size.height == 33
            assert bench.app.dashboard.query_one("#banner").region.y == 0
            await bench.press("m")
            assert bench.app.dashboard.maximized is None

    @pytest.mark.parametrize("size", [(79, 24), (80, 23), (30, 8)])
    async def test_curtain_keeps_the_essentials(self, size):
        """Too small still shows mode, state, position, PnL and the kill key."""
        async with running(sample.quoting(), size=size) as bench:
            curtain = bench.app.dashboard.query_one("#curtain")
            assert curtain.region.size == size
            text = bench.text("#curtain")
            for word in ("SIM", "ACTIVE", "+12.50 ct", "+92.40", "^K KILL", "80x24"):
                assert word in text

    @pytest.mark.parametrize(
        ("picture", "words"),
        [
            (sample.killed, ("HALTED", "PROVEN in 0.8 s")),
            (sample.kill_not_proven, ("HALTED", "NOT PROVEN ", "REST did not")),
            (sample.alarmed, ("‼ order o7 is UNKNOWN",)),
            (scenes.replay, ("≋ REPLAY LIVE", "❚❚")),
        ],
    )
    async def test_curtain_says_what_cannot_wait(self, picture, words):
        """The proof of a kill, the worst alarm, and that a past session of real money is no real money."""
        async with running(picture(), size=(40, 10)) as bench:
            text = bench.text("#curtain")
            for word in words:
                assert word in text
            assert ("KILL" in text) is (picture is not scenes.replay)

    async def test_curtain_says_that_the_engine_is_silent(self):
        """What is shown is old, and that is said."""
        async with running(sample.quoting(), size=(60, 15)) as bench:
            bench.clock.pass_seconds(4)
            await bench.settle()
            assert "ENGINE SILENT for 4s" in bench.text("#curtain")

    async def test_curtain_and_banner_agree_on_the_result(self):
        """With several markets both show the account's, not one market's."""
        other = structs.replace(
            sample.market(), instrument=structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP")
        )
        base = sample.quoting()
        account = structs.replace(base.account_view, net_quote=Decimal("184.8"))
        two = structs.replace(base, markets=(sample.market(), other), account_view=account)
        async with running(two, size=(60, 15)) as bench:
            assert "net +184.80 USDT" in bench.text("#curtain")

    async def test_next_market(self):
        """N shows the next instrument."""
        other = structs.replace(
            sample.market(), instrument=structs.replace(sample.INSTRUMENT, inst_id="ETH-USDT-SWAP")
        )
        async with running(structs.replace(sample.quoting(), markets=(sample.market(), other))) as bench:
            await bench.press("n")
            assert "ETH-USDT-SWAP" in bench.text("#banner")
            await bench.press("n")
            assert "BTC-USDT-SWAP" in bench.text("#banner")

    async def test_prompt_is_not_stacked(self):
        """Keys typed into the prompt stay there."""
        async with running(sample.quoting()) as bench:
            await bench.press("e", "e", "p", "x")
            assert isinstance(bench.app.screen, ParamPrompt)
            assert bench.link.sent == []

    async def test_silent_engine_dims_everything(self):
        """Two seconds without a snapshot, and the age is said."""
        async with running(sample.quoting()) as bench:
            bench.clock.pass_seconds(4)
            await bench.settle()
            assert "ENGINE SILENT for 4s" in bench.text("#alarms")


class TestPicture:
    """The screen as a file."""

    async def test_lies_in_the_directory_of_the_start(self, tmp_path, monkeypatch):
        """The message names the file, and the file is there."""
        monkeypatch.chdir(tmp_path)
        async with running(sample.quoting()) as bench:
            await bench.press("f8")
            assert "picture saved" in bench.text()
        (picture,) = tmp_path.glob("*.svg")
        assert "<svg" in picture.read_text(encoding="utf-8")

    async def test_a_failure_is_told(self, monkeypatch):
        """A directory that cannot be written is said, not swallowed."""

        def full(*_args, **_options):
            raise OSError(28, "No space left on device")

        async with running(sample.quoting()) as bench:
            monkeypatch.setattr(bench.app, "save_screenshot", full)
            await bench.press("f8")
            assert "No space left" in bench.text()
