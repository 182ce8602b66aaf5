"""Ways out: safe quit, detach, signals, farewell, a lost engine."""

from __future__ import annotations

import signal
from types import SimpleNamespace

import pytest
from msgspec import structs

from okxmm_tui.console.app import ConsoleApp, how_it_ended
from okxmm_tui.console.port import ConsoleExit
from okxmm_tui.core.commands import Quit
from okxmm_tui.core.snapshot import DeadManView, Farewell
from tests.console import sample
from tests.console.fake_link import FakeLink
from tests.console.harness import running
from tests.console.rest import rest


async def test_safe_quit_waits_for_the_farewell():
    """ctrl+q asks once, shows it, and leaves with the engine's word."""
    async with running(sample.quoting()) as bench:
        await bench.press("ctrl+q", "ctrl+q")
        assert bench.link.sent == [Quit("operator")]
        assert "QUITTING" in bench.text("#banner")
        assert "already quitting" in bench.text("#status")
        assert bench.app.is_running
        bench.link.say(Farewell(75, "two orders not proven gone"))
        await bench.pilot.pause()
    assert bench.app.return_value == ConsoleExit(75, "two orders not proven gone")
    assert bench.link.is_closed


async def test_refused_quit_can_be_asked_again():
    """A quit the engine refuses is not under way."""
    async with running(sample.quoting()) as bench:
        await bench.press("ctrl+q")
        bench.link.reply(1, ok=False, text="already ending")
        await bench.settle()
        await bench.press("ctrl+q")
        assert len(bench.link.sent) == 2


async def test_detach_leaves_the_engine_running():
    """ctrl+d ends the console only."""
    async with running(sample.quoting()) as bench:
        await bench.pilot.press("ctrl+d")
    assert bench.link.sent == []
    assert bench.app.return_value.exit_code == 0


async def test_lost_engine_keeps_the_console_up():
    """Without a farewell the console stays, loud and dim, and says when the orders go."""
    async with running(sample.quoting()) as bench:
        bench.link.die()
        await bench.settle()
        assert bench.app.is_running
        assert "ENGINE GONE — dead-man's switch removes orders by 12:31:22" in bench.text("#alarms")
        assert "NO ENGINE" in bench.text("#banner")
        bench.clock.pass_seconds(30)
        await bench.press("p")
        assert "removed orders by" in bench.text("#alarms")
        assert "was not sent" in bench.text("#status")
        assert bench.link.sent == []
        await bench.pilot.press("ctrl+q")
    assert bench.app.return_value.exit_code == 75


async def test_lost_engine_without_orders_exits_4():
    """No orders in the last picture: unreachable, not unproven."""
    async with running(sample.killed()) as bench:
        bench.link.die()
        await bench.settle()
        await bench.pilot.press("ctrl+d")
    assert bench.app.return_value.exit_code == 4


async def test_lost_engine_without_a_switch_says_check():
    """An unarmed switch removes nothing, and that is said."""
    bare = structs.replace(sample.quoting(), dead_man=DeadManView(False, None, 20, ""))  # noqa: FBT003
    async with running(bare) as bench:
        bench.link.die()
        await bench.settle()
        assert "was not armed: check open orders" in bench.text("#alarms")


async def test_kill_without_an_engine_escalates_at_once():
    """There is nobody to wait for."""
    async with running(sample.quoting()) as bench:
        bench.link.die()
        await bench.settle()
        await bench.press("ctrl+k")
        assert len(bench.escalations) == 1


async def test_the_proof_of_a_kill_without_an_engine_is_shown_and_is_the_last_word():
    """Orders stood in the last picture, yet are proven gone: the panel says so, the exit code is not 75."""
    async with running(sample.quoting()) as bench:
        bench.link.die()
        await bench.settle()
        await bench.press("ctrl+k")
        assert "was started" in bench.text("#kill")
        bench.kill_codes.append(0)
        await bench.press("k")
        assert "the independent kill PROVED that no order of ours is in the market" in bench.text("#kill")
        await bench.pilot.press("ctrl+q")
    assert bench.app.return_value.exit_code == 4
    assert "proved every order gone" in bench.app.return_value.text


@pytest.mark.parametrize("key", ["r", "p"])
@pytest.mark.parametrize("picture", [sample.quoting(), sample.killed()])
async def test_quoting_keys_without_an_engine_say_that_nothing_was_sent(key, picture):
    """Neither that it is ACTIVE already, nor how to leave HALTED: nobody is there to do either."""
    async with running(picture) as bench:
        bench.link.die()
        await bench.settle()
        await bench.press(key)
        assert "the engine is gone" in bench.text("#status")
        assert bench.link.sent == []


async def test_a_picture_nobody_renews_shows_no_live_book():
    """LIVE was true when it was taken."""
    async with running(sample.quoting()) as bench:
        assert "LIVE" in bench.text("#ladder").splitlines()[0]
        bench.link.die()
        await bench.settle()
        top = bench.text("#ladder").splitlines()[0]
        assert "STALE" in top
        assert "LIVE" not in top


async def test_signal_quits_the_safe_way():
    """SIGTERM sends one Quit and leaves with the farewell."""
    async with running(sample.quoting()) as bench:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGHUP)
        await bench.settle()
        assert bench.link.sent == [Quit("console received SIGTERM")]
        bench.link.say(Farewell(0, "clean"))
        await bench.pilot.pause()
    assert bench.app.return_value == ConsoleExit(0, "clean")


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGTERM, signal.SIGINT])
async def test_a_signal_to_an_attached_console_ends_that_console_alone(number):
    """The engine was started by another: it is told nothing and follows its rule for a lost console."""
    async with running(sample.quoting(), is_guest=True) as bench:
        signal.raise_signal(number)
        await bench.pilot.pause()
    assert bench.link.sent == []
    assert bench.app.return_value.exit_code == 0
    assert "the engine keeps running" in bench.app.return_value.text


async def test_an_attached_console_quits_the_engine_by_key():
    """Whoever may command may also end it, by ctrl+q."""
    async with running(sample.quoting(), is_guest=True) as bench:
        await bench.press("ctrl+q")
        assert bench.link.sent == [Quit("operator")]
        bench.link.say(Farewell(0, "clean"))
        await bench.pilot.pause()


async def test_signal_does_not_wait_for_ever():
    """Without proof in time the console leaves with 75."""
    async with running(sample.quoting()) as bench:
        signal.raise_signal(signal.SIGTERM)
        await bench.settle()
        bench.app.leaving._give_up()
        await bench.pilot.pause()
    assert bench.app.return_value.exit_code == 75


async def test_signal_without_an_engine_leaves_at_once():
    """Nothing is waited for when nobody can answer."""
    async with running(sample.quoting()) as bench:
        bench.link.die()
        await bench.settle()
        signal.raise_signal(signal.SIGTERM)
        await bench.pilot.pause()
    assert bench.app.return_value.exit_code == 75


async def test_read_only_never_ends_the_engine():
    """An onlooker's ctrl+q only leaves."""
    async with running(sample.quoting(), is_read_only=True) as bench:
        await bench.pilot.press("ctrl+q")
    assert bench.link.sent == []
    assert bench.app.return_value.exit_code == 0


async def test_ctrl_c_only_hints():
    """ctrl+c names the keys that leave."""
    async with running(sample.quoting()) as bench:
        await bench.press("ctrl+c")
        assert "ctrl+q quits safely" in bench.text("#status")
        assert bench.app.is_running


async def test_a_vanished_terminal_is_left_without_a_signal():
    """A terminal that goes without a hangup reads as empty for ever; the console ends itself."""
    async with running(sample.quoting()) as bench:
        setattr(bench.app._driver, "_file", SimpleNamespace(is_gone=True))  # noqa: B010 - the headless driver has none
        bench.app._tick()
        bench.app._tick()
        await bench.pilot.pause()
        assert bench.link.sent == [Quit("console received a closed terminal")]
        bench.link.say(Farewell(0, "every order proven gone"))
        await bench.pilot.pause()


async def test_a_console_that_fails_says_that_the_engine_goes_on(capsys):
    """A crash is no loss of the engine, and its words are few: where it failed, without every local."""
    app = ConsoleApp(FakeLink(sample.killed()))

    def defect() -> None:
        raise RuntimeError("a defect in a key")

    async def crash() -> None:
        async with app.run_test():
            app.call_next(defect)
            await rest(app)

    with pytest.raises(RuntimeError, match="a defect in a key"):
        await crash()
    app._print_error_renderables()
    said = "".join(capsys.readouterr())
    assert "a defect in a key" in said
    assert "Snapshot(" not in said
    assert len(said.splitlines()) < 100
    ended = how_it_ended(app)
    assert ended.exit_code == 75
    assert "the engine goes on" in ended.text
