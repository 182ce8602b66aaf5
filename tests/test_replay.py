"""A past session played again: every effect compared, nothing sent, time under the keys."""

from __future__ import annotations

import pytest
from textual.widgets import Static

import okxmm_tui
from okxmm_tui.console.bindings import PAGES, SCREEN, TABLE
from okxmm_tui.console.palette import ConsoleProvider
from okxmm_tui.console.widgets.banner import Banner
from okxmm_tui.console.widgets.status_line import StatusLine
from okxmm_tui.core.commands import Kill, Pause, Quit
from okxmm_tui.core.effects import PlaceOrder
from okxmm_tui.core.messages import JournalGap
from okxmm_tui.core.snapshot import CommandReply, Farewell, Snapshot
from okxmm_tui.engine.journal import EventLog, EventRecord, read_log
from okxmm_tui.errors import RecordingError, UsageError
from okxmm_tui.replay import cli
from okxmm_tui.replay.app import ReplayApp
from okxmm_tui.replay.link import REFUSED, ReplayLink
from okxmm_tui.replay.player import Player
from okxmm_tui.replay.why import why
from okxmm_tui.replay.words import parse_time
from tests.past import VERSION, leave, log_of, rewrite, tamper
from tests.samples import SECOND, START_NS


class Steady:
    """A monotonic clock that moves when told."""

    def __init__(self) -> None:
        self.now_s = 100.0

    def __call__(self) -> float:
        """The time."""
        return self.now_s


@pytest.fixture
def log(tmp_path):
    """The event log of a small session."""
    return log_of(tmp_path, leave(tmp_path))


def _played(path) -> Player:
    player = Player(path)
    for _ in player.steps():
        pass
    return player


# -- the player ------------------------------------------------------------------------------------------


def test_an_untouched_log_gives_the_same_effects(log):
    """Every event is applied, every effect compared, none differs, the last word is found."""
    player = _played(log)
    records = list(read_log(log))
    assert player.events == len(records) - 1
    assert player.effects == sum(len(record.effects) for record in records) > 10
    assert (player.difference_count, player.is_same, player.is_at_end) == (0, True, True)
    assert player.stop is not None


def test_a_tampered_effect_is_found_with_its_number_time_and_both_sides(log, capsys):
    """One tick in one order is enough, and makes exit code 1."""
    number = tamper(log)
    (found,) = _played(log).differences
    assert found.number == number
    recorded, replayed = (
        next(e for e in effects if isinstance(e, PlaceOrder)) for effects in (found.recorded, found.replayed)
    )
    assert recorded.price_ticks == replayed.price_ticks + 1
    assert cli.main([str(log), "--check"]) == 1
    said = capsys.readouterr().out
    assert f"DIFFERENCE at event {number}" in said
    assert str(recorded.price_ticks) in said
    assert str(replayed.price_ticks) in said


def test_a_missing_and_an_extra_effect_are_differences(log):
    """Lists of other lengths do not pass."""
    records = list(read_log(log))
    at = next(n for n, record in enumerate(records) if len(record.effects) > 1)
    first = records[at]
    rewrite(
        log, [*records[:at], EventRecord(first.at_ns, first.event, first.effects[:-1]), *records[at + 1 :]]
    )
    assert _played(log).difference_count == 1


def test_a_gap_ends_the_comparison_and_is_told(log):
    """After lost steps nothing can be proven, so the log is not called the same."""
    records = list(read_log(log))
    gap = EventRecord(records[5].at_ns, JournalGap(7))
    rewrite(log, [*records[:5], gap, *records[5:]])
    player = _played(log)
    assert player.lost_steps == 7
    assert not player.is_same
    assert any("7 steps are missing" in line for line in player.words())


def test_the_version_that_wrote_the_log_is_named(log):
    """Differences may come from another version, so it says which one it was."""
    assert okxmm_tui.__version__ != VERSION
    assert any(VERSION in line for line in Player(log).words())


def test_a_log_that_does_not_begin_a_session_is_refused(log):
    """A later segment cannot be played by itself."""
    rewrite(log, list(read_log(log))[1:])
    with pytest.raises(RecordingError, match="did not begin"):
        Player(log)


def test_a_log_without_a_last_word_says_so(log):
    """A killed session is not taken for a finished one."""
    rewrite(log, list(read_log(log))[:-60])
    player = _played(log)
    assert player.is_same
    assert any("last word" in line for line in player.words())


# -- the command -----------------------------------------------------------------------------------------


def test_check_prints_events_effects_differences_and_speed(log, capsys):
    """All figures, exit code 0; a state directory stands for its newest log."""
    assert cli.main([str(log.parent), "--check"]) == 0
    said = capsys.readouterr().out
    for word in ("events,", "effects,", "0 differences", "events/s", "SAME"):
        assert word in said


def test_a_folder_without_logs_and_a_wrong_speed_are_refused(tmp_path, log):
    """Each with what to do about it."""
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(RecordingError, match="no event log"):
        cli.main([str(empty), "--check"])
    with pytest.raises(UsageError, match="--speed"):
        cli.main([str(log), "--speed", "0"])


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("08:00:05", 5), ("2026-11-20T08:00:05Z", 5), ("2026-11-20T09:00:05+01:00", 5), ("2026-11-20", -28_800)],
)
def test_times_are_utc(text, seconds):
    """A time of day belongs to the session's day."""
    assert parse_time(text, START_NS, "--at") == START_NS + seconds * SECOND


def test_what_is_no_time_is_refused():
    """With the flag and an example."""
    with pytest.raises(UsageError, match="--at 'soon'"):
        parse_time("soon", START_NS, "--at")


# -- why -------------------------------------------------------------------------------------------------


def test_why_tells_the_story_of_an_order_and_of_a_trade(log):
    """Book, parameters with version, decision, the venue's word, and the position it made."""
    order = next(e for record in read_log(log) for e in record.effects if isinstance(e, PlaceOrder))
    story = "\n".join(why(log, order.cl_ord_id))
    for word in (
        "PlaceOrder",
        "decision",
        "params    version",
        "bid ",
        "signals",
        "OrderUpdate",
        "state filled",
    ):
        assert word in story
    assert "\n".join(why(log, "1")) == story


def test_why_refuses_an_unknown_id(log):
    """It says where ids are to be found."""
    with pytest.raises(UsageError, match="'nobody'"):
        list(why(log, "nobody"))


# -- the link --------------------------------------------------------------------------------------------


async def _next(messages) -> Snapshot:
    message = await anext(messages)
    assert isinstance(message, Snapshot)
    assert message.replay is not None
    return message


@pytest.fixture
def no_waiting(monkeypatch):
    """Frames follow each other at once."""
    monkeypatch.setattr("okxmm_tui.replay.link.FRAME_S", 0)


@pytest.mark.usefixtures("no_waiting")
async def test_time_runs_at_the_chosen_speed(log):
    """A second of the clock is four of the session."""
    clock = Steady()
    link = ReplayLink(log, speed=4.0, clock=clock)
    messages = link.messages()
    first = await _next(messages)
    assert first.at_ns == START_NS
    clock.now_s += 1.0
    second = await _next(messages)
    assert START_NS + 3.9 * SECOND < second.at_ns <= START_NS + 4 * SECOND
    assert link.now_ns() == second.at_ns


@pytest.mark.usefixtures("no_waiting")
async def test_pause_step_and_seek(log):
    """Held time does not move; steps move by one; back and forth shows the same picture."""
    clock = Steady()
    link = ReplayLink(log, clock=clock)
    messages = link.messages()
    await _next(messages)
    link.pause_or_play()
    clock.now_s += 5.0
    held = await _next(messages)
    assert (held.at_ns, held.replay and held.replay.is_paused) == (START_NS, True)
    link.step_event()
    one = await _next(messages)
    assert one.replay is not None
    assert one.replay.events == 1
    link.seek(START_NS + 3 * SECOND)
    forth = await _next(messages)
    link.seek(START_NS + 5 * SECOND)
    await _next(messages)
    link.seek(START_NS + 3 * SECOND)
    back = await _next(messages)
    assert back.markets == forth.markets
    link.step_second()
    assert (await _next(messages)).at_ns > back.at_ns


@pytest.mark.usefixtures("no_waiting")
async def test_every_command_is_refused_and_only_leaving_is_granted(log):
    """Nothing done in a replay can reach a venue."""
    link = ReplayLink(log, clock=Steady())
    messages = link.messages()
    for command in (Pause(), Kill()):
        number = link.send(command)
        assert await anext(messages) == CommandReply(number, ok=False, text=REFUSED)
    link.send(Quit())
    assert isinstance(await anext(messages), Farewell)


@pytest.mark.usefixtures("no_waiting")
async def test_a_log_that_is_damaged_in_the_middle_ends_the_replay_with_the_reason(log):
    """Played up to there, by time or by single steps; not a lost engine, and no traceback."""
    records, ends = list(read_log(log)), list[int]()
    log.unlink()
    for part in (records[:20], records[20:40], records[40:]):
        written = EventLog(log)
        for record in part:
            written.append(record.at_ns, record.event, list(record.effects))
        written.close()
        ends.append(log.stat().st_size)
    data = bytearray(log.read_bytes())
    data[(ends[0] + ends[1]) // 2] ^= 0xFF
    log.write_bytes(data)
    link = ReplayLink(log, at_ns=START_NS + 3_600 * SECOND, clock=Steady())
    last = [message async for message in link.messages()][-1]
    assert isinstance(last, Farewell)
    assert last.exit_code == 2
    assert "damaged" in last.text
    link = ReplayLink(log, clock=Steady())
    for _ in range(30):
        link.step_event()
    *_, last = [message async for message in link.messages()]
    assert isinstance(last, Farewell)
    assert "damaged" in last.text


@pytest.mark.usefixtures("no_waiting")
async def test_the_end_is_a_summary_with_the_verdict(log):
    """0 for a faithful log, 1 for a tampered one; the last picture stays until somebody leaves."""
    for code in (0, 1):
        link = ReplayLink(log, at_ns=START_NS + 3_600 * SECOND, clock=Steady())
        messages = link.messages()
        while not link.player.is_at_end:
            await _next(messages)
        for _ in range(3):
            picture = await _next(messages)
            assert picture.replay is not None
            assert (picture.replay.is_at_end, link.is_paused) == (True, True)
            link.pause_or_play()
        link.send(Quit())
        last = await anext(messages)
        assert isinstance(last, Farewell)
        assert (last.exit_code, "differences" in last.text) == (code, True)
        tamper(log)


def test_speeds_have_ends(log):
    """Faster and slower stop at the last speed."""
    link = ReplayLink(log, clock=Steady())
    for direction, last in ((1, 100.0), (-1, 0.1)):
        for _ in range(20):
            link.change_speed(direction)
        assert link.speed == last


# -- the console -----------------------------------------------------------------------------------------


def _banner(app) -> str:
    banner = app.dashboard.query_one(Banner)
    return "".join(text for line in banner._lines for text, _ in line)


async def test_the_console_cannot_be_taken_for_a_live_one(log):
    """REPLAY in banner and title, a kill key that explains itself, keys that move time, leaving at once."""
    link = ReplayLink(log, clock=Steady())
    app = ReplayApp(link, theme="okxmm-dark")
    async with app.run_test(size=(120, 35)) as pilot:
        while app.state.snapshot is None:
            await pilot.pause()
        await pilot.press("p", "full_stop", "plus")
        await pilot.press("ctrl+k")
        await pilot.pause()
        app.draw()
        assert "REPLAY of SIM" in _banner(app)
        assert "^K KILL" not in _banner(app)
        assert "REPLAY" in app._title._shown
        assert app.state._message[0].startswith("REPLAY")
        assert link.is_paused
        assert link.player.events == 1
        assert link.speed == 2.0
        await pilot.press("ctrl+q")
    assert app.return_value is not None
    assert app.return_value.exit_code == 0
    assert "differences" in app.return_value.text


def _everything_said(screen) -> str:
    return "\n".join(
        "".join(segment.text for strip in row for segment in strip)
        for row in screen._compositor.render_update(full=True).strips
    )


async def test_help_palette_and_foot_name_no_key_that_trades(log):
    """What they name is what is bound, and nothing of it places, cancels, arms or sets anything."""
    app = ReplayApp(ReplayLink(log, clock=Steady()), theme="okxmm-dark")
    trading = {spec.action: spec for spec in TABLE if spec.group not in {PAGES, SCREEN}}
    kept = {"kill", "safe_quit", "detach"}
    async with app.run_test(size=(120, 80)) as pilot:
        while app.state.snapshot is None:
            await pilot.pause()
        app.draw()
        await pilot.pause()
        bound = {each.action for several in app._bindings.key_to_bindings.values() for each in several}
        assert not bound & (set(trading) - kept)
        foot = "".join(text for line in app.dashboard.query_one(StatusLine)._lines for text, _ in line)
        assert "space pause" in foot
        assert "arm" not in foot
        offered = [text for text, _, _ in ConsoleProvider(app.screen).entries()]
        assert any("Go to a time" in text for text in offered)
        assert not any(
            text.startswith(("set ", "Arm", "Cancel", "Flatten", "Pause or resume")) for text in offered
        )
        await pilot.press("f1")
        await pilot.pause()
        said = _everything_said(app.screen)
        assert "Go to a time" not in said
        assert "Type a time of the session" in said
        assert "no key" in said
        for action in set(trading) - kept:
            assert trading[action].help[:40] not in said, action


async def test_going_to_a_time_is_typed(log):
    """A wrong time is said, a right one is gone to."""
    link = ReplayLink(log, clock=Steady())
    app = ReplayApp(link, theme="okxmm-dark")
    async with app.run_test(size=(120, 35)) as pilot:
        await pilot.press("p", "g", *"nonsense", "enter")
        await pilot.pause()
        assert "no time" in str(app.screen.query_one("#prompt-problem", Static).render())
        await pilot.press(*["backspace"] * len("nonsense"), *"08:00:03", "enter")
        while link.player.now_ns < START_NS + 2 * SECOND:
            await pilot.pause()
        assert link.is_paused
