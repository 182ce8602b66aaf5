"""Bell, window title, pictures, jump mode, mouse, limited motion."""

from __future__ import annotations

import stat

import pytest
from msgspec import structs

from okxmm_tui.console.comfort import Bell, Comfort
from okxmm_tui.console.screens.jump import LETTERS, JumpScreen
from okxmm_tui.console.title import WindowTitle, title_text
from okxmm_tui.console.view import LinkState, View
from okxmm_tui.core.commands import CancelOne
from okxmm_tui.core.snapshot import AlarmView, Snapshot
from okxmm_tui.core.types import Severity
from tests.console import sample
from tests.console.harness import running


def alarmed(*alarms: AlarmView) -> Snapshot:
    """A snapshot with exactly these alarms."""
    return structs.replace(sample.quoting(), alarms=alarms)


def critical(key: str = "unknown", count: int = 1, *, seen: bool = False, cleared: bool = False) -> AlarmView:
    """A critical alarm."""
    return AlarmView(key, Severity.CRITICAL, "order UNKNOWN", sample.NOW_NS, count, seen, cleared)


class TestBell:
    """Rung for news that cannot wait, once."""

    def test_a_new_critical_alarm_rings_once(self):
        """Once for each, however many snapshots show it."""
        bell = Bell()
        assert not bell.is_due(alarmed())
        assert bell.is_due(alarmed(critical()))
        assert not bell.is_due(alarmed(critical()))
        assert bell.is_due(alarmed(critical(), critical("other")))

    def test_an_alarm_that_returns_rings_again(self):
        """Cleared and raised anew is news; seen, cleared or repeated while it stands is not."""
        bell = Bell()
        bell.is_due(alarmed(critical()))
        for quiet in (critical(seen=True), critical(cleared=True)):
            assert not bell.is_due(alarmed(quiet))
        assert bell.is_due(alarmed(critical(count=2)))

    def test_lesser_alarms_do_not_ring(self):
        """A bell for everything is a bell for nothing."""
        bell = Bell()
        bell.is_due(alarmed())
        assert not bell.is_due(alarmed(structs.replace(critical(), severity=Severity.WARNING)))

    def test_what_stood_before_the_console_opened_does_not_ring(self):
        """It is on screen already."""
        assert not Bell().is_due(alarmed(critical()))

    @pytest.mark.parametrize("has_bell", [True, False])
    async def test_the_setting_decides(self, has_bell, monkeypatch):
        """Off by default."""
        rung = []
        async with running(alarmed(), comfort=Comfort(has_bell=has_bell)) as bench:
            monkeypatch.setattr(bench.app, "bell", lambda: rung.append(1))
            await bench.show(alarmed(critical()))
            await bench.show(alarmed(critical()))
        assert len(rung) == has_bell
        assert not Comfort().has_bell


def view(snapshot: Snapshot, link: LinkState = LinkState.UP) -> View:
    """A view of the first market."""
    return View(snapshot, snapshot.markets[0], link, sample.NOW_NS, 0)


class TestTitle:
    """The window's title."""

    def test_names_mode_state_position_pnl_and_alarms(self):
        """What a tab bar should say."""
        assert title_text(view(sample.quoting())) == "SIM · ACTIVE · BTC-USDT-SWAP · +12.50 ct · +92 USDT"
        assert "!2" in title_text(view(sample.alarmed()))
        assert "NO ENGINE" in title_text(view(sample.quoting(), LinkState.GONE))
        assert title_text(View(None, None, LinkState.CONNECTING, 0, 0)) == "okxmm-tui"

    def test_a_name_from_the_venue_cannot_end_the_title(self):
        """Control characters would begin a command to the terminal."""
        evil = structs.replace(sample.INSTRUMENT, inst_id="BTC\x07\x1b]52;c;AAAA\x07-USDT")
        text = title_text(view(sample.with_market(sample.quoting(), instrument=evil)))
        assert text.isprintable()

    def test_is_written_on_change_only_and_given_back(self):
        """Saved, written once for two equal views, restored."""
        written: list[str] = []
        title = WindowTitle(written.append)
        title.begin()
        title.show(view(sample.quoting()))
        title.show(view(sample.quoting()))
        title.show(view(sample.killed()))
        title.end()
        assert written[0] == "\x1b[22;0t"
        assert written[-1] == "\x1b[23;0t"
        assert len(written) == 4
        assert "HALTED" in written[2]


class TestPicture:
    """The screen as a file."""

    async def test_goes_to_the_state_directory_for_its_owner_only(self, tmp_path, monkeypatch):
        """The path is told, the file is private, and no secret of the environment is in it."""
        monkeypatch.setenv("OKXMM_OKX__SECRET", "s3cret-of-the-test")
        async with running(sample.quoting(), size=(200, 60), comfort=Comfort(pictures=tmp_path)) as bench:
            await bench.press("f8")
            (picture,) = tmp_path.glob("okxmm-*.svg")
            assert f"picture saved: {picture}" in bench.text("#status")
        text = picture.read_text(encoding="utf-8")
        assert "<svg" in text
        assert "s3cret" not in text
        assert stat.S_IMODE(picture.stat().st_mode) == 0o600

    async def test_a_missing_directory_is_told(self, tmp_path):
        """Not swallowed, and nothing else happens."""
        async with running(sample.quoting(), comfort=Comfort(pictures=tmp_path / "gone")) as bench:
            await bench.press("f8")
            assert "picture not saved" in bench.text("#status")


class TestJump:
    """One key shows letters, the next one jumps."""

    async def test_a_letter_focuses_its_panel(self):
        """Every panel that can have the focus has a letter on screen."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+o")
            screen = bench.app.screen
            assert isinstance(screen, JumpScreen)
            panels = dict(screen._panels)
            assert set(panels.values()) == set(bench.app.dashboard.focus_chain)
            for letter, panel in panels.items():
                await bench.press(letter)
                assert bench.app.dashboard.focused is panel
                await bench.press("ctrl+o")

    async def test_letters_leave_the_titles_readable(self):
        """A letter stands on the edge before the title."""
        async with running(sample.quoting()) as bench:
            await bench.press("ctrl+o")
            panels = bench.app.screen._panels
            for label, panel in zip(bench.app.screen.query("Label"), panels.values(), strict=True):
                edge = "".join(text for text, _ in panel._lines[0])
                assert (label.region.x, label.region.y) == (panel.region.x, panel.region.y)
                assert not edge[: label.region.width].strip("╭─ ")

    async def test_any_other_key_changes_nothing(self):
        """Not even one that acts on the dashboard."""
        async with running(sample.quoting()) as bench:
            before = bench.app.dashboard.focused
            for key in ("escape", "1", "f1", "space", "]"):
                await bench.press("ctrl+o", key)
                assert bench.app.screen is bench.app.dashboard
            assert bench.app.dashboard.focused is before
            assert bench.link.sent == []

    def test_k_is_no_letter(self):
        """What is left of a missed kill key does nothing."""
        assert "k" not in LETTERS
        assert len(set(LETTERS)) == len(LETTERS)


class TestMouse:
    """A mirror of the keys."""

    async def test_a_click_focuses_the_panel(self):
        """As tab would."""
        async with running(sample.quoting()) as bench:
            await bench.pilot.click("#ladder", offset=(5, 5))
            assert bench.app.dashboard.focused is bench.app.dashboard.query_one("#ladder")

    async def test_a_click_on_an_order_selects_it(self):
        """Selected, and only that; x then cancels this one."""
        async with running(sample.quoting()) as bench:
            orders = bench.app.dashboard.query_one("#orders")
            count = len(sample.quoting().markets[0].orders)
            chosen = []
            for row in range(count):
                await bench.pilot.click("#orders", offset=(6, 2 + row))
                chosen.append(orders.selected.cl_ord_id)
            assert len(set(chosen)) == count
            assert bench.link.sent == []
            await bench.press("x")
            assert bench.link.sent == [CancelOne("BTC-USDT-SWAP", chosen[-1])]

    async def test_the_wheel_moves_what_the_arrows_move(self):
        """In the orders it steps the cursor."""
        async with running(sample.quoting()) as bench:
            orders = bench.app.dashboard.query_one("#orders")
            first = orders.selected
            await bench.pilot._post_mouse_events([_wheel()], "#orders", offset=(6, 3), button=0)
            assert orders.selected is not first

    @pytest.mark.parametrize("state", ["killed", "armed"])
    async def test_no_click_anywhere_does_anything_irreversible(self, state):
        """A grid of single clicks over the whole screen sends nothing at all."""
        async with running(sample.STATES[state]()) as bench:
            for y in range(35):
                for x in (10, 60, 110):
                    await bench.pilot.click(offset=(x, y))
            assert bench.link.sent == []
            assert bench.link.kills == []
            assert bench.app.screen is bench.app.dashboard


def _wheel():
    from textual.events import MouseScrollDown

    return MouseScrollDown


class TestMotion:
    """Limited motion."""

    @pytest.mark.parametrize(("is_calm", "frames"), [(False, 10), (True, 2)])
    async def test_news_is_drawn_less_often(self, is_calm, frames, monkeypatch):
        """Ten snapshots in ten ticks: ten frames, or two."""
        async with running(sample.quoting(), comfort=Comfort(is_calm=is_calm)) as bench:
            drawn = []
            monkeypatch.setattr(bench.app, "draw", lambda **_: drawn.append(1) or _mark(bench))
            bench.app._frame = 0
            for seq in range(10):
                bench.app.state.receive(structs.replace(sample.quoting(), seq=1_000 + seq))
                bench.app._tick()
            assert len(drawn) == frames

    async def test_a_key_is_answered_at_once(self):
        """Calm is about the market's motion, not about the operator's."""
        async with running(sample.quoting(), comfort=Comfort(is_calm=True)) as bench:
            await bench.pilot.press("k")
            assert "ctrl+k or f12" in bench.text("#status")


def _mark(bench) -> None:
    bench.app._drawn = bench.app.state.snapshot


async def test_the_palette_offers_nothing_that_trades_first():
    """An enter too many in a palette just opened changes a page at most."""
    async with running(sample.quoting()) as bench:
        await bench.press("ctrl+p", "enter")
        assert bench.link.kills == []
        assert bench.link.sent == []


async def test_the_banner_of_a_dialog_over_the_curtain_keeps_mode_state_and_kill():
    """At forty columns name, result and clock give way."""
    async with running(sample.alarmed(), size=(40, 10)) as bench:
        await bench.press("f1")
        said = "".join(text for line in bench.app.screen.query_one("#banner")._lines for text, _ in line)
        for word in ("SIM", "ACTIVE", "+12.50", "!2", "^K KILL"):
            assert word in said


async def test_an_onlooker_is_offered_no_key_that_is_refused():
    """The foot of a read-only console names what works: looking, leaving, and the kill key."""
    async with running(sample.quoting(), is_read_only=True, size=(200, 60)) as bench:
        foot = bench.text("#status")
        for word in ("kill", "help", "pages", "detach", "read-only"):
            assert word in foot
        for word in ("pause", "arm", "resume", "cancel", "spread"):
            assert word not in foot


async def test_jump_mode_is_on_every_page():
    """Letters on the panels of the page that is seen; the next key goes there."""
    async with running(sample.quoting()) as bench:
        await bench.press("4", "ctrl+o", "s")
        assert bench.app.page.NAME == "analytics"
        assert type(bench.app.page.focused).__name__ == "MarkoutsPanel"
