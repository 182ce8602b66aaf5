"""This machine and its settings, without a venue."""

from __future__ import annotations

import os
import sys
from types import SimpleNamespace

import pytest

from okxmm_tui.doctor import configuration, machine
from okxmm_tui.doctor.desk import Desk
from okxmm_tui.doctor.rows import State
from okxmm_tui.settings import load_settings, sources


@pytest.fixture
def desk_of(doctor):
    """Makes a desk of flags."""

    def make(**given) -> Desk:
        given = {"state_dir": doctor.state_dir, **given}
        return Desk(load_settings(given), sources(given))

    return make


def by_name(rows):
    """Rows by name."""
    return {row.name: row for row in rows}


async def test_a_state_directory_open_to_others_is_closed_and_told(desk_of, doctor):
    """The mode it had is in the row."""
    doctor.state_dir.mkdir(mode=0o755)
    doctor.state_dir.chmod(0o755)
    desk = desk_of()
    with desk.stack:
        row = by_name(await machine.state_directory(desk))["state directory"]
    assert (row.state, "0755" in row.finding) == (State.WARN, True)
    assert doctor.state_dir.stat().st_mode & 0o777 == 0o700


async def test_a_damaged_journal_is_told(desk_of):
    """With what the journal's own reader says."""
    desk = desk_of()
    with desk.stack:
        await machine.state_directory(desk)
        (row,) = await machine.journal(desk)
        assert (row.state, row.finding) == (State.OK, "none yet")
        (desk.state_dir / "journal.sqlite").write_bytes(b"no database at all" * 100)
        (row,) = await machine.journal(desk)
        assert row.state is State.WARN
        assert "journal.sqlite" in row.finding


async def test_an_event_log_that_is_none_is_told(desk_of):
    """The newest one is opened."""
    desk = desk_of()
    with desk.stack:
        await machine.state_directory(desk)
        (desk.state_dir / "events-1.log.zst").write_bytes(b"nothing like it")
        (row,) = await machine.journal(desk)
    assert row.state is State.WARN
    assert "events-1.log.zst" in row.finding


async def test_a_full_disk_is_warned_of(desk_of, monkeypatch):
    """Below a gigabyte."""
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=5_000_000))
    desk = desk_of()
    with desk.stack:
        row = by_name(await machine.state_directory(desk))["disk space"]
    assert row.state is State.WARN


@pytest.mark.parametrize(("size", "state"), [((200, 60), State.OK), ((79, 24), State.WARN)])
async def test_a_small_terminal_is_warned_of(monkeypatch, size, state):
    """The smallest layout needs 80x24."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr("shutil.get_terminal_size", lambda: os.terminal_size(size))
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setenv("TERM", "xterm-256color")
    (row,) = await machine.terminal(None)
    assert row.state is state
    assert f"{size[0]}x{size[1]}" in row.finding


async def test_settings_come_with_their_source_and_without_secrets(desk_of, monkeypatch, tmp_path):
    """Those that were set and the few that always matter; an address loses its user."""
    (tmp_path / ".env").write_text("OKXMM_OKX__SECRET=hunter2\nOKXMM_TAG=mine\n")
    monkeypatch.setenv("OKXMM_OKX__REST_URL", "https://hunter2:hunter2@venue.test/base")
    monkeypatch.setenv("OKXMM_RISK__MAX_LEVERAGE", "3")
    desk = desk_of(venue="demo", params={"order_size": "2"})
    rows = by_name(await configuration.configuration(desk))
    shown = {name.removeprefix("setting "): row.finding for name, row in rows.items()}
    assert shown["venue"] == "demo (flag)"
    assert shown["tag"] == "mine (.env)"
    assert shown["risk.max_leverage"] == "3 (environment)"
    assert shown["params.order_size"] == "2 (flag)"
    assert shown["okx.secret"] == "set (hidden) (.env)"
    assert shown["okx.api_key"] == "missing (default)"
    assert shown["okx.rest_url"] == "https://venue.test/base (environment)"
    assert shown["okx.region"] == "global (default)"
    assert "risk.max_net_quote" not in shown
    assert "hunter2" not in str(rows)


@pytest.mark.parametrize("params", [{"nope": "1"}, {"order_size": "-1"}])
async def test_parameters_the_strategy_refuses_are_class_2(desk_of, params):
    """Named as the strategy names them."""
    row = by_name(await configuration.configuration(desk_of(params=params)))["strategy parameters"]
    assert (row.state, row.exit_code) == (State.FAIL, 2)
    assert next(iter(params)) in row.finding


async def test_a_parameter_file_is_read(desk_of, tmp_path):
    """A missing one is class 2."""
    row = by_name(await configuration.configuration(desk_of(params_file=tmp_path / "nope.toml")))
    assert row["strategy parameters"].exit_code == 2
